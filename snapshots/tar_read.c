/* SPDX-License-Identifier: MIT */
/*
 * libarchive behind a narrow door: only tar, only plain files, only the name
 * that is expected next, and never more bytes than were agreed. It gives no
 * name and no path to anybody, so nothing in an archive can choose where it is
 * written.
 */
#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tar_read.h"
#include "zst.h"

struct tar_reader {
	struct zst_reader *z;
	struct archive *a;
	struct err e;          /* of the callback */
	uint64_t given;        /* bytes of the archive so far */
	uint64_t allowed;      /* and how many there may be */
	uint64_t last_nonzero; /* behind the last byte that is not 0 */
};

static void
note_nonzero(struct tar_reader *t, const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	if (n > 0)
		t->last_nonzero = t->given + n;
}

static la_ssize_t
source_read(struct archive *a, void *ctx, const void **p)
{
	struct tar_reader *t = ctx;
	long n = zst_read(t->z, p, &t->e);

	if (n >= 0 && t->given + (uint64_t)n > t->allowed)
		n = err_set(&t->e, EFBIG,
		    "bundle unpacks to more than its manifest says");
	if (n == -1) {
		archive_set_error(a, EIO, "%s", t->e.text);
		return -1;
	}
	note_nonzero(t, *p, (size_t)n);
	t->given += (uint64_t)n;
	return n;
}

/* The callback's own sentence is better than what libarchive makes of it. */
static int
tar_err(struct tar_reader *t, struct err *e)
{
	const char *why = archive_error_string(t->a);

	if (t->e.text[0] != '\0')
		return err_set(e, t->e.code, "%s", t->e.text);
	return err_set(
	    e, EBADMSG, "archive: %s", why == NULL ? "unreadable" : why);
}

static int
plain_file_check(struct archive_entry *entry, const char *path, struct err *e)
{
	if (archive_entry_hardlink(entry) != NULL ||
	    archive_entry_symlink(entry) != NULL)
		return err_set(e, EBADMSG, "%s is a link", path);
	if (archive_entry_filetype(entry) != AE_IFREG)
		return err_set(e, EBADMSG,
		    "%s is a device, pipe or folder; only files are taken",
		    path);
	if ((archive_entry_perm(entry) & 07000) != 0)
		return err_set(
		    e, EBADMSG, "%s has a set-id or sticky bit", path);
	if (archive_entry_sparse_count(entry) != 0 ||
	    archive_entry_xattr_count(entry) != 0 ||
	    archive_entry_acl_types(entry) != 0)
		return err_set(e, EBADMSG,
		    "%s has holes, attributes or access lists", path);
	return 0;
}

int
tar_next(struct tar_reader *t, const char *name, struct tar_entry *out,
    struct err *e)
{
	struct archive_entry *entry;
	int rc = archive_read_next_header(t->a, &entry);
	const char *path;

	if (rc == ARCHIVE_EOF)
		return err_set(e, EBADMSG, "%s is missing", name);
	if (rc != ARCHIVE_OK)
		return tar_err(t, e);
	path = archive_entry_pathname(entry);
	if (path == NULL || strcmp(path, name) != 0)
		return err_set(e, EBADMSG, "%.200s stands where %s has to come",
		    path == NULL ? "an unreadable name" : path, name);
	if (plain_file_check(entry, path, e) == -1)
		return -1;
	/* A size that is not said comes out as 0, and then does not match. */
	out->size = (uint64_t)archive_entry_size(entry);
	out->mode = archive_entry_perm(entry);
	return 0;
}

static int
sink_add(const struct tar_sink *to, const void *p, size_t n, struct err *e)
{
	if (to->hash != NULL && sha256_add(to->hash, p, n, e) == -1)
		return -1;
	if (to->fd != -1 && file_write_all(to->fd, p, n) == -1)
		return err_sys(e, "write");
	if (to->text != NULL)
		bytes_add(to->text, p, n);
	return 0;
}

int
tar_pour(struct tar_reader *t, uint64_t size, const struct tar_sink *to,
    struct err *e)
{
	uint64_t done = 0;
	la_int64_t at;
	const void *p;
	size_t n;
	int rc;

	while (
	    (rc = archive_read_data_block(t->a, &p, &n, &at)) == ARCHIVE_OK) {
		if ((uint64_t)at != done || n > size - done)
			return err_set(e, EBADMSG, "wrong size");
		done += n;
		if (sink_add(to, p, n, e) == -1)
			return -1;
	}
	if (rc != ARCHIVE_EOF)
		return tar_err(t, e);
	return done == size ? 0 : err_set(e, EBADMSG, "wrong size");
}

int
tar_end(struct tar_reader *t, struct err *e)
{
	struct archive_entry *entry;
	const void *p;
	la_ssize_t n;
	int rc = archive_read_next_header(t->a, &entry);
	const char *path;

	if (rc == ARCHIVE_OK) {
		path = archive_entry_pathname(entry);
		return err_set(e, EBADMSG, "%.200s is not in the manifest",
		    path == NULL ? "a member" : path);
	}
	if (rc != ARCHIVE_EOF)
		return tar_err(t, e);
	while ((n = source_read(t->a, t, &p)) > 0)
		;
	if (n == -1)
		return tar_err(t, e);
	if (t->last_nonzero > (uint64_t)archive_filter_bytes(t->a, 0))
		return err_set(e, EBADMSG, "bytes behind the archive's end");
	return 0;
}

void
tar_allow(struct tar_reader *t, uint64_t allowed)
{
	t->allowed = allowed;
}

static int
reader_start(struct tar_reader *t, struct box_reader *box, struct err *e)
{
	if ((t->z = zst_reader_of(box, e)) == NULL)
		return -1;
	if ((t->a = archive_read_new()) == NULL ||
	    archive_read_support_format_tar(t->a) != ARCHIVE_OK)
		return err_set(e, ENOMEM, "archive: out of memory");
	if (archive_read_open(t->a, t, NULL, source_read, NULL) != ARCHIVE_OK)
		return tar_err(t, e);
	return 0;
}

struct tar_reader *
tar_reader_new(struct box_reader *box, uint64_t allowed, struct err *e)
{
	struct tar_reader *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return (void)err_sys(e, "archive"), NULL;
	t->allowed = allowed;
	if (reader_start(t, box, e) == 0)
		return t;
	tar_reader_free(t);
	return NULL;
}

void
tar_reader_free(struct tar_reader *t)
{
	if (t == NULL)
		return;
	if (t->a != NULL)
		(void)archive_read_free(t->a);
	zst_reader_free(t->z);
	free(t);
}
