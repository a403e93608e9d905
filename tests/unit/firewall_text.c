/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ruletext.h"
#include "unit/firewall_random.h"

#define COUNT(a)       (sizeof(a) / sizeof(*(a)))
#define HEAD           "ingot-firewall 1\n"
#define POLICY         "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
#define AROUND(v4, v6) HEAD "*ipv4\n" POLICY v4 "*ipv6\n" POLICY v6

static void
random_set(struct fw_set *s, enum fw_family f, unsigned n)
{
	struct err e;

	for (int c = 0; c < FW_CHAINS; c++)
		s->policy[c] = (enum fw_verdict)random_below(FW_VERDICTS);
	for (unsigned i = 0; i < n; i++) {
		struct fw_rule r = random_rule(f);

		assert_int_equal(fw_add(s, &r, &e), 0);
	}
}

static void
every_model_is_read_back_from_its_text(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 300; i++) {
		own_firewall struct firewall fw = { 0 }, back = { 0 };
		own_bytes struct bytes a = { 0 }, b = { 0 };
		struct err e;

		random_set(&fw.set[FW_V4], FW_V4, random_below(40));
		random_set(&fw.set[FW_V6], FW_V6, random_below(40));
		fw_text_write(&fw, &a);
		assert_int_equal(fw_text_read(&back, a.p, a.len, &e), 0);
		fw_text_write(&back, &b);
		assert_string_equal(a.p, b.p);
		assert_int_equal(back.set[FW_V4].n, fw.set[FW_V4].n);
	}
}

static void
the_longest_rule_fits_its_line(void **state)
{
	struct fw_rule r = { .chain = FW_FORWARD,
		.proto = FW_TCP,
		.known = true,
		.in = "fifteen-letter+",
		.out = "fifteen-letters",
		.sport = { 65534, 65535 },
		.dport = { 65534, 65535 } };
	char text[FW_LINE_MAX];

	(void)state;
	memset(r.from.addr, 0x99, sizeof(r.from.addr));
	r.from.bits = 128;
	r.to = r.from;
	fw_rule_text(&r, FW_V6, text);
	assert_true(strlen(text) < FW_LINE_MAX - 20);
	assert_string_equal(text + strlen(text) - 10, " -j ACCEPT");
}

static void
no_text_is_the_open_machine(void **state)
{
	own_firewall struct firewall fw = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(fw_text_read(&fw, "", 0, &e), 0);
	for (int f = 0; f < FW_FAMILIES; f++) {
		assert_int_equal(fw.set[f].n, 0);
		assert_int_equal(fw.set[f].policy[FW_INPUT], FW_ACCEPT);
	}
}

static void
what_render_did_not_write_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{ "\n", "line 1" },
		{ "ingot-firewall 2\n", "line 1" },
		{ HEAD, "\"*ipv4\" is missing" },
		{ HEAD "*ipv6\n" POLICY, "line 2" },
		{ HEAD "*ipv4\n" POLICY, "\"*ipv6\" is missing" },
		{ HEAD "*ipv4\n-P INPUT DROP\n", "artifact line 3" },
		{ HEAD "*ipv4\n-P OUTPUT DROP\n", "line 3" },
		{ HEAD "*ipv4\n-P INPUT REJECT\n", "line 3" },
		{ AROUND("-A INPUT\n", ""), "line 6" },
		{ AROUND("-A INPUT -j\n", ""), "line 6" },
		{ AROUND("-A INPUT -j RETURN\n", ""), "line 6" },
		{ AROUND("-A INPUT -j  ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -j ACCEPT \n", ""), "line 6" },
		{ AROUND(" -A INPUT -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A DOCKER -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -p gre -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -p icmp -m tcp --dport 1 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p tcp -m tcp --dport 0 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND(
		      "-A INPUT -p tcp -m tcp --dport 65536 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p tcp -m tcp --dport 9:8 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p tcp -m tcp --dport 8:8 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p tcp -m udp --dport 8 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p tcp --dport 8 -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A INPUT -p icmp -m icmp --icmp-type 255 -j ACCEPT\n",
		      ""),
		    "line 6" },
		{ AROUND("-A INPUT -p icmp -m icmp --icmp-type 256 -j ACCEPT\n",
		      ""),
		    "line 6" },
		{ AROUND("-A INPUT -p ipv6-icmp -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -s ::1/128 -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -s 10.0.0.1/8 -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -s 10.0.0.1 -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -s 0.0.0.0/0 -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -i a/b -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT ! -i eth0 -j ACCEPT\n", ""), "line 6" },
		{ AROUND("-A INPUT -m conntrack --ctstate NEW -j ACCEPT\n", ""),
		    "line 6" },
		{ AROUND("-A OUTPUT -j DROP\n-A INPUT -j DROP\n", ""),
		    "line 7" },
		{ AROUND("", "-A INPUT -s 10.0.0.0/8 -j ACCEPT\n"), "line 10" },
		{ AROUND("", "*nat\n"), "line 10" },
		{ AROUND("", "-A INPUT -j DROP"), "line 10" },
		{ AROUND("", "\n"), "line 10" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct firewall fw;
		struct err e;

		assert_int_equal(
		    fw_text_read(&fw, rows[i].text, strlen(rows[i].text), &e),
		    -1);
		if (strstr(e.text, rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, e.text);
		assert_null(fw.set[FW_V4].rules);
	}
}

static void
a_changed_byte_is_refused_or_read_as_it_stands(void **state)
{
	static const char good[] =
	    AROUND("-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m tcp "
		   "--dport 22 -j ACCEPT\n",
		"-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j DROP\n");
	char text[sizeof(good)];

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			own_firewall struct firewall fw = { 0 };
			own_bytes struct bytes again = { 0 };
			struct err e;

			memcpy(text, good, sizeof(good));
			text[i] = (char)(text[i] ^ 1 << bit);
			if (fw_text_read(&fw, text, sizeof(good) - 1, &e) == -1)
				continue;
			fw_text_write(&fw, &again);
			assert_memory_equal(again.p, text, sizeof(good) - 1);
		}
}

static void
a_text_of_any_length_has_a_limit(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct firewall fw;
	struct err e;

	(void)state;
	bytes_fmt(&b, AROUND("", ""));
	while (b.len <= FW_TEXT_MAX)
		bytes_fmt(&b,
		    "-A INPUT -p tcp -m tcp --dport 1000:2000 "
		    "-j ACCEPT\n");
	assert_int_equal(fw_text_read(&fw, b.p, b.len, &e), -1);
	assert_non_null(strstr(e.text, "larger than"));
	b.len = FW_TEXT_MAX - FW_TEXT_MAX % 2;
	assert_int_equal(fw_text_read(&fw, b.p, b.len, &e), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_is_read_back_from_its_text),
		cmocka_unit_test(the_longest_rule_fits_its_line),
		cmocka_unit_test(no_text_is_the_open_machine),
		cmocka_unit_test(
		    what_render_did_not_write_is_refused_with_its_line),
		cmocka_unit_test(
		    a_changed_byte_is_refused_or_read_as_it_stands),
		cmocka_unit_test(a_text_of_any_length_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
