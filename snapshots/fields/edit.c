/* SPDX-License-Identifier: MIT */
/*
 * Edits in the order of the text. The same place may come twice: a YAML anchor
 * under each of its names, the flag of a property with several values.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

static struct edit *
grow(struct edits *l, struct err *e)
{
	size_t room = l->room == 0 ? 64 : 2 * l->room;
	struct edit *all;

	if (l->count == EDITS_MAX) {
		(void)err_set(e, E2BIG, "more than %d values", EDITS_MAX);
		return NULL;
	}
	if (l->count == l->room) {
		all = reallocarray(l->all, room, sizeof(*all));
		if (all == NULL) {
			(void)err_set(e, ENOMEM, "out of memory");
			return NULL;
		}
		l->all = all;
		l->room = room;
	}
	memset(&l->all[l->count], 0, sizeof(*l->all));
	return &l->all[l->count];
}

int
edits_put(struct edits *l, size_t at, size_t len, const char *open,
    const char *text, const char *close, struct err *e)
{
	struct edit *x = grow(l, e);

	if (x == NULL)
		return -1;
	x->at = at;
	x->len = len;
	x->lead = open == NULL ? 0 : strlen(open);
	if (asprintf(&x->text, "%s%s%s", open == NULL ? "" : open, text,
		close == NULL ? "" : close) == -1)
		return err_set(e, ENOMEM, "out of memory");
	l->count++;
	return 0;
}

int
edits_cut(struct edits *l, const struct field *f, struct err *e)
{
	struct edit *x;

	if (edits_put(l, f->entry_at, f->entry_len, NULL, "", NULL, e) == -1)
		return -1;
	x = &l->all[l->count - 1];
	x->cut = true;
	x->comma = f->comma;
	return 0;
}

void
edits_free(struct edits *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->all[i].text);
	free(l->all);
	memset(l, 0, sizeof(*l));
}

/* A cut comes before what lies in it, the longer before the shorter. */
static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->len > y->len ? -1 : x->len < y->len;
}

struct making {
	const struct bytes *in;
	struct bytes *out;
	size_t at; /* what comes before it is done */
	bool escape;
	bool comma; /* the next comma goes too, if it comes before anything */
};

/* Text of the sample up to the next edit. */
static void
copy(struct making *m, size_t end)
{
	const char *p = m->in->p + m->at, *at;
	size_t len = end - m->at;

	while (m->escape && (at = memmem(p, len, "@{", 2)) != NULL) {
		bytes_add(m->out, p, (size_t)(at - p));
		bytes_add(m->out, "@@{", 3);
		len -= (size_t)(at - p) + 2;
		p = at + 2;
	}
	bytes_add(m->out, p, len);
	m->at = end;
}

/* The first entries of a list go: so does the comma behind the last of them. */
static void
take_comma(struct making *m)
{
	size_t i = m->at;

	while (i < m->in->len && isspace((unsigned char)m->in->p[i]))
		i++;
	if (i < m->in->len && m->in->p[i] == ',')
		m->at = i + 1;
	m->comma = false;
}

static bool
only_blanks(const struct making *m, size_t end)
{
	for (size_t i = m->at; i < end; i++)
		if (!isspace((unsigned char)m->in->p[i]))
			return false;
	return true;
}

/* Bytes that are gone already: what lies in a value that goes as a whole, or
 * the same place once more. A cut may reach further. */
static int
overlap(
    struct making *m, struct edit *x, const struct edit *before, struct err *e)
{
	size_t end = x->at + x->len;

	if (end > m->at && !x->cut && !before->cut)
		return err_set(e, EINVAL,
		    "line %u: two rules take the same bytes",
		    field_line(m->in->p, x->at));
	if (end > m->at)
		m->at = end;
	x->out_at = SIZE_MAX;
	return 0;
}

static int
make_one(
    struct making *m, struct edit *x, const struct edit *before, struct err *e)
{
	/* Where nothing stands, the same place twice has no byte in common. */
	if (before != NULL &&
	    (x->at < m->at || (x->at == before->at && x->len == before->len)))
		return overlap(m, x, before, e);
	if (m->comma && !(x->cut && only_blanks(m, x->at)))
		take_comma(m);
	if (x->at > m->at)
		copy(m, x->at);
	x->out_at = m->out->len + x->lead;
	bytes_add(m->out, x->text, strlen(x->text));
	m->at = x->at + x->len;
	m->comma |= x->comma;
	return 0;
}

int
edits_make(struct edits *l, const struct bytes *in, bool escape,
    struct bytes *out, struct err *e)
{
	struct making m = { .in = in, .out = out, .escape = escape };

	if (l->count > 0)
		qsort(l->all, l->count, sizeof(*l->all), by_place);
	bytes_free(out);
	for (size_t i = 0; i < l->count; i++)
		if (make_one(&m, &l->all[i], i == 0 ? NULL : &l->all[i - 1],
			e) == -1)
			return -1;
	if (m.comma)
		take_comma(&m);
	copy(&m, in->len);
	bytes_add(out, "", 0);
	return out->bad ? err_set(e, EFBIG, "too large") : 0;
}
