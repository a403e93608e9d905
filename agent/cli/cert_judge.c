/* SPDX-License-Identifier: MIT */
/*
 * What `ingot cert verify` and `verify-file` ask. Files are read here, by whom
 * they belong to; cert_store sees texts and a digest.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cert.h"
#include "digest.h"
#include "own.h"
#include "x509.h"

#define SIG_MAX 4096

json_t *
cert_ask_verify(struct cli *c, struct err *e)
{
	own_json json_t *q = cert_with_file(c, "purpose", "chain", e);
	const char *crl = cli_option(c, "crl"),
		   *staple = cli_option(c, "staple");
	json_t *more;
	long at;

	if (q == NULL || cli_number(c, "at", 1, 253402300799, 0, &at, e) == -1)
		return NULL;
	if (at != 0)
		(void)json_object_set_new(q, "at", json_integer(at));
	if (crl != NULL) {
		if ((more = cert_text_file(crl, X509_PEM_MAX, e)) == NULL)
			return NULL;
		(void)json_object_set_new(q, "crl", more);
	}
	if (staple != NULL) {
		if ((more = cert_base64_file(staple, CERT_STAPLE_MAX, e)) ==
		    NULL)
			return NULL;
		(void)json_object_set_new(q, "staple", more);
	}
	if (cert_add_option(q, c, "name", "name") == -1)
		return cert_no_text(e);
	if (cli_option(c, "wildcards") != NULL)
		(void)json_object_set_new(q, "wildcards", json_true());
	if (cli_option(c, "must-staple") != NULL)
		(void)json_object_set_new(q, "must_staple", json_true());
	return take_json(&q);
}

static int
digest_of(const char *path, char hex[static SHA256_HEX], struct err *e)
{
	uint8_t digest[SHA256_LEN];
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, "%s", path);
	if (sha256_fd(fd, digest, e) == -1)
		return err_in(e, "%s", path);
	hex_encode(digest, sizeof(digest), hex);
	return 0;
}

/* The digest is made here: cert_store opens no file of others. */
json_t *
cert_ask_signature(struct cli *c, struct err *e)
{
	json_t *sig, *signer, *q;
	char hex[SHA256_HEX];

	if (digest_of(c->operands[1], hex, e) == -1 ||
	    (sig = cert_base64_file(c->operands[2], SIG_MAX, e)) == NULL)
		return NULL;
	if ((signer = cert_text_file(c->operands[3], X509_PEM_MAX, e)) ==
	    NULL) {
		json_decref(sig);
		return NULL;
	}
	q = json_pack("{s:s, s:o, s:o}", "digest", hex, "signature", sig,
	    "signer", signer);
	return q == NULL ? cert_no_text(e) : q;
}
