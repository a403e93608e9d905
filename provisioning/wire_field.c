/* SPDX-License-Identifier: MIT */
/*
 * One encoder and one parser for every message. The rule of a row is checked
 * in both directions by the same function, so nobody can send what he would
 * not accept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "wire.h"
#include "wire_field.h"

#define FIELDS_MAX 16
#define MAC_SIZE   18

bool
wire_serial_ok(const char *s)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strspn(s, ok);

	return n > 0 && n <= WIRE_NAME_MAX && s[n] == '\0' && s[0] != '.' &&
	    s[0] != '-';
}

static bool
plain(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static bool
mac_ok(const char *s)
{
	for (size_t i = 0; i < MAC_SIZE - 1; i++)
		if (i % 3 == 2 ? s[i] != ':'
			       : strchr("0123456789abcdef", s[i]) == NULL ||
			    s[i] == '\0')
			return false;
	return s[MAC_SIZE - 1] == '\0';
}

/* The rules of a text, the same for writing and reading. */
static int
text_ok(const struct wire_field *f, const char *s, struct err *e)
{
	size_t n = strlen(s);

	if (n >= f->size)
		return err_set(e, EBADMSG, "\"%s\" is longer than %zu bytes",
		    f->name, f->size - 1);
	if (n == 0)
		return (f->rules & WIRE_MUST) == 0
		    ? 0
		    : err_set(e, EBADMSG, "\"%s\" is missing", f->name);
	if ((f->rules & WIRE_EXACT) != 0 && n != f->size - 1)
		return err_set(e, EBADMSG, "\"%s\" is not %zu digits long",
		    f->name, f->size - 1);
	if ((f->rules & WIRE_HEX) != 0 && strspn(s, "0123456789abcdef") != n)
		return err_set(
		    e, EBADMSG, "\"%s\" is not lower-case hex", f->name);
	if ((f->rules & WIRE_SERIAL) != 0 && !wire_serial_ok(s))
		return err_set(e, EBADMSG,
		    "\"%s\" is not 1 to %d of A-Z a-z 0-9 . _ -", f->name,
		    WIRE_NAME_MAX);
	if ((f->rules & WIRE_PLAIN) != 0 && !plain(s))
		return err_set(
		    e, EBADMSG, "\"%s\" holds a control character", f->name);
	return 0;
}

/* Each kind in both directions: at is the member, n the size_t beside it. */
struct codec {
	int (*put)(const struct wire_field *, const void *at, size_t n,
	    json_t **out, struct err *);
	int (*get)(const struct wire_field *, const json_t *, void *at,
	    size_t *n, struct err *);
};

static int
put_text(const struct wire_field *f, const void *at, size_t n, json_t **out,
    struct err *e)
{
	const char *s = at;

	(void)n;
	if (text_ok(f, s, e) == -1)
		return -1;
	*out = s[0] == '\0' ? NULL : json_string(s);
	return s[0] == '\0' || *out != NULL
	    ? 0
	    : err_set(e, EBADMSG, "\"%s\" is not UTF-8", f->name);
}

static int
get_text(const struct wire_field *f, const json_t *v, void *at, size_t *n,
    struct err *e)
{
	const char *s = json_string_value(v);

	(void)n;
	if (s == NULL || strlen(s) != json_string_length(v))
		return err_set(e, EBADMSG, "\"%s\" is not a text", f->name);
	if (text_ok(f, s, e) == -1)
		return -1;
	memcpy(at, s, strlen(s) + 1);
	return 0;
}

static int
put_data(const struct wire_field *f, const void *at, size_t n, json_t **out,
    struct err *e)
{
	own_str char *hex = NULL;

	if (n > f->size)
		return err_set(e, EBADMSG, "\"%s\" is too long", f->name);
	if (n == 0)
		return 0;
	if ((hex = malloc(2 * n + 1)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	hex_encode(at, n, hex);
	*out = json_string(hex);
	return *out != NULL ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int
get_data(const struct wire_field *f, const json_t *v, void *at, size_t *n,
    struct err *e)
{
	const char *s = json_string_value(v);
	long got;

	if (s == NULL || strlen(s) != json_string_length(v))
		return err_set(e, EBADMSG, "\"%s\" is not a text", f->name);
	if ((got = hex_decode(s, at, f->size)) <= 0)
		return err_set(e, EBADMSG,
		    "\"%s\" is not 1 to %zu bytes in hex", f->name, f->size);
	*n = (size_t)got;
	return 0;
}

static int
put_list(const struct wire_field *f, const void *at, size_t n, json_t **out,
    struct err *e)
{
	const char(*list)[MAC_SIZE] = at;

	if (n > f->size / MAC_SIZE)
		return err_set(e, EBADMSG, "\"%s\" is too long", f->name);
	if ((*out = json_array()) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (!mac_ok(list[i]))
			return err_set(
			    e, EBADMSG, "\"%s\": not a MAC address", f->name);
		if (json_array_append_new(*out, json_string(list[i])) == -1)
			return err_set(e, ENOMEM, "out of memory");
	}
	return 0;
}

static int
get_list(const struct wire_field *f, const json_t *v, void *at, size_t *n,
    struct err *e)
{
	char(*list)[MAC_SIZE] = at;

	if (!json_is_array(v) || json_array_size(v) > f->size / MAC_SIZE)
		return err_set(e, EBADMSG,
		    "\"%s\" is not a list of at most %zu", f->name,
		    f->size / MAC_SIZE);
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *item = json_array_get(v, i);

		if (json_string_length(item) != MAC_SIZE - 1 ||
		    !mac_ok(json_string_value(item)))
			return err_set(
			    e, EBADMSG, "\"%s\": not a MAC address", f->name);
		memcpy(list[i], json_string_value(item), MAC_SIZE);
	}
	*n = json_array_size(v);
	return 0;
}

static int
put_int(const struct wire_field *f, const void *at, size_t n, json_t **out,
    struct err *e)
{
	int64_t v;

	(void)n;
	memcpy(&v, at, sizeof(v));
	if (v < 0 || v > f->limit)
		return err_set(e, EBADMSG, "\"%s\" is out of range", f->name);
	*out = v == 0 ? NULL : json_integer(v);
	return 0;
}

static int
get_int(const struct wire_field *f, const json_t *v, void *at, size_t *n,
    struct err *e)
{
	int64_t value = json_integer_value(v);

	(void)n;
	if (!json_is_integer(v) || value < 0 || value > f->limit)
		return err_set(e, EBADMSG, "\"%s\" is not 0 to %lld", f->name,
		    (long long)f->limit);
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int
put_name(const struct wire_field *f, const void *at, size_t n, json_t **out,
    struct err *e)
{
	unsigned v;

	(void)n;
	memcpy(&v, at, sizeof(v));
	if (v >= (unsigned)f->limit)
		return err_set(e, EBADMSG, "\"%s\" is out of range", f->name);
	*out = json_string(f->names[v]);
	return *out != NULL ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int
get_name(const struct wire_field *f, const json_t *v, void *at, size_t *n,
    struct err *e)
{
	const char *s = json_string_value(v);

	(void)n;
	for (unsigned i = 0; s != NULL && i < (unsigned)f->limit; i++)
		if (strcmp(f->names[i], s) == 0) {
			memcpy(at, &i, sizeof(i));
			return 0;
		}
	return err_set(e, EBADMSG, "\"%s\" is none of those known", f->name);
}

static const struct codec codecs[] = {
	[WIRE_K_TEXT] = { put_text, get_text },
	[WIRE_K_DATA] = { put_data, get_data },
	[WIRE_K_LIST] = { put_list, get_list },
	[WIRE_K_INT] = { put_int, get_int },
	[WIRE_K_NAME] = { put_name, get_name },
};

/* An empty value is left out, so absent and empty are one thing. */
json_t *
wire_fields_encode(const struct wire_field *f, const void *from, struct err *e)
{
	own_json json_t *j = json_object();

	if (j == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	for (; f->name != NULL; f++) {
		const char *base = from;
		own_json json_t *v = NULL;
		size_t n = 0;

		if (f->count != 0)
			memcpy(&n, base + f->count, sizeof(n));
		if (codecs[f->kind].put(f, base + f->at, n, &v, e) == -1)
			return NULL;
		if (v != NULL && json_object_set(j, f->name, v) == -1)
			return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	}
	return take_json(&j);
}

int
wire_fields_parse(
    const struct wire_field *fields, const json_t *j, void *to, struct err *e)
{
	const char *known[FIELDS_MAX + 1] = { NULL };
	char *base = to;
	size_t unused = 0;

	for (size_t i = 0; i < FIELDS_MAX && fields[i].name != NULL; i++)
		known[i] = fields[i].name;
	if (json_known(j, known, e) == -1)
		return -1;
	for (const struct wire_field *f = fields; f->name != NULL; f++) {
		const json_t *v = json_object_get(j, f->name);
		size_t n = 0;

		if (v == NULL && (f->rules & WIRE_MUST) != 0)
			return err_set(
			    e, EBADMSG, "\"%s\" is missing", f->name);
		if (v == NULL)
			continue;
		if (codecs[f->kind].get(f, v, base + f->at,
			f->count != 0 ? &n : &unused, e) == -1)
			return -1;
		if (f->count != 0)
			memcpy(base + f->count, &n, sizeof(n));
	}
	return 0;
}
