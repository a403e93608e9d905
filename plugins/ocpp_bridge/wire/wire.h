/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "loop.h"

/*
 * What all legs of one loop share, so that an idle one has nothing of its own:
 * the buffer that is read into, the one that is sent from, (de)compressors,
 * random bytes for masks, and the one timer that walks them all each second.
 * Made when the first listener, dial or leg of a loop appears; gone, with legs
 * that only finish their closing handshake, when the last has gone.
 */
#define WIRE_BUFFER (64u * 1024)
#define WIRE_KEYS   1024u

struct leg;
struct deflate;

/* Bytes on the heap that only live while something is unfinished. They may hold
 * a secret, and are wiped before they are given back. */
struct heap {
	char *p;
	size_t len, room;
};

struct wire {
	struct wire *next;
	struct loop *loop;
	unsigned users;
	struct leg *legs;
	struct leg
	    *cursor;     /* of the walk under way; a leg that goes moves it */
	int sweep, kick; /* timers */
	char *in, *out;
	size_t out_len; /* bytes in out, all of one leg: */
	struct leg *out_of;
	unsigned corked;         /* they may wait for more of this turn */
	struct deflate *deflate; /* NULL until the first leg needs it */
	uint8_t keys[WIRE_KEYS];
	size_t keys_left;
};

/* The loop's wire, made if need be; each hold wants a release. */
struct wire *wire_hold(struct loop *, struct err *);
void wire_release(struct wire *);
/* What nobody can guess: a frame's mask (RFC 6455 5.3), a handshake's key. */
int wire_random(struct wire *, void *, size_t);

/* The one allocator of this room; tests let it fail. */
extern void *(*wire_realloc)(void *, size_t);

/* false: no memory; the heap is as before. */
bool heap_add(struct heap *, const void *, size_t);
bool heap_room(struct heap *, size_t room); /* in all */
void heap_cut(struct heap *, size_t n);     /* the first n; frees when empty */
void heap_free(struct heap *);

#endif
