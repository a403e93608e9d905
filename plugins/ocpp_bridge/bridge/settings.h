/* SPDX-License-Identifier: MIT */
#ifndef OCPP_SETTINGS_H
#define OCPP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge.h"

/*
 * What ocpp.conf says, parsed (document.c) and owned by whoever parsed it. All
 * limits have a default; zero never means "no limit". Texts are NUL-ended and
 * belong to the settings.
 */
#define OCPP_IDENTITY_MAX 255 /* bytes, decoded; 2.x: 48 code points */

enum ocpp_mode {
	OCPP_TRANSPARENT,
	OCPP_STORE
};
enum ocpp_judging {
	OCPP_OFF,
	OCPP_WARN,
	OCPP_REJECT
};
/* Certificate, profile and network messages of a charge point. */
enum ocpp_manage {
	OCPP_FORWARD,
	OCPP_GATEWAY,
	OCPP_REFUSE
};
enum ocpp_who {
	OCPP_KNOWN,
	OCPP_PATTERN,
	OCPP_ANY
};
enum ocpp_second {
	OCPP_KEEP_OLD,
	OCPP_TAKE_NEW,
	OCPP_BY_STRENGTH
};

struct ocpp_key_pair { /* PEM files of a listener's certificate */
	char *chain, *key;
};

struct ocpp_listener {
	char *name, *address;
	char *root; /* "/ocpp": the path in front of the identity; NULL: any */
	uint16_t port;
	uint8_t profile;               /* 0 to 3 */
	struct ocpp_key_pair pairs[2]; /* EC and RSA; none: made by us */
	char **names; /* for what is made by us; beside the address */
	size_t nnames;
	char *anchors;   /* profile 3: who issued the chargers' certificates:
			    a PEM file, or "cert_store:MF" (tls.h) */
	bool static_rsa; /* the TLS_RSA suites of A00.FR.317 */
	bool old_tls;    /* 1.0 and 1.1, 1.6 only */
	bool deflate;
	unsigned versions; /* bit 1 << enum ocpp_version */
};

struct ocpp_csms {
	char *url;       /* ws:// or wss://, without the identity */
	uint8_t profile; /* 0 to 3 */
	char *user;      /* NULL: the charge point's identity */
	char *password;  /* NULL: the charge point's own (charger.h) */
	char *anchors;   /* a PEM file; NULL: cert_store's csms anchors */
	char *identity;  /* of the leaf in cert_store; NULL: the gateway's */
	bool own_leaf;   /* a leaf for each charge point, CN its serial */
	bool wildcards, deflate;
	bool downgrade; /* AllowSecurityProfileDowngrade: 3 -> 2 */
};

struct ocpp_backoff { /* seconds; OCPP 2.x part 4, 5.3 */
	unsigned wait, random, repeats;
};

struct ocpp_rule { /* one line of "validation"; the last that fits counts */
	unsigned versions, ways; /* bits */
	char *charger;           /* pattern, NULL: all */
	char *action;            /* NULL: all */
	enum ocpp_judging judging;
};

struct ocpp_class {    /* a charge point, or all whose identity fits pattern */
	char *pattern; /* "CP-*": glob of * and ?, without classes */
	bool exact;    /* a known identity */
	enum ocpp_mode mode;
	bool provisional; /* 1.6 in store mode: item 16 */
	bool accept;      /* in the CSMS's absence its tags are Accepted:
			     store_keep.c,      store_away.c say what else */
	enum ocpp_manage certificates, profiles;
	bool move;      /* ocppCsmsUrl may be forwarded */
	char *password; /* downstream, profiles 1 and 2; NULL: as stored */
	struct ocpp_csms *csms; /* NULL: the common one */
};

struct ocpp_limits {
	unsigned chargers;
	size_t frame, queue; /* bytes, each leg */
	unsigned handshakes; /* a second, each listener */
	unsigned frames;     /* a second, each charge point */
	unsigned failures;   /* of a credential a minute, each peer */
	uint32_t handshake_ms, slow_ms, call_ms; /* call: MessageTimeout */
	unsigned ping_s; /* WebSocketPingInterval, both legs */
	uint64_t store_bytes;
	uint32_t store_records;
	unsigned attempts,
	    attempt_s;   /* TransactionMessageAttempts, -Interval */
	unsigned replay; /* messages a second, all chargers */
};

struct ocpp_mirror_rule {       /* who may send what from MQTT */
	char *charger, *action; /* patterns */
};

struct ocpp_mirror {
	char *broker; /* "unix:/run/x.sock", "mqtt://127.0.0.1:1883", mqtts */
	char *anchors, *chain, *key, *user, *password;
	char *prefix; /* first topic level(s) */
	bool frames;
	bool hide_idtags; /* they are personal data */
	struct ocpp_mirror_rule *rules;
	size_t nrules;
};

struct ocpp_exposed { /* the broker of our own for others (expose.h) */
	bool on;
	uint16_t port;
	uint16_t inner; /* on the loopback address, for us */
	char *address, *anchors, *chain, *key;
	char *folder; /* NULL: EXPOSE_FOLDER */
	char **topics;
	size_t ntopics;
};

struct ocpp_backend { /* another CSMS, which only listens (backends.h) */
	char *name;
	char *charger; /* pattern; NULL: all */
	struct ocpp_csms csms;
	char **copied; /* actions it gets, patterns; none: nothing */
	size_t ncopied;
	char **allowed; /* that it may call all the same */
	size_t nallowed;
};

struct ocpp_settings {
	struct ocpp_listener *listeners;
	size_t nlisteners;
	struct ocpp_csms csms;
	struct ocpp_backoff backoff;
	enum ocpp_who who;
	enum ocpp_second second;
	struct ocpp_class *classes; /* first that fits; the last is "*" */
	size_t nclasses;
	struct ocpp_backend *backends;
	size_t nbackends;
	struct ocpp_rule *rules;
	size_t nrules;
	struct ocpp_limits limits;
	struct ocpp_mirror *mirror; /* NULL: none */
	struct ocpp_exposed exposed;
	char *cpo; /* O of the certificate requests, CpoName */
};

#endif
