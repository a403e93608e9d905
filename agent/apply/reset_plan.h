/* SPDX-License-Identifier: MIT */
#ifndef RESET_PLAN_H
#define RESET_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "file.h"
#include "reset.h"
#include "settings.h"
#include "snapshot.h"
#include "values.h"

/*
 * What a reset would do to this unit, path by path: a list that is made before
 * anything is touched. Only paths that are there get into it, and host keys
 * that the configuration of sshd asks for.
 */
#define RESET_STEPS_MAX 4096
#define RESET_TEXT_MAX  (64 * 1024) /* of a file that is made anew */

enum reset_step_kind {
	STEP_REMOVE,
	STEP_WRITE,
	STEP_LINK
};

struct reset_step {
	char path[SNAPSHOT_PATH_MAX]; /* of this machine, without first slash */
	enum reset_step_kind kind;
	const struct reset_item *item; /* borrowed */
	struct bytes text;             /* STEP_WRITE; may be a secret */
	struct file_meta meta;
	const char *link; /* STEP_LINK: a literal */
	char key[96];     /* a host key's fingerprint, "" for all else */
};

struct reset_plan {
	struct reset policy;
	struct reset_step *steps;
	size_t count;
	size_t room;
};

/* Private to the reset_*.c that make a plan. */
struct planning {
	struct reset_plan *plan;
	const struct settings *settings;
	const char *prefix; /* of the root, "tmp/x/" or "" */
	int root;           /* open */
	int state;          /* borrowed */
	bool dry;           /* names only: no key is made, no text */
	struct values values;
};

/*
 * dry: which paths, without making what would stand there. To be freed even on
 * failure. state: the open state folder.
 */
int reset_plan_make(struct reset_plan *, const struct settings *, int state,
    bool dry, struct err *);
void reset_plan_free(struct reset_plan *); /* fine on a zeroed one */
#define own_reset_plan __attribute__((cleanup(reset_plan_free), unused))

/* Adds a step for a path of the unit ("/etc/x"), or returns the one there is:
 * the first item that speaks of a path has decided. *step NULL: nothing is to
 * be done there (a folder, a socket). meta is that of what is there, or 0600
 * root. */
int reset_plan_add(struct planning *, const struct reset_item *,
    const char *path, struct reset_step **step, struct err *);
/* reset_make.c: what is to stand at path, unless it is removed. */
int reset_make(
    struct planning *, struct reset_step *, const char *path, struct err *);
/* reset_keys.c: an item of host keys. paths: what its patterns found. */
struct tree_paths;
int reset_ssh_keys(struct planning *, const struct reset_item *,
    const struct tree_paths *, struct err *);
int reset_dropbear_keys(struct planning *, const struct reset_item *,
    const struct tree_paths *, struct err *);
/* reset_hostkeys.c: every path that a HostKey line names. */
int reset_sshd_paths(struct planning *, struct tree_paths *out, struct err *);

#endif
