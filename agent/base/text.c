/* SPDX-License-Identifier: MIT */
/*
 * One table for all who ask what a character is. What is none is shown by its
 * digits and not by "?", so that two names that differ still do.
 */
#include <stdbool.h>
#include <string.h>

#include "text.h"

/* Well-formed UTF-8 (Unicode 15, table 3-7): the first byte, the second, and
 * how many there are; further ones are 80 to bf. */
static const struct {
	unsigned char first, last, second_from, second_to, len;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0xff, 1 },
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t
text_character(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0, n;

	while (i < sizeof(forms) / sizeof(*forms) &&
	    (*p < forms[i].first || *p > forms[i].last))
		i++;
	if (i == sizeof(forms) / sizeof(*forms))
		return 0;
	n = forms[i].len;
	if (n > 1 && (p[1] < forms[i].second_from || p[1] > forms[i].second_to))
		return 0;
	for (size_t k = 2; k < n; k++)
		if ((p[k] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
text_is_utf8(const char *text)
{
	size_t n = 1;

	for (; n > 0 && *text != '\0'; text += n)
		n = text_character(text);
	return n > 0;
}

bool
text_is_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	/* C1 is two bytes in UTF-8: c2 80 to c2 9f. */
	return *p < ' ' || *p == 0x7f ||
	    (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
}

static void
add(struct bytes *out, const char *text, bool plain)
{
	size_t n, k;

	bytes_add(out, "", 0);
	for (; *text != '\0'; text += k) {
		n = text_character(text);
		k = n == 0 ? 1 : n;
		if (n > 0 && !(plain && text_is_control(text))) {
			bytes_add(out, text, n);
			continue;
		}
		for (size_t i = 0; i < k; i++)
			bytes_fmt(out, "\\x%02x", (unsigned char)text[i]);
	}
}

void
text_utf8(struct bytes *out, const char *text)
{
	add(out, text, false);
}

void
text_line(struct bytes *out, const char *text)
{
	add(out, text, true);
}
