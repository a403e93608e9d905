/* SPDX-License-Identifier: MIT */
#ifndef OCPP_SECLOG_H
#define OCPP_SECLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "judge.h"
#include "settings.h"

/*
 * The security log (OCPP 1.6 security A04, 2.x A04): the newest SECLOG_EVENTS
 * events of the gateway's own legs, in one file of that many places, used in
 * turn. An event is durable when seclog_add() returns; a power cut while it is
 * written costs this one at most. So does the one that is overwritten.
 */
#define SECLOG_EVENTS 1000
#define SECLOG_PLACE  1024 /* bytes; the file never grows beyond both */
#define SECLOG_TYPE   50   /* of SecurityEventNotification.type */
#define SECLOG_INFO   255  /* techInfo, bytes */

struct seclog_event {
	uint64_t number; /* from 1, without gaps; set by seclog_add() */
	int64_t at;      /* seconds, UTC */
	bool due;        /* the CSMS has still to be told */
	char identity[OCPP_IDENTITY_MAX + 1]; /* "": of nobody */
	char type[SECLOG_TYPE + 1];           /* 2.x's name */
	char info[SECLOG_INFO + 1];
};

struct seclog;

struct seclog *seclog_open(int folder, const char *name, struct err *);
void seclog_free(struct seclog *); /* NULL is fine */
int seclog_add(struct seclog *, struct seclog_event *, struct err *);
/* The oldest event with a number from *number on, which is set to it. False:
 * none. Places that can not be read are passed over. */
bool seclog_next(struct seclog *, uint64_t *number, struct seclog_event *);
/* The CSMS has it: durable, and nothing else of the event is written. */
int seclog_told(struct seclog *, uint64_t number, struct err *);
/* False: certainly none is. For who would have to look at all of them. */
bool seclog_any_due(const struct seclog *);

/*
 * Names (OCPP 1.6 security White Paper section 8; 2.x appendix 1). seclog_name:
 * as the version spells a name of 2.x; NULL: it has no such event.
 * seclog_critical: is it to be pushed?
 */
const char *seclog_name(enum ocpp_version, const char *name);
bool seclog_critical(enum ocpp_version, const char *name);

#endif
