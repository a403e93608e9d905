/* SPDX-License-Identifier: MIT */
#ifndef HOSTKEYS_H
#define HOSTKEYS_H

#include <stddef.h>

#include "err.h"
#include "units.h"

/*
 * The host keys of the line: which key each unit may show. The record is a
 * known_hosts file of OpenSSH, one line a key, under the unit's name (its
 * serial, so that an address may serve one unit after another):
 *
 *	GW-1 ssh-ed25519 AAAA... seen 2026-11-21T10:00:00Z
 *	GW-1 ssh-ed25519 AAAA... after SHA256:... 2026-11-21T10:05:00Z
 *
 * "after": the unit itself said, over a connection that the other key had
 * proved, that it made new keys (applying a snapshot does that). So
 * ssh -o UserKnownHostsFile=FILE -o HostKeyAlias=GW-1 works with it.
 */
#define HOSTKEYS_SIZE_MAX (8 * 1024 * 1024)
#define HOSTKEYS_OF_UNIT  64
#define HOSTKEY_TYPE_MAX  40
#define HOSTKEY_TEXT_MAX  4096 /* base64 of one public key */

struct hostkeys;

/* path need not exist yet, and is borrowed for ever. NULL: e says why. */
struct hostkeys *hostkeys_open(const char *path, struct err *);
void hostkeys_free(struct hostkeys *);

struct hostkey_shown {
	const char *type; /* ssh-ed25519 ... */
	const char *text; /* the key in base64 */
};

/*
 * Is this the unit's key? A pinned one must be shown, or one that came after
 * it. Without a pin the first key ever shown is taken and durably recorded
 * before this returns, unless pinned_only; after that only that one. A key
 * that another unit of the list or of the record has is never taken: two units
 * with one key are clones, or one address led twice to one unit. 0, or -1: e
 * says what was shown, what was expected, and what to do.
 */
int hostkeys_judge(struct hostkeys *, const struct units *, const struct unit *,
    const struct hostkey_shown *, bool pinned_only, struct err *);

/*
 * The unit said, authenticated by the key with this fingerprint, that its keys
 * are now these as well. Fingerprint "": by the one that is known last. What a
 * unit says of itself is no word about others: a key that another unit has is
 * refused (EPERM), and it may add HOSTKEYS_OF_UNIT keys in all.
 */
int hostkeys_after(struct hostkeys *, const struct units *, const struct unit *,
    const char *fingerprint, const struct hostkey_shown *, struct err *);

/* SHA256:... of a key in base64, as OpenSSH prints it. */
int hostkey_print(
    const char *text, char out[static UNIT_HOSTKEY_LEN + 1], struct err *);

#endif
