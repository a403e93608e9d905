/* SPDX-License-Identifier: MIT */
/*
 * Sealing. The archive holds nothing that changes from run to run: no times,
 * no numbers of users, no order but the manifest's.
 */
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>

#include "bundle.h"
#include "own.h"
#include "zst.h"

OWN_POINTER(archive, struct archive, (void)archive_write_free)
OWN_POINTER(entry, struct archive_entry, archive_entry_free)
OWN_POINTER(zst, struct zst_writer, zst_writer_free)
OWN_POINTER(box, struct box_writer, box_writer_free)
#define own_box     __attribute__((cleanup(own_box_free), unused))
#define own_archive __attribute__((cleanup(own_archive_free), unused))
#define own_entry   __attribute__((cleanup(own_entry_free), unused))
#define own_zst     __attribute__((cleanup(own_zst_free), unused))

/* What libarchive's callback needs; e receives the first failure in it. */
struct sink {
	struct zst_writer *z;
	struct err e;
};

static la_ssize_t
sink_write(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct sink *sink = ctx;

	if (zst_write(sink->z, p, n, &sink->e) == 0)
		return (la_ssize_t)n;
	archive_set_error(a, EIO, "%s", sink->e.text);
	return -1;
}

static int
tar_err(struct archive *a, const char *path, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(e, archive_errno(a), "seal %s: %s", path,
	    why == NULL ? "failed" : why);
}

static int
put_member(struct archive *a, const struct member *m, const void *content,
    struct err *e)
{
	own_entry struct archive_entry *entry = archive_entry_new();

	if (entry == NULL)
		return err_set(e, ENOMEM, "out of memory");
	archive_entry_set_pathname(entry, m->path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, m->mode);
	archive_entry_set_size(entry, (la_int64_t)m->size);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uname(entry, m->owner);
	archive_entry_set_gname(entry, m->group);
	if (archive_write_header(a, entry) != ARCHIVE_OK)
		return tar_err(a, m->path, e);
	if (m->size > 0 &&
	    archive_write_data(a, content, m->size) != (la_ssize_t)m->size)
		return tar_err(a, m->path, e);
	return 0;
}

static int
put_head(struct archive *a, const char *name, const struct bytes *content,
    struct err *e)
{
	struct member m = { .mode = 0644, .size = content->len };

	(void)snprintf(m.path, sizeof(m.path), "%s", name);
	(void)snprintf(m.owner, sizeof(m.owner), "root");
	(void)snprintf(m.group, sizeof(m.group), "root");
	return put_member(a, &m, content->p, e);
}

static int
put_members(struct archive *a, const struct snapshot *s,
    bundle_content_fn *content, void *ctx, struct err *e)
{
	const void *p;

	for (size_t i = 0; i < s->count; i++) {
		if ((p = content(ctx, i, e)) == NULL)
			return -1;
		if (put_member(a, &s->members[i], p, e) == -1)
			return -1;
	}
	return 0;
}

int
bundle_write(int fd, const struct snapshot *s, const struct bytes *manifest,
    const struct bytes *signature, STACK_OF(X509) * to,
    bundle_content_fn *content, void *ctx, struct err *e)
{
	own_box struct box_writer *box = box_writer_new(fd, to, e);
	own_zst struct zst_writer *z =
	    box == NULL ? NULL : zst_writer_of(box, e);
	own_archive struct archive *a = archive_write_new();
	struct sink sink = { .z = z };

	if (z == NULL)
		return -1;
	if (a == NULL ||
	    archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
	    archive_write_open(a, &sink, NULL, sink_write, NULL) != ARCHIVE_OK)
		return err_set(e, ENOMEM, "archive: out of memory");
	if (put_head(a, "manifest", manifest, e) == -1 ||
	    put_head(a, "signature", signature, e) == -1 ||
	    put_members(a, s, content, ctx, e) == -1)
		return -1;
	if (archive_write_close(a) != ARCHIVE_OK)
		return tar_err(a, "archive", e);
	return zst_seal(z, e);
}
