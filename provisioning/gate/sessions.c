/* SPDX-License-Identifier: MIT */
/*
 * Sessions by the broker's pointer, which lives as long as the connection. A
 * pointer that the broker uses again is overwritten by the next connect and
 * forgotten at a disconnect, so it never lends one client another's row.
 */
#include <mosquitto_broker.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate.h"
#include "x509.h"

#define BUCKETS 4096

struct sessions {
	struct registry registry;
	int64_t version; /* db_version() of what is remembered */
	int64_t changes; /* the highest `changed` seen */
	time_t checked;  /* when ends of life were looked at */
	bool any_kick, any_gone;
	struct session *bucket[BUCKETS];
};

static const struct {
	const char *role, *state;
	enum policy_role is;
} roles[] = {
	{ "claim", "active", POLICY_CLAIM },
	{ "worker", "active", POLICY_WORKER },
	{ "unit", "active", POLICY_UNIT },
	{ "unit", "pending", POLICY_PENDING },
};

static struct session **
bucket(struct sessions *m, const struct mosquitto *c)
{
	uintptr_t k = (uintptr_t)c >> 4;

	return &m->bucket[(k ^ (k >> 12)) % BUCKETS];
}

static struct session *
lookup(struct sessions *m, const struct mosquitto *c)
{
	struct session *s = *bucket(m, c);

	while (s != NULL && s->client != c)
		s = s->next;
	return s;
}

static int64_t
highest(struct sessions *m)
{
	struct err unused;
	own_row sqlite3_stmt *st =
	    db_bind(m->registry.db, &unused, "SELECT changes FROM meta", "");

	return st != NULL && db_row(st, &unused) == 1
	    ? sqlite3_column_int64(st, 0)
	    : m->changes;
}

struct sessions *
sessions_new(const char *path, struct err *e)
{
	struct sessions *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (void)err_sys(e, "gate"), NULL;
	if (registry_open(&m->registry, path, DB_READ, e) == 0 &&
	    db_version(m->registry.db, &m->version, e) == 0) {
		m->changes = highest(m);
		return m;
	}
	sessions_free(m);
	return NULL;
}

void
sessions_free(struct sessions *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (m->bucket[i] != NULL) {
			struct session *s = m->bucket[i];

			m->bucket[i] = s->next;
			free(s);
		}
	registry_close(&m->registry);
	free(m);
}

/* Fills role and end from the registry; role NOBODY: not let in. */
static int
judge(struct sessions *m, struct session *s,
    char stored[static REGISTRY_PASSWORD_MAX], struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(m->registry.db, e,
	    "SELECT role, state, name, not_after, issued, password FROM"
	    " certificate WHERE fingerprint = ?",
	    "s", s->fingerprint);
	int rc;

	s->role = POLICY_NOBODY;
	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	for (size_t i = 0; rc == 1 && i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(db_text(st, 0), roles[i].role) == 0 &&
		    strcmp(db_text(st, 1), roles[i].state) == 0)
			s->role = roles[i].is;
	if (s->role == POLICY_NOBODY)
		return 0;
	(void)snprintf(s->name, sizeof(s->name), "%s", db_text(st, 2));
	(void)snprintf(stored, REGISTRY_PASSWORD_MAX, "%s", db_text(st, 5));
	s->until = sqlite3_column_int64(st, 3);
	if (s->role == POLICY_PENDING)
		s->until = sqlite3_column_int64(st, 4) + REGISTRY_PENDING_S;
	if (s->until < (int64_t)time(NULL))
		s->role = POLICY_NOBODY;
	return 0;
}

static int
certificate(struct session *s, const struct mosquitto *c,
    char cn[static X509_CN_MAX + 1], struct err *e)
{
	own_x509 X509 *x = mosquitto_client_certificate(c);

	if (x == NULL)
		return err_set(e, 0, "no client certificate");
	if (x509_fingerprint(x, s->fingerprint, e) == -1)
		return -1;
	return x509_common_name(X509_get_subject_name(x), cn, e);
}

/* Both are optional, since the certificate has said it all; but what is sent
 * must be right: a wrong password tells of a unit with another's values. */
static bool
credentials_ok(const struct session *s, const char *stored,
    const char *username, const char *password)
{
	if (s->role != POLICY_UNIT && s->role != POLICY_PENDING)
		return username == NULL && password == NULL;
	if (username != NULL && strcmp(username, s->unit) != 0)
		return false;
	return password == NULL ||
	    (username != NULL && registry_password_is(stored, password));
}

/* Three things must agree: the certificate's row, its CN, and the client id. So
 * that a serial is always spoken for by its own certificate. */
static int
let_in(struct sessions *m, struct session *s, struct mosquitto *c,
    const char *username, const char *password, struct err *e)
{
	const char *id = mosquitto_client_id(c);
	char cn[X509_CN_MAX + 1], stored[REGISTRY_PASSWORD_MAX] = "";

	if (id == NULL || strlen(id) > SESSION_ID_MAX)
		return err_set(e, 0, "no usable client id");
	(void)snprintf(s->client_id, sizeof(s->client_id), "%s", id);
	if (certificate(s, c, cn, e) == -1 || judge(m, s, stored, e) == -1)
		return -1;
	if (s->role == POLICY_NOBODY)
		return err_set(e, 0, "%s: certificate %.16s is not in force",
		    cn, s->fingerprint);
	if (strcmp(cn, s->name) != 0 ||
	    policy_client(s->role, cn, id, s->unit) == -1)
		return err_set(
		    e, 0, "%s: client id \"%.80s\" is not his", cn, id);
	if (!credentials_ok(s, stored, username, password))
		return err_set(e, 0, "%s: wrong user name or password", cn);
	return 0;
}

static void
forget(struct session **p)
{
	struct session *s = *p;

	*p = s->next;
	free(s);
}

/* The broker sends a will after it has told of the disconnect: the row stays
 * until the next tick, or the next connect of that pointer. */
void
session_close(struct sessions *m, const struct mosquitto *c)
{
	struct session *s = lookup(m, c);

	if (s != NULL) {
		s->gone = true;
		m->any_gone = true;
	}
}

static void
sweep(struct sessions *m)
{
	if (!m->any_gone)
		return;
	m->any_gone = false;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct session **p = &m->bucket[i]; *p != NULL;)
			if ((*p)->gone)
				forget(p);
			else
				p = &(*p)->next;
}

int
session_open(struct sessions *m, struct mosquitto *c, const char *username,
    const char *password, char why[static SESSION_WHY_MAX])
{
	struct session *s = calloc(1, sizeof(*s));
	struct session **b = bucket(m, c), **p = b;
	struct err e = { .text = "out of memory" };

	while (*p != NULL && (*p)->client != c)
		p = &(*p)->next;
	if (*p != NULL)
		forget(p);
	if (s == NULL || let_in(m, s, c, username, password, &e) == -1) {
		(void)snprintf(
		    why, SESSION_WHY_MAX, "%.*s", SESSION_WHY_MAX - 1, e.text);
		free(s);
		return -1;
	}
	s->client = c;
	s->next = *b;
	*b = s;
	return 0;
}

/* From this moment on it may do nothing; the tick disconnects it. */
static void
fall(struct sessions *m, struct session *s)
{
	s->role = POLICY_NOBODY;
	s->kick = true;
	m->any_kick = true;
}

/* Every session of that certificate; there may be many of a claim one. */
static void
again(struct sessions *m, const char *fingerprint)
{
	char unused[REGISTRY_PASSWORD_MAX];
	struct err e;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct session *s = m->bucket[i]; s != NULL; s = s->next)
			if (strcmp(s->fingerprint, fingerprint) == 0 &&
			    (judge(m, s, unused, &e) == -1 ||
				s->role == POLICY_NOBODY))
				fall(m, s);
}

/*
 * Walks what has changed since the last look. false: the registry can not be
 * read. A change of the registry that touches no certificate costs one read.
 */
static bool
refresh(struct sessions *m)
{
	struct err e;
	int64_t version, top;
	int rc;

	if (db_version(m->registry.db, &version, &e) == -1)
		return false;
	if (version == m->version)
		return true;
	top = highest(m);
	if (top != m->changes) {
		own_row sqlite3_stmt *st = db_bind(m->registry.db, &e,
		    "SELECT fingerprint FROM certificate WHERE changed > ? AND"
		    " changed <= ?",
		    "ii", m->changes, top);

		if (st == NULL)
			return false;
		while ((rc = db_row(st, &e)) == 1)
			again(m, db_text(st, 0));
		if (rc == -1)
			return false;
	}
	m->changes = top;
	m->version = version;
	return true;
}

const struct session *
session_find(struct sessions *m, const struct mosquitto *c)
{
	struct session *s;

	if (!refresh(m) || (s = lookup(m, c)) == NULL)
		return NULL;
	if (s->role != POLICY_NOBODY && s->until < (int64_t)time(NULL))
		fall(m, s);
	return s->role != POLICY_NOBODY ? s : NULL;
}

/* Once a second, those that say nothing are looked at, too. */
static void
expire(struct sessions *m)
{
	time_t now = time(NULL);

	if (now == m->checked)
		return;
	m->checked = now;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct session *s = m->bucket[i]; s != NULL; s = s->next)
			if (!s->gone && s->role != POLICY_NOBODY &&
			    s->until < now)
				fall(m, s);
}

bool
session_fallen(struct sessions *m, char id[static SESSION_ID_MAX + 1])
{
	(void)refresh(m);
	expire(m);
	sweep(m);
	if (!m->any_kick)
		return false;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct session *s = m->bucket[i]; s != NULL; s = s->next)
			if (s->kick) {
				s->kick = false;
				memcpy(id, s->client_id, sizeof(s->client_id));
				return true;
			}
	m->any_kick = false;
	return false;
}
