/* SPDX-License-Identifier: MIT */
/*
 * The table of verbs, and those that are the core's own. Development verbs
 * have MODE_DEVELOPMENT: in production nobody talks to a plugin by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "apply.h"
#include "audit.h"
#include "ctl_verbs.h"
#include "file.h"
#include "hosts.h"
#include "own.h"
#include "plugin.h"

#define LOG_TAIL_MAX (48 * 1024) /* bytes that `log` looks at */
#define LINES_MAX    200

#define IN_FIELD                                                               \
	(MODE_ANY & ~MODE_BIT(MODE_QUARANTINED) & ~MODE_BIT(MODE_RETIRED))

static ctl_fn ctl_status, ctl_plugins, ctl_log, ctl_reset;

static const struct ctl_verb verbs[] = {
	/* clang-format off */
	{ "status",	ctl_status,    MODE_ANY, .read_only = true },
	{ "plugins",	ctl_plugins,   MODE_ANY, .read_only = true },
	{ "log",	ctl_log,       MODE_ANY, .read_only = true },
	{ "snapshots",	ctl_snapshots, MODE_ANY, .read_only = true },
	{ "show",	ctl_show,      MODE_ANY, .read_only = true },
	{ "diff",	ctl_diff,      MODE_ANY, .changes_nothing = true },
	{ "prune",	ctl_prune,     IN_FIELD, .fd = false },
	{ "drift",	ctl_drift,     MODE_ANY, .read_only = true },
	{ "verdict",	ctl_verdict,   MODE_ANY, .read_only = true },
	{ "apply",	ctl_apply,     IN_FIELD, .fd = true },
	{ "plan",	ctl_plan,      IN_FIELD, .fd = true, .changes_nothing = true },
	{ "confirm",	ctl_confirm,   IN_FIELD, .fd = false },
	{ "rollback",	ctl_rollback,  IN_FIELD, .fd = false },
	{ "enrol",	ctl_enrol,     IN_FIELD, .fd = false },
	{ "lock",	ctl_lock,      IN_FIELD & ~MODE_BIT(MODE_PRODUCTION), .fd = false },
	{ "reset",	ctl_reset,     IN_FIELD, .fd = false },
	{ "cert-look",	ctl_cert_look, MODE_ANY, .read_only = true },
	{ "cert",	ctl_cert,      IN_FIELD, .fd = false },
	{ "ocpp-look",	ctl_ocpp_look, MODE_ANY, .read_only = true },
	/* In production charge points are commanded by their CSMS, not by who
	 * has a shell here; a service window opens it. */
	{ "ocpp",	ctl_ocpp,      MODE_DEVELOPMENT | MODE_BIT(MODE_SERVICE), .fd = false },
	{ "ocpp-answer", ctl_ocpp_answer, MODE_DEVELOPMENT | MODE_BIT(MODE_SERVICE), .changes_nothing = true },
	{ "ask",	ctl_ask,       MODE_DEVELOPMENT, .fd = false },
	/* clang-format on */
};

const struct ctl_verb *
ctl_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

int
ctl_parse(const char *text, size_t len, const struct ctl_verb **verb,
    json_t **args, struct err *e)
{
	static const char *const known[] = { "verb", "args", NULL };
	own_json json_t *j =
	    json_parse("request", text, len, CTL_PACKET_MAX, e);
	const char *name;
	json_t *given;

	*args = NULL;
	if (j == NULL || json_known(j, known, e) == -1 ||
	    json_str(j, "verb", INGOT_NAME_MAX, &name, e) == -1)
		return -1;
	if ((*verb = ctl_verb(name)) == NULL)
		return err_set(e, EINVAL, "no verb \"%.64s\"", name);
	given = json_object_get(j, "args");
	if (given != NULL && !json_is_object(given))
		return err_set(e, EINVAL, "\"args\" is no object");
	*args = given == NULL ? json_object() : json_incref(given);
	return *args == NULL ? err_set(e, ENOMEM, "out of memory") : 0;
}

static void
ctl_status(struct ctl_call *c)
{
	struct agent *a = ctl_agent(c);

	ctl_reply_take(c,
	    json_pack("{s:s s:s s:i s:o s:o}", "version", INGOT_VERSION, "mode",
		mode_name(a->mode), "pid", (int)getpid(), "plugins",
		hosts_status(a), "apply", apply_status(a)));
}

static void
ctl_plugins(struct ctl_call *c)
{
	ctl_reply_take(
	    c, json_pack("{s:o}", "plugins", hosts_status(ctl_agent(c))));
}

static void
ctl_reset(struct ctl_call *c)
{
	json_t *started = hosts_broken(ctl_agent(c));

	hosts_reset(ctl_agent(c));
	audit_say(ctl_agent(c)->audit, "cli", "PluginsReset", "by hand");
	ctl_reply_take(c, json_pack("{s:o}", "started", started));
}

/* The end of the audit trail, whole lines only. */
static char *
tail_text(const char *log_dir, struct err *e)
{
	own_fd int dir = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd int fd = dir == -1
	    ? -1
	    : openat(dir, "audit", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	own_str char *text = calloc(1, LOG_TAIL_MAX + 1);
	off_t size = fd == -1 ? -1 : lseek(fd, 0, SEEK_END);
	off_t from = size > LOG_TAIL_MAX ? size - LOG_TAIL_MAX : 0;
	const char *begin = text;

	if (size == -1 || text == NULL ||
	    pread(fd, text, LOG_TAIL_MAX, from) == -1)
		return (void)err_sys(e, "%s/audit", log_dir), NULL;
	if (from > 0 && (begin = strchr(text, '\n')) != NULL)
		begin++;
	return strdup(begin == NULL ? "" : begin);
}

/* The last lines, newest last; cuts text up. */
static void
tail_lines(char *text, size_t most, json_t *list)
{
	char *nl;

	while (json_array_size(list) < most &&
	    (nl = strrchr(text, '\n')) != NULL) {
		const char *line;

		*nl = '\0';
		line = strrchr(text, '\n');
		line = line == NULL ? text : line + 1;
		if (json_array_insert_new(list, 0, json_string(line)) == -1)
			break;
	}
}

static void
ctl_log(struct ctl_call *c)
{
	static const char *const known[] = { "lines", NULL };
	own_json json_t *list = json_array();
	const json_t *args = ctl_args(c);
	own_str char *text = NULL;
	int64_t most = 20;
	struct err e;

	if (json_known(args, known, &e) == -1 ||
	    (json_object_get(args, "lines") != NULL &&
		json_num(args, "lines", 1, LINES_MAX, &most, &e) == -1))
		ctl_fail(c, CODE_USAGE, &e);
	else if ((text = tail_text(ctl_agent(c)->settings.log_dir, &e)) == NULL)
		ctl_fail(c, CODE_FAILED, &e);
	else {
		tail_lines(text, (size_t)most, list);
		ctl_reply_take(c, json_pack("{s:O}", "lines", list));
	}
}
