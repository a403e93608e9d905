/* SPDX-License-Identifier: MIT */
/*
 * The side towards the CSMS: where it is, what is presented there, what comes
 * of it, and when the next try is due.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"

#define TARGET_MAX 4096

typedef void dial_done_fn(void *ctx, const struct dial_result *);

struct towards { /* which CSMS, and what of ours it is shown */
	const struct ocpp_csms *csms;
	uint8_t profile;
	const char *leaf;
	struct tls_own *own; /* filled */
};

const struct ocpp_csms *
pair_csms(const struct pair *p)
{
	const struct ocpp_class *class = p->charger->class;

	return class->csms != NULL ? class->csms : &p->bridge->set->csms;
}

uint8_t
pair_profile(const struct pair *p)
{
	return p->charger->profile <= 3 ? p->charger->profile
					: pair_csms(p)->profile;
}

/* "host", "host:9000", "[2001:db8::1]:9000" in front of path. */
static int
host_of(const char *p, size_t len, struct csms_where *w)
{
	const char *end = p + len, *host_end, *colon = NULL;
	unsigned long port = w->port;

	if (len > 0 && *p == '[') {
		p++;
		if ((host_end = memchr(p, ']', len - 1)) == NULL)
			return -1;
		colon = host_end + 1 < end ? host_end + 1 : NULL;
		if (colon != NULL && *colon != ':')
			return -1;
	} else {
		colon = memchr(p, ':', len);
		host_end = colon != NULL ? colon : end;
	}
	if (colon != NULL) {
		char *stop;

		port = strtoul(colon + 1, &stop, 10);
		if (stop != end || stop == colon + 1)
			return -1;
	}
	if (host_end == p || (size_t)(host_end - p) >= sizeof(w->host) ||
	    port == 0 || port > UINT16_MAX)
		return -1;
	memcpy(w->host, p, (size_t)(host_end - p));
	w->host[host_end - p] = '\0';
	w->port = (uint16_t)port;
	return 0;
}

int
csms_where(const char *url, struct csms_where *w, struct err *e)
{
	size_t scheme;

	*w = (struct csms_where){ .tls = strncmp(url, "wss://", 6) == 0 };
	scheme = w->tls ? 6 : 5;
	w->port = w->tls ? 443 : 80;
	if (!w->tls && strncmp(url, "ws://", 5) != 0)
		return err_set(e, EINVAL, "%s: not ws:// or wss://", url);
	url += scheme;
	w->path = url + strcspn(url, "/?#");
	if (*w->path == '?' || *w->path == '#' ||
	    host_of(url, (size_t)(w->path - url), w) == -1)
		return err_set(e, EINVAL, "%s: not HOST[:PORT][/PATH]", url);
	return 0;
}

/* P4 6.2: the same path upstream. A URL with a path of its own gives the
 * endpoint, and the identity is put behind it as the charger wrote it. */
static int
target_of(const struct pair *p, const struct csms_where *w,
    char out[TARGET_MAX], struct err *e)
{
	size_t path = strlen(w->path);
	int n;

	while (path > 0 && w->path[path - 1] == '/')
		path--;
	if (path == 0)
		n = snprintf(out, TARGET_MAX, "%s", p->target);
	else
		n = snprintf(
		    out, TARGET_MAX, "%.*s/%s", (int)path, w->path, p->segment);
	return n < TARGET_MAX ? 0 : err_set(e, ENAMETOOLONG, "its path");
}

/* The password for profiles 1 and 2: what the settings say, else the charger's
 * own as its CSMS last set it, else what it presented to us. */
static void
credential(const struct pair *p, struct dial_settings *s)
{
	const struct ocpp_csms *csms = pair_csms(p);
	const struct charger *c = p->charger;
	uint8_t profile = pair_profile(p);

	if (profile != 1 && profile != 2)
		return;
	s->user = csms->user != NULL ? csms->user : c->identity;
	if (csms->password != NULL) {
		s->password = (const uint8_t *)csms->password;
		s->password_len = strlen(csms->password);
	} else if (c->secret_len > 0) {
		s->password = c->secret;
		s->password_len = c->secret_len;
	} else if (p->password != NULL) {
		s->password = p->password;
		s->password_len = p->password_len;
	} else {
		s->user = NULL;
	}
}

/* wss:// with a profile of 0 or 1: verified all the same. */
static int
context(struct pair *p, const struct towards *to, bool tls, SSL_CTX **out,
    struct err *e)
{
	*out = NULL;
	return tls || to->profile >= 2
	    ? tls_up_context(p->bridge->tls, to->csms,
		  to->profile < 2 ? 2 : to->profile, to->leaf, out, to->own, e)
	    : 0;
}

/* What was tried (secure.h) is taken back, and nobody stands there without a
 * CSMS for it: once more, at once. */
static bool
dialled_again(struct pair *p, const struct dial_result *r)
{
	struct secure *s = p->bridge->secure;
	struct err e;

	return s != NULL && secure_dialled(s, p, r) &&
	    p->legs[OCPP_UP] == NULL && dialling(p, &e) == 0;
}

/* The result's texts are the dial's: it goes last. */
static void
dial_done(void *ctx, const struct dial_result *r)
{
	struct pair_news news = { .dial = r };
	struct pair *p = ctx;
	struct dial *d = p->dial;

	p->dial = NULL;
	dialled(p, r);
	if (!dialled_again(p, r))
		pair_happens(p,
		    r->end == DIAL_OPEN ? PAIR_DIALLED : PAIR_UNDIALLED, &news);
	dial_free(d);
}

static const char *
offer_of(const struct pair *p)
{
	/* Its subprotocol was settled when it got its 101. */
	return p->legs[OCPP_DOWN] != NULL ? ocpp_subprotocol(p->version)
					  : p->offer;
}

/* s: who is told to be calling. */
static int
dial_to(struct pair *p, const struct towards *to, struct dial_settings *s,
    dial_done_fn *done, void *ctx, struct dial **out, struct err *e)
{
	const struct ocpp_limits *l = &p->bridge->set->limits;
	char target[TARGET_MAX];
	struct csms_where w;

	if (csms_where(to->csms->url, &w, e) == -1 ||
	    target_of(p, &w, target, e) == -1 ||
	    context(p, to, w.tls, &s->tls, e) == -1)
		return -1;
	s->host = w.host;
	s->port = w.port;
	s->path = target;
	s->protocols = offer_of(p);
	s->wildcards = to->csms->wildcards;
	s->deflate = to->csms->deflate;
	s->late_ms = l->handshake_ms;
	s->limits = (struct leg_limits){ l->frame, l->queue, l->slow_ms,
		l->ping_s * 1000 };
	*out = dial_new(p->bridge->loop, p->bridge->crew, s, done, ctx, e);
	SSL_CTX_free(s->tls);
	return *out == NULL ? -1 : 0;
}

int
dialling(struct pair *p, struct err *e)
{
	const struct ocpp_csms *csms = pair_csms(p);
	struct towards to = { csms, pair_profile(p), csms->identity, p->own };
	struct dial_settings s = { 0 };

	if (p->own == NULL && (p->own = calloc(1, sizeof(*p->own))) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	to.own = p->own;
	if (csms->own_leaf && p->charger->leaf[0] != '\0')
		to.leaf = p->charger->leaf;
	credential(p, &s);
	return dial_to(p, &to, &s, dial_done, p, &p->dial, e);
}

int
dial_other(struct pair *p, const struct ocpp_csms *csms, struct tls_own *own,
    dial_done_fn *done, void *ctx, struct dial **out, struct err *e)
{
	struct towards to = { csms, csms->profile, csms->identity, own };
	struct dial_settings s = { 0 };

	if ((csms->profile == 1 || csms->profile == 2) &&
	    csms->password != NULL) {
		s.user = csms->user != NULL ? csms->user : p->charger->identity;
		s.password = (const uint8_t *)csms->password;
		s.password_len = strlen(csms->password);
	}
	return dial_to(p, &to, &s, done, ctx, out, e);
}

/* --- what came of it ------------------------------------------------------ */

/* For the charger; 0: as the CSMS said. Security events: secure_dialled(). */
static const unsigned ends[DIAL_ENDS] = {
	[DIAL_NO_NAME] = 502,
	[DIAL_NO_ROUTE] = 504,
	[DIAL_TLS_VERSION] = 502,
	[DIAL_TLS_CIPHER] = 502,
	[DIAL_TLS_PEER] = 502,
	[DIAL_TLS_REFUSED] = 502,
	[DIAL_TLS] = 502,
	[DIAL_UPGRADE] = 502,
};

/* A refusal of the charger itself goes through; one of the gateway's (its
 * credentials, its path) or a redirect is our trouble: 502. */
unsigned
dial_status(const struct dial_result *r)
{
	static const unsigned same[] = { 401, 403, 404, 429, 500, 503, 504 };

	if (ends[r->end] != 0)
		return ends[r->end];
	if (r->status == 0) /* connected, and then silence */
		return 504;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (same[i] == r->status)
			return same[i];
	return 502;
}

void
dialled(struct pair *p, const struct dial_result *r)
{
	struct bridge *b = p->bridge;

	if (p->own != NULL)
		tls_up_outcome(b->tls, p->own, r);
	if (r->end == DIAL_OPEN) {
		b->figures[FIGURE_DIALLED]++;
		return;
	}
	b->figures[FIGURE_UNDIALLED]++;
	pair_note(p, "undialled", "%s", r->why);
	if (p->failures == 0)
		bridge_log_some(b, OFTEN_UNDIALLED,
		    "charge point %s: CSMS not reached: %s",
		    p->charger->identity, r->why);
}

/* OCPP 2.x part 4, 5.3 with errata 2025-04: the minimum doubles at most
 * `repeats` times, and a random part, new each time, keeps a fleet that lost
 * its CSMS in one moment from coming back in one. */
uint64_t
backoff_ms(const struct ocpp_backoff *b, unsigned failures, uint32_t random)
{
	unsigned doubled = failures < b->repeats ? failures : b->repeats;
	uint64_t wait = (uint64_t)b->wait << (doubled < 20 ? doubled : 20);

	return (wait * 1000) + random % ((uint64_t)b->random * 1000 + 1);
}
