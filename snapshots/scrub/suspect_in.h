/* SPDX-License-Identifier: MIT */
#ifndef SUSPECT_IN_H
#define SUSPECT_IN_H

#include <string.h>

#include "letter.h"
#include "suspect.h"

/* What the parts of the heuristics share; for snapshots/suspect*.c alone. */
struct suspect_text {
	const char *text;
	size_t len;
	suspect_fn *fn;
	void *ctx;
	bool secret_next; /* the last field named one: its value may follow */
};

/* Calls fn; returns what it returns. key NULL: the name that stands before it
 * in its line, so that a decision about it need not be one about the file. */
int suspect_tell(const struct suspect_text *, enum finding_id, size_t at,
    size_t len, const char *key, const char *text, struct err *);

/* The value of a name that means a secret: a known default, one of its own, or
 * nothing worth a word. */
int suspect_value(const struct suspect_text *, size_t at, size_t len,
    const char *name, const char *text, struct err *);

/* Is it the name of a secret: "db_password", "wifi.psk", "PIN"? */
bool suspect_name(const char *name);
/* Could it be the value of such a name? A path, a flag, a slot could not. */
bool suspect_plausible(const char *, size_t len);
/* Is it only called like a secret: proxy_pass http://127.0.0.1:8080? */
bool suspect_only_called(const char *name, const char *value, size_t len);

/* Whose default password it is; NULL: nobody's. anywhere: so telling that it
 * needs no name beside it. */
const char *suspect_default(const char *, size_t len, bool anywhere);
/* Of the word at p, 0: none. Its equals signs are padding, or end a name. */
size_t suspect_word_length(const char *p, const char *stop);

/* A name or a word, cut to what a name may have. */
static inline void
suspect_copy(char out[static FIELD_NAME_MAX], const char *p, size_t n)
{
	n = n < FIELD_NAME_MAX ? n : FIELD_NAME_MAX - 1;
	memcpy(out, p, n);
	out[n] = '\0';
}

/* The parts of suspect_scan() that look at any text, whatever its format. */
typedef int suspect_part_fn(const struct suspect_text *, struct err *);
suspect_part_fn suspect_lines, suspect_rows, suspect_tokens, suspect_hashes,
    suspect_commands, suspect_addresses, suspect_numbers, suspect_known;

/*
 * suspect_lines: name = value and name: value anywhere, and "password value"
 * with nothing but blanks between.
 * suspect_rows: by the place in lines that have a shape of their own, and "the
 * password is ...".
 */

/* The name to the left of `at` in its line: "psk" of psk = "..."; or "". */
void
suspect_name_at(const char *text, size_t at, char name[static FIELD_NAME_MAX]);

/* A field whose name may hold an address, and whose name no line shows, as in
 * Kura's XML: addresses without separators in its value. */
int
suspect_holder(const struct suspect_text *, const struct field *, struct err *);

#endif
