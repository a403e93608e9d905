/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_LINE_H
#define AUDIT_LINE_H

#include <stddef.h>

#include "digest.h"
#include "err.h"

/*
 * One line of the audit trail, read and checked; the part of audit.h that
 * writes nothing.
 */
#define AUDIT_LINE_MAX 4096 /* bytes, with the newline */
#define AUDIT_FIRST_HASH                                                       \
	"00000000000000000000000000000000"                                     \
	"00000000000000000000000000000000"

struct audit_end {
	unsigned long long sequence; /* 0: no line yet */
	char hash[SHA256_HEX];       /* of the line, without its newline */
};

struct audit_line {
	struct audit_end end;
	char prev[SHA256_HEX];
};

/* line without its newline. */
int audit_hash(
    const char *line, size_t len, char out[static SHA256_HEX], struct err *);
int
audit_parse(const char *line, size_t len, struct audit_line *, struct err *);

/*
 * Follows the chain through the file behind fd. end and prev start as the
 * trail's beginning and receive the last line's; *lines the good ones. A last
 * line without its newline is not counted: the power may have torn it.
 */
int audit_walk(int fd, struct audit_end *end, char prev[static SHA256_HEX],
    size_t *lines, struct err *);

/* Now, in UTC with milliseconds (RFC 3339). */
void audit_time(char out[static 40]);
/* Control characters and bytes that are no UTF-8 become '?', so that no text
 * of anyone's can keep an event out of the trail. */
void audit_clean(char *);

#endif
