/* SPDX-License-Identifier: MIT */
/* What responders are asked, and what they said. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <ctype.h>
#include <dirent.h>

#include "certs_ocsp.h"
#include "certs_world.h"
#include "digest.h"
#include "ocsp.h"
#include "place.h"

#define TWO_URLS                                                               \
	"OCSP;URI:http://a.example/1,OCSP;URI:ldap://a.example/,"              \
	"OCSP;URI:https://b.example/2,caIssuers;URI:http://c.example/ca"

static void
begin(struct world *w)
{
	world_make(w, NULL);
	world_roots(w);
}

/* Another authority below the V2G root, with a responder. */
static X509 *
asked_sub(const struct world *w)
{
	return craft_x509(&(struct craft_cert){ .cn = "CPO sub 2",
	    .ca = true,
	    .key = craft_key("P-256", 110),
	    .issuer = w->v2g,
	    .issuer_key = w->v2g_key,
	    .ocsp = "OCSP;URI:http://sub.example/",
	    .serial = "00D2",
	    .end = CRAFT_NOW + 5 * CRAFT_YEAR });
}

static X509 *
secc_below(struct world *w, X509 *sub, struct craft_cert spec)
{
	own_bytes struct bytes pem = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct err e = { 0 };
	char name[128];
	X509 *x;

	spec.issuer = sub;
	spec.issuer_key = craft_key("P-256", 110);
	assert_int_equal(
	    world_key(w, CERTS_LEAF_SECC, key, name, &e), CERTS_ACCEPTED);
	x = world_leaf(w, CERTS_LEAF_SECC, key, spec, NULL);
	craft_pem(x, &pem);
	craft_pem(sub, &pem);
	if (certs_install_leaf(w->c, CERTS_LEAF_SECC, pem.p, pem.len, &e) !=
	    CERTS_ACCEPTED)
		fail_msg("%s", e.text);
	EVP_PKEY_free(key);
	return x;
}

static void
hash_of(X509 *x, X509 *issuer, enum cert_hash h, struct cert_hash_data *out)
{
	struct err e;
	struct cert *c, *by;

	X509_up_ref(x);
	X509_up_ref(issuer);
	c = cert_new(x, &e);
	by = cert_new(issuer, &e);
	cert_hash_data(c, by, h, out);
	cert_free(c);
	cert_free(by);
}

/* --- what is asked -------------------------------------------------------- */

static void
D31_each_responder_is_a_url_of_its_own(void **state)
{
	struct ocsp_data data[8];
	struct world w;
	struct err e;
	int n = -1;
	X509 *x;

	(void)state;
	begin(&w);
	assert_int_equal(ocsp_of_secc(w.c, data, 8, &n, &e), CERTS_NOT_FOUND);
	x = world_install(
	    &w, CERTS_LEAF_SECC, (struct craft_cert){ .ocsp = TWO_URLS });
	assert_int_equal(ocsp_of_secc(w.c, data, 8, &n, &e), CERTS_ACCEPTED);
	assert_int_equal(n, 1); /* its authority names no responder */
	assert_int_equal(data[0].urls, 2);
	assert_string_equal(data[0].url[0], "http://a.example/1");
	assert_string_equal(data[0].url[1], "https://b.example/2");
	X509_free(x);
	world_drop(&w);
}

static void
every_leaf_valid_or_to_be_is_asked_about_and_an_authority_once(void **state)
{
	struct cert_hash_data want;
	struct ocsp_data data[8];
	struct world w;
	struct err e;
	X509 *sub, *x[3];
	int n, met = 0;

	(void)state;
	begin(&w);
	sub = asked_sub(&w);
	x[0] = secc_below(&w, sub, (struct craft_cert){ .ocsp = TWO_URLS });
	x[1] = secc_below(&w, sub,
	    (struct craft_cert){
		.ocsp = TWO_URLS, .begin = CRAFT_NOW + CRAFT_DAY });
	x[2] = secc_below(&w, sub,
	    (struct craft_cert){
		.ocsp = TWO_URLS, .end = CRAFT_NOW + CRAFT_DAY / 2 });
	assert_int_equal(ocsp_of_secc(w.c, data, 8, &n, &e), CERTS_ACCEPTED);
	assert_int_equal(n, 4);
	hash_of(sub, w.v2g, CERT_SHA256, &want);
	for (int i = 0; i < n; i++)
		met += cert_hash_equal(&data[i].hash, &want);
	assert_int_equal(met, 1);
	assert_int_equal(ocsp_of_secc(w.c, data, 3, &n, &e), CERTS_FAILED);
	certs_set_clock(w.c, CRAFT_NOW + CRAFT_DAY);
	assert_int_equal(ocsp_of_secc(w.c, data, 8, &n, &e), CERTS_ACCEPTED);
	assert_int_equal(n, 3); /* the expired one is not */
	for (int i = 0; i < 3; i++)
		X509_free(x[i]);
	X509_free(sub);
	world_drop(&w);
}

static void
without_key_ids(X509 *x)
{
	int at;

	while ((at = X509_get_ext_by_NID(
		    x, NID_authority_key_identifier, -1)) != -1)
		X509_EXTENSION_free(X509_delete_ext(x, at));
}

/* By name alone it is our root's: what tells them apart is the signature. */
static void
a_strangers_contract_is_not_ours_by_its_issuers_name(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct ocsp_data data[8];
	struct world w;
	struct err e;
	X509 *x;
	int n;

	(void)state;
	begin(&w);
	x = craft_x509(&(struct craft_cert){ .cn = "contract",
	    .issuer = w.v2g,
	    .issuer_key = craft_key("P-256", 99),
	    .ocsp = TWO_URLS,
	    .twist = without_key_ids });
	craft_pem(x, &pem);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ISSUER_NOT_FOUND);
	assert_int_equal(n, 0);
	X509_free(x);
	world_drop(&w);
}

static void
a_contract_is_asked_about_if_it_leads_to_an_anchor(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct cert_hash_data want;
	struct ocsp_data data[8];
	struct world w;
	struct err e;
	X509 *sub, *leaf;
	int n;

	(void)state;
	begin(&w);
	sub = asked_sub(&w);
	leaf = craft_x509(&(struct craft_cert){ .cn = "DE-ABC-C123",
	    .issuer = sub,
	    .issuer_key = craft_key("P-256", 110),
	    .ocsp = TWO_URLS });
	craft_pem(leaf, &pem);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ISSUER_NOT_FOUND);
	assert_int_equal(n, 0);
	craft_pem(sub, &pem);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(n, 2);
	hash_of(leaf, sub, CERT_SHA256, &want);
	assert_true(cert_hash_equal(&data[0].hash, &want));
	hash_of(sub, w.v2g, CERT_SHA256, &want);
	assert_true(cert_hash_equal(&data[1].hash, &want));
	assert_string_equal(want.serial, "d2");
	/* With its root sent along, which is asked about by nobody. */
	craft_pem(w.v2g, &pem);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(n, 2);
	assert_int_equal(
	    ocsp_of_chain(w.c, "x", 1, data, 8, &n, &e), CERTS_INVALID_FORMAT);
	X509_free(sub);
	X509_free(leaf);
	world_drop(&w);
}

/* The CSMS's anchors vouch for no contract. */
static void
an_anchor_of_another_domain_does_not_count(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct ocsp_data data[8];
	struct world w;
	struct err e;
	X509 *leaf;
	int n;

	(void)state;
	begin(&w);
	leaf = craft_x509(&(struct craft_cert){
	    .issuer = w.csms, .issuer_key = w.csms_key, .ocsp = TWO_URLS });
	craft_pem(leaf, &pem);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ISSUER_NOT_FOUND);
	assert_int_equal(
	    world_anchor(&w, CERTS_MO, w.csms, &e), CERTS_ACCEPTED);
	assert_int_equal(ocsp_of_chain(w.c, pem.p, pem.len, data, 8, &n, &e),
	    CERTS_ACCEPTED);
	X509_free(leaf);
	world_drop(&w);
}

/* --- what was said -------------------------------------------------------- */

struct told {
	X509 *x, *issuer;
	EVP_PKEY *key;
};

static void
answer(const struct told *t, struct craft_answer a, struct bytes *der)
{
	a.about = t->x;
	a.issuer = t->issuer;
	if (a.key == NULL)
		a.key = t->key;
	craft_answer(&a, der);
}

static enum certs_result
put(struct world *w, const struct told *t, struct craft_answer a)
{
	own_bytes struct bytes der = { 0 };
	struct cert_hash_data hash;
	struct err e;

	answer(t, a, &der);
	hash_of(t->x, t->issuer, CERT_SHA256, &hash);
	return ocsp_put(w->c, &hash, der.p, der.len, &e);
}

static enum certs_result
get(struct world *w, const struct told *t, enum cert_hash h, struct bytes *out)
{
	struct cert_hash_data hash;
	struct err e;

	hash_of(t->x, t->issuer, h, &hash);
	return ocsp_get(w->c, &hash, out, &e);
}

static int
answers_in(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *one;
	int n = 0;

	while (d != NULL && (one = readdir(d)) != NULL)
		n += one->d_name[0] != '.';
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* Leaves of both kinds, an authority of a chain, an anchor of each domain. */
static void
R10_D32_answers_are_kept_for_everything_that_is_here(void **state)
{
	struct world w;
	struct err e;
	struct told all[5];
	X509 *csms, *secc;

	(void)state;
	begin(&w);
	(void)world_anchor(&w, CERTS_MO, w.v2g, &e);
	(void)world_anchor(&w, CERTS_MF, w.v2g, &e);
	csms = world_install(&w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 });
	secc = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	all[0] = (struct told){ csms, w.csms, w.csms_key };
	all[1] = (struct told){ secc, w.sub, w.sub_key };
	all[2] = (struct told){ w.sub, w.v2g, w.v2g_key };
	all[3] = (struct told){ w.v2g, w.v2g, w.v2g_key };
	all[4] = (struct told){ w.csms, w.csms, w.csms_key };
	for (int i = 0; i < 5; i++) {
		own_bytes struct bytes der = { 0 };

		assert_int_equal(
		    get(&w, &all[i], CERT_SHA256, &der), CERTS_NOT_FOUND);
		assert_int_equal(put(&w, &all[i], (struct craft_answer){ 0 }),
		    CERTS_ACCEPTED);
		/* Asked for with any algorithm. */
		assert_int_equal(
		    get(&w, &all[i], (enum cert_hash)(i % CERT_HASHES), &der),
		    CERTS_ACCEPTED);
		assert_int_equal(der.len > 0, 1);
	}
	/* And after the store was opened again. */
	world_again(&w, NULL);
	for (int i = 0; i < 5; i++) {
		own_bytes struct bytes der = { 0 };

		assert_int_equal(
		    get(&w, &all[i], CERT_SHA256, &der), CERTS_ACCEPTED);
	}
	assert_int_equal(answers_in("client/cso/ocsp"), 4);
	assert_int_equal(answers_in("client/csms/ocsp"), 2);
	X509_free(csms);
	X509_free(secc);
	world_drop(&w);
}

/* D32: beside the certificate, wherever the keys lie. */
static void
D32_answers_lie_with_the_certificates_and_not_with_the_keys(void **state)
{
	struct certs_config config;
	struct world w;
	struct told t;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.keys[CERTS_LEAF_SECC], "keys/cso");
	world_make(&w, &config);
	world_roots(&w);
	t = (struct told){ world_install(
			       &w, CERTS_LEAF_SECC, (struct craft_cert){ 0 }),
		w.sub, w.sub_key };
	assert_int_equal(
	    put(&w, &t, (struct craft_answer){ 0 }), CERTS_ACCEPTED);
	assert_int_equal(answers_in("client/cso/ocsp"), 2);
	assert_int_equal(answers_in("keys/cso/ocsp"), 0);
	X509_free(t.x);
	world_drop(&w);
}

static void
what_may_not_be_kept_is_refused_with_its_reason(void **state)
{
	struct world w;
	struct told t, strange;
	struct cert_hash_data hash;
	struct err e;
	X509 *other;

	(void)state;
	begin(&w);
	t = (struct told){ world_install(
			       &w, CERTS_LEAF_SECC, (struct craft_cert){ 0 }),
		w.sub, w.sub_key };
	other = craft_x509(
	    &(struct craft_cert){ .issuer = w.sub, .issuer_key = w.sub_key });
	strange = (struct told){ other, w.sub, w.sub_key };
	assert_int_equal(
	    put(&w, &strange, (struct craft_answer){ 0 }), CERTS_NOT_FOUND);
	assert_int_equal(
	    put(&w, &t,
		(struct craft_answer){ .signer = w.v2g, .key = w.v2g_key }),
	    CERTS_INVALID_SIGNATURE);
	assert_int_equal(
	    put(&w, &t,
		(struct craft_answer){ .from = CRAFT_NOW - 2 * CRAFT_DAY,
		    .to = CRAFT_NOW - CRAFT_DAY }),
	    CERTS_EXPIRED);
	assert_int_equal(
	    put(&w, &t,
		(struct craft_answer){ .from = CRAFT_NOW + CRAFT_DAY,
		    .to = CRAFT_NOW + 2 * CRAFT_DAY }),
	    CERTS_NOT_YET_VALID);
	hash_of(t.x, t.issuer, CERT_SHA256, &hash);
	assert_int_equal(
	    ocsp_put(w.c, &hash, "0\0x", 3, &e), CERTS_INVALID_FORMAT);
	assert_int_equal(ocsp_put(w.c, &hash, "", 0, &e), CERTS_INVALID_FORMAT);
	assert_int_equal(
	    ocsp_put(w.c, &hash, "MAA=x", 5, &e), CERTS_INVALID_FORMAT);
	certs_set_clock(w.c, 86400);
	assert_int_equal(
	    put(&w, &t, (struct craft_answer){ 0 }), CERTS_CLOCK_INVALID);
	certs_set_clock(w.c, CRAFT_NOW);
	assert_int_equal(answers_in("client/cso/ocsp"), 0);
	X509_free(t.x);
	X509_free(other);
	world_drop(&w);
}

static void
base64_is_kept_as_der(void **state)
{
	own_bytes struct bytes der = { 0 }, back = { 0 };
	struct cert_hash_data hash;
	struct world w;
	struct told t;
	struct err e;
	char *text;

	(void)state;
	begin(&w);
	t = (struct told){ world_install(
			       &w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 }),
		w.csms, w.csms_key };
	answer(&t, (struct craft_answer){ 0 }, &der);
	text = base64_encode(der.p, der.len);
	hash_of(t.x, t.issuer, CERT_SHA512, &hash);
	assert_int_equal(
	    ocsp_put(w.c, &hash, text, strlen(text), &e), CERTS_ACCEPTED);
	assert_int_equal(get(&w, &t, CERT_SHA384, &back), CERTS_ACCEPTED);
	assert_int_equal(back.len, der.len);
	assert_memory_equal(back.p, der.p, der.len);
	free(text);
	X509_free(t.x);
	world_drop(&w);
}

static void
an_answer_takes_the_place_of_the_one_before(void **state)
{
	own_bytes struct bytes der = { 0 };
	struct world w;
	struct told t;

	(void)state;
	begin(&w);
	t = (struct told){ world_install(
			       &w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 }),
		w.csms, w.csms_key };
	for (int i = 0; i < 3; i++)
		assert_int_equal(put(&w, &t,
				     (struct craft_answer){
					 .to = CRAFT_NOW + (i + 1) * 900 }),
		    CERTS_ACCEPTED);
	assert_int_equal(answers_in("client/csms/ocsp"), 2);
	certs_set_clock(w.c, CRAFT_NOW + 2600);
	assert_int_equal(get(&w, &t, CERT_SHA256, &der), CERTS_ACCEPTED);
	certs_set_clock(w.c, CRAFT_NOW + 7200);
	assert_int_equal(get(&w, &t, CERT_SHA256, &der), CERTS_NOT_FOUND_VALID);
	X509_free(t.x);
	world_drop(&w);
}

static void
write_text(const char *name, const void *p, size_t n)
{
	struct err e;

	assert_int_equal(file_write(AT_FDCWD, name, p, n, FILE_PUBLIC, &e), 0);
}

/* EVerest's names are random, its hex may be of either case. */
static void
what_everest_kept_is_found_and_replaced(void **state)
{
	own_bytes struct bytes der = { 0 }, back = { 0 }, text = { 0 };
	struct cert_hash_data hash;
	struct world w;
	struct told t;

	(void)state;
	begin(&w);
	t = (struct told){ world_install(&w, CERTS_LEAF_CSMS,
			       (struct craft_cert){ .serial = "0ABC" }),
		w.csms, w.csms_key };
	hash_of(t.x, t.issuer, CERT_SHA256, &hash);
	for (char *p = hash.issuer_name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	bytes_fmt(
	    &text, "SHA256\n%s\n%s\n0ABC\n", hash.issuer_name, hash.issuer_key);
	answer(&t, (struct craft_answer){ 0 }, &der);
	assert_int_equal(mkdir("client/csms/ocsp", 0755), 0);
	write_text("client/csms/ocsp/r1_ocsp.der", der.p, der.len);
	write_text("client/csms/ocsp/r1_ocsp.hash", text.p, text.len);
	write_text("client/csms/ocsp/r2_ocsp.hash", "SHA256\n", 7);
	assert_int_equal(get(&w, &t, CERT_SHA256, &back), CERTS_ACCEPTED);
	assert_memory_equal(back.p, der.p, der.len);
	assert_int_equal(
	    put(&w, &t, (struct craft_answer){ 0 }), CERTS_ACCEPTED);
	assert_int_equal(access("client/csms/ocsp/r1_ocsp.der", F_OK), -1);
	assert_int_equal(access("client/csms/ocsp/r1_ocsp.hash", F_OK), -1);
	X509_free(t.x);
	world_drop(&w);
}

/* D32: an error is no line in a log. */
static void
D32_an_answer_that_cannot_be_written_is_said(void **state)
{
	struct world w;
	struct told t;

	(void)state;
	begin(&w);
	t = (struct told){ world_install(
			       &w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 }),
		w.csms, w.csms_key };
	write_text("client/csms/ocsp", "in the way", 10);
	assert_int_equal(
	    put(&w, &t, (struct craft_answer){ 0 }), CERTS_WRITE_ERROR);
	X509_free(t.x);
	world_drop(&w);
}

/* Garbage is what is about nothing: not what is about a chain's authority. */
static void
collecting_leaves_the_answers_that_are_needed(void **state)
{
	own_bytes struct bytes der = { 0 };
	struct certs_collected got;
	struct world w;
	struct told leaf, sub;
	struct err e;

	(void)state;
	begin(&w);
	leaf = (struct told){ world_install(&w, CERTS_LEAF_SECC,
				  (struct craft_cert){ 0 }),
		w.sub, w.sub_key };
	sub = (struct told){ w.sub, w.v2g, w.v2g_key };
	assert_int_equal(
	    put(&w, &leaf, (struct craft_answer){ 0 }), CERTS_ACCEPTED);
	assert_int_equal(
	    put(&w, &sub, (struct craft_answer){ 0 }), CERTS_ACCEPTED);
	write_text("client/cso/ocsp/r1_ocsp.der", "0", 1);
	write_text("client/cso/ocsp/r1_ocsp.hash", "SHA256\nab\ncd\n1\n", 15);
	assert_int_equal(certs_collect(w.c, &got, &e), CERTS_ACCEPTED);
	assert_int_equal(got.ocsp, 1);
	assert_int_equal(answers_in("client/cso/ocsp"), 4);
	assert_int_equal(get(&w, &sub, CERT_SHA256, &der), CERTS_ACCEPTED);
	X509_free(leaf.x);
	world_drop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    a_strangers_contract_is_not_ours_by_its_issuers_name),
		in_a_place(D31_each_responder_is_a_url_of_its_own),
		in_a_place(
		    every_leaf_valid_or_to_be_is_asked_about_and_an_authority_once),
		in_a_place(a_contract_is_asked_about_if_it_leads_to_an_anchor),
		in_a_place(an_anchor_of_another_domain_does_not_count),
		in_a_place(
		    R10_D32_answers_are_kept_for_everything_that_is_here),
		in_a_place(
		    D32_answers_lie_with_the_certificates_and_not_with_the_keys),
		in_a_place(what_may_not_be_kept_is_refused_with_its_reason),
		in_a_place(base64_is_kept_as_der),
		in_a_place(an_answer_takes_the_place_of_the_one_before),
		in_a_place(what_everest_kept_is_found_and_replaced),
		in_a_place(D32_an_answer_that_cannot_be_written_is_said),
		in_a_place(collecting_leaves_the_answers_that_are_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
