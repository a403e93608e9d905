/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CHARGER_H
#define OCPP_CHARGER_H

#include "bridge.h"
#include "buf.h"

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
	bool changed; /* not on disk yet; the sweep saves it */
	/* Not on disk. */
	struct pair *pair; /* the one that is connected */
	uint64_t taken_ms; /* when its connection last changed hands */
	unsigned held;     /* pairs that know it; it stays that long */
	bool saving;       /* charger_save_later() is at it */
	uint64_t saved;    /* counts its saves, under the lock of all */
};

struct chargers;

/* Records on disk, whoever they are of: where any identity may come, one that
 * makes names up is not to fill it. */
#define CHARGERS_FILES 10000

/*
 * log is told when a file is damaged: it is set aside as "<name>.damaged" and
 * the charge point begins anew. most: how many are kept in memory at once.
 */
struct chargers *chargers_open(const char *folder, unsigned most,
    void (*log)(void *ctx, const char *line), void *ctx, struct err *);
void chargers_free(struct chargers *); /* NULL is fine */
/* From memory, from its file, or new; class is the caller's to set. When most
 * are there, one that nobody holds goes. NULL: out of memory, or all are held.
 */
struct charger *
chargers_get(struct chargers *, const char *identity, struct err *);
/* In memory only. */
struct charger *chargers_find(struct chargers *, const char *identity);
/* In order of identity; i counts from 0. NULL: no more. */
struct charger *chargers_at(struct chargers *, size_t i);
/* The first that comes behind that identity ("": the very first). */
size_t chargers_after(struct chargers *, const char *identity);
size_t chargers_most(const struct chargers *);
void chargers_most_are(struct chargers *, unsigned most);
/* Durable when it returns 0; two fsyncs. */
int charger_save(struct chargers *, struct charger *, struct err *);
/* The same by the crew, as it is now, for what may be lost in a power cut; not
 * while the one before is under way (saving). It fails in the log, and is
 * changed then. A charger_save() that comes meanwhile wins. -1: not begun. */
int charger_save_later(
    struct chargers *, struct crew *, struct charger *, struct err *);

/* For what is in front of an MQTT topic level or a file name: every byte but
 * [A-Za-z0-9_-] as %XX; out holds 3 * OCPP_IDENTITY_MAX + 1. */
void charger_escape(const char *identity, char *out);

/* A record's text, and back. parse: strict, at most CHARGER_FILE_MAX bytes;
 * what it does not say is as in a new one. -1: damaged, c is then new. */
#define CHARGER_FILE_MAX 4096
int
charger_parse(const char *text, size_t len, struct charger *c, struct err *);
int charger_text(const struct charger *, struct bytes *out, struct err *);
void charger_new_is(struct charger *, const char *identity);

#endif
