/* SPDX-License-Identifier: MIT */
/*
 * Looks through snapshots/. Which snapshots are there is the store's affair:
 * it keeps the current, the one before and the confirmed one, so what was
 * installed from a bundle is at hand for as long as one can go back to it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "own.h"
#include "package_stash.h"

#define SHELVES_MAX 64

static void
add(struct package_stash *s, int snapshots, const char *id)
{
	struct stash_shelf *shelf = &s->shelves[s->count];
	own_fd int dir = openat(
	    snapshots, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct err e;
	int rc;

	if (dir == -1)
		return;
	rc = package_list_read(&shelf->list, dir, &e);
	if (rc == -1)
		log_warn("snapshot %.8s: %s", id, e.text);
	if (rc != 1) {
		package_list_free(&shelf->list);
		return;
	}
	(void)snprintf(shelf->snapshot, sizeof(shelf->snapshot), "%s", id);
	s->count++;
}

int
package_stash_open(struct package_stash *s, int state, struct err *e)
{
	int fd = openat(state, "snapshots",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;

	*s = (struct package_stash){ .state = state };
	if (d == NULL) {
		(void)err_sys(e, "open folder snapshots");
		own_fd_close(&fd);
		return -1;
	}
	s->shelves = calloc(SHELVES_MAX, sizeof(*s->shelves));
	while (s->shelves != NULL && s->count < SHELVES_MAX &&
	    (de = readdir(d)) != NULL)
		if (strlen(de->d_name) == SHA256_HEX - 1)
			add(s, dirfd(d), de->d_name);
	(void)closedir(d);
	return s->shelves == NULL ? err_set(e, ENOMEM, "no memory") : 0;
}

void
package_stash_free(struct package_stash *s)
{
	for (size_t i = 0; i < s->count; i++)
		package_list_free(&s->shelves[i].list);
	free(s->shelves);
	memset(s, 0, sizeof(*s));
}

static bool
is_whole(int state, const char *path, const char *sha256_hex)
{
	own_fd int fd = openat(state, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];
	struct err ignored;

	if (fd == -1 || sha256_fd(fd, hash, &ignored) == -1)
		return false;
	hex_encode(hash, sizeof(hash), hex);
	return strcmp(hex, sha256_hex) == 0;
}

char *
package_stash_find(const struct package_stash *s, const char *name,
    const char *version, const char *arch)
{
	char path[SHA256_HEX + SNAPSHOT_PATH_MAX + 16];

	for (size_t i = 0; i < s->count; i++) {
		const struct stash_shelf *shelf = &s->shelves[i];
		const struct package_row *r =
		    package_list_find(&shelf->list, name, arch);

		if (r == NULL || *r->file == '\0' ||
		    strcmp(r->is.version, version) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "snapshots/%s/%s",
		    shelf->snapshot, r->file);
		if (is_whole(s->state, path, r->sha256))
			return strdup(path);
		log_warn("%s is damaged", path);
	}
	return NULL;
}
