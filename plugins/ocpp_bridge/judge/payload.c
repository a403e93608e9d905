/* SPDX-License-Identifier: MIT */
/*
 * Payloads: against their shape, and members of those that have been judged,
 * for the few who read one. Text that nobody has judged is not found or found
 * wrong, but never read beyond its end.
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

bool
judge_payload(
    const struct frame *f, int shape, bool is_answer, struct verdict *v)
{
	const struct shape_action *a = &shape_actions[shape < 0 ? 0 : shape];
	unsigned type = is_answer ? a->answer : a->request;
	struct walk w;

	walk_begin(&w, f->payload.p, f->payload.len, v);
	if (f->is_signed || (f->fits && !is_answer && shape == f->shape))
		return true;
	if (shape < 0 || type == SHAPE_NONE)
		return fault(&w, JUDGE_ACTION_UNKNOWN, "has no known shape");
	/* The 1.6 way to say {}. */
	if (peek(&w) == 'n') {
		const struct shape_object *o =
		    &shape_objects[shape_types[type].ref];

		return o->required == 0 || walk_missing(&w, o, 0);
	}
	return walk_value(&w, type);
}

/* --- members ---------------------------------------------------------------
 */

/* Behind the string at s.p. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* Behind the value at p: braces are counted, strings jumped over. */
static const char *
value_end(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_end(p, end);
			if (depth == 0)
				return p;
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (depth == 0 && memchr(",:]} \t\r\n", *p, 8) != NULL)
			return p;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return end;
}

static const char *
gap(const char *p, const char *end)
{
	while (p < end && memchr(" \t\r\n,:", *p, 6) != NULL)
		p++;
	return p;
}

static bool
named(struct span key, const char *name, size_t len)
{
	char buf[SCAN_KEY_MAX];
	struct text t = { key.p + 1, key.len - 2, 0,
		memchr(key.p, '\\', key.len) != NULL };
	struct span plain;

	return key.len >= 2 && scan_plain(&t, buf, sizeof(buf), &plain) &&
	    plain.len == len && memcmp(plain.p, name, len) == 0;
}

/* The member that is called name, or in an array the element of that number. */
static bool
step(struct span in, const char *name, size_t len, struct span *value)
{
	const char *p = in.p + 1, *end = in.p + in.len;
	bool is_array = *in.p == '[';
	unsigned long left = is_array ? strtoul(name, NULL, 10) : 0;

	for (p = gap(p, end); p < end && *p != '}' && *p != ']';
	     p = gap(p, end)) {
		bool found = is_array && left-- == 0;

		if (!is_array) {
			const char *key = p;

			p = value_end(p, end);
			found = named(
			    (struct span){ key, (size_t)(p - key) }, name, len);
			p = gap(p, end);
		}
		value->p = p;
		p = value_end(p, end);
		value->len = (size_t)(p - value->p);
		if (found || p == value->p)
			return found && p > value->p;
	}
	return false;
}

bool
judge_member(struct span object, const char *path, struct span *value)
{
	struct span in = object;

	for (;;) {
		size_t len = strcspn(path, ".");

		if (in.len < 2 || (*in.p != '{' && *in.p != '[') ||
		    !step(in, path, len, value))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
		in = *value;
	}
}

int
judge_text(struct span value, char *out, size_t size)
{
	struct text t = { .escaped = true };
	struct span plain;

	if (value.len < 2 || size == 0 || *value.p != '"' ||
	    value.p[value.len - 1] != '"')
		return -1;
	t.p = value.p + 1;
	t.len = value.len - 2;
	if (!scan_plain(&t, out, size - 1, &plain))
		return -1;
	out[plain.len] = '\0';
	return strlen(out) == plain.len ? (int)plain.len : -1;
}
