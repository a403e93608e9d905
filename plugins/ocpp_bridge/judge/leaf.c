/* SPDX-License-Identifier: MIT */
/*
 * Values without members. Lengths are counted in code points of what a string
 * means, so that \u00e9 and its two bytes are one character both times.
 */
#include "leaf.h"
#include "formats.h"
#include "walk.h"

bool
wrong_type(struct walk *w, const char *expected)
{
	return fault(w, JUDGE_WRONG_TYPE, "is no %s", expected);
}

bool
walk_text(struct walk *w, const struct shape_type *t)
{
	struct text text;

	if (peek(w) != '"')
		return wrong_type(w, "string");
	if (!scan_text(w, &text))
		return false;
	return text.points <= (size_t)t->high ||
	    fault(w, JUDGE_PROPERTY, "%zu characters, at most %d are allowed",
		text.points, t->high);
}

/* A string of a certain kind, without its escapes; what is longer than buf is
 * left empty, for no format or value is so long. */
static bool
short_text(struct walk *w, char *buf, size_t size, struct span *s)
{
	struct text text;

	if (peek(w) != '"')
		return wrong_type(w, "string");
	if (!scan_text(w, &text))
		return false;
	if (!scan_plain(&text, buf, size, s))
		*s = (struct span){ buf, 0 };
	return true;
}

bool
walk_enum(struct walk *w, const struct shape_type *t)
{
	char buf[SCAN_KEY_MAX];
	struct span s;

	if (!short_text(w, buf, sizeof(buf), &s))
		return false;
	return set_find(&shape_sets[t->ref], s) != -1 ||
	    fault(w, JUDGE_PROPERTY, "is none of the values allowed here");
}

bool
walk_time(struct walk *w, const struct shape_type *t)
{
	char buf[SCAN_KEY_MAX];
	struct span s;

	(void)t;
	if (!short_text(w, buf, sizeof(buf), &s))
		return false;
	return format_time(s) ||
	    fault(w, JUDGE_PROPERTY,
		"is no date and time of RFC 3339 (2026-01-31T23:59:59.999Z)");
}

bool
walk_uri(struct walk *w, const struct shape_type *t)
{
	char buf[2048];
	struct span s;

	(void)t;
	if (!short_text(w, buf, sizeof(buf), &s))
		return false;
	return format_uri(s) ||
	    fault(w, JUDGE_PROPERTY, "is no URI (ftp://host/path)");
}

static bool
out_of_range(struct walk *w, const struct shape_type *t, bool low)
{
	return fault(w, JUDGE_PROPERTY, "is %s than %d",
	    low ? "less" : "greater", low ? t->low : t->high);
}

static bool
small_in_range(struct walk *w, const struct shape_type *t, int64_t v)
{
	if (t->low != SHAPE_NO_LOW && v < t->low)
		return out_of_range(w, t, true);
	if (t->high != SHAPE_NO_HIGH && v > t->high)
		return out_of_range(w, t, false);
	return true;
}

static bool
decimal_in_range(
    struct walk *w, const struct shape_type *t, const struct number *n)
{
	if (t->low != SHAPE_NO_LOW && number_compare(n, t->low) < 0)
		return out_of_range(w, t, true);
	if (t->high != SHAPE_NO_HIGH && number_compare(n, t->high) > 0)
		return out_of_range(w, t, false);
	return t->kind != SHAPE_TENTHS || number_is_tenths(n) ||
	    fault(w, JUDGE_PROPERTY, "is no multiple of 0.1");
}

bool
walk_number(struct walk *w, const struct shape_type *t)
{
	struct number n;
	int64_t small;

	if (peek(w) != '-' && (unsigned char)(peek(w) - '0') > 9)
		return wrong_type(w,
		    t->kind == SHAPE_INT || t->kind == SHAPE_INT_OLD
			? "integer"
			: "number");
	if (!scan_number(w, &n, &small))
		return false;
	if (n.plain)
		return small_in_range(w, t, small);
	if (t->kind == SHAPE_INT_OLD ||
	    (t->kind == SHAPE_INT && !number_is_whole(&n)))
		return wrong_type(w, "integer");
	return decimal_in_range(w, t, &n);
}

bool
walk_bool(struct walk *w, const struct shape_type *t)
{
	(void)t;
	if (peek(w) != 't' && peek(w) != 'f')
		return wrong_type(w, "boolean");
	return scan_word(w);
}
