/* SPDX-License-Identifier: MIT */
/*
 * Opening bundles. A fuzzer can not make a zstd frame, let alone the seal: the
 * input is tried as a file, and again as the archive inside a right frame.
 */
#include <sys/mman.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "bundle.h"
#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try(int fd)
{
	const struct bundle_trust trust = { .unsigned_ok = true };
	struct bundle_info info;
	struct err e;

	if (bundle_open(fd, &trust, -1, &info, &e) == -1 && e.text[0] == '\0')
		abort();
}

/* A right frame and seal (zst.h) by hand: zst_writer starts a thread, which is
 * ten times the work of all the rest. */
static int
framed(const uint8_t *data, size_t len)
{
	static const uint8_t head[16] = { 0x5d, 0x2a, 0x4d, 0x18, 40, 0, 0, 0,
		'I', 'N', 'G', 'O', 'T', 'v', '1', 0 };
	int fd = memfd_create("framed", MFD_CLOEXEC);
	size_t room = ZSTD_compressBound(len);
	uint8_t *frame = malloc(room), hash[SHA256_LEN];
	struct err e;

	room = ZSTD_compress(frame, room, data, len, 1);
	if (fd == -1 || ZSTD_isError(room) ||
	    sha256(frame, room, hash, &e) == -1 ||
	    write(fd, frame, room) != (ssize_t)room ||
	    write(fd, head, sizeof(head)) != (ssize_t)sizeof(head) ||
	    write(fd, hash, sizeof(hash)) != (ssize_t)sizeof(hash))
		abort();
	free(frame);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int raw = memfd_create("raw", MFD_CLOEXEC), sealed = framed(data, len);

	if (raw == -1 || write(raw, data, len) != (ssize_t)len)
		abort();
	try(raw);
	try(sealed);
	(void)close(raw);
	(void)close(sealed);
	return 0;
}
