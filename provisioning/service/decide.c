/* SPDX-License-Identifier: MIT */
/*
 * The rules of decide.h as a table of functions. Each looks at one thing,
 * and says no, or "here is the answer", or nothing. Only the last writes a
 * certificate; the clone rules write a quarantine, which stays although the
 * request is refused.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decide.h"

/* What the rules find out on their way. */
struct facts {
	struct registry *r;
	const struct decide_ask *ask;
	struct decide_verdict *v;
	char batch[WIRE_NAME_MAX + 1]; /* empty: sent by the unit itself */
	bool software, unproven;
	int64_t quota_left;
	bool known; /* the serial is registered */
	char state[16];
	char ek_hash[SHA256_HEX]; /* registered; may be empty */
	int64_t now;
};

typedef int rule_fn(struct facts *, struct err *);

__attribute__((format(printf, 3, 4))) static int
no(struct facts *f, enum wire_stage stage, const char *fmt, ...)
{
	va_list ap;

	f->v->decided = true;
	f->v->stage = stage;
	va_start(ap, fmt);
	(void)vsnprintf(f->v->error, sizeof(f->v->error), fmt, ap);
	va_end(ap);
	return 0;
}

static void
copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static const char *
serial(const struct facts *f)
{
	return f->ask->request->serial;
}

/* A batch ends with its claim certificate; closing it earlier is revoking that
 * certificate, which the query in sender() has looked at. */
static int
batch(struct facts *f, const char *name, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT quota - used, software, unproven, not_after FROM batch"
	    " WHERE name = ?",
	    "s", name);
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if (rc == 0 || sqlite3_column_int64(st, 3) < f->now)
		return no(f, WIRE_UNIT,
		    "the batch of this claim certificate "
		    "is closed");
	copy(f->batch, sizeof(f->batch), name);
	f->quota_left = sqlite3_column_int64(st, 0);
	f->software = sqlite3_column_int(st, 1) != 0;
	f->unproven = sqlite3_column_int(st, 2) != 0;
	return 0;
}

/*
 * `by` comes from the gate, not from the sender. Without a gate it is empty and
 * nobody gets in: a broker set up wrongly enrols no one.
 */
static int
sender(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT role, name FROM certificate WHERE fingerprint = ? AND"
	    " state = 'active' AND not_after > ?",
	    "si", f->ask->by, f->now);
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if (rc == 1 && strcmp(db_text(st, 0), "claim") == 0)
		return batch(f, db_text(st, 1), e);
	if (rc == 1 && strcmp(db_text(st, 0), "unit") == 0 &&
	    strcmp(db_text(st, 1), serial(f)) == 0)
		return 0;
	return no(f, WIRE_UNIT,
	    "not sent with a claim certificate, nor with "
	    "the unit's own");
}

/* Before repetition(): a unit that was revoked after it was answered does not
 * get its old answer again. */
static int
state(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT state, ek_hash FROM unit WHERE serial = ?", "s", serial(f));
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if ((f->known = rc == 1)) {
		copy(f->state, sizeof(f->state), db_text(st, 0));
		copy(f->ek_hash, sizeof(f->ek_hash), db_text(st, 1));
	}
	if (strcmp(f->state, "revoked") == 0)
		return no(f, WIRE_UNIT, "this unit is revoked");
	if (strcmp(f->state, "quarantined") == 0)
		return no(f, WIRE_QUARANTINE, "this unit is in quarantine");
	return 0;
}

/*
 * At-least-once delivery and a worker that died between commit and reply look
 * the same from here, and both get what is on the disk. The hash keeps an id
 * from being used for something else; a spent one is told so, because the unit
 * then makes a new request with the same key.
 */
static int
repetition(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT a.request, a.reply, c.state, c.issued FROM answer a"
	    " LEFT JOIN certificate c USING (fingerprint)"
	    " WHERE a.serial = ? AND a.id = ?",
	    "ss", serial(f), f->ask->request->id);
	const char *was;
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	if (strcmp(db_text(st, 0), f->ask->request_hash) != 0)
		return no(f, WIRE_PARSE,
		    "this request id was used for another request");
	was = db_text(st, 2);
	if (strcmp(was, "active") != 0 &&
	    (strcmp(was, "pending") != 0 ||
		sqlite3_column_int64(st, 3) + REGISTRY_PENDING_S < f->now))
		return no(f, WIRE_KEY, "this request is spent; make a new one");
	if ((f->v->answer = strdup(db_text(st, 1))) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	f->v->decided = true;
	f->v->stage = WIRE_ISSUED;
	return 0;
}

/*
 * Before the clone rules: who has shown nothing that his batch accepts must not
 * be able to have a unit quarantined. One that sends with its own certificate
 * has shown its EK before, but only that one: with another it is believed as
 * little as anybody.
 */
static int
shown(struct facts *f, struct err *e)
{
	const char *hash = f->ask->ek_hash;
	bool own = f->batch[0] == '\0';

	(void)e;
	if (hash == NULL)
		return own || f->software
		    ? 0
		    : no(f, WIRE_EK, "this batch is for units with a TPM");
	if (f->ask->ek_proven || f->unproven ||
	    (own && strcmp(hash, f->ek_hash) == 0))
		return 0;
	return no(f, WIRE_EK,
	    "the TPM has no EK certificate, and nothing else vouches for it");
}

/* Both go where an operator must look; a serial not known before is noted. */
static int
clone(struct facts *f, const char *other, const char *what, struct err *e)
{
	char why[REGISTRY_REASON_MAX];

	(void)snprintf(why, sizeof(why), "%s: %s and %s", what, serial(f),
	    other[0] != '\0' ? other : "another unit of this serial");
	if (!f->known &&
	    registry_unit_add(
		f->r, serial(f), f->ask->request->model, NULL, e) == -1)
		return -1;
	if (registry_quarantine(f->r, serial(f), why, e) == -1)
		return -1;
	if (other[0] != '\0' && registry_quarantine(f->r, other, why, e) == -1)
		return -1;
	copy(f->v->other, sizeof(f->v->other), other);
	return no(f, WIRE_QUARANTINE, "%s", what);
}

/*
 * The EK is the unit. A serial that shows another EK, or none where there was
 * one, is a copied disk or a forged serial: which of the two is the true one is
 * not for a program to say.
 */
static int
ek_clone(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = NULL;
	const char *hash = f->ask->ek_hash;
	char other[WIRE_NAME_MAX + 1] = "";
	int rc;

	if (f->ek_hash[0] != '\0' &&
	    (hash == NULL || strcmp(hash, f->ek_hash) != 0))
		return clone(f, other, "the same serial with another TPM", e);
	if (hash == NULL)
		return 0;
	st = db_bind(f->r->db, e,
	    "SELECT serial FROM unit WHERE ek_hash = ? AND serial <> ?", "ss",
	    hash, serial(f));
	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	copy(other, sizeof(other), db_text(st, 0));
	return clone(f, other, "the same TPM with another serial", e);
}

/* Cannot happen with a key born in a TPM; with a key in a file it is the copied
 * file. */
static int
key_clone(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT name FROM certificate WHERE spki = ? AND role = 'unit' AND"
	    " name <> ?",
	    "ss", f->ask->certificate.spki, serial(f));
	char other[WIRE_NAME_MAX + 1];
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	copy(other, sizeof(other), db_text(st, 0));
	return clone(f, other, "the same key with another serial", e);
}

/* Without a TPM only the key itself tells a unit from its copy: a new key is
 * believed when the old one vouches for it. */
static int
software_proof(struct facts *f, struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(f->r->db, e,
	    "SELECT 1 FROM certificate WHERE name = ? AND role = 'unit' AND"
	    " spki <> ? AND state IN ('active', 'suspended')",
	    "ss", serial(f), f->ask->certificate.spki);
	int rc;

	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	return rc == 0
	    ? 0
	    : clone(f, "", "the same serial with another software key", e);
}

/* By now the EK, if there is one, is no other unit's. */
static int
proof(struct facts *f, struct err *e)
{
	if (f->batch[0] == '\0' || f->ask->ek_proven)
		return 0;
	if (f->ask->ek_hash == NULL)
		return software_proof(f, e);
	return f->ek_hash[0] != '\0'
	    ? 0
	    : no(f, WIRE_EK,
		  "the TPM has no EK certificate and its EK is "
		  "not registered");
}

/* Counts units, not requests: a unit that asks again is known by then. */
static int
quota(struct facts *f, struct err *e)
{
	if (f->known)
		return 0;
	if (f->quota_left <= 0)
		return no(f, WIRE_UNIT,
		    "this serial is not registered, and "
		    "the batch has no quota left");
	return db_run(f->r->db, e,
	    "UPDATE batch SET used = used + 1 WHERE name = ?", "s", f->batch);
}

/* What the unit says of itself is kept for people; no decision rests on it but
 * serial and EK. An active unit stays active while its next certificate waits
 * to be confirmed. */
static int
keep_unit(struct facts *f, struct err *e)
{
	const struct wire_request *q = f->ask->request;
	char macs[WIRE_MACS * 18 + 1] = "";

	for (size_t i = 0; i < q->mac_count; i++) {
		if (i > 0)
			(void)strcat(macs, " ");
		(void)strcat(macs, q->macs[i]);
	}
	return db_run(f->r->db, e,
	    "INSERT INTO unit (serial, state, model, ek_hash, batch, origin,"
	    " hostname, macs, snapshot, proof, created, changed) VALUES"
	    " (?1, 'pending', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)"
	    " ON CONFLICT (serial) DO UPDATE SET model = ?2, ek_hash = ?3,"
	    " batch = CASE WHEN ?4 = '' THEN batch ELSE ?4 END, origin = ?5,"
	    " hostname = ?6, macs = ?7, snapshot = ?8, proof = ?9,"
	    " changed = ?10, state = CASE state WHEN 'active' THEN state"
	    " ELSE 'pending' END",
	    "sssssssssi", q->serial, q->model, f->ask->ek_hash, f->batch,
	    f->ask->ek_hash != NULL ? "tpm" : "software", q->hostname, macs,
	    q->snapshot, q->proof, f->now);
}

/* One pending certificate at a time; the answer and it stand or fall
 * together. */
static int
issue(struct facts *f, struct err *e)
{
	const struct decide_ask *a = f->ask;

	if (keep_unit(f, e) == -1 ||
	    db_run(f->r->db, e,
		"UPDATE certificate SET state = 'dropped' WHERE name = ? AND"
		" role = 'unit' AND state = 'pending'",
		"s", serial(f)) == -1 ||
	    registry_cert_add(f->r, &a->certificate, e) == -1 ||
	    db_run(f->r->db, e, "DELETE FROM answer WHERE serial = ?", "s",
		serial(f)) == -1 ||
	    db_run(f->r->db, e,
		"INSERT INTO answer (serial, id, request, reply, fingerprint)"
		" VALUES (?, ?, ?, ?, ?)",
		"sssss", serial(f), a->request->id, a->request_hash, a->reply,
		a->certificate.fingerprint) == -1)
		return -1;
	if ((f->v->answer = strdup(a->reply)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	f->v->decided = true;
	f->v->stage = WIRE_ISSUED;
	return 0;
}

/* Those before REST need no cryptography to have been done. */
static rule_fn *const rules[] = { sender, state, repetition, shown, ek_clone,
	key_clone, proof, quota, issue };
enum {
	REST = 3,
	RULES = sizeof(rules) / sizeof(rules[0])
};

int
decide(struct registry *r, const struct decide_ask *ask,
    struct decide_verdict *v, struct err *e)
{
	struct facts f = { .r = r, .ask = ask, .v = v };
	size_t n = ask->reply != NULL ? RULES : REST;

	f.now = (int64_t)time(NULL);
	*v = (struct decide_verdict){ .decided = false };
	for (size_t i = 0; i < n && !v->decided; i++)
		if (rules[i](&f, e) == -1) {
			free(v->answer);
			v->answer = NULL;
			return -1;
		}
	return 0;
}
