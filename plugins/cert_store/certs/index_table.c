/* SPDX-License-Identifier: MIT */
/*
 * Tables and lists of the index. A look-up by hash data, by subject or by
 * fingerprint is one hash and, as a rule, one comparison.
 */
#include <openssl/x509.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"

int
table_new(struct table *t, size_t n, struct err *e)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	t->mask = size - 1;
	t->slots = calloc(size, sizeof(*t->slots));
	return t->slots == NULL ? err_set(e, ENOMEM, "out of memory") : 0;
}

void
table_add(struct table *t, uint64_t hash, void *what)
{
	size_t i = hash & t->mask;

	while (t->slots[i].what != NULL)
		i = (i + 1) & t->mask;
	t->slots[i] = (struct slot){ hash, what };
}

/* The next with this hash from *i on; NULL: no more. */
void *
table_next(const struct table *t, uint64_t hash, size_t *i)
{
	const struct slot *s;

	while (
	    t->slots != NULL && (s = &t->slots[*i & t->mask])->what != NULL) {
		(*i)++;
		if (s->hash == hash)
			return s->what;
	}
	return NULL;
}

uint64_t
hash_of_bytes(const uint8_t *bytes)
{
	uint64_t hash;

	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

static uint64_t
fnv(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint64_t)tolower((unsigned char)*text)) *
		    UINT64_C(1099511628211);
	return hash;
}

/* Without the issuer's key: of a certificate whose issuer is not here any more
 * it is not known, and it has to be found all the same. */
uint64_t
hash_of_data(const struct cert_hash_data *d)
{
	uint64_t hash = UINT64_C(14695981039346656037) + d->algorithm;

	hash = fnv(hash, d->issuer_name);
	return fnv(hash, d->serial + strspn(d->serial, "0"));
}

/* Canonical: what differs in case or in the kind of string is one name. */
uint64_t
hash_of_name(const X509_NAME *name)
{
	int ok;
	unsigned long h = X509_NAME_hash_ex(name, NULL, NULL, &ok);

	return h * UINT64_C(0x9e3779b97f4a7c15);
}

int
list_add(struct list *l, struct entry *entry, struct err *e)
{
	struct entry **grown;

	if (l->n == l->room) {
		grown = realloc(l->v, (l->room * 2 + 16) * sizeof(*grown));
		if (grown == NULL)
			return err_set(e, ENOMEM, "out of memory");
		l->v = grown;
		l->room = l->room * 2 + 16;
	}
	l->v[l->n++] = entry;
	return 0;
}

static int
newest_first(const void *a, const void *b)
{
	const struct cert *x = (*(struct entry *const *)a)->pub.cert,
			  *y = (*(struct entry *const *)b)->pub.cert;

	if (x->begin != y->begin)
		return x->begin > y->begin ? -1 : 1;
	return memcmp(x->print, y->print, sizeof(x->print));
}

void
list_sort(struct list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), newest_first);
}
