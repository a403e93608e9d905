/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "kura.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define FIRE     "org.eclipse.kura.net.admin.FirewallConfigurationService"
#define FIRE6    "org.eclipse.kura.net.admin.ipv6.FirewallConfigurationServiceIPv6"
#define NS       "http://eurotech.com/esf/2.0"

/* What a snapshot with this one string comes to. */
static void
import(struct import *im, const char *pid, const char *name, const char *value)
{
	static const struct kura_key none;
	const struct kura_asked asked = { "s.xml", KURA_UNSAID, &none };
	char text[8192];
	struct err e;

	(void)snprintf(text, sizeof(text),
	    "<c:configurations xmlns:c=\"" NS "\"><c:configuration "
	    "pid=\"%s\"><c:properties>\n<c:property name=\"%s\" "
	    "type=\"String\"><c:value>%s</c:value></c:property>"
	    "</c:properties></c:configuration></c:configurations>",
	    pid, name, value);
	if (kura_import(im, &asked, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static const char *
rules(const struct import *im)
{
	return im->n_documents == 0 ? "" : im->documents[0].text.p;
}

static const struct import_item *
first(const struct import *im, enum import_verdict v)
{
	for (size_t i = 0; i < im->count; i++)
		if (im->items[i].verdict == v)
			return &im->items[i];
	return NULL;
}

static void
an_entry_of_open_ports_becomes_a_rule(void **state)
{
	static const struct {
		const char *entry;
		const char *rule;
	} rows[] = {
		{ "22,tcp,0.0.0.0/0,,,,,#",
		    "{ family = \"ipv4\"; protocol = \"tcp\"; port = 22; }" },
		{ "22,tcp,,,,,,#;",
		    "{ family = \"ipv4\"; protocol = \"tcp\"; port = 22; }" },
		{ "5000:5010,udp,,eth0,,,,#",
		    "{ family = \"ipv4\"; interface = \"eth0\"; protocol = "
		    "\"udp\"; port = \"5000-5010\"; }" },
		{ "80:80,tcp,10.234.0.0/16,,,,,#",
		    "protocol = \"tcp\"; port = 80; from = \"10.234.0.0/16\"; "
		    "}" },
		{ "80,tcp,192.0.2.77/24,,,,,#", "from = \"192.0.2.0/24\"; }" },
		{ "80,tcp,192.0.2.77/0,,,,,#", "port = 80; }" },
		{ "53,udp,,,,,1024:65535,#",
		    "port = 53; source_port = \"1024-65535\"; }" },
		{ "53,udp,,,,,68,#", "port = 53; source_port = 68; }" },
		{ "80,tcp,,eth0,wlan0,,,#",
		    "interface = \"eth0\"; protocol = \"tcp\"; port = 80; }" },
		{ "80,tcp,,ppp+,,,,#", "interface = \"ppp+\";" },
		{ "\n 22 , tcp , 10.0.0.0/8 , eth0 ,,,, # ;\n",
		    "interface = \"eth0\"; protocol = \"tcp\"; port = 22; from "
		    "= \"10.0.0.0/8\"; }" },
		{ "80,tcp,,,eth1,,,#",
		    "{ family = \"ipv4\"; interface = \"eth1\"; protocol = "
		    "\"tcp\"; port = 80; action = \"drop\"; },\n\t# "
		    "firewall.open.ports, entry 1\n\t{ family = \"ipv4\"; "
		    "protocol = \"tcp\"; port = 80; }" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };

		import(&im, FIRE, "firewall.open.ports", rows[i].entry);
		if (strstr(rules(&im), rows[i].rule) == NULL)
			fail_msg("%s:\n%s", rows[i].entry, rules(&im));
	}
}

static void
ipv6_strings_become_ipv6_rules(void **state)
{
	own_import struct import im = { 0 }, bad = { 0 };

	(void)state;
	import(&im, FIRE6, "firewall.ipv6.open.ports",
	    "22,tcp,fd00:1::/32,,,,,#;5683,udp,::/0,,,,,#");
	assert_non_null(strstr(rules(&im),
	    "{ family = \"ipv6\"; protocol = "
	    "\"tcp\"; port = 22; from = "
	    "\"fd00:1::/32\"; }"));
	assert_non_null(strstr(rules(&im),
	    "\"ipv6\"; protocol = \"udp\"; port "
	    "= 5683; }"));
	import(
	    &bad, FIRE6, "firewall.ipv6.open.ports", "22,tcp,10.0.0.0/8,,,,,#");
	assert_int_equal(first(&bad, IMPORT_MALFORMED)->field, 3);
}

/* pid, property, entry and field are all in the item. */
static void
a_malformed_entry_is_an_error_with_its_place(void **state)
{
	static const struct {
		const char *name; /* behind "firewall." */
		const char *value;
		unsigned entry;
		unsigned field; /* 0: the entry as a whole */
	} rows[] = {
		{ "open.ports", "22,tcp,,,,,#", 1, 0 },
		{ "open.ports", "22,tcp,,,,,,,#", 1, 0 },
		{ "open.ports", "22", 1, 0 },
		{ "open.ports", "#", 1, 0 },
		{ "open.ports", "22,tcp,,,,,,", 1, 8 },
		{ "open.ports", "22,tcp,,,,,,x", 1, 8 },
		{ "open.ports", "22,tcp,,,,,,#;80,tcp,,,,,,", 2, 8 },
		{ "open.ports", "22,tcp,,,,,,#;;80,tcp,,,#", 2, 0 },
		{ "open.ports", ",tcp,,,,,,#", 1, 1 },
		{ "open.ports", "0,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "65536,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "99999999999999999999,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "-1,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "ssh,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "80:70,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "80:,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "80-90,tcp,,,,,,#", 1, 1 },
		{ "open.ports", "22,TCP,,,,,,#", 1, 2 },
		{ "open.ports", "22,,,,,,,#", 1, 2 },
		{ "open.ports", "22,icmp,,,,,,#", 1, 2 },
		{ "open.ports", "22,tcp,10.0.0.0,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,10.0.0.0/33,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,10.0.0/8,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,10.0.0.256/8,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,10.0.0.0/255.0.0.0,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,10.0.0.0/-1,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,fd00::/8,,,,,#", 1, 3 },
		{ "open.ports", "22,tcp,,interface-of-16c,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,a&quot;b,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,eth 0,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,-j,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,..,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,+,,,,#", 1, 4 },
		{ "open.ports", "22,tcp,,,eth/1,,,#", 1, 5 },
		{ "open.ports", "22,tcp,,eth0,eth0,,,#", 1, 5 },
		{ "open.ports", "22,tcp,,,,00:11:22:33:44,,#", 1, 6 },
		{ "open.ports", "22,tcp,,,,00:11:22:33:44:gg,,#", 1, 6 },
		{ "open.ports", "22,tcp,,,,,5:x,#", 1, 7 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,80,true,0.0.0.0/0,,#", 1,
		    0 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,80,true,0.0.0.0/0,,,x", 1,
		    11 },
		{ "port.forwarding",
		    ",eth1,192.168.1.10,tcp,8080,80,true,0.0.0.0/0,,,#", 1, 1 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1,tcp,8080,80,true,0.0.0.0/0,,,#", 1,
		    3 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,sctp,8080,80,true,,,,#", 1, 4 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,http,80,true,,,,#", 1, 5 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,0,true,,,,#", 1, 6 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,80,yes,,,,#", 1, 7 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,80,true,any,,,#", 1, 8 },
		{ "nat", "eth1,eth0,tcp,192.168.1.0/24,0.0.0.0/0,#", 1, 0 },
		{ "nat", "eth1,eth0,tcp,192.168.1.0/24,0.0.0.0/0,true,", 1, 7 },
		{ "nat", "eth1,,tcp,192.168.1.0/24,0.0.0.0/0,true,#", 1, 2 },
		{ "nat", "eth1,eth0,gre,,,true,#", 1, 3 },
		{ "nat", "eth1,eth0,tcp,192.168.1.0,0.0.0.0/0,true,#", 1, 4 },
		{ "nat", "eth1,eth0,tcp,,0.0.0.0,true,#", 1, 5 },
		{ "nat", "eth1,eth0,tcp,,,1,#", 1, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		const struct import_item *it;
		char name[64], number[64];

		(void)snprintf(name, sizeof(name), "firewall.%s", rows[i].name);
		import(&im, FIRE, name, rows[i].value);
		it = first(&im, IMPORT_MALFORMED);
		(void)snprintf(number, sizeof(number),
		    rows[i].field == 0 ? "entry %u: " : "entry %u, field %u: ",
		    rows[i].entry, rows[i].field);
		if (it == NULL || it->entry != rows[i].entry ||
		    it->field != rows[i].field || it->line != 2 ||
		    strcmp(it->name, name) != 0 ||
		    strcmp(it->place, FIRE) != 0 ||
		    strstr(it->says, number) == NULL)
			fail_msg("%s: %s", rows[i].value,
			    it == NULL ? "taken" : it->says);
		assert_int_equal(im.n_documents, 0);
	}
}

static void
what_the_plugin_cannot_say_is_said_instead(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		const char *says;
		unsigned field;
	} rows[] = {
		{ "open.ports", "22,tcp,,,,00:11:22:AA:bb:CC,,#",
		    "hardware address", 6 },
		{ "port.forwarding",
		    "eth0,eth1,192.168.1.10,tcp,8080,80,true,0.0.0.0/0,,,#",
		    "port forwarding", 0 },
		{ "nat", "eth1,eth0,tcp,192.168.1.0/24,0.0.0.0/0,true,#",
		    "masquerading", 6 },
		{ "open.ports", "80,tcp,,,eth0,,,#;80:90,tcp,,,eth1,,,#",
		    "leaves out eth1 where entry 1 leaves out eth0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		const struct import_item *it;
		char name[64];

		(void)snprintf(name, sizeof(name), "firewall.%s", rows[i].name);
		import(&im, FIRE, name, rows[i].value);
		it = first(&im, IMPORT_NO_PLUGIN);
		if (it == NULL || strstr(it->says, rows[i].says) == NULL)
			fail_msg("%s", rows[i].value);
		assert_int_equal(it->field, rows[i].field);
		assert_int_equal(im.sum[IMPORT_MALFORMED], 0);
		assert_null(strstr(rules(&im), "8080"));
	}
}

static void
forwarding_without_new_addresses_is_a_rule(void **state)
{
	own_import struct import im = { 0 };

	(void)state;
	import(&im, FIRE, "firewall.nat",
	    "eth1,eth0,all,192.168.1.0/24,10.0.0.0/8,false,#");
	assert_non_null(strstr(rules(&im),
	    "forward = (\n\t# firewall.nat, entry 1\n\t{ family = \"ipv4\"; in "
	    "= \"eth1\"; out = \"eth0\"; from = \"192.168.1.0/24\"; to = "
	    "\"10.0.0.0/8\"; }\n);"));
	assert_string_equal(first(&im, IMPORT_TAKEN)->finding, "ip-forward");
}

/* The plugin refuses a rule that another hides; so none is written. */
static void
a_rule_that_another_hides_is_left_out_and_said(void **state)
{
	static const struct {
		const char *value;
		size_t taken;
		size_t anyway;
		size_t drops;
	} rows[] = {
		{ "22,tcp,,,,,,#;22,tcp,,eth0,,,,#", 1, 1, 0 },
		{ "22,tcp,,eth0,,,,#;22,tcp,,,,,,#", 2, 0, 0 },
		{ "22,tcp,,,,,,#;22,tcp,,,,,,#", 1, 1, 0 },
		{ "1:100,tcp,,,,,,#;22,tcp,10.0.0.0/8,eth0,,,,#", 1, 1, 0 },
		{ "22,tcp,10.0.0.0/8,,,,,#;22,tcp,10.1.0.0/16,,,,,#", 1, 1, 0 },
		{ "22,tcp,10.1.0.0/16,,,,,#;22,tcp,10.0.0.0/8,,,,,#", 2, 0, 0 },
		{ "22,tcp,10.0.0.0/9,,,,,#;22,tcp,10.128.0.0/9,,,,,#", 2, 0,
		    0 },
		{ "22,tcp,,ppp+,,,,#;22,tcp,,ppp0,,,,#", 1, 1, 0 },
		{ "22,tcp,,,,,,#;22,udp,,,,,,#", 2, 0, 0 },
		{ "5002,tcp,127.0.0.1/32,,,,,#", 0, 1, 0 },
		{ "5002,tcp,,lo,,,,#", 0, 1, 0 },
		{ "22,tcp,,,,,,#;22,tcp,,,eth0,,,#", 1, 1, 0 },
		{ "22,tcp,,,eth0,,,#;22,tcp,,,,,,#", 1, 1, 0 },
		{ "22,tcp,,eth0,,,,#;22,tcp,,,eth0,,,#", 2, 0, 0 },
		{ "22,tcp,,,eth0,,,#;80,tcp,,,eth1,,,#", 2, 0, 2 },
		{ "20:30,tcp,,,eth0,,,#;22,tcp,,,eth0,,,#", 1, 1, 1 },
		{ "22,tcp,,,lo,,,#", 1, 0, 0 },
		{ "22,tcp,,,eth0,,,#;20:30,tcp,,,eth0,,,#", 2, 0, 2 },
		/* Each would drop what the other lets in: only one is taken */
		{ "20:30,tcp,,,eth0,,,#;22,tcp,,,eth1,,,#", 1, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		size_t drops = 0;

		import(&im, FIRE, "firewall.open.ports", rows[i].value);
		for (const char *p = strstr(rules(&im), "action = \"drop\"");
		     p != NULL; p = strstr(p + 1, "action = \"drop\""))
			drops++;
		if (im.sum[IMPORT_TAKEN] != rows[i].taken ||
		    im.sum[IMPORT_ANYWAY] != rows[i].anyway ||
		    drops != rows[i].drops)
			fail_msg("%s: %zu taken, %zu anyway, %zu drops",
			    rows[i].value, im.sum[IMPORT_TAKEN],
			    im.sum[IMPORT_ANYWAY], drops);
	}
}

static void
what_deserves_a_look_is_a_finding(void **state)
{
	static const struct {
		const char *value;
		const char *finding;
	} rows[] = {
		{ "22,tcp,,,,,,#;8000,tcp,,eth0,,,,#", "debug-port" },
		{ "22,tcp,,,,,,#;1400:1500,tcp,,,,,,#", "debug-port" },
		{ "443,tcp,,,,,,#", "no-ssh" },
		{ "22,udp,,,,,,#", "no-ssh" },
		{ "", "no-ssh" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		const char *found = NULL;

		import(&im, FIRE, "firewall.open.ports", rows[i].value);
		for (size_t k = 0; k < im.count; k++)
			if (im.items[k].finding != NULL)
				found = im.items[k].finding;
		assert_int_equal(im.findings, 1);
		assert_string_equal(found, rows[i].finding);
		assert_int_equal(strstr(rules(&im), "ssh_port = 0;") != NULL,
		    strcmp(rows[i].finding, "no-ssh") == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_of_open_ports_becomes_a_rule),
		cmocka_unit_test(ipv6_strings_become_ipv6_rules),
		cmocka_unit_test(a_malformed_entry_is_an_error_with_its_place),
		cmocka_unit_test(what_the_plugin_cannot_say_is_said_instead),
		cmocka_unit_test(forwarding_without_new_addresses_is_a_rule),
		cmocka_unit_test(
		    a_rule_that_another_hides_is_left_out_and_said),
		cmocka_unit_test(what_deserves_a_look_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
