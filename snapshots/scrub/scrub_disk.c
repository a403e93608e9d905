/* SPDX-License-Identifier: MIT */
/*
 * Snapshots as they lie on the disk of a running Kura: the whole file is
 * encrypted (and each password in it once more), by AES/GCM since Kura 5 and
 * by AES/ECB before. They are opened before any
 * rule or heuristic looks, and travel in clear text, as Kura takes them at its
 * first start. The key comes from the policy's kura_key; without one there is
 * only the key that stands in Kura's public source, and that a sample was
 * closed with it is something that a person has to know.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "import/kura_secret.h"
#include "scrub.h"

#define KEY_FILE_MAX 64

static int
key_of(const struct scrub *s, struct kura_key *key, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (s->policy == NULL || s->policy->kura_key == NULL) {
		kura_key_published(key);
		return 0;
	}
	if (file_read(AT_FDCWD, s->policy->kura_key, KEY_FILE_MAX, &text, e) ==
		-1 ||
	    kura_key_read(key, text.p, text.len, e) == -1)
		return err_in(e, "kura_key");
	return 0;
}

static int
open_all(struct scrub *s, const struct kura_key *key, const char *path,
    const struct bytes *in, struct bytes *clear, struct err *e)
{
	struct err why;

	if (kura_open(key, in->p, in->len, clear, &why) == -1)
		return scrub_tell(s, FINDING_UNREADABLE, path, 0, "kura-key", e,
		    "encrypted by Kura, and not with the key at hand; name its "
		    "key as kura_key in the policy, or capture the snapshot "
		    "that the console downloads");
	if (kura_key_is_published(key) &&
	    scrub_tell(s, FINDING_DEFAULT, path, 0, "kura-key", e,
		"encrypted with the key of Kura's public source: whoever has "
		"the file can read it") == -1)
		return -1;
	return 1;
}

static bool
called_xml(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL && strcmp(dot, ".xml") == 0;
}

static bool
opens_to_xml(const struct kura_key *key, const struct bytes *in)
{
	own_bytes struct bytes clear = { 0 };
	struct err why;

	return kura_open(key, in->p, in->len, &clear, &why) == 0 &&
	    clear.len > 0 && clear.p[0] == '<';
}

int
scrub_from_disk(struct scrub *s, const char *path, const struct bytes *in,
    struct bytes *clear, struct err *e)
{
	/* Other texts have the old form too: there the name has to say it, or
	 * what it opens to. */
	bool sure = kura_sealed(in->p, in->len);
	struct kura_key key = { 0 };
	int rc;

	if (!sure && !kura_sealed_old(in->p, in->len))
		return 0;
	sure = sure || called_xml(path);
	if ((rc = key_of(s, &key, e)) == 0 && (sure || opens_to_xml(&key, in)))
		rc = open_all(s, &key, path, in, clear, e);
	kura_key_wipe(&key);
	return sure || rc != -1 ? rc : 0;
}

int
scrub_disk_password(struct scrub *s, const char *text, size_t len,
    struct bytes *clear, struct err *e)
{
	struct kura_key key = { 0 };
	struct err why;
	int rc;

	if (!kura_sealed(text, len) && !kura_sealed_old(text, len))
		return 0;
	if ((rc = key_of(s, &key, e)) == 0)
		rc = kura_open(&key, text, len, clear, &why) == 0;
	kura_key_wipe(&key);
	return rc;
}
