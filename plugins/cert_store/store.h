/* SPDX-License-Identifier: MIT */
#ifndef CERT_STORE_H
#define CERT_STORE_H

#include <stdbool.h>

#include "../../agent/plugin.h"
#include "charging.h"
#include "document.h"
#include "json.h"
#include "tpm/tpm.h"
#include "vault.h"

/* The plugin's state. doc holds only while active. */
struct store {
	const struct ingot_host *host;
	int state; /* its folder, open */
	bool active;
	struct cert_doc doc;
	struct tpm *tpm; /* NULL: not open now; store_tpm() opens it */
	struct charging *charging; /* NULL: the document has no certs */
};

/* The TPM, opened when it is not yet; NULL: e says why. Borrowed. */
struct tpm *store_tpm(struct store *, struct err *);
/* Does this unit have a TPM at all? By its document and the device's name:
 * one that is there and does not answer is still one. */
bool store_has_tpm(const struct store *);

/* --- keys.c: what is done with a key, wherever it is --------------------- */

/* A new key: in the TPM, or in h->soft when there is no TPM and the document
 * allows that. Nothing is written. */
int
keys_create(struct store *, const char *purpose, struct held *, struct err *);
/* ECDH: x of the point times the key. */
int keys_agree(struct store *, const struct held *,
    const uint8_t point[KEY_POINT_LEN], uint8_t secret[TPM_AGREED_LEN],
    struct err *);
/* Is it, by its purpose, a key that agrees, and not one that signs? */
bool keys_agrees(const char *purpose);
int keys_sign(struct store *, const struct held *,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *);
int keys_csr(struct store *, const struct held *, const char *cn,
    struct bytes *pem, struct err *);

/* --- verbs.c: questions -------------------------------------------------- */

/* The answer as JSON text, malloc'ed, the caller's; NULL: e says why. from: see
 * plugin.h. */
char *verbs_answer(struct store *, const char *from, const char *verb,
    const struct ingot_text *question, struct err *);

#endif
