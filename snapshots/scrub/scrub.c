/* SPDX-License-Identifier: MIT */
/*
 * One file through the rules: for each field of its format the first rule that
 * fits says what becomes of the value. What is taken out is learned by the
 * residue search in the form it had and in the form it means.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "edit.h"
#include "own.h"
#include "scrub.h"
#include "slot.h"
#include "suspect.h"

struct scrubbing {
	struct scrub *s;
	const char *path;
	const struct bytes *in;
	const struct field_format *format; /* of the fields now coming */
	struct edits edits;
	bool slots;
};

/* The value, and what it means when it is a text of something else. */
static int
remember_forms(
    struct scrub *s, const char *what, const struct bytes *value, struct err *e)
{
	own_bytes struct bytes clear = { 0 };
	uint8_t raw[512];
	long n =
	    value->len <= 680 ? base64_decode(value->p, raw, sizeof(raw)) : -1;
	int rc = residue_add(
	    s->residue, RESIDUE_SECRET, what, value->p, value->len, e);

	if (rc == 1 && n >= 8)
		rc = residue_add(
		    s->residue, RESIDUE_SECRET, what, raw, (size_t)n, e);
	if (rc == 1 &&
	    ((n >= 8 &&
		 scrub_disk_password(s, (char *)raw, (size_t)n, &clear, e) ==
		     1) ||
		scrub_disk_password(s, value->p, value->len, &clear, e) == 1))
		rc = residue_add(
		    s->residue, RESIDUE_SECRET, what, clear.p, clear.len, e);
	explicit_bzero(raw, sizeof(raw));
	return rc;
}

/* A value that leaves the sample's file: from now on it is searched for. */
static int
remember(struct scrubbing *c, const struct field *f, const struct bytes *value,
    struct err *e)
{
	own_bytes struct bytes raw = { 0 };
	char what[RESIDUE_WHAT_MAX];
	int rc;

	(void)snprintf(what, sizeof(what), "%s %s", c->path, f->name);
	bytes_add(&raw, c->in->p + f->at, f->len);
	if (raw.bad)
		return err_set(e, ENOMEM, "out of memory");
	if ((rc = remember_forms(c->s, what, &raw, e)) == 1)
		rc = remember_forms(c->s, what, value, e);
	if (rc == 0)
		rc = scrub_tell(c->s, FINDING_WEAK, c->path,
		    field_line(c->in->p, f->at), f->name, e,
		    "the value taken out is too short to be searched for");
	return rc == -1 ? -1 : 0;
}

/* Is it something that other files must not hold? Placeholders, what the rule
 * calls public, and slots of an earlier capture are not. */
static bool
worth_a_search(const struct scrubbing *c, const struct field *f,
    const struct scrub_rule *r, const struct bytes *value)
{
	return !f->absent && value->len > 0 && r->search &&
	    strcmp(value->p, r->value) != 0 &&
	    !policy_neutral(c->s->policy, value->p) &&
	    memmem(c->in->p + f->at, f->len, "@{", 2) == NULL;
}

static int
cut(struct scrubbing *c, const struct field *f, struct err *e)
{
	if (f->entry_len > 0)
		return edits_cut(&c->edits, f, e);
	return scrub_tell(c->s, FINDING_UNREADABLE, c->path,
	    field_line(c->in->p, f->at), f->name, e,
	    "can't be dropped alone where it stands; use empty = true");
}

/* true for false, where a format knows words besides strings. */
static bool
stays_word(const struct scrubbing *c, const struct field *f, const char *text)
{
	const char *was = c->in->p + f->at;

	return f->open != NULL && strcmp(f->open, "\"") == 0 &&
	    (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) &&
	    ((f->len == 4 && memcmp(was, "true", 4) == 0) ||
		(f->len == 5 && memcmp(was, "false", 5) == 0));
}

/* An empty value is filled only where the rule says so: what the sample does
 * not have, a unit need not have either. */
static int
replace(struct scrubbing *c, const struct field *f, const struct scrub_rule *r,
    struct err *e)
{
	bool slot = r->action == SCRUB_SLOT;
	char text[SLOT_NAME_MAX + 4];

	if ((f->absent || f->len == 0) &&
	    (!r->fill || (f->absent && f->open == NULL)))
		return 0;
	(void)snprintf(text, sizeof(text), "@{%s}", slot ? r->value : "");
	c->slots |= slot;
	/* What we put there is not encrypted by Kura. */
	if (f->flag_at != 0 &&
	    edits_put(&c->edits, f->flag_at, f->flag_len, NULL, "false", NULL,
		e) == -1)
		return -1;
	if (stays_word(c, f, r->value))
		return edits_put(
		    &c->edits, f->at, f->len, NULL, r->value, NULL, e);
	return edits_put(&c->edits, f->at, f->len + f->tail, f->open,
	    slot ? text : r->value, f->close, e);
}

/* It takes its own place, and so is decided: see ours(). */
static int
keep(struct scrubbing *c, const struct field *f, struct err *e)
{
	own_str char *same = NULL;

	if (f->absent || f->len == 0 ||
	    memmem(c->in->p + f->at, f->len, "@{", 2) != NULL)
		return 0;
	if ((same = strndup(c->in->p + f->at, f->len)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	return edits_put(&c->edits, f->at, f->len, NULL, same, NULL, e);
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	own_bytes struct bytes value = { 0 };
	struct scrubbing *c = ctx;
	struct scrub_rule *r;

	if (!f->absent)
		field_decode(f, c->in->p, &value);
	bytes_add(&value, "", 0);
	if (value.bad)
		return err_set(e, ENOMEM, "out of memory");
	r = policy_rule(c->s->policy, c->path, c->format, f, value.p);
	if (r == NULL)
		return 0;
	r->used++;
	if (r->action == SCRUB_KEEP)
		return keep(c, f, e);
	if (worth_a_search(c, f, r, &value) && remember(c, f, &value, e) == -1)
		return -1;
	return r->action == SCRUB_CUT ? cut(c, f, e) : replace(c, f, r, e);
}

/* Does an edit touch these bytes already? */
static bool
is_taken(const struct edits *l, size_t at, size_t len)
{
	for (size_t i = 0; i < l->count; i++)
		if (at < l->all[i].at + l->all[i].len &&
		    l->all[i].at < at + len)
			return true;
	return false;
}

/* What a rule by content names: as if it were a field of this one place. */
static int
on_place(
    void *ctx, struct scrub_rule *r, const struct suspect *found, struct err *e)
{
	const struct field f = { .name = found->key,
		.within = "",
		.at = found->at,
		.len = found->len };
	own_bytes struct bytes value = { 0 };
	struct scrubbing *c = ctx;

	if (f.len == 0 || is_taken(&c->edits, f.at, f.len))
		return 0;
	field_decode(&f, c->in->p, &value);
	if (value.bad)
		return err_set(e, ENOMEM, "out of memory");
	r->used++;
	if (worth_a_search(c, &f, r, &value) &&
	    remember(c, &f, &value, e) == -1)
		return -1;
	return replace(c, &f, r, e);
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

/* What a rule put or left there is decided. */
static bool
ours(const void *ctx, size_t at)
{
	const struct edits *l = ctx;

	for (size_t i = 0; i < l->count; i++)
		if (l->all[i].out_at == at && !l->all[i].cut)
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
	if (apply_rules(c, e) == -1 ||
	    scrub_places(c->s, c->path, c->in, on_place, c, e) == -1)
		return -1;
	if (edits_make(&c->edits, c->in, c->slots && !document, out, e) == -1)
		return err_in(e, "%s", c->path);
	*slots =
	    c->slots || (document && memmem(out->p, out->len, "@{", 2) != NULL);
	if (*slots && slots_check(c->s, c->path, out, e) == -1)
		return -1;
	return scrub_look(c->s, c->path, c->format, out, ours, &c->edits, e);
}

int
scrub_file(struct scrub *s, const char *path, const struct bytes *in,
    bool document, struct bytes *out, bool *slots, struct err *e)
{
	struct scrubbing c = { .s = s, .path = path, .in = in };
	own_bytes struct bytes clear = { 0 };
	int rc = scrub_from_disk(s, path, in, &clear, e);

	if (rc == -1)
		return -1;
	if (rc == 1)
		c.in = &clear;
	rc = scrub_all(&c, document, out, slots, e);
	edits_free(&c.edits);
	return rc;
}
