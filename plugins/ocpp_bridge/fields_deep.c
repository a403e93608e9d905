/* SPDX-License-Identifier: MIT */
/*
 * Reads, writes and frees what a table of fields describes, tables within
 * tables too. Each kind has one row of functions; nothing here knows what a
 * charge point is.
 */
#include <stdlib.h>

#include "fields_in.h"

/* --- tables in tables ----------------------------------------------------- */

static void
braces(const struct field *sub, const void *from, int depth, struct bytes *out)
{
	bytes_fmt(out, "{\n");
	fields_write(sub, from, depth + 1, out);
	bytes_fmt(out, "%*s}", 4 * depth, "");
}

/* A group that is not there has its defaults; libconfig wants a node to say
 * so, hence an empty one of its own. */
static int
read_in(conf_node *group, const struct field *f, void *to, struct err *e)
{
	own_conf struct conf none = { 0 };
	conf_node *sub;

	if (conf_group(group, f->name, &sub, e) == -1)
		return -1;
	if (sub != NULL)
		return fields_read(sub, f->sub, field_in(to, f->at), e);
	if (f->needed)
		return field_missing(group, f, e);
	if (conf_parse(&none, "", "", 0, e) == -1)
		return -1;
	return fields_read(conf_root(&none), f->sub, field_in(to, f->at), e);
}

static void
write_in(const struct field *f, const void *from, int depth, struct bytes *out)
{
	braces(f->sub, field_in(from, f->at), depth, out);
}

static void
free_in(const struct field *f, void *of)
{
	fields_free(f->sub, field_in(of, f->at));
}

static int
read_group(conf_node *group, const struct field *f, void *to, struct err *e)
{
	void **p = field_in(to, f->at);
	conf_node *sub;

	if (conf_group(group, f->name, &sub, e) == -1)
		return -1;
	if (sub == NULL)
		return f->needed ? field_missing(group, f, e) : 0;
	if ((*p = calloc(1, f->size)) == NULL)
		return field_no_memory(e);
	return fields_read(sub, f->sub, *p, e);
}

static void
write_group(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	braces(f->sub, *(void **)field_in(from, f->at), depth, out);
}

static void
free_group(const struct field *f, void *of)
{
	void *p = *(void **)field_in(of, f->at);

	if (p != NULL)
		fields_free(f->sub, p);
	free(p);
}

static int
read_list(conf_node *group, const struct field *f, void *to, struct err *e)
{
	size_t *count = field_in(to, f->count_at), n;
	conf_node *list;
	char *all;

	if (conf_list(group, f->name, (size_t)f->most, &list, e) == -1)
		return -1;
	if ((n = conf_len(list)) == 0)
		return f->needed ? field_missing(group, f, e) : 0;
	if ((all = calloc(n, f->size)) == NULL)
		return field_no_memory(e);
	*(void **)field_in(to, f->at) = all;
	for (size_t i = 0; i < n; i++) {
		conf_node *one = conf_at(list, i);

		if (!config_setting_is_group(one))
			return conf_err(
			    one, e, "%s: a list of { ... }", f->name);
		(*count)++;
		if (fields_read(one, f->sub, all + i * f->size, e) == -1)
			return -1;
	}
	return 0;
}

static void
write_list(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	const char *all = *(char **)field_in(from, f->at);
	size_t n = *(size_t *)field_in(from, f->count_at);

	bytes_fmt(out, "(");
	for (size_t i = 0; i < n; i++) {
		bytes_fmt(out, i == 0 ? " " : ", ");
		braces(f->sub, all + i * f->size, depth, out);
	}
	bytes_fmt(out, " )");
}

static void
free_list(const struct field *f, void *of)
{
	char *all = *(char **)field_in(of, f->at);
	size_t n = *(size_t *)field_in(of, f->count_at);

	for (size_t i = 0; i < n; i++)
		fields_free(f->sub, all + i * f->size);
	free(all);
}

/* --- the kinds ------------------------------------------------------------ */

static const struct kind {
	field_read *read;
	field_write *write;
	field_free *free; /* NULL: nothing to do */
} kinds[] = {
	[FIELD_TEXT] = { field_read_text, field_write_text, field_free_text },
	[FIELD_FLAG] = { field_read_flag, field_write_flag, NULL },
	[FIELD_NUMBER] = { field_read_number, field_write_number, NULL },
	[FIELD_WORD] = { field_read_word, field_write_word, NULL },
	[FIELD_BITS] = { field_read_bits, field_write_bits, NULL },
	[FIELD_TEXTS] = { field_read_texts, field_write_texts,
	    field_free_texts },
	[FIELD_IN] = { read_in, write_in, free_in },
	[FIELD_GROUP] = { read_group, write_group, free_group },
	[FIELD_LIST] = { read_list, write_list, free_list },
};

int
fields_read(
    conf_node *group, const struct field *table, void *to, struct err *e)
{
	const char *names[FIELDS_MAX + 1] = { NULL };

	for (size_t i = 0; i < FIELDS_MAX && table[i].kind != FIELD_END; i++)
		names[i] = table[i].name;
	if (conf_known(group, names, e) == -1)
		return -1;
	for (const struct field *f = table; f->kind != FIELD_END; f++)
		if (kinds[f->kind].read(group, f, to, e) == -1)
			return -1;
	return 0;
}

/* What is not there is not written either: an empty text reads the same, a
 * group or list would not. */
static bool
is_there(const struct field *f, const void *from)
{
	if (f->kind != FIELD_TEXT && f->kind != FIELD_TEXTS &&
	    f->kind != FIELD_GROUP && f->kind != FIELD_LIST)
		return true;
	return *(void **)field_in(from, f->at) != NULL;
}

void
fields_write(
    const struct field *table, const void *from, int depth, struct bytes *out)
{
	for (const struct field *f = table; f->kind != FIELD_END; f++) {
		if (!is_there(f, from))
			continue;
		bytes_fmt(out, "%*s%s = ", 4 * depth, "", f->name);
		kinds[f->kind].write(f, from, depth, out);
		bytes_fmt(out, ";\n");
	}
}

void
fields_free(const struct field *table, void *of)
{
	for (const struct field *f = table; f->kind != FIELD_END; f++)
		if (kinds[f->kind].free != NULL)
			kinds[f->kind].free(f, of);
}
