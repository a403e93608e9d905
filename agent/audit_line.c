/* SPDX-License-Identifier: MIT */
/*
 * Lines of the audit trail, strictly: JSON of one level, a number, two hashes.
 * The hash is over the bytes as they stand in the file, so nobody has to agree
 * on how JSON is to be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit_line.h"
#include "json.h"
#include "own.h"

int
audit_hash(
    const char *line, size_t len, char out[static SHA256_HEX], struct err *e)
{
	uint8_t hash[SHA256_LEN];

	if (sha256(line, len, hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), out);
	return 0;
}

int
audit_parse(const char *line, size_t len, struct audit_line *l, struct err *e)
{
	own_json json_t *j =
	    json_parse("audit line", line, len, AUDIT_LINE_MAX, e);
	const char *prev;
	int64_t sequence;

	if (j == NULL || json_num(j, "seq", 1, INT64_MAX, &sequence, e) == -1 ||
	    json_str(j, "prev", SHA256_HEX - 1, &prev, e) == -1)
		return -1;
	if (strlen(prev) != SHA256_HEX - 1)
		return err_set(e, EBADMSG, "\"prev\" is no SHA-256");
	l->end.sequence = (unsigned long long)sequence;
	(void)memcpy(l->prev, prev, SHA256_HEX);
	return audit_hash(line, len, l->end.hash, e);
}

/* One more line of the walk. */
static int
follow(const char *line, size_t len, struct audit_end *end,
    char prev[static SHA256_HEX], struct err *e)
{
	struct audit_line l;

	if (audit_parse(line, len, &l, e) == -1)
		return -1;
	if (strcmp(l.prev, end->hash) != 0)
		return err_set(e, EBADMSG,
		    "does not follow the line before: one of them was changed,"
		    " or lines between them were taken away");
	if (l.end.sequence != end->sequence + 1)
		return err_set(e, EBADMSG, "number %llu follows number %llu",
		    l.end.sequence, end->sequence);
	(void)memcpy(prev, l.prev, SHA256_HEX);
	*end = l.end;
	return 0;
}

int
audit_walk(int fd, struct audit_end *end, char prev[static SHA256_HEX],
    size_t *lines, struct err *e)
{
	char line[AUDIT_LINE_MAX + 2];
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	own_file FILE *f = copy == -1 ? NULL : fdopen(copy, "r");

	if (f == NULL)
		return err_sys(e, "audit trail");
	while (fgets(line, sizeof(line), f) != NULL) {
		size_t len = strlen(line);

		if (len == 0 || line[len - 1] != '\n') {
			if (feof(f))
				return 0;
			return err_set(e, EBADMSG,
			    "line %zu: no line of an audit trail", *lines + 1);
		}
		if (follow(line, len - 1, end, prev, e) == -1)
			return err_in(e, "line %zu", *lines + 1);
		(*lines)++;
	}
	return ferror(f) ? err_sys(e, "read audit trail") : 0;
}

void
audit_time(char out[static 40])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, 40 - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

/* Bytes of the UTF-8 character at p (Unicode 3.9, table 3-7), 0: none. */
static size_t
character(const unsigned char *p)
{
	size_t n = *p < 0x80 ? 1
	    : *p < 0xc2      ? 0
	    : *p < 0xe0      ? 2
	    : *p < 0xf0      ? 3
	    : *p < 0xf5      ? 4
			     : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

void
audit_clean(char *s)
{
	unsigned char *p = (unsigned char *)s;

	while (*p != '\0') {
		size_t n = character(p);

		if (n == 0 || *p < ' ' || *p == 0x7f) {
			*p = '?';
			n = 1;
		}
		p += n;
	}
}
