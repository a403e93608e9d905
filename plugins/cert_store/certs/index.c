/* SPDX-License-Identifier: MIT */
/*
 * The files as they lie, each parsed once. inotify names what changed; after a
 * change of our own as after one of somebody else's the same road is gone. When
 * events were lost, or there is no inotify, folders are read again and a file
 * is parsed only if its inode, size or times are others.
 */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "index.h"
#include "journal.h"
#include "own.h"

#define EVENTS                                                                 \
	(IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |            \
	    IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |            \
	    IN_ONLYDIR)

/* --- folders -------------------------------------------------------------- */

static void
full_name(const char *folder, const char *name, char out[static CHANGE_NAME])
{
	if (strcmp(folder, ".") == 0)
		(void)snprintf(out, CHANGE_NAME, "%.255s", name);
	else
		(void)snprintf(out, CHANGE_NAME, "%s/%.255s", folder, name);
}

/* Also forgets what is not there any more. */
static int
read_folder(struct certs *c, const struct folder *f, struct err *e)
{
	int fd = openat(c->root, f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	char name[CHANGE_NAME];
	const struct dirent *d;
	int changed = 0, one;

	if (dir == NULL) {
		(void)err_sys(e, "open folder %s", f->path);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (changed != -1 && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		full_name(f->path, d->d_name, name);
		one = index_look_at(c, name, false, e);
		changed = one == -1 ? -1 : changed | one;
	}
	(void)closedir(dir);
	return changed;
}

static int
forget_the_gone(struct certs *c)
{
	struct stat st;
	int changed = 0;

	for (size_t i = c->file_count; i-- > 0;)
		if (fstatat(c->root, c->files[i]->name, &st, 0) == -1) {
			file_forget(c, i);
			changed = 1;
		}
	return changed;
}

/* Watched before it is read, so that nothing falls in between. */
static void
watch(struct certs *c, struct folder *f)
{
	char path[64 + INDEX_PATH];

	if (c->inotify == -1)
		return;
	(void)snprintf(
	    path, sizeof(path), "/proc/self/fd/%d/%s", c->root, f->path);
	f->wd = inotify_add_watch(c->inotify, path, EVENTS);
}

static int
read_all(struct certs *c, struct err *e)
{
	int changed = 0, one;

	c->all_stale = false;
	for (int i = 0; i < c->folder_count; i++) {
		struct folder *f = &c->folders[i];

		if (file_mkdirs(c->root, f->path, 0755, e) == -1)
			return -1;
		watch(c, f);
		if (f->wd == -1)
			c->all_stale = true; /* and so again next time */
		if ((one = read_folder(c, f, e)) == -1) {
			c->all_stale = true;
			return -1;
		}
		changed |= one;
	}
	return changed | forget_the_gone(c);
}

/* --- events --------------------------------------------------------------- */

/* What another process wrote about keys and standings. One that is damaged
 * changes nothing here; the next opening says so. */
static void
read_state(struct certs *c, const char *name)
{
	struct standings fresh;
	struct err ignored;

	if (strcmp(name, KEYRING_FILE) == 0) {
		keyring_free(&c->keyring);
		keyring_read(&c->keyring, c->root);
	}
	if (strcmp(name, STANDING_FILE) == 0 &&
	    standings_read(&fresh, c->root, &ignored) == 0) {
		standings_free(&c->standings);
		c->standings = fresh;
		index_trials(c);
	}
}

static int
on_event(struct certs *c, const struct inotify_event *ev, struct err *e)
{
	char name[CHANGE_NAME];

	if ((ev->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
		c->all_stale = true;
	if (ev->len == 0)
		return 0;
	for (int i = 0; i < c->folder_count; i++)
		if (c->folders[i].wd == ev->wd) {
			if (i == 0)
				read_state(c, ev->name);
			full_name(c->folders[i].path, ev->name, name);
			return index_look_at(c, name, true, e);
		}
	return 0;
}

static int
read_events(struct certs *c, struct err *e)
{
	char buf[16384]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *ev;
	int changed = 0, one;
	ssize_t n;

	while (c->inotify != -1 && (n = read(c->inotify, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n; p += sizeof(*ev) + ev->len) {
			ev = (const struct inotify_event *)p;
			if ((one = on_event(c, ev, e)) == -1) {
				c->all_stale = true;
				return -1;
			}
			changed |= one;
		}
	return changed;
}

/* Lookups cost nothing when nobody changed anything: one poll(). */
static bool
is_stale(const struct certs *c)
{
	struct pollfd p = { c->inotify, POLLIN, 0 };

	return c->all_stale || c->inotify == -1 || poll(&p, 1, 0) == 1;
}

int
index_refresh(struct certs *c, struct err *e)
{
	int changed, one = 0;

	if (!is_stale(c))
		return 0;
	if ((changed = read_events(c, e)) == -1)
		return -1;
	if ((c->all_stale || c->inotify == -1) && (one = read_all(c, e)) == -1)
		return -1;
	if ((changed | one) == 0)
		return 0;
	c->generation++;
	return index_join(c, e);
}

/* Without the lock, which who asks may hold already: between two renames of
 * another process a mixture may be seen, and its next rename is an event. */
int
certs_refresh(struct certs *c, struct err *e)
{
	return index_refresh(c, e);
}

int
certs_watch_fd(const struct certs *c)
{
	return c->inotify;
}

unsigned long
certs_generation(const struct certs *c)
{
	return c->generation;
}

/* --- beginning and end ---------------------------------------------------- */

static void
add_folder(struct certs *c, const char *path)
{
	for (int i = 0; i < c->folder_count; i++)
		if (strcmp(c->folders[i].path, path) == 0)
			return;
	(void)snprintf(
	    c->folders[c->folder_count].path, INDEX_PATH, "%s", path);
	c->folders[c->folder_count++].wd = -1;
}

int
index_open(struct certs *c, struct err *e)
{
	char folder[CHANGE_NAME];

	keyring_read(&c->keyring, c->root);
	if (standings_read(&c->standings, c->root, e) == -1)
		return -1;
	add_folder(c, "."); /* the first: see on_event() */
	for (int d = 0; d < CERTS_DOMAINS; d++) {
		(void)snprintf(
		    folder, sizeof(folder), "%s", c->config.anchors[d]);
		if (index_is_bundle(c, (enum certs_domain)d))
			change_folder(c->config.anchors[d], folder);
		add_folder(c, folder);
		index_crl_folder(c, (enum certs_domain)d, folder);
		add_folder(c, folder);
	}
	for (int k = 0; k < CERTS_LEAVES; k++) {
		add_folder(c, c->config.leaves[k]);
		add_folder(c, index_key_folder(c, k));
	}
	c->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	c->all_stale = true;
	if (read_all(c, e) == -1)
		return -1;
	c->generation++;
	return index_join(c, e);
}

void
index_close(struct certs *c)
{
	index_unjoin(c);
	keyring_free(&c->keyring);
	standings_free(&c->standings);
	while (c->file_count > 0)
		file_free(c->files[--c->file_count]);
	free(c->files);
	if (c->inotify != -1)
		(void)close(c->inotify);
}

void
index_ask_keys(struct certs *c)
{
	for (size_t i = 0; i < c->file_count; i++)
		if (c->files[i]->role == FILE_KEY && !c->files[i]->has_key)
			file_parse(c, c->files[i]);
}
