/* SPDX-License-Identifier: MIT */
/*
 * Walking and reading the sample. Everything is opened with openat2() beneath
 * the root, so a link in a mounted image can not lead to the machine that
 * captures it.
 */
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "snapshot.h"
#include "tree.h"

/* "/etc/x" -> "etc/x", and "/" -> ".". */
static const char *
relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path == '\0' ? "." : path;
}

/* through: links on the way are followed, but never out of the root. */
static int
tree_open(int root, const char *path, int flags, bool through, struct err *e)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (!through)
		return file_open_beneath(
		    root, relative(path), flags | O_NOFOLLOW, 0, e);
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd == -1 ? err_sys(e, "open %s", path) : (int)fd;
}

static int
tree_stat_at(
    int root, const char *path, bool through, struct stat *st, struct err *e)
{
	own_fd int fd = tree_open(root, path, O_PATH, through, e);

	if (fd == -1)
		return -1;
	return fstat(fd, st) == -1 ? err_sys(e, "%s", path) : 0;
}

/* By the kernel's word; the caller's, NULL: it has none. */
static char *
place_of(int fd)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return fd == -1 ? NULL : realpath(link, NULL);
}

bool
tree_real(int root, const char *folder, char *out, size_t size)
{
	struct err e;
	own_fd int fd = tree_open(root, folder, O_PATH | O_DIRECTORY, true, &e);
	own_str char *top = place_of(root), *place = place_of(fd);
	size_t n = top == NULL || strcmp(top, "/") == 0 ? 0 : strlen(top);

	return top != NULL && place != NULL && strncmp(place, top, n) == 0 &&
	    place[n] == '/' && snprintf(out, size, "%s", place + n) < (int)size;
}

int
tree_stat(int root, const char *path, struct stat *st, struct err *e)
{
	return tree_stat_at(root, path, false, st, e);
}

int
tree_add(struct tree_paths *paths, const char *path, struct err *e)
{
	size_t room = paths->room == 0 ? 256 : 2 * paths->room;
	char **grown;

	if (paths->count >= SNAPSHOT_MEMBERS_MAX)
		return err_set(e, E2BIG, "%s: more than %d files", path,
		    SNAPSHOT_MEMBERS_MAX);
	if (paths->count == paths->room) {
		if ((grown = reallocarray(paths->all, room, sizeof(char *))) ==
		    NULL)
			return err_sys(e, "%s", path);
		paths->all = grown;
		paths->room = room;
	}
	if ((paths->all[paths->count] = strdup(path)) == NULL)
		return err_sys(e, "%s", path);
	paths->count++;
	return 0;
}

struct walk {
	int root;
	struct tree_paths *paths;
	bool through;
	int depth;
};

static bool
nothing_there(const struct err *e)
{
	return e->code == ENOENT || e->code == ENOTDIR;
}

/* Called for each entry of a folder. */
typedef int entry_fn(struct walk *, const char *path, const char *name,
    const void *ctx, struct err *);

static int
each_entry(struct walk *w, const char *folder, entry_fn *fn, const void *ctx,
    struct err *e)
{
	int fd =
	    tree_open(w->root, folder, O_RDONLY | O_DIRECTORY, w->through, e);
	char path[PATH_MAX];
	struct dirent *de;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	int rc = 0;

	if (d == NULL) {
		own_fd_close(&fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s",
			strcmp(folder, "/") == 0 ? "" : folder,
			de->d_name) >= (int)sizeof(path))
			rc = err_set(e, ENAMETOOLONG, "%.200s...", path);
		else
			rc = fn(w, path, de->d_name, ctx, e);
	}
	(void)closedir(d);
	return rc;
}

static int add_all(struct walk *, const char *path, struct err *);

static bool
skips(const struct walk *w, const char *path)
{
	return w->paths->skip != NULL && w->paths->skip(w->paths->ctx, path);
}

static int
on_below(struct walk *w, const char *path, const char *name, const void *ctx,
    struct err *e)
{
	own_fd int link = -1;
	struct stat st;

	(void)name;
	(void)ctx;
	/* A link in a folder may lead back up: only those that the pattern
	 * goes through are followed. */
	if (w->through && !skips(w, path)) {
		link = tree_open(w->root, path, O_PATH | O_NOFOLLOW, true, e);
		if (link == -1 || fstat(link, &st) == -1 || S_ISLNK(st.st_mode))
			return 0;
	}
	return add_all(w, path, e);
}

/* A file, or all below a folder. What vanishes meanwhile was never there. */
static int
add_all(struct walk *w, const char *path, struct err *e)
{
	struct stat st;
	int rc;

	if (skips(w, path))
		return 0;
	if (tree_stat_at(w->root, path, w->through, &st, e) == -1)
		return nothing_there(e) ? 0 : -1;
	if (!S_ISDIR(st.st_mode))
		return tree_add(w->paths, path, e);
	if (w->depth == TREE_DEPTH_MAX)
		return err_set(e, ELOOP, "%s: deeper than %d folders", path,
		    TREE_DEPTH_MAX);
	w->depth++;
	rc = each_entry(w, path, on_below, NULL, e);
	w->depth--;
	return rc;
}

static int
expand(struct walk *, const char *done, const char *rest, struct err *);

/* The part of a pattern that entries have to fit, and what follows it. */
struct part {
	char pattern[NAME_MAX + 1];
	const char *rest;
};

static int
on_match(struct walk *w, const char *path, const char *name, const void *ctx,
    struct err *e)
{
	const struct part *part = ctx;

	if (fnmatch(part->pattern, name, FNM_PERIOD) != 0)
		return 0;
	return expand(w, path, part->rest, e);
}

/* done has no pattern in it any more; rest is "" or begins with "/". */
static int
expand(struct walk *w, const char *done, const char *rest, struct err *e)
{
	char path[PATH_MAX];
	struct part part;
	struct stat st;
	size_t n;

	while (*rest == '/')
		rest++;
	if (*rest == '\0')
		return add_all(w, done, e);
	n = strcspn(rest, "/");
	if (n > NAME_MAX || strlen(done) + n + 2 > sizeof(path))
		return err_set(e, ENAMETOOLONG, "%.200s", rest);
	(void)snprintf(
	    part.pattern, sizeof(part.pattern), "%.*s", (int)n, rest);
	part.rest = rest + n;
	if (strpbrk(part.pattern, "*?[") == NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", done, part.pattern);
		return expand(w, path, part.rest, e);
	}
	if (skips(w, done))
		return 0;
	if (tree_stat_at(w->root, done[0] == '\0' ? "/" : done, w->through, &st,
		e) == -1)
		return nothing_there(e) ? 0 : -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	return each_entry(w, done[0] == '\0' ? "/" : done, on_match, &part, e);
}

static long
list(struct walk *w, const char *pattern, struct err *e)
{
	size_t before = w->paths->count;

	if (pattern[0] != '/')
		return err_set(
		    e, EINVAL, "\"%s\" does not begin with /", pattern);
	if (expand(w, "", pattern, e) == 0)
		return (long)(w->paths->count - before);
	if (e->code == ELOOP)
		(void)err_set(e, ELOOP,
		    "a folder on the way is a symbolic link; name the place "
		    "where the files really are");
	return err_in(e, "%s", pattern);
}

long
tree_list(
    int root, const char *pattern, struct tree_paths *paths, struct err *e)
{
	struct walk w = { .root = root, .paths = paths };

	return list(&w, pattern, e);
}

long
tree_list_through(
    int root, const char *pattern, struct tree_paths *paths, struct err *e)
{
	struct walk w = { .root = root, .paths = paths, .through = true };

	return list(&w, pattern, e);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
tree_sort(struct tree_paths *paths)
{
	size_t kept = 0;

	if (paths->count == 0)
		return;
	qsort(paths->all, paths->count, sizeof(char *), by_text);
	for (size_t i = 1; i < paths->count; i++) {
		if (strcmp(paths->all[kept], paths->all[i]) == 0)
			free(paths->all[i]);
		else
			paths->all[++kept] = paths->all[i];
	}
	paths->count = kept + 1;
}

void
tree_free(struct tree_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->all[i]);
	free(paths->all);
	memset(paths, 0, sizeof(*paths));
}

static bool
changed(const struct stat *a, const struct stat *b)
{
	return a->st_size != b->st_size ||
	    a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
	    a->st_ctim.tv_sec != b->st_ctim.tv_sec ||
	    a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

/* Exactly size bytes, in one piece of memory: most of a capture is reading. */
static int
read_sized(int fd, size_t size, struct bytes *out)
{
	ssize_t n;

	bytes_free(out);
	if ((out->p = malloc(size + 1)) == NULL)
		return -1;
	out->room = size + 1;
	while (out->len < size &&
	    (n = pread(fd, out->p + out->len, size - out->len,
		 (off_t)out->len)) != 0) {
		if (n == -1 && errno != EINTR)
			return -1;
		out->len += n > 0 ? (size_t)n : 0;
	}
	out->p[out->len] = '\0';
	return 0;
}

int
tree_read(int root, const char *path, size_t max, struct bytes *out,
    struct stat *st, struct err *e)
{
	own_fd int fd =
	    tree_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, false, e);
	struct stat after;

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1)
		return err_sys(e, "%s", path);
	/* A hole is a disk image or a database that is being written. */
	if (st->st_size > 0 && lseek(fd, 0, SEEK_HOLE) < st->st_size)
		return err_set(e, ENODATA, "%s has holes", path);
	if (!S_ISREG(st->st_mode) || (uint64_t)st->st_size > max)
		return err_set(e, EFBIG,
		    "%s is no plain file of at most %zu bytes", path, max);
	if (read_sized(fd, (size_t)st->st_size, out) == -1)
		return err_sys(e, "read %s", path);
	if (fstat(fd, &after) == -1)
		return err_sys(e, "%s", path);
	if (changed(st, &after) || (off_t)out->len != st->st_size)
		return err_set(e, EBUSY,
		    "%s changed while it was read; stop what writes it", path);
	return 0;
}

int
tree_read_through(
    int root, const char *path, size_t max, struct bytes *out, struct err *e)
{
	own_fd int fd =
	    tree_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, true, e);

	if (fd == -1)
		return -1;
	if (file_read_fd(fd, max, out, e) == -1)
		return err_in(e, "%s", path);
	return 0;
}
