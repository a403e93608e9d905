/* SPDX-License-Identifier: MIT */
/*
 * Documents. Whatever the bytes, libconfig must never come to an @include: it
 * would look for the file, and say so when it is not there.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a text that stood before a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void
walk(conf_node *n)
{
	const char *s;
	struct err e;

	(void)conf_text(n, 100, &s, &e);
	if (config_setting_source_file(n) != NULL)
		abort();
	if (config_setting_is_aggregate(n))
		for (size_t i = 0; i < conf_len(n); i++)
			walk(conf_at(n, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_conf struct conf c = { 0 };
	struct err e;

	if (conf_parse(&c, "f", (const char *)data, len, &e) == 0)
		walk(conf_root(&c));
	else if (strstr(e.text, "include file") != NULL)
		abort();
	return 0;
}
