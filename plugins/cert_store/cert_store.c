/* SPDX-License-Identifier: MIT */
/*
 * cert_store: the unit's keys and certificates, and the only owner of its TPM.
 * Others ask it for a CSR, for a signature (through the agent) or to keep a
 * certificate; a private key never leaves it.
 *
 * Its document says where the TPM is; keys and certificates are the unit's and
 * not the snapshot's. So going back to an older snapshot, or to none (an empty
 * artifact), never touches them: it only stops the use of the TPM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "store.h"

static void
store_close(void *v)
{
	struct store *s = v;

	charging_stop(s);
	tpm_close(s->tpm);
	if (s->state != -1)
		(void)close(s->state);
	free(s);
}

static void *
store_open(const struct ingot_host *host)
{
	struct store *s = calloc(1, sizeof(*s));
	struct err e;

	if (s == NULL)
		return (void)host->fail(host, "out of memory"), NULL;
	s->host = host;
	s->state = -1;
	if (host->state_dir == NULL)
		(void)host->fail(host, "needs STATE: its policy grants none");
	else if ((s->state = open(host->state_dir,
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		(void)host->fail(
		    host, "%s: %s", host->state_dir, strerror(errno));
	else if (key_setup(&e) == -1 || vault_sweep(s->state, &e) == -1)
		(void)host->fail(host, "%s", e.text);
	else
		return s;
	store_close(s);
	return NULL;
}

static int
store_render(void *v, const struct ingot_text *document)
{
	const struct ingot_host *host = ((struct store *)v)->host;
	own_bytes struct bytes out = { 0 };
	struct cert_doc doc;
	struct err e;

	if (doc_read(&doc, document->p, document->len, &e) == -1)
		return host->fail(host, "%s", e.text);
	doc_write(&doc, &out);
	return host->emit(host, "%s", out.p);
}

static void
forget(struct store *s)
{
	charging_stop(s);
	tpm_close(s->tpm);
	s->tpm = NULL;
	s->active = false;
}

/* The TPM is not asked here: one that is slow or away must not keep a snapshot
 * from being applied; the probe says so. */
static int
store_activate(void *v, const struct ingot_text *artifact)
{
	struct store *s = v;
	struct err e;

	forget(s);
	if (artifact->len == 0)
		return 0;
	if (doc_read(&s->doc, artifact->p, artifact->len, &e) == -1)
		return s->host->fail(s->host, "%s", e.text);
	if (charging_start(s, &e) == -1)
		return s->host->fail(s->host, "%s", e.text);
	s->active = true;
	return 0;
}

/* --- probe --------------------------------------------------------------- */

static void
probe_tpm(struct store *s, const struct cert_doc *doc)
{
	const struct ingot_host *host = s->host;
	struct tpm *tpm;
	struct err e;

	if (!store_has_tpm(s) && doc->software_keys)
		return;
	tpm = store_tpm(s, &e);
	if (tpm != NULL && tpm_ping(tpm, &e) == 0)
		host->finding(
		    host, "cert.tpm-reachable", doc->tcti, 1, "it answers");
	else
		host->finding(
		    host, "cert.tpm-reachable", doc->tcti, 0, "%s", e.text);
}

/* A signature with the private half, checked with the leaf's public one: so
 * the key is not only the right one, but there and usable. */
static int
signs_for(struct store *s, const struct held *h, X509 *leaf, struct err *e)
{
	static const uint8_t digest[KEY_DIGEST_LEN] = "probe";
	uint8_t sig[KEY_SIG_LEN], point[KEY_POINT_LEN];

	if (key_point(X509_get0_pubkey(leaf), point, e) == -1)
		return -1;
	if (memcmp(point, h->point, sizeof(point)) != 0)
		return err_set(e, EINVAL, "the certificate is of another key");
	return keys_sign(s, h, digest, sig, e);
}

static void
probe_key(struct store *s, const char *purpose, X509 *leaf)
{
	const struct ingot_host *host = s->host;
	own_held struct held h = { 0 };
	struct err e;
	int ok;

	if (vault_get(s->state, purpose, &h, &e) == -1) {
		host->finding(
		    host, "cert.key-matches-leaf", purpose, 0, "%s", e.text);
		return;
	}
	ok = h.origin == ORIGIN_TPM || s->doc.software_keys;
	host->finding(host, "cert.key-origin", purpose, ok, "%s: %s",
	    origin_name(h.origin),
	    h.origin == ORIGIN_TPM ? "made in this unit's TPM, cannot leave it"
		: ok               ? "in a file, as the document allows"
		     : "in a file, and the document does not allow it");
	ok = signs_for(s, &h, leaf, &e) == 0;
	host->finding(host, "cert.key-matches-leaf", purpose, ok, "%s",
	    ok ? "it signs for the certificate's key" : e.text);
}

static void
probe_purpose(struct store *s, const char *purpose)
{
	const struct ingot_host *host = s->host;
	own_chain STACK_OF(X509) *chain = NULL;
	struct err e;
	X509 *leaf;
	int expired;

	chain = vault_chain(s->state, purpose, &e);
	if (chain == NULL && e.code == ENOENT)
		return; /* not enrolled: nothing to look at */
	if (chain == NULL) {
		host->finding(
		    host, "cert.key-matches-leaf", purpose, 0, "%s", e.text);
		return;
	}
	leaf = sk_X509_value(chain, 0);
	probe_key(s, purpose, leaf);
	expired = chain_expired(leaf, time(NULL));
	host->finding(host, "cert.not-expired", purpose, !expired, "%s",
	    expired ? "it has expired: enrol the unit again"
		    : "it is within its time");
}

static int
store_probe(void *v, const struct ingot_text *artifact)
{
	struct store *s = v;
	struct cert_doc doc;
	struct err e;

	if (artifact->len == 0)
		return 0;
	if (doc_read(&doc, artifact->p, artifact->len, &e) == -1)
		return s->host->fail(s->host, "%s", e.text);
	if (!s->active)
		return s->host->fail(s->host, "not activated");
	probe_tpm(s, &doc);
	for (size_t i = 0; i < doc.count; i++)
		probe_purpose(s, doc.purposes[i]);
	return 0;
}

/* emit() formats; a reply may be longer than one formatted piece. */
static int
store_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	struct store *s = v;
	struct err e;
	own_str char *text = verbs_answer(s, from, verb, question, &e);
	int rc;

	if (text == NULL)
		return s->host->fail(s->host, "%s", e.text);
	rc = s->host->emit(s->host, "%s", text);
	explicit_bzero(text, strlen(text));
	return rc;
}

INGOT_PLUGIN("cert_store", INGOT_NEED_TPM | INGOT_NEED_STATE,
    .open = store_open, .render = store_render, .activate = store_activate,
    .probe = store_probe, .close = store_close, .answer = store_answer);
