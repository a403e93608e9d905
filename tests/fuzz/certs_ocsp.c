/* SPDX-License-Identifier: MIT */
/*
 * OCSP answers, about a certificate whose issuer's key nobody has: none may be
 * believed, unless its signature is said to be known.
 */
#include <openssl/ocsp.h>

#include <stdlib.h>

#include "certs_craft.h"
#include "verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The names, keys and serials of the seeds. */
static const char issuer_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBqTCCAU6gAwIBAgIJATJ7I8YAAAACMAoGCCqGSM49BAMCMA8xDTALBgNVBAMM\n"
    "BHJvb3QwHhcNMjYxMjMxMDAwMDAwWhcNMjcxMjMxMDAwMDAwWjARMQ8wDQYDVQQD\n"
    "DAZtaWRkbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARMn40lmZKclvioVGis\n"
    "zJPNn3gDanVIkDNTyxXI+EHhKyKfg2fkvj1C1ulSyci6qrSwAdiVZ9BSXPEk/Uee\n"
    "iCq5o4GQMIGNMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEGMB0G\n"
    "A1UdDgQWBBRAjwqVGrhi3fJLhMmkV/DYjWJkXjAfBgNVHSMEGDAWgBTEDc0a4Wa6\n"
    "u2ozOY+4MOB2bIQB9jAnBgNVHR4BAf8EHTAboBkwC4IJYi5leGFtcGxlMAqHCMAA\n"
    "AgD///8AMAoGCCqGSM49BAMCA0kAMEYCIQCUQtPhaDtk1z6GRRistlAjAXKAG0CM\n"
    "wsSBjmEiDveeBwIhALKR7Dq+kicgUzPz3JuCrecj1EJNDNh1DZrBmmqC1B1V\n"
    "-----END CERTIFICATE-----\n";
static const char leaf_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB9jCCAZugAwIBAgIJAWQ8mGkAAAADMAoGCCqGSM49BAMCMBExDzANBgNVBAMM\n"
    "Bm1pZGRsZTAeFw0yNjEyMzEwMDAwMDBaFw0yNzEyMzEwMDAwMDBaMBExDzANBgNV\n"
    "BAMMBnVuaXQtMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKZ325nI8NMoGVhZ\n"
    "FjWDSPhZ3qFqWU+gfpfUxlihf8qGDE0bgnmO5aoXuRy8cXxzi/FBK0dEyzoQAYzy\n"
    "uYh/egOjgdswgdgwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCA4gwHQYDVR0O\n"
    "BBYEFLQLdVpR7Zw78tQaiDKbG7w+PRSsMB8GA1UdIwQYMBaAFECPCpUauGLd8kuE\n"
    "yaRX8NiNYmReMCcGA1UdJQQgMB4GCCsGAQUFBwMBBggrBgEFBQcDAgYIKwYBBQUH\n"
    "AwMwHAYDVR0RBBUwE4ILKi5iLmV4YW1wbGWHBMAAAgcwMQYIKwYBBQUHAQEEJTAj\n"
    "MCEGCCsGAQUFBzABhhVodHRwOi8vb2NzcC5leGFtcGxlLzEwCgYIKoZIzj0EAwID\n"
    "SQAwRgIhAKPqQquGVJO7e86gWAoJbojW+63C8SzfreJaTpN8R/RWAiEAwp1LLT+9\n"
    "+Xy111tpKw9DCPjr6MNJKGTYHebRASx8enE=\n"
    "-----END CERTIFICATE-----\n";

static struct cert *
read_one(const char *pem, size_t len)
{
	struct cert *c = NULL;
	struct err e;

	if (cert_parse(pem, len, &c, 1, &e) != 1)
		abort();
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct cert *issuer, *leaf;
	struct verify_answer a = { data, len, true };
	int status = -1;
	enum certs_result r;

	if (leaf == NULL) {
		issuer = read_one(issuer_pem, sizeof(issuer_pem) - 1);
		leaf = read_one(leaf_pem, sizeof(leaf_pem) - 1);
	}
	r = verify_answer(leaf->x, issuer->x, &a, CRAFT_NOW, &status);
	if (r == CERTS_ACCEPTED &&
	    (status < V_OCSP_CERTSTATUS_GOOD ||
		status > V_OCSP_CERTSTATUS_UNKNOWN))
		abort();
	a.known = false;
	if (verify_answer(leaf->x, issuer->x, &a, CRAFT_NOW, &status) ==
	    CERTS_ACCEPTED)
		abort();
	return 0;
}
