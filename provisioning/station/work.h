/* SPDX-License-Identifier: MIT */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>

#include "job.h"
#include "link.h"
#include "outcome.h"
#include "units.h"

/*
 * One unit's worker: a process of its own, so that whatever libssh makes of
 * what a unit sends can hurt no other unit, a worker that hangs can be killed,
 * and every step is plain blocking code. It talks with the leader over a
 * SOCK_SEQPACKET pair, one JSON object a packet:
 *
 *	-> { "say": "step", "step": "copy", "limit_s": 600 }
 *	-> { "say": "note", "text": "12 of 30 MB" }
 *	-> { "say": "fact", "name": "mode", "text": "production" }
 *	-> { "say": "key", "type", "text", "after"? }   <- { "ok", "why"? }
 *	-> { "say": "end", "result", "step", "why", "next" }
 */
#define WORK_PACKET_MAX (32 * 1024)

struct work {
	const struct job *job;
	const struct unit *unit;
	int leader; /* the worker's end of the pair */
	int out;    /* the day's folder */
	struct link *link;
	bool root;        /* the login is root; else sudo -n */
	bool opkg;        /* the unit has opkg, not dpkg */
	bool fresh;       /* a package was installed in this run */
	bool busy;        /* a transaction is under way on it */
	bool ours;        /* the live snapshot is the bundle's */
	char mode[16];    /* "": no agent yet */
	struct said said; /* of the last command */
	const char *next; /* remedy that is better than the step's */
	bool refused;     /* the failure is a refusal */
};

/* Runs to its end and never returns; the exit status says nothing. Asked to
 * stop by SIGTERM it ends the step it is in. */
void work_run(struct work *) __attribute__((noreturn));

/* Told to the leader. Texts are made printable. */
void work_note(struct work *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void work_fact(struct work *, const char *name, const char *text);
/* Asks for the leader's word on a host key; after is NULL, or the fingerprint
 * of the key over whose connection the unit said it, or "": of the known one.
 */
int work_key(struct work *, const struct hostkey_shown *, const char *after,
    struct err *);
/* The connection, with its host key judged and its user logged in. */
int work_connect(struct work *, struct err *);
int work_login(struct work *, struct err *);
/* Whether the login is root, or may be by sudo. */
int work_root(struct work *, struct err *);
struct link_want work_want(struct work *);

/* A step: what it does, how long it may take, and what a person is to do when
 * it fails. wanted NULL: always. */
struct step {
	const char *name;
	int (*run)(struct work *, struct err *);
	bool (*wanted)(const struct work *);
	unsigned limit_s; /* the connection's own time comes on top */
	const char *next;
};
extern const struct step steps[]; /* ended by a zero */

/* In step_unit.c (copy to start) and step_agent.c (the others): */
int step_login(struct work *, struct err *);
int step_look(struct work *, struct err *);
int step_copy(struct work *, struct err *);
int step_install(struct work *, struct err *);
int step_configure(struct work *, struct err *);
int step_start(struct work *, struct err *);
int step_apply(struct work *, struct err *);
int step_enrol(struct work *, struct err *);
int step_verdict(struct work *, struct err *);
int step_lock(struct work *, struct err *);
int step_birth(struct work *, struct err *);
int step_tidy(struct work *, struct err *);

#endif
