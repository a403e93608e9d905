/* SPDX-License-Identifier: MIT */
#ifndef CERT_WORDS_H
#define CERT_WORDS_H

#include <stddef.h>

#include "err.h"

/*
 * Pass phrases of key files that somebody else encrypted, one for each key. The
 * file comes as a descriptor that the policy hands over under WORDS_HANDED
 * (hand = ( { name = "cert-words"; path = "/etc/ingot/cert-words"; } )), so the
 * plugin cannot open it, and no word ever crosses the bus:
 *
 *	client/cso/SECC_LEAF.key the rest of the line is the word
 *
 * The name is below the store's root. Empty lines and lines that begin with #
 * do not count. An empty word is none.
 */
#define WORDS_HANDED   "cert-words"
#define WORDS_MAX      (64 * 1024) /* bytes of the file */
#define WORDS_WORD_MAX 255

/* 1: word holds it (to be cleansed by the caller); 0: there is none; -1: the
 * file is not to be read, and e says so without a word of it. */
int words_find(const char *text, size_t len, const char *file,
    char word[WORDS_WORD_MAX + 1], struct err *);

#endif
