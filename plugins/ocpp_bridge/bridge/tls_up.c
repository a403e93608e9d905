/* SPDX-License-Identifier: MIT */
/*
 * TLS towards the CSMS. Anchors and the client certificate come over verbs of
 * cert_store, whose folder is not ours to read; the certificate's key stays
 * where it is (in the TPM) and is asked for one signature per handshake, by the
 * certificate's own fingerprint, so that the key always fits what was shown.
 *
 * A context costs a parse of all anchors; charge points of the same
 * certificate share one while leaf and anchors are the same.
 */
#include <openssl/err.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../../provisioning/key.h"
#include "tls_in.h"

#define PURPOSE "csms"
#define PRINT_DIGITS                                                           \
	24            /* of the fingerprint, in the purpose of a signature     \
		       */
#define CONTEXTS 64   /* kept; more are made anew each time */
#define FRESH_MS 5000 /* anchors are not asked for more often */
#define ANCHORS  "cert_store:CSMS"

struct context {
	SSL_CTX *ctx;
	char leaf[SHA256_HEX], anchors[SHA256_HEX];
	uint64_t used;
};

struct anchors {
	char *where;
	X509_STORE *store;
	char print[SHA256_HEX];
	uint64_t at_ms;
};

struct tls_up {
	const struct bridge_host *host;
	struct context contexts[CONTEXTS];
	struct anchors anchors[8];
	uint64_t clock;
	char told[SHA256_HEX]; /* of whose outcome cert_store knows */
	/* The authority that the CSMS's certificate led to, last; by crew
	 * threads. And the one that cert_store was told about. */
	pthread_mutex_t lock;
	char root[SHA256_HEX], root_told[SHA256_HEX];
};

/* --- the key, elsewhere --------------------------------------------------- */

/* Crew threads. */
static int
sign(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	const struct bridge_host *host = ctx;

	if (host->sign != NULL &&
	    host->sign(host->ctx, purpose, digest, sig) == 0)
		return 0;
	return err_set(e, EACCES, "no signature for %s", purpose);
}

struct tls_up *
tls_up_new(const struct bridge_host *host, struct err *e)
{
	struct tls_up *up = calloc(1, sizeof(*up));

	if (up == NULL)
		return (void)err_sys(e, "TLS"), NULL;
	up->host = host;
	(void)pthread_mutex_init(&up->lock, NULL);
	if (key_setup(e) == 0 &&
	    key_signer_set(PURPOSE, sign, (void *)(uintptr_t)host, e) == 0)
		return up;
	free(up);
	return NULL;
}

void
tls_up_forget(struct tls_up *up)
{
	for (size_t i = 0; i < CONTEXTS; i++)
		SSL_CTX_free(up->contexts[i].ctx);
	memset(up->contexts, 0, sizeof(up->contexts));
	for (size_t i = 0; i < sizeof(up->anchors) / sizeof(up->anchors[0]);
	     i++) {
		X509_STORE_free(up->anchors[i].store);
		free(up->anchors[i].where);
	}
	memset(up->anchors, 0, sizeof(up->anchors));
}

void
tls_up_free(struct tls_up *up)
{
	if (up == NULL)
		return;
	key_signer_remove(PURPOSE);
	tls_up_forget(up);
	(void)pthread_mutex_destroy(&up->lock);
	free(up);
}

/* --- anchors -------------------------------------------------------------- */

/* Borrowed until the next call; the oldest place is used again. */
static const struct anchors *
anchors_of(struct tls_up *up, const char *where, struct err *e)
{
	struct anchors *a = &up->anchors[0], *oldest = a;
	struct anchors fresh = { .at_ms = now_ms() };

	for (; a < up->anchors + sizeof(up->anchors) / sizeof(*a); a++) {
		if (a->where != NULL && strcmp(a->where, where) == 0) {
			if (now_ms() - a->at_ms < FRESH_MS)
				return a;
			oldest = a;
			break;
		}
		if (a->at_ms < oldest->at_ms)
			oldest = a;
	}
	fresh.store = tls_anchors(up->host, where, fresh.print, e);
	if (fresh.store == NULL)
		return NULL;
	if ((fresh.where = strdup(where)) == NULL) {
		X509_STORE_free(fresh.store);
		return (void)err_sys(e, "anchors"), NULL;
	}
	X509_STORE_free(oldest->store);
	free(oldest->where);
	*oldest = fresh;
	return oldest;
}

/* --- our certificate ------------------------------------------------------ */

struct own {
	STACK_OF(X509) * chain; /* leaf first */
	struct tls_own says;
};

/* expired: shown rather than none, and the CSMS decides (A00.FR.430). */
static int
own_leaf(
    struct tls_up *up, const char *identity, struct own *own, struct err *e)
{
	own_json json_t *r = tls_ask(up->host, "certs.leaf",
	    json_pack("{s:s, s:s, s:b, s:b}", "leaf", "CSMS", "identity",
		identity == NULL ? "" : identity, "trial", 1, "expired", 1),
	    e);
	const json_t *one = json_object_get(r, "certificate");
	const char *pem, *print, *state;

	if (r == NULL || json_str(r, "chain", X509_PEM_MAX, &pem, e) == -1 ||
	    json_str(one, "fingerprint", SHA256_HEX - 1, &print, e) == -1 ||
	    json_str_or(one, "state", 32, "", &state, e) == -1)
		return -1;
	if (strlen(print) != SHA256_HEX - 1)
		return err_set(e, EBADMSG, "cert_store: a fingerprint cut");
	(void)strcpy(own->says.print, print);
	own->says.trial = strcmp(state, "on trial") == 0;
	own->chain = x509_chain_parse(pem, strlen(pem), e);
	return own->chain == NULL ? -1 : 0;
}

static int
use_leaf(SSL_CTX *ctx, const struct own *own, struct err *e)
{
	X509 *leaf = sk_X509_shift(own->chain);
	own_pkey EVP_PKEY *key = NULL;
	uint8_t point[KEY_POINT_LEN];
	char purpose[KEY_PURPOSE_MAX + 1];
	int rc = -1;

	(void)snprintf(purpose, sizeof(purpose), PURPOSE ".%.*s", PRINT_DIGITS,
	    own->says.print);
	if (key_point(X509_get0_pubkey(leaf), point, e) == -1)
		(void)err_in(e, "client certificate %.16s", own->says.print);
	else if ((key = key_new(purpose, point, e)) != NULL &&
	    SSL_CTX_use_cert_and_key(ctx, leaf, key, own->chain, 1) != 1)
		(void)err_ssl(e, "client certificate %.16s", own->says.print);
	else if (key != NULL)
		rc = 0;
	X509_free(leaf);
	return rc;
}

/* --- contexts ------------------------------------------------------------- */

/* Crew threads. Called for the leaf last, when the chain is good. */
static int
verified(int ok, X509_STORE_CTX *v)
{
	SSL *ssl =
	    X509_STORE_CTX_get_ex_data(v, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_up *up = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(v);
	char print[SHA256_HEX];
	struct err e;

	if (!ok || X509_STORE_CTX_get_error_depth(v) != 0 ||
	    x509_fingerprint(
		sk_X509_value(chain, sk_X509_num(chain) - 1), print, &e) == -1)
		return ok;
	(void)pthread_mutex_lock(&up->lock);
	(void)strcpy(up->root, print);
	(void)pthread_mutex_unlock(&up->lock);
	return ok;
}

/* The peer's name is checked by who dials (dial_settings.name). */
static SSL_CTX *
make(struct tls_up *up, const struct anchors *a, const struct own *own,
    struct err *e)
{
	own_ctx SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	static const uint8_t http11[] = "\x08http/1.1";
	SSL_CTX *taken;

	if (ctx == NULL)
		return (void)err_ssl(e, "TLS"), NULL;
	tls_common(ctx);
	SSL_CTX_set_security_level(ctx, 2);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, 0) != 1 ||
	    SSL_CTX_set_cipher_list(ctx,
		TLS_SUITES ":ECDHE-ECDSA-CHACHA20-POLY1305:"
			   "ECDHE-RSA-CHACHA20-POLY1305") != 1 ||
	    SSL_CTX_set_alpn_protos(ctx, http11, sizeof(http11) - 1) != 0)
		return (void)err_ssl(e, "TLS towards the CSMS"), NULL;
	SSL_CTX_set1_cert_store(ctx, a->store);
	SSL_CTX_set_app_data(ctx, up);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, verified);
	SSL_CTX_set_verify_depth(ctx, X509_CHAIN_MAX);
	if (own->chain != NULL && use_leaf(ctx, own, e) == -1)
		return NULL;
	taken = ctx;
	ctx = NULL;
	return taken;
}

static SSL_CTX *
find(struct tls_up *up, const struct anchors *a, const struct own *own,
    struct err *e)
{
	struct context *c = up->contexts, *oldest = c;
	SSL_CTX *ctx;

	for (; c < up->contexts + CONTEXTS; c++) {
		if (c->ctx != NULL && strcmp(c->leaf, own->says.print) == 0 &&
		    strcmp(c->anchors, a->print) == 0) {
			c->used = ++up->clock;
			return c->ctx;
		}
		if (c->used < oldest->used)
			oldest = c;
	}
	if ((ctx = make(up, a, own, e)) == NULL)
		return NULL;
	SSL_CTX_free(oldest->ctx);
	*oldest = (struct context){ .ctx = ctx, .used = ++up->clock };
	(void)strcpy(oldest->leaf, own->says.print);
	(void)strcpy(oldest->anchors, a->print);
	return ctx;
}

int
tls_up_context(struct tls_up *up, const struct ocpp_csms *csms, uint8_t profile,
    const char *identity, SSL_CTX **out, struct tls_own *says, struct err *e)
{
	const char *where = csms->anchors == NULL ? ANCHORS : csms->anchors;
	struct own own = { 0 };
	const struct anchors *a;
	SSL_CTX *ctx = NULL;

	*out = NULL;
	memset(says, 0, sizeof(*says));
	if (profile < 2)
		return 0;
	ERR_clear_error();
	if ((profile < 3 || own_leaf(up, identity, &own, e) == 0) &&
	    (a = anchors_of(up, where, e)) != NULL)
		ctx = find(up, a, &own, e);
	sk_X509_pop_free(own.chain, X509_free);
	if (ctx == NULL || SSL_CTX_up_ref(ctx) != 1)
		return ctx == NULL ? -1 : err_ssl(e, "TLS");
	*out = ctx;
	*says = own.says;
	return 0;
}

/* --- what became of it ---------------------------------------------------- */

/* NULL: it says nothing about the certificate. A CSMS that takes the handshake
 * and refuses the request for want of rights has not taken the identity. */
static const char *
outcome_of(const struct dial_result *r)
{
	switch (r->end) {
	case DIAL_OPEN:
	case DIAL_UPGRADE:
		return "worked";
	case DIAL_TLS_REFUSED:
		return "refused";
	case DIAL_HTTP:
		return r->status == 401 || r->status == 403 ? "refused" : NULL;
	case DIAL_NO_NAME:
	case DIAL_NO_ROUTE:
	case DIAL_TLS_VERSION:
	case DIAL_TLS_CIPHER:
	case DIAL_TLS_PEER:
	case DIAL_TLS:
	case DIAL_ENDS:
		break;
	}
	return NULL;
}

void
tls_up_root(struct tls_up *up, char out[static SHA256_HEX])
{
	(void)pthread_mutex_lock(&up->lock);
	(void)strcpy(out, up->root);
	(void)pthread_mutex_unlock(&up->lock);
}

/* A new root of the CSMS is on trial beside the old one while cert_store asks
 * for additional checks (AdditionalRootCertificateCheck); a connection with it
 * ends the old one. Asked once for each root, so a trail is not filled. */
static void
root_worked(struct tls_up *up)
{
	own_json json_t *all = NULL, *done = NULL;
	char root[SHA256_HEX];
	json_t *one;
	struct err e;
	size_t i;

	tls_up_root(up, root);
	if (root[0] == '\0' || strcmp(root, up->root_told) == 0)
		return;
	(void)strcpy(up->root_told, root);
	all = tls_ask(up->host, "certs.list",
	    json_pack("{s:[s]}", "types", "CSMSRootCertificate"), &e);
	json_array_foreach(json_object_get(all, "certificates"), i, one)
	{
		const char *print, *state;

		if (json_str(one, "fingerprint", SHA256_HEX, &print, &e) == 0 &&
		    json_str(one, "state", 32, &state, &e) == 0 &&
		    strcmp(print, root) == 0 && strcmp(state, "on trial") == 0)
			done = tls_ask(up->host, "certs.outcome",
			    json_pack("{s:s, s:s}", "outcome", "root-worked",
				"fingerprint", root),
			    &e);
		if (done != NULL)
			return;
	}
}

void
tls_up_outcome(
    struct tls_up *up, const struct tls_own *own, const struct dial_result *r)
{
	const char *outcome = outcome_of(r);
	json_t *reply;
	char line[160];
	struct err e;

	if (r->end == DIAL_OPEN)
		root_worked(up);
	if (!own->trial || outcome == NULL || strcmp(up->told, own->print) == 0)
		return;
	reply = tls_ask(up->host, "certs.outcome",
	    json_pack("{s:s, s:s, s:s}", "outcome", outcome, "leaf", "CSMS",
		"fingerprint", own->print),
	    &e);
	if (reply != NULL) {
		(void)strcpy(up->told, own->print);
		(void)snprintf(line, sizeof(line),
		    "client certificate %.16s: the CSMS has %s it", own->print,
		    *outcome == 'w' ? "taken" : "refused");
	} else
		(void)snprintf(line, sizeof(line),
		    "client certificate %.16s %s, and cert_store does not know "
		    "it: %.60s",
		    own->print, outcome, e.text);
	json_decref(reply);
	if (up->host->log != NULL)
		up->host->log(up->host->ctx, line);
}
