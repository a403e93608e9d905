/* SPDX-License-Identifier: MIT */
/*
 * What the store reads back of its own: the journal of a commit, the rows of
 * its keys, hash data of an OCSP answer. Another program writes in the same
 * folders, and a disk may be damaged.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "digest.h"
#include "journal.h"
#include "keyfile.h"
#include "keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* With a right sum, so that what is behind it is reached. */
static void
play_journal(const uint8_t *data, size_t len)
{
	static struct change out[COMMIT_MAX];
	own_bytes struct bytes b = { 0 };
	uint8_t sum[SHA256_LEN];
	struct err e;
	int n;

	(void)journal_parse(data, len, out, &e);
	bytes_fmt(&b, "ingot-commit 1\n");
	bytes_add(&b, data, len);
	if (sha256(b.p, b.len, sum, &e) == -1)
		abort();
	bytes_add(&b, sum, sizeof(sum));
	n = journal_parse(b.p, b.len, out, &e);
	for (int i = 0; i < n; i++)
		if (out[i].name[0] == '/' ||
		    strncmp(out[i].name, "../", 3) == 0 ||
		    strstr(out[i].name, "/../") != NULL)
			abort();
}

/* What is read and written is read and written the same. */
static void
play_keyring(const uint8_t *data, size_t len)
{
	own_bytes struct bytes text = { 0 }, again = { 0 };
	struct keyring k;
	struct err e;

	if (keyring_parse(&k, (const char *)data, len, &e) == -1)
		return;
	keyring_write(&k, &text);
	keyring_free(&k);
	if (text.len == 0)
		return;
	if (keyring_parse(&k, text.p, text.len, &e) == -1)
		abort();
	keyring_write(&k, &again);
	if (again.len != text.len || memcmp(again.p, text.p, text.len) != 0)
		abort();
	keyring_free(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cert_hash_data hash;
	uint8_t key[32];
	struct err e;

	if (len < 1 || len > 65536)
		return 0;
	switch (data[0] % 4) {
	case 0:
		play_journal(data + 1, len - 1);
		break;
	case 1:
		play_keyring(data + 1, len - 1);
		break;
	case 2:
		if (answers_parse((const char *)data + 1, len - 1, &hash, &e) ==
		    0)
			(void)cert_hash_equal(&hash, &hash);
		break;
	default:
		(void)keyfile_hash(
		    (const char *)data + 1, len - 1, "word", key);
	}
	return 0;
}
