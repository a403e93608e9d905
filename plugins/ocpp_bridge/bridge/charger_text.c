/* SPDX-License-Identifier: MIT */
/*
 * A charge point's record as text: one JSON object. It is ours, but it stands
 * on a disk that may tear, so it is read as if a stranger had written it: all
 * of it is right, or none is taken.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <string.h>

#include "charger.h"
#include "digest.h"
#include "json.h"

#define CHARGER_FORMAT 1

static const char *const keys[] = { "format", "identity", "version", "profile",
	"serial", "vendor", "model", "firmware", "secret", "salt", "hash",
	"root_check", "leaf", "boot_interval", NULL };

struct fact { /* a text and where it goes */
	const char *key;
	size_t at, size;
};
#define FACT(k)                                                                \
	{                                                                      \
#k, offsetof(struct charger, k),                               \
		    sizeof(((struct charger *)0)->k)                           \
	}
static const struct fact facts[] = { FACT(serial), FACT(vendor), FACT(model),
	FACT(firmware), FACT(leaf) };
#define FACTS (sizeof(facts) / sizeof(*facts))

void
charger_new_is(struct charger *c, const char *identity)
{
	*c = (struct charger){ .version = OCPP_VERSIONS, .profile = 255 };
	strncpy(c->identity, identity, sizeof(c->identity) - 1);
}

static int
get_facts(const json_t *j, struct charger *c, struct err *e)
{
	for (size_t i = 0; i < FACTS; i++) {
		const char *s;

		if (json_str_or(
			j, facts[i].key, facts[i].size - 1, "", &s, e) == -1)
			return -1;
		memcpy((char *)c + facts[i].at, s, strlen(s) + 1);
	}
	return 0;
}

/* Hex of exactly want bytes, or (want 0) of at most max. Absent: 0. */
static long
get_hex(const json_t *j, const char *key, uint8_t *out, size_t want, size_t max,
    struct err *e)
{
	const char *s;
	long n;

	if (json_str_or(j, key, 2 * max, "", &s, e) == -1)
		return -1;
	n = hex_decode(s, out, max);
	if (n == -1 || (n > 0 && want != 0 && (size_t)n != want))
		return err_set(e, EINVAL, "%s is damaged", key);
	return n;
}

static int
get_secrets(const json_t *j, struct charger *c, struct err *e)
{
	long secret, salt, hash;

	secret = get_hex(j, "secret", c->secret, 0, sizeof(c->secret), e);
	if (secret == -1)
		return -1;
	salt = get_hex(j, "salt", c->salt, sizeof(c->salt), sizeof(c->salt), e);
	if (salt == -1)
		return -1;
	hash = get_hex(j, "hash", c->hash, sizeof(c->hash), sizeof(c->hash), e);
	if (hash == -1)
		return -1;
	if ((salt > 0) != (hash > 0))
		return err_set(e, EINVAL, "salt and hash go together");
	c->secret_len = (size_t)secret;
	c->has_hash = hash > 0;
	return 0;
}

static int
get_version(const json_t *j, struct charger *c, struct err *e)
{
	const char *s;

	if (json_str_or(j, "version", 16, "", &s, e) == -1)
		return -1;
	c->version = ocpp_version_named(s, strlen(s));
	if (s[0] != '\0' && c->version == OCPP_VERSIONS)
		return err_set(e, EINVAL, "version: not one of OCPP");
	return 0;
}

static int
get_all(const json_t *j, struct charger *c, struct err *e)
{
	int64_t format, profile = 255, boot = 0;
	const json_t *check = json_object_get(j, "root_check");
	const char *identity;

	if (json_known(j, keys, e) == -1 ||
	    json_num(j, "format", CHARGER_FORMAT, CHARGER_FORMAT, &format, e) ==
		-1 ||
	    json_str(j, "identity", OCPP_IDENTITY_MAX, &identity, e) == -1)
		return -1;
	if (json_object_get(j, "profile") != NULL &&
	    json_num(j, "profile", 0, 3, &profile, e) == -1)
		return -1;
	if (json_object_get(j, "boot_interval") != NULL &&
	    json_num(j, "boot_interval", 0, UINT32_MAX, &boot, e) == -1)
		return -1;
	if (check != NULL && !json_is_boolean(check))
		return err_set(e, EINVAL, "root_check: true or false");
	charger_new_is(c, identity);
	c->profile = (uint8_t)profile;
	c->root_check = json_is_true(check);
	c->boot_interval = (uint32_t)boot;
	if (get_version(j, c, e) == -1 || get_facts(j, c, e) == -1)
		return -1;
	return get_secrets(j, c, e);
}

int
charger_parse(const char *text, size_t len, struct charger *c, struct err *e)
{
	own_json json_t *j =
	    json_parse("record", text, len, CHARGER_FILE_MAX, e);

	charger_new_is(c, "");
	if (j != NULL && get_all(j, c, e) == 0)
		return 0;
	OPENSSL_cleanse(c->secret, sizeof(c->secret));
	charger_new_is(c, "");
	return -1;
}

static void
put_hex(json_t *j, const char *key, const uint8_t *p, size_t len)
{
	char hex[2 * CHARGER_SECRET_MAX + 1];

	hex_encode(p, len, hex);
	if (len > 0)
		(void)json_object_set_new(j, key, json_string(hex));
	OPENSSL_cleanse(hex, sizeof(hex));
}

static void
put_all(json_t *j, const struct charger *c)
{
	(void)json_object_set_new(j, "format", json_integer(CHARGER_FORMAT));
	(void)json_object_set_new(j, "identity", json_text(c->identity));
	for (size_t i = 0; i < FACTS; i++) {
		const char *s = (const char *)c + facts[i].at;

		if (s[0] != '\0')
			(void)json_object_set_new(
			    j, facts[i].key, json_text(s));
	}
	if (c->version != OCPP_VERSIONS)
		(void)json_object_set_new(
		    j, "version", json_string(ocpp_subprotocol(c->version)));
	if (c->profile <= 3)
		(void)json_object_set_new(
		    j, "profile", json_integer(c->profile));
	if (c->boot_interval > 0)
		(void)json_object_set_new(
		    j, "boot_interval", json_integer(c->boot_interval));
	if (c->root_check)
		(void)json_object_set_new(j, "root_check", json_true());
	put_hex(j, "secret", c->secret, c->secret_len);
	put_hex(j, "salt", c->salt, c->has_hash ? sizeof(c->salt) : 0);
	put_hex(j, "hash", c->hash, c->has_hash ? sizeof(c->hash) : 0);
}

int
charger_text(const struct charger *c, struct bytes *out, struct err *e)
{
	own_json json_t *j = json_object();
	char *line;

	if (j == NULL)
		return err_set(e, ENOMEM, "out of memory");
	put_all(j, c);
	if ((line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	bytes_add(out, line, strlen(line));
	bytes_add(out, "\n", 1);
	OPENSSL_cleanse(line, strlen(line));
	free(line);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}
