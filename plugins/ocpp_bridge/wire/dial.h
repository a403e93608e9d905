/* SPDX-License-Identifier: MIT */
#ifndef DIAL_H
#define DIAL_H

#include <openssl/ssl.h>

#include "crew.h"
#include "leg.h"

/*
 * The side towards the CSMS: looks up, connects, shakes hands, upgrades. Name
 * lookup and TLS handshake run in the crew (crew.h), since a TPM may need half
 * a second for its signature; the rest in the loop. One callback, always, and
 * never from within dial_new().
 */
struct dial;

enum dial_end {
	DIAL_OPEN,
	DIAL_NO_NAME,
	DIAL_NO_ROUTE, /* refused, unreachable, late */
	DIAL_TLS_VERSION,
	DIAL_TLS_CIPHER,
	DIAL_TLS_PEER,    /* its certificate is not good for that name */
	DIAL_TLS_REFUSED, /* ours was not taken: alert */
	DIAL_TLS,
	DIAL_HTTP,    /* status says; 0: no answer in time */
	DIAL_UPGRADE, /* 101, but no WebSocket (wrong accept, protocol) */
	DIAL_ENDS
};

struct dial_result {
	enum dial_end end;
	unsigned status;      /* HTTP, or 0 */
	struct leg *leg;      /* DIAL_OPEN: the taker's */
	const char *protocol; /* the CSMS's choice, or "" */
	const char *why;
	X509 *peer; /* the CSMS's certificate or NULL; borrowed, as the texts
		       are, until the callback returns */
};

struct dial_settings {
	const char *host;
	uint16_t port;
	const char *path;      /* percent-encoded */
	const char *protocols; /* as the charger offered, less the disabled */
	const char *user;      /* Basic, NULL: none */
	const uint8_t *password;
	size_t password_len;
	SSL_CTX *tls;     /* NULL: plain. verifies; a ref is taken */
	const char *name; /* that its certificate must carry; default host */
	bool wildcards;
	bool deflate;
	uint32_t late_ms; /* all of it together */
	struct leg_limits limits;
};

struct dial *
dial_new(struct loop *, struct crew *, const struct dial_settings *,
    void (*done)(void *ctx, const struct dial_result *), void *ctx,
    struct err *);
void dial_free(struct dial *); /* cancels; no callback after it */

#endif
