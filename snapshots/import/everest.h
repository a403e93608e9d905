/* SPDX-License-Identifier: MIT */
#ifndef EVEREST_H
#define EVEREST_H

#include "import.h"

/*
 * From EVerest's config.yaml to Ingot's documents. EVerest goes on running on
 * a unit, with its own file, which a snapshot carries along; what is imported
 * is what becomes Ingot's business:
 *
 *	firewall_policy.conf	the ports of ISO 15118 on the power line modem,
 *				shut everywhere else
 *
 * Everything else is reported, module by module and key by key: secrets with
 * the slot that takes their place, and what must not go into production.
 */
struct everest_asked {
	const char *file;  /* what the report calls the source */
	const char *admin; /* where SSH comes in; NULL: from everywhere but
			      the vehicle */
	const struct everest_ocpp *ocpp; /* ended by a NULL name; or NULL */
};

/* An OCPP configuration in JSON: of 1.6, or components of a device model. */
struct everest_ocpp {
	const char *name;
	const char *text;
	size_t len;
};

#define EVEREST_OCPP_MAX (1024 * 1024) /* bytes of one such file */

int everest_import(struct import *, const struct everest_asked *,
    const char *text, size_t len, struct err *);

#endif
