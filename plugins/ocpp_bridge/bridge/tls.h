/* SPDX-License-Identifier: MIT */
#ifndef OCPP_TLS_H
#define OCPP_TLS_H

#include <openssl/ssl.h>

#include "bridge.h"
#include "buf.h"
#include "dial.h"

/*
 * TLS of both sides, made of the settings. Profiles 0 and 1 have none: then
 * *out is NULL and the return value 0. All functions are for the loop's
 * thread; only the private key of the client certificate is used in the crew.
 */

/*
 * The server context of a listener (A00.FR.312, .317): TLS 1.2 and above, the
 * ECDHE suites of A00.FR.317 and, by its switch, the static RSA ones; 1.0 and
 * 1.1 with old_tls alone. Certificates from the files of the document, or made
 * here once and kept in the host's folder. Profile 3 asks for a certificate of
 * the peer. *out: SSL_CTX_free.
 */
int tls_down(const struct bridge_host *, const struct ocpp_listener *,
    SSL_CTX **out, struct err *);
/*
 * Anchors of cert_store for charge points' certificates, read again into the
 * context of that listener: an authority that came or went counts for the next
 * handshake. Other listeners: nothing. -1: those before stay.
 */
int tls_down_again(const struct bridge_host *, const struct ocpp_listener *,
    SSL_CTX *, struct err *);
/* PEM of the authority that signed the listeners' certificates made here, for
 * whoever sets up a charge point; adds to out. ENOENT: none was needed yet. */
int tls_down_authority(const char *state, struct bytes *out, struct err *);

/* Contexts towards the CSMS, and what is known of their certificates. */
struct tls_up;

struct tls_up *tls_up_new(const struct bridge_host *, struct err *);
void tls_up_free(struct tls_up *); /* no handshake may be under way */

/* The certificate of ours that a context shows; print "": none. */
struct tls_own {
	char print[65]; /* SHA-256, hexadecimal */
	bool trial;     /* no CSMS has taken it yet */
};

/*
 * The context for one dial. profile: the one in force for this charge point.
 * identity: of the leaf in cert_store, NULL: the gateway's. With profile 3 the
 * leaf on trial goes first; an expired one is shown all the same (A00.FR.430).
 * *out: SSL_CTX_free; contexts of the same leaf and anchors are one.
 */
int tls_up_context(struct tls_up *, const struct ocpp_csms *, uint8_t profile,
    const char *identity, SSL_CTX **out, struct tls_own *, struct err *);
/* What the handshake came to: told to cert_store once for a leaf on trial, so
 * that it is kept or the one before is used again. */
void tls_up_outcome(
    struct tls_up *, const struct tls_own *, const struct dial_result *);
/* SHA-256, hexadecimal, of the root that the CSMS of the last handshake that
 * was good led to; "": there was none yet. */
void tls_up_root(struct tls_up *, char out[static 65]);
/* Certificates or anchors have changed: nothing cached is used any more. */
void tls_up_forget(struct tls_up *);

#endif
