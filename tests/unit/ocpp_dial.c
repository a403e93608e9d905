/* SPDX-License-Identifier: MIT */
/*
 * Dials: how each can end, and that it does so once, in time, and not after it
 * was taken back.
 */
#include <openssl/err.h>

#include <netdb.h>

#include "dial_in.h"
#include "ocpp_raw.h"
#include "ocpp_tls.h"

static const struct tls_side csms = {
	.by = &good_ca, .cn = "csms.example", .san = "DNS:csms.example"
};
static const struct tls_side gateway = { .trusts = &good_ca };

static void
a_dial_over_tls_ends_in_a_leg(void **state)
{
	(void)state;
	listen_tls(&csms);
	dial_tls(&gateway, "csms.example", false);
	assert_string_equal(w.why, "");
	assert_int_equal(w.end, DIAL_OPEN);
	until(w.down.leg != NULL);
	assert_non_null(strstr(w.tls, "TLSv1.3 TLS_"));
	assert_int_equal(leg_send(w.up.leg, "up", 2), 0);
	assert_int_equal(leg_send(w.down.leg, "down", 4), 0);
	until(w.up.messages == 1 && w.down.messages == 1);
}

/* The peer's name: ocpp.md 9.20. */
static void
its_certificate_carries_the_name_or_is_none(void **state)
{
	static const struct {
		const char *cn, *san, *name;
		bool wildcards, good;
	} rows[] = {
		{ "csms.example", NULL, "csms.example", false, true },
		{ "x", "DNS:csms.example", "csms.example", false, true },
		{ "csms.example", "DNS:y.example", "csms.example", false,
		    true },
		{ "x", "DNS:CSMS.Example", "csms.example", false, true },
		{ "x", "DNS:csms.example", "example", false, false },
		{ "x", "DNS:csms.example", "a.csms.example", false, false },
		{ "x", "DNS:csms.example.evil", "csms.example", false, false },
		{ "x", "DNS:*.grid.example", "csms.grid.example", false,
		    false },
		{ "x", "DNS:*.grid.example", "csms.grid.example", true, true },
		{ "*.grid.example", NULL, "csms.grid.example", false, false },
		{ "*.grid.example", NULL, "csms.grid.example", true, true },
		{ "x", "DNS:c*.grid.example", "csms.grid.example", true,
		    false },
		{ "x", "DNS:*.grid.example", "a.csms.grid.example", true,
		    false },
		{ "x", "IP:127.0.0.1", "127.0.0.1", false, true },
		{ "127.0.0.1", NULL, "127.0.0.1", false, false },
		{ "x", "IP:127.0.0.2", "127.0.0.1", false, false },
		{ "x", "IP:::1", "::1", false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tls_side s = {
			.by = &good_ca, .cn = rows[i].cn, .san = rows[i].san
		};

		listen_tls(&s);
		dial_tls(&gateway, rows[i].name, rows[i].wildcards);
		if (w.end != (rows[i].good ? DIAL_OPEN : DIAL_TLS_PEER))
			fail_msg("%s %s: %s", rows[i].cn, rows[i].name, w.why);
		if (!rows[i].good)
			assert_non_null(strstr(w.why, "mismatch"));
		hang_up(&w.up);
		hang_up(&w.down);
	}
}

static void
a_failed_handshake_says_why(void **state)
{
	static const struct {
		struct tls_side csms, gateway;
		enum dial_end end;
		const char *kind; /* at the listener */
	} rows[] = {
		{ { .by = &other_ca, .cn = "csms.example" },
		    { .trusts = &good_ca }, DIAL_TLS_PEER, "tls" },
		{ { .by = &good_ca, .cn = "csms.example", .days = -1 },
		    { .trusts = &good_ca }, DIAL_TLS_PEER, "tls" },
		{ { .by = &good_ca, .cn = "csms.example" }, { .days = 0 },
		    DIAL_TLS_PEER, "tls" },
		{ { .by = &good_ca,
		      .cn = "csms.example",
		      .most = TLS1_2_VERSION },
		    { .trusts = &good_ca, .least = TLS1_3_VERSION },
		    DIAL_TLS_VERSION, "tls-version" },
		{ { .by = &good_ca,
		      .cn = "csms.example",
		      .least = TLS1_3_VERSION },
		    { .trusts = &good_ca, .most = TLS1_2_VERSION },
		    DIAL_TLS_VERSION, "tls-version" },
		{ { .by = &good_ca, .cn = "csms.example" },
		    { .trusts = &good_ca,
			.most = TLS1_2_VERSION,
			.ciphers = "ECDHE-RSA-AES128-GCM-SHA256" },
		    DIAL_TLS_CIPHER, "tls-cipher" },
		{ { .by = &good_ca,
		      .trusts = &good_ca,
		      .cn = "csms.example",
		      .demands = true },
		    { .trusts = &good_ca }, DIAL_TLS_REFUSED,
		    "tls-certificate" },
		{ { .by = &good_ca,
		      .trusts = &good_ca,
		      .cn = "csms.example",
		      .demands = true },
		    { .trusts = &good_ca, .by = &other_ca, .cn = "CP1" },
		    DIAL_TLS_REFUSED, "tls-certificate" },
		{ { .by = &good_ca,
		      .trusts = &good_ca,
		      .cn = "csms.example",
		      .demands = true,
		      .most = TLS1_2_VERSION },
		    { .trusts = &good_ca,
			.by = &good_ca,
			.cn = "CP1",
			.days = -1 },
		    DIAL_TLS_REFUSED, "tls-certificate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.failures = 0;
		listen_tls(&rows[i].csms);
		dial_tls(&rows[i].gateway, "csms.example", false);
		if (w.end != rows[i].end)
			fail_msg("row %zu: %d %s", i, w.end, w.why);
		until(w.failures == 1);
		if (strcmp(w.kind, rows[i].kind) != 0)
			fail_msg("row %zu: %s: %s", i, w.kind, w.failure);
		if (i == 8)
			assert_string_equal(
			    w.failure, "certificate has expired");
		assert_true(w.failure[0] != '\0');
	}
}

static void
both_show_their_certificates_in_profile_3(void **state)
{
	static const struct tls_side demanding = { .by = &good_ca,
		.trusts = &good_ca,
		.cn = "csms.example",
		.demands = true };
	static const struct tls_side charger = {
		.by = &good_ca, .trusts = &good_ca, .cn = "SN4711"
	};

	(void)state;
	listen_tls(&demanding);
	dial_tls(&charger, "csms.example", false);
	assert_string_equal(w.why, "");
	until(w.down.leg != NULL);
	assert_string_equal(w.peer_name, "/CN=SN4711");
}

static void
a_context_that_verifies_nobody_verifies_all_the_same(void **state)
{
	static const struct tls_side impostor = { .by = &other_ca,
		.cn = "csms.example" };
	static const struct tls_side trusting = { 0 };

	(void)state;
	listen_tls(&impostor);
	dial_tls(&trusting, "csms.example", false);
	assert_int_equal(w.end, DIAL_TLS_PEER);
}

static void
the_answer_of_http_comes_back_as_its_status(void **state)
{
	static const unsigned statuses[] = { 401, 403, 404, 429, 503 };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct dial_settings set = plain_dial();

		w.refuse = statuses[i];
		dial_as(&set);
		until(w.dialled == 1);
		assert_int_equal(w.end, DIAL_HTTP);
		assert_int_equal(w.status, statuses[i]);
		assert_null(w.up.leg);
	}
}

#define OK101 "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define HASH  "Sec-WebSocket-Accept: @\r\n"

static const struct {
	const char *answer;
	enum dial_end end;
	unsigned status;
	const char *protocol;
} answers[] = {
	{ OK101 HASH "\r\n", DIAL_OPEN, 101, "" },
	{ OK101 HASH "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n", DIAL_OPEN, 101,
	    "ocpp1.6" },
	{ OK101 HASH "sec-websocket-protocol:\tocpp2.0.1 \r\n\r\n", DIAL_OPEN,
	    101, "ocpp2.0.1" },
	{ OK101 HASH "Sec-WebSocket-Protocol: ocpp1\r\n\r\n", DIAL_UPGRADE, 101,
	    "" },
	{ OK101 HASH "Sec-WebSocket-Protocol: OCPP1.6\r\n\r\n", DIAL_UPGRADE,
	    101, "" },
	{ OK101 HASH "Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n\r\n",
	    DIAL_UPGRADE, 101, "" },
	{ OK101 HASH "Sec-WebSocket-Protocol: ocpp1.6\r\n"
		     "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
	    DIAL_UPGRADE, 101, "" },
	{ OK101 HASH "Sec-WebSocket-Protocol:\r\n\r\n", DIAL_UPGRADE, 101, "" },
	{ OK101 "\r\n", DIAL_UPGRADE, 101, "" },
	{ OK101 HASH HASH "\r\n", DIAL_UPGRADE, 101, "" },
	{ OK101 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	    DIAL_UPGRADE, 101, "" },
	{ "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n" HASH "\r\n", DIAL_UPGRADE,
	    101, "" },
	{ "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n" HASH "\r\n", DIAL_UPGRADE,
	    101, "" },
	{ OK101 HASH "Sec-WebSocket-Extensions: permessage-deflate; "
		     "server_no_context_takeover\r\n\r\n",
	    DIAL_OPEN, 101, "" },
	{ OK101 HASH "Sec-WebSocket-Extensions: x-zip\r\n\r\n", DIAL_UPGRADE,
	    101, "" },
	{ OK101 HASH "Sec-WebSocket-Extensions: permessage-deflate; "
		     "client_max_window_bits=10\r\n\r\n",
	    DIAL_UPGRADE, 101, "" },
	{ OK101 HASH "Sec-WebSocket-Extensions: permessage-deflate, "
		     "permessage-deflate\r\n\r\n",
	    DIAL_UPGRADE, 101, "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", DIAL_HTTP, 200,
	    "" },
	{ "HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere/\r\n\r\n", DIAL_HTTP,
	    301, "" },
	{ "HTTP/1.0 404\r\n\r\n", DIAL_HTTP, 404, "" },
	{ "HTTP/2 200\r\n\r\n", DIAL_UPGRADE, 0, "" },
	{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", DIAL_UPGRADE, 0, "" },
	{ "HTTP/1.1 1010 X\r\n\r\n", DIAL_UPGRADE, 0, "" },
	{ "HTTP/1.1 101 X\nUpgrade: websocket\r\n\r\n", DIAL_UPGRADE, 0, "" },
	{ OK101 HASH " folded\r\n\r\n", DIAL_UPGRADE, 0, "" },
};

static void
only_an_answer_to_this_very_request_opens_a_leg(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int fd = raw_serve(
		    answers[i].answer, strlen(answers[i].answer), NULL);

		until(w.dialled == 1);
		if (w.end != answers[i].end || w.status != answers[i].status ||
		    strcmp(w.protocol, answers[i].protocol) != 0)
			fail_msg("row %zu: %d %u %s %s", i, w.end, w.status,
			    w.protocol, w.why);
		hang_up(&w.up);
		(void)close(fd);
	}
}

static void
the_request_is_what_the_charge_point_would_have_sent(void **state)
{
	char request[4096];
	int fd = raw_serve(raw_answer, sizeof(raw_answer) - 1, request);

	(void)state;
	assert_int_equal(strncmp(request,
			     "GET /ocpp/CP%201 HTTP/1.1\r\nHost: "
			     "127.0.0.1:",
			     43),
	    0);
	assert_non_null(strstr(
	    request, "\r\nSec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n"));
	/* "CP 1:a\0b:c" */
	assert_non_null(
	    strstr(request, "\r\nAuthorization: Basic Q1AgMTphAGI6Yw==\r\n"));
	assert_non_null(strstr(request, "\r\nSec-WebSocket-Version: 13\r\n"));
	until(w.dialled == 1);
	(void)close(fd);
}

/* "Frames that arrive early are buffered, never lost." */
static void
frames_right_behind_the_answer_are_heard(void **state)
{
	static const char early[] = OK101 HASH "\r\n\x81\x01"
					       "a\x81\x01"
					       "b\x81\x02"
					       "c";
	int fd = raw_serve(early, sizeof(early) - 1, NULL);

	(void)state;
	until(w.dialled == 1);
	until(w.up.messages == 2);
	raw_send(fd, "d", 1);
	until(w.up.messages == 3);
	assert_string_equal(w.up.heard, "a|b|cd|");
	(void)close(fd);
}

static void
an_answer_in_single_bytes_is_an_answer(void **state)
{
	int fd = raw_serve("", 0, NULL);

	(void)state;
	for (const char *p = "HTTP/1.1 503 Later\r\n\r\n"; *p != '\0'; p++) {
		raw_send(fd, p, 1);
		turn(0);
	}
	until(w.dialled == 1);
	assert_int_equal(w.status, 503);
	(void)close(fd);
}

static void
an_answer_that_is_too_long_is_none(void **state)
{
	static char text[20000] = "HTTP/1.1 101 X\r\nA: ";
	int fd;

	(void)state;
	memset(text + 19, 'a', sizeof(text) - 19);
	fd = raw_serve(text, sizeof(text), NULL);
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_UPGRADE);
	assert_string_equal(w.why, "the answer is too long");
	(void)close(fd);
}

static void
whoever_does_not_answer_in_time_is_given_up(void **state)
{
	struct dial_settings set = plain_dial();
	struct tls_side trusting = gateway;
	uint64_t began = now_ms();
	int fd = -1;

	(void)state;
	/* Connected, and silent: in HTTP, and in the TLS handshake. */
	for (int i = 0; i < 2; i++) {
		set.port = raw_listen();
		set.late_ms = 150;
		set.tls = i == 0 ? NULL : tls_context(&trusting, false);
		dial_as(&set);
		SSL_CTX_free(set.tls);
		until(w.dialled == 1);
		assert_int_equal(w.end, i == 0 ? DIAL_HTTP : DIAL_TLS);
		assert_int_equal(w.status, 0);
		assert_non_null(strstr(w.why, "too long"));
	}
	assert_in_range(now_ms() - began, 300, 3000);
	(void)close(fd);
}

static void
where_nobody_listens_there_is_no_route(void **state)
{
	struct dial_settings set = plain_dial();

	(void)state;
	set.port = raw_listen();
	(void)close(raw_door);
	raw_door = -1;
	dial_as(&set);
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_NO_ROUTE);
	assert_string_equal(w.why, "Connection refused");
}

static void
what_would_begin_another_line_is_not_sent(void **state)
{
	static const struct {
		const char *host, *path, *protocols;
	} all[] = {
		{ "127.0.0.1", "/a HTTP/1.1\r\nX: y", "ocpp1.6" },
		{ "127.0.0.1", "/a b", "ocpp1.6" },
		{ "127.0.0.1", "a", "ocpp1.6" },
		{ "127.0.0.1", "/a", "ocpp1.6\r\nX: y" },
		{ "127.0.0.1\r\nX: y", "/a", "ocpp1.6" },
		{ "no name", "/a", "ocpp1.6" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct dial_settings set = plain_dial();

		set.host = all[i].host;
		set.path = all[i].path;
		set.protocols = all[i].protocols;
		assert_null(dial_new(w.loop, w.crew, &set, dialled, &w, &w.e));
		assert_non_null(strstr(w.e.text, "no part of a request"));
	}
}

static void
names_are_looked_up(void **state)
{
	struct dial_settings set = plain_dial();

	(void)state;
	set.host = "localhost";
	dial_as(&set);
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_OPEN);
	hang_up(&w.up);
	set.host = "no-name.invalid";
	dial_as(&set);
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_NO_NAME);
}

static struct addrinfo *
address(uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST },
			*a = NULL;
	char text[8];

	(void)snprintf(text, sizeof(text), "%u", port);
	assert_int_equal(getaddrinfo("127.0.0.1", text, &hints, &a), 0);
	return a;
}

/* A port whose backlog is full swallows what comes, as a dead host does. */
static uint16_t
swallowing(int fds[static 8])
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons(raw_listen());
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(listen(raw_door, 0), 0);
	for (int i = 0; i < 8; i++) {
		fds[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (const struct sockaddr *)&a, sizeof(a));
	}
	return ntohs(a.sin_port);
}

/* One that refuses, one that swallows, one that answers. */
static void
addresses_are_tried_until_one_answers(void **state)
{
	struct dial_settings set = plain_dial();
	struct addrinfo *all = address(1);
	uint64_t began = now_ms();
	int fds[8];

	(void)state;
	set.host = "localhost";
	set.late_ms = 1500;
	all->ai_next = address(swallowing(fds));
	all->ai_next->ai_next = address(listener_port(w.listener));
	dial_as(&set);
	dial_forget(w.dial); /* the lookup: its answer is ours */
	dial_found(w.dial, all, "");
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_OPEN);
	assert_in_range(now_ms() - began, 250, 1400);
	/* Without the last there is none, in the same time. */
	hang_up(&w.up);
	began = now_ms();
	all = address(1);
	all->ai_next = address(ntohs(
	    ((struct sockaddr_in *)(void *)w.dial->found->ai_next->ai_addr)
		->sin_port));
	dial_as(&set);
	dial_forget(w.dial);
	dial_found(w.dial, all, "");
	until(w.dialled == 1);
	assert_int_equal(w.end, DIAL_NO_ROUTE);
	assert_in_range(now_ms() - began, 1400, 3000);
	for (int i = 0; i < 8; i++)
		(void)close(fds[i]);
}

/* At every point of its way, over plain and over TLS. */
static void
a_dial_taken_back_is_not_heard_of_again(void **state)
{
	struct dial_settings set = plain_dial();
	SSL_CTX *tls = tls_context(&gateway, false);

	(void)state;
	listen_tls(&csms);
	set.name = "csms.example";
	set.host = "localhost";
	for (int turns = 0; turns < 60; turns++) {
		set.port = listener_port(w.listener);
		set.tls = turns % 2 == 0 ? tls : NULL;
		dial_as(&set);
		for (int i = 0; i < turns / 2; i++)
			turn(turns / 20);
		dial_free(w.dial);
		w.dial = NULL;
		hang_up(&w.up);
		hang_up(&w.down);
		w.dialled = 0;
		for (int i = 0; i < 3; i++)
			turn(0);
		assert_int_equal(w.dialled, 0);
	}
	SSL_CTX_free(tls);
}

/* A handshake that nobody waits for any more ends soon, not at its deadline,
 * and gives its thread back; the crew may go as well. */
static void
a_handshake_that_was_taken_back_holds_no_thread(void **state)
{
	struct dial_settings set = plain_dial();
	uint64_t began = now_ms();

	(void)state;
	set.tls = tls_context(&gateway, false);
	set.port = raw_listen();
	set.late_ms = 8000;
	dial_as(&set);
	SSL_CTX_free(set.tls);
	for (int i = 0; i < 5; i++)
		turn(2);
	dial_free(w.dial);
	w.dial = NULL;
	crew_free(w.crew);
	w.crew = NULL;
	assert_in_range(now_ms() - began, 0, 3000);
}

/* A server that answers over TLS 1.2 by hand. */
static SSL *
serve_tls(SSL_CTX *server, SSL_CTX *client)
{
	struct dial_settings set = plain_dial();
	char head[4096], hash[UPGRADE_HASH_MAX + 1], key[25], answer[512];
	SSL *ssl = SSL_new(server);
	int fd, n = -1;

	set.port = raw_listen();
	set.tls = client;
	set.name = "csms.example";
	dial_as(&set);
	turn(1);
	fd = accept4(raw_door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	(void)SSL_set_fd(ssl, fd);
	while (SSL_accept(ssl) != 1)
		turn(1);
	while ((n = SSL_read(ssl, head, sizeof(head) - 1)) <= 0)
		turn(1);
	head[n] = '\0';
	(void)snprintf(key, sizeof(key), "%.24s",
	    strstr(head, "Sec-WebSocket-Key: ") + 19);
	upgrade_hash(key, hash);
	n = snprintf(answer, sizeof(answer),
	    OK101 "Sec-WebSocket-Accept: %s\r\n\r\n", hash);
	(void)SSL_write(ssl, answer, n);
	until(w.dialled == 1);
	return ssl;
}

static void
no_server_may_begin_anew(void **state)
{
	static const struct tls_side old = {
		.by = &good_ca, .cn = "csms.example", .most = TLS1_2_VERSION
	};
	SSL_CTX *server = tls_context(&old, true),
		*client = tls_context(&gateway, false);
	SSL *ssl = serve_tls(server, client);
	char byte;
	int rc = -1;

	(void)state;
	assert_int_equal(w.end, DIAL_OPEN);
	ERR_clear_error();
	(void)SSL_renegotiate(ssl);
	(void)SSL_do_handshake(ssl);
	for (int i = 0; i < 200; i++) {
		turn(1);
		rc = SSL_read(ssl, &byte, 1);
		if (SSL_get_error(ssl, rc) != SSL_ERROR_WANT_READ)
			break;
	}
	assert_int_equal(
	    ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	(void)close(SSL_get_fd(ssl));
	SSL_free(ssl);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_world(a_dial_over_tls_ends_in_a_leg),
		in_a_world(its_certificate_carries_the_name_or_is_none),
		in_a_world(a_failed_handshake_says_why),
		in_a_world(both_show_their_certificates_in_profile_3),
		in_a_world(
		    a_context_that_verifies_nobody_verifies_all_the_same),
		in_a_world(the_answer_of_http_comes_back_as_its_status),
		in_a_world(only_an_answer_to_this_very_request_opens_a_leg),
		in_a_world(
		    the_request_is_what_the_charge_point_would_have_sent),
		in_a_world(frames_right_behind_the_answer_are_heard),
		in_a_world(an_answer_in_single_bytes_is_an_answer),
		in_a_world(an_answer_that_is_too_long_is_none),
		in_a_world(whoever_does_not_answer_in_time_is_given_up),
		in_a_world(where_nobody_listens_there_is_no_route),
		in_a_world(what_would_begin_another_line_is_not_sent),
		in_a_world(names_are_looked_up),
		in_a_world(addresses_are_tried_until_one_answers),
		in_a_world(a_dial_taken_back_is_not_heard_of_again),
		in_a_world(a_handshake_that_was_taken_back_holds_no_thread),
		in_a_world(no_server_may_begin_anew),
	};

	return cmocka_run_group_tests(
	    tests, make_authorities, free_authorities);
}
