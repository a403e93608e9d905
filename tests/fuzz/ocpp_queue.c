/* SPDX-License-Identifier: MIT */
/*
 * What a queue's file may hold: any bytes at all. A fuzzer finds no checksum,
 * so the input is also cut into pieces that are written as records of a good
 * file, one of them damaged. Whatever is read is written again and read once
 * more.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "queue_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* All that can be read of them comes out of a queue, too, and stays. */
static void
open_it(const struct bytes *b)
{
	static char folder[64], file[128];
	const struct queue_limits l = { 1 << 20, 100, NULL, NULL };
	struct queue_figures before, after;
	struct queue *q;
	struct err e;

	(void)snprintf(
	    folder, sizeof(folder), "/tmp/ingot-fuzz-queue.%d", (int)getpid());
	(void)snprintf(file, sizeof(file), "%s/0000000000000001.log", folder);
	if (file_mkdirs(AT_FDCWD, folder, 0700, &e) == -1 ||
	    file_write(AT_FDCWD, file, b->p, b->len, FILE_SECRET, &e) == -1 ||
	    (q = queue_open(folder, &l, &e)) == NULL)
		abort();
	queue_figures(q, NULL, &before);
	queue_free(q);
	if ((q = queue_open(folder, &l, &e)) == NULL)
		abort();
	queue_figures(q, NULL, &after);
	if (before.records != after.records || before.bytes != after.bytes)
		abort();
	queue_free(q);
	(void)file_remove_tree(AT_FDCWD, folder, &e);
}

/* A record of the first bytes' making; what it eats. */
static size_t
add(const uint8_t *p, size_t len, struct bytes *out)
{
	struct record r = { 0 };
	struct err e;

	if (len < 12)
		return len;
	r.type = RECORD_FILE + p[0] % (RECORD_TYPES - 1);
	r.kind = p[1] % (QUEUE_KINDS + 1);
	r.number = p[2] % 32;
	r.transaction = (int8_t)p[3];
	r.real = p[4];
	r.attempts = p[5];
	r.idlen = r.type == RECORD_FILE ? 0 : 1 + p[6] % 2;
	r.len = r.type == RECORD_PUT ? 1 + p[7] % 64 : 0;
	r.identity = (const char *)p + 8;
	r.text = (const char *)p + 8 + r.idlen;
	if (8 + r.idlen + r.len > len)
		return len;
	if (record_write(out, &r, &e) == -1)
		return 8;
	/* One bit of it is another now and then. */
	if (p[0] >= 0xf0)
		out->p[out->len - 1 - p[6] % 48] ^= (char)(1 << p[7] % 8);
	return 8 + r.idlen + r.len;
}

static void
read_all(const char *p, size_t len)
{
	own_bytes struct bytes copy = { 0 };
	struct record r;
	struct err e;

	for (size_t at = 0, n; at < len; at += n) {
		n = record_read(p + at, len - at, &r);
		if (n == 0) {
			n = record_find(p, len, at + 1) - at;
			continue;
		}
		copy.len = 0;
		if (record_write(&copy, &r, &e) == -1 || copy.len != n ||
		    memcmp(copy.p, p + at, n) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes b = { 0 };
	static unsigned turn;

	bytes_add(&b, "", 0);
	read_all((const char *)data, len);
	for (size_t at = 0; at < len;)
		at += add(data + at, len - at, &b);
	read_all(b.p, b.len);
	/* The disk is slow beside all that. */
	if (turn++ % 16 == 0)
		open_it(&b);
	return 0;
}
