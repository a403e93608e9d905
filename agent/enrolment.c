/* SPDX-License-Identifier: MIT */
/*
 * The record of the enrolment. It holds no secret: the key stays with
 * cert_store, and this only says which one it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "enrolment.h"
#include "file.h"

#define ENROLMENT "identity/enrolment.json"

static const char *const said_keys[] = { "fingerprint", "name", "origin",
	"spki", "subject", NULL };
static const char *const kept_keys[] = { "at", "fingerprint", "name", "origin",
	"spki", "subject", NULL };

static int
check(const json_t *o, const char *const known[], struct err *e)
{
	const char *subject, *fingerprint, *origin, *name, *spki;

	if (json_known(o, known, e) == -1 ||
	    json_str(o, "subject", 512, &subject, e) == -1 ||
	    json_str(o, "fingerprint", SHA256_HEX - 1, &fingerprint, e) == -1 ||
	    json_str(o, "origin", 16, &origin, e) == -1 ||
	    json_str_or(o, "name", 256, "", &name, e) == -1 ||
	    json_str(o, "spki", 4096, &spki, e) == -1)
		return -1;
	if (strcmp(origin, "tpm") != 0 && strcmp(origin, "software") != 0)
		return err_set(e, EBADMSG,
		    "\"origin\" is neither \"tpm\" nor \"software\"");
	return 0;
}

int
enrolment_write(int state, const json_t *said, struct err *e)
{
	own_json json_t *kept = NULL;
	own_str char *line = NULL;

	if (check(said, said_keys, e) == -1)
		return err_in(e, "enrolment");
	kept = json_copy((json_t *)said);
	if (kept == NULL ||
	    json_object_set_new(kept, "at", json_integer(time(NULL))) == -1 ||
	    (line = json_line(kept)) == NULL)
		return err_set(e, ENOMEM, "enrolment: no memory");
	if (file_mkdirs(state, "identity", 0700, e) == -1)
		return -1;
	return file_write(state, ENROLMENT, line, strlen(line), FILE_SECRET, e);
}

json_t *
enrolment_read(int state, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *o = NULL;

	if (faccessat(state, ENROLMENT, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT) {
		(void)err_set(
		    e, ENOENT, "this unit is not enrolled; run ingot enrol");
		return NULL;
	}
	if (file_read(state, ENROLMENT, ENROLMENT_MAX, &text, e) == -1)
		return NULL;
	o = json_parse(ENROLMENT, text.p, text.len, ENROLMENT_MAX, e);
	if (o == NULL || check(o, kept_keys, e) == -1)
		return NULL;
	return take_json(&o);
}
