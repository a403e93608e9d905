/* SPDX-License-Identifier: MIT */
#ifndef TEND_H
#define TEND_H

#include <stdint.h>

#include "err.h"
#include "grants.h"
#include "loop.h"

/*
 * RELOAD of a service that the agent itself keeps (reload = ( { run; config; }
 * )): it runs while its configuration file stands, which a plugin installs and
 * removes. A changed file starts it anew; one that dies is started again after
 * 1, 2, 4 .. 60 s. It ends with the agent.
 *
 * The command is the policy's; it should give up root by itself (setpriv), for
 * what the plugin writes into the configuration could name a program to load.
 */
struct tended;

/* Makes the service agree with its file now; list is where they are kept. That
 * it does not start is an error; that it dies later is logged. */
int tend(struct loop *, struct tended **list, const struct grant_reload *,
    struct err *);
/* Ends all, waiting until then (now_ms) before they are killed. */
void tend_stop(struct tended **list, uint64_t until_ms);

#endif
