/* SPDX-License-Identifier: MIT */
/*
 * Which system calls change names and bytes, and how they say it: what
 * powercut.h has to be told of a process that is traced.
 */
#ifndef POWERCUT_CALLS_H
#define POWERCUT_CALLS_H

#include <sys/syscall.h>

#include "powercut.h"

/* The folder, as the process sees it, and the name in it. */
static void
cut_find(pid_t pid, uint64_t dirfd, uint64_t at, struct cut_name *n)
{
	char path[PATH_MAX] = "", whole[PATH_MAX + 64], *slash;
	int dir = (int)dirfd;

	*n = (struct cut_name){ NULL, "" };
	tracee_text(pid, at, path);
	if (*path == '/')
		(void)snprintf(
		    whole, sizeof(whole), "/proc/%d/root%s", (int)pid, path);
	else if (dir == AT_FDCWD)
		(void)snprintf(
		    whole, sizeof(whole), "/proc/%d/cwd/%s", (int)pid, path);
	else
		(void)snprintf(whole, sizeof(whole), "/proc/%d/fd/%d/%s",
		    (int)pid, dir, path);
	for (slash = strrchr(whole, '/'); slash[1] == '\0' && slash > whole;
	     slash = strrchr(whole, '/'))
		*slash = '\0';
	if (strlen(slash + 1) > NAME_MAX)
		return;
	(void)strcpy(n->name, slash + 1);
	*slash = '\0';
	n->folder =
	    cut_node_take(open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static bool
cut_is_there(const struct cut_name *n)
{
	struct stat st;

	return n->folder == NULL ||
	    fstatat(n->folder->fd, n->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Before the bytes of a file are changed. */
static void
cut_touch(pid_t pid, uint64_t fd)
{
	struct cut_node *n;
	char proc[64], path[PATH_MAX];
	struct stat st;

	(void)snprintf(proc, sizeof(proc), "/proc/%d/fd/%d", (int)pid, (int)fd);
	if (!tracee_file(pid, fd, path) || stat(proc, &st) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	/* Not to write: then nobody could execute it (ETXTBSY). */
	n = cut_node_take(open(proc, O_PATH | O_CLOEXEC));
	if (n != NULL && n->safe == -1)
		n->safe = st.st_size;
}

/* How calls name what they change: arguments by number, -1 where there is
 * none (then the path is relative to the current folder). */
static const struct cut_call {
	long nr;
	enum cut_kind kind;
	int dir, name;
	int from_dir, from_name;
} cut_calls[] = {
	{ SYS_openat, CUT_MADE, 0, 1, 0, 0 },
	{ SYS_mkdirat, CUT_MADE, 0, 1, 0, 0 },
	{ SYS_symlinkat, CUT_MADE, 1, 2, 0, 0 },
	{ SYS_linkat, CUT_MADE, 2, 3, 0, 0 },
	{ SYS_renameat, CUT_MOVED, 2, 3, 0, 1 },
	{ SYS_renameat2, CUT_MOVED, 2, 3, 0, 1 },
	{ SYS_unlinkat, CUT_GONE, 0, 1, 0, 0 },
#ifdef SYS_rename
	{ SYS_open, CUT_MADE, -1, 0, 0, 0 },
	{ SYS_mkdir, CUT_MADE, -1, 0, 0, 0 },
	{ SYS_symlink, CUT_MADE, -1, 1, 0, 0 },
	{ SYS_link, CUT_MADE, -1, 1, 0, 0 },
	{ SYS_rename, CUT_MOVED, -1, 1, -1, 0 },
	{ SYS_unlink, CUT_GONE, -1, 0, 0, 0 },
	{ SYS_rmdir, CUT_GONE, -1, 0, 0, 0 },
#endif
};

static void
cut_arguments(
    pid_t pid, const struct cut_call *c, const uint64_t a[6], struct cut_op *op)
{
	const uint64_t here = (uint64_t)AT_FDCWD;

	cut_find(pid, c->dir == -1 ? here : a[c->dir], a[c->name], &op->at);
	if (c->kind == CUT_MOVED)
		cut_find(pid, c->from_dir == -1 ? here : a[c->from_dir],
		    a[c->from_name], &op->from);
	if (op->at.folder == NULL)
		return;
	op->kind = c->kind;
	/* An open of what is there makes no name. */
	if (c->kind == CUT_MADE && cut_is_there(&op->at))
		op->kind = CUT_NONE;
	else if (c->kind != CUT_MADE)
		cut_keep(op);
}

/* On the way into a call; op is what becomes of it if it succeeds. */
static void
powercut_before(pid_t pid, long nr, const uint64_t a[6], struct cut_op *op)
{
	static const long bytes[] = { SYS_write, SYS_pwrite64, SYS_writev,
		SYS_ftruncate, SYS_fallocate };

	*op = (struct cut_op){ .kind = CUT_NONE };
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		if (bytes[i] == nr)
			cut_touch(pid, a[0]);
	if (nr == SYS_copy_file_range)
		cut_touch(pid, a[2]);
	for (size_t i = 0; i < sizeof(cut_calls) / sizeof(cut_calls[0]); i++)
		if (cut_calls[i].nr == nr)
			cut_arguments(pid, &cut_calls[i], a, op);
}

/* On the way out of one that succeeded. */
static void
powercut_after(pid_t pid, long nr, const uint64_t a[6], struct cut_op *op)
{
	struct stat st;

	if (nr == SYS_fsync || nr == SYS_fdatasync)
		cut_sync(pid, a[0], false);
	if (nr == SYS_syncfs)
		cut_sync(pid, a[0], true);
	if (op->kind == CUT_NONE)
		return;
	if (cut_op_count == CUT_OPS_MAX)
		die("too many changes to remember");
	if (op->kind == CUT_MADE &&
	    fstatat(op->at.folder->fd, op->at.name, &st, AT_SYMLINK_NOFOLLOW) ==
		0 &&
	    S_ISDIR(st.st_mode))
		op->child = st.st_ino;
	cut_ops[cut_op_count++] = *op;
}

#endif
