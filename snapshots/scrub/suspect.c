/* SPDX-License-Identifier: MIT */
/*
 * The heuristics. They err on the side of asking: a false one costs a line in
 * a policy, a missed one a fleet's password. What they look at is said once,
 * in tables, in the files beside this one.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

int
suspect_tell(const struct suspect_text *s, enum finding_id id, size_t at,
    size_t len, const char *key, const char *text, struct err *e)
{
	struct suspect one = { id, at, len, key, text };
	char name[FIELD_NAME_MAX];

	if (key == NULL) {
		suspect_name_at(s->text, at, name);
		one.key = name;
	}
	return s->fn(s->ctx, &one, e);
}

int
suspect_value(const struct suspect_text *s, size_t at, size_t len,
    const char *name, const char *text, struct err *e)
{
	if (suspect_default(s->text + at, len, false) != NULL)
		return suspect_tell(s, FINDING_DEFAULT, at, len, name,
		    "a default password that everybody knows", e);
	if (!suspect_plausible(s->text + at, len) ||
	    suspect_only_called(name, s->text + at, len))
		return 0;
	return suspect_tell(s, FINDING_KEYWORD, at, len, name, text, e);
}

/*
 * { "key": "AuthorizationKey", "value": ... }, <name>pin</name><value>...: the
 * name of the secret is itself a value.
 */
static bool
is_named_so(struct suspect_text *s, const struct field *f)
{
	static const char *const names[] = { "key", "name", "variable", "id" };
	char word[FIELD_NAME_MAX];
	size_t n = strlen(f->name);

	if (n >= 5 && strcasecmp(f->name + n - 5, "value") == 0)
		return s->secret_next;
	for (size_t i = 0; i < LENGTH(names); i++) {
		if (strcasecmp(f->name, names[i]) != 0)
			continue;
		suspect_copy(
		    word, s->text + f->at, f->len < sizeof(word) ? f->len : 0);
		s->secret_next =
		    strchr(word, ' ') == NULL && suspect_name(word);
	}
	return false;
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct suspect_text *s = ctx;
	bool named = is_named_so(s, f);

	if (suspect_holder(s, f, e) == -1)
		return -1;
	if (!f->secret && !named && !suspect_name(f->name))
		return 0;
	return suspect_value(s, f->at, f->len, f->name,
	    f->secret ? "the file says that this is a secret"
		      : "its name says that this is a secret",
	    e);
}

static int
on_word(void *ctx, const char *text, size_t at, size_t len, struct err *e)
{
	(void)text;
	return suspect_tell(ctx, FINDING_ENTROPY, at, len, NULL,
	    "a word as random as a key or a token", e);
}

static int
private_keys(const struct suspect_text *s, struct err *e)
{
	size_t from = 0;
	long at;

	while ((at = suspect_private_key(s->text + from, s->len - from)) >= 0) {
		from += (size_t)at;
		if (suspect_tell(s, FINDING_PRIVATE_KEY, from, 0, "",
			"a private key; drop the file or exclude it", e) == -1)
			return -1;
		from += 11;
	}
	return 0;
}

static suspect_part_fn *const parts[] = { suspect_lines, suspect_rows,
	suspect_tokens, suspect_hashes, suspect_commands, suspect_addresses,
	suspect_numbers, suspect_known };

int
suspect_scan(const struct field_format *format, const char *text, size_t len,
    suspect_fn *fn, void *ctx, struct err *e)
{
	struct suspect_text s = { text, len, fn, ctx, false };

	if (private_keys(&s, e) == -1)
		return -1;
	if (suspect_key_store(text, len))
		return suspect_tell(&s, FINDING_PRIVATE_KEY, 0, 0, "",
		    "a private key or a key store; drop the file or exclude it",
		    e);
	if (!suspect_is_text(text, len))
		return suspect_tell(&s, FINDING_BINARY, 0, 0, "",
		    "not plain text: nothing can be said about what is in it",
		    e);
	if (format != NULL && format->scan(text, len, on_field, &s, e) == -1)
		return -1;
	for (size_t i = 0; i < LENGTH(parts); i++)
		if (parts[i](&s, e) == -1)
			return -1;
	return suspect_words(text, len, on_word, &s, e);
}
