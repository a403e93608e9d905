/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OCPP_BROKER_H
#define TESTS_OCPP_BROKER_H

#include <sys/prctl.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker.h"

/* A Mosquitto of a test's own in a folder of its own, and what a subscriber
 * heard from it. */
#define HEARD_MAX 64

struct heard {
	char topic[BROKER_TOPIC_MAX];
	char *text;
};

struct hall {
	char dir[64], sock[96], where[112];
	pid_t pid;
	struct loop *loop;
	struct broker *ear; /* hears all */
	bool ready;
	struct heard heard[HEARD_MAX];
	size_t n;
};

static void
hall_write(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Its messages go nowhere: what a test looks at is what it does. */
static pid_t
hall_mosquitto(const char *dir, const char *name)
{
	char path[160];
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((pid = fork()) == 0) {
		/* A test that fails in the middle leaves no broker. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (freopen("/dev/null", "w", stderr) == NULL ||
		    freopen("/dev/null", "w", stdout) == NULL)
			_exit(126);
		execlp("mosquitto", "mosquitto", "-c", path, NULL);
		execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void
hall_end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGTERM);
	assert_int_equal(waitpid(*pid, NULL, 0), *pid);
	*pid = 0;
}

static void
hall_up(void *ctx, struct broker *b)
{
	struct hall *h = ctx;

	h->ready = broker_subscribe(b, "#");
}

static void
hall_message(void *ctx, const char *topic, const char *p, size_t len)
{
	struct hall *h = ctx;

	if (h->n == HEARD_MAX)
		return;
	(void)snprintf(
	    h->heard[h->n].topic, sizeof(h->heard[h->n].topic), "%s", topic);
	h->heard[h->n].text = strndup(p, len);
	h->n++;
}

/* Turns the loop until fn says yes; a test that waits in vain fails. */
static void
hall_until(struct hall *h, bool (*fn)(void *), void *ctx)
{
	uint64_t until = now_ms() + 10000;
	struct err e;

	while (!fn(ctx) && now_ms() < until)
		assert_int_equal(loop_once(h->loop, 20, &e), 0);
	assert_true(fn(ctx));
}

static const struct heard *
hall_find(const struct hall *h, const char *topic)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->heard[i].topic, topic) == 0)
			return &h->heard[i];
	return NULL;
}

struct hall_wanted {
	struct hall *hall;
	const char *topic;
};

static bool
hall_has(void *ctx)
{
	const struct hall_wanted *w = ctx;

	return hall_find(w->hall, w->topic) != NULL;
}

/* The text that came on topic; waits for it. */
static const char *
hall_wait(struct hall *h, const char *topic)
{
	struct hall_wanted w = { h, topic };

	hall_until(h, hall_has, &w);
	return hall_find(h, topic)->text;
}

static bool
hall_ready(void *ctx)
{
	return ((struct hall *)ctx)->ready;
}

static void
hall_forget(struct hall *h)
{
	while (h->n > 0)
		free(h->heard[--h->n].text);
}

static int
hall_open(void **state)
{
	struct hall *h = calloc(1, sizeof(*h));
	struct broker_settings s = { 0 };
	struct broker_calls on = {
		.up = hall_up, .message = hall_message, .ctx = h
	};
	char conf[256];
	struct err e;

	assert_non_null(h);
	(void)strcpy(h->dir, "/tmp/ingot-mqtt.XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->sock, sizeof(h->sock), "%s/sock", h->dir);
	(void)snprintf(h->where, sizeof(h->where), "unix:%s", h->sock);
	(void)snprintf(conf, sizeof(conf),
	    "listener 0 %s\nallow_anonymous true\nuser root\n", h->sock);
	hall_write(h->dir, "conf", conf);
	h->pid = hall_mosquitto(h->dir, "conf");
	assert_non_null(h->loop = loop_new(&e));
	for (int i = 0; i < 500 && access(h->sock, F_OK) == -1; i++)
		(void)usleep(10000);
	s.where = h->where;
	assert_non_null(h->ear = broker_new(h->loop, &s, &on, &e));
	hall_until(h, hall_ready, h);
	*state = h;
	return 0;
}

static int
hall_close(void **state)
{
	static const char *const names[] = { "conf", "sock", "exposed", "acl",
		"passwd", "ca.pem", "chain.pem", "key.pem" };
	struct hall *h = *state;
	char path[160];

	broker_free(h->ear);
	hall_end(&h->pid);
	loop_free(h->loop);
	hall_forget(h);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", h->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(h->dir);
	free(h);
	return 0;
}

#endif
