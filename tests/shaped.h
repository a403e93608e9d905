/* SPDX-License-Identifier: MIT */
#ifndef TEST_SHAPED_H
#define TEST_SHAPED_H

/*
 * Secrets and identifiers that need no name: they are told by their shape.
 */
#include "dice.h"

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

/* A key inside JSON: its line ends are escapes. */
static inline void
form_pem_json(struct dice *d, struct plant *p, struct bytes *o)
{
	from_set(d, TREES_ALNUM "+/", 64, p->secret);
	bytes_fmt(o,
	    "{\"site\":\"-----BEGIN %sPRIVATE KEY-----\\n%s\\n"
	    "-----END \"}\n",
	    upto(d, 2) == 0 ? "EC " : "", p->secret);
}

#endif
