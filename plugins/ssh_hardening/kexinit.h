/* SPDX-License-Identifier: MIT */
#ifndef SSH_KEXINIT_H
#define SSH_KEXINIT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What a server says before any key is agreed on: its version and its lists of
 * algorithms (RFC 4253 sections 4.2, 6 and 7.1). All of it is the server's
 * word, sent in the clear, and it is all that decides what a client can be
 * talked into.
 */
enum kex_list {
	KEX_EXCHANGE,
	KEX_HOST_KEY,
	KEX_CIPHER_IN, /* client to server */
	KEX_CIPHER_OUT,
	KEX_MAC_IN,
	KEX_MAC_OUT,
	KEX_COMPRESS_IN,
	KEX_COMPRESS_OUT,
	KEX_LANGUAGE_IN,
	KEX_LANGUAGE_OUT,
	KEX_LISTS
};

#define KEX_PACKET_MAX  35000u /* RFC 4253 section 6.1 */
#define KEX_VERSION_MAX 255u   /* section 4.2, with its CR LF */

struct kexinit {
	char version[KEX_VERSION_MAX + 1]; /* "SSH-2.0-...", printable */
	const char *list[KEX_LISTS];       /* "a,b,c", into text */
	char text[KEX_PACKET_MAX + 1];
};

/* Reads the payload of one packet. Names hold printable ASCII alone. */
int
kexinit_parse(struct kexinit *, const void *payload, size_t len, struct err *);

/* Greets the server behind fd and reads its lists. end_ms: of now_ms(). */
int kexinit_fetch(struct kexinit *, int fd, uint64_t end_ms, struct err *);

/*
 * The first name of list ("a,b,c") that is not in allowed; "" when all are. A
 * name that is no algorithm but a flag (kex-strict-s-v00@openssh.com, ...)
 * counts as allowed. size bytes of out hold it.
 */
void
kexinit_stranger(const char *list, const char *allowed, char *out, size_t size);

#endif
