/* SPDX-License-Identifier: MIT */
/*
 * A thin layer: no query builder, no rows as objects. What it adds is one way
 * to fail (a sentence with SQLite's own words) and statements that are always
 * reset, because one forgotten keeps a read transaction open and the log
 * growing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"

struct db {
	sqlite3 *sql;
	struct {
		const char *text;
		sqlite3_stmt *st;
	} cache[DB_STATEMENTS];
	size_t cached;
};

static int
failed(struct db *db, struct err *e, const char *what)
{
	int code = sqlite3_extended_errcode(db->sql);
	bool unique = code == SQLITE_CONSTRAINT_UNIQUE ||
	    code == SQLITE_CONSTRAINT_PRIMARYKEY;

	return err_set(e, unique ? EEXIST : EIO, "registry: %.60s: %s", what,
	    sqlite3_errmsg(db->sql));
}

static int
tune(struct db *db, enum db_mode mode, struct err *e)
{
	int keep = 1;

	(void)sqlite3_busy_timeout(db->sql, 5000);
	(void)sqlite3_extended_result_codes(db->sql, 1);
	if (mode == DB_READ)
		return db_script(db, "PRAGMA query_only = 1", e);
	/* The log stays when the last writer goes: a gate that may only read
	 * could not make it. */
	(void)sqlite3_file_control(
	    db->sql, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep);
	return db_script(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF",
	    e);
}

struct db *
db_open(const char *path, enum db_mode mode, struct err *e)
{
	static const int flags[] = {
		[DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		[DB_WRITE] = SQLITE_OPEN_READWRITE,
		[DB_READ] = SQLITE_OPEN_READONLY,
	};
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return (void)err_sys(e, "registry"), NULL;
	if (sqlite3_open_v2(path, &db->sql, flags[mode] | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		(void)err_set(e, ENOENT, "registry %s: %s", path,
		    sqlite3_errmsg(db->sql));
	else if (tune(db, mode, e) == 0)
		return db;
	db_close(db);
	return NULL;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < db->cached; i++)
		(void)sqlite3_finalize(db->cache[i].st);
	(void)sqlite3_close(db->sql);
	free(db);
}

int
db_script(struct db *db, const char *sql, struct err *e)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK
	    ? 0
	    : failed(db, e, sql);
}

static sqlite3_stmt *
prepared(struct db *db, const char *text, struct err *e)
{
	sqlite3_stmt *st;

	for (size_t i = 0; i < db->cached; i++)
		if (db->cache[i].text == text)
			return db->cache[i].st;
	if (db->cached == DB_STATEMENTS) {
		(void)err_set(e, ENOSPC, "registry: too many statements");
		return NULL;
	}
	if (sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT,
		&st, NULL) != SQLITE_OK)
		return (void)failed(db, e, text), NULL;
	db->cache[db->cached].text = text;
	return db->cache[db->cached++].st = st;
}

static sqlite3_stmt *
bind_list(
    struct db *db, struct err *e, const char *sql, const char *fmt, va_list ap)
{
	sqlite3_stmt *st = prepared(db, sql, e);

	if (st == NULL)
		return NULL;
	(void)sqlite3_reset(st);
	for (int i = 0; fmt[i] != '\0'; i++) {
		int rc = fmt[i] == 'i'
		    ? sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t))
		    : sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1,
			  SQLITE_TRANSIENT);

		if (rc != SQLITE_OK)
			return (void)failed(db, e, sql), NULL;
	}
	return st;
}

sqlite3_stmt *
db_bind(struct db *db, struct err *e, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, fmt);
	st = bind_list(db, e, sql, fmt, ap);
	va_end(ap);
	return st;
}

int
db_row(sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return err_set(
	    e, EIO, "registry: %s", sqlite3_errmsg(sqlite3_db_handle(st)));
}

const char *
db_text(sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);

	return s != NULL ? s : "";
}

void
db_row_end(sqlite3_stmt **st)
{
	if (*st != NULL)
		(void)sqlite3_reset(*st);
}

int
db_run(struct db *db, struct err *e, const char *sql, const char *fmt, ...)
{
	own_row sqlite3_stmt *st = NULL;
	va_list ap;

	va_start(ap, fmt);
	st = bind_list(db, e, sql, fmt, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	return sqlite3_step(st) == SQLITE_DONE ? 0 : failed(db, e, sql);
}

int
db_changes(const struct db *db)
{
	return sqlite3_changes(db->sql);
}

int
db_begin(struct db *db, struct err *e)
{
	return db_run(db, e, "BEGIN IMMEDIATE", "");
}

int
db_commit(struct db *db, struct err *e)
{
	return db_run(db, e, "COMMIT", "");
}

void
db_rollback(struct db *db)
{
	struct err unused;

	if (db_inside(db))
		(void)db_run(db, &unused, "ROLLBACK", "");
}

bool
db_inside(const struct db *db)
{
	return sqlite3_get_autocommit(db->sql) == 0;
}

int
db_version(struct db *db, int64_t *version, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(db, e, "PRAGMA data_version", "");

	if (st == NULL || db_row(st, e) != 1)
		return -1;
	*version = sqlite3_column_int64(st, 0);
	return 0;
}
