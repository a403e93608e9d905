/* SPDX-License-Identifier: MIT */
/*
 * What a disk holds when the power goes: what was synced. A killed process
 * loses nothing, since the kernel still writes what it was given; so who
 * watches another's system calls tells them here, and powercut() takes from
 * the disk what nobody asked it to keep:
 *
 *	bytes	of a file behind its size at its last fsync, fdatasync, syncfs
 *	names	made, moved or taken away in a folder since its last fsync
 *
 * That is the worst that POSIX allows, with one exception that every file
 * system in use makes: a folder is there when anything in it was synced. Bytes
 * that are overwritten in place, modes and owners are taken as kept.
 *
 * What is replaced or removed is kept meanwhile by a hard link in `vault`, a
 * folder of the same file system.
 */
#ifndef POWERCUT_H
#define POWERCUT_H

#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracee.h"

#define CUT_OPS_MAX 16384

/* A folder or a file, held open: its name may change, its number may not. */
struct cut_node {
	int fd;
	dev_t dev;
	ino_t ino;
	off_t safe; /* of a file: its bytes on the disk; -1: all of them */
};

struct cut_name {
	struct cut_node *folder; /* NULL: none */
	char name[NAME_MAX + 1];
};

enum cut_kind {
	CUT_NONE,
	CUT_MADE,
	CUT_MOVED,
	CUT_GONE
};

struct cut_op {
	enum cut_kind kind;
	struct cut_name at, from; /* from: of what was moved */
	unsigned kept;            /* what stood there, in the vault; 0: none */
	bool was_folder;
	mode_t mode;
	ino_t child; /* of a folder that was made or taken away */
	bool durable;
};

static struct cut_op cut_ops[CUT_OPS_MAX];
static size_t cut_op_count;
static struct cut_node *cut_nodes[CUT_OPS_MAX];
static size_t cut_node_count;
static int cut_vault = -1;
static unsigned cut_kept;

static void
powercut_open(const char *vault)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	cut_vault = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cut_vault == -1)
		die(vault);
}

/* Takes fd, which may be -1: then NULL. */
static struct cut_node *
cut_node_take(int fd)
{
	struct cut_node *n;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return NULL;
	for (size_t i = 0; i < cut_node_count; i++)
		if (cut_nodes[i]->ino == st.st_ino &&
		    cut_nodes[i]->dev == st.st_dev) {
			(void)close(fd);
			return cut_nodes[i];
		}
	n = calloc(1, sizeof(*n));
	if (n == NULL || cut_node_count == CUT_OPS_MAX)
		die("too much to remember");
	*n = (struct cut_node){ fd, st.st_dev, st.st_ino, -1 };
	return cut_nodes[cut_node_count++] = n;
}

static void
cut_kept_name(unsigned n, char name[static NAME_MAX])
{
	(void)snprintf(name, NAME_MAX, "%d.%u", (int)getpid(), n);
}

/* Links what stands there into the vault; folders are only remembered. */
static void
cut_keep(struct cut_op *op)
{
	struct stat st;
	char name[NAME_MAX];

	if (op->at.folder == NULL ||
	    fstatat(op->at.folder->fd, op->at.name, &st, AT_SYMLINK_NOFOLLOW) ==
		-1)
		return;
	op->was_folder = S_ISDIR(st.st_mode);
	op->mode = st.st_mode & 07777;
	op->child = op->was_folder ? st.st_ino : 0;
	if (op->was_folder)
		return;
	cut_kept_name(++cut_kept, name);
	if (linkat(op->at.folder->fd, op->at.name, cut_vault, name, 0) == 0)
		op->kept = cut_kept;
	else if (errno != EXDEV)
		die("vault");
	else
		op->kind = CUT_NONE; /* another file system: not looked at */
}

/* With all that was done to that name before. */
static void
cut_keep_name(size_t last)
{
	const struct cut_name *n = &cut_ops[last].at;

	for (size_t i = 0; i <= last; i++)
		if (cut_ops[i].at.folder == n->folder &&
		    strcmp(cut_ops[i].at.name, n->name) == 0)
			cut_ops[i].durable = true;
}

/* The folders above what was synced are there. */
static void
cut_keep_above(const char *proc)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink(proc, path, sizeof(path) - 1);
	struct stat st;

	if (n <= 0)
		return;
	path[n] = '\0';
	for (; path[0] == '/' && (slash = strrchr(path, '/')) != NULL;
	     *slash = '\0') {
		if (stat(path, &st) == -1)
			continue;
		for (size_t i = 0; i < cut_op_count; i++)
			if (cut_ops[i].kind == CUT_MADE &&
			    cut_ops[i].child == st.st_ino)
				cut_keep_name(i);
	}
}

/* Is it a name in that folder, or anywhere in its file system? */
static bool
cut_is_in(const struct cut_name *n, const struct stat *st, bool all)
{
	return n->folder != NULL && n->folder->dev == st->st_dev &&
	    (all || n->folder->ino == st->st_ino);
}

static void
cut_sync(pid_t pid, uint64_t fd, bool all)
{
	char proc[64];
	struct stat st;

	(void)snprintf(proc, sizeof(proc), "/proc/%d/fd/%d", (int)pid, (int)fd);
	if (stat(proc, &st) == -1)
		return;
	for (size_t i = 0; i < cut_node_count; i++)
		if (cut_nodes[i]->dev == st.st_dev &&
		    (all || cut_nodes[i]->ino == st.st_ino))
			cut_nodes[i]->safe = -1;
	for (size_t i = 0; i < cut_op_count; i++)
		if (cut_is_in(&cut_ops[i].at, &st, all) ||
		    cut_is_in(&cut_ops[i].from, &st, all))
			cut_ops[i].durable = true;
	cut_keep_above(proc);
}

/* A new one under the old name: what was in it is put back into that. */
static int
cut_folder(const struct cut_op *op)
{
	int dir = op->at.folder->fd, fd;

	if (mkdirat(dir, op->at.name, op->mode) == -1 ||
	    (fd = openat(dir, op->at.name, O_RDONLY | O_DIRECTORY)) == -1)
		return -1;
	for (size_t i = 0; i < cut_node_count; i++)
		if (cut_nodes[i]->ino == op->child)
			cut_nodes[i]->fd = fd;
	return 0;
}

/* A folder that was taken away for good, with all that happened in it. */
static bool
cut_is_gone(const struct cut_node *folder)
{
	struct stat st;

	return fstat(folder->fd, &st) == 0 && st.st_nlink == 0;
}

static void
cut_put_back(const struct cut_op *op)
{
	char name[NAME_MAX];
	int rc;

	if (cut_is_gone(op->at.folder))
		return;
	cut_kept_name(op->kept, name);
	if (op->kept == 0)
		rc =
		    op->kind == CUT_GONE && op->was_folder ? cut_folder(op) : 0;
	else
		rc = linkat(cut_vault, name, op->at.folder->fd, op->at.name, 0);
	if (rc == -1)
		(void)fprintf(stderr, "%s: not put back: %s\n", op->at.name,
		    strerror(errno));
}

/* Into the vault, with all that is in it. */
static void
cut_drop(const struct cut_name *n)
{
	char name[NAME_MAX];

	cut_kept_name(++cut_kept, name);
	(void)renameat(n->folder->fd, n->name, cut_vault, name);
}

static void
cut_bytes(const struct cut_node *n)
{
	char proc[64];
	struct stat st;

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", n->fd);
	if (stat(proc, &st) == 0 && st.st_size > n->safe &&
	    truncate(proc, n->safe) == -1)
		die("cut");
}

/* When nobody runs any more. names: these are lost as well; a file system may
 * also write a name before the bytes. */
static void
powercut(bool names)
{
	for (size_t i = names ? cut_op_count : 0; i-- > 0;) {
		const struct cut_op *op = &cut_ops[i];

		if (op->durable)
			continue;
		if (op->kind == CUT_MADE)
			cut_drop(&op->at);
		if (op->kind == CUT_MOVED && op->from.folder != NULL)
			(void)renameat(op->at.folder->fd, op->at.name,
			    op->from.folder->fd, op->from.name);
		cut_put_back(op);
	}
	for (size_t i = 0; i < cut_node_count; i++)
		if (cut_nodes[i]->safe != -1)
			cut_bytes(cut_nodes[i]);
}

#endif
