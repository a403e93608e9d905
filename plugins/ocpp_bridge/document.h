/* SPDX-License-Identifier: MIT */
#ifndef OCPP_DOCUMENT_H
#define OCPP_DOCUMENT_H

#include "buf.h"
#include "conf.h"
#include "err.h"
#include "settings.h"

/*
 * documents/ocpp_bridge.conf, libconfig; README.md explains all of it. The
 * artifact is the same document in one way of writing, nothing left out, and
 * parses to itself. It may hold passwords (slots arrive filled): no error
 * shows a value of one.
 */
#define DOC_NAME       "ocpp_bridge.conf"
#define DOC_LISTENERS  16
#define DOC_CLASSES    10000
#define DOC_CERT_STORE "cert_store:" /* before a domain: its anchors */

/* s: the caller's, freed by ocpp_doc_free() also after an error. */
int ocpp_doc_read(
    struct ocpp_settings *s, const char *text, size_t len, struct err *);
void ocpp_doc_write(const struct ocpp_settings *, struct bytes *out);
void ocpp_doc_free(struct ocpp_settings *); /* fine on a zeroed one */

/* check.c: what no table can say. root: for the lines of errors. */
int ocpp_doc_check(const struct ocpp_settings *, conf_node *root, struct err *);

#endif
