/* SPDX-License-Identifier: MIT */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "json.h"

/*
 * What an import comes to: documents, and for every single setting of the
 * source at least one item that says what became of it. Both importers
 * (kura.h, everest.h) fill one struct import; they print nothing and write no
 * file.
 *
 * No secret is ever in here: an item about one holds its place, kind and
 * length, and the slot that takes its place.
 */
#define IMPORT_ITEMS_MAX     100000
#define IMPORT_DOCUMENTS_MAX 4

enum import_verdict {
	IMPORT_TAKEN,     /* stands in a document */
	IMPORT_CHANGED,   /* stands in a document, but not as it was */
	IMPORT_ANYWAY,    /* what Ingot does without being told, or never */
	IMPORT_EMPTY,     /* a known setting that sets nothing */
	IMPORT_UNIT,      /* of one unit, or read out: not for a fleet */
	IMPORT_NO_PLUGIN, /* understood; no plugin for this yet */
	IMPORT_UNKNOWN,   /* not understood */
	IMPORT_MALFORMED, /* wrong in the source; nothing is imported */
	IMPORT_VERDICTS
};

struct import_item {
	enum import_verdict verdict;
	unsigned line;  /* of the source; 0: none */
	unsigned entry; /* of a list in one property, from 1; 0: none */
	unsigned field; /* of that entry, from 1; 0: none */
	char *place;    /* pid, or module */
	char *name;     /* property, or key */
	char *says;
	char *value;          /* NULL: not shown */
	const char *document; /* borrowed for ever; NULL: none */
	const char *finding;  /* what a person should look at; NULL: nothing */
	const char *secret;   /* its kind ("password"); NULL: none */
	long secret_len;      /* characters; -1: not known */
	char *slot;           /* "@{...}" in its place; NULL: none */
	size_t nth;           /* private to import_sort() */
};

struct import_document {
	const char *name; /* "firewall_policy.conf"; borrowed for ever */
	struct bytes text;
};

struct import {
	const char *source; /* "kura", "everest" */
	char *file;         /* what was read */
	struct import_item *items;
	size_t count;
	size_t room;
	size_t settings; /* of the source, each with an item or more */
	size_t sum[IMPORT_VERDICTS];
	size_t findings;
	struct import_document documents[IMPORT_DOCUMENTS_MAX];
	size_t n_documents;
	bool bad; /* memory ran out, or there were too many items */
};

void import_free(struct import *); /* fine on a zeroed one */
#define own_import __attribute__((cleanup(import_free), unused))

/* Where the next items stand: all but the last two are borrowed by them. */
struct import_at {
	const char *place;
	const char *name;
	unsigned line;
};

/*
 * Adds an item and returns it, to be filled further; it is gone with the next
 * call. Never NULL: when memory runs out, bad is set and the item goes nowhere.
 * No secret may be among the arguments.
 */
struct import_item *
import_say(struct import *, const struct import_at *, enum import_verdict,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Shows the value, unless it bears credentials on its face. */
void import_value(struct import *, struct import_item *, const char *value);
void import_secret(struct import *, struct import_item *, const char *kind,
    long len, const char *slot);
/* id is borrowed for ever. */
void import_finding(struct import *, struct import_item *, const char *id);

/* A document of that name, empty; its text is to be added to. */
struct bytes *import_document(struct import *, const char *name);
/* Takes all documents back, since what they come from is malformed. */
void import_no_documents(struct import *);

/*
 * The document is not written after all: what was to stand in it is now an
 * item of IMPORT_EMPTY that says so.
 */
void import_retract(struct import *, const char *document, const char *why);

/* Items in the order of the source's lines. */
void import_sort(struct import *);

const char *import_verdict_name(enum import_verdict);
/* Items that were not carried over although they could matter. */
size_t import_rest(const struct import *);
/* The whole report; the caller's; NULL: no memory. */
json_t *import_json(const struct import *);

#endif
