/* SPDX-License-Identifier: MIT */
#ifndef OCPP_BRIDGE_IN_H
#define OCPP_BRIDGE_IN_H

#include "backends.h"
#include "guard.h"
#include "mirror.h"
#include "pair.h"
#include "secure.h"
#include "store.h"
#include "tail.h"
#include "tls.h"
#include "who.h"

/*
 * What the files of this room share and nobody else sees: the bridge itself,
 * and the steps from an arrival to a frame.
 */
enum figure {
	FIGURE_ARRIVED,
	FIGURE_NO_IDENTITY,   /* 404 */
	FIGURE_NO_CREDENTIAL, /* 401 */
	FIGURE_TOO_OFTEN,     /* 429 */
	FIGURE_SECOND,        /* 409: its identity is connected */
	FIGURE_FULL,          /* 503: limits, memory */
	FIGURE_HANDSHAKE,     /* TLS or HTTP that failed */
	FIGURE_DIALLED,
	FIGURE_UNDIALLED,
	FIGURE_UP,   /* frames of charge points */
	FIGURE_DOWN, /* of the CSMS */
	FIGURE_FAULTS,
	FIGURE_REFUSED,
	FIGURE_UNASKED, /* answers to nothing */
	FIGURE_LATE,    /* CALLs that timed out */
	FIGURE_PAUSED,  /* charge points that were too fast */
	FIGURES
};

/* What happens so often that a minute has room for some lines of it alone. */
enum bridge_often {
	OFTEN_TURNED_AWAY,
	OFTEN_UNDIALLED,
	OFTENS
};
#define BRIDGE_BUDGETS 24

struct served { /* a listener that is open */
	struct bridge *bridge;
	const struct ocpp_listener *is; /* of the settings in force */
	struct listener *listener;
	SSL_CTX *tls; /* NULL: plain */
	bool keep;    /* while bridge_serve compares */
	struct served *next;
};

struct sent; /* send.c */

struct bridge {
	struct loop *loop;
	struct bridge_host host;
	const struct ocpp_settings *set; /* NULL: serves nothing yet */
	struct crew *crew;   /* dials: a TPM may need seconds for a fleet */
	struct crew *proofs; /* passwords: they wait for no TPM */
	struct tls_up *tls;
	struct served *served;
	struct pair *pairs;
	unsigned npairs; /* that are not dead */
	struct chargers *chargers;
	struct store *store;
	struct secure *secure;
	struct mirror *mirror;
	struct handlers *handlers;
	struct guard *guard;
	struct tail *tail;
	struct sent *sent;
	uint64_t token;  /* the last given */
	uint64_t now_ms; /* of the last sweep: good enough for timeouts */
	int sweep;
	uint64_t looked; /* the minute of served_look() */
	struct {
		uint64_t minute;
		unsigned told, untold;
	} told[BRIDGE_BUDGETS]; /* by kind (events.c) */
	uint64_t figures[FIGURES];
};

/* log.c-like: a line for the log; and security events in 2.x's names, not more
 * than a few a minute of each kind. */
void bridge_log(struct bridge *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void bridge_log_some(struct bridge *, enum bridge_often, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void bridge_event(struct bridge *, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Something about one charge point, for tail and mirror; a redacted text. */
void pair_note(struct pair *, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The sweep's timer; when there was no memory for it, the next arrival tries.
 */
void bridge_wind(struct bridge *);

/* served.c */
int served_are(struct bridge *, const struct ocpp_settings *, struct err *);
void served_free(struct bridge *);
/* Now and then: who issues charge points' certificates may have changed. */
void served_look(struct bridge *);

/* arrive.c: the listener's callbacks, and the checks behind them. */
void arrive(void *served, struct arrival *);
void arrive_left(void *served, struct arrival *);
void arrive_failed(
    void *served, const char *kind, const char *peer, const char *why);
/* Another connection has that identity: which of the two stays? */
void arrive_contest(struct pair *);
void arrive_sweep(struct pair *); /* the older one may have answered */
void knock_free(struct pair *);

/* pair.c, pair_close.c */
enum pair_event {
	PAIR_PROVEN, /* its credentials are good */
	PAIR_UNPROVEN,
	PAIR_LEFT,    /* the charger did not wait for its 101 */
	PAIR_DIALLED, /* dial: its result */
	PAIR_UNDIALLED,
	PAIR_CHARGER_GONE, /* code, why */
	PAIR_CSMS_GONE,
	PAIR_RETRY, /* the time to dial has come; or: it takes long */
	PAIR_END,   /* code, why: we want it so */
	PAIR_EVENTS
};
struct pair_news {
	const struct dial_result *dial;
	unsigned code;
	const char *why;
};
void pair_happens(struct pair *, enum pair_event, const struct pair_news *);
struct pair *pair_new(struct served *, struct arrival *, struct charger *);
void pair_refused(struct pair *, unsigned status, const char *why);
void pair_end(struct pair *, const struct pair_news *);
void pair_leg_gone(struct pair *, enum ocpp_way);
/* The code that the other side is told when one side closed with code. */
unsigned pair_code(unsigned code);
enum pair_pause {
	PAUSE_RATE = 1, /* it sends more than limits.frames */
	PAUSE_DIAL = 2  /* the CSMS is being dialled anew */
};
void pair_pause(struct pair *, enum pair_pause, bool on);
/* Dials anew if that is wanted and no CALL is open. */
void pair_redial_if_quiet(struct pair *);
void pair_sweep(struct pair *);
void pair_free(struct pair *);
/* Tells the done of each of that way's own CALLs, forgets all. */
void pair_forget_calls(struct pair *, enum ocpp_way);

/* dialling.c */
int dialling(struct pair *, struct err *);
void dialled(struct pair *, const struct dial_result *); /* events, log */
unsigned dial_status(const struct dial_result *);        /* for the charger */
uint64_t
backoff_ms(const struct ocpp_backoff *, unsigned failures, uint32_t random);
struct csms_where {
	char host[256];
	uint16_t port;
	bool tls;
	const char *path; /* in the URL; "" or "/..." */
};
/* A CSMS beside the pair's own (backends.c); it is shown no credential of the
 * charge point's. *out: dial_free. */
int dial_other(struct pair *, const struct ocpp_csms *, struct tls_own *,
    void (*done)(void *ctx, const struct dial_result *), void *ctx,
    struct dial **out, struct err *);
int csms_where(const char *url, struct csms_where *, struct err *);
const struct ocpp_csms *pair_csms(const struct pair *);
uint8_t pair_profile(const struct pair *); /* upstream */

/* relay.c */
void relay_charger(void *pair, char *text, size_t len);
void relay_csms(void *pair, char *text, size_t len);
/* Sends what waits, if its turn has come. */
void relay_next(struct pair *, enum ocpp_way);
void relay_late(struct pair *, enum ocpp_way);

/* handlers.c */
struct handlers *handlers_new(void); /* NULL: no memory */
void handlers_free(struct handlers *);
/* Asks all that are interested in the CALL or its answer; the first that does
 * not pass decides. */
enum pair_do handled(struct pair *, enum ocpp_way, const struct frame *,
    struct span text, const struct call *);

/* send.c */
void sent_free(struct bridge *);
void commanded(void *bridge, const char *identity, const char *action,
    const char *payload, size_t len, const char *token);

#endif
