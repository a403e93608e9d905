/* SPDX-License-Identifier: MIT */
#ifndef CERT_CHARGING_H
#define CERT_CHARGING_H

#include <stdbool.h>

#include "certs/certs.h"
#include "conf.h"

/*
 * The document's section about charging certificates. Without the section the
 * unit has no such store:
 *
 *	certs = {
 *	    root = "/etc/everest/certs";	# absolute; unasked: "certs" in
 *						# the plugin's own folder
 *	    anchors = { csms = "ca/csms/CSMS_ROOT_CA.pem"; v2g = ...; };
 *	    leaves = { csms = "client/csms"; secc = "client/cso"; };
 *	    keys = { csms = "..."; };		# unasked: beside the leaves
 *	    names = { csms = "@{unit.serial}"; };	# a leaf must have it
 *	    pinned = { csms = "1f03"; };	# by serial, not the newest
 *	    entries = 2000;  megabytes = 50;  max_anchors = 100;  keep = 10;
 *	    collect_minutes = 20;  csr_minutes = 60;  renew_percent = 80;
 *	    renew_days = 0;	# or so many days before the end, if that is
 *				# sooner; 0: by percent alone
 *	    links = false;  future_leaves = true;  future_anchors = false;
 *	    additional_root_check = false;  system_anchors = false;
 *	    strict_crls = false;	# a kept list that is over refuses
 *	    csr = "?provider=tpm2";		# where new keys are made
 *	};
 *
 * What EVerest names alike has EVerest's unit and meaning.
 */
#define CHARGING_ROOT_MAX 200
#define CHARGING_PROP_MAX 64

struct charging_doc {
	bool wanted;
	char root[CHARGING_ROOT_MAX + 1]; /* "": in the plugin's folder */
	char csr[CHARGING_PROP_MAX + 1];  /* property string of new keys */
	unsigned renew_percent;           /* of a leaf's life */
	unsigned renew_days;              /* before its end; 0: not asked */
	struct certs_config config;
};

/* The store while the document is active (charging_store.c). */
struct store;
struct charging {
	struct certs *certs;
	int root;
	char path[CHARGING_ROOT_MAX + 1]; /* of the root, absolute */
	/* Anchors for OpenSSL, made when wanted, of this generation. */
	X509_STORE *stores[CERTS_DOMAINS];
	unsigned long stores_at;
	int collect_timer, expiry_timer;
	time_t said[CERTS_LEAVES]; /* when renewal was last asked for; 0 */
	struct store *store;
};
void charging_forget_stores(struct charging *);
/* 0 with s->charging NULL when the document wants none. */
int charging_start(struct store *, struct err *);
void charging_stop(struct store *);
/* Points the links of the SECC leaf at the one that is chosen now, when the
 * document wants them; what fails is logged. */
void charging_links(struct charging *);

/* What there is to say about a kind's leaf and its end (charging_expiry.c). */
struct charging_end {
	enum certs_result result; /* of certs_choose(), the tried one first */
	struct err why;
	const struct certs_entry *leaf; /* NULL unless ACCEPTED */
	time_t renew_at;                /* 0 without a leaf */
	bool renew;                     /* now */
};
void charging_end(struct charging *, enum certs_leaf, struct charging_end *);
/* The event of each leaf whose time to be renewed has come, once a day. */
void charging_ask_renewal(struct charging *);

/* section NULL: not wanted. */
int charging_read(struct charging_doc *, conf_node *section, struct err *);
/* In one way of writing, nothing left out; adds to out. */
void charging_write(const struct charging_doc *, struct bytes *out);

#endif
