/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CALLS_H
#define OCPP_CALLS_H

#include "judge.h"

/*
 * The CALLs that go one way through a pair: those that are open, each with the
 * shape its answer is judged by, and those that wait for their turn: the
 * gateway's own behind the other side's, and the other side's behind one of
 * ours that is open. At most CALLS_OPEN open (a hasty charger is forwarded, not
 * punished; beyond that the oldest is forgotten) and CALLS_WAITING waiting.
 * Swept once a second for MessageTimeout. OCPP-J 4.1.1; OCPP 2.x part 4, 4.1.
 */
#define CALLS_OPEN    64
#define CALLS_WAITING 32
#define CALLS_RECENT  8
/* Of an id that is kept; a longer one is told by its length and a hash too. */
#define CALL_ID_MAX (OCPP_ID_MAX * 4)

struct pair;

/* answer NULL: it timed out, or the pair ended. */
typedef void call_done(void *ctx, struct pair *, const struct frame *answer);

struct call {
	char id[CALL_ID_MAX + 1]; /* NUL-ended, without escapes */
	size_t id_len;            /* of the whole id */
	uint64_t id_hash;
	int shape; /* -1: not known, its answer is not judged */
	uint64_t at_ms;
	bool ours; /* its answer is for done */
	call_done *done;
	void *ctx;
	char *text; /* of one that waits; NULL when sent */
	size_t text_len;
	uint64_t record; /* queue_record.number it replays, or 0 */
};

struct calls {
	struct call *open, *waiting; /* grown as needed */
	unsigned nopen, nwaiting;
	unsigned open_room, waiting_room;
	unsigned ours; /* of those open */
	size_t waiting_bytes;
	/* Hashes of ids whose answer went on to the other side: a
	 * CALLRESULTERROR (2.1) may still speak of one. */
	uint64_t recent[CALLS_RECENT];
	unsigned nrecent; /* ever */
};

/* Puts an id into c as it is compared: escapes resolved, hashed. */
void call_id_is(struct call *c, struct span id);

/* The open one with that id, or NULL. Valid until the next change. */
struct call *calls_find(struct calls *, const struct call *like);
/*
 * Opens a copy of c (its text is not looked at). lost: one that had to make
 * room, for its done; lost->id_len 0: none. -1: no memory.
 */
int calls_add(struct calls *, const struct call *c, struct call *lost);
/* Takes the open one with that id out. False: there is none. */
bool calls_take(struct calls *, const struct call *like, struct call *out);
/* Takes the oldest one that is open since before at_ms out. */
bool calls_late(struct calls *, uint64_t at_ms, struct call *out);
/* The side that asked is gone: the answers to its CALLs go nowhere, and what
 * waited for its turn is forgotten. Ours stay. */
void calls_orphan(struct calls *);
/* Takes any open one out. */
bool calls_any(struct calls *, struct call *out);

/* c->text is eaten when it returns 0. -1: CALLS_WAITING are, or more than most
 * bytes, or no memory. */
int calls_wait(struct calls *, const struct call *c, size_t most);
/* The next that may go: its text is the caller's. False: none, or one is open
 * that it has to wait for. */
bool calls_next(struct calls *, struct call *out);
/* The first waiting, whatever is open. */
bool calls_waited(struct calls *, struct call *out);

void calls_answered(struct calls *, const struct call *); /* into recent */
bool calls_recent(const struct calls *, const struct call *like);

void calls_free(struct calls *); /* tells nobody: see pair_forget_calls() */

#endif
