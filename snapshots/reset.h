/* SPDX-License-Identifier: MIT */
#ifndef RESET_H
#define RESET_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "err.h"

/*
 * What belongs to one unit alone, as data (policies/reset/); libconfig:
 *
 *	include = [ "classes.conf" ];	beside this file, after its own items
 *	items = ( { class = "identity";	one of the twelve of reset_classes
 *		operation = "machine-id";  that of a clone tool, if any
 *		paths = [ "/etc/machine-id" ];	patterns; * matches "/" too
 *		mark = "regenerate-on-first-boot";
 *		make = "machine-id"; text = "..."; why = "..."; } );
 *
 * The first item that fits a path counts, so an owner's own file, which
 * includes the shipped ones, has the last word.
 */
#define RESET_POLICY    "reset/unit.conf" /* below a policy folder */
#define RESET_ITEMS_MAX 500
#define RESET_CLASSES   12

enum reset_mark {
	RESET_NEVER, /* capture does not open it, apply does not touch it */
	RESET_APPLY, /* does not travel; is another on the unit after the
			first apply */
	RESET_BOOT,  /* the same, and the system itself makes it at its next
			start */
	RESET_KEEP   /* the unit's own stays; travels if a policy lists it */
};

/* What stands there after the first apply, where there was something. */
enum reset_make {
	MAKE_NOTHING, /* removed */
	MAKE_TEXT,    /* text with slots, newline */
	MAKE_HEX,     /* text, 12 random hexadecimal digits, newline */
	MAKE_UUID,    /* text, a random UUID, newline */
	MAKE_RANDOM,  /* as many random bytes as before */
	MAKE_MACHINE_ID,
	MAKE_MACHINE_LINK, /* a link to /etc/machine-id */
	MAKE_HOSTNAME,     /* text with slots, as a host name, newline */
	MAKE_HOSTS,        /* the 127.0.1.1 line alone: text as a host name */
	MAKE_SSH_KEYS,     /* those there, and those of every HostKey line */
	MAKE_DROPBEAR_KEYS
};

struct reset_item {
	const char *class;     /* NULL: of an operation only */
	const char *operation; /* or NULL */
	conf_node *paths;      /* texts; may be none with RESET_KEEP */
	enum reset_mark mark;
	enum reset_make make;
	const char *text; /* "" when not said */
	const char *why;
	const struct conf *file;
	unsigned line;
};

struct reset {
	struct conf *files;
	size_t file_count;
	struct reset_item *items;
	size_t count;
};

extern const char *const reset_classes[RESET_CLASSES + 1]; /* NULL-ended */

/* To be freed even on failure. Errors name file and line. */
int reset_read(struct reset *, const char *path, struct err *);
void reset_free(struct reset *); /* fine on a zeroed one */
#define own_reset __attribute__((cleanup(reset_free), unused))

/* The first item for this absolute path, or NULL. A pattern that ends in a
 * slash and a star fits the folder itself as well. */
const struct reset_item *reset_of(const struct reset *, const char *path);
const char *reset_mark_name(enum reset_mark);

#endif
