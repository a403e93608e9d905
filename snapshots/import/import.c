/* SPDX-License-Identifier: MIT */
/*
 * The account of an import. It only grows; who reads the source decides, who
 * prints it (agent/cli/import.c) chooses.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

static const char *const names[IMPORT_VERDICTS] = {
	[IMPORT_TAKEN] = "taken",
	[IMPORT_CHANGED] = "changed",
	[IMPORT_ANYWAY] = "anyway",
	[IMPORT_EMPTY] = "empty",
	[IMPORT_UNIT] = "unit",
	[IMPORT_NO_PLUGIN] = "no-plugin",
	[IMPORT_UNKNOWN] = "unknown",
	[IMPORT_MALFORMED] = "malformed",
};

const char *
import_verdict_name(enum import_verdict v)
{
	return names[v];
}

static void
item_free(struct import_item *it)
{
	free(it->place);
	free(it->name);
	free(it->says);
	free(it->value);
	free(it->slot);
}

void
import_free(struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		item_free(&im->items[i]);
	for (size_t i = 0; i < im->n_documents; i++)
		bytes_free(&im->documents[i].text);
	free(im->items);
	free(im->file);
	memset(im, 0, sizeof(*im));
}

/* The next free item, or a place that nobody reads. */
static struct import_item *
next_item(struct import *im)
{
	static struct import_item nowhere;
	struct import_item *more;
	size_t room;

	if (im->count == im->room && !im->bad) {
		room = im->room == 0 ? 64 : 2 * im->room;
		more = im->count >= IMPORT_ITEMS_MAX
		    ? NULL
		    : reallocarray(im->items, room, sizeof(*more));
		if (more != NULL) {
			im->items = more;
			im->room = room;
		} else
			im->bad = true;
	}
	if (!im->bad)
		return &im->items[im->count++];
	item_free(&nowhere);
	return &nowhere;
}

struct import_item *
import_say(struct import *im, const struct import_at *at,
    enum import_verdict verdict, const char *fmt, ...)
{
	struct import_item *it = next_item(im);
	va_list ap;

	*it = (struct import_item){ .verdict = verdict, .line = at->line };
	va_start(ap, fmt);
	if (vasprintf(&it->says, fmt, ap) == -1) {
		it->says = NULL;
		im->bad = true;
	}
	va_end(ap);
	it->place = strdup(at->place);
	it->name = strdup(at->name);
	if (it->place == NULL || it->name == NULL)
		im->bad = true;
	im->sum[verdict]++;
	return it;
}

static void
keep(struct import *im, char **at, const char *text)
{
	if (text == NULL)
		return;
	free(*at);
	if ((*at = strdup(text)) == NULL)
		im->bad = true;
}

void
import_value(struct import *im, struct import_item *it, const char *value)
{
	const char *at = strstr(value, "://");

	/* Whatever the table says: these are never only a setting. */
	if ((at != NULL && strchr(at, '@') != NULL) ||
	    strstr(value, "-----BEGIN") != NULL) {
		it->secret = "text with credentials";
		it->secret_len = (long)strlen(value);
	} else
		keep(im, &it->value, value);
}

void
import_secret(struct import *im, struct import_item *it, const char *kind,
    long len, const char *slot)
{
	it->secret = kind;
	it->secret_len = len;
	keep(im, &it->slot, slot);
}

void
import_finding(struct import *im, struct import_item *it, const char *id)
{
	if (it->finding == NULL)
		im->findings++;
	it->finding = id;
}

struct bytes *
import_document(struct import *im, const char *name)
{
	static struct bytes nowhere;
	struct import_document *d;

	if (im->n_documents == IMPORT_DOCUMENTS_MAX) {
		im->bad = true;
		return &nowhere;
	}
	d = &im->documents[im->n_documents++];
	*d = (struct import_document){ .name = name };
	return &d->text;
}

void
import_retract(struct import *im, const char *document, const char *why)
{
	for (size_t i = 0; i < im->count; i++) {
		struct import_item *it = &im->items[i];
		char *says;

		if (it->document == NULL || strcmp(it->document, document) != 0)
			continue;
		im->sum[it->verdict]--;
		im->sum[it->verdict = IMPORT_EMPTY]++;
		it->document = NULL;
		if (asprintf(&says, "%s; not written: %s",
			it->says == NULL ? "" : it->says, why) == -1) {
			im->bad = true;
			continue;
		}
		free(it->says);
		it->says = says;
	}
}

void
import_no_documents(struct import *im)
{
	for (size_t i = 0; i < im->n_documents; i++) {
		import_retract(im, im->documents[i].name,
		    "something in the source is malformed");
		bytes_free(&im->documents[i].text);
	}
	im->n_documents = 0;
}

/* Line, then entry, then the order in which they were said. What has no line
 * (0, less one the largest) comes last. */
static int
by_line(const void *pa, const void *pb)
{
	const struct import_item *a = pa, *b = pb;

	if (a->line != b->line)
		return a->line - 1 < b->line - 1 ? -1 : 1;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

void
import_sort(struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		im->items[i].nth = i;
	if (im->count > 0)
		qsort(im->items, im->count, sizeof(*im->items), by_line);
}

size_t
import_rest(const struct import *im)
{
	return im->sum[IMPORT_NO_PLUGIN] + im->sum[IMPORT_UNKNOWN] +
	    im->findings;
}

/* Takes value; an absent text or number is no member at all. */
static void
put(json_t *o, const char *key, json_t *value, bool there)
{
	if (there)
		(void)json_object_set_new(o, key, value);
	else
		json_decref(value);
}

/* json_string() refuses what is no UTF-8; then the member is missing. */
static json_t *
item_json(const struct import_item *it)
{
	json_t *o =
	    json_pack("{s:s, s:s*, s:s*, s:s*}", "verdict", names[it->verdict],
		"place", it->place, "name", it->name, "says", it->says);

	put(o, "line", json_integer(it->line), it->line != 0);
	put(o, "entry", json_integer(it->entry), it->entry != 0);
	put(o, "field", json_integer(it->field), it->field != 0);
	put(o, "value", json_string(it->value), it->value != NULL);
	put(o, "document", json_string(it->document), it->document != NULL);
	put(o, "finding", json_string(it->finding), it->finding != NULL);
	put(o, "secret", json_string(it->secret), it->secret != NULL);
	put(o, "length", json_integer((json_int_t)it->secret_len),
	    it->secret != NULL && it->secret_len >= 0);
	put(o, "slot", json_string(it->slot), it->slot != NULL);
	return o;
}

static json_t *
sums_json(const struct import *im)
{
	json_t *o = json_object();

	for (int v = 0; v < IMPORT_VERDICTS; v++)
		(void)json_object_set_new(
		    o, names[v], json_integer((json_int_t)im->sum[v]));
	return o;
}

json_t *
import_json(const struct import *im)
{
	json_t *items = json_array(), *documents = json_array();

	for (size_t i = 0; i < im->count; i++)
		(void)json_array_append_new(items, item_json(&im->items[i]));
	for (size_t i = 0; i < im->n_documents; i++)
		(void)json_array_append_new(documents,
		    json_pack("{s:s, s:s}", "name", im->documents[i].name,
			"text",
			im->documents[i].text.p == NULL
			    ? ""
			    : im->documents[i].text.p));
	return json_pack("{s:s, s:s*, s:I, s:o, s:I, s:I, s:o, s:o}", "source",
	    im->source, "file", im->file, "settings", (json_int_t)im->settings,
	    "sums", sums_json(im), "findings", (json_int_t)im->findings, "rest",
	    (json_int_t)import_rest(im), "items", items, "documents",
	    documents);
}
