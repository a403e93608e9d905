/* SPDX-License-Identifier: MIT */
/*
 * Which handlers a frame has is looked up by its shape, not by its name: at the
 * start the tables of the rooms are turned into one list for each shape and
 * way, so a frame that interests nobody costs one look.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"

#define EACH_MAX 4 /* handlers of one action */

/* --- what every charge point tells of itself ------------------------------ */

static bool
learn(struct span payload, const char *path, char out[CHARGER_TEXT_MAX])
{
	char text[CHARGER_TEXT_MAX];
	struct span value;

	if (!judge_member(payload, path, &value) ||
	    judge_text(value, text, sizeof(text)) == -1 ||
	    strcmp(text, out) == 0)
		return false;
	(void)strcpy(out, text);
	return true;
}

static enum pair_do
booted(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	static const char *const paths[2][4] = {
		{ "chargePointSerialNumber", "chargePointVendor",
		    "chargePointModel", "firmwareVersion" },
		{ "chargingStation.serialNumber", "chargingStation.vendorName",
		    "chargingStation.model",
		    "chargingStation.firmwareVersion" },
	};
	const char *const *path = paths[p->version != OCPP_16];
	struct charger *c = p->charger;
	bool new = false;

	(void)way;
	(void)text;
	(void)call;
	new |= learn(f->payload, path[0], c->serial);
	new |= learn(f->payload, path[1], c->vendor);
	new |= learn(f->payload, path[2], c->model);
	new |= learn(f->payload, path[3], c->firmware);
	c->changed |= new;
	p->booting = true;
	return PAIR_PASS;
}

static const struct pair_handled own_handled[] = {
	{ 1u << OCPP_16 | 1u << OCPP_201 | 1u << OCPP_21, OCPP_UP,
	    "BootNotification", booted, NULL },
	{ 0 },
};

/* --- the lists ------------------------------------------------------------ */

struct handlers {
	const struct pair_handled *(*by)[2][EACH_MAX]; /* [shape][way] */
	int shapes;
};

static const struct pair_handled *const tables[] = { own_handled,
	secure_handled, store_handled };
#define TABLES (sizeof(tables) / sizeof(*tables))

static int
make_room(struct handlers *h, int shape)
{
	void *by;

	if (shape < h->shapes)
		return 0;
	by = realloc(h->by, (size_t)(shape + 1) * sizeof(*h->by));
	if (by == NULL)
		return -1;
	h->by = by;
	memset(h->by + h->shapes, 0,
	    (size_t)(shape + 1 - h->shapes) * sizeof(*h->by));
	h->shapes = shape + 1;
	return 0;
}

static int
enter(struct handlers *h, const struct pair_handled *one, enum ocpp_version v)
{
	int shape = judge_shape(v, one->action, strlen(one->action));
	size_t i = 0;

	if ((one->versions & 1u << v) == 0 || shape < 0)
		return 0;
	if (make_room(h, shape) == -1)
		return -1;
	while (i < EACH_MAX && h->by[shape][one->way][i] != NULL)
		i++;
	if (i == EACH_MAX)
		abort(); /* the tables are the program's own */
	h->by[shape][one->way][i] = one;
	return 0;
}

struct handlers *
handlers_new(void)
{
	struct handlers *h = calloc(1, sizeof(*h));

	for (size_t t = 0; h != NULL && t < TABLES; t++)
		for (size_t i = 0; tables[t][i].action != NULL; i++)
			for (int v = 0; v < OCPP_VERSIONS; v++)
				if (enter(h, &tables[t][i],
					(enum ocpp_version)v) == -1) {
					handlers_free(h);
					return NULL;
				}
	return h;
}

void
handlers_free(struct handlers *h)
{
	if (h == NULL)
		return;
	free(h->by);
	free(h);
}

enum pair_do
handled(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	const struct handlers *h = p->bridge->handlers;
	int shape = call == NULL ? f->shape : call->shape;
	unsigned side = call == NULL ? (unsigned)way : !way;

	if (shape < 0 || shape >= h->shapes)
		return PAIR_PASS;
	for (size_t i = 0; i < EACH_MAX && h->by[shape][side][i] != NULL; i++) {
		const struct pair_handled *one = h->by[shape][side][i];
		pair_handler *fn = call == NULL ? one->asked : one->answered;
		enum pair_do what =
		    fn == NULL ? PAIR_PASS : fn(p, way, f, text, call);

		if (what != PAIR_PASS)
			return what;
	}
	return PAIR_PASS;
}
