/* SPDX-License-Identifier: MIT */
/*
 * Myers' O(ND) difference over lines, after the common head and tail are cut
 * off. Texts that differ by more than EDITS_MAX lines are shown as one block
 * that replaces another: still a true diff, only not the shortest, and the
 * work and memory stay bounded whatever somebody puts into a bundle.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

#define EDITS_MAX 1024
#define CONTEXT   3

struct line {
	const char *p;
	size_t len; /* its newline included */
	uint32_t hash;
};

struct text {
	struct line *lines;
	size_t count;
	bool *edited; /* by line: taken out of the old, or new in the new */
};

struct diff {
	struct text was, is;
	size_t head;              /* equal lines at the beginning of both */
	int n, m;                 /* lines between head and tail */
	int *rows[EDITS_MAX + 1]; /* furthest x after d edits, by diagonal */
	struct bytes *out;
};

static uint32_t
hash_of(const char *p, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

static int
split(struct text *t, const char *p, size_t len)
{
	size_t count = 0, n;

	for (size_t i = 0; i < len; i++)
		count += p[i] == '\n';
	/* One more for a last line without newline, and never zero bytes. */
	t->lines = calloc(count + 1, sizeof(*t->lines));
	t->edited = calloc(count + 1, sizeof(*t->edited));
	if (t->lines == NULL || t->edited == NULL)
		return -1;
	for (; len > 0; p += n, len -= n) {
		const char *newline = memchr(p, '\n', len);

		n = newline == NULL ? len : (size_t)(newline - p) + 1;
		t->lines[t->count++] = (struct line){ p, n, hash_of(p, n) };
	}
	return 0;
}

static bool
same(const struct diff *d, size_t a, size_t b)
{
	const struct line *x = &d->was.lines[a], *y = &d->is.lines[b];

	return x->hash == y->hash && x->len == y->len &&
	    memcmp(x->p, y->p, x->len) == 0;
}

static void
cut_ends(struct diff *d)
{
	size_t a = d->was.count, b = d->is.count;

	while (d->head < a && d->head < b && same(d, d->head, d->head))
		d->head++;
	while (a > d->head && b > d->head && same(d, a - 1, b - 1)) {
		a--;
		b--;
	}
	d->n = (int)(a - d->head);
	d->m = (int)(b - d->head);
}

/* Did the best way to diagonal k after `edits` edits come from k + 1, by a
 * line that is new? before: the row of one edit less. */
static bool
came_down(const int *before, int edits, int k)
{
	const int *x = before + edits - 1; /* x[0] is diagonal 0 */

	return k == -edits || (k != edits && x[k - 1] < x[k + 1]);
}

/* Fills the row of this many edits; true: it reached both ends. */
static bool
advance(struct diff *d, int edits)
{
	int *row = d->rows[edits] + edits;
	const int *before = edits == 0 ? NULL : d->rows[edits - 1];

	for (int k = -edits; k <= edits; k += 2) {
		int x = 0;

		if (edits > 0)
			x = came_down(before, edits, k)
			    ? before[edits - 1 + k + 1]
			    : before[edits - 1 + k - 1] + 1;
		while (x < d->n && x - k < d->m &&
		    same(d, d->head + (size_t)x, d->head + (size_t)(x - k)))
			x++;
		row[k] = x;
		if (x >= d->n && x - k >= d->m)
			return true;
	}
	return false;
}

/* How many edits it takes; EDITS_MAX + 1: more; -1: no memory. */
static int
search(struct diff *d)
{
	for (int edits = 0; edits <= EDITS_MAX; edits++) {
		d->rows[edits] = calloc((size_t)edits * 2 + 1, sizeof(int));
		if (d->rows[edits] == NULL)
			return -1;
		if (advance(d, edits))
			return edits;
	}
	return EDITS_MAX + 1;
}

static void
mark(struct diff *d, int edits)
{
	int x = d->n, y = d->m, k;

	for (; edits > 0; edits--) {
		k = x - y;
		if (came_down(d->rows[edits - 1], edits, k)) {
			x = d->rows[edits - 1][edits - 1 + k + 1];
			y = x - k - 1;
			d->is.edited[d->head + (size_t)y] = true;
		} else {
			x = d->rows[edits - 1][edits - 1 + k - 1];
			y = x - k + 1;
			d->was.edited[d->head + (size_t)x] = true;
		}
	}
}

static void
mark_all(struct diff *d)
{
	for (int i = 0; i < d->n; i++)
		d->was.edited[d->head + (size_t)i] = true;
	for (int i = 0; i < d->m; i++)
		d->is.edited[d->head + (size_t)i] = true;
}

/* A place in both texts at once. */
struct at {
	size_t a, b;
};

static bool
edited(const struct diff *d, struct at p)
{
	return (p.a < d->was.count && d->was.edited[p.a]) ||
	    (p.b < d->is.count && d->is.edited[p.b]);
}

static bool
ended(const struct diff *d, struct at p)
{
	return p.a == d->was.count && p.b == d->is.count;
}

static void
print_line(struct diff *d, char sign, const struct line *l)
{
	bytes_add(d->out, &sign, 1);
	bytes_add(d->out, l->p, l->len);
	if (l->p[l->len - 1] != '\n')
		bytes_fmt(d->out, "\n\\ No newline at end of file\n");
}

/* The number of the first line, as patch wants it: an empty side names the
 * line before. */
static size_t
first(size_t at, size_t count)
{
	return count == 0 ? at : at + 1;
}

static void
print_hunk(struct diff *d, struct at from, struct at to)
{
	struct at p = from;

	bytes_fmt(d->out, "@@ -%zu,%zu +%zu,%zu @@\n",
	    first(from.a, to.a - from.a), to.a - from.a,
	    first(from.b, to.b - from.b), to.b - from.b);
	while (p.a < to.a || p.b < to.b) {
		if (p.a < to.a && d->was.edited[p.a])
			print_line(d, '-', &d->was.lines[p.a++]);
		else if (p.b < to.b && d->is.edited[p.b])
			print_line(d, '+', &d->is.lines[p.b++]);
		else {
			print_line(d, ' ', &d->was.lines[p.a++]);
			p.b++;
		}
	}
}

/* Past the edits at p and past those that are near behind them: the end of
 * the hunk, its context included. */
static struct at
hunk_end(const struct diff *d, struct at p)
{
	size_t equal = 0;

	while (!ended(d, p) && equal <= 2 * CONTEXT)
		if (edited(d, p)) {
			equal = 0;
			if (p.a < d->was.count && d->was.edited[p.a])
				p.a++;
			else
				p.b++;
		} else {
			equal++;
			p.a++;
			p.b++;
		}
	if (equal > CONTEXT) {
		p.a -= equal - CONTEXT;
		p.b -= equal - CONTEXT;
	}
	return p;
}

static void
print_hunks(struct diff *d)
{
	struct at p = { 0, 0 }, from, to = { 0, 0 };
	size_t back;

	for (;;) {
		while (!ended(d, p) && !edited(d, p)) {
			p.a++;
			p.b++;
		}
		if (ended(d, p))
			return;
		back = p.a - to.a < CONTEXT ? p.a - to.a : CONTEXT;
		from = (struct at){ p.a - back, p.b - back };
		p = to = hunk_end(d, p);
		print_hunk(d, from, to);
	}
}

static int
run(struct diff *d, const struct diff_side *was, const struct diff_side *is)
{
	int edits;

	if (split(&d->was, was->text, was->len) == -1 ||
	    split(&d->is, is->text, is->len) == -1)
		return -1;
	cut_ends(d);
	if (d->n == 0 && d->m == 0)
		return 0;
	if ((edits = search(d)) == -1)
		return -1;
	if (edits > EDITS_MAX)
		mark_all(d);
	else
		mark(d, edits);
	bytes_fmt(d->out, "--- %s\n+++ %s\n", was->name, is->name);
	print_hunks(d);
	return d->out->bad ? -1 : 0;
}

int
diff_unified(const struct diff_side *was, const struct diff_side *is,
    struct bytes *out, struct err *e)
{
	struct diff d = { .out = out };
	int rc;

	if (was->len > DIFF_TEXT_MAX || is->len > DIFF_TEXT_MAX)
		return err_set(e, EFBIG, "more than %d bytes", DIFF_TEXT_MAX);
	rc = run(&d, was, is);
	for (int i = 0; i <= EDITS_MAX; i++)
		free(d.rows[i]);
	free(d.was.lines);
	free(d.was.edited);
	free(d.is.lines);
	free(d.is.edited);
	return rc == -1 ? err_set(e, ENOMEM, "diff: out of memory") : 0;
}
