/* SPDX-License-Identifier: MIT */
/*
 * RFC 4180, read in one pass over a private copy: fields are unquoted in
 * place, so nothing is allocated for them and none can outgrow its source.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "csv.h"
#include "own.h"

struct reader {
	char *p;    /* next byte to look at; the text ends in a NUL */
	char *end;  /* that NUL */
	char ended; /* what ended the last field: ',', '\n' or '\0' */
	unsigned line;
};

/* At the byte behind a field: takes it, and says what it was. */
static int
field_end(struct reader *r, struct err *e)
{
	if (r->p == r->end) {
		r->ended = '\0';
		return 0;
	}
	if (*r->p == '\r' && r->p[1] == '\n')
		r->p++;
	if (*r->p == '\r')
		return err_set(e, EBADMSG,
		    "a carriage return alone ends no line; save the file with "
		    "LF or CRLF line ends");
	if (*r->p != ',' && *r->p != '\n')
		return err_set(e, EBADMSG,
		    "something stands behind a closing quote; a quote inside a "
		    "quoted field is written twice");
	r->ended = *r->p++;
	return 0;
}

static int
quoted(struct reader *r, char **out, struct err *e)
{
	char *to = *out = ++r->p;

	for (; r->p < r->end; r->p++) {
		if (*r->p == '"' && r->p[1] != '"')
			break;
		if (*r->p == '"')
			r->p++;
		else if (*r->p == '\n')
			r->line++;
		*to++ = *r->p;
	}
	if (r->p == r->end)
		return err_set(e, EBADMSG, "a quote is never closed");
	r->p++;
	/* field_end() looks at r->p, which is behind to. */
	*to = '\0';
	return field_end(r, e);
}

static int
bare(struct reader *r, char **out, struct err *e)
{
	size_t n = strcspn(r->p, ",\r\n\"");
	char *stop;

	*out = r->p;
	r->p += n;
	stop = r->p;
	if (*r->p == '"')
		return err_set(e, EBADMSG,
		    "a quote inside a field; put the whole field in quotes");
	if (field_end(r, e) == -1)
		return -1;
	*stop = '\0';
	return 0;
}

static int
field(struct reader *r, char **out, struct err *e)
{
	if ((*r->p == '"' ? quoted(r, out, e) : bare(r, out, e)) == -1)
		return -1;
	if (strlen(*out) > CSV_FIELD_MAX)
		return err_set(
		    e, E2BIG, "a field is longer than %d bytes", CSV_FIELD_MAX);
	return 0;
}

/* One record; n is 0 for an empty line. */
static int
record(struct reader *r, char **fields, size_t *n, struct err *e)
{
	*n = 0;
	do {
		if (*n == CSV_FIELDS_MAX)
			return err_set(
			    e, E2BIG, "more than %d fields", CSV_FIELDS_MAX);
		if (field(r, &fields[*n], e) == -1)
			return -1;
		(*n)++;
	} while (r->ended == ',');
	if (*n == 1 && *fields[0] == '\0')
		*n = 0;
	return 0;
}

static int
records(struct reader *r, const char *name, csv_record_fn *fn, void *ctx,
    struct err *e)
{
	char *fields[CSV_FIELDS_MAX];
	unsigned line;
	size_t n;

	while (r->p < r->end) {
		line = r->line;
		if (record(r, fields, &n, e) == -1 ||
		    (n > 0 && fn(ctx, line, fields, n, e) == -1))
			return err_in(e, "%s:%u", name, line);
		r->line++;
	}
	return 0;
}

int
csv_parse(const char *name, const char *text, size_t len, csv_record_fn *fn,
    void *ctx, struct err *e)
{
	own_str char *copy = NULL;
	struct reader r = { .line = 1 };

	if (len > CSV_SIZE_MAX)
		return err_set(
		    e, E2BIG, "%s: larger than %d bytes", name, CSV_SIZE_MAX);
	if (memchr(text, '\0', len) != NULL)
		return err_set(e, EBADMSG,
		    "%s: holds a NUL byte; save it as UTF-8, not UTF-16", name);
	if ((copy = malloc(len + 1)) == NULL)
		return err_set(e, ENOMEM, "%s: no memory", name);
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	r.p = copy + (strncmp(copy, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	r.end = copy + len;
	return records(&r, name, fn, ctx, e);
}

void
csv_put(struct bytes *b, const char *f)
{
	/* What a unit said is shown in a spreadsheet; it must stay a text. */
	bool formula = strspn(f, "=+-@\t\r") > 0;

	/* At the very beginning of a file, 0xef would begin a byte order mark.
	 */
	if (!formula && (unsigned char)*f != 0xef &&
	    f[strcspn(f, ",\"\r\n")] == '\0') {
		bytes_add(b, f, strlen(f));
		return;
	}
	bytes_add(b, formula ? "\"'" : "\"", formula ? 2 : 1);
	for (; *f != '\0'; f++)
		bytes_add(b, *f == '"' ? "\"\"" : f, *f == '"' ? 2 : 1);
	bytes_add(b, "\"", 1);
}
