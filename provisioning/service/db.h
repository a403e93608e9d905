/* SPDX-License-Identifier: MIT */
#ifndef DB_H
#define DB_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * SQLite, as the registry and the gate use it: write-ahead log, every commit
 * synced to the disk (synchronous = FULL), foreign keys on, five seconds of
 * patience with another writer. Statements are prepared once each and found
 * again by the address of their SQL, which must be a constant.
 */
#define DB_STATEMENTS 64

enum db_mode {
	DB_CREATE, /* made when it is not there */
	DB_WRITE,
	DB_READ, /* never changes a byte; the gate */
};

struct db;

struct db *db_open(const char *path, enum db_mode, struct err *);
void db_close(struct db *);

/* Several statements without parameters: the schema. */
int db_script(struct db *, const char *sql, struct err *);

/*
 * Binds the rest by fmt: 's' const char * (NULL: null), 'i' int64_t. The
 * statement returned is borrowed; declared own_row it is reset at the end of
 * scope, which also ends its read transaction.
 */
sqlite3_stmt *
db_bind(struct db *, struct err *, const char *sql, const char *fmt, ...);
/* The next row: 1, none: 0, failed: -1. */
int db_row(sqlite3_stmt *, struct err *);
/* Column as a text; "" for null. Borrowed until the next step. */
const char *db_text(sqlite3_stmt *, int column);
void db_row_end(sqlite3_stmt **);
#define own_row __attribute__((cleanup(db_row_end), unused))

/* A statement that gives no rows. EEXIST: a uniqueness rule refused it. */
int db_run(struct db *, struct err *, const char *sql, const char *fmt, ...);
int db_changes(const struct db *); /* rows the last db_run() touched */

/* One writer at a time; what db_commit() has returned 0 for survives power. */
int db_begin(struct db *, struct err *);
int db_commit(struct db *, struct err *);
void db_rollback(struct db *);
bool db_inside(const struct db *); /* a transaction is open */

/* A number that is another one after another connection's commit. */
int db_version(struct db *, int64_t *, struct err *);

#endif
