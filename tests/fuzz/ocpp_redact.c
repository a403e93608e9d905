/* SPDX-License-Identifier: MIT */
/*
 * What comes out is JSON in which nothing that is named like a secret has
 * another value than "***"; asked of jansson, which knows nothing of how the
 * text was read. Taking out twice is taking out once.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
is_secret(const char *name)
{
	return strcasestr(name, "authorizationkey") != NULL ||
	    strcasestr(name, "password") != NULL;
}

static bool
is_stars(const json_t *j)
{
	return json_is_string(j) && strcmp(json_string_value(j), "***") == 0;
}

static void
look(json_t *j)
{
	const char *key, *of;
	json_t *value;
	size_t i;

	if (json_is_array(j))
		json_array_foreach(j, i, value) look(value);
	if (!json_is_object(j))
		return;
	of = json_string_value(json_object_get(j, "key"));
	value = json_object_get(j, "value");
	if (of != NULL && value != NULL && is_secret(of) && !is_stars(value))
		abort();
	json_object_foreach(j, key, value)
	{
		if (is_secret(key) && !is_stars(value))
			abort();
		look(value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes once = { 0 }, twice = { 0 };
	struct span text = { (const char *)data, len };
	json_t *j;

	redact(OCPP_201, NULL, len % 3 == 0 ? "SetVariables" : NULL, text,
	    len % 2 == 0, &once);
	if (once.bad)
		abort();
	j = json_loadb(once.p, once.len, JSON_ALLOW_NUL, NULL);
	if (j != NULL)
		look(j);
	json_decref(j);
	if (*once.p != '{') {
		text = (struct span){ once.p, once.len };
		redact(OCPP_201, NULL, len % 3 == 0 ? "SetVariables" : NULL,
		    text, len % 2 == 0, &twice);
		if (strcmp(once.p, twice.p) != 0)
			abort();
	}
	return 0;
}
