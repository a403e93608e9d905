/* SPDX-License-Identifier: MIT */
/*
 * One table of texts and one of numbers serve the day book, the reports and
 * what a worker may say about its unit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "outcome.h"

static const char *const names[] = {
	[OUTCOME_WAITING] = "waiting",
	[OUTCOME_RUNNING] = "running",
	[OUTCOME_DONE] = "done",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_INTERRUPTED] = "interrupted",
};
_Static_assert(sizeof(names) / sizeof(*names) == OUTCOMES, "a name for each");

#define TEXT(m)                                                                \
	{                                                                      \
#m, offsetof(struct outcome, m),                               \
		    sizeof(((struct outcome *)0)->m)                           \
	}
static const struct {
	const char *name;
	size_t at;
	size_t size;
} texts[] = { TEXT(step), TEXT(why), TEXT(next), TEXT(mode), TEXT(snapshot),
	TEXT(agent), TEXT(hostkey), TEXT(verdict), TEXT(birth) };
#define TEXTS (sizeof(texts) / sizeof(texts[0]))
#define FACTS 3 /* the first that a worker may set */

static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	{ "began", offsetof(struct outcome, began) },
	{ "ended", offsetof(struct outcome, ended) },
	{ "ms", offsetof(struct outcome, ms) },
	{ "tries", offsetof(struct outcome, tries) },
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

const char *
outcome_name(enum outcome_how how)
{
	return (unsigned)how < OUTCOMES ? names[how] : "?";
}

int
outcome_fact(struct outcome *o, const char *name, const char *text)
{
	for (size_t i = FACTS; i < TEXTS; i++)
		if (strcmp(texts[i].name, name) == 0) {
			(void)snprintf(
			    (char *)o + texts[i].at, texts[i].size, "%s", text);
			return 0;
		}
	return -1;
}

json_t *
outcome_json(const struct outcome *o)
{
	json_t *j = json_pack("{s:s, s:b}", "result", outcome_name(o->how),
	    "before", (int)o->before);
	const char *text;

	for (size_t i = 0; i < TEXTS; i++) {
		text = (const char *)o + texts[i].at;
		if (*text != '\0')
			(void)json_object_set_new(
			    j, texts[i].name, json_string(text));
	}
	for (size_t i = 0; i < NUMBERS; i++)
		(void)json_object_set_new(j, numbers[i].name,
		    json_integer(
			*(const int64_t *)(const void *)((const char *)o +
			    numbers[i].at)));
	return j;
}

static int
read_how(struct outcome *o, const json_t *j, struct err *e)
{
	const char *how;

	if (json_str(j, "result", 16, &how, e) == -1)
		return -1;
	for (size_t i = 0; i < OUTCOMES; i++)
		if (strcmp(names[i], how) == 0) {
			o->how = (enum outcome_how)i;
			return 0;
		}
	return err_set(e, EBADMSG, "\"%s\" is no result", how);
}

int
outcome_read(struct outcome *o, const json_t *j, struct err *e)
{
	const char *text;
	int64_t *number;

	memset(o, 0, sizeof(*o));
	if (read_how(o, j, e) == -1)
		return -1;
	for (size_t i = 0; i < TEXTS; i++) {
		if (json_str_or(j, texts[i].name, texts[i].size - 1, "", &text,
			e) == -1)
			return -1;
		(void)strcpy((char *)o + texts[i].at, text);
	}
	for (size_t i = 0; i < NUMBERS; i++) {
		number = (int64_t *)(void *)((char *)o + numbers[i].at);
		if (json_object_get(j, numbers[i].name) != NULL &&
		    json_num(j, numbers[i].name, 0, INT64_MAX, number, e) == -1)
			return -1;
	}
	return 0;
}
