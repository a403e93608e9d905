/* SPDX-License-Identifier: MIT */
/*
 * Whether a service should run is not remembered anywhere: the file says it,
 * and a plugin that is activated again after a restart says "look". What was
 * started is known by the hash of the file it was started with.
 */
#include <sys/epoll.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "digest.h"
#include "file.h"
#include "life.h"
#include "log.h"
#include "own.h"
#include "tend.h"

#define CONFIG_MAX (1024u * 1024)
#define QUICK_MS   10000u /* a death so soon counts as quick */

struct tended {
	struct tended *next;
	struct loop *loop;
	char *name, *config;
	char *argv[GRANTS_WORDS + 1];
	struct child child;
	uint8_t hash[SHA256_LEN]; /* of the file it was started with */
	uint64_t started_ms;
	unsigned quick;
	int timer;
	bool ending; /* we told it to */
};

static void
tended_free(struct tended *t)
{
	loop_untimer(t->loop, t->timer);
	for (size_t i = 0; t->argv[i] != NULL; i++)
		free(t->argv[i]);
	free(t->name);
	free(t->config);
	free(t);
}

static struct tended *
tended_new(struct loop *l, const struct grant_reload *r)
{
	struct tended *t = calloc(1, sizeof(*t));
	bool whole;

	if (t == NULL)
		return NULL;
	t->loop = l;
	t->child.pidfd = -1;
	t->name = strdup(r->name);
	t->config = strdup(r->config);
	whole = t->name != NULL && t->config != NULL;
	for (size_t i = 0; whole && r->run[i] != NULL; i++)
		whole = (t->argv[i] = strdup(r->run[i])) != NULL;
	if (whole)
		return t;
	tended_free(t);
	return NULL;
}

/* 1: there is a file, 0: there is none. */
static int
read_hash(const char *path, uint8_t hash[static SHA256_LEN], struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (file_read(AT_FDCWD, path, CONFIG_MAX, &text, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	return sha256(text.p == NULL ? "" : text.p, text.len, hash, e) == -1
	    ? -1
	    : 1;
}

static void ended(void *ctx, int fd, uint32_t events);

static int
start(struct tended *t, struct err *e)
{
	struct child_spec spec = {
		.path = t->argv[0], .argv = t->argv, .out = -1
	};

	if (child_spawn(&spec, &t->child, e) == -1)
		return err_in(e, "service %s", t->name);
	t->ending = false;
	t->started_ms = now_ms();
	if (loop_watch(t->loop, t->child.pidfd, EPOLLIN, ended, t, e) == -1)
		return -1;
	log_info("service %s: started", t->name);
	return 0;
}

/* Starts, ends or leaves it, as the file says. */
static int
agree(struct tended *t, struct err *e)
{
	uint8_t hash[SHA256_LEN];
	int there = read_hash(t->config, hash, e);

	if (there == -1)
		return err_in(e, "service %s", t->name);
	loop_untimer(t->loop, t->timer);
	t->timer = 0;
	if (t->child.pid == 0) {
		(void)memcpy(t->hash, hash, there ? sizeof(hash) : 0);
		return there ? start(t, e) : 0;
	}
	if (!there || memcmp(hash, t->hash, sizeof(hash)) != 0) {
		t->ending = true; /* ended() looks at the file again */
		child_signal(&t->child, SIGTERM);
	}
	return 0;
}

static void
again(void *ctx)
{
	struct tended *t = ctx;
	struct err e;

	t->timer = 0;
	if (agree(t, &e) == 0)
		return;
	log_warn("%s", e.text);
	t->timer = loop_timer(
	    t->loop, (uint64_t)life_backoff(++t->quick) * 1000, again, t, &e);
}

static void
ended(void *ctx, int fd, uint32_t events)
{
	struct tended *t = ctx;
	uint64_t wait_ms = 0;
	char how[80];
	struct err e;
	int status = 0;

	(void)events;
	loop_forget(t->loop, fd);
	(void)child_reap(&t->child, &status);
	child_say(status, how, sizeof(how));
	if (t->ending)
		t->quick = 0;
	else {
		t->quick =
		    now_ms() - t->started_ms < QUICK_MS ? t->quick + 1 : 1;
		wait_ms = (uint64_t)life_backoff(t->quick) * 1000;
		log_warn("service %s: %s; started again in %u s", t->name, how,
		    (unsigned)(wait_ms / 1000));
	}
	t->timer = loop_timer(t->loop, wait_ms, again, t, &e);
}

int
tend(struct loop *l, struct tended **list, const struct grant_reload *r,
    struct err *e)
{
	struct tended *t = *list;

	while (t != NULL && strcmp(t->config, r->config) != 0)
		t = t->next;
	if (t == NULL) {
		if ((t = tended_new(l, r)) == NULL)
			return err_sys(e, "service %s", r->name);
		t->next = *list;
		*list = t;
	}
	return agree(t, e);
}

static void
stop_one(struct tended *t, uint64_t until_ms)
{
	struct pollfd p = { .fd = t->child.pidfd, .events = POLLIN };
	uint64_t now = now_ms();
	int status;

	if (t->child.pid == 0)
		return;
	loop_forget(t->loop, t->child.pidfd);
	if (poll(&p, 1, until_ms > now ? (int)(until_ms - now) : 0) != 1)
		child_signal(&t->child, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)t->child.pidfd, &(siginfo_t){ 0 },
	    WEXITED | WNOWAIT);
	(void)child_reap(&t->child, &status);
}

void
tend_stop(struct tended **list, uint64_t until_ms)
{
	struct tended *t;

	for (t = *list; t != NULL; t = t->next)
		child_signal(&t->child, SIGTERM);
	while ((t = *list) != NULL) {
		*list = t->next;
		stop_one(t, until_ms);
		tended_free(t);
	}
}
