/* SPDX-License-Identifier: MIT */
/*
 * One packet of the command socket, up to the verb's handler.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ctl_verbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ctl_verb *verb = NULL;
	own_json json_t *args = NULL;
	struct err e;

	if (ctl_parse((const char *)data, len, &verb, &args, &e) == -1)
		return 0;
	if (verb == NULL || verb->fn == NULL || verb->modes == 0 ||
	    !json_is_object(args))
		abort();
	return 0;
}
