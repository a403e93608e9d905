/* SPDX-License-Identifier: MIT */
/*
 * The identity is the one thing an unknown peer gives us that ends up in file
 * names, topics and lines of a log, so what no charge point has is refused
 * here: characters that a terminal obeys, no UTF-8, a dot segment. All else is
 * legal in 1.6 ('+', '#', '/') and escaped where it goes.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text.h"
#include "who.h"

#define IDENTIFIER_MAX 48 /* code points */

static int
nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* Once: a "%2525" is the identity "%25". */
static bool
decoded(const char *p, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (n == OCPP_IDENTITY_MAX)
			return false;
		if (p[i] != '%') {
			out[n++] = p[i];
			continue;
		}
		if (i + 2 >= len || (high = nibble(p[i + 1])) == -1 ||
		    (low = nibble(p[i + 2])) == -1 || (high | low) == 0)
			return false;
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	out[n] = '\0';
	return n > 0;
}

static bool
decent(const char *identity)
{
	if (strcmp(identity, ".") == 0 || strcmp(identity, "..") == 0 ||
	    !text_is_utf8(identity))
		return false;
	for (const char *p = identity; *p != '\0'; p += text_character(p))
		if (text_is_control(p))
			return false;
	return true;
}

/* "/ocpp" and "/ocpp/" are one root, "/ocppx" is none of it. */
static const char *
below(const char *root, const char *target)
{
	size_t n = root == NULL ? 0 : strlen(root);

	while (n > 0 && root[n - 1] == '/')
		n--;
	if (n > 0 && strncmp(target, root, n) != 0)
		return NULL;
	return target[n] == '/' ? target + n : NULL;
}

bool
who_identity(const char *root, const char *target,
    char out[static OCPP_IDENTITY_MAX + 1], const char **segment)
{
	const char *path = below(root, target), *last;
	size_t len;

	out[0] = '\0';
	if (path == NULL)
		return false;
	len = strcspn(path, "?");
	last = memrchr(path, '/', len);
	*segment = last + 1;
	return decoded(last + 1, len - (size_t)(last + 1 - path), out) &&
	    decent(out);
}

bool
who_fits(enum ocpp_version v, const char *identity)
{
	size_t n = 0;

	if (v == OCPP_16)
		return true;
	for (const char *p = identity; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n <= IDENTIFIER_MAX && strchr(identity, ':') == NULL;
}

/* Without recursion: a pattern is a person's, the text an attacker's. After a
 * mismatch only the last '*' is tried again, one byte further. */
bool
who_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

const struct ocpp_class *
who_class(const struct ocpp_settings *s, const char *identity)
{
	for (size_t i = 0; i < s->nclasses; i++) {
		const struct ocpp_class *c = &s->classes[i];
		bool all = strcmp(c->pattern, "*") == 0;

		if (c->exact ? strcmp(c->pattern, identity) != 0
			     : !who_matches(c->pattern, identity))
			continue;
		if ((s->who == OCPP_KNOWN && !c->exact) ||
		    (s->who == OCPP_PATTERN && all && !c->exact))
			continue;
		return c;
	}
	return NULL;
}

unsigned
who_offer(const char *list, unsigned versions, const char *identity,
    char out[static WHO_OFFER])
{
	unsigned bits = 0;
	size_t n = 0;

	out[0] = '\0';
	while (*(list += strspn(list, ", \t")) != '\0') {
		size_t len = strcspn(list, ", \t");
		enum ocpp_version v = ocpp_version_named(list, len);

		if (v != OCPP_VERSIONS && (versions & 1u << v) != 0 &&
		    (bits & 1u << v) == 0 && who_fits(v, identity)) {
			bits |= 1u << v;
			n += (size_t)snprintf(out + n, WHO_OFFER - n, "%s%s",
			    n == 0 ? "" : ", ", ocpp_subprotocol(v));
		}
		list += len;
	}
	return bits;
}

bool
who_certified(X509 *x, const char *identity)
{
	X509_NAME *name = x == NULL ? NULL : X509_get_subject_name(x);
	int at = name == NULL
	    ? -1
	    : X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *cn = NULL;
	int len;
	bool good;

	/* Two names are no name: which one was checked, and by whom? */
	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	len = ASN1_STRING_to_UTF8(
	    &cn, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	good = len >= 0 && (size_t)len == strlen(identity) &&
	    memcmp(cn, identity, (size_t)len) == 0;
	OPENSSL_free(cn);
	return good;
}
