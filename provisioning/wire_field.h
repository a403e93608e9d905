/* SPDX-License-Identifier: MIT */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "json.h"

/*
 * A message as a table: each row is one JSON key and the place in a struct
 * where its value lives, with its limit. For wire.c alone.
 */
enum wire_kind {
	WIRE_K_TEXT, /* char[size] */
	WIRE_K_DATA, /* uint8_t[size], size_t at `count`; hex on the wire */
	WIRE_K_LIST, /* char[n][18], size_t at `count` */
	WIRE_K_INT,  /* int64_t, 0 to limit; 0 is left out */
	WIRE_K_NAME, /* enum, by its name in `names` */
};

#define WIRE_MUST   0x01u /* not empty */
#define WIRE_HEX    0x02u /* lower-case hex digits */
#define WIRE_EXACT  0x04u /* as long as its room, or empty */
#define WIRE_SERIAL 0x08u /* wire_serial_ok() */
#define WIRE_PLAIN  0x10u /* no control characters */

struct wire_field {
	const char *name;
	enum wire_kind kind;
	unsigned rules;
	size_t at, size; /* offset and sizeof the member */
	size_t count;    /* offset of the size_t beside it */
	int64_t limit;
	const char *const *names;
};

/* clang-format off */
#define WIRE_AT(s, m)	.name = #m, .at = offsetof(s, m), \
			.size = sizeof(((s *)0)->m)
#define WIRE_TEXT(s, m, r) { WIRE_AT(s, m), .kind = WIRE_K_TEXT, .rules = (r) }
#define WIRE_DATA(s, m, c) { WIRE_AT(s, m), .kind = WIRE_K_DATA, \
			     .count = offsetof(s, c) }
#define WIRE_LIST(s, m, c) { WIRE_AT(s, m), .kind = WIRE_K_LIST, \
			     .count = offsetof(s, c) }
#define WIRE_INT(s, m, l)  { WIRE_AT(s, m), .kind = WIRE_K_INT, .limit = (l) }
#define WIRE_NAME(s, m, n, l) { WIRE_AT(s, m), .kind = WIRE_K_NAME, \
			     .names = (n), .limit = (l), .rules = WIRE_MUST }
/* clang-format on */

/* A new object, the caller's; NULL: a value breaks its row's rule. */
json_t *
wire_fields_encode(const struct wire_field *, const void *from, struct err *);
/* Unknown keys, missing ones, wrong types and broken rules are refused. */
int wire_fields_parse(
    const struct wire_field *, const json_t *, void *to, struct err *);

#endif
