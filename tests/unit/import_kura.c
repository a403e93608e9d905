/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kura.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NS       "http://eurotech.com/esf/2.0"
#define NET      "org.eclipse.kura.net.admin."
#define FIRE     NET "FirewallConfigurationService"
#define FIRE6    NET "ipv6.FirewallConfigurationServiceIPv6"
#define MQTT     "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport"
#define ENROL    "org.eclipse.kura.provisioning.ProvisioningService"

#define TOP      "<e:configurations xmlns:e=\"" NS "\">"
#define END      "</e:configurations>"
#define PID(p)   "<e:configuration pid=\"" p "\"><e:properties>"
#define DIP      "</e:properties></e:configuration>"
#define PROP(name, type, value)                                                \
	"<e:property name=\"" name "\" array=\"false\" encrypted=\"false\" "   \
	"type=\"" type "\"><e:value>" value "</e:value></e:property>"
#define SEALED(name, value)                                                    \
	"<e:property name=\"" name "\" array=\"false\" encrypted=\"true\" "    \
	"type=\"Password\"><e:value>" value "</e:value></e:property>"
#define ONE(pid, props)                                                        \
	TOP PID(pid)                                                           \
	props DIP END

static const struct kura_key none;

static void
import(struct import *im, const char *text, enum kura_origin from,
    const struct kura_key *key)
{
	const struct kura_asked asked = { "s.xml", from, key };
	struct err e;

	if (kura_import(im, &asked, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static const char *
document(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->n_documents; i++)
		if (strcmp(im->documents[i].name, name) == 0)
			return im->documents[i].text.p;
	return NULL;
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
prefixes_do_not_matter(void **state)
{
	static const char body[] =
	    "<%1$sconfiguration pid=\"" FIRE "\"><%1$sproperties>"
	    "<%1$sproperty name=\"firewall.open.ports\" type=\"String\">"
	    "<%1$svalue>22,tcp,,,,,,#</%1$svalue></%1$sproperty>"
	    "</%1$sproperties></%1$sconfiguration></%1$sconfigurations>";
	static const char *const tops[][2] = {
		{ "esf:", "<esf:configurations xmlns:esf=\"" NS "\">" },
		{ "ns2:",
		    "<ns2:configurations xmlns=\"http://www.osgi.org/xmlns/"
		    "metatype/v1.2.0\" xmlns:ns2=\"" NS "\">" },
		{ "", "<configurations xmlns=\"" NS "\">" },
		/* Kura before 1.0 */
		{ "kura:",
		    "<kura:configurations "
		    "xmlns:kura=\"http://eurotech.com/kura/2.0\">" },
		{ "",
		    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\" "
		    "standalone=\"yes\"?>\n<configurations xmlns=\"" NS "\">" },
	};
	char first[4096] = "";

	(void)state;
	for (size_t i = 0; i < COUNT(tops); i++) {
		own_import struct import im = { 0 };
		char text[4096];
		int n = snprintf(text, sizeof(text), "%s", tops[i][1]);

		(void)snprintf(
		    text + n, sizeof(text) - (size_t)n, body, tops[i][0]);
		import(&im, text, KURA_UNSAID, &none);
		assert_int_equal(im.settings, 1);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%s",
			    document(&im, "firewall_policy.conf"));
		assert_string_equal(
		    first, document(&im, "firewall_policy.conf"));
	}
}

static void
what_is_no_snapshot_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "", "no element found" },
		{ "hello", "syntax error" },
		{ " {\"configs\": []}", "the XML that the console downloads" },
		{ "<!DOCTYPE a [<!ENTITY b \"c\">]>" ONE("a", ""),
		    "DOCTYPE is not allowed" },
		{ "<!DOCTYPE a SYSTEM \"http://x/y.dtd\">" ONE("a", ""),
		    "line 1: a DOCTYPE is not allowed" },
		{ "<esf:configurations/>", "unbound prefix" },
		{ "<configurations/>", "namespace" },
		{ "<e:configurations xmlns:e=\"http://other/2.0\"/>",
		    "namespace" },
		{ "<deviceConfigurations><configuration/>"
		  "</deviceConfigurations>",
		    "Kapua" },
		{ TOP "<e:configuration pid=\"a\">", "no element found" },
		{ TOP "&boom;" END, "undefined entity" },
	};
	const struct kura_asked asked = { "s.xml", KURA_UNSAID, &none };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		struct err e;

		assert_int_equal(kura_import(&im, &asked, rows[i].text,
				     strlen(rows[i].text), &e),
		    -1);
		if (strstr(e.text, rows[i].says) == NULL ||
		    strstr(e.text, "s.xml: line ") == NULL)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
limits_hold(void **state)
{
	own_bytes struct bytes deep = { 0 }, many = { 0 }, large = { 0 };
	struct kura_snapshot s;
	struct err e;

	(void)state;
	bytes_fmt(&deep, TOP);
	for (int i = 0; i < KURA_DEPTH_MAX; i++)
		bytes_fmt(&deep, "<x>");
	assert_int_equal(kura_xml_read(&s, deep.p, deep.len, &e), -1);
	assert_non_null(strstr(e.text, "nested deeper"));

	bytes_fmt(&many, TOP PID("a"));
	for (int i = 0; i <= KURA_PROPS_MAX; i++)
		bytes_fmt(&many, "<e:property name=\"a\"/>");
	assert_int_equal(kura_xml_read(&s, many.p, many.len, &e), -1);
	assert_non_null(strstr(e.text, "more than 20000 properties"));

	bytes_fmt(&large, TOP PID("a") "<e:property name=\"a\"><e:value>");
	for (int i = 0; i <= KURA_VALUE_MAX / 8; i++)
		bytes_fmt(&large, "12345678");
	bytes_fmt(&large, "</e:value></e:property>" DIP END);
	assert_int_equal(kura_xml_read(&s, large.p, large.len, &e), -1);
	assert_non_null(strstr(e.text, "a value of more than"));
	assert_int_equal(s.n, 0);
}

/* Everything that stands in a file comes out in its report. */
static void
nothing_vanishes_between_file_and_report(void **state)
{
	static const char text[] = TOP "stray" PID(
	    "com.vendor.Thing") "<e:property name=\"typeless\"><e:value>1</e:value></e:property>"
				"<e:property name=\"valueless\" type=\"String\"/>"
				"<e:property name=\"odd\" type=\"URL\"><e:value>x</e:value>"
				"</e:property>"
				"<e:property type=\"String\"><e:value>x</e:value></e:property>" PROP(
				    "twice", "String", "1") PROP("twice",
				    "String", "2") PROP("number", "Integer",
				    "twelve") "<e:property name=\"list\" type=\"String\" array=\"true\">"
					      "<e:value>a</e:value><e:value>b</e:value></e:property>"
					      "<e:property name=\"pair\" type=\"String\"><e:value>a</e:value>"
					      "<e:value>b</e:value></e:property>" PROP(
						  "vendor.api.token", "String",
						  "hunter2-hunter2") PROP("cdata",
						  "String",
						  "<![CDATA[<22>]]>") "<e:extra>lost?</e:extra></e:properties>"
								      "<o:OCD xmlns:o=\"http://www.osgi.org/xmlns/metatype/v1.2.0\">"
								      "<o:AD/></o:OCD></e:configuration>"
								      "<e:configuration><e:properties/></e:configuration>" END;
	static const struct {
		const char *name;
		enum import_verdict verdict;
		const char *says;
	} rows[] = {
		{ "typeless", IMPORT_UNKNOWN, "no type" },
		{ "valueless", IMPORT_UNKNOWN, "no value" },
		{ "odd", IMPORT_UNKNOWN, "none of Kura's ten" },
		{ "number", IMPORT_UNKNOWN, "no Integer" },
		{ "list", IMPORT_UNKNOWN, "2 values" },
		{ "pair", IMPORT_UNKNOWN, "no array" },
		{ "vendor.api.token", IMPORT_UNKNOWN, "a secret" },
		{ "cdata", IMPORT_UNKNOWN, "4 characters" },
	};
	static const char *const anywhere[] = { "text in configurations",
		"element extra in properties", "describes the component",
		"without pid", "without name", "stands twice" };
	own_import struct import im = { 0 };
	size_t found;

	(void)state;
	import(&im, text, KURA_UNSAID, &none);
	assert_int_equal(im.settings, 11);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct import_item *it = item(&im, rows[i].name);

		assert_int_equal(it->verdict, rows[i].verdict);
		if (strstr(it->says, rows[i].says) == NULL)
			fail_msg("%s: %s", it->name, it->says);
	}
	for (size_t i = 0; i < COUNT(anywhere); i++) {
		found = 0;
		for (size_t k = 0; k < im.count; k++)
			found += strstr(im.items[k].says, anywhere[i]) != NULL;
		if (found != 1)
			fail_msg("%s: %zu times", anywhere[i], found);
	}
	assert_int_equal(im.sum[IMPORT_MALFORMED], 3);
	assert_int_equal(im.n_documents, 0);
}

static void
the_connection_becomes_two_documents(void **state)
{
	static const char text[] = TOP PID(MQTT) PROP("broker-url", "String",
	    "mqtts://broker.example:8884/") PROP("keep-alive", "Integer", "30")
	    PROP("username", "String", "fleet-7") PROP("password", "Password",
		"correct-horse") DIP PID("org.eclipse.kura.data.DataService")
		PROP("connect.retry-interval", "Integer", "60") DIP PID(ENROL)
		    PROP("enabled", "Boolean", "true") PROP("broker-url",
			"String", "mqtts://enrol.example:8883") DIP END;
	own_import struct import im = { 0 };
	const struct import_item *it;

	(void)state;
	import(&im, text, KURA_UNSAID, &none);
	assert_string_equal(document(&im, "uplink.conf"),
	    "# The line to the fleet, imported from a Kura snapshot.\n"
	    "broker: {\n\thost = \"broker.example\";\n\tport = 8884;\n"
	    "\tkeepalive_s = 30;\n};\nenrol = \"auto\";\nretry_max_s = 60;\n"
	    "username = \"@{issued.mqtt.username}\";\n"
	    "password = \"@{issued.mqtt.password}\";\n");
	assert_non_null(document(&im, "cert_store.conf"));
	it = item(&im, "password");
	assert_string_equal(it->secret, "password");
	assert_int_equal(it->secret_len, 13);
	assert_string_equal(it->slot, "@{issued.mqtt.password}");
	assert_int_equal(im.sum[IMPORT_NO_PLUGIN], 1); /* enrol.example */
}

static void
brokers_are_taken_changed_or_refused(void **state)
{
	static const struct {
		const char *url;
		enum import_verdict verdict;
		const char *line; /* of the document; NULL: there is none */
	} rows[] = {
		{ "mqtts://b.example", IMPORT_TAKEN, "port = 8883;" },
		{ "MQTTS://b.example:1", IMPORT_TAKEN, "port = 1;" },
		{ "ssl://10.0.0.1:8883", IMPORT_TAKEN, "\"10.0.0.1\"" },
		{ "mqtts://[fd00::1]:8883/", IMPORT_TAKEN, "\"fd00::1\"" },
		{ "mqtt://b.example:1883/", IMPORT_CHANGED, "port = 8883;" },
		{ "mqtts://u:geheim@b.example", IMPORT_TAKEN, "\"b.example\"" },
		{ "wss://b.example/mqtt", IMPORT_NO_PLUGIN, NULL },
		{ "mqtt://broker-url:1883/", IMPORT_EMPTY, NULL },
		{ "b.example:8883", IMPORT_MALFORMED, NULL },
		{ "mqtts://", IMPORT_MALFORMED, NULL },
		{ "mqtts://b.example:0", IMPORT_MALFORMED, NULL },
		{ "mqtts://b.example:70000", IMPORT_MALFORMED, NULL },
		{ "mqtts://b&quot;; x = &quot;y", IMPORT_MALFORMED, NULL },
		{ "mqtts://${env.HOST}:8883", IMPORT_MALFORMED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		own_json json_t *j = NULL;
		own_str char *line = NULL;
		char text[1024];

		(void)snprintf(text, sizeof(text),
		    ONE(MQTT, PROP("broker-url", "String", "%s")), rows[i].url);
		import(&im, text, KURA_UNSAID, &none);
		if (item(&im, "broker-url")->verdict != rows[i].verdict)
			fail_msg("%s: %s", rows[i].url, im.items[0].says);
		if (rows[i].line == NULL)
			assert_null(document(&im, "uplink.conf"));
		else
			assert_non_null(
			    strstr(document(&im, "uplink.conf"), rows[i].line));
		j = import_json(&im);
		line = json_line(j);
		assert_null(strstr(line, "geheim"));
	}
}

static void
without_a_broker_nothing_pretends_to_be_written(void **state)
{
	own_import struct import im = { 0 };

	(void)state;
	import(&im,
	    ONE(MQTT,
		PROP("broker-url", "String", "mqtt://broker-url:1883/")
		    PROP("keep-alive", "Integer", "30")),
	    KURA_UNSAID, &none);
	assert_int_equal(im.n_documents, 0);
	assert_int_equal(im.sum[IMPORT_TAKEN], 0);
	assert_null(item(&im, "keep-alive")->document);
	assert_string_equal(item(&im, "broker-url")->finding, "placeholder");
}

static void
no_report_and_no_document_holds_a_secret(void **state)
{
	static const char *const secrets[] = { "wlan-Kennwort-1",
		"modem-Kennwort-2", "speicher-Kennwort-3", "c3BlaWNoZXI",
		"vendor-Kennwort-4", "hash-Kennwort-5", "AA:BB:CC:DD:EE:FF" };
	static const char text[] = TOP PID(NET "NetworkConfigurationService") PROP(
	    "net.interface.wlan0.config.wifi.master.passphrase", "String",
	    "wlan-Kennwort-1") PROP("net.interface.wlan0.config.wifi.master.ssid",
	    "String",
	    "kura_AA:BB:CC:DD:EE:FF") PROP("net.interface.ppp0.config.password",
	    "Password", "modem-Kennwort-2") DIP PID("SSLKeystore")
	    PROP("service.factoryPid", "String",
		"org.eclipse.kura.core.keystore.FilesystemKeystoreServiceImpl")
		SEALED("keystore.password", "c3BlaWNoZXItS2Vubndvcnt0LTM=")
		    DIP PID("com.vendor.Cloud") PROP(
			"gatewaySecret", "String", "vendor-Kennwort-4")
			DIP PID("org.eclipse.kura.internal.useradmin.store."
				"RoleRepositoryStoreImpl")
			    PROP("users.config", "String",
				"[{\"name\":\"a\",\"x\":\"hash-Kennwort-5\"}]")
				DIP END;
	own_import struct import im = { 0 };
	own_json json_t *j = NULL;
	own_str char *line = NULL;
	size_t found = 0;

	(void)state;
	import(&im, text, KURA_UNSAID, &none);
	j = import_json(&im);
	line = json_line(j);
	for (size_t i = 0; i < COUNT(secrets); i++)
		if (strstr(line, secrets[i]) != NULL)
			fail_msg("%s stands in the report", secrets[i]);
	for (size_t i = 0; i < im.count; i++)
		found += im.items[i].secret != NULL;
	assert_int_equal(found, 5);
	assert_string_equal(
	    item(&im, "net.interface.wlan0.config.wifi.master.ssid")->finding,
	    "identity");
	assert_string_equal(
	    item(&im, "net.interface.wlan0.config.wifi.master.passphrase")
		->slot,
	    "@{generated.wifi.wlan0:24}");
}

/* Java minds no case, XML's schema has digits, and neither is a blank. */
static void
a_flag_is_read_in_each_way_it_is_written(void **state)
{
	static const struct {
		const char *flag;
		long len; /* of "changeit", or of its base64 */
	} rows[] = { { "true", 8 }, { "TRUE", 8 }, { "True", 8 }, { "1", 8 },
		{ "false", 12 }, { "False", 12 }, { "0", 12 }, { "", 12 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_import struct import im = { 0 };
		char text[1024];

		(void)snprintf(text, sizeof(text),
		    TOP PID(MQTT) "<e:property name=\"password\" encrypted="
				  "\"%s\" type=\"Password\"><e:value>"
				  "Y2hhbmdlaXQ=</e:value></e:property>" DIP END,
		    rows[i].flag);
		import(&im, text, KURA_DOWNLOAD, &none);
		if (item(&im, "password")->secret_len != rows[i].len)
			fail_msg("%s: %ld", rows[i].flag,
			    (long)item(&im, "password")->secret_len);
	}
}

static void
an_encrypted_snapshot_opens_with_its_key_only(void **state)
{
	/* AES-256-GCM by python3-cryptography over a snapshot of one
	 * property. */
	static const char key[] = "0123456789abcdef0123456789abcdef\n";
	static const char file[] =
	    "AAECAwQFBgcICQoL-EYCBH7Z2tMXPqQPfBaa+apUoe+pQ0gexReGZ3Mx"
	    "R3L6ShFNrO9pjdfJNlT+1wexfX42ywyaAt/wUJg4tc3V5F8p3FlBCSjT"
	    "FfRkhecRTbRo666dKNB+KlOXCM7bHPK1piapr+uLf+2RykRd9pE2wrxD"
	    "LrVfLxYBI2NjEQxgcXVYzHONQFszRpr2+xDgn+rk7WODLKDKHy2hv1Hq"
	    "Lvw/Cs1PnCSmDsua/G9h2l/eg3GqN4NGwcZFZX1JFzw7H5O2DBeFw0ZV"
	    "pDDN+P6m39oceZJz5lsMLaaz8gTrrG0cv0Mgi+R/3GYxy";
	struct kura_key k = { .len = 0 };
	struct kura_asked asked = { "s.xml", KURA_UNSAID, &none };
	own_import struct import im = { 0 }, other = { 0 }, third = { 0 };
	char bent[sizeof(file)];
	struct err e;

	(void)state;
	assert_int_equal(
	    kura_import(&im, &asked, file, sizeof(file) - 1, &e), -1);
	assert_non_null(strstr(e.text, "--key"));
	assert_int_equal(kura_key_read(&k, key, sizeof(key) - 1, &e), 0);
	asked.key = &k;
	assert_int_equal(
	    kura_import(&other, &asked, file, sizeof(file) - 1, &e), 0);
	assert_int_equal(other.settings, 1);
	memcpy(bent, file, sizeof(file));
	bent[40] = bent[40] == 'A' ? 'B' : 'A';
	assert_int_equal(
	    kura_import(&third, &asked, bent, sizeof(bent) - 1, &e), -1);
	assert_non_null(strstr(e.text, "does not open"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_do_not_matter),
		cmocka_unit_test(what_is_no_snapshot_is_refused_with_its_line),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(nothing_vanishes_between_file_and_report),
		cmocka_unit_test(the_connection_becomes_two_documents),
		cmocka_unit_test(brokers_are_taken_changed_or_refused),
		cmocka_unit_test(
		    without_a_broker_nothing_pretends_to_be_written),
		cmocka_unit_test(no_report_and_no_document_holds_a_secret),
		cmocka_unit_test(a_flag_is_read_in_each_way_it_is_written),
		cmocka_unit_test(an_encrypted_snapshot_opens_with_its_key_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
