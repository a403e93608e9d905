/* SPDX-License-Identifier: MIT */
#ifndef FIELD_XML_H
#define FIELD_XML_H

#include "field_in.h"

#define FIELD_XML_DEPTH_MAX 64

/* Well-formed, its prefixes declared, no DOCTYPE, 64 levels and 16 MB at most:
 * 0, or -1 with the line. Read it only then. */
int field_xml_judge(const char *text, size_t len, struct err *);

/*
 * Start tags as they stand in the text; for field_xml.c alone. expat has
 * judged them by then, so these only look for places.
 */
struct tag {
	const char *text;
	size_t at;  /* of the "<" */
	size_t end; /* behind the ">" */
};

struct tag_attribute {
	struct line name; /* with its prefix */
	struct line value;
};

/* The attribute behind *at (start with tag->at), which moves on; false: no
 * more. */
bool tag_attribute(const struct tag *, size_t *at, struct tag_attribute *);
/* The value of the attribute so called, without prefix; false: there is none.
 */
bool tag_find(const struct tag *, const char *name, struct line *value);
/* <value/>: it begins and ends here. */
bool tag_is_whole(const struct tag *);
/* "</esf:value>" */
void tag_closing(const struct tag *, char *out, size_t size);

/* Elements that are open, and their values; for field_xml*.c alone. */
struct element {
	char name[FIELD_NAME_MAX]; /* its name attribute, or its own */
	char pid[FIELD_NAME_MAX];
	struct tag tag;
	struct line flag; /* of encrypted="true"; at 0: there is none */
	size_t first;     /* of the values that wait for this element's end */
	size_t run;       /* where text of its own may begin */
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
	struct XML_ParserStruct *parser;
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

/* The pid, or the names of the elements around the depth-th. */
void
xml_around(const struct xml_scan *, int depth, char within[FIELD_WITHIN_MAX]);
/* Behind the element that ends here. */
size_t xml_end(const struct xml_scan *, const struct tag *);
/* What stands between the tags of an element with no other in it. */
int xml_whole(struct xml_scan *, const struct element *, size_t end);
/* An element is both: text up to end, and elements in it. Nobody writes
 * snapshots so, but a secret in such a text is one. */
int xml_own_text(struct xml_scan *, struct element *, size_t end);
/* Tells all values that waited for this element, with the entry they share. */
int xml_flush(struct xml_scan *, const struct element *);

#endif
