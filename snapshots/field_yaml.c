/* SPDX-License-Identifier: MIT */
/*
 * YAML by lines: block mappings, quoted and plain scalars, block scalars, and
 * flow collections, which are read like JSON. Anchors, tags and keys over
 * several lines are passed over; the heuristics see them as text.
 */
#include <stdio.h>
#include <string.h>

#include "field.h"

/* A key whose value is more than one line away: how deep it stands. */
struct level {
	size_t indent;
	char name[FIELD_NAME_MAX];
};

struct yaml_scan {
	const char *text;
	size_t len;
	size_t next; /* where the next line begins */
	int depth;
	struct level levels[FIELD_DEPTH_MAX];
	char within[512];
	field_fn *fn;
	void *ctx;
};

static size_t
line_end(const struct yaml_scan *s, size_t at)
{
	const char *newline = memchr(s->text + at, '\n', s->len - at);

	return newline == NULL ? s->len : (size_t)(newline - s->text);
}

static size_t
skip(const struct yaml_scan *s, size_t at, size_t end)
{
	while (at < end && (s->text[at] == ' ' || s->text[at] == '\t'))
		at++;
	return at;
}

/* The colon that ends a key: a blank or the line's end behind it. */
static size_t
colon(const struct yaml_scan *s, size_t at, size_t end)
{
	char quote = s->text[at];

	if (quote == '"' || quote == '\'')
		for (at++; at < end && s->text[at] != quote; at++)
			;
	for (; at < end; at++)
		if (s->text[at] == ':' &&
		    (at + 1 == end || strchr(" \t\r", s->text[at + 1]) != NULL))
			return at;
	return end;
}

static void
copy_key(char out[static FIELD_NAME_MAX], const char *p, size_t n)
{
	while (n > 0 && strchr(" \t\"'", p[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr("\"'", p[0]) != NULL) {
		p++;
		n--;
	}
	(void)snprintf(out, FIELD_NAME_MAX, "%.*s",
	    n < FIELD_NAME_MAX ? (int)n : FIELD_NAME_MAX - 1, p);
}

/* Leaves the levels that end at this indent, and names those that stay. */
static void
settle(struct yaml_scan *s, size_t indent)
{
	size_t n = 0;

	while (s->depth > 0 && s->levels[s->depth - 1].indent >= indent)
		s->depth--;
	s->within[0] = '\0';
	for (int i = 0; i < s->depth && n < sizeof(s->within); i++)
		n += (size_t)snprintf(s->within + n, sizeof(s->within) - n,
		    "%s%s", i == 0 ? "" : ".", s->levels[i].name);
}

static int
emit(
    struct yaml_scan *s, const char *name, size_t at, size_t end, struct err *e)
{
	struct field f = {
		.within = s->within, .name = name, .at = at, .len = end - at
	};

	return end <= at ? 0 : s->fn(s->ctx, &f, e);
}

static size_t
indent_of(const struct yaml_scan *s, size_t at, size_t end)
{
	size_t first = skip(s, at, end);

	return first == end ? SIZE_MAX : first - at;
}

/* "|" or ">": the lines behind it that stand deeper; empty ones belong too. */
static int
block(struct yaml_scan *s, const char *name, size_t indent, struct err *e)
{
	size_t first = s->next < s->len ? s->next : s->len, last = first, end;

	while (s->next < s->len) {
		end = line_end(s, s->next);
		if (indent_of(s, s->next, end) <= indent)
			break;
		last = end;
		s->next = end + 1;
	}
	return emit(s, name, skip(s, first, last), last, e);
}

/* The end of a quoted scalar that begins at `at`, over lines if need be. */
static size_t
quoted_end(struct yaml_scan *s, size_t at)
{
	char quote = s->text[at];
	size_t i = at + 1;

	for (; i < s->len && s->text[i] != quote; i++)
		if (quote == '"' && s->text[i] == '\\' && i + 1 < s->len)
			i++;
	if (i >= s->next)
		s->next = line_end(s, i < s->len ? i : s->len) + 1;
	return i;
}

/* A plain scalar ends at " #" or at the line's end. */
static size_t
plain_end(const struct yaml_scan *s, size_t at, size_t end)
{
	for (size_t i = at; i + 1 < end; i++)
		if (s->text[i + 1] == '#' && strchr(" \t", s->text[i]) != NULL)
			end = i;
	while (end > at && strchr(" \t\r", s->text[end - 1]) != NULL)
		end--;
	return end;
}

/* {a: b} and [a, b], as far as they go on this line. */
struct flow {
	struct yaml_scan *s;
	const char *name;
	size_t at;
};

static int
flow_field(void *ctx, const struct field *f, struct err *e)
{
	struct flow *flow = ctx;
	struct field moved = *f;

	moved.at += flow->at;
	moved.within = flow->s->within;
	if (moved.name[0] == '\0')
		moved.name = flow->name;
	return flow->s->fn(flow->s->ctx, &moved, e);
}

static int
scalar(struct yaml_scan *s, const char *name, size_t indent, size_t at,
    size_t end, struct err *e)
{
	struct flow flow = { s, name, at };

	if (at == end || s->text[at] == '#')
		return 0;
	if (s->text[at] == '|' || s->text[at] == '>')
		return block(s, name, indent, e);
	if (s->text[at] == '"' || s->text[at] == '\'')
		return emit(s, name, at + 1, quoted_end(s, at), e);
	if (s->text[at] == '{' || s->text[at] == '[')
		return field_json(s->text + at, end - at, flow_field, &flow, e);
	return emit(s, name, at, plain_end(s, at, end), e);
}

static int
line(struct yaml_scan *s, size_t start, size_t end, struct err *e)
{
	size_t at = skip(s, start, end), key_end;
	char name[FIELD_NAME_MAX];

	while (at + 1 < end && s->text[at] == '-' && s->text[at + 1] == ' ')
		at = skip(s, at + 1, end);
	if (at == end || s->text[at] == '#')
		return 0;
	settle(s, at - start);
	/* A flow collection on a line of its own is no key. */
	key_end = strchr("{[", s->text[at]) != NULL ? end : colon(s, at, end);
	if (key_end == end)
		return scalar(s,
		    s->depth == 0 ? "" : s->levels[s->depth - 1].name,
		    at - start, at, end, e);
	copy_key(name, s->text + at, key_end - at);
	if (s->depth < FIELD_DEPTH_MAX) {
		s->levels[s->depth].indent = at - start;
		(void)strcpy(s->levels[s->depth++].name, name);
	}
	return scalar(s, name, at - start, skip(s, key_end + 1, end), end, e);
}

int
field_yaml(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct yaml_scan s = { .text = text, .len = len, .fn = fn, .ctx = ctx };
	size_t start, end;

	while (s.next < s.len) {
		start = s.next;
		end = line_end(&s, start);
		s.next = end + 1;
		if (line(&s, start, end, e) == -1)
			return -1;
	}
	return 0;
}
