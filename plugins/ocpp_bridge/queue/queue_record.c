/* SPDX-License-Identifier: MIT */
/*
 * Records as bytes. What is read was written so, or it is not read at all: the
 * checksum is for disks and torn writes, not for an enemy who has the disk; but
 * nothing that stands there can make a record longer than its file or of a kind
 * that there is not.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "queue_record.h"

static const char marker[4] = { '\xff', 'I', 'Q', 1 };

/* CRC-32C (Castagnoli): RFC 3720, appendix B.4, reflected. */
static uint32_t
crc32c(const char *p, size_t len)
{
	static uint32_t table[256];
	uint32_t crc = 0xffffffff;

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = (c & 1) != 0 ? c >> 1 ^ 0x82f63b78 : c >> 1;
		table[i] = c;
	}
	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ (uint8_t)p[i]) & 0xff];
	return ~crc;
}

static void
set_32(char *p, uint32_t n)
{
	n = htole32(n);
	memcpy(p, &n, sizeof(n));
}

static void
set_64(char *p, uint64_t n)
{
	n = htole64(n);
	memcpy(p, &n, sizeof(n));
}

static uint32_t
at_32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return le32toh(n);
}

static uint64_t
at_64(const char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return le64toh(n);
}

static bool
is_clean(const char *p, size_t len)
{
	return len == 0 ||
	    (memchr(p, 0xff, len) == NULL && memchr(p, 0, len) == NULL);
}

int
record_write(struct bytes *out, const struct record *r, struct err *e)
{
	size_t start = out->len, len = RECORD_HEAD + r->idlen + r->len;
	char head[RECORD_HEAD] = { 0 }, *p;

	if (r->idlen > RECORD_ID_MAX || r->len > QUEUE_TEXT_MAX ||
	    !is_clean(r->identity, r->idlen) || !is_clean(r->text, r->len))
		return err_set(e, EINVAL,
		    "queue: a frame of %zu bytes that can not be kept", r->len);
	memcpy(head, marker, sizeof(marker));
	set_32(head + 8, (uint32_t)len);
	head[12] = (char)r->type;
	head[13] = (char)r->kind;
	head[14] = (char)r->version;
	head[15] = (char)r->idlen;
	set_32(head + 16, r->attempts);
	set_32(head + 24, (uint32_t)r->transaction);
	set_32(head + 28, (uint32_t)r->real);
	set_64(head + 32, r->number);
	set_64(head + 40, (uint64_t)r->at);
	set_64(head + 48, r->mark);
	bytes_add(out, head, sizeof(head));
	bytes_add(out, r->identity, r->idlen);
	bytes_add(out, r->text, r->len);
	if (out->bad)
		return err_set(e, ENOMEM, "queue: no memory for a record");
	p = out->p + start;
	set_32(p + 4, crc32c(p + 8, len - 8));
	return 0;
}

/* May a record of that type look so? Its sum was right, so only who wrote it
 * wrongly, or a chance of 2^-32, is refused. */
static bool
is_sane(const struct record *r)
{
	bool of_charger = r->type != RECORD_FILE;

	if (r->type < RECORD_FILE || r->type >= RECORD_TYPES ||
	    r->kind >= QUEUE_KINDS || r->number == 0 ||
	    of_charger != (r->idlen > 0))
		return false;
	if ((r->type == RECORD_PUT) != (r->len > 0))
		return false;
	return is_clean(r->identity, r->idlen) && is_clean(r->text, r->len);
}

size_t
record_read(const char *p, size_t len, struct record *r)
{
	size_t all, rest;

	if (len < RECORD_HEAD || memcmp(p, marker, sizeof(marker)) != 0)
		return 0;
	all = at_32(p + 8);
	rest = RECORD_HEAD + (uint8_t)p[15];
	if (all > len || all < rest || all > RECORD_MAX ||
	    crc32c(p + 8, all - 8) != at_32(p + 4) || at_32(p + 20) != 0)
		return 0;
	*r = (struct record){ .type = (enum record_type)(uint8_t)p[12],
		.kind = (enum queue_kind)(uint8_t)p[13],
		.version = (uint8_t)p[14],
		.attempts = at_32(p + 16),
		.transaction = (int32_t)at_32(p + 24),
		.real = (int32_t)at_32(p + 28),
		.number = at_64(p + 32),
		.at = (int64_t)at_64(p + 40),
		.mark = at_64(p + 48),
		.identity = p + RECORD_HEAD,
		.idlen = (uint8_t)p[15],
		.text = p + rest,
		.len = all - rest };
	return is_sane(r) ? all : 0;
}

size_t
record_find(const char *p, size_t len, size_t from)
{
	const char *at;
	struct record r;

	while (from < len &&
	    (at = memmem(p + from, len - from, marker, sizeof(marker))) !=
		NULL) {
		from = (size_t)(at - p);
		if (record_read(at, len - from, &r) > 0)
			return from;
		from++;
	}
	return len;
}
