/* SPDX-License-Identifier: MIT */
/*
 * The bridge's document. One that is taken gives an artifact that is taken as
 * well and gives the same artifact again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/ocpp_bridge/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a text that stood before a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static int
artifact(const char *text, size_t len, struct bytes *out)
{
	struct ocpp_settings s;
	struct err e;
	int rc = ocpp_doc_read(&s, text, len, &e);

	if (rc == 0) {
		ocpp_doc_write(&s, out);
		if (s.nclasses == 0 || s.nlisteners == 0)
			abort();
	} else if (e.text[0] == '\0')
		abort();
	ocpp_doc_free(&s);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes one = { 0 }, two = { 0 };

	if (artifact((const char *)data, len, &one) == -1)
		return 0;
	if (artifact(one.p, one.len, &two) == -1 || one.len != two.len ||
	    memcmp(one.p, two.p, one.len) != 0)
		abort();
	return 0;
}
