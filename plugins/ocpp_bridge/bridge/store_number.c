/* SPDX-License-Identifier: MIT */
/*
 * 1.6: a charge point that was given a provisional id speaks of that, and the
 * CSMS of the one it chose. Here the one number is changed for the other on its
 * way; all other bytes stay (ocpp.md 9, item 7). What the charge point says
 * goes through the queue as long as its transaction lasts (store_keep.c), and
 * is changed when it is sent; what the CSMS says of a transaction is changed
 * here.
 *
 * Also: of which transactions events wait (2.x E14).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_in.h"

#define ID_TEXT     64 /* a 2.x transactionId: 36 code points */
#define NUMBER_TEXT 16

int32_t
store_number(struct span payload, const char *path)
{
	struct span value;
	char text[NUMBER_TEXT], *end;
	long n;

	if (!judge_member(payload, path, &value) || value.len == 0 ||
	    value.len >= sizeof(text))
		return 0;
	memcpy(text, value.p, value.len);
	text[value.len] = '\0';
	errno = 0;
	n = strtol(text, &end, 10);
	return *end != '\0' || errno != 0 || n < INT32_MIN || n > INT32_MAX
	    ? 0
	    : (int32_t)n;
}

char *
store_renumbered(struct span text, struct span value, int32_t to, size_t *len)
{
	size_t before = (size_t)(value.p - text.p);
	size_t after = text.len - before - value.len;
	char number[NUMBER_TEXT];
	size_t n = (size_t)snprintf(number, sizeof(number), "%d", to);
	char *out = malloc(before + n + after);

	if (out == NULL)
		return NULL;
	memcpy(out, text.p, before);
	memcpy(out + before, number, n);
	memcpy(out + before + n, value.p + value.len, after);
	*len = before + n + after;
	return out;
}

/* The CSMS's id becomes the charge point's, if it has another for it. */
static enum pair_do
renumber_down(
    struct pair *p, const struct frame *f, struct span text, const char *path)
{
	struct store *s = bridge_store(p->bridge);
	int32_t id = store_number(f->payload, path);
	struct span value;
	size_t len;
	char *out;

	if (s == NULL || id == 0 ||
	    !queue_unmapped(s->queue, store_who(p), id, &id) ||
	    !judge_member(f->payload, path, &value))
		return PAIR_PASS;
	if ((out = store_renumbered(text, value, id, &len)) == NULL)
		return PAIR_FAIL;
	(void)pair_forward(p, OCPP_DOWN, (struct span){ out, len });
	free(out);
	return PAIR_TAKEN;
}

enum pair_do
store_stop_asked(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return renumber_down(p, f, text, "transactionId");
}

enum pair_do
store_profile_asked(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return renumber_down(p, f, text, "csChargingProfiles.transactionId");
}

/* --- GetTransactionStatus ------------------------------------------------- */

static bool
has_id(const struct queue_record *r, const char *id)
{
	struct frame f;
	struct verdict v;
	struct span value;
	char text[ID_TEXT];

	return judge_frame((enum ocpp_version)r->version, OCPP_UP, r->text,
		   r->len, &f, &v) &&
	    judge_member(f.payload, "transactionInfo.transactionId", &value) &&
	    judge_text(value, text, sizeof(text)) != -1 &&
	    strcmp(text, id) == 0;
}

/* Does anything of it wait, and has it ended? Reads all that waits of this
 * charge point: the CSMS asks that rarely. */
static bool
waits(struct store *s, struct pair *p, const char *id, bool *ended)
{
	struct queue_record r = { 0 };
	bool found = false;
	struct err e;

	*ended = false;
	while (queue_next(s->queue, store_who(p), r.number, &r, &e) == 1)
		if (has_id(&r, id)) {
			found = true;
			*ended = r.kind == QUEUE_STOP;
		}
	return found;
}

/*
 * The charge point has handed its events over and would say that none waits.
 * With an id E14.FR.02 wants to hear whether it goes on: it does unless its end
 * waits here; without one only whether anything waits (E14.FR.04, 05).
 */
enum pair_do
store_status_asked(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct store *s = bridge_store(p->bridge);
	struct span value;
	char id[ID_TEXT], payload[80];
	bool ended;

	(void)way;
	(void)text;
	(void)call;
	if (s == NULL ||
	    !queue_waits(s->queue, store_who(p), (uint8_t)p->version))
		return PAIR_PASS;
	if (!judge_member(f->payload, "transactionId", &value)) {
		(void)pair_answer(
		    p, OCPP_DOWN, f->id, "{\"messagesInQueue\":true}");
		return PAIR_TAKEN;
	}
	if (judge_text(value, id, sizeof(id)) == -1 || !waits(s, p, id, &ended))
		return PAIR_PASS;
	(void)snprintf(payload, sizeof(payload),
	    "{\"ongoingIndicator\":%s,\"messagesInQueue\":true}",
	    ended ? "false" : "true");
	(void)pair_answer(p, OCPP_DOWN, f->id, payload);
	return PAIR_TAKEN;
}
