/* SPDX-License-Identifier: MIT */
#ifndef UPLINK_DOCUMENT_H
#define UPLINK_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

/*
 * documents/uplink.conf, libconfig:
 *
 *	broker: {
 *		host = "broker.example";
 *		port = 8883;
 *		ca = "/etc/ingot/claim/ca.pem";	# or the PEM text itself
 *		keepalive_s = 60;
 *	};
 *	claim = "/etc/ingot/claim";	# holds cert.pem and key.pem
 *	enrol = "manual";		# or "auto": as soon as it is applied
 *	retry_max_s = 300;
 *	username = "@{issued.mqtt.username}";	# both or none
 *	password = "@{issued.mqtt.password}";
 *
 * The artifact is the same as one line of JSON, defaults filled in.
 */
#define UPLINK_HOST_MAX 253
#define UPLINK_PATH_MAX 200
#define UPLINK_CA_MAX   (16 * 1024)

struct uplink_doc {
	char host[UPLINK_HOST_MAX + 1];
	uint16_t port;
	char ca[UPLINK_CA_MAX + 1]; /* a path, or PEM */
	unsigned keepalive_s;
	char claim[UPLINK_PATH_MAX + 1];
	bool automatic;
	uint64_t retry_max_ms;
	char username[UPLINK_PATH_MAX + 1]; /* empty: none */
	char password[UPLINK_PATH_MAX + 1];
};

/* Adds the artifact to out. Errors name line and remedy, and no password. */
int uplink_doc_render(
    const char *text, size_t len, struct bytes *out, struct err *);
/* The reverse, from an artifact. */
int uplink_doc_read(
    const char *artifact, size_t len, struct uplink_doc *, struct err *);
bool uplink_doc_inline_ca(const struct uplink_doc *);

#endif
