/* SPDX-License-Identifier: MIT */
/*
 * Who listens. A table that can not be understood is an error, not an empty
 * list: the verdict must not open production because the kernel changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "listeners.h"
#include "own.h"

#define TABLE_MAX (4u * 1024 * 1024)
#define LISTEN    0x0a /* TCP_LISTEN */

/* Addresses are in words of host order: 127.0.0.1 is 0100007F. */
static bool
is_local(const char *hex)
{
	static const char v6[] = "00000000000000000000000001000000";
	static const char mapped[] = "0000000000000000FFFF0000";
	size_t n = strlen(hex);

	if (n == 8)
		return strcmp(hex + 6, "7F") == 0;
	return strcmp(hex, v6) == 0 ||
	    (strncmp(hex, mapped, 24) == 0 && strcmp(hex + 30, "7F") == 0);
}

static int
line_parse(const char *line, struct listener *l, struct err *e)
{
	char local[33], remote[33];
	unsigned port, far, state;

	if (sscanf(line, " %*u: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %2x", local,
		&port, remote, &far, &state) != 5 ||
	    (strlen(local) != 8 && strlen(local) != 32))
		return err_set(e, EBADMSG, "\"%.60s\" is not understood", line);
	*l = (struct listener){ (uint16_t)port, is_local(local) };
	return state == LISTEN;
}

int
listeners_parse(struct listener *list, size_t count, size_t max,
    const char *text, size_t len, struct err *e)
{
	const char *p = text, *end = text + len, *newline;
	struct listener l;
	char line[256];
	bool first = true;
	int rc;

	for (; p < end; p = newline + 1, first = false) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (newline == NULL)
			return err_set(e, EBADMSG, "its last line is cut off");
		if (first)
			continue; /* the headings */
		(void)snprintf(
		    line, sizeof(line), "%.*s", (int)(newline - p), p);
		if ((rc = line_parse(line, &l, e)) == -1)
			return -1;
		if (rc == 1 && count == max)
			return err_set(
			    e, E2BIG, "more than %zu listeners", max);
		if (rc == 1)
			list[count++] = l;
	}
	return (int)count;
}

/* /proc has no sizes, so file_read() would do; but it refuses growing ones. */
static int
read_table(const char *path, struct bytes *out, struct err *e)
{
	own_file FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;

	if (f == NULL)
		return err_sys(e, "open %s", path);
	out->limit = TABLE_MAX;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		bytes_add(out, chunk, n);
	if (ferror(f) != 0 || out->bad)
		return err_set(e, EIO, "%s could not be read", path);
	return 0;
}

int
listeners_read(struct listener *list, struct err *e)
{
	static const char *const tables[] = { "/proc/net/tcp",
		"/proc/net/tcp6" };
	int count = 0;

	for (size_t i = 0; i < 2; i++) {
		own_bytes struct bytes text = { 0 };

		if (read_table(tables[i], &text, e) == -1) {
			if (i == 1 && e->code == ENOENT)
				continue; /* a kernel without IPv6 */
			return -1;
		}
		count = listeners_parse(
		    list, (size_t)count, LISTENERS_MAX, text.p, text.len, e);
		if (count == -1)
			return err_in(e, "%s", tables[i]);
	}
	return count;
}
