/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_RECORD_H
#define PACKAGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "json.h"
#include "package_plan.h"

/*
 * What a transaction is about to change among the packages, and what was there
 * before: applied/<number>/packages, durable before the first change. As long
 * as it is there, going back has to look at packages.
 *
 *	{ "ingot": 1, "manager", "packages": [ { "name", "architecture",
 *	  "before" (version; "": nothing of it), "conf": bool (its
 *	  configuration was still there), "after" } ] }
 */
struct record_entry {
	const char *name;
	const char *arch;
	const char *before;
	const char *after;
	bool conf;
};

struct package_record {
	const char *manager;
	struct record_entry *all;
	size_t count;
	json_t *texts;
};

int record_write(int state, int64_t number, const struct package_plan *,
    const struct package_db *, struct err *);
/* 1: read; 0: there is none; -1: damaged. To be freed even on failure. */
int
record_read(struct package_record *, int state, int64_t number, struct err *);
bool record_exists(int state, int64_t number);
void record_free(struct package_record *);
#define own_record __attribute__((cleanup(record_free), unused))

#endif
