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

/* Well-formed UTF-8 (Unicode 15, table 3-7): the first byte, the second, and
 * how many there are; further ones are 80 to bf. */
static const struct {
	unsigned char first, last, second_from, second_to, len;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0xff, 1 },
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* Bytes of the character at p, which ends in a NUL somewhere; 0: none. */
static size_t
character(const unsigned char *p)
{
	size_t i = 0, n;

	while (i < sizeof(forms) / sizeof(*forms) &&
	    (*p < forms[i].first || *p > forms[i].last))
		i++;
	if (i == sizeof(forms) / sizeof(*forms))
		return 0;
	n = forms[i].len;
	if (n > 1 && (p[1] < forms[i].second_from || p[1] > forms[i].second_to))
		return 0;
	for (size_t k = 2; k < n; k++)
		if ((p[k] & 0xc0) != 0x80)
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
