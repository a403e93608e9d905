/* SPDX-License-Identifier: MIT */
/*
 * The formats: in each the value that a rule names goes, as the program that
 * owns the file would find it, and every other byte stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "place.h"
#include "scrub.h"

/* What a rule of one word does to a text. %s in rules: the action. */
static void
scrubbed(const char *rule, const char *in, struct bytes *out,
    struct findings *findings, struct residue **residue)
{
	own_bytes struct bytes text = { 0 }, rules = { 0 };
	own_policy struct policy policy = { 0 };
	struct scrub s = { &policy, NULL, findings };
	struct err e;
	bool slots;

	bytes_fmt(&rules, "rules = ( { file = \"/f\"; %s } );", rule);
	assert_int_equal(file_write(AT_FDCWD, "rules.conf", rules.p, rules.len,
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, "policy.conf", "scrub = [ \"rules.conf\" ];",
		25, FILE_PUBLIC, &e),
	    0);
	if (policy_read(&policy, "policy.conf", &e) == -1)
		fail_msg("%s", e.text);
	s.residue = *residue = residue_new(4, &e);
	bytes_add(&text, in, strlen(in));
	if (scrub_file(&s, "/f", &text, false, out, &slots, &e) == -1)
		fail_msg("%s: %s", in, e.text);
	for (size_t i = 0; i < findings->count; i++)
		findings->all[i].accepted = NULL; /* the policy goes */
}

static unsigned
told(const struct findings *f, enum finding_id id)
{
	unsigned n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->all[i].id == id;
	return n;
}

struct row {
	const char *rule;
	const char *in;
	const char *out;
};

static void
rows_hold(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		own_bytes struct bytes out = { 0 };
		struct findings findings = { 0 };
		struct residue *residue;

		scrubbed(rows[i].rule, rows[i].in, &out, &findings, &residue);
		if (strcmp(out.p, rows[i].out) != 0)
			fail_msg(
			    "row %zu:\n%s\nbecame\n%s", i, rows[i].in, out.p);
		assert_int_equal(told(&findings, FINDING_UNREADABLE), 0);
		residue_free(residue);
		findings_free(&findings);
	}
}

#define rows_all(rows) rows_hold(rows, sizeof(rows) / sizeof((rows)[0]))

#define TAKE(format, key)                                                      \
	"format = \"" format "\"; key = \"" key "\"; text = \"GONE\";"
#define TAKE_IN(format, within, key)                                           \
	TAKE(format, key) "within = \"" within "\";"
#define CUT(format, key)                                                       \
	"format = \"" format "\"; key = \"" key "\"; drop = true;"

static void
properties_are_read_as_java_reads_them(void **state)
{
	static const struct row rows[] = {
		{ TAKE("properties", "a.b"), "a.b=s3cret\nc=d\n",
		    "a.b=GONE\nc=d\n" },
		{ TAKE("properties", "a.b"), "a.b : s3cret\n", "a.b : GONE\n" },
		{ TAKE("properties", "a.b"), "  a.b   s3cret x\n",
		    "  a.b   GONE\n" },
		{ TAKE("properties", "a b"), "a\\ b = s3cret\n",
		    "a\\ b = GONE\n" },
		{ TAKE("properties", "a=b"), "a\\=b=s3cret=x\n",
		    "a\\=b=GONE\n" },
		{ TAKE("properties", "password"), "pass\\u0077ord=s3cret\n",
		    "pass\\u0077ord=GONE\n" },
		{ TAKE("properties", "a"), "a=one\\\n   two\\\n   three\nb=x\n",
		    "a=GONE\nb=x\n" },
		{ TAKE("properties", "a"), "a=one\\\\\nb=two\n",
		    "a=GONE\nb=two\n" },
		{ TAKE("properties", "a"), "! a=no\n#a=no\n# x\\\na=yes\r\n",
		    "! a=no\n#a=no\n# x\\\na=GONE\r\n" },
		{ CUT("properties", "a"), "x=1\na=one\\\n two\ny=2\n",
		    "x=1\ny=2\n" },
		{ TAKE_IN("properties", ".j", "psk"),
		    "j={\"psk\":\"s3cret\",\"n\":1}\n",
		    "j={\"psk\":\"GONE\",\"n\":1}\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
keyfiles_have_no_quotes_and_no_comment_behind_a_value(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("ini", "wifi-security", "psk"),
		    "[wifi]\npsk=no\n[wifi-security]\n# psk=no\n"
		    "psk=\"s3 # cret\"\npsk-flags=0\n",
		    "[wifi]\npsk=no\n[wifi-security]\n# psk=no\n"
		    "psk=GONE\npsk-flags=0\n" },
		{ TAKE("ini", "dns"), "[ipv4]\ndns=10.0.0.1;10.0.0.2;\n",
		    "[ipv4]\ndns=GONE\n" },
		{ TAKE_IN("ini", "wireguard-peer.*", "preshared-key"),
		    "[wireguard-peer.aGk=]\npreshared-key=s3cret\n",
		    "[wireguard-peer.aGk=]\npreshared-key=GONE\n" },
		{ CUT("ini", "mac-address"),
		    "[ethernet]\nmac-address=02:00:00:00:00:01\nmtu=1500\n",
		    "[ethernet]\nmtu=1500\n" },
		{ TAKE("ini", "A"), "[Service]\nA=one \\\n  two\nB=x\n",
		    "[Service]\nA=GONE\nB=x\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
shell_words_may_change_their_quotes(void **state)
{
	static const struct row rows[] = {
		{ TAKE("shell", "A"), "A=s3cret # c\nB=2\n",
		    "A=GONE # c\nB=2\n" },
		{ TAKE("shell", "A"), "export A='s3 cret'\n",
		    "export A='GONE'\n" },
		{ TAKE("shell", "A"), "A=\"s3\"'cr et'x B=2 cmd A=no\n",
		    "A=GONE B=2 cmd A=no\n" },
		{ TAKE("shell", "A"), "A=\"two\nlines\"\nB=x\n",
		    "A=\"GONE\"\nB=x\n" },
		{ TAKE("shell", "A"), "A=two\\\nwords\nB=x\n",
		    "A=GONE\nB=x\n" },
		{ TAKE("shell", "A"), "[ -n x ] && A=\"s3\\\"cret\"; B=1\n",
		    "[ -n x ] && A=\"GONE\"; B=1\n" },
		{ TAKE("shell", "A"), "if x; then A=s3cret; fi\n",
		    "if x; then A=GONE; fi\n" },
		{ TAKE("shell", "A"), "declare -x A=s3cret\nA+=more\n",
		    "declare -x A=GONE\nA+=GONE\n" },
		{ TAKE("shell", "A"), "echo A=no\n# A=no\nA=yes",
		    "echo A=no\n# A=no\nA=GONE" },
		{ TAKE("shell", "A"), "A=$(cat \"a b\" c)\nB=1\n",
		    "A=GONE\nB=1\n" },
		{ CUT("shell", "A"), "x=1\nexport A='s\nt' # why\ny=2\n",
		    "x=1\ny=2\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
wpa_blocks_keep_a_text_a_text(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("wpa", "network", "psk"),
		    "psk=no\nnetwork={\n\tssid=\"a\"\n\tpsk=\"s3 cret\"\n}\n",
		    "psk=no\nnetwork={\n\tssid=\"a\"\n\tpsk=\"GONE\"\n}\n" },
		{ TAKE("wpa", "psk"),
		    "network={\n psk=00112233445566778899aabbccddeeff"
		    "00112233445566778899aabbccddeeff\n}\n",
		    "network={\n psk=\"GONE\"\n}\n" },
		{ TAKE("wpa", "password"),
		    "network={\n password=hash:0011223344\n}\n",
		    "network={\n password=\"GONE\"\n}\n" },
		{ TAKE("wpa", "psk"), "network={\n psk=P\"s3\\x20cret\"\n}\n",
		    "network={\n psk=P\"GONE\"\n}\n" },
		{ TAKE_IN("wpa", "cred", "password"),
		    "cred={\n password=\"s3cret\"\n}\n",
		    "cred={\n password=\"GONE\"\n}\n" },
		{ TAKE("wpa", "wpa_passphrase"), "wpa_passphrase=s3 cret\n",
		    "wpa_passphrase=GONE\n" },
		{ TAKE("wpa", "sae_password"),
		    "sae_password=s3cret|mac=02:00:00:00:00:01|id=x\n",
		    "sae_password=GONE|mac=02:00:00:00:00:01|id=x\n" },
		{ CUT("wpa", "blob-*"),
		    "a=1\nblob-base64-k={\nAAA\nBBB\n}\nb=2\n", "a=1\nb=2\n" },
		{ TAKE("psks", "psk"),
		    "# 00:00:00:00:00:00 no\nkeyid=a vlanid=1 "
		    "00:11:22:33:44:55 pass phrase\n",
		    "# 00:00:00:00:00:00 no\nkeyid=a vlanid=1 "
		    "00:11:22:33:44:55 GONE\n" },
		{ TAKE("columns", "3"),
		    "\"user\"\tPEAP,TTLS\t\"s3 cret\"\t[2]\n* PEAP\n",
		    "\"user\"\tPEAP,TTLS\t\"GONE\"\t[2]\n* PEAP\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
uci_sections_are_told_apart_by_name_or_number(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("uci", "wifi-iface.guest", "key"),
		    "config wifi-iface\n\toption key 'no'\n\n"
		    "config wifi-iface 'guest'\n\toption key 's3 cret'\n",
		    "config wifi-iface\n\toption key 'no'\n\n"
		    "config wifi-iface 'guest'\n\toption key 'GONE'\n" },
		{ TAKE_IN("uci", "wifi-iface.@1", "key"),
		    "config wifi-iface\n option key a1\nconfig wifi-iface\n"
		    " option key b2 # x\n",
		    "config wifi-iface\n option key a1\nconfig wifi-iface\n"
		    " option key 'GONE' # x\n" },
		{ TAKE("uci", "psk"), "config a\n\tlist psk \"x\\\"y\"\n",
		    "config a\n\tlist psk \"GONE\"\n" },
		{ CUT("uci", "macaddr"),
		    "config device\n\toption macaddr '02:00:00:00:00:01'\n"
		    "\toption mtu '9'\n",
		    "config device\n\toption mtu '9'\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
columns_of_shadow_and_lines_of_keys_are_fields(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("colons", "root", "2"),
		    "root:$6$a$bcd:19000:0:::::\nme:$6$e$fgh:19000::::::\n",
		    "root:GONE:19000:0:::::\nme:$6$e$fgh:19000::::::\n" },
		{ "format = \"colons\"; key = \"*\"; marked = true; "
		  "text = \"!\";",
		    "a:!$6$a$b:1\nb:*:1\nc:!:1\nd:aB3.5678901/Z:1\n",
		    "a:!:1\nb:*:1\nc:!:1\nd:!:1\n" },
		{ TAKE("keylines", "comment"),
		    "command=\"a b\",no-pty ssh-ed25519 AAAA me@home x\n",
		    "command=\"a b\",no-pty ssh-ed25519 AAAA GONE\n" },
		{ TAKE("keylines", "key"),
		    "@cert-authority h,i ecdsa-sha2-nistp256 AAAA\n# ssh-rsa a\n",
		    "@cert-authority h,i ecdsa-sha2-nistp256 GONE\n"
		    "# ssh-rsa a\n" },
		{ CUT("keylines", "comment"), "ssh-rsa AAAA me\nssh-rsa BBBB\n",
		    "ssh-rsa BBBB\n" },
		{ TAKE_IN("words", "Host b*", "User"),
		    "User me\nHost b c\n  User=you\nMatch all\n  User x\n",
		    "User me\nHost b c\n  User=GONE\nMatch all\n  User x\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
yaml_is_read_as_yaml_reads_it(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("yaml", "a.b", "psk"),
		    "\xef\xbb\xbf# \xc3\xa4\na: # \xe2\x82\xac\n  b: {psk: 's''1', x: "
		    "[psk, 2]}\n",
		    "\xef\xbb\xbf# \xc3\xa4\na: # \xe2\x82\xac\n  b: {psk: 'GONE', x: "
		    "[psk, 2]}\n" },
		{ TAKE("yaml", "psk"), "psk: two\n  lines # c\nb: 1\n",
		    "psk: \"GONE\" # c\nb: 1\n" },
		/* Behind quotes a line may not begin with a tab. */
		{ TAKE("yaml", "psk"), "psk: s3\n \t\nb: 1\n",
		    "psk: \"GONE\"\nb: 1\n" },
		{ TAKE("yaml", "psk"), "psk: s3\n \t\n\n", "psk: \"GONE\"\n" },
		{ TAKE("yaml", "psk"), "psk: s3\n \t", "psk: \"GONE\"" },
		{ TAKE("yaml", "psk"), "psk: s3\n\n  \nb: 1\n",
		    "psk: \"GONE\"\n\n  \nb: 1\n" },
		{ TAKE("yaml", "psk"), "psk: s3\t\nb: 1\n",
		    "psk: \"GONE\"\t\nb: 1\n" },
		{ TAKE("yaml", "psk"), "psk: >-\n\n  one\n\n  two\n\nb: 1\n",
		    "psk: >-\n\n  GONE\n\nb: 1\n" },
		{ TAKE("yaml", "psk"), "psk: &p !!str \"s3cret\"\n",
		    "psk: &p !!str \"GONE\"\n" },
		{ TAKE("yaml", "psk"), "x: &p s3cret\npsk: *p\n",
		    "x: &p \"GONE\"\npsk: *p\n" },
		{ TAKE_IN("yaml", "wifi", "psk"),
		    "base: &b\n  psk: s3cret\nwifi:\n  <<: *b\n",
		    "base: &b\n  psk: \"GONE\"\nwifi:\n  <<: *b\n" },
		{ TAKE_IN("yaml", "wifi.x", "psk"),
		    "base: &b\n  x:\n    psk: s3cret\nwifi: *b\n",
		    "base: &b\n  x:\n    psk: \"GONE\"\nwifi: *b\n" },
		{ TAKE("yaml", "psk"), "psk:\n  - 12345\n  - \"b\"\nx: 1\n",
		    "psk:\n  - \"GONE\"\n  - \"GONE\"\nx: 1\n" },
		{ TAKE("yaml", "psk"), "? psk\n: s3cret\n",
		    "? psk\n: \"GONE\"\n" },
		{ TAKE("yaml", "psk"), "\"p\\x73k\": s3cret\n---\npsk: b\n",
		    "\"p\\x73k\": \"GONE\"\n---\npsk: \"GONE\"\n" },
		{ TAKE("yaml", "psk"), "a: 1\r\npsk: s3cret\r\nb: 2\r\n",
		    "a: 1\r\npsk: \"GONE\"\r\nb: 2\r\n" },
		{ CUT("yaml", "psk"), "a:\n  psk: |\n    x\n    y\n  b: 1\n",
		    "a:\n  b: 1\n" },
		{ TAKE("yaml", "psk") "fill = true;", "a: &a\n  psk:\nb: *a\n",
		    "a: &a\n  psk: \"GONE\"\nb: *a\n" },
		{ TAKE("yaml", "psk") "fill = true;", "psk:\nb: ''\n",
		    "psk: \"GONE\"\nb: ''\n" },
		{ TAKE_IN("yaml", ".conf", "psk"),
		    "conf: '{\"psk\":\"s3cret\"}'\n",
		    "conf: '{\"psk\":\"GONE\"}'\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
json_within_json_is_looked_into(void **state)
{
	static const struct row rows[] = {
		{ TAKE("json", "password"), "{\"pass\\u0077ord\": 12345}",
		    "{\"pass\\u0077ord\": \"GONE\"}" },
		{ TAKE_IN("json", ".c", "psk"),
		    "{\"c\":\"{\\\"psk\\\":\\\"s3cret\\\",\\\"n\\\":7}\"}",
		    "{\"c\":\"{\\\"psk\\\":\\\"GONE\\\",\\\"n\\\":7}\"}" },
		{ TAKE("json", "n"),
		    "{\"c\":\"{\\\"d\\\":\\\"{\\\\\\\"n\\\\\\\":7}\\\"}\"}",
		    "{\"c\":\"{\\\"d\\\":\\\"{\\\\\\\"n\\\\\\\":"
		    "\\\\\\\"GONE\\\\\\\"}\\\"}\"}" },
		{ TAKE("json", "psk"), "{\"psk\":\"{\\\"psk\\\":\\\"s3\\\"}\"}",
		    "{\"psk\":\"GONE\"}" },
		{ CUT("json", "[bc]"), "{ \"a\":1, \"b\":2, \"c\":3 }",
		    "{ \"a\":1 }" },
		{ CUT("json", "[ab]"), "{ \"a\":1, \"b\":2, \"c\":3 }",
		    "{  \"c\":3 }" },
		{ CUT("json", "[abc]"), "{ \"a\":1, \"b\":2, \"c\":3 }",
		    "{  }" },
		{ CUT("json", "b"), "{\"a\":[1,2],\"b\":\"x\"}",
		    "{\"a\":[1,2]}" },
		{ CUT("libconfig", "b"), "a = 1; b = \"x\" ; c = 2;",
		    "a = 1;  c = 2;" },
		{ TAKE("libconfig", "b"), "b = 12345;", "b = \"GONE\";" },
	};

	(void)state;
	rows_all(rows);
}

static void
xml_is_the_same_under_any_prefix(void **state)
{
#define SNAPSHOT(p, q)                                                         \
	"<" p "configurations xmlns" q "='http://eurotech.com/esf/2.0'><" p    \
	"configuration pid='a.B'><" p "properties><" p                         \
	"property name='k' encrypted = 'true'>\n<" p
	static const struct row rows[] = {
		{ TAKE_IN("xml", "a.B", "k"),
		    SNAPSHOT("",
			"") "value>s3cret</value></property>"
			    "</properties></configuration></configurations>",
		    "<configurations xmlns='http://eurotech.com/esf/2.0'>"
		    "<configuration pid='a.B'><properties><property name='k' "
		    "encrypted = 'false'>\n<value>GONE</value></property>"
		    "</properties></configuration></configurations>" },
		{ CUT("xml", "k"),
		    SNAPSHOT("ns2:",
			":ns2") "value>s3cret</ns2:value>"
				"</ns2:property></ns2:properties></ns2:configuration>"
				"</ns2:configurations>",
		    "<ns2:configurations "
		    "xmlns:ns2='http://eurotech.com/esf/2.0'>"
		    "<ns2:configuration pid='a.B'><ns2:properties>"
		    "</ns2:properties></ns2:configuration>"
		    "</ns2:configurations>" },
		{ TAKE("xml", "k"),
		    "<p name='k'><value><![CDATA[s<3]]></value></p>",
		    "<p name='k'><value>GONE</value></p>" },
		{ TAKE("xml", "k"),
		    "<p name='k'><value>s<!-- x -->3</value></p>",
		    "<p name='k'><value>GONE</value></p>" },
		{ TAKE("xml", "k") "fill = true;",
		    "<a><p name='k'><e:value xmlns:e='u'/></p>"
		    "<p name='k'><value></value></p><p name='k'/></a>",
		    "<a><p name='k'><e:value xmlns:e='u'>GONE</e:value></p>"
		    "<p name='k'><value>GONE</value></p>"
		    "<p name='k'/></a>" },
		{ TAKE("xml", "k"), "<a><p name='k'><value/></p></a>",
		    "<a><p name='k'><value/></p></a>" },
		{ TAKE("xml", "password"), "<u name='x' password=\"s3&lt;\"/>",
		    "<u name='x' password=\"GONE\"/>" },
		{ TAKE_IN("xml", "a", "k"), "<a><p name='k' value='s3'/></a>",
		    "<a><p name='k' value='GONE'/></a>" },
		{ TAKE_IN("xml", "a.b", "c"),
		    "<a><c>no</c><b><c>yes</c></b></a>",
		    "<a><c>no</c><b><c>GONE</c></b></a>" },
		{ TAKE_IN("xml", "*.j", "psk"),
		    "<p name='j'><value>{&#34;psk&#x22;:&quot;s3&amp;&quot;"
		    "}</value></p>",
		    "<p name='j'><value>{&#34;psk&#x22;:&quot;GONE&quot;"
		    "}</value></p>" },
		{ TAKE_IN("xml", "*.j", "psk"),
		    "<p name='j'><value><![CDATA[[{\"psk\":\"s3\"}]]]>"
		    "</value></p>",
		    "<p name='j'><value><![CDATA[[{\"psk\":\"GONE\"}]]]>"
		    "</value></p>" },
		{ TAKE_IN("xml", "x.Y", "k"),
		    "<configurations><configuration><id>x.Y</id><properties>"
		    "<property name='k'><value>s3</value></property>"
		    "</properties></configuration></configurations>",
		    "<configurations><configuration><id>x.Y</id><properties>"
		    "<property name='k'><value>GONE</value></property>"
		    "</properties></configuration></configurations>" },
		{ CUT("xml", "k"),
		    "\xef\xbb\xbf<a>\r\n  <p name='k'>\r\n   <value>s3"
		    "</value>\r\n  </p>\r\n  <p/>\r\n</a>\r\n",
		    "\xef\xbb\xbf<a>\r\n  <p/>\r\n</a>\r\n" },
		{ "format = \"xml\"; key = \"*\"; marked = true; "
		  "empty = true;",
		    "<a><p name='k' type='Password'><value>s3</value></p>"
		    "<p name='l' type='String'><value>x</value></p></a>",
		    "<a><p name='k' type='Password'><value></value></p>"
		    "<p name='l' type='String'><value>x</value></p></a>" },
	};

	(void)state;
	rows_all(rows);
}

static const struct {
	const char *format;
	const char *text;
} refused[] = {
	{ "xml", "<!DOCTYPE a><a><k>s3</k></a>" },
	{ "xml", "<a><k>s3</k></a><b>" },
	{ "xml", "<e:a><k>s3</k></e:a>" },
	{ "xml", "<?xml version='1.0' encoding='utf-16'?><a><k>s</k></a>" },
	{ "xml", "<a><k>&who;</k></a>" },
	{ "kura-json", "{\"pid\": \"a\", \"properties\": {\"k\": \"s3\"}" },
	{ "kura-json", "{\"pid\": \"a\", \"properties\": {\"k\": \"s3}}" },
	{ "kura-json", "{\"pid\": \"a\", \"properties\": {k: \"s3\"}}" },
	{ "kura-json", "k = s3" },
	{ "yaml", "k: s3\n\tb: [\n" },
	{ "yaml", "k: @s3\n" },
	{ "yaml",
	    "a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
	    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
	    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
	    "e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\n"
	    "f: &f [*e,*e,*e,*e,*e,*e,*e,*e]\n" },
};

/* What other hands than Kura's write, and what Kura before 1.0 wrote. */
/* Rules that name no key. */
static void
a_rule_by_content_takes_it_under_any_name(void **state)
{
#define FIND(kind) "content = \"" kind "\"; text = \"GONE\";"
	static const struct row rows[] = {
		{ FIND("hardware-address"),
		    "<a><p name='ssid'><value>gw_02:11:22:33:44:55</value></p>"
		    "</a>",
		    "<a><p name='ssid'><value>gw_GONE</value></p></a>" },
		{ FIND("hardware-address"),
		    "a = 02:11:22:33:44:55 06-11-22-33-44-55\nb = 1\n",
		    "a = GONE GONE\nb = 1\n" },
		{ FIND("url-password"), "x http://me:s3cret-word@h/ y\n",
		    "x http://GONE@h/ y\n" },
		{ FIND("subscriber"), "<a>\n  89490200001234567890\n</a>\n",
		    "<a>\n  89490200001234567890\n</a>\n" },
		{ FIND("keyword"), "psk = s3cret-word\nb = 1\n",
		    "psk = GONE\nb = 1\n" },
		/* What a rule by key has taken is not taken twice. */
		{ TAKE("colons", "3") "}, { file = \"/f\"; " FIND(
		      "url-password"),
		    "http://me:s3cret-word@h:1\n", "http://me:GONE:1\n" },
		/* Of another kind it is none of its business. */
		{ FIND("token"), "psk = s3cret-word\n", "psk = s3cret-word\n" },
		/* Half a file of its format is looked at line by line. */
		{ FIND("keyword"), "<a>\npsk = s3cret-word\n",
		    "<a>\npsk = GONE\n" },
	};

	(void)state;
	rows_all(rows);
}

static void
odd_snapshots_lose_their_secrets_too(void **state)
{
#define P(attributes, inside)                                                  \
	"<p name='k.password' " attributes ">" inside "</p>"
#define V(text) "<value>" text "</value>"
#define MARK    "format = \"xml\"; key = \"k\"; marked = true; text = \"GONE\";"
	static const struct row rows[] = {
		/* The flag as Java and as XML schema read it */
		{ TAKE("xml", "*password"),
		    "<a>" P("encrypted='TRUE'", V("czM=")) "</a>",
		    "<a>" P("encrypted='false'", V("GONE")) "</a>" },
		{ TAKE("xml", "*password"),
		    "<a>" P("encrypted=\"1\"", V("czM=")) "</a>",
		    "<a>" P("encrypted=\"false\"", V("GONE")) "</a>" },
		{ TAKE("xml", "*password"),
		    "<a>" P("encrypted=' true '", V("czM=")) "</a>",
		    "<a>" P("encrypted=' false '", V("GONE")) "</a>" },
		{ MARK, "<a><p name='k' type='PASSWORD'>" V("s3") "</p></a>",
		    "<a><p name='k' type='PASSWORD'>" V("GONE") "</p></a>" },
		{ MARK, "<a><p name='k' encrypted='0'>" V("s3") "</p></a>",
		    "<a><p name='k' encrypted='0'>" V("s3") "</p></a>" },
		/* A prefix that is called like an attribute */
		{ TAKE("xml", "k"),
		    "<a><p xmlns:name='u' name='k'>" V("s3") "</p></a>",
		    "<a><p xmlns:name='u' name='k'>" V("GONE") "</p></a>" },
		/* Text beside elements, in a value and beside one */
		{ TAKE("xml", "k.password"),
		    "<a>" P("", V("s3<b/>x<c>d</c>")) "</a>",
		    "<a>" P("", V("GONE<b/>GONE<c>d</c>")) "</a>" },
		{ TAKE("xml", "k.password"), "<a>" P("", "s3" V("")) "</a>",
		    "<a>" P("", "GONE" V("")) "</a>" },
		{ TAKE("xml", "a"), "<a> <!-- no --> <b>x</b> s3 </a>",
		    "<a> <!-- no --> <b>x</b> GONE </a>" },
		{ TAKE("xml", "a"), "<a> <?say it?> <b>x</b></a>",
		    "<a> <?say it?> <b>x</b></a>" },
		{ TAKE("xml", "k.password"),
		    "<a>" P("", V("s<?p i?>3<!-- c -->x")) "</a>",
		    "<a>" P("", V("GONE")) "</a>" },
		{ TAKE("xml", "k"),
		    "<?xml version='1.1'?>\r\n<a><k>\r\n s3\r\n</k></a>",
		    "<?xml version='1.1'?>\r\n<a><k>\r\n GONE\r\n</k></a>" },
		{ TAKE("xml", "k"),
		    "<?xml version='1.0' encoding='ISO-8859-1'?>"
		    "<a><k>s\xe4</k></a>",
		    "<?xml version='1.0' encoding='ISO-8859-1'?>"
		    "<a><k>GONE</k></a>" },
		{ TAKE("xml", "k"), "\xef\xbb\xbf<a><k>s3</k></a>",
		    "\xef\xbb\xbf<a><k>GONE</k></a>" },
	};

	(void)state;
	rows_all(rows);
}

#define KJ(properties)                                                         \
	"{\"configs\": [ { \"pid\": \"a.B\", \"properties\": {" properties     \
	"}} ]}"

static void
kura_s_json_has_the_names_that_its_xml_has(void **state)
{
	static const struct row rows[] = {
		{ TAKE_IN("kura-json", "a.B", "k"),
		    KJ("\"k\": {\"type\": \"STRING\", \"value\": \"s3\"}"),
		    KJ("\"k\": {\"type\": \"STRING\", \"value\": \"GONE\"}") },
		/* A pid behind its properties, a value before its type */
		{ TAKE_IN("kura-json", "a.B", "k"),
		    "[{\"properties\": {\"k\": {\"value\": \"s3\", \"type\": "
		    "\"STRING\"}}, \"pid\": \"a.B\"}]",
		    "[{\"properties\": {\"k\": {\"value\": \"GONE\", \"type\": "
		    "\"STRING\"}}, \"pid\": \"a.B\"}]" },
		{ TAKE_IN("kura-json", "a.B", "k"), KJ("\"k\": \"s3\""),
		    KJ("\"k\": \"GONE\"") },
		{ TAKE("kura-json", "password"),
		    "\xef\xbb\xbf" KJ("\"pass\\u0077ord\": {\"value\": 17}"),
		    "\xef\xbb\xbf" KJ(
			"\"pass\\u0077ord\": {\"value\": \"GONE\"}") },
		{ TAKE("kura-json", "k"),
		    KJ("\"k\": {\"value\": [\"s3\", \"s4\"]}"),
		    KJ("\"k\": {\"value\": [\"GONE\", \"GONE\"]}") },
		{ "format = \"kura-json\"; key = \"*\"; marked = true; "
		  "empty = true;",
		    KJ("\"k\": {\"type\": \"Password\", \"value\": \"s3\"}, "
		       "\"l\": {\"type\": \"STRING\", \"value\": \"x\"}"),
		    KJ("\"k\": {\"type\": \"Password\", \"value\": \"\"}, "
		       "\"l\": {\"type\": \"STRING\", \"value\": \"x\"}") },
		{ TAKE_IN("kura-json", "a.B.users", "hash"),
		    KJ("\"users\": {\"value\": \"[{\\\"hash\\\": "
		       "\\\"s3\\\"}]\"}"),
		    KJ("\"users\": {\"value\": \"[{\\\"hash\\\": "
		       "\\\"GONE\\\"}]\"}") },
		{ TAKE_IN("kura-json", "a.B.j.deep", "psk"),
		    KJ("\"j\": {\"value\": \"{\\\"deep\\\": {\\\"psk\\\": "
		       "\\\"s3\\\"}}\"}"),
		    KJ("\"j\": {\"value\": \"{\\\"deep\\\": {\\\"psk\\\": "
		       "\\\"GONE\\\"}}\"}") },
		/* What has no value keeps none, but where a rule fills it */
		{ TAKE("kura-json", "k"), KJ("\"k\": {\"value\": null}"),
		    KJ("\"k\": {\"value\": null}") },
		{ TAKE("kura-json", "k") "fill = true;",
		    KJ("\"k\": {\"value\": null}"),
		    KJ("\"k\": {\"value\": \"GONE\"}") },
		{ "format = \"kura-json\"; key = \"k\"; text = \"false\";",
		    KJ("\"k\": {\"type\": \"BOOLEAN\", \"value\": true}"),
		    KJ("\"k\": {\"type\": \"BOOLEAN\", \"value\": false}") },
		/* A property goes with its name, and with one comma */
		{ CUT("kura-json", "k"),
		    KJ("\"k\": {\"value\": \"s3\"}, \"l\": {\"value\": 1}"),
		    KJ(" \"l\": {\"value\": 1}") },
		{ CUT("kura-json", "k"),
		    KJ("\"l\": {\"value\": 1}, \"k\": {\"value\": \"s3\"}"),
		    KJ("\"l\": {\"value\": 1}") },
		/* How to read it, and what is no configuration */
		{ TAKE("kura-json", "type"),
		    KJ("\"k\": {\"type\": \"STRING\", \"value\": 1}"),
		    KJ("\"k\": {\"type\": \"STRING\", \"value\": 1}") },
		{ TAKE_IN("kura-json", "properties.k", "value"),
		    "{\"properties\": {\"k\": {\"value\": \"s3\"}}}",
		    "{\"properties\": {\"k\": {\"value\": \"GONE\"}}}" },
	};

	(void)state;
	rows_all(rows);
}

static void
what_is_no_xml_or_yaml_gives_no_field_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		own_bytes struct bytes out = { 0 };
		struct findings findings = { 0 };
		struct residue *residue;
		char rule[128];

		(void)snprintf(rule, sizeof(rule),
		    "format = \"%s\"; key = \"k\"; empty = true;",
		    refused[i].format);
		scrubbed(rule, refused[i].text, &out, &findings, &residue);
		if (told(&findings, FINDING_UNREADABLE) != 1)
			fail_msg("%s", refused[i].text);
		assert_string_equal(out.p, refused[i].text);
		residue_free(residue);
		findings_free(&findings);
	}
}

static void
depth_is_limited(void **state)
{
	static const char *const formats[] = { "xml", "yaml", "json" };
	static const char *const open[] = { "<a>", "[", "[" };
	static const char *const close[] = { "</a>", "]", "]" };

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		own_bytes struct bytes text = { 0 };
		struct findings findings = { 0 };
		struct err e;

		for (int i = 0; i < 70; i++)
			bytes_fmt(&text, "%s", open[f]);
		for (int i = 0; i < 70; i++)
			bytes_fmt(&text, "%s", close[f]);
		assert_int_equal(field_format(formats[f])
				     ->scan(text.p, text.len, NULL, NULL, &e),
		    -1);
		assert_non_null(strstr(e.text, "deeper"));
		findings_free(&findings);
	}
}

/* Each text in each of its forms would be found again. */
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

static const struct {
	const char *rule;
	const char *in;
	const char *means;
} meanings[] = {
	{ TAKE("properties", "a"), "a=Se\\u0063ret\\\n  -tail\n",
	    "Secret-tail" },
	{ TAKE("shell", "a"), "a=\"Sec\"'ret'-tail\n", "Secret-tail" },
	{ TAKE("yaml", "a"), "a: 'Secret''tail'\n", "Secret'tail" },
	{ TAKE("yaml", "a"), "a: \"Secret\\ttail\"\n", "Secret\ttail" },
	{ TAKE("xml", "a"), "<a>Se&#x63;ret<![CDATA[&]]>tail</a>",
	    "Secret&tail" },
	{ TAKE("json", "a"), "{\"a\":\"Secret\\ud83d\\ude00tail\"}",
	    "Secret\xf0\x9f\x98\x80tail" },
	{ TAKE("xml", "psk"),
	    "<j>{&quot;psk&quot;:&quot;Secret\\&quot;tail&quot;}</j>",
	    "Secret\"tail" },
};

static void
what_a_value_means_is_searched_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		own_bytes struct bytes out = { 0 };
		struct findings findings = { 0 };
		struct residue *residue;
		unsigned found = 0;
		struct err e;

		scrubbed(meanings[i].rule, meanings[i].in, &out, &findings,
		    &residue);
		assert_int_equal(
		    residue_scan(residue, meanings[i].means,
			strlen(meanings[i].means), count_one, &found, &e),
		    0);
		if (found == 0)
			fail_msg("%s", meanings[i].in);
		residue_free(residue);
		findings_free(&findings);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(properties_are_read_as_java_reads_them),
		in_a_place(
		    keyfiles_have_no_quotes_and_no_comment_behind_a_value),
		in_a_place(shell_words_may_change_their_quotes),
		in_a_place(wpa_blocks_keep_a_text_a_text),
		in_a_place(uci_sections_are_told_apart_by_name_or_number),
		in_a_place(columns_of_shadow_and_lines_of_keys_are_fields),
		in_a_place(yaml_is_read_as_yaml_reads_it),
		in_a_place(json_within_json_is_looked_into),
		in_a_place(xml_is_the_same_under_any_prefix),
		in_a_place(a_rule_by_content_takes_it_under_any_name),
		in_a_place(odd_snapshots_lose_their_secrets_too),
		in_a_place(kura_s_json_has_the_names_that_its_xml_has),
		in_a_place(what_is_no_xml_or_yaml_gives_no_field_at_all),
		in_a_place(depth_is_limited),
		in_a_place(what_a_value_means_is_searched_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
