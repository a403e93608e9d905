/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_H
#define AUDIT_H

#include <stddef.h>

#include "err.h"
#include "json.h"

/*
 * The audit trail: log_dir/audit, JSON lines, each bearing the SHA-256 of the
 * line before it (field "prev"; 64 zeros in the first), a sequence number and
 * the time. Who cuts or changes a line in the middle breaks the chain; the
 * head is also kept in state_dir/audit-head, so cutting the end shows too.
 * Appended with fsync; a torn last line (power) is set aside at open, loudly.
 */
struct audit;

struct audit *audit_open(const char *log_dir, int state_dir, struct err *);
void audit_close(struct audit *);

/* who: "agent", a plugin, "cli". kind: CamelCase. fields: an object whose
 * members are added, or NULL; taken (freed) in any case. */
int audit_take(struct audit *, const char *who, const char *kind,
    json_t *fields, struct err *);
/* The common case, one text; logs a failure itself. */
void audit_say(struct audit *, const char *who, const char *kind,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Walks the whole trail. *lines receives how many are good; the error names
 * the line that breaks the chain. Needs no agent. */
int
audit_verify(const char *log_dir, int state_dir, size_t *lines, struct err *);

#endif
