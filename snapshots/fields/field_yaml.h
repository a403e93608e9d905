/* SPDX-License-Identifier: MIT */
#ifndef FIELD_YAML_H
#define FIELD_YAML_H

#include <yaml.h>

#include "field_in.h"

/* Parts of field_yaml.c. */

/* libyaml counts characters; we count bytes. */
struct yaml_text {
	const char *p;
	size_t len;
	size_t base;  /* behind a byte order mark */
	size_t chars; /* how far we have counted */
	size_t bytes;
};

size_t yaml_byte(struct yaml_text *, size_t character);
/* Where the scalar's value stands, without quotes, anchor and tag. */
void yaml_place(struct yaml_text *, const yaml_event_t *, struct field *);
/* The lines of "key: value", if the key is the first thing in its line. */
void yaml_entry(const struct yaml_text *, size_t key_at, struct field *);

/*
 * Anchors, and the fields that stand below them. Opened before the first field
 * of a node, closed behind the last; name NULL: a node without one. A closed
 * collection closes what was opened last.
 */
struct yaml_anchors;

struct yaml_anchors *yaml_anchors_new(struct err *);
void yaml_anchors_free(struct yaml_anchors *);
void
yaml_anchors_open(struct yaml_anchors *, const char *name, const char *within);
int
yaml_anchors_told(struct yaml_anchors *, const struct field *, struct err *);
void yaml_anchors_close(struct yaml_anchors *, const char *name);
/* The anchor's fields once more, as if they stood within, under this name. */
int yaml_anchors_repeat(struct yaml_anchors *, const char *anchor,
    const char *within, const char *name, field_fn *, void *ctx, struct err *);

#endif
