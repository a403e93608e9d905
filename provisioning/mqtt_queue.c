/* SPDX-License-Identifier: MIT */
/*
 * The one place where two threads meet. A full queue is told to Paho, which
 * then keeps the message and offers it again: back pressure instead of loss.
 */
#include <sys/eventfd.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "mqtt_queue.h"

struct item {
	struct item *next;
	struct mqtt_event ev;
};

struct mqtt_queue {
	pthread_mutex_t lock;
	struct item *first, **last;
	size_t count;
	int fd;
};

struct mqtt_queue *
mqtt_queue_new(struct err *e)
{
	struct mqtt_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return (void)err_sys(e, "event queue"), NULL;
	if ((q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1) {
		(void)err_sys(e, "eventfd");
		free(q);
		return NULL;
	}
	(void)pthread_mutex_init(&q->lock, NULL);
	q->last = &q->first;
	return q;
}

int
mqtt_queue_fd(const struct mqtt_queue *q)
{
	return q->fd;
}

bool
mqtt_queue_put(struct mqtt_queue *q, const struct mqtt_event *ev)
{
	struct item *it = malloc(sizeof(*it));
	bool fits;

	if (it == NULL)
		return false;
	*it = (struct item){ .ev = *ev };
	(void)pthread_mutex_lock(&q->lock);
	fits = ev->kind != MQTT_MESSAGE || q->count < MQTT_QUEUE_MAX;
	if (fits) {
		*q->last = it;
		q->last = &it->next;
		if (q->count++ == 0)
			(void)eventfd_write(q->fd, 1);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (!fits)
		free(it);
	return fits;
}

int
mqtt_queue_take(struct mqtt_queue *q, struct mqtt_event *ev)
{
	struct item *it;
	eventfd_t unused;

	(void)pthread_mutex_lock(&q->lock);
	if ((it = q->first) != NULL) {
		if ((q->first = it->next) == NULL)
			q->last = &q->first;
		if (--q->count == 0)
			(void)eventfd_read(q->fd, &unused);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (it == NULL)
		return 0;
	*ev = it->ev;
	free(it);
	return 1;
}

void
mqtt_queue_free(struct mqtt_queue *q)
{
	struct mqtt_event ev;

	if (q == NULL)
		return;
	while (mqtt_queue_take(q, &ev) == 1)
		mqtt_event_free(&ev);
	(void)pthread_mutex_destroy(&q->lock);
	(void)close(q->fd);
	free(q);
}
