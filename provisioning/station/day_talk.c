/* SPDX-License-Identifier: MIT */
/*
 * What the leader hears from its workers: a table of words. A packet that
 * makes no sense is dropped; the worker's end will tell.
 */
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#include "day_talk.h"
#include "work.h"

#define STEP_MAX_S 3600

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static unsigned
hear_step(struct worker *w, const json_t *said)
{
	struct outcome *o = &w->day->outcomes[w->at];
	json_int_t limit = json_integer_value(json_object_get(said, "limit_s"));

	(void)snprintf(o->step, sizeof(o->step), "%s", text_of(said, "step"));
	w->note[0] = '\0';
	show_step(w->day, w);
	return limit > 0 && limit < STEP_MAX_S ? (unsigned)limit : STEP_MAX_S;
}

static unsigned
hear_note(struct worker *w, const json_t *said)
{
	(void)snprintf(w->note, sizeof(w->note), "%s", text_of(said, "text"));
	show_note(w->day, w);
	return 0;
}

static unsigned
hear_fact(struct worker *w, const json_t *said)
{
	(void)outcome_fact(&w->day->outcomes[w->at], text_of(said, "name"),
	    text_of(said, "text"));
	return 0;
}

/* The record of host keys has one writer, which is the leader. */
static unsigned
hear_key(struct worker *w, const json_t *said)
{
	struct day *d = w->day;
	const struct unit *u = &d->units->unit[w->at];
	const struct hostkey_shown k = { text_of(said, "type"),
		text_of(said, "text") };
	const char *after = json_string_value(json_object_get(said, "after"));
	own_json json_t *answer = NULL;
	own_str char *line = NULL;
	struct err e = { 0 };
	int rc;

	rc = after == NULL
	    ? hostkeys_judge(d->keys, d->units, u, &k, d->job->pinned, &e)
	    : hostkeys_after(d->keys, d->units, u, after, &k, &e);
	answer = rc == 0 ? json_pack("{s:b}", "ok", 1)
			 : json_pack("{s:b, s:s}", "ok", 0, "why", e.text);
	line = json_line(answer);
	if (line != NULL)
		(void)send(w->fd, line, strlen(line), MSG_NOSIGNAL);
	return 0;
}

static unsigned
hear_end(struct worker *w, const json_t *said)
{
	struct outcome *o = &w->day->outcomes[w->at];
	const char *result = text_of(said, "result");

	o->how = OUTCOME_FAILED;
	for (int i = OUTCOME_DONE; i < OUTCOMES; i++)
		if (strcmp(outcome_name((enum outcome_how)i), result) == 0)
			o->how = (enum outcome_how)i;
	(void)snprintf(o->step, sizeof(o->step), "%s", text_of(said, "step"));
	(void)snprintf(o->why, sizeof(o->why), "%s", text_of(said, "why"));
	(void)snprintf(o->next, sizeof(o->next), "%s", text_of(said, "next"));
	w->ended = true;
	return 0;
}

unsigned
day_hear(struct worker *w, const char *text, size_t len)
{
	static const struct {
		const char *word;
		unsigned (*hear)(struct worker *, const json_t *);
	} words[] = {
		{ "step", hear_step },
		{ "note", hear_note },
		{ "fact", hear_fact },
		{ "key", hear_key },
		{ "end", hear_end },
	};
	struct err ignored;
	own_json json_t *said =
	    json_parse("worker", text, len, WORK_PACKET_MAX, &ignored);
	const char *word = text_of(said, "say");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].hear(w, said);
	return 0;
}
