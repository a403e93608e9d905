/* SPDX-License-Identifier: MIT */
#ifndef LISTENER_H
#define LISTENER_H

#include <openssl/ssl.h>

#include "leg.h"

/*
 * The side towards the charge points: accepts, shakes hands (TLS in the loop,
 * with keys from files), reads one HTTP/1.1 upgrade within limits, and hands
 * over an arrival. It is answered when its taker knows more: accepted with a
 * subprotocol, or refused with an HTTP status. Until then the peer waits; what
 * it sends early stays in the socket's buffer and is not lost.
 */
struct listener;
struct arrival;

struct listen_settings {
	const char *address; /* "0.0.0.0", "::1", ... */
	uint16_t port;       /* 0: any, see listener_port() */
	SSL_CTX *tls;        /* NULL: plain. A ref is taken; its ALPN callback
				is set: http/1.1 alone */
	struct leg_limits limits;
	unsigned arrivals_max; /* handshakes under way at once; beyond: the
				  slowest goes, or none is accepted */
	uint32_t arrival_ms;   /* from accept to the whole request */
	unsigned per_second;   /* new connections a second, burst the same; 0:
				  any */
	bool deflate;
};

struct arrival_facts {
	const char *path;      /* as sent, percent-encoded, with query */
	const char *protocols; /* Sec-WebSocket-Protocol as sent, or "" */
	const char *host;
	/* Basic credentials, decoded, split at the first ':' (RFC 7617 2);
	 * NULL without. The password may hold NUL. */
	const char *user;
	const uint8_t *password;
	size_t password_len;
	X509 *certificate; /* the peer's, verified by tls; NULL without */
	const char *peer;
	const char *tls; /* "TLSv1.3 TLS_AES_..." or "" */
};

/* None of them may free the listener. */
struct listener_calls {
	void (*arrived)(void *ctx, struct arrival *);
	/* An arrival that nobody has answered yet went away. */
	void (*left)(void *ctx, struct arrival *);
	/* A handshake failed: for the security events. kind: "tls-version",
	 * "tls-cipher", "tls-certificate", "tls", "http", "rate" */
	void (*failed)(
	    void *ctx, const char *kind, const char *peer, const char *why);
};

struct listener *listener_new(struct loop *, const struct listen_settings *,
    const struct listener_calls *, void *ctx, struct err *);
/* Its legs live on; arrivals that wait for an answer leave (left()). */
void listener_free(struct listener *);
uint16_t listener_port(const struct listener *);

void arrival_facts(const struct arrival *, struct arrival_facts *);
void arrival_ctx_is(struct arrival *, void *); /* the taker's own */
void *arrival_ctx(const struct arrival *);
/* Answers 101; protocol NULL: without one. The arrival is gone; NULL: it could
 * not be, and is gone too. */
struct leg *arrival_accept(struct arrival *, const char *protocol);
/* Answers e.g. 401 (with WWW-Authenticate), 404, 429, 503; is gone. */
void arrival_refuse(struct arrival *, unsigned status, const char *why);

#endif
