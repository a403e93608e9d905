/* SPDX-License-Identifier: MIT */
#ifndef BUNDLE_FILE_H
#define BUNDLE_FILE_H

#include "err.h"

/*
 * The file that a bundle is written to. Nothing stands under its name, or
 * what stood there before, until the new one is whole and on the disk. While
 * it is written it has no name at all where the file system can do that; so a
 * kill leaves no litter, but for one moment of which the next run takes the
 * rest away.
 */
struct bundle_file {
	int fd;     /* to be written */
	int folder; /* of its name */
	const char *name;
	char temp[256]; /* its name until then */
	int linked;
};

/* path is borrowed until bundle_file_close(). */
int bundle_file_open(struct bundle_file *, const char *path, struct err *);
/* Durably under its name. */
int bundle_file_commit(struct bundle_file *, struct err *);
/* Without a commit: as if it had never been. */
void bundle_file_close(struct bundle_file *);

#endif
