/* SPDX-License-Identifier: MIT */
/* The word is 32 random bytes in hexadecimal; it never stands in a command
 * line, a log or the report. */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "rejoin.h"
#include "remote.h"

#define WORD_LEN 64
#define WORD_AT  REMOTE_DIR "/rejoin"
#define PROVE_S  30

struct strange {
	char type[HOSTKEY_TYPE_MAX + 1];
	char text[HOSTKEY_TEXT_MAX + 1];
};

static int
path_of(const struct work *w, char path[static UNIT_HOST_MAX + 32])
{
	return snprintf(
	    path, UNIT_HOST_MAX + 32, REJOIN_DIR "/%s", w->unit->name);
}

int
rejoin_prepare(struct work *w, struct err *e)
{
	char path[UNIT_HOST_MAX + 32], word[WORD_LEN + 1];
	uint8_t raw[WORD_LEN / 2];
	int rc;

	(void)path_of(w, path);
	if (random_bytes(raw, sizeof(raw), e) == -1 ||
	    file_mkdirs(w->out, REJOIN_DIR, 0700, e) == -1)
		return -1;
	hex_encode(raw, sizeof(raw), word);
	rc = file_write(w->out, path, word, WORD_LEN, FILE_SECRET, e);
	if (rc == 0)
		rc = remote_put(w, WORD_AT, "0600", "root", word, WORD_LEN, e);
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(word, sizeof(word));
	return rc;
}

void
rejoin_forget(struct work *w)
{
	char path[UNIT_HOST_MAX + 32];
	struct err ignored;

	(void)path_of(w, path);
	(void)file_remove(w->out, path, &ignored);
}

/* Takes any key for now, and keeps it to be judged by what comes. */
static int
note_key(void *ctx, const struct hostkey_shown *k, struct err *e)
{
	struct strange *s = ctx;

	if (strlen(k->type) > HOSTKEY_TYPE_MAX ||
	    strlen(k->text) > HOSTKEY_TEXT_MAX)
		return err_set(e, EPERM, "a host key of no known size");
	(void)strcpy(s->type, k->type);
	(void)strcpy(s->text, k->text);
	return 0;
}

/* SHA-256(word, fingerprint), as the unit says it and as it has to be. */
static int
compare(struct work *w, const struct bytes *word, struct err *e)
{
	const char *print = link_hostkey(w->link);
	const struct link_input in = { .data = print, .len = strlen(print) };
	own_bytes struct bytes both = { 0 };
	uint8_t hash[SHA256_LEN];
	char want[SHA256_HEX];

	bytes_add(&both, word->p, word->len);
	bytes_add(&both, print, strlen(print));
	if (both.bad || sha256(both.p, both.len, hash, e) == -1)
		return err_set(e, ENOMEM, "no memory");
	hex_encode(hash, sizeof(hash), want);
	if (remote_run(w, "{ cat " WORD_AT " && cat; } | sha256sum", NULL, &in,
		PROVE_S, e) == -1)
		return -1;
	if (w->said.out.len < SHA256_HEX - 1 ||
	    strncmp(w->said.out.p, want, SHA256_HEX - 1) != 0)
		return err_set(e, EPERM, "it does not know the word");
	return 0;
}

int
rejoin_prove(struct work *w, struct err *e)
{
	static struct strange strange;
	const struct hostkey_shown shown = { strange.type, strange.text };
	struct link_want how = work_want(w);
	own_bytes struct bytes word = { 0 };
	char path[UNIT_HOST_MAX + 32];
	int rc = -1;

	(void)path_of(w, path);
	if (file_read(w->out, path, WORD_LEN, &word, e) == -1 ||
	    word.len != WORD_LEN)
		return err_set(e, ENOENT, "nothing is known of new keys");
	how.password = NULL;
	how.judge = note_key;
	how.ctx = &strange;
	if ((w->link = link_open(&how, e)) != NULL &&
	    link_login(w->link, &how, e) == 0 && work_root(w, e) == 0 &&
	    compare(w, &word, e) == 0)
		rc = work_key(w, &shown, "", e);
	link_free(w->link);
	w->link = NULL;
	return rc;
}
