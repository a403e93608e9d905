/* SPDX-License-Identifier: MIT */
/*
 * What somebody else's TLS needs of this store: anchors to judge a peer by, and
 * the key of a leaf, by what is chosen now or by the leaf that is shown. The
 * key itself stays here.
 */
#include <errno.h>
#include <string.h>

#include "charging_keys.h"
#include "charging_verbs.h"
#include "digest.h"

#define PRINT_MIN 24 /* hexadecimal digits that name a leaf in a purpose */

/* --- a leaf's key at work ------------------------------------------------- */

/* "csms", "csms.pending" or "csms.<the first digits of its fingerprint>". The
 * last names one leaf, and not what may be chosen by the time it signs. */
static bool
how_named(const char *behind, bool *trial, const char **print)
{
	*trial = strcmp(behind, DOC_PENDING) == 0;
	*print = NULL;
	if (*behind == '\0' || *trial)
		return true;
	*print = behind + 1;
	return *behind == '.' && strlen(*print) >= PRINT_MIN &&
	    (*print)[strspn(*print, "0123456789abcdef")] == '\0';
}

static bool
purpose_of(
    const struct ask *a, enum certs_leaf *leaf, bool *trial, const char **print)
{
	static const char *const names[CERTS_LEAVES] = { "csms", "secc" };

	if (a->s->charging == NULL)
		return false;
	for (int i = 0; i < CERTS_LEAVES; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(a->purpose, names[i], n) != 0 ||
		    !how_named(a->purpose + n, trial, print))
			continue;
		*leaf = (enum certs_leaf)i;
		return true;
	}
	return false;
}

bool
charging_purpose(const struct ask *a)
{
	enum certs_leaf leaf;
	const char *print;
	bool trial;

	return purpose_of(a, &leaf, &trial, &print);
}

static const struct certs_entry *
by_print(struct certs *c, enum certs_leaf kind, const char *print)
{
	const struct certs_entry *l;
	char hex[SHA256_HEX];

	for (size_t i = 0; (l = certs_leaf_at(c, kind, i)) != NULL; i++) {
		hex_encode(l->cert->print, sizeof(l->cert->print), hex);
		if (strncmp(hex, print, strlen(print)) == 0 && l->key != NULL)
			return l;
	}
	return NULL;
}

int
charging_sign(struct ask *a, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	const struct certs_entry *l = NULL;
	struct certs *c;
	enum certs_leaf leaf;
	const char *print;
	bool trial;

	if (!purpose_of(a, &leaf, &trial, &print))
		return err_set(e, EINVAL, "no leaf of that name");
	c = a->s->charging->certs;
	if (print == NULL) {
		if (certs_choose(c, leaf, NULL, trial, &l, e) != CERTS_ACCEPTED)
			return -1;
	} else if (certs_refresh(c, e) == -1)
		return -1;
	else if ((l = by_print(c, leaf, print)) == NULL)
		return err_set(e, ENOENT, "no %s leaf %s with its key",
		    certs_leaf_name(leaf), print);
	return charging_key_sign(a->s, l, digest, sig, e);
}

/* --- anchors -------------------------------------------------------------- */

/* All of a domain's as PEM, for who may not read this plugin's folder.
 * system: those of the system count as well. */
int
certs_verb_anchors(struct ask *a, struct err *e)
{
	own_chain STACK_OF(X509) *chain = sk_X509_new_null();
	own_bytes struct bytes pem = { .limit = INGOT_TEXT_MAX / 2 };
	struct certs *c = a->s->charging->certs;
	const struct certs_entry *l;
	enum certs_domain domain;
	struct err none = { 0 };

	if (asked_domain(a, &domain, e) == -1 || certs_refresh(c, e) == -1)
		return -1;
	for (size_t i = 0;
	     chain != NULL && (l = certs_anchor(c, domain, i)) != NULL; i++)
		if (X509_up_ref(l->cert->x) != 1 ||
		    sk_X509_push(chain, l->cert->x) == 0)
			return err_set(e, ENOMEM, "out of memory");
	if (chain == NULL || x509_chain_pem(chain, &pem, e) == -1)
		return -1;
	bytes_add(&pem, "", 0);
	if (say_result(a, CERTS_ACCEPTED, &none, e) == -1 ||
	    say(a, "system",
		json_boolean(
		    domain == CERTS_CSMS && certs_config(c)->system_anchors),
		e) == -1)
		return -1;
	return pem.p == NULL ? say_text(a, "chain", "", e)
			     : say_bytes(a, "chain", &pem, e);
}
