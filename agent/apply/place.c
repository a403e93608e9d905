/* SPDX-License-Identifier: MIT */
/*
 * The way to a managed file, part by part. The kernel's RESOLVE_NO_SYMLINKS
 * would be shorter, but /lib and /var/run are links on every system we run on;
 * so each link is opened itself (O_PATH | O_NOFOLLOW), judged by its owner,
 * and followed by the text that was read from that same descriptor. What it
 * leads to is walked in the same way: root's link into a folder of a user
 * must not be followed through the links which that user puts there.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "place.h"

/* As the kernel's own limit; a circle of links ends here. */
#define LINKS_MAX 40

static int enter(int dir, const char *name, unsigned depth, struct err *e);

/* One part of a link's text: unlike a managed path it may hold dots. */
static int
step(int dir, const char *name, unsigned depth, struct err *e)
{
	int fd;

	if (strcmp(name, "..") != 0 && strcmp(name, ".") != 0)
		return enter(dir, name, depth, e);
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? err_sys(e, "follow link %s", name) : fd;
}

/* From dir along the text of a link, which is taken apart. */
static int
walk_link(int dir, char *to, unsigned depth, struct err *e)
{
	own_fd int at = openat(
	    dir, *to == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *rest = NULL;
	int next;

	if (at == -1)
		return err_sys(e, "follow link");
	for (char *name = strtok_r(to, "/", &rest); name != NULL;
	     name = strtok_r(NULL, "/", &rest)) {
		if ((next = step(at, name, depth + 1, e)) == -1)
			return -1;
		(void)close(at);
		at = next;
	}
	return take_fd(&at);
}

/* link: the link itself, open; found in dir as name. */
static int
follow(int dir, int link, const char *name, const struct stat *st,
    unsigned depth, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(e, ELOOP,
		    "%s is a link that belongs to user %u; only root's are "
		    "followed",
		    name, (unsigned)st->st_uid);
	if (depth >= LINKS_MAX)
		return err_set(e, ELOOP, "%s: too many links", name);
	n = readlinkat(link, "", to, sizeof(to) - 1);
	if (n == -1)
		return err_sys(e, "read link %s", name);
	to[n] = '\0';
	return walk_link(dir, to, depth, e);
}

static int
enter(int dir, const char *name, unsigned depth, struct err *e)
{
	own_fd int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return err_sys(e, "open folder %s", name);
	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat %s", name);
	if (S_ISDIR(st.st_mode))
		return take_fd(&fd);
	if (S_ISLNK(st.st_mode))
		return follow(dir, fd, name, &st, depth, e);
	return err_set(e, ENOTDIR, "%s is not a folder", name);
}

static int
make_durable(int dir, const char *name, struct err *e)
{
	own_fd int fd = -1;

	if (mkdirat(dir, name, 0755) == -1 && errno != EEXIST)
		return err_sys(e, "make folder %s", name);
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		return err_sys(e, "sync folder of %s", name);
	return 0;
}

static unsigned
parts_left(const char *p)
{
	unsigned n = 0;

	for (; (p = strchr(p, '/')) != NULL; p++)
		n++;
	return n;
}

/* One part, n bytes of p, copied to name. */
static int
part(const char *p, size_t n, char name[static NAME_MAX + 1], struct err *e)
{
	if (n == 0 || n > NAME_MAX)
		return err_set(e, EINVAL, "a part is empty or too long");
	memcpy(name, p, n);
	name[n] = '\0';
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, EINVAL, "\"%s\" is not allowed in it", name);
	return 0;
}

static int
walk(const char **p, bool make, struct err *e)
{
	own_fd int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	const char *slash;
	int next;

	if (dir == -1)
		return err_sys(e, "open /");
	for (; (slash = strchr(*p, '/')) != NULL; *p = slash + 1) {
		if (part(*p, (size_t)(slash - *p), name, e) == -1)
			return -1;
		next = enter(dir, name, 0, e);
		if (next == -1 && e->code == ENOENT && make &&
		    make_durable(dir, name, e) == 0)
			next = enter(dir, name, 0, e);
		if (next == -1)
			return -1;
		(void)close(dir);
		dir = next;
	}
	if (part(*p, strlen(*p), name, e) == -1)
		return -1;
	return take_fd(&dir);
}

int
place_open(const char *path, bool make, unsigned *missing, const char **name,
    struct err *e)
{
	const char *p = path;
	int dir = walk(&p, make, e);

	if (missing != NULL)
		*missing = dir == -1 ? parts_left(p) : 0;
	*name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
	return dir == -1 ? err_in(e, "/%s", path) : dir;
}

/* What is not there yet is not walked, but its parts are judged all the same.
 */
static int
parts_check(const char *p, struct err *e)
{
	char name[NAME_MAX + 1];
	size_t n;

	for (;; p += n + 1) {
		n = strcspn(p, "/");
		if (part(p, n, name, e) == -1)
			return -1;
		if (p[n] == '\0')
			return 0;
	}
}

int
place_real(const char *path, char out[static PATH_MAX], struct err *e)
{
	char upper[PATH_MAX], proc[32], real[PATH_MAX];
	const char *name;
	ssize_t n;
	own_fd int fd = -1;

	if (parts_check(path, e) == -1)
		return err_in(e, "/%s", path);
	(void)snprintf(upper, sizeof(upper), "%s", path);
	while ((fd = place_open(upper, false, NULL, &name, e)) == -1) {
		char *slash = strrchr(upper, '/');

		if (e->code != ENOENT || slash == NULL)
			return -1;
		*slash = '\0';
	}
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if ((n = readlink(proc, real, sizeof(real) - 1)) == -1)
		return err_sys(e, "/%s", path);
	real[n] = '\0';
	if (snprintf(out, PATH_MAX, "%s/%s", n == 1 ? "" : real,
		path + (name - upper)) >= PATH_MAX)
		return err_set(e, ENAMETOOLONG, "/%s", path);
	return 0;
}
