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

#include "field.h"

struct token_scan {
	const char *text;
	size_t len;
	size_t at;
	bool comments;     /* libconfig has them */
	const char *quote; /* around strings */
	int depth;
	char names[FIELD_DEPTH_MAX + 1][FIELD_NAME_MAX]; /* of each level */
	bool named; /* names[depth] stands before a value to come */
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
		if (s->comments && (starts(s, "#") || starts(s, "//")))
			skip_past(s, "\n");
		else if (s->comments && starts(s, "/*"))
			skip_past(s, "*/");
		else
			return;
	}
}

static bool
bare(const struct token_scan *s)
{
	char c = s->text[s->at];

	return c != '\0' && !isspace((unsigned char)c) &&
	    strchr("{}[]():=,;", c) == NULL && !starts(s, s->quote);
}

/* A string or a bare word; its range without quotes. */
static void
token(struct token_scan *s, size_t *at, size_t *len)
{
	*at = s->at;
	if (!starts(s, s->quote)) {
		while (s->at < s->len && bare(s))
			s->at++;
		/* What is neither word nor bracket is a word of its own. */
		s->at += s->at == *at;
		*len = s->at - *at;
		return;
	}
	s->at += strlen(s->quote);
	*at = s->at;
	while (s->at < s->len && !starts(s, s->quote))
		s->at += s->text[s->at] == '\\' ? 2 : 1;
	if (s->at > s->len)
		s->at = s->len;
	*len = s->at - *at;
	s->at += s->at < s->len ? strlen(s->quote) : 0;
}

static void
around(const struct token_scan *s, char within[static 512])
{
	size_t n = 0;

	within[0] = '\0';
	for (int i = 0; i < s->depth && n < 512; i++)
		if (s->names[i][0] != '\0')
			n += (size_t)snprintf(within + n, 512 - n, "%s%s",
			    n == 0 ? "" : ".", s->names[i]);
}

static int
value(struct token_scan *s, size_t at, size_t len, struct err *e)
{
	char within[512];
	struct field f = { .within = within, .at = at, .len = len };

	around(s, within);
	/* A list's elements are called like the list. */
	f.name = s->named || s->depth == 0 ? s->names[s->depth]
					   : s->names[s->depth - 1];
	return s->fn(s->ctx, &f, e);
}

static int
word(struct token_scan *s, struct err *e)
{
	size_t at, len;
	int n;

	token(s, &at, &len);
	skip_blanks(s);
	if (s->at == s->len || strchr("=:", s->text[s->at]) == NULL)
		return value(s, at, len, e);
	s->at++;
	s->named = true;
	n = len < FIELD_NAME_MAX ? (int)len : FIELD_NAME_MAX - 1;
	(void)snprintf(
	    s->names[s->depth], FIELD_NAME_MAX, "%.*s", n, s->text + at);
	return 0;
}

static int
bracket(struct token_scan *s, char c, struct err *e)
{
	if (strchr("{[(", c) != NULL) {
		if (!s->named)
			s->names[s->depth][0] = '\0';
		if (s->depth == FIELD_DEPTH_MAX)
			return err_set(e, EBADMSG,
			    "line %u: nested deeper than %d levels",
			    field_line(s->text, s->at), FIELD_DEPTH_MAX);
		s->names[++s->depth][0] = '\0';
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

		if (c == '\0' || strchr("{}[]():=,;", c) == NULL ||
		    starts(s, s->quote)) {
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
field_json_quoted(const char *quote, const char *text, size_t len, field_fn *fn,
    void *ctx, struct err *e)
{
	struct token_scan s = {
		.text = text, .len = len, .quote = quote, .fn = fn, .ctx = ctx
	};

	return scan(&s, e);
}

int
field_json(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	return field_json_quoted("\"", text, len, fn, ctx, e);
}

int
field_libconfig(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct token_scan s = { .text = text,
		.len = len,
		.comments = true,
		.quote = "\"",
		.fn = fn,
		.ctx = ctx };

	return scan(&s, e);
}
