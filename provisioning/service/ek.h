/* SPDX-License-Identifier: MIT */
#ifndef EK_H
#define EK_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "wire.h"

#include "tpm_public.h"

/*
 * Whose TPM is it? An endorsement key is known by the SHA-256 of its
 * SubjectPublicKeyInfo, and believed by its certificate, which must lead to a
 * TPM maker's root that the operator has put into --ek-roots.
 */
struct ek_roots;

/* A PEM file, or a folder of *.pem and *.crt: roots and intermediates. */
struct ek_roots *ek_roots_open(const char *path, struct err *);
void ek_roots_free(struct ek_roots *);

struct ek {
	struct tpm_public public; /* passed tpm_public_is_ek() */
	char hash[SHA256_HEX];
	bool proven; /* its certificate leads to a root */
};

/*
 * Judges the request's EK. roots NULL: none is believed. A certificate that is
 * there must be good and must be for this very key; none at all gives
 * proven = false, which only a pre-registered hash can make up for.
 */
int ek_judge(const struct ek_roots *, const struct wire_request *, struct ek *,
    struct err *);

#endif
