/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"
#include "own.h"

/*
 * jansson, strictly: duplicate keys and trailing bytes refused, a size limit
 * given by the caller, at most JSON_DEPTH_MAX levels. name is what errors call
 * the text. The value returned is the caller's; NULL: failed, e says why.
 */
#define JSON_DEPTH_MAX 24

OWN_POINTER(json, json_t, json_decref)
#define own_json __attribute__((cleanup(own_json_free), unused))

static inline json_t *
take_json(json_t **j)
{
	json_t *taken = *j;

	*j = NULL;
	return taken;
}

json_t *json_parse(
    const char *name, const char *text, size_t len, size_t max, struct err *);

/* One line, keys sorted, so equal values give equal bytes. malloc'ed or NULL.
 */
char *json_line(const json_t *);

/* A text of anyone's; what is no UTF-8 in it comes as \xNN (text.h), where
 * json_string() would give NULL and json_pack() nothing at all. */
json_t *json_text(const char *);

/* Refuses a value that is no object, and keys not in the NULL-ended list. */
int json_known(const json_t *, const char *const known[], struct err *);

/* Borrowed from the object. A text longer than max bytes is refused. */
int json_str(const json_t *, const char *key, size_t max, const char **out,
    struct err *);
/* The same, but absent gives otherwise. */
int json_str_or(const json_t *, const char *key, size_t max,
    const char *otherwise, const char **out, struct err *);
int json_num(const json_t *, const char *key, int64_t min, int64_t max,
    int64_t *out, struct err *);
int json_array_of(
    const json_t *, const char *key, size_t max, json_t **out, struct err *);

#endif
