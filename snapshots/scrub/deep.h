/* SPDX-License-Identifier: MIT */
#ifndef DEEP_H
#define DEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * What is inside a file: members of archives (tar, zip, cpio, ar, 7z), what
 * gzip, zstd, xz, bzip2, lzma, lz4 and compress hold, text in UTF-16, runs of
 * base64 and of hex, and lines with URL, XML, JSON or C escapes. Each part is
 * opened in turn, DEEP_LEVELS deep.
 *
 * The limits are there because whoever writes a file may want to stop who
 * searches it: what unpacks to more than DEEP_RATIO times its size, or to more
 * than DEEP_TOTAL bytes, is refused, and so is what is damaged or encrypted.
 * Refused is said, never passed over.
 *
 * It runs in the caller's own process: what is searched is the sample's, whose
 * owner could do as much without an archive.
 */
#define DEEP_LEVELS   8
#define DEEP_PARTS    20000 /* of one file */
#define DEEP_PART_MAX (64u * 1024 * 1024)
#define DEEP_TOTAL    (512u * 1024 * 1024)
#define DEEP_RATIO    250
#define DEEP_FREE     (16u * 1024 * 1024) /* bytes before the ratio counts */

struct deep_part {
	const char *name; /* to be added to the file's: "!etc/passwd", "!hex",
			     or "" when lines are those of the file */
	const char *p;
	size_t len;
	unsigned line;       /* of the file, where the part begins; 0: the
				part's own lines count */
	bool names;          /* the members' names, one a line */
	const char *refused; /* why it was not looked into; p is then NULL */
};

/* -1 ends it. All of the part is borrowed until the call returns. */
typedef int deep_fn(void *ctx, const struct deep_part *, struct err *);

/* Calls fn for each part inside, not for the file itself. */
int deep_open(const char *p, size_t len, deep_fn *, void *ctx, struct err *);

/* Is it something that is packed, so that there is nothing to read in it
 * before it is opened? */
bool deep_packed(const char *p, size_t len);

#endif
