/* SPDX-License-Identifier: MIT */
/*
 * name=value in a line: INI and its kin, and Java's properties, which differ
 * in what ends a name, what a quote means and whether a line goes on.
 */
#include <string.h>

#include "field_in.h"

/* "[section]" */
static bool
section(const struct line *l, char within[static FIELD_NAME_MAX])
{
	if (l->text[l->at] != '[' || l->text[l->end - 1] != ']')
		return false;
	name_copy(within, l->text + l->at + 1, l->end - l->at - 2);
	return true;
}

/* Splits at the first "=": the value stays in l. */
static bool
split(struct line *l, char name[static FIELD_NAME_MAX])
{
	const char *equals = memchr(l->text + l->at, '=', l->end - l->at);
	struct line key = *l;

	if (equals == NULL)
		return false;
	key.end = (size_t)(equals - l->text);
	line_trim(&key);
	name_copy(name, l->text + key.at, key.end - key.at);
	l->at = (size_t)(equals - l->text) + 1;
	line_trim(l);
	return true;
}

int
field_pairs(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX] = "", name[FIELD_NAME_MAX];
	struct field f;
	struct line l;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#;!") || section(&l, within))
			continue;
		if (line_starts(&l, "export ") && l.end - l.at > 7)
			l.at += 7;
		if (!split(&l, name))
			continue;
		(void)line_unquote(&l);
		f = line_field(&l, &l, within, name);
		f.escape = FIELD_BACKSLASH;
		if (fn(ctx, &f, e) == -1 ||
		    field_nested(text, &f, 0, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}

/* An odd number of backslashes at its end: the line goes on. */
static void
join(const char *text, size_t len, size_t *next, struct line *l)
{
	struct line more;
	size_t n;

	for (;;) {
		for (n = 0; l->end - n > l->at && text[l->end - n - 1] == '\\';)
			n++;
		if (n % 2 == 0 || !line_next(text, len, next, &more))
			return;
		l->end = more.end;
		l->next = more.next;
	}
}

int
field_ini(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX] = "", name[FIELD_NAME_MAX];
	struct field f;
	struct line l;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#;") || section(&l, within))
			continue;
		join(text, len, &next, &l);
		if (!split(&l, name))
			continue;
		f = line_field(&l, &l, within, name);
		f.escape = FIELD_JAVA;
		if (fn(ctx, &f, e) == -1)
			return -1;
	}
	return 0;
}

/* java.util.Properties.load: a name ends at the first "=", ":" or blank that
 * no backslash stands before; its own escapes are undone. */
static void
property(struct line *l, char name[static FIELD_NAME_MAX])
{
	own_bytes struct bytes key = { 0 };
	struct field f = { .at = l->at, .escape = FIELD_JAVA };
	size_t i = l->at;

	while (i < l->end && strchr("=: \t\f", l->text[i]) == NULL)
		i += l->text[i] == '\\' && i + 1 < l->end ? 2 : 1;
	f.len = i - l->at;
	field_decode(&f, l->text, &key);
	name_copy(name, key.bad ? "" : key.p, key.bad ? 0 : key.len);
	l->at = i;
	line_trim(l);
	if (l->at < l->end && strchr("=:", l->text[l->at]) != NULL)
		l->at++;
	line_trim(l);
}

int
field_properties(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char name[FIELD_NAME_MAX];
	struct field f;
	struct line l;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#!"))
			continue;
		join(text, len, &next, &l);
		property(&l, name);
		f = line_field(&l, &l, "", name);
		f.escape = FIELD_JAVA;
		if (fn(ctx, &f, e) == -1 ||
		    field_nested(text, &f, 0, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}
