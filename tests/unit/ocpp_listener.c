/* SPDX-License-Identifier: MIT */
/*
 * Those who come: what is refused before anybody is asked, who waits and who
 * may leave, and what a flood, a slow peer and a want of descriptors do.
 */
#include "ocpp_raw.h"
#include "ocpp_tls.h"

#include <sys/resource.h>

#include <fcntl.h>

static unsigned
status_of(int fd, char *answer, size_t size)
{
	size_t n = raw_read(fd, answer, size - 1);

	answer[n] = '\0';
	if (strncmp(answer, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (unsigned)atoi(answer + 9);
}

/* ocpp.md 6, HTTP and identity in path; ocpp_http has the rows in full. */
static void
a_malformed_request_is_answered_and_told(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
	} all[] = {
		{ "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 426 },
		{ "POST /x HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "GET /x HTTP/1.1\r\n\r\n", 400 },
		{ "GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Version: 12\r\n\r\n",
		    426 },
		{ "\x16\x03\x01\x02\r\n\r\n", 400 },
	};
	char answer[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int fd = raw();

		w.failures = 0;
		raw_send(fd, all[i].text, strlen(all[i].text));
		assert_int_equal(
		    status_of(fd, answer, sizeof(answer)), all[i].status);
		assert_int_equal(w.failures, 1);
		assert_string_equal(w.kind, "http");
		assert_null(w.arrival);
		(void)close(fd);
	}
}

static void
a_request_above_16_kib_is_refused_and_may_read_why(void **state)
{
	static char text[100000];
	char answer[1024];
	int fd = raw();

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
	/* Far more than is read: a reset would swallow the answer. */
	raw_send(fd, text, sizeof(text));
	assert_int_equal(status_of(fd, answer, sizeof(answer)), 431);
	assert_int_equal(raw_error, 0);
	(void)close(fd);
}

static void
a_request_in_single_bytes_is_a_request(void **state)
{
	int fd = raw();

	(void)state;
	for (const char *p = raw_request; *p != '\0'; p++) {
		raw_send(fd, p, 1);
		turn(0);
	}
	raw_send(fd, "\r\n", 2);
	until(w.down.leg != NULL);
	assert_string_equal(w.path, "/ocpp/CP1");
	assert_string_equal(w.protocols, "ocpp1.6");
	assert_string_equal(w.user, "(none)");
	(void)close(fd);
}

/* Slowloris: one deadline over TLS and the whole request. */
static void
a_byte_now_and_then_gains_no_time(void **state)
{
	struct listen_settings set = plain_listener();
	uint64_t began = now_ms();
	char answer[256];
	const char *p = raw_request;
	ssize_t n = -1;
	int fd;

	(void)state;
	set.arrival_ms = 200;
	listen_as(&set);
	fd = raw();
	while (n == -1 && now_ms() - began < 3000) {
		(void)send(fd, p++, 1, MSG_NOSIGNAL);
		(void)usleep(10000);
		turn(10);
		n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	}
	assert_true(n > 12);
	assert_int_equal(atoi(answer + 9), 408);
	assert_in_range(now_ms() - began, 150, 1500);
	assert_string_equal(w.kind, "http");
	(void)close(fd);
}

static void
a_silent_tls_peer_is_given_up(void **state)
{
	struct listen_settings set = plain_listener();
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	char byte;
	int fd;

	(void)state;
	set.arrival_ms = 100;
	set.tls = tls_context(&s, true);
	listen_as(&set);
	SSL_CTX_free(set.tls);
	fd = raw();
	assert_int_equal(raw_read(fd, &byte, 1), 0);
	assert_string_equal(w.kind, "tls");
	(void)close(fd);
}

static void
plain_bytes_at_a_tls_door_are_a_failed_handshake(void **state)
{
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	char answer[256];
	int fd;

	(void)state;
	listen_tls(&s);
	fd = raw();
	raw_send(fd, raw_request, sizeof(raw_request) - 1);
	assert_int_equal(status_of(fd, answer, sizeof(answer)), 0);
	until(w.failures == 1);
	assert_string_equal(w.kind, "tls");
	(void)close(fd);
}

static void
only_http_1_1_is_agreed_upon_in_alpn(void **state)
{
	static const unsigned char h2[] = "\x02h2",
				   both[] = "\x02h2\x08"
					    "http/1.1";
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	static const struct tls_side trusting = { .trusts = &good_ca };

	(void)state;
	listen_tls(&s);
	for (int i = 0; i < 2; i++) {
		SSL_CTX *ctx = tls_context(&trusting, false);
		SSL *ssl = SSL_new(ctx);
		int fd = raw(), rc = -1;
		const unsigned char *chosen;
		unsigned len;

		(void)SSL_set_alpn_protos(ssl, i == 0 ? h2 : both,
		    i == 0 ? sizeof(h2) - 1 : sizeof(both) - 1);
		(void)SSL_set_fd(ssl, fd);
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		for (int k = 0; k < 500 && rc != 1; k++) {
			rc = SSL_connect(ssl);
			if (rc != 1 &&
			    SSL_get_error(ssl, rc) != SSL_ERROR_WANT_READ)
				break;
			turn(1);
		}
		assert_int_equal(rc == 1, i == 1);
		if (rc == 1) {
			SSL_get0_alpn_selected(ssl, &chosen, &len);
			assert_int_equal(len, 8);
			assert_memory_equal(chosen, "http/1.1", 8);
		}
		SSL_free(ssl);
		SSL_CTX_free(ctx);
		(void)close(fd);
	}
}

static void
whoever_waits_for_an_answer_may_leave(void **state)
{
	int fd;

	(void)state;
	w.hold = true;
	fd = raw();
	raw_send(fd, raw_request, sizeof(raw_request) - 1);
	raw_send(fd, "\r\n", 2);
	until(w.arrival != NULL);
	turn(20);
	assert_int_equal(w.left, 0);
	(void)close(fd);
	until(w.left == 1);
}

/* "The downstream 101 is held until upstream is up", and nothing is lost. */
static void
frames_before_the_answer_are_heard_after_it(void **state)
{
	static const char frames[] = "\x81\x05hasty\x81\x04more";
	uint8_t masked[64];
	size_t n = raw_masked(frames, sizeof(frames) - 1, masked);
	char answer[512];
	int fd;

	(void)state;
	for (int apart = 0; apart < 2; apart++) {
		char all[1024];
		size_t k = sizeof(raw_request) - 1;

		w.hold = true;
		fd = raw();
		memcpy(all, raw_request, k);
		memcpy(all + k, "\r\n", 2);
		memcpy(all + k + 2, masked, n);
		/* With the request, or when it has been read: in the middle
		 * of the second frame. */
		raw_send(fd, all, apart ? k + 2 : k + 2 + 15);
		until(w.arrival != NULL);
		if (apart)
			raw_send(fd, all + k + 2, n);
		for (int i = 0; i < 5; i++)
			turn(1);
		take_arrival();
		if (!apart)
			raw_send(fd, all + k + 2 + 15, n - 15);
		until(w.down.messages == 2);
		assert_string_equal(w.down.heard, "hasty|more|");
		raw_head(fd, answer, sizeof(answer));
		assert_non_null(strstr(answer, " 101 "));
		(void)close(fd);
		hang_up(&w.down);
	}
}

/* J16 3.2: 101 without the header, then closed. */
static void
without_a_common_subprotocol_the_header_is_missing(void **state)
{
	struct dial_settings set = plain_dial();

	(void)state;
	w.bare = true;
	connect_both(&set);
	assert_string_equal(w.protocol, "");
	leg_close(w.down.leg, 1002, "no common subprotocol");
	until(w.up.code == 1002);
	until(w.down.code == 1002);
}

static void
refusals_reach_the_peer_over_tls_as_well(void **state)
{
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	static const struct tls_side trusting = { .trusts = &good_ca };

	(void)state;
	w.refuse = 404;
	listen_tls(&s);
	dial_tls(&trusting, "gw", false);
	assert_int_equal(w.end, DIAL_HTTP);
	assert_int_equal(w.status, 404);
}

/* A flood of those who say nothing does not keep others out. */
static void
when_all_handshakes_are_taken_the_slowest_makes_room(void **state)
{
	struct listen_settings set = plain_listener();
	int fds[8], fd;
	char byte;

	(void)state;
	set.arrivals_max = 4;
	listen_as(&set);
	for (int i = 0; i < 8; i++) {
		fds[i] = raw();
		turn(5);
	}
	until(w.failures == 4);
	assert_string_equal(w.kind, "rate");
	assert_int_equal(raw_read(fds[0], &byte, 1), 0);
	assert_int_equal(recv(fds[7], &byte, 1, MSG_DONTWAIT), -1);
	fd = raw_client("");
	for (int i = 0; i < 8; i++)
		(void)close(fds[i]);
	(void)close(fd);
}

/* Those whose taker has not answered are nobody's to drop: others wait. */
static void
those_who_wait_for_their_answer_do_not_make_room(void **state)
{
	struct listen_settings set = plain_listener();
	int one, two;

	(void)state;
	set.arrivals_max = 1;
	listen_as(&set);
	w.hold = true;
	one = raw();
	raw_send(one, raw_request, sizeof(raw_request) - 1);
	raw_send(one, "\r\n", 2);
	until(w.arrival != NULL);
	two = raw();
	raw_send(two, raw_request, sizeof(raw_request) - 1);
	raw_send(two, "\r\n", 2);
	for (int i = 0; i < 20; i++)
		turn(1);
	assert_int_equal(w.left, 0);
	take_arrival();
	until(w.arrival != NULL);
	(void)close(one);
	(void)close(two);
	until(w.left == 1);
}

static void
so_many_a_second_and_the_others_later(void **state)
{
	struct listen_settings set = plain_listener();
	uint64_t began = now_ms();
	int fds[15];

	(void)state;
	set.per_second = 10;
	w.refuse = 503;
	listen_as(&set);
	for (int i = 0; i < 15; i++) {
		fds[i] = raw();
		raw_send(fds[i], raw_request, sizeof(raw_request) - 1);
		raw_send(fds[i], "\r\n", 2);
	}
	for (int i = 0; i < 15; i++) {
		char answer[16];

		assert_int_equal(raw_read(fds[i], answer, 12), 12);
		(void)close(fds[i]);
	}
	/* A burst of ten, then one each tenth of a second. */
	assert_in_range(now_ms() - began, 400, 2000);
	assert_string_equal(w.kind, "rate");
	/* Told once a wait: it does not spin until a token is there. */
	assert_in_range(w.failures, 1, 20);
}

/* The listening socket stays readable: a loop that spins would starve all. */
static void
without_descriptors_it_waits_and_does_not_spin(void **state)
{
	struct rlimit was, none;
	int rounds = 0, fd = raw(), used = open("/dev/null", O_RDONLY);
	uint64_t began;

	(void)state;
	(void)close(used);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)used;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (began = now_ms(); now_ms() - began < 300; rounds++)
		turn(50);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_in_range(rounds, 3, 15);
	assert_string_equal(w.kind, "rate");
	raw_send(fd, raw_request, sizeof(raw_request) - 1);
	raw_send(fd, "\r\n", 2);
	until(w.down.leg != NULL);
	(void)close(fd);
}

static void
a_listener_that_goes_leaves_its_legs(void **state)
{
	int waits;

	(void)state;
	connect_both(NULL);
	w.hold = true;
	waits = raw();
	raw_send(waits, raw_request, sizeof(raw_request) - 1);
	raw_send(waits, "\r\n", 2);
	until(w.arrival != NULL);
	listener_free(w.listener);
	w.listener = NULL;
	assert_int_equal(w.left, 1);
	assert_int_equal(leg_send(w.up.leg, "still", 5), 0);
	until(w.down.messages == 1);
	(void)close(waits);
}

static void
an_address_that_is_none_or_taken_is_refused(void **state)
{
	struct listen_settings set = plain_listener();

	(void)state;
	set.address = "gateway.example";
	assert_null(listener_new(w.loop, &set, &calls, &w, &w.e));
	assert_non_null(strstr(w.e.text, "listen at gateway.example"));
	set.address = "127.0.0.1";
	set.port = listener_port(w.listener);
	assert_null(listener_new(w.loop, &set, &calls, &w, &w.e));
	assert_non_null(strstr(w.e.text, "Address already in use"));
}

static void
ipv6_is_an_address_like_others(void **state)
{
	struct listen_settings set = plain_listener();
	struct dial_settings to;

	(void)state;
	set.address = "::1";
	listen_as(&set);
	to = plain_dial();
	to.host = "::1";
	connect_both(&to);
	assert_int_equal(strncmp(leg_peer(w.down.leg), "[::1]:", 6), 0);
}

static unsigned allowed;

static void *
scarce(void *p, size_t n)
{
	if (allowed == 0)
		return NULL;
	allowed--;
	return realloc(p, n);
}

/* At each allocation in turn: one peer is refused, its neighbours live. */
static void
a_want_of_memory_harms_one_and_no_other(void **state)
{
	struct side old[2];

	(void)state;
	connect_both(NULL);
	old[0] = w.down;
	old[1] = w.up;
	leg_calls_are(w.down.leg, &hearing, &old[0]);
	leg_calls_are(w.up.leg, &hearing, &old[1]);
	w.down = w.up = (struct side){ 0 };
	for (unsigned i = 0; i < 12; i++) {
		struct dial_settings set = plain_dial();
		static char text[5000];

		memset(text, 'm', sizeof(text));
		wire_realloc = scarce;
		allowed = i;
		dial_free(w.dial);
		w.dialled = 0;
		w.dial = dial_new(w.loop, w.crew, &set, dialled, &w, &w.e);
		for (int k = 0; k < 30; k++)
			turn(1);
		if (w.up.leg != NULL && w.down.leg != NULL) {
			(void)leg_send(w.up.leg, text, sizeof(text));
			(void)leg_send(w.down.leg, text, sizeof(text));
		}
		for (int k = 0; k < 10; k++)
			turn(1);
		wire_realloc = realloc;
		dial_free(w.dial);
		w.dial = NULL;
		hang_up(&w.up);
		hang_up(&w.down);
		assert_int_equal(leg_send(old[0].leg, "still", 5), 0);
		until(old[1].messages == i + 1);
	}
	assert_int_equal(old[0].code + old[1].code, 0);
	hang_up(&old[0]);
	hang_up(&old[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_world(a_malformed_request_is_answered_and_told),
		in_a_world(a_request_above_16_kib_is_refused_and_may_read_why),
		in_a_world(a_request_in_single_bytes_is_a_request),
		in_a_world(a_byte_now_and_then_gains_no_time),
		in_a_world(a_silent_tls_peer_is_given_up),
		in_a_world(plain_bytes_at_a_tls_door_are_a_failed_handshake),
		in_a_world(only_http_1_1_is_agreed_upon_in_alpn),
		in_a_world(whoever_waits_for_an_answer_may_leave),
		in_a_world(frames_before_the_answer_are_heard_after_it),
		in_a_world(without_a_common_subprotocol_the_header_is_missing),
		in_a_world(refusals_reach_the_peer_over_tls_as_well),
		in_a_world(
		    when_all_handshakes_are_taken_the_slowest_makes_room),
		in_a_world(those_who_wait_for_their_answer_do_not_make_room),
		in_a_world(so_many_a_second_and_the_others_later),
		in_a_world(without_descriptors_it_waits_and_does_not_spin),
		in_a_world(a_listener_that_goes_leaves_its_legs),
		in_a_world(an_address_that_is_none_or_taken_is_refused),
		in_a_world(ipv6_is_an_address_like_others),
		in_a_world(a_want_of_memory_harms_one_and_no_other),
	};

	return cmocka_run_group_tests(
	    tests, make_authorities, free_authorities);
}
