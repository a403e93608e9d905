/* SPDX-License-Identifier: MIT */
/*
 * XML by expat, for the places of values only. A DOCTYPE is refused: it is the
 * root of entity bombs and of files pulled in from outside, and no
 * configuration needs one.
 */
#include <expat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "field.h"

#define DEPTH_MAX 64

struct element {
	char name[FIELD_NAME_MAX]; /* its name attribute, or the parent's */
	char pid[FIELD_NAME_MAX];
	size_t content; /* where it begins */
	size_t flag_at;
	bool secret;
	bool named;  /* has a name attribute */
	bool parent; /* has elements in it */
};

struct xml_scan {
	XML_Parser parser;
	const char *text;
	size_t len;
	int depth;
	struct element open[DEPTH_MAX];
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
attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static const char *
local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

/* Where the "true" of encrypted="true" stands in the start tag. */
static size_t
flag_place(const struct xml_scan *s, size_t at, size_t len)
{
	static const char flag[] = "encrypted=\"true\"";
	const char *p = memmem(s->text + at, len, flag, sizeof(flag) - 1);

	return p == NULL ? 0 : (size_t)(p - s->text) + sizeof("encrypted=");
}

/* A property's mark and name hold for the <value> in it too. */
static void
inherit(struct element *el, const struct element *from, bool marks)
{
	(void)strcpy(el->pid, from->pid);
	if (!marks)
		return;
	(void)strcpy(el->name, from->name);
	el->secret = from->secret;
	el->flag_at = from->flag_at;
}

static void
element_read(struct xml_scan *s, struct element *el, const char *tag,
    const char **attributes)
{
	const char *name = attribute(attributes, "name");
	const char *pid = attribute(attributes, "pid");
	const char *type = attribute(attributes, "type");
	const char *encrypted = attribute(attributes, "encrypted");
	size_t at = (size_t)XML_GetCurrentByteIndex(s->parser);
	size_t len = (size_t)XML_GetCurrentByteCount(s->parser);

	(void)snprintf(el->name, sizeof(el->name), "%s", local(tag));
	if (s->depth > 0)
		inherit(el, el - 1,
		    name == NULL && el[-1].named &&
			strcmp(local(tag), "value") == 0);
	el->named = name != NULL;
	if (name != NULL)
		(void)snprintf(el->name, sizeof(el->name), "%s", name);
	if (pid != NULL)
		(void)snprintf(el->pid, sizeof(el->pid), "%s", pid);
	if (type != NULL && strcmp(type, "Password") == 0)
		el->secret = true;
	if (encrypted != NULL && strcmp(encrypted, "true") == 0) {
		el->secret = true;
		el->flag_at = flag_place(s, at, len);
	}
	el->content = at + len;
}

static void XMLCALL
on_start(void *ctx, const char *tag, const char **attributes)
{
	struct xml_scan *s = ctx;
	struct element *el = &s->open[s->depth];

	if (s->failed)
		return;
	if (s->depth == DEPTH_MAX) {
		(void)err_set(
		    s->e, EBADMSG, "nested deeper than %d levels", DEPTH_MAX);
		stop(s);
		return;
	}
	memset(el, 0, sizeof(*el));
	element_read(s, el, tag, attributes);
	if (s->depth > 0)
		el[-1].parent = true;
	s->depth++;
}

/* A value that is a JSON text: what is in it counts as fields as well. */
struct nested {
	struct xml_scan *s;
	const struct field *outer;
};

static int
on_nested(void *ctx, const struct field *f, struct err *e)
{
	const struct nested *n = ctx;
	char within[3 * FIELD_NAME_MAX];
	struct field moved = *f;

	(void)snprintf(
	    within, sizeof(within), "%s.%s", n->outer->within, n->outer->name);
	moved.within = within;
	moved.at += n->outer->at;
	return n->s->fn(n->s->ctx, &moved, e);
}

static int
emit(struct xml_scan *s, const struct field *f)
{
	struct nested n = { s, f };
	const char *text = s->text + f->at;

	if (s->fn(s->ctx, f, s->e) == -1)
		return -1;
	if (f->len < 2 || strchr("{[", text[0]) == NULL)
		return 0;
	return field_json_quoted(
	    memmem(text, f->len, "&quot;", 6) == NULL ? "\"" : "&quot;", text,
	    f->len, on_nested, &n, s->e);
}

static void XMLCALL
on_end(void *ctx, const char *tag)
{
	struct xml_scan *s = ctx;
	size_t end = (size_t)XML_GetCurrentByteIndex(s->parser);
	struct element *el;
	struct field f;

	(void)tag;
	if (s->failed)
		return;
	el = &s->open[--s->depth];
	if (el->parent || end <= el->content)
		return;
	f = (struct field){ .within = el->pid,
		.name = el->name,
		.at = el->content,
		.secret = el->secret,
		.flag_at = el->flag_at };
	while (f.at < end && strchr(" \t\r\n", s->text[f.at]) != NULL)
		f.at++;
	while (end > f.at && strchr(" \t\r\n", s->text[end - 1]) != NULL)
		end--;
	f.len = end - f.at;
	if (emit(s, &f) == -1)
		stop(s);
}

static void XMLCALL
on_doctype(void *ctx, const char *name, const char *system, const char *public,
    int internal)
{
	struct xml_scan *s = ctx;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	(void)err_set(s->e, EBADMSG, "a DOCTYPE is not allowed");
	stop(s);
}

static int
parse(struct xml_scan *s)
{
	XML_SetUserData(s->parser, s);
	XML_SetElementHandler(s->parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(s->parser, on_doctype);
	if (XML_Parse(s->parser, s->text, (int)s->len, 1) == XML_STATUS_OK)
		return 0;
	if (s->failed)
		return -1;
	return err_set(s->e, EBADMSG, "line %lu: %s",
	    (unsigned long)XML_GetCurrentLineNumber(s->parser),
	    XML_ErrorString(XML_GetErrorCode(s->parser)));
}

int
field_xml(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct xml_scan s = {
		.text = text, .len = len, .fn = fn, .ctx = ctx, .e = e
	};
	int rc;

	if ((s.parser = XML_ParserCreate(NULL)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = parse(&s);
	XML_ParserFree(s.parser);
	return rc;
}
