/* SPDX-License-Identifier: MIT */
/*
 * ingot.conf. What is accepted has absolute paths and plugin names that are
 * safe in a path.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a text that stood before a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct settings s;
	struct err e;

	if (settings_parse(&s, "ingot.conf", (const char *)data, len, &e) == -1)
		return 0;
	if (*s.state_dir != '/' || *s.anchors != '/' || s.backoff_ms < 1)
		abort();
	for (size_t i = 0; s.plugins[i] != NULL; i++)
		if (i >= SETTINGS_PLUGINS || strchr(s.plugins[i], '/') != NULL)
			abort();
	settings_free(&s);
	return 0;
}
