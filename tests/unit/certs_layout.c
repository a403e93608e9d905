/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "certs_world.h"
#include "digest.h"
#include "index.h"
#include "place.h"
#include "tpm_public.h"

/* Folders as others write them, other writers at work, keys in all their
 * shapes, and what is collected when. */

static void
write_text(const char *name, const void *text, size_t len)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, name, text, len, FILE_PUBLIC, &e), 0);
}

static void
write_x509(const char *name, X509 *x, X509 *second)
{
	own_bytes struct bytes pem = { 0 };

	craft_pem(x, &pem);
	if (second != NULL)
		craft_pem(second, &pem);
	write_text(name, pem.p, pem.len);
}

/* word NULL: in clear. */
static void
write_key(const char *name, EVP_PKEY *key, const char *word)
{
	BIO *bio = BIO_new_file(name, "w");

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key,
			     word == NULL ? NULL : EVP_aes_128_cbc(),
			     (void *)(uintptr_t)word,
			     word == NULL ? 0 : (int)strlen(word), NULL, NULL),
	    1);
	BIO_free(bio);
}

static size_t
leaves(struct world *w, enum certs_leaf k)
{
	size_t n = 0;

	while (certs_leaf_at(w->c, k, n) != NULL)
		n++;
	return n;
}

static int
count_names(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *one;
	int count = 0;

	while (d != NULL && (one = readdir(d)) != NULL)
		count += one->d_name[0] != '.';
	if (d != NULL)
		(void)closedir(d);
	return count;
}

/* --- foreign layouts ------------------------------------------------------ */

/* As EVerest's own certificates for development lie: a leaf, its chain with the
 * leaf in front, an encrypted key, links, an authority, other files. */
static void
a_folder_that_everest_made_is_read(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 1);
	const struct certs_entry *l;
	struct certs_count count;
	struct world w;
	struct err e;
	X509 *leaf;

	(void)state;
	world_make(&w, NULL);
	leaf = world_leaf(
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, NULL);
	write_x509("ca/v2g/V2G_ROOT_CA.pem", w.v2g, w.sub);
	write_x509("client/cso/SECC_LEAF.pem", leaf, NULL);
	write_x509("client/cso/CPO_CERT_CHAIN.pem", leaf, w.sub);
	write_x509("client/cso/CPO_SUB_CA2.pem", w.sub, NULL);
	write_text("client/cso/SECC_LEAF_PASSWORD.txt", "123456", 6);
	write_text("client/cso/V2G.p12", "\0\1", 2);
	write_key("client/cso/SECC_LEAF.key", key, NULL);
	assert_int_equal(symlink("SECC_LEAF.pem", "client/cso/link.pem"), 0);
	assert_int_equal(symlink("nowhere", "client/cso/dangling.pem"), 0);
	assert_int_equal(mkdir("client/cso/folder.pem", 0755), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 1);
	l = certs_leaf_at(w.c, CERTS_LEAF_SECC, 0);
	assert_string_equal(l->file, "client/cso/SECC_LEAF.pem");
	assert_string_equal(l->chain, "client/cso/CPO_CERT_CHAIN.pem");
	assert_string_equal(l->key, "client/cso/SECC_LEAF.key");
	assert_int_equal(l->chain_count, 2);
	assert_false(l->trial); /* who brought it uses it already */
	certs_count(w.c, &count);
	assert_int_equal(count.anchors[CERTS_V2G], 2);
	X509_free(leaf);
	world_drop(&w);
}

/* What an EVerest with Plug and Charge leaves behind: bundles with authorities,
 * chains that hold the root, links, answers, and a request. */
static const char *const everests[] = { "ca/v2g/V2G_ROOT_CA.pem",
	"ca/mo/MO_ROOT_CA.pem", "client/cso/SECC_LEAF_M01_D01_i0_r1.pem",
	"client/cso/SECC_LEAF_M01_D01_i0_r1.key",
	"client/cso/CPO_CERT_SECC_LEAF_CHAIN_M01_D01_i1_r2.pem",
	"client/cso/SECC_LEAF_M01_D02_i2_r3.key",
	"client/cso/ocsp/17_ocsp.hash", "client/cso/ocsp/17_ocsp.der",
	"client/csms/CSMS_LEAF.pem", NULL };

static void
link_to(const char *to, const char *name)
{
	assert_true(symlink(to, name) == 0 || errno == EEXIST);
}

static void
write_everests(struct world *w, EVP_PKEY *key)
{
	X509 *leaf = world_leaf(w, CERTS_LEAF_SECC, key,
	    (struct craft_cert){ .ocsp = "OCSP;URI:http://a.example/" }, NULL);
	own_bytes struct bytes chain = { 0 };

	write_x509(everests[0], w->v2g, w->sub);
	write_x509(everests[1], w->v2g, w->csms);
	write_x509(everests[2], leaf, NULL);
	write_key(everests[3], key, "word");
	craft_pem(leaf, &chain);
	craft_pem(w->sub, &chain);
	craft_pem(w->v2g, &chain);
	write_text(everests[4], chain.p, chain.len);
	write_key(everests[5], craft_key("P-256", 8), NULL);
	(void)mkdir("client/cso/ocsp", 0755);
	write_text(everests[6], "SHA256\naa\nbb\n0c\n", 16);
	write_text(everests[7], "der", 3);
	write_text(everests[8], "", 0);
	link_to("SECC_LEAF_M01_D01_i0_r1.pem", "client/cso/SECC_LEAF.pem");
	link_to("none.pem", "client/cso/CPO_CERT_CHAIN.pem");
	(void)mkdir("client/cso/folder.pem", 0755);
	X509_free(leaf);
}

/* A store that was made by others, or by us before an upgrade, with any one of
 * its files spoiled in any way: it opens, and the rest is what it was. */
static void
D37_what_an_older_one_left_opens_whatever_became_of_a_file(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} spoiled[] = { { "", 0 }, { "\0\0\0\0", 4 }, { "-----BEGIN ", 11 },
		{ "\x30\x84\xff\xff\xff\xff", 6 } };
	EVP_PKEY *key = craft_key("P-256", 5);
	struct certs_collected gone;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	write_everests(&w, key);
	world_again(&w, NULL);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 1);
	assert_int_equal(
	    certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->chain_count, 2);
	for (int i = 0; everests[i] != NULL; i++)
		for (size_t k = 0; k < 4; k++) {
			write_everests(&w, key);
			write_text(
			    everests[i], spoiled[k].text, spoiled[k].len);
			world_again(&w, NULL);
			assert_non_null(certs_anchor(
			    w.c, i == 0 ? CERTS_MO : CERTS_V2G, 0));
			assert_int_equal(
			    certs_collect(w.c, &gone, &e), CERTS_ACCEPTED);
		}
	world_drop(&w);
}

static void
a_leaf_alone_in_der_and_a_chain_in_any_order_are_read(void **state)
{
	own_bytes struct bytes der = { 0 }, mixed = { 0 };
	struct world w;
	struct err e;
	X509 *a, *b;

	(void)state;
	world_make(&w, NULL);
	a = world_leaf(&w, CERTS_LEAF_SECC, craft_key("P-256", 1),
	    (struct craft_cert){ .cn = "a" }, NULL);
	b = world_leaf(&w, CERTS_LEAF_SECC, craft_key("P-256", 2),
	    (struct craft_cert){ .cn = "b" }, NULL);
	craft_der(a, &der);
	write_text("client/cso/a.der", der.p, der.len);
	craft_pem(w.v2g, &mixed);
	craft_pem(w.sub, &mixed);
	craft_pem(b, &mixed);
	write_text("client/cso/b.pem", mixed.p, mixed.len);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct certs_entry *l =
		    certs_leaf_at(w.c, CERTS_LEAF_SECC, i);

		assert_null(l->key);
		assert_int_equal(l->chain_count, l->chain == NULL ? 1 : 2);
	}
	X509_free(a);
	X509_free(b);
	world_drop(&w);
}

/* As an EVerest of 2023 has it: the CSMS's leaves in its bundle's folder. */
static void
leaves_beside_a_bundle_are_told_from_it(void **state)
{
	struct cert_hash_data hash;
	struct certs_config config;
	struct certs_collected got;
	struct world w;
	struct err e;
	X509 *x;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.leaves[CERTS_LEAF_CSMS], "ca/csms");
	world_make(&w, &config);
	world_roots(&w);
	x = world_install(&w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 });
	assert_int_equal(count_names("ca/csms"), 4); /* and a folder of CRLs */
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 1);
	assert_non_null(certs_leaf_at(w.c, CERTS_LEAF_CSMS, 0)->key);
	assert_non_null(certs_anchor(w.c, CERTS_CSMS, 0));
	assert_null(certs_anchor(w.c, CERTS_CSMS, 1));
	assert_null(certs_stray(w.c, CERTS_CSMS, 0));
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_YEAR);
	config.keep = 1;
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	world_again(&w, NULL);
	assert_non_null(certs_anchor(w.c, CERTS_CSMS, 0));
	/* The root goes out of its bundle, and the leaf stays where it is. */
	assert_non_null(world_find(&w, w.csms, w.csms, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_null(certs_anchor(w.c, CERTS_CSMS, 0));
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 1);
	X509_free(x);
	world_drop(&w);
}

static void
D24_keys_may_lie_in_folders_of_their_own(void **state)
{
	struct certs_collected got;
	struct certs_config config;
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	X509 *old, *new;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.keys[CERTS_LEAF_SECC], "keys/secc");
	world_make(&w, &config);
	world_roots(&w);
	old = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 5 * CRAFT_DAY });
	new = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_int_equal(count_names("keys/secc"), 2);
	assert_non_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key);
	/* A day later no key has gone that has a certificate. */
	certs_set_clock(w.c, CRAFT_NOW + CRAFT_DAY);
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.keys, 0);
	assert_int_equal(count_names("keys/secc"), 2);
	assert_non_null(world_find(&w, old, w.sub, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(count_names("keys/secc"), 1);
	X509_free(old);
	X509_free(new);
	world_drop(&w);
}

static void
D38_places_that_overlap_are_refused_at_the_beginning(void **state)
{
	static const struct {
		int which; /* 0: anchors, 1: leaves, 2: keys */
		int of;
		const char *path;
	} rows[] = {
		{ 0, CERTS_MO, "ca/v2g/V2G_ROOT_CA.pem" },
		{ 0, CERTS_MO, "ca/v2g" },
		{ 0, CERTS_MO, "client/cso/ca" },
		{ 0, CERTS_MO, "client/cso/ca.d" },
		{ 1, CERTS_LEAF_CSMS, "ca" },
		{ 1, CERTS_LEAF_CSMS, "ca/csms/CSMS_ROOT_CA.pem" },
		{ 1, CERTS_LEAF_CSMS, "client/cso/csms" },
		{ 1, CERTS_LEAF_CSMS, "client" },
		{ 2, CERTS_LEAF_CSMS, "client/cso/keys" },
		{ 0, CERTS_MF, "" },
		{ 0, CERTS_MF, "/etc" },
		{ 0, CERTS_MF, "ca/../x" },
		{ 0, CERTS_MF, ".hidden" },
		{ 0, CERTS_MF, "ca//x" },
		{ 0, CERTS_MF, "ca/" },
	};
	struct certs_config c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		certs_config_default(&c);
		assert_int_equal(certs_config_check(&c, &e), 0);
		(void)strcpy(rows[i].which == 0 ? c.anchors[rows[i].of]
			: rows[i].which == 1    ? c.leaves[rows[i].of]
						: c.keys[rows[i].of],
		    rows[i].path);
		if (rows[i].path[0] == '\0' && rows[i].which == 2)
			continue;
		assert_int_equal(certs_config_check(&c, &e), -1);
		assert_non_null(strstr(e.text, "\""));
	}
	/* What may share does. */
	certs_config_default(&c);
	(void)strcpy(c.leaves[0], "all");
	(void)strcpy(c.leaves[1], "all");
	(void)strcpy(c.keys[0], "keys");
	(void)strcpy(c.keys[1], "keys");
	assert_int_equal(certs_config_check(&c, &e), 0);
	(void)strcpy(c.anchors[CERTS_MO], "allx");
	assert_int_equal(certs_config_check(&c, &e), 0);
}

static void
limits_out_of_range_are_named(void **state)
{
	struct certs_config c;
	struct err e;

	(void)state;
	certs_config_default(&c);
	c.max_mb = 0;
	assert_int_equal(certs_config_check(&c, &e), -1);
	assert_non_null(strstr(e.text, "max_mb"));
	certs_config_default(&c);
	c.keep = 0;
	assert_int_equal(certs_config_check(&c, &e), -1);
	assert_non_null(strstr(e.text, "keep"));
}

/* --- other writers -------------------------------------------------------- */

static bool
is_readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

static void
what_others_change_is_noticed_and_counted(void **state)
{
	struct world w;
	struct err e;
	unsigned long before;

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	before = certs_generation(w.c);
	assert_false(is_readable(certs_watch_fd(w.c)));
	write_x509("ca/mf/MF_ROOT_CA.pem", w.csms, NULL);
	assert_true(is_readable(certs_watch_fd(w.c)));
	assert_null(certs_anchor(w.c, CERTS_MF, 0));
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MF, 0));
	assert_true(certs_generation(w.c) > before);
	/* In place, and of the same length. */
	write_x509("ca/mf/MF_ROOT_CA.pem", w.v2g, NULL);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	{
		const struct cert *x = certs_anchor(w.c, CERTS_MF, 0)->cert;

		assert_int_equal(X509_cmp(x->x, w.v2g), 0);
	}
	assert_int_equal(unlink("ca/mf/MF_ROOT_CA.pem"), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_anchor(w.c, CERTS_MF, 0));
	world_drop(&w);
}

static void
a_file_half_written_is_read_when_it_is_whole(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;
	int fd;

	(void)state;
	world_make(&w, NULL);
	craft_pem(w.csms, &pem);
	fd = open("ca/mf/MF_ROOT_CA.pem", O_WRONLY | O_CREAT, 0644);
	assert_int_equal(file_write_all(fd, pem.p, pem.len / 2), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_anchor(w.c, CERTS_MF, 0));
	assert_int_equal(
	    file_write_all(fd, pem.p + pem.len / 2, pem.len - pem.len / 2), 0);
	(void)close(fd);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MF, 0));
	world_drop(&w);
}

static void
a_folder_that_was_taken_away_is_made_and_watched_again(void **state)
{
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(unlink("ca/v2g/V2G_ROOT_CA.pem"), 0);
	assert_int_equal(rmdir("ca/v2g/crl"), 0);
	assert_int_equal(rmdir("ca/v2g"), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_anchor(w.c, CERTS_V2G, 0));
	write_x509("ca/v2g/V2G_ROOT_CA.pem", w.v2g, NULL);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_V2G, 0));
	world_drop(&w);
}

static void
two_stores_on_one_folder_see_each_other(void **state)
{
	struct certs_config config;
	struct cert_hash_data hash;
	const struct certs_entry *l;
	struct world w;
	struct certs *other;
	struct err e;
	X509 *x;

	(void)state;
	certs_config_default(&config);
	world_make(&w, &config);
	other = world_open(w.root, &config);
	world_roots(&w);
	x = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_int_equal(certs_refresh(other, &e), 0);
	l = certs_leaf_at(other, CERTS_LEAF_SECC, 0);
	assert_non_null(l);
	assert_true(l->trial);
	assert_int_equal(certs_worked(w.c, CERTS_LEAF_SECC, l->cert->print, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(certs_refresh(other, &e), 0);
	assert_false(certs_leaf_at(other, CERTS_LEAF_SECC, 0)->trial);
	assert_non_null(world_find(&w, w.csms, w.csms, &hash));
	assert_int_equal(certs_delete(other, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_NOT_FOUND);
	certs_close(other);
	X509_free(x);
	world_drop(&w);
}

static void
D33_a_file_over_the_limit_is_not_read(void **state)
{
	own_bytes struct bytes big = { 0 };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	craft_pem(w.csms, &big);
	while (big.len <= CERT_FILE_MAX)
		bytes_add(&big, "################\n", 17);
	write_text("ca/mf/MF_ROOT_CA.pem", big.p, big.len);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_anchor(w.c, CERTS_MF, 0));
	/* One byte over is refused, one less is taken. */
	write_text("ca/mf/MF_ROOT_CA.pem", big.p, CERT_FILE_MAX);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MF, 0));
	assert_int_equal(
	    world_anchor(&w, CERTS_MF, w.v2g, &e), CERTS_STORE_FULL);
	world_drop(&w);
}

static void
a_fifo_in_the_way_holds_nobody_up(void **state)
{
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(mkfifo("client/cso/fifo.pem", 0644), 0);
	assert_int_equal(mkfifo("client/cso/fifo.key", 0644), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	world_again(&w, NULL);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 0);
	world_drop(&w);
}

/* --- keys ----------------------------------------------------------------- */

static const char *
word_of(void *ctx, const char *file)
{
	return strstr(file, "foreign") != NULL ? ctx : NULL;
}

static void
an_encrypted_key_is_told_by_its_row_or_its_word(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 40);
	own_bytes struct bytes pem = { 0 };
	unsigned char *spki = NULL;
	struct world w;
	struct err e;
	char name[128], wrong[] = "wrong", right[] = "right", none[] = "";
	int n = i2d_PUBKEY(key, &spki);
	X509 *leaf;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	/* Our own: its public half was given with it. */
	write_key("k", key, "secret");
	assert_int_equal(file_read(w.root, "k", 65536, &pem, &e), 0);
	assert_int_equal(certs_put_key(w.c, CERTS_LEAF_SECC, pem.p, pem.len,
			     false, spki, (size_t)n, name, &e),
	    CERTS_ACCEPTED);
	leaf = world_leaf(
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, NULL);
	write_x509("client/cso/leaf.pem", leaf, w.sub);
	world_again(&w, NULL);
	assert_string_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key, name);
	assert_int_equal(unlink(name), 0);
	/* Somebody else's: by its word alone. */
	write_key("client/cso/foreign.key", key, "right");
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key);
	certs_password(w.c, word_of, none);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key);
	certs_password(w.c, word_of, wrong);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key);
	certs_password(w.c, word_of, right);
	assert_string_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key,
	    "client/cso/foreign.key");
	OPENSSL_free(spki);
	X509_free(leaf);
	world_drop(&w);
}

static void
add_tlv(struct bytes *out, uint8_t tag, const void *p, size_t len)
{
	const uint8_t head[] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };

	assert_true(len > 255 || len < 128);
	if (len < 128)
		bytes_add(out, (uint8_t[]){ tag, (uint8_t)len }, 2);
	else
		bytes_add(out, head, sizeof(head));
	bytes_add(out, p, len);
}

/* "TSS2 PRIVATE KEY" as tpm2-openssl writes it: the public area is in clear,
 * the private one is for that TPM alone. */
static void
add_tss2(EVP_PKEY *key, struct bytes *pem)
{
	struct tpm_public pub = { .type = TPM_ECC,
		.name_alg = TPM_SHA256,
		.attributes = TPM_FIXED_TPM | TPM_FIXED_PARENT | TPM_ORIGIN |
		    TPM_USER_AUTH | TPM_SIGN,
		.sym = TPM_NULL,
		.scheme = TPM_NULL,
		.curve = TPM_P256,
		.x.len = 32,
		.y.len = 32 };
	own_bytes struct bytes body = { 0 }, der = { 0 };
	uint8_t area[TPM_PUBLIC_MAX], point[65];
	size_t n;
	struct err e;
	char *b64;

	assert_int_equal(EVP_PKEY_get_octet_string_param(
			     key, "pub", point, sizeof(point), &n),
	    1);
	memcpy(pub.x.p, point + 1, 32);
	memcpy(pub.y.p, point + 33, 32);
	assert_int_equal(tpm_public_marshal(&pub, area, &n, &e), 0);
	add_tlv(&body, 0x06, "\x67\x81\x05\x0a\x01\x03", 6);
	add_tlv(&body, 0xa0, "\x01\x01\xff", 3);
	add_tlv(&body, 0x02, "\x40\x00\x00\x01", 4);
	add_tlv(&body, 0x04, area, n);
	add_tlv(&body, 0x04, "private", 7);
	add_tlv(&der, 0x30, body.p, body.len);
	b64 = base64_encode(der.p, der.len);
	bytes_fmt(pem,
	    "-----BEGIN TSS2 PRIVATE KEY-----\n%.64s\n%.64s\n%s\n"
	    "-----END TSS2 PRIVATE KEY-----\n",
	    b64, b64 + 64, b64 + 128);
	free(b64);
}

static void
a_key_in_a_tpm_is_told_by_its_public_area(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 41);
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;
	X509 *leaf;

	(void)state;
	world_make(&w, NULL);
	add_tss2(key, &pem);
	write_text("client/cso/SECC_LEAF_1.tkey", pem.p, pem.len);
	leaf = world_leaf(
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, NULL);
	write_x509("client/cso/leaf.pem", leaf, w.sub);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_string_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key,
	    "client/cso/SECC_LEAF_1.tkey");
	/* Cut anywhere, it is no key. */
	for (size_t i = 40; i < pem.len - 40; i += 11) {
		write_text("client/cso/SECC_LEAF_1.tkey", pem.p, i);
		assert_int_equal(certs_refresh(w.c, &e), 0);
		assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key);
	}
	X509_free(leaf);
	world_drop(&w);
}

static void
a_key_that_is_not_one_is_refused(void **state)
{
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(certs_put_key(w.c, CERTS_LEAF_SECC, "x", 1, false, "y",
			     1, name, &e),
	    CERTS_INVALID_FORMAT);
	assert_int_equal(count_names("client/cso"), 0);
	world_drop(&w);
}

static void
D13_the_key_of_a_request_that_failed_is_dropped(void **state)
{
	struct certs_count count;
	struct world w;
	struct err e;
	char name[128];
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 1), name, &e),
	    CERTS_ACCEPTED);
	certs_count(w.c, &count);
	assert_int_equal(count.requests, 1);
	assert_int_equal(certs_drop_key(w.c, name, &e), CERTS_ACCEPTED);
	assert_int_equal(certs_drop_key(w.c, name, &e), CERTS_KEY_NOT_FOUND);
	assert_int_equal(certs_drop_key(w.c, "../x", &e), CERTS_KEY_NOT_FOUND);
	x = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_int_equal(certs_drop_key(w.c,
			     certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key, &e),
	    CERTS_IN_USE);
	/* One that cannot be told may be anybody's. */
	write_key("client/cso/foreign.key", craft_key("P-256", 2), "word");
	assert_int_equal(
	    certs_drop_key(w.c, "client/cso/foreign.key", &e), CERTS_IN_USE);
	X509_free(x);
	world_drop(&w);
}

/* --- collection ----------------------------------------------------------- */

static size_t
collected_keys(struct world *w)
{
	struct certs_collected got;
	struct err e;

	assert_int_equal(certs_collect(w->c, &got, &e), CERTS_ACCEPTED);
	return got.keys;
}

static void
D21_D22_a_request_ages_over_restarts_and_though_nothing_is_full(void **state)
{
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 1), name, &e),
	    CERTS_ACCEPTED);
	certs_set_clock(w.c, CRAFT_NOW + 59 * 60);
	assert_int_equal(collected_keys(&w), 0);
	world_again(&w, NULL);
	certs_set_clock(w.c, CRAFT_NOW + 61 * 60);
	assert_int_equal(collected_keys(&w), 1);
	assert_int_equal(count_names("client/cso"), 0);
	world_drop(&w);
}

/* As on a unit whose clock is never set: only the time that the store has been
 * open counts. */
static void
a_request_ages_without_a_clock(void **state)
{
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	world_make(&w, NULL);
	certs_set_clock(w.c, 1000);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 1), name, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(collected_keys(&w), 0);
	/* Half an hour, a reboot, half an hour. */
	w.c->ticked -= 31 * 60;
	assert_int_equal(collected_keys(&w), 0);
	world_again(&w, NULL);
	certs_set_clock(w.c, 1000);
	w.c->ticked -= 20 * 60;
	assert_int_equal(collected_keys(&w), 0);
	w.c->ticked -= 20 * 60;
	assert_int_equal(collected_keys(&w), 1);
	world_drop(&w);
}

static void
a_clock_that_is_set_makes_no_request_old(void **state)
{
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	world_make(&w, NULL);
	certs_set_clock(w.c, 1000);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 1), name, &e),
	    CERTS_ACCEPTED);
	certs_set_clock(w.c, CRAFT_NOW);
	assert_int_equal(collected_keys(&w), 0);
	world_drop(&w);
}

static void
a_foreign_key_that_waits_is_collected_and_one_unknown_never(void **state)
{
	const struct timespec times[2] = { { CRAFT_NOW - 1800, 0 },
		{ CRAFT_NOW - 1800, 0 } };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	write_key("client/cso/plain.key", craft_key("P-256", 1), NULL);
	write_key("client/cso/secret.key", craft_key("P-256", 2), "word");
	assert_int_equal(
	    utimensat(AT_FDCWD, "client/cso/plain.key", times, 0), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	/* Its file's time counts, where it can be true. */
	assert_int_equal(collected_keys(&w), 0);
	certs_set_clock(w.c, CRAFT_NOW + 1801);
	assert_int_equal(collected_keys(&w), 1);
	assert_int_equal(access("client/cso/secret.key", F_OK), 0);
	certs_set_clock(w.c, CRAFT_NOW + 400 * CRAFT_DAY);
	assert_int_equal(collected_keys(&w), 0);
	world_drop(&w);
}

static void
expired_leaves_beyond_those_kept_go_with_their_keys(void **state)
{
	struct certs_collected got;
	struct certs_config config;
	struct world w;
	struct err e;
	X509 *x[5];

	(void)state;
	certs_config_default(&config);
	config.keep = 2;
	world_make(&w, &config);
	world_roots(&w);
	/* Two still valid, three that end in a day; the oldest first. */
	for (int i = 0; i < 5; i++) {
		x[i] = world_install(&w, CERTS_LEAF_CSMS,
		    (struct craft_cert){
			.begin = CRAFT_NOW - (10 - i) * CRAFT_DAY,
			.end = i < 3 ? CRAFT_NOW + CRAFT_DAY : 0 });
		assert_int_equal(
		    certs_worked(w.c, CERTS_LEAF_CSMS,
			certs_leaf_at(w.c, CERTS_LEAF_CSMS, 0)->cert->print,
			&e),
		    CERTS_ACCEPTED);
	}
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.leaves, 0);
	/* Without a clock nothing has expired. */
	certs_set_clock(w.c, 1000);
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.leaves, 0);
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.leaves, 3);
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 2);
	assert_int_equal(count_names("client/csms"), 4);
	for (int i = 0; i < 5; i++)
		X509_free(x[i]);
	world_drop(&w);
}

static void
write_answer(const char *name, const struct cert_hash_data *d)
{
	own_bytes struct bytes b = { 0 };
	char file[128];

	(void)mkdir("client/cso/ocsp", 0755);
	bytes_fmt(&b, "%s\n%s\n%s\n%s\n", cert_hash_name(d->algorithm),
	    d->issuer_name, d->issuer_key, d->serial);
	(void)snprintf(
	    file, sizeof(file), "client/cso/ocsp/%s_ocsp.hash", name);
	write_text(file, b.p, b.len);
	(void)snprintf(file, sizeof(file), "client/cso/ocsp/%s_ocsp.der", name);
	write_text(file, "der", 3);
}

static void
answers_go_with_their_certificate_and_those_of_nobody_are_collected(
    void **state)
{
	struct certs_collected got;
	struct cert_hash_data hash, sub, nobody;
	struct world w;
	struct err e;
	X509 *x[2];

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	x[0] = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 9 * CRAFT_DAY });
	x[1] = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_non_null(world_find(&w, x[0], w.sub, &hash));
	(void)world_find(&w, w.sub, w.v2g, &sub);
	nobody = hash;
	(void)strcpy(nobody.serial, "123");
	write_answer("leaf", &hash);
	write_answer("sub", &sub);
	write_answer("nobody", &nobody);
	write_text("client/cso/ocsp/rubbish_ocsp.hash", "x\n", 2);
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.ocsp, 1);
	assert_int_equal(count_names("client/cso/ocsp"), 5);
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(access("client/cso/ocsp/leaf_ocsp.der", F_OK), -1);
	assert_int_equal(access("client/cso/ocsp/leaf_ocsp.hash", F_OK), -1);
	assert_int_equal(access("client/cso/ocsp/sub_ocsp.der", F_OK), 0);
	X509_free(x[0]);
	X509_free(x[1]);
	world_drop(&w);
}

static void
D23_a_full_store_says_so_and_collects_before(void **state)
{
	struct certs_config config;
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	certs_config_default(&config);
	config.max_entries = 10;
	world_make(&w, &config);
	world_roots(&w);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(world_key(&w, CERTS_LEAF_SECC,
				     craft_key("P-256", i), name, &e),
		    CERTS_ACCEPTED);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 8), name, &e),
	    CERTS_STORE_FULL);
	assert_int_equal(
	    world_anchor(&w, CERTS_MF, w.csms, &e), CERTS_STORE_FULL);
	/* A day later the requests are garbage, and there is room. */
	certs_set_clock(w.c, CRAFT_NOW + CRAFT_DAY);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 8), name, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(count_names("client/cso"), 1);
	world_drop(&w);
}

static void
the_bytes_of_all_files_are_counted(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct certs_config config;
	struct certs_count count;
	struct world w;
	struct err e;

	(void)state;
	certs_config_default(&config);
	config.max_mb = 1;
	world_make(&w, &config);
	while (text.len < 600 * 1024)
		bytes_add(&text, "################\n", 17);
	write_text("client/cso/a.pem", text.p, text.len);
	assert_int_equal(
	    world_anchor(&w, CERTS_MF, w.csms, &e), CERTS_ACCEPTED);
	write_text("client/csms/b.pem", text.p, text.len);
	assert_int_equal(
	    world_anchor(&w, CERTS_MF, w.v2g, &e), CERTS_STORE_FULL);
	certs_count(w.c, &count);
	assert_true(count.bytes > 2 * text.len);
	world_drop(&w);
}

/* --- links ---------------------------------------------------------------- */

static void
is_link(const char *name, const char *to)
{
	char is[256] = { 0 };

	if (to == NULL) {
		assert_int_equal(readlink(name, is, sizeof(is) - 1), -1);
		return;
	}
	assert_true(readlink(name, is, sizeof(is) - 1) > 0);
	assert_string_equal(is, to);
}

static void
D30_links_are_swapped_never_missing(void **state)
{
	const struct certs_entry *l;
	struct certs_config config;
	struct world w;
	struct err e;
	X509 *a, *b;
	bool changed;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.keys[CERTS_LEAF_SECC], "keys/secc");
	world_make(&w, &config);
	world_roots(&w);
	a = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 9 * CRAFT_DAY });
	b = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	for (size_t i = 0; i < 2; i++) {
		l = certs_leaf_at(w.c, CERTS_LEAF_SECC, i);
		assert_int_equal(certs_link(w.c, l->cert->print, &changed, &e),
		    CERTS_ACCEPTED);
		assert_true(changed);
		l = certs_leaf_at(w.c, CERTS_LEAF_SECC, i);
		is_link("client/cso/SECC_LEAF.pem", l->file + 11);
		is_link("client/cso/CPO_CERT_CHAIN.pem", l->chain + 11);
		is_link("keys/secc/SECC_LEAF.key", l->key + 10);
		/* A link is no leaf of its own. */
		assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 2);
		assert_null(strstr(l->file, "SECC_LEAF.pem"));
		assert_int_equal(certs_link(w.c, l->cert->print, &changed, &e),
		    CERTS_ACCEPTED);
		assert_false(changed);
	}
	assert_int_equal(certs_link(w.c, NULL, &changed, &e), CERTS_ACCEPTED);
	assert_true(changed);
	is_link("client/cso/SECC_LEAF.pem", NULL);
	is_link("keys/secc/SECC_LEAF.key", NULL);
	write_text("client/cso/SECC_LEAF.pem", "mine", 4);
	l = certs_leaf_at(w.c, CERTS_LEAF_SECC, 0);
	assert_int_equal(
	    certs_link(w.c, l->cert->print, &changed, &e), CERTS_REJECTED);
	X509_free(a);
	X509_free(b);
	world_drop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    D37_what_an_older_one_left_opens_whatever_became_of_a_file),
		in_a_place(a_folder_that_everest_made_is_read),
		in_a_place(
		    a_leaf_alone_in_der_and_a_chain_in_any_order_are_read),
		in_a_place(leaves_beside_a_bundle_are_told_from_it),
		in_a_place(D24_keys_may_lie_in_folders_of_their_own),
		in_a_place(
		    D38_places_that_overlap_are_refused_at_the_beginning),
		in_a_place(limits_out_of_range_are_named),
		in_a_place(what_others_change_is_noticed_and_counted),
		in_a_place(a_file_half_written_is_read_when_it_is_whole),
		in_a_place(
		    a_folder_that_was_taken_away_is_made_and_watched_again),
		in_a_place(two_stores_on_one_folder_see_each_other),
		in_a_place(D33_a_file_over_the_limit_is_not_read),
		in_a_place(a_fifo_in_the_way_holds_nobody_up),
		in_a_place(an_encrypted_key_is_told_by_its_row_or_its_word),
		in_a_place(a_key_in_a_tpm_is_told_by_its_public_area),
		in_a_place(a_key_that_is_not_one_is_refused),
		in_a_place(D13_the_key_of_a_request_that_failed_is_dropped),
		in_a_place(
		    D21_D22_a_request_ages_over_restarts_and_though_nothing_is_full),
		in_a_place(a_request_ages_without_a_clock),
		in_a_place(a_clock_that_is_set_makes_no_request_old),
		in_a_place(
		    a_foreign_key_that_waits_is_collected_and_one_unknown_never),
		in_a_place(expired_leaves_beyond_those_kept_go_with_their_keys),
		in_a_place(
		    answers_go_with_their_certificate_and_those_of_nobody_are_collected),
		in_a_place(D23_a_full_store_says_so_and_collects_before),
		in_a_place(the_bytes_of_all_files_are_counted),
		in_a_place(D30_links_are_swapped_never_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
