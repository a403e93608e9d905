/* SPDX-License-Identifier: MIT */
#ifndef CERTS_INDEX_H
#define CERTS_INDEX_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "certs.h"
#include "commit.h"
#include "keyring.h"
#include "standing.h"

/*
 * The index from inside. Two halves: the files as they lie (index.c), each
 * parsed once and again only when it changed; and what is made of them
 * (index_join.c): entries with key, chain and issuer, lists and tables. The
 * second is made anew after every change: it parses and verifies nothing but
 * what several issuers of one name ask for.
 */
#define INDEX_FOLDERS  (1 + 2 * CERTS_DOMAINS + 2 * CERTS_LEAVES)
#define INDEX_PATH     128
#define INDEX_KEY_MAX  (64 * 1024)
#define INDEX_LOCK_MS  5000
#define INDEX_PATH_MAX 10 /* certificates from a leaf to below its root */
#define INDEX_ISSUERS  8  /* of one name that are tried for a certificate */

enum file_role {
	FILE_OTHER,
	FILE_ANCHORS,
	FILE_LEAF,
	FILE_KEY,
	FILE_CRL
};

struct file {
	char *name; /* below the root */
	enum file_role role;
	unsigned of; /* bits: domains of anchors and CRLs, kinds of others */
	struct stat st;
	bool link;       /* a symbolic link: another name of something */
	bool unreadable; /* no certificate, no key that can be told */
	bool used;       /* of a key: a certificate of any kind has it */
	struct cert **certs;
	int count;
	X509_CRL **crls;
	int crl_count;
	bool has_key; /* of a key: what its public half is, as key_hash */
	uint8_t key[32];
};

struct entry {
	struct certs_entry pub;
	bool leaf;
	bool doomed;                   /* by a deletion that is under way */
	const struct file *in, *chain; /* pub.file, pub.chain */
	const struct cert *issuer;     /* NULL: not here */
	struct cert *path[INDEX_PATH_MAX];
};

struct list {
	struct entry **v;
	size_t n, room;
};

struct table { /* open addressing; NULL: free */
	struct slot {
		uint64_t hash;
		void *what;
	} * slots;
	size_t mask;
};

struct folder {
	char path[INDEX_PATH];
	int wd; /* -1: not watched, and read whole each time */
};

struct certs {
	int root;
	struct certs_config config;
	unsigned long generation;
	/* the files */
	int inotify; /* -1: this system gives none */
	struct folder folders[INDEX_FOLDERS];
	int folder_count;
	bool all_stale;
	struct file **files; /* by name */
	size_t file_count, file_room;
	certs_password_fn *password;
	void *password_ctx;
	struct keyring keyring;
	struct standings standings;
	/* what is made of them */
	struct entry *entries;
	size_t entry_count;
	struct list anchors[CERTS_DOMAINS], odd[CERTS_DOMAINS];
	struct list leaves[CERTS_LEAVES];
	STACK_OF(X509_CRL) * crls[CERTS_DOMAINS]; /* NULL: none */
	struct table by_hash, by_subject;
	struct sums {
		unsigned long long bytes;
		size_t keys, requests, waiting[CERTS_LEAVES];
	} sums;
	/* the clock */
	time_t clock, floor;
	time_t leaped; /* boot clock: since when it is far ahead, or 0 */
	time_t ticked; /* boot clock: when waiting keys were last counted */
};

/* --- index_file.c: one file ------------------------------------------------
 */

/* The certificate of a leaf's file: its first that is no authority, or NULL. */
struct cert *file_leaf(const struct file *);
void file_parse(struct certs *, struct file *);
void file_free(struct file *);
void file_forget(struct certs *, size_t at);
/* Looks at name again. certain: parse it though it seems the same (an event
 * named it, and the clock of a file system may be coarse). 1: it changed. */
int index_look_at(struct certs *, const char *name, bool certain, struct err *);
const struct file *index_file(const struct certs *, const char *name);
/* Is this place of anchors one file? */
bool index_is_bundle(const struct certs *, enum certs_domain);
const char *index_key_folder(const struct certs *, int kind);
/* "crl" beside a domain's anchors. */
void
index_crl_folder(const struct certs *, enum certs_domain, char out[INDEX_PATH]);

/* --- index.c: all of them --------------------------------------------------
 */

int index_open(struct certs *, struct err *);
void index_close(struct certs *);
/* Reads what changed; the lock is held. */
int index_refresh(struct certs *, struct err *);
/* Keys that could not be told are asked about again. */
void index_ask_keys(struct certs *);

/* --- index_table.c ---------------------------------------------------------
 */

int table_new(struct table *, size_t n, struct err *);
void table_add(struct table *, uint64_t hash, void *what);
/* The next with this hash, or NULL; *i begins as the hash. */
void *table_next(const struct table *, uint64_t hash, size_t *i);
uint64_t hash_of_bytes(const uint8_t *);
uint64_t hash_of_data(const struct cert_hash_data *);
uint64_t hash_of_name(const X509_NAME *);
int list_add(struct list *, struct entry *, struct err *);
void list_sort(struct list *); /* newest notBefore first */

/* --- index_join.c --------------------------------------------------------- */

int index_join(struct certs *, struct err *);
void index_unjoin(struct certs *);
/* Who issued it, of a domain's anchors or (CERTS_DOMAINS) of all; or NULL. */
struct cert *
index_issuer(const struct certs *, const struct cert *, enum certs_domain);
/* Of any algorithm, or NULL. */
struct entry *index_find(const struct certs *, const struct cert_hash_data *);
/* A key of this kind with this public half, or NULL. */
const struct file *
index_key(const struct certs *, enum certs_leaf, const uint8_t hash[32]);
/* crl.c: a file's lists, into those of its domains. */
int crl_join(struct certs *, const struct file *, struct err *);
/* certs.c: what a count asks of the files. */
void index_sum_up(struct certs *);
/* Says of each leaf by the standings whether it is on trial. */
void index_trials(struct certs *);

/* --- choose.c ---------------------------------------------------------------
 */

/* "csms", "secc": the kinds of standings. */
const char *choose_kind(enum certs_leaf);
bool choose_has_name(X509 *, const char *name);

/* --- shared by the operations --------------------------------------------- */

/* Locks, finishes what stands, refreshes. The lock's descriptor, or -1. */
int store_begin(struct certs *, struct err *);
/* Ends the commit, refreshes; the result of the whole. */
enum certs_result
store_commit(struct certs *, struct commit *, const char *what, struct err *);
/* NULL is fine; the standings and the keyring are again what they were. */
void store_drop(struct certs *, struct commit *);
/* Adds PEM. */
int store_pem(const struct cert *, struct bytes *out, struct err *);
/* -1: a file that is a link is not rewritten. */
int store_is_link(const char *name, struct err *);
/* Room for so many files and bytes more? Collects before it says no. */
enum certs_result
store_room(struct certs *, size_t files, size_t bytes, struct err *);
/* "PREFIX" + the time, a count, a random number + suffix, as EVerest names. */
int store_name(const struct certs *, const char *folder, const char *prefix,
    const char *suffix, char *out, size_t size, struct err *);
const char *store_prefix(enum certs_leaf); /* "CSMS_LEAF_" */
/* The standings, the keyring as they are in memory. */
int store_put_standings(struct certs *, struct commit *, struct err *);
int store_put_keyring(struct certs *, struct commit *, struct err *);
/* Collects; the lock is held. */
enum certs_result
store_collect(struct certs *, struct certs_collected *, struct err *);
/* Removals of a leaf with all its files, key and OCSP answers. */
int store_remove_leaf(
    struct certs *, const struct entry *, struct commit *, struct err *);

/* --- clock.c -------------------------------------------------------------- */

time_t boot_seconds(void);
void clock_open(struct certs *);
/* Writes the floor down if it rose by more than an hour. */
void clock_keep(struct certs *);
/* Valid at `now`? CERTS_ACCEPTED, EXPIRED, NOT_YET_VALID, CLOCK_INVALID. */
enum certs_result clock_check(const struct certs *, const struct cert *);

#endif
