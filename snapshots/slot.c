/* SPDX-License-Identifier: MIT */
/*
 * Slots: the only thing that ever changes in a text between the sample and a
 * unit. A value may hold nothing that any of our formats gives a meaning to,
 * so filling is plain replacement and knows no format.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "slot.h"

#define LOW   "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct filling {
	const char *what;
	unsigned line;
	unsigned count;
	int missing; /* slots without a value */
	slot_value_fn *value;
	void *ctx;
	struct bytes *out;
	char *first_missing; /* or NULL */
};

/* "psk:32": the length of a generated value, in characters. */
static int
length_check(const char *colon, struct err *e)
{
	char *end;
	unsigned long n = strtoul(colon + 1, &end, 10);

	if (colon[1] < '1' || colon[1] > '9' || *end != '\0' || n < 8 || n > 64)
		return err_set(e, EINVAL,
		    "the length of a generated value is a number, 8 to 64");
	return 0;
}

int
slot_name_check(const char *name, struct err *e)
{
	static const char *const kinds[] = { "unit.", "issued.", "generated." };
	const char *colon = strchr(name, ':');
	size_t n = colon == NULL ? strlen(name) : (size_t)(colon - name);
	size_t kind = 0;

	while (kind < 3 && strncmp(name, kinds[kind], strlen(kinds[kind])) != 0)
		kind++;
	if (kind == 3)
		return err_set(e, EINVAL,
		    "slot @{%s} begins with none of unit. issued. generated.",
		    name);
	if (n == strlen(kinds[kind]) || strspn(name, LOW "._-") != n)
		return err_set(e, EINVAL,
		    "slot @{%s}: a name holds a-z 0-9 . _ - only", name);
	if ((kind == 2) != (colon != NULL))
		return err_set(e, EINVAL,
		    "slot @{%s}: a generated one says its length, as in "
		    "@{generated.psk:32}; others do not",
		    name);
	if (colon != NULL && length_check(colon, e) == -1)
		return err_in(e, "slot @{%s}", name);
	return 0;
}

static int
value_check(const char *name, const char *value, struct err *e)
{
	size_t n = strlen(value);

	/* The value itself stays unsaid: it may be a secret. */
	if (n == 0 || n > SLOT_VALUE_MAX ||
	    strspn(value, LOW UPPER "._:/@+=-") != n)
		return err_set(e, EINVAL,
		    "the value for @{%s} is empty, too long, or holds a "
		    "character outside A-Z a-z 0-9 . _ : / @ + = -",
		    name);
	return 0;
}

static int
fill_named(struct filling *f, const char *name, struct err *e)
{
	char value[SLOT_VALUE_MAX + 1] = "";
	int rc = slot_name_check(name, e);

	if (rc == 0)
		rc = f->value(f->ctx, name, value, e);
	if (rc == 1 && (rc = value_check(name, value, e)) == 0)
		bytes_add(f->out, value, strlen(value));
	else if (rc == 0) {
		if (f->missing++ == 0 && f->first_missing != NULL)
			(void)strcpy(f->first_missing, name);
	}
	explicit_bzero(value, sizeof(value));
	return rc;
}

/* p stands on "@{", with left bytes; the length of the slot, or -1. */
static long
fill_one(struct filling *f, const char *p, size_t left, struct err *e)
{
	size_t most = left < SLOT_NAME_MAX + 3 ? left : SLOT_NAME_MAX + 3;
	const char *end = memchr(p, '}', most);
	char name[SLOT_NAME_MAX + 1];
	size_t n;

	if (end == NULL)
		return err_set(e, EINVAL,
		    "\"@{\" without \"}\" within %d characters; write \"@@{\" "
		    "for a literal one",
		    SLOT_NAME_MAX);
	n = (size_t)(end - p) - 2;
	if (memchr(p + 2, '\0', n) != NULL || memchr(p + 2, '\n', n) != NULL)
		return err_set(e, EINVAL, "a slot ends in another line");
	if (f->count++ == SLOT_COUNT_MAX)
		return err_set(e, E2BIG, "more than %d slots", SLOT_COUNT_MAX);
	memcpy(name, p + 2, n);
	name[n] = '\0';
	return fill_named(f, name, e) == -1 ? -1 : (long)n + 3;
}

static unsigned
lines_in(const char *p, size_t n)
{
	unsigned lines = 0;
	const char *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

/* The first "@{" or "@@{" from p on, or end. */
static const char *
next_slot(const char *p, const char *end)
{
	while ((p = memchr(p, '@', (size_t)(end - p))) != NULL) {
		if (end - p >= 2 && p[1] == '{')
			return p;
		if (end - p >= 3 && p[1] == '@' && p[2] == '{')
			return p;
		p++;
	}
	return end;
}

static int
fill_all(struct filling *f, const char *p, const char *end, struct err *e)
{
	const char *at;
	long n;

	for (; p < end; p = at + n) {
		at = next_slot(p, end);
		bytes_add(f->out, p, (size_t)(at - p));
		f->line += lines_in(p, (size_t)(at - p));
		if (at == end)
			return 0;
		n = 3;
		if (at[1] == '@')
			bytes_add(f->out, "@{", 2);
		else if ((n = fill_one(f, at, (size_t)(end - at), e)) == -1)
			return err_in(e, "%s:%u", f->what, f->line);
	}
	return 0;
}

int
slot_fill(const char *what, const char *text, size_t len, slot_value_fn *value,
    void *ctx, struct bytes *out, char missing[SLOT_NAME_MAX + 1],
    struct err *e)
{
	struct filling f = { .what = what,
		.line = 1,
		.value = value,
		.ctx = ctx,
		.out = out,
		.first_missing = missing };

	bytes_free(out);
	bytes_add(out, "", 0);
	if (fill_all(&f, text, text + len, e) == -1)
		return -1;
	if (out->bad)
		return err_set(
		    e, ENOMEM, "%s: too large with its values", what);
	return f.missing;
}
