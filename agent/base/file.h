/* SPDX-License-Identifier: MIT */
#ifndef FILE_H
#define FILE_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * The one durable write, and its relations. Nothing else writes state.
 *
 * dir is an open folder or AT_FDCWD. A name is written under a temporary name
 * beside it, gets its bytes, mode and owner, is fsynced, renamed, and then the
 * folder is fsynced: after a power cut the old or the new file is there,
 * whole. A temporary name left behind begins with FILE_TEMP and is ignored by
 * every reader; file_sweep() removes such.
 */
#define FILE_TEMP ".ingot-new."

struct file_meta {
	mode_t mode; /* permission bits */
	uid_t uid;   /* (uid_t)-1: who writes */
	gid_t gid;   /* (gid_t)-1: who writes */
};

#define FILE_SECRET ((struct file_meta){ 0600, (uid_t)-1, (gid_t)-1 })
#define FILE_PUBLIC ((struct file_meta){ 0644, (uid_t)-1, (gid_t)-1 })

/* Replaces the file; a symbolic link at path is replaced, not followed. */
int file_write(int dir, const char *path, const void *data, size_t len,
    struct file_meta, struct err *);

/*
 * Only the first half of it: bytes, mode and owner under a temporary name of
 * that folder, which temp receives. For who has many, syncs them all at once
 * and renames them then. name is for the error.
 */
int
file_write_beside(int folder, char temp[static NAME_MAX + 1], const char *name,
    const void *data, size_t len, struct file_meta, struct err *);

/*
 * Reads a regular file of at most max bytes; a symbolic link as the last part
 * of path is refused. out is freed first and then the caller's.
 */
int file_read(
    int dir, const char *path, size_t max, struct bytes *out, struct err *);
/* The same from a descriptor, from its start; the offset is not moved. */
int file_read_fd(int fd, size_t max, struct bytes *out, struct err *);

/* All of it, however small the steps are that the kernel takes. -1: errno. */
int file_write_all(int fd, const void *data, size_t len);

int file_remove(int dir, const char *path, struct err *); /* absent is fine */
/* Makes path a symbolic link to target, replacing what was there by rename. */
int file_link(int dir, const char *target, const char *path, struct err *);
/* Makes the folder and those above it; one that is there is fine. */
int file_mkdirs(int dir, const char *path, mode_t mode, struct err *);
/* Removes a folder and all below it; follows no link, leaves no file system. */
int file_remove_tree(int dir, const char *path, struct err *);
/* Removes temporary names that a power cut left in the folder. */
int file_sweep(int dir, const char *path, struct err *);

/*
 * Opens path below dir, never leaving it: no "..", no absolute path, no
 * symbolic link on the way (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS).
 */
int file_open_beneath(
    int dir, const char *path, int flags, mode_t mode, struct err *);

/* A descriptor with a copy of the data that nobody can change any more. */
int file_sealed(const void *data, size_t len, struct err *);

/*
 * Many files at the price of two syncs: file_batch_add() writes temporary
 * names, file_batch_commit() does syncfs, renames all, syncfs. A batch that is
 * freed without a commit takes its temporary names away.
 */
struct file_batch;

struct file_batch *file_batch_new(int dir, struct err *); /* dir is borrowed */
int file_batch_add(struct file_batch *, const char *path, const void *data,
    size_t len, struct file_meta, struct err *);
/* What was added last, before it has its name, open for reading; the caller's.
 */
int file_batch_open(const struct file_batch *, struct err *);
int file_batch_commit(struct file_batch *, struct err *);
void file_batch_free(struct file_batch *);

#endif
