/* SPDX-License-Identifier: MIT */
/*
 * A ring of pointers: each line is one allocation that holds all its texts, and
 * the sum of their bytes is known, so the bound is kept by dropping from the
 * old end.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "tail.h"

#define TEXT_MAX 4096

struct line {
	time_t at;
	size_t bytes;
	const char *kind, *text; /* in texts, behind the identity */
	char texts[];
};

struct tail {
	struct line *ring[TAIL_LINES];
	uint64_t first, next; /* numbers of the oldest, of the one to come */
	size_t bytes;
	uint64_t asked_ms;
};

struct tail *
tail_new(void)
{
	struct tail *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->first = t->next = 1;
	return t;
}

static void
drop(struct tail *t)
{
	struct line **at = &t->ring[t->first++ % TAIL_LINES];

	t->bytes -= (*at)->bytes;
	free(*at);
	*at = NULL;
}

void
tail_free(struct tail *t)
{
	if (t == NULL)
		return;
	while (t->first < t->next)
		drop(t);
	free(t);
}

bool
tail_watched(const struct tail *t, uint64_t now_ms)
{
	return t->asked_ms != 0 && now_ms < t->asked_ms + TAIL_ASK_MS;
}

/* Not within a character. */
static size_t
cut(const char *text, size_t len)
{
	if (len <= TEXT_MAX)
		return len;
	len = TEXT_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void
tail_add(struct tail *t, const char *identity, const char *kind,
    const char *text, size_t len)
{
	size_t who = strlen(identity) + 1, what = strlen(kind) + 1, bytes;
	struct line *l;

	len = cut(text, len);
	bytes = sizeof(*l) + who + what + len + 1;
	if ((l = malloc(bytes)) == NULL)
		return;
	l->at = time(NULL);
	l->bytes = bytes;
	memcpy(l->texts, identity, who);
	l->kind = memcpy(l->texts + who, kind, what);
	l->text = memcpy(l->texts + who + what, text, len);
	l->texts[who + what + len] = '\0';
	while (t->first < t->next &&
	    (t->next - t->first == TAIL_LINES || t->bytes + bytes > TAIL_BYTES))
		drop(t);
	t->bytes += bytes;
	t->ring[t->next++ % TAIL_LINES] = l;
}

json_t *
tail_after(
    struct tail *t, const char *identity, uint64_t after, uint64_t now_ms)
{
	json_t *lines = json_array();
	uint64_t n = after >= t->first ? after + 1 : t->first;

	t->asked_ms = now_ms;
	for (; n < t->next; n++) {
		const struct line *l = t->ring[n % TAIL_LINES];

		if (identity != NULL && strcmp(identity, l->texts) != 0)
			continue;
		(void)json_array_append_new(lines,
		    json_pack("{s:I,s:I,s:o,s:s,s:o}", "n", (json_int_t)n, "at",
			(json_int_t)l->at, "charger", json_text(l->texts),
			"kind", l->kind, "text", json_text(l->text)));
	}
	return json_pack(
	    "{s:I,s:o}", "next", (json_int_t)(t->next - 1), "lines", lines);
}
