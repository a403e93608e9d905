/* SPDX-License-Identifier: MIT */
/*
 * A payload's control, the list, a database's paragraphs and a relation, from
 * any bytes: the first byte says which. What is read has to keep its promises.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "package_file.h"
#include "package_relation.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
look(void *ctx, const struct package *p, struct err *e)
{
	struct relation r;
	const char *at = p->depends;

	(void)ctx;
	while (relation_next(&at, &r, e) == 1)
		(void)relation_meets(&r, p);
	return 0;
}

static void
payload(const uint8_t *data, size_t len)
{
	own_bytes struct bytes text = { 0 };
	struct package p;
	struct err e;
	own_fd int fd = file_sealed(data, len, &e);

	if (fd != -1 && package_file_read(fd, &text, &p, &e) == 0 &&
	    (!package_name_ok(p.name) || *p.name == '-'))
		abort();
}

static void
list(const uint8_t *data, size_t len)
{
	struct package_list l;
	struct err e;

	if (package_list_parse(&l, data, len, &e) == 0)
		for (size_t i = 0; i < l.count; i++)
			if (!package_name_ok(l.rows[i].is.name) ||
			    (*l.rows[i].file != '\0' &&
				snapshot_path_check(l.rows[i].file, &e) == -1))
				abort();
	package_list_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e;
	char *text;

	if (len == 0)
		return 0;
	if (data[0] == 'p')
		payload(data + 1, len - 1);
	else if (data[0] == 'l')
		list(data + 1, len - 1);
	else if ((text = calloc(1, len)) != NULL) {
		memcpy(text, data + 1, len - 1);
		(void)package_parse(text, len - 1, look, NULL, &e);
		free(text);
	}
	return 0;
}
