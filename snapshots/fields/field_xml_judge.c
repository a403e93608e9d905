/* SPDX-License-Identifier: MIT */
/*
 * Is it XML that we read at all? Asked before the first field, so that a file
 * that breaks off in its middle gives no fields rather than half of them.
 */
#include <expat.h>

#include <errno.h>
#include <strings.h>

#include "field_xml.h"

#define BYTES_MAX (16 * 1024 * 1024)

struct judge {
	XML_Parser parser;
	struct err *e;
	int depth;
	bool failed;
};

static void
refuse(struct judge *j, const char *why)
{
	if (!j->failed)
		(void)err_set(j->e, EBADMSG, "line %lu: %s",
		    (unsigned long)XML_GetCurrentLineNumber(j->parser), why);
	j->failed = true;
	(void)XML_StopParser(j->parser, XML_FALSE);
}

static void XMLCALL
on_doctype(void *ctx, const char *name, const char *system, const char *public,
    int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	refuse(ctx, "a DOCTYPE is not allowed");
}

static void XMLCALL
on_start(void *ctx, const char *name, const char **attributes)
{
	struct judge *j = ctx;

	(void)name;
	(void)attributes;
	if (++j->depth > FIELD_XML_DEPTH_MAX)
		refuse(j, "nested deeper than 64 levels");
}

static void XMLCALL
on_end(void *ctx, const char *name)
{
	struct judge *j = ctx;

	(void)name;
	j->depth--;
}

/* Offsets are ours only in encodings that write ASCII as ASCII. */
static void XMLCALL
on_declaration(
    void *ctx, const char *version, const char *encoding, int standalone)
{
	static const char *const known[] = { "utf-8", "us-ascii",
		"iso-8859-1" };

	(void)version;
	(void)standalone;
	for (size_t i = 0; i < 3 && encoding != NULL; i++)
		if (strcasecmp(encoding, known[i]) == 0)
			return;
	if (encoding != NULL)
		refuse(ctx, "its encoding is not UTF-8");
}

static int
run(struct judge *j, const char *text, size_t len)
{
	XML_SetUserData(j->parser, j);
	XML_SetElementHandler(j->parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(j->parser, on_doctype);
	XML_SetXmlDeclHandler(j->parser, on_declaration);
	if (XML_Parse(j->parser, text, (int)len, 1) == XML_STATUS_OK)
		return j->failed ? -1 : 0;
	if (!j->failed)
		refuse(j, XML_ErrorString(XML_GetErrorCode(j->parser)));
	return -1;
}

int
field_xml_judge(const char *text, size_t len, struct err *e)
{
	struct judge j = { .e = e };
	int rc;

	if (len > BYTES_MAX)
		return err_set(e, EFBIG, "more than %d bytes", BYTES_MAX);
	/* In namespace mode a prefix that nobody declared is an error. */
	if ((j.parser = XML_ParserCreateNS(NULL, ' ')) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = run(&j, text, len);
	XML_ParserFree(j.parser);
	return rc;
}
