/* SPDX-License-Identifier: MIT */
/*
 * Signed firmware (OCPP 1.6 security L01, 2.x L01). The certificate
 * that signed a firmware is judged by the store's anchors of manufacturers
 * before the charge point hears of it; the firmware itself is not fetched here:
 * its signature is the charge point's to check.
 */
#include <stdio.h>
#include <string.h>

#include "secure_in.h"

/* A judge without anchors judges nothing: then the charge point's word counts,
 * as it did without the gateway. */
static bool
is_unjudged(const json_t *reply)
{
	return reply == NULL ||
	    strcmp(certs_result(reply), "NoRootCertificateInstalled") == 0 ||
	    strcmp(certs_result(reply), "ClockInvalid") == 0;
}

static enum pair_do
firmware(struct job *j)
{
	const json_t *fw = json_object_get(j->q, "firmware");
	const char *pem = job_text(fw, "signingCertificate"), *why;
	own_json json_t *reply = NULL;
	struct err e = { 0 };

	/* 2.x without a certificate: not a signed update. */
	if (*pem == '\0')
		return PAIR_PASS;
	reply = certs_ask(j->s, "certs.verify",
	    json_pack("{s:s, s:s}", "purpose", "code", "chain", pem), &e);
	if (is_unjudged(reply) || strcmp(certs_result(reply), "Accepted") == 0)
		return PAIR_PASS;
	why = job_text(reply, "why");
	secure_raise(
	    j->s, j->p, "InvalidFirmwareSigningCertificate", "%s", why);
	return job_status(j,
	    strcmp(certs_result(reply), "Revoked") == 0 ? "RevokedCertificate"
							: "InvalidCertificate",
	    "InvalidCertificate", why);
}

enum pair_do
asked_firmware(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	enum ocpp_manage policy = p->charger->class->certificates;

	(void)way;
	(void)call;
	/* Certificates of the leg to the CSMS are refused, not firmware. */
	return job_run(p, f, text,
	    policy == OCPP_GATEWAY ? OCPP_GATEWAY : OCPP_FORWARD, "{}",
	    firmware);
}
