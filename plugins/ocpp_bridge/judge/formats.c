/* SPDX-License-Identifier: MIT */
/*
 * Formats within texts, and decimal arithmetic on numbers as they are written:
 * 0.1 has no binary form, so a division by it in binary refuses 16.1.
 */
#include <string.h>

#include "formats.h"

#define SIGNIFICANT 15 /* decimal digits that every double keeps */

/* --- date-time --------------------------------------------------------------
 */

/* Two digits at p; 100: they are none, which is beyond all limits. */
static unsigned
two(const char *p)
{
	unsigned a = (unsigned char)(p[0] - '0'),
		 b = (unsigned char)(p[1] - '0');

	return a > 9 || b > 9 ? 100 : a * 10 + b;
}

static bool
date(const char *p)
{
	static const unsigned char days[] = { 31, 29, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	unsigned century = two(p), rest = two(p + 2), month = two(p + 5),
		 day = two(p + 8), year = century * 100 + rest;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return century < 100 && rest < 100 && p[4] == '-' && p[7] == '-' &&
	    month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
	    (month != 2 || day < 29 || leap);
}

/* The offset "Z", "+01:00" in minutes, with which s must end. */
static bool
offset(struct span s, int *minutes)
{
	unsigned hour, minute;

	*minutes = 0;
	if (s.len == 1)
		return (*s.p | 0x20) == 'z';
	if (s.len != 6 || (*s.p != '+' && *s.p != '-') || s.p[3] != ':')
		return false;
	hour = two(s.p + 1);
	minute = two(s.p + 4);
	*minutes = (int)(hour * 60 + minute);
	if (*s.p == '-')
		*minutes = -*minutes;
	return hour < 24 && minute < 60;
}

bool
format_time(struct span s)
{
	unsigned hour, minute, second;
	int ahead, utc;
	size_t i = 19;

	if (s.len < 20 || !date(s.p) || (s.p[10] | 0x20) != 't' ||
	    s.p[13] != ':' || s.p[16] != ':')
		return false;
	hour = two(s.p + 11);
	minute = two(s.p + 14);
	second = two(s.p + 17);
	if (s.p[i] == '.') {
		do
			i++;
		while (i < s.len && (unsigned char)(s.p[i] - '0') < 10);
		if (i == 20)
			return false;
	}
	if (hour > 23 || minute > 59 || second > 60 ||
	    !offset((struct span){ s.p + i, s.len - i }, &ahead))
		return false;
	utc = ((int)(hour * 60 + minute) - ahead + 2880) % 1440;
	return second < 60 || utc == 1439;
}

/* --- URI --------------------------------------------------------------------
 */

static bool
is_alpha(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Bytes of the URI character at s (1, or 3 when percent-encoded); 0: none. */
static size_t
uri_char(struct span s, bool in_fragment)
{
	char c = *s.p;

	if (c == '%')
		return s.len >= 3 && is_hex(s.p[1]) && is_hex(s.p[2]) ? 3 : 0;
	if (c == '#')
		return !in_fragment;
	return is_alpha(c) || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-._~:/?[]@!$&'()*+,;=", c) != NULL);
}

bool
format_uri(struct span s)
{
	const char *colon = memchr(s.p, ':', s.len);
	bool fragment = false;

	if (colon == NULL || !is_alpha(*s.p))
		return false;
	for (const char *p = s.p; p < colon; p++)
		if (!is_alpha(*p) && !(*p >= '0' && *p <= '9') && *p != '+' &&
		    *p != '-' && *p != '.')
			return false;
	s.len -= (size_t)(colon + 1 - s.p);
	s.p = colon + 1;
	while (s.len > 0) {
		size_t n = uri_char(s, fragment);

		if (n == 0)
			return false;
		fragment = fragment || *s.p == '#';
		s.p += n;
		s.len -= n;
	}
	return true;
}

/* --- numbers ----------------------------------------------------------------
 */

bool
number_is_whole(const struct number *n)
{
	return n->digit_count == 0 || n->digit_count <= n->point;
}

/* Are the digits from..SIGNIFICANT-1 what binary arithmetic leaves of none:
 * zeros, or nines that round up? */
static bool
is_residue(const struct number *n, int from)
{
	char tail = n->digits[from];

	for (int i = from; i < SIGNIFICANT; i++)
		if (n->digits[i] != tail)
			return false;
	return tail == '0' ? n->digits[SIGNIFICANT] < '5'
			   : tail == '9' && n->digits[SIGNIFICANT] >= '5';
}

bool
number_is_tenths(const struct number *n)
{
	int from = n->point + 1;

	if (n->digit_count <= from || n->digit_count == 0)
		return true;
	if (from < 0 || n->digit_count <= SIGNIFICANT)
		return false;
	return from >= SIGNIFICANT || is_residue(n, from);
}

int
number_compare(const struct number *n, int32_t limit)
{
	bool rest = n->digit_count > n->point;
	int64_t whole = 0;

	if (n->digit_count == 0)
		return (limit < 0) - (limit > 0);
	/* Beyond 32 bits: the sign decides. */
	if (n->point > 11)
		return n->negative ? -1 : 1;
	for (int i = 0; i < n->point; i++)
		whole =
		    whole * 10 + (i < n->digit_count ? n->digits[i] - '0' : 0);
	if (n->negative)
		whole = -whole;
	if (whole != limit)
		return whole < limit ? -1 : 1;
	return rest ? (n->negative ? -1 : 1) : 0;
}
