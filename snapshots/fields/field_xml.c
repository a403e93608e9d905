/* SPDX-License-Identifier: MIT */
/*
 * XML by expat, for the places of values only. The text is judged as a whole
 * first: a DOCTYPE is refused (the root of entity bombs and of files pulled in
 * from outside; no configuration needs one), so are depth and size beyond the
 * caps. Names are compared without their prefix, so "esf:", "ns2:" and a
 * default namespace are the same to a rule.
 *
 * Kura's snapshots get two things that other XML has no use for: the fields of
 * a property come when its element ends, since only then it is known what goes
 * when the property goes; and a property with no value, or of no type, comes
 * as well, for Kura passes over such and a secret in it is one all the same.
 */
#include <expat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_xml.h"

#define VALUES_MAX 4096 /* of one property */

struct element {
	char name[FIELD_NAME_MAX]; /* its name attribute, or its own */
	char pid[FIELD_NAME_MAX];
	struct tag tag;
	size_t flag_at;
	size_t first; /* of the values that wait for this element's end */
	bool secret;
	bool named;  /* has a name attribute */
	bool parent; /* has elements in it */
};

/* A field that waits for the end of its property. */
struct waiting {
	struct field f;
	char close[FIELD_NAME_MAX + 4];
};

struct xml_scan {
	XML_Parser parser;
	const char *text;
	size_t len;
	int depth;
	struct element open[FIELD_XML_DEPTH_MAX];
	struct waiting *values;
	size_t count;
	field_fn *fn;
	void *ctx;
	struct err *e;
	bool failed;
};

static void
stop(struct xml_scan *s)
{
	s->failed = true;
	(void)XML_StopParser(s->parser, XML_FALSE);
}

static const char *
local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static bool
attribute_is(const struct tag *t, const char *name, const char *value)
{
	struct line l;

	return tag_find(t, name, &l) && l.end - l.at == strlen(value) &&
	    memcmp(l.text + l.at, value, l.end - l.at) == 0;
}

/* Decoded and cut to the room there is; false: no such attribute. */
static bool
attribute_copy(
    const struct tag *t, const char *name, char out[static FIELD_NAME_MAX])
{
	own_bytes struct bytes text = { 0 };
	struct field f = { .escape = FIELD_XML };
	struct line l;

	if (!tag_find(t, name, &l))
		return false;
	f.at = l.at;
	f.len = l.end - l.at;
	field_decode(&f, t->text, &text);
	if (!text.bad)
		name_copy(out, text.p, text.len);
	return true;
}

static void
element_read(struct xml_scan *s, struct element *el, const char *name)
{
	const struct element *up = s->depth > 0 ? el - 1 : NULL;
	struct line flag;

	name_copy(el->name, local(name), strlen(local(name)));
	el->named = attribute_copy(&el->tag, "name", el->name);
	if (up != NULL)
		(void)strcpy(el->pid, up->pid);
	(void)attribute_copy(&el->tag, "pid", el->pid);
	el->secret = attribute_is(&el->tag, "type", "Password") ||
	    attribute_is(&el->tag, "encrypted", "true");
	if (attribute_is(&el->tag, "encrypted", "true") &&
	    tag_find(&el->tag, "encrypted", &flag))
		el->flag_at = flag.at;
	/* A property's mark and name hold for the <value> in it too. */
	if (up != NULL && up->named && !el->named &&
	    strcmp(el->name, "value") == 0) {
		(void)strcpy(el->name, up->name);
		el->secret |= up->secret;
		el->flag_at = up->flag_at;
	}
}

/* The pid, or the names of the elements around the depth-th. */
static void
around(const struct xml_scan *s, int depth, char within[FIELD_WITHIN_MAX])
{
	size_t n = 0;

	(void)snprintf(within, FIELD_WITHIN_MAX, "%s", s->open[depth].pid);
	for (int i = 0;
	     s->open[depth].pid[0] == '\0' && i < depth && n < FIELD_WITHIN_MAX;
	     i++)
		n += (size_t)snprintf(within + n, FIELD_WITHIN_MAX - n, "%s%s",
		    i == 0 ? "" : ".", s->open[i].name);
}

/* What says how to read an element and holds nothing itself. */
static bool
structural(const struct line *name)
{
	static const char *const names[] = { "name", "pid", "array",
		"encrypted", "type" };

	if (line_starts(name, "xmlns"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name->end - name->at == strlen(names[i]) &&
		    line_starts(name, names[i]))
			return true;
	return false;
}

/* <user password="...">, and <property name="password" value="...">. */
static int
attributes(struct xml_scan *s, const struct element *el)
{
	char within[FIELD_WITHIN_MAX], name[FIELD_NAME_MAX];
	struct tag_attribute a;
	size_t at = el->tag.at;
	struct field f;

	around(s, s->depth, within);
	while (tag_attribute(&el->tag, &at, &a)) {
		if (structural(&a.name))
			continue;
		name_copy(name, s->text + a.name.at, a.name.end - a.name.at);
		if (el->named && strcmp(local(name), "value") == 0)
			(void)strcpy(name, el->name);
		f = (struct field){ .within = within,
			.name = local(name),
			.at = a.value.at,
			.len = a.value.end - a.value.at,
			.escape = FIELD_XML };
		if (s->fn(s->ctx, &f, s->e) == -1)
			return -1;
	}
	return 0;
}

static void XMLCALL
on_start(void *ctx, const char *name, const char **unused)
{
	struct xml_scan *s = ctx;
	struct element *el = &s->open[s->depth];
	size_t at = (size_t)XML_GetCurrentByteIndex(s->parser);

	(void)unused;
	if (s->failed)
		return;
	memset(el, 0, sizeof(*el));
	el->tag = (struct tag){ s->text, at,
		at + (size_t)XML_GetCurrentByteCount(s->parser) };
	el->first = s->count;
	element_read(s, el, name);
	if (s->depth > 0)
		el[-1].parent = true;
	if (attributes(s, el) == -1) {
		stop(s);
		return;
	}
	s->depth++;
}

/* All bytes between the tags, or nothing at all between them. */
static void
content(const struct xml_scan *s, const struct element *el, size_t end,
    struct waiting *w)
{
	struct field *f = &w->f;

	f->at = el->tag.end;
	f->secret = el->secret;
	f->flag_at = el->flag_at;
	f->escape = FIELD_XML;
	f->absent = tag_is_whole(&el->tag);
	/* <property name="x"/> has no value that could be filled, and an
	 * attribute's description (ocd:AD) looks the same. */
	if (f->absent && el->named)
		return;
	if (f->absent) {
		/* The "/" of <value/> makes room for what is put in. */
		tag_closing(&el->tag, w->close, sizeof(w->close));
		f->at = el->tag.end - 2;
		f->len = 2;
		f->open = ">";
		return;
	}
	while (f->at < end && strchr(" \t\r\n", s->text[f->at]) != NULL)
		f->at++;
	while (end > f->at && strchr(" \t\r\n", s->text[end - 1]) != NULL)
		end--;
	f->len = end - f->at;
}

static int
wait(struct xml_scan *s, const struct element *el, size_t end)
{
	struct waiting *grown;

	if (s->count == VALUES_MAX)
		return err_set(
		    s->e, E2BIG, "more than %d values in one", VALUES_MAX);
	grown = reallocarray(s->values, s->count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(s->e, ENOMEM, "out of memory");
	s->values = grown;
	memset(&grown[s->count], 0, sizeof(*grown));
	content(s, el, end, &grown[s->count++]);
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

/* An element with the blanks before it: its line, if it has one of its own. */
static struct line
entry_of(const struct xml_scan *s, const struct element *el)
{
	struct line entry = { .text = s->text, .at = el->tag.at };

	entry.end = (size_t)XML_GetCurrentByteIndex(s->parser) +
	    (size_t)XML_GetCurrentByteCount(s->parser);
	/* At the end of <value/> expat stands behind it. */
	if (tag_is_whole(&el->tag))
		entry.end = el->tag.end;
	while (entry.at > 0 && line_blank(s->text[entry.at - 1]))
		entry.at--;
	if (entry.at > 0 && s->text[entry.at - 1] == '\n') {
		entry.at--;
		entry.at -= entry.at > 0 && s->text[entry.at - 1] == '\r';
	}
	return entry;
}

/* All that waited, with the entry that they share. */
static int
flush(struct xml_scan *s, const struct element *el)
{
	struct line entry = entry_of(s, el);
	char within[FIELD_WITHIN_MAX];
	int rc = 0;

	around(s, s->depth, within);
	for (size_t i = el->first; i < s->count && rc == 0; i++)
		rc = emit(s, &s->values[i], within, el->name, &entry);
	s->count = el->first;
	return rc;
}

/* Kapua writes the pid as an element of its own. */
static void
learn_pid(struct xml_scan *s, const struct element *el, size_t end)
{
	struct element *up = s->depth > 0 ? &s->open[s->depth - 1] : NULL;

	if (up != NULL && strcmp(el->name, "id") == 0 &&
	    strcmp(up->name, "configuration") == 0 && up->pid[0] == '\0')
		name_copy(up->pid, s->text + el->tag.end, end - el->tag.end);
}

static int
ended(struct xml_scan *s, const struct element *el, size_t end)
{
	const struct element *up = s->depth > 0 ? el - 1 : NULL;

	if (el->parent)
		return s->count > el->first ? flush(s, el) : 0;
	if (end < el->tag.end)
		end = el->tag.end;
	learn_pid(s, el, end);
	/* A value waits for its property, an element that is one does not. */
	if (wait(s, el, end) == -1)
		return -1;
	if (up != NULL && up->named && !el->named &&
	    strcmp(el->name, up->name) == 0)
		return 0; /* flushed with its property */
	return flush(s, el);
}

static void XMLCALL
on_end(void *ctx, const char *name)
{
	struct xml_scan *s = ctx;

	(void)name;
	if (s->failed)
		return;
	s->depth--;
	if (ended(s, &s->open[s->depth],
		(size_t)XML_GetCurrentByteIndex(s->parser)) == -1)
		stop(s);
}

int
field_xml(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct xml_scan s = {
		.text = text, .len = len, .fn = fn, .ctx = ctx, .e = e
	};

	if (field_xml_judge(text, len, e) == -1)
		return -1;
	if ((s.parser = XML_ParserCreate(NULL)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	XML_SetUserData(s.parser, &s);
	XML_SetElementHandler(s.parser, on_start, on_end);
	if (XML_Parse(s.parser, text, (int)len, 1) != XML_STATUS_OK &&
	    !s.failed) {
		s.failed = true;
		(void)err_set(e, EBADMSG, "%s",
		    XML_ErrorString(XML_GetErrorCode(s.parser)));
	}
	XML_ParserFree(s.parser);
	free(s.values);
	return s.failed ? -1 : 0;
}
