/* SPDX-License-Identifier: MIT */
/*
 * Secrets by their place in a line that has a shape of its own, and in a
 * sentence that says what they are.
 */
#include <string.h>
#include <strings.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Of a line; what comes later is looked at by the others. */
#define WORDS 16

struct row {
	struct {
		const char *p;
		size_t len;
	} word[WORDS];
	size_t count;
};

static void
split(const char *p, const char *stop, struct row *r)
{
	const unsigned around = LETTER_BLANK | LETTER_END;
	const char *from;

	for (r->count = 0; r->count < WORDS; r->count++) {
		p += letter_run(p, stop, around | LETTER_QUOTE);
		from = p;
		p = letter_find(p, stop, around | LETTER_QUOTE);
		if (p == from)
			return;
		r->word[r->count].p = from;
		r->word[r->count].len = (size_t)(p - from);
	}
}

static bool
is_word(const struct row *r, size_t i, const char *text)
{
	return r->word[i].len == strlen(text) &&
	    strncasecmp(r->word[i].p, text, r->word[i].len) == 0;
}

static size_t
digits(const struct row *r, size_t i)
{
	return letter_run(
	    r->word[i].p, r->word[i].p + r->word[i].len, LETTER_DIGIT);
}

/* 1 SHA256 HEX:...: a key file of ntpd and chronyd. Which word, or -1. */
static int
clock_key(const struct row *r)
{
	static const char *const types[] = { "M", "MD5", "SHA1", "SHA256",
		"SHA384", "SHA512", "AES128", "AES256", "AES128CMAC", "TIGER",
		"WHIRLPOOL", "RMD160" };

	if (r->count < 3 || digits(r, 0) != r->word[0].len)
		return -1;
	for (size_t i = 0; i < LENGTH(types); i++)
		if (is_word(r, 1, types[i]))
			return 2;
	return -1;
}

/* meter * secret *: a secrets file of pppd or xl2tpd under any name. */
static int
peer_secret(const struct row *r)
{
	return (r->count == 3 || (r->count == 4 && is_word(r, 3, "*"))) &&
		is_word(r, 1, "*") && letter_is(r->word[0].p[0], LETTER_ALPHA)
	    ? 2
	    : -1;
}

/* "The password is hunter2.", in notes and comments: which word, or -1. One
 * without a digit is more often how the sentence goes on. */
static int
said(const struct row *r, size_t i)
{
	static const char *const names[] = { "password", "passwort", "kennwort",
		"passphrase", "passcode", "psk", "pin", "secret", "token" };
	static const char *const verbs[] = { "is", "is:", "was", "ist",
		"lautet" };
	bool named = false, verb = false, digit = false;

	if (i + 2 >= r->count || r->word[i + 2].len < 4)
		return -1;
	for (size_t k = 0; k < LENGTH(names); k++)
		named |= is_word(r, i, names[k]);
	for (size_t k = 0; named && k < LENGTH(verbs); k++)
		verb |= is_word(r, i + 1, verbs[k]);
	for (size_t k = 0; verb && k < r->word[i + 2].len; k++)
		digit |= letter_is(r->word[i + 2].p[k], LETTER_DIGIT);
	return digit ? (int)i + 2 : -1;
}

/* ends: what ends the sentence and not the word. */
static int
tell_word(const struct suspect_text *s, const struct row *r, int i,
    const char *ends, struct err *e)
{
	size_t len = i < 0 ? 0 : r->word[i].len;

	while (len > 0 && strchr(ends, r->word[i].p[len - 1]) != NULL)
		len--;
	return len == 0
	    ? 0
	    : suspect_value(s, (size_t)(r->word[i].p - s->text), len, "",
		  "it stands where a secret is expected", e);
}

/* user:13 characters:number: the hash of the first crypt(3). */
static int
passwd_hash(const struct suspect_text *s, const char *p, const char *stop,
    struct err *e)
{
	const char *hash = letter_find(p, stop, LETTER_SIGN) + 1, *end;

	if (stop - hash < 16 || hash[-1] != ':' || hash - 1 == p ||
	    !letter_is(*p, LETTER_LOWER))
		return 0;
	end = hash + letter_run(hash, stop, LETTER_ALNUM | LETTER_DOT);
	while (end < stop && *end == '/')
		end += 1 + letter_run(end + 1, stop, LETTER_ALNUM | LETTER_DOT);
	if (end - hash != 13 || stop - end < 2 || *end != ':' ||
	    !letter_is(end[1], LETTER_DIGIT))
		return 0;
	return suspect_tell(s, FINDING_ENTROPY, (size_t)(hash - s->text), 13,
	    "hash", "the hash of a password; it can be guessed at", e);
}

static int
row(const struct suspect_text *s, const char *p, const char *stop,
    struct err *e)
{
	struct row r;
	int rc;

	split(p, stop, &r);
	if (tell_word(s, &r, clock_key(&r), "", e) == -1 ||
	    tell_word(s, &r, peer_secret(&r), "", e) == -1)
		return -1;
	rc = passwd_hash(s, p, stop, e);
	for (size_t i = 0; i < r.count && rc == 0; i++)
		rc = tell_word(s, &r, said(&r, i), ".,;!?)", e);
	return rc;
}

int
suspect_rows(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len, *end;

	for (const char *p = s->text; p < stop; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		if (row(s, p, end, e) == -1)
			return -1;
	}
	return 0;
}
