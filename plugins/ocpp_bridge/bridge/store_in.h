/* SPDX-License-Identifier: MIT */
#ifndef OCPP_STORE_IN_H
#define OCPP_STORE_IN_H

#include "bridge_in.h"

/* What the files of store mode share; nobody else includes it. */

/* A transaction message of the charge point that was forwarded and is not
 * answered yet: if the CSMS goes now, it is kept. */
struct flight {
	struct flight *next;
	size_t len;
	char text[];
};

struct store_pair {
	struct store_pair *next;
	struct pair *pair;
	struct flight *flights;
	struct queue_record sent; /* under way to the CSMS; number 0: none */
	unsigned replayed;        /* since that was last told */
	uint64_t next_ms;         /* not before */
	bool more;                /* there may be something to replay */
	/* A done is staged: what follows is not sent before that is durable,
	 * so that what may be sent twice is always the newest that was sent. */
	bool settling;
};

/* For the charge point, as soon as what it speaks of is durable. */
struct store_answer {
	struct store_answer *next;
	struct pair *pair;
	char *id, *payload;
};

struct store {
	struct bridge *bridge;
	struct loop *loop;
	struct bridge_host host;
	const struct ocpp_settings *set;
	struct queue *queue;
	struct store_pair *pairs;
	struct store_answer *answers, **answers_end;
	uint64_t tick_ms, paced_ms; /* when tick is due; when the next may go */
	int turn, tick;             /* timers, or 0 */
	bool soon;                  /* turn is that of this turn's end */
};

/* store.c */
void store_log(const struct store *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *store_who(const struct pair *);
/* The pair's, made if there is none. NULL: no memory. */
struct store_pair *store_pair(struct store *, struct pair *);
/* Commits at the end of this turn. */
void store_stage(struct store *);
/* Answers a CALL of the charge point when all that is staged now is durable. */
enum pair_do store_promise(
    struct store *, struct pair *, struct span id, const char *payload);

/* store_keep.c: puts a CALL of the charge point and promises its answer. */
struct store_rule;
const struct store_rule *store_rule(const struct frame *);
/* PAIR_PASS: it is none that is kept. */
enum pair_do store_keep(struct store *, struct pair *,
    const struct store_rule *, const struct frame *, struct span text);
/* Was it kept already, and its answer lost? */
bool store_is_again(struct store *, struct pair *, const struct frame *,
    struct queue_record *last);
pair_handler store_asked, store_answered;

/* store_away.c */
/* Puts one of which only the newest counts, and promises payload. */
enum pair_do store_latest(struct store *, struct pair *, const struct frame *,
    struct span text, int32_t key, const char *payload);
pair_handler store_state_asked, store_boot_answered;

/* store_number.c: 1.6, ids of transactions that the CSMS chose otherwise */
/* The number of that member, or 0. */
int32_t store_number(struct span payload, const char *path);
/* text with the value at path replaced; malloc'ed. NULL: no memory. */
char *
store_renumbered(struct span text, struct span value, int32_t to, size_t *len);
pair_handler store_stop_asked, store_profile_asked, store_status_asked;

/* store_replay.c */
void store_plan(struct store *);

/* store_dead.c: writes down what is not delivered, durably. */
int store_bury(const struct store *, const char *who,
    const struct queue_record *, const char *why, struct err *);

#define STORE_SAYS_AWAY "the CSMS is not connected"

#endif
