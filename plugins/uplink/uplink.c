/* SPDX-License-Identifier: MIT */
/*
 * uplink, the plugin: document, life, verbs and findings. See uplink.h for its
 * two parts. Private keys stay with cert_store; what OpenSSL asks a key to sign
 * goes there through host->sign(), from whichever thread shakes hands.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "key.h"
#include "uplink.h"
#include "x509.h"

#define PROBE_WAIT_MS 5000

static int
sign(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	const struct ingot_host *host = ctx;

	return host->sign(host, purpose, digest, sig) == 0
	    ? 0
	    : err_set(e, EACCES, "no signature for %s", purpose);
}

json_t *
uplink_ask(struct uplink *u, const char *plugin, const char *verb,
    json_t *question, struct err *e)
{
	own_json json_t *eaten = question;
	own_str char *line = question != NULL ? json_line(question) : NULL;
	struct ingot_text r = { .p = "" };
	json_t *reply;

	if (question != NULL && line == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	if (u->host->ask(u->host, plugin, verb, line, &r) == -1) {
		(void)err_set(e, EACCES, "%s.%s: %.300s", plugin, verb,
		    r.len > 0 ? r.p : "refused; the agent's log says why");
		return NULL;
	}
	reply = json_parse(verb, r.p, r.len, INGOT_TEXT_MAX, e);
	/* An answer may have been a secret; it is the host's, and overwritten
	 * by the next. */
	return reply;
}

const char *
uplink_file(const struct uplink *u, char *buf, size_t size, const char *name,
    const char *suffix)
{
	(void)snprintf(buf, size, "%s/%s%s", u->host->state_dir, name, suffix);
	return buf;
}

struct mqtt *
uplink_mqtt(struct uplink *u, const struct mqtt_settings *from,
    void (*fn)(void *, int, uint32_t), struct err *e)
{
	struct mqtt_settings s = *from;
	struct mqtt *m;
	char ca[512];

	s.host = u->doc.host;
	s.port = u->doc.port;
	s.keepalive_s = u->doc.keepalive_s;
	s.ca = uplink_doc_inline_ca(&u->doc)
	    ? uplink_file(u, ca, sizeof(ca), "broker-ca", ".pem")
	    : u->doc.ca;
	if ((m = mqtt_new(&s, e)) == NULL)
		return NULL;
	if (u->host->watch(u->host, mqtt_fd(m), 1 /* EPOLLIN */, fn, u) == 0)
		return m;
	mqtt_free(m);
	return (void)err_set(e, EIO, "watch failed"), NULL;
}

void
uplink_hang_up(struct uplink *u, struct mqtt **m)
{
	if (*m != NULL)
		(void)u->host->watch(u->host, mqtt_fd(*m), 0, NULL, NULL);
	mqtt_free(*m);
	*m = NULL;
}

/* Not a secret: it names a purpose, and only this process, asking the agent,
 * can have it used. */
static int
write_reference(
    struct uplink *u, const char *purpose, X509 *leaf, struct err *e)
{
	own_bytes struct bytes ref = { 0 };
	uint8_t point[KEY_POINT_LEN];
	char path[512];

	if (key_point(X509_get0_pubkey(leaf), point, e) == -1 ||
	    key_ref_pem(purpose, point, &ref, e) == -1)
		return -1;
	(void)uplink_file(u, path, sizeof(path), purpose, ".key");
	return file_write(AT_FDCWD, path, ref.p, ref.len, FILE_SECRET, e);
}

int
uplink_material(struct uplink *u, const char *purpose,
    char cn[static WIRE_NAME_MAX + 1], struct err *e)
{
	own_json json_t *r = uplink_ask(u, "cert_store", "chain",
	    json_pack("{s:s}", "purpose", purpose), e);
	own_chain STACK_OF(X509) *chain = NULL;
	const char *pem;
	char path[512];

	if (r == NULL || json_str(r, "chain", X509_PEM_MAX, &pem, e) == -1 ||
	    (chain = x509_chain_parse(pem, strlen(pem), e)) == NULL ||
	    x509_common_name(
		X509_get_subject_name(sk_X509_value(chain, 0)), cn, e) == -1)
		return -1;
	(void)uplink_file(u, path, sizeof(path), purpose, ".chain");
	if (file_write(AT_FDCWD, path, pem, strlen(pem), FILE_SECRET, e) == -1)
		return -1;
	return write_reference(u, purpose, sk_X509_value(chain, 0), e);
}

static void *
uplink_open(const struct ingot_host *host)
{
	struct uplink *u = calloc(1, sizeof(*u));
	struct err e;

	if (u == NULL)
		return (void)host->fail(host, "out of memory"), NULL;
	u->host = host;
	if (host->state_dir == NULL)
		(void)host->fail(host, "needs STATE: its policy grants none");
	else if (key_setup(&e) == -1 ||
	    key_signer_set(PURPOSE, sign, (void *)(uintptr_t)host, &e) == -1 ||
	    key_signer_set(
		PURPOSE_PENDING, sign, (void *)(uintptr_t)host, &e) == -1 ||
	    file_sweep(AT_FDCWD, host->state_dir, &e) == -1)
		(void)host->fail(host, "%s", e.text);
	else
		return u;
	free(u);
	return NULL;
}

static int
uplink_render(void *v, const struct ingot_text *document)
{
	const struct ingot_host *host = ((struct uplink *)v)->host;
	own_bytes struct bytes out = { 0 };
	struct err e;

	if (uplink_doc_render(document->p, document->len, &out, &e) == -1)
		return host->fail(host, "%s", e.text);
	return host->emit(host, "%s", out.p);
}

/* 1: a certificate in force, 0: none, or expired (*expired). */
static int
have_certificate(struct uplink *u, bool *expired, struct err *e)
{
	own_json json_t *r = uplink_ask(u, "cert_store", "cert.list", NULL, e);
	json_t *list, *c;
	char now[32];
	time_t t = time(NULL);
	struct tm tm;
	size_t i;

	*expired = false;
	if (r == NULL)
		return -1;
	(void)strftime(
	    now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	list = json_object_get(r, "certificates");
	json_array_foreach(list, i, c)
	{
		const char *purpose =
		    json_string_value(json_object_get(c, "purpose"));
		const char *end =
		    json_string_value(json_object_get(c, "not_after"));

		if (purpose == NULL || strcmp(purpose, PURPOSE) != 0)
			continue;
		/* ISO times in UTC compare as texts. */
		*expired = end == NULL || strcmp(end, now) < 0;
		return !*expired;
	}
	return 0;
}

/* cert_store may not be there yet when the agent starts: asked again. */
static void
begin(void *ctx)
{
	struct uplink *u = ctx;
	bool expired;
	struct err e;
	int have;

	u->begin = 0;
	if (!u->active)
		return;
	if ((have = have_certificate(u, &expired, &e)) == -1) {
		u->host->log(u->host, "%s", e.text);
		u->begin = u->host->timer(u->host, 2000, begin, u);
		return;
	}
	enrol_resume(u);
	if (have == 1) {
		if (!enrol_under_way(u))
			u->enrol.state = ENROL_ENROLLED;
		link_start(u);
	} else if ((expired || u->doc.automatic) && !enrol_under_way(u) &&
	    enrol_start(u, &e) == -1)
		u->host->log(u->host, "%s", e.text);
}

static int
keep_ca(struct uplink *u, struct err *e)
{
	char path[512];

	if (!uplink_doc_inline_ca(&u->doc))
		return 0;
	(void)uplink_file(u, path, sizeof(path), "broker-ca", ".pem");
	return file_write(
	    AT_FDCWD, path, u->doc.ca, strlen(u->doc.ca), FILE_SECRET, e);
}

static int
uplink_activate(void *v, const struct ingot_text *artifact)
{
	struct uplink *u = v;
	const struct ingot_host *host = u->host;
	struct uplink_doc doc;
	struct err e;

	memset(&doc, 0, sizeof(doc));
	if (artifact->len == 0) {
		u->active = false;
		link_stop(u);
		enrol_stop(u);
		return 0;
	}
	if (uplink_doc_read(artifact->p, artifact->len, &doc, &e) == -1)
		return host->fail(host, "%s", e.text);
	/* Also when nothing changed here: only a connection that is made anew
	 * shows that what else was applied lets one through. */
	link_stop(u);
	u->doc = doc;
	u->active = true;
	if (keep_ca(u, &e) == -1)
		return host->fail(host, "%s", e.text);
	host->untimer(host, u->begin);
	u->begin = host->timer(host, 0, begin, u);
	return u->begin > 0 ? 0 : -1;
}

/* The two findings of a unit that is enrolled; production mode asks for them.
 */
static int
uplink_probe(void *v, const struct ingot_text *artifact)
{
	struct uplink *u = v;
	const struct ingot_host *host = u->host;
	char place[UPLINK_HOST_MAX + 16];
	bool ok;

	if (artifact->len == 0)
		return 0;
	if (u->begin > 0) {
		host->untimer(host, u->begin);
		begin(u);
	}
	link_wait(u, PROBE_WAIT_MS);
	ok = u->link.mqtt != NULL && mqtt_up(u->link.mqtt);
	if (ok)
		link_tell(u);
	/* Nothing to connect with yet: no fault of the snapshot. */
	if (!ok && !u->link.wanted)
		return 0;
	(void)snprintf(place, sizeof(place), "%s:%u", u->doc.host, u->doc.port);
	host->finding(host, "uplink.connected", place, ok, "%s",
	    ok                           ? "connected with the unit's own key"
		: u->link.why[0] != '\0' ? u->link.why
					 : "connecting");
	host->finding(host, "uplink.tls-verified", place, ok, "%s",
	    ok ? "certificate and name of the broker are good, TLS >= 1.2"
	       : "no connection on which to verify the broker");
	return 0;
}

static int
verb_start(struct uplink *u)
{
	struct err e;

	if (enrol_start(u, &e) == -1)
		return u->host->fail(u->host, "%s", e.text);
	return u->host->emit(u->host, "{}");
}

static int
verb_status(struct uplink *u)
{
	const struct enrol *n = &u->enrol;
	own_json json_t *j = json_pack("{s:s, s:s, s:b}", "state",
	    enrol_state_name(n->state), "stage", stage_name(n->progress.stage),
	    "connected", u->link.mqtt != NULL && mqtt_up(u->link.mqtt));
	own_str char *line = NULL;

	if (n->error[0] != '\0')
		(void)json_object_set_new(j, "error", json_string(n->error));
	if (n->retry_ms != 0)
		(void)json_object_set_new(
		    j, "retry_after_ms", json_integer((json_int_t)n->retry_ms));
	if ((line = json_line(j)) == NULL)
		return u->host->fail(u->host, "out of memory");
	return u->host->emit(u->host, "%s", line);
}

static int
uplink_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	static const struct {
		const char *name;
		int (*run)(struct uplink *);
	} verbs[] = {
		{ "enrol.start", verb_start },
		{ "enrol.status", verb_status },
	};
	struct uplink *u = v;

	(void)from;
	(void)question;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			return verbs[i].run(u);
	return u->host->fail(u->host, "no verb \"%.64s\"", verb);
}

static void
uplink_close(void *v)
{
	struct uplink *u = v;

	link_stop(u);
	enrol_stop(u);
	mqtt_settle();
	key_signer_remove(PURPOSE);
	key_signer_remove(PURPOSE_PENDING);
	explicit_bzero(&u->doc, sizeof(u->doc));
	free(u);
}

INGOT_PLUGIN("uplink", INGOT_NEED_NETWORK | INGOT_NEED_SIGN | INGOT_NEED_STATE,
    .open = uplink_open, .render = uplink_render, .activate = uplink_activate,
    .probe = uplink_probe, .close = uplink_close, .answer = uplink_answer);
