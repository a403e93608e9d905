/* SPDX-License-Identifier: MIT */
#ifndef OCPP_WHO_H
#define OCPP_WHO_H

#include <openssl/x509.h>

#include "charger.h"
#include "settings.h"

/*
 * Who a charge point is, may be, and proves to be: what its request says of it
 * against the settings. Nothing here keeps a connection.
 */

/*
 * The identity in a request target: the last segment of its path, behind root
 * (NULL: anywhere), percent-decoded once (OCPP-J 3.1.1; 2.x part 4, 3.1.1).
 * False (404): none, not below root, a broken escape, longer than
 * OCPP_IDENTITY_MAX, ".", "..", a control character or no UTF-8. *segment: the
 * rest of the target from there on, as it came, with the query.
 */
bool who_identity(const char *root, const char *target,
    char out[static OCPP_IDENTITY_MAX + 1], const char **segment);
/* OCPP 2.x: identifierString, 48 code points, no ':'; 1.6 has no such rule. */
bool who_fits(enum ocpp_version, const char *identity);

/* "CP-*": '*' is any text, '?' one byte, all else itself. */
bool who_matches(const char *pattern, const char *text);
/* The class of an identity; NULL: the policy does not know it (404). */
const struct ocpp_class *
who_class(const struct ocpp_settings *, const char *identity);

/*
 * Of a Sec-WebSocket-Protocol list what may be offered to the CSMS: ours, of
 * the versions allowed, in its order, each once, only those that the identity
 * fits. out holds WHO_OFFER bytes, "" for none. Returns their bits.
 */
#define WHO_OFFER 64
unsigned who_offer(const char *list, unsigned versions, const char *identity,
    char out[static WHO_OFFER]);

/*
 * Passwords. A key of 1.6 is written as hex and stands for its bytes (errata
 * 4.0 and the White Paper, A00.FR.206), one of 2.x is itself, and which it is
 * the version says, which is not known yet: so both are taken for a secret of
 * 32 to 40 hex digits. All comparisons take the time of the longest.
 */
#define WHO_PASSWORD_MAX 128
#define WHO_ROUNDS       10000 /* of PBKDF2: see who.c */

struct who_proof { /* of one arrival; checked in the crew: any thread */
	uint8_t given[WHO_PASSWORD_MAX];
	size_t given_len;
	char plain[WHO_PASSWORD_MAX + 1]; /* of the class, or "" */
	uint8_t salt[16], hash[32];
	bool has_hash;
	bool good; /* the result */
};
/* 5 to 50 ms. Takes as long for a charge point that has no password. */
void who_prove(struct who_proof *);
/* Keeps the hash of a new password in the charger's record (not saved). */
int
who_password_is(struct charger *, const uint8_t *, size_t len, struct err *);

/* The certificate's CN is the identity (A00.FR.405, .511). */
bool who_certified(X509 *, const char *identity);

#endif
