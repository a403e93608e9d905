/* SPDX-License-Identifier: MIT */
/*
 * TLS towards charge points. What a listener offers is one row of the
 * specification: two certificates, because the four suites of A00.FR.317 need
 * an EC and an RSA key; the static RSA ones by a switch, since they have no
 * forward secrecy; below TLS 1.2 only on a listener that says so.
 */
#include <openssl/err.h>

#include <errno.h>
#include <string.h>

#include "tls_in.h"

#define STATIC_RSA ":AES128-GCM-SHA256:AES256-GCM-SHA384"
/* TLS_RSA_WITH_AES_128_CBC_SHA: what OCPP 1.6 allows below TLS 1.2. */
#define OLD_TLS ":AES128-SHA:@SECLEVEL=0"

static const uint8_t http11[] = "\x08http/1.1";

/* A charge point that offers protocols and none we speak (h2) is answered
 * without one: it finds out by the upgrade, which old stacks survive better
 * than an alert. */
static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *in, unsigned int in_len, void *ctx)
{
	unsigned char *chosen;

	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&chosen, len, http11, sizeof(http11) - 1, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int
offer(SSL_CTX *ctx, const struct ocpp_listener *l, struct err *e)
{
	char suites[512];

	(void)snprintf(suites, sizeof(suites), "%s%s%s", TLS_SUITES,
	    l->static_rsa ? STATIC_RSA : "", l->old_tls ? OLD_TLS : "");
	tls_common(ctx);
	SSL_CTX_set_security_level(ctx, l->old_tls ? 0 : 2);
	if (SSL_CTX_set_min_proto_version(
		ctx, l->old_tls ? TLS1_VERSION : TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, 0) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, suites) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, "P-256:X25519:P-384") != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return err_ssl(e, "TLS of listener %s", l->name);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	return 0;
}

/* --- our certificates ----------------------------------------------------- */

static int
use(SSL_CTX *ctx, X509 *leaf, EVP_PKEY *key, STACK_OF(X509) * chain,
    struct err *e)
{
	return SSL_CTX_use_cert_and_key(ctx, leaf, key, chain, 1) == 1
	    ? 0
	    : err_ssl(e, "certificate and key do not fit");
}

static int
use_files(SSL_CTX *ctx, const struct ocpp_key_pair *p, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_read(p->chain, e);
	own_pkey EVP_PKEY *key = NULL;
	own_x509 X509 *leaf = NULL;

	if (chain == NULL || (key = x509_key_read(p->key, e)) == NULL)
		return -1;
	leaf = sk_X509_shift(chain);
	return use(ctx, leaf, key, chain, e) == -1
	    ? err_in(e, "%s and %s", p->chain, p->key)
	    : 0;
}

static int
use_made(SSL_CTX *ctx, const struct bridge_host *host,
    const struct ocpp_listener *l, bool rsa, struct err *e)
{
	struct tls_made m;
	int rc;

	if (host->state == NULL)
		return err_set(e, EINVAL,
		    "listener %s: no folder to keep certificates in; name "
		    "them in the document",
		    l->name);
	if (tls_made(host->state, l, rsa, &m, e) == -1)
		return -1;
	rc = use(ctx, m.leaf, m.key, m.chain, e);
	tls_made_free(&m);
	return rc;
}

/* Named certificates and made ones are not mixed: a charge point trusts one
 * authority or the other. */
static int
use_certificates(SSL_CTX *ctx, const struct bridge_host *host,
    const struct ocpp_listener *l, struct err *e)
{
	bool named = l->pairs[0].chain != NULL || l->pairs[1].chain != NULL;

	for (int i = 0; i < 2; i++)
		if (named ? l->pairs[i].chain != NULL &&
			    use_files(ctx, &l->pairs[i], e) == -1
			  : use_made(ctx, host, l, i == 1, e) == -1)
			return err_in(e, "listener %s", l->name);
	return 0;
}

/* --- theirs --------------------------------------------------------------- */

/* The names of the anchors tell a charge point which of its certificates to
 * show; more of them than fit a record help nobody. */
static void
say_names(SSL_CTX *ctx, X509_STORE *store)
{
	STACK_OF(X509) *all = X509_STORE_get1_all_certs(store);

	for (int i = 0; i < sk_X509_num(all) && i < 32; i++)
		(void)SSL_CTX_add_client_CA(ctx, sk_X509_value(all, i));
	sk_X509_pop_free(all, X509_free);
}

static void
trust(SSL_CTX *ctx, X509_STORE *store)
{
	SSL_CTX_set_client_CA_list(ctx, sk_X509_NAME_new_null());
	say_names(ctx, store);
	SSL_CTX_set_cert_store(ctx, store); /* taken */
}

static int
ask_for_certificates(SSL_CTX *ctx, const struct bridge_host *host,
    const struct ocpp_listener *l, struct err *e)
{
	char print[SHA256_HEX];
	X509_STORE *store;

	if (l->anchors == NULL)
		return err_set(e, EINVAL,
		    "listener %s: profile 3 without anchors", l->name);
	if ((store = tls_anchors(host, l->anchors, print, e)) == NULL)
		return err_in(e, "listener %s", l->name);
	trust(ctx, store);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_verify_depth(ctx, X509_CHAIN_MAX);
	return 0;
}

int
tls_down(const struct bridge_host *host, const struct ocpp_listener *l,
    SSL_CTX **out, struct err *e)
{
	own_ctx SSL_CTX *ctx = NULL;

	*out = NULL;
	if (l->profile < 2)
		return 0;
	ERR_clear_error();
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL)
		return err_ssl(e, "TLS");
	if (offer(ctx, l, e) == -1 || use_certificates(ctx, host, l, e) == -1 ||
	    (l->profile == 3 && ask_for_certificates(ctx, host, l, e) == -1))
		return -1;
	*out = ctx;
	ctx = NULL;
	return 0;
}

/* With the last authority gone nobody is let in: an empty store. */
int
tls_down_again(const struct bridge_host *host, const struct ocpp_listener *l,
    SSL_CTX *ctx, struct err *e)
{
	char print[SHA256_HEX];
	X509_STORE *store;

	if (l->profile != 3 || l->anchors == NULL ||
	    strncmp(l->anchors, TLS_CERT_STORE, strlen(TLS_CERT_STORE)) != 0)
		return 0;
	store = tls_anchors(host, l->anchors, print, e);
	if (store == NULL && e->code == ENOENT)
		store = X509_STORE_new();
	if (store == NULL)
		return err_in(e, "listener %s", l->name);
	trust(ctx, store);
	return 0;
}
