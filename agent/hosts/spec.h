/* SPDX-License-Identifier: MIT */
#ifndef SPEC_H
#define SPEC_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * The cage of one plugin host, as the agent tells it: on the command line, as
 * key=value words, since it holds no secret and needs no parser library.
 *
 * Descriptors: 3 the agent, 4 the plugin file, 5 the sign channel (only with
 * INGOT_NEED_SIGN), then the handed ones from SPEC_HAND_FD in their order.
 *
 * A list holds at most SPEC_LIST_MAX - 1 entries and its end. A path must be
 * there when the host starts and means what it was then: name a folder when
 * what is in it is replaced by rename.
 */
#define SPEC_AGENT_FD  3
#define SPEC_PLUGIN_FD 4
#define SPEC_SIGN_FD   5
#define SPEC_HAND_FD   6

#define SPEC_LIST_MAX  8
#define SPEC_ARGV_MAX  64

struct host_spec {
	uid_t uid;
	gid_t gid;
	gid_t groups[SPEC_LIST_MAX];      /* supplementary, 0-ended */
	uint32_t granted;                 /* INGOT_NEED_* */
	unsigned memory_mb;               /* limit of address space and data */
	unsigned descriptors;             /* 0: as needs say */
	const char *state;                /* NULL, or the plugin's own folder */
	const char *read[SPEC_LIST_MAX];  /* NULL-ended paths */
	const char *write[SPEC_LIST_MAX]; /* NULL-ended paths */
	uint16_t connect[SPEC_LIST_MAX];  /* 0-ended TCP ports; none: with
					     NETWORK any, else none */
	uint16_t bind[SPEC_LIST_MAX];     /* 0-ended TCP ports */
	const char *hand[SPEC_LIST_MAX];  /* NULL-ended names */
	uint32_t unix_sockets;            /* 1: may connect to them */
};

/*
 * The words for execve, the first being "ingot-host". They and argv are one
 * malloc'ed block, the caller's to free(); NULL: failed.
 */
char **spec_argv(const struct host_spec *, struct err *);
/* The reverse; texts point into argv. Unknown keys are refused. */
int spec_parse(struct host_spec *, int argc, char *const argv[], struct err *);

#endif
