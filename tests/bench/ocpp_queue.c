/* SPDX-License-Identifier: MIT */
/*
 * The store against the least that makes a message durable: a write and an
 * fdatasync of the same bytes at the end of a file, for each of them. The
 * store's commit does the same once a turn; so what its records and its index
 * cost shows with one message a turn, and what is gained with more. Rounds of
 * all alternate, the median counts.
 *
 *	ocpp_queue FOLDER
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "queue.h"
#include "timing.h"

#define ROUNDS 9
#define EACH   200 /* messages a round */
#define TEXT   450 /* a MeterValues */
#define MANY   60000

static struct err e;
static char text[TEXT];

static void
works(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "ocpp_queue: %s: %s\n", what, e.text);
	exit(1);
}

static struct queue *
open_it(void)
{
	const struct queue_limits l = { 256u << 20, 10000000, NULL, NULL };
	struct queue *q = queue_open("q", &l, &e);

	works(q != NULL, "open");
	return q;
}

static void
put(struct queue *q, const char *who)
{
	struct queue_record r = {
		.kind = QUEUE_PERIODIC, .text = text, .len = sizeof(text)
	};

	works(queue_put(q, who, &r, &e) == 0, "put");
}

static double
stored(struct queue *q, unsigned a_turn)
{
	double start = seconds();

	for (unsigned i = 1; i <= EACH; i++) {
		put(q, "CP-1");
		if (i % a_turn == 0)
			works(queue_commit(q, &e) == 0, "commit");
	}
	return (seconds() - start) / EACH * 1e6;
}

static double
plain(int fd)
{
	double start = seconds();

	for (unsigned i = 0; i < EACH; i++)
		works(file_write_all(fd, text, sizeof(text)) == 0 &&
			fdatasync(fd) == 0,
		    "write");
	return (seconds() - start) / EACH * 1e6;
}

static void
durable(void)
{
	double one[ROUNDS], twenty[ROUNDS], peer[ROUNDS], p;
	struct queue *q = open_it();
	int fd = open("plain", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	works(fd != -1, "plain");
	for (int i = 0; i < ROUNDS; i++) {
		peer[i] = plain(fd);
		one[i] = stored(q, 1);
		twenty[i] = stored(q, 20);
	}
	p = median(peer, ROUNDS);
	(void)printf("ocpp.store.message.alone %.1f us %.2f write+fdatasync\n",
	    median(one, ROUNDS), median(one, ROUNDS) / p);
	(void)printf("ocpp.store.message.of-20 %.1f us %.2f write+fdatasync\n",
	    median(twenty, ROUNDS), median(twenty, ROUNDS) / p);
	(void)close(fd);
	queue_free(q);
}

/* Many of many, as after a month without a CSMS. */
static void
large(void)
{
	struct queue *q = open_it();
	size_t before;
	double start;
	char who[16];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(who, sizeof(who), "CP-%u", i % 200);
		put(q, who);
		if (i % 1000 == 999)
			works(queue_commit(q, &e) == 0, "commit");
	}
	queue_free(q);
	before = mallinfo2().uordblks;
	start = seconds();
	q = open_it();
	(void)printf(
	    "ocpp.store.open.60000 %.0f ms\n", (seconds() - start) * 1e3);
	(void)printf("ocpp.store.memory.message %.1f bytes\n",
	    (double)(mallinfo2().uordblks - before) / MANY);
	queue_free(q);
}

int
main(int argc, char *argv[])
{
	if (argc != 2 || chdir(argv[1]) == -1)
		return 2;
	memset(text, 'x', sizeof(text));
	durable();
	large();
	return 0;
}
