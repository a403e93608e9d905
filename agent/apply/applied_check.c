/* SPDX-License-Identifier: MIT */
/*
 * Is what was applied still whole on the disk? Every byte of it is hashed: a
 * flipped bit in a member that is not in use today would come out on the day
 * when somebody rolls back to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "applied.h"
#include "own.h"

#define PATH_ROOM (SNAPSHOT_PATH_MAX + 128)

static int
hash_check(int fd, const uint8_t want[static SHA256_LEN], struct err *e)
{
	uint8_t is[SHA256_LEN];

	if (sha256_fd(fd, is, e) == -1)
		return -1;
	if (memcmp(is, want, SHA256_LEN) != 0)
		return err_set(e, EBADMSG, "its bytes have changed");
	return 0;
}

/* The snapshot it was made of, whole: it may have to be applied again. */
static int
snapshot_check(const struct applied *a, int state, struct err *e)
{
	own_snapshot struct snapshot s = { 0 };
	char path[PATH_ROOM];
	own_fd int dir = -1;

	(void)snprintf(path, sizeof(path), "snapshots/%s", a->snapshot);
	dir = openat(
	    state, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "open %s", path);
	if (snapshot_read(&s, dir, e) == -1 ||
	    snapshot_verify(&s, dir, e) == -1)
		return err_in(e, "%s", path);
	if (strcmp(s.id, a->snapshot) != 0)
		return err_set(
		    e, EBADMSG, "%s: its manifest has changed", path);
	for (size_t i = 0; i < a->file_count; i++) {
		const struct applied_file *f = &a->files[i];
		const struct member *m;

		(void)snprintf(path, sizeof(path), "files/%s", f->path);
		m = f->filled ? NULL : snapshot_member(&s, path);
		if (!f->filled &&
		    (m == NULL ||
			memcmp(m->sha256, f->sha256, SHA256_LEN) != 0))
			return err_set(
			    e, EBADMSG, "/%s: not of its snapshot", f->path);
	}
	return 0;
}

int
applied_check(const struct applied *a, int state, struct err *e)
{
	bool empty;

	for (size_t i = 0; i < a->artifact_count; i++) {
		own_fd int fd = applied_artifact(
		    a, state, a->artifacts[i].plugin, &empty, e);

		if (fd == -1)
			return -1;
	}
	for (size_t i = 0; i < a->file_count; i++) {
		own_fd int fd = -1;

		if (!a->files[i].filled)
			continue; /* a member of the snapshot */
		fd = applied_file_open(a, state, &a->files[i], e);
		if (fd == -1 || hash_check(fd, a->files[i].sha256, e) == -1)
			return err_in(e, "/%s", a->files[i].path);
	}
	return snapshot_check(a, state, e);
}
