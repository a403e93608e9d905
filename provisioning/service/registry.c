/* SPDX-License-Identifier: MIT */
/*
 * The registry's schema and what operators do with it. What an enrolment does
 * is in decide.c. Uniqueness of serial and EK is the schema's, so that no
 * order of events and no second worker can get round it.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "registry.h"

#define SCHEMA_VERSION 1

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS meta (version INTEGER NOT NULL,"
    " changes INTEGER NOT NULL);"
    "INSERT INTO meta SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM meta);"
    "CREATE TABLE IF NOT EXISTS batch (name TEXT PRIMARY KEY,"
    " quota INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,"
    " software INTEGER NOT NULL, unproven INTEGER NOT NULL,"
    " not_after INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS unit (serial TEXT PRIMARY KEY,"
    " state TEXT NOT NULL, model TEXT NOT NULL DEFAULT '', ek_hash TEXT"
    " UNIQUE, batch TEXT NOT NULL DEFAULT '', origin TEXT NOT NULL DEFAULT"
    " '', hostname TEXT NOT NULL DEFAULT '', macs TEXT NOT NULL DEFAULT '',"
    " snapshot TEXT NOT NULL DEFAULT '', proof TEXT NOT NULL DEFAULT '',"
    " reason TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL,"
    " changed INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS certificate (fingerprint TEXT PRIMARY KEY,"
    " role TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,"
    " spki TEXT NOT NULL, password TEXT, not_after INTEGER NOT NULL,"
    " issued INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS certificate_name ON certificate (name);"
    "CREATE INDEX IF NOT EXISTS certificate_spki ON certificate (spki);"
    "CREATE INDEX IF NOT EXISTS certificate_changed ON certificate"
    " (changed);"
    "CREATE INDEX IF NOT EXISTS certificate_pending ON certificate (issued)"
    " WHERE state = 'pending';"
    "CREATE TABLE IF NOT EXISTS answer (serial TEXT NOT NULL, id TEXT NOT"
    " NULL, request TEXT NOT NULL, reply TEXT NOT NULL, fingerprint TEXT NOT"
    " NULL, PRIMARY KEY (serial, id)) STRICT, WITHOUT ROWID;"
    "COMMIT";

static int
version_is_ours(struct registry *r, struct err *e)
{
	own_row sqlite3_stmt *st =
	    db_bind(r->db, e, "SELECT version FROM meta", "");

	if (st == NULL || db_row(st, e) != 1)
		return -1;
	if (sqlite3_column_int64(st, 0) == SCHEMA_VERSION)
		return 0;
	return err_set(e, EPROTO, "registry: made by another version");
}

int
registry_open(
    struct registry *r, const char *path, enum db_mode mode, struct err *e)
{
	if ((r->db = db_open(path, mode, e)) == NULL)
		return -1;
	if ((mode != DB_CREATE || db_script(r->db, schema, e) == 0) &&
	    version_is_ours(r, e) == 0)
		return 0;
	registry_close(r);
	return -1;
}

void
registry_close(struct registry *r)
{
	db_close(r->db);
	r->db = NULL;
}

/* The batch's row and its claim certificate are added in one transaction by the
 * caller: a claim certificate without its batch would let nobody in. */
int
registry_batch_add(
    struct registry *r, const struct registry_batch *b, struct err *e)
{
	if (db_run(r->db, e,
		"INSERT INTO batch (name, quota, software, unproven,"
		" not_after, created) VALUES (?, ?, ?, ?, ?, ?)",
		"siiiii", b->name, b->quota, (int64_t)b->software,
		(int64_t)b->unproven, b->not_after, (int64_t)time(NULL)) == 0)
		return 0;
	return e->code == EEXIST
	    ? err_set(e, EEXIST, "batch %s: there already", b->name)
	    : -1;
}

int
registry_cert_add(
    struct registry *r, const struct registry_cert *c, struct err *e)
{
	return db_run(r->db, e,
	    "INSERT INTO certificate (fingerprint, role, name, state, spki,"
	    " password, not_after, issued, changed)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
	    "ssssssii", c->fingerprint, c->role, c->name, c->state, c->spki,
	    c->password, c->not_after, (int64_t)time(NULL));
}

int
registry_unit_add(struct registry *r, const char *serial, const char *model,
    const char *ek_hash, struct err *e)
{
	int64_t now = (int64_t)time(NULL);

	if (!wire_serial_ok(serial))
		return err_set(e, EINVAL,
		    "serial \"%.64s\": 1 to %d of A-Z a-z 0-9 . _ -, the "
		    "first a letter or digit",
		    serial, WIRE_NAME_MAX);
	if (db_run(r->db, e,
		"INSERT INTO unit (serial, state, model, ek_hash, created,"
		" changed) VALUES (?, 'registered', ?, ?, ?, ?)",
		"sssii", serial, model, ek_hash, now, now) == 0)
		return 0;
	return e->code == EEXIST
	    ? err_set(
		  e, EEXIST, "%s: serial or EK is registered already", serial)
	    : -1;
}

/* What one change needs to know. */
struct change {
	const char *role, *name, *word;
};

/* Every such certificate of that name feels it, at the gate, at once. */
static int
mark(struct registry *r, const struct change *c, const char *state,
    const char *from, struct err *e)
{
	if (db_run(r->db, e, "UPDATE meta SET changes = changes + 1", "") == -1)
		return -1;
	return db_run(r->db, e,
	    "UPDATE certificate SET state = ?3, changed = (SELECT changes FROM"
	    " meta) WHERE name = ?1 AND role = ?2 AND instr(?4, state) > 0",
	    "ssss", c->name, c->role, state, from);
}

static int
set_unit(struct registry *r, const struct change *c, const char *state,
    struct err *e)
{
	return db_run(r->db, e,
	    "UPDATE unit SET state = ?2, reason = ?3, changed = ?4 WHERE"
	    " serial = ?1",
	    "sssi", c->name, state, c->word, (int64_t)time(NULL));
}

typedef int change_fn(struct registry *, const struct change *, struct err *);

/* All of it or nothing; inside a transaction that is open, part of that. */
static int
together(
    struct registry *r, change_fn *fn, const struct change *c, struct err *e)
{
	if (db_inside(r->db))
		return fn(r, c, e);
	if (db_begin(r->db, e) == -1)
		return -1;
	if (fn(r, c, e) == 0 && db_commit(r->db, e) == 0)
		return 0;
	db_rollback(r->db);
	return -1;
}

static int
to_revoked(struct registry *r, const struct change *c, struct err *e)
{
	int found = 0;

	if (strcmp(c->role, "unit") == 0) {
		if (set_unit(r, c, "revoked", e) == -1)
			return -1;
		found = db_changes(r->db);
	}
	if (mark(r, c, "revoked", "pending active superseded suspended", e) ==
	    -1)
		return -1;
	return found + db_changes(r->db) > 0
	    ? 0
	    : err_set(e, ENOENT, "%s: no such %s", c->name, c->role);
}

int
registry_revoke(
    struct registry *r, const char *role, const char *name, struct err *e)
{
	const struct change c = { role, name, "revoked by an operator" };

	return together(r, to_revoked, &c, e);
}

static int
to_quarantined(struct registry *r, const struct change *c, struct err *e)
{
	if (set_unit(r, c, "quarantined", e) == -1)
		return -1;
	if (db_changes(r->db) == 0)
		return err_set(e, ENOENT, "%s: no such unit", c->name);
	/* What was never confirmed does not come back with a release. */
	if (mark(r, c, "dropped", "pending", e) == -1)
		return -1;
	return mark(r, c, "suspended", "active", e);
}

int
registry_quarantine(
    struct registry *r, const char *serial, const char *reason, struct err *e)
{
	const struct change c = { "unit", serial, reason };

	return together(r, to_quarantined, &c, e);
}

/* word: whether the TPM is to be forgotten, too. */
static int
to_released(struct registry *r, const struct change *c, struct err *e)
{
	bool forget = c->word != NULL;

	if (db_run(r->db, e,
		"UPDATE unit SET reason = '', changed = ?2, ek_hash = CASE"
		" WHEN ?3 THEN NULL ELSE ek_hash END, state = CASE WHEN NOT ?3"
		" AND EXISTS (SELECT 1 FROM certificate WHERE name = ?1 AND"
		" role = 'unit' AND state = 'suspended') THEN 'active' ELSE"
		" 'registered' END WHERE serial = ?1 AND state ="
		" 'quarantined'",
		"sii", c->name, (int64_t)time(NULL), (int64_t)forget) == -1)
		return -1;
	if (db_changes(r->db) == 0)
		return err_set(e, ENOENT, "%s: not in quarantine", c->name);
	return mark(r, c, forget ? "revoked" : "active", "suspended", e);
}

int
registry_release(
    struct registry *r, const char *serial, bool forget_ek, struct err *e)
{
	const struct change c = { "unit", serial, forget_ek ? "ek" : NULL };

	return together(r, to_released, &c, e);
}

int
registry_sweep(struct registry *r, struct err *e)
{
	return db_run(r->db, e,
	    "UPDATE certificate SET state = 'dropped' WHERE state = 'pending'"
	    " AND issued < ?",
	    "i", (int64_t)time(NULL) - REGISTRY_PENDING_S);
}

static int
password_hash(const char *salt, const char *secret, char hex[static SHA256_HEX],
    struct err *e)
{
	uint8_t digest[SHA256_LEN];
	char text[32 + 256];

	(void)snprintf(text, sizeof(text), "%.32s%s", salt, secret);
	if (sha256(text, strlen(text), digest, e) == -1)
		return -1;
	OPENSSL_cleanse(text, sizeof(text));
	hex_encode(digest, sizeof(digest), hex);
	return 0;
}

int
registry_password(
    const char *secret, char out[static REGISTRY_PASSWORD_MAX], struct err *e)
{
	uint8_t salt[16];

	if (random_bytes(salt, sizeof(salt), e) == -1)
		return -1;
	hex_encode(salt, sizeof(salt), out);
	out[32] = ':';
	return password_hash(out, secret, out + 33, e);
}

/* One round is enough: the secret is random, 256 bits, never a person's. */
bool
registry_password_is(const char *stored, const char *secret)
{
	char hex[SHA256_HEX];
	struct err unused;

	if (strlen(stored) != 32 + SHA256_HEX || strlen(secret) > 250)
		return false;
	return password_hash(stored, secret, hex, &unused) == 0 &&
	    CRYPTO_memcmp(stored + 33, hex, SHA256_HEX - 1) == 0;
}
