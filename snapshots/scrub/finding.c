/* SPDX-License-Identifier: MIT */
/*
 * Findings, kept in the order in which they came, which is the order of paths.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "finding.h"

static const struct {
	const char *name;
	bool final;
} kinds[FINDING_COUNT] = {
	[FINDING_PRIVATE_KEY] = { "private-key", true },
	[FINDING_KEYWORD] = { "keyword", false },
	[FINDING_ENTROPY] = { "entropy", false },
	[FINDING_TOKEN] = { "token", false },
	[FINDING_URL] = { "url-password", false },
	[FINDING_ADDRESS] = { "hardware-address", false },
	[FINDING_DEFAULT] = { "known-default", false },
	[FINDING_SUBSCRIBER] = { "subscriber", false },
	[FINDING_RESIDUE] = { "residue", false },
	[FINDING_WEAK] = { "weak", false },
	[FINDING_IDENTITY] = { "identity", false },
	[FINDING_UNUSED] = { "unused-rule", false },
	[FINDING_SPECIAL] = { "special-file", false },
	[FINDING_SET_ID] = { "set-id", false },
	[FINDING_BINARY] = { "binary-file", false },
	[FINDING_ARCHIVE] = { "archive", false },
	[FINDING_UNREADABLE] = { "unreadable", true },
};

const char *
finding_name(enum finding_id id)
{
	return kinds[id].name;
}

enum finding_id
finding_by_name(const char *name)
{
	enum finding_id id = 0;

	while (id < FINDING_COUNT && strcmp(kinds[id].name, name) != 0)
		id++;
	return id;
}

bool
finding_is_in_text(enum finding_id id)
{
	return id <= FINDING_SUBSCRIBER;
}

bool
finding_can_be_accepted(enum finding_id id)
{
	return !kinds[id].final;
}

static bool
same(const struct finding *a, const struct finding *b)
{
	return a->id == b->id && a->line == b->line &&
	    strcmp(a->path, b->path) == 0 && strcmp(a->key, b->key) == 0;
}

int
findings_add(struct findings *f, const struct finding *one, struct err *e)
{
	if (f->all == NULL &&
	    (f->all = calloc(FINDINGS_MAX, sizeof(*one))) == NULL)
		return err_sys(e, "findings");
	for (size_t i = 0; i < f->count; i++)
		if (same(&f->all[i], one))
			return 0;
	f->open += one->accepted == NULL;
	if (f->count < FINDINGS_MAX)
		f->all[f->count++] = *one;
	return 0;
}

void
findings_free(struct findings *f)
{
	free(f->all);
	explicit_bzero(f->key, sizeof(f->key));
	memset(f, 0, sizeof(*f));
}

int
findings_mark(struct findings *f, const void *value, size_t len,
    char mark[static FINDING_MARK_LEN + 1], struct err *e)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = sizeof(mac);

	if (!f->keyed && random_bytes(f->key, sizeof(f->key), e) == -1)
		return -1;
	f->keyed = true;
	if (HMAC(EVP_sha256(), f->key, sizeof(f->key), value, len, mac, &n) ==
	    NULL)
		return err_ssl(e, "keyed hash");
	hex_encode(mac, FINDING_MARK_LEN / 2, mark);
	return 0;
}

static json_t *
one_json(const struct finding *f, bool marks)
{
	json_t *j = json_pack("{s:s, s:o, s:i, s:o, s:o}", "id",
	    finding_name(f->id), "path", json_text(f->path), "line",
	    (int)f->line, "key", json_text(f->key), "text", json_text(f->text));

	if (j != NULL && f->accepted != NULL)
		(void)json_object_set_new(
		    j, "accepted", json_text(f->accepted));
	if (j != NULL && marks && f->mark[0] != '\0') {
		(void)json_object_set_new(
		    j, "length", json_integer((json_int_t)f->len));
		(void)json_object_set_new(j, "mark", json_string(f->mark));
	}
	return j;
}

json_t *
findings_json(const struct findings *f, bool marks)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < f->count; i++)
		(void)json_array_append_new(list, one_json(&f->all[i], marks));
	return list;
}
