/* SPDX-License-Identifier: MIT */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdint.h>

/*
 * shapes: the tables that compile.c makes from the *.shapes texts. Indices
 * instead of pointers: the tables need no relocation, so all processes share
 * their pages, and they are half as large. What several messages or versions
 * have in common stands in them once.
 */
enum shape_kind {
	SHAPE_ANY,
	SHAPE_TEXT,
	SHAPE_ENUM,
	SHAPE_TIME,
	SHAPE_URI,
	SHAPE_INT,     /* 1.0 and 1e2 are integers (JSON Schema draft 6) */
	SHAPE_INT_OLD, /* they are not (draft 4: the core of 1.6) */
	SHAPE_NUMBER,
	SHAPE_TENTHS, /* a multiple of 0.1 */
	SHAPE_BOOL,
	SHAPE_ARRAY,
	SHAPE_OBJECT,
	SHAPE_KINDS
};

#define SHAPE_NO_LOW   INT32_MIN
#define SHAPE_NO_HIGH  INT32_MAX
#define SHAPE_NONE     UINT16_MAX
#define SHAPE_ANYTHING 0 /* the type that is SHAPE_ANY */

struct shape_type {
	uint8_t kind;
	uint16_t ref; /* ENUM: set; OBJECT: object; ARRAY: type of its items */
	/* TEXT: high is code points; ARRAY: items; numbers: values. */
	int32_t low, high;
};

struct shape_name {
	uint16_t at; /* in shape_pool */
	uint16_t len;
};

/* Names of which no two meet in a slot. */
struct shape_set {
	uint32_t seed;
	uint16_t names; /* its first in shape_names */
	uint16_t slots; /* its first in shape_slots: index + 1, or 0 */
	uint8_t shift;
	uint8_t count;
};

struct shape_object {
	uint64_t required; /* bit i: its member i */
	uint16_t set;      /* names of its members */
	uint16_t types;    /* type of its member i: shape_members[types + i] */
	uint8_t open;      /* members that are not named here are fine */
};

enum shape_flags {
	SHAPE_FROM_UP = 1, /* the charge point may send it */
	SHAPE_FROM_DOWN = 2,
	SHAPE_UNSURE = 4, /* public sources disagree about the direction */
	SHAPE_SEND = 8    /* a SEND; it has no answer */
};

struct shape_action {
	struct shape_name name;
	uint16_t request, answer; /* types; SHAPE_NONE: no answer */
	uint8_t flags;
	uint8_t version;
};

struct shape_version {
	uint16_t set; /* names of its actions */
	uint16_t first;
	uint16_t count;
};

extern const char shape_pool[];
extern const struct shape_name shape_names[];
extern const uint8_t shape_slots[];
extern const struct shape_set shape_sets[];
extern const int shape_set_count;
extern const struct shape_type shape_types[];
extern const uint16_t shape_members[];
extern const struct shape_object shape_objects[];
extern const struct shape_action shape_actions[];
extern const int shape_action_count;
extern const struct shape_version shape_versions[];

#endif
