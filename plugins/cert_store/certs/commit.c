/* SPDX-License-Identifier: MIT */
/*
 * Several files as one. The order is the promise:
 *
 *	new files under temporary names, synced; folders synced
 *	a second name for each file that is about to go
 *	the journal, synced: from here on a kill ends in the new state
 *	renames and removals; folders synced
 *	the journal goes, then the second names
 *
 * The second names are for the disk that fails in the middle while we live:
 * each change is then taken back, and the temporary names are there again
 * before the journal goes, so that a kill in the midst of taking back still
 * has a whole journal to finish.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "digest.h"
#include "file.h"
#include "journal.h"
#include "own.h"

struct commit {
	int root;
	char id[9]; /* no temporary name of ours meets one of a dead process */
	int count;
	struct change changes[COMMIT_MAX];
};

static int
redo(int root, const struct change *c, int count, struct err *e)
{
	for (int i = 0; i < count; i++)
		if (change_do(root, &c[i], e) == -1)
			return -1;
	return change_sync(root, c, count, e);
}

/* A journal that stands is finished, whoever left it. */
int
commit_finish(int root, struct err *e)
{
	struct change *c = calloc(COMMIT_MAX, sizeof(*c));
	int n, rc = -1;

	if (c == NULL)
		return err_set(e, ENOMEM, "out of memory");
	n = journal_read(root, c, e);
	if (n == 0 || (n > 0 && redo(root, c, n, e) == 0))
		rc = n == 0 ? 0 : file_remove(root, JOURNAL_NAME, e);
	free(c);
	return rc;
}

struct commit *
commit_begin(int root, struct err *e)
{
	struct commit *c;

	if (commit_finish(root, e) == -1)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	c->root = root;
	if (random_text(c->id, sizeof(c->id) - 1, e) == 0)
		return c;
	free(c);
	return NULL;
}

/* --- what is asked -------------------------------------------------------- */

/* Beside name, and never seen by a reader of certificates. */
static void
hidden_name(const struct commit *c, const char *name, int number,
    const char *what, char out[static CHANGE_NAME])
{
	const char *slash = strrchr(name, '/');
	int folder = slash == NULL ? 0 : (int)(slash + 1 - name);

	(void)snprintf(out, CHANGE_NAME, "%.*s" FILE_TEMP "%s.%d%s", folder,
	    name, c->id, number, what);
}

/* The next change, not yet counted. */
static struct change *
next_change(struct commit *c, const char *name, struct err *e)
{
	struct change *next = &c->changes[c->count];

	if (change_name_check(name, e) == -1)
		return NULL;
	if (c->count == COMMIT_MAX)
		return (void)err_set(
			   e, E2BIG, "more than %d changes in one", COMMIT_MAX),
		       NULL;
	for (int i = 0; i < c->count; i++)
		if (strcmp(c->changes[i].name, name) == 0)
			return (void)err_set(e, EINVAL,
				   "%s is changed twice in one", name),
			       NULL;
	memset(next, 0, sizeof(*next));
	(void)snprintf(next->name, sizeof(next->name), "%s", name);
	return next;
}

/* A disk that forgets what it said it wrote is found out before the old file
 * is given up. */
static int
fill(int fd, const void *data, size_t len, mode_t mode, struct err *e)
{
	own_bytes struct bytes back = { 0 };

	if (file_write_all(fd, data, len) == -1 || fchmod(fd, mode) == -1 ||
	    fsync(fd) == -1)
		return err_sys(e, "write");
	if (file_read_fd(fd, len, &back, e) == -1)
		return -1;
	if (back.len != len || memcmp(back.p, data, len) != 0)
		return err_set(e, EIO, "what was written reads differently");
	return 0;
}

int
commit_put(struct commit *c, const char *name, const void *data, size_t len,
    mode_t mode, struct err *e)
{
	struct change *next = next_change(c, name, e);
	int fd, rc;

	if (next == NULL)
		return -1;
	hidden_name(c, name, c->count, "", next->temp);
	fd = openat(c->root, next->temp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(e, "write %s", name);
	c->count++; /* from here on commit_drop() has something to remove */
	rc = fill(fd, data, len, mode, e);
	if (close(fd) == -1 && rc == 0)
		rc = err_sys(e, "write");
	return rc == -1 ? err_in(e, "%s", name) : 0;
}

int
commit_link(
    struct commit *c, const char *target, const char *name, struct err *e)
{
	struct change *next = next_change(c, name, e);

	if (next == NULL)
		return -1;
	hidden_name(c, name, c->count, "", next->temp);
	if (symlinkat(target, c->root, next->temp) == -1)
		return err_sys(e, "link %s", name);
	c->count++;
	return 0;
}

int
commit_remove(struct commit *c, const char *name, struct err *e)
{
	struct change *next = next_change(c, name, e);

	if (next == NULL)
		return -1;
	next->remove = true;
	c->count++;
	return 0;
}

int
commit_count(const struct commit *c)
{
	return c->count;
}

/* --- its end -------------------------------------------------------------- */

/* A second name of somebody else's file is not given to us (protected
 * hardlinks): where an EVerest writes beside us, a copy has to do. */
static int
copy_old(struct commit *c, const struct change *x, struct err *e)
{
	own_bytes struct bytes old = { 0 };
	own_fd int fd = -1;

	if (file_read(c->root, x->name, CERT_FILE_MAX, &old, e) == -1)
		return -1;
	fd = openat(c->root, x->old,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd == -1
	    ? err_sys(e, "keep %s", x->name)
	    : fill(fd, old.p == NULL ? "" : old.p, old.len, 0644, e);
}

static int
keep_old(struct commit *c, struct err *e)
{
	for (int i = 0; i < c->count; i++) {
		struct change *x = &c->changes[i];

		hidden_name(c, x->name, i, ".old", x->old);
		if (linkat(c->root, x->name, c->root, x->old, 0) == 0)
			continue;
		if (errno == EPERM) {
			if (copy_old(c, x, e) == -1)
				return -1;
			continue;
		}
		x->old[0] = '\0';
		if (errno != ENOENT)
			return err_sys(e, "keep %s", x->name);
	}
	return 0;
}

static int
take_back(int root, const struct change *x)
{
	if (x->remove)
		return x->old[0] == '\0'
		    ? 0
		    : renameat(root, x->old, root, x->name);
	if (x->old[0] == '\0')
		return renameat(root, x->name, root, x->temp);
	if (linkat(root, x->name, root, x->temp, 0) == -1)
		return -1;
	return renameat(root, x->old, root, x->name);
}

/* The first n changes, newest first. -1: some stay done, and the journal has to
 * stay as well. */
static int
undo(struct commit *c, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (take_back(c->root, &c->changes[i]) == -1)
			return -1;
	return 0;
}

/* -1: what is done is taken back; *stuck: not all of it could be. */
static int
do_all(struct commit *c, bool *stuck, struct err *e)
{
	struct err ignored;
	int n = 0;

	while (n < c->count && change_do(c->root, &c->changes[n], e) == 0)
		n++;
	if (n == c->count && change_sync(c->root, c->changes, c->count, e) == 0)
		return 0;
	*stuck = undo(c, n) == -1;
	if (*stuck)
		return err_in(
		    e, "half done, to be finished at the next change");
	(void)change_sync(c->root, c->changes, c->count, &ignored);
	return -1;
}

static void
remove_hidden(struct commit *c)
{
	for (int i = 0; i < c->count; i++) {
		if (c->changes[i].temp[0] != '\0')
			(void)unlinkat(c->root, c->changes[i].temp, 0);
		if (c->changes[i].old[0] != '\0')
			(void)unlinkat(c->root, c->changes[i].old, 0);
	}
}

/* As long as a journal may come back after a power cut, what it speaks of has
 * to stay; commit_recover() sweeps it up. */
static int
cancel(struct commit *c)
{
	struct err ignored;

	if (file_remove(c->root, JOURNAL_NAME, &ignored) == 0)
		remove_hidden(c);
	free(c);
	return -1;
}

int
commit_end(struct commit *c, struct err *e)
{
	bool stuck = false;
	struct err ignored;

	if (change_sync(c->root, c->changes, c->count, e) == -1 ||
	    keep_old(c, e) == -1) {
		commit_drop(c);
		return -1;
	}
	if (journal_write(c->root, c->changes, c->count, e) == -1)
		return cancel(c);
	if (do_all(c, &stuck, e) == -1) {
		if (!stuck)
			return cancel(c);
		free(c);
		return -1;
	}
	/* It is done. A journal that can not be removed is done once more. */
	(void)file_remove(c->root, JOURNAL_NAME, &ignored);
	commit_drop(c);
	return 0;
}

void
commit_drop(struct commit *c)
{
	if (c == NULL)
		return;
	remove_hidden(c);
	free(c);
}
