/* SPDX-License-Identifier: MIT */
/*
 * A sealed answer, a wrapped key's point and a policy question, from anybody.
 * Nothing forged opens.
 */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "sealed.h"
#include "service/ca.h"
#include "service/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
open_box(const uint8_t *p, size_t n)
{
	static const uint8_t key[SEALED_KEY_LEN] = "a key nobody knows";
	static const struct sealed_for names = { "SN-1", "00", "ab" };
	own_bytes struct bytes out = { 0 };
	struct err e;

	if (sealed_open(key, &names, p, n, &out, &e) == 0 || out.len != 0)
		abort();
}

static void
unwrap(const uint8_t *p, size_t n)
{
	static EVP_PKEY *own;
	uint8_t point[SEALED_POINT_LEN] = { 0 }, key[SEALED_KEY_LEN];
	struct err e;

	if (own == NULL)
		own = ca_key_new(&e);
	memcpy(point, p, n < sizeof(point) ? n : sizeof(point));
	(void)sealed_unwrap(own, point, key, &e);
}

/* Whatever the topic: nobody joins the workers but by their two texts, nothing
 * of unit B is unit A's, and no wildcard is ever published to. */
static void
topic(const uint8_t *p, size_t n)
{
	char text[300], unit[WIRE_NAME_MAX + 1];

	if (n == 0 || n > sizeof(text))
		return;
	memcpy(text, p + 1, n - 1);
	text[n - 1] = '\0';
	for (int act = 0; act < POLICY_ACTS; act++)
		for (int role = 0; role < POLICY_WORKER; role++) {
			if (!policy_may((enum policy_role)role, "A",
				(enum policy_act)act, text))
				continue;
			if (text[0] == '$' || strstr(text, "/A/") == NULL)
				abort();
			if (act == POLICY_WRITE && strpbrk(text, "+#") != NULL)
				abort();
		}
	(void)policy_client(
	    (enum policy_role)(p[0] % POLICY_ROLES), "SN-1", text, unit);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const kinds[])(
	    const uint8_t *, size_t) = { open_box, unwrap, topic };

	if (n > 0)
		kinds[p[0] % 3](p + 1, n - 1);
	return 0;
}
