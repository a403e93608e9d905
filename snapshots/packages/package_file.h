/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_FILE_H
#define PACKAGE_FILE_H

#include "buf.h"
#include "err.h"
#include "package.h"
#include "package_list.h"

/*
 * What a .deb (deb(5)) or an .ipk (the same, or a gzipped tar of the same
 * three members) says of itself. fd is read from where it stands; text, freed
 * first, holds what the fields point into.
 *
 * Bytes of a stranger: at most PACKAGE_CONTROL_MAX of control are looked at,
 * a payload's data not at all.
 */
#define PACKAGE_CONTROL_MAX (1024 * 1024)

int
package_file_read(int fd, struct bytes *text, struct package *, struct err *);

/* Is the payload what the row says, field by field? Else the error names what
 * differs. */
int package_file_check(int fd, const struct package_row *, struct err *);

/* The same for all payloads of a snapshot's folder, against its list, and the
 * list against the members: for the cage in which a bundle is opened. */
int package_files_check(const struct snapshot *, int dir, struct err *);

#endif
