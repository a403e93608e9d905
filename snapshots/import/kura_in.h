/* SPDX-License-Identifier: MIT */
#ifndef KURA_IN_H
#define KURA_IN_H

#include <stdint.h>

#include "kura.h"
#include "rules.h"

/* What the files of the Kura importer share among themselves. */

/* The connection, gathered from three components. */
struct kura_uplink {
	bool enrol;       /* ProvisioningService is enabled */
	bool credentials; /* user name and password become slots */
	char host[254];   /* "": not said */
	unsigned port;
	unsigned keepalive_s; /* 0: not said */
	unsigned retry_s;     /* 0: not said */
};

struct kura {
	struct import *im;
	enum kura_origin from;
	const struct kura_key *key;
	const struct kura_snapshot *s;
	bool firewall[2]; /* IPv4, IPv6: the snapshot speaks of it */
	struct rules rules;
	struct kura_uplink up;
	struct err e; /* of rules_add(): out of bounds or memory */
};

/* One property on its way: where it stands, and what the table says. */
struct kura_here {
	struct kura *k;
	const struct kura_component *c;
	const struct kura_property *p;
	const struct kura_row *row;
	const char *value; /* the first, or only, one; "" */
	struct import_at at;
};

typedef void kura_take_fn(const struct kura_here *);

enum {
	SHOWN = 1, /* its value is no secret and may stand in the report */
	SECRET = 2 /* a secret, whatever its type says */
};

struct kura_row {
	const char *kind; /* pid or factory pid, as fnmatch(3); NULL: any */
	const char *name; /* property, as fnmatch(3) */
	enum import_verdict verdict; /* when there is no take */
	kura_take_fn *take;          /* says at least one item; or NULL */
	const char *says;
	unsigned flags;
	const char *slot; /* of a secret; NULL: none. A "*" in it stands for
			     the interface in the property's name */
};

/* The row for a property of a component of that kind; NULL: none. */
const struct kura_row *
kura_row(const char *kind, const char *pid, const char *name);

/* An item at this place. */
struct import_item *kura_say(const struct kura_here *, enum import_verdict,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Passwords, credentials in JSON. Says the item. */
void kura_take_secret(const struct kura_here *);
void kura_take_users(const struct kura_here *);

/* Firewall strings. */
void kura_take_ports4(const struct kura_here *);
void kura_take_ports6(const struct kura_here *);
void kura_take_forward4(const struct kura_here *);
void kura_take_forward6(const struct kura_here *);
void kura_take_nat4(const struct kura_here *);
void kura_take_nat6(const struct kura_here *);
void kura_write_firewall(struct kura *);

/* The connection. */
void kura_take_broker(const struct kura_here *);
void kura_take_keepalive(const struct kura_here *);
void kura_take_retry(const struct kura_here *);
void kura_take_username(const struct kura_here *);
void kura_take_mqtt_password(const struct kura_here *);
void kura_take_enrol(const struct kura_here *);
void kura_take_enrol_broker(const struct kura_here *);
void kura_write_uplink(struct kura *);

/* Single settings whose value decides what is said. */
void kura_take_protocol(const struct kura_here *);
void kura_take_hostname(const struct kura_here *);
void kura_take_console(const struct kura_here *);
void kura_take_command(const struct kura_here *);
void kura_take_ssid(const struct kura_here *);
void kura_take_neutral(const struct kura_here *);

#endif
