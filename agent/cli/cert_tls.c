/* SPDX-License-Identifier: MIT */
/*
 * ingot cert openssl-config: what OpenSSL should be run with on a charging
 * station. TLS 1.2 at the least, forward secrecy only; the four suites that
 * OCPP 2.0.1 (FR.317) wants without the two that use static RSA, and RSA
 * servers beside ECDSA ones. ISO 15118-2's two CBC suites are for the car's
 * side alone and stand in a section of their own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "own.h"

static const char config[] =
    "# OpenSSL for OCPP and ISO 15118, by `ingot cert openssl-config`.\n"
    "# Use: OPENSSL_CONF=THIS-FILE in the service's environment.\n"
    "openssl_conf = charging\n"
    "\n"
    "[charging]\n"
    "ssl_conf = ssl\n"
    "\n"
    "[ssl]\n"
    "system_default = csms\n"
    "iso15118 = car\n"
    "\n"
    "[csms]\n"
    "MinProtocol = TLSv1.2\n"
    "CipherString = ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384\n"
    "Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256\n"
    "Groups = P-256:P-384:P-521:X25519\n"
    "\n"
    "[car]\n"
    "MinProtocol = TLSv1.2\n"
    "CipherString = ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256\n"
    "Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\n";

/* What is asked of the store must be so, or the mode is refused with what to
 * do. */
static enum ctl_code
needs(bool there, const char *what, struct err *e)
{
	if (there)
		return CODE_OK;
	(void)err_set(e, ENOENT, "--tls-security force: %s", what);
	return CODE_FAILED;
}

/* A leaf that has ended or lost its key shows a car nothing. */
static enum ctl_code
has_leaf(struct cli *c, struct err *e)
{
	own_json json_t *reply = NULL;
	enum ctl_code code = cert_ask(c, "certs.leaf", true,
	    json_pack("{s:s}", "leaf", "SECC"), &reply, e);

	return code != CODE_OK
	    ? code
	    : needs(cert_code(reply) == CODE_OK,
		  "no SECC leaf that is valid and has its key: ingot cert csr "
		  "SECC, then ingot cert update SECC FILE",
		  e);
}

static enum ctl_code
has_anchor(struct cli *c, struct err *e)
{
	own_json json_t *count = NULL;
	enum ctl_code code =
	    cert_ask(c, "certs.count", true, json_object(), &count, e);
	const json_t *v2g =
	    json_object_get(json_object_get(count, "anchors"), "V2G");

	return code != CODE_OK
	    ? code
	    : needs(json_integer_value(json_object_get(v2g, "valid")) > 0,
		  "no valid V2G anchor: ingot cert install V2G FILE", e);
}

/* A station that forces TLS towards the car and has nothing to show it would
 * charge nobody. */
static enum ctl_code
can_force(struct cli *c, struct err *e)
{
	enum ctl_code code = has_leaf(c, e);

	return code == CODE_OK ? has_anchor(c, e) : code;
}

static enum ctl_code
check_mode(struct cli *c, const char *mode, struct err *e)
{
	if (mode == NULL || strcmp(mode, "allow") == 0)
		return CODE_OK;
	if (strcmp(mode, "force") == 0)
		return can_force(c, e);
	if (strcmp(mode, "prohibit") == 0) {
		(void)err_set(e, EACCES,
		    "--tls-security prohibit: a car's contract would cross "
		    "the cable in the clear; say allow or force");
		return CODE_REFUSED;
	}
	(void)err_set(e, EINVAL,
	    "--tls-security \"%s\": one of prohibit, allow, force", mode);
	return CODE_USAGE;
}

enum ctl_code
cert_openssl_config(struct cli *c)
{
	struct err e;
	enum ctl_code code = check_mode(c, cli_option(c, "tls-security"), &e);
	own_json json_t *o = NULL;

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (!c->json) {
		(void)fputs(config, stdout);
		return CODE_OK;
	}
	o = json_pack("{s:s}", "config", config);
	cli_json(o);
	return CODE_OK;
}
