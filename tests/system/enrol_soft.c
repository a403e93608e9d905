/* SPDX-License-Identifier: MIT */
/*
 * A client of the broker written by hand, for enrol.test: a unit with a key in
 * a file, made of the wire alone, and an attacker with somebody's certificate.
 *
 *	enrol_soft request HOST PORT CLAIM SERIAL DIR	the answer into DIR
 *	enrol_soft confirm HOST PORT CA SERIAL DIR
 *	enrol_soft pub HOST PORT CA CERT KEY ID TOPIC TEXT [USER PASSWORD]
 *	enrol_soft sub HOST PORT CA CERT KEY ID TOPIC	1 s for a message, too
 *	enrol_soft hold HOST PORT CA CERT KEY ID	until it is cut off
 *
 * DIR keeps key.pem, id, request.json, reply.json, cert.pem, values.json; what
 * is there is used again. Status: 0 allowed, 1 refused, 2 no connection, 3 no
 * answer, 6 used wrongly.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "key.h"
#include "loop.h"
#include "mqtt.h"
#include "sealed.h"
#include "service/ca.h"
#include "wire.h"
#include "x509.h"

enum {
	ALLOWED,
	REFUSED,
	NO_CONNECTION,
	NO_ANSWER,
	BROKEN = 5,
	USAGE = 6,
};

static struct err e;

static void
give_up(const char *what)
{
	(void)fprintf(stderr, "enrol_soft: %s: %s\n", what, e.text);
	exit(BROKEN);
}

/* The next event within ms, or false. */
static bool
next(struct mqtt *m, struct mqtt_event *ev, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	while (mqtt_next(m, ev) == 0) {
		struct pollfd p = { .fd = mqtt_fd(m), .events = POLLIN };
		int64_t left = (int64_t)(end - now_ms());

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
	}
	return true;
}

static struct mqtt *
call(const struct mqtt_settings *s)
{
	struct mqtt *m = mqtt_new(s, &e);
	struct mqtt_event ev;

	if (m == NULL || mqtt_connect(m, &e) == -1)
		give_up("connect");
	if (next(m, &ev, 10000) && ev.kind == MQTT_UP)
		return m;
	(void)fprintf(stderr, "no connection: %s (%d)\n", ev.why, ev.code);
	mqtt_free(m);
	mqtt_settle();
	exit(NO_CONNECTION);
}

static void
leave(struct mqtt *m, int status)
{
	mqtt_free(m);
	mqtt_settle();
	exit(status);
}

/* Waits for the broker's word on what was asked with token. */
static int
word(struct mqtt *m, int token)
{
	struct mqtt_event ev;

	while (next(m, &ev, 5000)) {
		if (ev.kind == MQTT_DOWN)
			return 0x80;
		if (ev.kind != MQTT_MESSAGE && ev.token == token)
			return ev.code;
		mqtt_event_free(&ev);
	}
	return 0x80;
}

static void
subscribe(struct mqtt *m, const char *topic)
{
	int token;

	if (mqtt_subscribe(m, topic, &token, &e) == -1)
		give_up(topic);
	if (word(m, token) >= 0x80) {
		(void)fprintf(stderr, "subscription of %s refused\n", topic);
		leave(m, REFUSED);
	}
}

static void
publish(struct mqtt *m, const char *topic, const char *text, size_t len)
{
	int token;

	if (mqtt_publish(m, topic, text, len, false, &token, &e) == -1)
		give_up(topic);
	if (word(m, token) >= 0x80) {
		(void)fprintf(stderr, "publish to %s refused\n", topic);
		leave(m, REFUSED);
	}
}

/* --- a unit -------------------------------------------------------------- */

static const char *
in(const char *dir, const char *name)
{
	static char path[4][600];
	static int n;

	n = (n + 1) % 4;
	(void)snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static void
put(const char *path, const void *p, size_t n)
{
	if (file_write(AT_FDCWD, path, p, n, FILE_SECRET, &e) == -1)
		give_up(path);
}

static EVP_PKEY *
the_key(const char *dir)
{
	own_bytes struct bytes pem = { 0 };
	EVP_PKEY *key;

	if (access(in(dir, "key.pem"), F_OK) == 0)
		return x509_key_read(in(dir, "key.pem"), &e);
	if ((key = ca_key_new(&e)) == NULL || ca_key_pem(key, &pem, &e) == -1)
		give_up("key");
	put(in(dir, "key.pem"), pem.p, pem.len);
	return key;
}

static void
make_request(
    const char *dir, const char *serial, EVP_PKEY *key, struct bytes *out)
{
	static struct wire_request q;
	own_bytes struct bytes csr = { 0 };

	if (file_read(AT_FDCWD, in(dir, "request.json"), WIRE_MAX, out, &e) ==
	    0)
		return;
	(void)snprintf(q.serial, sizeof(q.serial), "%s", serial);
	(void)snprintf(q.model, sizeof(q.model), "GW-1");
	if (wire_id(q.id, &e) == -1 || key_csr(key, serial, &csr, &e) == -1 ||
	    csr.len >= sizeof(q.csr))
		give_up("CSR");
	memcpy(q.csr, csr.p, csr.len + 1);
	if (wire_request_encode(&q, out, &e) == -1)
		give_up("request");
	put(in(dir, "request.json"), out->p, out->len);
	put(in(dir, "id"), q.id, strlen(q.id));
}

static void
open_answer(const char *dir, const char *serial, EVP_PKEY *key,
    const struct wire_reply *r)
{
	static struct wire_issued issued;
	own_bytes struct bytes plain = { 0 };
	char spki[SHA256_HEX];
	const struct sealed_for names = { serial, r->id, spki };
	uint8_t k[SEALED_KEY_LEN];

	if (x509_spki_hash(key, spki, &e) == -1 ||
	    sealed_unwrap(key, r->point, k, &e) == -1 ||
	    sealed_open(k, &names, r->sealed, r->sealed_len, &plain, &e) ==
		-1 ||
	    wire_issued_parse(plain.p, plain.len, &issued, &e) == -1)
		give_up("answer");
	put(in(dir, "cert.pem"), issued.chain, strlen(issued.chain));
	put(in(dir, "values.json"), plain.p, plain.len);
}

/* Waits for the reply with this id; exits when it says no. */
static void
await(struct mqtt *m, const char *id, struct wire_reply *r, struct bytes *raw)
{
	struct mqtt_event ev;

	while (next(m, &ev, 8000)) {
		if (ev.kind == MQTT_MESSAGE &&
		    wire_reply_parse(ev.payload, ev.len, r, &e) == 0 &&
		    strcmp(r->id, id) == 0) {
			bytes_add(raw, ev.payload, ev.len);
			mqtt_event_free(&ev);
			(void)printf(
			    "%s %s\n", wire_stage_name(r->stage), r->error);
			if (r->error[0] == '\0')
				return;
			leave(m, REFUSED);
		}
		mqtt_event_free(&ev);
	}
	leave(m, NO_ANSWER);
}

static int
request(char **arg)
{
	static struct wire_reply r;
	own_bytes struct bytes text = { 0 }, raw = { 0 };
	char topic[WIRE_TOPIC_MAX], id[WIRE_CLIENT_ID_MAX + 1];
	const char *claim = arg[2], *serial = arg[3], *dir = arg[4];
	own_pkey EVP_PKEY *key = the_key(dir);
	own_json json_t *j = NULL;
	struct mqtt *m;
	struct mqtt_settings s = { .host = arg[0],
		.port = (uint16_t)atoi(arg[1]),
		.client_id = id,
		.keepalive_s = 30,
		.connect_s = 10 };
	char ca[600], cert[600], ck[600];

	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", claim);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", claim);
	(void)snprintf(ck, sizeof(ck), "%s/key.pem", claim);
	s.ca = ca;
	s.certificate = cert;
	s.key = ck;
	(void)snprintf(
	    id, sizeof(id), "claim:%s:%08x", serial, (unsigned)getpid());
	make_request(dir, serial, key, &text);
	m = call(&s);
	wire_topic(topic, serial, "reply");
	subscribe(m, topic);
	wire_topic(topic, serial, "request");
	publish(m, topic, text.p, text.len);
	j = json_parse("request", text.p, text.len, WIRE_MAX, &e);
	await(m, json_string_value(json_object_get(j, "id")), &r, &raw);
	put(in(dir, "reply.json"), raw.p, raw.len);
	open_answer(dir, serial, key, &r);
	mqtt_free(m);
	mqtt_settle();
	return ALLOWED;
}

static int
confirm(char **arg)
{
	static struct wire_reply r;
	own_bytes struct bytes text = { 0 }, raw = { 0 };
	const char *serial = arg[3], *dir = arg[4];
	own_chain STACK_OF(X509) *chain = NULL;
	struct wire_confirm c = { .id = "" };
	char topic[WIRE_TOPIC_MAX], cert[600], key[600];
	const struct mqtt_settings s = { .host = arg[0],
		.port = (uint16_t)atoi(arg[1]),
		.client_id = serial,
		.ca = arg[2],
		.certificate = cert,
		.key = key,
		.keepalive_s = 30,
		.connect_s = 10 };
	struct mqtt *m;

	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	(void)snprintf(key, sizeof(key), "%s/key.pem", dir);
	if ((chain = x509_chain_read(cert, &e)) == NULL ||
	    x509_fingerprint(sk_X509_value(chain, 0), c.fingerprint, &e) ==
		-1 ||
	    wire_id(c.id, &e) == -1 || wire_confirm_encode(&c, &text, &e) == -1)
		give_up("confirm");
	m = call(&s);
	wire_topic(topic, serial, "reply");
	subscribe(m, topic);
	wire_topic(topic, serial, "confirm");
	publish(m, topic, text.p, text.len);
	await(m, c.id, &r, &raw);
	mqtt_free(m);
	mqtt_settle();
	return ALLOWED;
}

/* --- an attacker --------------------------------------------------------- */

static struct mqtt *
with(char **arg, const char *user, const char *password)
{
	const struct mqtt_settings s = { .host = arg[0],
		.port = (uint16_t)atoi(arg[1]),
		.ca = arg[2],
		.certificate = arg[3],
		.key = arg[4],
		.client_id = arg[5],
		.username = user,
		.password = password,
		.keepalive_s = 30,
		.connect_s = 10 };

	return call(&s);
}

static int
pub(char **arg)
{
	struct mqtt *m = with(arg, arg[8], arg[8] != NULL ? arg[9] : NULL);

	publish(m, arg[6], arg[7], strlen(arg[7]));
	leave(m, ALLOWED);
	return ALLOWED;
}

static int
sub(char **arg)
{
	struct mqtt *m = with(arg, NULL, NULL);
	struct mqtt_event ev;

	subscribe(m, arg[6]);
	(void)printf("subscribed\n");
	(void)fflush(stdout);
	while (next(m, &ev, 1000)) {
		if (ev.kind == MQTT_MESSAGE)
			(void)printf("message %s %s\n", ev.topic, ev.payload);
		mqtt_event_free(&ev);
	}
	leave(m, ALLOWED);
	return ALLOWED;
}

static int
hold(char **arg)
{
	struct mqtt *m = with(arg, NULL, NULL);
	struct mqtt_event ev;

	(void)printf("up\n");
	(void)fflush(stdout);
	while (next(m, &ev, 60000)) {
		if (ev.kind == MQTT_DOWN) {
			(void)printf("down %d %s\n", ev.code, ev.why);
			leave(m, ALLOWED);
		}
		mqtt_event_free(&ev);
	}
	leave(m, NO_ANSWER);
	return NO_ANSWER;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least, most;
		int (*run)(char **);
	} verbs[] = {
		{ "request", 5, 5, request },
		{ "confirm", 5, 5, confirm },
		{ "pub", 8, 10, pub },
		{ "sub", 7, 7, sub },
		{ "hold", 6, 6, hold },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]);
	     i++)
		if (strcmp(verbs[i].name, argv[1]) == 0 &&
		    argc - 2 >= verbs[i].least && argc - 2 <= verbs[i].most)
			return verbs[i].run(argv + 2);
	return USAGE;
}
