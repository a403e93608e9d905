/* SPDX-License-Identifier: MIT */
/*
 * TLS of both sides, by real handshakes in memory: which suites and versions a
 * listener takes, whose certificates, what is made once and kept, and that a
 * client certificate whose key is elsewhere is shown and told about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "issue.h"
#include "json.h"
#include "place.h"
#include "tls.h"

#define FOUR                                                                   \
	"ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 "         \
	"AES128-GCM-SHA256 AES256-GCM-SHA384"

/* --- a handshake ---------------------------------------------------------- */

struct shaken {
	bool client, server; /* is it through? */
	char suite[64], version[16], alpn[16];
	X509 *seen; /* by the server */
};

static void
step(SSL *ssl, bool *done, bool *failed)
{
	int rc, why;

	if (*done || *failed)
		return;
	rc = SSL_do_handshake(ssl);
	why = SSL_get_error(ssl, rc);
	*done = rc == 1;
	*failed = rc != 1 && why != SSL_ERROR_WANT_READ &&
	    why != SSL_ERROR_WANT_WRITE;
	ERR_clear_error();
}

/* TLS 1.3 tells a client of a refusal after its handshake: one byte is read. */
static void
shake(SSL_CTX *client, SSL_CTX *server, struct shaken *out)
{
	SSL *c = SSL_new(client), *s = SSL_new(server);
	BIO *a, *b;
	bool c_bad = false, s_bad = false;
	const unsigned char *alpn;
	unsigned int n;
	char byte;

	memset(out, 0, sizeof(*out));
	assert_int_equal(BIO_new_bio_pair(&a, 65536, &b, 65536), 1);
	SSL_set_bio(c, a, a);
	SSL_set_bio(s, b, b);
	SSL_set_connect_state(c);
	SSL_set_accept_state(s);
	for (int i = 0; i < 20; i++) {
		step(c, &out->client, &c_bad);
		step(s, &out->server, &s_bad);
	}
	if (out->client && SSL_read(c, &byte, 1) <= 0 &&
	    SSL_get_error(c, -1) == SSL_ERROR_SSL)
		out->client = false;
	(void)snprintf(out->suite, sizeof(out->suite), "%s", SSL_get_cipher(c));
	(void)snprintf(
	    out->version, sizeof(out->version), "%s", SSL_get_version(c));
	SSL_get0_alpn_selected(c, &alpn, &n);
	(void)snprintf(out->alpn, sizeof(out->alpn), "%.*s", (int)n,
	    n == 0 ? "" : (const char *)alpn);
	out->seen = out->server ? SSL_get1_peer_certificate(s) : NULL;
	SSL_free(c);
	SSL_free(s);
	ERR_clear_error();
}

static bool
through(SSL_CTX *client, SSL_CTX *server)
{
	struct shaken k;

	shake(client, server, &k);
	X509_free(k.seen);
	return k.client && k.server;
}

/* A charge point: one suite, one version, no check of ours. */
static SSL_CTX *
charger(int version, const char *suite, int level)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_security_level(ctx, level);
	assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
	if (suite != NULL)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, suite), 1);
	return ctx;
}

static bool
takes(SSL_CTX *server, int version, const char *suite, int level)
{
	SSL_CTX *c = charger(version, suite, level);
	bool ok = through(c, server);

	SSL_CTX_free(c);
	return ok;
}

/* --- listeners ------------------------------------------------------------ */

static char folder[4096];
static struct bridge_host plain = { .state = folder };

static SSL_CTX *
listening(const struct ocpp_listener *l)
{
	SSL_CTX *ctx = NULL;
	struct err e = { 0 };

	assert_non_null(getcwd(folder, sizeof(folder)));
	if (tls_down(&plain, l, &ctx, &e) == -1)
		print_error("%s\n", e.text);
	assert_non_null(ctx);
	return ctx;
}

static char *names[] = { (char *)"gateway.local", (char *)"192.168.10.1" };
static struct ocpp_listener lan = { .name = (char *)"lan",
	.address = (char *)"192.168.10.1",
	.port = 8888,
	.profile = 2,
	.names = names,
	.nnames = 1,
	.versions = 7 };

static void
the_four_suites_are_served_with_the_switch_and_two_without(void **state)
{
	struct ocpp_listener l = lan;
	char suites[] = FOUR, *save, *s;
	SSL_CTX *with, *without;
	int n = 0;

	(void)state;
	without = listening(&l);
	l.static_rsa = true;
	with = listening(&l);
	for (s = strtok_r(suites, " ", &save); s != NULL;
	     s = strtok_r(NULL, " ", &save), n++) {
		assert_true(takes(with, TLS1_2_VERSION, s, 2));
		assert_int_equal(takes(without, TLS1_2_VERSION, s, 2),
		    strncmp(s, "E", 1) == 0);
	}
	assert_int_equal(n, 4);
	assert_true(takes(without, TLS1_3_VERSION, NULL, 2));
	/* RSA is shown to who knows no other. */
	assert_true(
	    takes(without, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 2));
	/* What the list does not name is not served: CBC, SHA-1. */
	assert_false(takes(with, TLS1_2_VERSION, "AES128-SHA", 0));
	assert_false(takes(with, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", 0));
	SSL_CTX_free(with);
	SSL_CTX_free(without);
}

static void
old_tls_is_served_where_the_listener_says_so_and_nowhere_else(void **state)
{
	struct ocpp_listener l = lan;
	SSL_CTX *strict, *old;

	(void)state;
	l.static_rsa = true;
	strict = listening(&l);
	l.old_tls = true;
	old = listening(&l);
	assert_int_equal(SSL_CTX_get_min_proto_version(strict), TLS1_2_VERSION);
	assert_false(takes(strict, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0", 0));
	assert_false(
	    takes(strict, TLS1_1_VERSION, "AES128-SHA:@SECLEVEL=0", 0));
	assert_true(takes(old, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0", 0));
	assert_true(takes(old, TLS1_1_VERSION, "AES128-SHA:@SECLEVEL=0", 0));
	assert_true(
	    takes(old, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", 2));
	/* Still nothing worse than the one suite of the specification. */
	assert_false(takes(
	    old, TLS1_1_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", 0));
	SSL_CTX_free(strict);
	SSL_CTX_free(old);
}

static void
a_listener_without_tls_has_no_context(void **state)
{
	struct ocpp_listener l = lan;
	SSL_CTX *ctx = (void *)&l;
	struct err e;

	(void)state;
	for (l.profile = 0; l.profile < 2; l.profile++) {
		assert_int_equal(tls_down(&plain, &l, &ctx, &e), 0);
		assert_null(ctx);
	}
}

static void
http11_is_chosen_and_h2_alone_is_no_alert(void **state)
{
	static const unsigned char both[] = "\x02h2\x08http/1.1",
				   h2[] = "\x02h2";
	SSL_CTX *server = listening(&lan),
		*c = charger(TLS1_3_VERSION, NULL, 2);
	struct shaken k;

	(void)state;
	(void)SSL_CTX_set_alpn_protos(c, both, sizeof(both) - 1);
	shake(c, server, &k);
	X509_free(k.seen);
	assert_string_equal(k.alpn, "http/1.1");
	(void)SSL_CTX_set_alpn_protos(c, h2, sizeof(h2) - 1);
	shake(c, server, &k);
	X509_free(k.seen);
	assert_true(k.client && k.server);
	assert_string_equal(k.alpn, "");
	SSL_CTX_free(c);
	SSL_CTX_free(server);
}

/* --- certificates of our making ------------------------------------------- */

static X509_STORE *
authority(char *pem, size_t size)
{
	own_bytes struct bytes text = { 0 };
	own_chain STACK_OF(X509) *chain = NULL;
	X509_STORE *store = X509_STORE_new();
	struct err e;

	assert_int_equal(tls_down_authority(folder, &text, &e), 0);
	assert_null(strstr(text.p, "PRIVATE"));
	(void)snprintf(pem, size, "%s", text.p);
	chain = x509_chain_parse(text.p, text.len, &e);
	assert_int_equal(sk_X509_num(chain), 1);
	(void)X509_STORE_add_cert(store, sk_X509_value(chain, 0));
	return store;
}

/* Does a charge point that trusts our authority take this name? */
static bool
believes(SSL_CTX *server, const char *name, const char *suite)
{
	SSL_CTX *c = charger(TLS1_2_VERSION, suite, 2);
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(c);
	char pem[8192];
	bool ok;

	SSL_CTX_set_cert_store(c, authority(pem, sizeof(pem)));
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) != 1)
		(void)X509_VERIFY_PARAM_set1_host(p, name, 0);
	ERR_clear_error();
	ok = through(c, server);
	SSL_CTX_free(c);
	return ok;
}

static void
what_is_made_is_kept_and_has_the_listeners_names(void **state)
{
	static const char ec[] = "ECDHE-ECDSA-AES128-GCM-SHA256",
			  rsa[] = "ECDHE-RSA-AES128-GCM-SHA256";
	struct ocpp_listener l = lan;
	char before[8192], after[8192];
	SSL_CTX *one, *two, *three;

	(void)state;
	one = listening(&l);
	X509_STORE_free(authority(before, sizeof(before)));
	assert_true(believes(one, "gateway.local", ec));
	assert_true(believes(one, "gateway.local", rsa));
	assert_true(believes(one, "192.168.10.1", ec));
	assert_false(believes(one, "other.local", ec));
	two = listening(&l);
	assert_int_equal(X509_cmp(SSL_CTX_get0_certificate(one),
			     SSL_CTX_get0_certificate(two)),
	    0);
	/* A new name: a new leaf, under the authority that is known. */
	names[0] = (char *)"other.local";
	three = listening(&l);
	X509_STORE_free(authority(after, sizeof(after)));
	assert_string_equal(before, after);
	assert_true(believes(three, "other.local", rsa));
	names[0] = (char *)"gateway.local";
	SSL_CTX_free(one);
	SSL_CTX_free(two);
	SSL_CTX_free(three);
}

static void
the_keys_are_for_their_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	SSL_CTX_free(listening(&lan));
	assert_int_equal(stat("tls", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat("tls/authority.pem", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("tls/lan-rsa.pem", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Another authority would lock out every charge point; a damaged leaf is made
 * again without a word. */
static void
a_damaged_authority_is_never_replaced_in_silence(void **state)
{
	SSL_CTX *ctx = listening(&lan);
	struct err e;

	(void)state;
	SSL_CTX_free(ctx);
	assert_int_equal(file_write(AT_FDCWD, "tls/lan-ec.pem", "nonsense", 8,
			     FILE_SECRET, &e),
	    0);
	SSL_CTX_free(listening(&lan));
	assert_int_equal(file_write(AT_FDCWD, "tls/authority.pem", "nonsense",
			     8, FILE_SECRET, &e),
	    0);
	assert_int_equal(tls_down(&plain, &lan, &ctx, &e), -1);
	assert_non_null(strstr(e.text, "authority.pem is damaged"));
	assert_int_equal(
	    tls_down_authority(folder, &(struct bytes){ 0 }, &e), -1);
}

static void
before_the_first_listener_there_is_no_authority(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(tls_down_authority(".", &text, &e), -1);
	assert_int_equal(e.code, ENOENT);
}

/* --- their certificates --------------------------------------------------- */

static void
write_pem(const char *path, X509 *x)
{
	own_file FILE *f = fopen(path, "w");

	assert_int_equal(PEM_write_X509(f, x), 1);
}

static void
show(SSL_CTX *ctx, const struct issued *i)
{
	assert_int_equal(SSL_CTX_use_certificate(ctx, i->cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, i->key), 1);
}

static void
profile_3_takes_certificates_of_its_anchors_alone(void **state)
{
	own_issued struct issued maker =
	    issue(&(struct issue){ .cn = "maker", .ca = 1 });
	own_issued struct issued stranger =
	    issue(&(struct issue){ .cn = "maker", .ca = 1 });
	own_issued struct issued good = issue(
	    &(struct issue){ .cn = "CP-1", .by = &maker, .eku = "clientAuth" });
	own_issued struct issued forged = issue(&(struct issue){
	    .cn = "CP-1", .by = &stranger, .eku = "clientAuth" });
	own_issued struct issued server_only = issue(
	    &(struct issue){ .cn = "CP-1", .by = &maker, .eku = "serverAuth" });
	own_issued struct issued late = issue(&(struct issue){
	    .cn = "CP-1", .by = &maker, .from_s = -7200, .to_s = -3600 });
	const struct issued *all[] = { NULL, &good, &forged, &server_only,
		&late };
	struct ocpp_listener l = lan;
	SSL_CTX *server, *c;

	(void)state;
	write_pem("anchors.pem", maker.cert);
	l.profile = 3;
	l.anchors = (char *)"anchors.pem";
	server = listening(&l);
	for (size_t v = 0; v < 2; v++)
		for (size_t i = 0; i < 5; i++) {
			c = charger(
			    v == 0 ? TLS1_2_VERSION : TLS1_3_VERSION, NULL, 2);
			if (all[i] != NULL)
				show(c, all[i]);
			assert_int_equal(through(c, server), i == 1);
			SSL_CTX_free(c);
		}
	SSL_CTX_free(server);
}

/* --- towards the CSMS ----------------------------------------------------- */

static struct world {
	struct issued ca, server, leaf;
	unsigned signatures, outcomes, asked, roots;
	char outcome[16], purpose[64];
	char root[SHA256_HEX]; /* once it was asked for */
	const char *state;     /* of the leaf, in cert_store's words */
	bool none, no_anchors;
} w;

static json_t *
pem_of(X509 *x)
{
	own_chain STACK_OF(X509) *chain = sk_X509_new_null();
	own_bytes struct bytes pem = { 0 };
	struct err e;

	(void)X509_up_ref(x);
	(void)sk_X509_push(chain, x);
	assert_int_equal(x509_chain_pem(chain, &pem, &e), 0);
	return json_stringn(pem.p, pem.len);
}

static json_t *
answer_leaf(void)
{
	char print[SHA256_HEX];
	struct err e;

	if (w.none)
		return json_pack(
		    "{s:s, s:s}", "result", "NotFound", "why", "CSMS leaf");
	assert_int_equal(x509_fingerprint(w.leaf.cert, print, &e), 0);
	return json_pack("{s:s, s:o, s:{s:s, s:s}}", "result", "Accepted",
	    "chain", pem_of(w.leaf.cert), "certificate", "fingerprint", print,
	    "state", w.state);
}

static json_t *
certs(void *ctx, const char *verb, json_t *q, struct err *e)
{
	own_json json_t *question = q;

	(void)ctx;
	(void)e;
	w.asked++;
	if (strcmp(verb, "certs.leaf") == 0) {
		assert_true(json_is_true(json_object_get(question, "trial")));
		assert_true(json_is_true(json_object_get(question, "expired")));
		return answer_leaf();
	}
	if (strcmp(verb, "certs.outcome") == 0 && w.root[0] != '\0') {
		w.roots++;
		assert_string_equal(w.root,
		    json_string_value(
			json_object_get(question, "fingerprint")));
		assert_string_equal("root-worked",
		    json_string_value(json_object_get(question, "outcome")));
		return json_pack("{s:s}", "result", "Accepted");
	}
	if (strcmp(verb, "certs.outcome") == 0) {
		w.outcomes++;
		(void)snprintf(w.outcome, sizeof(w.outcome), "%s",
		    json_string_value(json_object_get(question, "outcome")));
		return json_pack("{s:s}", "result", "Accepted");
	}
	if (strcmp(verb, "certs.list") == 0) {
		assert_int_equal(x509_fingerprint(w.ca.cert, w.root, e), 0);
		return json_pack("{s:s, s:[{s:s, s:s}]}", "result", "Accepted",
		    "certificates", "fingerprint", w.root, "state", w.state);
	}
	assert_string_equal(verb, "certs.anchors");
	return json_pack("{s:s, s:b, s:o}", "result", "Accepted", "system", 0,
	    "chain", w.no_anchors ? json_string("") : pem_of(w.ca.cert));
}

/* As a TPM does it: a digest in, r and s out. */
static int
sign(void *ctx, const char *purpose, const uint8_t digest[32], uint8_t out[64])
{
	EVP_PKEY_CTX *p = EVP_PKEY_CTX_new(w.leaf.key, NULL);
	const unsigned char *at;
	unsigned char der[128];
	size_t n = sizeof(der);
	ECDSA_SIG *sig;
	int ok;

	(void)ctx;
	w.signatures++;
	(void)snprintf(w.purpose, sizeof(w.purpose), "%s", purpose);
	ok = EVP_PKEY_sign_init(p) == 1 &&
	    EVP_PKEY_sign(p, der, &n, digest, 32) == 1;
	EVP_PKEY_CTX_free(p);
	at = der;
	sig = ok ? d2i_ECDSA_SIG(NULL, &at, (long)n) : NULL;
	if (sig != NULL) {
		(void)BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32);
		(void)BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32);
	}
	ECDSA_SIG_free(sig);
	return sig != NULL ? 0 : -1;
}

static struct bridge_host with_store = { .certs = certs, .sign = sign };

static int
world_make(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.ca = issue(&(struct issue){ .cn = "CPO root", .ca = 1 });
	w.server = issue(&(struct issue){
	    .cn = "csms.example", .by = &w.ca, .eku = "serverAuth" });
	w.leaf = issue(
	    &(struct issue){ .cn = "GW-1", .by = &w.ca, .eku = "clientAuth" });
	w.state = "on trial";
	return 0;
}

static int
world_drop(void **state)
{
	(void)state;
	issued_free(&w.ca);
	issued_free(&w.server);
	issued_free(&w.leaf);
	return 0;
}

static SSL_CTX *
csms_asking(const struct issued *of)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	show(ctx, of);
	SSL_CTX_set_cert_store(ctx, issue_store(&w.ca));
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

static SSL_CTX *
dialling(struct tls_up *up, uint8_t profile, struct tls_own *own)
{
	static const struct ocpp_csms csms = {
		.url = (char *)"wss://csms.example", .profile = 3
	};
	SSL_CTX *ctx = NULL;
	struct err e = { 0 };

	if (tls_up_context(up, &csms, profile, NULL, &ctx, own, &e) == -1)
		print_error("%s\n", e.text);
	assert_non_null(ctx);
	return ctx;
}

static void
the_key_of_the_client_certificate_is_asked_for_its_signature(void **state)
{
	SSL_CTX *server = csms_asking(&w.server), *c;
	struct tls_own own;
	struct shaken k;
	struct err e;
	struct tls_up *up = tls_up_new(&with_store, &e);

	(void)state;
	c = dialling(up, 3, &own);
	for (unsigned n = 1; n <= 2; n++) {
		assert_int_equal(SSL_CTX_set_max_proto_version(c,
				     n == 1 ? TLS1_2_VERSION : TLS1_3_VERSION),
		    1);
		shake(c, server, &k);
		assert_true(k.client && k.server);
		assert_int_equal(X509_cmp(k.seen, w.leaf.cert), 0);
		X509_free(k.seen);
		assert_int_equal(w.signatures, n);
	}
	/* Which key: that of the certificate that was shown. */
	assert_memory_equal(w.purpose, "csms.", 5);
	assert_int_equal(strlen(w.purpose), 5 + 24);
	assert_memory_equal(w.purpose + 5, own.print, 24);
	SSL_CTX_free(c);
	SSL_CTX_free(server);
	tls_up_free(up);
}

static void
what_becomes_of_a_certificate_on_trial_is_told_once(void **state)
{
	static const struct {
		struct dial_result r;
		const char *said; /* NULL: nothing */
	} rows[] = {
		{ { .end = DIAL_NO_ROUTE }, NULL },
		{ { .end = DIAL_TLS_PEER }, NULL },
		{ { .end = DIAL_HTTP, .status = 404 }, NULL },
		{ { .end = DIAL_HTTP, .status = 403 }, "refused" },
		{ { .end = DIAL_TLS_REFUSED }, "refused" },
		{ { .end = DIAL_OPEN }, "worked" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_up *up = tls_up_new(&with_store, &e);
		struct tls_own own;

		w.outcomes = 0;
		w.state = "on trial";
		SSL_CTX_free(dialling(up, 3, &own));
		assert_true(own.trial);
		tls_up_outcome(up, &own, &rows[i].r);
		tls_up_outcome(up, &own, &rows[i].r);
		assert_int_equal(w.outcomes, rows[i].said != NULL);
		if (rows[i].said != NULL)
			assert_string_equal(w.outcome, rows[i].said);
		w.state = "valid";
		SSL_CTX_free(dialling(up, 3, &own));
		assert_false(own.trial);
		tls_up_outcome(up, &own, &rows[5].r);
		assert_int_equal(w.outcomes, rows[i].said != NULL);
		tls_up_free(up);
	}
}

/* Only one that is on trial, only once, and only if a CSMS led to it. */
static void
a_new_root_that_has_worked_is_told_once(void **state)
{
	static const struct dial_result open = { .end = DIAL_OPEN };
	const struct tls_own none = { .trial = false };
	SSL_CTX *server = csms_asking(&w.server), *c;
	struct tls_own own;
	struct err e;
	struct tls_up *up = tls_up_new(&with_store, &e);

	(void)state;
	c = dialling(up, 3, &own);
	tls_up_outcome(up, &none, &open);
	assert_string_equal(w.root, ""); /* nobody was verified yet */
	assert_true(through(c, server));
	tls_up_outcome(up, &none, &open);
	tls_up_outcome(up, &none, &open);
	assert_int_equal(w.roots, 1);
	tls_up_free(up);
	/* One that has long worked is looked up and not told. */
	w.state = "valid";
	w.roots = 0;
	up = tls_up_new(&with_store, &e);
	SSL_CTX_free(c);
	c = dialling(up, 3, &own);
	assert_true(through(c, server));
	tls_up_outcome(up, &none, &open);
	assert_int_equal(w.roots, 0);
	SSL_CTX_free(c);
	SSL_CTX_free(server);
	tls_up_free(up);
}

static void
contexts_of_one_certificate_are_one_and_change_with_it(void **state)
{
	struct tls_own own, after;
	SSL_CTX *a, *b, *c;
	struct err e;
	struct tls_up *up = tls_up_new(&with_store, &e);

	(void)state;
	a = dialling(up, 3, &own);
	b = dialling(up, 3, &own);
	assert_ptr_equal(a, b);
	issued_free(&w.leaf);
	w.leaf = issue(
	    &(struct issue){ .cn = "GW-1", .by = &w.ca, .eku = "clientAuth" });
	c = dialling(up, 3, &after);
	assert_ptr_not_equal(a, c);
	assert_string_not_equal(own.print, after.print);
	SSL_CTX_free(a);
	SSL_CTX_free(b);
	SSL_CTX_free(c);
	tls_up_free(up);
}

static void
a_csms_of_other_anchors_is_not_taken(void **state)
{
	own_issued struct issued other =
	    issue(&(struct issue){ .cn = "CPO root", .ca = 1 });
	own_issued struct issued server = issue(&(struct issue){
	    .cn = "csms.example", .by = &other, .eku = "serverAuth" });
	SSL_CTX *csms = csms_asking(&server), *good = csms_asking(&w.server);
	struct tls_own own;
	struct err e;
	struct tls_up *up = tls_up_new(&with_store, &e);
	SSL_CTX *c = dialling(up, 2, &own);

	(void)state;
	/* Profile 2 shows no certificate, and has none to tell about. */
	assert_string_equal(own.print, "");
	SSL_CTX_set_verify(csms, SSL_VERIFY_NONE, NULL);
	assert_false(through(c, csms));
	SSL_CTX_set_verify(good, SSL_VERIFY_NONE, NULL);
	assert_true(through(c, good));
	assert_int_equal(w.signatures, 0);
	SSL_CTX_free(c);
	SSL_CTX_free(csms);
	SSL_CTX_free(good);
	tls_up_free(up);
}

/* A maker that cert_store learns of, or forgets, while the listener is open. */
static void
authorities_that_came_or_went_count_for_the_next_handshake(void **state)
{
	struct bridge_host host = { .state = folder, .certs = certs };
	struct ocpp_listener l = lan;
	struct issued other = issue(
			  &(struct issue){ .cn = "other maker", .ca = 1 }),
		      was;
	SSL_CTX *server = NULL, *c = charger(TLS1_3_VERSION, NULL, 2);
	struct err e = { 0 };

	(void)state;
	(void)strcpy(folder, "/tmp/ingot-unit-tls.XXXXXX");
	assert_non_null(mkdtemp(folder));
	l.profile = 3;
	l.anchors = (char *)"cert_store:MF";
	show(c, &w.leaf);
	assert_int_equal(tls_down(&host, &l, &server, &e), 0);
	assert_true(through(c, server));
	was = w.ca;
	w.ca = other;
	assert_true(through(c, server)); /* not read again yet */
	assert_int_equal(tls_down_again(&host, &l, server, &e), 0);
	assert_false(through(c, server));
	w.ca = was;
	assert_int_equal(tls_down_again(&host, &l, server, &e), 0);
	assert_true(through(c, server));
	/* None left: nobody. cert_store away: as before. */
	w.no_anchors = true;
	assert_int_equal(tls_down_again(&host, &l, server, &e), 0);
	assert_false(through(c, server));
	w.no_anchors = false;
	assert_int_equal(tls_down_again(&host, &l, server, &e), 0);
	host.certs = NULL;
	assert_int_equal(tls_down_again(&host, &l, server, &e), -1);
	assert_true(through(c, server));
	SSL_CTX_free(c);
	SSL_CTX_free(server);
	issued_free(&other);
	assert_int_equal(file_remove_tree(AT_FDCWD, folder, &e), 0);
}

static void
without_a_certificate_there_is_a_reason_and_no_handshake(void **state)
{
	static const struct ocpp_csms csms = { .url = (char *)"wss://x",
		.profile = 3 };
	struct tls_own own;
	struct err e;
	struct tls_up *up = tls_up_new(&with_store, &e);
	SSL_CTX *ctx;

	(void)state;
	w.none = true;
	assert_int_equal(
	    tls_up_context(up, &csms, 3, "CP-9", &ctx, &own, &e), -1);
	assert_null(ctx);
	assert_non_null(strstr(e.text, "NotFound"));
	/* Profile 1 asks nobody for anything. */
	w.asked = 0;
	assert_int_equal(tls_up_context(up, &csms, 1, NULL, &ctx, &own, &e), 0);
	assert_null(ctx);
	assert_int_equal(w.asked, 0);
	tls_up_free(up);
}

static void
a_key_that_is_not_there_ends_one_handshake(void **state)
{
	static struct bridge_host mute = { .certs = certs };
	SSL_CTX *server = csms_asking(&w.server), *c;
	struct tls_own own;
	struct err e;
	struct tls_up *up = tls_up_new(&mute, &e);

	(void)state;
	c = dialling(up, 3, &own);
	assert_false(through(c, server));
	SSL_CTX_free(c);
	SSL_CTX_free(server);
	tls_up_free(up);
}

#define in_the_world(test)                                                     \
	cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    the_four_suites_are_served_with_the_switch_and_two_without),
		in_a_place(
		    old_tls_is_served_where_the_listener_says_so_and_nowhere_else),
		in_a_place(a_listener_without_tls_has_no_context),
		in_a_place(http11_is_chosen_and_h2_alone_is_no_alert),
		in_a_place(what_is_made_is_kept_and_has_the_listeners_names),
		in_a_place(the_keys_are_for_their_owner_alone),
		in_a_place(a_damaged_authority_is_never_replaced_in_silence),
		in_a_place(before_the_first_listener_there_is_no_authority),
		in_a_place(profile_3_takes_certificates_of_its_anchors_alone),
		in_the_world(
		    the_key_of_the_client_certificate_is_asked_for_its_signature),
		in_the_world(
		    what_becomes_of_a_certificate_on_trial_is_told_once),
		in_the_world(a_new_root_that_has_worked_is_told_once),
		in_the_world(
		    contexts_of_one_certificate_are_one_and_change_with_it),
		in_the_world(a_csms_of_other_anchors_is_not_taken),
		in_the_world(
		    authorities_that_came_or_went_count_for_the_next_handshake),
		in_the_world(
		    without_a_certificate_there_is_a_reason_and_no_handshake),
		in_the_world(a_key_that_is_not_there_ends_one_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
