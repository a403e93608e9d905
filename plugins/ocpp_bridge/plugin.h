/* SPDX-License-Identifier: MIT */
#ifndef OCPP_PLUGIN_H
#define OCPP_PLUGIN_H

#include "../../agent/plugin.h"
#include "bridge.h"
#include "document.h"
#include "loop.h"

/*
 * The plugin: the bridge inside a plugin host. plugin.c has its life, verbs.c
 * what it is asked, probe.c what it finds.
 */
struct ocpp {
	const struct ingot_host *host;
	struct bridge_host services;
	struct loop *loop;
	struct bridge *bridge; /* NULL: serves nothing */
	struct expose *expose; /* NULL: no broker for others */
	struct ocpp_settings settings;
	bool active;
	int timer; /* for the loop's next deadline */
	uint64_t due_ms;
	int again;              /* timer: serving could not begin yet */
	char why[ERR_TEXT_MAX]; /* for that reason */
};

/* Tries what activate could not do yet, now. True: it serves. */
bool ocpp_serves(struct ocpp *);

/* exposed.c: makes the broker for others as the settings say, or takes it away
 * when they say none. */
int exposed_serve(struct ocpp *, struct err *);
void exposed_close(struct ocpp *); /* ours alone; the broker stays */

int ocpp_probe(void *, const struct ingot_text *artifact);
int ocpp_answer(void *, const char *from, const char *verb,
    const struct ingot_text *question);

#endif
