/* SPDX-License-Identifier: MIT */
/*
 * Lines of words: a key and the rest, or fields that have numbers only.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "field_in.h"

/* "Host a b", "Match user x": what follows is for them alone. */
static bool
scope(const struct line *l)
{
	static const char *const names[] = { "host", "match" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(names[i]);

		if (l->end - l->at > n && line_blank(l->text[l->at + n]) &&
		    strncasecmp(l->text + l->at, names[i], n) == 0)
			return true;
	}
	return false;
}

int
field_words(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX] = "", name[FIELD_NAME_MAX];
	struct field f;
	struct line l;
	size_t next = 0, n;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#;!"))
			continue;
		if (scope(&l)) {
			name_copy(within, text + l.at, l.end - l.at);
			continue;
		}
		for (n = 0; l.at + n < l.end && !line_blank(text[l.at + n]) &&
		     text[l.at + n] != '=';
		     n++)
			;
		name_copy(name, text + l.at, n);
		l.at += n;
		line_trim(&l);
		if (l.at < l.end && text[l.at] == '=')
			l.at++;
		line_trim(&l);
		(void)line_unquote(&l);
		f = line_field(&l, &l, within, name);
		if (fn(ctx, &f, e) == -1)
			return -1;
	}
	return 0;
}

int
field_columns(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct line l, c;
	struct field f;
	size_t next = 0;
	char name[12];

	while (line_next(text, len, &next, &l)) {
		for (int i = 1; l.at < l.end && text[l.at] != '#'; i++) {
			c = line_word(&l);
			(void)snprintf(name, sizeof(name), "%d", i);
			f = line_field(&c, &l, "", name);
			f.escape = FIELD_BACKSLASH;
			/* client, server, secret, addresses */
			f.secret = i == 3;
			if (fn(ctx, &f, e) == -1)
				return -1;
		}
	}
	return 0;
}

/* crypt(5): "$6$...", also when the account is locked, or 13 letters of DES.
 * "*", "!" and "x" are no hashes. */
static bool
is_hash(const struct line *l)
{
	const char *p = l->text + l->at;
	size_t n = l->end - l->at;

	while (n > 0 && (*p == '!' || *p == '*')) {
		p++;
		n--;
	}
	return n == 13 || (n > 3 && (*p == '$' || *p == '_'));
}

int
field_colons(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX], name[12];
	struct line l, c;
	struct field f;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		c = l;
		for (int i = 1; !line_is_comment(&l, "#") && c.at <= l.end;
		     i++) {
			const char *colon =
			    memchr(text + c.at, ':', l.end - c.at);

			c.end = colon == NULL ? l.end : (size_t)(colon - text);
			if (i == 1)
				name_copy(within, text + c.at, c.end - c.at);
			(void)snprintf(name, sizeof(name), "%d", i);
			f = line_field(&c, &l, within, name);
			f.secret = i == 2 && is_hash(&c);
			if (fn(ctx, &f, e) == -1)
				return -1;
			c.at = c.end + 1;
		}
	}
	return 0;
}

/* A word of options may hold blanks in quotes: command="a b" (sshd(8)). */
static struct line
option_word(struct line *l)
{
	struct line w = *l;
	bool quoted = false;

	while (l->at < l->end && (quoted || !line_blank(l->text[l->at]))) {
		quoted ^= l->text[l->at] == '"' &&
		    (l->at == w.at || l->text[l->at - 1] != '\\');
		l->at++;
	}
	w.end = l->at;
	line_trim(l);
	return w;
}

static bool
key_type(const struct line *w)
{
	static const char *const starts[] = { "ssh-", "ecdsa-", "sk-" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (line_starts(w, starts[i]))
			return true;
	return false;
}

static int
key_line(const struct line *whole, field_fn *fn, void *ctx, struct err *e)
{
	static const char *const names[] = { "first", "type", "key",
		"comment" };
	struct line l = *whole, parts[4] = { l, l, l, l };
	struct field f;

	parts[0].end = l.at;
	for (;;) {
		if (l.at == l.end)
			return 0; /* no key in it */
		parts[1] = option_word(&l);
		if (key_type(&parts[1]))
			break;
		parts[0].end = parts[1].end;
	}
	parts[2] = option_word(&l);
	parts[3] = l;
	for (size_t i = 0; i < 4; i++) {
		f = line_field(&parts[i], whole, "", names[i]);
		if (f.len > 0 && fn(ctx, &f, e) == -1)
			return -1;
	}
	return 0;
}

int
field_keylines(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct line l;
	size_t next = 0;

	while (line_next(text, len, &next, &l))
		if (!line_is_comment(&l, "#") && key_line(&l, fn, ctx, e) == -1)
			return -1;
	return 0;
}
