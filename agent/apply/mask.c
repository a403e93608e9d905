/* SPDX-License-Identifier: MIT */
/*
 * Masking. The text on a unit may be the vendor's, or an owner's, with secrets
 * that nobody told us of; so what is known is replaced by its slot's name, and
 * over the rest goes the same heuristic net that capture uses. It promises
 * that no value of this unit's own slots is shown; for others it does what a
 * heuristic can, and rather hides too much.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "own.h"
#include "suspect.h"
#include "text.h"

#define HIDDEN     "(hidden)"
#define SPOTS_MAX  4096
#define KNOWN_MAX  (2 * VALUES_COUNT_MAX)
#define WORD_BYTES 4 /* a shorter value is one only as a whole word */

struct known {
	const char *value;
	size_t len;
	const char *kind;
	const char *name;
};

struct spot {
	size_t at;
	bool key; /* a private key: down to its last line */
};

struct mask {
	struct known known[KNOWN_MAX];
	size_t known_count;
	struct spot spots[SPOTS_MAX];
	size_t spot_count;
};

int
mask_is_text(const char *p, size_t len)
{
	return len <= MASK_TEXT_MAX &&
	    (len == 0 || memchr(p, '\0', len) == NULL);
}

static int
longest_first(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->len < y->len) - (x->len > y->len);
}

static void
know(struct mask *m, const char *kind, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
	{
		size_t len = json_string_length(value);

		if (len > 0 && m->known_count < KNOWN_MAX)
			m->known[m->known_count++] =
			    (struct known){ json_string_value(value), len, kind,
				    name };
	}
}

static bool
is_word(const char *text, size_t at, size_t n, size_t len)
{
	return (at == 0 || !isalnum((unsigned char)text[at - 1])) &&
	    (at + n == len || !isalnum((unsigned char)text[at + n]));
}

static const struct known *
known_at(const struct mask *m, const char *text, size_t at, size_t len)
{
	for (size_t i = 0; i < m->known_count; i++) {
		const struct known *k = &m->known[i];

		if (k->len <= len - at && text[at] == k->value[0] &&
		    memcmp(text + at, k->value, k->len) == 0 &&
		    (k->len >= WORD_BYTES || is_word(text, at, k->len, len)))
			return k;
	}
	return NULL;
}

static void
name_known(
    const struct mask *m, const char *text, size_t len, struct bytes *out)
{
	for (size_t at = 0, n; at < len; at += n) {
		const struct known *k = known_at(m, text, at, len);

		n = k == NULL ? 1 : k->len;
		if (k == NULL)
			bytes_add(out, text + at, 1);
		else if (*k->kind == 'g')
			bytes_fmt(
			    out, "@{%s.%s:%zu}", k->kind, k->name, k->len);
		else
			bytes_fmt(out, "@{%s.%s}", k->kind, k->name);
	}
}

static int
found(void *ctx, const struct suspect *s, struct err *e)
{
	struct mask *m = ctx;

	/* A hardware address is nobody's secret on the unit that has it. */
	if (s->id == FINDING_ADDRESS)
		return 0;
	if (s->id == FINDING_BINARY)
		return err_set(e, EILSEQ, "it is no plain text");
	if (m->spot_count == SPOTS_MAX)
		return err_set(e, E2BIG, "too much in it looks like a secret");
	m->spots[m->spot_count++] =
	    (struct spot){ s->at, s->id == FINDING_PRIVATE_KEY };
	return 0;
}

static int
in_order(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Where showing goes on behind this spot. */
static size_t
spot_end(const char *text, size_t len, const struct spot *s)
{
	const char *p = text + s->at, *end = text + len, *last;

	if (s->key) {
		last = memmem(p, (size_t)(end - p), "-----END", 8);
		p = last == NULL ? end : last;
	}
	last = p == end ? NULL : memchr(p, '\n', (size_t)(end - p));
	return last == NULL ? len : (size_t)(last - text);
}

static void
hide(const struct mask *m, const struct bytes *text, struct bytes *out)
{
	size_t at = 0;

	for (size_t i = 0; i < m->spot_count; i++) {
		const struct spot *s = &m->spots[i];

		/* What is a slot's name already needs no hiding. */
		if (s->at < at || strncmp(text->p + s->at, "@{", 2) == 0)
			continue;
		bytes_add(out, text->p + at, s->at - at);
		bytes_fmt(out, HIDDEN);
		at = spot_end(text->p, text->len, s);
	}
	bytes_add(out, text->p + at, text->len - at);
}

static void
as_utf8(const struct bytes *text, struct bytes *out)
{
	size_t n;

	/* One that the end cuts off meets the NUL behind it, and is none. */
	for (size_t at = 0; at < text->len; at += n) {
		n = text_character(text->p + at);
		if (n > 0)
			bytes_add(out, text->p + at, n);
		else
			bytes_fmt(out, "\\x%02x", (unsigned char)text->p[at]);
		n = n == 0 ? 1 : n;
	}
}

int
mask_text(const struct values *values, const char *text, size_t len,
    struct bytes *out, struct err *e)
{
	struct mask *m = calloc(1, sizeof(*m));
	own_bytes struct bytes named = { 0 }, hidden = { 0 };
	int rc = -1;

	if (m == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (values != NULL) {
		know(m, "issued", values->issued);
		know(m, "generated", values->generated);
	}
	qsort(m->known, m->known_count, sizeof(*m->known), longest_first);
	name_known(m, text, len, &named);
	bytes_add(&named, "", 0);
	if (!named.bad &&
	    (rc = suspect_scan(NULL, named.p, named.len, found, m, e)) == 0) {
		qsort(m->spots, m->spot_count, sizeof(*m->spots), in_order);
		hide(m, &named, &hidden);
		bytes_add(&hidden, "", 0);
		as_utf8(&hidden, out);
	}
	free(m);
	if (named.bad || hidden.bad || out->bad)
		return err_set(e, ENOMEM, "no memory");
	return rc;
}
