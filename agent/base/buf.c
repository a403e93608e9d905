/* SPDX-License-Identifier: MIT */
/*
 * Bounded cursors and growing bytes. No function here fails on its own:
 * failure is kept in `bad` and asked about once, after the last step.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void
wbuf_init(struct wbuf *b, void *p, size_t size)
{
	*b = (struct wbuf){ .p = p, .size = size };
}

void
put_bytes(struct wbuf *b, const void *p, size_t n)
{
	if (b->bad || n > b->size - b->len) {
		b->bad = true;
		return;
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
}

void
put_u32(struct wbuf *b, uint32_t v)
{
	put_bytes(b, &v, sizeof(v));
}

void
put_str(struct wbuf *b, const char *s)
{
	size_t n = strlen(s);

	put_u32(b, (uint32_t)n);
	put_bytes(b, s, n);
}

void
rbuf_init(struct rbuf *b, const void *p, size_t n)
{
	*b = (struct rbuf){ .p = p, .left = n };
}

void
get_bytes(struct rbuf *b, void *p, size_t n)
{
	if (b->bad || n > b->left) {
		b->bad = true;
		memset(p, 0, n);
		return;
	}
	memcpy(p, b->p, n);
	b->p += n;
	b->left -= n;
}

uint32_t
get_u32(struct rbuf *b)
{
	uint32_t v;

	get_bytes(b, &v, sizeof(v));
	return v;
}

void
get_str(struct rbuf *b, char *s, size_t size)
{
	uint32_t n = get_u32(b);

	if (n >= size || n > b->left || memchr(b->p, '\0', n) != NULL)
		b->bad = true;
	if (b->bad)
		n = 0;
	get_bytes(b, s, n);
	s[n] = '\0';
}

bool
rbuf_done(const struct rbuf *b)
{
	return !b->bad && b->left == 0;
}

/* Room for n more and the NUL; never through realloc, which would leave a
 * copy of a secret behind. */
static void
grow(struct bytes *b, size_t n)
{
	size_t limit = b->limit == 0 ? BYTES_LIMIT : b->limit;
	size_t room = b->room == 0 ? 256 : b->room;
	char *p;

	if (n > limit || b->len > limit - n) {
		b->bad = true;
		return;
	}
	while (room < b->len + n + 1)
		room *= 2;
	if (room == b->room)
		return;
	if ((p = malloc(room)) == NULL) {
		b->bad = true;
		return;
	}
	if (b->p != NULL) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->room);
		free(b->p);
	}
	b->p = p;
	b->room = room;
}

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (!b->bad)
		grow(b, n);
	if (b->bad)
		return;
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void
bytes_fmt(struct bytes *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->bad = true;
	if (!b->bad)
		grow(b, (size_t)n);
	if (!b->bad) {
		(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void
bytes_free(struct bytes *b)
{
	if (b->p != NULL) {
		explicit_bzero(b->p, b->room);
		free(b->p);
	}
	*b = (struct bytes){ .limit = b->limit };
}
