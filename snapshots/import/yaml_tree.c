/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events into a tree. The recursion is bounded by YAML_DEPTH_MAX;
 * every event is released where it was asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml_tree.h"

struct building {
	yaml_parser_t parser;
	size_t nodes;
	struct err *e;
};

static int
value(struct building *, struct yaml_node *, const yaml_event_t *, int depth);

static unsigned
line_of(const yaml_event_t *ev)
{
	return (unsigned)ev->start_mark.line + 1;
}

static int
next(struct building *b, yaml_event_t *ev)
{
	if (yaml_parser_parse(&b->parser, ev) == 1)
		return 0;
	memset(ev, 0, sizeof(*ev));
	return err_set(b->e, EBADMSG, "line %lu: %s",
	    (unsigned long)b->parser.problem_mark.line + 1,
	    b->parser.problem == NULL ? "no YAML" : b->parser.problem);
}

/* One more place in a mapping or list; NULL: failed. */
static struct yaml_node *
place(struct building *b, struct yaml_node *in, unsigned line)
{
	struct yaml_node *more;

	if (++b->nodes > YAML_NODES_MAX) {
		(void)err_set(b->e, E2BIG, "line %u: more than %d values", line,
		    YAML_NODES_MAX);
		return NULL;
	}
	/* Grown by powers of two: n is one whenever it is full. */
	if ((in->n & (in->n - 1)) == 0) {
		more = reallocarray(
		    in->in, in->n == 0 ? 1 : 2 * in->n, sizeof(*more));
		if (more == NULL) {
			(void)err_set(b->e, ENOMEM, "out of memory");
			return NULL;
		}
		in->in = more;
	}
	more = &in->in[in->n++];
	*more = (struct yaml_node){ .line = line };
	return more;
}

static char *
scalar(struct building *b, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	char *copy;

	if (strlen(text) != ev->data.scalar.length) {
		(void)err_set(
		    b->e, EBADMSG, "line %u: a NUL in a text", line_of(ev));
		return NULL;
	}
	if ((copy = strdup(text)) == NULL)
		(void)err_set(b->e, ENOMEM, "out of memory");
	return copy;
}

static int
add_key(struct building *b, struct yaml_node *in, const yaml_event_t *ev)
{
	struct yaml_node *node;
	char *key;

	if (ev->type != YAML_SCALAR_EVENT)
		return err_set(b->e, EBADMSG,
		    "line %u: a key is a text, nothing else", line_of(ev));
	if ((key = scalar(b, ev)) == NULL)
		return -1;
	if (yaml_get(in, key) != NULL) {
		free(key);
		return err_set(b->e, EBADMSG,
		    "line %u: a key that stood in line %u already", line_of(ev),
		    yaml_get(in, (const char *)ev->data.scalar.value)->line);
	}
	if ((node = place(b, in, line_of(ev))) == NULL) {
		free(key);
		return -1;
	}
	node->key = key;
	return 0;
}

/* The value that belongs to the last key, or the next of a list. */
static int
add_value(
    struct building *b, struct yaml_node *in, const yaml_event_t *ev, int depth)
{
	if (in->list && place(b, in, line_of(ev)) == NULL)
		return -1;
	return value(b, &in->in[in->n - 1], ev, depth + 1);
}

static int
collection(struct building *b, struct yaml_node *node, int depth)
{
	yaml_event_type_t end =
	    node->list ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
	bool key = !node->list;
	yaml_event_t ev;
	int rc = 0;

	if (depth >= YAML_DEPTH_MAX)
		return err_set(b->e, E2BIG,
		    "line %u: nested deeper than %d levels", node->line,
		    YAML_DEPTH_MAX);
	for (bool done = false; rc == 0 && !done;) {
		if (next(b, &ev) == -1)
			return -1;
		done = ev.type == end;
		if (!done && key)
			rc = add_key(b, node, &ev);
		else if (!done)
			rc = add_value(b, node, &ev, depth);
		key = !node->list && !key;
		yaml_event_delete(&ev);
	}
	return rc;
}

static int
value(struct building *b, struct yaml_node *node, const yaml_event_t *ev,
    int depth)
{
	node->line = line_of(ev);
	node->list = ev->type == YAML_SEQUENCE_START_EVENT;
	if (ev->type == YAML_SCALAR_EVENT)
		return (node->text = scalar(b, ev)) == NULL ? -1 : 0;
	if (node->list || ev->type == YAML_MAPPING_START_EVENT)
		return collection(b, node, depth);
	return err_set(b->e, EBADMSG, "line %u: %s", line_of(ev),
	    ev->type == YAML_ALIAS_EVENT ? "an alias (*name); write it out"
					 : "no value");
}

/* Passes over events that open the stream; the first one of a value. */
static int
document(struct building *b, struct yaml_node *root)
{
	yaml_event_t ev;
	bool opening = true;
	int rc = 0;

	while (rc == 0 && opening) {
		if (next(b, &ev) == -1)
			return -1;
		opening = ev.type == YAML_STREAM_START_EVENT ||
		    ev.type == YAML_DOCUMENT_START_EVENT;
		if (!opening)
			rc = value(b, root, &ev, 0);
		yaml_event_delete(&ev);
	}
	return rc;
}

/* Behind the value: the ends of document and stream, in this order. */
static int
ending(struct building *b)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t ev;

	while (type != YAML_STREAM_END_EVENT) {
		if (next(b, &ev) == -1)
			return -1;
		type = ev.type;
		yaml_event_delete(&ev);
		if (type == YAML_DOCUMENT_START_EVENT)
			return err_set(b->e, EBADMSG, "a second document");
	}
	return 0;
}

int
yaml_tree_read(
    struct yaml_node *root, const char *text, size_t len, struct err *e)
{
	struct building b = { .e = e };
	int rc;

	memset(root, 0, sizeof(*root));
	if (len > YAML_FILE_MAX)
		return err_set(e, EFBIG, "larger than %d bytes", YAML_FILE_MAX);
	if (yaml_parser_initialize(&b.parser) == 0)
		return err_set(e, ENOMEM, "out of memory");
	yaml_parser_set_input_string(
	    &b.parser, (const unsigned char *)text, len);
	rc = document(&b, root) == -1 ? -1 : ending(&b);
	yaml_parser_delete(&b.parser);
	if (rc == -1)
		yaml_tree_free(root);
	return rc;
}

void
yaml_tree_free(struct yaml_node *node)
{
	for (size_t i = 0; i < node->n; i++)
		yaml_tree_free(&node->in[i]);
	if (node->text != NULL)
		explicit_bzero(node->text, strlen(node->text));
	free(node->text);
	free(node->key);
	free(node->in);
	memset(node, 0, sizeof(*node));
}

const struct yaml_node *
yaml_get(const struct yaml_node *node, const char *key)
{
	for (size_t i = 0; i < node->n; i++)
		if (node->in[i].key != NULL &&
		    strcmp(node->in[i].key, key) == 0)
			return &node->in[i];
	return NULL;
}

const char *
yaml_text(const struct yaml_node *node, const char *key, const char *otherwise)
{
	const struct yaml_node *member = yaml_get(node, key);

	return member == NULL || member->text == NULL ? otherwise
						      : member->text;
}
