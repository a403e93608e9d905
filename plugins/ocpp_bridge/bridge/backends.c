/* SPDX-License-Identifier: MIT */
/*
 * A backend's leg is as good as a CSMS's on the wire and worth nothing here:
 * all that happens to it ends in figures. A backend that is dialled while the
 * charge point is long connected would refuse one that has not booted, so the
 * boot notification is kept and goes first.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "bridge_in.h"
#include "digest.h"

#define BOOT     "BootNotification"
#define BOOT_MAX 8192 /* bytes; a longer one is not kept */

struct backend {
	struct backends *all;
	const struct ocpp_backend *is;
	struct dial *dial;
	struct leg *leg;
	struct tls_own own; /* what it saw of ours; that it refuses one on
			       trial says nothing about it */
	unsigned failures;
	unsigned legs; /* it has had */
	uint64_t retry_at, pinged_ms;
	struct backend_figures figures;
};

struct backends {
	struct pair *pair;
	struct asked *asked; /* CALLs of backends that are under way */
	char *boot;
	size_t boot_len;
	size_t n;
	struct backend of[];
};

/* A CALL that a backend may make: whose answer goes back to it, if it is still
 * the same leg. */
struct asked {
	struct asked *next;
	struct backends *all; /* NULL: they are gone */
	struct backend *by;
	unsigned legs; /* of by, when it asked */
	size_t id_len;
	char id[];
};

static bool
listed(char *const *list, size_t n, struct span action)
{
	char name[OCPP_ACTION_MAX + 1];

	if (action.len > OCPP_ACTION_MAX)
		return false;
	memcpy(name, action.p, action.len);
	name[action.len] = '\0';
	for (size_t i = 0; i < n; i++)
		if (fnmatch(list[i], name, FNM_NOESCAPE) == 0)
			return true;
	return false;
}

static void
wait_for_retry(struct backend *k)
{
	uint32_t random = 0;
	struct err e;

	(void)random_bytes(&random, sizeof(random), &e);
	k->retry_at = now_ms() +
	    backoff_ms(
		&k->all->pair->bridge->set->backoff, k->failures, random);
	k->failures++;
}

static void
hang_up(struct backend *k)
{
	leg_free(k->leg);
	k->leg = NULL;
	k->figures.open = false;
}

/* --- what it calls -------------------------------------------------------- */

static int
say(struct backend *k, char type, struct span id, struct span rest)
{
	char head[] = "[3,\"";
	struct leg_piece pieces[] = { { head, 4 }, { id.p, id.len },
		{ "\",", 2 }, { rest.p, rest.len }, { "]", 1 } };

	head[1] = type;
	return leg_sendv(k->leg, pieces, 5);
}

static void
refuse(struct backend *k, struct span id, const char *rest)
{
	k->figures.refused++;
	(void)say(k, '4', id, (struct span){ rest, strlen(rest) });
}

static void
unlink_asked(struct asked *a)
{
	struct asked **at = &a->all->asked;

	while (*at != NULL && *at != a)
		at = &(*at)->next;
	if (*at == a)
		*at = a->next;
}

static void
answered(void *ctx, struct pair *p, const struct frame *f)
{
	struct asked *a = ctx;
	struct span id = { a->id, a->id_len };

	(void)p;
	if (a->all == NULL) {
		free(a);
		return;
	}
	unlink_asked(a);
	if (a->by->leg != NULL && a->by->legs == a->legs) {
		if (f != NULL && f->type == OCPP_RESULT)
			(void)say(a->by, '3', id, f->payload);
		else
			refuse(a->by, id,
			    "\"GenericError\",\"the charge point did not do "
			    "it\",{}");
	}
	free(a);
}

static int
pass_on(struct backend *k, const struct frame *f, struct err *e)
{
	struct asked *a = malloc(sizeof(*a) + f->id.len);
	char action[OCPP_ACTION_MAX + 1], *payload;
	int rc;

	payload = strndup(f->payload.p, f->payload.len);
	if (a == NULL || payload == NULL) {
		free(a);
		free(payload);
		return err_set(e, ENOMEM, "out of memory");
	}
	memcpy(action, f->action.p, f->action.len);
	action[f->action.len] = '\0';
	*a = (struct asked){ k->all->asked, k->all, k, k->legs, f->id.len };
	memcpy(a->id, f->id.p, f->id.len);
	k->all->asked = a;
	rc =
	    pair_call(k->all->pair, OCPP_DOWN, action, payload, answered, a, e);
	if (rc == -1) {
		unlink_asked(a);
		free(a);
	}
	free(payload);
	return rc;
}

static void
on_message(void *ctx, char *text, size_t len)
{
	struct backend *k = ctx;
	struct pair *p = k->all->pair;
	struct frame f = { .shape = -1 };
	struct verdict v;
	struct err e;

	if (!judge_frame(p->version, OCPP_DOWN, text, len, &f, &v) ||
	    f.type != OCPP_CALL) /* its answers, most of all */
		return;
	if (!listed(k->is->allowed, k->is->nallowed, f.action))
		refuse(k, f.id,
		    "\"SecurityError\",\"this backend only listens\",{}");
	else if (!judge_payload(&f, f.shape, false, &v))
		refuse(k, f.id, "\"GenericError\",\"a faulty call\",{}");
	else if (pass_on(k, &f, &e) == -1)
		refuse(k, f.id, "\"GenericError\",\"not now\",{}");
	else
		k->figures.allowed++;
}

static void
on_closed(void *ctx, unsigned code, const char *reason)
{
	struct backend *k = ctx;

	pair_note(k->all->pair, "backend", "%s closed: %u %s", k->is->name,
	    code, reason);
	hang_up(k);
	wait_for_retry(k);
}

/* --- dialling it ---------------------------------------------------------- */

static void
opened(struct backend *k, const struct dial_result *r)
{
	static const struct leg_calls calls = { on_message, on_closed };
	const struct backends *all = k->all;

	k->leg = r->leg;
	k->legs++;
	if (ocpp_version_named(r->protocol, strlen(r->protocol)) !=
	    all->pair->version) {
		leg_close(k->leg, 1002, "another subprotocol");
		hang_up(k);
		wait_for_retry(k);
		return;
	}
	k->failures = 0;
	k->figures.open = true;
	k->pinged_ms = now_ms();
	leg_calls_are(k->leg, &calls, k);
	pair_note(all->pair, "backend", "%s is connected", k->is->name);
	if (k->leg != NULL && all->boot != NULL &&
	    listed(k->is->copied, k->is->ncopied,
		(struct span){ BOOT, strlen(BOOT) }))
		(void)leg_send(k->leg, all->boot, all->boot_len);
}

static void
dialled_one(void *ctx, const struct dial_result *r)
{
	struct backend *k = ctx;
	struct dial *d = k->dial;

	k->dial = NULL;
	if (r->end == DIAL_OPEN)
		opened(k, r);
	else {
		if (k->failures == 0)
			pair_note(k->all->pair, "backend", "%s: %s",
			    k->is->name, r->why);
		wait_for_retry(k);
	}
	dial_free(d);
}

static void
dial_one(struct backend *k)
{
	struct pair *p = k->all->pair;
	struct err e;

	if (dial_other(
		p, &k->is->csms, &k->own, dialled_one, k, &k->dial, &e) == 0)
		return;
	if (k->failures == 0)
		bridge_log(p->bridge, "backend %s: %s", k->is->name, e.text);
	wait_for_retry(k);
}

/* --- the pair's side ------------------------------------------------------ */

static bool
concerns(const struct ocpp_backend *b, const char *identity)
{
	return b->charger == NULL ||
	    fnmatch(b->charger, identity, FNM_NOESCAPE) == 0;
}

struct backends *
backends_new(struct pair *p)
{
	const struct ocpp_settings *set = p->bridge->set;
	const char *identity = p->charger->identity;
	struct backends *all;
	size_t n = 0;

	for (size_t i = 0; i < set->nbackends; i++)
		n += concerns(&set->backends[i], identity);
	if (n == 0 ||
	    (all = calloc(1, sizeof(*all) + n * sizeof(all->of[0]))) == NULL)
		return NULL;
	all->pair = p;
	for (size_t i = 0; i < set->nbackends; i++)
		if (concerns(&set->backends[i], identity))
			all->of[all->n++] = (struct backend){ .all = all,
				.is = &set->backends[i] };
	for (size_t i = 0; i < all->n; i++)
		dial_one(&all->of[i]);
	return all;
}

void
backends_end(struct backends *all)
{
	for (size_t i = 0; all != NULL && i < all->n; i++) {
		struct backend *k = &all->of[i];

		dial_free(k->dial);
		k->dial = NULL;
		if (k->leg != NULL)
			leg_close(k->leg, 1000, "the charge point is gone");
		hang_up(k);
	}
}

void
backends_free(struct backends *all)
{
	if (all == NULL)
		return;
	for (struct asked *a = all->asked; a != NULL; a = a->next)
		a->all = NULL;
	free(all->boot);
	free(all);
}

/* The first one of a connection says all that the later ones say. */
static void
keep_boot(struct backends *all, struct span text)
{
	if (all->boot != NULL || text.len > BOOT_MAX ||
	    (all->boot = malloc(text.len)) == NULL)
		return;
	memcpy(all->boot, text.p, text.len);
	all->boot_len = text.len;
}

void
backends_copy(struct backends *all, const struct frame *f, struct span text)
{
	if (all == NULL)
		return;
	if (f->action.len == strlen(BOOT) &&
	    memcmp(f->action.p, BOOT, f->action.len) == 0)
		keep_boot(all, text);
	for (size_t i = 0; i < all->n; i++) {
		struct backend *k = &all->of[i];

		if (!listed(k->is->copied, k->is->ncopied, f->action))
			continue;
		if (k->leg != NULL && leg_send(k->leg, text.p, text.len) == 0)
			k->figures.copied++;
		else
			k->figures.lost++;
	}
}

void
backends_sweep(struct backends *all)
{
	uint64_t now = now_ms(), every;

	if (all == NULL)
		return;
	every = (uint64_t)all->pair->bridge->set->limits.ping_s * 1000;
	for (size_t i = 0; i < all->n; i++) {
		struct backend *k = &all->of[i];

		if (k->leg == NULL && k->dial == NULL && now >= k->retry_at)
			dial_one(k);
		else if (k->leg != NULL && every > 0 &&
		    now - k->pinged_ms >= every) {
			k->pinged_ms = now;
			leg_ping(k->leg);
		}
	}
}

const char *
backends_figures(
    const struct backends *all, size_t i, struct backend_figures *f)
{
	if (all == NULL || i >= all->n)
		return NULL;
	*f = all->of[i].figures;
	return all->of[i].is->name;
}
