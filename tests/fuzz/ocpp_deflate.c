/* SPDX-License-Identifier: MIT */
/*
 * Compressed messages and offers of compression. No output passes its limit; a
 * message that opens can be packed and opens again as the same; whatever was
 * answered to an offer can be said by a server.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deflate.h"
#include "ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
offers(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), answer[DEFLATE_ANSWER_MAX] = "";
	struct deflate_terms t = { 0 }, agreed = { 0 };

	memcpy(text, data, len);
	text[len] = '\0';
	deflate_choose(text, &t, answer);
	must(t.on == (answer[0] != '\0'));
	if (t.on) {
		must(t.bits >= 8 && t.bits <= 15);
		must(deflate_agreed(answer, &agreed) == 0 && !agreed.keeps);
	}
	agreed.on = false;
	(void)deflate_agreed(text, &agreed);
	free(text);
}

static void
again(struct deflate *d, const char *text, size_t len, unsigned bits)
{
	struct leg_piece p[2] = { { text, len / 2 },
		{ text + len / 2, len - len / 2 } };
	size_t packed, back_len;
	char *out, *back, *copy;

	if (!deflate_pack(d, p, 2, len, bits, &out, &packed))
		return;
	must(packed < len && (bits == 15 || len <= 1u << bits));
	copy = malloc(packed);
	memcpy(copy, out, packed);
	must(deflate_open(d, copy, packed, len, false, &back, &back_len) == 0);
	must(back_len == len && memcmp(back, text, len) == 0);
	free(copy);
}

/* First byte: how; then messages, each with its length in front. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct deflate *d = deflate_new();
	size_t max, n, out_len;
	bool keeps;
	char *out;

	if (len < 2) {
		deflate_free(d);
		return 0;
	}
	keeps = (data[0] & 1) != 0;
	max = (size_t)data[1] * 64;
	offers(data + 1, len - 1);
	for (const uint8_t *p = data + 2, *end = data + len; p < end; p += n) {
		int rc;

		n = *p++;
		n = n > (size_t)(end - p) ? (size_t)(end - p) : n;
		rc = deflate_open(d, p, n, max, keeps, &out, &out_len);
		must(rc == 0 || rc == WS_TOO_BIG || rc == WS_DATA);
		if (rc != 0)
			break;
		must(out_len <= max);
		if (!keeps) {
			char *copy = malloc(out_len + 1);

			if (out_len > 0)
				memcpy(copy, out, out_len);
			again(d, copy, out_len, 8 + (data[0] >> 5));
			free(copy);
		}
	}
	deflate_free(d);
	return 0;
}
