/* SPDX-License-Identifier: MIT */
/*
 * An import for a person. Names and values are another file's words: control
 * characters in them must not reach a terminal.
 */
#include <stdio.h>

#include "import_report.h"

static void
put(const char *text)
{
	for (; *text != '\0'; text++)
		(void)putchar(
		    (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static bool
wants_attention(const struct import_item *it)
{
	return it->verdict >= IMPORT_NO_PLUGIN || it->finding != NULL ||
	    it->secret != NULL || it->verdict == IMPORT_CHANGED;
}

static void
print_secret(const struct import_item *it)
{
	if (it->secret == NULL)
		return;
	(void)printf(" [secret: %s", it->secret);
	if (it->secret_len >= 0)
		(void)printf(", %ld characters", it->secret_len);
	if (it->slot != NULL)
		(void)printf(", slot %s", it->slot);
	(void)printf("]");
}

static void
print_item(const struct import *im, const struct import_item *it)
{
	put(im->file);
	if (it->line != 0)
		(void)printf(":%u", it->line);
	(void)printf(": %s%s%s: ", import_verdict_name(it->verdict),
	    it->finding == NULL ? "" : ", look at ",
	    it->finding == NULL ? "" : it->finding);
	put(it->place);
	if (*it->name != '\0')
		(void)printf(*it->place == '\0' ? "" : " ");
	put(it->name);
	if (it->entry != 0 && it->verdict != IMPORT_MALFORMED)
		(void)printf(", entry %u", it->entry);
	(void)printf(": ");
	put(it->says);
	print_secret(it);
	if (it->value != NULL) {
		(void)printf(" (");
		put(it->value);
		(void)printf(")");
	}
	if (it->document != NULL)
		(void)printf(" -> %s", it->document);
	(void)printf("\n");
}

void
import_print(const struct import *im, const char *out, bool all)
{
	for (size_t i = 0; i < im->count; i++)
		if (all || wants_attention(&im->items[i]))
			print_item(im, &im->items[i]);
	(void)printf("%zu settings:", im->settings);
	for (int v = 0; v < IMPORT_VERDICTS; v++)
		if (im->sum[v] > 0)
			(void)printf(" %zu %s,", im->sum[v],
			    import_verdict_name((enum import_verdict)v));
	(void)printf(" %zu to look at\n", im->findings);
	for (size_t i = 0; i < im->n_documents; i++)
		(void)printf("%s%s%s%s\n", out == NULL ? "" : out,
		    out == NULL ? "" : "/", im->documents[i].name,
		    out == NULL ? " (not written: no --out)" : "");
	if (im->sum[IMPORT_MALFORMED] > 0)
		(void)printf("no document: something is malformed\n");
}
