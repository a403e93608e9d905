/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_IN_H
#define QUEUE_IN_H

#include "queue_record.h"

/*
 * The queue's insides; nobody outside this folder includes it.
 *
 * The index says of each record that is kept where it stands. It shows what is
 * durable and nothing else: staged operations touch it when their commit has
 * succeeded (queue_commit.c), so a commit that fails has nothing to take back.
 */
struct segment {
	struct segment *next; /* newer */
	uint64_t seq;         /* its name */
	int fd;
	uint64_t size; /* committed bytes */
	uint64_t live; /* of these: of records that the index knows */
	bool damaged;
};

struct entry {
	uint64_t number;
	struct segment *segment;
	uint32_t at, len; /* in the segment: the whole record */
	int32_t transaction;
	uint32_t put_at; /* seconds, UTC */
	uint16_t attempts;
	uint8_t kind : 4;
	uint8_t version : 3; /* of more, the remainder: they are few */
	/* A done is staged: it is given out no more, but still on the disk. */
	uint8_t leaving : 1;
};

struct map {
	struct segment *segment;
	uint64_t number; /* rises, so that the oldest can be told */
	int32_t provisional, real;
	uint32_t len;
};

/* A charge point of which something is or was kept. */
struct holder {
	struct holder *next; /* of the same bucket */
	char *identity;
	struct entry *entries; /* by number */
	struct map *maps;
	uint32_t n, room, nmaps, maps_room;
	uint32_t leaving;         /* of the n */
	struct queue_record last; /* without a text; number 0: none */
};

enum stage_kind {
	STAGE_PUT,
	STAGE_DONE,
	STAGE_TRIED,
	STAGE_MAP,
	STAGE_MOVE,    /* compaction: a record again, further behind */
	STAGE_MAP_MOVE /* the same with an id's map */
};

/* What stands in stage.bytes at `at`, and what it will do to the index. */
struct staged {
	enum stage_kind kind;
	struct holder *holder;
	struct queue_record r; /* number, kind, at, transaction, mark */
	int32_t real;
	uint32_t at, len;
};

struct stage {
	struct bytes bytes;
	struct staged *ops;
	uint32_t n, room;
	uint64_t putting; /* bytes of the puts among them */
};

#define QUEUE_BUCKETS 256u

struct queue {
	struct queue_limits limits;
	int dir;
	struct segment *oldest, *newest;
	uint64_t seq; /* of the file that was made last */
	bool shut;    /* newest takes no more: the next commit begins one */
	bool unsure;  /* a name that was taken away may come back */
	bool untaken; /* bytes of a commit that failed may have stayed */
	unsigned segments;
	uint64_t number;           /* last used */
	int32_t lowest;            /* provisional id used last */
	uint64_t records, dropped; /* in all */
	uint64_t disk, live;       /* bytes: of the files, of what is kept */
	uint64_t leaving;          /* bytes: of live */
	uint64_t dropping;         /* records, since they were last said */
	struct stage stage;
	struct bytes text; /* what was read last */
	struct holder *buckets[QUEUE_BUCKETS];
};

void queue_say(const struct queue *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* queue_index.c */
/* make: a new one if there is none; NULL: none, or no memory. */
struct holder *
index_holder(struct queue *, const char *identity, size_t len, bool make);
struct entry *index_entry(struct holder *, uint64_t number);
/* Replaces one of that number (a copy of it), and of QUEUE_LATEST one of that
 * key. -1: no memory. */
int index_add(struct queue *, struct holder *, const struct entry *);
void index_remove(struct queue *, struct holder *, struct entry *);
void index_leaves(struct queue *, struct holder *, struct entry *);
int index_map(struct queue *, struct holder *, const struct map *);
void index_unmap(struct queue *, struct holder *, int32_t provisional);
struct map *index_mapped(struct holder *, int32_t provisional);
/* Oldest that may go, of the kinds that rank below `kind` or the same; holder
 * NULL: of all. */
struct entry *
index_victim(struct queue *, struct holder **, enum queue_kind kind);
void index_free(struct queue *);

/* queue_disk.c */
uint64_t disk_segment_size(const struct queue *);
int disk_open(struct queue *, const char *folder, struct err *);
/* Appends to the newest segment or a new one, durably. at: where it begins. On
 * failure nothing of it is there, and the newest takes no more. */
int disk_append(struct queue *, const struct bytes *, struct segment **,
    uint32_t *at, struct err *);
/* The entry's record; r points into q->text. */
int
disk_read(struct queue *, const struct entry *, struct record *r, struct err *);
/* Takes the oldest segment away: nothing in it is kept. */
int disk_drop_oldest(struct queue *, struct err *);

/* queue_stage.c */
int stage_add(
    struct queue *, const struct staged *, const struct record *, struct err *);
/* After a commit that failed: what was put is forgotten, the rest waits. */
void stage_keep(struct queue *);
void stage_clear(struct queue *);

/* queue_compact.c: after a commit; what fails is said and tried again. */
void queue_compact(struct queue *);
/* Copies out of damaged files what can be read, and sets them aside. */
void compact_damaged(struct queue *);
/* queue_commit.c: writes the stage and applies it. */
int commit_stage(struct queue *, struct err *);
/* What op's record, which stands there, does to the index. -1: no memory. */
int apply(struct queue *, const struct staged *, struct segment *, uint32_t at);
/* queue_open.c: one file's records into the index. */
int recover(struct queue *, struct err *);
/* Stages its end. */
int queue_end(struct queue *, struct holder *, struct entry *, struct err *);
/* queue_room.c: may len more bytes of that kind come? As queue_put(). */
int room_for(
    struct queue *, struct holder *, enum queue_kind, size_t len, struct err *);

#endif
