/* SPDX-License-Identifier: MIT */
/*
 * From a request to a charge point that may come in. The order is that of
 * price: a peer that guesses passwords is turned away before anything is looked
 * up, the name before the password, the password (in the crew) before anything
 * is done for it, and only one who proved himself may displace another.
 */
#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "listener.h"

/* How long a connection that is asked whether it lives has to answer, and how
 * soon after one change of hands the next may come. */
#define CONTEST_MS 5000
#define TAKEN_MS   2000

struct knock {
	struct who_proof proof;
	int job;             /* in the crew, or 0 */
	bool abandoned;      /* its pair is gone; the crew still works on it */
	uint64_t contest_ms; /* since when the older one is asked */
	struct pair *pair;
};

void
arrive_failed(void *served, const char *kind, const char *peer, const char *why)
{
	static const struct {
		const char *kind, *event;
	} events[] = {
		{ "tls-version", "InvalidTLSVersion" },
		{ "tls-cipher", "InvalidTLSCipherSuite" },
		{ "tls-certificate", "InvalidChargingStationCertificate" },
	};
	struct served *s = served;
	struct bridge *b = s->bridge;

	b->figures[FIGURE_HANDSHAKE]++;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].kind, kind) == 0)
			bridge_event(b, events[i].event, "listener %s, %s: %s",
			    s->is->name, peer, why);
}

static void
turn_away(struct served *s, struct arrival *a, enum figure figure,
    unsigned status, const char *why)
{
	struct arrival_facts f;

	s->bridge->figures[figure]++;
	arrival_facts(a, &f);
	bridge_log_some(s->bridge, OFTEN_TURNED_AWAY,
	    "listener %s, %s, %.*s: turned away, %u: %s", s->is->name, f.peer,
	    (int)strcspn(f.path, "?"), f.path, status, why);
	arrival_refuse(a, status, why);
}

/* --- a password, in the crew ---------------------------------------------- */

static void
prove(void *ctx)
{
	struct knock *k = ctx;

	who_prove(&k->proof);
}

static void
proven(void *ctx)
{
	struct knock *k = ctx;

	k->job = 0;
	pair_happens(
	    k->pair, k->proof.good ? PAIR_PROVEN : PAIR_UNPROVEN, NULL);
}

static void
wipe(void *ctx)
{
	struct knock *k = ctx;

	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

void
knock_free(struct pair *p)
{
	struct knock *k = p->knock;

	p->knock = NULL;
	if (k == NULL)
		return;
	if (k->job > 0)
		crew_forget(p->bridge->proofs, k->job); /* wipe() is its drop */
	else
		wipe(k);
}

/* The CSMS knows the password, we do not: let it decide, since it is going to
 * be asked with what the charge point presents. */
static bool
csms_decides(const struct pair *p)
{
	const struct ocpp_csms *csms = pair_csms(p);
	uint8_t profile = pair_profile(p);

	return (profile == 1 || profile == 2) && csms->password == NULL &&
	    csms->user == NULL && p->charger->secret_len == 0 &&
	    !p->charger->has_hash && p->charger->class->password == NULL;
}

static void
check_password(struct pair *p, const struct arrival_facts *f)
{
	static const struct crew_job job = { prove, proven, wipe };
	const struct charger *c = p->charger;
	struct who_proof *proof = &p->knock->proof;
	const char *plain = c->class->password;
	struct err e;

	if (f->user == NULL || strcmp(f->user, c->identity) != 0 ||
	    f->password_len > sizeof(proof->given)) {
		pair_happens(p, PAIR_UNPROVEN, NULL);
		return;
	}
	if (csms_decides(p)) {
		p->delegated = true;
		pair_happens(p, PAIR_PROVEN, NULL);
		return;
	}
	memcpy(proof->given, f->password, f->password_len);
	proof->given_len = f->password_len;
	if (plain != NULL)
		strncpy(proof->plain, plain, sizeof(proof->plain) - 1);
	memcpy(proof->salt, c->salt, sizeof(proof->salt));
	memcpy(proof->hash, c->hash, sizeof(proof->hash));
	proof->has_hash = c->has_hash;
	p->knock->job = crew_add(p->bridge->proofs, &job, p->knock, &e);
	if (p->knock->job == -1) {
		p->knock->job = 0;
		p->bridge->figures[FIGURE_FULL]++;
		pair_refused(p, 503, "too many at once");
	}
}

static void
check_certificate(struct pair *p, const struct arrival_facts *f)
{
	p->certificate = who_certified(f->certificate, p->charger->identity);
	if (!p->certificate && f->certificate != NULL)
		bridge_event(p->bridge, "InvalidChargingStationCertificate",
		    "%s, %s: the certificate is another one's",
		    p->charger->identity, f->peer);
	pair_happens(p, p->certificate ? PAIR_PROVEN : PAIR_UNPROVEN, NULL);
}

static void
check(struct pair *p, const struct arrival_facts *f)
{
	if (p->profile == 0)
		pair_happens(p, PAIR_PROVEN, NULL);
	else if (p->profile == 3)
		check_certificate(p, f);
	else
		check_password(p, f);
}

/* --- who it is ------------------------------------------------------------ */

/* What later dials need; the arrival is gone then. */
static int
remember(struct pair *p, const struct arrival_facts *f, const char *segment)
{
	p->knock = calloc(1, sizeof(*p->knock));
	p->target = strdup(f->path);
	if (p->knock == NULL || p->target == NULL)
		return -1;
	p->knock->pair = p;
	p->segment = p->target + (segment - f->path);
	(void)who_offer(f->protocols, p->served->is->versions,
	    p->charger->identity, p->offer);
	if (f->user == NULL || strcmp(f->user, p->charger->identity) != 0 ||
	    f->password_len > WHO_PASSWORD_MAX)
		return 0;
	p->password = malloc(f->password_len + 1);
	if (p->password == NULL)
		return -1;
	memcpy(p->password, f->password, f->password_len);
	p->password_len = f->password_len;
	return 0;
}

/* 2.x in the list, and the identity is none of 2.x: not found, as its CSMS
 * would say; a list without any of ours is answered otherwise (pair.c). */
static bool
is_misfit(const struct pair *p, const struct arrival_facts *f)
{
	char any[WHO_OFFER];

	return p->offer[0] == '\0' &&
	    who_offer(f->protocols, p->served->is->versions, "", any) != 0;
}

static void
let_in(struct served *s, struct arrival *a, struct charger *c,
    const struct arrival_facts *f, const char *segment)
{
	struct pair *p = pair_new(s, a, c);

	if (p == NULL) {
		turn_away(s, a, FIGURE_FULL, 503, "out of memory");
		return;
	}
	if (remember(p, f, segment) == -1) {
		s->bridge->figures[FIGURE_FULL]++;
		bridge_event(s->bridge, "MemoryExhaustion",
		    "charge point %s is refused", c->identity);
		pair_refused(p, 503, "out of memory");
		return;
	}
	if (is_misfit(p, f)) {
		s->bridge->figures[FIGURE_NO_IDENTITY]++;
		pair_refused(p, 404, "no identity of OCPP 2.x");
		return;
	}
	check(p, f);
}

void
arrive(void *served, struct arrival *a)
{
	struct served *s = served;
	struct bridge *b = s->bridge;
	char identity[OCPP_IDENTITY_MAX + 1];
	const struct ocpp_class *class = NULL;
	const char *segment;
	struct arrival_facts f;
	struct charger *c;
	struct err e;

	arrival_facts(a, &f);
	bridge_wind(b);
	b->figures[FIGURE_ARRIVED]++;
	if (guard_blocks(b->guard, f.peer, b->set->limits.failures, now_ms())) {
		turn_away(s, a, FIGURE_TOO_OFTEN, 429, "too many failures");
		return;
	}
	if (who_identity(s->is->root, f.path, identity, &segment))
		class = who_class(b->set, identity);
	if (class == NULL) {
		turn_away(s, a, FIGURE_NO_IDENTITY, 404, "no such identity");
		return;
	}
	if (b->npairs >= b->set->limits.chargers ||
	    (c = chargers_get(b->chargers, identity, &e)) == NULL) {
		turn_away(s, a, FIGURE_FULL, 503, "no room");
		return;
	}
	c->class = class;
	let_in(s, a, c, &f, segment);
}

void
arrive_left(void *served, struct arrival *a)
{
	struct pair *p = arrival_ctx(a);

	(void)served;
	if (p != NULL)
		pair_happens(p, PAIR_LEFT, NULL);
}

/* --- two of one name ------------------------------------------------------ */

/* The newer one takes the place at once: it is told so, or proved as much as
 * the older one did, or more. Without any proof a live one is kept: else
 * whoever knows a name throws its owner out. */
static bool
wins(const struct pair *p, const struct pair *old)
{
	switch (p->bridge->set->second) {
	case OCPP_TAKE_NEW:
		return true;
	case OCPP_KEEP_OLD:
		return false;
	case OCPP_BY_STRENGTH:
		return p->profile > 0 && !p->delegated &&
		    p->profile >= old->profile;
	}
	return false;
}

static void
take_place(struct pair *p, struct pair *old)
{
	static const struct pair_news news = { .code = 1001,
		.why = "connected anew" };

	pair_note(old, "replaced", "by a newer connection");
	pair_happens(old, PAIR_END, &news);
	p->charger->taken_ms = now_ms();
	pair_happens(p, PAIR_PROVEN, NULL);
}

static void
keep_old(struct pair *p)
{
	p->bridge->figures[FIGURE_SECOND]++;
	bridge_log_some(p->bridge, OFTEN_TURNED_AWAY,
	    "charge point %s: a second connection is refused",
	    p->charger->identity);
	pair_refused(p, 409, "connected already");
}

void
arrive_sweep(struct pair *p)
{
	if (p->knock != NULL && p->knock->contest_ms != 0)
		arrive_contest(p);
}

void
arrive_contest(struct pair *p)
{
	struct pair *old = p->charger->pair;
	struct leg_figures f = { 0 };
	uint64_t now = now_ms();

	if (old == NULL) {
		pair_happens(p, PAIR_PROVEN, NULL);
		return;
	}
	if (p->charger->taken_ms != 0 &&
	    now - p->charger->taken_ms < TAKEN_MS) {
		p->bridge->figures[FIGURE_TOO_OFTEN]++;
		pair_refused(p, 429, "too often");
		return;
	}
	if (wins(p, old)) {
		take_place(p, old);
		return;
	}
	if (old->legs[OCPP_DOWN] == NULL) { /* it waits for its 101 itself */
		keep_old(p);
		return;
	}
	if (p->knock->contest_ms == 0) {
		p->knock->contest_ms = now;
		leg_ping(old->legs[OCPP_DOWN]);
		return;
	}
	leg_figures(old->legs[OCPP_DOWN], &f);
	if (f.heard_ms > p->knock->contest_ms)
		keep_old(p);
	else if (now - p->knock->contest_ms > CONTEST_MS)
		take_place(p, old);
	else /* its answer may have come in the millisecond of the question */
		leg_ping(old->legs[OCPP_DOWN]);
}
