/* SPDX-License-Identifier: MIT */
/*
 * The last step of an enrolment: the unit has shown, by connecting with it,
 * that the certificate's private key is its own. From here on it counts.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide.h"

/* One statement for both: there is no moment with two certificates in force,
 * nor with none. The gate learns of it through `changed`. */
static int
activate(struct registry *r, const char *name, const char *fingerprint,
    struct err *e)
{
	int64_t now = (int64_t)time(NULL);

	if (db_run(r->db, e, "UPDATE meta SET changes = changes + 1", "") ==
		-1 ||
	    db_run(r->db, e,
		"UPDATE certificate SET state = CASE fingerprint WHEN ?2 THEN"
		" 'active' ELSE 'superseded' END, changed = (SELECT changes"
		" FROM meta) WHERE name = ?1 AND role = 'unit' AND"
		" (fingerprint = ?2 OR state = 'active')",
		"ss", name, fingerprint) == -1)
		return -1;
	return db_run(r->db, e,
	    "UPDATE unit SET state = 'active', changed = ? WHERE serial = ?",
	    "is", now, name);
}

static void
refuse(char error[WIRE_ERROR_MAX + 1], const char *why)
{
	(void)snprintf(error, WIRE_ERROR_MAX + 1, "%s", why);
}

int
decide_confirm(struct registry *r, const char *name, const char *fingerprint,
    const char *by, char error[WIRE_ERROR_MAX + 1], struct err *e)
{
	own_row sqlite3_stmt *st = db_bind(r->db, e,
	    "SELECT c.state, c.issued + ?, u.state FROM certificate c JOIN"
	    " unit u ON u.serial = c.name WHERE c.fingerprint = ? AND c.name ="
	    " ? AND c.role = 'unit'",
	    "iss", (int64_t)REGISTRY_PENDING_S, fingerprint, name);
	bool pending;
	int rc;

	error[0] = '\0';
	if (st == NULL || (rc = db_row(st, e)) == -1)
		return -1;
	pending = rc == 1 && strcmp(db_text(st, 0), "pending") == 0 &&
	    sqlite3_column_int64(st, 1) >= (int64_t)time(NULL);
	if (strcmp(by, fingerprint) != 0)
		refuse(error, "not sent with the certificate it confirms");
	else if (rc == 0 || (!pending && strcmp(db_text(st, 0), "active") != 0))
		refuse(error, "no certificate that waits to be confirmed");
	else if (pending)
		return activate(r, name, fingerprint, e);
	return 0;
}
