/* SPDX-License-Identifier: MIT */
#ifndef TEST_OCPP_SECURE_H
#define TEST_OCPP_SECURE_H

#include <sys/stat.h>

#include <stdarg.h>
#include <stdio.h>

#include "../../plugins/cert_store/store.h"
#include "issue.h"
#include "place.h"
#include "secure_in.h"

/*
 * One charge point in front of the messages about security, with the real
 * certificate store behind them (its plugin's verbs, keys in files) and real
 * records on disk. Only the pair is played: what it was asked to answer, call
 * and dial is written down.
 */
#define SAID 32

static struct world {
	struct bridge_host host;
	struct ocpp_settings set;
	struct ocpp_class class;
	struct pair pair;
	struct loop *loop;
	struct chargers *chargers;
	struct secure *secure;
	struct store store; /* cert_store */
	char *said[SAID];
	unsigned nsaid;
	struct {
		void (*done)(void *, struct pair *, const struct frame *);
		void *ctx;
	} calls[SAID];
	unsigned ncalls, redials, forgotten;
	char events[4096];
	char root[65]; /* that the CSMS's certificate led to */
	bool full;     /* the disk: what is asked of the store fails */
} w;

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	va_list ap;

	assert(w.nsaid < SAID);
	va_start(ap, fmt);
	assert(vasprintf(&w.said[w.nsaid++], fmt, ap) > 0);
	va_end(ap);
}

/* The other side's answer to the CALL number i of ours. */
static void
answered_call(unsigned i, const char *payload)
{
	struct frame f = { .type = OCPP_RESULT,
		.payload = { payload, payload == NULL ? 0 : strlen(payload) } };
	void (*done)(void *, struct pair *, const struct frame *) =
	    w.calls[i].done;

	assert(done != NULL);
	w.calls[i].done = NULL;
	done(w.calls[i].ctx, &w.pair, payload == NULL ? NULL : &f);
}

/* --- the pair ------------------------------------------------------------- */

int
pair_answer(
    struct pair *p, enum ocpp_way way, struct span id, const char *payload)
{
	(void)p;
	say("answer %s %.*s %s", way == OCPP_UP ? "up" : "down", (int)id.len,
	    id.p, payload);
	return 0;
}

int
pair_refuse(struct pair *p, enum ocpp_way way, struct span id, const char *code,
    const char *why)
{
	(void)p;
	say("refuse %s %.*s %s %s", way == OCPP_UP ? "up" : "down", (int)id.len,
	    id.p, code, why);
	return 0;
}

int
pair_call(struct pair *p, enum ocpp_way way, const char *action,
    const char *payload,
    void (*done)(void *, struct pair *, const struct frame *), void *ctx,
    struct err *e)
{
	(void)p;
	(void)e;
	w.calls[w.ncalls].done = done;
	w.calls[w.ncalls++].ctx = ctx;
	say("call %s %s %s", way == OCPP_UP ? "up" : "down", action, payload);
	return 0;
}

void
pair_redial(struct pair *p, bool keep)
{
	(void)p;
	assert(keep);
	w.redials++;
}

struct secure *
bridge_secure(struct bridge *b)
{
	(void)b;
	return w.secure;
}

void
bridge_certs_changed(struct bridge *b)
{
	(void)b;
	w.forgotten++;
}

int
bridge_server_tls(struct bridge *b, const struct ocpp_csms *csms, SSL_CTX **out,
    struct err *e)
{
	(void)b;
	(void)csms;
	*out = SSL_CTX_new(TLS_client_method());
	return *out == NULL ? err_ssl(e, "TLS") : 0;
}

void
bridge_root(struct bridge *b, char out[static 65])
{
	(void)b;
	(void)strcpy(out, w.root);
}

/* --- the hosts ------------------------------------------------------------ */

static json_t *
ask_store(void *ctx, const char *verb, json_t *question, struct err *e)
{
	own_str char *text = json_line(question), *reply = NULL;
	struct ingot_text q = { text, strlen(text) };

	(void)ctx;
	json_decref(question);
	if (w.full)
		return (void)err_set(e, ENOSPC, "no space left"), NULL;
	reply = verbs_answer(&w.store, "ocpp_bridge", verb, &q, e);
	return reply == NULL
	    ? NULL
	    : json_parse("reply", reply, strlen(reply), 1 << 20, e);
}

static void
log_line(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static void
note_event(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	assert(strlen(w.events) + strlen(kind) + strlen(text) + 4 <
	    sizeof(w.events));
	(void)sprintf(w.events + strlen(w.events), "%s: %s\n", kind, text);
}

static void
store_log(const struct ingot_host *h, const char *fmt, ...)
{
	(void)h;
	(void)fmt;
}

static int
store_event(const struct ingot_host *h, const char *kind, const char *fmt, ...)
{
	(void)h;
	(void)kind;
	(void)fmt;
	return 0;
}

static int
store_watch(const struct ingot_host *h, int fd, uint32_t events,
    void (*fn)(void *, int, uint32_t), void *ctx)
{
	(void)h;
	(void)fd;
	(void)events;
	(void)fn;
	(void)ctx;
	return 0;
}

static int
store_timer(
    const struct ingot_host *h, uint64_t ms, void (*fn)(void *), void *ctx)
{
	(void)h;
	(void)ms;
	(void)fn;
	(void)ctx;
	return 1;
}

static void
store_untimer(const struct ingot_host *h, int id)
{
	(void)h;
	(void)id;
}

static const struct ingot_host store_host = {
	.size = sizeof(store_host),
	.state_dir = "store",
	.log = store_log,
	.event = store_event,
	.watch = store_watch,
	.timer = store_timer,
	.untimer = store_untimer,
};

/* --- set up --------------------------------------------------------------- */

static void
store_begins(const char *more)
{
	char text[1024];
	struct err e;

	(void)snprintf(text, sizeof(text),
	    "tcti = \"none\"; software_keys = true; purposes = [ \"mqtt\" ];"
	    "certs = { csr = \"provider=default\"; %s };",
	    more);
	w.store = (struct store){ .host = &store_host, .active = true };
	w.store.state = open("store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(doc_read(&w.store.doc, text, strlen(text), &e) == 0);
	(void)strcpy(w.store.doc.charging.root, "");
	assert(charging_start(&w.store, &e) == 0);
}

static void
secure_begins(void)
{
	struct err e;

	w.chargers = chargers_open("./chargers", 100, log_line, NULL, &e);
	assert(w.chargers != NULL);
	w.pair.charger = chargers_get(w.chargers, "CP1", &e);
	w.pair.charger->class = &w.class;
	w.pair.charger->boot_interval = 300;
	w.pair.charger->pair = &w.pair;
	w.secure = secure_new(NULL, w.loop, &w.host, w.chargers, &w.set, &e);
	assert(w.secure != NULL);
}

static void
secure_ends(void)
{
	secure_free(w.secure);
	chargers_free(w.chargers);
}

/* As after a kill: what is not on disk is gone. */
static void
restart(void)
{
	secure_ends();
	secure_begins();
}

static int
world_begins(void **state)
{
	struct err e;

	if (place_make(state) == -1 || mkdir("store", 0700) == -1)
		return -1;
	memset(&w, 0, sizeof(w));
	w.host = (struct bridge_host){ .state = ".",
		.log = log_line,
		.event = note_event,
		.certs = ask_store };
	w.set.limits.chargers = 100;
	w.set.cpo = (char *)(uintptr_t) "Example";
	w.set.csms.url = (char *)(uintptr_t) "wss://csms.example/ocpp";
	w.class.pattern = (char *)(uintptr_t) "*";
	w.class.certificates = w.class.profiles = OCPP_GATEWAY;
	w.pair.state = PAIR_OPEN;
	w.loop = loop_new(&e);
	store_begins("");
	secure_begins();
	return 0;
}

static void
quiet(void)
{
	/* As when the pair ends. */
	for (unsigned i = 0; i < w.ncalls; i++)
		if (w.calls[i].done != NULL)
			answered_call(i, NULL);
	while (w.nsaid > 0)
		free(w.said[--w.nsaid]);
	w.ncalls = w.redials = 0;
	w.events[0] = '\0';
}

static int
world_ends(void **state)
{
	quiet();
	secure_ends();
	loop_free(w.loop);
	charging_stop(&w.store);
	(void)close(w.store.state);
	return place_drop(state);
}

#define in_the_world(test)                                                     \
	cmocka_unit_test_setup_teardown(test, world_begins, world_ends)

/* --- frames --------------------------------------------------------------- */

static enum pair_do
asked(enum ocpp_version v, enum ocpp_way way, const char *action,
    const char *payload)
{
	const struct pair_handled *h = secure_handled;
	char text[65536];
	struct frame f;
	struct verdict verdict;

	w.pair.version = v;
	(void)snprintf(
	    text, sizeof(text), "[2,\"i1\",\"%s\",%s]", action, payload);
	if (!judge_frame(v, way, text, strlen(text), &f, &verdict) ||
	    !judge_payload(&f, f.shape, false, &verdict)) {
		print_error("%s: %s\n", text, verdict.why);
		abort();
	}
	while (h->action != NULL &&
	    (strcmp(h->action, action) != 0 || h->way != way ||
		(h->versions & 1u << v) == 0))
		h++;
	return h->action == NULL || h->asked == NULL
	    ? PAIR_PASS
	    : h->asked(
		  &w.pair, way, &f, (struct span){ text, strlen(text) }, NULL);
}

static inline const char *
last_said(void)
{
	return w.nsaid == 0 ? "" : w.said[w.nsaid - 1];
}

/* The payload of what was said last, as JSON; the caller's. */
static inline json_t *
said_json(unsigned i)
{
	const char *text = strchr(w.said[i], '{');
	struct err e;

	return json_parse("said", text, strlen(text), 1 << 20, &e);
}

/* A text with a JSON string in the place of its "%s": PEM has line ends. */
static inline char *
with_text(const char *around, const char *text)
{
	json_t *s = json_string(text);
	char *quoted = json_dumps(s, JSON_ENCODE_ANY), *all;
	const char *at = strstr(around, "%s");

	assert(asprintf(&all, "%.*s%s%s", (int)(at - around), around, quoted,
		   at + 2) > 0);
	free(quoted);
	json_decref(s);
	return all;
}

static inline char *
pem_of(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *out;
	long n;

	(void)PEM_write_bio_X509(bio, x);
	n = BIO_get_mem_data(bio, &p);
	out = strndup(p, (size_t)n);
	BIO_free(bio);
	return out;
}

#endif
