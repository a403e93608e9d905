/* SPDX-License-Identifier: MIT */
/*
 * One dial: addresses, a connection to the first that answers, TLS, the
 * upgrade, a leg. Lookup and TLS are the crew's (dial_crew.c); connecting is
 * not, so that a CSMS whose address swallows all packets holds no thread. One
 * deadline is over all of it, and one place, dial_finish(), ends it, called
 * from the loop and nowhere else.
 */
#include <sys/epoll.h>

#include <netinet/in.h>

#include <openssl/err.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial_in.h"

static void connect_next(struct dial *);

enum dial_end
dial_end_of(unsigned long error)
{
	static const enum dial_end ends[] = {
		[STREAM_TLS] = DIAL_TLS,
		[STREAM_TLS_VERSION] = DIAL_TLS_VERSION,
		[STREAM_TLS_CIPHER] = DIAL_TLS_CIPHER,
		[STREAM_TLS_PEER] = DIAL_TLS_PEER,
		[STREAM_TLS_REFUSED] = DIAL_TLS_REFUSED,
	};

	return ends[stream_fault(error)];
}

/* No memory for a timer: the one before, which is not too early, stays. */
static void
timer(struct dial *d, uint64_t ms, loop_timer_fn *fn)
{
	struct err e;
	int id = loop_timer(d->loop, ms, fn, d, &e);

	if (id == -1)
		return;
	loop_untimer(d->loop, d->timer);
	d->timer = id;
}

static void
hang_up(struct dial *d)
{
	loop_forget(d->loop, d->stream.fd);
	stream_close(&d->stream);
}

void
dial_finish(struct dial *d, const struct dial_result *r)
{
	loop_untimer(d->loop, d->timer);
	d->timer = 0;
	d->done(d->ctx, r); /* it may have freed the dial */
}

void
dial_fails(struct dial *d, enum dial_end end, unsigned status, const char *why)
{
	struct dial_result r = { .end = end, .status = status, .protocol = "" };
	X509 *peer = d->stream.ssl == NULL
	    ? NULL
	    : SSL_get1_peer_certificate(d->stream.ssl);
	char text[sizeof(d->why)];

	(void)snprintf(text, sizeof(text), "%s", why);
	r.why = text;
	r.peer = peer;
	hang_up(d);
	dial_forget(d);
	dial_finish(d, &r);
	X509_free(peer);
}

static void
late(void *ctx)
{
	struct dial *d = ctx;

	d->timer = 0;
	dial_fails(
	    d, d->end, 0, d->why[0] != '\0' ? d->why : "it took too long");
}

/* For d->why. Also what went wrong in dial_new comes from the loop. */
static void
fails_soon(struct dial *d, enum dial_end end)
{
	d->end = end;
	timer(d, 0, late);
}

void
dial_shaken(struct dial *d, unsigned long error, const char *why)
{
	d->job = 0;
	if (why != NULL)
		dial_fails(d, dial_end_of(error), 0, why);
	else
		dial_upgrade(d);
}

static void
connected(void *ctx, int fd, uint32_t events)
{
	struct dial *d = ctx;
	int error = 0;
	socklen_t len = sizeof(error);
	struct err e;

	(void)events;
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		(void)snprintf(d->why, sizeof(d->why), "%s", strerror(error));
		connect_next(d);
		return;
	}
	loop_forget(d->loop, fd);
	d->why[0] = '\0';
	stream_options(fd);
	if (d->tls == NULL)
		dial_upgrade(d);
	else {
		d->end = DIAL_TLS;
		if (dial_shake(d, &e) == -1)
			dial_fails(d, DIAL_TLS, 0, e.text);
	}
}

/* true: it is on its way, and the loop will hear of it. */
static bool
connect_to(struct dial *d, const struct addrinfo *a)
{
	struct sockaddr_storage name = { 0 };
	struct err e;

	d->stream.fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->stream.fd != -1 &&
	    (connect(d->stream.fd, a->ai_addr, a->ai_addrlen) == 0 ||
		errno == EINPROGRESS) &&
	    loop_watch(d->loop, d->stream.fd, EPOLLOUT, connected, d, &e) ==
		0) {
		memcpy(&name, a->ai_addr, a->ai_addrlen);
		stream_name(&name, d->peer);
		return true;
	}
	(void)snprintf(d->why, sizeof(d->why), "%s", strerror(errno));
	return false;
}

static void
slow_address(void *ctx)
{
	struct dial *d = ctx;

	d->timer = 0;
	if (now_ms() >= d->late_at)
		late(d);
	else
		connect_next(d);
}

/* What is left of the time is shared by the addresses that are left. */
static void
connect_next(struct dial *d)
{
	uint64_t now = now_ms(), left = d->late_at > now ? d->late_at - now : 0;
	unsigned n = 0;

	hang_up(d);
	for (struct addrinfo *a = d->next; a != NULL; a = a->ai_next)
		n++;
	for (; n > 0; n--) {
		struct addrinfo *a = d->next;

		d->next = a->ai_next;
		if (!connect_to(d, a)) {
			hang_up(d);
			continue;
		}
		left = n > 1 && left / n > DIAL_LEAST_MS ? left / n : left;
		timer(d, left, d->next != NULL ? slow_address : late);
		return;
	}
	if (d->why[0] == '\0')
		(void)snprintf(d->why, sizeof(d->why), "no address answers");
	fails_soon(d, DIAL_NO_ROUTE);
}

void
dial_found(struct dial *d, struct addrinfo *found, const char *why)
{
	d->job = 0;
	d->found = d->next = found;
	d->end = DIAL_NO_ROUTE;
	if (found == NULL)
		dial_fails(d, DIAL_NO_NAME, 0, why);
	else
		connect_next(d);
}

/* An address as a host needs no thread. */
static int
begin(struct dial *d, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST };
	uint64_t now = now_ms();
	char port[8];

	d->end = DIAL_NO_NAME;
	d->timer = loop_timer(
	    d->loop, d->late_at > now ? d->late_at - now : 0, late, d, e);
	if (d->timer == -1)
		return -1;
	(void)snprintf(port, sizeof(port), "%u", d->port);
	if (getaddrinfo(d->host, port, &hints, &d->found) != 0) {
		d->found = NULL;
		return dial_look_up(d, e);
	}
	d->end = DIAL_NO_ROUTE;
	d->next = d->found;
	connect_next(d);
	return 0;
}

/* Nothing that would end a line and begin another in the request. */
static bool
fits_a_line(const char *text, unsigned char least)
{
	for (; text != NULL && *text != '\0'; text++)
		if ((unsigned char)*text < least || *text == 0x7f)
			return false;
	return true;
}

static int
write_request(struct dial *d, const struct dial_settings *s, struct err *e)
{
	uint8_t random[16];
	struct upgrade_request r = { .host = s->host,
		.port = s->port,
		.tls = s->tls != NULL,
		.path = s->path,
		.protocols = s->protocols,
		.user = s->user,
		.password = s->password,
		.password_len = s->password_len,
		.deflate = s->deflate };

	if (!fits_a_line(s->host, '!') || !fits_a_line(s->path, '!') ||
	    !fits_a_line(s->protocols, ' ') || s->path[0] != '/')
		return err_set(e, EINVAL,
		    "a host, path or subprotocol that is no part of a request");
	if (wire_random(d->wire, random, sizeof(random)) == -1)
		return err_sys(e, "dial");
	upgrade_key(random, d->key);
	memcpy(r.key, d->key, sizeof(r.key));
	upgrade_ask(&d->request, &r);
	d->host = strdup(s->host);
	d->name = strdup(s->name != NULL ? s->name : s->host);
	d->protocols = strdup(s->protocols != NULL ? s->protocols : "");
	if (d->request.bad || d->host == NULL || d->name == NULL ||
	    d->protocols == NULL)
		return err_set(e, ENOMEM, "no memory for a dial");
	return 0;
}

struct dial *
dial_new(struct loop *l, struct crew *crew, const struct dial_settings *s,
    void (*done)(void *ctx, const struct dial_result *), void *ctx,
    struct err *e)
{
	struct dial *d = wire_realloc(NULL, sizeof(*d));

	if (d == NULL) {
		(void)err_set(e, ENOMEM, "no memory for a dial");
		return NULL;
	}
	*d = (struct dial){ .loop = l,
		.crew = crew,
		.done = done,
		.ctx = ctx,
		.tls = s->tls,
		.port = s->port,
		.wildcards = s->wildcards,
		.deflate = s->deflate,
		.limits = s->limits,
		.late_at = now_ms() + s->late_ms,
		.stream.fd = -1 };
	if (d->tls != NULL)
		(void)SSL_CTX_up_ref(d->tls);
	if ((d->wire = wire_hold(l, e)) == NULL ||
	    write_request(d, s, e) == -1 || begin(d, e) == -1) {
		dial_free(d);
		return NULL;
	}
	return d;
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	loop_untimer(d->loop, d->timer);
	dial_forget(d);
	hang_up(d);
	if (d->found != NULL)
		freeaddrinfo(d->found);
	bytes_free(&d->request);
	heap_free(&d->head);
	free(d->host);
	free(d->name);
	free(d->protocols);
	SSL_CTX_free(d->tls);
	wire_release(d->wire);
	free(d);
}
