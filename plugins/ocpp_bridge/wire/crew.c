/* SPDX-License-Identifier: MIT */
/*
 * Threads take jobs from one list in their order and put them on another when
 * they have ended; an eventfd tells the loop, whose thread alone calls done()
 * and drop(). So whatever a job owns is made and freed on the loop's thread,
 * and only work() has to be careful. A job that is forgotten before a thread
 * took it never runs.
 *
 * The stacks are small: a resolver and a TLS handshake fit, and a plugin's
 * memory is counted. Signals stay with the thread that expects them.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "crew.h"
#include "own.h"

#define CREW_THREADS_MAX 8
#define CREW_JOBS_MAX    16384 /* a fleet that comes back at once */
#define CREW_STACK       (256u * 1024)

struct job {
	struct job *next;
	struct crew_job does;
	void *ctx;
	int id;
	bool forgotten; /* the loop's thread alone looks at it */
};

struct list {
	struct job *first, **last;
};

struct crew {
	struct loop *loop;
	int wake;
	pthread_t threads[CREW_THREADS_MAX];
	unsigned n;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t more;
	struct list waiting, ended;
	struct job *running[CREW_THREADS_MAX];
	unsigned jobs;
	int last_id;
	bool stop;
};

static void
append(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static struct job *
take_first(struct list *l)
{
	struct job *j = l->first;

	if (j != NULL && (l->first = j->next) == NULL)
		l->last = &l->first;
	return j;
}

static struct job **
own_place(struct crew *c)
{
	unsigned i = 0;

	while (c->running[i] != NULL)
		i++;
	return &c->running[i];
}

static void *
thread(void *arg)
{
	struct crew *c = arg;
	struct job *j, **place;
	uint64_t one = 1;

	(void)pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->stop && c->waiting.first == NULL)
			(void)pthread_cond_wait(&c->more, &c->lock);
		if (c->stop)
			break;
		j = take_first(&c->waiting);
		place = own_place(c);
		*place = j;
		(void)pthread_mutex_unlock(&c->lock);
		j->does.work(j->ctx);
		(void)pthread_mutex_lock(&c->lock);
		*place = NULL;
		append(&c->ended, j);
		if (write(c->wake, &one, sizeof(one)) == -1)
			abort(); /* only a counter at its end refuses */
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void
finish(struct crew *c, struct job *j, bool drop)
{
	void (*end)(void *) = drop ? j->does.drop : j->does.done;
	void *ctx = j->ctx;

	(void)pthread_mutex_lock(&c->lock);
	c->jobs--;
	(void)pthread_mutex_unlock(&c->lock);
	free(j);
	end(ctx); /* may add, forget, or free the crew: nothing after it */
}

/* One job for each event: done() may free the crew. */
static void
woken(void *ctx, int fd, uint32_t events)
{
	struct crew *c = ctx;
	struct job *j;
	uint64_t n;

	(void)events;
	if (read(fd, &n, sizeof(n)) == -1)
		return; /* another event has emptied it */
	(void)pthread_mutex_lock(&c->lock);
	j = take_first(&c->ended);
	n = c->ended.first != NULL;
	(void)pthread_mutex_unlock(&c->lock);
	if (n > 0 && write(fd, &n, sizeof(n)) == -1)
		return;
	if (j != NULL)
		finish(c, j, j->forgotten);
}

static int
start(struct crew *c, unsigned threads, struct err *e)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int rc = 0;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, CREW_STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (rc == 0 && c->n < threads && c->n < CREW_THREADS_MAX)
		if ((rc = pthread_create(
			 &c->threads[c->n], &attr, thread, c)) == 0)
			c->n++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	/* Fewer than asked for are slower, not wrong. */
	if (c->n == 0)
		return err_set(e, rc, "no thread could be started");
	return 0;
}

struct crew *
crew_new(struct loop *l, unsigned threads, struct err *e)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (c == NULL ||
	    (c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1) {
		(void)err_sys(e, "crew");
		free(c);
		return NULL;
	}
	c->loop = l;
	c->waiting.last = &c->waiting.first;
	c->ended.last = &c->ended.first;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->more, NULL);
	if (loop_watch(l, c->wake, EPOLLIN, woken, c, e) == -1 ||
	    start(c, threads, e) == -1) {
		(void)err_in(e, "crew");
		crew_free(c);
		return NULL;
	}
	return c;
}

void
crew_free(struct crew *c)
{
	struct job *j;

	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n; i++)
		(void)pthread_join(c->threads[i], NULL);
	while ((j = take_first(&c->waiting)) != NULL)
		finish(c, j, true);
	while ((j = take_first(&c->ended)) != NULL)
		finish(c, j, true);
	loop_forget(c->loop, c->wake);
	(void)close(c->wake);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->more);
	free(c);
}

int
crew_add(struct crew *c, const struct crew_job *does, void *ctx, struct err *e)
{
	struct job *j = calloc(1, sizeof(*j));
	int id = -1;

	if (j == NULL)
		return err_sys(e, "crew");
	(void)pthread_mutex_lock(&c->lock);
	if (c->jobs < CREW_JOBS_MAX) {
		c->jobs++;
		c->last_id = c->last_id == INT_MAX ? 1 : c->last_id + 1;
		id = c->last_id;
		*j = (struct job){ .does = *does, .ctx = ctx, .id = id };
		append(&c->waiting, j);
		(void)pthread_cond_signal(&c->more);
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (id != -1)
		return id;
	free(j);
	return err_set(e, EAGAIN, "too much is waiting already");
}

static struct job *
unlink_job(struct list *l, int id)
{
	for (struct job **at = &l->first; *at != NULL; at = &(*at)->next) {
		struct job *j = *at;

		if (j->id != id)
			continue;
		*at = j->next;
		if (l->last == &j->next)
			l->last = at;
		return j;
	}
	return NULL;
}

void
crew_forget(struct crew *c, int id)
{
	struct job *j;

	(void)pthread_mutex_lock(&c->lock);
	j = unlink_job(&c->waiting, id);
	if (j == NULL)
		j = unlink_job(&c->ended, id);
	for (unsigned i = 0; j == NULL && i < CREW_THREADS_MAX; i++)
		if (c->running[i] != NULL && c->running[i]->id == id)
			c->running[i]->forgotten = true;
	(void)pthread_mutex_unlock(&c->lock);
	if (j != NULL)
		finish(c, j, true);
}
