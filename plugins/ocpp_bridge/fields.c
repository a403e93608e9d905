/* SPDX-License-Identifier: MIT */
/*
 * The plain values of a table of fields: texts, numbers, words. Texts may be
 * passwords: no error shows one, and they are wiped when freed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields_in.h"

/* --- values --------------------------------------------------------------- */

int
field_read_text(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	char **text = field_in(to, f->at);
	const char *s;

	if (conf_str_or(group, f->name, (size_t)f->most, "", &s, e) == -1)
		return -1;
	if (*s == '\0')
		return f->needed ? field_missing(group, f, e) : 0;
	return (*text = strdup(s)) == NULL ? field_no_memory(e) : 0;
}

static void
put_text(struct bytes *out, const char *s)
{
	bytes_add(out, "\"", 1);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			bytes_add(out, "\\", 1);
		bytes_add(out, s, 1);
	}
	bytes_add(out, "\"", 1);
}

void
field_write_text(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	const char *s = *(char **)field_in(from, f->at);

	(void)depth;
	put_text(out, s == NULL ? "" : s);
}

static void
drop_text(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

void
field_free_text(const struct field *f, void *of)
{
	drop_text(*(char **)field_in(of, f->at));
}

int
field_read_flag(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	return conf_bool_or(
	    group, f->name, f->otherwise != 0, field_in(to, f->at), e);
}

void
field_write_flag(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	(void)depth;
	bytes_fmt(out, *(bool *)field_in(from, f->at) ? "true" : "false");
}

/* Numbers lie in the settings in the size they need; a union would need a
 * case for each as well. */
static void
store_number(const struct field *f, void *to, uint64_t n)
{
	const uint8_t n8 = (uint8_t)n;
	const uint16_t n16 = (uint16_t)n;
	const uint32_t n32 = (uint32_t)n;

	memcpy(field_in(to, f->at),
	    f->size == 1       ? (const void *)&n8
		: f->size == 2 ? (const void *)&n16
		: f->size == 4 ? (const void *)&n32
			       : (const void *)&n,
	    f->size);
}

static uint64_t
number_of(const struct field *f, const void *from)
{
	const void *p = field_in(from, f->at);

	return f->size == 1 ? *(const uint8_t *)p
	    : f->size == 2  ? *(const uint16_t *)p
	    : f->size == 4  ? *(const uint32_t *)p
			    : *(const uint64_t *)p;
}

int
field_read_number(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	int64_t n;

	if (f->needed && conf_get(group, f->name) == NULL)
		return field_missing(group, f, e);
	if (conf_int_or(
		group, f->name, f->least, f->most, f->otherwise, &n, e) == -1)
		return -1;
	store_number(f, to, (uint64_t)n);
	return 0;
}

/* libconfig reads a number without L as 32 bits. */
void
field_write_number(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	uint64_t n = number_of(f, from);

	(void)depth;
	bytes_fmt(
	    out, "%llu%s", (unsigned long long)n, n > INT32_MAX ? "L" : "");
}

/* --- words ---------------------------------------------------------------- */

static int
word_of(conf_node *at, const struct field *f, const char *s, struct err *e)
{
	char all[160] = "";

	for (int i = 0; f->words[i] != NULL; i++) {
		if (strcmp(f->words[i], s) == 0)
			return i;
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all),
		    " \"%s\"", f->words[i]);
	}
	return conf_err(at, e, "%s \"%.40s\": one of%s", f->name, s, all);
}

int
field_read_word(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	const char *s;
	int i;

	if (conf_str_or(group, f->name, 64, f->words[f->otherwise], &s, e) ==
	    -1)
		return -1;
	if ((i = word_of(conf_get(group, f->name), f, s, e)) == -1)
		return -1;
	*(int *)field_in(to, f->at) = i;
	return 0;
}

void
field_write_word(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	(void)depth;
	put_text(out, f->words[*(int *)field_in(from, f->at)]);
}

int
field_read_bits(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	unsigned *bits = field_in(to, f->at);
	conf_node *list;
	const char *s;

	if (conf_list(group, f->name, 8, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		int n;

		if (conf_text(conf_at(list, i), 64, &s, e) == -1 ||
		    (n = word_of(conf_at(list, i), f, s, e)) == -1)
			return -1;
		*bits |= 1u << n;
	}
	if (list != NULL && *bits == 0)
		return conf_err(list, e, "%s: name at least one", f->name);
	for (int i = 0; list == NULL && f->words[i] != NULL; i++)
		*bits |= 1u << i;
	return 0;
}

void
field_write_bits(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	unsigned bits = *(unsigned *)field_in(from, f->at);
	const char *comma = "";

	(void)depth;
	bytes_fmt(out, "[ ");
	for (int i = 0; f->words[i] != NULL; i++)
		if ((bits >> i & 1) != 0) {
			bytes_fmt(out, "%s\"%s\"", comma, f->words[i]);
			comma = ", ";
		}
	bytes_fmt(out, " ]");
}

int
field_read_texts(
    conf_node *group, const struct field *f, void *to, struct err *e)
{
	size_t *count = field_in(to, f->count_at);
	conf_node *list;
	const char *s;
	char **texts;

	if (conf_list(group, f->name, (size_t)f->least, &list, e) == -1)
		return -1;
	if (conf_len(list) == 0)
		return f->needed ? field_missing(group, f, e) : 0;
	if ((texts = calloc(conf_len(list), sizeof(*texts))) == NULL)
		return field_no_memory(e);
	*(char ***)field_in(to, f->at) = texts;
	for (size_t i = 0; i < conf_len(list); i++) {
		if (conf_text(conf_at(list, i), (size_t)f->most, &s, e) == -1)
			return -1;
		if ((texts[i] = strdup(s)) == NULL)
			return field_no_memory(e);
		(*count)++;
	}
	return 0;
}

void
field_write_texts(
    const struct field *f, const void *from, int depth, struct bytes *out)
{
	char **texts = *(char ***)field_in(from, f->at);
	size_t n = *(size_t *)field_in(from, f->count_at);

	(void)depth;
	bytes_fmt(out, "[");
	for (size_t i = 0; i < n; i++) {
		bytes_fmt(out, i == 0 ? " " : ", ");
		put_text(out, texts[i]);
	}
	bytes_fmt(out, " ]");
}

void
field_free_texts(const struct field *f, void *of)
{
	char **texts = *(char ***)field_in(of, f->at);
	size_t n = *(size_t *)field_in(of, f->count_at);

	for (size_t i = 0; i < n; i++)
		drop_text(texts[i]);
	free(texts);
}
