/* SPDX-License-Identifier: MIT */
#ifndef SCAN_H
#define SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "judge.h"

/*
 * scan: the words of strict JSON (RFC 8259): strings, numbers, spaces. What
 * walks over them is walk.c. Strict is narrower than the RFC where receivers
 * are known to differ, for a frame is forwarded as it came and must mean the
 * same to all who read it:
 *
 *	\u0000			ends the string for a reader in C
 *	lone surrogates		have no UTF-8
 *	numbers from 1e308 on, integers beyond 64 bits, numbers over
 *	SCAN_NUMBER_MAX characters	are infinite, cut or refused
 *	a member twice		first or last: readers disagree (walk.c)
 */
#define SCAN_NUMBER_MAX 64
#define SCAN_KEY_MAX    256 /* bytes of a member's name as it stands */
#define SCAN_KEYS_MAX   512 /* members of open objects, all levels together */

/* Where a value stands, for the path of a fault; lives on the C stack. */
struct place {
	const struct place *up;
	const char *key; /* NULL: in an array, at index */
	size_t len;
	unsigned index;
};

struct text {
	const char *p; /* behind the quote */
	size_t len;    /* bytes as they stand */
	size_t points; /* code points of what they mean */
	bool escaped;
};

struct walk {
	const char *p, *end, *start;
	const struct place *at;
	struct verdict *v;
	unsigned depth;
	unsigned keys;
	/* Hashes of the names in open objects, in halves. */
	uint32_t low[SCAN_KEYS_MAX], high[SCAN_KEYS_MAX];
};

struct number {
	struct span text;
	bool negative;
	bool plain; /* neither fraction nor exponent */
	/* The value is 0.digits * 10^point; no zeros at either end. Zero has no
	 * digits. */
	char digits[SCAN_NUMBER_MAX];
	int digit_count;
	int point;
};

/* Begins a walk; members that are only used where needed stay as they are. */
void walk_begin(struct walk *, const char *text, size_t len, struct verdict *);

/* Fills the verdict and returns false. The sentence never holds a value. */
bool fault(struct walk *, enum judge_fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));
/* The same for what is no strict JSON: with the offset of the byte. */
bool no_json(struct walk *, const char *why) __attribute__((cold));

/* Goes on with a text from w->p, which is no plain character: to its end, or
 * to what is no strict JSON. t->p is set. */
bool scan_text_on(struct walk *, struct text *);
/* At a digit or a minus. An integer of up to 18 digits is told in *small and
 * leaves n alone but for its text and plain. */
bool scan_number(struct walk *, struct number *n, int64_t *small);
/* One of true, false, null. */
bool scan_word(struct walk *);
/* The character that s (as in struct text) begins with; moves s behind it. 0:
 * the end. For texts that scan_text() has passed. */
uint32_t scan_char(struct span *s);
/* t without its escapes, in buf. False: longer than size. */
bool
scan_decode(const struct text *t, char *buf, size_t size, struct span *out);

static inline char
peek(const struct walk *w)
{
	/* A NUL stands nowhere in JSON, so it can mean the end as well. */
	return w->p < w->end ? *w->p : '\0';
}

static inline void
space(struct walk *w)
{
	while (w->p < w->end &&
	    (*w->p == ' ' || *w->p == '\n' || *w->p == '\r' || *w->p == '\t'))
		w->p++;
}

/*
 * The first byte that is a quote, a backslash, a control character or not
 * ASCII; end when there is none. Strings are most of a frame, and most of a
 * string is plain: sixteen bytes are asked at a time.
 */
static inline const char *
plain_end(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
		      low = _mm_set1_epi8(0x20);

	while (end - p >= 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)p);
		/* Bytes from 0x80 on are negative, so less than a space too. */
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(x, low),
		    _mm_or_si128(
			_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)));
		unsigned mask = (unsigned)_mm_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz(mask);
		p += 16;
	}
#endif
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* At a quote. False: no strict JSON. */
static inline bool
scan_text(struct walk *w, struct text *t)
{
	const char *from = w->p + 1, *p = plain_end(from, w->end);

	t->p = from;
	w->p = p;
	if (__builtin_expect(p == w->end || *p != '"', 0))
		return scan_text_on(w, t);
	w->p = p + 1;
	t->escaped = false;
	t->len = t->points = (size_t)(p - from);
	return true;
}

/* t without its escapes: itself, or decoded into buf. False: longer than size.
 */
static inline bool
scan_plain(const struct text *t, char *buf, size_t size, struct span *out)
{
	if (__builtin_expect(t->escaped, 0))
		return scan_decode(t, buf, size, out);
	*out = (struct span){ t->p, t->len };
	return true;
}

#endif
