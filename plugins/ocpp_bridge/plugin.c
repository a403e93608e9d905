/* SPDX-License-Identifier: MIT */
/*
 * ocpp_bridge: charge points on one side, their CSMS on the other; this file is
 * what stands between the bridge and the plugin host. The bridge has a loop of
 * its own, whose descriptor the host's loop watches; nobody waits in it. The
 * host keeps the private keys, the trail and the way to other plugins.
 *
 * An artifact that is applied again changes nothing for a charge point that is
 * connected; an empty one closes all.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "plugin.h"
#include "tls.h"

#define AGAIN_MS 2000

/* --- what the bridge asks of the host ------------------------------------- */

static void
say(void *ctx, const char *line)
{
	const struct ingot_host *host = ((struct ocpp *)ctx)->host;

	host->log(host, "%s", line);
}

static void
event(void *ctx, const char *kind, const char *text)
{
	const struct ingot_host *host = ((struct ocpp *)ctx)->host;

	host->event(host, kind, "%s", text);
}

static json_t *
certs(void *ctx, const char *verb, json_t *question, struct err *e)
{
	const struct ingot_host *host = ((struct ocpp *)ctx)->host;
	own_json json_t *eaten = question;
	own_str char *line = question == NULL ? NULL : json_line(question);
	struct ingot_text r = { .p = "" };

	if (question != NULL && line == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	if (host->ask(host, "cert_store", verb, line, &r) == 0)
		return json_parse(verb, r.p, r.len, INGOT_TEXT_MAX, e);
	(void)err_set(e, EACCES, "cert_store.%s: %.300s", verb,
	    r.len > 0 ? r.p : "refused; the agent's log says why");
	return NULL;
}

/* Any thread of the crew. */
static int
sign(void *ctx, const char *purpose, const uint8_t digest[32], uint8_t sig[64])
{
	const struct ingot_host *host = ((struct ocpp *)ctx)->host;

	return host->sign(host, purpose, digest, sig);
}

/* --- one loop in another -------------------------------------------------- */

static void turned(void *ctx, int fd, uint32_t events);

static void
due(void *ctx)
{
	struct ocpp *o = ctx;

	o->timer = 0;
	turned(o, -1, 0);
}

/* A timer of the host for the loop's next one. It is set anew only for an
 * earlier time: one that comes too soon finds nothing and costs a round. */
static void
arm(struct ocpp *o)
{
	int wait = loop_wait_ms(o->loop);
	uint64_t at = now_ms() + (uint64_t)(wait < 0 ? 0 : wait);

	if (wait < 0 || (o->timer > 0 && o->due_ms <= at))
		return;
	if (o->timer > 0)
		o->host->untimer(o->host, o->timer);
	o->timer = o->host->timer(o->host, (uint64_t)wait, due, o);
	o->due_ms = at;
}

static void
turned(void *ctx, int fd, uint32_t events)
{
	struct ocpp *o = ctx;
	struct err e;

	(void)fd;
	(void)events;
	if (loop_once(o->loop, 0, &e) == -1)
		o->host->log(o->host, "%s", e.text);
	arm(o);
}

/* --- serving -------------------------------------------------------------- */

static void
stop(struct ocpp *o)
{
	if (o->again > 0)
		o->host->untimer(o->host, o->again);
	o->again = 0;
	o->active = false;
	exposed_close(o);
	bridge_free(o->bridge);
	o->bridge = NULL;
	ocpp_doc_free(&o->settings);
	if (o->timer > 0)
		o->host->untimer(o->host, o->timer);
	o->timer = 0;
}

/* A bridge that could not serve all of it serves nothing: what stands in the
 * artifact is what is there. */
static int
serve(struct ocpp *o, const struct ocpp_settings *s, struct err *e)
{
	if (o->bridge == NULL &&
	    (o->bridge = bridge_new(o->loop, &o->services, e)) == NULL)
		return -1;
	if (bridge_serve(o->bridge, s, e) == 0 && exposed_serve(o, e) == 0) {
		arm(o);
		return 0;
	}
	exposed_close(o);
	bridge_free(o->bridge);
	o->bridge = NULL;
	return -1;
}

/* Anchors of cert_store for a listener: that plugin may not be up yet when the
 * agent starts, and this one would stay down for good. */
static bool
waits_for_cert_store(const struct ocpp_settings *s)
{
	for (size_t i = 0; i < s->nlisteners; i++)
		if (s->listeners[i].anchors != NULL &&
		    strncmp(s->listeners[i].anchors, DOC_CERT_STORE,
			strlen(DOC_CERT_STORE)) == 0)
			return true;
	return false;
}

static void
again(void *ctx)
{
	struct ocpp *o = ctx;

	o->again = 0;
	(void)ocpp_serves(o);
}

bool
ocpp_serves(struct ocpp *o)
{
	struct err e;

	if (!o->active)
		return false;
	if (o->bridge != NULL)
		return true;
	if (o->again > 0)
		o->host->untimer(o->host, o->again);
	o->again = 0;
	if (serve(o, &o->settings, &e) == 0)
		return true;
	if (strcmp(o->why, e.text) != 0)
		o->host->log(o->host, "not serving yet: %s", e.text);
	(void)strcpy(o->why, e.text);
	o->again = o->host->timer(o->host, AGAIN_MS, again, o);
	return false;
}

/* --- life ----------------------------------------------------------------- */

static void
ocpp_close(void *v)
{
	struct ocpp *o = v;

	stop(o);
	if (o->loop != NULL)
		(void)o->host->watch(o->host, loop_fd(o->loop), 0, NULL, NULL);
	loop_free(o->loop);
	free(o);
}

static void *
ocpp_open(const struct ingot_host *host)
{
	struct ocpp *o = calloc(1, sizeof(*o));
	struct err e;

	if (o == NULL)
		return (void)host->fail(host, "out of memory"), NULL;
	o->host = host;
	o->services = (struct bridge_host){ .ctx = o,
		.state = host->state_dir,
		.log = say,
		.event = event,
		.certs = certs,
		.sign = sign };
	if (host->state_dir == NULL)
		(void)host->fail(host, "needs STATE: its policy grants none");
	else if (file_sweep(AT_FDCWD, host->state_dir, &e) == -1 ||
	    (o->loop = loop_new(&e)) == NULL)
		(void)host->fail(host, "%s", e.text);
	else if (host->watch(host, loop_fd(o->loop), EPOLLIN, turned, o) == -1)
		(void)host->fail(host, "no watch");
	else
		return o;
	ocpp_close(o);
	return NULL;
}

static int
ocpp_render(void *v, const struct ingot_text *document)
{
	const struct ingot_host *host = ((struct ocpp *)v)->host;
	own_bytes struct bytes out = { 0 };
	struct ocpp_settings s;
	struct err e;
	int rc;

	rc = ocpp_doc_read(&s, document->p, document->len, &e);
	if (rc == 0)
		ocpp_doc_write(&s, &out);
	ocpp_doc_free(&s);
	if (rc == -1 || out.bad)
		return host->fail(
		    host, "%s", rc == -1 ? e.text : "out of memory");
	return host->emit(host, "%s", out.p);
}

/* The bridge borrows its settings until it has others. */
static int
ocpp_activate(void *v, const struct ingot_text *artifact)
{
	struct ocpp *o = v;
	struct ocpp_settings fresh, old;
	struct err e;

	if (artifact->len == 0) {
		stop(o);
		return exposed_serve(o, &e) == 0
		    ? 0
		    : o->host->fail(o->host, "%s", e.text);
	}
	if (ocpp_doc_read(&fresh, artifact->p, artifact->len, &e) == -1) {
		ocpp_doc_free(&fresh);
		return o->host->fail(o->host, "%s", e.text);
	}
	old = o->settings;
	o->settings = fresh;
	o->active = true;
	o->why[0] = '\0';
	if (serve(o, &o->settings, &e) == 0) {
		ocpp_doc_free(&old);
		return 0;
	}
	ocpp_doc_free(&old);
	if (waits_for_cert_store(&o->settings) && !ocpp_serves(o))
		return 0; /* the probe says it, if it stays so */
	if (o->bridge != NULL)
		return 0;
	stop(o);
	return o->host->fail(o->host, "%s", e.text);
}

INGOT_PLUGIN("ocpp_bridge",
    INGOT_NEED_NETWORK | INGOT_NEED_SIGN | INGOT_NEED_STATE |
	INGOT_NEED_INSTALL | INGOT_NEED_RELOAD,
    .open = ocpp_open, .render = ocpp_render, .activate = ocpp_activate,
    .probe = ocpp_probe, .close = ocpp_close, .answer = ocpp_answer);
