/* SPDX-License-Identifier: MIT */
/*
 * The opening handshake as text: what is an upgrade, and with which status all
 * else is answered. The list of malformed requests is ocpp.md section 6's, HTTP
 * and identity in path, and then some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upgrade.h"

#define LINE    "GET /ocpp/CP1 HTTP/1.1\r\n"
#define HOST    "Host: gateway:9000\r\n"
#define UP      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13     "Sec-WebSocket-Version: 13\r\n"
#define GOOD    LINE HOST UP KEY V13
#define PATH(p) "GET " p " HTTP/1.1\r\n" HOST UP KEY V13 "\r\n"

struct row {
	const char *text;
	size_t len;
	unsigned status; /* 0: it is a good one */
};

#define R(text, status)                                                        \
	{                                                                      \
		text, sizeof(text) - 1, status                                 \
	}

static const struct row rows[] = {
	R(GOOD "\r\n", 0),
	R(LINE HOST KEY V13 "upgrade:WebSocket\r\n"
			    "connection:\tkeep-alive ,  UPGRADE \r\n\r\n",
	    0),
	R(LINE HOST UP KEY V13 "Content-Length: 0\r\n\r\n", 0),
	R(LINE "Host:\r\n" UP KEY V13 "\r\n", 0),
	/* The request line. */
	R("POST /x HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 405),
	R("get /x HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 405),
	R("GET /x HTTP/1.0\r\n" HOST UP KEY V13 "\r\n", 505),
	R("GET /x HTTP/2.0\r\n" HOST UP KEY V13 "\r\n", 505),
	R("GET /x http/1.1\r\n" HOST UP KEY V13 "\r\n", 400),
	R("GET /x\r\n" HOST UP KEY V13 "\r\n", 400),
	R("GET  /x HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 400),
	R("GET /x HTTP/1.1 \r\n" HOST UP KEY V13 "\r\n", 505),
	R("GET /x y HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 400),
	R(" GET /x HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 400),
	R("GET\t/x HTTP/1.1\r\n" HOST UP KEY V13 "\r\n", 400),
	R("\r\n" GOOD "\r\n", 400),
	R("\r\n\r\n", 400),
	R("\x16\x03\x01\x02\r\n\r\n", 400),
	R("PRI * HTTP/2.0\r\n\r\n", 505),
	/* The path goes to its taker as it is, if it is one. */
	R(PATH("/"), 0),
	R(PATH("/%2e%2e/"), 0),
	R(PATH("/%00"), 0),
	R(PATH("/ocpp/a%252fb"), 0),
	R(PATH("/ocpp/a+b"), 0),
	R(PATH("/ocpp/a%23b?x=1"), 0),
	R(PATH("/ocpp/RDAM|123"), 0),
	R(PATH("/ocpp/a#b"), 400),
	R(PATH("ocpp"), 400),
	R(PATH("http://gateway/ocpp/CP1"), 400),
	R(PATH("*"), 400),
	R(PATH("/caf\xc3\xa9"), 400),
	R(PATH("/a\x7f"), 400),
	R(PATH("/a\x01"), 400),
	R(PATH("/a\0b"), 400),
	/* Headers. */
	R(LINE UP KEY V13 "\r\n", 400),
	R(LINE HOST HOST UP KEY V13 "\r\n", 400),
	R(LINE HOST KEY V13 "Connection: Upgrade\r\n\r\n", 426),
	R(LINE HOST KEY V13 "Upgrade: websocket\r\n\r\n", 426),
	R(LINE HOST KEY V13 "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426),
	R(LINE HOST KEY V13
	    "Upgrade: websockets\r\nConnection: Upgrade\r\n\r\n",
	    426),
	R(LINE HOST "\r\n", 426),
	R(LINE HOST UP KEY "\r\n", 426),
	R(LINE HOST UP KEY "Sec-WebSocket-Version: 12\r\n\r\n", 426),
	R(LINE HOST UP KEY "Sec-WebSocket-Version: 13, 8\r\n\r\n", 426),
	R(LINE HOST UP KEY V13 V13 "\r\n", 426),
	R(LINE HOST UP V13 "\r\n", 400),
	R(LINE HOST UP KEY KEY V13 "\r\n", 400),
	R(LINE HOST UP V13 "Sec-WebSocket-Key: \r\n\r\n", 400),
	R(LINE HOST UP V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n", 400),
	R(LINE HOST UP V13
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n\r\n",
	    400),
	R(LINE HOST UP V13
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n",
	    400),
	R(LINE HOST UP V13
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEy\r\n\r\n",
	    400),
	R(GOOD "Content-Length: 5\r\n\r\n", 400),
	R(GOOD "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
	R(GOOD "Transfer-Encoding: chunked\r\n\r\n", 400),
	R(GOOD " folded: x\r\n\r\n", 400),
	R(GOOD "A: b\r\n\tc\r\n\r\n", 400),
	R(GOOD "A : b\r\n\r\n", 400),
	R(GOOD ": b\r\n\r\n", 400),
	R(GOOD "A\r\n\r\n", 400),
	R(GOOD "A b: c\r\n\r\n", 400),
	R(GOOD "A: b\0c\r\n\r\n", 400),
	R(GOOD "A: b\rc\r\n\r\n", 400),
	R(GOOD "A: b\nB: c\r\n\r\n", 400),
	R(GOOD "A: \x08\r\n\r\n", 400),
	R(GOOD "A: caf\xc3\xa9\r\n\r\n", 0),
	/* Credentials. */
	R(GOOD "Authorization: Basic Q1AxOng=\r\n\r\n", 0),
	R(GOOD "Authorization: Basic Q1AxOng=\r\n"
	       "authorization: Basic Q1AxOng=\r\n\r\n",
	    400),
	R(GOOD "Authorization: Bearer abc\r\n\r\n", 0),
	R(GOOD "Authorization: Basic\r\n\r\n", 401),
	R(GOOD "Authorization: Basic Q1Ax\r\n\r\n", 401),
	R(GOOD "Authorization: Basic Q1AxOng\r\n\r\n", 401),
	R(GOOD "Authorization: Basic Q1A!Ong=\r\n\r\n", 401),
	R(GOOD "Authorization: Basic Q1AxOng= x\r\n\r\n", 401),
	R(GOOD "Authorization: Basic AENQOng=\r\n\r\n", 401),
};

static char *
copy(const char *text, size_t len)
{
	char *p = malloc(len + 1); /* its own, for sanitizers */

	memcpy(p, text, len);
	return p;
}

static void
each_request_has_one_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *p = copy(rows[i].text, rows[i].len);
		struct http_head h;
		struct upgrade u;
		unsigned status = 0;
		struct err e = { 0 };

		assert_int_equal(
		    http_end(p, rows[i].len, 0) == 0, rows[i].len == 0);
		if (http_request(
			p, http_end(p, rows[i].len, 0), &h, &status, &e) == 0 &&
		    upgrade_asked(&h, true, &u, &status, &e) == 0)
			status = 0;
		if (status != rows[i].status)
			fail_msg("row %zu: %u not %u (%s)\n%s", i, status,
			    rows[i].status, e.text, rows[i].text);
		assert_true(status == 0 || e.text[0] != '\0');
		free(p);
	}
}

static void
limits_are_limits(void **state)
{
	static char text[64 * 1024];
	struct http_head h;
	unsigned status;
	struct err e;
	size_t n;

	(void)state;
	for (int more = 0; more < 2; more++) {
		n = (size_t)sprintf(text, "GET /%*s HTTP/1.1\r\n" HOST "\r\n",
		    HTTP_TARGET_MAX - 1 + more, "x");
		for (size_t i = 5; text[i] == ' '; i++)
			text[i] = 'y';
		assert_int_equal(http_request(text, n, &h, &status, &e), -more);
		assert_int_equal(status, more ? 414 : 0);
		n = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
		for (int i = 0; i < HTTP_FIELDS_MAX + more; i++)
			n += (size_t)sprintf(text + n, "A: %d\r\n", i);
		n += (size_t)sprintf(text + n, "\r\n");
		assert_int_equal(http_request(text, n, &h, &status, &e), -more);
		assert_int_equal(status, more ? 431 : 0);
	}
}

/* Whoever gives more than http_end() found would read frames as headers. */
static void
a_head_of_the_wrong_length_is_none(void **state)
{
	static const char good[] = GOOD "\r\nmore";
	struct http_head h;
	unsigned status;
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		char *p = copy(good, n);

		assert_int_equal(http_request(p, n, &h, &status, &e),
		    n == sizeof(GOOD) + 1 ? 0 : -1);
		free(p);
	}
}

static void
credentials_are_split_at_the_first_colon(void **state)
{
	static const struct {
		const char *value, *user, *password;
		size_t len;
	} good[] = {
		{ "Basic Q1AxOng=", "CP1", "x", 1 },
		{ "basic   Q1AxOng=", "CP1", "x", 1 },
		{ "Basic Og==", "", "", 0 },
		{ "Basic Q1AxOg==", "CP1", "", 0 },
		{ "Basic Q1AxOmE6Yg==", "CP1", "a:b", 3 },
		{ "Basic Q1AxOmEAYg==", "CP1", "a\0b", 3 },
		/* The White Paper's own. */
		{ "Basic QUwxMDAwOgABAgMEBQYH////////////////", "AL1000",
		    "\0\1\2\3\4\5\6\7\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\xff\xff",
		    20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[1024];
		int n = snprintf(text, sizeof(text),
		    GOOD "Authorization: %s\r\n\r\n", good[i].value);
		struct http_head h;
		struct upgrade u;
		unsigned status;
		struct err e;

		assert_int_equal(
		    http_request(text, (size_t)n, &h, &status, &e), 0);
		assert_int_equal(upgrade_asked(&h, true, &u, &status, &e), 0);
		assert_string_equal(u.user, good[i].user);
		assert_int_equal(u.password_len, good[i].len);
		assert_memory_equal(u.password, good[i].password, good[i].len);
	}
}

static void
subprotocols_of_several_headers_are_one_list(void **state)
{
	char text[] = GOOD "Sec-WebSocket-Protocol: ocpp2.1,ocpp2.0.1\r\n"
			   "X: y\r\nsec-websocket-protocol: ocpp1.6\r\n\r\n";
	own_bytes struct bytes list = { 0 }, none = { 0 };
	char bare[] = GOOD "\r\n";
	struct http_head h;
	unsigned status;
	struct err e;

	(void)state;
	assert_int_equal(
	    http_request(text, sizeof(text) - 1, &h, &status, &e), 0);
	upgrade_protocols(&h, &list);
	assert_string_equal(list.p, "ocpp2.1,ocpp2.0.1, ocpp1.6");
	assert_true(http_list_has(list.p, "ocpp1.6", 7));
	assert_false(http_list_has(list.p, "ocpp2.0", 7));
	assert_false(http_list_has(list.p, "OCPP1.6", 7));
	assert_int_equal(
	    http_request(bare, sizeof(bare) - 1, &h, &status, &e), 0);
	upgrade_protocols(&h, &none);
	assert_string_equal(none.p, "");
}

static void
what_we_ask_we_understand(void **state)
{
	own_bytes struct bytes text = { 0 }, answer = { 0 };
	struct upgrade_request r = { .host = "2001:db8::1",
		.port = 8443,
		.tls = true,
		.path = "/a/CP%20",
		.protocols = "ocpp1.6",
		.user = "CP ",
		.password = (const uint8_t *)"p\0:q",
		.password_len = 4,
		.deflate = true };
	struct http_head h;
	struct upgrade u;
	struct deflate_terms terms;
	const char *protocol;
	unsigned status;
	struct err e;

	(void)state;
	upgrade_key((const uint8_t *)"0123456789abcdef", r.key);
	upgrade_ask(&text, &r);
	assert_int_equal(http_request(text.p, text.len, &h, &status, &e), 0);
	assert_int_equal(upgrade_asked(&h, true, &u, &status, &e), 0);
	assert_string_equal(u.path, "/a/CP%20");
	assert_string_equal(u.host, "[2001:db8::1]:8443");
	assert_string_equal(u.user, "CP ");
	assert_int_equal(u.password_len, 4);
	assert_memory_equal(u.password, "p\0:q", 4);
	assert_true(u.deflate.on);
	upgrade_accept(&answer, &u, "ocpp1.6");
	assert_int_equal(http_answer(answer.p, answer.len, &h, &e), 0);
	assert_int_equal(h.status, 101);
	assert_int_equal(upgrade_answered(&h, r.key, r.protocols, true, &terms,
			     &protocol, &e),
	    0);
	assert_string_equal(protocol, "ocpp1.6");
	assert_true(terms.on && !terms.keeps);
	/* The same answer to a request without compression is none. */
	assert_int_equal(upgrade_answered(&h, r.key, r.protocols, false, &terms,
			     &protocol, &e),
	    -1);
}

/* RFC 6455 4.1, RFC 9110 4.2: a scheme's own port goes without saying. */
static void
a_host_has_its_port_unless_it_goes_without_saying(void **state)
{
	static const struct {
		uint16_t port;
		bool tls;
		const char *host;
	} all[] = { { 80, false, "\r\nHost: a\r\n" },
		{ 443, true, "\r\nHost: a\r\n" },
		{ 443, false, "\r\nHost: a:443\r\n" },
		{ 80, true, "\r\nHost: a:80\r\n" } };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		own_bytes struct bytes text = { 0 };
		struct upgrade_request r = { .host = "a",
			.path = "/",
			.port = all[i].port,
			.tls = all[i].tls };

		upgrade_ask(&text, &r);
		assert_non_null(strstr(text.p, all[i].host));
	}
}

/* RFC 6455 1.3 and 4.2.2 have this example. */
static void
the_hash_is_that_of_the_standard(void **state)
{
	char hash[UPGRADE_HASH_MAX + 1];

	(void)state;
	upgrade_hash("dGhlIHNhbXBsZSBub25jZQ==", hash);
	assert_string_equal(hash, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void
refusals_carry_what_their_status_wants(void **state)
{
	static const struct {
		unsigned status;
		const char *line, *header;
	} all[] = {
		{ 401, "HTTP/1.1 401 Unauthorized\r\n",
		    "\r\nWWW-Authenticate: Basic realm=" },
		{ 426, "HTTP/1.1 426 Upgrade Required\r\n",
		    "\r\nSec-WebSocket-Version: 13\r\n" },
		{ 405, "HTTP/1.1 405 Method Not Allowed\r\n",
		    "\r\nAllow: GET\r\n" },
		{ 503, "HTTP/1.1 503 Service Unavailable\r\n",
		    "\r\nConnection: close\r\n" },
		{ 599, "HTTP/1.1 599 \r\n", "\r\nContent-Length: 4\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		own_bytes struct bytes text = { 0 };
		struct http_head h;
		struct err e;

		upgrade_refuse(&text, all[i].status, "why");
		assert_int_equal(
		    strncmp(text.p, all[i].line, strlen(all[i].line)), 0);
		assert_non_null(strstr(text.p, all[i].header));
		assert_int_equal(
		    http_answer(text.p, http_end(text.p, text.len, 0), &h, &e),
		    0);
	}
}

static void
base64_is_strict(void **state)
{
	static const struct {
		const char *in;
		int n;
		const char *out;
	} all[] = {
		{ "", 0, "" },
		{ "Zg==", 1, "f" },
		{ "Zm8=", 2, "fo" },
		{ "Zm9v", 3, "foo" },
		{ "Zm9vYg==", 4, "foob" },
		{ "++//", 3, "\xfb\xef\xff" },
		{ "Zg=", -1, "" },
		{ "Zg", -1, "" },
		{ "Z===", -1, "" },
		{ "====", -1, "" },
		{ "Zh==", -1, "" },
		{ "Zm9=", -1, "" },
		{ "Zg==Zg==", -1, "" },
		{ "Zm9v\n", -1, "" },
		{ "Zm 9", -1, "" },
		{ "-_-_", -1, "" },
	};
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int n =
		    http_base64(all[i].in, strlen(all[i].in), out, sizeof(out));

		if (n != all[i].n)
			fail_msg("%s: %d", all[i].in, n);
		if (n > 0)
			assert_memory_equal(out, all[i].out, (size_t)n);
	}
	assert_int_equal(http_base64("Zm9v", 4, out, 2), -1);
}

/* However the bytes come: the end is found once it is there and not before. */
static void
the_end_is_found_wherever_the_last_look_stopped(void **state)
{
	const char text[] = GOOD "\r\nframes";
	size_t len = sizeof(GOOD) - 1 + 2;

	(void)state;
	for (size_t from = 0; from <= len; from++)
		for (size_t n = from; n < sizeof(text); n++) {
			size_t end = http_end(text, n, from);

			/* What ended before the last look was found then. */
			if (from < len && end != (n >= len ? len : 0))
				fail_msg("%zu %zu: %zu", from, n, end);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_has_one_answer),
		cmocka_unit_test(limits_are_limits),
		cmocka_unit_test(a_head_of_the_wrong_length_is_none),
		cmocka_unit_test(credentials_are_split_at_the_first_colon),
		cmocka_unit_test(subprotocols_of_several_headers_are_one_list),
		cmocka_unit_test(what_we_ask_we_understand),
		cmocka_unit_test(
		    a_host_has_its_port_unless_it_goes_without_saying),
		cmocka_unit_test(the_hash_is_that_of_the_standard),
		cmocka_unit_test(refusals_carry_what_their_status_wants),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(
		    the_end_is_found_wherever_the_last_look_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
