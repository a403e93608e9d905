/* SPDX-License-Identifier: MIT */
/*
 * A leg and its peer, both ours, over loopback: what one sends the other hears,
 * whole and in order, whatever the size, and each end is told once.
 */
#include "ocpp_raw.h"
#include "ocpp_tls.h"

static void
what_one_side_says_the_other_hears(void **state)
{
	(void)state;
	connect_both(NULL);
	assert_string_equal(w.path, "/ocpp/CP%201");
	assert_string_equal(w.protocols, "ocpp2.0.1, ocpp1.6");
	assert_string_equal(w.protocol, "ocpp1.6");
	assert_int_equal(leg_send(w.up.leg, "[2,\"1\"]", 7), 0);
	assert_int_equal(leg_send(w.down.leg, "[3]", 3), 0);
	until(w.up.messages == 1 && w.down.messages == 1);
	assert_string_equal(w.down.heard, "[2,\"1\"]|");
	assert_string_equal(w.up.heard, "[3]|");
}

/* Every length at which the framing changes, either way, over plain and TLS. */
static void
both_ways(void)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536,
		100000, 256 * 1024 };
	static char text[256 * 1024];
	uint32_t x = 7;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(' ' + ((x = x * 1664525 + 1) >> 25) % 90);
	w.down.echo = true;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = lengths[i], before = w.up.len;

		assert_int_equal(leg_send(w.up.leg, text, n), 0);
		until(w.up.messages == i + 1);
		assert_int_equal(w.up.last, n);
		assert_memory_equal(w.up.heard + before, text, n);
	}
	assert_int_equal(w.up.code + w.down.code, 0);
}

static void
messages_of_every_length_arrive_whole(void **state)
{
	struct dial_settings set = plain_dial();

	(void)state;
	set.deflate = false;
	connect_both(&set);
	both_ways();
}

static void
so_they_do_compressed(void **state)
{
	(void)state;
	connect_both(NULL);
	both_ways();
}

static void
so_they_do_over_tls(void **state)
{
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	static const struct tls_side trusting = { .trusts = &good_ca };
	struct leg_figures f;

	(void)state;
	listen_tls(&s);
	dial_tls(&trusting, "gw", false);
	until(w.down.leg != NULL);
	both_ways();
	leg_figures(w.down.leg, &f);
	assert_true(f.tls);
	leg_close(w.down.leg, 1001, "bye");
	until(w.up.code == 1001 && w.down.code == 1001);
}

/* Many records at once, some cut, read by a leg that pauses at each message:
 * what TLS has taken from the socket, epoll does not tell of. */
static void pause_after(void *ctx, char *text, size_t len);

static void
records_that_came_together_are_all_heard(void **state)
{
	static const struct leg_calls pausing = { pause_after, ended };
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	static const struct tls_side trusting = { .trusts = &good_ca };
	static char text[10000];

	(void)state;
	listen_tls(&s);
	memset(text, 'r', sizeof(text));
	for (int paused = 0; paused < 2; paused++) {
		dial_tls(&trusting, "gw", false);
		until(w.down.leg != NULL);
		if (paused)
			leg_calls_are(w.down.leg, &pausing, &w.down);
		for (unsigned i = 0; i < 200; i++)
			(void)leg_send(w.up.leg, text, i * 50);
		(void)leg_send(w.up.leg, "end", 3);
		leg_close(w.up.leg, 1000, "");
		for (unsigned i = 1; paused && i <= 201; i++) {
			until(w.down.messages == i);
			leg_pause(w.down.leg, false);
		}
		until(w.down.code == 1000);
		assert_int_equal(w.down.messages, 201);
		hang_up(&w.up);
		hang_up(&w.down);
	}
}

static void
pieces_are_one_message(void **state)
{
	const struct leg_piece p[] = { { "[2,", 3 }, { "", 0 }, { "17", 2 },
		{ "]", 1 } };

	(void)state;
	connect_both(NULL);
	assert_int_equal(leg_sendv(w.up.leg, p, 4), 0);
	assert_int_equal(leg_sendv(w.down.leg, p, 4), 0);
	until(w.up.messages == 1 && w.down.messages == 1);
	assert_string_equal(w.down.heard, "[2,17]|");
	assert_string_equal(w.up.heard, "[2,17]|");
}

/* Who closes, with what: the other is told, and answers; both hear it. */
static void
a_close_is_heard_and_answered(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct side *by = i % 2 == 0 ? &w.up : &w.down,
			    *other = i % 2 == 0 ? &w.down : &w.up;
		unsigned code = i < 2 ? 4001 : WS_NONE;

		connect_both(NULL);
		leg_close(by->leg, code, "enough");
		leg_close(by->leg, 1011, "not twice");
		assert_int_equal(leg_send(by->leg, "late", 4), -1);
		until(by->code != 0 && other->code != 0);
		assert_int_equal(other->code, code);
		assert_int_equal(by->code, code);
		assert_string_equal(other->reason, i < 2 ? "enough" : "");
		assert_int_equal(leg_send(other->leg, "late", 4), -1);
		assert_int_equal(other->messages, 0);
		hang_up(&w.up);
		hang_up(&w.down);
	}
}

static void
a_long_reason_is_cut_between_characters(void **state)
{
	char reason[200];

	(void)state;
	connect_both(NULL);
	reason[0] = 'x';
	for (size_t i = 1; i < sizeof(reason) - 3; i += 3)
		memcpy(reason + i, "\xe2\x82\xac", 4);
	leg_close(w.up.leg, 1000, reason);
	until(w.down.code == 1000);
	/* 123 would be in the middle of one. */
	assert_int_equal(strlen(w.down.reason), 1 + 40 * 3);
}

static void
an_end_without_a_word_is_1006(void **state)
{
	(void)state;
	connect_both(NULL);
	leg_free(w.up.leg);
	w.up.leg = NULL;
	until(w.down.code == WS_ABNORMAL);
	assert_int_equal(leg_send(w.down.leg, "late", 4), -1);
	leg_ping(w.down.leg);
	leg_close(w.down.leg, 1000, "");
}

/* A leg that is freed after leg_close() ends the handshake by itself. */
static void
an_orphan_ends_its_closing_handshake(void **state)
{
	static const char answer[] = "\x88\x02\x03\xe9";
	uint8_t masked[16];
	char data[128];
	size_t len, n = raw_masked(answer, 4, masked);
	int fd = raw_client("");

	(void)state;
	leg_close(w.down.leg, 1001, "going");
	leg_free(w.down.leg);
	w.down.leg = NULL;
	assert_int_equal(raw_frame(fd, data, &len), 0x88);
	assert_memory_equal(data, "\x03\xe9going", 7);
	assert_int_equal(recv(fd, data, 1, MSG_DONTWAIT), -1);
	raw_send(fd, masked, n);
	assert_int_equal(raw_read(fd, data, 1), 0);
	(void)close(fd);
}

/* It says goodbye and stays: a client waits for its end, but not for ever. */
static void
a_peer_that_stays_after_its_goodbye_is_left(void **state)
{
	char data[128];
	size_t len;
	int fd = raw_server();

	(void)state;
	raw_send(fd, "\x88\x02\x03\xe8", 4);
	until(w.up.code == 1000);
	leg_free(w.up.leg);
	w.up.leg = NULL;
	assert_int_equal(raw_frame(fd, data, &len), 0x88);
	assert_int_equal(raw_read(fd, data, 1), 0);
	assert_true(raw_over);
	(void)close(fd);
}

/* What comes between our Close and the peer's is not for the owner. */
static void
after_a_goodbye_nothing_is_heard(void **state)
{
	static const char more[] = "\x81\x04late\x88\x02\x03\xe8";
	uint8_t masked[32];
	size_t n = raw_masked(more, sizeof(more) - 1, masked);
	int fd = raw_client("");

	(void)state;
	leg_close(w.down.leg, 1000, "");
	raw_send(fd, masked, n);
	until(w.down.code == 1000);
	assert_int_equal(w.down.messages, 0);
	(void)close(fd);
}

static void
free_at_once(void *ctx, char *text, size_t len)
{
	struct side *s = ctx;

	(void)text;
	(void)len;
	s->messages++;
	leg_free(s->leg);
	s->leg = NULL;
}

static void
free_at_end(void *ctx, unsigned code, const char *reason)
{
	struct side *s = ctx;

	(void)reason;
	s->code = code;
	leg_free(s->leg);
	s->leg = NULL;
}

static void
a_leg_may_be_freed_in_any_callback(void **state)
{
	static const struct leg_calls freeing = { free_at_once, free_at_end };

	(void)state;
	connect_both(NULL);
	leg_calls_are(w.down.leg, &freeing, &w.down);
	(void)leg_send(w.up.leg, "one", 3);
	(void)leg_send(w.up.leg, "two", 3);
	until(w.down.messages == 1);
	until(w.up.code == WS_ABNORMAL);
	assert_int_equal(w.down.messages, 1);
	hang_up(&w.up);
	connect_both(NULL);
	w.down.messages = 0;
	leg_calls_are(w.down.leg, &freeing, &w.down);
	leg_close(w.up.leg, 1000, "");
	until(w.down.code == 1000);
	until(w.up.code == 1000);
}

/* The other leg is freed from this one's callback: a pair that ends. */
static void
free_both(void *ctx, unsigned code, const char *reason)
{
	(void)ctx;
	(void)reason;
	w.down.code = code;
	leg_free(w.up.leg);
	leg_free(w.down.leg);
	w.up.leg = w.down.leg = NULL;
}

static void
a_pair_may_be_freed_by_the_end_of_one(void **state)
{
	static const struct leg_calls freeing = { heard, free_both };

	(void)state;
	connect_both(NULL);
	leg_calls_are(w.down.leg, &freeing, &w.down);
	leg_close(w.up.leg, 1000, "");
	until(w.down.code == 1000);
	listener_free(w.listener);
	w.listener = NULL;
	turn(5);
}

static void
what_is_paused_waits_and_keeps_its_order(void **state)
{
	uint8_t masked[64];
	size_t n = raw_masked("\x81\x01"
			      "a\x81\x01"
			      "b\x81\x01"
			      "c\x81\x02"
			      "de",
	    13, masked);
	int fd = raw_client("");

	(void)state;
	leg_pause(w.down.leg, true);
	raw_send(fd, masked, n);
	for (int i = 0; i < 10; i++)
		turn(1);
	assert_int_equal(w.down.messages, 0);
	leg_pause(w.down.leg, false);
	until(w.down.messages == 4);
	assert_string_equal(w.down.heard, "a|b|c|de|");
	(void)close(fd);
}

static void
pause_after(void *ctx, char *text, size_t len)
{
	struct side *s = ctx;

	heard(ctx, text, len);
	leg_pause(s->leg, true);
}

static void
a_pause_within_a_message_is_one_at_once(void **state)
{
	static const struct leg_calls pausing = { pause_after, ended };
	uint8_t masked[64];
	size_t n = raw_masked("\x81\x01"
			      "a\x81\x01"
			      "b\x81\x01"
			      "c",
	    9, masked);
	int fd = raw_client("");

	(void)state;
	leg_calls_are(w.down.leg, &pausing, &w.down);
	raw_send(fd, masked, n);
	(void)close(fd); /* the end comes after all messages */
	for (unsigned i = 1; i <= 3; i++) {
		until(w.down.messages == i);
		turn(5);
		assert_int_equal(w.down.messages, i);
		assert_int_equal(w.down.code, 0);
		leg_pause(w.down.leg, false);
	}
	until(w.down.code == WS_ABNORMAL);
	assert_string_equal(w.down.heard, "a|b|c|");
}

/* Before its callbacks are named a leg loses nothing, not even its end. */
static void
a_leg_without_callbacks_waits(void **state)
{
	static const struct leg_calls none = { heard, ended };
	uint8_t masked[64];
	size_t n = raw_masked("\x81\x01"
			      "a\x88\x02\x03\xe8",
	    7, masked);
	int fd;

	(void)state;
	w.hold = true;
	fd = raw();
	raw_send(fd, raw_request, sizeof(raw_request) - 1);
	raw_send(fd, "\r\n", 2);
	until(w.arrival != NULL);
	w.down.leg = arrival_accept(w.arrival, NULL);
	w.arrival = NULL;
	raw_send(fd, masked, n);
	(void)close(fd);
	for (int i = 0; i < 10; i++)
		turn(1);
	leg_calls_are(w.down.leg, &none, &w.down);
	until(w.down.code != 0);
	assert_string_equal(w.down.heard, "a|");
}

/* Several messages of one read leave in one packet. */
static void
answers_to_one_read_go_out_together(void **state)
{
	uint8_t masked[64];
	char data[64];
	size_t n = raw_masked("\x81\x01"
			      "a\x81\x01"
			      "b\x89\x00\x81\x01"
			      "c",
	    11, masked);
	int fd = raw_client("");

	(void)state;
	w.down.echo = true;
	raw_send(fd, masked, n);
	until(w.down.messages == 3);
	assert_int_equal(recv(fd, data, sizeof(data), MSG_DONTWAIT), 11);
	assert_memory_equal(data,
	    "\x81\x01"
	    "a\x81\x01"
	    "b\x8a\x00\x81\x01"
	    "c",
	    11);
	(void)close(fd);
}

static struct leg *third;

static void
to_both(void *ctx, char *text, size_t len)
{
	heard(ctx, text, len);
	(void)leg_send(w.down.leg, "one", 3);
	(void)leg_send(third, "two", 3);
	leg_ping(w.down.leg);
	leg_close(third, 1000, "");
}

/* What waits for the end of a turn is of one leg, whoever comes after it. */
static void
in_one_turn_each_gets_its_own(void **state)
{
	static const struct leg_calls sending = { to_both, ended };
	uint8_t masked[16];
	size_t n = raw_masked("\x81\x01"
			      "a",
	    3, masked);
	char data[64];
	int one, two = raw_client("");

	(void)state;
	third = w.down.leg;
	w.down = (struct side){ 0 };
	one = raw_client("");
	leg_calls_are(w.down.leg, &sending, &w.down);
	raw_send(one, masked, n);
	assert_int_equal(raw_read(one, data, 7), 7);
	assert_memory_equal(data, "\x81\x03one\x89\x00", 7);
	assert_int_equal(raw_read(two, data, 9), 9);
	assert_memory_equal(data, "\x81\x03two\x88\x02\x03\xe8", 9);
	leg_free(third);
	(void)close(one);
	(void)close(two);
}

static const struct leg_limits tight = { .frame_max = 256 * 1024,
	.queue_max = 100000,
	.slow_ms = 500,
	.pong_ms = 500 };

static void
listen_tightly(void)
{
	struct listen_settings set = plain_listener();

	set.limits = tight;
	listen_as(&set);
}

static size_t
fill(struct leg *leg)
{
	static char text[20000];
	size_t n = 0;

	memset(text, 'f', sizeof(text));
	while (n < 5000 && leg_send(leg, text, sizeof(text)) == 0)
		n++;
	return n;
}

static void
a_queue_beyond_its_limit_ends_the_leg(void **state)
{
	struct leg_figures f;
	char data[20];
	size_t n, got = 0;
	int fd;

	(void)state;
	listen_tightly();
	fd = raw_client("");
	n = fill(w.down.leg);
	assert_in_range(n, 5, 4999);
	leg_figures(w.down.leg, &f);
	assert_in_range(f.queued, 60000, 100200);
	assert_int_equal(leg_send(w.down.leg, "x", 1), -1);
	/* One that reads after all gets every message, and why it ended. */
	while (n-- > 0) {
		static char all[20004];

		got = raw_read(fd, all, sizeof(all));
		assert_int_equal(got, sizeof(all));
	}
	got = raw_read(fd, data, 4);
	assert_int_equal(got, 4);
	assert_int_equal((uint8_t)data[2] << 8 | (uint8_t)data[3], WS_LATER);
	(void)close(fd);
	until(w.down.code != 0);
}

static void
one_that_takes_nothing_is_given_up(void **state)
{
	uint64_t began = now_ms();
	char text[20000];
	struct leg_figures f = { 0 };
	int fd;

	(void)state;
	listen_tightly();
	fd = raw_client("");
	memset(text, 's', sizeof(text));
	while (f.queued == 0) {
		assert_int_equal(leg_send(w.down.leg, text, sizeof(text)), 0);
		leg_figures(w.down.leg, &f);
	}
	until(w.down.code == WS_ABNORMAL);
	assert_string_equal(w.down.reason, "the peer takes nothing any more");
	assert_in_range(now_ms() - began, 500, 4000);
	(void)close(fd);
}

static void
one_that_answers_no_ping_is_given_up(void **state)
{
	char data[16];
	size_t len;
	int fd;

	(void)state;
	listen_tightly();
	fd = raw_client("");
	leg_ping(w.down.leg);
	assert_int_equal(raw_frame(fd, data, &len), 0x89);
	until(w.down.code == WS_ABNORMAL);
	assert_string_equal(w.down.reason, "no answer to a ping");
	(void)close(fd);
}

static void
pings_are_answered_between_ours(void **state)
{
	struct leg_figures f;
	struct side paused = { 0 };
	uint64_t began;
	int fd;

	(void)state;
	listen_tightly();
	/* The answer to a paused leg is not read: no reason to end it. */
	fd = raw_client("");
	third = w.down.leg;
	w.down = (struct side){ 0 };
	leg_calls_are(third, &hearing, &paused);
	leg_ping(third);
	leg_pause(third, true);
	connect_both(NULL);
	leg_ping(w.down.leg);
	leg_ping(w.up.leg);
	for (began = now_ms(); now_ms() - began < 2200;)
		turn(100);
	assert_int_equal(w.down.code + w.up.code + paused.code, 0);
	leg_free(third);
	(void)close(fd);
	leg_figures(w.down.leg, &f);
	assert_int_equal(f.bytes_out, 2 + 2); /* a ping and a pong */
	assert_int_equal(f.bytes_in, 6 + 6);
}

/* The sweep walks on although the leg it would come to next is gone. */
static void
legs_that_end_in_one_sweep_may_free_each_other(void **state)
{
	static const struct leg_calls freeing = { heard, free_both };

	(void)state;
	listen_tightly();
	for (int i = 0; i < 2; i++) {
		int one = raw_client(""), two;

		w.up = w.down;
		w.down = (struct side){ 0 };
		two = raw_client("");
		leg_calls_are(w.up.leg, &freeing, &w.up);
		leg_calls_are(w.down.leg, &freeing, &w.down);
		leg_ping(w.up.leg);
		leg_ping(w.down.leg);
		until(w.down.code != 0);
		turn(5);
		w.up = w.down = (struct side){ 0 };
		(void)close(one);
		(void)close(two);
	}
}

/* The newest answer would do (RFC 6455 5.5.3): a flood of pings by one who
 * reads nothing becomes no queue. */
static void
pings_that_are_not_waited_for_fill_no_queue(void **state)
{
	static const uint8_t ping[131] = { 0x89, 0xfd };
	struct listen_settings set = plain_listener();
	struct leg_figures f;
	int fd;

	(void)state;
	set.limits.queue_max = tight.queue_max;
	set.limits.slow_ms = 60000;
	listen_as(&set);
	fd = raw_client("");
	for (int i = 0; i < 100000; i++)
		raw_send(fd, ping, sizeof(ping));
	leg_figures(w.down.leg, &f);
	/* Half the limit, and the answers to one read. */
	assert_in_range(f.queued, 1, tight.queue_max / 2 + WIRE_BUFFER);
	assert_int_equal(w.down.code, 0);
	(void)close(fd);
}

/* Written to when it has reset the connection: an error, and no SIGPIPE. */
static void
a_peer_that_went_over_tls_kills_nobody(void **state)
{
	static const struct tls_side s = { .by = &good_ca, .cn = "gw" };
	static const struct tls_side trusting = { .trusts = &good_ca };

	(void)state;
	listen_tls(&s);
	dial_tls(&trusting, "gw", false);
	until(w.down.leg != NULL);
	leg_free(w.down.leg);
	w.down.leg = NULL;
	for (int i = 0; i < 5; i++) {
		(void)leg_send(w.up.leg, "hello?", 6);
		(void)usleep(1000);
	}
	leg_close(w.up.leg, 1000, "");
	until(w.up.code == WS_ABNORMAL);
}

/* Its own patience, not the peer's. */
static void
a_close_without_an_answer_ends_all_the_same(void **state)
{
	int fd = raw_client("");

	(void)state;
	leg_close(w.down.leg, 1000, "");
	until(w.down.code != 0);
	assert_int_equal(w.down.code, WS_ABNORMAL);
	assert_string_equal(
	    w.down.reason, "the closing handshake took too long");
	(void)close(fd);
}

/* The last words of a peer that is gone when we write. */
static void
what_was_said_before_the_end_is_heard(void **state)
{
	uint8_t masked[64];
	size_t n = raw_masked("\x81\x04last", 6, masked);
	struct linger none = { 1, 0 };
	int fd = raw_client("");

	(void)state;
	raw_send(fd, masked, n);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < 3; i++)
		(void)leg_send(w.down.leg, "hm", 2);
	(void)close(fd);
	(void)leg_send(w.down.leg, "hm", 2);
	until(w.down.code == WS_ABNORMAL);
	assert_string_equal(w.down.heard, "last|");
}

static void
figures_count_what_went_through(void **state)
{
	struct leg_figures f;

	(void)state;
	connect_both(NULL);
	(void)leg_send(w.up.leg, "12345", 5);
	(void)leg_send(w.up.leg, "1", 1);
	until(w.down.messages == 2);
	leg_figures(w.up.leg, &f);
	assert_int_equal(f.out, 2);
	assert_int_equal(f.bytes_out, 6 + 5 + 6 + 1);
	leg_figures(w.down.leg, &f);
	assert_int_equal(f.in, 2);
	assert_int_equal(f.bytes_in, 6 + 5 + 6 + 1);
	assert_int_equal(f.queued, 0);
	assert_in_range(now_ms() - f.heard_ms, 0, 1000);
	assert_int_equal(strncmp(leg_peer(w.down.leg), "127.0.0.1:", 10), 0);
}

/* 500 legs and nothing said: what they cost, without TLS. */
static size_t in_use;

static void *
counted(void *p, size_t n)
{
	in_use += n; /* freed or not: an upper bound */
	return realloc(p, n);
}

static void
an_idle_leg_has_no_buffers(void **state)
{
	struct leg *legs[50] = { NULL };
	int fds[50];

	(void)state;
	fds[0] = raw_client("");
	legs[0] = w.down.leg;
	in_use = 0;
	wire_realloc = counted;
	for (int i = 1; i < 50; i++) {
		w.down = (struct side){ 0 };
		fds[i] = raw_client("");
		legs[i] = w.down.leg;
	}
	wire_realloc = realloc;
	/* With what the handshake needed, which is free again. */
	assert_in_range(in_use / 49, 100, 4096);
	for (int i = 0; i < 50; i++) {
		leg_free(legs[i]);
		(void)close(fds[i]);
	}
	w.down = (struct side){ 0 };
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_world(what_one_side_says_the_other_hears),
		in_a_world(messages_of_every_length_arrive_whole),
		in_a_world(so_they_do_compressed),
		in_a_world(so_they_do_over_tls),
		in_a_world(records_that_came_together_are_all_heard),
		in_a_world(pieces_are_one_message),
		in_a_world(a_close_is_heard_and_answered),
		in_a_world(a_long_reason_is_cut_between_characters),
		in_a_world(an_end_without_a_word_is_1006),
		in_a_world(an_orphan_ends_its_closing_handshake),
		in_a_world(a_peer_that_stays_after_its_goodbye_is_left),
		in_a_world(after_a_goodbye_nothing_is_heard),
		in_a_world(a_leg_may_be_freed_in_any_callback),
		in_a_world(a_pair_may_be_freed_by_the_end_of_one),
		in_a_world(what_is_paused_waits_and_keeps_its_order),
		in_a_world(a_pause_within_a_message_is_one_at_once),
		in_a_world(a_leg_without_callbacks_waits),
		in_a_world(answers_to_one_read_go_out_together),
		in_a_world(a_queue_beyond_its_limit_ends_the_leg),
		in_a_world(one_that_takes_nothing_is_given_up),
		in_a_world(one_that_answers_no_ping_is_given_up),
		in_a_world(pings_are_answered_between_ours),
		in_a_world(in_one_turn_each_gets_its_own),
		in_a_world(legs_that_end_in_one_sweep_may_free_each_other),
		in_a_world(pings_that_are_not_waited_for_fill_no_queue),
		in_a_world(a_peer_that_went_over_tls_kills_nobody),
		in_a_world(a_close_without_an_answer_ends_all_the_same),
		in_a_world(what_was_said_before_the_end_is_heard),
		in_a_world(figures_count_what_went_through),
		in_a_world(an_idle_leg_has_no_buffers),
	};

	return cmocka_run_group_tests(
	    tests, make_authorities, free_authorities);
}
