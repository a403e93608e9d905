/* SPDX-License-Identifier: MIT */
#ifndef BOX_IN_H
#define BOX_IN_H

#include <openssl/evp.h>

#include "box.h"
#include "buf.h"
#include "cms_key.h"

/* What box.c and box_write.c share. */
#define BOX_TAG    ((size_t)16)
#define BOX_HEAD   ((size_t)12) /* the magic and the length */
#define BOX_SEALED (BOX_PART + BOX_TAG)

extern const char box_magic[8];

/* The key of the parts, in a cipher: head is all before the first of them. */
EVP_CIPHER_CTX *box_cipher(const uint8_t key[static CMS_KEY_LEN],
    const struct bytes *head, bool encrypt, struct err *);
/* Turns it to the n-th part. */
int box_turn(EVP_CIPHER_CTX *, uint64_t n, bool last, struct err *);

#endif
