/* SPDX-License-Identifier: MIT */
/*
 * The compressor always has a window of 15 bits. A peer that takes less gets
 * messages compressed that are not longer than its window: no distance in them
 * can be larger. So no second compressor is needed, nor zlib's one of 8 bits,
 * which it does not have.
 *
 * A bomb inflates to its limit and not a byte beyond: the output buffer is no
 * larger. It grows with what comes out, and beyond a while's ordinary size it
 * is given back after each message.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "deflate.h"
#include "ws.h"

#define KEEP           (64u * 1024) /* of the output buffer between messages */
#define STEP           (16u * 1024)
#define PACK_MAX       (1024u * 1024) /* longer ones go as they are */
#define BETWEEN_BLOCKS 128            /* in data_type: see zlib.h, inflate() */
#define PACK_BEST      3              /* of 9: little text, many messages */

struct deflate {
	z_stream in, out;
	bool has_in, has_out;
	struct heap text;   /* what came in; stays while others send */
	struct heap packed; /* what goes out */
};

static void *
allocate(void *ctx, unsigned n, unsigned size)
{
	(void)ctx;
	return wire_realloc(NULL, (size_t)n * size);
}

static void
release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

struct deflate *
deflate_new(void)
{
	struct deflate *d = wire_realloc(NULL, sizeof(*d));

	if (d != NULL)
		memset(d, 0, sizeof(*d));
	return d;
}

void
deflate_free(struct deflate *d)
{
	if (d == NULL)
		return;
	if (d->has_in)
		(void)inflateEnd(&d->in);
	if (d->has_out)
		(void)deflateEnd(&d->out);
	heap_free(&d->text);
	heap_free(&d->packed);
	free(d);
}

/* The last message's buffer, unless it was an unusual one. */
static void
again(struct heap *h)
{
	if (h->room > KEEP)
		heap_free(h);
	h->len = 0;
}

/* Room for a step more, at most max + 1 in all; 0: no memory. */
static size_t
text_room(struct deflate *d, size_t max)
{
	size_t len = d->text.len, more = STEP;
	struct heap *t = &d->text;

	if (t->room == len) {
		more = len > more ? len : more;
		more = more > max + 1 - len ? max + 1 - len : more;
		if (!heap_room(t, len + more))
			return 0;
	}
	return t->room - len < max + 1 - len ? t->room - len : max + 1 - len;
}

/* All of one piece of input. Z_STREAM_END within a message is legal (7.2.3.4):
 * what follows begins anew. */
static int
inflate_piece(struct deflate *d, const void *in, size_t len, size_t max)
{
	int rc = Z_OK;

	d->in.next_in = (Bytef *)(uintptr_t)in;
	d->in.avail_in = (unsigned)len;
	do {
		size_t room = text_room(d, max), before;

		if (room == 0)
			return WS_LATER;
		d->in.next_out = (Bytef *)d->text.p + d->text.len;
		before = d->in.avail_out = (unsigned)room;
		rc = inflate(&d->in, Z_SYNC_FLUSH);
		d->text.len += before - d->in.avail_out;
		if (d->text.len > max)
			return WS_TOO_BIG;
		if (rc == Z_STREAM_END && inflateReset(&d->in) == Z_OK)
			rc = Z_OK;
		if (rc == Z_MEM_ERROR)
			return WS_LATER;
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return WS_DATA;
	} while (rc == Z_OK && (d->in.avail_in > 0 || d->in.avail_out == 0));
	return d->in.avail_in == 0 ? 0 : WS_DATA;
}

int
deflate_open(struct deflate *d, const void *in, size_t len, size_t max,
    bool keeps, char **out, size_t *out_len)
{
	static const uint8_t tail[4] = { 0, 0, 0xff, 0xff };
	int rc;

	again(&d->text);
	d->in.zalloc = allocate;
	d->in.zfree = release;
	if (!d->has_in && inflateInit2(&d->in, -15) != Z_OK)
		return WS_LATER;
	if (d->has_in && !keeps)
		(void)inflateReset(&d->in);
	d->has_in = true;
	if ((rc = inflate_piece(d, in, len, max)) == 0 && len > 0)
		rc = inflate_piece(d, tail, sizeof(tail), max);
	/* The tail ends a block, or the message was cut off within one. (That
	 * an empty message is one byte, 7.2.3.6, not everybody knows.) */
	if (rc == 0 && len > 0 && (d->in.data_type & BETWEEN_BLOCKS) == 0)
		rc = WS_DATA;
	*out = d->text.p;
	*out_len = d->text.len;
	return rc;
}

static bool
packer(struct deflate *d)
{
	if (d->has_out)
		return deflateReset(&d->out) == Z_OK;
	d->out.zalloc = allocate;
	d->out.zfree = release;
	d->has_out = deflateInit2(&d->out, PACK_BEST, Z_DEFLATED, -15, 7,
			 Z_DEFAULT_STRATEGY) == Z_OK;
	return d->has_out;
}

bool
deflate_pack(struct deflate *d, const struct leg_piece *pieces, size_t n,
    size_t total, unsigned bits, char **out, size_t *out_len)
{
	size_t room;

	if (total < DEFLATE_LEAST || total > PACK_MAX ||
	    (bits < 15 && total > 1u << bits) || !packer(d))
		return false;
	again(&d->packed);
	/* Not one byte more than what would be no gain. */
	if (!heap_room(&d->packed, total))
		return false;
	room = total;
	d->out.next_out = (Bytef *)d->packed.p;
	d->out.avail_out = (unsigned)room;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len == 0 && i + 1 < n)
			continue; /* no progress would be an error */
		d->out.next_in = (Bytef *)(uintptr_t)pieces[i].p;
		d->out.avail_in = (unsigned)pieces[i].len;
		if (deflate(&d->out, i + 1 == n ? Z_SYNC_FLUSH : Z_NO_FLUSH) !=
			Z_OK ||
		    d->out.avail_in > 0)
			return false;
	}
	room -= d->out.avail_out;
	if (d->out.avail_out == 0 || room < 5)
		return false;
	/* RFC 7692 7.2.1: 00 00 ff ff of the flush stays behind. */
	*out = d->packed.p;
	*out_len = room - 4;
	return true;
}
