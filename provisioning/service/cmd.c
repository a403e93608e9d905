/* SPDX-License-Identifier: MIT */
/*
 * The subcommands that keep the registry. Each does one thing, says what it
 * did in out and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "cmd.h"
#include "file.h"

#define CSV_MAX (64 * 1024 * 1024)

int
cmd_number(const char *option, const char *text, int64_t min, int64_t max,
    int64_t otherwise, int64_t *out, struct err *e)
{
	char *end;
	long long v;

	*out = otherwise;
	if (text == NULL)
		return 0;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || v < min || v > max)
		return err_set(e, EINVAL, "%s: a number from %lld to %lld",
		    option, (long long)min, (long long)max);
	*out = v;
	return 0;
}

void
cmd_say(json_t *out, const char *key, const char *text)
{
	(void)json_object_set_new(out, key, json_string(text));
}

static int
hash_ok(const char *hash, struct err *e)
{
	if (hash != NULL &&
	    (strlen(hash) != SHA256_HEX - 1 ||
		strspn(hash, "0123456789abcdef") != SHA256_HEX - 1))
		return err_set(e, EINVAL,
		    "EK hash: SHA-256 of the EK's "
		    "SubjectPublicKeyInfo, 64 hex "
		    "digits");
	return 0;
}

int
cmd_add_unit(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r;
	int rc;

	if (hash_ok(a->ek_hash, e) == -1 ||
	    home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = registry_unit_add(
	    &r, a->word[0], a->model != NULL ? a->model : "", a->ek_hash, e);
	registry_close(&r);
	cmd_say(out, "serial", a->word[0]);
	return rc;
}

/* serial[,model[,ek hash]]; blank lines and "#" are skipped. */
static int
import_line(struct registry *r, char *line, struct err *e)
{
	char *model, *hash;

	line[strcspn(line, "\r")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if ((model = strchr(line, ',')) != NULL)
		*model++ = '\0';
	if (model != NULL && (hash = strchr(model, ',')) != NULL)
		*hash++ = '\0';
	else
		hash = NULL;
	if (hash != NULL && hash[0] == '\0')
		hash = NULL;
	if (hash_ok(hash, e) == -1 ||
	    registry_unit_add(r, line, model != NULL ? model : "", hash, e) ==
		-1)
		return -1;
	return 1;
}

/* All lines or none. */
static int
import(struct registry *r, char *text, int64_t *count, struct err *e)
{
	int number = 0, rc;
	char *line;

	if (db_begin(r->db, e) == -1)
		return -1;
	while ((line = strsep(&text, "\n")) != NULL) {
		number++;
		if ((rc = import_line(r, line, e)) == -1) {
			db_rollback(r->db);
			return err_in(e, "line %d", number);
		}
		*count += rc;
	}
	return db_commit(r->db, e);
}

int
cmd_import(const struct cmd_args *a, json_t *out, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct registry r;
	int64_t count = 0;
	int rc;

	if (file_read(AT_FDCWD, a->word[0], CSV_MAX, &text, e) == -1 ||
	    home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = text.len == 0 ? 0 : import(&r, text.p, &count, e);
	registry_close(&r);
	if (rc == -1)
		return err_in(e, "%s", a->word[0]);
	(void)json_object_set_new(out, "imported", json_integer(count));
	return 0;
}

static bool
is_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p = n > 0 ? strstr(list, word) : NULL;

	return p != NULL && (p == list || p[-1] == ' ') &&
	    (p[n] == ' ' || p[n] == '\0');
}

int
cmd_list(const struct cmd_args *a, json_t *out, struct err *e)
{
	static const char states[] =
	    "registered pending active quarantined revoked";
	struct registry r;
	json_t *units;

	if (a->state != NULL && !is_word(states, a->state))
		return err_set(e, EINVAL, "--state: one of %s", states);
	if (home_registry(&r, a->home, DB_READ, e) == -1)
		return -1;
	units = registry_list(&r, a->state, e);
	registry_close(&r);
	if (units == NULL)
		return -1;
	return json_object_set_new(out, "units", units) == 0
	    ? 0
	    : err_set(e, ENOMEM, "out of memory");
}

int
cmd_show(const struct cmd_args *a, json_t *out, struct err *e)
{
	own_json json_t *unit = NULL;
	struct registry r;

	if (home_registry(&r, a->home, DB_READ, e) == -1)
		return -1;
	unit = registry_show(&r, a->word[0], e);
	registry_close(&r);
	if (unit == NULL)
		return -1;
	return json_object_update(out, unit) == 0
	    ? 0
	    : err_set(e, ENOMEM, "out of memory");
}

int
cmd_revoke(const struct cmd_args *a, json_t *out, struct err *e)
{
	const char *role = a->claim ? "claim" : a->worker ? "worker" : "unit";
	struct registry r;
	int rc;

	if (a->claim && a->worker)
		return err_set(
		    e, EINVAL, "--claim or --worker, not both at once");
	if (home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = registry_revoke(&r, role, a->word[0], e);
	registry_close(&r);
	cmd_say(out, "revoked", a->word[0]);
	return rc;
}

int
cmd_quarantine(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r;
	int rc;

	if (home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = registry_quarantine(&r, a->word[0],
	    a->reason != NULL ? a->reason : "by an operator", e);
	registry_close(&r);
	cmd_say(out, "quarantined", a->word[0]);
	return rc;
}

int
cmd_release(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r;
	int rc;

	if (home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = registry_release(&r, a->word[0], a->forget_ek, e);
	registry_close(&r);
	cmd_say(out, "released", a->word[0]);
	return rc;
}
