/* SPDX-License-Identifier: MIT */
/*
 * The values of XML's elements. They wait until the element ends that they
 * belong to, since only then its entry has an end.
 */
#include <expat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_xml.h"

#define VALUES_MAX 4096 /* of one property */

void
xml_around(const struct xml_scan *s, int depth, char within[FIELD_WITHIN_MAX])
{
	size_t n = 0;

	(void)snprintf(within, FIELD_WITHIN_MAX, "%s", s->open[depth].pid);
	for (int i = 0;
	     s->open[depth].pid[0] == '\0' && i < depth && n < FIELD_WITHIN_MAX;
	     i++)
		n += (size_t)snprintf(within + n, FIELD_WITHIN_MAX - n, "%s%s",
		    i == 0 ? "" : ".", s->open[i].name);
}

static void
trim(const struct xml_scan *s, struct field *f)
{
	while (f->len > 0 && strchr(" \t\r\n", s->text[f->at]) != NULL) {
		f->at++;
		f->len--;
	}
	while (f->len > 0 &&
	    strchr(" \t\r\n", s->text[f->at + f->len - 1]) != NULL)
		f->len--;
}

/* All bytes between the tags, or nothing at all between them. */
static void
content(const struct xml_scan *s, const struct element *el, size_t end,
    struct waiting *w)
{
	struct field *f = &w->f;

	f->at = el->tag.end;
	f->len = end - f->at;
	f->absent = tag_is_whole(&el->tag);
	/* <property name="x"/> has no value that could be filled, and an
	 * attribute's description (ocd:AD) looks the same. */
	if (f->absent && el->named)
		f->len = 0;
	else if (f->absent) {
		/* The "/" of <value/> makes room for what is put in. */
		tag_closing(&el->tag, w->close, sizeof(w->close));
		f->at = el->tag.end - 2;
		f->len = 2;
		f->open = ">";
	} else
		trim(s, f);
}

/* NULL: failed. */
static struct waiting *
wait(struct xml_scan *s, const struct element *el)
{
	struct waiting *grown;

	if (s->count == VALUES_MAX) {
		(void)err_set(
		    s->e, E2BIG, "more than %d values in one", VALUES_MAX);
		return NULL;
	}
	grown = reallocarray(s->values, s->count + 1, sizeof(*grown));
	if (grown == NULL) {
		(void)err_set(s->e, ENOMEM, "out of memory");
		return NULL;
	}
	s->values = grown;
	grown += s->count++;
	memset(grown, 0, sizeof(*grown));
	grown->f.secret = el->secret;
	grown->f.flag_at = el->flag.at;
	grown->f.flag_len = el->flag.end - el->flag.at;
	grown->f.escape = FIELD_XML;
	return grown;
}

/* Nothing but comments and blanks. */
static bool
says_nothing(const struct xml_scan *s, const struct field *f)
{
	size_t n = 0;
	char c[4];

	for (size_t i = 0; i < f->len;) {
		i += decode_one(
		    f->escape, s->text + f->at + i, f->len - i, c, &n);
		if (n > 1 || (n == 1 && strchr(" \t\r\n", c[0]) == NULL))
			return false;
	}
	return true;
}

int
xml_own_text(struct xml_scan *s, struct element *el, size_t end)
{
	struct field f = {
		.at = el->run, .len = end - el->run, .escape = FIELD_XML
	};
	struct waiting *w;

	el->parent = true;
	trim(s, &f);
	if (says_nothing(s, &f))
		return 0;
	if ((w = wait(s, el)) == NULL)
		return -1;
	w->f.at = f.at;
	w->f.len = f.len;
	return 0;
}

static int
emit(struct xml_scan *s, struct waiting *w, const char *within,
    const char *name, const struct line *entry)
{
	struct field *f = &w->f;

	f->within = within;
	f->name = name;
	f->close = w->close[0] == '\0' ? NULL : w->close;
	f->entry_at = entry->at;
	f->entry_len = entry->end - entry->at;
	if (s->fn(s->ctx, f, s->e) == -1)
		return -1;
	return f->absent ? 0 : field_nested(s->text, f, 0, s->fn, s->ctx, s->e);
}

int
xml_whole(struct xml_scan *s, const struct element *el, size_t end)
{
	struct waiting *w = wait(s, el);

	if (w == NULL)
		return -1;
	content(s, el, end, w);
	return 0;
}

size_t
xml_end(const struct xml_scan *s, const struct tag *t)
{
	/* At the end of <value/> expat stands behind it. */
	if (tag_is_whole(t))
		return t->end;
	return (size_t)XML_GetCurrentByteIndex(s->parser) +
	    (size_t)XML_GetCurrentByteCount(s->parser);
}

/* An element with the blanks before it: its line, if it has one of its own. */
static struct line
entry_of(const struct xml_scan *s, const struct element *el)
{
	struct line entry = { .text = s->text, .at = el->tag.at };

	entry.end = xml_end(s, &el->tag);
	while (entry.at > 0 && line_blank(s->text[entry.at - 1]))
		entry.at--;
	if (entry.at > 0 && s->text[entry.at - 1] == '\n') {
		entry.at--;
		entry.at -= entry.at > 0 && s->text[entry.at - 1] == '\r';
	}
	return entry;
}

int
xml_flush(struct xml_scan *s, const struct element *el)
{
	struct line entry = entry_of(s, el);
	char within[FIELD_WITHIN_MAX];
	int rc = 0;

	xml_around(s, s->depth, within);
	for (size_t i = el->first; i < s->count && rc == 0; i++)
		rc = emit(s, &s->values[i], within, el->name, &entry);
	s->count = el->first;
	return rc;
}
