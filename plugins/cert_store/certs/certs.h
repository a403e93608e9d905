/* SPDX-License-Identifier: MIT */
#ifndef CERTS_H
#define CERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cert.h"
#include "err.h"
#include "result.h"

/*
 * The store of charging certificates: trust anchors by domain, leaves with
 * their keys and chains, in folders that an EVerest beside us reads and writes
 * too (evse_security's layout, relative to the root of the store):
 *
 *	ca/csms/CSMS_ROOT_CA.pem	anchors of a domain, a bundle; or, when
 *	ca/csms/			the document says so, one file each
 *	client/csms/CSMS_LEAF_*.key .tkey .pem, CPO_CERT_*CHAIN_*.pem
 *	client/cso/SECC_LEAF_*		the leaves: key, certificate, chain
 *	<folder>/ocsp/NAME_ocsp.der .hash	what a responder said
 *	ca/csms/crl/NAME.crl		revocation lists (crl.h)
 *
 * A chain file holds leaf and intermediates, never the root. The identity that
 * enrols the unit is NOT here (see vault.h): no OCPP message can read, replace
 * or delete it, and an expired leaf of this store never stops an enrolment.
 *
 * struct certs is the index in memory. It is built once and follows the folders
 * by inotify (certs_watch_fd), so an operation parses no file but the one it is
 * given. Every change holds the lock file of the root, over processes, and is a
 * commit (commit.h): after a kill or a power cut all of it is there or none.
 * Single-threaded; the lock is for other processes.
 */
enum certs_domain {
	CERTS_CSMS,
	CERTS_V2G,
	CERTS_MO,
	CERTS_MF,
	CERTS_DOMAINS
};

enum certs_leaf {
	CERTS_LEAF_CSMS, /* client/csms: the CSMS's client certificate */
	CERTS_LEAF_SECC, /* client/cso: what a car sees (V2G) */
	CERTS_LEAVES
};

const char *certs_domain_name(enum certs_domain); /* "CSMS", ... */
enum certs_domain certs_domain_of(const char *);
const char *certs_leaf_name(enum certs_leaf); /* "CSMS", "SECC" */
enum certs_leaf certs_leaf_of(const char *);  /* "V2G" is SECC too */

/* What the document says; certs_config_default() is what it says unasked. */
struct certs_config {
	/* Below the root. A file: a bundle; a folder: one file each. No path
	 * may equal or lie within another one, but leaves' and keys' folders
	 * may be one. */
	char anchors[CERTS_DOMAINS][128];
	char leaves[CERTS_LEAVES][128];
	char keys[CERTS_LEAVES][128]; /* "": beside the leaves */
	bool links; /* three links to the chosen SECC leaf, by rename */
	unsigned max_entries; /* 2,000 files */
	unsigned max_mb;      /* 50 */
	unsigned max_anchors; /* 100: CertificateStoreMaxLength, all domains */
	unsigned keep;        /* 10 leaves of a kind are never collected */
	unsigned collect_minutes; /* 20 */
	unsigned csr_minutes;     /* 60: a key without a certificate */
	bool future_anchors;      /* an anchor not yet valid may come */
	bool future_leaves;       /* stored, used when its time has come */
	bool additional_root;     /* AdditionalRootCertificateCheck */
	bool system_anchors;      /* the system's own beside CSMS's */
	bool strict_crls; /* a kept CRL whose time is over refuses (crl.h) */
	/* The unit's names: a leaf has one as CN or SAN. "": any will do. */
	char name[CERTS_LEAVES][65];
	/* How a leaf is chosen; serial "": the newest notBefore. */
	char pinned[CERTS_LEAVES][CERT_SERIAL_MAX];
};
void certs_config_default(struct certs_config *);
/* Paths that overlap, limits out of range: -1, names the setting. */
int certs_config_check(const struct certs_config *, struct err *);

/*
 * Opens the store below root (an open folder, stays the caller's), finishes or
 * undoes what a kill left half done, makes missing folders, builds the index.
 * NULL: e says why.
 */
struct certs;
struct standings;
struct certs *certs_open(int root, const struct certs_config *, struct err *);
void certs_close(struct certs *);
const struct certs_config *certs_config(const struct certs *);

/*
 * A descriptor that is readable when somebody else changed a folder (-1: this
 * system has no inotify); certs_refresh() then reads again what changed (and is
 * called by every change itself). -1: refresh failed, the index is as before or
 * empty, and the next one reads all. What a link outside points at is noticed
 * only when the link is made anew.
 */
int certs_watch_fd(const struct certs *);
int certs_refresh(struct certs *, struct err *);
/* Grows with every change that anybody makes: what was derived is stale. */
unsigned long certs_generation(const struct certs *);

/* The time used by the store, and its floor: max(build, last seen), kept in
 * the root. A clock below the floor is not believed. */
time_t certs_now(const struct certs *);
bool certs_clock_valid(const struct certs *);
/* For tests, and for a clock that comes from elsewhere; 0: the system's. */
void certs_set_clock(struct certs *, time_t);

/* The root's descriptor, and the standings in memory (standing.h): what
 * choose.c works with. Under the lock, what changed is put into a commit and,
 * when that has ended well, stands in memory. */
int certs_root(const struct certs *);
struct standings *certs_standings(struct certs *);

/* --- what is there -------------------------------------------------------- */

/* One certificate of the index; borrowed until the next operation. */
struct certs_entry {
	struct cert *cert;
	bool anchor;
	enum certs_domain
	    domain;           /* of an anchor or one that stands with them */
	enum certs_leaf leaf; /* of a leaf */
	const char *file;     /* below the root */
	const char *key;      /* of a leaf: its key's file, or NULL */
	const char *chain;    /* of a leaf: its chain's file, or NULL */
	struct cert **chain_certs; /* leaf first, without the root */
	int chain_count;
	bool trial; /* a leaf or a new root not yet used with success */
};

/* Anchors of a domain / leaves of a kind, newest notBefore first; NULL after
 * the last. i counts from 0. */
const struct certs_entry *
certs_anchor(const struct certs *, enum certs_domain, size_t i);
const struct certs_entry *
certs_leaf_at(const struct certs *, enum certs_leaf, size_t i);
/* What stands in a domain's place and is no authority: another program put it
 * there. Listed, so that it can be deleted; never trusted. */
const struct certs_entry *
certs_stray(const struct certs *, enum certs_domain, size_t i);
/* Who issued it, of its chain or the anchors; itself when self-signed; NULL:
 * not here (hash data then have no issuer_key). */
const struct cert *
certs_issuer(const struct certs *, const struct certs_entry *);
/* The same for one that is no entry, as a chain's last: of the anchors. */
const struct cert *certs_issuer_of(const struct certs *, const struct cert *);
/* By hash data of any algorithm; any domain and kind; O(1). Of one whose issuer
 * is not here any more, issuer_key is not compared. */
const struct certs_entry *
certs_find(const struct certs *, const struct cert_hash_data *);
/* Anchors (and what stands with them) whose subject this is; O(1) plus what
 * it gives. Up to max. */
size_t certs_by_subject(const struct certs *, const X509_NAME *,
    const struct certs_entry **out, size_t max);

struct certs_count {
	size_t anchors[CERTS_DOMAINS], leaves[CERTS_LEAVES];
	size_t valid_anchors[CERTS_DOMAINS], valid_leaves[CERTS_LEAVES];
	size_t keys, requests;        /* keys without a certificate */
	size_t waiting[CERTS_LEAVES]; /* the same, of a kind's folder */
	size_t files;
	unsigned long long bytes;
};
void certs_count(const struct certs *, struct certs_count *);

/* --- changes (each a commit) ---------------------------------------------- */

/*
 * Installs one anchor (PEM or DER). Refused is whatever could not be listed or
 * deleted again: not one certificate, no CA, weak, expired, not yet valid
 * (policy), too long for the store. One that is there already is Accepted and
 * changes nothing. AdditionalRootCertificateCheck: in CSMS's domain, beside an
 * existing root, only one that the existing root signed; the old stays until
 * certs_worked() was told of a success with the new.
 */
enum certs_result certs_install_anchor(
    struct certs *, enum certs_domain, const void *, size_t len, struct err *);

/*
 * Installs a leaf with its chain (leaf first; roots in it are dropped): must
 * verify for its purpose against the domain's anchors, carry the unit's name,
 * and fit a key of this store (or key_is, asked for keys that are elsewhere).
 * Leaf, chain, the key's new standing and the leaf's row of standing.h are one
 * commit. It is on trial until certs_worked().
 */
enum certs_result certs_install_leaf(
    struct certs *, enum certs_leaf, const void *, size_t len, struct err *);

/*
 * Keeps the private key of a request (PEM: plain, encrypted PKCS#8, or a TPM's
 * "TSS2 PRIVATE KEY") under a new name as EVerest writes it, 0600: it waits for
 * its certificate, at most csr_minutes, counted over reboots. spki: the DER of
 * its public half, kept beside it (".ingot-keys"), so that a leaf finds a key
 * that is encrypted or in a TPM. Keys of others are read for their public half
 * when they are plain or TSS2, and tried with certs_password()'s word.
 */
enum certs_result
certs_put_key(struct certs *, enum certs_leaf, const void *pem, size_t len,
    bool tpm, const void *spki, size_t spki_len, char name[128], struct err *);

/* The request came to nothing (D13): its key goes. IN_USE: a certificate has
 * it, or whose it is cannot be told. KEY_NOT_FOUND: no such file. */
enum certs_result
certs_drop_key(struct certs *, const char *name, struct err *);

/* The word for a key's file, or NULL: none, and an empty one is none. Called
 * while a foreign encrypted key is matched; never logged, cleansed after. */
typedef const char *certs_password_fn(void *ctx, const char *file);
void certs_password(struct certs *, certs_password_fn *, void *ctx);

/*
 * Deletes what has this hash data: an anchor of any domain, or a leaf with its
 * chain, key and OCSP files. The active leaf: CERTS_IN_USE; no clock to say
 * which one that is: CERTS_CLOCK_INVALID. what (may be NULL) says what it was
 * and how many leaves lost their anchor by it; they stay.
 */
struct certs_deleted {
	bool anchor;
	enum certs_domain domain;
	enum certs_leaf leaf;
	size_t below;     /* authorities under it that went with it */
	size_t dependent; /* leaves that lost their anchor; they stay */
};
enum certs_result certs_delete(struct certs *, const struct cert_hash_data *,
    struct certs_deleted *what, struct err *);

/* Garbage: keys whose request was never answered, leaves beyond keep, OCSP
 * files of nobody. Never a key that has a certificate, in any layout. */
struct certs_collected {
	size_t leaves, keys, ocsp;
};
enum certs_result
certs_collect(struct certs *, struct certs_collected *, struct err *);

/*
 * Points the three links in the SECC leaf's folder (the key's in the keys')
 * at this leaf, or, print NULL, takes them away; one commit, each by rename.
 * REJECTED: a plain file has such a name. For who set config.links.
 */
#define CERTS_LINK_LEAF  "SECC_LEAF.pem"
#define CERTS_LINK_KEY   "SECC_LEAF.key"
#define CERTS_LINK_CHAIN "CPO_CERT_CHAIN.pem"
enum certs_result certs_link(
    struct certs *, const uint8_t print[32], bool *changed, struct err *);

/* Makes a folder of anchors one that OpenSSL looks up in (c_rehash): a link
 * "<subject hash>.<n>" for each, stale ones gone. A bundle: nothing to do. */
enum certs_result certs_rehash(struct certs *, enum certs_domain, struct err *);

/* --- choice and trial (choose.c) ------------------------------------------ */

/*
 * The leaf to use now: pinned; else the newest notBefore among those that are
 * valid, have their key and carry `identity` (a CN or SAN; NULL: the kind's
 * own). What is on trial is given when trial is true and stands above the
 * active one. NOT_FOUND: none at all; NOT_FOUND_VALID; KEY_NOT_FOUND;
 * CLOCK_INVALID.
 */
enum certs_result
certs_choose(struct certs *, enum certs_leaf, const char *identity, bool trial,
    const struct certs_entry **, struct err *);
/* Where there is no valid one: of those that have ended the one that ended
 * last. A station still tries to connect with it (OCPP 2.0.1, A00.FR.430). */
enum certs_result certs_choose_expired(struct certs *, enum certs_leaf,
    const char *identity, const struct certs_entry **, struct err *);
/* A handshake with this leaf (by its SHA-256) succeeded: promoted, durably. */
enum certs_result certs_worked(
    struct certs *, enum certs_leaf, const uint8_t print[32], struct err *);
/* It was refused by the peer: off trial, the one before is used again. */
enum certs_result certs_refused(
    struct certs *, enum certs_leaf, const uint8_t print[32], struct err *);

/*
 * AdditionalRootCertificateCheck (OCPP 2.0.1, 1.6 security whitepaper): a new
 * CSMS root is on trial beside the old one. It worked: the old ones go. It was
 * refused: the new one goes. NOT_FOUND: no such root is on trial.
 */
enum certs_result
certs_root_worked(struct certs *, const uint8_t print[32], struct err *);
enum certs_result
certs_root_refused(struct certs *, const uint8_t print[32], struct err *);

/* Seconds since 1970 when this leaf should be asked for anew: at percent of its
 * life or so many days before its end (0: by percent alone), whichever comes
 * first, but not later than a day before its end. */
time_t
certs_renew_at(const struct certs_entry *, unsigned percent, unsigned days);

#endif
