/* SPDX-License-Identifier: MIT */
/*
 * What a dial waits for outside the loop. A job owns all it touches: the dial
 * may be freed while its job runs, and is then only not told. The socket of a
 * handshake does not block; its thread waits with poll, so that a deadline and
 * a cancellation end it.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial_in.h"

#define SLICE_MS 200 /* how soon a cancelled handshake ends */

struct lookup {
	struct dial *dial;
	char *host, port[8];
	uint64_t late_at;
	struct addrinfo *found;
	int rc;
};

static void
look_up(void *ctx)
{
	struct lookup *l = ctx;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG };

	l->rc = EAI_AGAIN;
	if (now_ms() < l->late_at)
		l->rc = getaddrinfo(l->host, l->port, &hints, &l->found);
}

static void
lookup_drop(void *ctx)
{
	struct lookup *l = ctx;

	if (l->found != NULL)
		freeaddrinfo(l->found);
	free(l->host);
	free(l);
}

static void
lookup_done(void *ctx)
{
	struct lookup *l = ctx;
	struct dial *d = l->dial;
	struct addrinfo *found = l->found;
	int rc = l->rc;

	l->found = NULL;
	lookup_drop(l);
	dial_found(d, found, gai_strerror(rc));
}

int
dial_look_up(struct dial *d, struct err *e)
{
	static const struct crew_job job = { look_up, lookup_done,
		lookup_drop };
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->host = strdup(d->host)) == NULL) {
		free(l);
		return err_sys(e, "dial");
	}
	l->dial = d;
	l->late_at = d->late_at;
	(void)snprintf(l->port, sizeof(l->port), "%u", d->port);
	if ((d->job = crew_add(d->crew, &job, l, e)) == -1) {
		lookup_drop(l);
		return -1;
	}
	return 0;
}

struct shake {
	struct dial *dial;
	struct stream stream;
	uint64_t late_at;
	atomic_bool cancelled;
	unsigned long error;
	const char *why;
	char text[160];
};

static void
shake_drop(void *ctx)
{
	struct shake *s = ctx;

	stream_close(&s->stream);
	free(s);
}

/* false: late, or nobody waits for it any more. */
static bool
wait_for(struct shake *s, int wants)
{
	struct pollfd p = { .fd = s->stream.fd,
		.events = wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT };
	int rc = 0;

	while (rc == 0) {
		if (atomic_load(&s->cancelled) || now_ms() >= s->late_at) {
			s->why = "the TLS handshake took too long";
			return false;
		}
		rc = poll(&p, 1, SLICE_MS);
		if (rc == -1 && errno == EINTR)
			rc = 0;
	}
	return rc == 1;
}

static void
explain(struct shake *s)
{
	const char *why = stream_why(&s->stream, s->error);

	(void)snprintf(s->text, sizeof(s->text), "%s",
	    why != NULL ? why : "the connection ended within the handshake");
	s->why = s->text;
}

static void
shake(void *ctx)
{
	struct shake *s = ctx;
	int rc, wants;

	do {
		ERR_clear_error();
		if ((rc = SSL_connect(s->stream.ssl)) == 1)
			return;
		wants = SSL_get_error(s->stream.ssl, rc);
		if (wants != SSL_ERROR_WANT_READ &&
		    wants != SSL_ERROR_WANT_WRITE) {
			s->error = ERR_peek_error();
			explain(s);
			ERR_clear_error();
			return;
		}
	} while (wait_for(s, wants));
	if (s->why == NULL)
		s->why = strerror(errno);
}

static void
shake_done(void *ctx)
{
	struct shake *s = ctx;
	struct dial *d = s->dial;

	d->shaking = NULL;
	d->stream = s->stream;
	s->stream = (struct stream){ .fd = -1 };
	dial_shaken(d, s->error, s->why);
	shake_drop(s);
}

/*
 * The name is checked within the handshake, so that a wrong one is told to the
 * peer as an alert. OCPP has it in CN or SAN (A00.FR.510: CN = FQDN), exactly;
 * a wildcard only if that is allowed.
 */
static bool
names(SSL *ssl, const char *name, bool wildcards)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
	unsigned char address[16];

	X509_VERIFY_PARAM_set_hostflags(p,
	    X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT |
		(wildcards ? X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
			   : X509_CHECK_FLAG_NO_WILDCARDS));
	if (inet_pton(AF_INET, name, address) == 1 ||
	    inet_pton(AF_INET6, name, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(p, name) == 1;
	return X509_VERIFY_PARAM_set1_host(p, name, 0) == 1 &&
	    SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* Whatever the context says, a peer that is not verified is none. */
static SSL *
client(const struct dial *d)
{
	static const unsigned char http[] = "\x08http/1.1";
	SSL *ssl = stream_tls(d->tls, d->stream.fd);

	if (ssl == NULL)
		return NULL;
	SSL_set_verify(ssl, SSL_VERIFY_PEER, SSL_get_verify_callback(ssl));
	if (SSL_set_alpn_protos(ssl, http, sizeof(http) - 1) == 0 &&
	    names(ssl, d->name, d->wildcards))
		return ssl;
	SSL_free(ssl);
	return NULL;
}

int
dial_shake(struct dial *d, struct err *e)
{
	static const struct crew_job job = { shake, shake_done, shake_drop };
	struct shake *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_sys(e, "dial");
	if ((d->stream.ssl = client(d)) == NULL) {
		free(s);
		return err_ssl(e, "TLS towards %s", d->name);
	}
	s->dial = d;
	s->late_at = d->late_at;
	s->stream = d->stream;
	if ((d->job = crew_add(d->crew, &job, s, e)) == -1) {
		free(s);
		return -1;
	}
	d->stream = (struct stream){ .fd = -1 };
	d->shaking = s;
	return 0;
}

/* A job that has not begun is gone after crew_forget(). */
void
dial_forget(struct dial *d)
{
	if (d->shaking != NULL)
		atomic_store(&d->shaking->cancelled, true);
	d->shaking = NULL;
	if (d->job > 0)
		crew_forget(d->crew, d->job);
	d->job = 0;
}
