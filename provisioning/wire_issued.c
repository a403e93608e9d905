/* SPDX-License-Identifier: MIT */
/*
 * The inside of a sealed answer: {"chain": PEM, "values": {name: text}}. It
 * holds secrets: the copies made here are wiped by whoever ends them. What
 * jansson frees is not wiped; it lives in the one process that is given the
 * secrets anyway.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "wire.h"

static const char *const issued_keys[] = { "chain", "values", NULL };

void
wire_issued_wipe(struct wire_issued *i)
{
	OPENSSL_cleanse(i, sizeof(*i));
}

/* "mqtt.username": what a slot may be called. */
bool
wire_issued_name_ok(const char *s, size_t len)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return n > 0 && n <= WIRE_NAME_MAX && n == len;
}

static bool
name_ok(const char *s)
{
	return wire_issued_name_ok(s, strlen(s));
}

int
wire_issued_encode(
    const struct wire_issued *i, struct bytes *out, struct err *e)
{
	own_json json_t *values = json_object();
	own_json json_t *j = NULL;
	own_str char *line = NULL;

	for (size_t n = 0; n < i->count; n++) {
		json_t *v = json_string(i->values[n].value);

		if (!name_ok(i->values[n].name) ||
		    json_object_set_new(values, i->values[n].name, v) == -1)
			return err_set(e, EBADMSG, "issued value %zu", n + 1);
	}
	j = json_pack("{s:s, s:O}", "chain", i->chain, "values", values);
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	bytes_add(out, line, strlen(line));
	OPENSSL_cleanse(line, strlen(line));
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
take_values(const json_t *values, struct wire_issued *i, struct err *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(values) || json_object_size(values) > WIRE_VALUES)
		return err_set(e, EBADMSG,
		    "issued: \"values\" is not an object of at most %d",
		    WIRE_VALUES);
	json_object_foreach((json_t *)values, name, v)
	{
		struct wire_value *to = &i->values[i->count];
		const char *text;

		if (!name_ok(name))
			return err_set(e, EBADMSG, "issued: a bad name");
		if (json_str(values, name, WIRE_VALUE_MAX, &text, e) == -1)
			return err_in(e, "issued");
		memcpy(to->name, name, strlen(name) + 1);
		memcpy(to->value, text, strlen(text) + 1);
		i->count++;
	}
	return 0;
}

int
wire_issued_parse(
    const char *text, size_t len, struct wire_issued *i, struct err *e)
{
	own_json json_t *j =
	    json_parse("issued", text, len, WIRE_SEALED_MAX, e);
	const char *chain;

	memset(i, 0, sizeof(*i));
	if (j == NULL)
		return -1;
	if (json_known(j, issued_keys, e) == -1 ||
	    json_str(j, "chain", sizeof(i->chain) - 1, &chain, e) == -1)
		return err_in(e, "issued");
	memcpy(i->chain, chain, strlen(chain) + 1);
	return take_values(json_object_get(j, "values"), i, e);
}
