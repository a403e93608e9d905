/* SPDX-License-Identifier: MIT */
/*
 * From the socket to whole messages. All legs of a loop read into one buffer;
 * a frame that came whole is unmasked and handed over there. Only the begin of
 * a frame that has not come yet, and the frames of a message that is not
 * finished, go to the leg's own heap, which grows with what has really come and
 * not with what was announced.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leg_in.h"

#define A_TURN 8 /* records of TLS */

/* Does what it says still matter? */
static bool
listening(const struct leg *leg)
{
	return leg->stream.fd != -1 && !leg->heard && !leg->draining &&
	    leg->end == 0 && (!leg->orphan || leg->said);
}

static bool
waiting(const struct leg *leg)
{
	return !leg->orphan && (leg->calls == NULL || leg->paused);
}

static int
unpack(struct leg *leg, char **text, size_t *len)
{
	struct deflate **d =
	    leg->deflate.keeps ? &leg->own : &leg->wire->deflate;

	if (*d == NULL && (*d = deflate_new()) == NULL)
		return WS_LATER;
	return deflate_open(*d, *text, *len, leg->limits.frame_max,
	    leg->deflate.keeps, text, len);
}

static const char *
unpack_fault(int code)
{
	return code == WS_TOO_BIG ? "the message is too long"
	    : code == WS_DATA     ? "the compressed data is damaged"
				  : "no memory";
}

static void
message(struct leg *leg, char *text, size_t len, bool packed)
{
	int code = packed ? unpack(leg, &text, &len) : 0;

	if (code != 0) {
		leg_fault(leg, (unsigned)code, unpack_fault(code));
		return;
	}
	if (!ws_is_utf8(text, len)) {
		leg_fault(leg, WS_DATA, "text that is not UTF-8");
		return;
	}
	leg->figures.in++;
	/* Who has said goodbye does not listen any more. */
	if (leg->said || leg->calls == NULL)
		return;
	leg->calls->message(leg->ctx, text, len);
}

static void
text_frame(struct leg *leg, const struct ws_frame *f, char *data)
{
	struct heap whole;

	if ((f->op == WS_TEXT) == leg->part_open) {
		leg_fault(leg, WS_PROTOCOL,
		    leg->part_open ? "a message within a message"
				   : "a continuation of nothing");
		return;
	}
	if (f->op == WS_TEXT && f->fin) {
		message(leg, data, (size_t)f->len, f->rsv1);
		return;
	}
	if (f->op == WS_TEXT)
		leg->part_packed = f->rsv1;
	leg->part_open = true;
	if (!heap_add(&leg->part, data, (size_t)f->len)) {
		leg_break(leg, WS_LATER, "no memory");
		return;
	}
	if (!f->fin)
		return;
	leg->part_open = false;
	whole = leg->part;
	leg->part = (struct heap){ 0 };
	message(
	    leg, whole.p == NULL ? data : whole.p, whole.len, leg->part_packed);
	heap_free(&whole);
}

/* A peer that sends pings and reads nothing gets no queue of answers: the
 * newest answer would do (5.5.3), and it has not read the older ones. */
static void
pong(struct leg *leg, const struct ws_frame *f, const char *data)
{
	struct leg_piece same = { data, (size_t)f->len };

	if (!leg->said && leg->queue.len <= leg->limits.queue_max / 2)
		(void)leg_frame(leg, 0x80 | WS_PONG, &same, 1);
}

/* RFC 6455 5.5.1, 7.1.5: an answer carries the peer's own code, and its reason
 * as most others do: with the gateway between, a peer hears what it would. */
static void
close_frame(struct leg *leg, const struct ws_frame *f, const char *data)
{
	size_t len = (size_t)f->len;
	unsigned code = len < 2
	    ? (unsigned)WS_NONE
	    : (unsigned)(uint8_t)data[0] << 8 | (uint8_t)data[1];

	if (len == 1 || (len >= 2 && !ws_code_is_good(code))) {
		leg_fault(leg, WS_PROTOCOL, "a close code that must not be");
		return;
	}
	if (len > 2 && !ws_is_utf8(data + 2, len - 2)) {
		leg_fault(leg, WS_DATA, "a close reason that is not UTF-8");
		return;
	}
	leg->heard = true;
	(void)leg_say_close(leg, code, data + 2, len > 2 ? len - 2 : 0);
	leg->close_ms = now_ms() + LEG_LINGER_MS;
	leg->end = code;
	if (len > 2) {
		memcpy(leg->reason, data + 2, len - 2);
		leg->reason[len - 2] = '\0';
	}
	leg_tell(leg);
}

static void
frame(struct leg *leg, const struct ws_frame *f, char *data)
{
	switch ((enum ws_op)f->op) {
	case WS_CONTINUATION:
	case WS_TEXT:
		text_frame(leg, f, data);
		break;
	case WS_BINARY: /* OCPP-J speaks text alone */
		leg_fault(leg, WS_UNSUPPORTED, "a binary message");
		break;
	case WS_PING:
		pong(leg, f, data);
		break;
	case WS_PONG: /* that it came was noted when it was read */
		break;
	case WS_CLOSE:
		close_frame(leg, f, data);
		break;
	}
}

/* Whole frames out of p; how many bytes they were. */
static size_t
frames(struct leg *leg, char *p, size_t n)
{
	const struct ws_rules rules = { !leg->client, leg->deflate.on };
	size_t used = 0;

	while (listening(leg) && !waiting(leg)) {
		struct ws_frame f;
		const char *why;
		char *data;
		int rc =
		    ws_head(p + used, n - used, &rules, &f, &leg->need, &why);

		if (rc == WS_MORE)
			break;
		if (rc != 0) {
			leg_fault(leg, (unsigned)rc, why);
			break;
		}
		if (f.op <= WS_BINARY &&
		    f.len > leg->limits.frame_max - leg->part.len) {
			leg_fault(leg, WS_TOO_BIG, "the message is too long");
			break;
		}
		if (n - used < leg->need)
			break;
		data = p + used + f.head;
		if (f.masked)
			ws_mask(data, data, (size_t)f.len, f.key, 0);
		used += leg->need;
		frame(leg, &f, data);
	}
	return used;
}

void
leg_again(struct leg *leg)
{
	size_t used;

	if (leg->rest.len == 0)
		return;
	used = frames(leg, leg->rest.p, leg->rest.len);
	if (!listening(leg))
		used = leg->rest.len;
	heap_cut(&leg->rest, used);
}

static void
feed(struct leg *leg, char *p, size_t n)
{
	size_t used = leg->rest.len == 0 ? frames(leg, p, n) : 0;

	if (!listening(leg) || used == n)
		return;
	if (!heap_add(&leg->rest, p + used, n - used)) {
		leg_break(leg, WS_LATER, "no memory");
		return;
	}
	if (used == 0 && leg->rest.len > n && leg->rest.len >= leg->need)
		leg_again(leg);
}

/* false: nothing more is there, or it is over. */
static bool
read_once(struct leg *leg)
{
	struct wire *w = leg->wire;
	ssize_t n = stream_read(&leg->stream, w->in, WIRE_BUFFER);

	if (n == -1 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		leg_over(leg, WS_ABNORMAL,
		    n == 0 ? "the connection ended" : strerror(errno));
		return false;
	}
	leg->figures.bytes_in += (uint64_t)n;
	leg->figures.heard_ms = now_ms();
	leg->ping_ms = 0;
	if (listening(leg))
		feed(leg, w->in, (size_t)n);
	return true;
}

/*
 * Once a turn, so that others have theirs: the loop tells of what is left in
 * the socket. Of what TLS has taken from there nobody else would.
 */
void
leg_read(struct leg *leg)
{
	for (int i = 0; i < A_TURN; i++)
		if (!read_once(leg) || leg->stream.fd == -1 || waiting(leg) ||
		    !stream_pending(&leg->stream))
			return;
	leg_kick(leg);
}
