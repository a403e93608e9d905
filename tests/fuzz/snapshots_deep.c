/* SPDX-License-Identifier: MIT */
/*
 * What is packed or encoded in a file, and the heuristics over each part. No
 * part lies about its length or its name, none is handed on below the limits,
 * and what is unpacked stays within them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deep.h"
#include "suspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sum {
	uint64_t bytes;
	unsigned parts;
	size_t len; /* of the part at hand */
};

static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	const struct sum *s = ctx;

	(void)e;
	if (found->at > s->len || found->len > s->len - found->at)
		abort();
	return 0;
}

static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	struct sum *s = ctx;

	if (part->refused != NULL)
		return part->p == NULL ? 0 : (abort(), 0);
	if (part->p == NULL || strlen(part->name) > 511 ||
	    part->len > DEEP_PART_MAX + 1024)
		abort();
	for (const char *c = part->name; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			abort();
	s->bytes += part->len;
	if (++s->parts > DEEP_PARTS + 2)
		abort();
	s->len = part->len;
	return suspect_scan(NULL, part->p, part->len, on_suspect, s, e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum s = { 0, 0, 0 };
	struct err e;
	char *copy = malloc(len + 1);

	/* A copy of exactly that size, so that a byte too far is seen. */
	if (copy == NULL)
		return 0;
	memcpy(copy, data, len);
	copy = realloc(copy, len == 0 ? 1 : len);
	(void)deep_open(copy, len, on_part, &s, &e);
	free(copy);
	return 0;
}
