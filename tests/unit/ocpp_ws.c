/* SPDX-License-Identifier: MIT */
/*
 * Frames, ours and wrong ones. Each wrong one is sent to a leg of either role,
 * in one piece and byte by byte: the leg says the close code that RFC 6455 has
 * for it, hands nothing over, ends, and its neighbours go on.
 */
#include "ocpp_raw.h"

#include "leg_in.h"

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	unsigned code;     /* of our Close; 0: none comes */
	const char *heard; /* messages before it */
	bool as_is;        /* not masked for a client, or masked by a server */
};

#define B(s) s, sizeof(s) - 1

static const struct row rows[] = {
	{ "binary", B("\x82\x02hi"), 1003, "", false },
	{ "binary after text",
	    B("\x81\x01"
	      "a\x82\x00"),
	    1003, "a|", false },
	{ "RSV1 without deflate", B("\xc1\x02hi"), 1002, "", false },
	{ "RSV2", B("\xa1\x02hi"), 1002, "", false },
	{ "RSV3", B("\x91\x02hi"), 1002, "", false },
	{ "RSV1 of a ping", B("\xc9\x00"), 1002, "", false },
	{ "opcode 3", B("\x83\x00"), 1002, "", false },
	{ "opcode 7", B("\x87\x00"), 1002, "", false },
	{ "opcode 11", B("\x8b\x00"), 1002, "", false },
	{ "opcode 15", B("\x8f\x00"), 1002, "", false },
	{ "ping above 125", B("\x89\x7e\x00\x7e"), 1002, "", false },
	{ "ping in pieces", B("\x09\x00"), 1002, "", false },
	{ "close in pieces", B("\x08\x02\x03\xe8"), 1002, "", false },
	{ "continuation of nothing", B("\x80\x02hi"), 1002, "", false },
	{ "continuation after a whole message", B("\x81\x01x\x80\x01y"), 1002,
	    "x|", false },
	{ "a message within a message",
	    B("\x01\x01"
	      "a\x81\x01"
	      "b"),
	    1002, "", false },
	{ "length in too many bytes, 16", B("\x81\x7e\x00\x02hi"), 1002, "",
	    false },
	{ "length in too many bytes, 64", B("\x81\x7f\0\0\0\0\0\0\x01\x00"),
	    1002, "", false },
	{ "length of 64 bits", B("\x81\x7f\xff\0\0\0\0\0\x01\x00"), 1002, "",
	    false },
	{ "oversized by one", B("\x81\x7f\0\0\0\0\0\x04\x00\x01"), 1009, "",
	    false },
	{ "oversized by all", B("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
	    1009, "", false },
	{ "oversized in pieces",
	    B("\x01\x01"
	      "a\x80\x7f\0\0\0\0\0\x04\x00\x00"),
	    1009, "", false },
	{ "text that is not UTF-8", B("\x81\x02\xc3\x28"), 1007, "", false },
	{ "overlong", B("\x81\x02\xc0\xaf"), 1007, "", false },
	{ "overlong of three", B("\x81\x03\xe0\x80\xaf"), 1007, "", false },
	{ "surrogate", B("\x81\x03\xed\xa0\x80"), 1007, "", false },
	{ "above U+10FFFF", B("\x81\x04\xf4\x90\x80\x80"), 1007, "", false },
	{ "a character cut off", B("\x81\x02\xe2\x82"), 1007, "", false },
	{ "a character cut off at the end of pieces",
	    B("\x01\x01\xe2\x80\x01"
	      "\x82"),
	    1007, "", false },
	{ "close with half a code", B("\x88\x01\x03"), 1002, "", false },
	{ "close 0", B("\x88\x02\x00\x00"), 1002, "", false },
	{ "close 999", B("\x88\x02\x03\xe7"), 1002, "", false },
	{ "close 1004", B("\x88\x02\x03\xec"), 1002, "", false },
	{ "close 1005 on the wire", B("\x88\x02\x03\xed"), 1002, "", false },
	{ "close 1006 on the wire", B("\x88\x02\x03\xee"), 1002, "", false },
	{ "close 1015 on the wire", B("\x88\x02\x03\xf7"), 1002, "", false },
	{ "close 2999", B("\x88\x02\x0b\xb7"), 1002, "", false },
	{ "close 5000", B("\x88\x02\x13\x88"), 1002, "", false },
	{ "close with a reason that is not UTF-8",
	    B("\x88\x04\x03\xe8\xc3\x28"), 1007, "", false },
	{ "the wrong masking", B("\x81\x02hi"), 1002, "", true },
	{ "the wrong masking of a ping", B("\x89\x00"), 1002, "", true },
	/* And what is right. */
	{ "close without a code", B("\x88\x00"), 1005, "", false },
	{ "close 1000 with a reason",
	    B("\x88\x05\x03\xe8"
	      "bye"),
	    1000, "", false },
	{ "close 1012", B("\x88\x02\x03\xf4"), 1012, "", false },
	{ "close 4999", B("\x88\x02\x13\x87"), 4999, "", false },
	{ "what comes behind a close",
	    B("\x88\x02\x03\xe8\x81\x01"
	      "a\x82\x00"),
	    1000, "", false },
	{ "pieces with a ping between them, a character across them",
	    B("\x01\x02\"\xe2\x89\x01p\x00\x01\x82\x8a\x00\x80\x02\xac\"\x88"
	      "\x02\x03\xe8"),
	    1000, "\"\xe2\x82\xac\"|", false },
	{ "an empty message, and one in three empty pieces",
	    B("\x81\x00\x01\x00\x00\x00\x80\x00\x88\x02\x03\xe8"), 1000, "||",
	    false },
	{ "a pong that nobody asked for",
	    B("\x8a\x03yes\x81\x01"
	      "a\x88\x02\x03\xe8"),
	    1000, "a|", false },
};

/* Our Close, after pongs. */
static unsigned
closed_with(int fd, size_t *pongs)
{
	static char data[70000];
	size_t len;
	unsigned first;

	while ((first = raw_frame(fd, data, &len)) == 0x8a)
		++*pongs;
	if (first == 0)
		return 0;
	assert_int_equal(first, 0x88);
	if (len == 0)
		return 1005;
	assert_true(len >= 2 && len <= 125);
	return (unsigned)(uint8_t)data[0] << 8 | (uint8_t)data[1];
}

static void
play(const struct row *r, struct side *s, int fd, bool from_client, bool slowly)
{
	uint8_t bytes[256];
	size_t n = r->len, pongs = 0;
	char rest[16];

	if (from_client == r->as_is)
		memcpy(bytes, r->bytes, n);
	else
		n = raw_masked(r->bytes, n, bytes);
	for (size_t i = 0; slowly && i < n; i++) {
		raw_send(fd, bytes + i, 1);
		turn(0);
	}
	if (!slowly)
		raw_send(fd, bytes, n);
	assert_int_equal(closed_with(fd, &pongs), r->code);
	until(s->code != 0);
	assert_int_equal(s->code, r->code);
	assert_string_equal(s->heard == NULL ? "" : s->heard, r->heard);
	/* A server ends the connection at once; a client leaves that to us,
	 * unless we were wrong (RFC 6455 7.1.1). */
	turn(0);
	assert_int_equal(
	    s->leg->shut, s == &w.down || s->leg->figures.faults > 0);
	if (s->leg->shut) {
		assert_int_equal(raw_read(fd, rest, sizeof(rest)), 0);
		assert_true(raw_over);
	}
	(void)close(fd);
	hang_up(s);
}

static void
every_row(bool client)
{
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i / 2];
		bool slowly = i % 2 != 0;
		struct side neighbour[2];
		int fd;

		print_message("%s, by a %s%s\n", r->name,
		    client ? "client" : "server", slowly ? ", slowly" : "");
		connect_both(NULL);
		neighbour[0] = w.down;
		neighbour[1] = w.up;
		leg_calls_are(w.down.leg, &hearing, &neighbour[0]);
		leg_calls_are(w.up.leg, &hearing, &neighbour[1]);
		w.down = w.up = (struct side){ 0 };
		fd = client ? raw_client("") : raw_server();
		play(r, client ? &w.down : &w.up, fd, client, slowly);
		assert_int_equal(leg_send(neighbour[1].leg, "still", 5), 0);
		until(neighbour[0].messages == 1);
		hang_up(&neighbour[0]);
		hang_up(&neighbour[1]);
	}
}

static void
a_client_that_is_wrong_is_told_and_its_neighbours_go_on(void **state)
{
	(void)state;
	every_row(true);
}

static void
a_server_that_is_wrong_is_told_and_its_neighbours_go_on(void **state)
{
	(void)state;
	every_row(false);
}

static void
a_ping_is_answered_with_its_own_bytes(void **state)
{
	char data[128];
	uint8_t masked[16];
	size_t len, n = raw_masked(B("\x89\x03ok?"), masked);
	int fd = raw_client("");

	(void)state;
	raw_send(fd, masked, n);
	assert_int_equal(raw_frame(fd, data, &len), 0x8a);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "ok?", 3);
	(void)close(fd);
}

static int
by_value(const void *a, const void *b)
{
	return memcmp(a, b, 4);
}

/* RFC 6455 5.3: a mask that nobody can guess, a new one for each frame. */
static void
each_frame_of_a_client_has_a_mask_of_its_own(void **state)
{
	static uint8_t frames[1000][10], masks[1000][4];
	int fd = raw_server();

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(leg_send(w.up.leg, "same", 4), 0);
	assert_int_equal(
	    raw_read(fd, (char *)frames, sizeof(frames)), sizeof(frames));
	for (int i = 0; i < 1000; i++) {
		assert_memory_equal(frames[i], "\x81\x84", 2);
		memcpy(masks[i], frames[i] + 2, 4);
	}
	qsort(masks, 1000, 4, by_value);
	/* One pair of equals in 8,600 runs is to be expected; two are not. */
	for (int i = 0, equal = 0; i < 999; i++) {
		equal += memcmp(masks[i], masks[i + 1], 4) == 0;
		assert_in_range(equal, 0, 1);
	}
	(void)close(fd);
}

/* Masking by eight bytes is masking by one, wherever it begins. */
static void
masks_are_the_same_however_they_are_cut(void **state)
{
	const uint8_t key[4] = { 1, 0x80, 0xff, 7 };
	uint8_t in[100], out[100], expected[100];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++) {
		in[i] = (uint8_t)(i * 7);
		expected[i] = in[i] ^ key[i % 4];
	}
	for (size_t cut = 0; cut <= sizeof(in); cut++) {
		ws_mask(out, in, cut, key, 0);
		ws_mask(out + cut, in + cut, sizeof(in) - cut, key, cut);
		assert_memory_equal(out, expected, sizeof(in));
	}
	ws_mask(in, in, sizeof(in), key, 0);
	assert_memory_equal(in, expected, sizeof(in));
}

static void
heads_are_read_as_they_are_written(void **state)
{
	static const uint64_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536,
		1ull << 32, (1ull << 63) - 1 };
	const uint8_t key[4] = { 9, 8, 7, 6 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
		const struct ws_rules rules = { i % 2 != 0, true };
		uint8_t head[WS_HEAD_MAX];
		struct ws_frame f;
		const char *why;
		size_t need,
		    n = ws_put_head(
			head, 0xc1, lengths[i / 2], i % 2 != 0 ? key : NULL);

		for (size_t k = 0; k < n; k++) {
			assert_int_equal(
			    ws_head(head, k, &rules, &f, &need, &why), WS_MORE);
			assert_in_range(need, k + 1, n);
		}
		assert_int_equal(ws_head(head, n, &rules, &f, &need, &why), 0);
		assert_true(f.fin && f.rsv1 && f.op == WS_TEXT);
		assert_true(f.len == lengths[i / 2]);
		assert_int_equal(f.head, n);
		if (i % 2 != 0)
			assert_memory_equal(f.key, key, 4);
	}
}

/* Against the definition: all characters, and all pairs of two bytes. */
static size_t
encode(uint32_t c, char *out)
{
	if (c < 0x80)
		return (size_t)sprintf(out, "%c", (int)c);
	if (c < 0x800)
		return (size_t)sprintf(
		    out, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
	if (c < 0x10000)
		return (size_t)sprintf(out, "%c%c%c", (int)(0xe0 | c >> 12),
		    (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
	return (size_t)sprintf(out, "%c%c%c%c", (int)(0xf0 | c >> 18),
	    (int)(0x80 | (c >> 12 & 63)), (int)(0x80 | (c >> 6 & 63)),
	    (int)(0x80 | (c & 63)));
}

static void
utf8_is_every_character_and_nothing_else(void **state)
{
	char text[32] = "0123456789ab";

	(void)state;
	for (uint32_t c = 0; c < 0x120000; c++) {
		bool good = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		size_t n = encode(c, text + 9);

		if (ws_is_utf8(text, 9 + n) != good)
			fail_msg("U+%04X", c);
		if (n > 1 && ws_is_utf8(text, 9 + n - 1))
			fail_msg("U+%04X cut off", c);
	}
	for (unsigned a = 0; a < 65536; a++) {
		char two[2] = { (char)(a >> 8), (char)a };
		bool good = (a >> 8 < 0x80 && (a & 0xff) < 0x80) ||
		    (a >> 8 >= 0xc2 && a >> 8 < 0xe0 && (a & 0xc0) == 0x80);

		if (ws_is_utf8(two, 2) != good)
			fail_msg("%04x", a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_are_the_same_however_they_are_cut),
		cmocka_unit_test(heads_are_read_as_they_are_written),
		cmocka_unit_test(utf8_is_every_character_and_nothing_else),
		in_a_world(each_frame_of_a_client_has_a_mask_of_its_own),
		in_a_world(a_ping_is_answered_with_its_own_bytes),
		in_a_world(
		    a_client_that_is_wrong_is_told_and_its_neighbours_go_on),
		in_a_world(
		    a_server_that_is_wrong_is_told_and_its_neighbours_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
