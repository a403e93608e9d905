/* SPDX-License-Identifier: MIT */
#ifndef TXN_BODY_H
#define TXN_BODY_H

/*
 * A plugin for tests of the transaction: it owns one file, and its document
 * says what it is to do at each step. Included by txn_a.c and txn_b.c, which
 * differ in nothing but their names.
 *
 *	path PATH		the file, as the policy's slot "out" says
 *	value TEXT		what the file is to hold
 *	no render|activate|probe	says no there
 *	lie			probe finds that something is wrong
 *	die			dies in activate
 *	slow MS			each step takes so long
 *
 * The artifact is the document. Probe reads the file, so it sees drift.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin.h"

struct txn {
	const struct ingot_host *host;
};

/* The rest of the line that begins with word, into out; 0: no such line. */
static int
txn_line(const char *text, const char *word, char *out, size_t size)
{
	size_t n = strlen(word);

	for (const char *p = text; p != NULL && *p != '\0';
	     p = strchr(p, '\n') == NULL ? NULL : strchr(p, '\n') + 1)
		if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\n')) {
			p += n + (p[n] == ' ');
			(void)snprintf(
			    out, size, "%.*s", (int)strcspn(p, "\n"), p);
			return 1;
		}
	return 0;
}

static int
txn_step(struct txn *t, const char *text, const char *step)
{
	char word[128];
	long ms;

	if (txn_line(text, "slow", word, sizeof(word))) {
		ms = strtol(word, NULL, 10);
		(void)nanosleep(
		    &(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
	}
	if (txn_line(text, "no", word, sizeof(word)) && strcmp(word, step) == 0)
		return t->host->fail(t->host, "the document says no %s", step);
	return 0;
}

static void *
txn_open(const struct ingot_host *host)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->host = host;
	return t;
}

static int
txn_render(void *self, const struct ingot_text *document)
{
	struct txn *t = self;

	if (txn_step(t, document->p, "render") == -1)
		return -1;
	return t->host->emit(t->host, "%s", document->p);
}

static int
txn_activate(void *self, const struct ingot_text *artifact)
{
	struct txn *t = self;
	char value[256];

	if (artifact->len == 0)
		return t->host->install(t->host, "out", NULL, 0);
	if (txn_step(t, artifact->p, "activate") == -1)
		return -1;
	if (!txn_line(artifact->p, "value", value, sizeof(value)))
		return t->host->fail(t->host, "no value");
	if (t->host->install(t->host, "out", value, strlen(value)) == -1)
		return -1;
	if (txn_line(artifact->p, "die", value, sizeof(value)))
		abort();
	return 0;
}

static int
txn_same(const char *artifact)
{
	char path[256], value[256], is[256] = "";
	FILE *f;

	if (!txn_line(artifact, "path", path, sizeof(path)) ||
	    !txn_line(artifact, "value", value, sizeof(value)) ||
	    (f = fopen(path, "r")) == NULL)
		return 0;
	if (fgets(is, sizeof(is), f) == NULL)
		is[0] = '\0';
	(void)fclose(f);
	return strcmp(is, value) == 0;
}

static int
txn_probe(void *self, const struct ingot_text *artifact)
{
	struct txn *t = self;
	char word[16];
	int lie = txn_line(artifact->p, "lie", word, sizeof(word));
	int same = txn_same(artifact->p);

	if (txn_step(t, artifact->p, "probe") == -1)
		return -1;
	return t->host->finding(t->host, "txn.value", "out", same && !lie,
	    same ? "as activated" : "the file holds something else");
}

static void
txn_close(void *self)
{
	free(self);
}

#define TXN_PLUGIN(NAME)                                                       \
	INGOT_PLUGIN(NAME, INGOT_NEED_INSTALL, .open = txn_open,               \
	    .render = txn_render, .activate = txn_activate,                    \
	    .probe = txn_probe, .close = txn_close)

#endif
