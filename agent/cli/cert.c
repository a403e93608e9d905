/* SPDX-License-Identifier: MIT */
/*
 * ingot cert: charging certificates, for a person. Each word is a question to
 * cert_store (cert_words.c) and a way to show the answer (cert_show.c).
 */
#include <errno.h>
#include <string.h>

#include "cert.h"
#include "own.h"

static enum ctl_code
ask_once(struct cli *c, const char *verb, bool looks, json_t *question,
    json_t **reply, struct err *e)
{
	own_json json_t *result = NULL;
	enum ctl_code code = cli_call_take(c, looks ? "cert-look" : "cert",
	    json_pack("{s:s, s:s, s:O}", "plugin", "cert_store", "verb", verb,
		"question", question),
	    -1, &result, e);

	*reply = NULL;
	if (code != CODE_OK)
		return code;
	*reply = json_incref(json_object_get(result, "reply"));
	if (*reply != NULL)
		return CODE_OK;
	(void)err_set(e, EPROTO, "cert_store: no answer");
	return CODE_FAILED;
}

/* A long list comes in pages; "next" says where the one behind begins. */
enum ctl_code
cert_ask(struct cli *c, const char *verb, bool looks, json_t *question,
    json_t **reply, struct err *e)
{
	own_json json_t *q = question;
	enum ctl_code code = ask_once(c, verb, looks, q, reply, e);
	json_t *next;

	while (code == CODE_OK &&
	    (next = json_object_get(*reply, "next")) != NULL) {
		own_json json_t *page = NULL;

		(void)json_object_set(q, "from", next);
		code = ask_once(c, verb, looks, q, &page, e);
		(void)json_object_del(*reply, "next");
		(void)json_array_extend(json_object_get(*reply, "certificates"),
		    json_object_get(page, "certificates"));
		if ((next = json_object_get(page, "next")) != NULL)
			(void)json_object_set(*reply, "next", next);
	}
	if (code != CODE_OK) {
		json_decref(*reply);
		*reply = NULL;
	}
	return code;
}

enum ctl_code
cert_code(const json_t *reply)
{
	const char *result =
	    json_string_value(json_object_get(reply, "result"));

	if (result == NULL || strcmp(result, "Accepted") == 0)
		return CODE_OK;
	return strcmp(result, "PolicyRefused") == 0 ? CODE_REFUSED
						    : CODE_FAILED;
}

static const struct cert_word *
find(const struct cli *c, struct err *e)
{
	const char *word = c->operand_count == 0 ? "list" : c->operands[0];
	int given = c->operand_count == 0 ? 0 : c->operand_count - 1;

	for (const struct cert_word *w = cert_words; w->name != NULL; w++) {
		if (strcmp(w->name, word) != 0)
			continue;
		if (given >= w->least && given <= w->most)
			return w;
		(void)err_set(
		    e, EINVAL, "say: ingot cert %s %s", word, w->operands);
		return NULL;
	}
	(void)err_set(e, EINVAL,
	    "there is no `ingot cert %s`; `ingot cert --help` lists what there "
	    "is",
	    word);
	return NULL;
}

static enum ctl_code
ask(struct cli *c, const struct cert_word *w)
{
	own_json json_t *reply = NULL;
	enum ctl_code code;
	json_t *question;
	struct err e;

	if ((question = w->question(c, &e)) == NULL)
		return cli_fail(c, CODE_USAGE, &e);
	code = cert_ask(c, w->verb, w->looks, question, &reply, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	code = cert_code(reply);
	if (c->json) {
		cli_json(reply);
		return code;
	}
	if (code != CODE_OK) {
		(void)err_set(&e, 0, "%s: %s", cli_text(reply, "result"),
		    cli_text(reply, "why"));
		return cli_fail(c, code, &e);
	}
	return w->show(c, reply);
}

static enum ctl_code
run(struct cli *c)
{
	const struct cert_word *w;
	struct err e;

	if ((w = find(c, &e)) == NULL)
		return cli_fail(c, CODE_USAGE, &e);
	if (c->json && cli_option(c, "out") != NULL) {
		(void)err_set(&e, EINVAL,
		    "--out and --json: the JSON holds it already; say one");
		return cli_fail(c, CODE_USAGE, &e);
	}
	return w->run != NULL ? w->run(c) : ask(c, w);
}

const struct cli_command cli_cert = {
	.name = "cert",
	.operands = "[WORD ...]",
	.words =
	    "list show expiry install update csr drop verify verify-file delete "
	    "outcome count locations ocsp ocsp-put ocsp-get crl crl-install "
	    "crl-delete collect "
	    "handles openssl-config",
	.operands_max = 7,
	.brief = "list, install, request, verify and delete charging "
		 "certificates",
	.text =
	    "The charging certificates of the unit: trust anchors of the "
	    "domains CSMS, V2G, MO and MF, and the leaves CSMS (to the "
	    "management system) and SECC (to the car), in folders that an "
	    "EVerest on the same unit shares. The identity that enrols the "
	    "unit is not among them.\n\n"
	    "list [TYPE...]: what is there, with its hash data; TYPE as OCPP "
	    "names it. show LEAF: the one in use, its end, and whether it is "
	    "time for a new one. expiry: that of all leaves. install DOMAIN FILE: a trust anchor. csr "
	    "LEAF: a new key and its request. drop KEY-FILE: that request came "
	    "to nothing. update LEAF FILE: the leaf that "
	    "came for it, with its chain. outcome worked|refused LEAF "
	    "FINGERPRINT, root-worked|root-refused FINGERPRINT: what a "
	    "connection with a new one came to. delete SERIAL: by serial or "
	    "fingerprint, as list shows them.\n\n"
	    "verify PURPOSE FILE: a chain, leaf first, for csms-client, "
	    "csms-server, secc, mo, mf or code. verify-file FILE SIGNATURE "
	    "SIGNER: a file's signature, and the signer against the MF "
	    "anchors. count, locations DOMAIN, collect (sweep now). ocsp "
	    "[CHAIN]: what to ask a responder, about the SECC leaves or a "
	    "contract's chain; ocsp-put SERIAL FILE: what it said; ocsp-get "
	    "SERIAL: that again.\n\n"
	    "crl: the revocation lists that are kept; crl-install DOMAIN FILE: "
	    "one more, or a newer one; crl-delete FILE, as crl shows it.\n\n"
	    "handles: what others keep in the TPM for good; nothing here "
	    "changes it. openssl-config: the [ssl] section that OpenSSL, and so an "
	    "EVerest, should be run with.",
	.options =
	    (const struct cli_option[]){
		{ "key", "KIND",
		    "csr: P-256 (default), P-384, RSA-2048, RSA-3072, "
		    "RSA-4096" },
		{ "property", "P",
		    "csr: provider=tpm2, ?provider=tpm2 or provider=default" },
		{ "common", "NAME", "csr: common name of the subject" },
		{ "organization", "NAME", "csr: its organization" },
		{ "unit", "NAME", "csr: its organizational unit" },
		{ "country", "CC", "csr: its country" },
		{ "domain", "DC", "csr: its domain component, CPO for one" },
		{ "san", "NAME",
		    "csr: DNS:, IP: or URI: name; more than once" },
		{ "out", "FILE",
		    "csr, ocsp-get: write it there, and not to the terminal" },
		{ "name", "NAME",
		    "verify: DNS name or address it must have; show: "
		    "identity" },
		{ "at", "SECONDS", "verify: at this time, since 1970" },
		{ "crl", "FILE", "verify: with these revocation lists" },
		{ "staple", "FILE", "verify: with this OCSP answer, DER" },
		{ "wildcards", NULL, "verify: the name may match a wildcard" },
		{ "must-staple", NULL,
		    "verify: without an OCSP answer it is refused" },
		{ "trial", NULL, "show: the one that would be tried" },
		{ "algorithm", "HASH", "list: SHA256, SHA384 or SHA512" },
		{ "tls-security", "MODE",
		    "openssl-config: of ISO 15118: prohibit, allow or force" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot cert install CSMS csms-root.pem",
		    "trust this management system's root" },
		{ "ingot cert csr CSMS --common CP-000017 --out cp.csr",
		    "a key, in the TPM if there is one, and its request" },
		{ "ingot cert update CSMS cp-chain.pem",
		    "the certificate that came back; on trial until used" },
		{ "ingot cert show CSMS --json | jq .days",
		    "how many days it will last" },
		{ NULL, NULL } },
	.run = run,
};
