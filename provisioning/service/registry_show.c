/* SPDX-License-Identifier: MIT */
/*
 * The registry for people and scripts: rows as JSON objects, named as the
 * columns are. No secret is among them: a password's hash stays inside.
 */
#include <errno.h>

#include "registry.h"

#define UNIT                                                                   \
	"SELECT serial, state, model, origin, batch, ek_hash, hostname, macs," \
	" snapshot, proof, reason, created, changed FROM unit "

static json_t *
row_object(sqlite3_stmt *st)
{
	own_json json_t *row = json_object();

	for (int i = 0; row != NULL && i < sqlite3_column_count(st); i++) {
		json_t *v = sqlite3_column_type(st, i) == SQLITE_INTEGER
		    ? json_integer(sqlite3_column_int64(st, i))
		    : json_string(db_text(st, i));

		if (json_object_set_new(row, sqlite3_column_name(st, i), v) ==
		    -1)
			return NULL;
	}
	return take_json(&row);
}

static json_t *
rows(sqlite3_stmt *st, struct err *e)
{
	own_json json_t *list = json_array();
	int rc;

	while ((rc = db_row(st, e)) == 1)
		if (json_array_append_new(list, row_object(st)) == -1)
			return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	return rc == 0 ? take_json(&list) : NULL;
}

json_t *
registry_list(struct registry *r, const char *state, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(r->db, e,
	    UNIT "WHERE ?1 IS NULL OR state = ?1 ORDER BY serial", "s", state);

	return st == NULL ? NULL : rows(st, e);
}

json_t *
registry_show(struct registry *r, const char *serial, struct err *e)
{
	own_row sqlite3_stmt *st =
	    db_bind(r->db, e, UNIT "WHERE serial = ?", "s", serial);
	own_row sqlite3_stmt *certs = db_bind(r->db, e,
	    "SELECT fingerprint, state, spki, not_after, issued FROM"
	    " certificate WHERE name = ? AND role = 'unit' ORDER BY issued",
	    "s", serial);
	own_json json_t *unit = NULL;
	json_t *list;
	int rc;

	if (st == NULL || certs == NULL || (rc = db_row(st, e)) == -1)
		return NULL;
	if (rc == 0)
		return (void)err_set(e, ENOENT, "%s: no such unit", serial),
		       NULL;
	unit = row_object(st);
	if ((list = rows(certs, e)) == NULL)
		return NULL;
	if (unit == NULL ||
	    json_object_set_new(unit, "certificates", list) == -1)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	return take_json(&unit);
}
