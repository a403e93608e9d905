/* SPDX-License-Identifier: MIT */
#ifndef CERT_CHARGING_VERBS_H
#define CERT_CHARGING_VERBS_H

#include "ask.h"
#include "certs/certs.h"

/*
 * The verbs about charging certificates ("certs.*"). A verb that could answer
 * replies { "result": name, "why": sentence, ... }, refusals too, since a
 * bridge has to pass the result on; -1 is for a question that is none.
 *
 * None of them reads, changes or deletes the enrolment identity: that is in
 * vault.h, which no file of these includes.
 */
int certs_verb_install(struct ask *, struct err *);
int certs_verb_update(struct ask *, struct err *);
int certs_verb_delete(struct ask *, struct err *);
int certs_verb_csr(struct ask *, struct err *);
int certs_verb_drop(struct ask *, struct err *);
int certs_verb_verify(struct ask *, struct err *);
int certs_verb_signature(struct ask *, struct err *);
int certs_verb_list(struct ask *, struct err *);
int certs_verb_leaf(struct ask *, struct err *);
int certs_verb_expiry(struct ask *, struct err *);
int certs_verb_count(struct ask *, struct err *);
int certs_verb_ocsp_data(struct ask *, struct err *);
int certs_verb_ocsp_put(struct ask *, struct err *);
int certs_verb_ocsp_get(struct ask *, struct err *);
int certs_verb_crl_install(struct ask *, struct err *);
int certs_verb_crl_delete(struct ask *, struct err *);
int certs_verb_crl_list(struct ask *, struct err *);
int certs_verb_outcome(struct ask *, struct err *);
int certs_verb_locations(struct ask *, struct err *);
int certs_verb_anchors(struct ask *, struct err *);
int certs_verb_collect(struct ask *, struct err *);

/*
 * The sign channel's purposes "csms" and "secc" are the chosen leaf's key,
 * with ".pending" the one that would be tried (certs_choose), with "." and the
 * first 24 digits or more of its fingerprint that very leaf's, expired or not.
 */
bool charging_purpose(const struct ask *);
int charging_sign(struct ask *, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *);

/* Says result and why. Always 0, or out of memory. why: what certs_* set. */
int say_result(
    struct ask *, enum certs_result, const struct err *why, struct err *);
/* Adds an object of one certificate; in: an object of the reply. */
int say_entry(json_t *in, const struct certs *, const struct certs_entry *,
    enum cert_hash, struct err *);
int say_hash(json_t *in, const struct cert_hash_data *, struct err *);

/* "days" until its end, "renew_at", "renew": is it time. in: an object of the
 * reply. */
int say_expiry(
    json_t *in, struct charging *, const struct certs_entry *, struct err *);
/* As RFC 3339 has it, in UTC. */
json_t *time_text(time_t);

/* A domain, a kind of leaf, hash data of the question. -1: not said, or no
 * such; e names those there are. */
int asked_domain(struct ask *, enum certs_domain *, struct err *);
int asked_leaf(struct ask *, enum certs_leaf *, struct err *);
/* Absent is false; anything but true and false is refused. */
int asked_bool(struct ask *, const char *key, bool *, struct err *);
int asked_hash(struct ask *, struct cert_hash_data *, struct err *);

#endif
