/* SPDX-License-Identifier: MIT */
/*
 * ocpp_bridge.conf: what it means, what it says unasked, and that each mistake
 * is told with its line and what to write instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../plugins/ocpp_bridge/document.h"
#include "../../plugins/ocpp_bridge/near.h"
#include "file.h"

#define LAN                                                                    \
	"listeners = ( { name = \"lan\"; address = \"192.168.10.1\";\n"        \
	"  port = 8887; profile = 1; } );\n"
#define CSMS "csms = { url = \"wss://csms.example/ocpp\"; profile = 3; };\n"

static int
parse(struct ocpp_settings *s, const char *text, struct err *e)
{
	memset(e, 0, sizeof(*e));
	return ocpp_doc_read(s, text, strlen(text), e);
}

static void
good(struct ocpp_settings *s, const char *text)
{
	struct err e;

	if (parse(s, text, &e) == -1)
		fail_msg("%s", e.text);
}

static void
what_is_not_said_has_a_default(void **state)
{
	struct ocpp_settings s;

	(void)state;
	good(&s, LAN CSMS);
	assert_int_equal(s.nlisteners, 1);
	assert_string_equal(s.listeners[0].name, "lan");
	assert_int_equal(s.listeners[0].port, 8887);
	assert_int_equal(s.listeners[0].profile, 1);
	assert_int_equal(s.listeners[0].versions, 7);
	assert_true(s.listeners[0].deflate);
	assert_false(s.listeners[0].static_rsa);
	assert_false(s.listeners[0].old_tls);
	assert_string_equal(s.csms.url, "wss://csms.example/ocpp");
	assert_int_equal(s.csms.profile, 3);
	assert_null(s.csms.anchors);
	assert_false(s.csms.wildcards);
	assert_int_equal(s.who, OCPP_ANY);
	assert_int_equal(s.second, OCPP_BY_STRENGTH);
	assert_int_equal(s.nclasses, 1);
	assert_string_equal(s.classes[0].pattern, "*");
	assert_int_equal(s.classes[0].mode, OCPP_TRANSPARENT);
	assert_int_equal(s.limits.frame, 256 * 1024);
	assert_int_equal(s.limits.chargers, 200);
	assert_int_equal(s.limits.call_ms, 30000);
	assert_int_equal(s.backoff.wait, 5);
	assert_null(s.mirror);
	assert_false(s.exposed.on);
	ocpp_doc_free(&s);
}

static const char everything[] =
    "listeners = (\n"
    "  { name = \"plain\"; address = \"127.0.0.1\"; port = 8080;\n"
    "    profile = 0; versions = [ \"ocpp1.6\" ]; deflate = false; root = \"/ocpp\"; },\n"
    "  { name = \"tls\"; address = \"::\"; port = 8443; profile = 3;\n"
    "    anchors = \"cert_store:MF\"; names = [ \"gw.local\", \"10.0.0.1\" ];\n"
    "    static_rsa = true; },\n"
    "  { name = \"old\"; address = \"::\"; port = 8444; profile = 2;\n"
    "    versions = [ \"ocpp1.6\" ]; old_tls = true;\n"
    "    ec = { chain = \"/etc/ingot/ocpp/ec.pem\"; key = \"/e.key\"; };\n"
    "    rsa = { chain = \"/etc/ingot/ocpp/rsa.pem\"; key = \"/r.key\"; }; }\n"
    ");\n"
    "csms = { url = \"wss://csms.example\"; profile = 2; user = \"me\";\n"
    "  password = \"pass\\\\\\\"word\"; anchors = \"/etc/a.pem\";\n"
    "  wildcards = true; downgrade = true; };\n"
    "backoff = { wait = 1; random = 0; repeats = 2; };\n"
    "identities = \"pattern\"; second = \"keep-old\";\n"
    "chargers = (\n"
    "  { charger = \"CP-1\"; mode = \"store\"; provisional = true;\n"
    "    accept = true; certificates = \"refuse\"; profiles = \"refuse\";\n"
    "    password = \"0123456789abcdef\"; move = true;\n"
    "    csms = { url = \"ws://other:9000/x\"; profile = 1; }; },\n"
    "  { charger = \"AB*\"; },\n"
    "  { charger = \"C?\"; mode = \"store\"; }\n"
    ");\n"
    "validation = ( { mode = \"reject\"; },\n"
    "  { mode = \"off\"; versions = [ \"ocpp2.1\" ]; from = [ \"csms\" ];\n"
    "    charger = \"CP-*\"; action = \"Reset\"; } );\n"
    "limits = { chargers = 1000; store_bytes = 268435456L; };\n"
    "mirror = { broker = \"unix:/run/m.sock\"; prefix = \"ocpp\";\n"
    "  hide_idtags = true; frames = false;\n"
    "  commands = ( { charger = \"CP-*\"; action = \"Reset\"; } ); };\n"
    "exposed = { on = true; port = 8884; address = \"10.0.0.1\";\n"
    "  anchors = \"/x/a.pem\"; chain = \"/x/c.pem\"; key = \"/x/k.pem\";\n"
    "  topics = [ \"out ocpp/+/event/#\" ]; };\n"
    "backends = ( { name = \"energy\"; charger = \"CP-*\";\n"
    "  csms = { url = \"wss://energy.example/in\"; profile = 2;\n"
    "    user = \"us\"; password = \"their-own\"; };\n"
    "  copied = [ \"MeterValues\", \"Status*\" ]; } );\n"
    "cpo = \"Example \u00e4\";\n";

static void
all_that_may_be_said_arrives(void **state)
{
	struct ocpp_settings s;

	(void)state;
	good(&s, everything);
	assert_int_equal(s.nlisteners, 3);
	assert_int_equal(s.listeners[0].versions, 1);
	assert_false(s.listeners[0].deflate);
	assert_string_equal(s.listeners[0].root, "/ocpp");
	assert_int_equal(s.listeners[1].nnames, 2);
	assert_string_equal(s.listeners[1].names[1], "10.0.0.1");
	assert_true(s.listeners[1].static_rsa);
	assert_true(s.listeners[2].old_tls);
	assert_string_equal(s.listeners[2].pairs[1].key, "/r.key");
	assert_string_equal(s.csms.password, "pass\\\"word");
	assert_int_equal(s.backoff.random, 0);
	assert_int_equal(s.who, OCPP_PATTERN);
	assert_int_equal(s.second, OCPP_KEEP_OLD);
	assert_int_equal(s.nclasses, 4);
	assert_true(s.classes[0].exact);
	assert_int_equal(s.classes[0].mode, OCPP_STORE);
	assert_true(s.classes[0].provisional && s.classes[0].accept);
	assert_int_equal(s.classes[0].certificates, OCPP_REFUSE);
	assert_string_equal(s.classes[0].csms->url, "ws://other:9000/x");
	assert_false(s.classes[1].exact || s.classes[2].exact);
	assert_string_equal(s.classes[3].pattern, "*");
	assert_int_equal(s.rules[0].judging, OCPP_REJECT);
	assert_int_equal(s.rules[0].versions, 7);
	assert_int_equal(s.rules[0].ways, 3);
	assert_null(s.rules[0].action);
	assert_int_equal(s.rules[1].versions, 1u << OCPP_21);
	assert_int_equal(s.rules[1].ways, 1u << OCPP_DOWN);
	assert_true(s.limits.store_bytes == UINT64_C(268435456));
	assert_string_equal(s.mirror->rules[0].action, "Reset");
	assert_true(s.mirror->hide_idtags && !s.mirror->frames);
	assert_int_equal(s.exposed.ntopics, 1);
	assert_int_equal(s.nbackends, 1);
	assert_string_equal(s.backends[0].copied[1], "Status*");
	assert_int_equal(s.backends[0].nallowed, 0);
	assert_string_equal(s.backends[0].csms.password, "their-own");
	assert_string_equal(s.cpo, "Example \u00e4");
	ocpp_doc_free(&s);
}

/* The artifact parses to itself, and says all that the document said. */
static void
what_is_written_parses_to_itself(void **state)
{
	static const char *const texts[] = { LAN CSMS, everything };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		own_bytes struct bytes one = { 0 }, two = { 0 };
		struct ocpp_settings s;

		good(&s, texts[i]);
		ocpp_doc_write(&s, &one);
		ocpp_doc_free(&s);
		good(&s, one.p);
		ocpp_doc_write(&s, &two);
		assert_string_equal(one.p, two.p);
		assert_true(s.limits.chargers == (i == 0 ? 200 : 1000));
		ocpp_doc_free(&s);
	}
}

#define TLS(more)                                                              \
	"listeners = ( { name = \"a\"; address = \"10.0.0.1\"; port = 1;\n"    \
	"  profile = 2; " more " } );\n" CSMS
#define PLAIN(more)                                                            \
	"listeners = ( { name = \"a\"; address = \"10.0.0.1\"; port = 1;\n"    \
	"  profile = 1; " more " } );\n" CSMS
#define TO(more) LAN "csms = { " more " };\n"

static const struct {
	const char *text;
	int line;         /* 0: any */
	const char *says; /* what is wrong */
	const char *remedy;
} mistakes[] = {
	{ "", 0, "csms is missing", "" },
	{ CSMS, 0, "listeners = (", "is missing" },
	{ LAN, 0, "csms is missing", "" },
	{ LAN CSMS "colour = 1;", 4, "unknown key \"colour\"", "known here" },
	{ "listeners = ( { name = \"A b\"; address = \"::1\"; port = 1;"
	  " profile = 1; } );\n" CSMS,
	    1, "name:", "lower case" },
	{ "listeners = ( { name = \"a\"; address = \"lan0\"; port = 1;"
	  " profile = 1; } );\n" CSMS,
	    1, "address:", "192.168.10.1" },
	{ "listeners = ( { name = \"a\"; port = 1; profile = 1; } );\n" CSMS, 1,
	    "address is missing", "" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; profile = 1; } );\n" CSMS,
	    1, "port is missing", "" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 0;"
	  " profile = 1; } );\n" CSMS,
	    1, "port", "1" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;"
	  " profile = 4; } );\n" CSMS,
	    1, "profile", "3" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;"
	  " profile = 0; } );\n" CSMS,
	    1, "profile 0 is of OCPP 1.6", "say versions" },
	{ PLAIN("\nec = { chain = \"/c\"; key = \"/k\"; };"), 3,
	    "ec on a listener of profile 1", "profile = 2" },
	{ PLAIN("\nrsa = { chain = \"/c\"; key = \"/k\"; };"), 3, "rsa on",
	    "profile = 2" },
	{ PLAIN("\nold_tls = true; versions = [ \"ocpp1.6\" ];"), 3,
	    "old_tls on", "leave it out" },
	{ PLAIN("\nstatic_rsa = true;"), 3, "static_rsa on", "leave it out" },
	{ PLAIN("\nnames = [ \"x\" ];"), 3, "names on", "leave it out" },
	{ PLAIN("\nanchors = \"/a\";"), 3, "anchors are for client",
	    "profile = 3" },
	{ TLS("\nold_tls = true;"), 3, "old_tls", "listener of its own" },
	{ TLS("\nold_tls = true; versions = [ \"ocpp1.6\", \"ocpp2.1\" ];"), 3,
	    "old_tls", "ocpp1.6 alone" },
	{ TLS("\nroot = \"ocpp\";"), 3, "root:", "\"/ocpp\"" },
	{ TLS("\nroot = \"/ocpp/\";"), 3, "root:", "in front of" },
	{ TLS("\nec = { chain = \"/c\"; };"), 3, "chain and key", "both" },
	{ TLS("\nec = { chain = \"c\"; key = \"/k\"; };"), 3,
	    "chain:", "absolute path" },
	{ TLS("\nec = { chain = \"/a/../b\"; key = \"/k\"; };"), 3,
	    "chain:", "\"..\"" },
	{ TLS("\nstatic_rsa = true; ec = { chain = \"/c\"; key = \"/k\"; };"),
	    3, "static_rsa needs an RSA", "name one" },
	{ TLS("\nversions = [ \"ocpp1.5\" ];"), 3, "versions \"ocpp1.5\"",
	    "\"ocpp1.6\"" },
	{ TLS("\nversions = [ ];"), 3, "versions", "at least one" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;\n"
	  " profile = 3; } );\n" CSMS,
	    2, "profile 3 needs anchors", "cert_store:MF" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;\n"
	  " profile = 3; anchors = \"cert_store:XY\"; } );\n" CSMS,
	    2, "cert_store:", "MF" },
	{ "listeners = ( { name = \"a\"; address = \"0.0.0.0\"; port = 1;\n"
	  " profile = 2; } );\n" CSMS,
	    1, "by which name", "names = [" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;"
	  " profile = 1; },\n{ name = \"a\"; address = \"::1\"; port = 2;"
	  " profile = 1; } );\n" CSMS,
	    2, "stands twice", "" },
	{ "listeners = ( { name = \"a\"; address = \"::1\"; port = 1;"
	  " profile = 1; },\n{ name = \"b\"; address = \"::1\"; port = 1;"
	  " profile = 1; } );\n" CSMS,
	    2, "port 1 is taken", "\"a\"" },
	{ "listeners = ( { name = \"a\"; address = \"0.0.0.0\"; port = 1;"
	  " profile = 1; },\n{ name = \"b\"; address = \"10.0.0.1\"; port = 1;"
	  " profile = 1; } );\n" CSMS,
	    2, "port 1 is taken", "\"a\"" },
	{ TO("profile = 1;"), 0, "url is missing", "" },
	{ TO("url = \"ws://x\";"), 0, "profile is missing", "" },
	{ TO("url = \"http://x\"; profile = 1;"), 3, "url:", "ws://" },
	{ TO("url = \"ws:///x\"; profile = 1;"), 3, "no host", "" },
	{ TO("url = \"ws://u:p@x\"; profile = 1;"), 3, "credentials", "user" },
	{ TO("url = \"ws://x/?id=1\"; profile = 1;"), 3, "no query", "" },
	{ TO("url = \"ws://x/#f\"; profile = 1;"), 3, "no fragment", "" },
	{ TO("url = \"ws://x/{id}\"; profile = 1;"), 3, "without the identity",
	    "put behind" },
	{ TO("url = \"ws://x\"; profile = 3;"), 3, "profile 3 is TLS",
	    "wss://" },
	{ TO("url = \"wss://x\"; profile = 1;"), 3, "profile 1 is without",
	    "ws://" },
	{ TO("url = \"ws://x\"; profile = 1; anchors = \"/a\";"), 3,
	    "no certificate to check", "leave it out" },
	{ TO("url = \"ws://x\"; profile = 1; identity = \"gw\";"), 3,
	    "client certificate", "leave it out" },
	{ TO("url = \"wss://x\"; profile = 3; identity = \"gw\";"
	     " own_leaf = true;"),
	    3, "one of the two", "" },
	{ TO("url = \"wss://x\"; profile = 3; password = \"secretsecret\";"), 3,
	    "no password", "leave it out" },
	{ TO("url = \"wss://x\"; profile = 2; user = \"a:b\";"), 3,
	    "user:", "\":\"" },
	{ LAN CSMS "chargers = ( { mode = \"store\"; } );", 4,
	    "charger is missing", "" },
	{ LAN CSMS "chargers = ( { charger = \"[A-Z]*\"; } );", 4,
	    "charger:", "* and ?" },
	{ LAN CSMS "chargers = ( { charger = \"a\"; mode = \"keep\"; } );", 4,
	    "mode \"keep\"", "\"transparent\" \"store\"" },
	{ LAN CSMS "chargers = ( { charger = \"a\"; provisional = true; } );",
	    4, "mode = \"store\"", "leave this out" },
	{ LAN CSMS "chargers = ( { charger = \"a\"; accept = true; } );", 4,
	    "mode = \"store\"", "leave this out" },
	{ LAN CSMS
	    "chargers = ( { charger = \"*\"; },\n{ charger = \"a\"; } );",
	    4, "fits all", "put it last" },
	{ LAN CSMS
	    "chargers = ( { charger = \"a\"; },\n{ charger = \"a\"; } );",
	    5, "stands twice", "" },
	{ LAN CSMS
	    "chargers = ( { charger = \"a\";\n csms = { url = \"ws://x\";"
	    " profile = 3; }; } );",
	    5, "profile 3 is TLS", "wss://" },
	{ LAN CSMS "chargers = ( { charger = \"a\"; certificates = \"gateway\";"
		   "\n csms = { url = \"ws://x\"; profile = 1; }; } );",
	    4, "certificates = \"gateway\"", "profile = 3" },
	{ LAN CSMS "identities = \"known\";", 4, "nobody could connect",
	    "\"any\"" },
	{ LAN CSMS "identities = \"known\";\nchargers = ( { charger = \"a*\"; }"
		   " );",
	    4, "nobody could connect", "name charge points" },
	{ LAN CSMS "validation = ( { action = \"Rest\"; } );", 4,
	    "action \"Rest\"", "none of these versions" },
	{ LAN CSMS "validation = ( { action = \"TransactionEvent\";"
		   " versions = [ \"ocpp1.6\" ]; } );",
	    4, "none of these versions", "" },
	{ LAN CSMS "limits = { frame = 0; };", 4, "frame", "1024" },
	{ LAN CSMS "limits = { frame = 1048576;\n queue = 65536; };", 5,
	    "queue:", "at least one frame" },
	{ LAN CSMS "limits = { frame = 16777216; queue = 16777216;\n"
		   " store_bytes = 1048576; };",
	    5, "store_bytes:", "four frames" },
	{ LAN CSMS "mirror = { broker = \"tcp://x\"; };", 4,
	    "broker:", "mqtt://" },
	{ LAN CSMS "mirror = { broker = \"mqtts://127.0.0.1\"; };", 4, "mqtts",
	    "anchors" },
	{ LAN CSMS "mirror = { broker = \"unix:/x\"; chain = \"/c\"; };", 4,
	    "chain and key", "both" },
	{ LAN CSMS "mirror = { broker = \"unix:/x\"; prefix = \"a/#\"; };", 4,
	    "prefix:", "without + and #" },
	{ LAN CSMS "exposed = { on = true; };", 4, "needs mirror", "" },
	{ LAN CSMS "mirror = { broker = \"unix:/x\"; };\n"
		   "exposed = { on = true; };",
	    5, "mutual TLS", "missing" },
	{ LAN CSMS "mirror = { broker = \"unix:/x\"; };\n"
		   "exposed = { on = true; anchors = \"/a\"; chain = \"/c\";\n"
		   "  key = \"/k\"; topics = [ \"out a\", \"in #\" ]; };",
	    6, "go round", "" },
	{ LAN CSMS "backends = ( { name = \"b\"; copied = [ \"*\" ];\n"
		   "  csms = { url = \"ws://h\"; profile = 1; }; } );",
	    5, "backend b", "password of its own" },
	{ LAN CSMS "backends = ( { name = \"b\";\n"
		   "  csms = { url = \"ws://h\"; profile = 0; }; } );",
	    4, "backend b: copied", "[ \"*\" ]" },
	{ LAN CSMS "cpo = \"a\\x01\";", 4, "cpo", "" },
};

static void
each_mistake_is_told_with_its_line_and_a_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct ocpp_settings s;
		char line[64];
		struct err e;

		if (parse(&s, mistakes[i].text, &e) == 0)
			fail_msg("accepted: %s", mistakes[i].text);
		ocpp_doc_free(&s);
		(void)snprintf(
		    line, sizeof(line), DOC_NAME ":%d:", mistakes[i].line);
		if (strstr(e.text, mistakes[i].says) == NULL ||
		    strstr(e.text, mistakes[i].remedy) == NULL ||
		    (mistakes[i].line != 0 && strstr(e.text, line) == NULL))
			fail_msg("%s\nsaid: %s", mistakes[i].text, e.text);
	}
}

static void
what_is_near_is_told_from_what_is_not(void **state)
{
	static const char *const near[] = { "127.0.0.1", "10.255.0.1",
		"172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.7.7",
		"::1", "fe80::1", "febf::1", "fc00::1", "fdff::1" };
	static const char *const far[] = { "0.0.0.0", "::", "8.8.8.8",
		"11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
		"169.253.0.1", "::2", "fec0::1", "fe00::1", "2001:db8::1",
		"example", "" };
	static const char *const near_urls[] = { "ws://10.0.0.1/ocpp",
		"ws://localhost:9000", "ws://[fd00::1]:80/x",
		"wss://127.0.0.1" };
	static const char *const far_urls[] = { "ws://csms.example/x",
		"ws://localhost.example/", "ws://[2001:db8::1]/",
		"ws://10.0.0.1.example/", "nothing" };

	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		if (!ocpp_near_address(near[i]))
			fail_msg("%s", near[i]);
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++)
		if (ocpp_near_address(far[i]))
			fail_msg("%s", far[i]);
	for (size_t i = 0; i < sizeof(near_urls) / sizeof(*near_urls); i++)
		if (!ocpp_near_url(near_urls[i]))
			fail_msg("%s", near_urls[i]);
	for (size_t i = 0; i < sizeof(far_urls) / sizeof(*far_urls); i++)
		if (ocpp_near_url(far_urls[i]))
			fail_msg("%s", far_urls[i]);
}

/* What people begin with. */
static void
the_shipped_beginning_is_a_document(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct ocpp_settings s;
	struct err e;

	(void)state;
	if (file_read(
		AT_FDCWD, "policies/ocpp/gateway.conf", 65536, &text, &e) == -1)
		fail_msg("%s", e.text);
	good(&s, text.p);
	assert_int_equal(s.nlisteners, 2);
	ocpp_doc_free(&s);
}

/* A password is in the text; it is in no error, wherever that is. */
static void
no_error_shows_a_password(void **state)
{
	static const char *const texts[] = {
		TO("url = \"wss://x\"; profile = 3; password = \"PLANTED\";"),
		TO("url = \"ws://u:PLANTED@x\"; profile = 1;"),
		TO("url = \"ws://x\"; profile = 1; password = \"PLANTED"
		   "0123456789012345678901234567890123456789012345678901234567"
		   "89\";"),
		LAN CSMS "chargers = ( { charger = \"a\"; password = "
			 "\"PLANTED\"; }, { charger = \"a\"; } );",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ocpp_settings s;
		struct err e;

		assert_int_equal(parse(&s, texts[i], &e), -1);
		assert_null(strstr(e.text, "PLANTED"));
		ocpp_doc_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(all_that_may_be_said_arrives),
		cmocka_unit_test(what_is_written_parses_to_itself),
		cmocka_unit_test(
		    each_mistake_is_told_with_its_line_and_a_remedy),
		cmocka_unit_test(what_is_near_is_told_from_what_is_not),
		cmocka_unit_test(the_shipped_beginning_is_a_document),
		cmocka_unit_test(no_error_shows_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
