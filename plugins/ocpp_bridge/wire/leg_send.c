/* SPDX-License-Identifier: MIT */
/*
 * From messages to the socket. Frames are written into the loop's one buffer,
 * masked on the way, and leave it in one system call: at the end of the turn
 * while something is being read, so that several messages of one read go out
 * together, and at once otherwise. What the socket does not take is the only
 * thing a leg keeps for itself.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "leg_in.h"

#define FIN 0x80

static void
queue(struct leg *leg, const char *p, size_t n)
{
	if (leg->queue.len == 0)
		leg->moved_ms = now_ms();
	if (!heap_add(&leg->queue, p, n))
		leg_break(leg, WS_LATER, "no memory");
	leg_watch(leg);
}

/* A peer that has gone may have left its last words: they are read until the
 * end of the connection, which ends the leg. */
static void
refused(struct leg *leg)
{
	if (errno != EPIPE && errno != ECONNRESET) {
		leg_break(leg, WS_ABNORMAL, strerror(errno));
		return;
	}
	leg->broken = true;
	heap_free(&leg->queue);
	leg->sent = 0;
	leg_watch(leg);
}

/* What the socket takes of it; -1: it is broken. */
static ssize_t
take(struct leg *leg, const char *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = stream_write(&leg->stream, p + done, n - done);

		if (k == -1 && errno == EAGAIN)
			break;
		if (k <= 0) {
			refused(leg);
			return -1;
		}
		done += (size_t)k;
	}
	leg->figures.bytes_out += done;
	return (ssize_t)done;
}

void
wire_flush(struct wire *w)
{
	struct leg *leg = w->out_of;
	size_t n = w->out_len;
	ssize_t done = 0;

	w->out_of = NULL;
	w->out_len = 0;
	if (leg == NULL || leg->broken || n == 0)
		return;
	if (leg->queue.len == 0)
		done = take(leg, w->out, n);
	if (done != -1 && (size_t)done < n)
		queue(leg, w->out + done, n - (size_t)done);
}

void
wire_cork(struct wire *w)
{
	w->corked++;
}

void
wire_uncork(struct wire *w)
{
	if (--w->corked == 0)
		wire_flush(w);
}

void
leg_flush(struct leg *leg)
{
	ssize_t done;

	if (leg->queue.len == 0)
		return;
	done = take(leg, leg->queue.p + leg->sent, leg->queue.len - leg->sent);
	if (done <= 0)
		return;
	leg->moved_ms = now_ms();
	leg->sent += (size_t)done;
	/* Moved to the front when half is gone: each byte once on average. */
	if (leg->sent * 2 >= leg->queue.len) {
		heap_cut(&leg->queue, leg->sent);
		leg->sent = 0;
	}
	leg_watch(leg);
}

static void
add(struct leg *leg, const char *p, size_t n, const uint8_t *key, size_t offset)
{
	struct wire *w = leg->wire;

	while (n > 0) {
		size_t room = WIRE_BUFFER - w->out_len, k = n < room ? n : room;

		if (key == NULL)
			memcpy(w->out + w->out_len, p, k);
		else
			ws_mask(w->out + w->out_len, p, k, key, offset);
		w->out_len += k;
		w->out_of = leg;
		if (w->out_len == WIRE_BUFFER)
			wire_flush(w);
		p += k;
		n -= k;
		offset += k;
	}
}

int
leg_frame(
    struct leg *leg, uint8_t first, const struct leg_piece *pieces, size_t n)
{
	struct wire *w = leg->wire;
	uint8_t head[WS_HEAD_MAX], key[4], *mask = leg->client ? key : NULL;
	size_t total = 0, offset = 0;

	for (size_t i = 0; i < n; i++)
		total += pieces[i].len;
	if (mask != NULL && wire_random(w, key, sizeof(key)) == -1) {
		leg_break(leg, WS_INTERNAL, "no random bytes");
		return -1;
	}
	if (w->out_of != leg)
		wire_flush(w);
	add(leg, (const char *)head, ws_put_head(head, first, total, mask),
	    NULL, 0);
	for (size_t i = 0; i < n; offset += pieces[i++].len)
		add(leg, pieces[i].p, pieces[i].len, mask, offset);
	if (w->corked == 0)
		wire_flush(w);
	return leg->broken ? -1 : 0;
}

int
leg_sendv(struct leg *leg, const struct leg_piece *pieces, size_t n)
{
	struct deflate **d = &leg->wire->deflate;
	struct leg_piece packed = { 0 };
	size_t total = 0, waiting = leg->queue.len - leg->sent;
	char *text;

	if (leg->said || leg->end != 0 || leg->stream.fd == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		total += pieces[i].len;
	/* One message is never too long for a queue that is empty. */
	if (waiting > 0 && waiting + total > leg->limits.queue_max) {
		leg_close(leg, WS_LATER, "too much waits to be sent");
		return -1;
	}
	leg->figures.out++;
	if (leg->deflate.on && total >= DEFLATE_LEAST &&
	    (*d != NULL || (*d = deflate_new()) != NULL) &&
	    deflate_pack(
		*d, pieces, n, total, leg->deflate.bits, &text, &packed.len)) {
		packed.p = text;
		return leg_frame(leg, FIN | WS_RSV1 | WS_TEXT, &packed, 1);
	}
	return leg_frame(leg, FIN | WS_TEXT, pieces, n);
}

int
leg_send(struct leg *leg, const char *text, size_t len)
{
	struct leg_piece all = { text, len };

	return leg_sendv(leg, &all, 1);
}

void
leg_ping(struct leg *leg)
{
	if (leg->said || leg->end != 0 || leg->stream.fd == -1)
		return;
	if (leg->ping_ms == 0 && !leg->paused)
		leg->ping_ms = now_ms();
	(void)leg_frame(leg, FIN | WS_PING, NULL, 0);
}

/* Codes that are never on the wire become a Close without a code (7.4.1). */
int
leg_say_close(struct leg *leg, unsigned code, const char *reason, size_t len)
{
	char number[2] = { (char)(code >> 8), (char)code };
	struct leg_piece pieces[2] = { { number, 2 }, { reason, len } };
	const size_t most = WS_CONTROL_MAX - 2;

	if (leg->said || leg->broken || leg->stream.fd == -1)
		return -1;
	/* Cut between characters, not within one. */
	if (len > most)
		for (len = most; (reason[len] & 0xc0) == 0x80;)
			len--;
	pieces[1].len = len;
	leg->said = true;
	return leg_frame(
	    leg, FIN | WS_CLOSE, pieces, ws_code_is_good(code) ? 2 : 0);
}

void
leg_close(struct leg *leg, unsigned code, const char *reason)
{
	if (leg->said || leg->end != 0 || leg->stream.fd == -1)
		return;
	if (leg_say_close(leg, code, reason, strlen(reason)) == 0)
		leg->close_ms = now_ms() + LEG_CLOSE_MS;
}
