/* SPDX-License-Identifier: MIT */
/*
 * Kura's configurations as JSON: what its REST interface (configuration/v2) and
 * its CONF-V2 requests take and give, and what people keep as snapshots.
 *
 *	{ "configs": [ { "pid": P, "properties": {
 *		NAME: { "type": "PASSWORD", "value": V } } } ] }
 *
 * To the reader of JSON each value is called "value". Here it has the name and
 * the pid that it has in a snapshot's XML, so that the same rules and the same
 * heuristics hold. Two passes: where the properties stand, then the fields, of
 * which those that lie in a property get its name. The order of members does
 * not matter, so a pid behind its properties counts as well.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "field_in.h"

struct range {
	size_t at;
	size_t end;
};

struct property {
	struct range entry; /* with its name; no comma */
	struct range value; /* { "type", "value" }, or the value alone */
	struct range pid;   /* a string, without its quotes */
	struct range name;
	size_t comma_at; /* of the comma before it; 0: it is the first */
	bool secret;
	bool wrapped;       /* is { "type", "value" } */
	struct range inner; /* of the member "value" */
};

struct kura_scan {
	const char *text;
	size_t len;
	struct property *all;
	size_t count;
	size_t room;
	bool no_memory;
	size_t prefix; /* of within, in the text of JSON that came last */
	field_fn *fn;
	void *ctx;
	struct err *e;
};

/* One member of an object, or element of a list (then without a name). */
struct member {
	struct range entry, name, value;
	size_t comma_at;
};

static size_t
blanks(const struct kura_scan *s, size_t at)
{
	while (at < s->len && isspace((unsigned char)s->text[at]))
		at++;
	return at;
}

/* Behind the string that begins at at; 0: it has no end. */
static size_t
string_end(const struct kura_scan *s, size_t at)
{
	for (at++; at < s->len && s->text[at] != '"'; at++)
		at += s->text[at] == '\\';
	return at < s->len ? at + 1 : 0;
}

/* Behind the value that begins at at; 0: it has no end. */
static size_t
value_end(const struct kura_scan *s, size_t at)
{
	size_t depth = 0;

	while (at < s->len) {
		char c = s->text[at];

		if (c == '"') {
			if ((at = string_end(s, at)) == 0)
				return 0;
		} else if (c == '{' || c == '[') {
			depth++;
			at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return at;
			depth--;
			at++;
		} else if (depth == 0 &&
		    (c == ',' || isspace((unsigned char)c)))
			return at;
		else {
			at++;
			continue;
		}
		if (depth == 0)
			return at;
	}
	return depth == 0 ? at : 0;
}

/*
 * The member behind *at (start with the bracket's place), which moves on. 1, 0:
 * the bracket closes here; -1: the text ends first, or is none of JSON.
 */
static int
next_member(const struct kura_scan *s, size_t *at, struct member *m)
{
	bool object = s->text[*at] == '{' || m->name.end > 0;
	size_t i = blanks(s, *at + (m->entry.end == 0));

	m->comma_at = 0;
	if (i < s->len && s->text[i] == ',' && m->entry.end > 0) {
		m->comma_at = i;
		i = blanks(s, i + 1);
	}
	if (i >= s->len || strchr("}]", s->text[i]) != NULL)
		return i >= s->len || s->text[i] == '\0' ? -1 : 0;
	m->entry.at = i;
	if (object) {
		if (s->text[i] != '"' || (m->name.end = string_end(s, i)) == 0)
			return -1;
		m->name.at = i + 1;
		i = blanks(s, m->name.end--);
		if (i >= s->len || s->text[i] != ':')
			return -1;
		i = blanks(s, i + 1);
	}
	m->value.at = i;
	m->value.end = value_end(s, i);
	if (m->value.end <= i)
		return -1;
	*at = m->entry.end = m->value.end;
	return 1;
}

static bool
called(const struct kura_scan *s, const struct range *name, const char *what)
{
	return name->end - name->at == strlen(what) &&
	    memcmp(s->text + name->at, what, strlen(what)) == 0;
}

/* { "type": "PASSWORD", "value": ... }; anything else is the value itself. */
static int
look_inside(const struct kura_scan *s, struct property *p)
{
	struct member m = { .comma_at = 0 };
	size_t at = p->value.at;
	int rc = 0;

	p->inner = p->value;
	if (s->text[at] != '{')
		return 0;
	while ((rc = next_member(s, &at, &m)) == 1) {
		struct range v = { m.value.at + 1, m.value.end - 1 };

		if (called(s, &m.name, "value")) {
			p->inner = m.value;
			p->wrapped = true;
		} else if (called(s, &m.name, "type") && v.end > v.at) {
			p->wrapped = true;
			p->secret = v.end - v.at == 8 &&
			    strncasecmp(s->text + v.at, "PASSWORD", 8) == 0;
		}
	}
	return rc;
}

static int
add(struct kura_scan *s, const struct member *m, const struct range *pid)
{
	size_t room = s->room == 0 ? 64 : 2 * s->room;
	struct property *p;

	if (s->count == s->room) {
		p = reallocarray(s->all, room, sizeof(*p));
		if (p == NULL) {
			s->no_memory = true;
			return err_set(s->e, ENOMEM, "out of memory");
		}
		s->all = p;
		s->room = room;
	}
	p = &s->all[s->count];
	*p = (struct property){ .entry = m->entry,
		.value = m->value,
		.name = m->name,
		.pid = { pid->at + 1, pid->end - 1 },
		.comma_at = m->comma_at };
	if (look_inside(s, p) == -1)
		return -1;
	s->count++;
	return 0;
}

static int
properties(struct kura_scan *s, const struct range *of, const struct range *pid)
{
	struct member m = { .comma_at = 0 };
	size_t at = of->at;
	int rc;

	while ((rc = next_member(s, &at, &m)) == 1)
		if (add(s, &m, pid) == -1)
			return -1;
	return rc;
}

/* A configuration's properties are noted; in all else one is looked for. */
static int
walk(struct kura_scan *s, const struct range *value, int depth)
{
	struct range pid = { 0, 0 }, list = { 0, 0 };
	struct member m = { .comma_at = 0 };
	size_t at = value->at;
	int rc;

	if (strchr("{[", s->text[at]) == NULL || s->text[at] == '\0')
		return 0;
	if (depth == FIELD_DEPTH_MAX)
		return -1;
	while ((rc = next_member(s, &at, &m)) == 1) {
		char first = s->text[m.value.at];

		if (m.name.end > 0 && called(s, &m.name, "pid") && first == '"')
			pid = m.value;
		else if (m.name.end > 0 && first == '{' &&
		    called(s, &m.name, "properties"))
			list = m.value;
		else if (walk(s, &m.value, depth + 1) == -1)
			return -1;
	}
	if (rc == -1 || list.end == 0)
		return rc;
	return pid.end > 0 ? properties(s, &list, &pid)
			   : walk(s, &list, depth + 1);
}

static const struct property *
around(const struct kura_scan *s, size_t at)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->all[middle].value.end <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count && at >= s->all[low].value.at ? &s->all[low]
							    : NULL;
}

static void
unescaped(const struct kura_scan *s, const struct range *r,
    char out[static FIELD_NAME_MAX])
{
	struct field f = {
		.at = r->at, .len = r->end - r->at, .escape = FIELD_BACKSLASH
	};
	own_bytes struct bytes text = { 0 };

	field_decode(&f, s->text, &text);
	name_copy(out, text.bad ? "" : text.p, text.bad ? 0 : text.len);
}

/* The property's name, its pid and its entry take those of the value. */
static int
renamed(struct kura_scan *s, const struct property *p, struct field f)
{
	char name[FIELD_NAME_MAX], pid[FIELD_NAME_MAX];

	unescaped(s, &p->name, name);
	unescaped(s, &p->pid, pid);
	s->prefix = strlen(f.within) + strlen(f.name) + 1;
	f.name = name;
	f.within = pid;
	f.secret = p->secret;
	f.entry_at = p->comma_at > 0 ? p->comma_at : p->entry.at;
	f.entry_len = p->entry.end - f.entry_at;
	f.comma = p->comma_at == 0;
	f.absent = f.open != NULL && f.len == 4 &&
	    memcmp(s->text + f.at, "null", 4) == 0;
	return s->fn(s->ctx, &f, s->e);
}

/* Of a text of JSON in a value: within is pid.name, and what is in the text. */
static int
renamed_inside(struct kura_scan *s, const struct property *p, struct field f)
{
	char name[FIELD_NAME_MAX], pid[FIELD_NAME_MAX];
	char within[FIELD_WITHIN_MAX];
	const char *rest =
	    strlen(f.within) > s->prefix ? f.within + s->prefix : "";

	unescaped(s, &p->name, name);
	unescaped(s, &p->pid, pid);
	(void)snprintf(within, sizeof(within), "%s.%s%s", pid, name, rest);
	f.within = within;
	return s->fn(s->ctx, &f, s->e);
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct kura_scan *s = ctx;
	const struct property *p = around(s, f->at);

	(void)e;
	if (p == NULL)
		return s->fn(s->ctx, f, s->e);
	if (f->nested > 0)
		return renamed_inside(s, p, *f);
	/* What says how to read a value is none, as in XML. */
	if (p->wrapped && (f->at < p->inner.at || f->at >= p->inner.end))
		return 0;
	return renamed(s, p, *f);
}

static int
by_place(const void *a, const void *b)
{
	const struct property *x = a, *y = b;

	return x->value.at < y->value.at ? -1 : x->value.at > y->value.at;
}

int
field_kura_json(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct kura_scan s = {
		.text = text, .len = len, .fn = fn, .ctx = ctx, .e = e
	};
	struct range all = { 0, len };
	int rc;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		all.at = 3;
	all.at = blanks(&s, all.at);
	if (all.at == len || strchr("{[", text[all.at]) == NULL ||
	    text[all.at] == '\0')
		rc = err_set(e, EBADMSG, "no JSON");
	else if ((rc = walk(&s, &all, 0)) == -1 && !s.no_memory)
		rc = err_set(e, EBADMSG, "no JSON, not all of it, or too deep");
	if (rc == 0 && s.count > 0)
		qsort(s.all, s.count, sizeof(*s.all), by_place);
	if (rc == 0)
		rc = field_json(text, len, on_field, &s, e);
	free(s.all);
	return rc;
}

bool
field_is_kura_json(const char *text, size_t len)
{
	static const char *const members[] = { "\"pid\"", "\"properties\"" };

	for (size_t i = 0; i < 2; i++)
		if (memmem(text, len, members[i], strlen(members[i])) == NULL)
			return false;
	return true;
}
