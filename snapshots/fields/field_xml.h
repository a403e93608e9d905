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

#endif
