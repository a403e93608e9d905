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
#include "text.h"

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

void
audit_clean(char *s)
{
	while (*s != '\0') {
		size_t n = text_character(s);

		if (n == 0 || text_is_control(s)) {
			memset(s, '?', n == 0 ? 1 : n);
			n = n == 0 ? 1 : n;
		}
		s += n;
	}
}
