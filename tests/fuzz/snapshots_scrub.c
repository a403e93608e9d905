/* SPDX-License-Identifier: MIT */
/*
 * The scanners of configuration files and the heuristics. The first byte
 * chooses the format; each field has to lie in its text, and the same text
 * scanned twice has the same fields.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "suspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sum {
	const char *text;
	size_t len;
	size_t fields;
	size_t bytes;
};

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	own_bytes struct bytes decoded = { 0 };
	struct sum *s = ctx;

	(void)e;
	if (f->at > s->len || f->len > s->len - f->at || f->name == NULL ||
	    strlen(f->name) >= FIELD_NAME_MAX ||
	    (f->flag_at != 0 && f->flag_at + 4 > s->len) ||
	    f->entry_at > s->len || f->entry_len > s->len - f->entry_at ||
	    (f->entry_len > 0 && !f->absent &&
		(f->at < f->entry_at ||
		    f->at + f->len > f->entry_at + f->entry_len)))
		abort();
	field_decode(f, s->text, &decoded);
	s->fields++;
	s->bytes += f->len + f->at;
	return 0;
}

static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	const struct sum *s = ctx;

	(void)e;
	if (found->at > s->len)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "pairs", "words", "columns",
		"yaml", "json", "libconfig", "xml", "ini", "properties",
		"shell", "wpa", "psks", "uci", "colons", "keylines" };
	const struct field_format *format;
	struct sum one = { (const char *)data + 1, len - 1, 0, 0 }, two = one;
	struct err e;

	if (len == 0)
		return 0;
	format = field_format(names[data[0] % 15]);
	(void)format->scan(one.text, one.len, on_field, &one, &e);
	(void)format->scan(two.text, two.len, on_field, &two, &e);
	if (one.fields != two.fields || one.bytes != two.bytes)
		abort();
	(void)suspect_scan(format, one.text, one.len, on_suspect, &one, &e);
	return 0;
}
