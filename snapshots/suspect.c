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

#include "suspect_in.h"

int
suspect_tell(const struct suspect_text *s, enum finding_id id, size_t at,
    const char *key, const char *text, struct err *e)
{
	struct suspect one = { id, at, key, text };

	return s->fn(s->ctx, &one, e);
}

/*
 * { "key": "AuthorizationKey", "value": ... }, <name>pin</name><value>...: the
 * name of the secret is itself a value.
 */
static bool
is_named_so(struct suspect_text *s, const struct field *f)
{
	static const char *const names[] = { "key", "name", "variable", "id" };
	char word[FIELD_NAME_MAX];
	size_t n = strlen(f->name);

	if (n >= 5 && strcasecmp(f->name + n - 5, "value") == 0)
		return s->secret_next;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(f->name, names[i]) != 0)
			continue;
		(void)snprintf(word, sizeof(word), "%.*s",
		    f->len < sizeof(word) ? (int)f->len : 0, s->text + f->at);
		s->secret_next =
		    strchr(word, ' ') == NULL && suspect_name(word);
	}
	return false;
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct suspect_text *s = ctx;
	bool named = is_named_so(s, f);

	if ((!f->secret && !named && !suspect_name(f->name)) ||
	    !suspect_plausible(s->text + f->at, f->len))
		return 0;
	return suspect_tell(s, FINDING_KEYWORD, f->at, f->name,
	    f->secret ? "the file says that this is a secret"
		      : "its name says that this is a secret",
	    e);
}

static int
on_word(void *ctx, const char *text, size_t at, size_t len, struct err *e)
{
	(void)text;
	(void)len;
	return suspect_tell(ctx, FINDING_ENTROPY, at, "",
	    "a word as random as a key or a token", e);
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
	    suspect_plausible(colon + 1, (size_t)(at - colon) - 1);
}

static int
urls(const struct suspect_text *s, struct err *e)
{
	const char *p = s->text, *stop = s->text + s->len;

	while ((p = memmem(p, (size_t)(stop - p), "://", 3)) != NULL) {
		p += 3;
		if (holds_password(p, stop) &&
		    suspect_tell(s, FINDING_URL, (size_t)(p - s->text), "",
			"a password in a URL", e) == -1)
			return -1;
	}
	return 0;
}

/* eyJ... . eyJ... : two JSON objects in base64url (RFC 7519 section 3). */
static int
tokens(const struct suspect_text *s, struct err *e)
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
		    suspect_tell(s, FINDING_TOKEN, (size_t)(p - s->text), "",
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
addresses(const struct suspect_text *s, struct err *e)
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
		if (suspect_tell(s, FINDING_ADDRESS, at, "",
			"a hardware address, of this unit or of another",
			e) == -1)
			return -1;
	}
	return 0;
}

static int
private_keys(const struct suspect_text *s, struct err *e)
{
	size_t from = 0;
	long at;

	while ((at = suspect_private_key(s->text + from, s->len - from)) >= 0) {
		from += (size_t)at;
		if (suspect_tell(s, FINDING_PRIVATE_KEY, from, "",
			"a private key; drop the file or exclude it", e) == -1)
			return -1;
		from += 11;
	}
	return 0;
}

int
suspect_scan(const struct field_format *format, const char *text, size_t len,
    suspect_fn *fn, void *ctx, struct err *e)
{
	struct suspect_text s = { text, len, fn, ctx, false };

	if (private_keys(&s, e) == -1)
		return -1;
	if (suspect_key_store(text, len))
		return suspect_tell(&s, FINDING_PRIVATE_KEY, 0, "",
		    "a private key or a key store; drop the file or exclude it",
		    e);
	if (!suspect_is_text(text, len))
		return suspect_tell(&s, FINDING_BINARY, 0, "",
		    "not plain text: nothing can be said about what is in it",
		    e);
	if (format != NULL && format->scan(text, len, on_field, &s, e) == -1)
		return -1;
	if (suspect_lines(&s, e) == -1 || urls(&s, e) == -1 ||
	    tokens(&s, e) == -1 || addresses(&s, e) == -1)
		return -1;
	return suspect_words(text, len, on_word, &s, e);
}
