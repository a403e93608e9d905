/* SPDX-License-Identifier: MIT */
#ifndef SCRUB_IN_H
#define SCRUB_IN_H

#include "capture_report.h"
#include "cli.h"
#include "sample.h"

/* The ways of ingot scrub, one file each; for agent/cli/scrub*.c alone. */
enum ctl_code scrub_check(struct cli *);
enum ctl_code scrub_classify(struct cli *);

/* Captures the sample that the options name, to see what is found in it; both
 * to be freed even on failure, which it has told of. */
enum ctl_code scrub_sample(struct cli *, struct sample *, struct capture *);

/*
 * A SARIF log (OASIS, version 2.1.0) with one run and no results yet, and
 * adding to it. The caller's; NULL or -1: out of memory.
 */
json_t *sarif_new(void);
int sarif_add(json_t *log, const struct findings *);
/* A file that could not be looked at. */
int sarif_trouble(json_t *log, const char *path, const char *why);

/* Is it a word about a file and no finding of its own: no text, no plain file?
 */
bool scrub_is_note(enum finding_id);

#endif
