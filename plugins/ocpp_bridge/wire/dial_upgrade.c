/* SPDX-License-Identifier: MIT */
/*
 * The last stage of a dial: the request, its answer, the leg. What the CSMS
 * sends right behind its answer goes to the leg.
 *
 * In TLS 1.3 a client has finished before the server has looked at its
 * certificate: an alert in place of the answer says that it was not taken.
 */
#include <sys/epoll.h>

#include <openssl/err.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dial_in.h"

static void
taken(struct dial *d, const struct http_head *h)
{
	struct leg_start start = {
		.client = true, .limits = d->limits, .peer = d->peer
	};
	struct dial_result r = { .end = DIAL_OPEN, .status = 101, .why = "" };
	X509 *peer = NULL;
	struct err e;

	if (upgrade_answered(h, d->key, d->protocols, d->deflate,
		&start.deflate, &r.protocol, &e) == -1) {
		dial_fails(d, DIAL_UPGRADE, 101, e.text);
		return;
	}
	if (d->stream.ssl != NULL)
		peer = SSL_get1_peer_certificate(d->stream.ssl);
	start.early = d->head.p + d->looked;
	start.early_len = d->head.len - d->looked;
	r.leg = leg_new_take(d->wire, &d->stream, &start);
	r.peer = peer;
	if (r.leg == NULL)
		dial_fails(d, DIAL_NO_ROUTE, 0, "no memory");
	else {
		/* done() may free the dial: the protocol lies in its head. */
		struct heap head = d->head;

		d->head = (struct heap){ 0 };
		dial_finish(d, &r);
		heap_free(&head);
	}
	X509_free(peer);
}

static void
answered(struct dial *d)
{
	struct http_head h;
	struct err e;
	char why[64];

	if (http_answer(d->head.p, d->looked, &h, &e) == -1) {
		dial_fails(d, DIAL_UPGRADE, 0, e.text);
	} else if (h.status != 101) {
		(void)snprintf(why, sizeof(why), "HTTP %u %s", h.status,
		    http_reason(h.status));
		dial_fails(d, DIAL_HTTP, h.status, why);
	} else
		taken(d, &h);
}

static void
broken(struct dial *d, ssize_t n)
{
	unsigned long error = d->stream.fault;
	const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);

	/* An end where the answer should be is a CSMS that does not want to. */
	if (n == 0 || reason == NULL)
		dial_fails(d, DIAL_NO_ROUTE, 0,
		    n == 0 ? "it ended the connection" : strerror(errno));
	else
		dial_fails(d, dial_end_of(error), 0, reason);
}

static void
read_answer(struct dial *d)
{
	ssize_t n = stream_read(&d->stream, d->wire->in, HTTP_HEAD_MAX);
	size_t end;

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		broken(d, n);
		return;
	}
	if (!heap_add(&d->head, d->wire->in, (size_t)n)) {
		dial_fails(d, DIAL_NO_ROUTE, 0, "no memory");
		return;
	}
	end = http_end(d->head.p, d->head.len, d->looked);
	d->looked = end > 0 ? end : d->head.len;
	if (end > HTTP_HEAD_MAX || (end == 0 && d->head.len > HTTP_HEAD_MAX))
		dial_fails(d, DIAL_UPGRADE, 0, "the answer is too long");
	else if (end > 0)
		answered(d);
}

static void
upgrading(void *ctx, int fd, uint32_t events)
{
	struct dial *d = ctx;
	struct err e;
	ssize_t n;

	if ((events & EPOLLOUT) != 0 && d->sent < d->request.len) {
		n = stream_write(&d->stream, d->request.p + d->sent,
		    d->request.len - d->sent);
		/* What it said before it broke tells more. */
		if (n == -1 && errno != EAGAIN) {
			read_answer(d);
			return;
		}
		d->sent += n > 0 ? (size_t)n : 0;
		if (d->sent == d->request.len) {
			bytes_free(&d->request); /* it holds a password */
			d->request = (struct bytes){ 0 };
			d->sent = 0;
			(void)loop_watch(
			    d->loop, fd, EPOLLIN, upgrading, d, &e);
		}
	}
	if ((events & ~(uint32_t)EPOLLOUT) != 0)
		read_answer(d);
}

void
dial_upgrade(struct dial *d)
{
	struct err e;

	d->end = DIAL_HTTP; /* should it be late: no answer, status 0 */
	if (loop_watch(d->loop, d->stream.fd, EPOLLIN | EPOLLOUT, upgrading, d,
		&e) == -1)
		dial_fails(d, DIAL_NO_ROUTE, 0, e.text);
}
