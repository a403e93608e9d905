/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "everest.h"
#include "yaml_tree.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MODULE(id, kind, config)                                               \
	"  " id ":\n    module: " kind "\n    config_module: {" config "}\n"

static void
import(struct import *im, const char *yaml, const char *ocpp)
{
	struct everest_ocpp files[2] = { { NULL, NULL, 0 } };
	const struct everest_asked asked = { "c.yaml", NULL, files };
	struct err e;

	if (ocpp != NULL)
		files[0] =
		    (struct everest_ocpp){ "o.json", ocpp, strlen(ocpp) };
	if (everest_import(im, &asked, yaml, strlen(yaml), &e) == -1)
		fail_msg("%s", e.text);
}

static const struct import_item *
item(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->items[i].name, name) == 0)
			return &im->items[i];
	fail_msg("no item about %s", name);
	return NULL;
}

static void
each_key_of_each_module_is_judged(void **state)
{
	static const struct {
		const char *yaml;
		const char *name;
		enum import_verdict verdict;
		const char *finding;
	} rows[] = {
		{ MODULE("s", "EvseSecurity", "csms_ca_bundle: a/b.pem"),
		    "config_module.csms_ca_bundle", IMPORT_NO_PLUGIN, NULL },
		{ MODULE("s", "EvseSecurity", "csms_leaf_cert_directory: c"),
		    "config_module.csms_leaf_cert_directory", IMPORT_NO_PLUGIN,
		    NULL },
		{ MODULE("s", "EvseSecurity", "private_key_password: \"\""),
		    "config_module.private_key_password", IMPORT_EMPTY, NULL },
		{ MODULE("s", "EvseSecurity", "private_key_password: 123456"),
		    "config_module.private_key_password", IMPORT_NO_PLUGIN,
		    "default-password" },
		{ MODULE("o", "OCPP", "ChargePointConfigPath: o.json"),
		    "config_module.ChargePointConfigPath", IMPORT_NO_PLUGIN,
		    "not-read" },
		{ MODULE("o", "OCPP201", "CoreDatabasePath: /tmp/ocpp201"),
		    "config_module.CoreDatabasePath", IMPORT_NO_PLUGIN,
		    "kept-in-tmp" },
		{ MODULE("v", "EvseV2G", "device: auto"),
		    "config_module.device", IMPORT_CHANGED, "no-device" },
		{ MODULE("v", "EvseV2G", "device: \"a\\nb\""),
		    "config_module.device", IMPORT_MALFORMED, NULL },
		{ MODULE("v", "EvseV2G", "device: eth0, tls_security: allow"),
		    "config_module.device", IMPORT_TAKEN, NULL },
		{ MODULE("x", "Homemade", "list: [1, {deep: 2}]"),
		    "config_module.list[1].list.deep", IMPORT_UNKNOWN, NULL },
		{ MODULE("x", "Homemade", "url: \"mqtt://u:pw@host\""),
		    "config_module.url", IMPORT_UNKNOWN, NULL },
		{ "  m:\n    config_module: {a: 1}\n", "module",
		    IMPORT_MALFORMED, NULL },
		{ "  m:\n    module: API\n    strange: 1\n", "strange",
		    IMPORT_UNKNOWN, NULL },
		{ "settings:\n  mqtt_broker_host: 10.0.0.5\n",
		    "mqtt_broker_host", IMPORT_ANYWAY, "open-bus" },
		{ "settings:\n  mqtt_broker_host: localhost\n",
		    "mqtt_broker_host", IMPORT_ANYWAY, NULL },
		{ "strange_top: 1\n", "strange_top", IMPORT_UNKNOWN, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		const struct import_item *it;
		char yaml[1024];

		(void)snprintf(
		    yaml, sizeof(yaml), "active_modules:\n%s", rows[i].yaml);
		import(&im, yaml, NULL);
		it = item(&im, rows[i].name);
		if (it->verdict != rows[i].verdict ||
		    (it->finding == NULL) != (rows[i].finding == NULL) ||
		    (it->finding != NULL &&
			strcmp(it->finding, rows[i].finding) != 0))
			fail_msg("row %zu: %s %s", i,
			    import_verdict_name(it->verdict),
			    it->finding == NULL ? "" : it->finding);
		if (im.sum[IMPORT_MALFORMED] > 0)
			assert_int_equal(im.n_documents, 0);
	}
}

static void
ocpp_files_of_every_shape_are_read_to_the_last_value(void **state)
{
	static const struct {
		const char *json;
		const char *name;
		enum import_verdict verdict;
		const char *finding;
		bool secret;
	} rows[] = {
		{ "{\"Security\":{\"AuthorizationKey\":\"geheim\"}}",
		    "Security.AuthorizationKey", IMPORT_NO_PLUGIN, NULL, true },
		{ "{\"Security\":{\"SecurityProfile\":0}}",
		    "Security.SecurityProfile", IMPORT_NO_PLUGIN,
		    "weak-profile", false },
		{ "{\"Security\":{\"SecurityProfile\":2}}",
		    "Security.SecurityProfile", IMPORT_NO_PLUGIN, NULL, false },
		{ "{\"Internal\":{\"CentralSystemURI\":\"ws://a/geheim\"}}",
		    "Internal.CentralSystemURI", IMPORT_NO_PLUGIN, "plain-ocpp",
		    false },
		{ "{\"Internal\":{\"ChargePointId\":\"geheim\"}}",
		    "Internal.ChargePointId", IMPORT_UNIT, NULL, false },
		{ "{\"Internal\":{\"UseSslDefaultVerifyPaths\":true}}",
		    "Internal.UseSslDefaultVerifyPaths", IMPORT_NO_PLUGIN,
		    "any-ca", false },
		{ "{\"name\":\"SecurityCtrlr\",\"properties\":{"
		  "\"BasicAuthPassword\":{\"variable_name\":\"x\",\"attributes"
		  "\":[{\"value\":\"DEADBEEFDEADBEEF\"}]}}}",
		    "properties.BasicAuthPassword", IMPORT_NO_PLUGIN,
		    "default-password", true },
		{ "[{\"name\":\"SecurityCtrlr\",\"variables\":{\"Identity\":{"
		  "\"attributes\":{\"Actual\":\"geheim\"}}}}]",
		    "[0]..variables.Identity", IMPORT_UNIT, NULL, false },
		{ "{\"a\":{\"NetworkConnectionProfiles\":{\"attributes\":[{"
		  "\"value\":\"[{\\\"connectionData\\\":{\\\"securityProfile"
		  "\\\":1}}]\"}]}}}",
		    "a.NetworkConnectionProfiles[0].NetworkConnectionProfiles."
		    "connectionData.securityProfile",
		    IMPORT_NO_PLUGIN, "weak-profile", false },
		{ "{\"vpn\":{\"key\":\"geheim\"}}", "vpn.key", IMPORT_NO_PLUGIN,
		    NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		own_json json_t *j = NULL;
		own_str char *line = NULL;
		const struct import_item *it;

		import(&im, "active_modules: {}\n", rows[i].json);
		it = item(&im, rows[i].name);
		if (it->verdict != rows[i].verdict ||
		    (it->secret != NULL) != rows[i].secret ||
		    strcmp(it->finding == NULL ? "" : it->finding,
			rows[i].finding == NULL ? "" : rows[i].finding) != 0)
			fail_msg(
			    "row %zu: %s", i, import_verdict_name(it->verdict));
		j = import_json(&im);
		line = json_line(j);
		assert_null(strstr(line, "geheim"));
		assert_null(strstr(line, "DEADBEEF"));
	}
}

static void
a_value_that_bears_credentials_is_never_shown(void **state)
{
	static const char *const values[] = { "\"mqtt://u:pw@host\"",
		"\"-----BEGIN PRIVATE KEY-----\"" };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		own_import struct import im = { 0 };
		char yaml[256];

		(void)snprintf(yaml, sizeof(yaml),
		    "active_modules:\n" MODULE("a", "API", "shown: %s"),
		    values[i]);
		import(&im, yaml, NULL);
		assert_null(item(&im, "config_module.shown")->value);
		assert_non_null(item(&im, "config_module.shown")->secret);
	}
}

static void
every_scalar_of_the_file_is_counted(void **state)
{
	own_import struct import im = { 0 };

	(void)state;
	import(&im,
	    "active_modules:\n" MODULE("a", "Homemade", "x: 1, y: [2, 3]")
		MODULE("b", "Homemade", "z: {p: 4, q: 5}"),
	    NULL);
	assert_int_equal(im.settings, 7); /* two of them the kind */
	assert_int_equal(im.count, 7);
}

static void
what_is_no_configuration_is_refused(void **state)
{
	static const struct {
		const char *yaml;
		const char *says;
	} rows[] = {
		{ "", "no value" },
		{ "a: 1", "no active_modules" },
		{ "active_modules: 3", "no active_modules" },
		{ "- a", "no active_modules" },
		{ "active_modules:\n  a: &x {b: 1}\n  c: *x\n",
		    "line 3: an alias" },
		{ "a: &a [*a]", "an alias" },
		{ "active_modules: {a: 1, a: 2}", "stood in line 1 already" },
		{ "? [a]\n: b", "a key is a text" },
		{ "active_modules: {}\n---\nb: 1\n", "a second document" },
		{ "a: [", "line " },
		{ "a: \"\\0\"", "a NUL in a text" },
	};
	static const struct everest_asked asked = { "c.yaml", NULL, NULL };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };

		assert_int_equal(everest_import(&im, &asked, rows[i].yaml,
				     strlen(rows[i].yaml), &e),
		    -1);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
yaml_has_limits(void **state)
{
	own_bytes struct bytes deep = { 0 }, many = { 0 };
	struct yaml_node root;
	struct err e;

	(void)state;
	for (int i = 0; i <= YAML_DEPTH_MAX; i++)
		bytes_fmt(&deep, "[");
	assert_int_equal(yaml_tree_read(&root, deep.p, deep.len, &e), -1);
	assert_non_null(strstr(e.text, "deeper than 24"));
	bytes_fmt(&many, "[");
	for (int i = 0; i <= YAML_NODES_MAX; i++)
		bytes_fmt(&many, "1,");
	assert_int_equal(yaml_tree_read(&root, many.p, many.len, &e), -1);
	assert_non_null(strstr(e.text, "more than 20000"));
	assert_int_equal(root.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_of_each_module_is_judged),
		cmocka_unit_test(
		    ocpp_files_of_every_shape_are_read_to_the_last_value),
		cmocka_unit_test(a_value_that_bears_credentials_is_never_shown),
		cmocka_unit_test(every_scalar_of_the_file_is_counted),
		cmocka_unit_test(what_is_no_configuration_is_refused),
		cmocka_unit_test(yaml_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
