/* SPDX-License-Identifier: MIT */
#ifndef TEST_DIFF_APPLY_H
#define TEST_DIFF_APPLY_H

/*
 * What patch does, as strictly as a test wants it: every line of a hunk has to
 * stand where the hunk says. Aborts when it does not.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

struct diff_cursor {
	const char *p, *end;
};

static inline size_t
diff_line(const struct diff_cursor *c)
{
	const char *newline = memchr(c->p, '\n', (size_t)(c->end - c->p));

	return (size_t)((newline == NULL ? c->end : newline + 1) - c->p);
}

static inline void
diff_copy(struct diff_cursor *old, struct bytes *out, size_t *at, size_t to)
{
	for (; *at < to; (*at)++) {
		size_t n = diff_line(old);

		if (n == 0)
			abort();
		bytes_add(out, old->p, n);
		old->p += n;
	}
}

/* One line of a hunk: ' ' and '-' must be the old text's next line. */
static inline void
diff_take(struct diff_cursor *d, struct diff_cursor *old, struct bytes *out,
    size_t *at)
{
	static const char no_newline[] = "\\ No newline at end of file\n";
	char sign = *d->p++;
	const char *line = d->p;
	size_t n = diff_line(d);

	d->p += n;
	if (d->p < d->end && *d->p == '\\') {
		if (strncmp(d->p, no_newline, strlen(no_newline)) != 0)
			abort();
		d->p += strlen(no_newline);
		n--;
	}
	if (sign != '+') {
		if (n != diff_line(old) || memcmp(line, old->p, n) != 0)
			abort();
		old->p += n;
		(*at)++;
	}
	if (sign != '-')
		bytes_add(out, line, n);
}

static inline void
diff_apply(
    const struct diff_side *was, const struct bytes *diff, struct bytes *out)
{
	const char *text = diff->len == 0 ? "" : diff->p;
	struct diff_cursor d = { text, text + diff->len };
	struct diff_cursor old = { was->text, was->text + was->len };
	size_t at = 0, a, an, b, bn, end;

	for (int i = 0; i < 2; i++)
		d.p += diff_line(&d);
	while (d.p < d.end) {
		if (sscanf(d.p, "@@ -%zu,%zu +%zu,%zu @@", &a, &an, &b, &bn) !=
		    4)
			abort();
		d.p += diff_line(&d);
		diff_copy(&old, out, &at, an == 0 ? a : a - 1);
		end = at + an;
		while (d.p < d.end && *d.p != '@')
			diff_take(&d, &old, out, &at);
		if (at != end)
			abort();
	}
	bytes_add(out, old.p, (size_t)(old.end - old.p));
}

#endif
