/* SPDX-License-Identifier: MIT */
#ifndef LIFE_H
#define LIFE_H

/*
 * The life of a plugin host as the agent sees it: what happens next when
 * something happens. No clock, no process, no socket in here: life_step() is
 * a lookup, and the supervisor does what it says.
 */
enum life_state {
	LIFE_DOWN,     /* no process; may be started */
	LIFE_STARTING, /* process, has not said OPENED yet */
	LIFE_IDLE,
	LIFE_BUSY,     /* owes an answer */
	LIFE_STOPPING, /* told to go, or killed; not reaped yet */
	LIFE_BROKEN,   /* died too often; waits for an operator */
	LIFE_STATES
};

enum life_event {
	LIFE_START, /* wanted, and its back-off is over */
	LIFE_OPENED,
	LIFE_ASK, /* the agent wants something of it */
	LIFE_ANSWER,
	LIFE_LATE,     /* its time is up */
	LIFE_NONSENSE, /* it said what it may not say */
	LIFE_STOP,
	LIFE_EXIT,       /* reaped */
	LIFE_EXIT_AGAIN, /* reaped, once too often */
	LIFE_RESET,      /* an operator, or a new snapshot */
	LIFE_EVENTS
};

enum life_act {
	ACT_BUG, /* can not happen: the agent's own mistake */
	ACT_NONE,
	ACT_SPAWN,
	ACT_SEND,
	ACT_DELIVER, /* hand the answer to who asked */
	ACT_TERM,    /* SIGTERM, then SIGKILL when late */
	ACT_KILL,    /* SIGKILL; whoever asked gets an error */
	ACT_WAIT,    /* start again after the back-off */
	ACT_REPORT   /* tell the operator; do not start again */
};

struct life_step {
	enum life_state next;
	enum life_act act;
};

struct life_step life_step(enum life_state, enum life_event);

/* Seconds to wait before start number n + 1 after n quick deaths. */
unsigned life_backoff(unsigned quick_deaths);

#endif
