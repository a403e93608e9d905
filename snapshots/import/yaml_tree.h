/* SPDX-License-Identifier: MIT */
#ifndef IMPORT_YAML_TREE_H
#define IMPORT_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * One YAML document as a tree, each node with its line. Refused: aliases (they
 * make a small file large, and may point at themselves), a key that stands
 * twice, a key that is no text, a second document, and what passes the limits.
 */
#define YAML_FILE_MAX  (1024 * 1024)
#define YAML_DEPTH_MAX 24
#define YAML_NODES_MAX 20000

struct yaml_node {
	char *key;  /* in a mapping; NULL: in a list, or the outermost */
	char *text; /* of a scalar; NULL: a mapping or list. Wiped when freed */
	bool list;
	unsigned line;
	struct yaml_node *in; /* what a mapping or list holds */
	size_t n;
};

/* root is filled, to be freed; on failure it is left empty. */
int yaml_tree_read(
    struct yaml_node *root, const char *text, size_t len, struct err *);
void yaml_tree_free(struct yaml_node *); /* fine on a zeroed one */
#define own_yaml __attribute__((cleanup(yaml_tree_free), unused))

/* The member of a mapping, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *, const char *key);
/* Its text when it is there and a scalar; else otherwise. */
const char *
yaml_text(const struct yaml_node *, const char *key, const char *otherwise);

#endif
