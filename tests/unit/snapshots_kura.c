/* SPDX-License-Identifier: MIT */
/*
 * The shipped rules for Kura over one configuration in its two forms, XML and
 * JSON: what goes is the same, and so is what stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "place.h"
#include "scrub.h"

static char policies[512]; /* the project's: tests stand elsewhere */

static const struct {
	const char *pid;
	const char *name;
	const char *type;
	const char *was;
	const char *is; /* NULL: the property is gone */
} rows[] = {
	{ "a.MqttDataTransport", "username", "STRING", "station-7",
	    "username" },
	{ "a.MqttDataTransport", "password", "PASSWORD", "Kirsche-1",
	    "password" },
	{ "a.MqttDataTransport", "broker-url", "STRING",
	    "mqtts://m.example:8883", "mqtts://broker-url:8883/" },
	{ "a.MqttDataTransport", "client-id", "STRING", "gateway-7", "" },
	{ "a.MqttDataTransport", "keep-alive", "STRING", "30", "30" },
	{ "a.CloudService", "device.custom-name", "STRING", "Halle 4, links",
	    "" },
	{ "a.NetworkConfigurationService", "net.interface.eth0.mac", "STRING",
	    "02:11:22:33:44:55", NULL },
	{ "a.NetworkConfigurationService",
	    "net.interface.wlan0.config.wifi.infra.passphrase", "STRING",
	    "Kirsche-2", "" },
	{ "a.NetworkConfigurationService",
	    "net.interface.eth0.config.ip4.prefix", "STRING", "24", "24" },
	{ "a.SSLKeystore", "keystore.password", "PASSWORD", "Kirsche-3",
	    "changeit" },
	{ "a.Vendor", "opaque", "PASSWORD", "Kirsche-4", "" },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static void
as_xml(struct bytes *out)
{
	bytes_fmt(out,
	    "<esf:configurations xmlns:esf=\"http://eurotech.com/esf/2.0\">\n");
	for (size_t i = 0; i < ROWS; i++)
		bytes_fmt(out,
		    "<esf:configuration pid=\"%s\"><esf:properties>\n"
		    "<esf:property name=\"%s\" array=\"false\" encrypted="
		    "\"false\" type=\"%s\"><esf:value>%s</esf:value>"
		    "</esf:property>\n</esf:properties></esf:configuration>\n",
		    rows[i].pid, rows[i].name, rows[i].type, rows[i].was);
	bytes_fmt(out, "</esf:configurations>\n");
}

static void
as_json(struct bytes *out)
{
	own_json json_t *all = json_array();
	own_str char *text = NULL;

	for (size_t i = 0; i < ROWS; i++)
		json_array_append_new(all,
		    json_pack("{s:s, s:{s:{s:s, s:s}}}", "pid", rows[i].pid,
			"properties", rows[i].name, "type", rows[i].type,
			"value", rows[i].was));
	text = json_dumps(all, JSON_INDENT(1));
	bytes_fmt(out, "{\"configs\": %s}", text);
}

/* Findings end the test: what the rules leave says nothing of a unit. */
static void
scrubbed(const char *path, const struct bytes *in, struct bytes *out)
{
	own_policy struct policy policy = { 0 };
	struct findings findings = { 0 };
	struct scrub s = { &policy, NULL, &findings };
	char text[600];
	struct err e;
	bool slots;

	(void)snprintf(text, sizeof(text),
	    "scrub = [ \"%s/scrub/kura.conf\" ];", policies);
	assert_int_equal(file_write(AT_FDCWD, "policy.conf", text, strlen(text),
			     FILE_PUBLIC, &e),
	    0);
	if (policy_read(&policy, "policy.conf", &e) == -1)
		fail_msg("%s", e.text);
	s.residue = residue_new(6, &e);
	if (scrub_file(&s, path, in, false, out, &slots, &e) == -1)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < findings.count; i++)
		fail_msg("%s: %s: %s", path, findings.all[i].key,
		    findings.all[i].text);
	residue_free(s.residue);
	findings_free(&findings);
}

static void
the_rules_take_from_xml_what_they_should(void **state)
{
	own_bytes struct bytes in = { 0 }, out = { 0 };

	(void)state;
	as_xml(&in);
	scrubbed("/k/snapshot_7.xml", &in, &out);
	for (size_t i = 0; i < ROWS; i++) {
		own_bytes struct bytes want = { 0 };

		bytes_fmt(&want,
		    "<esf:property name=\"%s\" array=\"false\" encrypted="
		    "\"false\" type=\"%s\"><esf:value>%s</esf:value>",
		    rows[i].name, rows[i].type,
		    rows[i].is == NULL ? "" : rows[i].is);
		if ((strstr(out.p, want.p) == NULL) != (rows[i].is == NULL))
			fail_msg("%s:\n%s", rows[i].name, out.p);
	}
}

static void
and_from_json_the_same(void **state)
{
	own_bytes struct bytes in = { 0 }, out = { 0 };
	own_json json_t *j = NULL;

	(void)state;
	as_json(&in);
	scrubbed("/k/snapshot_7.json", &in, &out);
	j = json_loads(out.p, 0, NULL);
	assert_non_null(j);
	for (size_t i = 0; i < ROWS; i++) {
		const json_t *p = json_object_get(
		    json_object_get(
			json_array_get(json_object_get(j, "configs"), i),
			"properties"),
		    rows[i].name);
		const char *is = json_string_value(json_object_get(p, "value"));

		if (rows[i].is == NULL)
			assert_null(p);
		else if (is == NULL || strcmp(is, rows[i].is) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
	}
}

/* A sample with the one kind need not hold the other. */
static void
what_is_needed_is_needed_once(void **state)
{
	static const char rules[] =
	    "alike = ( { file = \"*.json\"; format = \"json\"; like = "
	    "\"*.xml\"; } ); rules = ( { file = \"*.xml\"; format = \"xml\"; "
	    "key = \"a\"; empty = true; needed = true; }, { file = \"*.xmlx\"; "
	    "format = \"xml\"; key = \"b\"; empty = true; } );";
	own_policy struct policy policy = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(file_write(AT_FDCWD, "rules.conf", rules,
			     strlen(rules), FILE_PUBLIC, &e),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, "policy.conf", "scrub = [ \"rules.conf\" ];",
		25, FILE_PUBLIC, &e),
	    0);
	if (policy_read(&policy, "policy.conf", &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(policy.rule_count, 3);
	assert_true(policy.rules[0].needed);
	assert_false(policy.rules[2].needed);
	assert_string_equal(policy.rules[2].file, "*.json");
	assert_string_equal(policy.rules[2].format->name, "json");
}

static void
refused(const char *alike, const char *why)
{
	own_policy struct policy policy = { 0 };
	char text[300];
	struct err e;

	(void)snprintf(text, sizeof(text), "alike = ( %s );", alike);
	assert_int_equal(file_write(AT_FDCWD, "rules.conf", text, strlen(text),
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, "policy.conf", "scrub = [ \"rules.conf\" ];",
		25, FILE_PUBLIC, &e),
	    0);
	assert_int_equal(policy_read(&policy, "policy.conf", &e), -1);
	if (strstr(e.text, why) == NULL ||
	    strstr(e.text, "rules.conf:1") == NULL)
		fail_msg("%s", e.text);
}

static void
an_alike_that_can_not_work_is_refused_with_its_line(void **state)
{
	(void)state;
	refused("\"a\"", "alike holds groups");
	refused("{ file = \"a\"; format = \"json\"; }", "like");
	refused("{ file = \"a\"; like = \"b\"; format = \"x\"; }",
	    "unknown format");
	refused("{ file = \"a\"; like = \"a\"; format = \"json\"; }", "same");
	refused(
	    "{ file = \"a\"; like = \"b\"; format = \"json\"; x = 1; }", "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(the_rules_take_from_xml_what_they_should),
		in_a_place(and_from_json_the_same),
		in_a_place(what_is_needed_is_needed_once),
		in_a_place(an_alike_that_can_not_work_is_refused_with_its_line),
	};

	if (getcwd(policies, sizeof(policies) - 16) == NULL)
		return 1;
	(void)strcat(policies, "/policies");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
