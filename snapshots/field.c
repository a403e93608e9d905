/* SPDX-License-Identifier: MIT */
/*
 * The table of formats, and the ones that go line by line.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "field.h"

static const struct field_format formats[] = {
	{ "pairs", field_pairs },
	{ "words", field_words },
	{ "columns", field_columns },
	{ "yaml", field_yaml },
	{ "json", field_json },
	{ "libconfig", field_libconfig },
	{ "xml", field_xml },
};

/* Only for files that no rule gives a format; the first that fits. */
static const struct {
	const char *part; /* of the path */
	const char *format;
} guesses[] = {
	{ "/sshd_config", "words" },
	{ "/ssh_config", "words" },
	{ "/ingot/", "libconfig" },
	{ "-secrets", "columns" },
	{ ".yaml", "yaml" },
	{ ".yml", "yaml" },
	{ ".json", "json" },
	{ ".xml", "xml" },
	{ ".conf", "pairs" },
	{ ".cfg", "pairs" },
	{ ".ini", "pairs" },
	{ ".properties", "pairs" },
	{ "/etc/default/", "pairs" },
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

const struct field_format *
field_format(const char *name)
{
	for (size_t i = 0; i < LENGTH(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const struct field_format *
field_guess(const char *path, const char *text, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < LENGTH(guesses); i++)
		if (strstr(path, guesses[i].part) != NULL)
			return field_format(guesses[i].format);
	while (at < len && isspace((unsigned char)text[at]))
		at++;
	if (at < len && text[at] == '<')
		return field_format("xml");
	if (at < len && (text[at] == '{' || text[at] == '['))
		return field_format("json");
	return NULL;
}

unsigned
field_line(const char *text, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

/* One line, without its end and the blanks around it. */
struct line {
	const char *text; /* the whole file */
	size_t at;
	size_t end;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
trim(struct line *l)
{
	while (l->at < l->end && blank(l->text[l->at]))
		l->at++;
	while (l->end > l->at && blank(l->text[l->end - 1]))
		l->end--;
}

/* The line that begins at *next; false: there is none. */
static bool
next_line(const char *text, size_t len, size_t *next, struct line *l)
{
	const char *newline;

	if (*next >= len)
		return false;
	newline = memchr(text + *next, '\n', len - *next);
	l->text = text;
	l->at = *next;
	l->end = newline == NULL ? len : (size_t)(newline - text);
	*next = l->end + 1;
	trim(l);
	return true;
}

static void
copy_name(char out[static FIELD_NAME_MAX], const char *p, size_t n)
{
	(void)snprintf(out, FIELD_NAME_MAX, "%.*s",
	    n < FIELD_NAME_MAX ? (int)n : FIELD_NAME_MAX - 1, p);
}

/* Takes a pair of quotes off. */
static void
unquote(struct line *l)
{
	char c = l->at < l->end ? l->text[l->at] : '\0';

	if ((c == '"' || c == '\'') && l->end - l->at >= 2 &&
	    l->text[l->end - 1] == c) {
		l->at++;
		l->end--;
	}
}

static bool
comment(const struct line *l)
{
	return l->at == l->end || strchr("#;!", l->text[l->at]) != NULL;
}

static int
emit(const struct line *value, const char *within, const char *name,
    field_fn *fn, void *ctx, struct err *e)
{
	struct field f = { .within = within,
		.name = name,
		.at = value->at,
		.len = value->end - value->at };

	return fn(ctx, &f, e);
}

/* "[section]" */
static bool
section(const struct line *l, char within[static FIELD_NAME_MAX])
{
	if (l->text[l->at] != '[' || l->text[l->end - 1] != ']')
		return false;
	copy_name(within, l->text + l->at + 1, l->end - l->at - 2);
	return true;
}

int
field_pairs(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX] = "", name[FIELD_NAME_MAX];
	const char *equals;
	struct line l, key;
	size_t next = 0;

	while (next_line(text, len, &next, &l)) {
		if (comment(&l) || section(&l, within))
			continue;
		if (l.end - l.at > 7 && strncmp(text + l.at, "export ", 7) == 0)
			l.at += 7;
		equals = memchr(text + l.at, '=', l.end - l.at);
		if (equals == NULL)
			continue;
		key = (struct line){ text, l.at, (size_t)(equals - text) };
		trim(&key);
		copy_name(name, text + key.at, key.end - key.at);
		l.at = (size_t)(equals - text) + 1;
		trim(&l);
		unquote(&l);
		if (emit(&l, within, name, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}

int
field_words(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char name[FIELD_NAME_MAX];
	struct line l;
	size_t next = 0, n;

	while (next_line(text, len, &next, &l)) {
		if (comment(&l))
			continue;
		for (n = 0; l.at + n < l.end && !blank(text[l.at + n]) &&
		     text[l.at + n] != '=';
		     n++)
			;
		copy_name(name, text + l.at, n);
		l.at += n;
		trim(&l);
		if (l.at < l.end && text[l.at] == '=')
			l.at++;
		trim(&l);
		unquote(&l);
		if (emit(&l, "", name, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}

/* The column that begins at *at, which is moved behind it. */
static struct line
column(const struct line *l, size_t *at)
{
	char quote = l->text[*at];
	struct line c = { l->text, *at, *at };

	if (quote == '"' || quote == '\'') {
		c.at = ++*at;
		while (*at < l->end && l->text[*at] != quote)
			*at += l->text[*at] == '\\' && *at + 1 < l->end ? 2 : 1;
		c.end = (*at)++;
		return c;
	}
	while (*at < l->end && !blank(l->text[*at]))
		++*at;
	c.end = *at;
	return c;
}

int
field_columns(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct line l, c;
	struct field f;
	size_t next = 0, at;
	char name[12];

	while (next_line(text, len, &next, &l)) {
		at = l.at;
		for (int i = 1; at < l.end && text[at] != '#'; i++) {
			c = column(&l, &at);
			(void)snprintf(name, sizeof(name), "%d", i);
			/* client, server, secret, addresses */
			f = (struct field){ "", name, c.at, c.end - c.at,
				i == 3, 0 };
			if (fn(ctx, &f, e) == -1)
				return -1;
			while (at < l.end && blank(text[at]))
				at++;
		}
	}
	return 0;
}

static const struct {
	const char *escape;
	char c;
} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
	{ "&quot;", '"' }, { "&apos;", '\'' } };

/* One character of XML text; how many bytes it took. */
static size_t
decode_entity(const char *p, size_t left, char *c)
{
	const char *end;

	for (size_t i = 0; i < LENGTH(entities); i++) {
		size_t n = strlen(entities[i].escape);

		*c = entities[i].c;
		if (left >= n && memcmp(p, entities[i].escape, n) == 0)
			return n;
	}
	*c = *p;
	if (left < 4 || p[1] != '#' ||
	    (end = memchr(p, ';', left < 8 ? left : 8)) == NULL)
		return 1;
	*c = (char)(p[2] == 'x' ? strtol(p + 3, NULL, 16)
				: strtol(p + 2, NULL, 10));
	return (size_t)(end - p) + 1;
}

static size_t
decode_backslash(const char *p, size_t left, char *c)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char hex[5] = "";
	const char *at;

	*c = '\\';
	if (left < 2)
		return 1;
	if (p[1] == 'u' && left >= 6) {
		memcpy(hex, p + 2, 4);
		*c = (char)strtol(hex, NULL, 16);
		return 6;
	}
	at = strchr(from, p[1]);
	*c = at == NULL || *at == '\0' ? p[1] : to[at - from];
	return 2;
}

void
field_decode(const struct field_format *format, const char *value, size_t len,
    struct bytes *out)
{
	bool xml = format != NULL && format->scan == field_xml;
	size_t n;
	char c;

	for (size_t i = 0; i < len; i += n) {
		c = value[i];
		n = 1;
		if (xml && c == '&')
			n = decode_entity(value + i, len - i, &c);
		else if (!xml && c == '\\')
			n = decode_backslash(value + i, len - i, &c);
		bytes_add(out, &c, 1);
	}
}
