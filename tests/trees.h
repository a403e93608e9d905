/* SPDX-License-Identifier: MIT */
#ifndef TEST_TREES_H
#define TEST_TREES_H

/*
 * Configuration files with one planted secret each, as gateways have them: in
 * many formats, under many names, in many dresses. All of it follows from a
 * seed, so any of them can be made again.
 *
 * A plant knows its line and its name, by which a finding is told to be about
 * it and not about something beside it.
 */
#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "own.h"

struct dice {
	uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do. */
static inline uint64_t
roll(struct dice *d)
{
	uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline size_t
upto(struct dice *d, size_t n)
{
	return (size_t)(roll(d) % n);
}

#define PICK(d, table) (table)[upto(d, sizeof(table) / sizeof((table)[0]))]

struct plant {
	char name[64];     /* what it is called, "" when it needs no name */
	char secret[512];  /* as the program that reads the file has it */
	char written[512]; /* the same with the escapes of the format */
	unsigned line;
	const char *kind;
};

/* --- Secrets --- */

static inline void
from_set(struct dice *d, const char *set, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = set[upto(d, strlen(set))];
	out[n] = '\0';
}

#define TREES_LOWER "abcdefghijklmnopqrstuvwxyz"
#define TREES_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TREES_DIGIT "0123456789"
#define TREES_ALNUM TREES_LOWER TREES_UPPER TREES_DIGIT

static inline void
words(struct dice *d, char *out)
{
	static const char *const some[] = { "Kirsche", "sommer", "Tannenbaum",
		"lucertola", "Blümchen", "ponte", "gartenzaun", "Falke" };

	(void)snprintf(out, 64, "%s%c%s%zu", PICK(d, some), "-_.+!"[upto(d, 5)],
	    PICK(d, some), 10 + upto(d, 9000));
}

/* What people and generators take; never a word that everybody knows. */
static inline void
secret(struct dice *d, char *out)
{
	switch (upto(d, 5)) {
	case 0:
		from_set(d, TREES_LOWER, 8 + upto(d, 8), out);
		break;
	case 1:
		from_set(d, TREES_ALNUM, 8 + upto(d, 24), out);
		break;
	case 2:
		from_set(
		    d, TREES_ALNUM "!&<>()*+./:?@^~|-", 8 + upto(d, 16), out);
		out[0] = 'k'; /* a path, a flag, a variable begin elsewise */
		out[1] = '7';
		break;
	case 3:
		from_set(d, TREES_DIGIT, 6 + upto(d, 6), out);
		out[0] = '7';
		out[1] = '3';
		break;
	default:
		words(d, out);
	}
}

static inline void
style(struct dice *d, char *name)
{
	bool upper = upto(d, 4) == 0;

	for (char *c = name; upper && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
}

static inline void
secret_name(struct dice *d, char *out)
{
	static const char *const before[] = { "", "", "mqtt_", "db.", "wifi-",
		"broker.", "vpn_", "ocpp.", "remote_", "x_" };
	static const char *const last[] = { "password", "passwd", "pwd",
		"passphrase", "secret", "token", "psk", "api_key", "apikey",
		"client_secret", "private_key_password", "auth_key",
		"access_key", "shared_key", "passwort", "credential", "pw",
		"pass", "encryption_key", "passcode", "bearer_token" };

	(void)snprintf(out, 64, "%s%s", PICK(d, before), PICK(d, last));
	style(d, out);
}

/* --- Formats: each writes one line or more with name and secret --- */

typedef void form_fn(struct dice *, struct plant *, struct bytes *);

static inline void
escaped(struct bytes *out, const char *text, const char *what,
    const char *const *with)
{
	for (; *text != '\0'; text++) {
		const char *at = strchr(what, *text);

		if (at == NULL)
			bytes_add(out, text, 1);
		else
			bytes_fmt(out, "%s", with[at - what]);
	}
}

static const char *const xml_with[] = { "&amp;", "&lt;", "&gt;", "&quot;",
	"&apos;" };
static const char *const json_with[] = { "\\u0026", "\\u003c", "\\\"", "\\\\",
	"\\/" };
static const char *const property_with[] = { "\\:", "\\=", "\\!" };

static inline void
as_xml(struct bytes *out, const char *text)
{
	escaped(out, text, "&<>\"'", xml_with);
}

static inline void
as_json(struct bytes *out, struct plant *p)
{
	size_t before = out->len;

	escaped(out, p->secret, "&<\"\\/", json_with);
	(void)snprintf(p->written, sizeof(p->written), "%s", out->p + before);
}

static inline void
named(struct dice *d, struct plant *p)
{
	secret_name(d, p->name);
	secret(d, p->secret);
}

#define LINE(kind, ...)                                                        \
	static inline void form_##kind(                                        \
	    struct dice *d, struct plant *p, struct bytes *o)                  \
	{                                                                      \
		named(d, p);                                                   \
		bytes_fmt(o, __VA_ARGS__);                                     \
	}

LINE(ini, "%s = %s\n", p->name, p->secret)
LINE(tight, "%s=%s\n", p->name, p->secret)
LINE(shell, "export %s='%s'\n", p->name, p->secret)
LINE(yaml, "  %s: %s\n", p->name, p->secret)
LINE(yaml_quoted, "- %s: \"%s\"\n", p->name, p->secret)
LINE(libconfig, "\t%s = \"%s\";\n", p->name, p->secret)
LINE(uci, "\toption %s '%s'\n", p->name, p->secret)
LINE(comment, "# %s: %s\n", p->name, p->secret)
LINE(blank, "%s %s\n", p->name, p->secret)
LINE(quoted, "%s \"%s\"\n", p->name, p->secret)
LINE(flow, "{ %s: \"%s\", on: true }\n", p->name, p->secret)
LINE(flag, "ExecStart=/usr/bin/meter --%s=%s\n", p->name, p->secret)
LINE(sql, "CREATE USER meter IDENTIFIED BY '%s';\n", p->secret)
LINE(netrc, "machine a.example login meter password %s\n", p->secret)
LINE(chap, "\"meter\" * \"%s\" *\n", p->secret)
LINE(psk, "@gw @hq : PSK \"%s\"\n", p->secret)

static inline void
form_json(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "  \"%s\": \"", p->name);
	as_json(o, p);
	bytes_fmt(o, "\",\n");
}

static inline void
form_pair(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(
	    o, "{\"key\":\"%s\",\"readonly\":false,\"value\":\"", p->name);
	as_json(o, p);
	bytes_fmt(o, "\"},\n");
}

static inline void
form_xml(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "<%s>", p->name);
	as_xml(o, p->secret);
	bytes_fmt(o, "</%s>\n", p->name);
}

static inline void
form_attribute(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "<mqtt %s=\"", p->name);
	as_xml(o, p->secret);
	bytes_fmt(o, "\"/>\n");
}

static inline void
form_property(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "%s=", p->name);
	escaped(o, p->secret, ":=!", property_with);
	bytes_fmt(o, "\n");
}

static inline void
form_encoded(struct dice *d, struct plant *p, struct bytes *o)
{
	own_str char *text = NULL;

	named(d, p);
	text = base64_encode(p->secret, strlen(p->secret));
	bytes_fmt(o, "%s: %s\n", p->name, text);
	(void)snprintf(p->secret, sizeof(p->secret), "%s", text);
}

static inline void
form_url(struct dice *d, struct plant *p, struct bytes *o)
{
	from_set(d, TREES_ALNUM, 8 + upto(d, 12), p->secret);
	bytes_fmt(
	    o, "server = mqtts://meter:%s@broker.example:8883/\n", p->secret);
}

static inline void
form_pem(struct dice *d, struct plant *p, struct bytes *o)
{
	static const char *const of[] = { "", "EC ", "RSA ", "ENCRYPTED ",
		"OPENSSH " };
	const char *which = PICK(d, of);

	bytes_fmt(o, "-----BEGIN %sPRIVATE KEY-----\n", which);
	for (int i = 0; i < 3; i++) {
		from_set(d, TREES_ALNUM "+/", 64, p->secret);
		bytes_fmt(o, "%s\n", p->secret);
	}
	bytes_fmt(o, "-----END %sPRIVATE KEY-----\n", which);
}

static inline void
form_jwt(struct dice *d, struct plant *p, struct bytes *o)
{
	char id[24], json[80];
	own_str char *body = NULL;

	from_set(d, TREES_ALNUM, 16, id);
	(void)snprintf(json, sizeof(json), "{\"sub\":\"%s\"}", id);
	body = base64_encode(json, strlen(json));
	body[strcspn(body, "=")] = '\0';
	from_set(d, TREES_ALNUM "-_", 43, json);
	(void)snprintf(p->secret, sizeof(p->secret),
	    "eyJhbGciOiJIUzI1NiJ9.%s.%s", body, json);
	bytes_fmt(o, "session: %s\n", p->secret);
}

/* Put together here, so that no file of ours looks like the leak of one. */
static inline void
form_cloud(struct dice *d, struct plant *p, struct bytes *o)
{
	static const struct {
		const char *a, *b;
		size_t n;
	} of[] = { { "AK", "IA", 16 }, { "gh", "p_", 36 }, { "gl", "pat-", 20 },
		{ "AI", "za", 35 }, { "xo", "xb-", 24 }, { "sk", "_live_", 24 },
		{ "hv", "s.", 24 } };
	size_t i = upto(d, sizeof(of) / sizeof(of[0]));
	char rest[64];

	from_set(d, TREES_UPPER TREES_DIGIT, of[i].n, rest);
	(void)snprintf(
	    p->secret, sizeof(p->secret), "%s%s%s", of[i].a, of[i].b, rest);
	bytes_fmt(o, "upload %s now\n", p->secret);
}

static inline void
form_random(struct dice *d, struct plant *p, struct bytes *o)
{
	uint8_t raw[48];
	own_str char *text = NULL;
	size_t n = 16 + upto(d, 32);

	for (size_t i = 0; i < n; i++)
		raw[i] = (uint8_t)roll(d);
	if (upto(d, 2) == 0) {
		hex_encode(raw, n, p->secret);
	} else {
		text = base64_encode(raw, n);
		(void)snprintf(p->secret, sizeof(p->secret), "%s", text);
	}
	bytes_fmt(o, "blob %s\n", p->secret);
}

static inline void
form_hash(struct dice *d, struct plant *p, struct bytes *o)
{
	static const char *const of[] = { "$6$", "$y$j9T$", "$5$", "$1$",
		"$apr1$", "$2b$10$", "$7$101$" };
	char salt[12], hash[64];

	from_set(d, TREES_ALNUM "./", 8, salt);
	from_set(d, TREES_ALNUM "./", 43, hash);
	(void)snprintf(
	    p->secret, sizeof(p->secret), "%s%s$%s", PICK(d, of), salt, hash);
	bytes_fmt(o, "meter:%s:20000:0:99999:7:::\n", p->secret);
}

static inline void
form_ldap(struct dice *d, struct plant *p, struct bytes *o)
{
	char hash[40];

	from_set(d, TREES_ALNUM "+/", 32, hash);
	(void)snprintf(p->secret, sizeof(p->secret), "{SSHA}%s", hash);
	bytes_fmt(o, "rootpw\t%s\n", p->secret);
}

static inline void
form_command(struct dice *d, struct plant *p, struct bytes *o)
{
	static const char *const of[] = {
		"curl -s -u meter:%s https://a.example/\n",
		"sshpass -p '%s' ssh root@10.0.0.7\n",
		"mosquitto_pub -h b -u me -P %s -t a -m 1\n",
		"echo 'root:%s' | chpasswd\n", "Authorization: Bearer %s\n"
	};
	char line[256];

	from_set(d, TREES_ALNUM, 8 + upto(d, 12), p->secret);
	(void)snprintf(line, sizeof(line), "%s", PICK(d, of));
	*strstr(line, "%s") = '\0';
	bytes_fmt(o, "%s%s%s", line, p->secret, line + strlen(line) + 2);
}

static inline void
form_default(struct dice *d, struct plant *p, struct bytes *o)
{
	static const char *const of[] = { "changeit", "testKEYS", "admin",
		"12345678", "raspberry", "123456", "password" };

	secret_name(d, p->name);
	(void)strcpy(p->secret, PICK(d, of));
	bytes_fmt(o, "%s=%s\n", p->name, p->secret);
}

/* --- Identity by its shape --- */

static inline void
form_ssid(struct dice *d, struct plant *p, struct bytes *o)
{
	uint8_t mac[6];
	bool colons = upto(d, 2) == 0;

	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)roll(d);
	mac[0] = (uint8_t)((mac[0] & 0xfe) | 2);
	for (int i = 0; i < 6; i++)
		(void)sprintf(p->secret + i * (colons ? 3 : 2),
		    colons ? "%02X:" : "%02X", mac[i]);
	p->secret[colons ? 17 : 12] = '\0';
	bytes_fmt(o, "ssid=kura_gateway_%s\n", p->secret);
}

static inline void
form_imsi(struct dice *d, struct plant *p, struct bytes *o)
{
	char rest[16];

	from_set(d, TREES_DIGIT, 10, rest);
	(void)snprintf(p->secret, sizeof(p->secret), "26201%s", rest);
	bytes_fmt(o, "subscriber = %s\n", p->secret);
}

static inline void
form_iccid(struct dice *d, struct plant *p, struct bytes *o)
{
	unsigned sum = 0;

	(void)strcpy(p->secret, "8949");
	from_set(d, TREES_DIGIT, 14, p->secret + 4);
	for (size_t i = 0; i < 18; i++) {
		unsigned v = (unsigned)(p->secret[17 - i] - '0');

		v = i % 2 == 0 ? 2 * v : v;
		sum += v > 9 ? v - 9 : v;
	}
	p->secret[18] = (char)('0' + (10 - sum % 10) % 10);
	p->secret[19] = '\0';
	bytes_fmt(o, "card: \"%s\"\n", p->secret);
}

static const struct {
	const char *kind;
	const char *path;
	form_fn *write;
} forms[] = {
	{ "ini", "/srv/a.ini", form_ini },
	{ "tight", "/srv/a.conf", form_tight },
	{ "shell", "/srv/run.sh", form_shell },
	{ "yaml", "/srv/a.yaml", form_yaml },
	{ "yaml-quoted", "/srv/a.yml", form_yaml_quoted },
	{ "yaml-flow", "/srv/flow.yaml", form_flow },
	{ "libconfig", "/srv/ingot/a.conf", form_libconfig },
	{ "uci", "/srv/config/wireless", form_uci },
	{ "comment", "/srv/a.txt", form_comment },
	{ "blank", "/srv/mosquitto", form_blank },
	{ "ppp-options", "/srv/peer", form_quoted },
	{ "flag", "/srv/a.service", form_flag },
	{ "sql", "/srv/init.sql", form_sql },
	{ "netrc", "/srv/netrc", form_netrc },
	{ "chap-secrets", "/srv/chap-secrets", form_chap },
	{ "ipsec", "/srv/ipsec", form_psk },
	{ "json", "/srv/a.json", form_json },
	{ "json-pair", "/srv/ocpp.json", form_pair },
	{ "xml", "/srv/a.xml", form_xml },
	{ "xml-attribute", "/srv/b.xml", form_attribute },
	{ "properties", "/srv/a.properties", form_property },
	{ "base64-value", "/srv/secret.yaml", form_encoded },
	{ "url", "/srv/bridge", form_url },
	{ "pem", "/srv/site.pem", form_pem },
	{ "jwt", "/srv/session", form_jwt },
	{ "cloud-token", "/srv/upload", form_cloud },
	{ "random", "/srv/blob", form_random },
	{ "crypt", "/srv/shadow", form_hash },
	{ "ldap", "/srv/slapd", form_ldap },
	{ "command", "/srv/cron", form_command },
	{ "default", "/srv/d.conf", form_default },
	{ "ssid", "/srv/hostapd", form_ssid },
	{ "imsi", "/srv/sim", form_imsi },
	{ "iccid", "/srv/card", form_iccid },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* Around the planted line: what every such file holds, and nobody minds. */
static inline void
harmless(struct dice *d, struct bytes *o)
{
	static const char *const names[] = { "interval", "host", "log_level",
		"port", "enabled", "mode", "zone", "retries" };
	static const char *const values[] = { "10", "broker.example", "debug",
		"8883", "true", "auto", "garden", "three times" };

	for (size_t n = upto(d, 4); n > 0; n--)
		bytes_fmt(o, "# %s %s\n", PICK(d, names), PICK(d, values));
}

/* One file in plain text; p says what is planted in it and in which line. */
static inline void
tree_file(struct dice *d, size_t form, struct plant *p, struct bytes *o)
{
	memset(p, 0, sizeof(*p));
	p->kind = forms[form].kind;
	harmless(d, o);
	p->line = 1;
	for (size_t i = 0; i < o->len; i++)
		p->line += o->p[i] == '\n';
	forms[form].write(d, p, o);
	harmless(d, o);
	assert(!o->bad);
}

#endif
