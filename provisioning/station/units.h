/* SPDX-License-Identifier: MIT */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * The units of a day: who they are and how they are reached. From a CSV file
 * whose first record names its columns, in any order:
 *
 *	serial    needed; [A-Za-z0-9._:@+=-], names files of the day
 *	host      needed; a name, an IPv4 or IPv6 address
 *	port, user, model, hardware	else what the options say
 *	hostkey   SHA256:..., as ssh-keygen -l prints it: the only key taken
 *	value.X   @{unit.X} of this unit
 *
 * or from words [SERIAL=][USER@]HOST[:PORT]. Every text has a character set
 * of its own, so that none can mean anything to a shell, a path or a terminal.
 */
#define UNITS_MAX        4096
#define UNIT_TEXT_MAX    64
#define UNIT_HOST_MAX    253
#define UNIT_HOSTKEY_LEN 50 /* "SHA256:" and 43 characters of base64 */
#define UNIT_VALUES_MAX  16
#define UNIT_VALUE_MAX   256

struct unit_value {
	char name[UNIT_TEXT_MAX + 1];
	char text[UNIT_VALUE_MAX + 1];
};

struct unit {
	char serial[UNIT_TEXT_MAX + 1]; /* "": not said */
	char host[UNIT_HOST_MAX + 1];
	uint16_t port;
	char user[33];
	char model[UNIT_TEXT_MAX + 1];      /* "": not said */
	char hardware[UNIT_TEXT_MAX + 1];   /* "": not said */
	char hostkey[UNIT_HOSTKEY_LEN + 1]; /* "": not pinned */
	size_t values;
	struct unit_value *value; /* owned */
	/* What the day calls it: the serial, else host or [host]:port. */
	char name[UNIT_HOST_MAX + 9];
	unsigned line; /* of the file; 0: from words */
};

struct units {
	struct unit *unit;
	size_t count;
};

/* What a unit is when its row does not say it. */
struct unit_defaults {
	const char *user;
	const char *model;    /* "" */
	const char *hardware; /* "" */
	uint16_t port;
};

/* Errors name file, line, column and remedy. To be freed even on failure. */
int units_parse(struct units *, const char *name, const char *text, size_t len,
    const struct unit_defaults *, struct err *);
int units_words(struct units *, char *const *words,
    const struct unit_defaults *, struct err *);
void units_free(struct units *);
#define own_units __attribute__((cleanup(units_free), unused))

/* "SHA256:" and 43 base64 characters, as OpenSSH prints it. */
bool unit_hostkey_ok(const char *);

#endif
