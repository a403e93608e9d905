/* SPDX-License-Identifier: MIT */
/*
 * Where a CSMS wants a log, and the first line of what a server answers. A
 * place that is taken has a host, a port and a path that begins with "/" and
 * holds nothing that would end a line of the request.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct upload_where *w)
{
	if (w->host[0] == '\0' || w->port == 0 || w->path[0] != '/')
		abort();
	for (const char *p = w->path; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ')
			abort();
	for (const char *p = w->host; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '/' || *p == '@')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *url = strndup((const char *)data, len);
	struct upload_where w;
	struct err e;

	if (url != NULL && upload_where(url, "security-CP1.jsonl", &w, &e) == 0)
		check(&w);
	free(url);
	if (upload_status((const char *)data, len) > 999)
		abort();
	return 0;
}
