/* SPDX-License-Identifier: MIT */
#ifndef TEST_OCPP_ENDS_H
#define TEST_OCPP_ENDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "dial.h"
#include "listener.h"
#include "loop.h"

/*
 * A charge point and a CSMS with the bridge between them, all on real sockets
 * in one loop of one test. Both ends are built of the wire room and keep what
 * they heard; nothing answers by itself, the test says every word.
 *
 *	struct ends w;
 *	ends_open(&w);		the CSMS listens; w.set may be changed now
 *	ends_serve(&w);		the bridge serves
 *	struct end *cp = ends_dial(&w, "/CP1", "ocpp1.6");
 *	struct end *cs = ends_csms(&w);		its leg at the CSMS
 *	end_say(cp, "[2,...");  assert_string_equal(end_hears(cs), "[2,...");
 *	ends_close(&w);
 *
 * The test stands in a folder of its own (place.h): the state is "state".
 */
#define ENDS_MAX      64
#define ENDS_HEARD    64
#define ENDS_LATE_MS  4000
#define ENDS_QUIET_MS 60

struct ends;

struct end {
	struct ends *in;
	struct dial *dial;
	struct leg *leg;
	bool done;         /* the dial has ended */
	enum dial_end how; /* it ended */
	unsigned status;   /* HTTP */
	char protocol[32]; /* agreed on */
	char path[512];    /* CSMS: of the request; offer likewise */
	char offer[128];
	char user[300];
	uint8_t password[128];
	size_t password_len;
	char *heard[ENDS_HEARD];
	unsigned nheard, nread;
	bool closed;
	unsigned code;
	char reason[128];
};

/* As it was given to the bridge, which borrows it until the next. */
struct given {
	struct ocpp_settings set;
	struct ocpp_listener listeners[2];
	struct ocpp_class classes[4];
	struct ocpp_rule rules[4];
	char url[96];
};

struct ends {
	struct loop *loop;
	struct crew *crew;
	struct bridge *bridge;
	struct bridge_host host;
	struct listener *csms;
	struct ocpp_listener listener, other; /* other: with two */
	bool two;
	struct ocpp_class classes[4];
	struct ocpp_rule rules[4];
	struct ocpp_settings set;
	struct given given[8];
	unsigned ngiven;
	char url[96];
	uint16_t port, other_port; /* the bridge's */
	struct end all[ENDS_MAX];
	unsigned n;
	unsigned ncsms, taken; /* connections at the CSMS; given to the test */
	unsigned came[ENDS_MAX];
	/* What the CSMS does with the next: 0: accept; a status; 1: hold. */
	unsigned refuse;
	const char *choose; /* subprotocol; NULL: the first offered; "": none */
	struct arrival *held;
	char log[8192], events[4096];
};

/* --- the legs' callbacks -------------------------------------------------- */

static inline void
end_heard(void *ctx, char *text, size_t len)
{
	struct end *x = ctx;

	if (x->nheard == ENDS_HEARD)
		return;
	x->heard[x->nheard++] = strndup(text, len);
}

static inline void
end_closed(void *ctx, unsigned code, const char *reason)
{
	struct end *x = ctx;

	x->closed = true;
	x->code = code;
	(void)snprintf(x->reason, sizeof(x->reason), "%s", reason);
	leg_free(x->leg);
	x->leg = NULL;
}

static const struct leg_calls end_calls = { end_heard, end_closed };

static inline struct end *
ends_new(struct ends *w)
{
	struct end *x = &w->all[w->n++];

	*x = (struct end){ .in = w };
	return x;
}

/* --- the CSMS ------------------------------------------------------------- */

static inline void
ends_accept(struct ends *w, struct arrival *a)
{
	struct end *x = ends_new(w);
	struct arrival_facts f;
	const char *protocol = w->choose;

	arrival_facts(a, &f);
	(void)snprintf(x->path, sizeof(x->path), "%s", f.path);
	(void)snprintf(x->offer, sizeof(x->offer), "%s", f.protocols);
	(void)snprintf(x->protocol, sizeof(x->protocol), "%s", f.protocols);
	x->protocol[strcspn(x->protocol, ",")] = '\0';
	if (f.user != NULL) {
		(void)snprintf(x->user, sizeof(x->user), "%s", f.user);
		memcpy(x->password, f.password, f.password_len);
		x->password_len = f.password_len;
	}
	if (protocol == NULL)
		protocol = x->protocol;
	x->leg = arrival_accept(a, protocol[0] == '\0' ? NULL : protocol);
	if (x->leg == NULL)
		return;
	leg_calls_are(x->leg, &end_calls, x);
	w->came[w->ncsms++] = w->n - 1;
}

static inline void
ends_arrived(void *ctx, struct arrival *a)
{
	struct ends *w = ctx;

	if (w->refuse == 0)
		ends_accept(w, a);
	else if (w->refuse == 1)
		w->held = a;
	else
		arrival_refuse(a, w->refuse, "refused");
}

static inline void
ends_left(void *ctx, struct arrival *a)
{
	struct ends *w = ctx;

	(void)a;
	w->held = NULL;
}

static inline void
ends_failed(void *ctx, const char *kind, const char *peer, const char *why)
{
	(void)ctx;
	(void)kind;
	(void)peer;
	(void)why;
}

static const struct leg_limits ends_limits = { 1024 * 1024, 1024 * 1024, 20000,
	20000 };

/* The CSMS listens; port 0: any. */
static inline int
ends_listen(struct ends *w, uint16_t port)
{
	static const struct listener_calls calls = { ends_arrived, ends_left,
		ends_failed };
	struct err e;

	w->csms = listener_new(w->loop,
	    &(struct listen_settings){ .address = "127.0.0.1",
		.port = port,
		.limits = ends_limits,
		.arrivals_max = 64,
		.arrival_ms = 5000,
		.deflate = false },
	    &calls, w, &e);
	if (w->csms == NULL)
		return -1;
	(void)snprintf(w->url, sizeof(w->url), "ws://127.0.0.1:%u",
	    listener_port(w->csms));
	w->set.csms.url = w->url;
	return 0;
}

/* Nobody listens there any more, and who was connected is cut off. */
static inline uint16_t
ends_csms_goes(struct ends *w)
{
	uint16_t port = listener_port(w->csms);

	listener_free(w->csms);
	w->csms = NULL;
	for (unsigned i = 0; i < w->ncsms; i++) {
		leg_free(w->all[w->came[i]].leg);
		w->all[w->came[i]].leg = NULL;
	}
	return port;
}

/* --- the world ------------------------------------------------------------ */

static inline void
ends_log(void *ctx, const char *line)
{
	struct ends *w = ctx;
	size_t n = strlen(w->log);

	(void)snprintf(w->log + n, sizeof(w->log) - n, "%s\n", line);
}

static inline void
ends_event(void *ctx, const char *kind, const char *text)
{
	struct ends *w = ctx;
	size_t n = strlen(w->events);

	(void)snprintf(
	    w->events + n, sizeof(w->events) - n, "%s: %s\n", kind, text);
}

static inline void
ends_settings(struct ends *w)
{
	static char name[] = "test", address[] = "127.0.0.1", all[] = "*";

	w->listener = (struct ocpp_listener){
		.name = name, .address = address, .versions = 7
	};
	w->classes[0].pattern = all;
	w->set = (struct ocpp_settings){ .listeners = &w->listener,
		.nlisteners = 1,
		.backoff = { 0, 0, 2 },
		.who = OCPP_ANY,
		.second = OCPP_BY_STRENGTH,
		.classes = w->classes,
		.nclasses = 1,
		.rules = w->rules,
		.limits = { .chargers = 20,
		    .frame = 64 * 1024,
		    .queue = 256 * 1024,
		    .handshakes = 1000,
		    .frames = 1000,
		    .failures = 3,
		    .handshake_ms = 2000,
		    .slow_ms = 5000,
		    .call_ms = 30000,
		    .store_bytes = 1024 * 1024,
		    .store_records = 100,
		    .attempts = 3,
		    .attempt_s = 1,
		    .replay = 1000 } };
}

static inline int
ends_open(struct ends *w)
{
	struct err e;

	memset(w, 0, sizeof(*w));
	ends_settings(w);
	w->host = (struct bridge_host){ .ctx = w,
		.state = "state",
		.log = ends_log,
		.event = ends_event,
		.sweep_ms = 50 };
	if ((w->loop = loop_new(&e)) == NULL ||
	    (w->crew = crew_new(w->loop, 1, &e)) == NULL)
		return -1;
	return ends_listen(w, 0);
}

static inline uint16_t
ends_port(struct ends *w, const char *name)
{
	json_t *status = bridge_status(w->bridge), *one;
	size_t i;
	int port = 0;

	json_array_foreach(json_object_get(status, "listeners"), i,
	    one) if (strcmp(json_string_value(json_object_get(one, "name")),
			 name) == 0) port =
	    (int)json_integer_value(json_object_get(one, "port"));
	json_decref(status);
	return (uint16_t)port;
}

static inline const struct ocpp_settings *
ends_give(struct ends *w)
{
	struct given *g = &w->given[w->ngiven++];

	g->set = w->set;
	g->listeners[0] = w->listener;
	g->listeners[1] = w->other;
	memcpy(g->classes, w->classes, sizeof(g->classes));
	memcpy(g->rules, w->rules, sizeof(g->rules));
	(void)strcpy(g->url, w->set.csms.url);
	g->set.listeners = g->listeners;
	g->set.nlisteners = w->two ? 2 : 1;
	g->set.classes = g->classes;
	g->set.rules = g->rules;
	g->set.csms.url = g->url;
	return &g->set;
}

/* As w->set, listener, classes and rules say now. */
static inline int
ends_serve(struct ends *w)
{
	struct err e = { .text = "" };

	if (w->bridge == NULL)
		w->bridge = bridge_new(w->loop, &w->host, &e);
	if (w->bridge == NULL ||
	    bridge_serve(w->bridge, ends_give(w), &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	w->port = ends_port(w, w->listener.name);
	if (w->two)
		w->other_port = ends_port(w, w->other.name);
	return 0;
}

static inline void
ends_close(struct ends *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		dial_free(w->all[i].dial);
		leg_free(w->all[i].leg);
		for (unsigned k = 0; k < w->all[i].nheard; k++)
			free(w->all[i].heard[k]);
	}
	bridge_free(w->bridge);
	if (w->csms != NULL)
		listener_free(w->csms);
	crew_free(w->crew);
	loop_free(w->loop);
}

/* Runs the loop until *until is not zero, at most ms. */
static inline bool
ends_run(struct ends *w, bool (*until)(void *), void *ctx, uint64_t ms)
{
	uint64_t end = now_ms() + ms;
	struct err e;

	while (!until(ctx)) {
		if (now_ms() >= end)
			return false;
		if (loop_once(w->loop, 5, &e) == -1)
			abort();
	}
	return true;
}

static inline bool
ends_never(void *ctx)
{
	(void)ctx;
	return false;
}

static inline void
ends_pass(struct ends *w, uint64_t ms)
{
	(void)ends_run(w, ends_never, NULL, ms);
}

/* --- a charge point ------------------------------------------------------- */

static inline void
end_dialled(void *ctx, const struct dial_result *r)
{
	struct end *x = ctx;

	x->done = true;
	x->how = r->end;
	x->status = r->status;
	x->leg = r->leg;
	if (r->end != DIAL_OPEN)
		return;
	(void)snprintf(x->protocol, sizeof(x->protocol), "%s", r->protocol);
	leg_calls_are(x->leg, &end_calls, x);
}

static inline bool
end_is_done(void *ctx)
{
	return ((struct end *)ctx)->done;
}

/* Begins to dial; end_waits() waits for what comes of it. */
static inline struct end *
ends_dialling(struct ends *w, const char *path, const char *protocols,
    const char *user, const void *password, size_t len)
{
	struct end *x = ends_new(w);
	struct err e;

	x->dial = dial_new(w->loop, w->crew,
	    &(struct dial_settings){ .host = "127.0.0.1",
		.port = w->port,
		.path = path,
		.protocols = protocols,
		.user = user,
		.password = password,
		.password_len = len,
		.late_ms = 8000,
		.limits = ends_limits },
	    end_dialled, x, &e);
	return x;
}

static inline struct end *
end_waits(struct end *x)
{
	(void)ends_run(x->in, end_is_done, x, 9000);
	return x;
}

static inline struct end *
ends_dial(struct ends *w, const char *path, const char *protocols)
{
	return end_waits(ends_dialling(w, path, protocols, NULL, NULL, 0));
}

static inline bool
ends_csms_is_there(void *ctx)
{
	struct ends *w = ctx;

	return w->taken < w->ncsms;
}

/* The next connection at the CSMS; NULL: none came. */
static inline struct end *
ends_csms(struct ends *w)
{
	if (!ends_run(w, ends_csms_is_there, w, ENDS_LATE_MS))
		return NULL;
	return &w->all[w->came[w->taken++]];
}

/* --- words ---------------------------------------------------------------- */

static inline int
end_say(struct end *x, const char *text)
{
	return x->leg == NULL ? -1 : leg_send(x->leg, text, strlen(text));
}

static inline bool
end_has_heard(void *ctx)
{
	struct end *x = ctx;

	return x->nread < x->nheard || x->closed;
}

/* The next that it hears, or "" when nothing comes. */
static inline const char *
end_hears(struct end *x)
{
	if (!ends_run(x->in, end_has_heard, x, ENDS_LATE_MS) ||
	    x->nread == x->nheard)
		return "";
	return x->heard[x->nread++];
}

/* Nothing comes for a while. */
static inline bool
end_hears_nothing(struct end *x)
{
	ends_pass(x->in, ENDS_QUIET_MS);
	return x->nread == x->nheard;
}

static inline bool
end_is_closed(void *ctx)
{
	return ((struct end *)ctx)->closed;
}

/* The code that it is closed with; 0: it is not. */
static inline unsigned
end_is_told(struct end *x)
{
	return ends_run(x->in, end_is_closed, x, ENDS_LATE_MS) ? x->code : 0;
}

#endif
