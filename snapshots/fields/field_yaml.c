/* SPDX-License-Identifier: MIT */
/*
 * YAML by libyaml's events, whose marks say where each scalar stands. A value
 * with an anchor is told once for each name it has: "psk: *p" may be what a
 * rule knows, and the secret stands where "&p" does. What an alias repeats is
 * counted, since aliases of aliases grow without end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_yaml.h"

struct level {
	bool mapping;
	bool flow; /* in braces */
	bool key_next;
	char name[FIELD_NAME_MAX]; /* the key it stands under */
	char key[FIELD_NAME_MAX];  /* the last one in it */
	size_t key_at;
};

struct yaml_scan {
	yaml_parser_t parser;
	struct yaml_text text;
	int depth; /* 0: outside of any collection */
	struct level levels[FIELD_DEPTH_MAX + 1];
	struct yaml_anchors *anchors;
	field_fn *fn;
	void *ctx;
};

static struct level *
top(struct yaml_scan *s)
{
	return &s->levels[s->depth];
}

/* The names of the first n levels. */
static void
around(const struct yaml_scan *s, int n, char within[static FIELD_WITHIN_MAX])
{
	size_t len = 0;

	within[0] = '\0';
	for (int i = 1; i <= n && len < FIELD_WITHIN_MAX; i++)
		if (s->levels[i].name[0] != '\0')
			len += (size_t)snprintf(within + len,
			    FIELD_WITHIN_MAX - len, "%s%s", len == 0 ? "" : ".",
			    s->levels[i].name);
}

/* What a value that comes now is called; a list's element like the list. */
static const char *
name_now(struct yaml_scan *s, char within[static FIELD_WITHIN_MAX])
{
	struct level *l = top(s);

	around(s, l->mapping ? s->depth : s->depth - 1, within);
	return l->mapping ? l->key : l->name;
}

/* A key or a value has come. */
static void
turn(struct yaml_scan *s)
{
	if (top(s)->mapping)
		top(s)->key_next = !top(s)->key_next;
}

static int
told(struct yaml_scan *s, const struct field *f, struct err *e)
{
	if (yaml_anchors_told(s->anchors, f, e) == -1 ||
	    s->fn(s->ctx, f, e) == -1)
		return -1;
	return f->absent ? 0 : field_nested(s->text.p, f, 0, s->fn, s->ctx, e);
}

static int
scalar(struct yaml_scan *s, const yaml_event_t *event, struct err *e)
{
	const char *value = (const char *)event->data.scalar.value;
	char within[FIELD_WITHIN_MAX];
	struct level *l = top(s);
	struct field f;

	if (l->mapping && l->key_next) {
		name_copy(l->key, value, strlen(value));
		l->key_at = yaml_byte(&s->text, event->start_mark.index);
		turn(s);
		return 0;
	}
	f = (struct field){ .within = within };
	f.name = name_now(s, within);
	yaml_place(&s->text, event, &f);
	if (l->mapping && !l->flow)
		yaml_entry(&s->text, l->key_at, &f);
	yaml_anchors_open(
	    s->anchors, (const char *)event->data.scalar.anchor, within);
	if (told(s, &f, e) == -1)
		return -1;
	yaml_anchors_close(s->anchors, (const char *)event->data.scalar.anchor);
	turn(s);
	return 0;
}

static int
opened(struct yaml_scan *s, const char *anchor, bool mapping, bool flow,
    struct err *e)
{
	char within[FIELD_WITHIN_MAX];
	struct level *up = top(s), *l;

	if (s->depth == FIELD_DEPTH_MAX)
		return err_set(e, EBADMSG, "nested deeper than %d levels",
		    FIELD_DEPTH_MAX);
	l = &s->levels[++s->depth];
	memset(l, 0, sizeof(*l));
	l->mapping = l->key_next = mapping;
	l->flow = flow || up->flow;
	if (up->mapping && !up->key_next)
		(void)strcpy(l->name, up->key);
	around(s, s->depth, within);
	yaml_anchors_open(s->anchors, anchor, within);
	return 0;
}

static int
closed(struct yaml_scan *s)
{
	yaml_anchors_close(s->anchors, NULL);
	if (s->depth > 0)
		s->depth--;
	turn(s);
	return 0;
}

/* "<<: *base" stands for what base holds, here; "psk: *p" for one value. */
static int
alias(struct yaml_scan *s, const char *name, struct err *e)
{
	char within[FIELD_WITHIN_MAX];
	struct level *l = top(s);
	const char *called;
	int rc = 0;

	if (l->mapping && l->key_next) {
		name_copy(l->key, name, strlen(name));
	} else {
		called = name_now(s, within);
		rc = yaml_anchors_repeat(
		    s->anchors, name, within, called, s->fn, s->ctx, e);
	}
	turn(s);
	return rc;
}

static int
on_event(struct yaml_scan *s, const yaml_event_t *event, struct err *e)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return scalar(s, event, e);
	case YAML_ALIAS_EVENT:
		return alias(s, (const char *)event->data.alias.anchor, e);
	case YAML_MAPPING_START_EVENT:
		return opened(s, (const char *)event->data.mapping_start.anchor,
		    true,
		    event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
		    e);
	case YAML_SEQUENCE_START_EVENT:
		return opened(s,
		    (const char *)event->data.sequence_start.anchor, false,
		    event->data.sequence_start.style ==
			YAML_FLOW_SEQUENCE_STYLE,
		    e);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return closed(s);
	case YAML_DOCUMENT_START_EVENT:
		s->depth = 0;
		memset(&s->levels[0], 0, sizeof(s->levels[0]));
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

static int
events(struct yaml_scan *s, bool tell, struct err *e)
{
	yaml_event_t event;
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end) {
		if (yaml_parser_parse(&s->parser, &event) == 0)
			return err_set(e, EBADMSG, "line %zu: %s",
			    s->parser.problem_mark.line + 1,
			    s->parser.problem == NULL ? "no YAML"
						      : s->parser.problem);
		end = event.type == YAML_STREAM_END_EVENT;
		if (tell)
			rc = on_event(s, &event, e);
		yaml_event_delete(&event);
	}
	return rc;
}

static int
run(struct yaml_scan *s, bool tell, struct err *e)
{
	int rc;

	if (yaml_parser_initialize(&s->parser) == 0)
		return err_set(e, ENOMEM, "out of memory");
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s->parser,
	    (const unsigned char *)s->text.p + s->text.base,
	    s->text.len - s->text.base);
	rc = events(s, tell, e);
	yaml_parser_delete(&s->parser);
	return rc;
}

int
field_yaml(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct yaml_scan s = {
		.text = { .p = text, .len = len }, .fn = fn, .ctx = ctx
	};
	int rc;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.text.base = 3;
	/* In its middle libyaml takes one for a blank that indents. */
	if (memmem(text + s.text.base, len - s.text.base, "\xef\xbb\xbf", 3) !=
	    NULL)
		return err_set(e, EBADMSG, "a byte order mark in its middle");
	/* As a whole first: a text that breaks off has no fields. */
	if (run(&s, false, e) == -1)
		return -1;
	if ((s.anchors = yaml_anchors_new(e)) == NULL)
		return -1;
	rc = run(&s, true, e);
	yaml_anchors_free(s.anchors);
	return rc;
}
