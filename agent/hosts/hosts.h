/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "json.h"
#include "msg.h"

struct agent;

/*
 * The supervisor: one process for each plugin of the settings, kept alive by
 * the life table (life.h), and the requests to them.
 *
 * A request waits in its host's queue (in order) until the host is idle, and
 * is answered exactly once: by the plugin, or by an error when the host dies,
 * is late, is BROKEN, or the agent stops. The agent never waits.
 */
struct answer {
	int rc; /* 0, or -1: why */
	int fd; /* artifact or reply, or -1; borrowed */
	const struct err *why;
	json_t *findings; /* PROBE: array of { id, place, passed, why };
			     borrowed */
};
typedef void hosts_done(void *ctx, const struct answer *);

struct hosts_request {
	const char *plugin;
	uint32_t type;    /* MSG_RENDER, ACTIVATE, PROBE or QUESTION */
	const char *from; /* QUESTION: who asks */
	const char *verb; /* QUESTION */
	int fd;           /* document, artifact or JSON; borrowed, dup'ed */
	uint64_t late_ms; /* 0: the plugin's policy says */
	hosts_done *done;
	void *ctx;
};

int hosts_start(struct agent *, struct err *); /* reads policies, spawns all */
void hosts_stop(struct agent *); /* SIGTERM, then SIGKILL; reaps */
/* -1: no such plugin (done is then not called). */
int hosts_ask(struct agent *, const struct hosts_request *, struct err *);
/* Drops the callbacks of a ctx that goes away; requests under way go on. */
void hosts_forget(struct agent *, const void *ctx);

bool hosts_has(const struct agent *, const char *plugin);
/* grants_circumstance() of the plugin's policy; false for no such plugin. */
bool hosts_circumstance(
    const struct agent *, const char *plugin, const char *finding);
/* [{ name, state, pid, restarts, signed, needs, rss_kb }]; the caller's. */
json_t *hosts_status(const struct agent *);
/* The names of those that were given up; the caller's. */
json_t *hosts_broken(const struct agent *);
/* True when every plugin file bears a good maker's signature; else *which
 * names the first that does not (borrowed). */
bool hosts_all_signed(const struct agent *, const char **which);
/* LIFE_RESET for all: a new snapshot, or an operator. */
void hosts_reset(struct agent *);
/* The settings were read again: starts, stops and restarts what they and the
 * policies say differently now; the rest goes on. Not during a transaction. */
int hosts_reload(struct agent *, struct err *);

/*
 * What the supervisor tells the rest (implemented in apply.c): this plugin's
 * host has just opened and, unless a transaction is under way, wants its
 * current artifact activated.
 */
void apply_host_opened(struct agent *, const char *plugin);
/* A plugin asked "agent" (implemented in apply.c): reply is the caller's. */
int apply_answer(struct agent *, const char *from, const char *verb,
    const json_t *question, json_t **reply, struct err *);

#endif
