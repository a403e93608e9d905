/* SPDX-License-Identifier: MIT */
#ifndef HOME_H
#define HOME_H

#include <stdint.h>

#include "ca.h"
#include "err.h"
#include "registry.h"

/*
 * The service's folder:
 *
 *	registry.db		0640, readable for the broker's group
 *	ca/<name>.pem .key	root, units, claims, services; keys 0600
 *	broker/{cert,key,ca}.pem, broker/mosquitto.conf
 *	worker/<name>/{cert,key,ca}.pem
 *
 * The root's key belongs off line after `init`.
 */
#define HOME_DEFAULT  "/var/lib/ingot-provision"
#define HOME_PATH_MAX 512

/* home/rel, cut never: a path that does not fit fails. */
int home_path(char out[static HOME_PATH_MAX], const char *home, const char *rel,
    struct err *);
int
home_registry(struct registry *, const char *home, enum db_mode, struct err *);
/* uri: NULL for the key in the folder. */
int home_ca(
    struct ca *, const char *home, enum ca_kind, const char *uri, struct err *);

/* What a certificate is for, and what it is called. */
struct home_leaf {
	enum ca_kind issuer;
	const char *role; /* in the registry; NULL: not registered */
	const char *cn;
	const char *names; /* ca_order */
	int64_t days;
	const char *folder; /* receives cert.pem, key.pem, ca.pem */
	const char *root;   /* PEM file copied as ca.pem */
};

/* New key and certificate, registered before they are written. */
int home_leaf_make(const struct ca *, struct registry *,
    const struct home_leaf *, struct err *);

#endif
