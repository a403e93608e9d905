/* SPDX-License-Identifier: MIT */
#ifndef OCPP_RAW_TEST_H
#define OCPP_RAW_TEST_H

#include "ocpp_wire.h"

#include "upgrade.h"
#include "ws.h"

/*
 * Peers that write bytes of their own, so that they can be wrong ones: a client
 * towards the listener, a server towards a dial. Frames are written down as a
 * server sends them; for a client they are masked.
 */
static const char raw_request[] =
    "GET /ocpp/CP1 HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\n"
    "Connection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n";

static void
raw_send(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = send(fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (k == -1 && errno != EAGAIN)
			return; /* it has ended: what was expected comes next */
		if (k > 0) {
			at += k;
			n -= (size_t)k;
		} else
			turn(1);
	}
}

/* A head, byte by byte, to its empty line. */
static void
raw_head(int fd, char *out, size_t size)
{
	size_t n = 0;

	do
		assert_int_equal(raw_read(fd, out + n, 1), 1);
	while (++n < size - 1 && (n < 4 || memcmp(out + n - 4, "\r\n\r\n", 4)));
	out[n] = '\0';
}

/* A client whose leg, down, is open. */
__attribute__((unused)) static int
raw_client(const char *more)
{
	char answer[1024];
	int fd = raw();

	raw_send(fd, raw_request, sizeof(raw_request) - 1);
	raw_send(fd, more, strlen(more));
	raw_send(fd, "\r\n", 2);
	raw_head(fd, answer, sizeof(answer));
	assert_non_null(strstr(answer, "101 Switching Protocols"));
	assert_non_null(strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	until(w.down.leg != NULL);
	return fd;
}

static int raw_door = -1;

/* A port at which a raw server waits; dials are to go there. */
static uint16_t
raw_listen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	if (raw_door != -1)
		(void)close(raw_door);
	raw_door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(raw_door, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(raw_door, 8), 0);
	assert_int_equal(getsockname(raw_door, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

/*
 * Accepts a dial and answers with text, in which the first '@' is the right
 * hash. *request, if wanted, has room for 4096.
 */
__attribute__((unused)) static int
raw_serve(const char *text, size_t len, char *request)
{
	char head[4096], hash[UPGRADE_HASH_MAX + 1], key[25];
	const char *at = memchr(text, '@', len);
	struct dial_settings set = plain_dial();
	int fd, one = 1;

	set.port = raw_listen();
	set.user = "CP 1";
	set.password = (const uint8_t *)"a\0b:c";
	set.password_len = 5;
	dial_as(&set);
	turn(1);
	fd = accept4(raw_door, NULL, NULL, SOCK_CLOEXEC);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	raw_head(fd, head, sizeof(head));
	(void)snprintf(key, sizeof(key), "%.24s",
	    strstr(head, "Sec-WebSocket-Key: ") + 19);
	upgrade_hash(key, hash);
	if (at == NULL)
		raw_send(fd, text, len);
	else {
		raw_send(fd, text, (size_t)(at - text));
		raw_send(fd, hash, UPGRADE_HASH_MAX);
		raw_send(fd, at + 1, len - (size_t)(at + 1 - text));
	}
	if (request != NULL)
		memcpy(request, head, sizeof(head));
	return fd;
}

static const char raw_answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
    "Connection: upgrade\r\nSec-WebSocket-Accept: @\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n";

/* A server whose peer, the leg up, is open. */
__attribute__((unused)) static int
raw_server(void)
{
	int fd = raw_serve(raw_answer, sizeof(raw_answer) - 1, NULL);

	until(w.dialled == 1);
	assert_string_equal(w.why, "");
	return fd;
}

/* The same frames as a client would send them. out has room for 4 more bytes
 * for each; what is no whole frame any more is copied. */
__attribute__((unused)) static size_t
raw_masked(const void *frames, size_t n, void *masked)
{
	static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	const uint8_t *in = frames;
	uint8_t *out = masked;

	while (n >= 2) {
		size_t head = (in[1] & 0x7f) == 126 ? 4
		    : (in[1] & 0x7f) == 127         ? 10
						    : 2;
		size_t len = in[1] & 0x7f;

		if (head > n)
			head = n;
		if (head == 4)
			len = (size_t)in[2] << 8 | in[3];
		if (head == 10)
			len = (size_t)in[6] << 24 | (size_t)in[7] << 16 |
			    (size_t)in[8] << 8 | in[9];
		memcpy(out, in, head);
		out[1] |= 0x80;
		memcpy(out + head, key, 4);
		if (len > n - head)
			len = n - head;
		ws_mask(out + head + 4, in + head, len, key, 0);
		out += head + 4 + len;
		in += head + len;
		n -= head + len;
	}
	memcpy(out, in, n);
	return (size_t)(out - (uint8_t *)masked) + n;
}

/* The next frame that the leg sends, unmasked. Its opcode with FIN and RSV
 * bits, or 0 at the end of the connection. */
__attribute__((unused)) static unsigned
raw_frame(int fd, char *out, size_t *len)
{
	uint8_t head[14];
	size_t n = 2, more;

	if (raw_read(fd, (char *)head, 2) < 2)
		return 0;
	more = (head[1] & 0x7f) == 126 ? 2 : (head[1] & 0x7f) == 127 ? 8 : 0;
	more += (head[1] & 0x80) != 0 ? 4 : 0;
	assert_int_equal(raw_read(fd, (char *)head + n, more), more);
	*len = head[1] & 0x7f;
	if (*len == 126)
		*len = (size_t)head[2] << 8 | head[3];
	else if (*len == 127)
		*len = (size_t)head[6] << 24 | (size_t)head[7] << 16 |
		    (size_t)head[8] << 8 | head[9];
	assert_int_equal(raw_read(fd, out, *len), *len);
	if ((head[1] & 0x80) != 0)
		ws_mask(out, out, *len, head + n + more - 4, 0);
	return head[0];
}

#endif
