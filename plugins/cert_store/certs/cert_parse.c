/* SPDX-License-Identifier: MIT */
/*
 * Certificates out of foreign bytes. OpenSSL's PEM reader passes over what it
 * does not know and takes base64 with rubbish in it; here a text has one
 * reading or none, so that what is installed is what somebody else saw.
 */
#include <openssl/err.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "digest.h"

#define DASHES  "-----"
#define B64_MAX (4 * (CERT_DER_MAX / 3 + 1))

/* Exactly one DER of a certificate: OpenSSL also reads BER, whose bytes are
 * not those that it would write again. */
static struct cert *
parse_der(const unsigned char *der, size_t len, struct err *e)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	int n;
	X509 *x;

	if (len > CERT_DER_MAX)
		return (void)err_set(e, EFBIG,
			   "a certificate of more than %d bytes", CERT_DER_MAX),
		       NULL;
	if ((x = d2i_X509(NULL, &p, (long)len)) == NULL)
		return (void)err_ssl(e, "not a certificate"), NULL;
	n = p == der + len ? i2d_X509(x, &again) : -1;
	if (n < 0 || (size_t)n != len || memcmp(again, der, len) != 0) {
		OPENSSL_free(again);
		X509_free(x);
		ERR_clear_error();
		return (void)err_set(
			   e, EINVAL, "not in DER, or bytes stand behind it"),
		       NULL;
	}
	OPENSSL_free(again);
	return cert_new(x, e);
}

/* Told by the outermost length, which has to be that of the text: "0 s:CN=x",
 * as s_client writes above a PEM block, begins like DER does. */
static bool
is_der(const unsigned char *p, size_t len)
{
	const unsigned char *at = p;
	long n;
	int tag, class, rc;

	if (len < 2 || p[0] != 0x30 || len > CERT_FILE_MAX)
		return false;
	rc = ASN1_get_object(&at, &n, &tag, &class, (long)len);
	ERR_clear_error();
	return rc == V_ASN1_CONSTRUCTED && tag == V_ASN1_SEQUENCE && n > 0 &&
	    (size_t)n == len - (size_t)(at - p);
}

/* --- PEM (RFC 7468) ------------------------------------------------------- */

struct text {
	const char *p, *end;
	int line;
};

/* The next line without its end and the blanks before it. */
static bool
next_line(struct text *t, const char **line, size_t *len)
{
	const char *nl;

	if (t->p == t->end)
		return false;
	nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
	*line = t->p;
	*len = (size_t)((nl == NULL ? t->end : nl) - t->p);
	t->p = nl == NULL ? t->end : nl + 1;
	t->line++;
	while (*len > 0 && strchr(" \t\r", (*line)[*len - 1]) != NULL)
		(*len)--;
	return true;
}

static bool
is_line(const char *line, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(line, wanted, len) == 0;
}

/* From behind BEGIN to END: the base64, on one line. */
static int
read_block(struct text *t, char b64[static B64_MAX + 1], struct err *e)
{
	int begun = t->line;
	const char *line;
	size_t len, n = 0;

	while (next_line(t, &line, &len)) {
		if (is_line(line, len, "-----END CERTIFICATE-----")) {
			b64[n] = '\0';
			return 0;
		}
		if (n + len > B64_MAX)
			return err_set(e, EFBIG,
			    "line %d: a certificate of more than %d bytes",
			    begun, CERT_DER_MAX);
		memcpy(b64 + n, line, len);
		n += len;
	}
	return err_set(e, EINVAL, "line %d: the block has no end", begun);
}

static struct cert *
parse_block(struct text *t, struct err *e)
{
	unsigned char der[CERT_DER_MAX];
	char b64[B64_MAX + 1];
	int begun = t->line;
	struct cert *c;
	long n;

	if (read_block(t, b64, e) == -1)
		return NULL;
	if ((n = base64_decode(b64, der, sizeof(der))) < 1)
		return (void)err_set(e, EINVAL,
			   "line %d: not base64, or more than %d bytes of it",
			   begun, CERT_DER_MAX),
		       NULL;
	if ((c = parse_der(der, (size_t)n, e)) == NULL)
		(void)err_in(e, "line %d", begun);
	return c;
}

/* Text may stand between the blocks, but no line of it may begin like a
 * block: another reader would take it for one. */
static int
parse_pem(struct text *t, struct cert **out, int max, struct err *e)
{
	const char *line;
	size_t len;
	int n = 0;

	while (next_line(t, &line, &len)) {
		if (len < strlen(DASHES) ||
		    memcmp(line, DASHES, strlen(DASHES)) != 0)
			continue;
		if (!is_line(line, len, "-----BEGIN CERTIFICATE-----"))
			err_set(e, EINVAL,
			    "line %d: a block that is no certificate", t->line);
		else if (n == max)
			err_set(e, E2BIG, "more than %d certificates", max);
		else if ((out[n] = parse_block(t, e)) != NULL && ++n > 0)
			continue;
		while (n > 0)
			cert_free(out[--n]);
		return -1;
	}
	return n > 0 ? n : err_set(e, EINVAL, "no certificate, PEM or DER");
}

int
cert_parse(const void *p, size_t len, struct cert **out, int max, struct err *e)
{
	struct text t = { p, (const char *)p + len, 0 };

	if (len > CERT_FILE_MAX)
		return err_set(e, EFBIG, "more than %d bytes", CERT_FILE_MAX);
	if (max > 0 && is_der(p, len)) {
		out[0] = parse_der(p, len, e);
		return out[0] == NULL ? -1 : 1;
	}
	if (len > 0 && memchr(p, '\0', len) != NULL)
		return err_set(e, EINVAL,
		    "neither DER of one certificate nor PEM: it holds a NUL");
	/* A mark of the byte order, as editors of Windows put it in front. */
	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		t.p += 3;
	return parse_pem(&t, out, max, e);
}
