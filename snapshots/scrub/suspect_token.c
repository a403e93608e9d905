/* SPDX-License-Identifier: MIT */
/*
 * Secrets with a shape of their own, wherever they stand: passwords in URLs,
 * web tokens, the tokens of clouds and forges, and hashes of passwords.
 */
#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "pairs.h"
#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* How a token begins, and how many characters follow at the least. Sources:
 * the prefixes that the issuers document for secret scanning. */
static const struct {
	const char *prefix;
	size_t least;
} clouds[] = {
	{ "AKIA", 16 }, /* Amazon: key ids, and those of sessions */
	{ "ASIA", 16 },
	{ "AIza", 35 },  /* Google */
	{ "ya29.", 20 }, /* Google OAuth */
	{ "ghp_", 36 },  /* GitHub */
	{ "gho_", 36 },
	{ "ghu_", 36 },
	{ "ghs_", 36 },
	{ "ghr_", 36 },
	{ "github_pat_", 22 },
	{ "glpat-", 20 }, /* GitLab */
	{ "gldt-", 20 },
	{ "glrt-", 20 },
	{ "xoxb-", 10 }, /* Slack */
	{ "xoxp-", 10 },
	{ "xoxa-", 10 },
	{ "xoxr-", 10 },
	{ "sk_live_", 16 }, /* Stripe */
	{ "rk_live_", 16 },
	{ "whsec_", 16 },
	{ "SG.", 20 },     /* SendGrid */
	{ "hvs.", 24 },    /* Vault */
	{ "hf_", 30 },     /* Hugging Face */
	{ "npm_", 30 },    /* npm */
	{ "pypi-", 40 },   /* PyPI */
	{ "dop_v1_", 40 }, /* DigitalOcean */
	{ "dckr_pat_", 20 },
	{ "glsa_", 30 },  /* Grafana */
	{ "tskey-", 20 }, /* Tailscale */
	{ "NRAK-", 20 },  /* New Relic */
	{ "shpat_", 30 }, /* Shopify */
	{ "AGE-SECRET-KEY-1", 50 },
};

/* A hash of a password: how it begins, and how long it is at the least. What
 * begins with a dollar sign needs another one, or 20 characters. */
static const struct {
	const char *start;
	size_t least;
} hashes[] = {
	{ "$1$", 4 },
	{ "$2a$", 4 },
	{ "$2b$", 4 },
	{ "$2x$", 4 },
	{ "$2y$", 4 },
	{ "$5$", 4 },
	{ "$6$", 4 },
	{ "$7$", 4 },
	{ "$8$", 4 },
	{ "$9$", 4 },
	{ "$y$", 4 },
	{ "$gy$", 4 },
	{ "$md5$", 4 },
	{ "$sha1$", 4 },
	{ "$apr1$", 4 },
	{ "$argon2i$", 4 },
	{ "$argon2id$", 4 },
	{ "$argon2d$", 4 },
	{ "$scrypt$", 4 },
	{ "$P$", 20 },
	{ "$H$", 20 },
	{ "$pbkdf2", 20 },
	{ "{SSHA", 20 },
	{ "{SHA", 20 },
	{ "{SMD5}", 16 },
	{ "{MD5}", 16 },
	{ "{CRYPT}", 10 },
	{ "{PLAIN}", 5 }, /* Dovecot: not even a hash */
	{ "{CLEARTEXT}", 5 },
	{ "{PBKDF2", 20 },
	{ "pbkdf2_sha256$", 20 },
	{ "pbkdf2:sha", 20 },
	{ "scrypt:", 20 },
	{ "bcrypt_sha256$", 20 },
	{ "PBKDF2$sha", 20 },
	{ "grub.pbkdf2.sha", 20 },
	{ "SCRAM-SHA-", 20 },
};

static struct pairs cloud_pairs, hash_pairs;
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static void
index_starts(void)
{
	for (size_t i = 0; i < LENGTH(clouds); i++)
		pairs_add(&cloud_pairs, clouds[i].prefix);
	for (size_t i = 0; i < LENGTH(hashes); i++)
		pairs_add(&hash_pairs, hashes[i].start);
}

/* Does a word begin at p? */
static bool
begins(const struct suspect_text *s, const char *p)
{
	return p == s->text || !letter_is(p[-1], LETTER_ALNUM);
}

/* scheme://user:password@host: how long the user's part is, or 0. */
static size_t
user_part(const char *p, const char *stop)
{
	const char *at, *colon;
	size_t n = 0;

	while (p + n < stop && n < 256 && !isspace((unsigned char)p[n]) &&
	    strchr("/\"'<>", p[n]) == NULL)
		n++;
	at = memchr(p, '@', n);
	colon = memchr(p, ':', n);
	if (at == NULL || colon == NULL || colon > at)
		return 0;
	return suspect_plausible(colon + 1, (size_t)(at - colon) - 1) ||
		suspect_default(colon + 1, (size_t)(at - colon) - 1, false) !=
		    NULL
	    ? (size_t)(at - p)
	    : 0;
}

static int
urls(const struct suspect_text *s, struct err *e)
{
	const char *p = s->text, *stop = s->text + s->len, *scheme;
	char name[FIELD_NAME_MAX];
	size_t n;

	while ((p = memmem(p, (size_t)(stop - p), "://", 3)) != NULL) {
		for (scheme = p;
		     scheme > s->text && letter_is(scheme[-1], LETTER_ALNUM);
		     scheme--)
			;
		p += 3;
		if ((n = user_part(p, stop)) == 0)
			continue;
		suspect_name_at(s->text, (size_t)(scheme - s->text), name);
		if (suspect_tell(s, FINDING_URL, (size_t)(p - s->text), n, name,
			"a password in a URL", e) == -1)
			return -1;
	}
	return 0;
}

/* eyJ... . eyJ... : two JSON objects in base64url (RFC 7519 section 3). */
static int
web_tokens(const struct suspect_text *s, struct err *e)
{
	const char *p = s->text, *stop = s->text + s->len;
	size_t n;

	while ((p = memmem(p, (size_t)(stop - p), "eyJ", 3)) != NULL) {
		n = letter_run(p, stop, LETTER_WORD);
		if (n > 8 && stop - p > (long)n + 4 &&
		    memcmp(p + n, ".eyJ", 4) == 0 &&
		    suspect_tell(s, FINDING_TOKEN, (size_t)(p - s->text),
			n + 1 +
			    letter_run(
				p + n + 1, stop, LETTER_WORD | LETTER_DOT),
			NULL, "a JSON web token", e) == -1)
			return -1;
		p += n;
	}
	return 0;
}

/* The length of a token of a cloud at p, or 0. */
static size_t
cloud_token(const char *p, const char *stop)
{
	for (size_t i = 0; i < LENGTH(clouds); i++) {
		size_t n, more;

		if (*p != clouds[i].prefix[0])
			continue;
		n = strlen(clouds[i].prefix);
		if ((size_t)(stop - p) < n ||
		    memcmp(p, clouds[i].prefix, n) != 0)
			continue;
		more = letter_run(
		    p + n, stop, LETTER_ALNUM | LETTER_DASH | LETTER_DOT);
		if (more >= clouds[i].least)
			return n + more;
	}
	return 0;
}

int
suspect_tokens(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len;
	size_t n;

	if (urls(s, e) == -1 || web_tokens(s, e) == -1)
		return -1;
	(void)pthread_once(&indexed, index_starts);
	for (const char *p = s->text; p + 1 < stop; p++) {
		if (!letter_is(*p, LETTER_ALPHA) ||
		    !pairs_begin(&cloud_pairs, p) || !begins(s, p) ||
		    (n = cloud_token(p, stop)) == 0)
			continue;
		if (suspect_tell(s, FINDING_TOKEN, (size_t)(p - s->text), n,
			NULL, "a token, told by how it begins", e) == -1)
			return -1;
		p += n - 1;
	}
	return 0;
}

/* The length of what stands behind the start, if it can be a hash; or 0. */
static size_t
hash_rest(const char *p, size_t left, size_t least, const char *ends)
{
	size_t n = 0, dollars = 0;

	for (; n < left && !isspace((unsigned char)p[n]) && p[n] != '\0' &&
	     strchr(ends, p[n]) == NULL;
	     n++)
		dollars += p[n] == '$' && n > 0;
	if (n < least || (least == 4 && dollars == 0 && n < 20))
		return 0;
	return n;
}

static size_t
hash_at(const char *p, size_t left)
{
	for (size_t i = 0; i < LENGTH(hashes); i++) {
		size_t n = strlen(hashes[i].start), rest;

		if (left <= n || memcmp(p, hashes[i].start, n) != 0)
			continue;
		/* Fields of passwd(5) end with a colon, pbkdf2:sha256:... has
		 * some of its own. */
		rest = hash_rest(p + n, left - n, hashes[i].least,
		    *p == '$' || *p == '{' ? "\"';,<:" : "\"';,<");
		if (rest > 0)
			return n + rest;
	}
	return 0;
}

/* "admin:1000:aad3...:8846...:::", "hash:8846...", "*2470C0C0...": MD4 and
 * SHA-1 without a salt, in the manner of Windows and of MySQL. */
static size_t
bare_hash(const char *p, size_t left)
{
	size_t n;

	if (left > 37 && strncmp(p, "hash:", 5) == 0) {
		n = letter_run(p + 5, p + left, LETTER_HEX);
		return n == 32 ? 5 + n : 0;
	}
	if (left > 40 && *p == '*') {
		n = letter_run(
		    p + 1, p + left, LETTER_DIGIT | LETTER_HEX_UPPER);
		return n == 40 ? 1 + n : 0;
	}
	return 0;
}

int
suspect_hashes(const struct suspect_text *s, struct err *e)
{
	size_t n;

	(void)pthread_once(&indexed, index_starts);
	for (size_t at = 0; at + 1 < s->len; at++) {
		if (!letter_is(s->text[at], LETTER_HASH) ||
		    !begins(s, s->text + at))
			continue;
		n = pairs_begin(&hash_pairs, s->text + at)
		    ? hash_at(s->text + at, s->len - at)
		    : 0;
		if (n == 0)
			n = bare_hash(s->text + at, s->len - at);
		if (n == 0)
			continue;
		if (suspect_tell(s, FINDING_ENTROPY, at, n, "hash",
			"the hash of a password; it can be guessed at",
			e) == -1)
			return -1;
		at += n - 1;
	}
	return 0;
}
