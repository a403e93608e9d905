/* SPDX-License-Identifier: MIT */
#ifndef KURA_H
#define KURA_H

#include "import.h"
#include "kura_secret.h"
#include "kura_xml.h"

/*
 * From a Kura or ESF snapshot to Ingot's documents. What each property means
 * stands in one table (kura_table.c); a property that is not in it is reported
 * as not understood. The documents are
 *
 *	firewall_policy.conf	of the firewall strings, IPv4 and IPv6
 *	uplink.conf		of MqttDataTransport, DataService and
 *				ProvisioningService
 *	cert_store.conf		beside it: the key of that connection
 *
 * A malformed entry leaves no document behind: the report then says why.
 */
struct kura_asked {
	const char *file; /* what the report calls the source */
	enum kura_origin from;
	const struct kura_key *key; /* len 0: none */
};

/*
 * Fills im from the bytes of the file, encrypted or not. Fails where there is
 * no tree to speak about (not XML, no key); what is wrong inside is an item.
 */
int kura_import(struct import *im, const struct kura_asked *, const char *text,
    size_t len, struct err *);

#endif
