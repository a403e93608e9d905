/* SPDX-License-Identifier: MIT */
/*
 * The heuristics, one by one: what each is there for, and what it passes over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "deep.h"
#include "letter.h"
#include "suspect.h"

struct told {
	const char *text;
	enum finding_id id;
	const char *value; /* NULL: any */
	unsigned of_id;
	unsigned all;
};

static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	t->all++;
	if (found->id == t->id &&
	    (t->value == NULL ||
		(strlen(t->value) == found->len &&
		    memcmp(t->value, t->text + found->at, found->len) == 0)))
		t->of_id++;
	return 0;
}

static struct told
scan(const char *text, enum finding_id id, const char *value)
{
	struct told t = { text, id, value, 0, 0 };
	struct err e;

	assert_int_equal(
	    suspect_scan(NULL, text, strlen(text), on_suspect, &t, &e), 0);
	return t;
}

/* "~" stands where a token's prefix is cut, so that no scanner of forges
 * takes this file for a leak. */
static const struct {
	const char *text;
	enum finding_id id;
	const char *value;
} rows[] = {
	/* a dollar sign alone makes no reference, nor a name like nginx's */
	{ "psk=$ommer2024\n", FINDING_KEYWORD, "$ommer2024" },
	{ "psk=$(Sommer2024\n", FINDING_KEYWORD, "$(Sommer2024" },
	{ "psk=$a/b+c/d=\n", FINDING_KEYWORD, "$a/b+c/d=" },
	{ "psk=${a-b\n", FINDING_KEYWORD, "${a-b" },
	{ "psk=$ABC4DEF\n", FINDING_KEYWORD, "$ABC4DEF" },
	{ "proxy_pass hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "proxy_pass: 12345678901\n", FINDING_KEYWORD, "12345678901" },
	{ "http_proxy_pass=http://x\n", FINDING_KEYWORD, "http://x" },
	{ "password offside;\n", FINDING_KEYWORD, NULL },
	/* names of other programs, and parts of words */
	{ "dbpass=hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "bindpw hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "adminpwd: hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "requirepass hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "masterauth hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "<keyMaterial>hunter22x</keyMaterial>\n", FINDING_KEYWORD,
	    "hunter22x" },
	{ "wps_pin=73512670\n", FINDING_KEYWORD, "73512670" },
	{ "so-pin 471100\n", FINDING_KEYWORD, "471100" },
	{ "sim.user-pin = a471\n", FINDING_KEYWORD, "a471" },
	{ "OK AT+CPIN=4711\n", FINDING_KEYWORD, "4711" },
	{ "pkcs11:token=a?pin-value=471100\n", FINDING_KEYWORD, "471100" },
	{ "network_key: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6]\n",
	    FINDING_KEYWORD, NULL },
	/* signs of two characters, quotes of three, options */
	{ "meter Cleartext-Password := \"hunter22x\"\n", FINDING_KEYWORD,
	    "hunter22x" },
	{ "PSK += hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "'psk' => 'hunter 22x'\n", FINDING_KEYWORD, "hunter 22x" },
	{ "psk = \"\"\"hunter22x\"\"\"\n", FINDING_KEYWORD, "hunter22x" },
	{ "psk = '''\nhunter22x'''\n", FINDING_KEYWORD, "hunter22x" },
	{ "docker login --password hunter22x a.b\n", FINDING_KEYWORD,
	    "hunter22x" },
	{ "meter --api-key hunter22x --fast\n", FINDING_KEYWORD, "hunter22x" },
	{ "docker login -u me -p hunter22x a.b\n", FINDING_KEYWORD,
	    "hunter22x" },
	{ "set_header Authorization \"Basic bWU6aHVudGVy\";\n", FINDING_KEYWORD,
	    "bWU6aHVudGVy" },
	{ "createUser me SHA \"hunter22x\" AES\n", FINDING_KEYWORD,
	    "hunter22x" },
	/* by their place */
	{ "7 MD5 hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "meter * hunter22x *\n", FINDING_KEYWORD, "hunter22x" },
	{ "\"meter\" * \"hunter22x\"\n", FINDING_KEYWORD, "hunter22x" },
	{ "meter:ab1c2/3e4f.g6:0:0::/:\n", FINDING_ENTROPY, "ab1c2/3e4f.g6" },
	{ "meter:{PLAIN}hunter22x\n", FINDING_ENTROPY, NULL },
	{ "# The password is hunter22x.\n", FINDING_KEYWORD, "hunter22x" },
	{ "Das Passwort lautet hunter22x!\n", FINDING_KEYWORD, "hunter22x" },
	/* names that are the second word, values that are in the next line */
	{ "#define WIFI_PSK \"hunter22x\"\n", FINDING_KEYWORD, "hunter22x" },
	{ "ENV DB_PASSWORD hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "fw_setenv wifi_psk hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "psk=\\\n  hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "psk=\\\r\n  hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "psk: \\\\\nhunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "<psk><![CDATA[a<b;c d]]></psk>\n", FINDING_KEYWORD, "a<b;c d" },
	{ "<psk>\n<![CDATA[a<b c]]></psk>\n", FINDING_KEYWORD, "a<b c" },
	{ "<psk><![CDATA[hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	/* defaults */
	{ "password = changeit\n", FINDING_DEFAULT, "changeit" },
	{ "wifi.passphrase=testKEYS\n", FINDING_DEFAULT, "testKEYS" },
	{ "something: testKEYS\n", FINDING_DEFAULT, "testKEYS" },
	{ "admin_pw=admin\n", FINDING_DEFAULT, "admin" },
	{ "sim_pin = 0000\n", FINDING_DEFAULT, "0000" },
	{ "a jGl25bVBBBW96Qi9Te4V37Fnqchz/Eu4qB9vKrRIqRg= b\n", FINDING_DEFAULT,
	    NULL },
	{ "mqtt://admin:admin@broker/\n", FINDING_URL, "admin:admin" },
	/* tokens */
	{ "key AK~IAABCDEFGHIJKLMNOP\n", FINDING_TOKEN, NULL },
	{ "x=gh~p_abcdefghijklmnopqrstuvwxyz0123456789\n", FINDING_TOKEN,
	    NULL },
	{ "glp~at-abcdefghij0123456789\n", FINDING_TOKEN, NULL },
	/* hashes */
	{ "rootpw {SSHA}abcdefghijklmnopqrstuvwxyz012345\n", FINDING_ENTROPY,
	    "{SSHA}abcdefghijklmnopqrstuvwxyz012345" },
	{ "password=hash:8846f7eaee8fb117ad06bdd830b7586c\n", FINDING_ENTROPY,
	    NULL },
	{ "u:pbkdf2:sha256:260000$abcdefgh$0123456789abcdef\n", FINDING_ENTROPY,
	    NULL },
	/* command lines */
	{ "curl -s -u me:hunter22x https://a/\n", FINDING_KEYWORD,
	    "hunter22x" },
	{ "sshpass -p 'two words' ssh a\n", FINDING_KEYWORD, "two words" },
	{ "echo root:hunter22x | chpasswd\n", FINDING_KEYWORD, "hunter22x" },
	{ "ALTER USER a IDENTIFIED BY 'hunter|2';\n", FINDING_KEYWORD,
	    "hunter|2" },
	{ "Authorization: Basic bWU6aHVudGVy\n", FINDING_KEYWORD,
	    "bWU6aHVudGVy" },
	{ "mysqldump -phunter22x db\n", FINDING_KEYWORD, "hunter22x" },
	/* identity */
	{ "ssid=gw_0242AC11000B\n", FINDING_ADDRESS, "0242AC11000B" },
	{ "ssid=\"gw-11000B\"\n", FINDING_ADDRESS, "11000B" },
	{ "ssid=gw-02:42:ac:11:00:0b\n", FINDING_ADDRESS, "02:42:ac:11:00:0b" },
	{ "neighbour 0242.ac11.000b\n", FINDING_ADDRESS, "0242.ac11.000b" },
	{ "x 8949017000000000001\n", FINDING_SUBSCRIBER, NULL },
	{ "x 262011234567890\n", FINDING_SUBSCRIBER, "262011234567890" },
	{ "x 490154203237518\n", FINDING_SUBSCRIBER, "490154203237518" },
	/* names */
	{ "wifiPass: hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "db.passwd hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	{ "pw=k7<x&y\n", FINDING_KEYWORD, "k7<x&y" },
	{ "mot_de_passe=hunter22x\n", FINDING_KEYWORD, "hunter22x" },
	/* words too random, in each alphabet and case */
	{ "a DEu6ASMfexrSPdni+YOUDYXHkIAXZqE= b\n", FINDING_ENTROPY, NULL },
	{ "a MwIqD8/kO8zLNi+3VrnP//FNJataOa6VCIUO b\n", FINDING_ENTROPY, NULL },
	{ "blob BP+upLgLE+ga++kjpDxiE/s=\n", FINDING_ENTROPY, NULL },
	{ "docker login --pw hunter22x a.b\n", FINDING_KEYWORD, "hunter22x" },
	{ "7 MD5 hunter22x?\n", FINDING_KEYWORD, "hunter22x?" },
	{ "meter * hunter22x)\n", FINDING_KEYWORD, "hunter22x)" },
	{ "blob /rBLVh6RBnYn8/B38/assOEr1QyqXpPV\n", FINDING_ENTROPY, NULL },
	{ "a xk7q2zj9w4vb6t3mh5pc8 b\n", FINDING_ENTROPY, NULL },
	{ "a XKQZJWVBTMHPCXKQZJWVB b\n", FINDING_ENTROPY, NULL },
};

static void
each_heuristic_finds_what_it_is_for(void **state)
{
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *cut = strchr(rows[i].text, '~');

		(void)snprintf(text, sizeof(text), "%.*s%s",
		    cut == NULL ? 0 : (int)(cut - rows[i].text), rows[i].text,
		    cut == NULL ? rows[i].text : cut + 1);
		if (scan(text, rows[i].id, rows[i].value).of_id == 0)
			fail_msg("%s", text);
	}
}

static void
what_only_resembles_a_secret_is_passed_over(void **state)
{
	static const char *const texts[] = { "Pin: origin deb.example.org\n",
		"password.file=users\n", "token_type = opaque\n",
		"ssid=Gartenhaus\n", "ssid=abcdef\n", "ssid=123456\n",
		"curl -s -u $USER https://a/\n", "echo a:b c\n",
		"x 8949017000000000004\n", "x 162011234567891\n",
		"epoch 1700000000000\n", "ff:ff:ff:ff:ff:ff\n",
		"33:33:00:00:00:01\n", "2001:db8:02:42:ac:11:00:0b:1\n",
		"#RateLimitIntervalSec=30s\n", "#InhibitDelayMaxSec=5\n",
		"mozilla/TUBITAK_Kamu_SM_SSL_Kok_Sertifikasi_-_Surum_1.crt\n",
		"ABCDEF changeitall\n", "username = admin\n",
		"[credential \"https://example.org\"]\n",
		"org.freedesktop.NetworkManager.wifi.scan\n",
		"the password. Then\n", "bypass=hunter22x\n",
		"compass: north-west\n", "totalCountOfThings+=\n",
		"reset_pin = GPIO17\n", "led_pin = 17\n", "pinctrl = gpio17\n",
		"spin = 4711\n", "7 MD6 hunter22x\n", "a7 MD5 hunter22x\n",
		"0 * hunter22x *\n", "5 * run *\n", "a * hunter22x b\n",
		"a * b c\n", "the password is required\n",
		"the password is 8 long\n", "meter:ab1c2/3e4f.g:0:0::/:\n",
		"meter:ab1c2/3e4f.g67:0:0::/:\n",
		"meter:ab1c2/3e4f.g6:x:0::/:\n", "meter --api-key --fast\n",
		"# use --password argument\n", "a_password := \n",
		"#define PASSWORD_MAX 1024\n", "# define password rules\n",
		"#defined password rules here\n", "# env password in use\n",
		"#define KEY_CODE 1234\n", "psk=\\\n\n", "psk=\\",
		"psk=\nhunter22x\n",
		/* what stands elsewhere, and what is passed on there */
		"psk=$(cat /run/psk)\n", "WPA_PSK=\"$WPA_PASSPHRASE\"\n",
		"secret = $dir/private/ca.pem# a key\n", "psk=${WPA_PSK:-}\n",
		"server_tokens off;\n", "proxy_pass http://127.0.0.1:8080;\n",
		"fastcgi_pass unix:/run/php/php.sock;\n",
		"uwsgi_pass 127.0.0.1:9000;\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (scan(texts[i], FINDING_COUNT, NULL).all != 0)
			fail_msg("%s", texts[i]);
}

/* None may hide behind another: each is told, at its own place. */
static void
two_keys_in_a_file_are_two(void **state)
{
	(void)state;
	assert_int_equal(scan("-----BEGIN PRIVATE KEY-----\nx\n"
			      "-----BEGIN EC PRIVATE KEY-----\ny\n",
			     FINDING_PRIVATE_KEY, NULL)
			     .of_id,
	    2);
}

/* One of moduli(5): a date, five numbers, a prime. Anything less is told. */
static void
a_public_prime_is_told_by_its_line(void **state)
{
	static const struct {
		const char *before;
		size_t digits;
		unsigned told;
	} lines[] = { { "20220714110357 2 6 100 2047 2 ", 512, 0 },
		{ "a 1\n20220714110357 2 6 100 2047 2 ", 256, 0 },
		{ "20220714110357 2 6 100 2047 2 ", 255, 1 },
		{ "2022071411035 2 6 100 2047 2 ", 512, 1 },
		{ "20220714110357 2 6 100 2047 ", 512, 1 },
		{ "20220714110357 2 6 100 2047 k ", 512, 1 },
		{ "20220714110357 2 6 100 2047 2\n", 512, 1 } };
	char text[640];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		n = strlen(lines[i].before);
		(void)strcpy(text, lines[i].before);
		for (size_t k = 0; k < lines[i].digits; k++)
			text[n + k] = "F7A3C1908E2B"[(k * k + k / 7) % 12];
		text[n + lines[i].digits] = '\0';
		if (scan(text, FINDING_ENTROPY, NULL).of_id != lines[i].told)
			fail_msg("%s", text);
	}
}

struct seen {
	const char *name;
	const char *text;
	unsigned times;
	unsigned line;
};

static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	if (part->p != NULL && strcmp(part->name, s->name) == 0 &&
	    memmem(part->p, part->len, s->text, strlen(s->text)) != NULL) {
		s->times++;
		s->line = part->line;
	}
	return 0;
}

/* What is decoded, how the part is called, and in which line it began. */
static void
encoded_text_is_decoded_and_keeps_its_line(void **state)
{
	static const struct {
		const char *in;
		const char *name;
		const char *text;
		unsigned line;
	} parts[] = {
		{ "a\nx: cGFzc3dvcmQ9aHVudGVyMg==\n", "!base64",
		    "password=hunter2", 2 },
		{ "x: cGFzc3dvcmQ9aHVudGVyMg\n", "!base64", "password=hunter2",
		    1 },
		{ "\n\n70617373776f72643d68756e74657232\n", "!hex",
		    "password=hunter2", 3 },
		{ "70:61:73:73:77:6F:72:64:3d:68:75:6e", "!hex", "password=hun",
		    1 },
		{ "char a[] = \"\\x70\\x61\\x73\\x73\\x77\\x6f\\x72\\x64\";",
		    "!hex", "password", 1 },
		{ "{ 0x70, 0x61, 0x73, 0x73, 0x77, 0x6f, 0x72, 0x64, 0x3d }",
		    "!hex", "password=", 1 },
		/* Text somewhere in bytes, and bytes of which no pair is. */
		{ "\n91:92:ff:80:81:82:83:84:85:86:87:88:89:8a:8b:70:61:73:73:"
		  "77:6f:72:64:3d:68:75:6e",
		    "!hex", "password=hun", 2 },
		{ "aa:bb, 0x70, 0x61, 0x73, 0x73, 0x77, 0x6f, 0x72, 0x64",
		    "!hex", "password", 1 },
		{ "p%61ssword%3Dhunter2", "", "password=hunter2", 0 },
		{ "<a>pass&#119;ord=&quot;x&quot;</a>", "", "password=\"x\"",
		    0 },
		{ "{\"a\":\"p\\u0061ssword=1\"}", "", "password=1", 0 },
		{ "x: WlhoaGJYQnNaVDF3WVhOemQyOXlaQT09\n", "!base64!base64",
		    "example=password", 1 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct seen s = { parts[i].name, parts[i].text, 0, 0 };

		assert_int_equal(deep_open(parts[i].in, strlen(parts[i].in),
				     on_part, &s, &e),
		    0);
		if (s.times == 0 || s.line != parts[i].line)
			fail_msg("%s: %u times, line %u", parts[i].in, s.times,
			    s.line);
	}
}

/* Words that happen to be base64 or hex are no text in disguise. */
static void
plain_words_are_not_decoded(void **state)
{
	static const char text[] =
	    "internationalization configuration deadbeefdeadbeef "
	    "b827eb2b4e35aa01 CertificationAuthority 1234567890123456\n";
	struct seen s = { "!base64", "", 0, 0 };
	struct err e;

	(void)state;
	assert_int_equal(deep_open(text, sizeof(text) - 1, on_part, &s, &e), 0);
	assert_int_equal(s.times, 0);
	s.name = "!hex";
	assert_int_equal(deep_open(text, sizeof(text) - 1, on_part, &s, &e), 0);
	assert_int_equal(s.times, 0);
}

/* The classes of bytes, by the functions of C and by what they are for. */
static void
a_byte_is_in_the_classes_of_its_kind(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool ascii = c < 128;

		assert_int_equal(
		    letter_is((char)c, LETTER_DIGIT), ascii && isdigit(c) != 0);
		assert_int_equal(
		    letter_is((char)c, LETTER_UPPER), ascii && isupper(c) != 0);
		assert_int_equal(
		    letter_is((char)c, LETTER_LOWER), ascii && islower(c) != 0);
		assert_int_equal(
		    letter_is((char)c, LETTER_HEX), ascii && isxdigit(c) != 0);
		assert_int_equal(letter_is((char)c, LETTER_CONTROL),
		    c < 32 && (c == 0 || strchr("\t\n\r\f\033", c) == NULL));
		assert_int_equal(letter_is((char)c, LETTER_SIGN),
		    c != 0 && strchr("=:>", c) != NULL);
		assert_int_equal(letter_is((char)c, LETTER_ESCAPE),
		    c != 0 && strchr("&%\\", c) != NULL);
		assert_int_equal(letter_is((char)c, LETTER_WORD),
		    ascii && (isalnum(c) || (c != 0 && strchr("+/=_-", c))));
	}
}

static int
no_part(void *ctx, const struct deep_part *part, struct err *e)
{
	(void)ctx;
	(void)part;
	(void)e;
	return 0;
}

/* Of the unit repeated to so many bytes, in one line. */
static double
seconds_for(const char *unit, size_t bytes)
{
	own_bytes struct bytes text = { 0 };
	struct told t = { NULL, FINDING_COUNT, NULL, 0, 0 };
	struct err e;
	clock_t from;

	while (text.len < bytes)
		bytes_add(&text, unit, strlen(unit));
	from = clock();
	assert_int_equal(
	    suspect_scan(NULL, text.p, text.len, on_suspect, &t, &e), 0);
	assert_int_equal(deep_open(text.p, text.len, no_part, NULL, &e), 0);
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* Pages of the web and dumps are one line of megabytes; so is what is made to
 * stop a search. Eight times as much may take 24 times as long, not 64. */
static void
a_long_line_costs_as_much_as_many_short_ones(void **state)
{
	static const char *const units[] = { "\"name\":\"value\",",
		"91:e2:ff:80:c1:", "curl -x proxy ", "echo a; ",
		"ssid=", "password:", "-----BEGIN PRIVATE KEY-----",
		"PuTTY-User-Key-File-2:", "a3f9Kd0PzQ81mXc7Lw2Y8tRb ",
		"02:42:ac:11:00:0b ", "eyJhbGciOiJIUzI1NiJ9 ", "abcd1234,",
		"http://a:b@c " };
	double one, eight;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		one = seconds_for(units[i], 16384);
		eight = seconds_for(units[i], (size_t)8 * 16384);
		if (eight > 24 * one + 0.1)
			fail_msg(
			    "%s: %.3f s, then %.3f s", units[i], one, eight);
	}
}

/* Bytes as "ac 0f 3e ", in one row and without a sense, are looked at again
 * further on: what is hidden at their end is text all the same. */
static void
a_text_at_the_end_of_a_row_of_hex_is_found(void **state)
{
	static const char plain[] = "user=operator password=hunter2 realm=all";
	uint32_t x = 1;

	(void)state;
	for (size_t before = 0; before < 4000; before += 97) {
		own_bytes struct bytes text = { 0 };
		struct seen s = { "!hex", "hunter2", 0, 0 };
		struct err e;

		for (size_t i = 0; i < before; i++) {
			x = x * 1664525 + 1013904223;
			bytes_fmt(&text, "%02x ", x >> 24);
		}
		for (const char *p = plain; *p != '\0'; p++)
			bytes_fmt(&text, "%02x ", *p);
		assert_int_equal(
		    deep_open(text.p, text.len, on_part, &s, &e), 0);
		if (s.times == 0)
			fail_msg("behind %zu bytes", before);
	}
}

/* A 7z packs its list of names, so that they are to be seen nowhere else. */
static void
a_name_in_an_archive_is_read_whatever_the_locale(void **state)
{
	struct seen s = { "!names", "GW-2026-000042", 0, 0 };
	struct archive_entry *entry = archive_entry_new();
	struct archive *a = archive_write_new();
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8); /* to write it */
	static char room[4096];
	size_t used = 0;
	struct err e;

	(void)state;
	assert_int_equal(archive_write_set_format_7zip(a), ARCHIVE_OK);
	assert_int_equal(
	    archive_write_open_memory(a, room, sizeof(room), &used),
	    ARCHIVE_OK);
	archive_entry_set_pathname_utf8(entry, "Z\xc3\xbcrich-GW-2026-000042");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, 5);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, "hello", 5), 5);
	archive_entry_free(entry);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	(void)uselocale(before);
	freelocale(utf8);
	assert_int_equal(deep_open(room, used, on_part, &s, &e), 0);
	assert_int_equal(s.times, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_heuristic_finds_what_it_is_for),
		cmocka_unit_test(what_only_resembles_a_secret_is_passed_over),
		cmocka_unit_test(two_keys_in_a_file_are_two),
		cmocka_unit_test(a_public_prime_is_told_by_its_line),
		cmocka_unit_test(encoded_text_is_decoded_and_keeps_its_line),
		cmocka_unit_test(plain_words_are_not_decoded),
		cmocka_unit_test(a_text_at_the_end_of_a_row_of_hex_is_found),
		cmocka_unit_test(
		    a_name_in_an_archive_is_read_whatever_the_locale),
		cmocka_unit_test(a_byte_is_in_the_classes_of_its_kind),
		cmocka_unit_test(a_long_line_costs_as_much_as_many_short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
