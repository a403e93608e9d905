/* SPDX-License-Identifier: MIT */
/*
 * How changes look to a person: a line that says what, and below it the
 * difference as diff -u would print it. What files hold is somebody else's
 * text, so nothing of it reaches the terminal that the terminal would obey.
 */
#include <string.h>

#include "cli_in.h"
#include "text.h"

void
cli_print_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';
	     p++) {
		/* C1 controls are two bytes in UTF-8: c2 80 to c2 9f. */
		bool c1 = *p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;
		bool c0 = (*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f;

		(void)putchar(c0 || c1 ? '?' : *p);
		p += c1;
	}
}

void
cli_print_line(FILE *to, const char *text)
{
	own_bytes struct bytes line = { 0 };

	text_line(&line, text);
	(void)fputs(line.p == NULL ? "?" : line.p, to);
}

/* Texts that have lines, or are files: who shows them cleans them. */
static bool
has_lines(const char *key)
{
	static const char *const keys[] = { "diff", "csr", "response",
		"authority" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

void
cli_clean(json_t *j)
{
	own_bytes struct bytes line = { 0 };
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_string(j)) {
		text_line(&line, json_string_value(j));
		(void)json_string_set(j, line.p == NULL ? "?" : line.p);
	}
	json_array_foreach(j, i, one) cli_clean(one);
	json_object_foreach(j, key, one) if (!has_lines(key)) cli_clean(one);
}

/* "mode 0640 -> 0644", when it differs and both have one. */
static void
show_pair(const json_t *was, const json_t *is, const char *key)
{
	const char *a = json_string_value(json_object_get(was, key));
	const char *b = json_string_value(json_object_get(is, key));

	if (a != NULL && b != NULL && strcmp(a, b) != 0)
		(void)printf(", %s %s -> %s", key, a, b);
	else if (a == NULL && b != NULL && strcmp(key, "kind") != 0)
		(void)printf(", %s %s", key, b);
}

static void
show_size(const char *word, const json_t *side)
{
	const json_t *size = json_object_get(side, "size");

	if (strcmp(cli_text(side, "kind"), "binary") == 0)
		(void)printf(", %s %lld bytes sha256 %.16s", word,
		    (long long)json_integer_value(size),
		    cli_text(side, "sha256"));
}

static void
show_one(const json_t *one, const char *key)
{
	static const char *const pairs[] = { "kind", "mode", "owner", "group",
		"to" };
	const json_t *was = json_object_get(one, "before");
	const json_t *is = json_object_get(one, "after");
	const char *note = json_string_value(json_object_get(one, "note"));
	const char *diff = json_string_value(json_object_get(one, "diff"));

	(void)printf("%-8s %s%s", cli_text(one, "change"),
	    strcmp(key, "path") == 0         ? "/"
		: strcmp(key, "plugin") == 0 ? "plugin "
					     : "",
	    cli_text(one, key));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		show_pair(was, is, pairs[i]);
	show_size("was", was);
	show_size("is", is);
	if (note != NULL) {
		(void)printf(" (");
		cli_print_clean(note);
		(void)printf(")");
	}
	(void)printf("\n");
	if (diff != NULL)
		cli_print_clean(diff);
}

size_t
cli_changes(const json_t *list, const char *key)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(list, i, one)
	{
		if (strcmp(cli_text(one, "change"), "same") == 0)
			continue;
		n++;
		show_one(one, key);
	}
	return n;
}

void
cli_waiting(const json_t *list)
{
	static const char documents[] = "documents/";
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *what = cli_text(one, "what");
		const char *slot = cli_text(one, "slot");

		if (strncmp(what, documents, sizeof(documents) - 1) == 0) {
			what += sizeof(documents) - 1;
			(void)printf("waiting    plugin %.*s",
			    (int)strcspn(what, "."), what);
		} else
			(void)printf("waiting    %s",
			    strncmp(what, "files/", 6) == 0 ? what + 5 : what);
		(void)printf(" for @{%s}%s\n", slot,
		    strncmp(slot, "issued.", 7) == 0 ? " (ingot enrol)" : "");
	}
}
