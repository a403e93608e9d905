/* SPDX-License-Identifier: MIT */
/*
 * permessage-deflate: what is agreed upon, what goes through, and that nothing
 * inflates beyond its limit.
 */
#include "ocpp_raw.h"

#include <zlib.h>

#include "deflate.h"

/* An answer of NULL: the offer is passed over. */
static void
a_server_takes_the_first_offer_it_understands(void **state)
{
#define BOTH                                                                   \
	"permessage-deflate; client_no_context_takeover; "                     \
	"server_no_context_takeover"
	static const struct {
		const char *offer, *answer;
		unsigned bits;
	} all[] = {
		{ "permessage-deflate", BOTH, 15 },
		{ "Permessage-Deflate ;client_max_window_bits", BOTH, 15 },
		{ "permessage-deflate; client_max_window_bits=10", BOTH, 15 },
		{ "permessage-deflate; client_max_window_bits=\"10\"", BOTH,
		    15 },
		{ BOTH, BOTH, 15 },
		{ "permessage-deflate; server_max_window_bits=10",
		    BOTH "; server_max_window_bits=10", 10 },
		{ "permessage-deflate; server_max_window_bits=8",
		    BOTH "; server_max_window_bits=8", 8 },
		{ "x-zip, permessage-deflate", BOTH, 15 },
		{ "x-zip; a=\"b\"; c,permessage-deflate;unknown=1, "
		  "permessage-deflate; server_max_window_bits=12",
		    BOTH "; server_max_window_bits=12", 12 },
		{ "", NULL, 0 },
		{ "x-webkit-deflate-frame", NULL, 0 },
		{ "permessage-deflates", NULL, 0 },
		{ "permessage-deflate; server_max_window_bits", NULL, 0 },
		{ "permessage-deflate; server_max_window_bits=7", NULL, 0 },
		{ "permessage-deflate; server_max_window_bits=16", NULL, 0 },
		{ "permessage-deflate; server_max_window_bits=010", NULL, 0 },
		{ "permessage-deflate; server_max_window_bits=", NULL, 0 },
		{ "permessage-deflate; client_max_window_bits=99", NULL, 0 },
		{ "permessage-deflate; server_no_context_takeover=1", NULL, 0 },
		{ "permessage-deflate; server_no_context_takeover; "
		  "server_no_context_takeover",
		    NULL, 0 },
		{ "permessage-deflate; client_max_window_bits=\"10", NULL, 0 },
		{ "permessage-deflate; ;", NULL, 0 },
		{ "permessage-deflate;", NULL, 0 },
		{ "permessage-deflate x", NULL, 0 },
		{ ",,;;=\"", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char answer[DEFLATE_ANSWER_MAX] = "";
		struct deflate_terms t = { 0 };

		deflate_choose(all[i].offer, &t, answer);
		if (t.on != (all[i].answer != NULL) ||
		    strcmp(answer, t.on ? all[i].answer : "") != 0 ||
		    t.bits != all[i].bits)
			fail_msg("%s: %s", all[i].offer, answer);
	}
}

static void
a_client_takes_only_an_answer_to_its_offer(void **state)
{
	static const struct {
		const char *answer;
		bool good, keeps;
	} all[] = {
		{ BOTH, true, false },
		{ "permessage-deflate; server_no_context_takeover", true,
		    false },
		{ "permessage-deflate", true, true },
		{ "permessage-deflate; server_no_context_takeover; "
		  "server_max_window_bits=9",
		    true, false },
		{ "permessage-deflate; client_max_window_bits=9", false,
		    false },
		{ "permessage-deflate; unknown", false, false },
		{ "permessage-deflate, permessage-deflate", false, false },
		{ "x-zip", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct deflate_terms t = { 0 };

		if ((deflate_agreed(all[i].answer, &t) == 0) != all[i].good)
			fail_msg("%s", all[i].answer);
		assert_int_equal(t.on, all[i].good);
		assert_int_equal(t.keeps, all[i].keeps);
	}
}

/* RFC 7692 7.2.3: its examples, the window of the second among them. */
static void
the_examples_of_the_standard_are_hello(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		bool keeps;
	} all[] = {
		{ "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, true },
		{ "\xf2\x00\x11\x00\x00", 5, true },
		{ "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, false },
		{ "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, false },
		{ "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13,
		    false },
	};
	struct deflate *d = deflate_new();
	char *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(deflate_open(d, all[i].p, all[i].n, 5,
				     all[i].keeps, &out, &len),
		    0);
		assert_int_equal(len, 5);
		assert_memory_equal(out, "Hello", 5);
	}
	assert_int_equal(
	    deflate_open(d, all[0].p, all[0].n, 4, false, &out, &len),
	    WS_TOO_BIG);
	assert_int_equal(
	    deflate_open(d, "\xff\xff\xff", 3, 99, false, &out, &len), WS_DATA);
	assert_int_equal(deflate_open(d, "", 0, 99, false, &out, &len), 0);
	assert_int_equal(len, 0);
	deflate_free(d);
}

/* Text like OCPP's, of every length, through windows of every size. */
static void
what_is_packed_opens_as_it_was(void **state)
{
	static char text[40000];
	struct deflate *d = deflate_new();
	size_t n = 0, packed = 0, len, back_len;
	char *out, *back, *copy;

	(void)state;
	while (n < sizeof(text) - 100)
		n += (size_t)sprintf(text + n,
		    "{\"value\":\"%zu.%zu\",\"measurand\":\"Energy\"},", n * 7,
		    n % 10);
	for (size_t i = 0; i < n; i = i * 5 / 4 + 1)
		for (unsigned bits = 8; bits <= 15; bits++) {
			struct leg_piece p[3] = { { text, i / 3 },
				{ text + i / 3, 0 },
				{ text + i / 3, i - i / 3 } };
			z_stream z = { 0 };

			if (!deflate_pack(d, p, 3, i, bits, &out, &len)) {
				assert_true(
				    i < DEFLATE_LEAST || i > 1u << bits);
				continue;
			}
			assert_true(len < i);
			/* zlib would open a distance beyond its window. */
			assert_true(bits == 15 || i <= 1u << bits);
			packed++;
			/* zlib with just that window opens it. */
			copy = malloc(len + 4);
			memcpy(copy, out, len);
			memcpy(copy + len, "\0\0\xff\xff", 4);
			assert_int_equal(inflateInit2(&z, -(int)bits), Z_OK);
			back = malloc(i);
			z.next_in = (Bytef *)copy;
			z.avail_in = (unsigned)len + 4;
			z.next_out = (Bytef *)back;
			z.avail_out = (unsigned)i;
			assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
			assert_int_equal(z.avail_out, 0);
			assert_memory_equal(back, text, i);
			(void)inflateEnd(&z);
			free(back);
			assert_int_equal(deflate_open(d, copy, len, i, false,
					     &back, &back_len),
			    0);
			assert_int_equal(back_len, i);
			assert_memory_equal(back, text, i);
			free(copy);
		}
	assert_true(packed > 20);
	deflate_free(d);
}

static void
what_does_not_shrink_is_not_packed(void **state)
{
	struct deflate *d = deflate_new();
	uint8_t noise[1000];
	struct leg_piece p = { (const char *)noise, sizeof(noise) };
	uint32_t x = 1;
	char *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	assert_false(deflate_pack(d, &p, 1, sizeof(noise), 15, &out, &len));
	memset(noise, 'a', sizeof(noise));
	assert_true(deflate_pack(d, &p, 1, sizeof(noise), 15, &out, &len));
	deflate_free(d);
}

/* n bytes of blanks as a client's frames: what a bomb is made of. */
static size_t
bomb(size_t n, uint8_t **frames)
{
	uint8_t *blanks = malloc(n), *packed;
	z_stream z = { 0 };
	uint8_t head[WS_HEAD_MAX];
	size_t len, k;

	memset(blanks, ' ', n);
	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	packed = malloc(n / 500 + 1000);
	z.next_in = blanks;
	z.avail_in = (unsigned)n;
	z.next_out = packed;
	z.avail_out = (unsigned)(n / 500 + 1000);
	assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
	len = z.total_out - 4;
	(void)deflateEnd(&z);
	k = ws_put_head(head, 0xc1, len, NULL);
	*frames = malloc(len + WS_HEAD_MAX + 4);
	memmove(packed + k, packed, len);
	memcpy(packed, head, k);
	len = raw_masked(packed, len + k, *frames);
	free(packed);
	free(blanks);
	return len;
}

static size_t most;

static void *
measured(void *p, size_t n)
{
	most = n > most ? n : most;
	return realloc(p, n);
}

static void
a_bomb_is_stopped_at_the_limit(void **state)
{
	static char data[256];
	uint8_t *frames;
	size_t n = bomb(40u * 1024 * 1024, &frames), len;
	int fd = raw_client("Sec-WebSocket-Extensions: permessage-deflate\r\n");

	(void)state;
	assert_true(n < 64 * 1024);
	most = 0;
	wire_realloc = measured;
	raw_send(fd, frames, n);
	assert_int_equal(raw_frame(fd, data, &len), 0x88);
	wire_realloc = realloc;
	assert_int_equal((uint8_t)data[0] << 8 | (uint8_t)data[1], WS_TOO_BIG);
	until(w.down.code == WS_TOO_BIG);
	assert_int_equal(w.down.messages, 0);
	assert_in_range(most, 1000, 2 * usual.frame_max);
	free(frames);
	(void)close(fd);
}

static void
inflated_bytes_count_against_the_limit_to_the_byte(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		uint8_t *frames;
		size_t n = bomb(usual.frame_max + more, &frames);
		int fd = raw_client(
		    "Sec-WebSocket-Extensions: permessage-deflate\r\n");

		raw_send(fd, frames, n);
		if (more == 0) {
			until(w.down.messages == 1);
			assert_int_equal(w.down.last, usual.frame_max);
		} else
			until(w.down.code == WS_TOO_BIG);
		free(frames);
		(void)close(fd);
		hang_up(&w.down);
	}
}

static void
damaged_data_ends_with_1007(void **state)
{
	static const char *const bad[] = { "\xc1\x03\xff\xff\xff",
		"\xc1\x02\xf2\x48", "\xc1\x04\xf2\x00\x11\x00" };
	static const size_t len[] = { 5, 4, 6 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t masked[32];
		size_t n = raw_masked(bad[i], len[i], masked);
		int fd = raw_client(
		    "Sec-WebSocket-Extensions: permessage-deflate\r\n");

		raw_send(fd, masked, n);
		until(w.down.code != 0);
		assert_int_equal(w.down.code, WS_DATA);
		(void)close(fd);
		hang_up(&w.down);
	}
}

/* Compressed, in pieces, with a ping between; then one that is not. */
static void
compressed_messages_may_come_in_pieces(void **state)
{
	static const char frames[] = "\x41\x03\xf2\x48\xcd\x89\x00\x80\x04\xc9"
				     "\xc9\x07\x00\x81\x02hi";
	uint8_t masked[64];
	size_t n = raw_masked(frames, sizeof(frames) - 1, masked);
	int fd = raw_client("Sec-WebSocket-Extensions: permessage-deflate\r\n");

	(void)state;
	raw_send(fd, masked, n);
	until(w.down.messages == 2);
	assert_string_equal(w.down.heard, "Hello|hi|");
	(void)close(fd);
}

/* RFC 7692 does not let it, but the offer leaves it the choice to be rude. */
static void
a_server_that_keeps_its_window_is_understood(void **state)
{
	static const char answer[] =
	    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: @\r\n"
	    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	    "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00";
	int fd = raw_serve(answer, sizeof(answer) - 1, NULL);

	(void)state;
	until(w.up.messages == 2);
	assert_string_equal(w.up.heard, "Hello|Hello|");
	(void)close(fd);
}

static void
both_ends_of_ours_compress_for_each_other(void **state)
{
	static char text[20000];
	struct leg_figures f;

	(void)state;
	connect_both(NULL);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "{\"meterValue\":[]}"[i % 17];
	w.down.echo = true;
	assert_int_equal(leg_send(w.up.leg, text, sizeof(text)), 0);
	until(w.up.messages == 1);
	assert_int_equal(w.up.last, sizeof(text));
	assert_memory_equal(w.up.heard, text, sizeof(text));
	leg_figures(w.up.leg, &f);
	assert_true(f.deflated);
	assert_in_range(f.bytes_out, 20, 2000);
	assert_in_range(f.bytes_in, 20, 2000);
}

static void
without_an_offer_nothing_is_compressed(void **state)
{
	struct dial_settings set = plain_dial();
	char text[2000];
	struct leg_figures f;

	(void)state;
	set.deflate = false;
	memset(text, 'a', sizeof(text));
	connect_both(&set);
	assert_int_equal(leg_send(w.down.leg, text, sizeof(text)), 0);
	until(w.up.messages == 1);
	leg_figures(w.up.leg, &f);
	assert_false(f.deflated);
	assert_true(f.bytes_in > sizeof(text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_takes_the_first_offer_it_understands),
		cmocka_unit_test(a_client_takes_only_an_answer_to_its_offer),
		cmocka_unit_test(the_examples_of_the_standard_are_hello),
		cmocka_unit_test(what_is_packed_opens_as_it_was),
		cmocka_unit_test(what_does_not_shrink_is_not_packed),
		in_a_world(a_bomb_is_stopped_at_the_limit),
		in_a_world(inflated_bytes_count_against_the_limit_to_the_byte),
		in_a_world(damaged_data_ends_with_1007),
		in_a_world(compressed_messages_may_come_in_pieces),
		in_a_world(a_server_that_keeps_its_window_is_understood),
		in_a_world(both_ends_of_ours_compress_for_each_other),
		in_a_world(without_an_offer_nothing_is_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
