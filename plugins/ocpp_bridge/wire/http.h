/* SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * The head of one HTTP/1.1 message, request or answer, as far as an upgrade
 * needs it (RFC 9112). Strict, since whoever else reads the same bytes has to
 * see the same message: CR LF alone ends a line, nothing is folded, no blank
 * stands before a colon, no NUL and no lone CR anywhere.
 */
#define HTTP_HEAD_MAX   (16u * 1024)
#define HTTP_FIELDS_MAX 64
#define HTTP_TARGET_MAX 2048

struct http_field {
	const char *name, *value; /* value without blanks around it */
};

struct http_head {
	const char *method, *target; /* of a request */
	unsigned status;             /* of an answer */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t n;
};

/* Bytes of the head with the empty line that ends it; 0: it has not ended
 * yet. from: where the last look stopped. */
size_t http_end(const char *p, size_t len, size_t from);

/*
 * Reads a head of len bytes (http_end's) in place: it is changed, and h points
 * into it. -1: *status is what a server answers; e says why.
 */
int http_request(
    char *p, size_t len, struct http_head *h, unsigned *status, struct err *e);
int http_answer(char *p, size_t len, struct http_head *h, struct err *e);

/* The value of a field that may be there once; NULL: not there. Given twice it
 * is the first, and *twice is set. */
const char *http_field(const struct http_head *, const char *name, bool *twice);
/* Is word in the comma lists of all fields of that name, in any case? */
bool http_lists(const struct http_head *, const char *name, const char *word);
/* Is word in this comma list, in this very case? */
bool http_list_has(const char *list, const char *word, size_t len);
bool http_is_token(const char *, size_t);

/* "Too Many Requests"; "" for what is unknown. */
const char *http_reason(unsigned status);

/* Base64 (RFC 4648 4), padded, nothing around it. Bytes, or -1: it is none or
 * does not fit. out may be in itself. */
int http_base64(const char *in, size_t len, uint8_t *out, size_t size);

#endif
