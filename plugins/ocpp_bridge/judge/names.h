/* SPDX-License-Identifier: MIT */
#ifndef NAMES_H
#define NAMES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The hash of a name, the same in the compiler of the shapes and in the judge:
 * the compiler looks for a seed under which no two names of a set meet, so
 * that the judge needs one look and one comparison.
 *
 * Three words are read, the first, the middle and the last eight bytes. That
 * is the whole of a name up to 24 bytes and enough of every longer one that
 * OCPP has; should two names ever differ elsewhere only, the compiler says so.
 */
static inline uint64_t
name_word(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint32_t
name_half(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint32_t
name_hash(const char *p, size_t len)
{
	uint64_t a, b, c = 0;

	if (len >= 8) {
		a = name_word(p);
		b = name_word(p + len - 8);
		c = name_word(p + len / 2 - 4);
	} else if (len >= 4) {
		a = name_half(p);
		b = name_half(p + len - 4);
	} else {
		a = len == 0 ? 0 : (unsigned char)p[0];
		b = len == 0 ? 0
			     : (uint64_t)(unsigned char)p[len / 2] << 8 |
			(unsigned char)p[len - 1];
	}
	/* Odd constants without a pattern; the high half is the mixed one. */
	a = (a ^ len) * 0x9e3779b97f4a7c15u;
	b = (b + c * 0xc2b2ae3d27d4eb4fu) * 0xd6e8feb86659fd93u;
	a ^= a >> 32;
	return (uint32_t)((a * 0xff51afd7ed558ccdu + b) >> 32);
}

static inline unsigned
name_slot(uint32_t hash, uint32_t seed, unsigned shift)
{
	return (hash * seed) >> shift;
}

/* memcmp() of names: they are too short to be worth a call. */
static inline bool
name_same(const char *a, const char *b, size_t len)
{
	if (len < 8)
		return len >= 4 ? name_half(a) == name_half(b) &&
			name_half(a + len - 4) == name_half(b + len - 4)
				: len == 0 ||
			(a[0] == b[0] && a[len / 2] == b[len / 2] &&
			    a[len - 1] == b[len - 1]);
	for (size_t i = 0; i + 8 < len; i += 8)
		if (name_word(a + i) != name_word(b + i))
			return false;
	return name_word(a + len - 8) == name_word(b + len - 8);
}

#endif
