/* SPDX-License-Identifier: MIT */
/* Topic filters: whether one is a filter, and whether two can meet. */
#include <string.h>

#include "expose.h"

static size_t
level(const char *p)
{
	return strcspn(p, "/");
}

bool
topic_filter_good(const char *p)
{
	if (*p == '\0')
		return false;
	for (;;) {
		size_t n = level(p);
		bool wild =
		    memchr(p, '+', n) != NULL || memchr(p, '#', n) != NULL;

		if (wild && n != 1)
			return false;
		if (p[n] == '\0')
			return true;
		if (*p == '#')
			return false;
		p += n + 1;
	}
}

/* '#' also fits the level above it, so "a/#" meets "a". */
bool
topic_filters_meet(const char *a, const char *b)
{
	for (;;) {
		size_t n = level(a), m = level(b);
		bool same = n == m && memcmp(a, b, n) == 0;

		if (*a == '#' || *b == '#')
			return true;
		if (!same && !(n == 1 && *a == '+') && !(m == 1 && *b == '+'))
			return false;
		if (a[n] == '\0' || b[m] == '\0')
			return (a[n] == '\0' && b[m] == '\0') ||
			    strcmp(a + n, "/#") == 0 ||
			    strcmp(b + m, "/#") == 0;
		a += n + 1;
		b += m + 1;
	}
}
