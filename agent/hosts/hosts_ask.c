/* SPDX-License-Identifier: MIT */
/*
 * What a host asks for: INSTALL, REMOVE, RELOAD, ASK and, on a channel of its
 * own, SIGN. Each is looked up in the plugin's policy here, in the agent; what
 * the host claims about itself is never believed.
 *
 * A host waits for its answer, so a circle of askers would wait for ever: an
 * ASK whose asked one waits, over any number of others, for the asker is
 * refused. While a host waits for us its own time stands still.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "buf.h"
#include "digest.h"
#include "file.h"
#include "hosts_in.h"
#include "install.h"
#include "log.h"
#include "own.h"
#include "service.h"
#include "tend.h"

#define CHANGES_BURST 60
#define CHANGES_PER_S 4
#define CIRCLE_MAX    (SETTINGS_PLUGINS + 1)

/* Whom an answer is for, by then perhaps gone: no pointer to the host. */
struct asker {
	struct agent *agent;
	char host[HOST_NAME_LEN];
	uint64_t generation;
	uint32_t id;
};

static struct asker *
asker_new(const struct host *h, uint32_t id, struct err *e)
{
	struct asker *to = calloc(1, sizeof(*to));

	if (to == NULL)
		return (void)err_sys(e, "request of %s", h->name), NULL;
	*to = (struct asker){
		.agent = h->agent, .generation = h->generation, .id = id
	};
	(void)memcpy(to->host, h->name, sizeof(to->host));
	return to;
}

/* The same process, still to be spoken to; else NULL. */
static struct host *
asker_host(const struct asker *to)
{
	struct host *h = hosts_find(to->agent, to->host);

	if (h == NULL || h->generation != to->generation ||
	    h->state == LIFE_STOPPING || h->sock == -1)
		return NULL;
	return h;
}

static void
said_to(struct host *h, int rc, const struct err *e)
{
	if (rc == -1 && e->code != EPIPE)
		host_nonsense(h, "does not read: %s", e->text);
}

static void
say_yes(struct host *h, uint32_t type, uint32_t id, int fd)
{
	struct err e = { 0 };

	said_to(h, msg_send(h->sock, type, id, "", 0, fd, &e), &e);
}

static void
say_no(struct host *h, int sock, uint32_t id, const struct err *why)
{
	struct err e = { 0 };

	said_to(h, msg_send_no(sock, id, why, &e), &e);
}

/* From here the host waits for us. */
static int
owe(struct host *h, uint32_t id, struct err *e)
{
	if (h->owed)
		return err_set(e, EPROTO, "two requests at a time");
	h->owed = true;
	h->owed_id = id;
	host_pause_clock(h);
	return 0;
}

static void
settle_debt(struct host *h)
{
	h->owed = false;
	h->waits_for[0] = '\0';
	host_resume_clock(h);
}

static int
read_name(
    const struct msg *m, char name[static INGOT_NAME_MAX + 1], struct err *e)
{
	struct rbuf b;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, name, INGOT_NAME_MAX + 1);
	if (rbuf_done(&b) && *name != '\0')
		return 0;
	return err_set(
	    e, EBADMSG, "%s that lies about its length", msg_name(m->type));
}

static int
may_change(struct host *h, struct err *why)
{
	if (rate_take(&h->changes, CHANGES_BURST, CHANGES_PER_S))
		return 0;
	return err_set(why, EAGAIN, "too many changes in a short time");
}

static void
audit_file(struct host *h, const char *kind, const char *slot)
{
	audit_say(h->agent->audit, h->name, kind, "%s: %s", slot,
	    grants_install(h->grants, slot)->path);
}

/* INSTALL or REMOVE, said and done. */
static void
change(struct host *h, const struct msg *m, const char *slot)
{
	bool put = m->type == MSG_INSTALL, changed = true;
	struct err why;
	int rc;

	if (grants_install(h->grants, slot) == NULL)
		host_violation(h, "%s of slot \"%s\"", msg_name(m->type), slot);
	rc = may_change(h, &why);
	if (rc == 0 && put)
		rc = install_put(
		    h->agent->state, h->grants, slot, m->fd, &changed, &why);
	else if (rc == 0)
		rc = install_remove(h->agent->state, h->grants, slot, &why);
	if (rc == -1) {
		say_no(h, h->sock, m->id, &why);
		return;
	}
	if (changed)
		audit_file(h, put ? "FileInstalled" : "FileRemoved", slot);
	say_yes(h, m->type + 1, m->id, -1);
}

int
host_on_install(struct host *h, const struct msg *m, struct err *e)
{
	char slot[INGOT_NAME_MAX + 1];

	if (read_name(m, slot, e) == -1 || owe(h, m->id, e) == -1)
		return -1;
	change(h, m, slot);
	settle_debt(h);
	return 0;
}

int
host_on_remove(struct host *h, const struct msg *m, struct err *e)
{
	return host_on_install(h, m, e);
}

static void
reloaded(void *ctx, const struct err *why)
{
	struct host *h = ctx;

	h->reload = NULL;
	settle_debt(h);
	if (h->state == LIFE_STOPPING)
		return;
	if (why == NULL)
		say_yes(h, MSG_RELOADED, h->owed_id, -1);
	else
		say_no(h, h->sock, h->owed_id, why);
}

static int
reload(struct host *h, const char *name, struct err *why)
{
	const struct grant_reload *r = grants_reload(h->grants, name);

	if (r == NULL) {
		host_violation(h, "RELOAD of \"%s\"", name);
		return err_set(why, EPERM,
		    "the policy of %s has no service \"%s\"", h->name, name);
	}
	if (may_change(h, why) == -1)
		return -1;
	if (r->config != NULL) {
		if (tend(h->agent->loop, &h->agent->hosts->tended, r, why) ==
		    -1)
			return -1;
		settle_debt(h);
		say_yes(h, MSG_RELOADED, h->owed_id, -1);
		return 0;
	}
	/* The call is cancelled when the host ends: h outlives it. */
	h->reload = service_reload(h->agent->loop, r,
	    (uint64_t)h->agent->settings.check_ms, reloaded, h, why);
	return h->reload == NULL ? -1 : 0;
}

int
host_on_reload(struct host *h, const struct msg *m, struct err *e)
{
	char name[INGOT_NAME_MAX + 1];
	struct err why;

	if (read_name(m, name, e) == -1 || owe(h, m->id, e) == -1)
		return -1;
	if (reload(h, name, &why) == -1) {
		settle_debt(h);
		say_no(h, h->sock, m->id, &why);
	}
	return 0;
}

/* ASK. */

/* Would `from`, waiting for its answer, be waited for by `asker`? */
static bool
leads_to(const struct agent *a, const char *from, const char *asker, int depth)
{
	const struct host *h = hosts_find(a, from);

	if (strcmp(from, asker) == 0)
		return true;
	if (h == NULL || depth >= CIRCLE_MAX)
		return depth >= CIRCLE_MAX;
	if (h->signing > 0 && leads_to(a, KEY_OWNER, asker, depth + 1))
		return true;
	return h->waits_for[0] != '\0' &&
	    leads_to(a, h->waits_for, asker, depth + 1);
}

static void
told(void *ctx, const struct answer *ans)
{
	struct asker *to = ctx;
	struct host *h = asker_host(to);

	if (h != NULL) {
		settle_debt(h);
		if (ans->rc == 0)
			say_yes(h, MSG_TOLD, to->id, ans->fd);
		else
			say_no(h, h->sock, to->id, ans->why);
	}
	free(to);
}

static int
ask_plugin(struct host *h, const struct msg *m, const char *plugin,
    const char *verb, struct err *why)
{
	struct hosts_request r = { .plugin = plugin,
		.type = MSG_QUESTION,
		.from = h->name,
		.verb = verb,
		.fd = m->fd,
		.done = told };
	struct asker *to;

	if (leads_to(h->agent, plugin, h->name, 0))
		return err_set(why, EDEADLK,
		    "%s waits for %s itself; asking it would never end", plugin,
		    h->name);
	if ((to = asker_new(h, m->id, why)) == NULL)
		return -1;
	(void)snprintf(h->waits_for, sizeof(h->waits_for), "%s", plugin);
	r.ctx = to;
	if (hosts_ask(h->agent, &r, why) == 0)
		return 0;
	free(to);
	return -1;
}

/* "agent" answers at once. */
static int
ask_agent(
    struct host *h, const struct msg *m, const char *verb, struct err *why)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *question = NULL, *reply = NULL;
	own_str char *line = NULL;
	own_fd int fd = -1;

	if (file_read_fd(m->fd, INGOT_TEXT_MAX, &text, why) == -1)
		return -1;
	question = json_parse(verb, text.p, text.len, INGOT_TEXT_MAX, why);
	if (question == NULL ||
	    apply_answer(h->agent, h->name, verb, question, &reply, why) == -1)
		return -1;
	if ((line = json_line(reply)) == NULL)
		return err_set(why, ENOMEM, "reply to %s", verb);
	if ((fd = file_sealed(line, strlen(line), why)) == -1)
		return -1;
	settle_debt(h);
	say_yes(h, MSG_TOLD, m->id, fd);
	return 0;
}

static int
ask(struct host *h, const struct msg *m, const char *plugin, const char *verb,
    struct err *why)
{
	if (!grants_may_ask(h->grants, plugin, verb)) {
		host_violation(h, "ASK of %s.%s", plugin, verb);
		return err_set(why, EPERM,
		    "the policy of %s does not grant \"%s.%s\"", h->name,
		    plugin, verb);
	}
	if (strcmp(plugin, "agent") == 0)
		return ask_agent(h, m, verb, why);
	return ask_plugin(h, m, plugin, verb, why);
}

int
host_on_ask(struct host *h, const struct msg *m, struct err *e)
{
	char plugin[HOST_NAME_LEN], verb[INGOT_NAME_MAX];
	struct rbuf b;
	struct err why;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, plugin, sizeof(plugin));
	get_str(&b, verb, sizeof(verb));
	if (!rbuf_done(&b))
		return err_set(e, EBADMSG, "a malformed ASK");
	if (owe(h, m->id, e) == -1)
		return -1;
	if (ask(h, m, plugin, verb, &why) == -1) {
		settle_debt(h);
		say_no(h, h->sock, m->id, &why);
	}
	return 0;
}
