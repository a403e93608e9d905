/* SPDX-License-Identifier: MIT */
/*
 * An arrival has one deadline for TLS and its request together: who sends a
 * byte now and then gains nothing. While its taker thinks, nothing is read;
 * what the peer sends early stays in the socket, or, if it came with the
 * request, behind the head, and goes to the leg. One that is refused gets time
 * to read why: closed with bytes unread, TCP would reset and the answer be
 * lost.
 */
#include <sys/epoll.h>

#include <openssl/err.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrival.h"

static void ready(void *ctx, int fd, uint32_t events);

static void
failed(struct arrival *a, const char *kind, const char *why)
{
	struct listener *l = a->from;

	if (l->calls.failed != NULL)
		l->calls.failed(l->ctx, kind, a->peer, why);
}

void
arrival_drop(struct arrival *a)
{
	struct listener *l = a->from;

	*a->prev = a->next;
	if (a->next != NULL)
		a->next->prev = a->prev;
	loop_untimer(l->loop, a->timer);
	loop_forget(l->loop, a->stream.fd);
	stream_close(&a->stream);
	heap_free(&a->head);
	bytes_free(&a->protocols);
	X509_free(a->certificate);
	free(a);
	l->n--;
}

struct arrival *
arrival_oldest(struct listener *l)
{
	struct arrival *found = NULL;

	for (struct arrival *a = l->arrivals; a != NULL; a = a->next)
		if (a->state != ARRIVAL_WAITING)
			found = a;
	return found;
}

static void
late(void *ctx)
{
	struct arrival *a = ctx;

	a->timer = 0;
	if (a->state == ARRIVAL_TLS)
		failed(a, "tls", "the handshake took too long");
	else if (a->state == ARRIVAL_HEAD)
		failed(a, "http", "the request took too long");
	if (a->state == ARRIVAL_HEAD)
		arrival_refuse(a, 408, "the request took too long");
	else
		arrival_drop(a);
}

static int
watch(struct arrival *a, uint32_t events)
{
	struct err e;

	return loop_watch(a->from->loop, a->stream.fd, events, ready, a, &e);
}

static int
deadline(struct arrival *a, uint32_t ms)
{
	struct err e;

	loop_untimer(a->from->loop, a->timer);
	a->timer = loop_timer(a->from->loop, ms, late, a, &e);
	return a->timer == -1 ? -1 : 0;
}

bool
arrival_new(struct listener *l, int fd, const char *peer)
{
	struct arrival *a = wire_realloc(NULL, sizeof(*a));

	if (a == NULL) {
		(void)close(fd);
		return false;
	}
	memset(a, 0, sizeof(*a));
	a->from = l;
	a->stream.fd = fd;
	a->state = l->set.tls == NULL ? ARRIVAL_HEAD : ARRIVAL_TLS;
	(void)snprintf(a->peer, sizeof(a->peer), "%s", peer);
	a->next = l->arrivals;
	a->prev = &l->arrivals;
	if (a->next != NULL)
		a->next->prev = &a->next;
	l->arrivals = a;
	l->n++;
	stream_options(fd);
	if (l->set.tls != NULL)
		a->stream.ssl = stream_tls(l->set.tls, fd);
	if ((l->set.tls != NULL && a->stream.ssl == NULL) ||
	    deadline(a, l->set.arrival_ms) == -1 || watch(a, EPOLLIN) == -1) {
		arrival_drop(a);
		return false;
	}
	return true;
}

static void
say(struct arrival *a, const struct bytes *text)
{
	/* A fresh socket takes an answer whole, or the peer is none. */
	if (!text->bad)
		(void)stream_write(&a->stream, text->p, text->len);
}

/* Nothing more will be said; what the peer still says is read away. */
static void
end(struct arrival *a)
{
	stream_shut(&a->stream);
	a->state = ARRIVAL_ENDING;
	if (deadline(a, ARRIVAL_LINGER_MS) == -1 || watch(a, EPOLLIN) == -1)
		arrival_drop(a);
}

void
arrival_refuse(struct arrival *a, unsigned status, const char *why)
{
	own_bytes struct bytes text = { 0 };

	upgrade_refuse(&text, status, why);
	say(a, &text);
	end(a);
}

static const char *const kinds[] = {
	[STREAM_TLS] = "tls",
	[STREAM_TLS_VERSION] = "tls-version",
	[STREAM_TLS_CIPHER] = "tls-cipher",
	[STREAM_TLS_PEER] = "tls-certificate",
	[STREAM_TLS_REFUSED] = "tls",
};

static void
shaken(struct arrival *a)
{
	SSL *ssl = a->stream.ssl;

	a->certificate = SSL_get1_peer_certificate(ssl);
	(void)snprintf(a->tls, sizeof(a->tls), "%s %s", SSL_get_version(ssl),
	    SSL_get_cipher_name(ssl));
	a->state = ARRIVAL_HEAD;
	if (watch(a, EPOLLIN) == -1)
		arrival_drop(a);
}

static void
shake(struct arrival *a)
{
	unsigned long error;
	const char *why;
	int rc, wants;

	ERR_clear_error();
	if ((rc = SSL_accept(a->stream.ssl)) == 1) {
		shaken(a);
		return;
	}
	wants = SSL_get_error(a->stream.ssl, rc);
	error = ERR_peek_error();
	ERR_clear_error();
	if (wants == SSL_ERROR_WANT_READ || wants == SSL_ERROR_WANT_WRITE) {
		if (watch(
			a, wants == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT) ==
		    -1)
			arrival_drop(a);
		return;
	}
	why = stream_why(&a->stream, error);
	failed(a, kinds[stream_fault(error)],
	    why != NULL ? why : "the connection ended within the handshake");
	/* The alert is out: the peer gets time for that, too. */
	SSL_free(a->stream.ssl);
	a->stream.ssl = NULL;
	end(a);
}

static void
asked(struct arrival *a)
{
	struct listener *l = a->from;
	struct http_head h;
	unsigned status;
	struct err e;

	if (http_request(a->head.p, a->head_len, &h, &status, &e) == -1 ||
	    upgrade_asked(&h, l->set.deflate, &a->asked, &status, &e) == -1) {
		failed(a, "http", e.text);
		arrival_refuse(a, status, e.text);
		return;
	}
	upgrade_protocols(&h, &a->protocols);
	loop_untimer(l->loop, a->timer);
	a->timer = 0;
	a->state = ARRIVAL_WAITING;
	if (a->protocols.bad || watch(a, EPOLLRDHUP) == -1) {
		arrival_drop(a);
		return;
	}
	l->calls.arrived(l->ctx, a);
}

static void
read_head(struct arrival *a)
{
	char *in = a->from->wire->in;
	ssize_t n = stream_read(&a->stream, in, HTTP_HEAD_MAX);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		arrival_drop(a);
		return;
	}
	if (!heap_add(&a->head, in, (size_t)n)) {
		arrival_drop(a);
		return;
	}
	a->head_len = http_end(a->head.p, a->head.len, a->looked);
	a->looked = a->head.len;
	if (a->head_len > HTTP_HEAD_MAX ||
	    (a->head_len == 0 && a->head.len > HTTP_HEAD_MAX)) {
		failed(a, "http", "the request is too long");
		arrival_refuse(a, 431, "the request is too long");
	} else if (a->head_len > 0)
		asked(a);
}

static void
left(struct arrival *a)
{
	struct listener *l = a->from;

	if (l->calls.left != NULL)
		l->calls.left(l->ctx, a);
	arrival_drop(a);
}

static void
ending(struct arrival *a)
{
	ssize_t n = stream_read(&a->stream, a->from->wire->in, WIRE_BUFFER);

	if (n == 0 || (n == -1 && errno != EAGAIN))
		arrival_drop(a);
}

static void
ready(void *ctx, int fd, uint32_t events)
{
	static void (*const steps[])(struct arrival *) = {
		[ARRIVAL_TLS] = shake,
		[ARRIVAL_HEAD] = read_head,
		[ARRIVAL_WAITING] = left,
		[ARRIVAL_ENDING] = ending,
	};
	struct arrival *a = ctx;

	(void)fd;
	(void)events;
	steps[a->state](a);
}

void
arrival_facts(const struct arrival *a, struct arrival_facts *f)
{
	*f = (struct arrival_facts){
		.path = a->asked.path,
		.protocols = a->protocols.p == NULL ? "" : a->protocols.p,
		.host = a->asked.host,
		.user = a->asked.user,
		.password = a->asked.password,
		.password_len = a->asked.password_len,
		.certificate = a->certificate,
		.peer = a->peer,
		.tls = a->tls,
	};
}

void
arrival_ctx_is(struct arrival *a, void *ctx)
{
	a->ctx = ctx;
}

void *
arrival_ctx(const struct arrival *a)
{
	return a->ctx;
}

struct leg *
arrival_accept(struct arrival *a, const char *protocol)
{
	own_bytes struct bytes text = { 0 };
	struct leg_start start = {
		.limits = a->from->set.limits,
		.deflate = a->asked.deflate,
		.peer = a->peer,
		.early = a->head.p + a->head_len,
		.early_len = a->head.len - a->head_len,
	};
	struct leg *leg = NULL;

	upgrade_accept(&text, &a->asked, protocol);
	if (!text.bad &&
	    stream_write(&a->stream, text.p, text.len) == (ssize_t)text.len)
		leg = leg_new_take(a->from->wire, &a->stream, &start);
	arrival_drop(a);
	return leg;
}
