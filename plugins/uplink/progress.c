/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the enrolment's state file. A file that can not be read
 * starts the enrolment over: the service answers a new request from the same
 * unit, and the key made before is used again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "progress.h"

static const char *const names[STAGES] = {
	[STAGE_NONE] = "none",
	[STAGE_KEY] = "key",
	[STAGE_CSR] = "csr",
	[STAGE_REQUEST] = "request",
	[STAGE_ACTIVATE] = "activate",
	[STAGE_INSTALL] = "install",
	[STAGE_CONFIRM] = "confirm",
	[STAGE_ISSUED] = "issued",
	[STAGE_PROMOTE] = "promote",
	[STAGE_REPORT] = "report",
	[STAGE_DONE] = "done",
};

/* clang-format off */
static const struct {
	const char *key;
	size_t at, size;
} texts[] = {
#define TEXT(m) { #m, offsetof(struct progress, m), \
		  sizeof(((struct progress *)0)->m) }
	TEXT(id), TEXT(serial), TEXT(origin), TEXT(name), TEXT(spki),
	TEXT(fingerprint), TEXT(subject),
};
/* clang-format on */
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

const char *
stage_name(enum stage s)
{
	return names[s];
}

void
progress_free(struct progress *p)
{
	bytes_free(&p->request);
	bytes_free(&p->reply);
	*p = (struct progress){ .stage = STAGE_NONE };
}

static int
stage_by_name(const char *name, enum stage *out)
{
	for (int i = 0; i < STAGES; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum stage)i;
			return 0;
		}
	return -1;
}

static int
take(const json_t *j, const char *key, struct bytes *out, struct err *e)
{
	const char *s;

	if (json_str_or(j, key, WIRE_MAX, "", &s, e) == -1)
		return -1;
	bytes_add(out, s, strlen(s));
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
parse(const json_t *j, struct progress *p, struct err *e)
{
	const char *s;

	if (json_str(j, "stage", 16, &s, e) == -1)
		return -1;
	if (stage_by_name(s, &p->stage) == -1)
		return err_set(e, EBADMSG, "no stage \"%s\"", s);
	for (size_t i = 0; i < TEXTS; i++) {
		if (json_str_or(
			j, texts[i].key, texts[i].size - 1, "", &s, e) == -1)
			return -1;
		memcpy((char *)p + texts[i].at, s, strlen(s) + 1);
	}
	if (take(j, "request", &p->request, e) == -1)
		return -1;
	return take(j, "reply", &p->reply, e);
}

int
progress_read(const char *path, struct progress *p, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *j = NULL;

	*p = (struct progress){ .stage = STAGE_NONE };
	if (file_read(AT_FDCWD, path, 4 * WIRE_MAX, &text, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	if ((j = json_parse(path, text.p, text.len, 4 * WIRE_MAX, e)) == NULL)
		return -1;
	if (parse(j, p, e) == 0)
		return 0;
	progress_free(p);
	return err_in(e, "%s", path);
}

int
progress_write(const char *path, const struct progress *p, struct err *e)
{
	own_json json_t *j = json_object();
	own_str char *line = NULL;
	int rc = json_object_set_new(j, "stage", json_string(names[p->stage]));

	for (size_t i = 0; i < TEXTS; i++)
		rc |= json_object_set_new(j, texts[i].key,
		    json_string((const char *)p + texts[i].at));
	if (p->request.len > 0)
		rc |= json_object_set_new(
		    j, "request", json_string(p->request.p));
	if (p->reply.len > 0)
		rc |= json_object_set_new(j, "reply", json_string(p->reply.p));
	if (rc != 0 || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	return file_write(AT_FDCWD, path, line, strlen(line), FILE_SECRET, e);
}
