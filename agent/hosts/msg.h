/* SPDX-License-Identifier: MIT */
#ifndef MSG_H
#define MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What the agent and a plugin host say to each other.
 *
 * One datagram on an AF_UNIX SOCK_SEQPACKET pair is one message: a header, a
 * body, and at most one file descriptor. The kernel keeps the boundaries, so
 * there is no reassembly. Both ends are the same build on the same machine:
 * host byte order, no versions. Texts travel as sealed memfds of at most
 * INGOT_TEXT_MAX bytes.
 *
 * A request is even. It is answered by the next odd number, or by NO with the
 * reason, bearing the request's id. An even number with no odd one beside it
 * in the table is one-way. A host may wait for the agent; the agent never
 * waits for a host. The agent has at most one request at a time under way with
 * a host; while a host works on it, it may make requests of its own.
 *
 * A second pair, the sign channel, carries SIGN alone, so that threads of a
 * library in the host need not share the first with the main thread.
 *
 * Numbers are for ever. Append; never reuse.
 *
 *	name        nr  from    grant it needs   body  descriptor
 */
/* clang-format off */
#define MSG_TABLE(M) \
	M(NO,         1, EITHER, 0,               600, false) /* u32 code, str text */ \
	M(OPEN,       2, AGENT,  0,               0,   false) \
	M(OPENED,     3, HOST,   0,               0,   false) \
	M(RENDER,     4, AGENT,  0,               0,   true)  /* document */ \
	M(RENDERED,   5, HOST,   0,               0,   true)  /* artifact */ \
	M(ACTIVATE,   6, AGENT,  0,               0,   true)  /* artifact */ \
	M(ACTIVATED,  7, HOST,   0,               0,   false) \
	M(PROBE,      8, AGENT,  0,               0,   true)  /* artifact */ \
	M(PROBED,     9, HOST,   0,               0,   false) \
	M(QUESTION,   10, AGENT, 0,               256, true)  /* str from, str verb; JSON */ \
	M(ANSWERED,   11, HOST,  0,               0,   true)  /* JSON */ \
	M(LOG,        32, HOST,  0,               512, false) /* str line */ \
	M(INSTALL,    34, HOST,  INGOT_NEED_INSTALL, 128, true)  /* str name; data */ \
	M(INSTALLED,  35, AGENT, 0,               0,   false) \
	M(SIGN,       36, HOST,  INGOT_NEED_SIGN, 128, false) /* str purpose, 32 bytes */ \
	M(SIGNED,     37, AGENT, 0,               64,  false) /* r, s */ \
	M(RELOAD,     38, HOST,  INGOT_NEED_RELOAD, 128, false) /* str name */ \
	M(RELOADED,   39, AGENT, 0,               0,   false) \
	M(ASK,        40, HOST,  0,               256, true)  /* str plugin, str verb; JSON */ \
	M(TOLD,       41, AGENT, 0,               0,   true)  /* JSON */ \
	M(EVENT,      42, HOST,  0,               768, false) /* str kind, str text */ \
	M(FINDING,    44, HOST,  0,               960, false) /* str id, str place, u32 passed, str why */ \
	M(REMOVE,     46, HOST,  INGOT_NEED_INSTALL, 128, false) /* str name */ \
	M(REMOVED,    47, AGENT, 0,               0,   false)
/* clang-format on */

enum msg_type {
#define M(name, nr, from, need, max, fd) MSG_##name = nr,
	MSG_TABLE(M)
#undef M
	MSG_LIMIT = 64
};

enum msg_from {
	AGENT = 1,
	HOST = 2,
	EITHER = AGENT | HOST
};

#define MSG_BODY_MAX 1024

struct msg {
	uint32_t type;
	uint32_t id;  /* an answer bears its request's */
	uint32_t len; /* of body */
	int fd;       /* -1: none; the receiver owns it */
	unsigned char body[MSG_BODY_MAX];
};

/* Why a message must not be acted on, or NULL when it may. */
const char *msg_refused(const struct msg *, enum msg_from, uint32_t granted);
const char *msg_name(uint32_t type); /* "?" for none */

/* fd stays the caller's. A socket that is full is an error (EAGAIN): a host
 * that does not read is not waited for. */
int msg_send(int sock, uint32_t type, uint32_t id, const void *body, size_t len,
    int fd, struct err *);
/* NO, with the reason of why. */
int msg_send_no(int sock, uint32_t id, const struct err *why, struct err *);
/* The reason of a NO, into why. */
void msg_read_no(const struct msg *, struct err *why);

/* 1: m holds a message; 0: the peer is gone; -1: the peer talks nonsense, or
 * (EAGAIN, non-blocking socket) says nothing. */
int msg_recv(int sock, struct msg *, struct err *);

#endif
