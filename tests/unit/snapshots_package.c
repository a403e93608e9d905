/* SPDX-License-Identifier: MIT */
/*
 * Packages: versions, relations, control paragraphs, and the list. The table
 * of versions is also put to the machine's own dpkg, so that it is Debian's
 * order and not only ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "package_list.h"
#include "package_relation.h"
#include "package_version.h"

static const struct {
	const char *a, *b;
	char order;
} versions[] = {
	{ "1.0", "1.0", '=' },
	{ "1.0", "0:1.0", '=' },
	{ "1.0", "1.0-0", '=' },
	{ "1.0", "1.00", '=' },
	{ "1.0", "1.1", '<' },
	{ "1.9", "1.10", '<' },
	{ "1.09", "1.9", '=' },
	{ "1:1.0", "2.0", '>' },
	{ "2:0.1", "10:0.1", '<' },
	{ "1.0~rc1", "1.0", '<' },
	{ "1.0~~", "1.0~", '<' },
	{ "1.0~~a", "1.0~", '<' },
	{ "1.0-1", "1.0-1~deb12u1", '>' },
	{ "1.0-1+deb12u1", "1.0-1", '>' },
	{ "1.0-1+b1", "1.0-1+deb12u1", '<' },
	{ "1.0a", "1.0+", '<' },
	{ "1.0a", "1.0b", '<' },
	{ "1.0.", "1.0", '>' },
	{ "1.0+git20240101", "1.0", '>' },
	{ "1-2-3", "1-2-4", '<' },
	{ "1.0-1", "1.0-10", '<' },
	{ "20240101", "1.0", '>' },
	{ "1.99999999999999999999", "1.100000000000000000000", '<' },
	{ "9.2p1-2+deb12u3", "9.2p1-2+deb12u10", '<' },
	{ "1.0", "1.0.0", '<' },
	{ "0.9z", "0.10", '<' },
	{ "a", "1", '>' },
};

static char
sign(int n)
{
	return n < 0 ? '<' : n > 0 ? '>' : '=';
}

static void
versions_have_debians_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		char there =
		    sign(package_version_compare(versions[i].a, versions[i].b));
		char back =
		    sign(package_version_compare(versions[i].b, versions[i].a));

		if (there != versions[i].order ||
		    back !=
			(there == '='          ? '='
				: there == '<' ? '>'
					       : '<'))
			fail_msg(
			    "%s %c %s", versions[i].a, there, versions[i].b);
	}
}

static void
the_machines_dpkg_agrees(void **state)
{
	char line[256];

	(void)state;
	if (access("/usr/bin/dpkg", X_OK) == -1)
		skip();
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		const char *op = versions[i].order == '=' ? "eq"
		    : versions[i].order == '<'            ? "lt"
							  : "gt";

		(void)snprintf(line, sizeof(line),
		    "dpkg --compare-versions '%s' %s '%s' 2>/dev/null",
		    versions[i].a, op, versions[i].b);
		if (system(line) != 0)
			fail_msg("%s", line);
	}
}

static const struct package thing = { .name = "thing",
	.version = "2.0-1",
	.arch = "amd64",
	.provides = "mail-agent, thing-api (= 3)" };

static void
a_relation_is_met_by_name_version_or_what_is_provided(void **state)
{
	static const struct {
		const char *text;
		bool met;
	} rows[] = {
		{ "thing", true },
		{ "thing:any", true },
		{ "thing (>= 2.0)", true },
		{ "thing (>> 2.0-1)", false },
		{ "thing (= 2.0-1)", true },
		{ "thing(<<3)", true },
		{ "thing (< 2.0-1)", true },
		{ "thing [amd64] <!nocheck>", true },
		{ "things", false },
		{ "mail-agent", true },
		{ "mail-agent (>= 1)", false },
		{ "thing-api (>= 2)", true },
		{ "thing-api (= 4)", false },
	};
	struct relation r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *at = rows[i].text;

		assert_int_equal(relation_next(&at, &r, &e), 1);
		if (relation_meets(&r, &thing) != rows[i].met)
			fail_msg("%s", rows[i].text);
		assert_int_equal(relation_next(&at, &r, &e), 0);
	}
}

static void
what_is_no_relation_is_refused(void **state)
{
	static const char *const rows[] = { "a (", "a (>= )", "a (1.0)", "(a)",
		"a b", "a (>= 1.0", "a (>= 1.0) b" };
	struct relation r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *at = rows[i];

		if (relation_next(&at, &r, &e) != -1)
			fail_msg("%s", rows[i]);
	}
}

#define HEAD                                                                   \
	"{\"ingot\":1,\"manager\":\"dpkg\",\"architecture\":\"amd64\","        \
	"\"release\":{\"id\":\"debian\",\"version_id\":\"12\"},\"packages\":["
#define TAIL                                                                   \
	"\"origin\":\"\",\"depends\":\"\",\"pre_depends\":\"\","               \
	"\"provides\":\"\",\"conflicts\":\"\",\"breaks\":\"\",\"size\":\"\"}"
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROW(name, version, arch, file, hash)                                   \
	"{\"name\":\"" name "\",\"version\":\"" version                        \
	"\",\"architecture\":\"" arch "\",\"file\":\"" file                    \
	"\",\"sha256\":\"" hash "\"," TAIL

static void
a_list_is_read_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* NULL: it is fine */
	} rows[] = {
		{ HEAD ROW("a", "1", "all", "", "") "]}", NULL },
		{ HEAD ROW("a", "1", "all", "packages/a.deb", HASH) "]}",
		    NULL },
		{ HEAD ROW("--purge", "1", "all", "", "") "]}", "no name" },
		{ HEAD ROW("a;b", "1", "all", "", "") "]}", "no name" },
		{ HEAD ROW("a", "-1", "all", "", "") "]}", "no version" },
		{ HEAD ROW("a", "1", "a b", "", "") "]}", "no architecture" },
		{ HEAD ROW("a", "1", "all", "files/a.deb", HASH) "]}",
		    "no package file" },
		{ HEAD ROW("a", "1", "all", "packages/../a", HASH) "]}",
		    "no package file" },
		{ HEAD ROW("a", "1", "all", "packages/a.deb", "") "]}",
		    "no hash" },
		{ HEAD ROW("b", "1", "all", "", "") "," ROW(
		      "a", "1", "all", "", "") "]}",
		    "out of order" },
		{ HEAD ROW("a", "1", "all", "", "") "," ROW(
		      "a", "2", "all", "", "") "]}",
		    "twice" },
		{ "{\"ingot\":1}", "packages.json" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct package_list l;
		struct err e;
		int rc = package_list_parse(
		    &l, rows[i].text, strlen(rows[i].text), &e);

		if ((rc == 0) != (rows[i].why == NULL) ||
		    (rc == -1 && strstr(e.text, rows[i].why) == NULL))
			fail_msg("row %zu: %s", i, rc == 0 ? "read" : e.text);
		package_list_free(&l);
	}
}

static int
count(void *ctx, const struct package *p, struct err *e)
{
	(void)e;
	(void)p;
	++*(int *)ctx;
	return 0;
}

static void
control_paragraphs_are_cut_in_place(void **state)
{
	char good[] = "Package: a\nDepends: b,\n c\n\nPackage: d\nVersion: 1\n";
	char bad[] = "Package: a\nno field here\n";
	char nul[] = "Package: a\0b\n";
	struct err e;
	int n = 0;

	(void)state;
	assert_int_equal(
	    package_parse(good, sizeof(good) - 1, count, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(good + strlen("Package: a") + 1 + 9, "b,  c");
	assert_int_equal(
	    package_parse(bad, sizeof(bad) - 1, count, &n, &e), -1);
	assert_int_equal(
	    package_parse(nul, sizeof(nul) - 1, count, &n, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_debians_order),
		cmocka_unit_test(the_machines_dpkg_agrees),
		cmocka_unit_test(
		    a_relation_is_met_by_name_version_or_what_is_provided),
		cmocka_unit_test(what_is_no_relation_is_refused),
		cmocka_unit_test(a_list_is_read_strictly),
		cmocka_unit_test(control_paragraphs_are_cut_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
