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

#include "bundle.h"
#include "zst.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int raw = memfd_create("raw", MFD_CLOEXEC);
	int framed = memfd_create("framed", MFD_CLOEXEC);
	struct zst_writer *z;
	struct err e;

	if (raw == -1 || framed == -1 ||
	    write(raw, data, len) != (ssize_t)len ||
	    (z = zst_writer_new(framed, &e)) == NULL)
		abort();
	if (zst_write(z, data, len, &e) == -1 || zst_seal(z, &e) == -1)
		abort();
	zst_writer_free(z);
	try(raw);
	try(framed);
	(void)close(raw);
	(void)close(framed);
	return 0;
}
