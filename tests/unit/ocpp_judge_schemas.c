/* SPDX-License-Identifier: MIT */
/*
 * The shapes against the published JSON Schemas, where these are at hand:
 *
 *	OCPP_SCHEMAS=DIR	holds 1.6/core 1.6/security 2.0.1 2.1; without
 *				it the tests are skipped, for the schemas are
 *				no part of this project
 *	OCPP_ROUNDS=N		messages for each schema (default 500), half
 *				of them broken in one way
 *	OCPP_SEED=N
 *
 * Twice: the tables are compared with the schemas member by member, and seeded
 * messages are judged by the judge and by a small checker of its own kind,
 * over jansson's tree, which knows only the keywords that the schemas use.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shapes.h"
#include "walk.h"

struct schema {
	json_t *root;
	enum ocpp_version version;
	bool draft4;
	bool is_answer;
	int shape;
	char name[96];
};

static regex_t time_re, uri_re;

/* --- the files ---------------------------------------------------------------
 */

static const struct {
	const char *dir;
	enum ocpp_version version;
	int files;
} sets[] = {
	{ "1.6/core", OCPP_16, 56 },
	{ "1.6/security", OCPP_16, 22 },
	{ "2.0.1", OCPP_201, 128 },
	{ "2.1", OCPP_21, 181 },
};

static bool
ends(const char *s, const char *end, size_t *len)
{
	size_t n = strlen(end);

	if (*len < n || memcmp(s + *len - n, end, n) != 0)
		return false;
	*len -= n;
	return true;
}

static void
load(const char *dir, const char *file, enum ocpp_version v, struct schema *s)
{
	char path[4096];
	json_error_t e;
	size_t len = strlen(file) - 5;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	*s = (struct schema){ .version = v };
	s->root = json_load_file(path, 0, &e);
	if (s->root == NULL)
		fail_msg("%s: %s", path, e.text);
	s->draft4 =
	    strstr(json_string_value(json_object_get(s->root, "$schema")),
		"draft-04") != NULL;
	s->is_answer = ends(file, "Response", &len);
	if (!s->is_answer && v != OCPP_16)
		(void)ends(file, "Request", &len);
	s->shape = judge_shape(v, file, len);
	(void)snprintf(s->name, sizeof(s->name), "%s %.*s%s",
	    ocpp_subprotocol(v), (int)len, file, s->is_answer ? " answer" : "");
	if (s->shape == -1)
		fail_msg("%s: no such action", s->name);
}

/* Calls one for each schema. */
static void
each(void (*one)(const struct schema *))
{
	const char *all = getenv("OCPP_SCHEMAS");

	if (all == NULL)
		skip();
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		char dir[2048];
		struct dirent **names;
		int n, files = 0;

		(void)snprintf(dir, sizeof(dir), "%s/%s", all, sets[i].dir);
		n = scandir(dir, &names, NULL, alphasort);
		if (n == -1)
			fail_msg("%s cannot be read", dir);
		for (int k = 0; k < n; k++) {
			struct schema s;
			size_t len = strlen(names[k]->d_name);

			if (ends(names[k]->d_name, ".json", &len)) {
				load(
				    dir, names[k]->d_name, sets[i].version, &s);
				one(&s);
				json_decref(s.root);
				files++;
			}
			free(names[k]);
		}
		free(names);
		assert_int_equal(files, sets[i].files);
	}
}

static const json_t *
resolved(const json_t *root, const json_t *s)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));

	if (ref == NULL)
		return s;
	assert_memory_equal(ref, "#/definitions/", 14);
	s = json_object_get(json_object_get(root, "definitions"), ref + 14);
	assert_non_null(s);
	return s;
}

static bool
has(const json_t *s, const char *key, const char *value)
{
	const char *v = json_string_value(json_object_get(s, key));

	return v != NULL && strcmp(v, value) == 0;
}

/* --- member by member --------------------------------------------------------
 */

#define SAME(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			fail_msg("%s: %s: %s", s->name, path, #what);          \
	} while (0)

static void
same(const struct schema *s, const json_t *j, unsigned type, const char *path);

static int32_t
limit(const json_t *j, const char *key, int32_t none)
{
	const json_t *v = json_object_get(j, key);

	return v == NULL ? none : (int32_t)json_number_value(v);
}

static void
same_object(const struct schema *s, const json_t *j, const struct shape_type *t,
    const char *path)
{
	const struct shape_object *o = &shape_objects[t->ref];
	json_t *members = json_object_get(j, "properties"), *one, *required;
	const char *name;
	uint64_t bits = 0;
	size_t i;

	SAME(t->kind == SHAPE_OBJECT);
	SAME(o->open ==
	    !json_is_false(json_object_get(j, "additionalProperties")));
	SAME(shape_sets[o->set].count == json_object_size(members));
	json_object_foreach(members, name, one)
	{
		char below[512];
		int m = set_find(
		    &shape_sets[o->set], (struct span){ name, strlen(name) });

		(void)snprintf(below, sizeof(below), "%s.%s", path, name);
		if (m == -1)
			fail_msg("%s: %s is missing", s->name, below);
		same(s, one, shape_members[o->types + m], below);
	}
	required = json_object_get(j, "required");
	json_array_foreach(required, i, one) bits |= UINT64_C(1)
	    << set_find(&shape_sets[o->set],
		   (struct span){
		       json_string_value(one), json_string_length(one) });
	SAME(bits == o->required);
}

static void
same_text(const struct schema *s, const json_t *j, const struct shape_type *t,
    const char *path)
{
	json_t *values = json_object_get(j, "enum"), *one;
	const struct shape_set *set = &shape_sets[t->ref];
	size_t i;

	if (values != NULL) {
		SAME(t->kind == SHAPE_ENUM);
		SAME(set->count == json_array_size(values));
		json_array_foreach(values, i, one)
		    SAME(set_find(set,
			     (struct span){ json_string_value(one),
				 json_string_length(one) }) != -1);
	} else if (has(j, "format", "date-time")) {
		SAME(t->kind == SHAPE_TIME);
	} else if (has(j, "format", "uri")) {
		SAME(t->kind == SHAPE_URI);
	} else {
		SAME(t->kind == SHAPE_TEXT);
		SAME(t->high == limit(j, "maxLength", SHAPE_NO_HIGH));
	}
}

static void
same(const struct schema *s, const json_t *j, unsigned type, const char *path)
{
	const struct shape_type *t = &shape_types[type];

	j = resolved(s->root, j);
	if (has(j, "type", "object")) {
		same_object(s, j, t, path);
	} else if (has(j, "type", "string")) {
		same_text(s, j, t, path);
	} else if (has(j, "type", "array")) {
		SAME(t->kind == SHAPE_ARRAY);
		SAME(t->low == limit(j, "minItems", 0));
		SAME(t->high == limit(j, "maxItems", SHAPE_NO_HIGH));
		same(s, json_object_get(j, "items"), t->ref, path);
	} else if (has(j, "type", "boolean")) {
		SAME(t->kind == SHAPE_BOOL);
	} else if (json_object_get(j, "type") == NULL) {
		SAME(t->kind == SHAPE_ANY);
	} else {
		bool whole = has(j, "type", "integer");

		SAME(t->kind ==
		    (whole && s->draft4 ? SHAPE_INT_OLD
			    : whole     ? SHAPE_INT
			    : json_object_get(j, "multipleOf") != NULL
			    ? SHAPE_TENTHS
			    : SHAPE_NUMBER));
		SAME(t->low == limit(j, "minimum", SHAPE_NO_LOW));
		SAME(t->high == limit(j, "maximum", SHAPE_NO_HIGH));
	}
}

static void
same_schema(const struct schema *s)
{
	const struct shape_action *a = &shape_actions[s->shape];

	same(s, s->root, s->is_answer ? a->answer : a->request, "$");
}

static void
the_tables_say_what_the_schemas_say(void **state)
{
	(void)state;
	each(same_schema);
}

/* --- the other checker
 * --------------------------------------------------------
 */

#define BIT(f) (1u << (f))

static unsigned check(const struct schema *, const json_t *j, const json_t *v);

static size_t
points(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/* By the regular expression, and by a calendar that would count 29 February
 * 2026 as 1 March. */
static bool
is_time(const char *s)
{
	struct tm tm = { 0 }, back;
	time_t t;

	if (regexec(&time_re, s, 0, NULL, 0) != 0)
		return false;
	(void)sscanf(s, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	back = tm;
	t = timegm(&back);
	(void)gmtime_r(&t, &back);
	return back.tm_mday == tm.tm_mday && back.tm_mon == tm.tm_mon;
}

static unsigned
check_text(const json_t *j, const json_t *v)
{
	json_t *values = json_object_get(j, "enum"), *one, *max;
	size_t i;
	bool found = values == NULL;

	if (!json_is_string(v))
		return BIT(JUDGE_WRONG_TYPE);
	json_array_foreach(values, i, one) found =
	    found || json_equal(one, v) != 0;
	max = json_object_get(j, "maxLength");
	if (max != NULL)
		found = found &&
		    points(json_string_value(v)) <=
			(size_t)json_integer_value(max);
	if (has(j, "format", "date-time"))
		found = is_time(json_string_value(v));
	if (has(j, "format", "uri"))
		found = regexec(&uri_re, json_string_value(v), 0, NULL, 0) == 0;
	return found ? 0 : BIT(JUDGE_PROPERTY);
}

/* Numbers of the size that is made here; libm is not linked. */
static double
nearest(double d)
{
	return (double)(int64_t)(d + (d < 0 ? -0.5 : 0.5));
}

static unsigned
check_number(const struct schema *s, const json_t *j, const json_t *v)
{
	double d = json_number_value(v);
	const json_t *low = json_object_get(j, "minimum"),
		     *high = json_object_get(j, "maximum");
	bool bad;

	if (!json_is_number(v))
		return BIT(JUDGE_WRONG_TYPE);
	if (has(j, "type", "integer") && !json_is_integer(v) &&
	    (s->draft4 || nearest(d) != d))
		return BIT(JUDGE_WRONG_TYPE);
	bad = (low != NULL && d < json_number_value(low)) ||
	    (high != NULL && d > json_number_value(high)) ||
	    (json_object_get(j, "multipleOf") != NULL && json_is_real(v) &&
		(d * 10 - nearest(d * 10)) * (d * 10 - nearest(d * 10)) >
		    1e-12);
	return bad ? BIT(JUDGE_PROPERTY) : 0;
}

static unsigned
check_array(const struct schema *s, const json_t *j, const json_t *v)
{
	unsigned faults = 0;
	size_t i;
	json_t *one;

	if (!json_is_array(v))
		return BIT(JUDGE_WRONG_TYPE);
	if (json_array_size(v) < (size_t)limit(j, "minItems", 0) ||
	    json_array_size(v) > (size_t)limit(j, "maxItems", INT32_MAX))
		faults |= BIT(JUDGE_OCCURRENCE);
	json_array_foreach(v, i, one) faults |=
	    check(s, json_object_get(j, "items"), one);
	return faults;
}

static unsigned
check_object(const struct schema *s, const json_t *j, const json_t *v)
{
	const json_t *members = json_object_get(j, "properties");
	unsigned faults = 0;
	const char *name;
	json_t *one, *required = json_object_get(j, "required");
	size_t i;

	if (!json_is_object(v))
		return BIT(JUDGE_WRONG_TYPE);
	json_array_foreach(required, i,
	    one) if (json_object_get(v, json_string_value(one)) == NULL)
	    faults |= BIT(JUDGE_OCCURRENCE);
	json_object_foreach((json_t *)v, name, one)
	{
		const json_t *m = json_object_get(members, name);

		if (m != NULL)
			faults |= check(s, m, one);
		else if (json_is_false(
			     json_object_get(j, "additionalProperties")))
			faults |= BIT(JUDGE_OCCURRENCE);
	}
	return faults;
}

/* All faults of v, a bit each. */
static unsigned
check(const struct schema *s, const json_t *j, const json_t *v)
{
	j = resolved(s->root, j);
	if (has(j, "type", "object"))
		return check_object(s, j, v);
	if (has(j, "type", "array"))
		return check_array(s, j, v);
	if (has(j, "type", "string"))
		return check_text(j, v);
	if (has(j, "type", "boolean"))
		return json_is_boolean(v) ? 0 : BIT(JUDGE_WRONG_TYPE);
	if (json_object_get(j, "type") == NULL)
		return 0;
	return check_number(s, j, v);
}

/* --- messages ----------------------------------------------------------------
 */

static uint64_t dice_state;

/* Below n; Knuth's constants, the high bits. */
static unsigned
dice(unsigned n)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)((dice_state >> 33) % n);
}

static json_t *make(const struct schema *, const json_t *j, unsigned depth);

static json_t *
make_string(size_t length)
{
	static const char *const letters[] = { "a", "Z", "7", " ", "\"", "\\",
		"/", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x8c",
		"\x7f" };
	char *s = malloc(4 * length + 1), *p = s;
	json_t *j;

	assert_non_null(s);
	for (*p = '\0'; length > 0; length--)
		p = stpcpy(p, letters[dice(dice(2) != 0 ? 3 : 12)]);
	j = json_string(s);
	free(s);
	assert_non_null(j);
	return j;
}

static json_t *
make_text(const json_t *j)
{
	static const char *const times[] = { "2026-01-31T12:34:56Z",
		"2024-02-29T23:59:59.999+05:30",
		"1999-12-31T00:00:00.1-11:00" };
	static const char *const uris[] = { "ftp://a:b@host/x%20y",
		"https://[::1]:8443/?a=b#c", "urn:x:y" };
	const json_t *values = json_object_get(j, "enum"),
		     *max = json_object_get(j, "maxLength");
	size_t most;

	if (values != NULL)
		return json_deep_copy(json_array_get(
		    values, dice((unsigned)json_array_size(values))));
	if (has(j, "format", "date-time"))
		return json_string(times[dice(3)]);
	if (has(j, "format", "uri"))
		return json_string(uris[dice(3)]);
	most = max == NULL ? 40 : (size_t)json_integer_value(max);
	/* Seldom the very length of what is long: it costs. */
	if (most > 600 && dice(40) != 0)
		most = 600;
	return make_string(dice(4) == 0 ? most : dice((unsigned)most + 1));
}

static json_t *
make_number(const struct schema *s, const json_t *j)
{
	bool whole = has(j, "type", "integer");
	int32_t low = limit(j, "minimum", -1000),
		high = limit(j, "maximum", low < 2000 ? 2000 : low);
	unsigned way = dice(4);
	int32_t v = way == 0 ? low
	    : way == 1       ? high
			     : low + (int32_t)dice((unsigned)(high - low) + 1);

	if (whole && (s->draft4 || dice(3) != 0))
		return json_integer(v);
	if (whole || v == low || v == high)
		return json_real(v);
	return dice(2) == 0 ? json_integer(v) : json_real(v + dice(10) / 10.0);
}

static json_t *
make_array(const struct schema *s, const json_t *j, unsigned depth)
{
	unsigned low = (unsigned)limit(j, "minItems", 0),
		 high = (unsigned)limit(j, "maxItems", 3);
	json_t *a = json_array();

	if (high > low + 2 && (depth > 2 || high > 24 || dice(8) != 0))
		high = low + 2;
	for (unsigned n = low + dice(high - low + 1); n > 0; n--)
		(void)json_array_append_new(
		    a, make(s, json_object_get(j, "items"), depth));
	return a;
}

static bool
is_required(const json_t *j, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(j, "required"), i,
	    one) if (strcmp(json_string_value(one), name) == 0) return true;
	return false;
}

static json_t *
make_object(const struct schema *s, const json_t *j, unsigned depth)
{
	json_t *o = json_object(), *one;
	const char *name;
	unsigned odds = depth == 1 ? 2 : 3;

	json_object_foreach(json_object_get(j, "properties"), name,
	    one) if (is_required(j, name) || dice(odds) == 0)(void)
	    json_object_set_new(o, name, make(s, one, depth + 1));
	if (!json_is_false(json_object_get(j, "additionalProperties")))
		(void)json_object_set_new(o, "anything",
		    json_pack("{s:[i,n,{s:b}]}", "x", 1, "y", 1));
	return o;
}

static json_t *
make(const struct schema *s, const json_t *j, unsigned depth)
{
	j = resolved(s->root, j);
	if (has(j, "type", "object"))
		return make_object(s, j, depth);
	if (has(j, "type", "array"))
		return make_array(s, j, depth);
	if (has(j, "type", "string"))
		return make_text(j);
	if (has(j, "type", "boolean"))
		return json_boolean(dice(2));
	if (json_object_get(j, "type") == NULL)
		return json_pack("[{s:s},f,n]", "free", "data", 0.5);
	return make_number(s, j);
}

/* --- breaking ----------------------------------------------------------------
 */

/* Another value in place of v, which has schema j. */
static json_t *
broken(const json_t *j, const json_t *v)
{
	static const char *const texts[] = { "", "x", "accepted", "2026-13-01",
		"2026-01-31T12:34:56", "2026-02-29T12:34:56Z", "host/path",
		"2026-01-31T12:34:60Z", "http://a b", "Accepted " };
	size_t max = (size_t)limit(j, "maxLength", 40);

	switch (dice(10)) {
	case 0:
		return json_null();
	case 1:
		return json_integer((int)dice(300) - 150);
	case 2:
		return json_real((int)dice(4000) / 8.0 - 200);
	case 3:
		return json_true();
	case 4:
		return json_array();
	case 5:
		return json_object();
	case 6:
		return json_real(dice(100) / 20.0);
	case 7:
		return json_string(texts[dice(10)]);
	case 8:
		if (json_is_array(v) && json_array_size(v) > 0) {
			json_t *more = json_deep_copy(v);
			size_t to = (size_t)limit(j, "maxItems", 3) + 1;

			while (json_array_size(more) < to)
				(void)json_array_append(
				    more, json_array_get(more, 0));
			return more;
		}
		return json_integer(INT64_MAX);
	default:
		return make_string(max + (dice(4) != 0));
	}
}

/* Breaks one place below v, chosen by going down at random. */
static void
break_one(const struct schema *s, const json_t *j, json_t *v)
{
	unsigned n = (unsigned)json_object_size(v), at;
	const char *name = NULL;
	const json_t *below;
	json_t *one;
	void *it;

	j = resolved(s->root, j);
	if (n == 0 || dice(8) == 0) {
		(void)json_object_set_new(
		    v, dice(2) == 0 ? "unknown" : "Status", json_integer(1));
		return;
	}
	it = json_object_iter(v);
	for (at = dice(n); at > 0; at--)
		it = json_object_iter_next(v, it);
	name = json_object_iter_key(it);
	one = json_object_iter_value(it);
	below = json_object_get(json_object_get(j, "properties"), name);
	if (below == NULL || dice(6) == 0) {
		(void)json_object_del(v, name);
		return;
	}
	below = resolved(s->root, below);
	if (json_is_object(one) && dice(4) != 0) {
		break_one(s, below, one);
	} else if (json_is_array(one) && json_array_size(one) > 0 &&
	    dice(3) != 0) {
		const json_t *items =
		    resolved(s->root, json_object_get(below, "items"));
		size_t i = dice((unsigned)json_array_size(one));

		if (json_is_object(json_array_get(one, i)) && dice(4) != 0)
			break_one(s, items, json_array_get(one, i));
		else
			(void)json_array_set_new(
			    one, i, broken(items, json_array_get(one, i)));
	} else {
		(void)json_object_set_new(v, name, broken(below, one));
	}
}

/* --- both judge --------------------------------------------------------------
 */

static unsigned long fine_count, fault_count[JUDGE_FAULTS];

static void
ask(const struct schema *s, const json_t *v)
{
	static const size_t flags[] = { JSON_COMPACT, JSON_COMPACT,
		JSON_INDENT(2), JSON_ENSURE_ASCII, JSON_ESCAPE_SLASH };
	char *text = json_dumps(v, flags[dice(5)]);
	/* What the text says is judged, not what was meant. */
	json_t *back = json_loads(text, 0, NULL);
	struct frame f = { .payload = { text, strlen(text) } };
	unsigned faults = check(s, s->root, back);
	struct verdict why;
	bool fine = judge_payload(&f, s->shape, s->is_answer, &why);

	if (fine != (faults == 0) || (!fine && (faults & BIT(why.fault)) == 0))
		fail_msg("%s: %s\nfaults %#x, the judge: %d %s %s", s->name,
		    text, faults, why.fault, why.path, why.why);
	if (fine)
		fine_count++;
	else
		fault_count[why.fault]++;
	json_decref(back);
	free(text);
}

static void
ask_schema(const struct schema *s)
{
	const char *rounds = getenv("OCPP_ROUNDS");
	int n = rounds == NULL ? 500 : atoi(rounds);

	for (int i = 0; i < n; i++) {
		json_t *v = make(s, s->root, 0);

		assert_int_equal(check(s, s->root, v), 0);
		if (i % 2 != 0)
			break_one(s, s->root, v);
		ask(s, v);
		json_decref(v);
	}
}

static void
the_judge_says_what_another_checker_says(void **state)
{
	const char *seed = getenv("OCPP_SEED");

	(void)state;
	dice_state = seed == NULL ? 1 : strtoull(seed, NULL, 10);
	assert_int_equal(
	    regcomp(&time_re,
		"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
		"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?"
		"([Zz]|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$",
		REG_EXTENDED | REG_NOSUB),
	    0);
	assert_int_equal(regcomp(&uri_re,
			     "^[A-Za-z][-A-Za-z0-9+.]*:"
			     "([]-~!-$&-;=?-[]|%[0-9A-Fa-f]{2})*$",
			     REG_EXTENDED | REG_NOSUB),
	    0);
	each(ask_schema);
	print_message("[  NOTE    ] %lu fine, %lu occurrence, %lu type, %lu "
		      "property\n",
	    fine_count, fault_count[JUDGE_OCCURRENCE],
	    fault_count[JUDGE_WRONG_TYPE], fault_count[JUDGE_PROPERTY]);
	/* Nothing of this is a test when one kind did not occur. */
	assert_true(fine_count > 0 && fault_count[JUDGE_OCCURRENCE] > 0 &&
	    fault_count[JUDGE_WRONG_TYPE] > 0 &&
	    fault_count[JUDGE_PROPERTY] > 0);
	regfree(&time_re);
	regfree(&uri_re);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tables_say_what_the_schemas_say),
		cmocka_unit_test(the_judge_says_what_another_checker_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
