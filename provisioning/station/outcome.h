/* SPDX-License-Identifier: MIT */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "json.h"
#include "units.h"

/*
 * What became of one unit: what the day book keeps and the reports show. It
 * holds no secret.
 */
enum outcome_how {
	OUTCOME_WAITING, /* not begun */
	OUTCOME_RUNNING,
	OUTCOME_DONE,
	OUTCOME_FAILED,
	OUTCOME_REFUSED,     /* by a rule: host key, policy, another's unit */
	OUTCOME_INTERRUPTED, /* stopped by a person, or the station died */
	OUTCOMES
};

struct outcome {
	enum outcome_how how;
	bool before;   /* done in an earlier run; this one left it alone */
	char step[16]; /* where it stands or failed */
	char why[ERR_TEXT_MAX];
	char next[ERR_TEXT_MAX]; /* what a person is to do */
	/* Facts of the unit; "" not known. */
	char mode[16];
	char snapshot[SHA256_HEX];
	char agent[32];
	char hostkey[UNIT_HOSTKEY_LEN + 1];
	char verdict[160];
	char birth[SHA256_HEX]; /* SHA-256 of the birth record */
	int64_t began;          /* seconds since 1970; 0: never */
	int64_t ended;
	int64_t ms; /* the last try */
	int64_t tries;
};

const char *outcome_name(enum outcome_how); /* "done" */
/* A fact by its name; -1: there is no such fact. Cut where it is too long. */
int outcome_fact(struct outcome *, const char *name, const char *text);
/* All of it; the caller's. */
json_t *outcome_json(const struct outcome *);
/* Strict; what is missing stays empty. */
int outcome_read(struct outcome *, const json_t *, struct err *);

#endif
