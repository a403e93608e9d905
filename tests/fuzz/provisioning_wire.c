/* SPDX-License-Identifier: MIT */
/*
 * Messages of the enrolment from anybody: the first byte chooses which. What
 * is read is written and read again, and must be the same.
 */
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct wire_request q[2];
static struct wire_reply r[2];
static struct wire_confirm c[2];
static struct wire_issued i[2];

/* clang-format off */
#define BOTH(kind, v)							\
	static void							\
	kind(const char *p, size_t n)					\
	{								\
		own_bytes struct bytes out = { 0 };			\
		struct err e;						\
									\
		if (wire_##kind##_parse(p, n, &v[0], &e) == -1)		\
			return;						\
		if (wire_##kind##_encode(&v[0], &out, &e) == -1 ||	\
		    wire_##kind##_parse(out.p, out.len, &v[1], &e) == -1) \
			abort();					\
		if (memcmp(&v[0], &v[1], sizeof(v[0])) != 0)		\
			abort();					\
	}
/* clang-format on */

BOTH(request, q)
BOTH(reply, r)
BOTH(confirm, c)

/* Their order is not kept: only that they come through. */
static void
issued(const char *p, size_t n)
{
	own_bytes struct bytes out = { 0 };
	struct err e;

	if (wire_issued_parse(p, n, &i[0], &e) == 0 &&
	    (wire_issued_encode(&i[0], &out, &e) == -1 ||
		wire_issued_parse(out.p, out.len, &i[1], &e) == -1))
		abort();
}

static void
topic(const char *p, size_t n)
{
	char text[WIRE_TOPIC_MAX], again[WIRE_TOPIC_MAX];
	char serial[WIRE_NAME_MAX + 1], what[WIRE_NAME_MAX + 1];

	if (n >= sizeof(text))
		return;
	memcpy(text, p, n);
	text[n] = '\0';
	if (wire_topic_parse(text, serial, what) == -1)
		return;
	wire_topic(again, serial, what);
	if (strncmp(again, text, sizeof(text)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const kinds[])(
	    const char *, size_t) = { request, reply, confirm, issued, topic };

	if (n > 0)
		kinds[p[0] % 5]((const char *)p + 1, n - 1);
	return 0;
}
