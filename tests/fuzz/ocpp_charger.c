/* SPDX-License-Identifier: MIT */
/* A charge point's record: what is read is written to the same record again,
 * whatever stood there; what is refused leaves nothing behind. And identities:
 * what is taken from a request is fit for a file's name and a topic. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charger.h"
#include "who.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
record(const uint8_t *data, size_t size)
{
	own_bytes struct bytes text = { 0 };
	struct charger a, b;
	struct err e;

	if (charger_parse((const char *)data, size, &a, &e) == -1) {
		if (a.secret_len != 0 || a.has_hash || a.identity[0] != '\0')
			abort();
		return;
	}
	if (charger_text(&a, &text, &e) == -1 ||
	    charger_parse(text.p, text.len, &b, &e) == -1 ||
	    strcmp(a.identity, b.identity) != 0 ||
	    strcmp(a.serial, b.serial) != 0 || a.version != b.version ||
	    a.profile != b.profile || a.secret_len != b.secret_len ||
	    memcmp(a.secret, b.secret, a.secret_len) != 0 ||
	    a.has_hash != b.has_hash)
		abort();
}

static void
identity(const uint8_t *data, size_t size)
{
	char out[OCPP_IDENTITY_MAX + 1], name[3 * OCPP_IDENTITY_MAX + 1];
	char *target = malloc(size + 1), offer[WHO_OFFER];
	const char *segment;

	if (target == NULL)
		return;
	memcpy(target, data, size);
	target[size] = '\0';
	if (who_identity("/ocpp", target, out, &segment) ||
	    who_identity(NULL, target, out, &segment)) {
		if (out[0] == '\0' || segment < target ||
		    segment > target + size)
			abort();
		charger_escape(out, name);
		if (strpbrk(name, "/+#. \n") != NULL)
			abort();
	}
	(void)who_offer(target, 7, "CP", offer);
	(void)who_matches(target, "CP-1-charger");
	free(target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	record(data, size);
	identity(data, size);
	return 0;
}
