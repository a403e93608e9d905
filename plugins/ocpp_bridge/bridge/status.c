/* SPDX-License-Identifier: MIT */
/*
 * What the verbs show of the bridge. Texts of charge points go through
 * json_text(), since their bytes are theirs.
 */
#include <string.h>

#include "bridge_in.h"
#include "json.h"
#include "listener.h"

#define PAGE_MOST 200

static const char *const figure_names[FIGURES] = {
	[FIGURE_ARRIVED] = "arrived",
	[FIGURE_NO_IDENTITY] = "no_identity",
	[FIGURE_NO_CREDENTIAL] = "no_credential",
	[FIGURE_TOO_OFTEN] = "too_often",
	[FIGURE_SECOND] = "second",
	[FIGURE_FULL] = "full",
	[FIGURE_HANDSHAKE] = "handshake_failed",
	[FIGURE_DIALLED] = "dialled",
	[FIGURE_UNDIALLED] = "dial_failed",
	[FIGURE_UP] = "frames_up",
	[FIGURE_DOWN] = "frames_down",
	[FIGURE_FAULTS] = "faults",
	[FIGURE_REFUSED] = "refused",
	[FIGURE_UNASKED] = "unasked",
	[FIGURE_LATE] = "late",
	[FIGURE_PAUSED] = "paused",
};

static const char *const state_names[PAIR_STATES] = {
	[PAIR_KNOCKING] = "knocking",
	[PAIR_DIALLING] = "dialling",
	[PAIR_OPEN] = "open",
	[PAIR_AWAY] = "away",
	[PAIR_CLOSING] = "closing",
};

static json_t *
listeners(const struct bridge *b)
{
	json_t *out = json_array();

	for (const struct served *s = b->served; s != NULL; s = s->next)
		(void)json_array_insert_new(out, 0,
		    json_pack("{s:o,s:s,s:i,s:i}", "name",
			json_text(s->is->name), "address", s->is->address,
			"port", (int)listener_port(s->listener), "profile",
			(int)s->is->profile));
	return out;
}

static json_t *
stored(struct bridge *b, const char *identity)
{
	struct queue_figures f = { 0 };

	if (b->store != NULL)
		store_figures(b->store, identity, &f);
	return json_pack("{s:I,s:I,s:I,s:I}", "records", (json_int_t)f.records,
	    "bytes", (json_int_t)f.bytes, "dropped", (json_int_t)f.dropped,
	    "oldest_at", (json_int_t)f.oldest_at);
}

static void
add_mirror(struct bridge *b, json_t *out)
{
	uint64_t sent, dropped;
	bool connected;

	if (b->mirror == NULL)
		return;
	mirror_figures(b->mirror, &sent, &dropped, &connected);
	(void)json_object_set_new(out, "mirror",
	    json_pack("{s:b,s:I,s:I}", "connected", (int)connected, "sent",
		(json_int_t)sent, "dropped", (json_int_t)dropped));
}

json_t *
bridge_status(struct bridge *b)
{
	json_t *out = json_object(), *figures = json_object();
	uint64_t each, open = 0;

	for (const struct pair *p = b->pairs; p != NULL; p = p->next)
		open += p->state == PAIR_OPEN;
	for (int i = 0; i < FIGURES; i++)
		(void)json_object_set_new(figures, figure_names[i],
		    json_integer((json_int_t)b->figures[i]));
	(void)json_object_set_new(out, "figures", figures);
	(void)json_object_set_new(out, "listeners", listeners(b));
	(void)json_object_set_new(out, "stored", stored(b, NULL));
	(void)json_object_set_new(
	    out, "connected", json_integer((json_int_t)b->npairs));
	(void)json_object_set_new(out, "open", json_integer((json_int_t)open));
	if (b->set != NULL) {
		each = bridge_bound(&b->set->limits);
		(void)json_object_set_new(out, "memory_bound",
		    json_pack("{s:I,s:I,s:I}", "chargers",
			(json_int_t)b->set->limits.chargers, "bytes_each",
			(json_int_t)each, "bytes",
			(json_int_t)(each * b->set->limits.chargers)));
	}
	add_mirror(b, out);
	return out;
}

static const char *
name_of(enum ocpp_version v)
{
	return v == OCPP_VERSIONS ? "" : ocpp_subprotocol(v);
}

/* Both legs: who is there, and since when a byte came. */
static json_t *
leg_json(const struct leg *leg)
{
	struct leg_figures f;

	if (leg == NULL)
		return json_null();
	leg_figures(leg, &f);
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:b}", "peer",
	    leg_peer(leg), "in", (json_int_t)f.bytes_in, "out",
	    (json_int_t)f.bytes_out, "queued", (json_int_t)f.queued, "faults",
	    (json_int_t)f.faults, "silent_ms",
	    (json_int_t)(now_ms() - f.heard_ms), "tls", (int)f.tls, "deflated",
	    (int)f.deflated);
}

static void
add_backends(json_t *out, const struct pair *p)
{
	json_t *list = json_array();
	struct backend_figures f;
	const char *name;

	for (size_t i = 0;
	     (name = backends_figures(p->backends, i, &f)) != NULL; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s,s:b,s:I,s:I,s:I,s:I}", "name", name, "open",
			(int)f.open, "copied", (json_int_t)f.copied, "lost",
			(json_int_t)f.lost, "refused", (json_int_t)f.refused,
			"allowed", (json_int_t)f.allowed));
	if (json_array_size(list) > 0)
		(void)json_object_set(out, "backends", list);
	json_decref(list);
}

static void
add_pair(json_t *out, const struct pair *p)
{
	(void)json_object_update_new(out,
	    json_pack("{s:s,s:I,s:o,s:o,s:I,s:I,s:I,s:I,s:b}", "state",
		state_names[p->state], "since_ms",
		(json_int_t)(now_ms() - p->since_ms), "charger",
		leg_json(p->legs[OCPP_DOWN]), "csms",
		leg_json(p->legs[OCPP_UP]), "up",
		(json_int_t)p->frames[OCPP_UP], "down",
		(json_int_t)p->frames[OCPP_DOWN], "refused_up",
		(json_int_t)p->refused[OCPP_UP], "refused_down",
		(json_int_t)p->refused[OCPP_DOWN], "paused",
		(int)(p->paused != 0)));
	(void)json_object_set_new(
	    out, "listener_profile", json_integer(p->profile));
	(void)json_object_set_new(
	    out, "csms_profile", json_integer(pair_profile(p)));
	add_backends(out, p);
}

static json_t *
charger_json(struct bridge *b, const struct charger *c)
{
	const struct pair *p = c->pair;
	json_t *out = json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:s,s:o}", "identity",
	    json_text(c->identity), "version",
	    name_of(p != NULL && p->version != OCPP_VERSIONS ? p->version
							     : c->version),
	    "serial", json_text(c->serial), "vendor", json_text(c->vendor),
	    "model", json_text(c->model), "firmware", json_text(c->firmware),
	    "mode",
	    c->class != NULL && c->class->mode == OCPP_STORE ? "store"
							     : "transparent",
	    "stored", stored(b, c->identity));

	if (out != NULL && p != NULL)
		add_pair(out, p);
	else if (out != NULL)
		(void)json_object_set_new(out, "state", json_string("absent"));
	return out;
}

json_t *
bridge_chargers(struct bridge *b, const char *from, size_t most)
{
	json_t *list = json_array(), *out;
	size_t i = chargers_after(b->chargers, from == NULL ? "" : from);
	const struct charger *c = NULL;

	if (most == 0 || most > PAGE_MOST)
		most = PAGE_MOST;
	for (; most > 0 && (c = chargers_at(b->chargers, i)) != NULL;
	     i++, most--)
		(void)json_array_append_new(list, charger_json(b, c));
	out = json_pack("{s:o}", "chargers", list);
	/* "next": behind which the next page begins; absent on the last. */
	if (c != NULL && chargers_at(b->chargers, i) != NULL)
		(void)json_object_set_new(out, "next", json_text(c->identity));
	return out;
}

json_t *
bridge_tail(struct bridge *b, const char *identity, uint64_t after)
{
	return tail_after(b->tail, identity, after, now_ms());
}
