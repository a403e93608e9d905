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
#include <strings.h>

#include "field_xml.h"

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

/* Java's Boolean minds no case, and who writes types by hand neither. */
static bool
attribute_is(
    const struct tag *t, const char *name, const char *value, struct line *l)
{
	if (!tag_find(t, name, l))
		return false;
	line_trim(l);
	return l->end - l->at == strlen(value) &&
	    strncasecmp(l->text + l->at, value, l->end - l->at) == 0;
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
	struct line type;

	name_copy(el->name, local(name), strlen(local(name)));
	el->named = attribute_copy(&el->tag, "name", el->name);
	if (up != NULL)
		(void)strcpy(el->pid, up->pid);
	(void)attribute_copy(&el->tag, "pid", el->pid);
	/* xs:boolean has "1" as well. */
	if (!attribute_is(&el->tag, "encrypted", "true", &el->flag) &&
	    !attribute_is(&el->tag, "encrypted", "1", &el->flag))
		el->flag.at = 0;
	el->secret = el->flag.at != 0 ||
	    attribute_is(&el->tag, "type", "Password", &type);
	/* A property's mark and name hold for the <value> in it too. */
	if (up != NULL && up->named && !el->named &&
	    strcmp(el->name, "value") == 0) {
		(void)strcpy(el->name, up->name);
		el->secret |= up->secret;
		el->flag = up->flag;
	}
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

	xml_around(s, s->depth, within);
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
	el->run = el->tag.end;
	if (s->depth > 0 && xml_own_text(s, el - 1, at) == -1) {
		stop(s);
		return;
	}
	el->first = s->count;
	element_read(s, el, name);
	if (attributes(s, el) == -1) {
		stop(s);
		return;
	}
	s->depth++;
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
ended(struct xml_scan *s, struct element *el, size_t end)
{
	const struct element *up = s->depth > 0 ? el - 1 : NULL;

	if (el->parent && xml_own_text(s, el, end) == -1)
		return -1;
	if (end < el->tag.end)
		end = el->tag.end;
	if (!el->parent) {
		learn_pid(s, el, end);
		if (xml_whole(s, el, end) == -1)
			return -1;
	}
	/* A value waits for its property, an element that is one does not. */
	if (up != NULL && up->named && !el->named &&
	    strcmp(el->name, up->name) == 0)
		return 0; /* flushed with its property */
	return s->count > el->first ? xml_flush(s, el) : 0;
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
	else if (s->depth > 0)
		s->open[s->depth - 1].run = xml_end(s, &s->open[s->depth].tag);
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
