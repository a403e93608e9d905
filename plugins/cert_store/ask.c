/* SPDX-License-Identifier: MIT */
/*
 * What the verbs read from a question and write into a reply, in one way for
 * all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "digest.h"

int
say(struct ask *a, const char *key, json_t *value, struct err *e)
{
	return json_object_set_new(a->reply, key, value) == -1
	    ? err_set(e, ENOMEM, "out of memory")
	    : 0;
}

int
say_text(struct ask *a, const char *key, const char *s, struct err *e)
{
	return say(a, key, json_string(s), e);
}

int
say_hex(struct ask *a, const char *key, const void *p, size_t n, struct err *e)
{
	own_str char *hex = malloc(2 * n + 1);
	int rc;

	if (hex == NULL)
		return err_sys(e, "answer");
	hex_encode(p, n, hex);
	rc = say_text(a, key, hex, e);
	explicit_bzero(hex, 2 * n); /* it may have been a secret */
	return rc;
}

int
say_bytes(struct ask *a, const char *key, const struct bytes *b, struct err *e)
{
	return b->bad ? err_set(e, ENOMEM, "out of memory")
		      : say(a, key, json_stringn(b->p, b->len), e);
}

/* Hex of a question; the number of bytes, or -1. */
long
asked_hex(struct ask *a, const char *key, void *out, size_t max, struct err *e)
{
	const char *hex;
	long n;

	if (json_str(a->q, key, 2 * max, &hex, e) == -1)
		return -1;
	if ((n = hex_decode(hex, out, max)) == -1)
		return err_set(e, EBADMSG, "%s: not hexadecimal", key);
	return n;
}

int
say_key(struct ask *a, struct err *e)
{
	own_pkey EVP_PKEY *key = key_public(a->held.point, e);
	char spki[SHA256_HEX];

	if (key == NULL || x509_spki_hash(key, spki, e) == -1 ||
	    say_text(a, "origin", origin_name(a->held.origin), e) == -1 ||
	    say_text(a, "spki", spki, e) == -1)
		return -1;
	return say_hex(a, "point", a->held.point, KEY_POINT_LEN, e);
}
