/* SPDX-License-Identifier: MIT */
#ifndef CTL_VERBS_H
#define CTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl.h"
#include "modes.h"

/*
 * The verbs of the command socket, as a table: who may ask, and in which
 * modes. What stands here is all there is.
 */
struct ctl_verb {
	const char *name;
	ctl_fn *fn;
	unsigned modes;       /* MODE_BIT() of those it works in */
	bool read_only;       /* members of the group may ask it */
	bool fd;              /* takes a descriptor */
	bool changes_nothing; /* not for the group, nor for the trail */
};

/* ctl_ask.c */
ctl_fn ctl_ask, ctl_cert_look, ctl_cert, ctl_ocpp_look, ctl_ocpp,
    ctl_ocpp_answer;

/* NULL: there is none of this name. */
const struct ctl_verb *ctl_verb(const char *name);

/* One request, read strictly; *args is the caller's, never NULL on success. */
int ctl_parse(const char *text, size_t len, const struct ctl_verb **,
    json_t **args, struct err *);

#endif
