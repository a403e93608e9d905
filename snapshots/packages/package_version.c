/* SPDX-License-Identifier: MIT */
/*
 * Which of two versions is newer. Texts are compared in turns: a run that is
 * not digits, by the order of below, then a run of digits, as a number of any
 * length. Nothing is allocated and nothing is refused here: whatever the bytes
 * are, the order is the same each time.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "package_version.h"

#define VERSION_SET                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-:~"
#define VERSION_MAX 127

/* A part of a version: n bytes from p. */
struct part {
	const char *p;
	size_t n;
};

static bool
at_digit(const struct part *x)
{
	return x->n > 0 && isdigit((unsigned char)*x->p);
}

/* "~" comes before the end, so 1.0~rc1 is older than 1.0; letters come before
 * all other signs. A digit ends the run as the end does. */
static int
weight(const struct part *x)
{
	unsigned char c = x->n == 0 ? '\0' : (unsigned char)*x->p;

	if (c == '~')
		return -1;
	if (c == '\0' || isdigit(c))
		return 0;
	return isalpha(c) ? c : c + 256;
}

static void
step(struct part *x)
{
	if (x->n > 0) {
		x->p++;
		x->n--;
	}
}

static int
compare_signs(struct part *a, struct part *b)
{
	while ((a->n > 0 && !at_digit(a)) || (b->n > 0 && !at_digit(b))) {
		int x = weight(a), y = weight(b);

		if (x != y)
			return x - y;
		step(a);
		step(b);
	}
	return 0;
}

/* Leading zeroes count for nothing; then the longer number is the larger, and
 * of two equally long ones the first digit that differs decides. */
static int
compare_digits(struct part *a, struct part *b)
{
	int first = 0;

	while (a->n > 0 && *a->p == '0')
		step(a);
	while (b->n > 0 && *b->p == '0')
		step(b);
	while (at_digit(a) && at_digit(b)) {
		if (first == 0)
			first = *a->p - *b->p;
		step(a);
		step(b);
	}
	if (at_digit(a) != at_digit(b))
		return at_digit(a) ? 1 : -1;
	return first;
}

static int
compare_parts(struct part a, struct part b)
{
	int rc = 0;

	while (rc == 0 && (a.n > 0 || b.n > 0))
		if ((rc = compare_signs(&a, &b)) == 0)
			rc = compare_digits(&a, &b);
	return rc;
}

struct version {
	struct part epoch, upstream, revision;
};

/* The epoch ends at the first colon, the revision begins at the last hyphen;
 * without them they are "0". */
static struct version
split(const char *text)
{
	const char *colon = strchr(text, ':');
	const char *start = colon == NULL ? text : colon + 1;
	const char *hyphen = strrchr(start, '-');
	size_t all = strlen(start);
	struct version v = { { "0", 1 }, { start, all }, { "0", 1 } };

	if (colon != NULL)
		v.epoch = (struct part){ text, (size_t)(colon - text) };
	if (hyphen != NULL) {
		v.upstream.n = (size_t)(hyphen - start);
		v.revision =
		    (struct part){ hyphen + 1, all - v.upstream.n - 1 };
	}
	return v;
}

int
package_version_compare(const char *a, const char *b)
{
	struct version x = split(a), y = split(b);
	int rc = compare_parts(x.epoch, y.epoch);

	if (rc == 0)
		rc = compare_parts(x.upstream, y.upstream);
	return rc == 0 ? compare_parts(x.revision, y.revision) : rc;
}

bool
package_version_ok(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= VERSION_MAX && strspn(text, VERSION_SET) == n &&
	    isalnum((unsigned char)*text);
}
