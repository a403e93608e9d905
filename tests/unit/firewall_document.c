/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "ruledoc.h"
#include "ruletext.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SSH      "{ protocol = \"tcp\"; port = 22; }"

static int
render(const char *text, struct bytes *out, struct err *e)
{
	own_firewall struct firewall fw = { 0 };

	if (fw_doc_read(&fw, "fw.conf", text, strlen(text), e) == -1)
		return -1;
	fw_text_write(&fw, out);
	return 0;
}

/* How many lines of the artifact hold words. */
static unsigned
lines_with(const struct bytes *b, const char *words)
{
	unsigned n = 0;

	for (const char *p = b->p; (p = strstr(p, words)) != NULL; p++)
		n++;
	return n;
}

static void
a_document_becomes_these_lines(void **state)
{
	static const struct {
		const char *text; /* of input, beside SSH */
		const char *line;
		unsigned times;
	} rows[] = {
		{ "", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", 2 },
		{ "", "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n", 2 },
		{ "",
		    "-P OUTPUT ACCEPT\n-A INPUT -m conntrack --ctstate "
		    "RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j "
		    "ACCEPT\n",
		    2 },
		{ "", "-A INPUT -s 127.0.0.0/8 -j DROP\n", 1 },
		{ "", "-A INPUT -s ::1/128 -j DROP\n", 1 },
		{ "", "--icmp-type 3 ", 1 },
		{ "", "--icmpv6-type 2 ", 1 },
		{ "", "--icmpv6-type 135 ", 1 },
		{ "", "--icmp-type 8 ", 0 },
		{ "", "-A OUTPUT", 0 },
		{ "", "-A FORWARD", 0 },
		{ ", { protocol = \"udp\"; port = [ 53, 123 ]; }",
		    "-A INPUT -p udp -m udp --dport 123 -j ACCEPT\n", 2 },
		{ ", { protocol = \"udp\"; port = \"5000-5010\"; family = "
		  "\"ipv4\"; }",
		    "-A INPUT -p udp -m udp --dport 5000:5010 -j ACCEPT\n", 1 },
		{ ", { protocol = \"udp\"; port = (53, \"60-61\"); "
		  "source_port = 9; }",
		    "-A INPUT -p udp -m udp --sport 9 --dport 60:61 -j "
		    "ACCEPT\n",
		    2 },
		{ ", { from = \"10.0.0.0/8\"; action = \"drop\"; }",
		    "-A INPUT -s 10.0.0.0/8 -j DROP\n", 1 },
		{ ", { from = [ \"10.1.0.0/16\", \"fd00::/8\" ]; }",
		    "-A INPUT -s fd00::/8 -j ACCEPT\n", 1 },
		{ ", { from = [ \"10.1.0.0/16\", \"fd00::/8\" ]; to = "
		  "\"10.9.9.9\"; }",
		    "-A INPUT -s 10.1.0.0/16 -d 10.9.9.9/32 -j ACCEPT\n", 1 },
		{ ", { from = [ \"10.1.0.0/16\", \"fd00::/8\" ]; to = "
		  "\"10.9.9.9\"; }",
		    "fd00", 0 },
		{ ", { protocol = \"icmp\"; family = \"ipv6\"; icmp_type = "
		  "128; }",
		    "-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT\n", 1 },
		{ ", { interface = \"wg+\"; }", "-A INPUT -i wg+ -j ACCEPT\n",
		    2 },
		{ "); ping = true; forward = ( { in = \"a\"; out = \"b\"; }",
		    "-A FORWARD -i a -o b -j ACCEPT\n", 2 },
		{ "); ping = true; forward = ( { in = \"a\"; out = \"b\"; }",
		    "-A FORWARD -m conntrack", 2 },
		{ "); ping = true; forward = ( { in = \"a\"; out = \"b\"; }",
		    "-A FORWARD -i lo", 0 },
		{ "); ping = true; output = ( ", "--icmp-type 8 ", 1 },
		{ "); policy = { output = \"drop\"; }; output = (",
		    "-A OUTPUT -o lo -j ACCEPT\n", 2 },
		{ "); established = false; loopback = false; output = (",
		    "conntrack", 0 },
		{ "); established = false; loopback = false; output = (", "lo",
		    0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_bytes struct bytes doc = { 0 }, out = { 0 };
		struct err e;

		bytes_fmt(&doc, "input = ( " SSH "%s );\n", rows[i].text);
		if (render(doc.p, &out, &e) == -1)
			fail_msg("row %zu: %s", i, e.text);
		if (lines_with(&out, rows[i].line) != rows[i].times)
			fail_msg("row %zu: %s", i, out.p);
	}
}

static void
what_is_wrong_is_said_with_its_line_and_a_remedy(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{ "", "fw.conf: nobody could reach SSH (tcp port 22)" },
		{ "input = ( { protocol = \"tcp\"; port = 80; } );",
		    "nobody could reach SSH" },
		{ "ssh_port = 2222;\ninput = ( " SSH " );", "tcp port 2222" },
		{ "policy = { output = \"drop\"; };\nestablished = false;\n"
		  "input = ( " SSH " );",
		    "nobody could reach SSH" },
		{ "input = (\n\n{ protcol = \"tcp\"; } );",
		    "fw.conf:3: unknown key \"protcol\"" },
		{ "input = ( { in = \"eth0\"; } );", "unknown key \"in\"" },
		{ "forward = ( { interface = \"a\"; } );",
		    "unknown key \"interface\"" },
		{ "\nallow = ();", "fw.conf:2: unknown key \"allow\"" },
		{ "policy = { input = \"accept\"; };",
		    "unknown key \"input\"" },
		{ "policy = { output = \"reject\"; };",
		    "must be one of \"accept\", \"drop\"" },
		{ "policy = \"drop\";", "must be a group" },
		{ "input = { };", "must be a list" },
		{ "input = ( 5 );", "a rule is a group" },
		{ "input = ( { } );", "without a condition" },
		{ "input = ( { action = \"accept\"; } );",
		    "without a condition" },
		{ "input = ( { action = 1; port = 5; } );", "tcp\" or \"udp" },
		{ "input = ( { protocol = \"sctp\"; } );",
		    "must be one of \"any\", \"tcp\"" },
		{ "input = ( { port = 22; } );", "a port needs protocol" },
		{ "input = ( { protocol = \"icmp\"; port = 22; } );",
		    "a port needs protocol" },
		{ "input = ( { protocol = \"tcp\"; port = 0; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = 65536; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = -4294967274L; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = 22.5; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = true; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = \"22\"; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = \"9-8\"; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = \" 8-9\"; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = \"8-9 \"; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = \"8-65536\"; } );",
		    "from 1 to 65535" },
		{ "input = ( { protocol = \"tcp\"; port = [ ]; } );",
		    "port is an empty list" },
		{ "input = ( { protocol = \"tcp\"; port = { a = 1; }; } );",
		    "must be a list" },
		{ "input = ( { from = [ ]; } );", "from is an empty list" },
		{ "input = ( { from = 10; } );", "must be a text" },
		{ "input = ( { from = \"10.0.0.1/8\"; } );",
		    "has bits set behind its first 8" },
		{ "input = ( { from = \"gateway\"; } );", "no address" },
		{ "input = ( { from = \"@{unit.network}\"; } );",
		    "no address" },
		{ "input = ( { from = \"::1\"; to = \"10.0.0.1\"; } );",
		    "no family in common" },
		{ "input = ( { from = \"::1\"; family = \"ipv4\"; } );",
		    "no family in common" },
		{ "input = ( { icmp_type = 8; protocol = \"tcp\"; } );",
		    "icmp_type needs protocol" },
		{ "input = ( { icmp_type = 8; protocol = \"icmp\"; } );",
		    "icmp_type needs family" },
		{ "input = ( { icmp_type = 255; protocol = \"icmp\"; } );",
		    "between" },
		{ "input = ( { interface = \"eth0 -j ACCEPT\"; } );",
		    "no interface name" },
		{ "input = ( { interface = \"much-too-long-name\"; } );",
		    "no interface name" },
		{ "input = ( { interface = \"eth0\\n-A\"; } );",
		    "control character" },
		{ "input = ( { interface = \"lo\"; protocol = \"tcp\"; } );",
		    "a base rule" },
		{ "input = ( " SSH ",\n" SSH " );",
		    "fw.conf:2: this rule is never reached in ipv4" },
		{ "input = (\n{ protocol = \"tcp\"; port = [ 22, 22 ]; } );",
		    "fw.conf:2: this rule is never reached" },
		{ "input = (", "fw.conf:1: syntax error" },
		{ "@include \"/etc/passwd\"", "@include" },
		{ "ping = 1;", "true or false" },
		{ "ssh_port = 70000;", "between 0 and 65535" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_bytes struct bytes out = { 0 };
		struct err e;

		if (render(rows[i].text, &out, &e) == 0)
			fail_msg("row %zu was taken: %s", i, rows[i].text);
		if (strstr(e.text, rows[i].words) == NULL ||
		    strncmp(e.text, "fw.conf:", 8) != 0)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
a_unit_without_ssh_says_so(void **state)
{
	own_bytes struct bytes out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(render("ssh_port = 0;", &out, &e), 0);
	assert_int_equal(lines_with(&out, "--dport"), 0);
	assert_int_equal(lines_with(&out, "-P INPUT DROP"), 2);
}

static void
lists_multiply_up_to_a_limit(void **state)
{
	own_bytes struct bytes doc = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	bytes_fmt(&doc, "input = ( " SSH ",\n{ protocol = \"udp\"; from = [");
	for (int i = 0; i < FW_LIST_MAX; i++)
		bytes_fmt(&doc, "%s\"10.0.%d.0/24\"", i == 0 ? "" : ",", i);
	bytes_fmt(&doc, "]; port = [");
	for (int i = 0; i < FW_LIST_MAX; i++)
		bytes_fmt(&doc, "%s%d", i == 0 ? "" : ",", 1000 + i);
	bytes_fmt(&doc, "]; }");
	assert_int_equal(render(doc.p, &out, &e), -1);
	bytes_fmt(&doc, ");");
	assert_int_equal(render(doc.p, &out, &e), 0);
	assert_int_equal(lines_with(&out, "-p udp"), FW_LIST_MAX * FW_LIST_MAX);
	doc.len -= 2;
	bytes_fmt(&doc, ",\n{ protocol = \"udp\"; port = [");
	for (int i = 0; i <= FW_LIST_MAX; i++)
		bytes_fmt(&doc, "%s%d", i == 0 ? "" : ",", 1000 + i);
	bytes_fmt(&doc, "]; });");
	assert_int_equal(render(doc.p, &out, &e), -1);
	assert_non_null(strstr(e.text, "fw.conf:3: port has more than 64"));
}

static void
too_many_rules_are_refused_where_they_become_too_many(void **state)
{
	own_bytes struct bytes doc = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	bytes_fmt(&doc, "input = ( " SSH);
	for (int block = 0; block < 3; block++) {
		bytes_fmt(&doc, ",\n{ protocol = \"udp\"; port = [");
		for (int i = 0; i < FW_LIST_MAX; i++)
			bytes_fmt(&doc, "%s%d", i == 0 ? "" : ",",
			    1000 + 100 * block + i);
		bytes_fmt(&doc, "]; source_port = [");
		for (int i = 0; i < FW_LIST_MAX; i++)
			bytes_fmt(&doc, "%s%d", i == 0 ? "" : ",", 1 + i);
		bytes_fmt(&doc, "]; }");
	}
	bytes_fmt(&doc, ");");
	assert_int_equal(render(doc.p, &out, &e), -1);
	assert_non_null(strstr(e.text, "fw.conf:4: more than 10000 rules"));
}

static void
both_families_keep_the_order_that_was_written(void **state)
{
	own_bytes struct bytes out = { 0 };
	const char *a, *b, *c;
	struct err e;

	(void)state;
	assert_int_equal(
	    render("input = ( " SSH ",\n"
		   "{ from = \"10.0.0.66\"; action = \"drop\"; },\n"
		   "{ protocol = \"udp\"; port = 9; from = \"10.0.0.0/8\"; },\n"
		   "{ protocol = \"udp\"; port = 5; } );",
		&out, &e),
	    0);
	a = strstr(out.p, "10.0.0.66/32 -j DROP");
	b = strstr(out.p, "--dport 9");
	c = strstr(out.p, "--dport 5");
	assert_true(a != NULL && a < b && b < c);
}

/* The shipped documents against what was agreed on for them. */
static void
shipped_documents_render_as_recorded(void **state)
{
	static const char *const names[] = { "gateway", "everest-plc" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		own_bytes struct bytes doc = { 0 }, out = { 0 }, gold = { 0 };
		char path[128];
		struct err e;

		(void)snprintf(
		    path, sizeof(path), "policies/firewall/%s.conf", names[i]);
		if (file_read(AT_FDCWD, path, 65536, &doc, &e) == -1)
			fail_msg("%s", e.text);
		(void)snprintf(path, sizeof(path),
		    "tests/golden/firewall/%s.artifact", names[i]);
		if (file_read(AT_FDCWD, path, 65536, &gold, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(render(doc.p, &out, &e), 0);
		assert_string_equal(out.p, gold.p);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_becomes_these_lines),
		cmocka_unit_test(
		    what_is_wrong_is_said_with_its_line_and_a_remedy),
		cmocka_unit_test(a_unit_without_ssh_says_so),
		cmocka_unit_test(lists_multiply_up_to_a_limit),
		cmocka_unit_test(
		    too_many_rules_are_refused_where_they_become_too_many),
		cmocka_unit_test(both_families_keep_the_order_that_was_written),
		cmocka_unit_test(shipped_documents_render_as_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
