/* SPDX-License-Identifier: MIT */
/*
 * CALLs that the gateway makes: its ids are UUIDs of version 4, so they can not
 * meet one of the other side's (part 4, 6.4), and they wait for their turn like
 * anybody's. Also frames that others of this room send for the two sides.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "digest.h"

#define UUID_LEN 36

static int
uuid(char out[UUID_LEN + 1], struct err *e)
{
	uint8_t b[16];
	char hex[33];

	if (random_bytes(b, sizeof(b), e) == -1)
		return -1;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex_encode(b, sizeof(b), hex);
	(void)snprintf(out, UUID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
	return 0;
}

static bool
is_here(const struct pair *p)
{
	return p->state == PAIR_OPEN || p->state == PAIR_AWAY;
}

static int
not_here(const struct pair *p, struct err *e)
{
	return err_set(e, ENOTCONN, "charge point %s is not connected",
	    p->charger->identity);
}

int
pair_call(struct pair *p, enum ocpp_way way, const char *action,
    const char *payload, call_done *done, void *ctx, struct err *e)
{
	size_t size = strlen(action) + strlen(payload) + UUID_LEN + 16;
	struct call c = { .shape =
			      judge_shape(p->version, action, strlen(action)),
		.at_ms = p->bridge->now_ms,
		.ours = true,
		.done = done,
		.ctx = ctx };
	char id[UUID_LEN + 1];

	if (!is_here(p))
		return not_here(p, e);
	if (uuid(id, e) == -1)
		return -1;
	call_id_is(&c, (struct span){ id, UUID_LEN });
	if ((c.text = malloc(size)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	c.text_len = (size_t)snprintf(
	    c.text, size, "[2,\"%s\",\"%s\",%s]", id, action, payload);
	if (calls_wait(&p->calls[way], &c, p->bridge->set->limits.queue) ==
	    -1) {
		free(c.text);
		return err_set(e, EBUSY, "too many calls are waiting");
	}
	relay_next(p, way);
	return 0;
}

int
pair_resend(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, uint64_t record, call_done *done, void *ctx,
    struct err *e)
{
	struct call lost,
	    c = { .shape = f->shape,
		    .at_ms = p->bridge->now_ms,
		    .ours = true,
		    .done = done,
		    .ctx = ctx,
		    .record = record };

	if (!is_here(p) || p->legs[way] == NULL)
		return not_here(p, e);
	if (p->calls[way].nopen > 0)
		return err_set(e, EBUSY, "another call is open");
	call_id_is(&c, f->id);
	if (calls_add(&p->calls[way], &c, &lost) == -1)
		return err_set(e, ENOMEM, "out of memory");
	/* A leg that can not take it is closing: that is told by its end. */
	(void)leg_send(p->legs[way], text.p, text.len);
	return 0;
}

int
pair_forward(struct pair *p, enum ocpp_way way, struct span text)
{
	struct frame f = { .shape = -1 };
	struct verdict v;
	struct call lost, c = { .at_ms = p->bridge->now_ms };

	if (!is_here(p) || p->legs[way] == NULL)
		return -1;
	(void)judge_frame(p->version, way, text.p, text.len, &f, &v);
	if (f.type == OCPP_CALL && f.id.len > 0) {
		c.shape = f.shape;
		call_id_is(&c, f.id);
		if (calls_find(&p->calls[way], &c) == NULL &&
		    calls_add(&p->calls[way], &c, &lost) == -1)
			return -1;
	}
	return leg_send(p->legs[way], text.p, text.len);
}
