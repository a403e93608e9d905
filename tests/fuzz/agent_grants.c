/* SPDX-License-Identifier: MIT */
/*
 * A plugin's policy. What is accepted must keep to its own rules: absolute
 * paths that do not climb, modes without set-id, lists that end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grants.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a text that stood before a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void
must(int holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e;
	struct grants *g =
	    grants_parse("demo", "demo.conf", (const char *)data, len, &e);

	if (g == NULL)
		return 0;
	must(g->user != NULL && g->file != NULL);
	must(strchr(g->file, '/') == NULL);
	must(g->spec.read[SPEC_LIST_MAX - 1] == NULL);
	must(g->spec.write[SPEC_LIST_MAX - 1] == NULL);
	must(g->spec.connect[SPEC_LIST_MAX - 1] == 0);
	for (const struct grant_install *s = g->install; s->name != NULL; s++) {
		must(s < g->install + GRANTS_LIST);
		must(*s->path == '/' && strstr(s->path, "/../") == NULL);
		must((s->mode & ~0775u) == 0);
	}
	for (const struct grant_reload *s = g->reload; s->name != NULL; s++) {
		must(s < g->reload + GRANTS_LIST && *s->pidfile == '/');
		must(s->check[0] == NULL || *s->check[0] == '/');
	}
	grants_free(g);
	return 0;
}
