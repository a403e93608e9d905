/* SPDX-License-Identifier: MIT */
/*
 * A line of the audit trail, and any text on its way into one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit_line.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct audit_line l;
	struct err e;
	own_str char *text = strndup((const char *)data, len);
	own_json json_t *j = NULL;

	if (audit_parse((const char *)data, len, &l, &e) == 0 &&
	    (l.end.sequence == 0 || strlen(l.prev) != SHA256_HEX - 1))
		abort();
	audit_clean(text);
	if ((j = json_string(text)) == NULL)
		abort(); /* still not UTF-8 */
	return 0;
}
