/* SPDX-License-Identifier: MIT */
/*
 * Scrubbing: in each format the rule's value goes and every other byte stays;
 * what no rule speaks of but looks like a secret is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "place.h"
#include "scrub.h"
#include "suspect.h"

/* A policy of the test's own: rules, and what is accepted. */
struct bench {
	struct policy policy;
	struct findings findings;
	struct scrub scrub;
	struct bytes out;
	bool slots;
};

static void
bench_open(struct bench *b, const char *rules)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	memset(b, 0, sizeof(*b));
	bytes_fmt(&text, "%s", rules);
	assert_int_equal(file_write(AT_FDCWD, "rules.conf", text.p, text.len,
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, "policy.conf", "scrub = [ \"rules.conf\" ];",
		25, FILE_PUBLIC, &e),
	    0);
	if (policy_read(&b->policy, "policy.conf", &e) == -1)
		fail_msg("%s", e.text);
	b->scrub =
	    (struct scrub){ &b->policy, residue_new(6, &e), &b->findings };
}

static void
bench_close(struct bench *b)
{
	policy_free(&b->policy);
	findings_free(&b->findings);
	residue_free(b->scrub.residue);
	bytes_free(&b->out);
}

static void
scrub(struct bench *b, const char *path, const char *text)
{
	own_bytes struct bytes in = { 0 };
	struct err e;

	bytes_fmt(&in, "%s", text);
	if (scrub_file(&b->scrub, path, &in, strstr(path, "documents") != NULL,
		&b->out, &b->slots, &e) == -1)
		fail_msg("%s", e.text);
}

static unsigned
told(const struct bench *b, enum finding_id id)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->findings.count; i++)
		n += b->findings.all[i].id == id;
	return n;
}

static int
count_one(
    void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	(void)what;
	(void)form;
	(void)at;
	(void)e;
	++*(unsigned *)ctx;
	return 0;
}

static unsigned
searched(const struct bench *b, const char *value)
{
	unsigned n = 0;
	struct err e;

	assert_int_equal(residue_scan(b->scrub.residue, value, strlen(value),
			     count_one, &n, &e),
	    0);
	return n;
}

/* %s: the rule's format; each has key "psk" -> slot unless said otherwise. */
static const struct {
	const char *format;
	const char *key;
	const char *within;
	const char *in;
	const char *out;
} rows[] = {
	/* pairs */
	{ "pairs", "psk", "*", "a=1\npsk=Secret-1\nb=2\n",
	    "a=1\npsk=@{unit.x}\nb=2\n" },
	{ "pairs", "psk", "*", "\tpsk = \"Secret-1\"  \n",
	    "\tpsk = \"@{unit.x}\"  \n" },
	{ "pairs", "psk", "*", "export psk='Secret-1'",
	    "export psk='@{unit.x}'" },
	{ "pairs", "psk", "*", "# psk=other\n;psk=other\npsk=Secret-1\r\n",
	    "# psk=other\n;psk=other\npsk=@{unit.x}\r\n" },
	{ "pairs", "psk", "one", "[one]\npsk=Secret-1\n[two]\npsk=yes\n",
	    "[one]\npsk=@{unit.x}\n[two]\npsk=yes\n" },
	{ "pairs", "psk", "*", "psk=Secret=1#x", "psk=@{unit.x}" },
	/* words */
	{ "words", "psk", "*", "Port 22\nPSK   Secret-1\n",
	    "Port 22\nPSK   @{unit.x}\n" },
	{ "words", "psk", "*", "psk=\"Secret-1\"\n", "psk=\"@{unit.x}\"\n" },
	/* columns */
	{ "columns", "3", "*",
	    "# c s secret\nuser * \"Secret-1 x\" *\nu2\t*\tSecret-2\n",
	    "# c s secret\nuser * \"@{unit.x}\" *\nu2\t*\t@{unit.x}\n" },
	{ "columns", "3", "*", "'a b' * 'c\\'d' *  # psk\n",
	    "'a b' * '@{unit.x}' *  # psk\n" },
	/* yaml */
	{ "yaml", "psk", "*", "a:\n  psk: Secret-1 # why\n  b: c\n",
	    "a:\n  psk: \"@{unit.x}\" # why\n  b: c\n" },
	{ "yaml", "psk", "a.b", "a:\n  b:\n    psk: \"Secret-1\"\n  psk: yes\n",
	    "a:\n  b:\n    psk: \"@{unit.x}\"\n  psk: yes\n" },
	{ "yaml", "psk", "*", "- psk: Secret-1\n- psk: 'Secret-2'\n",
	    "- psk: \"@{unit.x}\"\n- psk: '@{unit.x}'\n" },
	{ "yaml", "psk", "*", "psk: |\n  line one\n  line two\nnext: 1\n",
	    "psk: |\n  @{unit.x}\nnext: 1\n" },
	{ "yaml", "psk", "*", "{ psk: Secret-1, x: [ 1 ] }\n",
	    "{ psk: \"@{unit.x}\", x: [ 1 ] }\n" },
	{ "yaml", "psk", "*", "a: { psk: \"Secret-1\" }\n",
	    "a: { psk: \"@{unit.x}\" }\n" },
	{ "yaml", "psk", "*", "url: http://x\npsk: Se:cret-1\n",
	    "url: http://x\npsk: \"@{unit.x}\"\n" },
	/* json */
	{ "json", "psk", "*", "{\"a\":{\"psk\":\"Sec\\\"ret-1\"},\"b\":2}",
	    "{\"a\":{\"psk\":\"@{unit.x}\"},\"b\":2}" },
	{ "json", "psk", "a",
	    "{\"a\":{\"psk\":\"S-1\"},\"b\":{\"psk\":\"no\"}}",
	    "{\"a\":{\"psk\":\"@{unit.x}\"},\"b\":{\"psk\":\"no\"}}" },
	{ "json", "psk", "*", "{\"psk\":[\"Secret-1\",\"Secret-2\"]}",
	    "{\"psk\":[\"@{unit.x}\",\"@{unit.x}\"]}" },
	{ "json", "ku.psk", "*", "[{\"ku.psk\":\"Secret-1\"}]",
	    "[{\"ku.psk\":\"@{unit.x}\"}]" },
	/* libconfig */
	{ "libconfig", "psk", "net",
	    "# psk = \"x\";\nnet = { psk = \"Secret-1\"; };\n",
	    "# psk = \"x\";\nnet = { psk = \"@{unit.x}\"; };\n" },
	{ "libconfig", "psk", "*", "/* psk = 1 */ psk : \"Secret-1\"\nb = 2",
	    "/* psk = 1 */ psk : \"@{unit.x}\"\nb = 2" },
	/* xml */
	{ "xml", "psk", "*", "<a><psk> Secret-1 </psk><b>2</b></a>",
	    "<a><psk> @{unit.x} </psk><b>2</b></a>" },
	{ "xml", "psk", "x.y",
	    "<c pid=\"x.y\"><p name=\"psk\" type=\"String\">"
	    "<value>Secret-1</value></p></c>",
	    "<c pid=\"x.y\"><p name=\"psk\" type=\"String\">"
	    "<value>@{unit.x}</value></p></c>" },
	{ "xml", "psk", "*",
	    "<e:c xmlns:e='u'><e:p name='psk' encrypted=\"true\">"
	    "<e:value>Sec&amp;ret</e:value></e:p></e:c>",
	    "<e:c xmlns:e='u'><e:p name='psk' encrypted=\"false\">"
	    "<e:value>@{unit.x}</e:value></e:p></e:c>" },
	{ "xml", "psk", "*",
	    "<p name=\"psk\"><value>S-1</value><value>S-2</value></p>",
	    "<p name=\"psk\"><value>@{unit.x}</value>"
	    "<value>@{unit.x}</value></p>" },
	{ "xml", "psk", "*.users",
	    "<p name=\"users\"><value>[{\"psk\":\"Secret-1\"}]</value></p>",
	    "<p name=\"users\"><value>[{\"psk\":\"@{unit.x}\"}]</value></p>" },
	{ "xml", "psk", "*.users",
	    "<p name=\"users\"><value>{&quot;psk&quot;:&quot;S-1&quot;}"
	    "</value></p>",
	    "<p name=\"users\"><value>{&quot;psk&quot;:&quot;@{unit.x}&quot;}"
	    "</value></p>" },
};

static void
a_rule_takes_its_value_and_no_other_byte(void **state)
{
	char rules[512];
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(rules, sizeof(rules),
		    "rules = ( { file = \"/f\"; format = \"%s\"; key = \"%s\"; "
		    "within = \"%s\"; slot = \"unit.x\"; } );",
		    rows[i].format, rows[i].key, rows[i].within);
		bench_open(&b, rules);
		scrub(&b, "/f", rows[i].in);
		assert_string_equal(b.out.p, rows[i].out);
		assert_true(b.slots);
		assert_int_equal(told(&b, FINDING_UNREADABLE), 0);
		bench_close(&b);
	}
}

static void
what_was_taken_is_searched_for_decoded_as_well(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "rules = ( { file = \"/f\"; format = \"xml\"; "
	    "key = \"psk\"; empty = true; } );");
	scrub(&b, "/f", "<psk>Sec&lt;ret-1</psk>");
	assert_string_equal(b.out.p, "<psk></psk>");
	assert_true(searched(&b, "Sec<ret-1") > 0);
	assert_true(searched(&b, "Sec&lt;ret-1") > 0);
	/* base64 of "changed-it-twice", as Kura exports passwords */
	scrub(&b, "/f", "<psk>Y2hhbmdlZC1pdC10d2ljZQ==</psk>");
	assert_true(searched(&b, "changed-it-twice") > 0);
	bench_close(&b);
}

static void
a_text_and_an_empty_value_can_replace_too(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "rules = ( { file = \"*\"; format = \"pairs\"; key = \"a\"; "
	    "text = \"changeit\"; }, { file = \"*\"; format = \"pairs\"; "
	    "key = \"b*\"; empty = true; } );");
	scrub(&b, "/f", "a=Secret-1\nb1=Secret-2\nc=3\n");
	assert_string_equal(b.out.p, "a=changeit\nb1=\nc=3\n");
	assert_false(b.slots);
	bench_close(&b);
}

static void
a_literal_slot_of_the_sample_stays_one(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "rules = ( { file = \"/f\"; format = \"pairs\"; "
	    "key = \"psk\"; slot = \"unit.x\"; } );");
	scrub(&b, "/f", "home=@{HOME}\npsk=Secret-1\n");
	assert_string_equal(b.out.p, "home=@@{HOME}\npsk=@{unit.x}\n");
	scrub(&b, "/other", "home=@{HOME}\n");
	assert_string_equal(b.out.p, "home=@{HOME}\n");
	assert_false(b.slots);
	scrub(&b, "/documents/x.conf", "x = \"@{unit.serial}\";\n");
	assert_true(b.slots);
	assert_int_equal(told(&b, FINDING_UNREADABLE), 0);
	scrub(&b, "/documents/x.conf", "x = \"@{HOME}\";\n");
	assert_int_equal(told(&b, FINDING_UNREADABLE), 1);
	bench_close(&b);
}

static void
a_file_that_is_not_what_its_rule_says_is_told(void **state)
{
	static const char *const texts[] = { "<a><psk>x</psk>", "no xml",
		"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
		"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>" };
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bench_open(&b,
		    "rules = ( { file = \"/f\"; format = \"xml\"; "
		    "key = \"psk\"; empty = true; } );");
		scrub(&b, "/f", texts[i]);
		assert_int_equal(told(&b, FINDING_UNREADABLE), 1);
		assert_true(b.findings.open > 0);
		bench_close(&b);
	}
}

static void
too_short_a_value_is_told_as_weak(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "rules = ( { file = \"/f\"; format = \"pairs\"; "
	    "key = \"pin\"; empty = true; } );");
	scrub(&b, "/f", "pin=1234\n");
	assert_int_equal(told(&b, FINDING_WEAK), 1);
	bench_close(&b);
}

static const struct {
	const char *path;
	const char *text;
	enum finding_id id;
} suspects[] = {
	{ "/a.conf", "password=Secret-1\n", FINDING_KEYWORD },
	{ "/a.conf", "db_passwd = hunter22\n", FINDING_KEYWORD },
	{ "/a.conf", "# api_key: 12345678\n", FINDING_DEFAULT },
	{ "/a.conf", "pin = 1234\n", FINDING_DEFAULT },
	{ "/a.conf", "password=web\n", FINDING_KEYWORD },
	{ "/a.conf", "psk=/pCyhws9xW\n", FINDING_KEYWORD },
	{ "/a.conf", "psk='six words of an old dice'\n", FINDING_KEYWORD },
	{ "/a", "PASSWORD='so it is'\n", FINDING_KEYWORD },
	{ "/a", "export MQTT_PW=sauerkraut\n", FINDING_KEYWORD },
	{ "/a", "PresharedKey = abcdef\n", FINDING_KEYWORD },
	/* blanks alone between a name and its value */
	{ "/.netrc", "machine a.b login me password apfel\n", FINDING_KEYWORD },
	{ "/mosquitto.conf", "remote_password Kirsche\n", FINDING_KEYWORD },
	{ "/mosquitto.conf", "#remote_password Kirsche\n", FINDING_KEYWORD },
	{ "/snmpd.conf", "rocommunity garten 10.0.0.0/8\n", FINDING_KEYWORD },
	{ "/ipsec", "@a @b : PSK \"blaue Blume\"\n", FINDING_KEYWORD },
	{ "/ipsec", "me : EAP \"blume\"\n", FINDING_KEYWORD },
	{ "/wireless", "\toption key 'gartenzaun'\n", FINDING_KEYWORD },
	{ "/a.ovpn", "<auth-user-pass>\nmeter\n</auth-user-pass>\n",
	    FINDING_KEYWORD },
	{ "/docker", "{\"auths\":{\"a\":{\"auth\":\"bWU6YXBmZWw=\"}}}",
	    FINDING_KEYWORD },
	/* a name that is itself a value */
	{ "/ocpp.json", "{\"AuthorizationKey\":\"tanne\"}", FINDING_KEYWORD },
	{ "/ocpp.json",
	    "[{\"key\":\"AuthorizationKey\",\"readonly\":false,"
	    "\"value\":\"tanne\"}]",
	    FINDING_KEYWORD },
	{ "/a.xml", "<p><name>password</name><value>tanne</value></p>",
	    FINDING_KEYWORD },
	{ "/a.yaml", "a:\n  password: >-\n    tannen\n    baum\n",
	    FINDING_KEYWORD },
	/* hashes, and keys in frames of their own */
	{ "/passwd", "root:$6$ab$abcdefgh\n", FINDING_ENTROPY },
	{ "/passwd", "me:$7$101$ab$cdef\n", FINDING_ENTROPY },
	{ "/a", "x /pCyhws9cxwWoV4xELtf/vjN2zQVRPISllRW=\n", FINDING_ENTROPY },
	{ "/a", "-----BEGIN OpenVPN Static key V1-----\n",
	    FINDING_PRIVATE_KEY },
	{ "/a", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n",
	    FINDING_PRIVATE_KEY },
	{ "/a", "PuTTY-User-Key-File-3: ssh-ed25519\n", FINDING_PRIVATE_KEY },
	{ "/a.yaml", "a:\n  wifi_psk: some phrase\n", FINDING_KEYWORD },
	{ "/a.json", "{\"client_secret\":\"abcd\"}", FINDING_KEYWORD },
	{ "/a.xml",
	    "<a><p name=\"vendor.passphrase\">\n<value>\ntestKEYS</value>"
	    "</p></a>",
	    FINDING_DEFAULT },
	{ "/a.xml", "<p name=\"x\" type=\"Password\"><value>abcd</value></p>",
	    FINDING_KEYWORD },
	{ "/a", "run --token=abcdef\n", FINDING_KEYWORD },
	{ "/a", "x -----BEGIN PRIVATE KEY-----\nMIG\n", FINDING_PRIVATE_KEY },
	{ "/a", "-----BEGIN EC PRIVATE KEY-----\n", FINDING_PRIVATE_KEY },
	{ "/a", "-----BEGIN OPENSSH PRIVATE KEY-----\n", FINDING_PRIVATE_KEY },
	{ "/a", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
	    FINDING_PRIVATE_KEY },
	{ "/a", "mqtt://me:hunter2@broker/\n", FINDING_URL },
	{ "/a", "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc\n", FINDING_TOKEN },
	{ "/a", "blob 9fQ2vX7kLr0Zt5Wm3bYp8\n", FINDING_ENTROPY },
	{ "/a", "id 3f8a1c9e7b2d4f60a5c81e93\n", FINDING_ENTROPY },
	{ "/a", "ssid=kura_gateway_B8:27:EB:2B:4E:35\n", FINDING_ADDRESS },
	/* where only the format knows what the value is called */
	{ "/a.xml",
	    "<a><p name=\"client-id\">\n<value>B827EB2B4E35</value></p></a>",
	    FINDING_ADDRESS },
	{ "/a.json",
	    "{\"pid\":\"a\",\"properties\":{\"x.ssid\":{\"type\":\"STRING\","
	    "\"value\":\"gw-2B4E35\"}}}",
	    FINDING_ADDRESS },
	{ "/a.json",
	    "{\"pid\":\"a\",\"properties\":{\"password\":{\"type\":\"STRING\","
	    "\"value\":\"tanne\"}}}",
	    FINDING_KEYWORD },
	{ "/a", "auto enx00e04c680001\n", FINDING_ADDRESS },
	{ "/a.xml", "<p name=\"net.interface.wlx9cefd5fe1122.type\"/>",
	    FINDING_ADDRESS },
	{ "/kura.properties", "kura.ssl.keyStorePassword=everyware\n",
	    FINDING_DEFAULT },
};

static void
what_looks_like_a_secret_is_told(void **state)
{
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof(suspects) / sizeof(suspects[0]); i++) {
		bench_open(&b, "");
		scrub(&b, suspects[i].path, suspects[i].text);
		if (told(&b, suspects[i].id) == 0)
			fail_msg("%s", suspects[i].text);
		assert_true(b.findings.open > 0);
		bench_close(&b);
	}
}

static void
what_is_no_secret_is_not_told(void **state)
{
	static const char *const texts[] = { "PasswordAuthentication no\n",
		"# To disable clear text passwords, change to no\n",
		"auto enx00e04c68000\nauto enx000000000000\nenp0s31f6\n",
		"password=\n", "password=@{issued.mqtt.password}\n",
		"password_file = /etc/mosquitto/passwd\n", "psk=${PSK}\n",
		"password requisite pam_deny.so\n", "option keyfile ''\n",
		"# the password is asked for\n", "level $1$HOME\n",
		"[{\"key\":\"Interval\",\"value\":\"tanne\"}]\n",
		"</password>\n<a>\n", "<p name=\"password\" array=\"no\"/>\n",
		"{\"db.password\":\"\",\"b\":\"c\"}\n",
		"interval_token = 600\n", "key_mgmt=WPA-PSK\n",
		"token = true\n", "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so\n",
		"mozilla/Entrust_Root_Certification_Authority_G2.crt\n",
		"org.eclipse.kura.log.filesystem.provider.FilesystemLog\n",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOmRzJ8pX2 me\n",
		"-----BEGIN CERTIFICATE-----\n"
		"MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn0dNuAZAKBggqhkjOPQQDAjASMRAw\n"
		"-----END CERTIFICATE-----\n",
		"https://broker.example:8883/path@x\n", "ff:ff:ff:ff:ff:ff\n",
		"00:00:00:00:00:00\n" };
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bench_open(&b, "");
		scrub(&b, "/a.conf", texts[i]);
		if (b.findings.count != 0)
			fail_msg("%s: %s", texts[i], b.findings.all[0].text);
		bench_close(&b);
	}
}

/* What is no text, as bytes; the first 16 or so are enough to tell. */
static void
tell_bytes(const void *p, size_t len, enum finding_id id)
{
	own_bytes struct bytes in = { 0 };
	struct bench b;
	struct err e;

	bench_open(&b, "");
	bytes_add(&in, p, len);
	assert_int_equal(
	    scrub_file(&b.scrub, "/a.bin", &in, false, &b.out, &b.slots, &e),
	    0);
	assert_int_equal(told(&b, id), 1);
	assert_true(b.findings.open > 0);
	bench_close(&b);
}

static void
what_can_not_be_read_is_not_let_through_unsaid(void **state)
{
	static const char database[] = "SQLite format 3\0password\0hunter2";
	static const char wide[] = "p\0s\0k\0=\0h\0u\0n\0t\0e\0r\0";
	static const char one_nul[] = "password=hunter2\nmode=auto\n\0";

	(void)state;
	tell_bytes(database, sizeof(database), FINDING_BINARY);
	tell_bytes(wide, sizeof(wide), FINDING_KEYWORD);
	tell_bytes(one_nul, sizeof(one_nul), FINDING_KEYWORD);
}

static void
a_key_in_der_is_one_under_any_name(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *locked =
	    PKCS8_encrypt(-1, EVP_aes_128_cbc(), "x", 1, NULL, 0, 1, info);
	PKCS12 *store = PKCS12_create("x", "k", key, NULL, NULL, 0, 0, 0, 0, 0);
	unsigned char *der[4] = { NULL };
	const int len[4] = { i2d_PrivateKey(key, &der[0]),
		i2d_PKCS8_PRIV_KEY_INFO(info, &der[1]),
		i2d_X509_SIG(locked, &der[2]), i2d_PKCS12(store, &der[3]) };

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_true(len[i] > 0);
		tell_bytes(der[i], (size_t)len[i], FINDING_PRIVATE_KEY);
		OPENSSL_free(der[i]);
	}
	tell_bytes("\xfe\xed\xfe\xed\0\0\0\2", 8, FINDING_PRIVATE_KEY);
	PKCS12_free(store);
	X509_SIG_free(locked);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
}

static void
a_finding_can_be_accepted_with_a_reason(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "accept = ( { finding = \"keyword\"; file = \"/a*\"; "
	    "key = \"token\"; why = \"public\"; } );");
	scrub(&b, "/a.conf", "token=abcdef\n");
	scrub(&b, "/b.conf", "token=abcdef\n");
	assert_int_equal(b.findings.count, 2);
	assert_int_equal(b.findings.open, 1);
	assert_string_equal(b.findings.all[0].accepted, "public");
	bench_close(&b);
}

static void
what_is_accepted_by_value_is_that_value_alone(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
	    "accept = ( { finding = \"hardware-address\"; "
	    "value = \"12:34:56:78:90:*\"; why = \"an example\"; }, "
	    "{ finding = \"binary-file\"; value = \"*\"; why = \"x\"; } );");
	scrub(&b, "/a.conf", "# 12:34:56:78:90:12\nhost 02:34:56:78:90:12\n");
	scrub(&b, "/b", "\001\002\003\004");
	assert_int_equal(b.findings.count, 3);
	assert_string_equal(b.findings.all[0].accepted, "an example");
	assert_null(b.findings.all[1].accepted);
	/* It is about no value, so none can fit. */
	assert_int_equal(b.findings.all[2].id, FINDING_BINARY);
	assert_null(b.findings.all[2].accepted);
	bench_close(&b);
}

static void
no_finding_repeats_the_value(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "");
	scrub(&b, "/a.conf", "password=hunter2hunter2\n");
	for (size_t i = 0; i < b.findings.count; i++) {
		assert_null(strstr(b.findings.all[i].text, "hunter2"));
		assert_null(strstr(b.findings.all[i].key, "hunter2"));
	}
	bench_close(&b);
}

static const struct {
	const char *text;
	const char *why;
} bad_rules[] = {
	{ "rules = ( { } );", "file is missing" },
	{ "rules = ( { file = \"/f\"; } );", "exactly one of" },
	{ "rules = ( { file = \"/f\"; drop = true; empty = true; } );",
	    "exactly one of" },
	{ "rules = ( { file = \"/f\"; drop = true; key = \"a\"; } );",
	    "format is missing" },
	{ "rules = ( { file = \"/f\"; empty = true; format = \"xml\"; } );",
	    "key is missing" },
	{ "rules = ( { file = \"/f\"; empty = true; format = \"toml\"; "
	  "key = \"a\"; } );",
	    "unknown format" },
	{ "rules = ( { file = \"/f\"; slot = \"psk\"; format = \"xml\"; "
	  "key = \"a\"; } );",
	    "begins with none" },
	{ "rules = ( { file = \"/f\"; text = \"a\\\"b\"; format = \"xml\"; "
	  "key = \"a\"; } );",
	    "may not hold" },
	{ "rules = ( { file = \"/f\"; drop = true; colour = 1; } );",
	    "unknown key" },
	{ "rules = ( { file = \"/f\"; content = \"cats\"; drop = true; } );",
	    "no \"cats\" in a text" },
	{ "rules = ( { file = \"/f\"; content = \"residue\"; empty = true; "
	  "} );",
	    "no \"residue\" in a text" },
	{ "rules = ( { file = \"/f\"; content = \"token\"; empty = true; "
	  "key = \"a\"; } );",
	    "content and key" },
	{ "rules = ( { file = \"/f\"; content = \"private-key\"; empty = "
	  "true; } );",
	    "goes with its file" },
	{ "rules = ( { file = \"/f\"; content = \"token\"; keep = true; why "
	  "= \"x\"; } );",
	    "is accepted" },
	{ "rules = ( 1 );", "groups" },
	{ "accept = ( { finding = \"keyword\"; } );", "why is missing" },
	{ "accept = ( { finding = \"keyword\"; why = \"\"; } );",
	    "must say something" },
	{ "accept = ( { finding = \"cats\"; why = \"x\"; } );",
	    "there is no finding" },
	{ "accept = ( { finding = \"private-key\"; why = \"x\"; } );",
	    "can't be accepted" },
	{ "identity = ( { what = \"x\"; } );", "either file or live" },
	{ "identity = ( { what = \"x\"; live = \"y\"; } );", "live is" },
	{ "identity = ( { what = \"x\"; file = \"/y\"; format = \"z\"; } );",
	    "unknown format" },
};

static void
a_rule_that_can_not_work_is_refused_with_its_line(void **state)
{
	struct policy p;
	struct err e;

	(void)state;
	assert_int_equal(
	    file_write(AT_FDCWD, "policy.conf", "scrub = [ \"rules.conf\" ];",
		25, FILE_PUBLIC, &e),
	    0);
	for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++) {
		assert_int_equal(
		    file_write(AT_FDCWD, "rules.conf", bad_rules[i].text,
			strlen(bad_rules[i].text), FILE_PUBLIC, &e),
		    0);
		assert_int_equal(policy_read(&p, "policy.conf", &e), -1);
		if (strstr(e.text, bad_rules[i].why) == NULL ||
		    strstr(e.text, "rules.conf:1:") == NULL)
			fail_msg("%s: %s", bad_rules[i].text, e.text);
		policy_free(&p);
	}
}

static int
ignore(void *ctx, const struct field *f, struct err *e)
{
	const size_t *len = ctx;

	(void)e;
	assert_true(f->at <= *len && f->len <= *len - f->at);
	return 0;
}

/* Every beginning of every row, through every format. */
static void
a_field_never_lies_outside_its_text(void **state)
{
	static const char *const names[] = { "pairs", "words", "columns",
		"yaml", "json", "libconfig", "xml", "ini", "properties",
		"shell", "wpa", "psks", "uci", "colons", "keylines" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t len = 0; len <= strlen(rows[i].in); len++)
			for (size_t f = 0; f < 15; f++) {
				char *copy = malloc(len + 1);

				memcpy(copy, rows[i].in, len);
				(void)field_format(names[f])->scan(
				    copy, len, ignore, &len, &e);
				free(copy);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(a_rule_takes_its_value_and_no_other_byte),
		in_a_place(what_was_taken_is_searched_for_decoded_as_well),
		in_a_place(a_text_and_an_empty_value_can_replace_too),
		in_a_place(a_literal_slot_of_the_sample_stays_one),
		in_a_place(a_file_that_is_not_what_its_rule_says_is_told),
		in_a_place(too_short_a_value_is_told_as_weak),
		in_a_place(what_looks_like_a_secret_is_told),
		in_a_place(what_is_no_secret_is_not_told),
		in_a_place(a_finding_can_be_accepted_with_a_reason),
		in_a_place(what_is_accepted_by_value_is_that_value_alone),
		in_a_place(no_finding_repeats_the_value),
		in_a_place(a_rule_that_can_not_work_is_refused_with_its_line),
		cmocka_unit_test(
		    what_can_not_be_read_is_not_let_through_unsaid),
		cmocka_unit_test(a_key_in_der_is_one_under_any_name),
		cmocka_unit_test(a_field_never_lies_outside_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
