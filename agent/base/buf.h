/* SPDX-License-Identifier: MIT */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Cursors over bytes that someone else owns. Each remembers its first
 * failure and does nothing after it, so a message is written or read in one
 * go and asked about once, at the end. Host byte order: both ends are the
 * same build on the same machine.
 */
struct wbuf {
	unsigned char *p;
	size_t size;
	size_t len;
	bool bad; /* it did not fit */
};

struct rbuf {
	const unsigned char *p;
	size_t left;
	bool bad; /* it ended early or lied */
};

void wbuf_init(struct wbuf *, void *, size_t);
void put_u32(struct wbuf *, uint32_t);
void put_str(struct wbuf *, const char *);
void put_bytes(struct wbuf *, const void *, size_t); /* no length in front */

void rbuf_init(struct rbuf *, const void *, size_t);
uint32_t get_u32(struct rbuf *);
/* A string that does not fit, or holds a NUL, is a lie; s is then empty. */
void get_str(struct rbuf *, char *s, size_t size);
void get_bytes(struct rbuf *, void *, size_t);
bool rbuf_done(const struct rbuf *); /* read to its end, no lies */

/*
 * Bytes on the heap that grow, always with a NUL behind the last (not counted
 * in len). bad: memory ran out or the limit was passed; nothing is added after
 * that. bytes_free wipes them first, so they may hold a secret.
 */
struct bytes {
	char *p;
	size_t len;
	size_t room;
	size_t limit; /* 0: BYTES_LIMIT */
	bool bad;
};

#define BYTES_LIMIT (64u * 1024 * 1024)
#define own_bytes   __attribute__((cleanup(bytes_free), unused))

void bytes_add(struct bytes *, const void *, size_t);
void bytes_fmt(struct bytes *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void bytes_free(struct bytes *);

#endif
