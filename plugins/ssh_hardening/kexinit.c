/* SPDX-License-Identifier: MIT */
/*
 * A reader for the first packet of an SSH server. libssh tells what was agreed
 * on, not what was offered, and can not speak to every server; this needs no
 * cryptography and sees it all.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kexinit.h"
#include "reach.h"

#define MSG_KEXINIT 20
#define COOKIE_LEN  16
#define HELLO       "SSH-2.0-ingot\r\n"
#define LINES_MAX   64 /* before the version, section 4.2 */

/* Mean something else than an algorithm: RFC 8308, and OpenSSH's PROTOCOL. */
static const char flags[] = "ext-info-s,kex-strict-s-v00@openssh.com";

static uint32_t
big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static bool
printable(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return true;
}

int
kexinit_parse(struct kexinit *k, const void *payload, size_t len, struct err *e)
{
	size_t at = 1 + COOKIE_LEN, n;
	size_t end[KEX_LISTS];

	if (len > KEX_PACKET_MAX || len < at ||
	    *(const uint8_t *)payload != MSG_KEXINIT)
		return err_set(e, EBADMSG, "no KEXINIT packet");
	memcpy(k->text, payload, len);
	for (int i = 0; i < KEX_LISTS; i++) {
		if (len - at < 4)
			return err_set(e, EBADMSG, "KEXINIT ends early");
		n = big_endian((const unsigned char *)k->text + at);
		at += 4;
		if (n > len - at || !printable(k->text + at, n))
			return err_set(e, EBADMSG, "KEXINIT: list %d", i);
		k->list[i] = k->text + at;
		at += n;
		end[i] = at;
	}
	/* Only now: each NUL lies on the length of the list behind. */
	for (int i = 0; i < KEX_LISTS; i++)
		k->text[end[i]] = '\0';
	return 0;
}

/* One line without its line end; what does not fit is cut. */
static int
read_line(int fd, char *line, size_t size, uint64_t end_ms, struct err *e)
{
	size_t n = 0;
	char c;

	for (unsigned all = 0; all < 8192; all++) {
		if (reach_read(fd, &c, 1, end_ms, e) == -1)
			return -1;
		if (c == '\n') {
			line[n] = '\0';
			return 0;
		}
		if (n + 1 < size && c != '\r')
			line[n++] = c < ' ' || c > '~' ? '?' : c;
	}
	return err_set(e, EBADMSG, "a line without end");
}

static int
read_version(struct kexinit *k, int fd, uint64_t end_ms, struct err *e)
{
	for (int i = 0; i < LINES_MAX; i++) {
		if (read_line(fd, k->version, sizeof(k->version), end_ms, e) ==
		    -1)
			return err_in(e, "no SSH version");
		if (strncmp(k->version, "SSH-", 4) == 0)
			return 0;
	}
	return err_set(e, EBADMSG, "%d lines and no SSH version", LINES_MAX);
}

int
kexinit_fetch(struct kexinit *k, int fd, uint64_t end_ms, struct err *e)
{
	static unsigned char packet[KEX_PACKET_MAX];
	unsigned char head[5]; /* packet_length, padding_length */
	uint32_t len;

	memset(k, 0, sizeof(*k));
	if (reach_write(fd, HELLO, sizeof(HELLO) - 1, end_ms, e) == -1 ||
	    read_version(k, fd, end_ms, e) == -1 ||
	    reach_read(fd, head, sizeof(head), end_ms, e) == -1)
		return -1;
	len = big_endian(head);
	if (len > KEX_PACKET_MAX || len < 2u + head[4])
		return err_set(e, EBADMSG, "packet of %u bytes", len);
	len -= 1;
	if (reach_read(fd, packet, len, end_ms, e) == -1)
		return -1;
	return kexinit_parse(k, packet, len - head[4], e);
}

static bool
has(const char *list, const char *name, size_t n)
{
	for (size_t m; *list != '\0'; list += m + (list[m] == ',')) {
		m = strcspn(list, ",");
		if (m == n && memcmp(list, name, n) == 0)
			return true;
	}
	return false;
}

void
kexinit_stranger(const char *list, const char *allowed, char *out, size_t size)
{
	*out = '\0';
	for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (has(allowed, list, n) || has(flags, list, n))
			continue;
		(void)snprintf(out, size, "%.*s", (int)n, list);
		return;
	}
}
