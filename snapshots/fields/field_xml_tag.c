/* SPDX-License-Identifier: MIT */
/*
 * expat says what attributes mean and not where they stand; this says where.
 */
#include <stdio.h>
#include <string.h>

#include "field_xml.h"

static bool
space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_space(const struct tag *t, size_t at)
{
	while (at < t->end && space(t->text[at]))
		at++;
	return at;
}

/* Behind a name of an element or an attribute. */
static size_t
skip_name(const struct tag *t, size_t at)
{
	while (at < t->end && !space(t->text[at]) &&
	    strchr("=/>", t->text[at]) == NULL)
		at++;
	return at;
}

bool
tag_attribute(const struct tag *t, size_t *at, struct tag_attribute *a)
{
	size_t i = *at == t->at ? skip_name(t, t->at + 1) : *at;
	const char *close;

	i = skip_space(t, i);
	a->name = (struct line){ .text = t->text, .at = i };
	a->name.end = i = skip_name(t, i);
	i = skip_space(t, i);
	if (i >= t->end || a->name.end == a->name.at || t->text[i] != '=')
		return false;
	i = skip_space(t, i + 1);
	if (i >= t->end || (t->text[i] != '"' && t->text[i] != '\''))
		return false;
	close = memchr(t->text + i + 1, t->text[i], t->end - i - 1);
	if (close == NULL)
		return false;
	a->value = (struct line){ .text = t->text, .at = i + 1 };
	a->value.end = (size_t)(close - t->text);
	*at = a->value.end + 1;
	return true;
}

bool
tag_find(const struct tag *t, const char *name, struct line *value)
{
	size_t at = t->at, n = strlen(name), len;
	struct tag_attribute a;

	while (tag_attribute(t, &at, &a)) {
		len = a.name.end - a.name.at;
		if (len < n || memcmp(t->text + a.name.end - n, name, n) != 0 ||
		    (len > n && t->text[a.name.end - n - 1] != ':') ||
		    line_starts(&a.name, "xmlns:"))
			continue;
		*value = a.value;
		return true;
	}
	return false;
}

bool
tag_is_whole(const struct tag *t)
{
	return t->end - t->at >= 2 && t->text[t->end - 2] == '/';
}

void
tag_closing(const struct tag *t, char *out, size_t size)
{
	size_t end = skip_name(t, t->at + 1);

	(void)snprintf(
	    out, size, "</%.*s>", (int)(end - t->at - 1), t->text + t->at + 1);
}
