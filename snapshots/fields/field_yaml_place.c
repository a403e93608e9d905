/* SPDX-License-Identifier: MIT */
/*
 * From libyaml's marks to bytes: what of a scalar is its value.
 */
#include <string.h>

#include "field_yaml.h"

size_t
yaml_byte(struct yaml_text *t, size_t character)
{
	if (character < t->chars)
		t->chars = t->bytes = 0;
	if (t->bytes < t->base)
		t->bytes = t->base;
	for (; t->chars < character && t->bytes < t->len; t->chars++)
		do
			t->bytes++;
		while (t->bytes < t->len &&
		    ((unsigned char)t->p[t->bytes] & 0xc0) == 0x80);
	return t->bytes;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "&anchor !tag value": the event begins with the first of them. */
static size_t
skip_properties(const struct yaml_text *t, size_t at, size_t end)
{
	while (at < end && (t->p[at] == '&' || t->p[at] == '!')) {
		while (at < end && !blank(t->p[at]))
			at++;
		while (at < end && blank(t->p[at]))
			at++;
		while (at < end && t->p[at] == '#') {
			while (at < end && t->p[at] != '\n')
				at++;
			while (at < end && blank(t->p[at]))
				at++;
		}
	}
	return at;
}

/* "|2-  # why" and its line's end are not the text. */
static void
block(const struct yaml_text *t, size_t at, size_t end, struct field *f)
{
	while (at < end && t->p[at] != '\n')
		at++;
	while (at < end && blank(t->p[at]))
		at++;
	while (end > at && blank(t->p[end - 1]))
		end--;
	f->at = at;
	f->len = end - at;
	f->absent = end == at; /* no line that could be filled */
}

/*
 * A plain text goes on over lines that hold nothing but blanks and tabs; behind
 * a quoted one, which a replacement is, a tab may not begin a line. Such lines
 * go with the value. The last line's end stays.
 */
static size_t
tabbed_lines(const struct yaml_text *t, size_t end)
{
	size_t at = end, last = end;
	bool tab = false;

	while (at < t->len && t->p[at] != '\n' && blank(t->p[at]))
		at++;
	while (at < t->len && t->p[at] == '\n') {
		last = at++;
		for (; at < t->len && t->p[at] != '\n' && blank(t->p[at]); at++)
			tab |= t->p[at] == '\t';
	}
	if (!tab)
		return 0;
	return (at == t->len && t->p[at - 1] != '\n' ? at : last) - end;
}

void
yaml_place(struct yaml_text *t, const yaml_event_t *event, struct field *f)
{
	size_t at = yaml_byte(t, event->start_mark.index);
	size_t end = yaml_byte(t, event->end_mark.index);
	yaml_scalar_style_t style = event->data.scalar.style;

	at = skip_properties(t, at, end);
	if (style == YAML_LITERAL_SCALAR_STYLE ||
	    style == YAML_FOLDED_SCALAR_STYLE) {
		block(t, at, end, f);
		return;
	}
	if (style == YAML_PLAIN_SCALAR_STYLE || end - at < 2) {
		f->at = at;
		f->len = end - at;
		f->absent = end == at;
		f->tail = f->absent ? 0 : tabbed_lines(t, end);
		/* "key:" has no blank yet; elsewhere nothing can be put. */
		if (f->absent && (at == 0 || t->p[at - 1] != ':'))
			return;
		/* "@" begins no plain text. */
		f->open = f->absent ? " \"" : "\"";
		f->close = "\"";
		return;
	}
	f->at = at + 1;
	f->len = end - at - 2;
	f->escape = style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ? FIELD_BACKSLASH
							     : FIELD_DOUBLED;
}

void
yaml_entry(const struct yaml_text *t, size_t key_at, struct field *f)
{
	size_t start = key_at, end = f->at + f->len;

	while (start > 0 && (t->p[start - 1] == ' ' || t->p[start - 1] == '\t'))
		start--;
	if (start > t->base && t->p[start - 1] != '\n')
		return; /* in a list, or in braces */
	while (end < t->len && t->p[end] != '\n')
		end++;
	f->entry_at = start;
	f->entry_len = (end < t->len ? end + 1 : end) - start;
}
