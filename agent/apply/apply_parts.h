/* SPDX-License-Identifier: MIT */
#ifndef APPLY_PARTS_H
#define APPLY_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "applied.h"
#include "apply.h"
#include "ctl.h"
#include "hosts.h"
#include "journal.h"
#include "snapshot.h"
#include "txn.h"
#include "values.h"

/*
 * What the files apply*.c share. Nobody else includes this.
 *
 *	apply.c		start, stop, status, what a host gets when it opens
 *	apply_prepare.c	snapshot + slot values -> documents, list of files
 *	apply_packages*.c	the packages of it (apply_packages.h)
 *	apply_fill.c	slots: what is filled, what waits, what is held
 *	apply_plan.c	what a dry run would change, with the differences
 *	apply_phase.c	the transaction, driven by txn.h
 *	apply_run.c	the requests of one phase
 *	apply_end.c	how it ends: links, mode, audit trail
 *	apply_recover.c	after a kill
 *	apply_prune.c	what may go from the store
 *	apply_list.c	the store, as it is shown
 *	apply_receive.c	bundle -> snapshots/<id>, through ingot-unpack
 *	apply_store.c	the snapshot store and what may come into it
 *	apply_ctl.c	the verbs of the command
 *	apply_answer.c	the questions of plugins
 */
enum apply_kind {
	KIND_APPLY,
	KIND_ROLLBACK,
	KIND_AGAIN,
	KIND_RECOVER,
	KIND_DRY
};

#define WANTS_NOTHING (-1) /* wait for its turn in the transaction */

/* One request to apply; copied. */
struct apply_order {
	enum apply_kind kind;
	char snapshot[SHA256_HEX];
	bool staged; /* a dry run: it lies in staging/, not in the store */
	int64_t confirm_s;     /* 0: nobody is waited for */
	struct ctl_call *call; /* or NULL */
};

struct turn {
	bool active;
	struct apply_order order;
	struct journal journal; /* as on disk */
	enum txn_phase phase;
	size_t at;       /* the plugin whose turn it is in this phase */
	unsigned tries;  /* of this plugin, in revert */
	unsigned rounds; /* of the whole revert */
	bool refused;    /* somebody said no in revert */
	bool yes;        /* confirmed */
	bool recovering; /* after a kill: litter may lie about */
	int timer;
	struct err why; /* the first failure */
	struct applied target, before;
	struct values values; /* of the slots, while it lasts */
	struct bytes documents[APPLIED_PLUGINS]; /* filled; by plugin number */
	bool has_document[APPLIED_PLUGINS];
	bool held[APPLIED_PLUGINS]; /* its slots wait: keeps what it has */
	struct bytes rendered[APPLIED_PLUGINS]; /* KIND_DRY: in no file */
	struct file_batch *batch;               /* artifacts and filled files */
	json_t *reset;                 /* what a first apply resets, or NULL */
	struct package_work *packages; /* apply_packages.c */
	struct back *back;             /* apply_packages_back.c */
};

struct receive; /* apply_receive.c */

struct apply {
	struct agent *agent;
	struct turn turn;
	size_t plugin_count;
	/* In a transaction: the applied number each host is to hold. */
	int64_t wanted[APPLIED_PLUGINS];
	bool inactive[APPLIED_PLUGINS]; /* last ACTIVATE on opening failed */
	int64_t current;
	struct applied live; /* of current */
	struct receive *receive;
	bool journal_found; /* at start; apply_recover() deals with it */
	bool stuck;         /* a transaction ended so; a person must look */
	json_t *obstacles;  /* of the last preparation (preflight.h) */
	bool again;         /* apply_again() was asked for while busy */
	int again_timer;
};

/* apply.c */
void apply_count_plugins(struct apply *); /* of the settings of now */
int plugin_number(const struct apply *, const char *name); /* -1: none */
void apply_want(struct apply *, int64_t number);           /* all hosts */
int apply_load_live(struct apply *, struct err *);

/* apply_prepare.c: fills turn.target, documents and the batch. Obstacles are
 * kept in a->obstacles; a dry run goes on in spite of them. */
int apply_prepare(struct apply *, struct err *);
/* The folder of the snapshot of this turn, below state_dir. */
#define SOURCE_MAX (SHA256_HEX + 16)
void apply_source(const struct apply *, char path[static SOURCE_MAX]);

/* apply_fill.c. snapshot: its folder. 1: filled into out; 0: slots have no
 * value yet, and with note it is noted which; -1: failed. */
int fill_member(struct apply *, int snapshot, const struct member *, size_t max,
    bool note, struct bytes *out, struct err *);
/* The filled and the held files of the target into applied/<n>/files. */
int
fill_files(struct apply *, int snapshot, const struct snapshot *, struct err *);
/* The bytes of a rendered or a held artifact, for the plugin of this number. */
int fill_artifact(struct apply *, int plugin, int fd, struct err *);

/* apply_plan.c: lists of change.h; the caller's. */
json_t *plan_plugins(struct apply *);
json_t *plan_files(struct apply *);
/* What differs on the unit from what is live: for drift. */
json_t *plan_drift(struct apply *);
/* After render: artifacts and state.json, durably. */
int apply_store(struct apply *, struct err *);

/* apply_run.c: the plugin whose turn it is, and all after it. */
void apply_next_plugin(struct apply *);
/* Goes on where the table says; why is kept when it is the first. */
void apply_agree(struct apply *);
void apply_disagree(struct apply *, const struct err *why);

/* apply_phase.c */
int apply_begin(struct apply *, const struct apply_order *, struct err *);
void apply_enter(struct apply *, enum txn_phase);
/* Going back has failed: once more in a while, or stuck. */
void apply_revert_again(struct apply *);
/* Somebody said yes. */
void apply_yes(struct apply *, const char *who);

/* apply_end.c */
void apply_end(struct apply *);
void apply_turn_free(struct apply *);

/* apply_prune.c: removes what neither a link nor the journal speaks of, but
 * for the `keep` snapshots that were live last. removed: NULL, or an array
 * that gets the ids. */
#define STORE_SPARE 3
#define TRASH       "trash"
int store_prune(struct apply *, size_t keep, json_t *removed, struct err *);
void apply_prune(struct apply *);
/* All hosts are given what they should hold (after a start). */
void apply_reactivate(struct apply *);

/* apply_receive.c: takes a bundle into snapshots/, then begins. bundle is
 * borrowed; the call of the order is answered when 0 was returned. */
#define STAGING "staging"
int receive_start(
    struct apply *, int bundle, const struct apply_order *, struct err *);
void receive_free(struct apply *);

/* apply_store.c: staging becomes snapshots/<id>, if it may. *code tells what
 * policy refuses (CODE_REFUSED) from what failed. */
int
store_adopt(struct apply *, const char *id, enum ctl_code *code, struct err *);
/* The same checks for a dry run, which leaves it in staging. */
int
store_check(struct apply *, const char *id, enum ctl_code *code, struct err *);
/* A stored snapshot that is whole and may be applied now: its folder. */
int
store_open(struct apply *, const char *id, enum ctl_code *code, struct err *);
/* Model, sequence and signature. dir: the snapshot's folder. */
int
store_allowed(struct agent *, const struct snapshot *, int dir, struct err *);
/* Who signed the snapshot of this folder (subject); -1: nobody we trust. */
int store_signer(
    const struct agent *, int dir, char *who, size_t size, struct err *);
/* apply_list.c. [{ id, name, model, sequence, signed, signer, back }], the
 * live one first, then those that were live, newest first (back: so many ago),
 * then the others; the caller's. */
json_t *store_list(struct apply *);
/* The same of one, with its members; NULL: damaged. */
json_t *store_show(struct apply *, const char *id, struct err *);
/* Changes from one to the other, by member (change.h); NULL: damaged. */
json_t *store_diff(
    struct apply *, const char *was_id, const char *now_id, struct err *);
/* The one that was live so many ago; 0: the live one. */
int store_back(
    struct apply *, int64_t back, char id[static SHA256_HEX], struct err *);
/* The one stored snapshot whose id begins so, or that has this number. */
int store_find(struct apply *, const char *start, char id[static SHA256_HEX],
    struct err *);
bool store_unsigned_ok(const struct agent *);
/* identity/floor.json: the highest sequence confirmed in production, and when
 * it was: no clock before that is believed. */
int64_t floor_read(int state, struct err *);
int floor_raise(int state, int64_t sequence, struct err *);

#endif
