/* SPDX-License-Identifier: MIT */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>

#include "err.h"
#include "json.h"
#include "settings.h"
#include "slot.h"

/*
 * The values of slots on this unit:
 *
 *	unit.serial, unit.model, unit.hardware,
 *	unit.<key of "values">				  unit.conf
 *	unit.hostname, unit.mac.<interface>		  the machine
 *	issued.<name>	 what the provisioning service gave (identity/)
 *	generated.<name> random text, made once, then the same for ever
 *
 * A unit value that is not there is an error (it will never come); an issued
 * one is "no value yet".
 */
#define VALUES_COUNT_MAX 256
#define UNIT_SERIAL_MAX  64

/* unit.conf:	serial = "..."; model = "..."; hardware = "B1";
 *		values = { site = "..."; };	hardware: optional */
struct facts {
	char serial[UNIT_SERIAL_MAX + 1];
	char model[UNIT_SERIAL_MAX + 1];
	char hardware[UNIT_SERIAL_MAX + 1]; /* its revision; "": not said */
	char hostname[UNIT_SERIAL_MAX + 1];
	json_t *values; /* object of texts */
	bool golden;
};

int facts_read(struct facts *, const struct settings *, struct err *);
void facts_free(struct facts *);
#define own_facts __attribute__((cleanup(facts_free), unused))
/* [{ "name", "mac" }] of all interfaces but the loopback; the caller's. */
json_t *facts_macs(void);

struct values {
	int state; /* borrowed */
	struct facts facts;
	json_t *issued;
	json_t *generated;
	bool changed; /* generated ones that are not saved yet */
};

/* state: the open state folder, borrowed. */
int
values_open(struct values *, const struct settings *, int state, struct err *);
void values_close(struct values *);
#define own_values __attribute__((cleanup(values_close), unused))

slot_value_fn values_lookup; /* ctx: a struct values */
/* Makes the generated values durable: before anything uses them. */
int values_save(struct values *, struct err *);

/* Adds to the issued values, durably; all or none. values: an object of
 * texts, borrowed; names and values as slots allow. */
int values_issue(int state, const json_t *values, struct err *);

#endif
