/* SPDX-License-Identifier: MIT */
#ifndef EVEREST_IN_H
#define EVEREST_IN_H

#include "everest.h"
#include "rules.h"
#include "yaml_tree.h"

/* What the files of the EVerest importer share among themselves. */

#define EVEREST_LINES 8 /* power line modems of one station */

struct everest {
	struct import *im;
	const struct everest_asked *asked;
	struct rules rules;
	char plc[EVEREST_LINES][RULE_IFACE_LEN];
	size_t n_plc;
	char **kept; /* texts that rules point at */
	size_t n_kept;
	struct err e;
};

/* One key of one module on its way. */
struct everest_here {
	struct everest *ev;
	const char *module; /* its kind: "EvseV2G" */
	const char *value;
	const struct everest_row *row;
	struct import_at at;
};

typedef void everest_take_fn(const struct everest_here *);

enum {
	EV_SHOWN = 1,
	EV_SECRET = 2
};

struct everest_row {
	const char *module; /* fnmatch(3) */
	const char *key;    /* fnmatch(3); what stands behind the last "." */
	enum import_verdict verdict;
	everest_take_fn *take; /* says at least one item; or NULL */
	const char *says;
	unsigned flags;
	const char *slot;
	const char *bad; /* a value that is a finding, as fnmatch(3) */
	const char *finding;
};

/* NULL: nothing is known of such a key. */
const struct everest_row *everest_row(const char *module, const char *key);

/* Says what the row says about the value, or that there is none. */
void everest_say(const struct everest_here *);
/* Whether a name promises a secret. */
bool everest_secret(const char *key);

void everest_take_device(const struct everest_here *);
void everest_take_bus(const struct everest_here *);
void everest_take_ocpp_path(const struct everest_here *);
void everest_write_firewall(struct everest *);
int
everest_ocpp_read(struct everest *, const struct everest_ocpp *, struct err *);

#endif
