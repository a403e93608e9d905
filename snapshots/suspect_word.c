/* SPDX-License-Identifier: MIT */
/*
 * What can be told from the bytes alone: text or not, private keys, and words
 * too random to be names.
 */
#include <ctype.h>
#include <string.h>

#include "suspect.h"

/* Shorter ones are as often words or names as they are keys. */
#define RANDOM_LEAST 20

bool
suspect_is_text(const char *p, size_t len)
{
	size_t odd = 0, most = len < 65536 ? len : 65536;

	if (memchr(p, '\0', len) != NULL)
		return false;
	for (size_t i = 0; i < most; i++)
		odd += (unsigned char)p[i] < ' ' &&
		    strchr("\t\n\r\f\033", p[i]) == NULL;
	return odd * 50 <= most;
}

long
suspect_private_key(const char *text, size_t len)
{
	static const char begin[] = "-----BEGIN ", end[] = "PRIVATE KEY";
	const char *p = text, *stop = text + len, *line;

	while ((p = memmem(p, (size_t)(stop - p), begin, sizeof(begin) - 1)) !=
	    NULL) {
		line = p + sizeof(begin) - 1;
		if (memmem(line,
			(size_t)(stop - line) < 48 ? (size_t)(stop - line) : 48,
			end, sizeof(end) - 1) != NULL)
			return p - text;
		p = line;
	}
	return -1;
}

static size_t
distinct(const char *p, size_t len)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		n += !seen[(unsigned char)p[i]];
		seen[(unsigned char)p[i]] = true;
	}
	return n;
}

static bool
looks_random(const char *p, size_t len)
{
	size_t digits = 0, upper = 0, lower = 0, hex = 0;

	for (size_t i = 0; i < len; i++) {
		digits += isdigit((unsigned char)p[i]) != 0;
		upper += isupper((unsigned char)p[i]) != 0;
		lower += islower((unsigned char)p[i]) != 0;
		hex += isxdigit((unsigned char)p[i]) != 0;
	}
	if (hex == len && digits >= 4 && digits < len)
		return distinct(p, len) >= 8;
	/* Three kinds of characters in one word: nobody names things so. */
	return digits >= 2 && upper >= 2 && lower >= 2 &&
	    distinct(p, len) >= 11;
}

/* Behind a public PEM block that begins at p, or p. */
static const char *
past_public_pem(const char *p, const char *stop)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *over;

	if ((size_t)(stop - p) < sizeof(begin) ||
	    memcmp(p, begin, sizeof(begin) - 1) != 0 ||
	    suspect_private_key(
		p, (size_t)(stop - p) < 64 ? (size_t)(stop - p) : 64) == 0)
		return p;
	over = memmem(p, (size_t)(stop - p), end, sizeof(end) - 1);
	return over == NULL ? p : over + sizeof(end) - 1;
}

/* A public SSH key ("ssh-ed25519 AAAA...") is no secret. */
static bool
public_ssh(const char *text, const char *p, size_t len)
{
	return len > 8 && memcmp(p, "AAAA", 4) == 0 && p - text >= 4 &&
	    p[-1] == ' ';
}

int
suspect_words(
    const char *text, size_t len, suspect_word_fn *fn, void *ctx, struct err *e)
{
	const char *p = text, *stop = text + len, *over;
	size_t n;

	while (p < stop) {
		if ((over = past_public_pem(p, stop)) != p) {
			p = over;
			continue;
		}
		for (n = 0; p + n < stop && p[n] != '\0' &&
		     strchr(SUSPECT_WORD_SET, p[n]) != NULL;
		     n++)
			;
		if (n >= RANDOM_LEAST && looks_random(p, n) &&
		    !public_ssh(text, p, n) &&
		    fn(ctx, text, (size_t)(p - text), n, e) == -1)
			return -1;
		p += n == 0 ? 1 : n;
	}
	return 0;
}
