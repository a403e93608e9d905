/* SPDX-License-Identifier: MIT */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * Where, in a configuration file of a format we know, the values stand and
 * what they are called. A file is never written anew from a parsed tree: the
 * scrubber replaces the bytes of a value and leaves all others as they were.
 *
 *	pairs		key=value, [section]: INI, shell, hostapd,
 *wpa_supplicant words		Key value: sshd_config
 *	columns		fields divided by blanks, called 1, 2, 3: chap-secrets
 *	yaml		key: value
 *	json		within: names of the objects around, joined by "."
 *	libconfig	the same
 *	xml		elements; one with a name attribute is called by it
 *			(Kura's properties), within: the pid around it; JSON in
 *			a value is looked into: within is then pid.name
 *
 * Formats but xml and json are read leniently: what is no field is passed
 * over. The heuristics of suspect.h look at that too.
 */
#define FIELD_NAME_MAX  128
#define FIELD_DEPTH_MAX 32

struct field {
	const char *within; /* section, names around, pid; "" */
	const char *name;
	size_t at; /* of the value, without its quotes */
	size_t len;
	bool secret;    /* the file itself says that it is one */
	size_t flag_at; /* of "true" in Kura's encrypted="true"; 0: none */
};

typedef int field_fn(void *ctx, const struct field *, struct err *);
typedef int field_scan_fn(
    const char *text, size_t len, field_fn *, void *ctx, struct err *);

struct field_format {
	const char *name;
	field_scan_fn *scan;
};

field_scan_fn field_pairs, field_words, field_columns, field_yaml, field_json,
    field_libconfig, field_xml;

/* JSON whose strings stand in other quotes: "&quot;" inside XML. */
int field_json_quoted(const char *quote, const char *text, size_t len,
    field_fn *, void *ctx, struct err *);

/* By name; NULL: there is none so called. */
const struct field_format *field_format(const char *name);
/* By the look of path and text; NULL: nothing we know. */
const struct field_format *
field_guess(const char *path, const char *text, size_t len);

/* The value as the program that owns the file sees it: escapes undone. */
void field_decode(const struct field_format *, const char *value, size_t len,
    struct bytes *out);

/* The line, from 1, in which the byte stands. */
unsigned field_line(const char *text, size_t at);

#endif
