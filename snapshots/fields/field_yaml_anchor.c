/* SPDX-License-Identifier: MIT */
/*
 * What anchors stand for. Only what is below one is kept, and what aliases
 * repeat is limited in all: nine of nine of nine are a bomb.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_yaml.h"

#define ANCHORS_MAX 256
#define OPEN_MAX    (FIELD_DEPTH_MAX + 1)
#define FIELDS_MAX  16384 /* below anchors, and repeated by aliases */

struct kept {
	struct field f;
	char within[FIELD_NAME_MAX]; /* behind the anchor's own */
	char name[FIELD_NAME_MAX];
};

struct anchor {
	char name[FIELD_NAME_MAX];
	size_t prefix;      /* of within, that is the anchor's place */
	size_t first, last; /* of the fields */
	bool scalar;
	bool closed;
};

struct yaml_anchors {
	struct anchor all[ANCHORS_MAX];
	size_t count;
	int open[OPEN_MAX]; /* the anchor of each open node; -1: none */
	int depth;
	int named; /* of them, those that have one */
	struct kept *fields;
	size_t field_count;
	size_t room; /* for so many of them */
	size_t repeated;
	bool full;
};

struct yaml_anchors *
yaml_anchors_new(struct err *e)
{
	struct yaml_anchors *a = calloc(1, sizeof(*a));

	if (a == NULL)
		(void)err_set(e, ENOMEM, "out of memory");
	return a;
}

void
yaml_anchors_free(struct yaml_anchors *a)
{
	if (a != NULL)
		free(a->fields);
	free(a);
}

void
yaml_anchors_open(struct yaml_anchors *a, const char *name, const char *within)
{
	struct anchor *one = &a->all[a->count < ANCHORS_MAX ? a->count : 0];

	if (a->depth == OPEN_MAX)
		return;
	a->open[a->depth] = -1;
	if (name != NULL && a->count < ANCHORS_MAX) {
		memset(one, 0, sizeof(*one));
		name_copy(one->name, name, strlen(name));
		one->prefix = strlen(within);
		one->first = a->field_count;
		a->open[a->depth] = (int)a->count++;
		a->named++;
	}
	a->full |= name != NULL && a->open[a->depth] == -1;
	a->depth++;
}

int
yaml_anchors_told(struct yaml_anchors *a, const struct field *f, struct err *e)
{
	size_t room = a->room == 0 ? 64 : 2 * a->room;
	struct kept *grown = a->fields;

	if (a->full)
		return err_set(e, E2BIG, "more than %d anchors", ANCHORS_MAX);
	if (a->named == 0)
		return 0;
	if (a->field_count == FIELDS_MAX)
		return err_set(
		    e, E2BIG, "more than %d values below anchors", FIELDS_MAX);
	if (a->field_count == a->room) {
		grown = reallocarray(a->fields, room, sizeof(*grown));
		if (grown == NULL)
			return err_set(e, ENOMEM, "out of memory");
		a->fields = grown;
		a->room = room;
	}
	grown += a->field_count++;
	grown->f = *f;
	(void)snprintf(
	    grown->within, sizeof(grown->within), "%.127s", f->within);
	name_copy(grown->name, f->name, strlen(f->name));
	return 0;
}

void
yaml_anchors_close(struct yaml_anchors *a, const char *name)
{
	struct anchor *one;

	if (a->depth == 0)
		return;
	a->depth--;
	if (a->open[a->depth] == -1)
		return;
	one = &a->all[a->open[a->depth]];
	one->last = a->field_count;
	one->scalar = name != NULL;
	one->closed = true;
	a->named--;
}

/* The last one so called: a name may be given again. */
static const struct anchor *
find(const struct yaml_anchors *a, const char *name)
{
	for (size_t i = a->count; i-- > 0;)
		if (strcmp(a->all[i].name, name) == 0)
			return a->all[i].closed ? &a->all[i] : NULL;
	return NULL;
}

static void
joined(char out[static FIELD_WITHIN_MAX], const char *a, const char *b,
    const char *c)
{
	(void)snprintf(out, FIELD_WITHIN_MAX, "%s%s%s%s%s", a,
	    a[0] == '\0' || b[0] == '\0' ? "" : ".", b,
	    (a[0] == '\0' && b[0] == '\0') || c[0] == '\0' ? "" : ".", c);
}

int
yaml_anchors_repeat(struct yaml_anchors *a, const char *anchor,
    const char *within, const char *name, field_fn *fn, void *ctx,
    struct err *e)
{
	const struct anchor *one = find(a, anchor);
	bool merge = strcmp(name, "<<") == 0;
	char place[FIELD_WITHIN_MAX], own[FIELD_NAME_MAX];
	struct field f;

	for (size_t i = one == NULL ? 0 : one->first;
	     one != NULL && i < one->last; i++) {
		const struct kept *k = &a->fields[i];
		size_t n = strlen(k->within);
		const char *rest =
		    k->within + (one->prefix < n ? one->prefix : n);

		if (a->repeated++ == FIELDS_MAX)
			return err_set(e, E2BIG,
			    "aliases repeat more than %d values", FIELDS_MAX);
		joined(place, within, merge || one->scalar ? "" : name,
		    rest[0] == '.' ? rest + 1 : rest);
		f = k->f;
		f.within = place;
		/* What is told is kept, and moves what was kept before. */
		(void)strcpy(own, k->name);
		f.name = one->scalar ? name : own;
		if (fn(ctx, &f, e) == -1)
			return -1;
		/* An alias in an anchor: it repeats both. */
		if (yaml_anchors_told(a, &f, e) == -1)
			return -1;
	}
	return 0;
}
