/* SPDX-License-Identifier: MIT */
#ifndef CERT_VAULT_H
#define CERT_VAULT_H

#include <stdbool.h>

#include "buf.h"
#include "err.h"
#include "key.h"
#include "tpm/tpm.h"
#include "x509.h"

/*
 * Keys and certificates on disk, below the plugin's state folder:
 *
 *	mqtt -> +0123456789abcdef	a link per purpose, replaced by rename
 *	mqtt.pending -> +fedcba9876543210
 *	+0123456789abcdef/		a generation: one key and what
 *					belongs to it
 *		tpm.pub, tpm.priv	useless without this TPM; or
 *		key.pem			(0600) on a unit without one
 *		cn			the name its last CSR was made for
 *		chain.pem		its certificate, leaf first
 *
 * A generation gets its key before a link leads to it, and is removed when no
 * link does, so at each moment a purpose has a whole key, and a certificate
 * never stands beside another key than its own. state is the open folder.
 */
enum origin {
	ORIGIN_TPM,
	ORIGIN_SOFTWARE
};

/* What one generation holds. */
struct held {
	enum origin origin;
	struct tpm_key tpm; /* ORIGIN_TPM */
	EVP_PKEY *soft;     /* ORIGIN_SOFTWARE; private */
	uint8_t point[KEY_POINT_LEN];
	char cn[X509_CN_MAX + 1]; /* "": no CSR yet */
};
#define own_held __attribute__((cleanup(held_free), unused))
void held_free(struct held *); /* fine on a zeroed one */

const char *origin_name(enum origin);

/* The key of purpose; ENOENT in e->code: there is none. */
int vault_get(int state, const char *purpose, struct held *, struct err *);
/* Gives purpose a new generation with this key; the one before is swept. */
int
vault_put(int state, const char *purpose, const struct held *, struct err *);
/* Both: purpose must have a key. */
int vault_put_cn(int state, const char *purpose, const char *cn, struct err *);
int vault_put_chain(
    int state, const char *purpose, const struct bytes *pem, struct err *);
/* Leaf first, the caller's; NULL with ENOENT: no certificate yet. */
STACK_OF(X509) * vault_chain(int state, const char *purpose, struct err *);

/*
 * "<purpose>.pending" becomes "<purpose>", in one rename. ENOENT: nothing is
 * pending.
 */
int vault_promote(int state, const char *purpose, struct err *);
/* Finishes or removes what a kill left half done. */
int vault_sweep(int state, struct err *);

#endif
