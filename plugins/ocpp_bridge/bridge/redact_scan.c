/* SPDX-License-Identifier: MIT */
/*
 * As strict as it has to be for who walks over the text afterwards: brackets,
 * strings and their escapes, UTF-8, depth. What a number is and whether a key
 * stands there twice is the judge's business.
 */
#include <string.h>

#include "redact_scan.h"
#include "text.h"

const char *
scan_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind the escape at p, or p: it is none. */
static const char *
escape(const char *p, const char *end)
{
	if (end - p < 2)
		return p;
	if (p[1] != 'u')
		return strchr("\"\\/bfnrt", p[1]) != NULL ? p + 2 : p;
	for (int i = 2; i < 6; i++)
		if (end - p < 6 ||
		    strchr("0123456789abcdefABCDEF", p[i]) == NULL)
			return p;
	return p + 6;
}

const char *
scan_character(const char *p, const char *end)
{
	if (*p == '\\')
		return escape(p, end);
	if ((signed char)*p >= 0x20)
		return p + 1;
	return (unsigned char)*p < 0x20 ? p : p + text_character(p);
}

/* Behind the string at p. NULL: *at is where it goes wrong. */
static const char *
string(const char *p, const char *end, const char **at)
{
	const char *next;

	for (*at = p++; p < end && *p != '"'; p = next)
		if ((next = scan_character(p, end)) == p)
			return *at = p, NULL;
	return p < end ? p + 1 : NULL;
}

/* A number, true, false, null: of these characters. Which ones exactly, is the
 * judge's business; no secret hides between two of them. */
static const char *
plain(const char *p, const char *end, const char **at)
{
	const char *from = p;

	while (p < end && memchr("+-.0123456789Eaeflnrstu", *p, 23) != NULL)
		p++;
	*at = from;
	return p == from ? NULL : p;
}

const char *
scan_value(const char *p, const char *end, int depth, const char **at);

static const char *
member(const char *p, const char *end, int depth, const char **at)
{
	*at = p;
	if (p == end || *p != '"' || (p = string(p, end, at)) == NULL)
		return NULL;
	p = *at = scan_space(p, end);
	return p < end && *p == ':' ? scan_value(p + 1, end, depth, at) : NULL;
}

const char *
scan_value(const char *p, const char *end, int depth, const char **at)
{
	bool object;

	p = *at = scan_space(p, end);
	if (p == end || depth > JUDGE_DEPTH_MAX)
		return NULL;
	if (*p == '"')
		return string(p, end, at);
	if (*p != '{' && *p != '[')
		return plain(p, end, at);
	object = *p == '{';
	p = scan_space(p + 1, end);
	if (p < end && *p == (object ? '}' : ']'))
		return p + 1;
	for (;;) {
		p = scan_space(p, end);
		p = object ? member(p, end, depth + 1, at)
			   : scan_value(p, end, depth + 1, at);
		if (p == NULL)
			return NULL;
		p = *at = scan_space(p, end);
		if (p == end || (*p != ',' && *p != (object ? '}' : ']')))
			return NULL;
		if (*p++ != ',')
			return p;
	}
}

const char *
scan_fault(const char *p, const char *end)
{
	const char *at = p, *first = scan_space(p, end);

	while (end > first && scan_space(end - 1, end) == end)
		end--;
	if (first == end || *first != '[')
		return first;
	if (end[-1] != ']')
		return end;
	p = scan_value(first, end, 0, &at);
	return p == NULL ? at : p == end ? NULL : p;
}
