/* SPDX-License-Identifier: MIT */
/*
 * kura_read FILE: reads a snapshot as Kura does, element by element, and says
 * for each property one line: pid, name, type, array, encrypted, values. What
 * Kura could not read ends it with a reason: no configurations, a property
 * outside of them, several values without array, an encrypted one that is no
 * base64, JSON that is none, a Boolean that is neither.
 *
 * A reader of its own, so that what the scrubber leaves is not judged by the
 * scrubber's.
 */
#include <expat.h>

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

static char pid[512], name[512], type[64], array[8], encrypted[8];
static char text[65536], id[512];
static size_t text_len;
static unsigned configurations, values;
static bool in_value, in_property;

static void
bad(const char *why)
{
	fprintf(stderr, "%s %s: %s\n", pid, name, why);
	exit(1);
}

static const char *
local(const char *qname)
{
	const char *bar = strrchr(qname, '|');

	return bar == NULL ? qname : bar + 1;
}

static void
attribute(const char **all, const char *what, char *out, size_t size)
{
	out[0] = '\0';
	for (; all[0] != NULL; all += 2)
		if (strcmp(all[0], what) == 0)
			(void)snprintf(out, size, "%s", all[1]);
}

static void
start(void *ctx, const char *qname, const char **all)
{
	const char *n = local(qname);

	(void)ctx;
	text_len = 0;
	if (strcmp(n, "configuration") == 0) {
		attribute(all, "pid", pid, sizeof(pid));
		configurations++;
	} else if (strcmp(n, "property") == 0) {
		if (configurations == 0)
			bad("a property outside of a configuration");
		attribute(all, "name", name, sizeof(name));
		attribute(all, "type", type, sizeof(type));
		attribute(all, "array", array, sizeof(array));
		attribute(all, "encrypted", encrypted, sizeof(encrypted));
		values = 0;
		in_property = true;
		printf("%s\t%s\t%s\t%s\t%s", pid, name, type, array, encrypted);
	} else if (strcmp(n, "value") == 0) {
		in_value = in_property;
	}
}

static void
data(void *ctx, const char *p, int len)
{
	(void)ctx;
	if (text_len + (size_t)len >= sizeof(text))
		bad("too long for this reader");
	memcpy(text + text_len, p, (size_t)len);
	text_len += (size_t)len;
}

static void
judge(void)
{
	static unsigned char raw[65536];
	json_t *json;

	if (values > 1 && strcmp(array, "true") != 0)
		bad("several values, and no array");
	if (strcmp(encrypted, "true") == 0 && text_len > 0 &&
	    base64_decode(text, raw, sizeof(raw)) == -1)
		bad("encrypted, and no base64");
	if (strcmp(type, "Boolean") == 0 && strcmp(text, "true") != 0 &&
	    strcmp(text, "false") != 0)
		bad("a Boolean is true or false");
	if (text[0] != '{' && text[0] != '[')
		return;
	if ((json = json_loads(text, 0, NULL)) == NULL)
		bad("JSON that is none");
	json_decref(json);
}

static void
end(void *ctx, const char *qname)
{
	const char *n = local(qname);

	(void)ctx;
	text[text_len] = '\0';
	if (strcmp(n, "value") == 0 && in_value) {
		char *p = text + strspn(text, " \t\r\n");

		memmove(text, p, strlen(p) + 1);
		text_len = strlen(text);
		while (text_len > 0 && strchr(" \t\r\n", text[text_len - 1]))
			text[--text_len] = '\0';
		values++;
		judge();
		printf("\t%s", text);
		in_value = false;
	} else if (strcmp(n, "property") == 0) {
		printf("\n");
		in_property = false;
	} else if (strcmp(n, "id") == 0 && pid[0] == '\0') {
		(void)snprintf(id, sizeof(id), "%.500s", text);
		(void)strcpy(pid, id); /* Kapua */
	}
	text_len = 0;
}

int
main(int argc, char **argv)
{
	XML_Parser parser = XML_ParserCreateNS("UTF-8", '|');
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	static char all[4 * 1024 * 1024];
	size_t n;

	if (f == NULL || parser == NULL)
		bad("cannot be opened");
	n = fread(all, 1, sizeof(all), f);
	(void)fclose(f);
	XML_SetElementHandler(parser, start, end);
	XML_SetCharacterDataHandler(parser, data);
	if (XML_Parse(parser, all, (int)n, 1) != XML_STATUS_OK)
		bad(XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
	if (configurations == 0)
		bad("no configurations");
	return 0;
}
