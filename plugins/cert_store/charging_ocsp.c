/* SPDX-License-Identifier: MIT */
/*
 * The verbs about OCSP. The unit asks no responder itself: OCPP has the CSMS
 * do it, with the hash data that is given here, and what it brought back is
 * kept until its time is over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "certs/ocsp.h"
#include "charging_verbs.h"
#include "digest.h"

static struct certs *
certs(const struct ask *a)
{
	return a->s->charging->certs;
}

static int
say_data(json_t *list, const struct ocsp_data *d, struct err *e)
{
	json_t *one = json_object(), *urls = json_array();

	if (json_array_append_new(list, one) == -1 ||
	    json_object_set_new(one, "responders", urls) == -1)
		return err_set(e, ENOMEM, "out of memory");
	for (int i = 0; i < d->urls; i++)
		if (json_array_append_new(urls, json_string(d->url[i])) == -1)
			return err_set(e, EINVAL, "a responder's URL");
	return say_hash(one, &d->hash, e);
}

/* Without a chain: of all SECC leaves; with one: of a contract's. */
int
certs_verb_ocsp_data(struct ask *a, struct err *e)
{
	struct ocsp_data *data = calloc(OCSP_DATA_MAX, sizeof(*data));
	json_t *list = json_array();
	struct err why = { 0 };
	enum certs_result r;
	const char *pem;
	int count = 0, rc = -1;

	if (data == NULL) {
		json_decref(list);
		return err_set(e, ENOMEM, "out of memory");
	}
	if (say(a, "requests", list, e) == -1 ||
	    json_str_or(a->q, "chain", X509_PEM_MAX, "", &pem, e) == -1)
		goto out;
	r = *pem == '\0'
	    ? ocsp_of_secc(certs(a), data, OCSP_DATA_MAX, &count, &why)
	    : ocsp_of_chain(certs(a), pem, strlen(pem), data, OCSP_DATA_MAX,
		  &count, &why);
	rc = say_result(a, r, &why, e);
	for (int i = 0; rc == 0 && i < count; i++)
		rc = say_data(list, &data[i], e);
out:
	free(data);
	return rc;
}

int
certs_verb_ocsp_put(struct ask *a, struct err *e)
{
	struct cert_hash_data hash;
	struct err why = { 0 };
	enum certs_result r;
	const char *text;

	if (asked_hash(a, &hash, e) == -1 ||
	    json_str(a->q, "response", OCSP_DER_MAX * 4 / 3 + 4, &text, e) ==
		-1)
		return -1;
	r = ocsp_put(certs(a), &hash, text, strlen(text), &why);
	return say_result(a, r, &why, e);
}

int
certs_verb_ocsp_get(struct ask *a, struct err *e)
{
	own_bytes struct bytes der = { 0 };
	own_str char *text = NULL;
	struct cert_hash_data hash;
	struct err why = { 0 };
	enum certs_result r;

	if (asked_hash(a, &hash, e) == -1)
		return -1;
	r = ocsp_get(certs(a), &hash, &der, &why);
	if (say_result(a, r, &why, e) == -1)
		return -1;
	if (r != CERTS_ACCEPTED)
		return 0;
	if ((text = base64_encode(der.p, der.len)) == NULL)
		return err_sys(e, "answer");
	return say_text(a, "response", text, e);
}
