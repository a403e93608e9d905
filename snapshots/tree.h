/* SPDX-License-Identifier: MIT */
#ifndef TREE_H
#define TREE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * The sample's file tree, below an open root folder: "/" of a running system
 * or the place where one is mounted. All paths are absolute within it; none is
 * ever resolved outside.
 */
#define TREE_DEPTH_MAX 40

struct tree_paths {
	char **all; /* absolute; sorted and single after tree_sort() */
	size_t count;
	size_t room;
	/* Or NULL: what is not even opened, with all that is below it. */
	bool (*skip)(void *ctx, const char *path);
	void *ctx;
};

/*
 * Adds what a pattern means: a file, or a folder with all that is below it.
 * Each part of the path may hold * ? [ ]. Links are listed, not followed.
 * The number added, 0 when nothing is there, or -1.
 */
long
tree_list(int root, const char *pattern, struct tree_paths *, struct err *);
/* The same through links, which stay within root; see tree_read_through(). */
long tree_list_through(
    int root, const char *pattern, struct tree_paths *, struct err *);
/* One more, copied; at most SNAPSHOT_MEMBERS_MAX. */
int tree_add(struct tree_paths *, const char *path, struct err *);
void tree_sort(struct tree_paths *);
void tree_free(struct tree_paths *);

/* Where a folder really is, without the links on the way to it, which stay
 * within root. false: there is no such folder, or it can not be told. */
bool tree_real(int root, const char *folder, char *out, size_t size);

/* lstat; -1 with code ENOENT when nothing is there. */
int tree_stat(int root, const char *path, struct stat *, struct err *);

/*
 * Reads a regular file of at most max bytes. It may not have holes (code
 * ENODATA), nor change meanwhile (code EBUSY), nor lie behind a link.
 */
int tree_read(int root, const char *path, size_t max, struct bytes *out,
    struct stat *, struct err *);

/* Reads through links, which stay within root; for the sample's identity and
 * accounts, never for what is captured. */
int tree_read_through(
    int root, const char *path, size_t max, struct bytes *out, struct err *);

#endif
