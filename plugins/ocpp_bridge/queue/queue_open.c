/* SPDX-License-Identifier: MIT */
/*
 * What the files say, after whatever happened. Each file is read to its end:
 *
 *	nothing readable follows	a write that was not finished. Its
 *					records were never answered; left out
 *	more follows			damage. Said, the file set aside once
 *					all that can be read is copied from it
 *
 * An operation may stand there twice (a write that failed and was repeated, a
 * copy of compaction): all of them mean the same the second time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "queue_in.h"

/* Of one file; one turn's worth may stand behind its usual size. */
#define FILE_MAX (96u << 20)

/* What a record of each type does to the index, as when it was committed. */
static const enum stage_kind kinds[RECORD_TYPES] = {
	[RECORD_PUT] = STAGE_PUT,
	[RECORD_DONE] = STAGE_DONE,
	[RECORD_TRIED] = STAGE_TRIED,
	[RECORD_MAP] = STAGE_MAP,
};

/* Which numbers and ids were given away; a key of QUEUE_LATEST is none. */
static void
note_used(struct queue *q, const struct record *r)
{
	uint64_t number = r->type == RECORD_FILE ? r->number - 1 : r->number;

	if (number > q->number)
		q->number = number;
	if (r->kind != QUEUE_LATEST && r->transaction < q->lowest)
		q->lowest = r->transaction;
}

static int
read_record(struct queue *q, const struct record *r, struct segment *s,
    uint32_t at, uint32_t len)
{
	struct staged op = { .kind = kinds[r->type],
		.r = { .number = r->number,
		    .kind = r->kind,
		    .version = r->version,
		    .attempts = r->attempts,
		    .at = r->at,
		    .transaction = r->transaction,
		    .mark = r->mark },
		.real = r->real,
		.len = len };

	note_used(q, r);
	if (r->type == RECORD_FILE)
		return 0;
	op.holder = index_holder(q, r->identity, r->idlen, true);
	if (op.holder == NULL)
		return -1;
	return apply(q, &op, s, at);
}

static void
say_damage(struct queue *q, struct segment *s, size_t from, size_t to, bool end)
{
	const char *what = end ? "an unfinished write, left out" : "DAMAGED";

	s->damaged = s->damaged || !end;
	queue_say(q, "file %llu, bytes %zu to %zu: %s",
	    (unsigned long long)s->seq, from, to, what);
}

static int
recover_file(struct queue *q, struct segment *s, struct err *e)
{
	own_bytes struct bytes b = { .limit = FILE_MAX };
	struct record r;
	size_t at = 0, n;

	if (file_read_fd(s->fd, FILE_MAX, &b, e) == -1)
		return err_in(
		    e, "queue: file %llu", (unsigned long long)s->seq);
	while (at < b.len) {
		n = record_read(b.p + at, b.len - at, &r);
		if (n == 0) {
			n = record_find(b.p, b.len, at + 1) - at;
			say_damage(q, s, at, at + n, at + n == b.len);
		} else if (read_record(q, &r, s, (uint32_t)at, (uint32_t)n) ==
		    -1)
			return err_set(e, ENOMEM, "queue: no memory");
		at += n;
	}
	return 0;
}

int
recover(struct queue *q, struct err *e)
{
	for (struct segment *s = q->oldest; s != NULL; s = s->next)
		if (recover_file(q, s, e) == -1)
			return -1;
	compact_damaged(q);
	return 0;
}
