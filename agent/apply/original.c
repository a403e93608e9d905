/* SPDX-License-Identifier: MIT */
/*
 * Originals: the way back from the very first snapshot. It promises that after
 * original_restore() path is what it was, with bytes, mode, owner and, when it
 * was not there, without the folders that were made for it. It does not keep
 * extended attributes or times.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "log.h"
#include "original.h"
#include "own.h"
#include "place.h"
#include "snapshot.h"

#define INDEX     "index.json"
#define INDEX_MAX (16 * 1024 * 1024)

static int
read_index(struct originals *o, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (faccessat(o->dir, INDEX, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT) {
		o->index = json_object();
		return o->index == NULL ? err_set(e, ENOMEM, "no memory") : 0;
	}
	if (file_read(o->dir, INDEX, INDEX_MAX, &text, e) == -1)
		return -1;
	o->index = json_parse(INDEX, text.p, text.len, INDEX_MAX, e);
	if (o->index != NULL && !json_is_object(o->index))
		return err_set(e, EBADMSG, "%s is not an object", INDEX);
	return o->index == NULL ? -1 : 0;
}

int
originals_open_in(
    struct originals *o, int state, const char *folder, struct err *e)
{
	memset(o, 0, sizeof(*o));
	o->dir = -1;
	if (file_mkdirs(state, folder, 0700, e) == -1)
		return -1;
	o->dir = openat(
	    state, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (o->dir == -1)
		return err_sys(e, "open folder %s", folder);
	return read_index(o, e) == -1 ? err_in(e, "%s", folder) : 0;
}

int
originals_open(struct originals *o, int state, struct err *e)
{
	return originals_open_in(o, state, "original", e);
}

void
originals_close(struct originals *o)
{
	own_fd_close(&o->dir);
	file_batch_free(o->contents);
	o->contents = NULL;
	json_decref(o->index);
	o->dir = -1;
	o->index = NULL;
}

int
originals_save(struct originals *o, struct err *e)
{
	own_str char *line = NULL;

	if (!o->changed)
		return 0;
	/* Contents first: the index promises them. */
	if (o->contents != NULL && file_batch_commit(o->contents, e) == -1)
		return err_in(e, "original");
	if ((line = json_line(o->index)) == NULL)
		return err_set(e, ENOMEM, "original: no memory");
	if (file_write(o->dir, INDEX, line, strlen(line), FILE_SECRET, e) == -1)
		return err_in(e, "original");
	o->changed = false;
	return 0;
}

static int
content_name(const char *path, char out[static SHA256_HEX], struct err *e)
{
	uint8_t hash[SHA256_LEN];

	if (sha256(path, strlen(path), hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), out);
	return 0;
}

/* Mapped, since a file may be larger than what the agent should hold. */
static int
copy_in(struct originals *o, const char *as, int fd, size_t len, struct err *e)
{
	void *p =
	    len == 0 ? NULL : mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	int rc;

	if (p == MAP_FAILED)
		return err_sys(e, "map");
	if (o->contents == NULL)
		o->contents = file_batch_new(o->dir, e);
	rc = o->contents == NULL ? -1
				 : file_batch_add(o->contents, as,
				       p == NULL ? "" : p, len, FILE_SECRET, e);
	if (p != NULL)
		(void)munmap(p, len);
	return rc;
}

/* Of the copy, not of the file: whoever owns that may write to it meanwhile,
 * and an original that is not what its record says is never put back. */
static int
kept_hash(const struct originals *o, char hex[static SHA256_HEX], struct err *e)
{
	own_fd int fd = file_batch_open(o->contents, e);
	uint8_t hash[SHA256_LEN];

	if (fd == -1 || sha256_fd(fd, hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), hex);
	return 0;
}

/* Mode and owner are those of the bytes that were copied: a name in a folder
 * of a user's leads to another file the next moment, and root's mode must not
 * come back with his bytes. */
static json_t *
keep_file(struct originals *o, int folder, const char *name, const char *path,
    struct err *e)
{
	own_fd int fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char as[SHA256_HEX], hex[SHA256_HEX];
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return (void)err_sys(e, "open"), NULL;
	if (!S_ISREG(st.st_mode))
		return (void)err_set(e, EBUSY, "it changes meanwhile"), NULL;
	if (st.st_size > SNAPSHOT_MEMBER_MAX)
		return (void)err_set(e, EFBIG, "too large to be kept"), NULL;
	if (content_name(path, as, e) == -1 ||
	    copy_in(o, as, fd, (size_t)st.st_size, e) == -1 ||
	    kept_hash(o, hex, e) == -1)
		return NULL;
	return json_pack("{s:s, s:s, s:i, s:i, s:i}", "kind", "file", "sha256",
	    hex, "mode", (int)(st.st_mode & 07777), "uid", (int)st.st_uid,
	    "gid", (int)st.st_gid);
}

static json_t *
keep_link(int folder, const char *name, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(folder, name, to, sizeof(to) - 1);

	if (n == -1)
		return (void)err_sys(e, "read link"), NULL;
	to[n] = '\0';
	return json_pack("{s:s, s:s}", "kind", "link", "to", to);
}

static json_t *
keep_absent(unsigned folders)
{
	return json_pack(
	    "{s:s, s:i}", "kind", "absent", "folders", (int)folders);
}

static json_t *
look(struct originals *o, const char *path, struct err *e)
{
	unsigned missing;
	const char *name;
	own_fd int folder = place_open(path, false, &missing, &name, e);
	struct stat st;

	if (folder == -1)
		return e->code == ENOENT ? keep_absent(missing) : NULL;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? keep_absent(0)
				       : ((void)err_sys(e, "stat"), NULL);
	if (S_ISREG(st.st_mode))
		return keep_file(o, folder, name, path, e);
	if (S_ISLNK(st.st_mode))
		return keep_link(folder, name, e);
	return (void)err_set(e, EINVAL, "neither a file nor a link"), NULL;
}

int
original_keep(struct originals *o, const char *path, struct err *e)
{
	json_t *was;

	if (json_object_get(o->index, path) != NULL)
		return 0;
	(void)err_set(e, ENOMEM, "no memory");
	if ((was = look(o, path, e)) == NULL)
		return err_in(e, "keep the original of /%s", path);
	o->changed = true;
	if (json_object_set_new(o->index, path, was) == -1)
		return err_set(e, ENOMEM, "original: no memory");
	return 0;
}

int
original_open(const struct originals *o, const char *path)
{
	const json_t *was = json_object_get(o->index, path);
	char as[SHA256_HEX];
	struct err ignored;

	if (was == NULL || json_object_get(was, "sha256") == NULL ||
	    content_name(path, as, &ignored) == -1)
		return -1;
	return openat(o->dir, as, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int
put_file(struct originals *o, int folder, const char *name, const char *path,
    const json_t *was, struct place_batch *b, struct err *e)
{
	struct file_meta m;
	own_bytes struct bytes data = { .limit = SNAPSHOT_MEMBER_MAX };
	int64_t mode, uid, gid;
	uint8_t hash[SHA256_LEN];
	char as[SHA256_HEX], hex[SHA256_HEX];
	const char *want;

	if (json_num(was, "mode", 0, 07777, &mode, e) == -1 ||
	    json_num(was, "uid", 0, UINT32_MAX - 1, &uid, e) == -1 ||
	    json_num(was, "gid", 0, UINT32_MAX - 1, &gid, e) == -1 ||
	    json_str(was, "sha256", SHA256_HEX - 1, &want, e) == -1 ||
	    content_name(path, as, e) == -1 ||
	    file_read(o->dir, as, SNAPSHOT_MEMBER_MAX, &data, e) == -1 ||
	    sha256(data.p, data.len, hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), hex);
	if (strcmp(hex, want) != 0)
		return err_set(e, EBADMSG, "original/%s is damaged", as);
	m = (struct file_meta){ (mode_t)mode, (uid_t)uid, (gid_t)gid };
	return b == NULL
	    ? file_write(folder, name, data.p, data.len, m, e)
	    : place_batch_add(b, folder, path, data.p, data.len, m, e);
}

/* Folders that were made for path, from the innermost out; one that somebody
 * else uses by now stays. */
static void
remove_folders(const char *path, int64_t count)
{
	char folder[SNAPSHOT_PATH_MAX];
	const char *name;
	struct err ignored;
	char *slash;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	for (; count > 0 && (slash = strrchr(folder, '/')) != NULL; count--) {
		own_fd int parent = -1;

		*slash = '\0';
		parent = place_open(folder, false, NULL, &name, &ignored);
		/* Only some were made, or are left, when a kill came between.
		 */
		if (parent == -1 && ignored.code == ENOENT)
			continue;
		if (parent == -1 ||
		    (unlinkat(parent, name, AT_REMOVEDIR) == -1 &&
			errno != ENOENT))
			return;
	}
}

static int
remove_one(int folder, const char *name, struct place_batch *b, struct err *e)
{
	if (b == NULL)
		return file_remove(folder, name, e);
	if (unlinkat(folder, name, 0) == -1 && errno != ENOENT)
		return err_sys(e, "remove");
	return place_batch_touch(b, folder, e);
}

/* folder -1: not even that is there. */
static int
put_absent(int folder, const char *name, const char *path, const json_t *was,
    struct place_batch *b, struct err *e)
{
	int64_t count;

	if (json_num(was, "folders", 0, SNAPSHOT_PATH_MAX, &count, e) == -1 ||
	    (folder != -1 && remove_one(folder, name, b, e) == -1))
		return -1;
	remove_folders(path, count);
	return 0;
}

static int
put_back(struct originals *o, const char *path, const json_t *was,
    struct place_batch *b, struct err *e)
{
	const char *kind, *to, *name;
	bool absent;
	own_fd int folder = -1;

	if (json_str(was, "kind", 16, &kind, e) == -1)
		return -1;
	absent = strcmp(kind, "absent") == 0;
	folder = place_open(path, !absent, NULL, &name, e);
	if (folder == -1 && !(absent && e->code == ENOENT))
		return -1;
	if (absent)
		return put_absent(folder, name, path, was, b, e);
	if (strcmp(kind, "file") == 0)
		return put_file(o, folder, name, path, was, b, e);
	if (json_str(was, "to", PATH_MAX - 1, &to, e) == -1)
		return -1;
	return file_link(folder, to, name, e);
}

int
original_back(
    struct originals *o, const char *path, struct place_batch *b, struct err *e)
{
	const json_t *was = json_object_get(o->index, path);

	return was == NULL || put_back(o, path, was, b, e) == 0
	    ? 0
	    : err_in(e, "put the original of /%s back", path);
}

int
originals_forget(struct originals *o, const json_t *paths, struct err *e)
{
	char as[SHA256_HEX];
	const json_t *one;
	size_t i;

	json_array_foreach(paths, i, one)
	{
		(void)json_object_del(o->index, json_string_value(one));
		o->changed = true;
	}
	if (originals_save(o, e) == -1)
		return -1;
	/* After the index: a content without an entry is only litter. */
	json_array_foreach(paths, i, one)
	{
		if (content_name(json_string_value(one), as, e) == -1)
			return -1;
		if (unlinkat(o->dir, as, 0) == -1 && errno != ENOENT)
			return err_sys(e, "remove original/%s", as);
	}
	return 0;
}

int
original_restore(struct originals *o, const char *path, struct err *e)
{
	own_json json_t *paths = json_pack("[s]", path);

	if (json_object_get(o->index, path) == NULL)
		return 0;
	if (paths == NULL)
		return err_set(e, ENOMEM, "original: no memory");
	/* path may be the index's own key, which goes with its entry. */
	return original_back(o, path, NULL, e) == -1
	    ? -1
	    : originals_forget(o, paths, e);
}
