/* SPDX-License-Identifier: MIT */
/* What each word of `ingot cert` asks. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "digest.h"
#include "file.h"
#include "own.h"
#include "x509.h"

static json_t *
nothing(struct cli *c, struct err *e)
{
	(void)c;
	(void)e;
	return json_object();
}

/* A PEM file as a member; DER is made PEM by nobody: cert_store takes both,
 * JSON does not. */
json_t *
cert_text_file(const char *path, size_t max, struct err *e)
{
	own_bytes struct bytes b = { 0 };
	json_t *text;

	if (file_read(AT_FDCWD, path, max, &b, e) == -1)
		return NULL;
	text = json_stringn(b.p == NULL ? "" : b.p, b.len);
	if (text == NULL)
		(void)err_set(e, EINVAL,
		    "%s: not PEM; openssl x509 -inform DER -in %s makes it so",
		    path, path);
	return text;
}

json_t *
cert_base64_file(const char *path, size_t max, struct err *e)
{
	own_bytes struct bytes b = { 0 };
	own_str char *text = NULL;

	if (file_read(AT_FDCWD, path, max, &b, e) == -1)
		return NULL;
	if ((text = base64_encode(b.p, b.len)) == NULL)
		(void)err_sys(e, "%s", path);
	return text == NULL ? NULL : json_string(text);
}

/* Adds option as member when it was given. */
int
cert_add_option(
    json_t *o, const struct cli *c, const char *option, const char *member)
{
	const char *value = cli_option(c, option);

	return value == NULL
	    ? 0
	    : json_object_set_new(o, member, json_string(value));
}

json_t *
cert_no_text(struct err *e)
{
	(void)err_set(e, EINVAL, "an option is no text in UTF-8");
	return NULL;
}

/* --- list, show ----------------------------------------------------------- */

static json_t *
ask_list(struct cli *c, struct err *e)
{
	own_json json_t *q = json_object();
	json_t *types = json_array();

	for (int i = 1; i < c->operand_count; i++)
		(void)json_array_append_new(types, json_string(c->operands[i]));
	if (json_array_size(types) > 0)
		(void)json_object_set(q, "types", types);
	json_decref(types);
	if (cert_add_option(q, c, "algorithm", "algorithm") == -1)
		return cert_no_text(e);
	return take_json(&q);
}

static json_t *
ask_leaf(struct cli *c, struct err *e)
{
	own_json json_t *q = json_pack("{s:s, s:b}", "leaf", c->operands[1],
	    "trial", cli_option(c, "trial") != NULL);

	if (q == NULL || cert_add_option(q, c, "name", "identity") == -1)
		return cert_no_text(e);
	return take_json(&q);
}

static json_t *
ask_domain(struct cli *c, struct err *e)
{
	json_t *q = json_pack("{s:s}", "domain", c->operands[1]);

	return q == NULL ? cert_no_text(e) : q;
}

/* --- what brings something ------------------------------------------------ */

json_t *
cert_with_file(
    struct cli *c, const char *member, const char *file, struct err *e)
{
	json_t *text = cert_text_file(c->operands[2], X509_PEM_MAX, e), *q;

	if (text == NULL)
		return NULL;
	q = json_pack("{s:s, s:o}", member, c->operands[1], file, text);
	return q == NULL ? cert_no_text(e) : q;
}

static json_t *
ask_install(struct cli *c, struct err *e)
{
	return cert_with_file(c, "domain", "certificate", e);
}

static json_t *
ask_update(struct cli *c, struct err *e)
{
	return cert_with_file(c, "leaf", "chain", e);
}

static json_t *
ask_crl(struct cli *c, struct err *e)
{
	return cert_with_file(c, "domain", "crl", e);
}

static json_t *
ask_crl_file(struct cli *c, struct err *e)
{
	json_t *q = json_pack("{s:s}", "file", c->operands[1]);

	return q == NULL ? cert_no_text(e) : q;
}

static json_t *
ask_csr(struct cli *c, struct err *e)
{
	static const char *const same[] = { "key", "common", "organization",
		"unit", "country", "domain" };
	own_json json_t *q = json_pack("{s:s}", "leaf", c->operands[1]);
	json_t *san = json_array();
	const char *name;

	for (int n = 0; (name = cli_option_nth(c, "san", n)) != NULL; n++)
		(void)json_array_append_new(san, json_string(name));
	if (json_array_size(san) > 0)
		(void)json_object_set(q, "san", san);
	json_decref(san);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (cert_add_option(q, c, same[i], same[i]) == -1)
			return cert_no_text(e);
	if (cert_add_option(q, c, "property", "properties") == -1)
		return cert_no_text(e);
	return take_json(&q);
}

static json_t *
ask_drop(struct cli *c, struct err *e)
{
	json_t *q = json_pack("{s:s}", "key", c->operands[1]);

	return q == NULL ? cert_no_text(e) : q;
}

static json_t *
ask_outcome(struct cli *c, struct err *e)
{
	bool root = strncmp(c->operands[1], "root-", 5) == 0;
	json_t *q;

	if (c->operand_count != (root ? 3 : 4)) {
		(void)err_set(e, EINVAL,
		    "say: ingot cert outcome worked LEAF FINGERPRINT, or "
		    "root-worked FINGERPRINT");
		return NULL;
	}
	q = json_pack("{s:s, s:s}", "outcome", c->operands[1], "fingerprint",
	    c->operands[c->operand_count - 1]);
	if (q != NULL && !root)
		(void)json_object_set_new(
		    q, "leaf", json_string(c->operands[2]));
	return q == NULL ? cert_no_text(e) : q;
}

/* --- what names one that is there ----------------------------------------- */

/* As people have serials and fingerprints from other tools: with colons, with
 * leading zeros, in capitals. */
static bool
same_number(const char *ours, const char *typed)
{
	bool first = true;

	ours += strspn(ours, "0");
	for (; *typed != '\0'; typed++) {
		if (*typed == ':' || (first && *typed == '0'))
			continue;
		first = false;
		if (tolower((unsigned char)*typed) !=
		    tolower((unsigned char)*ours))
			return false;
		ours++;
	}
	return *ours == '\0' && !first;
}

/* The hash data of the one with this serial or fingerprint; a person does not
 * type hash data. Two of one serial are told apart by fingerprint. */
static json_t *
hash_of(struct cli *c, const char *name, struct err *e)
{
	own_json json_t *reply = NULL;
	const json_t *one;
	json_t *found = NULL;
	const char *print = "";
	size_t i, n = 0;

	if (cert_ask(c, "certs.list", true, json_object(), &reply, e) !=
	    CODE_OK)
		return NULL;
	json_array_foreach(json_object_get(reply, "certificates"), i, one)
	{
		json_t *hash = json_object_get(one, "hash");

		if (!same_number(cli_text(hash, "serial"), name) &&
		    !same_number(cli_text(one, "fingerprint"), name))
			continue;
		/* One that stands in two domains is one. */
		n += strcmp(print, cli_text(one, "fingerprint")) != 0;
		print = cli_text(one, "fingerprint");
		found = hash;
	}
	if (n == 1)
		return json_pack("{s:O}", "hash", found);
	(void)err_set(e, ENOENT,
	    n == 0 ? "no certificate with serial or fingerprint %s; `ingot "
		     "cert list` shows them"
		   : "more than one certificate has the serial %s; give the "
		     "fingerprint",
	    name);
	return NULL;
}

static json_t *
ask_named(struct cli *c, struct err *e)
{
	return hash_of(c, c->operands[1], e);
}

/* Without a file: of the SECC leaves; with one: of a contract's chain. */
static json_t *
ask_ocsp(struct cli *c, struct err *e)
{
	json_t *q = json_object(), *chain;

	if (c->operand_count == 1)
		return q;
	if ((chain = cert_text_file(c->operands[1], X509_PEM_MAX, e)) == NULL) {
		json_decref(q);
		return NULL;
	}
	(void)json_object_set_new(q, "chain", chain);
	return q;
}

static json_t *
ask_ocsp_put(struct cli *c, struct err *e)
{
	json_t *q, *der = cert_base64_file(c->operands[2], CERT_STAPLE_MAX, e);

	if (der == NULL)
		return NULL;
	if ((q = hash_of(c, c->operands[1], e)) == NULL)
		json_decref(der);
	else
		(void)json_object_set_new(q, "response", der);
	return q;
}

/* clang-format off */
const struct cert_word cert_words[] = {
	{ "list", 0, 6, "[TYPE...]", "certs.list", true,
	    ask_list, cert_show_list, NULL },
	{ "show", 1, 1, "CSMS|SECC", "certs.leaf", true,
	    ask_leaf, cert_show_leaf, NULL },
	{ "expiry", 0, 0, "", "certs.expiry", true,
	    nothing, cert_show_expiry, NULL },
	{ "install", 2, 2, "CSMS|V2G|MO|MF FILE", "certs.install", false,
	    ask_install, cert_show_done, NULL },
	{ "update", 2, 2, "CSMS|SECC FILE", "certs.update", false,
	    ask_update, cert_show_done, NULL },
	{ "csr", 1, 1, "CSMS|SECC", "certs.csr", false,
	    ask_csr, cert_show_csr, NULL },
	{ "drop", 1, 1, "KEY-FILE", "certs.drop-key", false,
	    ask_drop, cert_show_done, NULL },
	{ "verify", 2, 2, "PURPOSE FILE", "certs.verify", true,
	    cert_ask_verify, cert_show_verify, NULL },
	{ "verify-file", 3, 3, "FILE SIGNATURE SIGNER", "certs.signature", true,
	    cert_ask_signature, cert_show_done, NULL },
	{ "delete", 1, 1, "SERIAL|FINGERPRINT", "certs.delete", false,
	    ask_named, cert_show_deleted, NULL },
	{ "outcome", 2, 3, "worked|refused LEAF FINGERPRINT", "certs.outcome",
	    false, ask_outcome, cert_show_done, NULL },
	{ "count", 0, 0, "", "certs.count", true,
	    nothing, cert_show_count, NULL },
	{ "locations", 1, 1, "CSMS|V2G|MO|MF", "certs.locations", true,
	    ask_domain, cert_show_location, NULL },
	{ "ocsp", 0, 1, "[CHAIN-FILE]", "certs.ocsp-data", true,
	    ask_ocsp, cert_show_ocsp, NULL },
	{ "ocsp-put", 2, 2, "SERIAL|FINGERPRINT FILE", "certs.ocsp-put", false,
	    ask_ocsp_put, cert_show_done, NULL },
	{ "ocsp-get", 1, 1, "SERIAL|FINGERPRINT", "certs.ocsp-get", true,
	    ask_named, cert_show_answer, NULL },
	{ "crl", 0, 0, "", "certs.crl-list", true,
	    nothing, cert_show_crls, NULL },
	{ "crl-install", 2, 2, "CSMS|V2G|MO|MF FILE", "certs.crl-install",
	    false, ask_crl, cert_show_done, NULL },
	{ "crl-delete", 1, 1, "FILE", "certs.crl-delete", false,
	    ask_crl_file, cert_show_done, NULL },
	{ "collect", 0, 0, "", "certs.collect", false,
	    nothing, cert_show_collected, NULL },
	{ "handles", 0, 0, "", "tpm.handles", true,
	    nothing, cert_show_handles, NULL },
	{ "openssl-config", 0, 0, "", NULL, true,
	    NULL, NULL, cert_openssl_config },
	{ NULL, 0, 0, NULL, NULL, false, NULL, NULL, NULL },
};
/* clang-format on */
