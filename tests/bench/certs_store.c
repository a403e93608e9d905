/* SPDX-License-Identifier: MIT */
/*
 * What the store's questions cost with 10, 200 and 2,000 certificates, against
 * parsing the folder for each (what EVerest does). A third of the certificates
 * are leaves with key and chain, each of two files and a key; "files" is what
 * lies in the folders.
 */
#include <dirent.h>
#include <stdio.h>

#include "certs_world.h"

#define ROUNDS 2000

static struct world w;

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
put(const char *name, const void *p, size_t len)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fwrite(p, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* A leaf with its key: three files, of which two hold certificates. */
static void
one_leaf(unsigned i)
{
	own_bytes struct bytes pem = { 0 }, chain = { 0 }, secret = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char name[64];
	X509 *x;

	x = world_leaf(&w, CERTS_LEAF_SECC, key,
	    (struct craft_cert){ .begin = CRAFT_NOW - CRAFT_DAY - i }, &chain);
	craft_pem(x, &pem);
	craft_key_pem(key, &secret);
	(void)snprintf(name, sizeof(name), "client/cso/SECC_LEAF_%u.pem", i);
	put(name, pem.p, pem.len);
	(void)snprintf(name, sizeof(name), "client/cso/CPO_CERT_%u.pem", i);
	put(name, chain.p, chain.len);
	(void)snprintf(name, sizeof(name), "client/cso/SECC_LEAF_%u.key", i);
	put(name, secret.p, secret.len);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* As many anchors as there are leaves and chains, in one bundle of at most the
 * number that a bundle may hold. */
static void
fill(unsigned certs)
{
	own_bytes struct bytes bundle = { 0 };
	char cn[32];

	craft_pem(w.v2g, &bundle);
	for (unsigned i = 1; i < certs / 3 && i < CERT_BUNDLE_MAX; i++) {
		X509 *x;

		(void)snprintf(cn, sizeof(cn), "root %u", i);
		x = craft_x509(&(struct craft_cert){ .cn = cn, .ca = true });
		craft_pem(x, &bundle);
		X509_free(x);
	}
	put("ca/v2g/V2G_ROOT_CA.pem", bundle.p, bundle.len);
	for (unsigned i = 0; i < certs / 3; i++)
		one_leaf(i);
}

/* --- the questions -------------------------------------------------------- */

static struct cert_hash_data last;

static void
ask_find(void)
{
	if (certs_find(w.c, &last) == NULL)
		abort();
}

static void
ask_refresh(void)
{
	struct err e;

	if (certs_refresh(w.c, &e) == -1)
		abort();
}

static void
ask_count(void)
{
	struct certs_count count;

	certs_count(w.c, &count);
}

static void
ask_choose(void)
{
	const struct certs_entry *l;
	struct err e;

	if (certs_choose(w.c, CERTS_LEAF_SECC, NULL, false, &l, &e) !=
	    CERTS_ACCEPTED)
		abort();
}

static void
ask_subject(void)
{
	const struct certs_entry *found[4];

	if (certs_by_subject(w.c, X509_get_subject_name(w.v2g), found, 4) != 1)
		abort();
}

/* All anchors of a domain and all leaves of a kind, as a listing walks. */
static volatile size_t walked;

static void
ask_list(void)
{
	const struct certs_entry *n;

	for (size_t i = 0; (n = certs_anchor(w.c, CERTS_V2G, i)) != NULL; i++)
		walked += n->cert->ca;
	for (size_t i = 0; (n = certs_leaf_at(w.c, CERTS_LEAF_SECC, i)) != NULL;
	     i++)
		walked += (size_t)n->chain_count;
}

static void
parse_file(const char *name)
{
	BIO *bio = BIO_new_file(name, "r");
	X509 *x;

	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		X509_free(x);
	BIO_free(bio);
}

/* What EVerest does for each question: every file of the folder and the bundle
 * read and parsed, and here not even looked at. */
static void
parse_folder(void)
{
	DIR *d = opendir("client/cso");
	const struct dirent *one;
	char name[300];

	while ((one = readdir(d)) != NULL) {
		if (strstr(one->d_name, ".pem") == NULL)
			continue;
		(void)snprintf(
		    name, sizeof(name), "client/cso/%s", one->d_name);
		parse_file(name);
	}
	(void)closedir(d);
	parse_file("ca/v2g/V2G_ROOT_CA.pem");
}

static double
measure(void (*ask)(void), int rounds)
{
	double start;

	ask();
	start = now_us();
	for (int i = 0; i < rounds; i++)
		ask();
	return (now_us() - start) / rounds;
}

static void
bench(unsigned certs)
{
	static const struct {
		const char *name;
		void (*ask)(void);
	} rows[] = {
		{ "find", ask_find },
		{ "by_subject", ask_subject },
		{ "refresh", ask_refresh },
		{ "choose", ask_choose },
		{ "count", ask_count },
		{ "list", ask_list },
	};
	double folder, us;
	const struct certs_entry *n;
	size_t leaves = 0;

	fill(certs);
	us = now_us();
	world_again(&w, NULL);
	(void)printf("certs_open_%u %.0f us\n", certs, now_us() - us);
	folder = measure(parse_folder, certs > 1000 ? 5 : 20);
	(void)printf("certs_parse_folder_%u %.0f us\n", certs, folder);
	while ((n = certs_leaf_at(w.c, CERTS_LEAF_SECC, leaves)) != NULL)
		leaves++;
	n = certs_leaf_at(w.c, CERTS_LEAF_SECC, leaves - 1);
	cert_hash_data(n->cert, certs_issuer(w.c, n), CERT_SHA256, &last);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		us = measure(rows[i].ask, ROUNDS);
		(void)printf("certs_%s_%u %.2f us %.0fx parsing_the_folder\n",
		    rows[i].name, certs, us, folder / us);
	}
}

/* What the disk asks for one file that is there for good: a commit is four of
 * them or so. */
static double
one_durable_file(void)
{
	const int rounds = 10;
	double start = now_us();
	struct err e;

	for (int i = 0; i < rounds; i++)
		if (file_write(AT_FDCWD, "durable", "x", 1, FILE_PUBLIC, &e) ==
		    -1)
			abort();
	return (now_us() - start) / rounds;
}

/* Changes: a key and an anchor, installed and deleted, in this place. */
static void
changes(unsigned certs, const char *where)
{
	double disk = one_durable_file();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const int rounds = 10;
	double start, key_us = 0, anchor_us = 0;
	struct cert_hash_data hash;
	struct err e;
	char name[128];

	for (int i = 0; i < rounds; i++) {
		start = now_us();
		if (world_key(&w, CERTS_LEAF_CSMS, key, name, &e) !=
		    CERTS_ACCEPTED)
			abort();
		key_us += now_us() - start;
		start = now_us();
		if (world_anchor(&w, CERTS_MF, w.csms, &e) != CERTS_ACCEPTED)
			abort();
		anchor_us += now_us() - start;
		(void)world_find(&w, w.csms, w.csms, &hash);
		(void)certs_delete(w.c, &hash, NULL, &e);
		(void)certs_drop_key(w.c, name, &e);
	}
	(void)printf("certs_put_key_%s%u %.0f us %.1fx one_durable_file\n",
	    where, certs, key_us / rounds, key_us / rounds / disk);
	(void)printf(
	    "certs_install_anchor_%s%u %.0f us %.1fx one_durable_file\n", where,
	    certs, anchor_us / rounds, anchor_us / rounds / disk);
	EVP_PKEY_free(key);
}

/* where "": a disk, and the questions as well. */
static void
all_sizes(char *folder, const char *where)
{
	static const unsigned sizes[] = { 10, 200, 2000 };
	struct certs_config config;
	struct err e;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		abort();
	certs_config_default(&config);
	config.max_entries = 4000;
	config.max_anchors = 1000;
	(void)strcpy(config.name[CERTS_LEAF_SECC], "unit");
	world_make(&w, &config);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (*where == '\0') {
			bench(sizes[i]);
		} else {
			fill(sizes[i]);
			world_again(&w, NULL);
		}
		changes(sizes[i], where);
	}
	world_drop(&w);
	if (chdir("/") == -1 || file_remove_tree(AT_FDCWD, folder, &e) == -1)
		abort();
}

int
main(void)
{
	char disk[] = "/tmp/ingot-bench.XXXXXX",
	     memory[] = "/dev/shm/ingot-bench.XXXXXX";

	all_sizes(disk, "");
	/* Without a disk: what is left is the store's own. */
	if (access("/dev/shm", W_OK) == 0)
		all_sizes(memory, "in_memory_");
	return 0;
}
