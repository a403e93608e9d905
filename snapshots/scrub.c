/* SPDX-License-Identifier: MIT */
/*
 * One file through the rules. Values are replaced in place, from a list of
 * edits in the order of the file; everything between them stays byte for byte,
 * so comments and layout of the sample survive.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "own.h"
#include "scrub.h"
#include "slot.h"
#include "suspect.h"

#define EDITS_MAX 4096

struct edit {
	size_t at;
	size_t len;
	const char *before; /* "@{", "" */
	const char *value;
	const char *after;
	size_t out_at; /* where the replacement came to stand */
};

struct scrubbing {
	struct scrub *s;
	const char *path;
	const struct bytes *in;
	const struct field_format *format; /* of the fields now coming */
	struct edit *edits;
	size_t count;
	bool slots;
};

/* The value, and what it means when it is a text of something else. */
static int
remember_forms(
    struct scrub *s, const char *what, const struct bytes *value, struct err *e)
{
	uint8_t raw[512];
	long n =
	    value->len <= 680 ? base64_decode(value->p, raw, sizeof(raw)) : -1;
	int rc = residue_add(
	    s->residue, RESIDUE_SECRET, what, value->p, value->len, e);

	if (rc == 1 && n >= 8)
		rc = residue_add(
		    s->residue, RESIDUE_SECRET, what, raw, (size_t)n, e);
	explicit_bzero(raw, sizeof(raw));
	return rc;
}

/* A value that leaves the sample's file: from now on it is searched for. */
static int
remember(struct scrubbing *c, const struct field *f, struct err *e)
{
	own_bytes struct bytes value = { 0 }, raw = { 0 };
	char what[RESIDUE_WHAT_MAX];
	int rc;

	if (f->len == 0 || memmem(c->in->p + f->at, f->len, "@{", 2) != NULL)
		return 0;
	(void)snprintf(what, sizeof(what), "%s %s", c->path, f->name);
	bytes_add(&raw, c->in->p + f->at, f->len);
	field_decode(c->format, c->in->p + f->at, f->len, &value);
	if (raw.bad || value.bad)
		return err_set(e, ENOMEM, "out of memory");
	if ((rc = remember_forms(c->s, what, &raw, e)) == 1)
		rc = remember_forms(c->s, what, &value, e);
	if (rc == 0)
		rc = scrub_tell(c->s, FINDING_WEAK, c->path,
		    field_line(c->in->p, f->at), f->name, e,
		    "the value taken out is too short to be searched for");
	return rc == -1 ? -1 : 0;
}

static int
add_edit(struct scrubbing *c, struct edit edit, struct err *e)
{
	if (c->count == EDITS_MAX)
		return err_set(e, E2BIG, "more than %d values", EDITS_MAX);
	c->edits[c->count++] = edit;
	return 0;
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct scrubbing *c = ctx;
	struct scrub_rule *r =
	    policy_rule(c->s->policy, c->path, c->format, f->within, f->name);
	struct edit edit = { f->at, f->len, "", "", "", 0 };
	struct edit flag = { f->flag_at, 4, "", "false", "", 0 };

	if (r == NULL)
		return 0;
	r->used++;
	edit.value = r->value;
	if (r->action == SCRUB_SLOT) {
		c->slots = true;
		edit.before = "@{";
		edit.after = "}";
	}
	/* What we put there is not encrypted by Kura. */
	if (f->flag_at != 0 && add_edit(c, flag, e) == -1)
		return -1;
	return remember(c, f, e) == -1 ? -1 : add_edit(c, edit, e);
}

static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Text of the sample between two edits. */
static void
copy_between(struct bytes *out, const char *p, size_t len, bool escape)
{
	const char *at;

	while (escape && (at = memmem(p, len, "@{", 2)) != NULL) {
		bytes_add(out, p, (size_t)(at - p));
		bytes_add(out, "@@{", 3);
		len -= (size_t)(at - p) + 2;
		p = at + 2;
	}
	bytes_add(out, p, len);
}

static int
edit_all(struct scrubbing *c, bool document, struct bytes *out, struct err *e)
{
	bool escape = c->slots && !document;
	size_t at = 0;

	qsort(c->edits, c->count, sizeof(*c->edits), by_place);
	bytes_free(out);
	for (size_t i = 0; i < c->count; i++) {
		struct edit *x = &c->edits[i];

		/* The flag of a property with several values, once more. */
		if (i > 0 && x->at == x[-1].at && x->len == x[-1].len)
			continue;
		if (x->at < at)
			return err_set(e, EINVAL,
			    "%s:%u: two rules take the same bytes", c->path,
			    field_line(c->in->p, x->at));
		copy_between(out, c->in->p + at, x->at - at, escape);
		x->out_at = out->len;
		bytes_fmt(out, "%s%s%s", x->before, x->value, x->after);
		at = x->at + x->len;
	}
	copy_between(out, c->in->p + at, c->in->len - at, escape);
	bytes_add(out, "", 0);
	return out->bad ? err_set(e, EFBIG, "%s: too large", c->path) : 0;
}

static int
one_format(
    struct scrubbing *c, const struct field_format *format, struct err *e)
{
	struct err why = { 0 };

	c->format = format;
	if (!suspect_is_text(c->in->p, c->in->len))
		return scrub_tell(c->s, FINDING_UNREADABLE, c->path, 0,
		    format->name, e,
		    "there are rules for it, but it is no text");
	if (format->scan(c->in->p, c->in->len, on_field, c, &why) == 0)
		return 0;
	return scrub_tell(c->s, FINDING_UNREADABLE, c->path, 0, format->name, e,
	    "not readable as %s: %.150s", format->name, why.text);
}

/* All formats that rules for this file name; the last one is kept. */
static int
apply_rules(struct scrubbing *c, struct err *e)
{
	const struct policy *p = c->s->policy;
	const struct field_format *last = NULL;

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct field_format *format = p->rules[i].format;

		if (format == NULL || format == last ||
		    !policy_file_fits(&p->rules[i], c->path))
			continue;
		if (last != NULL)
			return err_set(e, EINVAL,
			    "%s:%u: another rule reads %s as %s",
			    p->rules[i].source, p->rules[i].line, c->path,
			    last->name);
		last = format;
		if (one_format(c, format, e) == -1)
			return -1;
	}
	c->format = last;
	return 0;
}

/* What a rule put there is decided. */
static bool
ours(const void *ctx, size_t at)
{
	const struct scrubbing *c = ctx;

	for (size_t i = 0; i < c->count; i++)
		if (c->edits[i].out_at == at)
			return true;
	return false;
}

static int
no_value(void *ctx, const char *name, char value[static SLOT_VALUE_MAX + 1],
    struct err *e)
{
	(void)ctx;
	(void)name;
	(void)value;
	(void)e;
	return 0;
}

/* Slots have to be right here, not first on a unit. */
static int
slots_check(
    struct scrub *s, const char *path, const struct bytes *text, struct err *e)
{
	own_bytes struct bytes out = { 0 };
	struct err why;

	if (slot_fill(path, text->p, text->len, no_value, NULL, &out, NULL,
		&why) >= 0)
		return 0;
	return scrub_tell(
	    s, FINDING_UNREADABLE, path, 0, "slots", e, "%.180s", why.text);
}

static int
scrub_all(struct scrubbing *c, bool document, struct bytes *out, bool *slots,
    struct err *e)
{
	if (apply_rules(c, e) == -1 || edit_all(c, document, out, e) == -1)
		return -1;
	*slots =
	    c->slots || (document && memmem(out->p, out->len, "@{", 2) != NULL);
	if (*slots && slots_check(c->s, c->path, out, e) == -1)
		return -1;
	return scrub_look(c->s, c->path, c->format, out, ours, c, e);
}

int
scrub_file(struct scrub *s, const char *path, const struct bytes *in,
    bool document, struct bytes *out, bool *slots, struct err *e)
{
	struct scrubbing c = { .s = s, .path = path, .in = in };
	int rc;

	if ((c.edits = calloc(EDITS_MAX, sizeof(*c.edits))) == NULL)
		return err_sys(e, "%s", path);
	rc = scrub_all(&c, document, out, slots, e);
	free(c.edits);
	return rc;
}
