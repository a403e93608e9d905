/* SPDX-License-Identifier: MIT */
/*
 * The bridge as a whole: what it is made of, in which order it is made and
 * unmade, and its one timer. Every second it walks its pairs, frees those that
 * ended, and saves a few records that changed; what has to be durable before
 * it is answered does not wait for that (store.c, secure*.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"

#define SWEEP_MS 1000
#define THREADS  2
#define LOOK_MS  60000 /* for authorities that came or went */
/* Records a second: the thread that writes them checks passwords, too. */
#define SAVES 16

static void sweep(void *bridge);

static void
logged(void *ctx, const char *line)
{
	bridge_log(ctx, "%s", line);
}

static int
open_parts(struct bridge *b, struct err *e)
{
	char folder[4096];

	(void)snprintf(folder, sizeof(folder), "%s/chargers", b->host.state);
	b->chargers = chargers_open(folder, 1, logged, b, e);
	if (b->chargers == NULL)
		return -1;
	if ((b->crew = crew_new(b->loop, THREADS, e)) == NULL ||
	    (b->proofs = crew_new(b->loop, 1, e)) == NULL ||
	    (b->tls = tls_up_new(&b->host, e)) == NULL)
		return -1;
	b->handlers = handlers_new();
	b->guard = guard_new();
	b->tail = tail_new();
	if (b->handlers == NULL || b->guard == NULL || b->tail == NULL)
		return err_set(e, ENOMEM, "out of memory");
	b->sweep = loop_timer(b->loop, b->host.sweep_ms, sweep, b, e);
	return b->sweep == -1 ? -1 : 0;
}

struct bridge *
bridge_new(struct loop *loop, const struct bridge_host *host, struct err *e)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	b->loop = loop;
	b->host = *host;
	if (b->host.sweep_ms == 0)
		b->host.sweep_ms = SWEEP_MS;
	b->now_ms = now_ms();
	if (open_parts(b, e) == -1) {
		bridge_free(b);
		return NULL;
	}
	return b;
}

static void
reap(struct bridge *b)
{
	struct pair **at = &b->pairs, *p;

	while ((p = *at) != NULL) {
		if (!p->dead) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		pair_free(p);
	}
}

static void
save_some(struct bridge *b)
{
	struct charger *c;
	struct err e;

	for (size_t i = 0, n = 0;
	     n < SAVES && (c = chargers_at(b->chargers, i)) != NULL; i++) {
		if (!c->changed || c->saving)
			continue;
		n++;
		if (charger_save_later(b->chargers, b->proofs, c, &e) == -1)
			return; /* the next second again */
	}
}

void
bridge_wind(struct bridge *b)
{
	struct err e;

	if (b->sweep > 0)
		return;
	b->sweep = loop_timer(b->loop, b->host.sweep_ms, sweep, b, &e);
	if (b->sweep == -1)
		bridge_log(b, "%s", e.text);
}

static void
sweep(void *bridge)
{
	struct bridge *b = bridge;

	b->now_ms = now_ms();
	b->sweep = 0;
	bridge_wind(b);
	for (struct pair *p = b->pairs; p != NULL; p = p->next)
		if (!p->dead)
			pair_sweep(p);
	reap(b);
	save_some(b);
	if (b->now_ms / LOOK_MS != b->looked) {
		b->looked = b->now_ms / LOOK_MS;
		served_look(b);
	}
}

/* --- new settings --------------------------------------------------------- */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_csms(const struct ocpp_csms *a, const struct ocpp_csms *b)
{
	return same_text(a->url, b->url) && a->profile == b->profile &&
	    same_text(a->user, b->user) &&
	    same_text(a->password, b->password) &&
	    same_text(a->anchors, b->anchors) &&
	    same_text(a->identity, b->identity) && a->own_leaf == b->own_leaf &&
	    a->wildcards == b->wildcards && a->deflate == b->deflate;
}

/* Each charge point's class under the new settings; who is not known any more,
 * or has another CSMS now, is closed, and comes back by itself. */
static void
reclass(struct bridge *b, const struct ocpp_settings *set)
{
	struct charger *c;

	for (size_t i = 0; (c = chargers_at(b->chargers, i)) != NULL; i++) {
		const struct ocpp_class *old = c->class;
		const struct ocpp_csms *from, *to;

		c->class = who_class(set, c->identity);
		if (old == NULL || c->pair == NULL)
			continue;
		from = old->csms != NULL ? old->csms : &b->set->csms;
		if (c->class == NULL) {
			c->class = old;
			pair_close(c->pair, 1008, "not known any more");
			c->class = NULL;
			continue;
		}
		to = c->class->csms != NULL ? c->class->csms : &set->csms;
		if (!same_csms(from, to))
			pair_close(c->pair, 1012, "another CSMS");
	}
}

/* Those who have not come in yet: they know what the old settings said. */
static void
refuse_knocking(struct bridge *b)
{
	for (struct pair *p = b->pairs; p != NULL; p = p->next)
		if (!p->dead &&
		    (p->state == PAIR_KNOCKING || p->state == PAIR_DIALLING))
			pair_close(p, 1012, "new settings");
}

/* Those of the old settings end; copies begin anew. */
static void
other_backends(struct bridge *b)
{
	for (struct pair *p = b->pairs; p != NULL; p = p->next) {
		backends_end(p->backends);
		backends_free(p->backends);
		p->backends = p->dead || p->version == OCPP_VERSIONS
		    ? NULL
		    : backends_new(p);
	}
}

static int
serve_mirror(struct bridge *b, const struct ocpp_settings *set, struct err *e)
{
	const struct mirror_calls calls = { commanded, b };

	mirror_free(b->mirror);
	b->mirror = NULL;
	if (set->mirror == NULL)
		return 0;
	b->mirror = mirror_new(b->loop, set->mirror, &calls, e);
	return b->mirror == NULL ? -1 : 0;
}

/* Without its folder who is transparent goes on: nobody is promised anything.
 */
static int
serve_store(struct bridge *b, const struct ocpp_settings *set, struct err *e)
{
	if (b->store != NULL) {
		store_serve(b->store, set);
		return 0;
	}
	b->store = store_new(b, b->loop, &b->host, set, e);
	for (size_t i = 0; b->store == NULL && i < set->nclasses; i++)
		if (set->classes[i].mode == OCPP_STORE)
			return -1;
	if (b->store == NULL)
		bridge_log(b, "%s", e->text);
	return 0;
}

static int
serve_secure(struct bridge *b, const struct ocpp_settings *set, struct err *e)
{
	if (b->secure != NULL) {
		secure_serve(b->secure, set);
		return 0;
	}
	b->secure = secure_new(b, b->loop, &b->host, b->chargers, set, e);
	return b->secure == NULL ? -1 : 0;
}

int
bridge_serve(struct bridge *b, const struct ocpp_settings *set, struct err *e)
{
	int rc = 0;

	refuse_knocking(b);
	if (served_are(b, set, e) == -1)
		rc = -1;
	/* Even then: the old settings are about to go. */
	reclass(b, set);
	b->set = set;
	other_backends(b);
	chargers_most_are(b->chargers, set->limits.chargers * 2);
	tls_up_forget(b->tls);
	if (rc == -1 || serve_mirror(b, set, e) == -1 ||
	    serve_store(b, set, e) == -1 || serve_secure(b, set, e) == -1)
		return -1;
	return 0;
}

void
bridge_free(struct bridge *b)
{
	struct err e;
	struct charger *c;

	if (b == NULL)
		return;
	served_free(b);
	for (struct pair *p = b->pairs; p != NULL; p = p->next)
		p->dead = true;
	reap(b);
	store_free(b->store);
	mirror_free(b->mirror);
	secure_free(b->secure);
	crew_free(b->crew);
	crew_free(b->proofs);
	for (size_t i = 0;
	     b->chargers != NULL && (c = chargers_at(b->chargers, i)) != NULL;
	     i++)
		if (c->changed && charger_save(b->chargers, c, &e) == -1)
			bridge_log(b, "%s", e.text);
	tls_up_free(b->tls);
	chargers_free(b->chargers);
	sent_free(b);
	handlers_free(b->handlers);
	guard_free(b->guard);
	tail_free(b->tail);
	loop_untimer(b->loop, b->sweep);
	free(b);
}

struct store *
bridge_store(struct bridge *b)
{
	return b->store;
}

struct secure *
bridge_secure(struct bridge *b)
{
	return b->secure;
}

void
bridge_certs_changed(struct bridge *b)
{
	tls_up_forget(b->tls);
}

int
bridge_server_tls(struct bridge *b, const struct ocpp_csms *csms, SSL_CTX **out,
    struct err *e)
{
	struct tls_own none;

	return tls_up_context(b->tls, csms, 2, NULL, out, &none, e);
}

void
bridge_root(struct bridge *b, char out[static 65])
{
	tls_up_root(b->tls, out);
}
