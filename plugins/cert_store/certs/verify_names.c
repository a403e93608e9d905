/* SPDX-License-Identifier: MIT */
/*
 * Wildcards against excluded names. OpenSSL compares the two as texts: excluded
 * "a.example" forbids "*.a.example" and "x.a.example", yet lets "*.example"
 * pass, which is a name for a.example as well.
 */
#include <openssl/x509v3.h>

#include <string.h>
#include <strings.h>

#include "own.h"
#include "verify_in.h"

OWN_POINTER(names, GENERAL_NAMES, GENERAL_NAMES_free)
OWN_POINTER(limits, NAME_CONSTRAINTS, NAME_CONSTRAINTS_free)
#define own_names  __attribute__((cleanup(own_names_free), unused))
#define own_limits __attribute__((cleanup(own_limits_free), unused))

struct text {
	const char *p;
	size_t len;
};

static struct text
dns_of(const GENERAL_NAME *name)
{
	struct text t = { "", 0 };

	if (name->type == GEN_DNS) {
		t.p = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
		t.len = (size_t)ASN1_STRING_length(name->d.dNSName);
	}
	return t;
}

/* "*.x" stands for one label before x: that of the excluded name, if x is what
 * follows there. */
static bool
takes_in(struct text wildcard, struct text excluded)
{
	const char *dot = memchr(excluded.p, '.', excluded.len);
	size_t rest;

	if (wildcard.len < 3 || memcmp(wildcard.p, "*.", 2) != 0 || dot == NULL)
		return false;
	rest = excluded.len - (size_t)(dot + 1 - excluded.p);
	return rest == wildcard.len - 2 &&
	    strncasecmp(dot + 1, wildcard.p + 2, rest) == 0;
}

static bool
excluded_by(X509 *authority, struct text wildcard)
{
	own_limits NAME_CONSTRAINTS *limits =
	    X509_get_ext_d2i(authority, NID_name_constraints, NULL, NULL);

	for (int i = 0; limits != NULL &&
	     i < sk_GENERAL_SUBTREE_num(limits->excludedSubtrees);
	     i++)
		if (takes_in(wildcard,
			dns_of(sk_GENERAL_SUBTREE_value(
			    limits->excludedSubtrees, i)
				   ->base)))
			return true;
	return false;
}

bool
verify_wildcards_allowed(const STACK_OF(X509) * path)
{
	own_names GENERAL_NAMES *names = X509_get_ext_d2i(
	    sk_X509_value(path, 0), NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct text name = dns_of(sk_GENERAL_NAME_value(names, i));

		if (name.len == 0 || name.p[0] != '*')
			continue;
		for (int k = 1; k < sk_X509_num(path); k++)
			if (excluded_by(sk_X509_value(path, k), name))
				return false;
	}
	return true;
}
