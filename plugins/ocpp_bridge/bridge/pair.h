/* SPDX-License-Identifier: MIT */
#ifndef OCPP_PAIR_H
#define OCPP_PAIR_H

#include "bridge.h"
#include "calls.h"
#include "charger.h"
#include "dial.h"
#include "judge.h"
#include "listener.h"
#include "queue.h"

/*
 * A pair: one charge point that is connected, and its leg to the CSMS. Two
 * tables say what happens: states x events (pair.c) for the connection, and
 * handlers x (version, way, action) for the frames that the gateway itself has
 * something to do with (handlers.c). All other frames are forwarded, the bytes
 * as they came.
 */
enum pair_state {
	PAIR_KNOCKING, /* who is it? Its credentials are being checked */
	PAIR_DIALLING, /* charger waits for its 101, or (store) for the CSMS */
	PAIR_OPEN,     /* both legs */
	PAIR_AWAY,     /* charger here, CSMS not: store mode, or redialling */
	PAIR_CLOSING,
	PAIR_STATES
};

struct backends;
struct served;
struct knock;

struct pair {
	struct bridge *bridge;
	struct charger *charger; /* durable facts, and its class */
	struct served *served;   /* the listener it came by */
	enum ocpp_version version;
	enum pair_state state;
	uint8_t profile;  /* of the listener it came by */
	bool certificate; /* it authenticated by one */
	bool delegated;   /* its password is the CSMS's to judge */
	unsigned paused;  /* bits: why nothing is read from the charger */
	bool redial;      /* wanted as soon as no CALL is open */
	bool dead;        /* the sweep frees it */
	bool booting;     /* it has sent a BootNotification */
	struct arrival *arrival;
	struct knock *knock; /* what its request said; until it is let in */
	struct dial *dial;
	struct leg
	    *legs[2]; /* [OCPP_UP]: the CSMS's, [OCPP_DOWN]: the charger's:
			 the leg by which a frame of that way leaves */
	struct calls calls[2]; /* CALLs under way, by the way they go */
	unsigned failures;     /* of dialling, in a row */
	unsigned tokens;       /* frames the charger may still send now */
	unsigned blind[2];     /* forwarded without an id that we could read */
	/* Of its request, for every dial: target ("/CP1?x=1"), its segment in
	 * it, subprotocols; what it presented, if the CSMS is to see that. */
	char *target;
	const char *segment;
	char offer[64];
	uint8_t *password;
	size_t password_len;
	struct tls_own *own; /* the certificate of ours last shown */
	uint64_t retry_at, since_ms, pinged_ms;
	uint64_t frames[2], refused[2], stored;
	uint64_t told_s; /* when a fault of its was last logged */
	unsigned untold;
	struct backends *backends; /* NULL: none */
	struct store_pair *store;  /* store.c's; NULL: nothing */
	struct pair *next;
};

/* What a handler decides about a frame. */
enum pair_do {
	PAIR_PASS,  /* forward it */
	PAIR_TAKEN, /* answered, kept or dropped: not forwarded */
	PAIR_FAIL   /* memory, disk: the pair is closed, none other harmed */
};

/*
 * A handler sees a judged frame that goes that way; one with a fault only when
 * it is forwarded all the same (off, warn), so whatever it reads it has to
 * check. For an answer, call is what was asked (and went the other way); NULL
 * for a CALL. It may answer by pair_answer()/pair_refuse(), call by
 * pair_call(), and close the pair.
 */
typedef enum pair_do pair_handler(struct pair *, enum ocpp_way,
    const struct frame *, struct span text, const struct call *);

struct pair_handled {
	unsigned versions; /* bits */
	enum ocpp_way way; /* of the CALL */
	const char *action;
	pair_handler *asked, *answered; /* either may be NULL */
};
/* One table for each room (secure.c: certificates, profiles, keys, logs;
 * store.c: transactions), ended by an action of NULL. Asked in that order. */
extern const struct pair_handled secure_handled[], store_handled[];

/* Answers a CALL in the gateway's name. payload: JSON object. */
int pair_answer(
    struct pair *, enum ocpp_way of_call, struct span id, const char *payload);
int pair_refuse(struct pair *, enum ocpp_way of_call, struct span id,
    const char *code, const char *why);
/*
 * A CALL of the gateway's own: UUID id, waits behind what is open that way.
 * done is called once, with NULL when it timed out or the pair ended. The
 * answer never reaches the other side. -1: the pair has too many waiting.
 */
int
pair_call(struct pair *, enum ocpp_way, const char *action, const char *payload,
    void (*done)(void *ctx, struct pair *, const struct frame *answer),
    void *ctx, struct err *);
/*
 * A CALL of ours whose bytes and id exist already: store.c sends what it kept.
 * At once, entered as open with `record`; done as in pair_call(): its answer is
 * not forwarded. NULL with the pair still PAIR_OPEN: it timed out. -1: not
 * sent; EBUSY: something else is open that way.
 */
int pair_resend(struct pair *, enum ocpp_way, const struct frame *,
    struct span text, uint64_t record,
    void (*done)(void *ctx, struct pair *, const struct frame *answer),
    void *ctx, struct err *);
/* Forwards bytes of the other side, whatever the tables say: a CALL is entered
 * as open, as if it had been passed. */
int pair_forward(struct pair *, enum ocpp_way, struct span text);
void pair_close(struct pair *, unsigned code, const char *why);
/* Dials the CSMS anew, with what the charger's record says now; the old leg is
 * kept until the new one is open, if keep. */
void pair_redial(struct pair *, bool keep);

#endif
