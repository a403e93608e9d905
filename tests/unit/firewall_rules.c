/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>

#include "own.h"
#include "rulelint.h"
#include "unit/firewall_random.h"
#include "xtlock.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
an_address_or_network_is_read_as_it_is_written(void **state)
{
	static const struct {
		const char *text, *again;
		enum fw_family family;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1/32", FW_V4 },
		{ "10.0.0.0/8", "10.0.0.0/8", FW_V4 },
		{ "0.0.0.0/0", "0.0.0.0/0", FW_V4 },
		{ "2001:db8::1", "2001:db8::1/128", FW_V6 },
		{ "2001:DB8:0:0::/32", "2001:db8::/32", FW_V6 },
		{ "fe80::/10", "fe80::/10", FW_V6 },
		{ "::/0", "::/0", FW_V6 },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1/128", FW_V6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[FW_NET_TEXT_MAX];
		enum fw_family f;
		struct fw_net n;
		struct err e;

		assert_int_equal(fw_net_parse(rows[i].text, &n, &f, &e), 0);
		assert_int_equal(f, rows[i].family);
		fw_net_text(&n, f, text);
		assert_string_equal(text, rows[i].again);
	}
}

static void
what_is_no_network_is_refused(void **state)
{
	static const char *const rows[] = { "", "/", "/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0.0/08",
		"10.0.0.0/8/8", "10.0.0.1/8", "10.0.0/8", "10.0.0.0.0",
		"010.0.0.1", "2001:db8::/129", "2001:db8::1/64", "::g", "fe80",
		"fe80::1%eth0", "example.org", "10.0.0.0/8 ",
		"11111111:11111111:11111111:11111111:11111111:1111111111::" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum fw_family f;
		struct fw_net n;
		struct err e;

		assert_int_equal(fw_net_parse(rows[i], &n, &f, &e), -1);
	}
}

static void
an_interface_name_can_not_bring_another_word(void **state)
{
	static const char *const good[] = { "eth0", "lo", "ppp+", "wlan0.1",
		"br-lan", "a_b", "fifteen-letters", "tun+" };
	static const char *const bad[] = { "", "+", "eth0 -j ACCEPT", "eth/0",
		"eth0\n", "e+h", "sixteen-letters-", "..", ".", "-i", "e\"th",
		"eth0++", "eth\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(fw_iface_valid(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(fw_iface_valid(bad[i]));
}

static struct fw_net
net(const char *text)
{
	enum fw_family f;
	struct fw_net n;
	struct err e;

	assert_int_equal(fw_net_parse(text, &n, &f, &e), 0);
	return n;
}

static void
a_rule_covers_what_is_narrower_in_every_field(void **state)
{
	const struct fw_rule any = { .chain = FW_INPUT };
	const struct fw_rule wide = { .chain = FW_INPUT,
		.proto = FW_TCP,
		.in = "eth+",
		.from = net("10.0.0.0/9"),
		.dport = { 20, 30 } };
	const struct fw_rule narrow = { .chain = FW_INPUT,
		.proto = FW_TCP,
		.in = "eth1",
		.from = net("10.64.0.0/10"),
		.dport = { 22, 22 },
		.sport = { 5, 5 },
		.known = true };
	struct fw_rule other;

	(void)state;
	assert_true(fw_covers(&any, &wide) && fw_covers(&any, &narrow));
	assert_true(fw_covers(&wide, &narrow) && fw_covers(&wide, &wide));
	assert_false(fw_covers(&wide, &any) || fw_covers(&narrow, &wide));
	other = narrow, other.chain = FW_OUTPUT;
	assert_false(fw_covers(&any, &other));
	other = narrow, other.proto = FW_UDP;
	assert_false(fw_covers(&wide, &other));
	other = narrow, other.from = net("10.128.0.0/10");
	assert_false(fw_covers(&wide, &other));
	other = narrow, other.dport.last = 31;
	assert_false(fw_covers(&wide, &other));
	other = narrow, other.in[1] = 'x';
	assert_false(fw_covers(&wide, &other));
	other = wide, other.known = true;
	assert_false(fw_covers(&other, &wide));
}

/* The same rule with one condition less, or shortened. */
static struct fw_rule
widened(struct fw_rule r)
{
	const unsigned what = random_below(7);

	if (what == 0)
		memset(r.in, 0, sizeof(r.in));
	else if (what == 1)
		r.sport = (struct fw_ports){ 0, 0 };
	else if (what == 2 && r.dport.first > 1)
		r.dport.first--;
	else if (what == 3)
		r.known = false;
	else if (what == 4)
		r.typed = false;
	else if (what == 5 && r.from.bits > 0)
		r.from = (struct fw_net){ .bits = 0 };
	else if (!r.typed && r.sport.first + r.dport.first == 0)
		r.proto = FW_ANY;
	return r;
}

static void
a_rule_with_less_conditions_covers_the_one_with_more(void **state)
{
	(void)state;
	srandom(7);
	for (int i = 0; i < 20000; i++) {
		const struct fw_rule narrow = random_rule(FW_V6);
		const struct fw_rule wide = widened(narrow);
		const struct fw_rule wider = widened(wide);

		assert_true(fw_covers(&narrow, &narrow));
		assert_true(fw_covers(&wide, &narrow));
		assert_true(fw_covers(&wider, &wide));
		assert_true(fw_covers(&wider, &narrow));
	}
}

static void
the_first_rule_that_covers_a_packet_decides(void **state)
{
	struct fw_set s = { .policy = { FW_DROP, FW_DROP, FW_ACCEPT } };
	const struct fw_rule drop = {
		.verdict = FW_DROP, .proto = FW_TCP, .from = net("10.0.0.0/8")
	};
	const struct fw_rule take = { .proto = FW_TCP };
	struct fw_rule p = { .proto = FW_TCP, .from = net("10.1.2.3") };
	struct firewall fw;
	struct err e;

	(void)state;
	assert_int_equal(fw_add(&s, &drop, &e), 0);
	assert_int_equal(fw_add(&s, &take, &e), 0);
	assert_int_equal(fw_judge(&s, &p), FW_DROP);
	p.from = net("192.0.2.1");
	assert_int_equal(fw_judge(&s, &p), FW_ACCEPT);
	p.proto = FW_UDP;
	assert_int_equal(fw_judge(&s, &p), FW_DROP);
	p.chain = FW_OUTPUT;
	assert_int_equal(fw_judge(&s, &p), FW_ACCEPT);
	fw = (struct firewall){ .set = { s } };
	fw_free(&fw);
}

static void
a_set_has_a_largest_size(void **state)
{
	own_firewall struct firewall fw = { 0 };
	const struct fw_rule r = { .proto = FW_TCP };
	struct err e;

	(void)state;
	for (int i = 0; i < FW_RULES_MAX; i++)
		assert_int_equal(fw_add(&fw.set[FW_V6], &r, &e), 0);
	assert_int_equal(fw_add(&fw.set[FW_V6], &r, &e), -1);
	assert_non_null(strstr(e.text, "10000 rules"));
}

/* Whether lint lets a set of these INPUT rules pass for SSH on port 22. */
static int
lint(const struct fw_rule *rules, size_t n, enum fw_verdict out, struct err *e)
{
	own_firewall struct firewall fw = { 0 };

	fw.set[FW_V4].policy[FW_INPUT] = FW_DROP;
	fw.set[FW_V4].policy[FW_OUTPUT] = out;
	fw.set[FW_V6].policy[FW_INPUT] = FW_DROP;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fw_add(&fw.set[FW_V4], &rules[i], e), 0);
	return fw_lint(&fw, "doc", 22, e);
}

static void
a_set_that_shuts_ssh_out_is_found(void **state)
{
	const struct fw_rule rows[] = {
		{ .proto = FW_TCP, .dport = { 23, 65535 } },
		{ .proto = FW_UDP },
		{ .proto = FW_TCP, .known = true },
		{ .proto = FW_TCP, .in = "lo" },
		{ .proto = FW_TCP, .verdict = FW_DROP },
		{ .proto = FW_ICMP },
		{ .chain = FW_FORWARD, .proto = FW_TCP },
	};
	const struct fw_rule known = { .chain = FW_OUTPUT, .known = true };
	const struct fw_rule good[] = {
		{ .proto = FW_TCP, .dport = { 22, 22 }, .in = "eth+" },
		known,
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(lint(&rows[i], 1, FW_ACCEPT, &e), -1);
	assert_int_equal(lint(good, 1, FW_ACCEPT, &e), 0);
	/* The answer must get out, too. */
	assert_int_equal(lint(good, 1, FW_DROP, &e), -1);
	assert_non_null(strstr(e.text, "doc: nobody could reach SSH"));
	assert_int_equal(lint(good, 2, FW_DROP, &e), 0);
}

static void
a_rule_behind_one_that_covers_it_is_found(void **state)
{
	const struct fw_rule rules[] = {
		{ .proto = FW_TCP, .dport = { 22, 22 }, .line = 3 },
		{ .proto = FW_TCP,
		    .dport = { 80, 90 },
		    .verdict = FW_DROP,
		    .line = 4 },
		{ .proto = FW_TCP, .dport = { 80, 80 }, .line = 9 },
	};
	struct err e;

	(void)state;
	assert_int_equal(lint(rules, 2, FW_ACCEPT, &e), 0);
	assert_int_equal(lint(rules, 3, FW_ACCEPT, &e), -1);
	assert_non_null(strstr(e.text, "doc:9: "));
	assert_non_null(strstr(e.text, "line 4"));
}

static void
the_lock_is_waited_for_and_given_back(void **state)
{
	char path[] = "/tmp/ingot-lock.XXXXXX";
	own_fd int a = mkstemp(path);
	own_fd int b = open(path, O_RDWR | O_CLOEXEC);
	struct err e;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(xtlock_take(a, 0, &e), 0);
	assert_int_equal(xtlock_take(b, 30, &e), -1);
	assert_non_null(strstr(e.text, "more than 30 ms"));
	xtlock_drop(a);
	assert_int_equal(xtlock_take(b, 0, &e), 0);
	assert_int_equal(xtlock_take(-1, 0, &e), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_address_or_network_is_read_as_it_is_written),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(an_interface_name_can_not_bring_another_word),
		cmocka_unit_test(a_rule_covers_what_is_narrower_in_every_field),
		cmocka_unit_test(
		    a_rule_with_less_conditions_covers_the_one_with_more),
		cmocka_unit_test(the_first_rule_that_covers_a_packet_decides),
		cmocka_unit_test(a_set_has_a_largest_size),
		cmocka_unit_test(a_set_that_shuts_ssh_out_is_found),
		cmocka_unit_test(a_rule_behind_one_that_covers_it_is_found),
		cmocka_unit_test(the_lock_is_waited_for_and_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
