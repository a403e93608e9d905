/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_H
#define LEDGER_H

#include "buf.h"
#include "policy.h"

/*
 * Every file and every key that a capture looked at, for the proof: one JSON
 * line a file, in the order in which they came (that of paths):
 *
 *	{ "file", "bytes", "lines", "format", "keys", "net",
 *	  "kept": { key: count }, "slots": { key: "policy:line" },
 *	  "texts", "emptied", "cut", "kept_by_rule": the same, "unnamed" }
 *	{ "file", "skipped": why }	left out, and why
 *	{ "file", "dropped": why }	never travels
 *
 * net: "rules" when a rule reads the file by key, "heuristics" when its keys
 * were judged by name and value, "lines" when only its text could be, "bytes"
 * when it is no text, so that only what is known was searched for.
 *
 * No value is in it. A key that does not look like a name (it could be a line
 * of something else that happened to hold a sign) is counted as unnamed, not
 * shown.
 */
#define LEDGER_MAX (32u * 1024 * 1024)

struct ledger {
	struct bytes text;
	size_t files;
	size_t keys;
	size_t kept;
	size_t replaced;
	size_t emptied;
	size_t skipped;
	size_t dropped;
};

void ledger_free(struct ledger *);
int ledger_file(struct ledger *, const struct policy *, const char *path,
    const struct bytes *in, struct err *);
int
ledger_skip(struct ledger *, const char *path, const char *why, struct err *);
int
ledger_drop(struct ledger *, const char *path, const char *why, struct err *);

#endif
