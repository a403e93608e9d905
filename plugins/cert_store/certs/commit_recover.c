/* SPDX-License-Identifier: MIT */
/* Commits after a kill, and beside another process. */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commit.h"
#include "file.h"
#include "journal.h"
#include "own.h"

#define LOCK_NAME   ".ingot-lock"
#define SWEEP_DEPTH 6 /* folders below one another */

static bool
is_folder(int dir, const struct dirent *d)
{
	struct stat st;

	return d->d_name[0] != '.' &&
	    fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* Temporary names of this folder and those below it; no link is followed. What
 * cannot be removed does no harm: no reader looks at such a name. */
static void
sweep(int dir, const char *name, int depth)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *all = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (all == NULL) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	while ((d = readdir(all)) != NULL)
		if (strncmp(d->d_name, FILE_TEMP, strlen(FILE_TEMP)) == 0)
			(void)unlinkat(fd, d->d_name, 0);
		else if (depth < SWEEP_DEPTH && is_folder(fd, d))
			sweep(fd, d->d_name, depth + 1);
	(void)closedir(all);
}

int
commit_recover(int root, struct err *e)
{
	if (commit_finish(root, e) == -1)
		return -1;
	sweep(root, ".", 0);
	return 0;
}

static long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Opened for reading: its closing is then no event for who watches the root.
 * Asked again and again rather than waited for: a wait in flock() would need a
 * signal to end it. */
int
commit_lock(int root, int ms, struct err *e)
{
	const struct timespec pause = { 0, 500 * 1000 };
	long end = now_ms() + ms;
	own_fd int fd = openat(
	    root, LOCK_NAME, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(e, "open %s", LOCK_NAME);
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock %s", LOCK_NAME);
		if (now_ms() >= end)
			return err_set(e, EBUSY,
			    "another process has kept the store locked for %d "
			    "ms (%s): ask again",
			    ms, LOCK_NAME);
		(void)nanosleep(&pause, NULL);
	}
	return take_fd(&fd);
}
