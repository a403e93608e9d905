/* SPDX-License-Identifier: MIT */
/*
 * The shelf keeps each file open from the look at what it is to the copy into
 * the bundle, so that both are of the same bytes.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "package_file.h"
#include "package_shelf.h"

#define SHELF_MAX 600 /* open files; a process may have 1024 */

static bool
is_package(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".deb") == 0 || strcmp(dot, ".ipk") == 0);
}

/* Opened and read; kept when it is looked for. -1: it is no package. */
static int
take(struct package_shelf *s, int dir, const char *name, shelf_wants *wants,
    void *ctx, struct err *e)
{
	struct shelved *one = &s->all[s->count];
	own_fd int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool wanted = false;
	struct stat st;
	int rc;

	if (fd == -1 || fstat(fd, &st) == -1)
		return err_sys(e, "%s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EBADMSG, "%s: no file", name);
	rc = package_file_read(fd, &one->text, &one->is, e);
	if (rc == 0)
		wanted = wants(ctx, &one->is);
	if (wanted && s->count + 1 == SHELF_MAX)
		rc = err_set(e, E2BIG,
		    "more than %d packages with their files; name those of "
		    "the product in the policy (packages)",
		    SHELF_MAX - 1);
	if (rc == -1 || !wanted) {
		bytes_free(&one->text);
		return rc == -1 ? err_in(e, "%s", name) : 0;
	}
	one->fd = take_fd(&fd);
	s->count++;
	return 0;
}

int
package_shelf_add(struct package_shelf *s, int dir, bool strict,
    shelf_wants *wants, void *ctx, struct err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL) {
		(void)err_sys(e, "open folder");
		own_fd_close(&fd);
		return -1;
	}
	if (s->all == NULL)
		s->all = calloc(SHELF_MAX, sizeof(*s->all));
	if (s->all == NULL)
		rc = err_set(e, ENOMEM, "no memory");
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (is_package(de->d_name) &&
		    take(s, dir, de->d_name, wants, ctx, e) == -1 &&
		    (strict || e->code == E2BIG))
			rc = -1;
	(void)closedir(d);
	return rc;
}

void
package_shelf_free(struct package_shelf *s)
{
	for (size_t i = 0; i < s->count; i++) {
		bytes_free(&s->all[i].text);
		(void)close(s->all[i].fd);
	}
	free(s->all);
	memset(s, 0, sizeof(*s));
}

const struct shelved *
package_shelf_find(const struct package_shelf *s, const struct package *p)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->all[i].is.name, p->name) == 0 &&
		    strcmp(s->all[i].is.version, p->version) == 0 &&
		    strcmp(s->all[i].is.arch, p->arch) == 0)
			return &s->all[i];
	return NULL;
}
