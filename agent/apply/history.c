/* SPDX-License-Identifier: MIT */
/*
 * The order in which snapshots were live. It does not come from the clock,
 * which on a gateway may be wrong for days.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "history.h"

#define HISTORY  "history.json"
#define TEXT_MAX (HISTORY_MAX * (SHA256_HEX + 8) + 64)

static bool
is_list_of_ids(const json_t *list)
{
	uint8_t raw[SHA256_LEN];
	const json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > HISTORY_MAX)
		return false;
	json_array_foreach(list, i, one) if (!json_is_string(one) ||
	    hex_decode(json_string_value(one), raw, sizeof(raw)) !=
		SHA256_LEN) return false;
	return true;
}

json_t *
history_read(int state)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *o = NULL;
	struct err ignored;
	json_t *list;

	if (file_read(state, HISTORY, TEXT_MAX, &text, &ignored) == 0)
		o = json_parse(HISTORY, text.p, text.len, TEXT_MAX, &ignored);
	list = json_object_get(o, "live");
	return is_list_of_ids(list) ? json_incref(list) : json_array();
}

int
history_note(int state, const char *id, struct err *e)
{
	own_json json_t *list = history_read(state), *o = NULL;
	own_str char *line = NULL;
	const char *first = json_string_value(json_array_get(list, 0));

	if (first != NULL && strcmp(first, id) == 0)
		return 0;
	for (size_t i = json_array_size(list); i-- > 0;)
		if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
			(void)json_array_remove(list, i);
	(void)json_array_insert_new(list, 0, json_string(id));
	while (json_array_size(list) > HISTORY_MAX)
		(void)json_array_remove(list, HISTORY_MAX);
	o = json_pack("{s:O}", "live", list);
	if ((line = json_line(o)) == NULL)
		return err_set(e, ENOMEM, "history: no memory");
	return file_write(state, HISTORY, line, strlen(line), FILE_SECRET, e);
}
