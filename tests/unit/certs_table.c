/* SPDX-License-Identifier: MIT */
/*
 * Every operation of the store and every result that it can end with, one row
 * each: the operation, how the store is set up, and the result. A refusal says
 * its sentence and leaves the folders as they were. What only a verb ends with
 * (the kinds of requests, keys that cannot be made) is in certs_verbs.test.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/resource.h>

#include <ftw.h>
#include <signal.h>
#include <stdio.h>

#include "certs_crl.h"
#include "certs_ocsp.h"
#include "certs_world.h"
#include "crl.h"
#include "digest.h"
#include "ocsp.h"
#include "place.h"
#include "verify.h"

/* The store, and what is asked of it. */
struct asked {
	struct world w;
	struct bytes text; /* certificates, a key, an answer: as it comes */
	EVP_PKEY *key;
	char name[128];
	uint8_t print[32];
	struct cert_hash_data hash;
	time_t at;
	enum verify_purpose purpose;
	const char *host;
	STACK_OF(X509_CRL) * crls;
	bool no_room; /* on the disk, while it is asked */
};

/* --- the operations ------------------------------------------------------- */

static enum certs_result
install_anchor(struct asked *a, struct err *e)
{
	return certs_install_anchor(
	    a->w.c, CERTS_CSMS, a->text.p, a->text.len, e);
}

static enum certs_result
install_leaf(struct asked *a, struct err *e)
{
	return certs_install_leaf(
	    a->w.c, CERTS_LEAF_SECC, a->text.p, a->text.len, e);
}

static enum certs_result
put_key(struct asked *a, struct err *e)
{
	unsigned char *spki = NULL;
	int n = i2d_PUBKEY(craft_key("P-256", 3), &spki);
	enum certs_result r = certs_put_key(a->w.c, CERTS_LEAF_SECC, a->text.p,
	    a->text.len, false, spki, (size_t)n, a->name, e);

	OPENSSL_free(spki);
	return r;
}

static enum certs_result
drop_key(struct asked *a, struct err *e)
{
	return certs_drop_key(a->w.c, a->name, e);
}

static enum certs_result delete (struct asked *a, struct err *e) {
	return certs_delete(a->w.c, &a->hash, NULL, e);
}

static enum certs_result
collect(struct asked *a, struct err *e)
{
	struct certs_collected gone;

	return certs_collect(a->w.c, &gone, e);
}

static enum certs_result
point_links(struct asked *a, struct err *e)
{
	bool changed;

	return certs_link(a->w.c, a->print, &changed, e);
}

static enum certs_result
rehash(struct asked *a, struct err *e)
{
	return certs_rehash(a->w.c, CERTS_MO, e);
}

static enum certs_result
choose(struct asked *a, struct err *e)
{
	const struct certs_entry *l;

	return certs_choose(a->w.c, CERTS_LEAF_SECC, NULL, false, &l, e);
}

static enum certs_result
choose_expired(struct asked *a, struct err *e)
{
	const struct certs_entry *l;

	return certs_choose_expired(a->w.c, CERTS_LEAF_SECC, NULL, &l, e);
}

static enum certs_result
worked(struct asked *a, struct err *e)
{
	return certs_worked(a->w.c, CERTS_LEAF_SECC, a->print, e);
}

static enum certs_result
refused(struct asked *a, struct err *e)
{
	return certs_refused(a->w.c, CERTS_LEAF_SECC, a->print, e);
}

static enum certs_result
root_worked(struct asked *a, struct err *e)
{
	return certs_root_worked(a->w.c, a->print, e);
}

static enum certs_result
root_refused(struct asked *a, struct err *e)
{
	return certs_root_refused(a->w.c, a->print, e);
}

static enum certs_result
ask_secc(struct asked *a, struct err *e)
{
	struct ocsp_data data[1];
	int n;

	return ocsp_of_secc(a->w.c, data, 1, &n, e);
}

static enum certs_result
ask_chain(struct asked *a, struct err *e)
{
	struct ocsp_data data[1];
	int n;

	return ocsp_of_chain(a->w.c, a->text.p, a->text.len, data, 1, &n, e);
}

static enum certs_result
put_answer(struct asked *a, struct err *e)
{
	return ocsp_put(a->w.c, &a->hash, a->text.p, a->text.len, e);
}

static enum certs_result
get_answer(struct asked *a, struct err *e)
{
	own_bytes struct bytes der = { 0 };

	return ocsp_get(a->w.c, &a->hash, &der, e);
}

static enum certs_result
put_list(struct asked *a, struct err *e)
{
	return crl_install(a->w.c, CERTS_V2G, a->text.p, a->text.len, e);
}

static enum certs_result
drop_list(struct asked *a, struct err *e)
{
	return crl_remove(a->w.c, a->name, e);
}

static enum certs_result
verify(struct asked *a, struct err *e)
{
	struct cert *chain[8], *anchors[2];
	struct err why;
	int n = cert_parse(a->text.p, a->text.len, chain, 8, &why);
	size_t all = 0;
	enum certs_result r;
	struct verify_job job = { .chain = chain,
		.chain_count = n < 0 ? 0 : n,
		.anchors = anchors,
		.purpose = a->purpose,
		.at = a->at,
		.name = a->host,
		.crls = a->crls };

	while (all < 2 && certs_anchor(a->w.c, CERTS_V2G, all) != NULL) {
		anchors[all] = certs_anchor(a->w.c, CERTS_V2G, all)->cert;
		all++;
	}
	job.anchor_count = all;
	r = verify_chain(&job, NULL, e);
	while (n > 0)
		cert_free(chain[--n]);
	return r;
}

/* --- how the store is set up ---------------------------------------------- */

static void
empty(struct asked *a)
{
	(void)a;
}

static void
roots(struct asked *a)
{
	world_roots(&a->w);
}

static void
again(struct asked *a, void (*change)(struct certs_config *))
{
	struct certs_config config = *certs_config(a->w.c);

	change(&config);
	world_again(&a->w, &config);
}

static void
text_of(struct asked *a, X509 *x)
{
	bytes_free(&a->text);
	craft_pem(x, &a->text);
}

static void
anchor(struct asked *a, struct craft_cert spec)
{
	X509 *x;

	spec.cn = "an anchor";
	x = craft_x509(&spec);
	text_of(a, x);
	X509_free(x);
}

static void
good_anchor(struct asked *a)
{
	anchor(a, (struct craft_cert){ .ca = true });
}

static void
rubbish(struct asked *a)
{
	world_roots(&a->w);
	bytes_add(&a->text, "rubbish", 7);
}

static void
plain_anchor(struct asked *a)
{
	anchor(a, (struct craft_cert){ .ca = false });
}

static void
weak_anchor(struct asked *a)
{
	anchor(
	    a, (struct craft_cert){ .ca = true, .key = craft_key("P-224", 0) });
}

static void
old_anchor(struct asked *a)
{
	anchor(a,
	    (struct craft_cert){ .ca = true,
		.begin = CRAFT_NOW - CRAFT_YEAR,
		.end = CRAFT_NOW - 1 });
}

static void
anchor_to_be(struct asked *a)
{
	anchor(a,
	    (struct craft_cert){ .ca = true, .begin = CRAFT_NOW + CRAFT_DAY });
}

static void
clock_lost(struct asked *a)
{
	good_anchor(a);
	certs_set_clock(a->w.c, 1000);
}

static void
forged_anchor(struct asked *a)
{
	anchor(a,
	    (struct craft_cert){
		.ca = true, .issuer_key = craft_key("P-256", 9) });
}

static void
orphan_anchor(struct asked *a)
{
	text_of(a, a->w.sub);
}

static void
check_roots(struct certs_config *c)
{
	c->additional_root = true;
}

static void
stranger_beside_a_root(struct asked *a)
{
	world_roots(&a->w);
	again(a, check_roots);
	good_anchor(a);
}

static void
one_anchor(struct certs_config *c)
{
	c->max_anchors = 1;
}

static void
full_of_anchors(struct asked *a)
{
	world_roots(&a->w);
	again(a, one_anchor);
	good_anchor(a);
}

static void
disk_full(struct asked *a)
{
	world_roots(&a->w);
	good_anchor(a);
	a->no_room = true;
}

/* Who cannot lock begins nothing. */
static void
lock_away(void)
{
	assert_int_equal(unlink(".ingot-lock"), 0);
	assert_int_equal(mkdir(".ingot-lock", 0700), 0);
}

static void
no_lock(struct asked *a)
{
	world_roots(&a->w);
	good_anchor(a);
	lock_away();
}

/* A key is there, and its leaf comes. */
static void
leaf(struct asked *a, struct craft_cert spec)
{
	struct err e;
	X509 *x;

	world_roots(&a->w);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	x = world_leaf(&a->w, CERTS_LEAF_SECC, a->key, spec, &a->text);
	X509_free(x);
}

static void
good_leaf(struct asked *a)
{
	leaf(a, (struct craft_cert){ 0 });
}

static void
old_leaf(struct asked *a)
{
	leaf(a,
	    (struct craft_cert){
		.begin = CRAFT_NOW - CRAFT_YEAR, .end = CRAFT_NOW - 1 });
}

static void
present_only(struct certs_config *c)
{
	c->future_leaves = false;
}

static void
leaf_to_be(struct asked *a)
{
	again(a, present_only);
	leaf(a, (struct craft_cert){ .begin = CRAFT_NOW + CRAFT_DAY });
}

static void
leaf_without_time(struct asked *a)
{
	good_leaf(a);
	certs_set_clock(a->w.c, 1000);
}

static void
for_unit_7(struct certs_config *c)
{
	(void)strcpy(c->name[CERTS_LEAF_SECC], "unit-7");
}

static void
leaf_of_another(struct asked *a)
{
	again(a, for_unit_7);
	good_leaf(a);
}

static void
leaf_without_key(struct asked *a)
{
	world_roots(&a->w);
	X509_free(world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){ 0 }, &a->text));
}

static void
leaf_without_anchor(struct asked *a)
{
	struct err e;

	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	X509_free(world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){ 0 }, &a->text));
}

static void
leaf_of_a_stranger(struct asked *a)
{
	struct err e;
	X509 *x;

	world_roots(&a->w);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	x = world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){
		.issuer = a->w.csms, .issuer_key = a->w.csms_key },
	    NULL);
	text_of(a, x);
	X509_free(x);
}

/* The chain does not lead from one to the next. */
static void
leaf_in_disorder(struct asked *a)
{
	good_leaf(a);
	craft_pem(a->w.sub, &a->text);
}

static void
leaf_for_clients(struct asked *a)
{
	leaf(a, (struct craft_cert){ .eku = "clientAuth" });
}

static void
weak_leaf(struct asked *a)
{
	a->key = craft_key("P-224", 0);
	leaf(a, (struct craft_cert){ 0 });
}

static void
leaf_signed_by_another(struct asked *a)
{
	leaf(a,
	    (struct craft_cert){
		.issuer = a->w.sub, .issuer_key = craft_key("P-256", 9) });
}

/* The authority between is one that stands for ours and is not. */
static void
authority(struct asked *a, struct craft_cert spec)
{
	EVP_PKEY *key = craft_key("P-256", 20);
	struct err e;
	X509 *sub, *x;

	world_roots(&a->w);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	spec.cn = "sub";
	spec.key = key;
	spec.issuer = a->w.v2g;
	if (spec.issuer_key == NULL)
		spec.issuer_key = a->w.v2g_key;
	sub = craft_x509(&spec);
	x = world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){
		.issuer = sub, .issuer_key = key, .san = "DNS:a.example" },
	    NULL);
	text_of(a, x);
	craft_pem(sub, &a->text);
	X509_free(x);
	X509_free(sub);
}

static void
authority_signed_by_another(struct asked *a)
{
	authority(a,
	    (struct craft_cert){
		.ca = true, .issuer_key = craft_key("P-256", 9) });
}

static void
authority_that_is_none(struct asked *a)
{
	authority(a, (struct craft_cert){ .usage = "" });
}

static void
authority_of_other_names(struct asked *a)
{
	authority(a,
	    (struct craft_cert){
		.ca = true, .limits = "critical,permitted;DNS:b.example" });
}

static void
few_files(struct certs_config *c)
{
	c->max_entries = 10;
}

static void
full_of_files(struct asked *a)
{
	struct err e;

	world_roots(&a->w);
	again(a, few_files);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC,
				     craft_key("P-256", 30 + i), a->name, &e),
		    CERTS_ACCEPTED);
}

static void
leaf_into_a_full_store(struct asked *a)
{
	struct err e;

	full_of_files(a);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	X509_free(world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){ 0 }, &a->text));
}

static void
key_into_a_full_store(struct asked *a)
{
	struct err e;

	full_of_files(a);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	craft_key_pem(craft_key("P-256", 3), &a->text);
}

static void
leaf_onto_a_full_disk(struct asked *a)
{
	good_leaf(a);
	a->no_room = true;
}

static void
a_key(struct asked *a)
{
	craft_key_pem(craft_key("P-256", 3), &a->text);
}

static void
a_key_onto_a_full_disk(struct asked *a)
{
	a_key(a);
	a->no_room = true;
}

static void
a_key_without_lock(struct asked *a)
{
	a_key(a);
	lock_away();
}

static void
a_key_that_waits(struct asked *a)
{
	struct err e;

	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
}

static void
no_such_key(struct asked *a)
{
	(void)strcpy(a->name, "client/cso/none.key");
}

static void
a_key_that_waits_on_a_full_disk(struct asked *a)
{
	a_key_that_waits(a);
	a->no_room = true;
}

/* The store has a leaf; print and hash are its. */
static void
has_leaf_with(struct asked *a, struct craft_cert spec)
{
	const struct certs_entry *l;

	world_roots(&a->w);
	X509_free(world_install(&a->w, CERTS_LEAF_SECC, spec));
	l = certs_leaf_at(a->w.c, CERTS_LEAF_SECC, 0);
	memcpy(a->print, l->cert->print, sizeof(a->print));
	cert_hash_data(l->cert, certs_issuer(a->w.c, l), CERT_SHA256, &a->hash);
	(void)strcpy(a->name, l->key);
}

static void
has_leaf(struct asked *a)
{
	has_leaf_with(a, (struct craft_cert){ 0 });
}

static void
has_leaf_on_a_full_disk(struct asked *a)
{
	has_leaf(a);
	a->no_room = true;
}

static void
has_leaf_and_no_lock(struct asked *a)
{
	has_leaf(a);
	lock_away();
}

/* The one asked about is the older of two: the newer is in use. */
static void
has_two_leaves(struct asked *a)
{
	struct asked newer = { .w = a->w };
	struct err e;

	has_leaf_with(a, (struct craft_cert){ .begin = CRAFT_NOW - CRAFT_DAY });
	X509_free(world_install(&a->w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 60 }));
	memcpy(newer.print,
	    certs_leaf_at(a->w.c, CERTS_LEAF_SECC, 0)->cert->print, 32);
	assert_int_equal(worked(&newer, &e), CERTS_ACCEPTED);
}

static void
has_two_leaves_on_a_full_disk(struct asked *a)
{
	has_two_leaves(a);
	a->no_room = true;
}

static void
has_leaf_and_no_time(struct asked *a)
{
	has_leaf(a);
	certs_set_clock(a->w.c, 1000);
}

static void
hash_of_no_algorithm(struct asked *a)
{
	has_leaf(a);
	a->hash.algorithm = CERT_HASHES;
}

static void
hash_of_nobody(struct asked *a)
{
	has_leaf(a);
	(void)strcpy(a->hash.serial, "ffff");
}

static void
has_old_leaf(struct asked *a)
{
	has_leaf_with(a, (struct craft_cert){ .end = CRAFT_NOW + 60 });
	certs_set_clock(a->w.c, CRAFT_NOW + CRAFT_DAY);
}

static void
has_leaf_whose_key_went(struct asked *a)
{
	has_leaf(a);
	assert_int_equal(unlink(a->name), 0);
}

static void
print_of_nobody(struct asked *a)
{
	has_leaf(a);
	a->print[0] ^= 1;
}

/* Its requests are overdue: a collection has something to write. */
static void
has_garbage_on_a_full_disk(struct asked *a)
{
	a_key_that_waits(a);
	certs_set_clock(a->w.c, CRAFT_NOW + CRAFT_DAY);
	a->no_room = true;
}

static void
a_file_of_the_links_name(struct asked *a)
{
	struct err e;

	has_leaf(a);
	assert_int_equal(file_write(AT_FDCWD, "client/cso/" CERTS_LINK_LEAF,
			     "mine", 4, FILE_PUBLIC, &e),
	    0);
}

static void
mo_folder(struct certs_config *c)
{
	(void)strcpy(c->anchors[CERTS_MO], "ca/mo");
}

static void
an_anchor_without_its_link(struct asked *a)
{
	struct err e;

	again(a, mo_folder);
	assert_int_equal(
	    world_anchor(&a->w, CERTS_MO, a->w.v2g, &e), CERTS_ACCEPTED);
}

static void
an_anchor_without_its_link_on_a_full_disk(struct asked *a)
{
	an_anchor_without_its_link(a);
	a->no_room = true;
}

static void
an_anchor_without_its_link_nor_lock(struct asked *a)
{
	an_anchor_without_its_link(a);
	lock_away();
}

static void
root_on_trial(struct asked *a)
{
	struct err e;
	struct cert *c;
	X509 *next = craft_x509(&(struct craft_cert){ .cn = "next root",
	    .ca = true,
	    .issuer = a->w.csms,
	    .issuer_key = a->w.csms_key });

	world_roots(&a->w);
	again(a, check_roots);
	assert_int_equal(
	    world_anchor(&a->w, CERTS_CSMS, next, &e), CERTS_ACCEPTED);
	c = cert_new(next, &e);
	memcpy(a->print, c->print, sizeof(a->print));
	cert_free(c);
}

static void
root_on_trial_on_a_full_disk(struct asked *a)
{
	root_on_trial(a);
	a->no_room = true;
}

static void
root_on_trial_and_no_lock(struct asked *a)
{
	root_on_trial(a);
	lock_away();
}

static void
has_responder(struct asked *a)
{
	has_leaf_with(a, (struct craft_cert){ .ocsp = "OCSP;URI:http://a/" });
}

/* More than the one that is asked for. */
static void
has_two_responders(struct asked *a)
{
	has_responder(a);
	X509_free(world_install(&a->w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .ocsp = "OCSP;URI:http://a/" }));
}

static void
contract(struct asked *a)
{
	X509 *x;

	world_roots(&a->w);
	x = world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){ .ocsp = "OCSP;URI:http://a/" }, &a->text);
	X509_free(x);
}

static void
contract_with_two_responders(struct asked *a)
{
	EVP_PKEY *key = craft_key("P-256", 20);
	X509 *sub, *x;

	world_roots(&a->w);
	sub = craft_x509(&(struct craft_cert){ .cn = "MO sub",
	    .ca = true,
	    .key = key,
	    .issuer = a->w.v2g,
	    .issuer_key = a->w.v2g_key,
	    .ocsp = "OCSP;URI:http://b/" });
	x = craft_x509(&(struct craft_cert){
	    .issuer = sub, .issuer_key = key, .ocsp = "OCSP;URI:http://a/" });
	text_of(a, x);
	craft_pem(sub, &a->text);
	X509_free(x);
	X509_free(sub);
}

static void
contract_of_a_stranger(struct asked *a)
{
	X509 *x = craft_x509(&(struct craft_cert){ .cn = "contract",
	    .issuer = a->w.csms,
	    .issuer_key = a->w.csms_key });

	world_roots(&a->w);
	text_of(a, x);
	X509_free(x);
}

/* --- answers -------------------------------------------------------------- */

static void
answer(struct asked *a, struct craft_answer spec)
{
	const struct certs_entry *l;

	has_leaf(a);
	l = certs_leaf_at(a->w.c, CERTS_LEAF_SECC, 0);
	if (spec.about == NULL)
		spec.about = l->cert->x;
	spec.issuer = a->w.sub;
	if (spec.key == NULL)
		spec.key = a->w.sub_key;
	craft_answer(&spec, &a->text);
}

static void
good_answer(struct asked *a)
{
	answer(a, (struct craft_answer){ 0 });
}

static void
answer_about_another(struct asked *a)
{
	answer(a, (struct craft_answer){ .about = a->w.sub });
}

static void
answer_that_is_over(struct asked *a)
{
	answer(a,
	    (struct craft_answer){ .from = CRAFT_NOW - 9 * CRAFT_DAY,
		.to = CRAFT_NOW - 8 * CRAFT_DAY });
}

static void
answer_to_be(struct asked *a)
{
	answer(a,
	    (struct craft_answer){ .from = CRAFT_NOW + 8 * CRAFT_DAY,
		.to = CRAFT_NOW + 9 * CRAFT_DAY });
}

static void
forged_answer(struct asked *a)
{
	EVP_PKEY *key = craft_key("P-256", 9);
	X509 *signer = craft_x509(
	    &(struct craft_cert){ .cn = "CPO sub", .ca = true, .key = key });

	answer(a, (struct craft_answer){ .signer = signer, .key = key });
	X509_free(signer);
}

static void
answer_without_time(struct asked *a)
{
	good_answer(a);
	certs_set_clock(a->w.c, 1000);
}

static void
answer_onto_a_full_disk(struct asked *a)
{
	good_answer(a);
	a->no_room = true;
}

static void
answer_and_no_lock(struct asked *a)
{
	good_answer(a);
	lock_away();
}

/* The leaf's issuer is neither in its chain nor an anchor any more. */
static void
issuer_went(struct asked *a)
{
	struct certs_deleted what;
	struct err e;
	struct cert_hash_data root;
	X509 *x;

	world_roots(&a->w);
	assert_int_equal(world_key(&a->w, CERTS_LEAF_SECC, a->key, a->name, &e),
	    CERTS_ACCEPTED);
	x = world_leaf(&a->w, CERTS_LEAF_SECC, a->key,
	    (struct craft_cert){
		.issuer = a->w.v2g, .issuer_key = a->w.v2g_key },
	    NULL);
	text_of(a, x);
	assert_int_equal(install_leaf(a, &e), CERTS_ACCEPTED);
	assert_non_null(world_find(&a->w, a->w.v2g, a->w.v2g, &root));
	assert_int_equal(
	    certs_delete(a->w.c, &root, &what, &e), CERTS_ACCEPTED);
	(void)world_find(&a->w, x, a->w.v2g, &a->hash);
	X509_free(x);
}

static void
kept_answer(struct asked *a)
{
	struct err e;

	good_answer(a);
	assert_int_equal(put_answer(a, &e), CERTS_ACCEPTED);
}

static void
kept_answer_that_is_over(struct asked *a)
{
	kept_answer(a);
	certs_set_clock(a->w.c, CRAFT_NOW + 5 * CRAFT_DAY);
}

static void
issuer_went_after_an_answer(struct asked *a)
{
	issuer_went(a);
}

/* --- chains --------------------------------------------------------------- */

static void
judged(struct asked *a)
{
	a->at = CRAFT_NOW;
	a->purpose = VERIFY_SECC;
}

static void
chain_that_holds(struct asked *a)
{
	good_leaf(a);
	judged(a);
}

static void
chain_at_no_time(struct asked *a)
{
	good_leaf(a);
	judged(a);
	a->at = 0;
}

static void
chain_later(struct asked *a)
{
	good_leaf(a);
	judged(a);
	a->at = CRAFT_NOW + 4 * CRAFT_YEAR;
}

static void
chain_before(struct asked *a)
{
	good_leaf(a);
	judged(a);
	a->at = CRAFT_NOW - CRAFT_YEAR;
}

static void
chain_for_clients(struct asked *a)
{
	good_leaf(a);
	judged(a);
	a->purpose = VERIFY_CSMS_CLIENT;
}

static void
chain_of_another_name(struct asked *a)
{
	good_leaf(a);
	judged(a);
	a->host = "other.example";
}

static void
chain_without_anchor(struct asked *a)
{
	leaf_without_anchor(a);
	judged(a);
}

static void
chain_of_a_stranger(struct asked *a)
{
	leaf_of_a_stranger(a);
	judged(a);
}

static void
chain_with_a_forged_leaf(struct asked *a)
{
	leaf_signed_by_another(a);
	judged(a);
}

static void
chain_with_a_forged_authority(struct asked *a)
{
	authority_signed_by_another(a);
	judged(a);
}

static void
chain_over_no_authority(struct asked *a)
{
	authority_that_is_none(a);
	judged(a);
}

static void
chain_of_other_names(struct asked *a)
{
	authority_of_other_names(a);
	judged(a);
}

static void
chain_with_a_weak_key(struct asked *a)
{
	leaf(a, (struct craft_cert){ .md = EVP_sha1() });
	judged(a);
}

static void
chain_of_nothing(struct asked *a)
{
	world_roots(&a->w);
	judged(a);
}

static void
ask_a_policy(X509 *x)
{
	craft_extension(
	    x, x, NID_policy_constraints, "critical,requireExplicitPolicy:0");
}

static void
chain_without_its_policy(struct asked *a)
{
	authority(a, (struct craft_cert){ .ca = true, .twist = ask_a_policy });
	judged(a);
}

static void
chain_that_was_revoked(struct asked *a)
{
	struct cert *x[2];
	struct err e;

	chain_that_holds(a);
	assert_int_equal(cert_parse(a->text.p, a->text.len, x, 2, &e), 2);
	a->crls = sk_X509_CRL_new_null();
	sk_X509_CRL_push(a->crls,
	    craft_crl(&(struct craft_crl){
		.by = a->w.sub, .key = a->w.sub_key, .lists = x[0]->x }));
	cert_free(x[0]);
	cert_free(x[1]);
}

/* --- revocation lists ----------------------------------------------------- */

static void
revoking(struct asked *a, struct craft_crl spec)
{
	X509_CRL *list;

	if (certs_anchor(a->w.c, CERTS_V2G, 0) == NULL)
		world_roots(&a->w);
	if (spec.by == NULL)
		spec.by = a->w.v2g;
	if (spec.key == NULL)
		spec.key = a->w.v2g_key;
	list = craft_crl(&spec);
	bytes_free(&a->text);
	craft_crl_pem(list, &a->text);
	X509_CRL_free(list);
}

static void
good_list(struct asked *a)
{
	revoking(a, (struct craft_crl){ 0 });
}

static void
list_of_a_stranger(struct asked *a)
{
	revoking(
	    a, (struct craft_crl){ .by = a->w.csms, .key = a->w.csms_key });
}

static void
forged_list(struct asked *a)
{
	revoking(a, (struct craft_crl){ .key = a->w.csms_key });
}

static void
list_of_one_who_may_not(struct asked *a)
{
	EVP_PKEY *key = craft_key("P-256", 50);
	struct err e;
	X509 *x = craft_x509(&(struct craft_cert){ .cn = "no lister",
	    .ca = true,
	    .key = key,
	    .usage = "critical,keyCertSign" });

	world_roots(&a->w);
	assert_int_equal(world_anchor(&a->w, CERTS_V2G, x, &e), CERTS_ACCEPTED);
	revoking(a, (struct craft_crl){ .by = x, .key = key });
	X509_free(x);
}

static void
weak_list(struct asked *a)
{
	revoking(a, (struct craft_crl){ .md = EVP_sha1() });
}

static void
old_list(struct asked *a)
{
	revoking(a, (struct craft_crl){ .to = CRAFT_NOW - 60 });
}

static void
list_to_be(struct asked *a)
{
	revoking(a, (struct craft_crl){ .from = CRAFT_NOW + 60 });
}

static void
list_without_time(struct asked *a)
{
	good_list(a);
	certs_set_clock(a->w.c, 1000);
}

static void
has_list(struct asked *a)
{
	struct crl_entry l;
	struct err e;

	good_list(a);
	assert_int_equal(put_list(a, &e), CERTS_ACCEPTED);
	assert_true(crl_at(a->w.c, CERTS_V2G, 0, &l));
	(void)snprintf(a->name, sizeof(a->name), "%s", l.file);
}

static void
list_before_the_one_there(struct asked *a)
{
	has_list(a);
	revoking(a, (struct craft_crl){ .from = CRAFT_NOW - 9 * CRAFT_DAY });
}

static void
too_many_lists(struct asked *a)
{
	char name[64];
	struct err e;

	good_list(a);
	for (int i = 0; i < CRL_LISTS; i++) {
		(void)snprintf(name, sizeof(name), "ca/v2g/crl/%d.crl", i);
		assert_int_equal(file_write(AT_FDCWD, name, a->text.p,
				     a->text.len, FILE_PUBLIC, &e),
		    0);
	}
}

static void
list_onto_a_full_disk(struct asked *a)
{
	good_list(a);
	a->no_room = true;
}

static void
list_and_no_lock(struct asked *a)
{
	good_list(a);
	lock_away();
}

static void
has_list_on_a_full_disk(struct asked *a)
{
	has_list(a);
	a->no_room = true;
}

static void
has_list_and_no_lock(struct asked *a)
{
	has_list(a);
	lock_away();
}

/* --- the table ------------------------------------------------------------ */

typedef enum certs_result ask_fn(struct asked *, struct err *);

#define ROW(ask, set_up, result)                                               \
	{                                                                      \
#ask, #set_up, ask, set_up, CERTS_##result                     \
	}
static const struct row {
	const char *operation, *how;
	ask_fn *ask;
	void (*set_up)(struct asked *);
	enum certs_result result;
} rows[] = {
	ROW(install_anchor, good_anchor, ACCEPTED),
	ROW(install_anchor, rubbish, INVALID_FORMAT),
	ROW(install_anchor, plain_anchor, NOT_A_CA),
	ROW(install_anchor, weak_anchor, WEAK_KEY),
	ROW(install_anchor, old_anchor, EXPIRED),
	ROW(install_anchor, anchor_to_be, NOT_YET_VALID),
	ROW(install_anchor, clock_lost, CLOCK_INVALID),
	ROW(install_anchor, forged_anchor, INVALID_SIGNATURE),
	ROW(install_anchor, orphan_anchor, ISSUER_NOT_FOUND),
	ROW(install_anchor, stranger_beside_a_root, POLICY_REFUSED),
	ROW(install_anchor, full_of_anchors, STORE_FULL),
	ROW(install_anchor, disk_full, WRITE_ERROR),
	ROW(install_anchor, no_lock, FAILED),

	ROW(install_leaf, good_leaf, ACCEPTED),
	ROW(install_leaf, rubbish, INVALID_FORMAT),
	ROW(install_leaf, leaf_in_disorder, INVALID_CHAIN),
	ROW(install_leaf, leaf_for_clients, WRONG_PURPOSE),
	ROW(install_leaf, old_leaf, EXPIRED),
	ROW(install_leaf, leaf_to_be, NOT_YET_VALID),
	ROW(install_leaf, leaf_without_time, CLOCK_INVALID),
	ROW(install_leaf, leaf_of_another, INVALID_COMMON_NAME),
	ROW(install_leaf, leaf_without_key, KEY_NOT_FOUND),
	ROW(install_leaf, leaf_without_anchor, NO_ROOT),
	ROW(install_leaf, leaf_of_a_stranger, ISSUER_NOT_FOUND),
	ROW(install_leaf, leaf_signed_by_another, INVALID_LEAF_SIGNATURE),
	ROW(install_leaf, authority_signed_by_another, INVALID_SIGNATURE),
	ROW(install_leaf, authority_that_is_none, NOT_A_CA),
	ROW(install_leaf, authority_of_other_names, NAME_CONSTRAINT),
	ROW(install_leaf, weak_leaf, WEAK_KEY),
	ROW(install_leaf, leaf_into_a_full_store, STORE_FULL),
	ROW(install_leaf, leaf_onto_a_full_disk, WRITE_ERROR),
	ROW(install_leaf, no_lock, FAILED),

	ROW(put_key, a_key, ACCEPTED),
	ROW(put_key, empty, INVALID_FORMAT),
	ROW(put_key, key_into_a_full_store, STORE_FULL),
	ROW(put_key, a_key_onto_a_full_disk, WRITE_ERROR),
	ROW(put_key, a_key_without_lock, FAILED),

	ROW(drop_key, a_key_that_waits, ACCEPTED),
	ROW(drop_key, no_such_key, KEY_NOT_FOUND),
	ROW(drop_key, has_leaf, IN_USE),
	ROW(drop_key, a_key_that_waits_on_a_full_disk, WRITE_ERROR),
	ROW(drop_key, no_lock, FAILED),

	ROW(delete, has_two_leaves, ACCEPTED),
	ROW(delete, hash_of_no_algorithm, INVALID_FORMAT),
	ROW(delete, hash_of_nobody, NOT_FOUND),
	ROW(delete, has_leaf, IN_USE),
	ROW(delete, has_leaf_and_no_time, CLOCK_INVALID),
	ROW(delete, has_two_leaves_on_a_full_disk, WRITE_ERROR),
	ROW(delete, has_leaf_and_no_lock, FAILED),

	ROW(collect, empty, ACCEPTED),
	ROW(collect, has_garbage_on_a_full_disk, WRITE_ERROR),
	ROW(collect, no_lock, FAILED),

	ROW(point_links, has_leaf, ACCEPTED),
	ROW(point_links, print_of_nobody, NOT_FOUND),
	ROW(point_links, a_file_of_the_links_name, REJECTED),
	ROW(point_links, has_leaf_on_a_full_disk, WRITE_ERROR),
	ROW(point_links, has_leaf_and_no_lock, FAILED),

	ROW(rehash, an_anchor_without_its_link, ACCEPTED),
	ROW(rehash, an_anchor_without_its_link_on_a_full_disk, WRITE_ERROR),
	ROW(rehash, an_anchor_without_its_link_nor_lock, FAILED),

	ROW(choose, has_leaf, ACCEPTED),
	ROW(choose, roots, NOT_FOUND),
	ROW(choose, has_old_leaf, NOT_FOUND_VALID),
	ROW(choose, has_leaf_whose_key_went, KEY_NOT_FOUND),
	ROW(choose, has_leaf_and_no_time, CLOCK_INVALID),

	ROW(choose_expired, has_old_leaf, ACCEPTED),
	ROW(choose_expired, roots, NOT_FOUND_VALID),

	ROW(worked, has_leaf, ACCEPTED),
	ROW(worked, print_of_nobody, NOT_FOUND),
	ROW(worked, has_leaf_on_a_full_disk, WRITE_ERROR),
	ROW(worked, has_leaf_and_no_lock, FAILED),
	ROW(refused, has_leaf, ACCEPTED),
	ROW(refused, print_of_nobody, NOT_FOUND),
	ROW(refused, has_leaf_on_a_full_disk, WRITE_ERROR),
	ROW(refused, has_leaf_and_no_lock, FAILED),

	ROW(root_worked, root_on_trial, ACCEPTED),
	ROW(root_worked, print_of_nobody, NOT_FOUND),
	ROW(root_worked, root_on_trial_on_a_full_disk, WRITE_ERROR),
	ROW(root_worked, root_on_trial_and_no_lock, FAILED),
	ROW(root_refused, root_on_trial, ACCEPTED),
	ROW(root_refused, print_of_nobody, NOT_FOUND),
	ROW(root_refused, root_on_trial_on_a_full_disk, WRITE_ERROR),
	ROW(root_refused, root_on_trial_and_no_lock, FAILED),

	ROW(ask_secc, has_responder, ACCEPTED),
	ROW(ask_secc, roots, NOT_FOUND),
	ROW(ask_secc, has_two_responders, FAILED),
	ROW(ask_chain, contract, ACCEPTED),
	ROW(ask_chain, rubbish, INVALID_FORMAT),
	ROW(ask_chain, contract_of_a_stranger, ISSUER_NOT_FOUND),
	ROW(ask_chain, contract_with_two_responders, FAILED),

	ROW(put_answer, good_answer, ACCEPTED),
	ROW(put_answer, rubbish, INVALID_FORMAT),
	ROW(put_answer, answer_about_another, NOT_FOUND),
	ROW(put_answer, answer_that_is_over, EXPIRED),
	ROW(put_answer, answer_to_be, NOT_YET_VALID),
	ROW(put_answer, forged_answer, INVALID_SIGNATURE),
	ROW(put_answer, answer_without_time, CLOCK_INVALID),
	ROW(put_answer, answer_onto_a_full_disk, WRITE_ERROR),
	ROW(put_answer, answer_and_no_lock, FAILED),

	ROW(get_answer, kept_answer, ACCEPTED),
	ROW(get_answer, good_answer, NOT_FOUND),
	ROW(get_answer, kept_answer_that_is_over, NOT_FOUND_VALID),
	ROW(get_answer, issuer_went_after_an_answer, ISSUER_NOT_FOUND),

	ROW(put_list, good_list, ACCEPTED),
	ROW(put_list, rubbish, INVALID_FORMAT),
	ROW(put_list, list_of_a_stranger, ISSUER_NOT_FOUND),
	ROW(put_list, forged_list, INVALID_SIGNATURE),
	ROW(put_list, list_of_one_who_may_not, WRONG_PURPOSE),
	ROW(put_list, weak_list, WEAK_KEY),
	ROW(put_list, old_list, EXPIRED),
	ROW(put_list, list_to_be, NOT_YET_VALID),
	ROW(put_list, list_without_time, CLOCK_INVALID),
	ROW(put_list, list_before_the_one_there, REJECTED),
	ROW(put_list, too_many_lists, STORE_FULL),
	ROW(put_list, list_onto_a_full_disk, WRITE_ERROR),
	ROW(put_list, list_and_no_lock, FAILED),
	ROW(drop_list, has_list, ACCEPTED),
	ROW(drop_list, roots, NOT_FOUND),
	ROW(drop_list, has_list_on_a_full_disk, WRITE_ERROR),
	ROW(drop_list, has_list_and_no_lock, FAILED),

	ROW(verify, chain_that_holds, ACCEPTED),
	ROW(verify, chain_of_nothing, INVALID_FORMAT),
	ROW(verify, chain_at_no_time, CLOCK_INVALID),
	ROW(verify, chain_later, EXPIRED),
	ROW(verify, chain_before, NOT_YET_VALID),
	ROW(verify, chain_for_clients, WRONG_PURPOSE),
	ROW(verify, chain_of_another_name, INVALID_COMMON_NAME),
	ROW(verify, chain_without_anchor, NO_ROOT),
	ROW(verify, chain_of_a_stranger, ISSUER_NOT_FOUND),
	ROW(verify, chain_with_a_forged_leaf, INVALID_LEAF_SIGNATURE),
	ROW(verify, chain_with_a_forged_authority, INVALID_SIGNATURE),
	ROW(verify, chain_over_no_authority, NOT_A_CA),
	ROW(verify, chain_of_other_names, NAME_CONSTRAINT),
	ROW(verify, chain_with_a_weak_key, WEAK_KEY),
	ROW(verify, chain_without_its_policy, INVALID_CHAIN),
	ROW(verify, chain_that_was_revoked, REVOKED),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* --- what is there, to be the same after a refusal ------------------------ */

static struct bytes *listing;
static bool collected;

static int
note(const char *path, const struct stat *st, int type)
{
	/* The clock's floor may rise, and locks are nobody's state; before a
	 * store is called full, how old waiting keys are is written down. */
	if (type == FTW_F && strstr(path, ".ingot-clock") == NULL &&
	    strstr(path, ".ingot-lock") == NULL &&
	    (!collected || strstr(path, ".ingot-") == NULL))
		bytes_fmt(listing, "%s %lld %llu\n", path,
		    (long long)st->st_size, (unsigned long long)st->st_ino);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder's order is nobody's promise. */
static void
list(struct bytes *out)
{
	own_bytes struct bytes all = { 0 };
	char *lines[256], *p;
	size_t n = 0;

	listing = &all;
	assert_int_equal(ftw(".", note, 8), 0);
	bytes_add(&all, "", 1);
	for (p = strtok(all.p, "\n"); p != NULL && n < 256;
	     p = strtok(NULL, "\n"))
		lines[n++] = p;
	qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++)
		bytes_fmt(out, "%s\n", lines[i]);
	bytes_add(out, "", 1);
}

/* No file can grow: what a full disk says, for who is root as well. */
static void
room(bool there)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
	now.rlim_cur = there ? now.rlim_max : 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

static void
asked_free(struct asked *a)
{
	world_drop(&a->w);
	bytes_free(&a->text);
	sk_X509_CRL_pop_free(a->crls, X509_CRL_free);
}

/* Says what is wrong of a row, and goes on with the next. */
static int wrong;
#define wrong_row(...) (wrong++, print_error(__VA_ARGS__), print_error("\n"))

static void
ask_row(const struct row *row)
{
	own_bytes struct bytes before = { 0 }, after = { 0 };
	struct asked a = { .key = craft_key("P-256", 1) };
	struct err e = { 0 };
	enum certs_result r;
	void *place = NULL;

	assert_int_equal(place_make_light(&place), 0);
	world_make(&a.w, NULL);
	row->set_up(&a);
	collected = row->result == CERTS_STORE_FULL;
	list(&before);
	if (a.no_room)
		room(false);
	r = row->ask(&a, &e);
	room(true);
	list(&after);
	if (r != row->result)
		wrong_row("%s, %s: wanted %s, got %s (%s)", row->operation,
		    row->how, certs_result_name(row->result),
		    certs_result_name(r), e.text);
	if (r != CERTS_ACCEPTED && strcmp(before.p, after.p) != 0)
		wrong_row("%s, %s: was\n%s and is\n%s", row->operation,
		    row->how, (char *)before.p, (char *)after.p);
	/* Who failed before anything was asked says what went wrong there. */
	if (r != CERTS_ACCEPTED && r != CERTS_FAILED &&
	    strstr(e.text, certs_result_why(r)) == NULL)
		fail_msg(
		    "%s, %s: says \"%s\"", row->operation, row->how, e.text);
	if (r == CERTS_FAILED)
		assert_true(e.text[0] != '\0');
	asked_free(&a);
	assert_int_equal(place_drop(&place), 0);
}

static void
each_operation_ends_with_what_its_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		ask_row(&rows[i]);
	assert_int_equal(wrong, 0);
}

/* What could not be written down is not so in memory either. */
static void
a_trial_whose_end_could_not_be_written_goes_on(void **state)
{
	struct asked a = { .key = craft_key("P-256", 1) };
	const struct certs_entry *l;
	struct err e;
	void *place = NULL;

	(void)state;
	assert_int_equal(place_make_light(&place), 0);
	world_make(&a.w, NULL);
	world_roots(&a.w);
	X509_free(world_install(&a.w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - CRAFT_DAY }));
	memcpy(
	    a.print, certs_leaf_at(a.w.c, CERTS_LEAF_SECC, 0)->cert->print, 32);
	assert_int_equal(worked(&a, &e), CERTS_ACCEPTED);
	X509_free(world_install(&a.w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 60 }));
	memcpy(
	    a.print, certs_leaf_at(a.w.c, CERTS_LEAF_SECC, 0)->cert->print, 32);
	room(false);
	assert_int_equal(worked(&a, &e), CERTS_WRITE_ERROR);
	room(true);
	for (int trial = 0; trial < 2; trial++) {
		assert_int_equal(certs_choose(a.w.c, CERTS_LEAF_SECC, NULL,
				     trial == 1, &l, &e),
		    CERTS_ACCEPTED);
		assert_int_equal(
		    memcmp(l->cert->print, a.print, 32) == 0, trial == 1);
	}
	asked_free(&a);
	assert_int_equal(place_drop(&place), 0);
}

/* Which are not among the rows: the verbs' own. */
static void
every_result_has_a_row_but_those_of_requests(void **state)
{
	(void)state;
	for (int r = 0; r < CERTS_RESULTS; r++) {
		bool met = false;

		for (size_t i = 0; i < ROWS; i++)
			met = met || rows[i].result == (enum certs_result)r;
		if (met ==
		    (r == CERTS_INVALID_REQUESTED_TYPE ||
			r == CERTS_KEY_GEN_ERROR ||
			r == CERTS_GENERATION_ERROR))
			fail_msg("%s", certs_result_name((enum certs_result)r));
	}
}

static void
no_operation_has_two_rows_of_one_result(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < i; k++)
			if (rows[i].ask == rows[k].ask &&
			    rows[i].result == rows[k].result)
				fail_msg("%s: %s and %s", rows[i].operation,
				    rows[k].how, rows[i].how);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_ends_with_what_its_row_says),
		cmocka_unit_test(
		    a_trial_whose_end_could_not_be_written_goes_on),
		cmocka_unit_test(every_result_has_a_row_but_those_of_requests),
		cmocka_unit_test(no_operation_has_two_rows_of_one_result),
	};

	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
