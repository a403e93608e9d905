/* SPDX-License-Identifier: MIT */
/*
 * The table of formats, how a file without a rule finds its own, and what all
 * scanners that go line by line share.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "field_in.h"

static const struct field_format formats[] = {
	{ "pairs", field_pairs },
	{ "ini", field_ini },
	{ "properties", field_properties },
	{ "shell", field_shell },
	{ "wpa", field_wpa },
	{ "psks", field_psks },
	{ "uci", field_uci },
	{ "words", field_words },
	{ "columns", field_columns },
	{ "colons", field_colons },
	{ "keylines", field_keylines },
	{ "yaml", field_yaml },
	{ "json", field_json },
	{ "kura-json", field_kura_json },
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
	{ "/authorized_keys", "keylines" },
	{ "known_hosts", "keylines" },
	{ "-secrets", "columns" },
	{ "/wpa_supplicant", "wpa" },
	{ "/hostapd", "wpa" },
	{ "/etc/shadow", "colons" },
	{ "/etc/gshadow", "colons" },
	{ "/etc/config/", "uci" },
	{ "/system-connections/", "ini" },
	{ ".nmconnection", "ini" },
	{ ".yaml", "yaml" },
	{ ".yml", "yaml" },
	{ ".json", "json" },
	{ ".xml", "xml" },
	{ ".properties", "properties" },
	{ "/etc/default/", "shell" },
	{ ".sh", "shell" },
	{ ".env", "shell" },
	{ "/ingot/", "libconfig" }, /* a folder may be called so too */
	{ ".conf", "pairs" },
	{ ".cfg", "pairs" },
	{ ".ini", "pairs" },
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

const char *
field_format_names(void)
{
	static char names[160];
	size_t n = 0;

	for (size_t i = 0; i < LENGTH(formats) && names[0] == '\0'; i++)
		n += strlen(formats[i].name) + 1;
	if (n == 0 || n > sizeof(names))
		return names;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		if (i > 0)
			(void)strcat(names, " ");
		(void)strcat(names, formats[i].name);
	}
	return names;
}

/* Without a look into it. */
static const struct field_format *
guess(const char *path, const char *text, size_t len)
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

const struct field_format *
field_guess(const char *path, const char *text, size_t len)
{
	const struct field_format *f = guess(path, text, len);

	return f != NULL && f->scan == field_json &&
		field_is_kura_json(text, len)
	    ? field_format("kura-json")
	    : f;
}

unsigned
field_line(const char *text, size_t at)
{
	struct field_lines l = { .text = text };

	return field_lines_at(&l, at);
}

unsigned
field_lines_at(struct field_lines *l, size_t at)
{
	const char *stop = l->text + at, *p;

	if (at < l->at)
		*l = (struct field_lines){ .text = l->text };
	for (p = l->text + l->at;
	     (p = memchr(p, '\n', (size_t)(stop - p))) != NULL; p++)
		l->before++;
	l->at = at;
	return l->before + 1;
}

bool
line_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

void
line_trim(struct line *l)
{
	while (l->at < l->end && line_blank(l->text[l->at]))
		l->at++;
	while (l->end > l->at && line_blank(l->text[l->end - 1]))
		l->end--;
}

bool
line_next(const char *text, size_t len, size_t *next, struct line *l)
{
	const char *newline;

	if (*next >= len)
		return false;
	newline = memchr(text + *next, '\n', len - *next);
	*l = (struct line){ .text = text, .at = *next, .start = *next };
	l->end = newline == NULL ? len : (size_t)(newline - text);
	*next = l->next = newline == NULL ? len : l->end + 1;
	/* A byte order mark belongs to no key. */
	if (l->at == 0 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		l->at = l->start = 3;
	line_trim(l);
	return true;
}

bool
line_is_comment(const struct line *l, const char *signs)
{
	char c = l->at < l->end ? l->text[l->at] : '\0';

	return l->at == l->end || (c != '\0' && strchr(signs, c) != NULL);
}

bool
line_starts(const struct line *l, const char *what)
{
	size_t n = strlen(what);

	return l->end - l->at >= n && memcmp(l->text + l->at, what, n) == 0;
}

bool
line_unquote(struct line *l)
{
	char c = l->at < l->end ? l->text[l->at] : '\0';

	if ((c != '"' && c != '\'') || l->end - l->at < 2 ||
	    l->text[l->end - 1] != c)
		return false;
	l->at++;
	l->end--;
	return true;
}

struct line
line_word(struct line *l)
{
	char quote = l->at < l->end ? l->text[l->at] : '\0';
	struct line w = *l;
	size_t i = l->at;

	if (quote == '"' || quote == '\'') {
		w.at = ++i;
		while (i < l->end && l->text[i] != quote)
			i += l->text[i] == '\\' && i + 1 < l->end ? 2 : 1;
		w.end = i < l->end ? i++ : l->end;
	} else {
		while (i < l->end && !line_blank(l->text[i]))
			i++;
		w.end = i;
	}
	l->at = i < l->end ? i : l->end;
	line_trim(l);
	return w;
}

void
name_copy(char out[static FIELD_NAME_MAX], const char *p, size_t n)
{
	(void)snprintf(out, FIELD_NAME_MAX, "%.*s",
	    n < FIELD_NAME_MAX ? (int)n : FIELD_NAME_MAX - 1, p);
}

struct field
line_field(const struct line *value, const struct line *entry,
    const char *within, const char *name)
{
	return (struct field){ .within = within,
		.name = name,
		.at = value->at,
		.len = value->end - value->at,
		.entry_at = entry->start,
		.entry_len = entry->next - entry->start };
}
