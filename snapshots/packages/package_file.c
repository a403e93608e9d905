/* SPDX-License-Identifier: MIT */
/*
 * Two archives, one in the other, each read by libarchive and no further than
 * the control file: the outer one (ar, or tar for opkg) has to begin with
 * "debian-binary" and to have its control archive among the first members.
 */
#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "package_file.h"

#define BLOCK       16384
#define MEMBERS_MAX 16 /* of the control archive: scripts, lists, control */

OWN_POINTER(archive, struct archive, (void)archive_read_free)
#define own_archive __attribute__((cleanup(own_archive_free), unused))

static int
bad(struct archive *a, const char *what, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(
	    e, EBADMSG, "%s: %s", what, why == NULL ? "cut off" : why);
}

static const char *
name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	if (name == NULL)
		return "";
	return strncmp(name, "./", 2) == 0 ? name + 2 : name;
}

/* The bytes of the member at hand, at most PACKAGE_CONTROL_MAX. */
static int
pour(struct archive *a, struct bytes *out, struct err *e)
{
	char chunk[4096];
	la_ssize_t n;

	bytes_free(out);
	out->limit = PACKAGE_CONTROL_MAX;
	while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
		bytes_add(out, chunk, (size_t)n);
	if (n < 0)
		return bad(a, "control", e);
	if (out->bad)
		return err_set(e, EFBIG, "its control part is larger than %d",
		    PACKAGE_CONTROL_MAX);
	return 0;
}

/* 1: the next member's name is in *name; 0: there is none. */
static int
next(struct archive *a, const char **name, struct err *e)
{
	struct archive_entry *entry;
	int rc = archive_read_next_header(a, &entry);

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return bad(a, "no package", e);
	*name = name_of(entry);
	return 1;
}

static int
read_outer(int fd, struct bytes *control, struct err *e)
{
	own_archive struct archive *a = archive_read_new();
	const char *name;

	if (a == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (archive_read_support_format_ar(a) != ARCHIVE_OK ||
	    archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_open_fd(a, fd, BLOCK) != ARCHIVE_OK)
		return bad(a, "no package", e);
	for (int i = 0; i < 3; i++) {
		int rc = next(a, &name, e);

		if (rc == -1)
			return -1;
		if (rc == 0 || (i == 0 && strcmp(name, "debian-binary") != 0))
			break;
		if (strncmp(name, "control.tar", 11) == 0)
			return pour(a, control, e);
	}
	return err_set(e, EBADMSG, "neither a .deb nor an .ipk");
}

static int
read_inner(const struct bytes *control, struct bytes *text, struct err *e)
{
	own_archive struct archive *a = archive_read_new();
	const char *name;
	int rc;

	if (a == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) < ARCHIVE_WARN ||
	    archive_read_open_memory(a, control->p, control->len) != ARCHIVE_OK)
		return bad(a, "control archive", e);
	for (int i = 0; i < MEMBERS_MAX; i++) {
		if ((rc = next(a, &name, e)) == -1)
			return -1;
		if (rc == 0)
			break;
		if (strcmp(name, "control") == 0)
			return pour(a, text, e);
	}
	return err_set(e, EBADMSG, "it has no control file");
}

static int
take_first(void *ctx, const struct package *p, struct err *e)
{
	struct package *out = ctx;

	if (out->name != NULL)
		return err_set(e, EBADMSG, "its control file speaks twice");
	*out = *p;
	return 0;
}

int
package_file_read(int fd, struct bytes *text, struct package *p, struct err *e)
{
	own_bytes struct bytes control = { 0 };

	memset(p, 0, sizeof(*p));
	if (read_outer(fd, &control, e) == -1 ||
	    read_inner(&control, text, e) == -1 ||
	    package_parse(text->p, text->len, take_first, p, e) == -1)
		return -1;
	if (p->name == NULL)
		return err_set(e, EBADMSG, "its control file is empty");
	return package_check(p, e);
}

/* What has to be the same in the list and in the payload. */
static const struct {
	const char *what;
	size_t offset;
} fields[] = {
	{ "name", offsetof(struct package, name) },
	{ "version", offsetof(struct package, version) },
	{ "architecture", offsetof(struct package, arch) },
	{ "Depends", offsetof(struct package, depends) },
	{ "Pre-Depends", offsetof(struct package, pre_depends) },
	{ "Provides", offsetof(struct package, provides) },
	{ "Conflicts", offsetof(struct package, conflicts) },
	{ "Breaks", offsetof(struct package, breaks) },
};

static const char *
field(const struct package *p, size_t i)
{
	return *(const char *const *)((const char *)p + fields[i].offset);
}

int
package_file_check(int fd, const struct package_row *r, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct package p;

	if (package_file_read(fd, &text, &p, e) == -1)
		return err_in(e, "%s", r->file);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(field(&p, i), field(&r->is, i)) != 0)
			return err_set(e, EBADMSG,
			    "%s: its %s is \"%.80s\", " PACKAGE_LIST_FILE
			    " says \"%.80s\"",
			    r->file, fields[i].what, field(&p, i),
			    field(&r->is, i));
	return 0;
}

int
package_files_check(const struct snapshot *s, int dir, struct err *e)
{
	own_package_list struct package_list l = { 0 };
	int rc = package_list_read(&l, dir, e);

	if (rc == -1 || package_list_members(&l, s, e) == -1)
		return -1;
	for (size_t i = 0; i < l.count; i++) {
		own_fd int fd = -1;

		if (*l.rows[i].file == '\0')
			continue;
		fd = openat(
		    dir, l.rows[i].file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			return err_sys(e, "%s", l.rows[i].file);
		if (package_file_check(fd, &l.rows[i], e) == -1)
			return -1;
	}
	return 0;
}
