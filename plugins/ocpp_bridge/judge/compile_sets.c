/* SPDX-License-Identifier: MIT */
/*
 * Names: one pool of characters for all of them, and for each set of names a
 * hash table without collisions.
 */
#include <string.h>

#include "compile.h"
#include "names.h"

#define SEEDS 200000 /* tried before a set gets twice the slots */

/* The place of len bytes in the pool, which may be in the middle of others. */
static struct shape_name
intern_bytes(struct tables *o, const char *s, size_t len, struct place_in at)
{
	char *p = memmem(o->pool, (size_t)o->pool_len, s, len);

	if (len == 0 || len > UINT8_MAX)
		die(at, "a name of %zu bytes: it is 1 to 255 long", len);
	if (p == NULL) {
		p = o->pool + o->pool_len;
		if ((size_t)o->pool_len + len > sizeof(o->pool))
			die(at, "names exceed 64 KiB: widen shape_name.at");
		memcpy(p, s, len);
		o->pool_len += (int)len;
	}
	return (struct shape_name){ (uint16_t)(p - o->pool), (uint16_t)len };
}

struct shape_name
intern(struct tables *o, const char *s, struct place_in at)
{
	return intern_bytes(o, s, strlen(s), at);
}

struct shape_name
intern_action(struct tables *o, const char *s, struct place_in at)
{
	struct shape_name n = intern_bytes(o, s, strlen(s) + 1, at);

	n.len--;
	return n;
}

static bool
seat(const struct tables *o, const struct shape_name *n, int count,
    uint32_t seed, unsigned shift, uint8_t *slots)
{
	memset(slots, 0, (size_t)1 << (32 - shift));
	for (int i = 0; i < count; i++) {
		uint8_t *s = &slots[name_slot(
		    name_hash(o->pool + n[i].at, n[i].len), seed, shift)];

		if (*s != 0)
			return false;
		*s = (uint8_t)(i + 1);
	}
	return true;
}

/* A seed and the fewest slots under which no two names meet. */
static void
perfect(struct tables *o, struct shape_set *s, struct place_in at)
{
	const struct shape_name *n = &o->names[s->names];
	uint8_t *slots = &o->slots[o->slot_count];
	unsigned bits = 1;

	while (1u << bits < s->count)
		bits++;
	for (; bits <= 12; bits++)
		for (uint32_t i = 1; i <= SEEDS; i++) {
			uint32_t seed = i * 0x9e3779b1u | 1;

			if (!seat(o, n, s->count, seed, 32 - bits, slots))
				continue;
			s->seed = seed;
			s->shift = (uint8_t)(32 - bits);
			s->slots = (uint16_t)o->slot_count;
			o->slot_count += 1 << bits;
			return;
		}
	die(at,
	    "two of these names look alike to name_hash(): read more bytes "
	    "in names.h");
}

int
set_of(
    struct tables *o, const struct shape_name *n, int count, struct place_in at)
{
	struct shape_set *s = &o->sets[o->set_count];

	for (int i = 0; i < o->set_count; i++)
		if (o->sets[i].count == count &&
		    memcmp(&o->names[o->sets[i].names], n,
			(size_t)count * sizeof(*n)) == 0)
			return i;
	if (count > UINT8_MAX || o->set_count == 2047 ||
	    o->name_count + count > 8192 || o->slot_count > 28000)
		die(at, "the tables are full: enlarge struct tables");
	for (int i = 0; i < count; i++)
		for (int k = 0; k < i; k++)
			if (n[i].at == n[k].at && n[i].len == n[k].len)
				die(at, "%.*s stands here twice: remove one",
				    n[i].len, o->pool + n[i].at);
	s->names = (uint16_t)o->name_count;
	s->count = (uint8_t)count;
	memcpy(&o->names[o->name_count], n, (size_t)count * sizeof(*n));
	o->name_count += count;
	perfect(o, s, at);
	return o->set_count++;
}
