/* SPDX-License-Identifier: MIT */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "txn.h"

/*
 * The transaction under way, on disk: state_dir/journal, written durably
 * before the first request of a phase, taken away at the end. Two lines: a
 * JSON object, and the SHA-256 of that line, so that a flipped bit is a
 * damaged journal and never a wrong number.
 */
#define JOURNAL_FILE       "journal"
#define JOURNAL_MAX        1024 /* bytes */
#define JOURNAL_NUMBER_MAX 1000000000
#define JOURNAL_ASKED_MAX  511 /* 16 plugins with names of 23 bytes: 384 */
#define JOURNAL_ALL        "*"

struct journal {
	enum txn_phase phase;
	int64_t target; /* applied/<target>; 0: unknown, was damaged */
	int64_t before; /* applied/<before>; 0: before the first snapshot */
	bool yes;       /* somebody confirmed it */
	char snapshot[SHA256_HEX]; /* of target */
	/* Who was asked to activate it, of those who had nothing in place:
	 * names with a space behind each; JOURNAL_ALL: nobody knows, so take
	 * it as all. */
	char asked[JOURNAL_ASKED_MAX + 1];
};

/* The name stands in it, or all do. */
bool journal_asked(const struct journal *, const char *plugin);
/* Adds the name, once; -1: there is no room for it. */
int journal_ask(struct journal *, const char *plugin, struct err *);

/* Parses the bytes of a journal; everything about it is strict. */
int journal_parse(struct journal *, const void *text, size_t len, struct err *);

int journal_write(int state, const struct journal *, struct err *);
/* 1: read; 0: there is none; -1: damaged, or could not be read. */
int journal_read(int state, struct journal *, struct err *);
int journal_remove(int state, struct err *); /* absent is fine */

#endif
