/* SPDX-License-Identifier: MIT */
#ifndef FILE_IN_H
#define FILE_IN_H

#include <limits.h>

#include "file.h"

/* What the files of the durable write share; nobody else includes it. */

/* "a/b/c" -> "a/b" and "c"; the folder of "c" is ".". */
int file_parts(const char *path, char folder[static PATH_MAX],
    const char **last, struct err *);
/* The folder, open, the caller's. */
int file_folder(int dir, const char *path, struct err *);
/* Writes a temporary name beside name, whose path stands in errors; synced if
 * sync. On failure nothing is left. */
int file_temp(int folder, char temp[static NAME_MAX + 1], const char *name,
    const void *data, size_t len, struct file_meta, bool sync, struct err *);

#endif
