/* SPDX-License-Identifier: MIT */
/*
 * libmosquitto in somebody else's loop. Its socket is watched for writing only
 * while it has something to write, which it says by mosquitto_want_write();
 * that is asked after every call that may have sent something.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "broker_where.h"
#include "digest.h"

#define KEEPALIVE_S  20
#define FIRST_MS     1000u
#define LAST_MS      30000u
#define MISC_MS      1000u /* keepalive and resends are looked at so often */
#define CLIENT_ID    "ingot-ocpp"
#define WILL_ONLINE  "online"
#define WILL_OFFLINE "offline"

struct broker {
	struct loop *loop;
	struct mosquitto *m;
	struct where where;
	struct broker_calls calls;
	char *will;
	int fd;      /* watched, or -1 */
	bool writes; /* watched for writing, too */
	int timer;
	unsigned failures;
	size_t waiting; /* bytes published since it last wrote all */
	struct broker_figures figures;
};

static void try_connect(void *ctx);

static uint64_t
wait_ms(unsigned failures)
{
	uint64_t ms = FIRST_MS;
	uint32_t dice;
	struct err e;

	while (failures-- > 1 && ms < LAST_MS)
		ms *= 2;
	if (ms > LAST_MS)
		ms = LAST_MS;
	if (random_bytes(&dice, sizeof(dice), &e) == -1)
		dice = 0; /* no jitter this once */
	return ms / 2 + dice % ms;
}

static void
arm(struct broker *b, uint64_t ms, loop_timer_fn *fn)
{
	struct err e;

	loop_untimer(b->loop, b->timer);
	b->timer = loop_timer(b->loop, ms, fn, b, &e);
}

static void
hang_up(struct broker *b, const char *why)
{
	bool was = b->figures.up;

	if (b->fd != -1)
		loop_forget(b->loop, b->fd);
	b->fd = -1;
	b->writes = false;
	b->waiting = 0;
	b->figures.up = false;
	b->failures++;
	arm(b, wait_ms(b->failures), try_connect);
	if ((was || b->failures == 1) && b->calls.down != NULL)
		b->calls.down(b->calls.ctx, why);
}

static void ready(void *ctx, int fd, uint32_t events);

/* Watches for what the library waits for. */
static void
watch(struct broker *b)
{
	bool writes = mosquitto_want_write(b->m);
	int fd = mosquitto_socket(b->m);
	struct err e;

	if (!writes)
		b->waiting = 0;
	if (fd == -1 || (fd == b->fd && writes == b->writes))
		return;
	if (b->fd != -1 && b->fd != fd)
		loop_forget(b->loop, b->fd);
	b->fd = fd;
	b->writes = writes;
	if (loop_watch(b->loop, fd, EPOLLIN | (writes ? EPOLLOUT : 0u), ready,
		b, &e) == -1)
		hang_up(b, e.text);
}

static void
ready(void *ctx, int fd, uint32_t events)
{
	struct broker *b = ctx;
	int rc = MOSQ_ERR_SUCCESS;

	/* The library goes on shaking hands on a connection that was refused,
	 * as if it came up: that nobody is there is seen here. */
	(void)fd;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
		hang_up(b, mosquitto_strerror(MOSQ_ERR_CONN_LOST));
		return;
	}
	if ((events & EPOLLOUT) != 0)
		rc = mosquitto_loop_write(b->m, 1);
	if (rc == MOSQ_ERR_SUCCESS && (events & EPOLLIN) != 0)
		rc = mosquitto_loop_read(b->m, 1);
	if (rc != MOSQ_ERR_SUCCESS)
		hang_up(b, mosquitto_strerror(rc));
	else
		watch(b);
}

static void
look(void *ctx)
{
	struct broker *b = ctx;
	int rc = mosquitto_loop_misc(b->m);

	if (rc != MOSQ_ERR_SUCCESS) {
		hang_up(b, mosquitto_strerror(rc));
		return;
	}
	watch(b);
	arm(b, MISC_MS, look);
}

static void
try_connect(void *ctx)
{
	struct broker *b = ctx;
	int rc = mosquitto_connect_async(
	    b->m, b->where.host, b->where.port, KEEPALIVE_S);

	if (rc != MOSQ_ERR_SUCCESS) {
		hang_up(b,
		    rc == MOSQ_ERR_ERRNO ? strerror(errno)
					 : mosquitto_strerror(rc));
		return;
	}
	watch(b);
	arm(b, MISC_MS, look);
}

static void
on_connect(struct mosquitto *m, void *ctx, int rc)
{
	struct broker *b = ctx;

	(void)m;
	if (rc != 0) /* the library reports the end, too */
		return;
	b->failures = 0;
	b->figures.up = true;
	if (b->will != NULL)
		(void)broker_publish(
		    b, b->will, WILL_ONLINE, sizeof(WILL_ONLINE) - 1, true);
	b->calls.up(b->calls.ctx, b);
}

/* What is retained was said to somebody else, at another time: a command that
 * waits in a broker for whoever comes is not obeyed. */
static void
on_message(
    struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
	struct broker *b = ctx;

	(void)m;
	if (message->retain || message->payloadlen < 0 ||
	    (size_t)message->payloadlen > BROKER_PAYLOAD_MAX)
		return;
	b->figures.received++;
	b->calls.message(b->calls.ctx, message->topic,
	    message->payload == NULL ? "" : message->payload,
	    (size_t)message->payloadlen);
}

static int
set_up_tls(struct broker *b, const struct broker_settings *s)
{
	int rc =
	    mosquitto_tls_set(b->m, s->anchors, NULL, s->chain, s->key, NULL);

	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_tls_opts_set(b->m, 1, "tlsv1.2", NULL);
	return rc;
}

static int
set_up(struct broker *b, const struct broker_settings *s, struct err *e)
{
	int rc = MOSQ_ERR_SUCCESS;

	mosquitto_connect_callback_set(b->m, on_connect);
	mosquitto_message_callback_set(b->m, on_message);
	(void)mosquitto_int_option(b->m, MOSQ_OPT_TCP_NODELAY, 1);
	if (b->where.tls)
		rc = set_up_tls(b, s);
	if (rc == MOSQ_ERR_SUCCESS && s->user != NULL)
		rc = mosquitto_username_pw_set(b->m, s->user, s->password);
	if (rc == MOSQ_ERR_SUCCESS && s->will != NULL) {
		b->will = strdup(s->will);
		rc = b->will == NULL
		    ? MOSQ_ERR_NOMEM
		    : mosquitto_will_set(b->m, s->will,
			  sizeof(WILL_OFFLINE) - 1, WILL_OFFLINE, 0, true);
	}
	if (rc == MOSQ_ERR_SUCCESS)
		return 0;
	return err_set(
	    e, EINVAL, "broker %.60s: %s", s->where, mosquitto_strerror(rc));
}

struct broker *
broker_new(struct loop *loop, const struct broker_settings *s,
    const struct broker_calls *calls, struct err *e)
{
	struct broker *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (void)err_sys(e, "broker"), NULL;
	b->loop = loop;
	b->calls = *calls;
	b->fd = -1;
	if (where_parse(s->where, &b->where, e) == -1) {
		free(b);
		return NULL;
	}
	(void)mosquitto_lib_init();
	/* No identity: the broker gives one, and two bridges do not throw each
	 * other out. */
	if ((b->m = mosquitto_new(NULL, true, b)) == NULL)
		(void)err_sys(e, "broker %.60s", s->where);
	else if (set_up(b, s, e) == 0) {
		try_connect(b);
		return b;
	}
	broker_free(b);
	return NULL;
}

void
broker_free(struct broker *b)
{
	if (b == NULL)
		return;
	loop_untimer(b->loop, b->timer);
	if (b->fd != -1)
		loop_forget(b->loop, b->fd);
	if (b->figures.up && b->will != NULL)
		(void)broker_publish(
		    b, b->will, WILL_OFFLINE, sizeof(WILL_OFFLINE) - 1, true);
	if (b->m != NULL) {
		(void)mosquitto_disconnect(b->m);
		mosquitto_destroy(b->m);
	}
	(void)mosquitto_lib_cleanup();
	free(b->will);
	free(b);
}

bool
broker_subscribe(struct broker *b, const char *filter)
{
	bool done = b->figures.up &&
	    mosquitto_subscribe(b->m, NULL, filter, 1) == MOSQ_ERR_SUCCESS;

	if (done)
		watch(b);
	return done;
}

/* A failed write is not dealt with here, in the midst of a frame: the loop
 * meets the same error on the socket. */
bool
broker_publish(struct broker *b, const char *topic, const void *payload,
    size_t len, bool retain)
{
	bool taken = b->figures.up && b->waiting <= BROKER_WAITING_MAX &&
	    len <= INT32_MAX &&
	    mosquitto_publish(b->m, NULL, topic, (int)len, payload, 0,
		retain) == MOSQ_ERR_SUCCESS;

	if (!taken) {
		b->figures.dropped++;
		return false;
	}
	b->figures.sent++;
	b->waiting += len;
	watch(b);
	return true;
}

void
broker_figures(const struct broker *b, struct broker_figures *f)
{
	*f = b->figures;
}
