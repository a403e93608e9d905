/* SPDX-License-Identifier: MIT */
/* The list of what stands in the way: bounded, and nothing in it twice. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "preflight.h"

void
obstacle_add(json_t *list, const char *id, const char *place,
    const char *remedy, const char *fmt, ...)
{
	char why[ERR_TEXT_MAX];
	json_t *one;
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "id")),
			 id) == 0 &&
	    strcmp(json_string_value(json_object_get(one, "why")), why) ==
		0) return;
	if (json_array_size(list) < OBSTACLES_MAX)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:b, s:s, s:s}", "by", "agent",
			"id", id, "place", place, "passed", 0, "why", why,
			"remedy", remedy));
}

int
obstacles_say(const json_t *list, struct err *e)
{
	const json_t *first = json_array_get(list, 0);
	size_t n = json_array_size(list);

	(void)err_set(e, EPERM, "%s: %s; %s",
	    json_string_value(json_object_get(first, "place")),
	    json_string_value(json_object_get(first, "why")),
	    json_string_value(json_object_get(first, "remedy")));
	return n > 1 ? err_in(e, "%zu things stand in the way, the first", n)
		     : -1;
}
