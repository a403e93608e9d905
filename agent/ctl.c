/* SPDX-License-Identifier: MIT */
/*
 * What is asked on the command socket: each packet is one request, looked up
 * in the table of verbs and weighed by who asks and by the mode. A call lives
 * until its handler ends it, whether or not the client is still there.
 */
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "audit_line.h"
#include "ctl_in.h"
#include "file.h"
#include "log.h"
#include "own.h"

struct agent *
ctl_agent(const struct ctl_call *c)
{
	return c->ctl->agent;
}

const json_t *
ctl_args(const struct ctl_call *c)
{
	return c->args;
}

int
ctl_take_fd(struct ctl_call *c)
{
	return take_fd(&c->fd);
}

static json_t *
failure(enum ctl_code code, const char *text)
{
	char clean[ERR_TEXT_MAX];

	/* Reasons are often a plugin's own words, shown on root's terminal. */
	(void)snprintf(clean, sizeof(clean), "%s", text);
	audit_clean(clean);
	return json_pack(
	    "{s:b s:i s:s}", "ok", 0, "code", (int)code, "error", clean);
}

bool
ctl_refuse(struct client *c, enum ctl_code code, const char *text)
{
	own_json json_t *j = failure(code, text);

	return client_send(c, j);
}

/* Calls. */

static void
call_free(struct ctl_call *c)
{
	struct ctl_call **at = &c->ctl->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->client != NULL) {
		c->client->call = NULL;
		client_wait(c->client);
	}
	own_fd_close(&c->fd);
	json_decref(c->args);
	free(c);
}

static void
call_end(struct ctl_call *c, const json_t *j)
{
	if (c->client != NULL)
		(void)client_send(c->client, j);
	call_free(c);
}

void
ctl_progress(struct ctl_call *c, const char *fmt, ...)
{
	own_json json_t *j = NULL;
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (c == NULL || c->client == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	audit_clean(text);
	if ((j = json_pack("{s:s}", "progress", text)) != NULL)
		(void)client_send(c->client, j);
}

/* A result that fits no packet goes in a descriptor beside it. */
static void
reply_large(struct ctl_call *c, const char *line)
{
	own_json json_t *ok = json_pack("{s:b}", "ok", 1);
	own_json json_t *no = NULL;
	struct err e;
	own_fd int fd = strlen(line) > CTL_RESULT_MAX
	    ? err_set(&e, E2BIG, "the answer is too large")
	    : file_sealed(line, strlen(line), &e);

	if (fd == -1) {
		no = failure(CODE_FAILED, e.text);
		call_end(c, no);
		return;
	}
	if (c->client != NULL)
		(void)client_send_fd(c->client, ok, fd);
	call_free(c);
}

void
ctl_reply_take(struct ctl_call *c, json_t *result)
{
	own_json json_t *owned = result;
	own_str char *line = result == NULL ? NULL : json_line(result);
	own_json json_t *j = NULL;

	if (line != NULL && strlen(line) > CTL_PACKET_MAX - 64) {
		reply_large(c, line);
		return;
	}
	j = line == NULL ? failure(CODE_FAILED, "out of memory for the answer")
			 : json_pack("{s:b s:O}", "ok", 1, "result", result);
	call_end(c, j);
}

void
ctl_fail_list(struct ctl_call *c, enum ctl_code code, const struct err *why,
    json_t *findings)
{
	own_json json_t *j = failure(code, why->text);
	own_str char *line = NULL;

	if (json_array_size(findings) > 0)
		(void)json_object_set(j, "findings", findings);
	line = json_line(j);
	if (line != NULL && strlen(line) > CTL_PACKET_MAX)
		(void)json_object_del(j, "findings");
	call_end(c, j);
}

void
ctl_fail(struct ctl_call *c, enum ctl_code code, const struct err *why)
{
	ctl_fail_list(c, code, why, NULL);
}

bool
ctl_is_root(const struct ctl_call *c)
{
	return c->uid == 0;
}

/* Requests. */

/* Why this client may not ask this now; NULL: he may. */
static const char *
forbidden(const struct client *c, const struct ctl_verb *v)
{
	if (c->uid != 0 && !c->reader)
		return "only root and members of the ingot group may ask";
	if (c->uid != 0 && !v->read_only)
		return "only root may ask this";
	if ((MODE_BIT(c->ctl->agent->mode) & v->modes) == 0)
		return "not in this mode";
	return NULL;
}

/* Trail only: what was refused to whom, and what root changed. */
static void
note_call(const struct client *c, const struct ctl_verb *v, const char *no)
{
	struct audit *audit = c->ctl->agent->audit;

	if (no != NULL && c->uid == 0)
		audit_say(audit, "cli", "CommandRefused", "%s: %s (mode %s)",
		    v->name, no, mode_name(c->ctl->agent->mode));
	else if (no != NULL)
		log_warn(
		    "ctl: user %u asked %s: %s", (unsigned)c->uid, v->name, no);
	else if (!v->read_only && !v->changes_nothing)
		audit_say(audit, "cli", "Command", "%s by user %u, process %d",
		    v->name, (unsigned)c->uid, (int)c->pid);
}

static void
begin(struct client *client, const struct ctl_verb *v, json_t *args, int fd)
{
	struct ctl_call *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		json_decref(args);
		own_fd_close(&fd);
		client_drop(client);
		return;
	}
	*c = (struct ctl_call){ .next = client->ctl->calls,
		.ctl = client->ctl,
		.client = client,
		.uid = client->uid,
		.verb = v,
		.args = args,
		.fd = fd };
	client->ctl->calls = c;
	client->call = c;
	client_busy(client);
	v->fn(c);
}

void
ctl_serve(struct client *c, const char *text, size_t len, int fd_given)
{
	own_fd int fd = fd_given;
	own_json json_t *args = NULL;
	const struct ctl_verb *v;
	const char *no;
	char why[ERR_TEXT_MAX];
	struct err e;

	if (ctl_parse(text, len, &v, &args, &e) == -1) {
		if (ctl_refuse(c, CODE_USAGE, e.text))
			client_wait(c);
		return;
	}
	no = forbidden(c, v);
	note_call(c, v, no);
	if (no != NULL) {
		(void)snprintf(why, sizeof(why), "%s: %s (mode %s)", v->name,
		    no, mode_name(c->ctl->agent->mode));
		(void)ctl_refuse(c, CODE_REFUSED, why);
		return;
	}
	if (fd != -1 && !v->fd) {
		(void)ctl_refuse(
		    c, CODE_USAGE, "this verb takes no descriptor");
		return;
	}
	begin(c, v, take_json(&args), take_fd(&fd));
}

int
ctl_start(struct agent *a, struct err *e)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	/* cppcheck-suppress getgrnamCalled ; the agent has one thread */
	const struct group *gr = getgrnam(a->settings.group);

	if (ctl == NULL)
		return err_sys(e, "command socket");
	*ctl = (struct ctl){ .agent = a, .fd = -1 };
	ctl->group = gr == NULL ? (gid_t)-1 : gr->gr_gid;
	if (gr == NULL)
		log_note("no group \"%s\": the command is root's alone",
		    a->settings.group);
	a->ctl = ctl;
	return ctl_listen(ctl, a->settings.run_dir, e);
}

void
ctl_stop(struct agent *a)
{
	struct err why;
	struct ctl *ctl = a->ctl;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (ctl == NULL)
		return;
	(void)err_set(&why, ESHUTDOWN, "the agent is stopping");
	while (ctl->calls != NULL)
		ctl_fail(ctl->calls, CODE_FAILED, &why);
	while (ctl->clients != NULL)
		client_drop(ctl->clients);
	if (ctl->fd != -1) {
		loop_forget(a->loop, ctl->fd);
		(void)close(ctl->fd);
		(void)snprintf(
		    path, sizeof(path), "%s/ctl", a->settings.run_dir);
		(void)unlink(path);
	}
	free(ctl);
	a->ctl = NULL;
}
