/* SPDX-License-Identifier: MIT */
/*
 * Assignments in shell scripts and in files that are read like them (systemd's
 * EnvironmentFile, /etc/default). Quotes may begin in the middle of a word and
 * end lines later; commands are passed over, not understood.
 */
#include <ctype.h>
#include <string.h>

#include "field_in.h"

struct shell {
	const char *text;
	size_t len;
	size_t at;
	size_t line; /* where the one we are in begins */
	field_fn *fn;
	void *ctx;
};

/* Behind the quote that closes the one at i. */
static size_t
skip_quoted(const struct shell *s, size_t i)
{
	char quote = s->text[i++];

	while (i < s->len && s->text[i] != quote)
		i += quote == '"' && s->text[i] == '\\' ? 2 : 1;
	return i < s->len ? i + 1 : s->len;
}

static bool
ends_word(char c)
{
	return isspace((unsigned char)c) || (c != '\0' && strchr(";&|<>", c));
}

/* Behind the word at i; in brackets blanks belong to it: $(...), A=(...). */
static size_t
skip_word(const struct shell *s, size_t i)
{
	int depth = 0;

	while (i < s->len && (depth > 0 || !ends_word(s->text[i]))) {
		char c = s->text[i];

		if (c == '"' || c == '\'') {
			i = skip_quoted(s, i);
			continue;
		}
		depth += c == '(';
		depth -= c == ')' && depth > 0;
		i += c == '\\' && i + 1 < s->len ? 2 : 1;
	}
	return i < s->len ? i : s->len;
}

/* The length of NAME in "NAME=" or "NAME+=" at i; 0: it is no assignment. */
static size_t
name_length(const struct shell *s, size_t i)
{
	size_t n = 0;

	if (i < s->len && isdigit((unsigned char)s->text[i]))
		return 0;
	while (i + n < s->len &&
	    (isalnum((unsigned char)s->text[i + n]) || s->text[i + n] == '_'))
		n++;
	if (i + n >= s->len)
		return 0;
	return s->text[i + n] == '=' ||
		(s->text[i + n] == '+' && i + n + 1 < s->len &&
		    s->text[i + n + 1] == '=')
	    ? n
	    : 0;
}

/* One quoted string and nothing else: its inside is the value. */
static void
value_range(const struct shell *s, size_t at, size_t end, struct field *f)
{
	char c = at < end ? s->text[at] : '\0';

	f->at = at;
	f->len = end - at;
	f->escape = FIELD_SHELL;
	if ((c != '"' && c != '\'') || end - at < 2 ||
	    skip_quoted(s, at) != end || s->text[end - 1] != c)
		return;
	f->at++;
	f->len -= 2;
	f->escape = c == '"' ? FIELD_BACKSLASH : FIELD_PLAIN;
}

/* Alone in its lines, an assignment can go with them. */
static void
entry_range(const struct shell *s, size_t first, size_t end, struct field *f)
{
	const char *newline;

	while (end < s->len && line_blank(s->text[end]))
		end++;
	if (end < s->len && s->text[end] == '#') {
		newline = memchr(s->text + end, '\n', s->len - end);
		end = newline == NULL ? s->len : (size_t)(newline - s->text);
	}
	if (first != s->line || first == s->len ||
	    (end < s->len && s->text[end] != '\n'))
		return;
	f->entry_at = s->line;
	f->entry_len = (end < s->len ? end + 1 : end) - s->line;
}

static int
assignment(struct shell *s, size_t n, size_t first, struct err *e)
{
	char name[FIELD_NAME_MAX];
	struct field f = { .within = "", .name = name };
	size_t at = s->at + n;

	name_copy(name, s->text + s->at, n);
	at += s->text[at] == '+' ? 2 : 1;
	s->at = skip_word(s, at);
	value_range(s, at, s->at, &f);
	entry_range(s, first, s->at, &f);
	if (s->fn(s->ctx, &f, e) == -1)
		return -1;
	return field_nested(s->text, &f, 0, s->fn, s->ctx, e);
}

/* Words after which assignments may still come, and their options; those that
 * go with them when they go come first. */
static bool
prefix(const struct shell *s, size_t end, bool *stays)
{
	static const char *const words[] = { "export", "readonly", "local",
		"declare", "typeset", "env", "then", "do", "else", "{" };
	size_t n = end - s->at;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) != n ||
		    memcmp(s->text + s->at, words[i], n) != 0)
			continue;
		*stays |= i > 4;
		return true;
	}
	return n > 1 && s->text[s->at] == '-';
}

static void
skip_comment(struct shell *s)
{
	while (s->at < s->len && s->text[s->at] != '\n')
		s->at++;
}

/* One command: assignments first, then words that are passed over. */
static int
command(struct shell *s, struct err *e)
{
	size_t first = s->line, end, n;
	bool may_assign = true, stays = false;

	for (; s->at < s->len && !strchr("\n;&|", s->text[s->at]);) {
		if (line_blank(s->text[s->at]) ||
		    strchr("<>", s->text[s->at]) != NULL) {
			s->at++;
			continue;
		}
		if (s->text[s->at] == '#') {
			skip_comment(s);
			continue;
		}
		n = may_assign ? name_length(s, s->at) : 0;
		if (n > 0) {
			if (assignment(s, n, first, e) == -1)
				return -1;
			first = s->len; /* the next is not alone */
			continue;
		}
		end = skip_word(s, s->at);
		may_assign = may_assign && prefix(s, end, &stays);
		if (stays)
			first = s->len;
		s->at = end > s->at ? end : s->at + 1;
	}
	return 0;
}

int
field_shell(
    const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct shell s = { .text = text, .len = len, .fn = fn, .ctx = ctx };

	while (s.at < s.len) {
		if (command(&s, e) == -1)
			return -1;
		if (s.at < s.len && s.text[s.at++] == '\n')
			s.line = s.at;
		else
			s.line = s.len; /* behind ";": not alone */
	}
	return 0;
}
