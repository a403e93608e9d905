/* SPDX-License-Identifier: MIT */
#ifndef COMPILE_H
#define COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shapes.h"

/*
 * compile: a tool of the build, on the building machine; never installed.
 *
 *	compile v16.shapes v201.shapes v21.shapes >shapes.c
 *
 * compile_read.c takes the texts apart, compile_table.c makes rows of them and
 * shares equal ones, compile_sets.c their names, compile.c writes C. It lives
 *for a second: it frees nothing and ends at the first error, with file, line
 *and what to do.
 */
struct place_in {
	const char *file;
	int line;
};

struct member_def {
	const char *name, *type;
	bool optional;
	bool old_integers;
	struct place_in at;
};

enum def_kind {
	DEF_ENUM,
	DEF_OBJECT,
	DEF_ACTION
};

struct def {
	enum def_kind kind;
	const char *name;
	const char *values; /* ENUM: "A | B" */
	int first, count;   /* its members */
	int answer_first, answer_count;
	uint8_t flags; /* ACTION: enum shape_flags */
	uint8_t version;
	bool open, has_answer;
	bool busy;    /* is being made: met again it would hold itself */
	int resolved; /* its type; -1: not yet made */
	struct place_in at;
};

struct texts {
	struct def defs[1024];
	int def_count;
	struct member_def members[8192];
	int member_count;
	/* Members that every object and message of a version has. */
	struct member_def everywhere[3];
};

struct tables {
	char pool[UINT16_MAX];
	int pool_len;
	struct shape_name names[8192];
	int name_count;
	uint8_t slots[32768];
	int slot_count;
	struct shape_set sets[2048];
	int set_count;
	struct shape_type types[4096];
	int type_count;
	uint16_t members[8192];
	int member_count;
	struct shape_object objects[1024];
	int object_count;
	struct shape_action actions[512];
	int action_count;
	struct shape_version versions[3];
};

void die(struct place_in, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/* The name in the pool; an action's is also read as a C string, so it keeps its
 * NUL there. */
struct shape_name intern(struct tables *, const char *, struct place_in);
struct shape_name intern_action(struct tables *, const char *, struct place_in);
/* The set of these names in this order. */
int
set_of(struct tables *, const struct shape_name *, int count, struct place_in);

void compile_read(const char *file, int version, struct texts *);
void compile_tables(struct texts *, struct tables *);

#endif
