/* SPDX-License-Identifier: MIT */
/*
 * JSON and libconfig: the same scanner, since both are names, values and
 * brackets. It knows strings and comments; it does not judge whether the file
 * is valid, which is the business of the program that owns it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "field_in.h"

struct level {
	char name[FIELD_NAME_MAX];
	size_t entry; /* where the name, or a list's element, begins */
	bool comma;   /* stands before it */
};

struct token_scan {
	const char *text;
	size_t len;
	size_t at;
	bool libconfig; /* it has comments, and ";" behind a setting */
	unsigned nested;
	int depth;
	struct level levels[FIELD_DEPTH_MAX + 1];
	bool named;      /* a value to come has the name of its level */
	size_t comma_at; /* of the last comma, when nothing came after it */
	bool comma;
	field_fn *fn;
	void *ctx;
};

static bool
starts(const struct token_scan *s, const char *what)
{
	size_t n = strlen(what);

	return s->len - s->at >= n && memcmp(s->text + s->at, what, n) == 0;
}

/* Moves behind the next occurrence of what, or to the end. */
static void
skip_past(struct token_scan *s, const char *what)
{
	while (s->at < s->len && !starts(s, what))
		s->at++;
	s->at += s->at < s->len ? strlen(what) : 0;
}

static void
skip_blanks(struct token_scan *s)
{
	for (;;) {
		while (s->at < s->len && isspace((unsigned char)s->text[s->at]))
			s->at++;
		if (s->libconfig && (starts(s, "#") || starts(s, "//")))
			skip_past(s, "\n");
		else if (s->libconfig && starts(s, "/*"))
			skip_past(s, "*/");
		else
			return;
	}
}

static bool
bare(char c)
{
	return c != '\0' && !isspace((unsigned char)c) &&
	    strchr("{}[]():=,;\"", c) == NULL;
}

/* A string or a bare word; its range without quotes. True: it had some. */
static bool
token(struct token_scan *s, size_t *at, size_t *len)
{
	*at = s->at;
	if (s->text[s->at] != '"') {
		while (s->at < s->len && bare(s->text[s->at]))
			s->at++;
		/* What is neither word nor bracket is a word of its own. */
		s->at += s->at == *at;
		*len = s->at - *at;
		return false;
	}
	*at = ++s->at;
	while (s->at < s->len && s->text[s->at] != '"')
		s->at += s->text[s->at] == '\\' ? 2 : 1;
	if (s->at > s->len)
		s->at = s->len;
	*len = s->at - *at;
	s->at += s->at < s->len;
	return true;
}

static void
around(const struct token_scan *s, char within[static FIELD_WITHIN_MAX])
{
	size_t n = 0;

	within[0] = '\0';
	for (int i = 0; i < s->depth && n < FIELD_WITHIN_MAX; i++)
		if (s->levels[i].name[0] != '\0')
			n += (size_t)snprintf(within + n, FIELD_WITHIN_MAX - n,
			    "%s%s", n == 0 ? "" : ".", s->levels[i].name);
}

/* In JSON a comma goes with an entry: the one before it, if there is one. In
 * libconfig the sign that ends a setting does. */
static void
set_entry(struct token_scan *s, struct field *f)
{
	const struct level *l = &s->levels[s->depth];
	struct token_scan ahead = *s;

	f->entry_at = l->comma ? s->comma_at : l->entry;
	f->comma = !l->comma;
	skip_blanks(&ahead);
	if (s->libconfig && s->named) {
		f->entry_at = l->entry;
		f->comma = false;
		if (starts(&ahead, ";") || starts(&ahead, ","))
			s->at = ahead.at + 1;
	}
	f->entry_len = s->at - f->entry_at;
}

static int
value(struct token_scan *s, size_t at, size_t len, bool quoted, struct err *e)
{
	char within[FIELD_WITHIN_MAX];
	struct field f = { .within = within,
		.at = at,
		.len = len,
		.escape = FIELD_BACKSLASH };

	around(s, within);
	/* A list's elements are called like the list. */
	f.name = s->named || s->depth == 0 ? s->levels[s->depth].name
					   : s->levels[s->depth - 1].name;
	if (!quoted)
		f.open = f.close = "\"";
	set_entry(s, &f);
	s->named = false;
	if (s->fn(s->ctx, &f, e) == -1)
		return -1;
	return quoted ? field_nested(s->text, &f, s->nested, s->fn, s->ctx, e)
		      : 0;
}

/* A name as a program reads it: "pass\u0077ord" is "password". */
static void
set_name(struct token_scan *s, size_t at, size_t len)
{
	char name[FIELD_NAME_MAX];
	size_t n = 0, took, k;

	for (size_t i = 0; i < len && n < sizeof(name) - 4; i += took, n += k)
		took = decode_one(
		    FIELD_BACKSLASH, s->text + at + i, len - i, name + n, &k);
	name_copy(s->levels[s->depth].name, name, n);
	s->named = true;
}

static int
word(struct token_scan *s, struct err *e)
{
	size_t at, len, start = s->at, end;
	bool quoted = token(s, &at, &len);

	if (!s->named) {
		s->levels[s->depth].entry = start;
		s->levels[s->depth].comma = s->comma;
	}
	s->comma = false;
	end = s->at;
	skip_blanks(s);
	if (s->at == s->len || strchr("=:", s->text[s->at]) == NULL) {
		s->at = end;
		return value(s, at, len, quoted, e);
	}
	s->at++;
	set_name(s, at, len);
	return 0;
}

static int
bracket(struct token_scan *s, char c, struct err *e)
{
	s->comma = c == ',';
	s->comma_at = s->at;
	if (strchr("{[(", c) != NULL) {
		if (!s->named)
			s->levels[s->depth].name[0] = '\0';
		if (s->depth == FIELD_DEPTH_MAX)
			return err_set(e, EBADMSG,
			    "line %u: nested deeper than %d levels",
			    field_line(s->text, s->at), FIELD_DEPTH_MAX);
		s->levels[++s->depth].name[0] = '\0';
	} else if (strchr("}])", c) != NULL && s->depth > 0) {
		s->depth--;
	}
	s->named = false;
	return 0;
}

static int
scan(struct token_scan *s, struct err *e)
{
	for (skip_blanks(s); s->at < s->len; skip_blanks(s)) {
		char c = s->text[s->at];

		if (c == '\0' || strchr("{}[]():=,;", c) == NULL) {
			if (word(s, e) == -1)
				return -1;
			continue;
		}
		if (bracket(s, c, e) == -1)
			return -1;
		s->at++;
	}
	return 0;
}

int
field_json_level(const char *text, size_t len, unsigned level, field_fn *fn,
    void *ctx, struct err *e)
{
	struct token_scan s = {
		.text = text, .len = len, .nested = level, .fn = fn, .ctx = ctx
	};

	return scan(&s, e);
}

int
field_json(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	return field_json_level(text, len, 0, fn, ctx, e);
}

int
field_libconfig(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct token_scan s = { .text = text,
		.len = len,
		.libconfig = true,
		.fn = fn,
		.ctx = ctx };

	return scan(&s, e);
}
