/* SPDX-License-Identifier: MIT */
/*
 * Questions and answers, a table: what each may hold, who may ask it, what
 * answers it. Which plugin may ask which verb is the agent's business
 * (policies); here stands only that nobody but the agent has signatures made,
 * because it alone knows who may sign for which purpose.
 */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "charging_verbs.h"

enum wants {
	WANTS_NOTHING,
	WANTS_PURPOSE, /* one the document names */
	WANTS_KEY,     /* and its key must be there */
	WANTS_CERTS    /* the store of charging certificates */
};

struct verb {
	const char *name;
	int (*run)(struct ask *, struct err *);
	enum wants wants;
	const char *only; /* who alone may ask; NULL: whom the policy lets */
	const char *known[16];
	enum {
		FOR_SIGNERS,  /* only keys that sign */
		FOR_AGREEING, /* only keys that agree */
		FOR_BOTH
	} fit;
};

static const struct verb verbs[] = {
	{ "key.create", verb_create, WANTS_PURPOSE, NULL,
	    { "purpose", "replace" }, FOR_BOTH },
	{ "csr", verb_csr, WANTS_KEY, NULL, { "purpose", "cn" }, FOR_SIGNERS },
	{ "ek", verb_ek, WANTS_NOTHING, NULL, { NULL }, FOR_SIGNERS },
	{ "tpm.handles", verb_handles, WANTS_NOTHING, NULL, { NULL },
	    FOR_SIGNERS },
	{ "activate", verb_activate, WANTS_KEY, NULL,
	    { "purpose", "blob", "secret" }, FOR_SIGNERS },
	{ "unwrap", verb_unwrap, WANTS_KEY, NULL, { "purpose", "point" },
	    FOR_SIGNERS },
	{ "cert.install", verb_install, WANTS_KEY, NULL, { "purpose", "chain" },
	    FOR_SIGNERS },
	{ "promote", verb_promote, WANTS_NOTHING, NULL, { "purpose" },
	    FOR_SIGNERS },
	{ "chain", verb_chain, WANTS_KEY, NULL, { "purpose" }, FOR_SIGNERS },
	{ "cert.list", verb_list, WANTS_NOTHING, NULL, { NULL }, FOR_SIGNERS },
	{ "public", verb_public, WANTS_KEY, NULL, { "purpose" }, FOR_BOTH },
	{ "agree", verb_agree, WANTS_KEY, "agent", { "purpose", "point" },
	    FOR_AGREEING },
	{ "sign", verb_sign, WANTS_KEY, "agent", { "purpose", "digest" },
	    FOR_SIGNERS },
/* clang-format off */
#define CERTS(name, run, ...) \
	{ name, run, WANTS_CERTS, NULL, { __VA_ARGS__ }, FOR_SIGNERS }
	CERTS("certs.install", certs_verb_install, "domain", "certificate"),
	CERTS("certs.update", certs_verb_update, "leaf", "chain"),
	CERTS("certs.delete", certs_verb_delete, "hash"),
	CERTS("certs.csr", certs_verb_csr, "leaf", "key", "properties",
	    "country", "organization", "unit", "common", "domain", "san"),
	CERTS("certs.drop-key", certs_verb_drop, "key"),
	CERTS("certs.verify", certs_verb_verify, "purpose", "chain", "name",
	    "wildcards", "at", "crl", "staple", "must_staple"),
	CERTS("certs.signature", certs_verb_signature, "digest", "signature",
	    "signer"),
	CERTS("certs.list", certs_verb_list, "types", "algorithm", "from"),
	CERTS("certs.leaf", certs_verb_leaf, "leaf", "identity", "trial",
	    "expired"),
	CERTS("certs.expiry", certs_verb_expiry, NULL),
	CERTS("certs.outcome", certs_verb_outcome, "outcome", "leaf",
	    "fingerprint"),
	CERTS("certs.count", certs_verb_count, NULL),
	CERTS("certs.locations", certs_verb_locations, "domain"),
	CERTS("certs.anchors", certs_verb_anchors, "domain"),
	CERTS("certs.collect", certs_verb_collect, NULL),
	CERTS("certs.ocsp-data", certs_verb_ocsp_data, "chain"),
	CERTS("certs.ocsp-put", certs_verb_ocsp_put, "hash", "response"),
	CERTS("certs.ocsp-get", certs_verb_ocsp_get, "hash"),
	CERTS("certs.crl-install", certs_verb_crl_install, "domain", "crl"),
	CERTS("certs.crl-delete", certs_verb_crl_delete, "file"),
	CERTS("certs.crl-list", certs_verb_crl_list, NULL),
#undef CERTS
	/* clang-format on */
};

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int
prepare(struct ask *a, const struct verb *v, struct err *e)
{
	if (json_known(a->q, v->known, e) == -1)
		return -1;
	if (v->wants == WANTS_NOTHING)
		return 0;
	if (v->wants == WANTS_CERTS)
		return a->s->charging != NULL ? 0
					      : err_set(e, ENOTCONN,
						    "cert_store.conf has no "
						    "section \"certs\"");
	if (json_str(a->q, "purpose", KEY_PURPOSE_MAX, &a->purpose, e) == -1)
		return -1;
	/* The key of a leaf: which one, is chosen when it signs. */
	if (v->run == verb_sign && charging_purpose(a))
		return 0;
	if (!doc_has(&a->s->doc, a->purpose))
		return err_set(e, EINVAL,
		    "purpose \"%s\" is not in cert_store.conf", a->purpose);
	/* A key that did both would answer for one what the other is asked. */
	if (v->fit != FOR_BOTH &&
	    keys_agrees(a->purpose) != (v->fit == FOR_AGREEING))
		return err_set(e, EACCES, "key %s is not for that", a->purpose);
	if (v->wants == WANTS_PURPOSE)
		return 0;
	return vault_get(a->s->state, a->purpose, &a->held, e);
}

static char *
answer(struct store *s, const struct verb *v, const json_t *q, struct err *e)
{
	struct ask a = { .s = s, .q = q, .reply = json_object() };
	char *text = NULL;

	if (prepare(&a, v, e) == 0 && v->run(&a, e) == 0 &&
	    (text = json_line(a.reply)) == NULL)
		(void)err_set(e, ENOMEM, "out of memory");
	held_free(&a.held);
	json_decref(a.reply);
	return text;
}

char *
verbs_answer(struct store *s, const char *from, const char *verb,
    const struct ingot_text *question, struct err *e)
{
	const struct verb *v = find(verb);
	own_json json_t *q = NULL;
	char *text = NULL;

	if (v == NULL)
		return (void)err_set(e, EINVAL, "no verb \"%.64s\"", verb),
		       NULL;
	if (v->only != NULL && strcmp(from, v->only) != 0)
		(void)err_set(e, EACCES, "only the %s may ask for it", v->only);
	else if (!s->active)
		(void)err_set(e, ENOTCONN,
		    "cert_store is not set up: apply a snapshot with "
		    "documents/cert_store.conf first");
	else if ((q = json_parse("question", question->p, question->len,
		      INGOT_TEXT_MAX, e)) != NULL)
		text = answer(s, v, q, e);
	if (text == NULL)
		(void)err_in(e, "%s", verb);
	return text;
}
