/* SPDX-License-Identifier: MIT */
/*
 * The heuristics. They err on the side of asking: a false one costs a line in
 * a policy, a missed one a fleet's password. What they look at is said once,
 * in the tables below.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "suspect.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Parts of a name that mean a secret, in lower case. */
static const char *const keywords[] = { "password", "passwd", "passphrase",
	"passwort", "secret", "token", "psk", "apikey", "api_key", "api-key",
	"private_key", "privatekey", "private-key", "credential", "community",
	"wep_key", "imsi", "iccid", "authkey", "auth_key", "auth-key" };

/* Names that are keywords as a whole, but too short to be parts. */
static const char *const whole_words[] = { "pin", "pwd", "pass", "puk" };

/* Values that say nothing. */
static const char *const harmless[] = { "yes", "no", "true", "false", "on",
	"off", "none", "null", "any", "enabled", "disabled", "prompt",
	"optional", "required", "placeholder", "uninitialized", "empty" };

static bool
is_keyword(const char *name)
{
	char low[FIELD_NAME_MAX];
	size_t n = 0;

	for (; n < sizeof(low) - 1 && name[n] != '\0'; n++)
		low[n] = (char)tolower((unsigned char)name[n]);
	low[n] = '\0';
	for (size_t i = 0; i < LENGTH(keywords); i++)
		if (strstr(low, keywords[i]) != NULL)
			return true;
	for (size_t i = 0; i < LENGTH(whole_words); i++)
		if (strcmp(low, whole_words[i]) == 0)
			return true;
	return false;
}

static bool
is_harmless(const char *p, size_t len)
{
	for (size_t i = 0; i < LENGTH(harmless); i++)
		if (strlen(harmless[i]) == len &&
		    strncasecmp(p, harmless[i], len) == 0)
			return true;
	return false;
}

/* A path, a reference, a slot, prose: not the secret itself. */
static bool
points_elsewhere(const char *p, size_t len)
{
	unsigned blanks = 0;

	for (size_t i = 0; i < len; i++)
		blanks += p[i] == ' ';
	return blanks > 3 || (p[0] == '/' && blanks == 0) ||
	    (len >= 2 && memcmp(p, "${", 2) == 0) ||
	    memmem(p, len, "@{", 2) != NULL;
}

/* Could this be the value of something called a password? */
static bool
plausible(const char *p, size_t len)
{
	size_t same = 1;

	if (len < 4 || is_harmless(p, len) || points_elsewhere(p, len))
		return false;
	while (same < len && p[same] == p[0])
		same++;
	return same < len;
}

struct scan {
	const char *text;
	size_t len;
	suspect_fn *fn;
	void *ctx;
};

static int
tell(const struct scan *s, enum finding_id id, size_t at, const char *key,
    const char *text, struct err *e)
{
	struct suspect one = { id, at, key, text };

	return s->fn(s->ctx, &one, e);
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	const struct scan *s = ctx;

	if ((!f->secret && !is_keyword(f->name)) ||
	    !plausible(s->text + f->at, f->len))
		return 0;
	return tell(s, FINDING_KEYWORD, f->at, f->name,
	    f->secret ? "the file says that this is a secret"
		      : "its name says that this is a secret",
	    e);
}

static int
on_word(void *ctx, const char *text, size_t at, size_t len, struct err *e)
{
	(void)text;
	(void)len;
	return tell(ctx, FINDING_ENTROPY, at, "",
	    "a word as random as a key or a token", e);
}

/* The name that ends before at, walking back over blanks and quotes. */
static void
name_before(
    const char *text, size_t start, size_t at, char name[static FIELD_NAME_MAX])
{
	size_t end = at, from;

	while (end > start && strchr(" \t\"'", text[end - 1]) != NULL)
		end--;
	from = end;
	while (from > start &&
	    (isalnum((unsigned char)text[from - 1]) ||
		strchr("_-.", text[from - 1]) != NULL) &&
	    end - from < FIELD_NAME_MAX - 1)
		from--;
	(void)snprintf(
	    name, FIELD_NAME_MAX, "%.*s", (int)(end - from), text + from);
}

/* name = value, name: value, <name>value anywhere in a line: also in comments,
 * and in formats we do not know. */
static int
line_keywords(const struct scan *s, size_t start, size_t end, struct err *e)
{
	char name[FIELD_NAME_MAX];
	size_t from, to;

	for (size_t at = start; at < end; at++) {
		if (strchr("=:>", s->text[at]) == NULL)
			continue;
		name_before(s->text, start, at, name);
		if (!is_keyword(name))
			continue;
		for (from = at + 1;
		     from < end && strchr(" \t\"'", s->text[from]) != NULL;
		     from++)
			;
		for (to = from;
		     to < end && strchr(" \t\r\"',;<}", s->text[to]) == NULL;
		     to++)
			;
		if (plausible(s->text + from, to - from) &&
		    tell(s, FINDING_KEYWORD, from, name,
			"its name says that this is a secret", e) == -1)
			return -1;
	}
	return 0;
}

/* scheme://user:password@host */
static bool
holds_password(const char *p, const char *stop)
{
	const char *at, *colon;
	size_t n = 0;

	while (p + n < stop && n < 256 && !isspace((unsigned char)p[n]) &&
	    strchr("/\"'<>", p[n]) == NULL)
		n++;
	at = memchr(p, '@', n);
	colon = memchr(p, ':', n);
	return at != NULL && colon != NULL && colon < at &&
	    plausible(colon + 1, (size_t)(at - colon) - 1);
}

static int
urls(const struct scan *s, struct err *e)
{
	const char *p = s->text, *stop = s->text + s->len;

	while ((p = memmem(p, (size_t)(stop - p), "://", 3)) != NULL) {
		p += 3;
		if (holds_password(p, stop) &&
		    tell(s, FINDING_URL, (size_t)(p - s->text), "",
			"a password in a URL", e) == -1)
			return -1;
	}
	return 0;
}

/* eyJ... . eyJ... : two JSON objects in base64url (RFC 7519 section 3). */
static int
tokens(const struct scan *s, struct err *e)
{
	const char *p = s->text, *stop = s->text + s->len;
	size_t n;

	while ((p = memmem(p, (size_t)(stop - p), "eyJ", 3)) != NULL) {
		for (n = 0; p + n < stop && p[n] != '\0' &&
		     strchr(SUSPECT_WORD_SET, p[n]) != NULL;
		     n++)
			;
		if (n > 8 && stop - p > (long)n + 4 &&
		    memcmp(p + n, ".eyJ", 4) == 0 &&
		    tell(s, FINDING_TOKEN, (size_t)(p - s->text), "",
			"a JSON web token", e) == -1)
			return -1;
		p += n;
	}
	return 0;
}

/* Six pairs of digits with colons or dashes; its first byte, or -1. */
static int
hardware_address(const char *p)
{
	unsigned first;

	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? (p[i] != ':' && p[i] != '-') || p[i] != p[2]
			       : !isxdigit((unsigned char)p[i]))
			return -1;
	return sscanf(p, "%2x", &first) == 1 ? (int)first : -1;
}

/* Of one station: group addresses (the lowest bit) and 00:... are nobody's. */
static int
addresses(const struct scan *s, struct err *e)
{
	int first;

	for (size_t at = 0; at + 17 <= s->len; at++) {
		if (at > 0 &&
		    (isalnum((unsigned char)s->text[at - 1]) ||
			strchr(":-", s->text[at - 1]) != NULL))
			continue;
		first = hardware_address(s->text + at);
		if (first == -1 || (first & 1) != 0 ||
		    memcmp(s->text + at, "00:00:00", 8) == 0)
			continue;
		if (tell(s, FINDING_ADDRESS, at, "",
			"a hardware address, of this unit or of another",
			e) == -1)
			return -1;
	}
	return 0;
}

static int
private_keys(const struct scan *s, struct err *e)
{
	size_t from = 0;
	long at;

	while ((at = suspect_private_key(s->text + from, s->len - from)) >= 0) {
		from += (size_t)at;
		if (tell(s, FINDING_PRIVATE_KEY, from, "",
			"a private key; drop the file or exclude it", e) == -1)
			return -1;
		from += 11;
	}
	return 0;
}

static int
lines(const struct scan *s, struct err *e)
{
	const char *newline;
	size_t at = 0, end;

	for (; at < s->len; at = end + 1) {
		newline = memchr(s->text + at, '\n', s->len - at);
		end = newline == NULL ? s->len : (size_t)(newline - s->text);
		if (line_keywords(s, at, end, e) == -1)
			return -1;
	}
	return 0;
}

int
suspect_scan(const struct field_format *format, const char *text, size_t len,
    suspect_fn *fn, void *ctx, struct err *e)
{
	struct scan s = { text, len, fn, ctx };

	if (private_keys(&s, e) == -1)
		return -1;
	if (!suspect_is_text(text, len))
		return 0;
	if (format != NULL && format->scan(text, len, on_field, &s, e) == -1)
		return -1;
	if (lines(&s, e) == -1 || urls(&s, e) == -1 || tokens(&s, e) == -1 ||
	    addresses(&s, e) == -1)
		return -1;
	return suspect_words(text, len, on_word, &s, e);
}
