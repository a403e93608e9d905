/* SPDX-License-Identifier: MIT */
/* More ways than one from a leaf to an anchor. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs_chain.h"
#include "place.h"

enum {
	NEW_ROOT = 20,
	OLD_ROOT = 21,
	MIDDLE_KEY = 22,
	LEAF_KEY = 23
};

static struct cert *
craft(const char *cn, unsigned key, const struct cert *by, unsigned by_key,
    struct craft_cert c)
{
	c.cn = cn;
	c.key = craft_key("P-256", key);
	c.issuer = by == NULL ? NULL : by->x;
	c.issuer_key = by == NULL ? NULL : craft_key("P-256", by_key);
	return craft_new(&c);
}

/*
 * Two roots, an authority that both have signed, a leaf below it:
 *
 *	old root -> middle (by old) -.
 *	new root -> middle (by new) --> leaf
 */
struct crossed {
	struct cert *old_root, *new_root, *by_old, *by_new, *leaf;
};

static struct crossed
crossed(struct craft_cert by_old, struct craft_cert by_new)
{
	const struct craft_cert leaf = { .san = "DNS:unit.example" };
	const struct craft_cert root = { .ca = true };
	struct crossed x;

	by_old.ca = by_new.ca = true;
	x.old_root = craft("old root", OLD_ROOT, NULL, 0, root);
	x.new_root = craft("new root", NEW_ROOT, NULL, 0, root);
	x.by_old = craft("middle", MIDDLE_KEY, x.old_root, OLD_ROOT, by_old);
	x.by_new = craft("middle", MIDDLE_KEY, x.new_root, NEW_ROOT, by_new);
	x.leaf = craft("leaf", LEAF_KEY, x.by_new, MIDDLE_KEY, leaf);
	return x;
}

static void
crossed_free(struct crossed *x)
{
	cert_free(x->old_root);
	cert_free(x->new_root);
	cert_free(x->by_old);
	cert_free(x->by_new);
	cert_free(x->leaf);
}

static enum certs_result
ask(struct cert **chain, int n, struct cert **anchors, size_t count,
    struct verify_path *path)
{
	struct err e;
	const struct verify_job job = { .chain = chain,
		.chain_count = n,
		.anchors = anchors,
		.anchor_count = count,
		.purpose = VERIFY_CSMS_CLIENT,
		.at = CRAFT_NOW };

	return verify_chain(&job, path, &e);
}

static void
a_cross_signed_authority_leads_to_either_root(void **state)
{
	const struct craft_cert fine = { 0 };
	struct crossed x = crossed(fine, fine);
	struct cert *chain[] = { x.leaf, x.by_old, x.by_new };
	struct verify_path path;

	(void)state;
	assert_int_equal(ask(chain, 3, &x.old_root, 1, &path), CERTS_ACCEPTED);
	assert_int_equal(path.count, 3);
	assert_int_equal(ask(chain, 3, &x.new_root, 1, &path), CERTS_ACCEPTED);
	crossed_free(&x);
}

/* Whatever is wrong with one way, in whatever order they are sent. */
static void
the_way_that_holds_is_found(void **state)
{
	static const struct craft_cert wrong[] = {
		{ .begin = CRAFT_NOW - CRAFT_YEAR, .end = CRAFT_NOW - 1 },
		{ .eku = "serverAuth" },
		{ .limits = "critical,permitted;DNS:nobody.example" },
		{ .serial = "00" },
		{ .usage = "critical,cRLSign" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct craft_cert fine = { 0 };
		struct crossed x = crossed(wrong[i], fine);
		struct cert *roots[2], *chain[3];

		roots[0] = x.old_root;
		roots[1] = x.new_root;
		for (int order = 0; order < 2; order++) {
			struct verify_path path;

			chain[0] = x.leaf;
			chain[1] = order == 0 ? x.by_old : x.by_new;
			chain[2] = order == 0 ? x.by_new : x.by_old;
			assert_int_equal(
			    ask(chain, 3, roots, 2, &path), CERTS_ACCEPTED);
			chain[1] = x.by_old;
			assert_int_not_equal(
			    ask(chain, 2, roots, 2, &path), CERTS_ACCEPTED);
		}
		crossed_free(&x);
	}
}

/* The new root as the old one signed it: AdditionalRootCertificateCheck. */
static void
a_root_that_another_signed_is_an_anchor_or_a_step(void **state)
{
	const struct craft_cert fine = { 0 }, ca = { .ca = true };
	struct crossed x = crossed(fine, fine);
	struct cert *bridge =
	    craft("new root", NEW_ROOT, x.old_root, OLD_ROOT, ca);
	struct cert *chain[] = { x.leaf, x.by_new, bridge };
	struct verify_path path;

	(void)state;
	assert_int_equal(ask(chain, 3, &x.old_root, 1, &path), CERTS_ACCEPTED);
	assert_int_equal(path.count, 4);
	/* Trusted itself, though its signature is another's. */
	assert_int_equal(ask(chain, 2, &bridge, 1, &path), CERTS_ACCEPTED);
	assert_int_equal(path.count, 3);
	assert_int_equal(path.anchor, 0);
	cert_free(bridge);
	crossed_free(&x);
}

/* RFC 5280 section 6.1: who is trusted needs no one above it. */
static void
an_authority_that_is_trusted_needs_no_root(void **state)
{
	const struct craft_cert fine = { 0 };
	struct crossed x = crossed(fine, fine);
	struct verify_path path;

	(void)state;
	assert_int_equal(ask(&x.leaf, 1, &x.by_old, 1, &path), CERTS_ACCEPTED);
	assert_int_equal(path.count, 2);
	crossed_free(&x);
}

static void
two_authorities_that_sign_each_other_lead_nowhere(void **state)
{
	const struct craft_cert ca = { .ca = true }, fine = { 0 };
	struct cert *root = craft("root", OLD_ROOT, NULL, 0, ca);
	struct cert *seed = craft("a", NEW_ROOT, NULL, 0, ca);
	struct cert *b = craft("b", MIDDLE_KEY, seed, NEW_ROOT, ca);
	struct cert *a = craft("a", NEW_ROOT, b, MIDDLE_KEY, ca);
	struct cert *leaf = craft("leaf", LEAF_KEY, a, NEW_ROOT, fine);
	struct cert *chain[] = { leaf, a, b };

	(void)state;
	assert_int_not_equal(ask(chain, 3, &root, 1, NULL), CERTS_ACCEPTED);
	cert_free(root);
	cert_free(seed);
	cert_free(a);
	cert_free(b);
	cert_free(leaf);
}

/*
 * Nine authorities with one key, each signed by each: a hundred thousand ways,
 * none of which ends. Without the limits of verify_in.h this takes longer than
 * anybody waits.
 */
#define MAZE 9

static void
a_maze_of_authorities_costs_a_bounded_time(void **state)
{
	const struct craft_cert ca = { .ca = true }, fine = { 0 };
	struct cert *root = craft("root", OLD_ROOT, NULL, 0, ca);
	struct cert *self[MAZE], *all[1 + MAZE * MAZE];
	struct timespec from, to;
	char name[8];
	int n = 1;

	(void)state;
	for (int i = 0; i < MAZE; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		self[i] = craft(name, 40, NULL, 0, ca);
	}
	for (int i = 0; i < MAZE; i++)
		for (int by = 0; by < MAZE; by++) {
			(void)snprintf(name, sizeof(name), "m%d", i);
			if (by != i)
				all[n++] = craft(name, 40, self[by], 40, ca);
		}
	all[0] = craft("leaf", LEAF_KEY, self[0], 40, fine);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_int_not_equal(ask(all, n, &root, 1, NULL), CERTS_ACCEPTED);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	assert_true(to.tv_sec - from.tv_sec < 3);
	while (n > 0)
		cert_free(all[--n]);
	for (int i = 0; i < MAZE; i++)
		cert_free(self[i]);
	cert_free(root);
}

static void
a_chain_that_is_too_long_is_refused(void **state)
{
	const struct craft_cert ca = { .ca = true }, fine = { 0 };
	struct cert *up[24], *down[24];
	char name[8];
	struct verify_path path;

	(void)state;
	up[0] = craft("n0", 60, NULL, 0, ca);
	for (unsigned i = 1; i < 24; i++) {
		(void)snprintf(name, sizeof(name), "n%u", i);
		up[i] = craft(name, 60, up[i - 1], 60, i == 23 ? fine : ca);
	}
	for (int i = 0; i < 24; i++)
		down[i] = up[23 - i];
	assert_int_equal(
	    ask(down, 23, &down[23], 1, &path), CERTS_INVALID_CHAIN);
	assert_int_equal(path.error, X509_V_ERR_CERT_CHAIN_TOO_LONG);
	/* One of 14 is none of these. */
	assert_int_equal(ask(down, 13, &down[13], 1, &path), CERTS_ACCEPTED);
	for (int i = 0; i < 24; i++)
		cert_free(up[i]);
}

static void
the_order_of_what_is_sent_does_not_matter(void **state)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	const struct craft_cert other = { .cn = "stranger", .ca = true };
	own_certs struct chain c = chain_craft(spec);
	struct cert *stranger = craft_new(&other);
	struct cert *chain[] = { c.c[C_LEAF], c.c[C_ROOT], stranger,
		c.c[C_MIDDLE], c.c[C_MIDDLE] };
	struct verify_path path;

	(void)state;
	assert_int_equal(ask(chain, 5, &c.c[C_ROOT], 1, &path), CERTS_ACCEPTED);
	assert_int_equal(path.count, 3);
	cert_free(stranger);
}

static void
a_store_that_is_kept_says_the_same(void **state)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct verify_path path;
	struct err e;

	(void)state;
	job.store = verify_store(job.anchors, job.anchor_count, &e);
	job.anchor_count = 0;
	for (int i = 0; i < 3; i++) {
		job.at = CRAFT_NOW + i * CRAFT_YEAR;
		assert_int_equal(verify_chain(&job, &path, &e),
		    i == 0 ? CERTS_ACCEPTED : CERTS_EXPIRED);
		assert_int_equal(path.anchor, -1);
	}
	X509_STORE_free(job.store);
	job.store = verify_store(NULL, 0, &e);
	assert_int_equal(verify_chain(&job, &path, &e), CERTS_NO_ROOT);
	X509_STORE_free(job.store);
}

/* The system's anchors are files that OpenSSL opens when it meets their name:
 * a store of them is empty until then. */
static void
anchors_in_a_folder_are_looked_up_when_they_are_needed(void **state)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	const struct craft_cert other = { .cn = "stranger", .ca = true };
	own_certs struct chain c = chain_craft(spec);
	struct cert *stranger = craft_new(&other);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	X509 *root = c.c[C_ROOT]->x;
	char name[32];
	struct err e;
	FILE *f;

	(void)state;
	(void)snprintf(name, sizeof(name), "%08lx.0",
	    X509_NAME_hash_ex(X509_get_subject_name(root), NULL, NULL, NULL));
	f = fopen(name, "w");
	assert_int_equal(PEM_write_X509(f, root), 1);
	(void)fclose(f);
	job.store = X509_STORE_new();
	assert_int_equal(X509_STORE_load_path(job.store, "."), 1);
	job.chain = &stranger;
	job.chain_count = 1;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_NO_ROOT);
	job.chain = c.c;
	job.chain_count = C_ROOT;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ACCEPTED);
	job.chain = &stranger;
	job.chain_count = 1;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ISSUER_NOT_FOUND);
	X509_STORE_free(job.store);
	cert_free(stranger);
}

/* --- TLS: R14 ------------------------------------------------------------- */

/* As a client in TLS uses it: OpenSSL hands the peer's chain over. */
static int
verify_peer(X509_STORE_CTX *ctx, void *arg)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);
	struct verify_job job = *(struct verify_job *)arg;
	struct cert *chain[8];
	struct err e;
	bool ok;

	for (int i = 0; i < sk_X509_num(sent) && i < 8; i++) {
		X509 *x = sk_X509_value(sent, i);

		assert_int_equal(X509_up_ref(x), 1);
		chain[i] = cert_new(x, &e);
		assert_non_null(chain[i]);
	}
	job.chain = chain;
	job.chain_count = sk_X509_num(sent);
	ok = verify_chain(&job, NULL, &e) == CERTS_ACCEPTED;
	for (int i = 0; i < job.chain_count; i++)
		cert_free(chain[i]);
	return ok;
}

struct session {
	SSL *client, *server;
};

static SSL *
end_of(SSL_CTX *ctx, BIO *pipe, bool client)
{
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, pipe, pipe);
	if (client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}

static struct session
session(SSL_CTX *client, SSL_CTX *server)
{
	BIO *a, *b;

	assert_int_equal(BIO_new_bio_pair(&a, 65536, &b, 65536), 1);
	return (struct session){ end_of(client, a, true),
		end_of(server, b, false) };
}

static bool
step(struct session *s)
{
	int a = SSL_do_handshake(s->client), b = SSL_do_handshake(s->server);

	return a == 1 && b == 1;
}

static SSL_CTX *
server_ctx(const struct chain *c)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	assert_int_equal(SSL_CTX_use_certificate(ctx, c->c[C_LEAF]->x), 1);
	assert_int_equal(SSL_CTX_add1_chain_cert(ctx, c->c[C_MIDDLE]->x), 1);
	assert_int_equal(
	    SSL_CTX_use_PrivateKey(ctx, craft_key("RSA-4096", 1)), 1);
	return ctx;
}

/* What a TPM behind `?provider=tpm2` fails at (R14): the peer's RSA-4096 and
 * SHA-512 are verified here, by OpenSSL, in two sessions at a time. */
static void
R14_two_tls_sessions_verify_an_rsa_4096_sha_512_chain(void **state)
{
	EVP_PKEY *key = craft_key("RSA-4096", 1);
	const struct craft_cert spec[C_ALL] = {
		{ .key = key,
		    .md = EVP_sha512(),
		    .eku = "serverAuth",
		    .san = "DNS:csms.example" },
		{ .key = key, .md = EVP_sha512() },
		{ .key = key, .md = EVP_sha512() },
	};
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_SERVER);
	SSL_CTX *server = server_ctx(&c);
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());

	(void)state;
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(client, verify_peer, &job);
	for (int wrong = 0; wrong < 2; wrong++) {
		struct session s[2] = { session(client, server),
			session(client, server) };
		bool done[2] = { false, false };

		job.name = wrong ? "other.example" : "csms.example";
		for (int i = 0; i < 12; i++)
			done[i % 2] = step(&s[i % 2]) || done[i % 2];
		assert_int_equal(done[0] && done[1], !wrong);
		for (int i = 0; i < 2; i++) {
			SSL_free(s[i].client);
			SSL_free(s[i].server);
		}
		ERR_clear_error();
	}
	SSL_CTX_free(client);
	SSL_CTX_free(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cross_signed_authority_leads_to_either_root),
		cmocka_unit_test(the_way_that_holds_is_found),
		cmocka_unit_test(
		    a_root_that_another_signed_is_an_anchor_or_a_step),
		cmocka_unit_test(an_authority_that_is_trusted_needs_no_root),
		cmocka_unit_test(
		    two_authorities_that_sign_each_other_lead_nowhere),
		cmocka_unit_test(a_maze_of_authorities_costs_a_bounded_time),
		cmocka_unit_test(a_chain_that_is_too_long_is_refused),
		cmocka_unit_test(the_order_of_what_is_sent_does_not_matter),
		cmocka_unit_test(a_store_that_is_kept_says_the_same),
		in_a_place(
		    anchors_in_a_folder_are_looked_up_when_they_are_needed),
		cmocka_unit_test(
		    R14_two_tls_sessions_verify_an_rsa_4096_sha_512_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
