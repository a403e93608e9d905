/* SPDX-License-Identifier: MIT */
/*
 * Rows from definitions, from the leaves up, so that what is equal becomes one
 * row, whichever version or message it stands in: two thirds of 2.1 are 2.0.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

struct made {
	struct texts *t;
	struct tables *o;
};

static int type_of(
    struct made *, const struct member_def *, int version, const char *expr);

/* --- types ------------------------------------------------------------------
 */

static int
type_row(struct tables *o, struct shape_type row)
{
	for (int i = 0; i < o->type_count; i++)
		if (o->types[i].kind == row.kind &&
		    o->types[i].ref == row.ref && o->types[i].low == row.low &&
		    o->types[i].high == row.high)
			return i;
	o->types[o->type_count] = row;
	return o->type_count++;
}

static int
enum_of(struct tables *o, const char *values, struct place_in at)
{
	struct shape_name n[UINT8_MAX];
	char *copy = strdup(values), *one;
	int count = 0;

	if (copy == NULL)
		abort();
	while ((one = strsep(&copy, "|")) != NULL && count < UINT8_MAX) {
		one += strspn(one, " ");
		one[strcspn(one, " ")] = '\0';
		n[count++] = intern(o, one, at);
	}
	return type_row(o,
	    (struct shape_type){
		.kind = SHAPE_ENUM, .ref = (uint16_t)set_of(o, n, count, at) });
}

/* "0..", "..9", "1..4" into t; anything else stays, for the next reader. */
static const char *
range(const char *s, struct shape_type *t)
{
	char *end;
	long low = strtol(s, &end, 10);
	bool has_low = end != s;

	if (strncmp(end, "..", 2) != 0)
		return s;
	if (has_low)
		t->low = (int32_t)low;
	s = end + 2;
	low = strtol(s, &end, 10);
	if (end != s)
		t->high = (int32_t)low;
	return end + strspn(end, " ");
}

static const char *
length(const char *s, struct shape_type *t)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end != s)
		t->high = (int32_t)n;
	return end;
}

static const char *
number(const char *s, struct shape_type *t)
{
	s = range(s, t);
	if (strcmp(s, "/0.1") == 0) {
		t->kind = SHAPE_TENTHS;
		s += 4;
	}
	return s;
}

static const struct {
	const char *word;
	enum shape_kind kind;
	const char *(*limits)(const char *, struct shape_type *);
} words[] = {
	{ "any", SHAPE_ANY, NULL },
	{ "text", SHAPE_TEXT, length },
	{ "time", SHAPE_TIME, NULL },
	{ "uri", SHAPE_URI, NULL },
	{ "int", SHAPE_INT, range },
	{ "num", SHAPE_NUMBER, number },
	{ "bool", SHAPE_BOOL, NULL },
};

/* -1: none of these words. */
static int
word_type(struct made *m, const struct member_def *d, const char *expr)
{
	size_t len = strcspn(expr, " ");
	const char *rest = expr + len + strspn(expr + len, " ");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct shape_type t = { .kind = (uint8_t)words[i].kind,
			.low = SHAPE_NO_LOW,
			.high = SHAPE_NO_HIGH };

		if (strlen(words[i].word) != len ||
		    memcmp(words[i].word, expr, len) != 0)
			continue;
		if (words[i].limits != NULL)
			rest = words[i].limits(rest, &t);
		if (*rest != '\0')
			die(d->at, "\"%s\" behind %s: see compile_read.c", rest,
			    words[i].word);
		if (t.kind == SHAPE_INT && d->old_integers)
			t.kind = SHAPE_INT_OLD;
		return type_row(m->o, t);
	}
	return -1;
}

static int
array_of(struct made *m, const struct member_def *d, int v, const char *expr)
{
	const char *close = strrchr(expr, ']');
	struct shape_type t = {
		.kind = SHAPE_ARRAY, .low = 0, .high = SHAPE_NO_HIGH
	};
	char *inner;

	if (close == NULL)
		die(d->at, "%s: its ] is missing", d->name);
	if (*range(close + 1 + strspn(close + 1, " "), &t) != '\0')
		die(d->at, "%s: behind ] stands \"1..\" or \"1..4\"", d->name);
	inner = strndup(expr + 1, (size_t)(close - expr - 1));
	if (inner == NULL)
		abort();
	t.ref = (uint16_t)type_of(m, d, v, inner);
	return type_row(m->o, t);
}

/* --- objects ----------------------------------------------------------------
 */

static int
object_row(struct tables *o, struct shape_object row, const uint16_t *types,
    int count, struct place_in at)
{
	for (int i = 0; i < o->object_count; i++) {
		const struct shape_object *x = &o->objects[i];

		if (x->set == row.set && x->required == row.required &&
		    x->open == row.open &&
		    memcmp(&o->members[x->types], types,
			(size_t)count * sizeof(*types)) == 0)
			return i;
	}
	if (o->member_count + count > 8192 || o->object_count == 1023)
		die(at, "the tables are full: enlarge struct tables");
	row.types = (uint16_t)o->member_count;
	memcpy(&o->members[o->member_count], types,
	    (size_t)count * sizeof(*types));
	o->member_count += count;
	o->objects[o->object_count] = row;
	return o->object_count++;
}

static int
object_of(struct made *m, const struct def *d, int first, int count)
{
	struct shape_object row = { .open = d->open };
	const struct member_def *all = &m->t->everywhere[d->version];
	struct shape_name n[64];
	uint16_t types[64];
	int total = count + (all->name != NULL && !d->open);

	if (total > 64)
		die(d->at, "%s has more than 64 members: widen the bitmaps",
		    d->name);
	for (int i = 0; i < total; i++) {
		const struct member_def *one =
		    i < count ? &m->t->members[first + i] : all;

		n[i] = intern(m->o, one->name, one->at);
		types[i] = (uint16_t)type_of(m, one, d->version, one->type);
		if (!one->optional)
			row.required |= UINT64_C(1) << i;
	}
	row.set = (uint16_t)set_of(m->o, n, total, d->at);
	return type_row(m->o,
	    (struct shape_type){ .kind = SHAPE_OBJECT,
		.ref = (uint16_t)object_row(m->o, row, types, total, d->at) });
}

static int
named(struct made *m, const struct member_def *by, int v, const char *name)
{
	for (struct def *d = m->t->defs; d < m->t->defs + m->t->def_count;
	     d++) {
		if (d->version != v || d->kind == DEF_ACTION ||
		    strcmp(d->name, name) != 0)
			continue;
		if (d->busy)
			die(d->at, "%s holds itself: shapes are finite", name);
		d->busy = true;
		if (d->resolved == -1)
			d->resolved = d->kind == DEF_ENUM
			    ? enum_of(m->o, d->values, d->at)
			    : object_of(m, d, d->first, d->count);
		d->busy = false;
		return d->resolved;
	}
	die(by->at, "%s is defined nowhere: add an enum or an object", name);
}

static int
type_of(
    struct made *m, const struct member_def *d, int version, const char *expr)
{
	int t;

	if (m->o->type_count > 4000)
		die(d->at, "the tables are full: enlarge struct tables");
	if (*expr == '[')
		return array_of(m, d, version, expr);
	if (strchr(expr, '|') != NULL)
		return enum_of(m->o, expr, d->at);
	t = word_type(m, d, expr);
	return t != -1 ? t : named(m, d, version, expr);
}

/* --- actions ----------------------------------------------------------------
 */

static void
action(struct made *m, const struct def *d)
{
	struct tables *o = m->o;

	if (d->has_answer == ((d->flags & SHAPE_SEND) != 0))
		die(d->at, "%s: a request has an \"answer\", a SEND has none",
		    d->name);
	o->actions[o->action_count++] =
	    (struct shape_action){ .name = intern_action(o, d->name, d->at),
		    .request = (uint16_t)object_of(m, d, d->first, d->count),
		    .answer = d->has_answer
			? (uint16_t)object_of(
			      m, d, d->answer_first, d->answer_count)
			: SHAPE_NONE,
		    .flags = d->flags,
		    .version = d->version };
}

void
compile_tables(struct texts *t, struct tables *o)
{
	struct made m = { t, o };

	/* Row 0, for what has no shape. */
	(void)type_row(o,
	    (struct shape_type){ .kind = SHAPE_ANY,
		.low = SHAPE_NO_LOW,
		.high = SHAPE_NO_HIGH });
	for (int v = 0; v < 3; v++) {
		struct shape_version *row = &o->versions[v];
		struct shape_name n[UINT8_MAX];

		row->first = (uint16_t)o->action_count;
		for (int i = 0; i < t->def_count; i++)
			if (t->defs[i].kind == DEF_ACTION &&
			    t->defs[i].version == v)
				action(&m, &t->defs[i]);
		row->count = (uint16_t)(o->action_count - row->first);
		for (int i = 0; i < row->count && i < UINT8_MAX; i++)
			n[i] = o->actions[row->first + i].name;
		row->set =
		    (uint16_t)set_of(o, n, row->count, (struct place_in){ 0 });
	}
}
