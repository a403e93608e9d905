/* SPDX-License-Identifier: MIT */
/*
 * The listeners of the settings. A listener that stays the same word for word
 * stays open, with all who came by it; every other change closes it first and
 * opens the new one then, since it may want the same port.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "listener.h"

#define ARRIVALS_MIN 16

static const struct listener_calls calls = {
	.arrived = arrive, .left = arrive_left, .failed = arrive_failed
};

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_files(const struct ocpp_listener *a, const struct ocpp_listener *b)
{
	bool same = a->nnames == b->nnames && same_text(a->anchors, b->anchors);

	for (size_t i = 0; same && i < a->nnames; i++)
		same = same_text(a->names[i], b->names[i]);
	for (size_t i = 0; same && i < 2; i++)
		same = same_text(a->pairs[i].chain, b->pairs[i].chain) &&
		    same_text(a->pairs[i].key, b->pairs[i].key);
	return same;
}

static bool
same(const struct ocpp_listener *a, const struct ocpp_listener *b)
{
	return same_text(a->name, b->name) &&
	    same_text(a->address, b->address) && same_text(a->root, b->root) &&
	    a->port == b->port && a->profile == b->profile &&
	    a->static_rsa == b->static_rsa && a->old_tls == b->old_tls &&
	    a->deflate == b->deflate && a->versions == b->versions &&
	    same_files(a, b);
}

/* The limits are given to a listener when it opens, so others mean another. */
static bool
same_limits(const struct ocpp_limits *a, const struct ocpp_limits *b)
{
	return a->frame == b->frame && a->queue == b->queue &&
	    a->handshakes == b->handshakes &&
	    a->handshake_ms == b->handshake_ms && a->slow_ms == b->slow_ms &&
	    a->ping_s == b->ping_s && a->chargers == b->chargers;
}

static struct served *
find(struct bridge *b, const struct ocpp_listener *is)
{
	for (struct served *s = b->served; s != NULL; s = s->next)
		if (!s->keep && same(s->is, is))
			return s;
	return NULL;
}

static void
close_one(struct served *s)
{
	static const struct pair_news news = { .code = 1012,
		.why = "this listener is closed" };

	for (struct pair *p = s->bridge->pairs; p != NULL; p = p->next)
		if (p->served == s) {
			pair_happens(p, PAIR_END, &news);
			p->served = NULL;
		}
	listener_free(s->listener);
	SSL_CTX_free(s->tls);
	free(s);
}

static int
open_one(struct bridge *b, const struct ocpp_settings *set,
    const struct ocpp_listener *is, struct err *e)
{
	struct served *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ENOMEM, "out of memory");
	*s = (struct served){ b, is, NULL, NULL, true, b->served };
	if (is->profile >= 2 && tls_down(&b->host, is, &s->tls, e) == -1) {
		free(s);
		return err_in(e, "listener %s", is->name);
	}
	s->listener = listener_new(b->loop,
	    &(struct listen_settings){ .address = is->address,
		.port = is->port,
		.tls = s->tls,
		.limits = { set->limits.frame, set->limits.queue,
		    set->limits.slow_ms, set->limits.ping_s * 1000 },
		.arrivals_max = set->limits.chargers + ARRIVALS_MIN,
		.arrival_ms = set->limits.handshake_ms,
		.per_second = set->limits.handshakes,
		.deflate = is->deflate },
	    &calls, s, e);
	if (s->listener == NULL) {
		SSL_CTX_free(s->tls);
		free(s);
		return err_in(e, "listener %s", is->name);
	}
	b->served = s;
	return 0;
}

static void
close_unkept(struct bridge *b)
{
	struct served **at = &b->served, *s;

	while ((s = *at) != NULL) {
		if (s->keep) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		close_one(s);
	}
}

int
served_are(struct bridge *b, const struct ocpp_settings *set, struct err *e)
{
	bool limits =
	    b->set != NULL && same_limits(&b->set->limits, &set->limits);
	struct served *s;

	for (s = b->served; s != NULL; s = s->next)
		s->keep = false;
	for (size_t i = 0; limits && i < set->nlisteners; i++)
		if ((s = find(b, &set->listeners[i])) != NULL) {
			s->keep = true;
			s->is = &set->listeners[i];
		}
	close_unkept(b);
	for (size_t i = 0; i < set->nlisteners; i++) {
		for (s = b->served; s != NULL; s = s->next)
			if (s->is == &set->listeners[i])
				break;
		if (s == NULL && open_one(b, set, &set->listeners[i], e) == -1)
			return -1;
	}
	return 0;
}

void
served_free(struct bridge *b)
{
	for (struct served *s = b->served; s != NULL; s = s->next)
		s->keep = false;
	close_unkept(b);
}

void
served_look(struct bridge *b)
{
	struct err e;

	for (struct served *s = b->served; s != NULL; s = s->next)
		if (s->tls != NULL &&
		    tls_down_again(&b->host, s->is, s->tls, &e) == -1)
			bridge_log(b, "%s", e.text);
}
