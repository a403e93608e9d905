/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "ruletext.h"
#include "unit/firewall_random.h"
#include "xtentry.h"

static void
every_rule_comes_back_from_its_entry(void **state)
{
	(void)state;
	srandom(2);
	for (int i = 0; i < 20000; i++) {
		enum fw_family f = (enum fw_family)random_below(FW_FAMILIES);
		struct fw_rule r = random_rule(f), back;
		char a[FW_LINE_MAX], b[FW_LINE_MAX];
		struct xt_entry_buf entry;

		xt_encode(&r, f, &entry);
		assert_true(entry.size <= sizeof(entry.p));
		assert_int_equal(entry.size % 8, 0);
		assert_true(xt_decode(
		    entry.p, fw_verdict_name(r.verdict), r.chain, f, &back));
		fw_rule_text(&r, f, a);
		fw_rule_text(&back, f, b);
		assert_string_equal(a, b);
	}
}

static void
a_protocol_in_ipv6_sets_the_flag_that_makes_it_count(void **state)
{
	struct xt_entry_buf b;
	struct ip6t_entry *e = (struct ip6t_entry *)b.p;

	(void)state;
	for (int p = 0; p < FW_PROTOS; p++) {
		const struct fw_rule r = { .proto = (enum fw_proto)p };

		xt_encode(&r, FW_V6, &b);
		assert_int_equal(e->ipv6.flags, p == FW_ANY ? 0 : IP6T_F_PROTO);
		assert_int_equal(e->ipv6.proto == 0, p == FW_ANY);
	}
}

/* Whether changing one bit at this place of an entry is noticed. */
static int
noticed(const struct fw_rule *r, enum fw_family f, size_t at, int bit)
{
	struct xt_entry_buf b;

	xt_encode(r, f, &b);
	b.p[at] ^= (unsigned char)(1 << bit);
	return !xt_same(b.p, fw_verdict_name(r->verdict), r, f);
}

static void
no_bit_that_decides_over_packets_can_differ_unseen(void **state)
{
	static const size_t head[FW_FAMILIES] = {
		offsetof(struct ipt_ip, invflags) + 1,
		offsetof(struct ip6t_ip6, invflags) + 1,
	};
	static const size_t matches[FW_FAMILIES] = {
		sizeof(struct ipt_entry),
		sizeof(struct ip6t_entry),
	};
	const struct fw_rule r = { .proto = FW_TCP,
		.known = true,
		.in = "eth0",
		.dport = { 22, 22 } };
	const size_t ct = sizeof(struct xt_entry_match);
	const size_t ports = ct + sizeof(struct xt_conntrack_mtinfo3) + ct + 4;

	(void)state;
	for (int f = 0; f < FW_FAMILIES; f++)
		for (int bit = 0; bit < 8; bit++) {
			for (size_t i = 0; i < head[f]; i++)
				assert_true(
				    noticed(&r, (enum fw_family)f, i, bit));
			for (size_t i = ct;
			     i < ct + sizeof(struct xt_conntrack_mtinfo3); i++)
				assert_true(noticed(&r, (enum fw_family)f,
				    matches[f] + i, bit));
			for (size_t i = ports;
			     i < ports + sizeof(struct xt_tcp); i++)
				assert_true(noticed(&r, (enum fw_family)f,
				    matches[f] + i, bit));
		}
}

static void
counters_and_what_the_kernel_keeps_for_itself_do_not_count(void **state)
{
	const struct fw_rule r = { .proto = FW_UDP, .dport = { 1, 2 } };
	struct xt_entry_buf b;
	struct ipt_entry *e = (struct ipt_entry *)b.p;
	struct xt_entry_match *m = (struct xt_entry_match *)e->elems;

	(void)state;
	xt_encode(&r, FW_V4, &b);
	e->counters.pcnt = 12345;
	e->comefrom = 7;
	e->nfcache = 9;
	m->u.user.name[10] = 'x'; /* behind the NUL */
	assert_true(xt_same(b.p, "ACCEPT", &r, FW_V4));
	assert_false(xt_same(b.p, "DROP", &r, FW_V4));
}

static void
an_entry_with_a_foreign_part_is_no_rule_of_ours(void **state)
{
	const struct fw_rule r = { .proto = FW_TCP, .dport = { 22, 22 } };
	struct xt_entry_buf b;
	struct ipt_entry *e = (struct ipt_entry *)b.p;
	struct xt_entry_match *m = (struct xt_entry_match *)e->elems;
	struct fw_rule got;

	(void)state;
	xt_encode(&r, FW_V4, &b);
	assert_false(xt_decode(b.p, "LOG", FW_INPUT, FW_V4, &got));
	strcpy(m->u.user.name, "sctp");
	assert_false(xt_decode(b.p, "ACCEPT", FW_INPUT, FW_V4, &got));
	xt_encode(&r, FW_V4, &b);
	((unsigned char *)&e->ip.smsk)[1] = 0xff; /* a mask with a hole */
	assert_false(xt_decode(b.p, "ACCEPT", FW_INPUT, FW_V4, &got));
	xt_encode(&r, FW_V4, &b);
	e->ip.proto = 47;
	assert_false(xt_decode(b.p, "ACCEPT", FW_INPUT, FW_V4, &got));
}

static void
sizes_that_lie_end_the_walk(void **state)
{
	static const uint16_t lies[] = { 0, 1, 31, 33, 4096, 65535 };
	const struct fw_rule r = { .proto = FW_TCP, .dport = { 22, 22 } };
	struct fw_rule got;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct xt_entry_buf b;
		struct ipt_entry *e = (struct ipt_entry *)b.p;
		struct xt_entry_match *m = (struct xt_entry_match *)e->elems;

		xt_encode(&r, FW_V4, &b);
		m->u.user.match_size = lies[i];
		assert_false(xt_decode(b.p, "ACCEPT", FW_INPUT, FW_V4, &got));
		assert_false(xt_same(b.p, "ACCEPT", &r, FW_V4));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_comes_back_from_its_entry),
		cmocka_unit_test(
		    a_protocol_in_ipv6_sets_the_flag_that_makes_it_count),
		cmocka_unit_test(
		    no_bit_that_decides_over_packets_can_differ_unseen),
		cmocka_unit_test(
		    counters_and_what_the_kernel_keeps_for_itself_do_not_count),
		cmocka_unit_test(
		    an_entry_with_a_foreign_part_is_no_rule_of_ours),
		cmocka_unit_test(sizes_that_lie_end_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
