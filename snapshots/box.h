/* SPDX-License-Identifier: MIT */
#ifndef BOX_H
#define BOX_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * A bundle's bytes as they lie in its file: as they are, or in a box that only
 * its recipients open.
 *
 *	"INGOTe1\0"
 *	length of the envelope, 4 bytes, big-endian, at most CMS_KEY_MAX
 *	envelope	CMS AuthEnvelopedData (cms_key.h) with 32 random bytes K
 *	parts		each BOX_PART bytes of the bundle, the last 1 or more,
 *			under AES-256-GCM, its tag of 16 bytes behind it
 *
 *	key of the parts = HKDF-SHA-256 (RFC 5869) of K, without salt, info =
 *	"ingot box 1" and the SHA-256 of all before the first part
 *	nonce of part n = n in 11 bytes, big-endian, and 1 for the last, else 0
 *
 * So nothing can be changed, cut, swapped or added, recipients included,
 * without a part that does not authenticate; and no byte of a part is given to
 * anybody before its tag was good. The memory needed is one part, whatever the
 * bundle's size. What a box does not say is who made it: that says the
 * signature inside, over a manifest that names the recipients.
 */
#define BOX_PART ((size_t)64 * 1024)

struct box_reader;
struct box_writer;

/*
 * fd: a regular file, borrowed, read from its start, its offset not moved. to
 * and key, borrowed, open a box; to NULL: only a bundle that is in none.
 */
struct box_reader *
box_reader_new(int fd, X509 *to, EVP_PKEY *key, struct err *);
void box_reader_free(struct box_reader *);
bool box_is_boxed(const struct box_reader *);
/* Bytes of the bundle in all. */
uint64_t box_size(const struct box_reader *);
/* The next bytes, at most max; 0: the end. EBADMSG: changed or damaged. */
long box_read(struct box_reader *, void *, size_t max, struct err *);
/* Does the file begin like a box? */
bool box_looks_so(int fd);

/* to NULL: no box. fd is borrowed, written from where it stands. */
struct box_writer *box_writer_new(int fd, STACK_OF(X509) * to, struct err *);
void box_writer_free(struct box_writer *);
int box_write(struct box_writer *, const void *, size_t, struct err *);
/* What is still to be written. */
int box_end(struct box_writer *, struct err *);

#endif
