/* SPDX-License-Identifier: MIT */
/*
 * The document: where the TPM is, whether a unit without one may keep its key
 * in a file, and which keys there are. Nothing in it is secret and nothing in
 * it makes a key: keys belong to the unit and outlive every snapshot.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "document.h"
#include "key_ref.h"

static const char *const known[] = { "tcti", "software_keys", "purposes",
	"certs", NULL };

/* The key's own line, or, when it is not there, the document. */
static conf_node *
line_of(conf_node *root, const char *name)
{
	conf_node *node = conf_get(root, name);

	return node == NULL ? root : node;
}

/* Only transports, never a library's name: see tpm.h. */
static bool
tcti_ok(const char *s)
{
	return strcmp(s, "none") == 0 || strncmp(s, "device:/", 8) == 0 ||
	    strncmp(s, "swtpm:", 6) == 0;
}

static int
read_tcti(struct cert_doc *d, conf_node *root, struct err *e)
{
	const char *s;

	if (conf_str_or(root, "tcti", DOC_TCTI_MAX, DOC_DEVICE, &s, e) == -1)
		return -1;
	if (!tcti_ok(s) || strpbrk(s, "\"\\") != NULL)
		return conf_err(line_of(root, "tcti"), e,
		    "tcti \"%s\": say \"device:/dev/tpmrm0\", "
		    "\"swtpm:path=SOCKET\" or \"none\"",
		    s);
	(void)strcpy(d->tcti, s);
	return 0;
}

static int
add_purpose(struct cert_doc *d, conf_node *node, const char *s, struct err *e)
{
	if (!key_purpose_ok(s) || doc_active_len(s) != strlen(s))
		return conf_err(node, e,
		    "purpose \"%s\": lower case letters, digits, . _ - and "
		    "no " DOC_PENDING " at its end",
		    s);
	if (doc_has(d, s))
		return conf_err(node, e, "purpose \"%s\" stands twice", s);
	(void)strcpy(d->purposes[d->count++], s);
	return 0;
}

static int
read_purposes(struct cert_doc *d, conf_node *root, struct err *e)
{
	conf_node *list;
	const char *s;

	if (conf_list(root, "purposes", DOC_PURPOSES, &list, e) == -1)
		return -1;
	if (list == NULL)
		return add_purpose(d, root, "mqtt", e);
	for (size_t i = 0; i < conf_len(list); i++)
		if (conf_text(conf_at(list, i), DOC_PURPOSE_MAX, &s, e) == -1 ||
		    add_purpose(d, conf_at(list, i), s, e) == -1)
			return -1;
	return 0;
}

int
doc_read(struct cert_doc *d, const char *text, size_t len, struct err *e)
{
	own_conf struct conf conf = { 0 };
	conf_node *root, *certs;

	memset(d, 0, sizeof(*d));
	if (conf_parse(&conf, "cert_store.conf", text, len, e) == -1)
		return -1;
	root = conf_root(&conf);
	if (conf_known(root, known, e) == -1 || read_tcti(d, root, e) == -1 ||
	    conf_bool_or(root, "software_keys", false, &d->software_keys, e) ==
		-1)
		return -1;
	if (!d->software_keys && strcmp(d->tcti, "none") == 0)
		return conf_err(line_of(root, "tcti"), e,
		    "without a TPM there is no key unless software_keys is "
		    "true");
	if (read_purposes(d, root, e) == -1 ||
	    conf_group(root, "certs", &certs, e) == -1)
		return -1;
	return charging_read(&d->charging, certs, e);
}

void
doc_write(const struct cert_doc *d, struct bytes *out)
{
	bytes_fmt(out, "tcti = \"%s\";\nsoftware_keys = %s;\npurposes = [",
	    d->tcti, d->software_keys ? "true" : "false");
	for (size_t i = 0; i < d->count; i++)
		bytes_fmt(out, "%s \"%s\"", i == 0 ? "" : ",", d->purposes[i]);
	bytes_fmt(out, " ];\n");
	charging_write(&d->charging, out);
}

size_t
doc_active_len(const char *purpose)
{
	const char *dot = strrchr(purpose, '.');

	return dot != NULL && strcmp(dot, DOC_PENDING) == 0
	    ? (size_t)(dot - purpose)
	    : strlen(purpose);
}

bool
doc_has(const struct cert_doc *d, const char *purpose)
{
	for (size_t i = 0; i < d->count; i++) {
		size_t n = strlen(d->purposes[i]);

		if (strncmp(purpose, d->purposes[i], n) == 0 &&
		    (purpose[n] == '\0' ||
			strcmp(purpose + n, DOC_PENDING) == 0))
			return true;
	}
	return false;
}
