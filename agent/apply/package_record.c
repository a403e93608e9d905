/* SPDX-License-Identifier: MIT */
/*
 * The record of a package transaction. Read as strictly as it was written: its
 * names become words of a command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "package_record.h"
#include "package_version.h"

#define RECORD_MAX (1024 * 1024)
#define PATH_ROOM  64

static const char *const record_keys[] = { "ingot", "manager", "packages",
	NULL };
static const char *const entry_keys[] = { "after", "architecture", "before",
	"conf", "name", NULL };

static void
path_of(int64_t number, char out[static PATH_ROOM])
{
	(void)snprintf(
	    out, PATH_ROOM, "applied/%lld/packages", (long long)number);
}

static json_t *
entry_json(const struct package_step *s, const struct package_db *db)
{
	const struct package *is = &s->row->is;
	const struct package *was = package_db_find(db, is->name, is->arch);

	/* Known, but nothing of it in place: its configuration is. */
	return json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", is->name,
	    "architecture", s->was == NULL ? is->arch : s->was->arch, "before",
	    s->was == NULL ? "" : s->was->version, "after", is->version, "conf",
	    (int)(s->was == NULL && was != NULL && *was->version != '\0'));
}

int
record_write(int state, int64_t number, const struct package_plan *p,
    const struct package_db *db, struct err *e)
{
	own_json json_t *j = json_pack("{s:i, s:s, s:[]}", "ingot", 1,
	    "manager", package_manager_name(db->manager), "packages");
	json_t *list = json_object_get(j, "packages");
	own_str char *line = NULL;
	char path[PATH_ROOM];

	for (size_t i = 0; i < p->count; i++)
		if (json_array_append_new(list, entry_json(&p->steps[i], db)) ==
		    -1)
			return err_set(e, ENOMEM, "no memory");
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "no memory");
	path_of(number, path);
	return file_write(state, path, line, strlen(line), FILE_SECRET, e);
}

static int
entry_parse(const json_t *j, struct record_entry *r, struct err *e)
{
	const json_t *conf = json_object_get(j, "conf");

	if (json_known(j, entry_keys, e) == -1 ||
	    json_str(j, "name", PACKAGE_NAME_MAX, &r->name, e) == -1 ||
	    json_str(j, "architecture", 31, &r->arch, e) == -1 ||
	    json_str(j, "before", 127, &r->before, e) == -1 ||
	    json_str(j, "after", 127, &r->after, e) == -1)
		return -1;
	r->conf = json_is_true(conf);
	if (!json_is_boolean(conf) || !package_name_ok(r->name) ||
	    !package_arch_ok(r->arch) || !package_version_ok(r->after) ||
	    (*r->before != '\0' && !package_version_ok(r->before)))
		return err_set(e, EBADMSG, "\"%.40s\" is no entry", r->name);
	return 0;
}

static int
record_parse(struct package_record *r, struct err *e)
{
	json_t *list;
	int64_t version;
	size_t n;

	if (json_known(r->texts, record_keys, e) == -1 ||
	    json_num(r->texts, "ingot", 1, 1, &version, e) == -1 ||
	    json_str(r->texts, "manager", 4, &r->manager, e) == -1 ||
	    json_array_of(r->texts, "packages", PACKAGE_LIST_MAX, &list, e) ==
		-1)
		return -1;
	n = json_array_size(list);
	if ((r->all = calloc(n + 1, sizeof(*r->all))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	for (; r->count < n; r->count++)
		if (entry_parse(json_array_get(list, r->count),
			&r->all[r->count], e) == -1)
			return -1;
	return 0;
}

bool
record_exists(int state, int64_t number)
{
	char path[PATH_ROOM];

	path_of(number, path);
	return number > 0 &&
	    faccessat(state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int
record_read(struct package_record *r, int state, int64_t number, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char path[PATH_ROOM];

	memset(r, 0, sizeof(*r));
	if (!record_exists(state, number))
		return 0;
	path_of(number, path);
	if (file_read(state, path, RECORD_MAX, &text, e) == -1 ||
	    (r->texts = json_parse(path, text.p, text.len, RECORD_MAX, e)) ==
		NULL)
		return -1;
	return record_parse(r, e) == -1 ? err_in(e, "%s", path) : 1;
}

void
record_free(struct package_record *r)
{
	free(r->all);
	json_decref(r->texts);
	memset(r, 0, sizeof(*r));
}
