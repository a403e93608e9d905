/* SPDX-License-Identifier: MIT */
/*
 * One operation on a certificate store, for tests that stop it in the middle:
 *
 *	certs_do DIR make		a store with something of everything,
 *					and beside it what the others need
 *	certs_do DIR OPERATION		see the table; 0: accepted
 *	certs_do DIR list		opens it, and says what is there
 *	certs_do DIR write N SEED	so many changes, as fast as they go
 *	certs_do DIR fill N		so many leaves more, each with a file of
 *					its own and one for its chain
 *
 * The store is made at CRAFT_NOW, and all else is two days later.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "certs_crl.h"
#include "certs_ocsp.h"
#include "certs_world.h"
#include "crl.h"
#include "digest.h"
#include "ocsp.h"

static struct certs_config config;
static struct world w;

static int
say(enum certs_result r, const struct err *e)
{
	if (r == CERTS_ACCEPTED)
		return 0;
	(void)fprintf(stderr, "%s: %s\n", certs_result_name(r), e->text);
	return 1;
}

static void
keep(const char *name, const void *p, size_t len)
{
	struct err e;

	if (file_write(AT_FDCWD, name, p, len, FILE_SECRET, &e) == -1)
		abort();
}

static void
get(const char *name, struct bytes *out)
{
	struct err e;

	if (file_read(AT_FDCWD, name, CERT_FILE_MAX, out, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		exit(99);
	}
}

/* --- the store to begin with ---------------------------------------------- */

static void
keep_hash(const char *name, X509 *x, X509 *issuer)
{
	struct cert_hash_data hash;

	if (world_find(&w, x, issuer, &hash) == NULL)
		abort();
	keep(name, &hash, sizeof(hash));
}

static void
answer(X509 *x, X509 *issuer)
{
	own_bytes struct bytes b = { 0 };
	struct cert_hash_data d;

	(void)world_find(&w, x, issuer, &d);
	bytes_fmt(
	    &b, "SHA256\n%s\n%s\n%s\n", d.issuer_name, d.issuer_key, d.serial);
	(void)mkdir("client/cso/ocsp", 0755);
	keep("client/cso/ocsp/1_ocsp.hash", b.p, b.len);
	keep("client/cso/ocsp/1_ocsp.der", "der", 3);
}

/* A list that is kept, and in the other place the next one. */
static void
keep_lists(void)
{
	struct craft_crl spec = {
		.by = w.v2g, .key = w.v2g_key, .to = CRAFT_NOW + 9 * CRAFT_DAY
	};

	for (int i = 0; i < 2; i++) {
		own_bytes struct bytes pem = { 0 };
		X509_CRL *list;
		struct err e;

		spec.from = CRAFT_NOW - (2 - i) * CRAFT_DAY;
		list = craft_crl(&spec);
		craft_crl_pem(list, &pem);
		X509_CRL_free(list);
		if (i == 1)
			keep("../in/list.pem", pem.p, pem.len);
		else if (crl_install(w.c, CERTS_V2G, pem.p, pem.len, &e) !=
		    CERTS_ACCEPTED)
			abort();
	}
}

static void
keep_answer(const X509 *about)
{
	own_bytes struct bytes der = { 0 };

	craft_answer(&(struct craft_answer){ .about = about,
			 .issuer = w.sub,
			 .key = w.sub_key,
			 .to = CRAFT_NOW + 9 * CRAFT_DAY },
	    &der);
	keep("../in/answer.der", der.p, der.len);
}

static int
make(char *argv[])
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *waits = EVP_EC_gen("P-256");
	own_bytes struct bytes pem = { 0 }, root = { 0 };
	struct err e;
	char name[128];
	X509 *gone, *old, *used, *next;
	bool changed;

	(void)argv;
	world_roots(&w);
	if (world_anchor(&w, CERTS_V2G, w.sub, &e) != CERTS_ACCEPTED)
		abort();
	/* One that will have expired and is to be collected, one to be deleted,
	 * the one in use. */
	gone = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 99 * CRAFT_DAY,
		.end = CRAFT_NOW + CRAFT_DAY });
	(void)certs_worked(w.c, CERTS_LEAF_SECC,
	    certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->print, &e);
	if (world_key(&w, CERTS_LEAF_SECC, waits, name, &e) != CERTS_ACCEPTED)
		abort();
	old = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 9 * CRAFT_DAY });
	used = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 5 * CRAFT_DAY });
	(void)certs_worked(w.c, CERTS_LEAF_SECC,
	    certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->print, &e);
	if (certs_link(w.c, certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->print,
		&changed, &e) != CERTS_ACCEPTED)
		abort();
	answer(old, w.sub);
	if (world_key(&w, CERTS_LEAF_SECC, key, name, &e) != CERTS_ACCEPTED)
		abort();
	next = world_leaf(
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, &pem);
	(void)mkdir("../in", 0700);
	keep("../in/next.pem", pem.p, pem.len);
	craft_pem(w.v2g, &root);
	keep("../in/anchor.pem", root.p, root.len);
	keep_hash("../in/leaf.hash", old, w.sub);
	keep_answer(old);
	keep_lists();
	keep_hash("../in/root.hash", w.v2g, w.v2g);
	bytes_free(&pem);
	craft_key_pem(EVP_EC_gen("P-256"), &pem);
	keep("../in/key.pem", pem.p, pem.len);
	(void)gone;
	(void)used;
	(void)next;
	return 0;
}

/* --- operations ----------------------------------------------------------- */

static int
install(char *argv[])
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)argv;
	get("../in/anchor.pem", &b);
	return say(certs_install_anchor(w.c, CERTS_MO, b.p, b.len, &e), &e);
}

static int
update(char *argv[])
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)argv;
	get("../in/next.pem", &b);
	return say(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, b.p, b.len, &e), &e);
}

static int delete (const char *file)
{
	own_bytes struct bytes b = { 0 };
	struct cert_hash_data hash;
	struct err e;

	get(file, &b);
	memcpy(&hash, b.p, sizeof(hash));
	return say(certs_delete(w.c, &hash, NULL, &e), &e);
}

static int
delete_leaf(char *argv[])
{
	(void)argv;
	return delete ("../in/leaf.hash");
}

static int
delete_root(char *argv[])
{
	(void)argv;
	return delete ("../in/root.hash");
}

static int
collect(char *argv[])
{
	struct certs_collected got;
	struct err e;

	(void)argv;
	return say(certs_collect(w.c, &got, &e), &e);
}

static int
put_key(char *argv[])
{
	own_bytes struct bytes b = { 0 };
	EVP_PKEY *key;
	struct err e;
	char name[128];
	BIO *bio;

	(void)argv;
	get("../in/key.pem", &b);
	bio = BIO_new_mem_buf(b.p, (int)b.len);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	return say(world_key(&w, CERTS_LEAF_CSMS, key, name, &e), &e);
}

/* To the leaf before the one that is linked. */
static int
relink(char *argv[])
{
	bool changed;
	struct err e;

	(void)argv;
	return say(
	    certs_link(w.c, certs_leaf_at(w.c, CERTS_LEAF_SECC, 1)->cert->print,
		&changed, &e),
	    &e);
}

static int
worked(char *argv[])
{
	struct err e;

	(void)argv;
	return say(certs_worked(w.c, CERTS_LEAF_SECC,
		       certs_leaf_at(w.c, CERTS_LEAF_SECC, 1)->cert->print, &e),
	    &e);
}

static int
put_answer(char *argv[])
{
	own_bytes struct bytes hash = { 0 }, b = { 0 };
	struct cert_hash_data d;
	struct err e;

	(void)argv;
	get("../in/leaf.hash", &hash);
	get("../in/answer.der", &b);
	memcpy(&d, hash.p, sizeof(d));
	return say(ocsp_put(w.c, &d, b.p, b.len, &e), &e);
}

static int
put_list(char *argv[])
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)argv;
	get("../in/list.pem", &b);
	return say(crl_install(w.c, CERTS_V2G, b.p, b.len, &e), &e);
}

static int
drop_list(char *argv[])
{
	struct crl_entry l;
	struct err e;

	(void)argv;
	return crl_at(w.c, CERTS_V2G, 0, &l)
	    ? say(crl_remove(w.c, l.file, &e), &e)
	    : 99;
}

/* How many of a folder's names end like this. */
static int
names(const char *folder, const char *end)
{
	DIR *d = opendir(folder);
	const struct dirent *one;
	int n = 0;

	while (d != NULL && (one = readdir(d)) != NULL)
		n += one->d_name[0] != '.' &&
		    strlen(one->d_name) > strlen(end) &&
		    strcmp(one->d_name + strlen(one->d_name) - strlen(end),
			end) == 0;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static void
print_lists(void)
{
	struct crl_entry l;

	for (int d = 0; d < CERTS_DOMAINS; d++)
		for (size_t i = 0; crl_at(w.c, (enum certs_domain)d, i, &l);
		     i++)
			(void)printf("list %d of %lld\n", d, (long long)l.from);
	(void)printf("answers %d %d\n", names("client/cso/ocsp", ".der"),
	    names("client/cso/ocsp", ".hash"));
}

static int
list(char *argv[])
{
	const struct certs_entry *n;
	struct certs_count count;
	char hex[65], link[256] = { 0 };

	(void)argv;
	for (int d = 0; d < CERTS_DOMAINS; d++)
		for (size_t i = 0;
		     (n = certs_anchor(w.c, (enum certs_domain)d, i)) != NULL;
		     i++) {
			hex_encode(n->cert->print, 32, hex);
			(void)printf("anchor %d %s\n", d, hex);
		}
	for (int k = 0; k < CERTS_LEAVES; k++)
		for (size_t i = 0;
		     (n = certs_leaf_at(w.c, (enum certs_leaf)k, i)) != NULL;
		     i++) {
			hex_encode(n->cert->print, 32, hex);
			(void)printf("leaf %d %s key %d chain %d trial %d\n", k,
			    hex, n->key != NULL, n->chain_count, n->trial);
			if (readlink("client/cso/SECC_LEAF.pem", link,
				sizeof(link) - 1) > 0 &&
			    strstr(n->file, link) != NULL)
				(void)printf("linked %s\n", hex);
		}
	print_lists();
	certs_count(w.c, &count);
	(void)printf("keys %zu waiting %zu files %zu answer %d\n", count.keys,
	    count.requests, count.files,
	    access("client/cso/ocsp/1_ocsp.hash", F_OK) == 0 &&
		access("client/cso/ocsp/1_ocsp.der", F_OK) == 0);
	return 0;
}

/* --- many changes --------------------------------------------------------- */

/* A key comes and goes, an anchor comes and goes: four changes. */
static int
four_changes(X509 *x, enum certs_domain d, EVP_PKEY *key)
{
	struct cert_hash_data hash;
	struct err e;
	char name[128];

	if (say(world_key(&w, CERTS_LEAF_CSMS, key, name, &e), &e) != 0 ||
	    say(world_anchor(&w, d, x, &e), &e) != 0 ||
	    world_find(&w, x, x, &hash) == NULL ||
	    say(certs_delete(w.c, &hash, NULL, &e), &e) != 0 ||
	    say(certs_drop_key(w.c, name, &e), &e) != 0)
		return 1;
	return 0;
}

static int
write_many(char *argv[])
{
	int n = atoi(argv[0]), seed = atoi(argv[1]);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct cert_hash_data hash;
	struct err e;
	char cn[32];
	X509 *x;

	(void)snprintf(cn, sizeof(cn), "writer %d", seed);
	x = craft_x509(
	    &(struct craft_cert){ .cn = cn, .ca = true, .key = key });
	for (int i = 0; i < n / 4; i++)
		/* The same bundle for both, so that each adds to what the
		 * other has just written. */
		if (four_changes(x, CERTS_MF, key) != 0)
			return 1;
	if (world_find(&w, x, x, &hash) != NULL)
		return 1;
	return say(world_anchor(&w, CERTS_MF, x, &e), &e);
}

/* As others write them: no commit for each. */
static int
fill(char *argv[])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char name[128];

	for (int i = 0, n = atoi(argv[0]); i < n; i++) {
		own_bytes struct bytes chain = { 0 }, leaf = { 0 };
		X509 *x = world_leaf(&w, CERTS_LEAF_SECC, key,
		    (struct craft_cert){ .san = "DNS:secc.example",
			.ocsp = "OCSP;URI:http://ocsp.example/" },
		    &chain);

		craft_pem(x, &leaf);
		(void)snprintf(
		    name, sizeof(name), "client/cso/SECC_LEAF_%04d.pem", i);
		keep(name, leaf.p, leaf.len);
		(void)snprintf(
		    name, sizeof(name), "client/cso/CPO_CHAIN_%04d.pem", i);
		keep(name, chain.p, chain.len);
		X509_free(x);
	}
	EVP_PKEY_free(key);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char *argv[]);
} operations[] = {
	{ "make", make },
	{ "install", install },
	{ "update", update },
	{ "delete-leaf", delete_leaf },
	{ "delete-root", delete_root },
	{ "collect", collect },
	{ "put-key", put_key },
	{ "relink", relink },
	{ "worked", worked },
	{ "put-answer", put_answer },
	{ "put-list", put_list },
	{ "drop-list", drop_list },
	{ "list", list },
	{ "write", write_many },
	{ "fill", fill },
};

int
main(int argc, char *argv[])
{
	if (argc < 3 || chdir(argv[1]) == -1)
		return 99;
	certs_config_default(&config);
	config.keep = 2;
	/* A folder of anchors as well as bundles. */
	(void)strcpy(config.anchors[CERTS_MO], "ca/mo");
	world_make(&w, &config);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(argv[2], operations[i].name) == 0) {
			int rc;

			if (i > 0)
				certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
			rc = operations[i].run(argv + 3);

			world_drop(&w);
			return rc;
		}
	return 99;
}
