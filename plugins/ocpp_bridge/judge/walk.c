/* SPDX-License-Identifier: MIT */
/*
 * The walk over a value and its shape at once. Objects whose members are known
 * find a member that stands twice by one bit each. Open ones (customData, the
 * data of a DataTransfer, payloads whose shape nobody knows yet) keep what
 * their names hash to, on a stack over all levels, and refuse more than it
 * holds.
 */
#include <string.h>

#include "leaf.h"
#include "names.h"
#include "walk.h"

typedef bool (*walker)(struct walk *, const struct shape_type *);

static const walker walkers[SHAPE_KINDS];

int
set_find(const struct shape_set *s, struct span name)
{
	uint32_t hash = name_hash(name.p, name.len);
	unsigned i = shape_slots[s->slots + name_slot(hash, s->seed, s->shift)];
	const struct shape_name *n;

	if (i == 0)
		return -1;
	n = &shape_names[s->names + i - 1];
	if (n->len != name.len ||
	    !name_same(shape_pool + n->at, name.p, name.len))
		return -1;
	return (int)i - 1;
}

/* --- arrays -----------------------------------------------------------------
 */

static bool
deeper(struct walk *w, struct place *here)
{
	here->up = w->at;
	if (++w->depth > JUDGE_DEPTH_MAX)
		return no_json(w, "deeper than 32 levels");
	w->at = here;
	w->p++;
	space(w);
	return true;
}

static bool
higher(struct walk *w, const struct place *here)
{
	w->p++;
	w->depth--;
	w->at = here->up;
	return true;
}

static bool
walk_array(struct walk *w, const struct shape_type *t)
{
	const struct shape_type *item = &shape_types[t->ref];
	struct place here = { .key = NULL, .index = 0 };
	unsigned count = 0;

	if (peek(w) != '[')
		return wrong_type(w, "array");
	if (!deeper(w, &here))
		return false;
	while (peek(w) != ']' || count > 0) {
		here.index = count++;
		if (!walkers[item->kind](w, item))
			return false;
		space(w);
		if (peek(w) != ',')
			break;
		w->p++;
		space(w);
	}
	if (peek(w) != ']')
		return no_json(w, "neither , nor ] behind an element");
	higher(w, &here);
	if (count < (unsigned)t->low)
		return fault(w, JUDGE_OCCURRENCE,
		    "%u elements, at least %d are needed", count, t->low);
	return count <= (unsigned)t->high ||
	    fault(w, JUDGE_OCCURRENCE, "%u elements, at most %d are allowed",
		count, t->high);
}

/* --- objects ----------------------------------------------------------------
 */

/* A member's name and the colon behind it. */
static bool
member_name(struct walk *w, struct place *here, struct text *name)
{
	/* What is wrong with a name is told of the object. */
	w->at = here->up;
	if (peek(w) != '"')
		return no_json(w, "no name of a member");
	if (!scan_text(w, name))
		return false;
	if (name->len > SCAN_KEY_MAX)
		return no_json(w, "a member's name of more than 256 bytes");
	here->key = name->p;
	here->len = name->len;
	w->at = here;
	space(w);
	if (peek(w) != ':')
		return no_json(w, "no : behind a member's name");
	w->p++;
	space(w);
	return true;
}

/* Behind a member: true when another one follows; else w->p is at the brace,
 * or at what should be one. */
static inline bool
another_member(struct walk *w)
{
	space(w);
	if (peek(w) != ',')
		return false;
	w->p++;
	space(w);
	return true;
}

bool
walk_missing(struct walk *w, const struct shape_object *o, uint64_t seen)
{
	unsigned i = (unsigned)__builtin_ctzll(o->required & ~seen);
	const struct shape_name *n = &shape_names[shape_sets[o->set].names + i];
	struct place here = {
		.up = w->at, .key = shape_pool + n->at, .len = n->len
	};

	w->at = &here;
	(void)fault(w, JUDGE_OCCURRENCE, "is required and missing");
	w->at = here.up;
	return false;
}

static int
member_of(const struct shape_object *o, const struct text *name)
{
	char buf[SCAN_KEY_MAX];
	struct span s;

	if (!scan_plain(name, buf, sizeof(buf), &s))
		return -1;
	return set_find(&shape_sets[o->set], s);
}

static bool
known_object(struct walk *w, const struct shape_object *o)
{
	struct place here;
	struct text name;
	uint64_t seen = 0;

	if (!deeper(w, &here))
		return false;
	while (peek(w) != '}' || seen != 0) {
		const struct shape_type *t;
		int i;

		if (!member_name(w, &here, &name))
			return false;
		i = member_of(o, &name);
		if (i == -1)
			return fault(w, JUDGE_OCCURRENCE, "is not known here");
		if ((seen >> i & 1) != 0)
			return no_json(w, "a member that stands twice");
		seen |= UINT64_C(1) << i;
		t = &shape_types[shape_members[o->types + i]];
		if (!walkers[t->kind](w, t))
			return false;
		if (!another_member(w))
			break;
	}
	if (peek(w) != '}')
		return no_json(w, "neither , nor } behind a member");
	higher(w, &here);
	return (o->required & ~seen) == 0 || walk_missing(w, o, seen);
}

/* Of all bytes: names of a vendor's data may differ anywhere. */
static uint64_t
whole_hash(struct span s)
{
	uint64_t h = s.len * UINT64_C(0x9e3779b97f4a7c15), last = 0;

	for (; s.len >= 8; s.p += 8, s.len -= 8) {
		h = (h ^ name_word(s.p)) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	for (size_t i = 0; i < s.len; i++)
		last = last << 8 | (unsigned char)s.p[i];
	h = (h ^ last) * UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Among those from base on? Asked for each name of a long object, so eight at
 * a time. */
static bool
is_among(const struct walk *w, unsigned base, uint64_t hash)
{
	uint32_t low = (uint32_t)hash;

#ifdef __SSE2__
	const __m128i x = _mm_set1_epi32((int)low);

	for (; base + 8 <= w->keys; base += 8) {
		const __m128i *at = (const __m128i *)(w->low + base);
		__m128i a = _mm_cmpeq_epi32(_mm_loadu_si128(at), x),
			b = _mm_cmpeq_epi32(_mm_loadu_si128(at + 1), x);

		if (_mm_movemask_epi8(_mm_or_si128(a, b)) != 0)
			break;
	}
#endif
	for (; base < w->keys; base++)
		if (w->low[base] == low && w->high[base] == hash >> 32)
			return true;
	return false;
}

/*
 * Remembers a name of an open object whose first one is number base. Names
 * of one hash count as one: with 64 bits no two meet by chance, and who makes
 * some that do shall find no way to have thousands of texts compared.
 */
static bool
remember(
    struct walk *w, unsigned base, const struct text *name, uint64_t *filter)
{
	char buf[SCAN_KEY_MAX];
	struct span plain = { buf, 0 };
	uint64_t hash, bit;

	(void)scan_plain(name, buf, sizeof(buf), &plain);
	hash = whole_hash(plain);
	bit = UINT64_C(1) << (hash & 63);
	/* Most objects are small: most names end here. */
	if ((*filter & bit) != 0 && is_among(w, base, hash))
		return no_json(w, "a member that stands twice");
	if (w->keys == SCAN_KEYS_MAX)
		return no_json(w, "more than 512 members in open objects");
	*filter |= bit;
	w->low[w->keys] = (uint32_t)hash;
	w->high[w->keys++] = (uint32_t)(hash >> 32);
	return true;
}

/* o NULL: nothing is known of its members. */
static bool
open_object(struct walk *w, const struct shape_object *o)
{
	struct place here;
	struct text name;
	unsigned base = w->keys;
	uint64_t seen = 0, filter = 0;

	if (!deeper(w, &here))
		return false;
	while (peek(w) != '}' || w->keys > base) {
		int i;
		unsigned type = SHAPE_ANYTHING;

		if (!member_name(w, &here, &name) ||
		    !remember(w, base, &name, &filter))
			return false;
		i = o == NULL ? -1 : member_of(o, &name);
		if (i != -1) {
			seen |= UINT64_C(1) << i;
			type = shape_members[o->types + i];
		}
		if (!walk_value(w, type))
			return false;
		if (!another_member(w))
			break;
	}
	if (peek(w) != '}')
		return no_json(w, "neither , nor } behind a member");
	w->keys = base;
	higher(w, &here);
	return o == NULL || (o->required & ~seen) == 0 ||
	    walk_missing(w, o, seen);
}

static bool
walk_object(struct walk *w, const struct shape_type *t)
{
	const struct shape_object *o = &shape_objects[t->ref];

	if (peek(w) != '{')
		return wrong_type(w, "object");
	return o->open ? open_object(w, o) : known_object(w, o);
}

/* --- anything ----------------------------------------------------------------
 */

static bool
walk_any(struct walk *w, const struct shape_type *t)
{
	static const struct shape_type array = { .kind = SHAPE_ARRAY,
		.ref = SHAPE_ANYTHING,
		.low = 0,
		.high = SHAPE_NO_HIGH };
	struct text text;
	struct number n;
	int64_t small;
	char c = peek(w);

	(void)t;
	if (c == '"')
		return scan_text(w, &text);
	if (c == '{')
		return open_object(w, NULL);
	if (c == '[')
		return walk_array(w, &array);
	if (c == '-' || (unsigned char)(c - '0') < 10)
		return scan_number(w, &n, &small);
	return scan_word(w);
}

static const walker walkers[SHAPE_KINDS] = {
	[SHAPE_ANY] = walk_any,
	[SHAPE_TEXT] = walk_text,
	[SHAPE_ENUM] = walk_enum,
	[SHAPE_TIME] = walk_time,
	[SHAPE_URI] = walk_uri,
	[SHAPE_INT] = walk_number,
	[SHAPE_INT_OLD] = walk_number,
	[SHAPE_NUMBER] = walk_number,
	[SHAPE_TENTHS] = walk_number,
	[SHAPE_BOOL] = walk_bool,
	[SHAPE_ARRAY] = walk_array,
	[SHAPE_OBJECT] = walk_object,
};

bool
walk_value(struct walk *w, unsigned type)
{
	const struct shape_type *t = &shape_types[type];

	return walkers[t->kind](w, t);
}
