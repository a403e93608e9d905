/* SPDX-License-Identifier: MIT */
/*
 * Strict JSON. jansson recurses per level and allows 2,048 of them; the depth
 * is counted before it sees the text.
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "text.h"

static int
too_deep(const char *p, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_string && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			in_string = !in_string;
		else if (!in_string && (p[i] == '{' || p[i] == '['))
			depth++;
		else if (!in_string && (p[i] == '}' || p[i] == ']'))
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return 1;
	}
	return 0;
}

json_t *
json_parse(
    const char *name, const char *text, size_t len, size_t max, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (len > max) {
		(void)err_set(e, EFBIG, "%s: larger than %zu bytes", name, max);
		return NULL;
	}
	if (too_deep(text, len)) {
		(void)err_set(e, EBADMSG, "%s: nested deeper than %d levels",
		    name, JSON_DEPTH_MAX);
		return NULL;
	}
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (j == NULL)
		(void)err_set(e, EBADMSG, "%s:%d:%d: %s", name, je.line,
		    je.column, je.text);
	return j;
}

char *
json_line(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static bool
listed(const char *const known[], const char *key)
{
	for (; *known != NULL; known++)
		if (strcmp(*known, key) == 0)
			return true;
	return false;
}

json_t *
json_text(const char *text)
{
	own_bytes struct bytes clean = { 0 };

	text_utf8(&clean, text);
	return clean.bad ? NULL : json_string(clean.p);
}

int
json_known(const json_t *j, const char *const known[], struct err *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "not a JSON object");
	json_object_foreach(
	    (json_t *)j, key, value) if (!listed(known, key)) return err_set(e,
	    EBADMSG, "unknown key \"%.64s\"", key);
	return 0;
}

int
json_str_or(const json_t *j, const char *key, size_t max, const char *otherwise,
    const char **out, struct err *e)
{
	const json_t *v = json_object_get(j, key);

	*out = otherwise;
	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return err_set(e, EBADMSG, "\"%s\" is not a text", key);
	if (json_string_length(v) > max)
		return err_set(
		    e, EBADMSG, "\"%s\" is longer than %zu bytes", key, max);
	if (strlen(json_string_value(v)) != json_string_length(v))
		return err_set(e, EBADMSG, "\"%s\" holds a NUL", key);
	*out = json_string_value(v);
	return 0;
}

int
json_str(const json_t *j, const char *key, size_t max, const char **out,
    struct err *e)
{
	if (json_object_get(j, key) == NULL)
		return err_set(e, EBADMSG, "\"%s\" is missing", key);
	return json_str_or(j, key, max, NULL, out, e);
}

int
json_num(const json_t *j, const char *key, int64_t min, int64_t max,
    int64_t *out, struct err *e)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_integer(v))
		return err_set(e, EBADMSG, "\"%s\" is not a whole number", key);
	*out = json_integer_value(v);
	if (*out < min || *out > max)
		return err_set(e, ERANGE, "\"%s\" is not between %lld and %lld",
		    key, (long long)min, (long long)max);
	return 0;
}

int
json_array_of(
    const json_t *j, const char *key, size_t max, json_t **out, struct err *e)
{
	json_t *v = json_object_get(j, key);

	if (!json_is_array(v))
		return err_set(e, EBADMSG, "\"%s\" is not a list", key);
	if (json_array_size(v) > max)
		return err_set(
		    e, EBADMSG, "\"%s\" has more than %zu entries", key, max);
	*out = v;
	return 0;
}
