/* SPDX-License-Identifier: MIT */
/*
 * Who reads an encrypted bundle. On the maker's and the factory's desk; a unit
 * opens its own through the agent.
 */
#include <openssl/err.h>

#include <errno.h>

#include "maker_key.h"
#include "own.h"
#include "recipient.h"
#include "x509.h"

/* The first certificate of the file. */
static X509 *
certificate_read(const char *path, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_read(path, e);

	return chain == NULL ? NULL : sk_X509_shift(chain);
}

static int
name_key(const X509 *x, struct terms *t, struct err *e)
{
	char hex[SHA256_HEX];
	uint8_t spki[SHA256_LEN];

	if (x509_spki_hash(X509_get0_pubkey(x), hex, e) == -1)
		return -1;
	(void)hex_decode(hex, spki, sizeof(spki));
	return terms_add_recipient(t, spki, e);
}

int
recipients_read(
    const struct cli *c, struct terms *t, STACK_OF(X509) * *to, struct err *e)
{
	const char *path;
	X509 *x;

	for (int n = 0; (path = cli_option_nth(c, "encrypt-to", n)) != NULL;
	     n++) {
		if (*to == NULL && (*to = sk_X509_new_null()) == NULL)
			return err_ssl(e, "recipients");
		if ((x = certificate_read(path, e)) == NULL)
			return err_in(e, "--encrypt-to");
		(void)sk_X509_push(*to, x);
		if (name_key(x, t, e) == -1)
			return -1;
	}
	return 0;
}

int
passphrase_fd(const struct cli *c, int *fd, struct err *e)
{
	long n;

	if (cli_number(c, "passphrase-fd", 0, 0x7fff, -1, &n, e) == -1)
		return -1;
	*fd = (int)n;
	return 0;
}

int
recipient_open(const struct cli *c, struct bundle_trust *trust, struct err *e)
{
	const char *key = cli_option(c, "key"), *cert = cli_option(c, "cert");
	int fd;

	if ((key == NULL) != (cert == NULL))
		return err_set(e, EINVAL, "--key and --cert go together");
	if (key == NULL)
		return 0;
	if (passphrase_fd(c, &fd, e) == -1 ||
	    (trust->to = certificate_read(cert, e)) == NULL ||
	    (trust->key = maker_key_open(key, fd, e)) == NULL)
		return -1;
	if (X509_check_private_key(trust->to, trust->key) == 1)
		return 0;
	ERR_clear_error();
	return err_set(e, EPERM, "%s is not the key of %s", key, cert);
}

void
recipient_close(struct bundle_trust *trust)
{
	X509_STORE_free(trust->anchors);
	X509_free(trust->to);
	EVP_PKEY_free(trust->key);
}

int
trust_read(const struct cli *c, struct bundle_trust *trust, struct err *e)
{
	const char *anchors = cli_option(c, "anchors");

	trust->unit.model = cli_option(c, "model");
	trust->unit.hardware = cli_option(c, "hardware");
	trust->unsigned_ok = cli_option(c, "unsigned") != NULL;
	if (anchors == NULL && !trust->unsigned_ok)
		return err_set(e, EINVAL,
		    "--anchors FILE says whose signature is good; --unsigned "
		    "checks the content alone");
	if (anchors != NULL &&
	    (trust->anchors = x509_anchors(anchors, e)) == NULL)
		return -1;
	return recipient_open(c, trust, e);
}
