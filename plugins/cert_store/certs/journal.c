/* SPDX-License-Identifier: MIT */
/*
 * The journal: a line that says what it is, for each change 'R' TEMP NUL NAME
 * NUL or 'D' NAME NUL, and the SHA-256 of all that. Names may hold anything but
 * NUL, so a foreign name with a line break in it is removed like any other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "journal.h"
#include "own.h"

#define MAGIC     "ingot-commit 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)

int
change_name_check(const char *name, struct err *e)
{
	const char *part = name;
	size_t n;

	if (*name == '\0' || strlen(name) >= CHANGE_NAME - 64)
		return err_set(
		    e, EINVAL, "\"%.80s\": no name of the store", name);
	for (;; part += n + 1) {
		n = strcspn(part, "/");
		if (n == 0 || (n == 1 && part[0] == '.') ||
		    (n == 2 && memcmp(part, "..", 2) == 0))
			return err_set(e, EINVAL,
			    "\"%.80s\": not a name below the store's root",
			    name);
		if (part[n] == '\0')
			return 0;
	}
}

void
change_folder(const char *name, char out[static CHANGE_NAME])
{
	const char *slash = strrchr(name, '/');

	if (slash == NULL)
		(void)strcpy(out, ".");
	else
		(void)snprintf(
		    out, CHANGE_NAME, "%.*s", (int)(slash - name), name);
}

int
change_do(int root, const struct change *c, struct err *e)
{
	if (c->remove) {
		if (unlinkat(root, c->name, 0) == -1 && errno != ENOENT)
			return err_sys(e, "remove %s", c->name);
		return 0;
	}
	/* No temporary name: it was renamed before a kill. */
	if (renameat(root, c->temp, root, c->name) == -1 && errno != ENOENT)
		return err_sys(e, "rename to %s", c->name);
	return 0;
}

static int
sync_folder(int root, const char *folder, struct err *e)
{
	own_fd int fd =
	    openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A folder that somebody took away has nothing to be synced, and must
	 * not keep a journal from being finished. */
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fsync(fd) == -1)
		return err_sys(e, "sync folder %s", folder);
	return 0;
}

int
change_sync(int root, const struct change *c, int count, struct err *e)
{
	char folder[CHANGE_NAME], before[CHANGE_NAME];
	int k;

	for (int i = 0; i < count; i++) {
		change_folder(c[i].name, folder);
		for (k = 0; k < i; k++) {
			change_folder(c[k].name, before);
			if (strcmp(folder, before) == 0)
				break;
		}
		if (k == i && sync_folder(root, folder, e) == -1)
			return -1;
	}
	return 0;
}

static void
add_name(struct bytes *b, const char *name)
{
	bytes_add(b, name, strlen(name) + 1);
}

int
journal_write(int root, const struct change *c, int count, struct err *e)
{
	own_bytes struct bytes b = { 0 };
	uint8_t sum[SHA256_LEN];

	bytes_add(&b, MAGIC, MAGIC_LEN);
	for (int i = 0; i < count; i++) {
		/* What could not be read back must not decide anything. */
		if (change_name_check(c[i].name, e) == -1 ||
		    (!c[i].remove && change_name_check(c[i].temp, e) == -1))
			return -1;
		bytes_add(&b, c[i].remove ? "D" : "R", 1);
		if (!c[i].remove)
			add_name(&b, c[i].temp);
		add_name(&b, c[i].name);
	}
	if (b.bad)
		return err_set(e, ENOMEM, "out of memory");
	if (sha256(b.p, b.len, sum, e) == -1)
		return -1;
	bytes_add(&b, sum, sizeof(sum));
	return file_write(root, JOURNAL_NAME, b.p, b.len, FILE_SECRET, e);
}

static int
take_name(struct rbuf *r, char out[static CHANGE_NAME], struct err *e)
{
	size_t n = strnlen((const char *)r->p, r->left);

	if (n == r->left || n >= CHANGE_NAME)
		return err_set(e, EBADMSG, "a name without end");
	memcpy(out, r->p, n + 1);
	r->p += n + 1;
	r->left -= n + 1;
	return change_name_check(out, e);
}

static int
take_change(struct rbuf *r, struct change *c, struct err *e)
{
	char kind = (char)*r->p;

	memset(c, 0, sizeof(*c));
	if (kind != 'R' && kind != 'D')
		return err_set(e, EBADMSG, "neither a rename nor a removal");
	r->p++;
	r->left--;
	c->remove = kind == 'D';
	if (!c->remove && take_name(r, c->temp, e) == -1)
		return -1;
	return take_name(r, c->name, e);
}

int
journal_parse(const void *p, size_t len, struct change out[static COMMIT_MAX],
    struct err *e)
{
	uint8_t sum[SHA256_LEN];
	struct rbuf r;
	int n = 0;

	if (len < MAGIC_LEN + SHA256_LEN || memcmp(p, MAGIC, MAGIC_LEN) != 0)
		return err_set(e, EBADMSG, "not a journal");
	len -= SHA256_LEN;
	if (sha256(p, len, sum, e) == -1)
		return -1;
	if (memcmp(sum, (const char *)p + len, SHA256_LEN) != 0)
		return err_set(e, EBADMSG, "its sum is another one");
	rbuf_init(&r, (const char *)p + MAGIC_LEN, len - MAGIC_LEN);
	while (r.left > 0) {
		if (n == COMMIT_MAX)
			return err_set(
			    e, EBADMSG, "more than %d changes", COMMIT_MAX);
		if (take_change(&r, &out[n++], e) == -1)
			return -1;
	}
	return n;
}

int
journal_read(int root, struct change out[static COMMIT_MAX], struct err *e)
{
	own_bytes struct bytes b = { 0 };
	int n;

	if (file_read(root, JOURNAL_NAME, JOURNAL_BYTES, &b, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	n = journal_parse(b.p, b.len, out, e);
	if (n == -1)
		return err_in(e,
		    "%s is damaged: compare what the store holds with its "
		    "backup, then remove this file",
		    JOURNAL_NAME);
	return n;
}
