/* SPDX-License-Identifier: MIT */
/*
 * A queue at work, for tests that stop it in the middle:
 *
 *	ocpp_queue_do DIR work		some turns of a loop; tells on standard
 *					output what it is about to do and what
 *					is durable
 *	ocpp_queue_do DIR check LOG	opens what is left and compares
 *
 * A line of the log: what, charge point, text.
 *
 *	?  about to be put	+  put and committed	x  put, commit failed
 *	~  about to be done	-  done and committed
 *	i  a provisional id that was committed with its record
 *	m  an id's map that was committed		.  a commit succeeded
 *
 * A turn whose commit fails is tried once more, as a charge point would.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "ocpp_queue.h"

#define TURNS    24
#define CHARGERS 3
#define LINES    2000

static struct queue *q;
static struct err e;

static void
tell(const char *what, int charger, const char *text)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s %d %s\n", what, charger, text);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(98);
}

static const char *
who(int charger)
{
	static const char *const names[CHARGERS] = { "CP-0", "CP-1", "CP-2" };

	return names[charger];
}

/* "17.2" and so many bytes that files fill up. */
static void
text_of(int turn, int charger, char text[static 4096])
{
	int n = snprintf(text, 4096, "%d.%d ", turn, charger);

	memset(text + n, 'x', 4000 - (size_t)n);
	text[4000] = '\0';
}

static void
name_of(const char *text, char name[static 32])
{
	(void)snprintf(name, 32, "%.*s", (int)strcspn(text, " "), text);
}

struct turn {
	int32_t ids[CHARGERS];
	uint64_t done[CHARGERS];
	char names[CHARGERS][32]; /* of what is done */
	bool mapped[CHARGERS];
};

static void
tell_all(const struct turn *t, int turn, const char *put_as, const char *done)
{
	char text[4096], name[32];

	for (int c = 0; c < CHARGERS; c++) {
		text_of(turn, c, text);
		name_of(text, name);
		tell(put_as, c, name);
		if (t->done[c] != 0)
			tell(done, c, t->names[c]);
	}
}

static void
tell_ids(const struct turn *t)
{
	char text[32];

	for (int c = 0; c < CHARGERS; c++) {
		(void)snprintf(text, sizeof(text), "%d", t->ids[c]);
		tell("i", c, text);
		if (t->mapped[c])
			tell("m", c, text);
	}
}

static bool
stage(struct turn *t, int turn)
{
	char text[4096];
	uint64_t number;

	for (int c = 0; c < CHARGERS; c++) {
		enum queue_kind kind = turn % 3 == 0 ? QUEUE_START
		    : turn % 3 == 1                  ? QUEUE_STOP
						     : QUEUE_EVENT;

		text_of(turn, c, text);
		if (queue_provisional(q, &t->ids[c], &e) == -1 ||
		    put_one(q, who(c), kind, t->ids[c], text, strlen(text),
			&number) == -1)
			return false;
		t->mapped[c] = turn % 5 == 0 &&
		    queue_map(q, who(c), t->ids[c] - 1000000, turn, &e) == 0;
	}
	return true;
}

/* All but the newest few of a charge point; the last one keeps all. */
static void
stage_done(struct turn *t)
{
	struct queue_record r;

	for (int c = 0; c + 1 < CHARGERS; c++) {
		t->done[c] = 0;
		if (queue_next(q, who(c), 0, &r, &e) != 1)
			continue;
		name_of(r.text, t->names[c]);
		t->done[c] = r.number;
		if (queue_tried(q, who(c), r.number, &e) == -1 ||
		    queue_done(q, who(c), r.number, &e) == -1)
			t->done[c] = 0;
	}
}

static bool
one_turn(int turn)
{
	struct turn t = { 0 };
	bool staged;

	if (turn > 4)
		stage_done(&t);
	tell_all(&t, turn, "?", "~");
	staged = stage(&t, turn);
	if (queue_commit(q, &e) == -1 || !staged) {
		(void)fprintf(stderr, "turn %d: %s\n", turn, e.text);
		tell_all(&t, turn, "x", "~");
		return false;
	}
	tell_all(&t, turn, "+", "-");
	tell_ids(&t);
	tell(".", 0, "-");
	return true;
}

static int
work(void)
{
	int failed = 0;

	for (int turn = 0; turn < TURNS; turn++)
		if (!one_turn(turn)) {
			failed = 1;
			(void)one_turn(turn);
		}
	return failed;
}

/* --- afterwards ----------------------------------------------------------- */

struct line {
	char what;
	int charger;
	char text[32];
};
static struct line lines[LINES];
static int count;

static int
read_log(const char *path)
{
	FILE *f = fopen(path, "re");

	while (f != NULL && count < LINES &&
	    fscanf(f, " %c %d %31s", &lines[count].what, &lines[count].charger,
		lines[count].text) == 3)
		count++;
	if (f != NULL)
		(void)fclose(f);
	return f == NULL || count == LINES ? -1 : 0;
}

/* The last that was told of it, of these kinds; 0: nothing. */
static char
told(int charger, const char *text, const char *kinds, int *where)
{
	char what = 0;

	for (int i = 0; i < count; i++)
		if (strchr(kinds, lines[i].what) != NULL &&
		    lines[i].charger == charger &&
		    strcmp(lines[i].text, text) == 0) {
			what = lines[i].what;
			*where = i;
		}
	return what;
}

static bool
committed_after(int where)
{
	for (int i = where; i < count; i++)
		if (lines[i].what == '.')
			return true;
	return false;
}

enum must {
	MUST_BE,
	MUST_NOT_BE,
	MAY_BE
};

static enum must
fate(int charger, const char *name)
{
	int at = 0, ended = 0;
	char was = told(charger, name, "?+x", &at);
	char done = told(charger, name, "~-", &ended);

	if (done == '-')
		return MUST_NOT_BE;
	/* A done whose commit failed waits for the next one. */
	if (done == '~')
		return committed_after(ended) ? MUST_NOT_BE : MAY_BE;
	if (was == '+')
		return MUST_BE;
	/* What was refused may only be there if the disk took nothing since
	 * by which it could be taken back. */
	if (was == 'x')
		return committed_after(at) ? MUST_NOT_BE : MAY_BE;
	return was == '?' ? MAY_BE : MUST_NOT_BE;
}

static int
check_charger(int c)
{
	char have[LINES / 4][32], text[4096], name[32];
	struct queue_record r = { 0 };
	int n = 0, at = 0;

	while (queue_next(q, who(c), r.number, &r, &e) == 1)
		name_of(r.text, have[n++]);
	for (int turn = 0; turn < TURNS; turn++) {
		bool is;

		text_of(turn, c, text);
		name_of(text, name);
		is = at < n && strcmp(have[at], name) == 0;
		at += is;
		if (fate(c, name) != MAY_BE &&
		    is != (fate(c, name) == MUST_BE)) {
			(void)printf("%s: %s is %s\n", who(c), name,
			    is ? "there" : "not there");
			return 1;
		}
	}
	if (at != n)
		(void)printf(
		    "%s: %s out of order or twice\n", who(c), have[at]);
	return at != n;
}

static int
check_ids(void)
{
	int32_t id, real;
	int bad = queue_provisional(q, &id, &e);

	for (int i = 0; i < count; i++) {
		int32_t old = (int32_t)strtol(lines[i].text, NULL, 10);

		if (lines[i].what == 'i' && id >= old)
			bad = printf("id %d was used before: %d\n", id, old);
		if (lines[i].what == 'm' &&
		    !queue_mapped(
			q, who(lines[i].charger), old - 1000000, &real))
			bad = printf("%d is not mapped\n", old);
	}
	return bad;
}

static int
check(const char *log)
{
	struct queue_figures f;
	int bad = 0;

	if (read_log(log) == -1)
		return 97;
	for (int c = 0; c < CHARGERS; c++)
		bad |= check_charger(c);
	bad |= check_ids();
	/* It goes on from there. */
	if (put(q, "NEW", QUEUE_STOP, "more") == 0 || queue_commit(q, &e) == -1)
		bad = printf("no more: %s\n", e.text);
	queue_figures(q, NULL, &f);
	q = again(q);
	if (strcmp(list(q, "NEW"), "more") != 0)
		bad = printf("what is new does not stay\n");
	for (int c = 0; c < CHARGERS; c++)
		bad |= check_charger(c);
	/* A kill and a full disk damage nothing. */
	if (strstr(said, "DAMAGED") != NULL)
		bad = printf("%s", said);
	return bad == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	int rc;

	if (argc < 3 || chdir(argv[1]) == -1 ||
	    (q = queue_of(1 << 20, 1000)) == NULL)
		return 99;
	rc = argc == 4 ? check(argv[3]) : work();
	queue_free(q);
	return rc;
}
