/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CHARGER_H
#define OCPP_CHARGER_H

#include "bridge.h"

/*
 * What the gateway remembers of a charge point beyond a connection: one small
 * file each below state/chargers/, its name the identity with every byte but
 * [A-Za-z0-9_-] as %XX; written durably, only when something changed. It holds
 * the secret that the upstream leg presents, so it is 0600 and never logged.
 */
#define CHARGER_SECRET_MAX 64
#define CHARGER_TEXT_MAX   64

struct charger {
	char identity[OCPP_IDENTITY_MAX + 1];
	const struct ocpp_class *class; /* of the settings now in force */
	enum ocpp_version version;      /* last negotiated; OCPP_VERSIONS */
	uint8_t profile;                /* upstream, 255: as the settings say */
	char serial[CHARGER_TEXT_MAX], vendor[CHARGER_TEXT_MAX],
	    model[CHARGER_TEXT_MAX], firmware[CHARGER_TEXT_MAX];
	uint8_t secret[CHARGER_SECRET_MAX]; /* towards the CSMS */
	size_t secret_len;
	uint8_t salt[16], hash[32]; /* of the one it presents to us: PBKDF2 */
	bool has_hash;
	bool root_check; /* AdditionalRootCertificateCheck */
	char leaf[OCPP_IDENTITY_MAX +
	    1]; /* identity of its leaf in cert_store */
	/* Seconds, of the CSMS's last BootNotification answer that said
	 * Accepted; 0: it never accepted this one. */
	uint32_t boot_interval;
	bool changed;
	/* Not on disk. */
	struct pair *pair;
	struct charger *next;
};

struct chargers;

struct chargers *chargers_open(const char *folder, struct err *);
void chargers_free(struct chargers *);
/* Found or new (in memory). NULL: out of memory, or limits.chargers reached. */
struct charger *
chargers_get(struct chargers *, const char *identity, struct err *);
struct charger *chargers_find(struct chargers *, const char *identity);
int charger_save(struct chargers *, struct charger *, struct err *);
/* For what is in front of an MQTT topic level or a file name; out holds
 * 3 * OCPP_IDENTITY_MAX + 1. */
void charger_escape(const char *identity, char *out);

#endif
