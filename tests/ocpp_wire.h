/* SPDX-License-Identifier: MIT */
#ifndef TEST_OCPP_WIRE_H
#define TEST_OCPP_WIRE_H

/*
 * A WebSocket of our own for tests, that does as it is told, wrong things too.
 * Blocking, one connection at a time, nothing of the bridge's: what is shared
 * with the tested would be wrong in the same way. RFC 6455 5.2.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <assert.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIRE_LATE_MS 5000
#define WIRE_MAX     (4 << 20)

enum wire_op {
	WIRE_MORE,
	WIRE_TEXT,
	WIRE_BINARY,
	WIRE_CLOSE = 8,
	WIRE_PING,
	WIRE_PONG
};

struct wire {
	int fd;
	bool masks; /* the charge point's end */
	uint8_t *in;
	size_t have;
	uint64_t closed; /* code that came, 1005: none, 1006: cut off */
};

struct wire_frame {
	uint8_t op;
	const uint8_t *p;
	size_t len;
};

/* On this machine, or where WIRE_ADDRESS says (IPv4). */
static inline struct sockaddr_in
wire_place(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const char *address = getenv("WIRE_ADDRESS");

	if (address != NULL)
		assert(inet_pton(AF_INET, address, &at.sin_addr) == 1);
	return at;
}

static inline int
wire_listen(uint16_t port)
{
	struct sockaddr_in at = wire_place(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert(fd != -1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	assert(listen(fd, 512) == 0);
	return fd;
}

static inline int
wire_connect(uint16_t port)
{
	struct sockaddr_in at = wire_place(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert(fd != -1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline bool
wire_ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static inline struct wire *
wire_new(int fd, bool masks)
{
	struct wire *w = calloc(1, sizeof(*w));

	assert(w != NULL && (w->in = malloc(WIRE_MAX)) != NULL);
	w->fd = fd;
	w->masks = masks;
	return w;
}

static inline void
wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	free(w->in);
	free(w);
}

/* All of it, or false: the other side is gone. */
static inline bool
wire_put(struct wire *w, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(w->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* first: FIN, RSV and opcode as they shall stand; masked or not as told. */
static inline bool
wire_frame_masked(
    struct wire *w, uint8_t first, const void *p, size_t len, bool masked)
{
	uint8_t head[14] = { first }, *body = malloc(len + 1);
	const uint8_t mask[4] = { 0x5a, 0x00, 0xff, 0x31 };
	size_t n = 2;
	bool sent;

	assert(body != NULL);
	head[1] = (uint8_t)(len < 126 ? len : len < 65536 ? 126 : 127);
	for (int i = len < 126 ? 0 : len < 65536 ? 2 : 8; i > 0; i--)
		head[n++] = (uint8_t)((uint64_t)len >> (8 * (i - 1)));
	memcpy(body, p, len);
	if (masked) {
		head[1] |= 0x80;
		memcpy(head + n, mask, 4);
		n += 4;
		for (size_t i = 0; i < len; i++)
			body[i] ^= mask[i % 4];
	}
	sent = wire_put(w, head, n) && wire_put(w, body, len);
	free(body);
	return sent;
}

static inline bool
wire_frame(struct wire *w, uint8_t first, const void *p, size_t len)
{
	return wire_frame_masked(w, first, p, len, w->masks);
}

static inline bool
wire_text(struct wire *w, const char *text, size_t len)
{
	return wire_frame(w, 0x80 | WIRE_TEXT, text, len);
}

/* Length of the frame that is there from its first byte, or 0: not whole. */
static inline size_t
wire_whole(const uint8_t *p, size_t have, size_t *head, size_t *len)
{
	size_t bytes;

	if (have < 2)
		return 0;
	*len = p[1] & 0x7f;
	bytes = *len == 126 ? 2 : *len == 127 ? 8 : 0;
	*head = 2 + bytes + (p[1] & 0x80 ? 4 : 0);
	if (have < *head)
		return 0;
	if (bytes > 0)
		*len = 0;
	for (size_t i = 0; i < bytes; i++)
		*len = *len << 8 | p[2 + i];
	return have < *head + *len ? 0 : *head + *len;
}

static inline bool
wire_fill(struct wire *w, int ms)
{
	ssize_t n;

	if (!wire_ready(w->fd, ms))
		return false;
	n = recv(w->fd, w->in + w->have, WIRE_MAX - w->have, 0);
	if (n <= 0) {
		if (w->closed == 0)
			w->closed = 1006;
		return false;
	}
	w->have += (size_t)n;
	return true;
}

/* The next frame, unmasked, malloc'd. NULL: ended (w->closed) or late. */
static inline uint8_t *
wire_next(struct wire *w, uint8_t *first, size_t *len, int ms)
{
	size_t head, whole;
	uint8_t *p;

	while ((whole = wire_whole(w->in, w->have, &head, len)) == 0)
		if (!wire_fill(w, ms))
			return NULL;
	*first = w->in[0];
	p = malloc(*len + 1);
	assert(p != NULL);
	memcpy(p, w->in + head, *len);
	if (w->in[1] & 0x80)
		for (size_t i = 0; i < *len; i++)
			p[i] ^= w->in[head - 4 + i % 4];
	p[*len] = '\0';
	memmove(w->in, w->in + whole, w->have - whole);
	w->have -= whole;
	return p;
}

static inline void
wire_closes(struct wire *w, const uint8_t *p, size_t len)
{
	uint8_t back[2] = { 3, 232 };

	w->closed = len >= 2 ? (uint64_t)p[0] << 8 | p[1] : 1005;
	wire_frame(w, 0x80 | WIRE_CLOSE, back, len >= 2 ? 2 : 0);
}

/*
 * The next text message, whole, malloc'd, NUL behind it. Pings are answered, a
 * close too. NULL: ended (w->closed says how) or nothing within ms.
 */
static inline char *
wire_message(struct wire *w, size_t *len, int ms)
{
	char *all = NULL;
	size_t n, have = 0;
	uint8_t first, *p;

	while ((p = wire_next(w, &first, &n, ms)) != NULL) {
		uint8_t op = first & 0x0f;

		if (op == WIRE_PING)
			wire_frame(w, 0x80 | WIRE_PONG, p, n);
		if (op == WIRE_CLOSE)
			wire_closes(w, p, n);
		if (op <= WIRE_BINARY) {
			all = realloc(all, have + n + 1);
			assert(all != NULL);
			memcpy(all + have, p, n + 1);
			have += n;
		}
		free(p);
		if (op == WIRE_CLOSE)
			break;
		if (op <= WIRE_BINARY && (first & 0x80)) {
			*len = have;
			return all;
		}
	}
	free(all);
	return NULL;
}

/* Reads to the blank line of an HTTP head; at most size - 1 bytes. Length, 0
 * when it did not come. What is behind it stays in the socket. */
static inline size_t
wire_head(int fd, char *head, size_t size, int ms)
{
	size_t n = 0;

	while (n + 1 < size && wire_ready(fd, ms)) {
		if (recv(fd, head + n, 1, 0) != 1)
			break;
		head[++n] = '\0';
		if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
			return n;
	}
	head[n] = '\0';
	return 0;
}

/* Value of a header in head, cut out, or "". */
static inline void
wire_header(const char *head, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	out[0] = '\0';
	for (const char *p = head; (p = strstr(p, "\r\n")) != NULL;) {
		p += 2;
		if (strncasecmp(p, name, n) != 0 || p[n] != ':')
			continue;
		p += n + 1 + strspn(p + n + 1, " ");
		snprintf(out, size, "%.*s", (int)strcspn(p, "\r"), p);
		return;
	}
}

static inline void
wire_accept_key(const char *key, char out[static 29])
{
	char text[128];
	unsigned char sha[20];

	snprintf(
	    text, sizeof(text), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	EVP_Digest(text, strlen(text), sha, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)out, sha, sizeof(sha));
}

#endif
