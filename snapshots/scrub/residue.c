/* SPDX-License-Identifier: MIT */
/*
 * Searching for many texts in one pass: a bitmap says for each four bytes
 * whether any form begins so, and only then the forms of that hash are
 * compared. With some thousand forms the bitmap is nearly empty, so the pass
 * costs about one look-up a byte, whatever the number of secrets; an automaton
 * of Aho and Corasick would need some hundred megabytes for the same.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "residue.h"
#include "residue_form.h"

#define HASH_BITS 16
#define HEAD      4 /* bytes that are hashed */

/* One form: bytes to be found. */
struct form {
	char *p;
	size_t len;
	unsigned what; /* index of its value's name */
	const char *name;
	bool word;
	unsigned next; /* with the same hash; 0: none */
};

struct residue {
	size_t shortest;
	struct form *forms; /* the first is not used, so that 0 ends a chain */
	size_t count;
	size_t room;
	char (*whats)[RESIDUE_WHAT_MAX];
	size_t what_count;
	size_t what_room;
	unsigned heads[1 << HASH_BITS];
};

/* Not worth hiding, and found in every manual; a policy that takes them out
 * does not mean that they must be nowhere. */
static const char *const placeholders[] = { "username", "password", "changeit",
	"changeme", "account-name", "placeholder", "client-id", "admin", "root",
	"guest", "default", "localhost", "example", "test", "none", "true",
	"false", "null", "uninitialized", NULL };

static unsigned
hash4(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return (v * UINT32_C(2654435761)) >> (32 - HASH_BITS);
}

struct residue *
residue_new(size_t shortest, struct err *e)
{
	struct residue *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (void)err_sys(e, "residue"), NULL;
	r->shortest = shortest < HEAD ? HEAD : shortest;
	r->count = 1;
	return r;
}

void
residue_free(struct residue *r)
{
	if (r == NULL)
		return;
	for (size_t i = 1; i < r->count; i++) {
		explicit_bzero(r->forms[i].p, r->forms[i].len);
		free(r->forms[i].p);
	}
	free(r->forms);
	free(r->whats);
	free(r);
}

/* Doubles an array when it is full. */
static int
more_room(void **array, size_t count, size_t *room, size_t size, struct err *e)
{
	size_t wanted = *room == 0 ? 64 : 2 * *room;
	void *grown;

	if (count < *room)
		return 0;
	if ((grown = reallocarray(*array, wanted, size)) == NULL)
		return err_sys(e, "residue");
	*array = grown;
	*room = wanted;
	return 0;
}

static bool
known_form(const struct residue *r, const void *p, size_t len)
{
	for (unsigned i = r->heads[hash4(p)]; i != 0; i = r->forms[i].next)
		if (r->forms[i].len == len &&
		    memcmp(r->forms[i].p, p, len) == 0)
			return true;
	return false;
}

struct adding {
	struct residue *r;
	bool word;
};

/* What residue_form.c calls for each form it makes of a value. */
static int
add_form(void *ctx, const char *name, const void *p, size_t len, struct err *e)
{
	struct adding *a = ctx;
	struct residue *r = a->r;
	struct form *f;

	if (len < r->shortest || known_form(r, p, len))
		return 0;
	if (r->count >= RESIDUE_FORMS_MAX)
		return err_set(e, E2BIG, "too many secrets to search for");
	if (more_room((void **)&r->forms, r->count, &r->room, sizeof(*f), e) ==
	    -1)
		return -1;
	f = &r->forms[r->count];
	*f = (struct form){ .len = len,
		.what = (unsigned)r->what_count - 1,
		.name = name,
		.word = a->word,
		.next = r->heads[hash4(p)] };
	if ((f->p = malloc(len)) == NULL)
		return err_sys(e, "residue");
	memcpy(f->p, p, len);
	r->heads[hash4(p)] = (unsigned)r->count++;
	return 0;
}

static bool
placeholder(const char *p, size_t len)
{
	for (size_t i = 0; placeholders[i] != NULL; i++)
		if (strlen(placeholders[i]) == len &&
		    strncasecmp(placeholders[i], p, len) == 0)
			return true;
	/* "00:00:00:00", "********": nobody's in particular. */
	for (size_t i = 1; i < len; i++)
		if (p[i] != p[0] && strchr(":-. ", p[i]) == NULL)
			return false;
	return true;
}

int
residue_add(struct residue *r, enum residue_kind kind, const char *what,
    const void *value, size_t len, struct err *e)
{
	struct adding a = { r, kind == RESIDUE_WORD };

	/* The padding of a key's base64 is often left out. */
	while (kind == RESIDUE_SECRET && len > 0 &&
	    ((const char *)value)[len - 1] == '=')
		len--;
	if (len == 0 || placeholder(value, len))
		return 1;
	if (len < r->shortest)
		return 0;
	if (len > RESIDUE_VALUE_MAX)
		return err_set(e, EFBIG, "%s: larger than %d bytes", what,
		    RESIDUE_VALUE_MAX);
	if (more_room((void **)&r->whats, r->what_count, &r->what_room,
		sizeof(*r->whats), e) == -1)
		return -1;
	(void)strncpy(r->whats[r->what_count], what, RESIDUE_WHAT_MAX - 1);
	r->whats[r->what_count++][RESIDUE_WHAT_MAX - 1] = '\0';
	return residue_forms_of(
		   value, len, kind != RESIDUE_SECRET, add_form, &a, e) == -1
	    ? -1
	    : 1;
}

static bool
alone(const char *text, size_t len, size_t at, size_t n)
{
	return (at == 0 || !isalnum((unsigned char)text[at - 1])) &&
	    (at + n == len || !isalnum((unsigned char)text[at + n]));
}

/* All forms that stand at `at`. */
static int
compare(const struct residue *r, unsigned first, const char *text, size_t len,
    size_t at, residue_fn *fn, void *ctx, struct err *e)
{
	for (unsigned i = first; i != 0; i = r->forms[i].next) {
		const struct form *f = &r->forms[i];

		if (f->len > len - at || memcmp(text + at, f->p, f->len) != 0)
			continue;
		if (f->word && !alone(text, len, at, f->len))
			continue;
		if (fn(ctx, r->whats[f->what], f->name, at, e) == -1)
			return -1;
	}
	return 0;
}

int
residue_scan(const struct residue *r, const void *p, size_t len, residue_fn *fn,
    void *ctx, struct err *e)
{
	const char *text = p;
	unsigned first;

	for (size_t at = 0; at + HEAD <= len; at++) {
		first = r->heads[hash4(text + at)];
		if (first != 0 &&
		    compare(r, first, text, len, at, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}

size_t
residue_values(const struct residue *r)
{
	return r->what_count;
}

size_t
residue_forms(const struct residue *r)
{
	return r->count - 1;
}
