/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "result.h"

static const struct {
	const char *name, *why;
	int code;
} results[CERTS_RESULTS] = {
	[CERTS_ACCEPTED] = { "Accepted", "done", 0 },
	[CERTS_INVALID_SIGNATURE] = { "InvalidSignature",
	    "a signature in the chain does not verify: the certificate was "
	    "changed, or its issuer is another one of the same name",
	    EBADMSG },
	[CERTS_INVALID_CHAIN] = { "InvalidCertificateChain",
	    "the certificates do not lead from one to the next: send the leaf "
	    "first, then each one's issuer",
	    EINVAL },
	[CERTS_INVALID_FORMAT] = { "InvalidFormat",
	    "not what was asked for, in PEM or DER", EINVAL },
	[CERTS_INVALID_COMMON_NAME] = { "InvalidCommonName",
	    "neither common name nor alternative name is the one it must have",
	    EINVAL },
	[CERTS_NO_ROOT] = { "NoRootCertificateInstalled",
	    "no trust anchor of this domain is installed: install one first",
	    ENOENT },
	[CERTS_EXPIRED] = { "Expired",
	    "its time is over: ask for a new certificate", EINVAL },
	[CERTS_STORE_FULL] = { "CertificateStoreMaxLengthExceeded",
	    "the store is full: delete what is not needed, or raise the limit",
	    EDQUOT },
	[CERTS_WRITE_ERROR] = { "WriteError",
	    "it could not be written, and the store is as it was", EIO },
	[CERTS_ISSUER_NOT_FOUND] = { "IssuerNotFound",
	    "the issuer is neither in the chain nor among the anchors: install "
	    "the anchor, or send the chain with its intermediates",
	    ENOENT },
	[CERTS_INVALID_LEAF_SIGNATURE] = { "InvalidLeafSignature",
	    "the leaf's own signature cannot be verified", EBADMSG },
	[CERTS_FAILED] = { "Failed", "it could not be done", EIO },
	[CERTS_NOT_FOUND] = { "NotFound", "no such certificate is here",
	    ENOENT },
	[CERTS_NOT_FOUND_VALID] = { "NotFoundValid",
	    "certificates are here, and none of them is valid now", ENOENT },
	[CERTS_KEY_NOT_FOUND] = { "PrivateKeyNotFound",
	    "no key of this store belongs to the certificate: have it made "
	    "from a request of this unit",
	    ENOKEY },
	[CERTS_REJECTED] = { "Rejected", "the store does not take it", EPERM },
	[CERTS_INVALID_REQUESTED_TYPE] = { "InvalidRequestedType",
	    "no certificate of that type is made here", EINVAL },
	[CERTS_KEY_GEN_ERROR] = { "KeyGenError",
	    "the key could not be made; none was made elsewhere instead", EIO },
	[CERTS_GENERATION_ERROR] = { "GenerationError",
	    "the request could not be made", EIO },
	[CERTS_NOT_A_CA] = { "NotACa",
	    "not a certificate authority (CA:TRUE and keyCertSign): an anchor "
	    "has to be one",
	    EINVAL },
	[CERTS_CLOCK_INVALID] = { "ClockInvalid",
	    "this unit's clock is not set: set it, then ask again", ETIME },
	[CERTS_POLICY_REFUSED] = { "PolicyRefused",
	    "cert_store.conf does not allow it", EACCES },
	[CERTS_NOT_YET_VALID] = { "NotYetValid",
	    "its time has not begun: wait, or set this unit's clock", EINVAL },
	[CERTS_WRONG_PURPOSE] = { "WrongPurpose",
	    "its key usage, extended key usage or path length forbids this use",
	    EINVAL },
	[CERTS_WEAK_KEY] = { "WeakKey",
	    "its key or signature is too weak: RSA needs 2048 bits, curves "
	    "P-256, signatures SHA-256",
	    EINVAL },
	[CERTS_NAME_CONSTRAINT] = { "NameConstraint",
	    "an authority of the chain may not certify this name", EINVAL },
	[CERTS_REVOKED] = { "Revoked",
	    "its issuer has revoked it, or does not vouch for it", EACCES },
	[CERTS_IN_USE] = { "InUse",
	    "it is in use: bring another one into use first", EBUSY },
};

const char *
certs_result_name(enum certs_result r)
{
	return (unsigned)r < CERTS_RESULTS ? results[r].name : "Failed";
}

const char *
certs_result_why(enum certs_result r)
{
	return (unsigned)r < CERTS_RESULTS ? results[r].why
					   : results[CERTS_FAILED].why;
}

enum certs_result
certs_result_of(const char *name)
{
	enum certs_result r = 0;

	while (r < CERTS_RESULTS && strcmp(name, results[r].name) != 0)
		r++;
	return r;
}

enum certs_result
certs_say(struct err *e, enum certs_result r, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)err_set(e, results[r].code, "%s: %s", what, results[r].why);
	return r;
}
