/* SPDX-License-Identifier: MIT */
/*
 * What can be told line by line, in any format and in comments too. A name and
 * its value are seen with a sign between them ("psk=...", "<pin>..."), or with
 * blanks alone, as in .netrc, ipsec.secrets, snmpd.conf, mosquitto.conf and
 * UCI; the latter only where it is no sentence.
 */
#include <string.h>
#include <strings.h>

#include "suspect_in.h"

#define LENGTH(a)   (sizeof(a) / sizeof((a)[0]))
#define COLUMNS_MAX 16
#define NAME_FAR    4096 /* no name is so far before what it names */
#define VALUE_MAX   4096 /* what is longer is told as well by its start */

/* Names that need no place of their own in the line to be one. */
static const char *const plain_names[] = { "password", "passwd", "passphrase",
	"psk", "secret", "pass", "eap", "xauth" };

/* "option key 'value'" (UCI), "set password value": the name is the second. */
static const char *const before_names[] = { "option", "list", "set" };

/* The same in a Dockerfile and with U-Boot; a mere "key" is none there. */
static const char *const before_variables[] = { "env", "setenv", "fw_setenv",
	"define" };

static const char reason[] = "its name says that this is a secret";

static bool
is_one(const char *const *table, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (table[i][0] == letter_lower(word[0]) &&
		    strcasecmp(table[i], word) == 0)
			return true;
	return false;
}

/* The name that ends before at, walking back over blanks and quotes. */
static void
name_before(
    const char *text, size_t start, size_t at, char name[static FIELD_NAME_MAX])
{
	size_t end = at, from;

	while (end > start &&
	    letter_is(text[end - 1], LETTER_BLANK | LETTER_QUOTE))
		end--;
	from = end;
	while (from > start && end - from < FIELD_NAME_MAX - 1 &&
	    letter_is(text[from - 1], LETTER_ALNUM | LETTER_DASH | LETTER_DOT))
		from--;
	suspect_copy(name, text + from, end - from);
}

void
suspect_name_at(const char *text, size_t at, char name[static FIELD_NAME_MAX])
{
	size_t least = at > NAME_FAR ? at - NAME_FAR : 0;

	/* Never to the line's start: a page of JSON is often one line, and
	 * this is asked for at each of its signs. No name has a line's end. */
	while (at > least && text[at - 1] != '\n' &&
	    !letter_is(text[at - 1], LETTER_SIGN))
		at--;
	name[0] = '\0';
	if (at > least && text[at - 1] != '\n')
		name_before(text, 0, at - 1, name);
}

static size_t
span(const char *text, size_t from, size_t end, const char *ends)
{
	while (from < end && strchr(ends, text[from]) == NULL)
		from++;
	return from;
}

/*
 * The value behind a sign: to the quote that opened it, or to a blank. What
 * ends a value in one format may stand in the middle of it in another: too
 * little before it, and more right behind, is taken as one.
 */
static size_t
value_end(const char *text, size_t from, size_t end, char quote, char sign)
{
	size_t to = from;

	end = end - from > VALUE_MAX ? from + VALUE_MAX : end;
	/* Bytes of a key, as numbers: [1, 2, 3]. */
	if (quote == '\0' && from + 1 < end && text[from] == '[' &&
	    letter_is(text[from + 1], LETTER_DIGIT)) {
		quote = ']';
		end = end - from > 24 ? from + 24 : end;
	}
	if (quote != '\0') {
		while (to < end && text[to] != quote)
			to++;
		return to;
	}
	to = span(text, from, end, " \t\r\"',;<}");
	if (sign == '>' || to == from || to - from > 3 || to + 2 >= end ||
	    strchr(",;<}", text[to]) == NULL ||
	    strchr(" \t\r\"'", text[to + 1]) != NULL)
		return to;
	return span(text, to, end, " \t\r\"'");
}

static bool
line_continues(const struct suspect_text *s, size_t at)
{
	return s->text[at] == '\\' && at + 1 < s->len &&
	    strchr("\\\r\n", s->text[at + 1]) != NULL &&
	    s->text[at + 1] != '\0';
}

/* Behind the sign, past blanks and the quote that opens the value. A tag may
 * stand in a line of its own, with its value in the next; so may a name before
 * a line that is continued. */
static size_t
value_start(const struct suspect_text *s, size_t at, size_t *end, char *quote)
{
	size_t from = at + 1;
	bool next = s->text[at] == '>';

	*quote = '\0';
	if (s->text[at] == '=' && from < s->len && s->text[from] == '>')
		from++; /* 'psk' => '...' */
	for (; from < s->len &&
	     (letter_is(
		  s->text[from], LETTER_BLANK | LETTER_QUOTE | LETTER_END) ||
		 line_continues(s, from));
	     from++) {
		if (s->text[from] == '\n' && (!next || from > *end))
			break;
		next |= s->text[from] == '\\';
		if (!letter_is(s->text[from], LETTER_QUOTE))
			continue;
		*quote = s->text[from++];
		break;
	}
	/* TOML's and Python's three of them; the text may begin behind a line's
	 * end. */
	if (*quote != '\0' && from + 2 < s->len && s->text[from] == *quote &&
	    s->text[from + 1] == *quote) {
		from += 2;
		from += s->text[from] == '\n';
	}
	while (*end < s->len && (*end < from || s->text[*end] != '\n'))
		++*end;
	return from < *end ? from : *end;
}

/* <name><![CDATA[value]]>: moves both ends to the value's. */
static void
unwrap(const char *text, size_t *from, size_t *end)
{
	static const char open[] = "<![CDATA[", close[] = "]]>";
	const char *p = text + *from, *stop = text + *end, *over;
	const size_t n = sizeof(open) - 1;

	if ((size_t)(stop - p) <= n || memcmp(p, open, n) != 0)
		return;
	stop = stop - p > VALUE_MAX ? p + VALUE_MAX : stop;
	over = memmem(p, (size_t)(stop - p), close, sizeof(close) - 1);
	*from += n;
	*end = over == NULL ? *end : (size_t)(over - text);
}

/* The value of the name before the sign at `at`, in a line that ends at end. */
static int
value_of(const struct suspect_text *s, size_t at, size_t end, const char *name,
    struct err *e)
{
	char quote;
	size_t from = value_start(s, at, &end, &quote), to = end;

	unwrap(s->text, &from, &to);
	if (to == end)
		to = value_end(s->text, from, end, quote, s->text[at]);
	return suspect_value(s, from, to - from, name, reason, e);
}

/* name = value, name: value, <name>value anywhere in a line. */
static int
signs(const struct suspect_text *s, size_t start, size_t end, struct err *e)
{
	char name[FIELD_NAME_MAX];

	for (size_t at = start; at < end; at++) {
		if (!letter_is(s->text[at], LETTER_SIGN))
			continue;
		/* := += ?= are one sign; that of => has been looked at. */
		name_before(s->text, start,
		    at > start && s->text[at] == '=' &&
			    strchr(":+?", s->text[at - 1]) != NULL
			? at - 1
			: at,
		    name);
		if (suspect_name(name) && value_of(s, at, end, name, e) == -1)
			return -1;
	}
	return 0;
}

/* The words of one line; those of a comment are more often a sentence. */
struct words {
	struct {
		size_t at;
		size_t len;
	} all[COLUMNS_MAX];
	size_t count;
	bool comment;
	bool define; /* C's, and no comment */
};

static void
split(const char *text, size_t at, size_t end, struct words *w)
{
	const unsigned around = LETTER_BLANK | LETTER_END;
	size_t from, len;

	w->count = 0;
	w->comment = false;
	for (; at < end && strchr(" \t#;!", text[at]) != NULL; at++)
		w->comment |= strchr("#;!", text[at]) != NULL;
	w->define = w->comment && end - at > 7 && text[at - 1] == '#' &&
	    memcmp(text + at, "define ", 7) == 0;
	w->comment &= !w->define;
	while (at < end && w->count < COLUMNS_MAX) {
		at += letter_run(text + at, text + end, around | LETTER_QUOTE);
		from = at;
		at =
		    (size_t)(letter_find(text + at, text + end, around) - text);
		len = at - from;
		while (len > 0 && letter_is(text[from + len - 1], LETTER_QUOTE))
			len--;
		w->all[w->count].at = from;
		w->all[w->count].len = len;
		w->count += len > 0;
	}
}

/* Is word i a name whose value is the word behind it? */
static bool
names_next(const char *text, const struct words *w, size_t i)
{
	char name[FIELD_NAME_MAX], first[FIELD_NAME_MAX];
	size_t len = w->all[i].len;
	bool second;

	if (len >= sizeof(name) || i + 1 >= w->count)
		return false;
	suspect_copy(name, text + w->all[i].at, len);
	/* docker login --password hunter2 */
	if (len > 3 && strncmp(name, "--", 2) == 0 && !w->comment)
		return letter_is(name[2], LETTER_ALPHA) &&
		    strpbrk(name, "=:<>(),[]{}") == NULL &&
		    suspect_name(name + 2) && text[w->all[i + 1].at] != '-';
	/* "wifi.psk" is a name, "the password." is the end of a sentence. */
	if (strpbrk(name, "=:<>(),[]{}") != NULL || name[len - 1] == '.')
		return false;
	suspect_copy(first, text + w->all[0].at,
	    w->all[0].len < sizeof(first) ? w->all[0].len : 0);
	second = i == 1 && is_one(before_names, LENGTH(before_names), first);
	if (second && strncasecmp(name, "key", 3) == 0)
		return true;
	second |=
	    i == 1 && is_one(before_variables, LENGTH(before_variables), first);
	if (w->comment)
		return i == 0 && w->count == 2 && suspect_name(name);
	if (i == 0 || second)
		return suspect_name(name) && w->count <= i + 7;
	return is_one(plain_names, LENGTH(plain_names), name);
}

static int
blanks(const struct suspect_text *s, size_t start, size_t end, struct err *e)
{
	char name[FIELD_NAME_MAX];
	struct words w;

	split(s->text, start, end, &w);
	for (size_t i = 0; i < w.count; i++) {
		if (!names_next(s->text, &w, i))
			continue;
		suspect_copy(name, s->text + w.all[i].at, w.all[i].len);
		if (suspect_value(s, w.all[i + 1].at, w.all[i + 1].len, name,
			reason, e) == -1)
			return -1;
	}
	return 0;
}

int
suspect_lines(const struct suspect_text *s, struct err *e)
{
	const char *newline;
	size_t at = 0, end;

	for (; at < s->len; at = end + 1) {
		newline = memchr(s->text + at, '\n', s->len - at);
		end = newline == NULL ? s->len : (size_t)(newline - s->text);
		if (signs(s, at, end, e) == -1 || blanks(s, at, end, e) == -1)
			return -1;
	}
	return 0;
}
