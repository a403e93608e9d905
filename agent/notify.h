/* SPDX-License-Identifier: MIT */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "err.h"
#include "loop.h"

/*
 * What a service manager is told, in the words of sd_notify(3): datagrams of
 * KEY=VALUE lines to $NOTIFY_SOCKET, without libsystemd. Without that variable
 * everything here does nothing. A manager that does not read delays nobody.
 */
struct notify;

/*
 * Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the
 * environment. With a watchdog, WATCHDOG=1 is sent from the loop at half its
 * interval: a loop that hangs is noticed. NULL: failed.
 */
struct notify *notify_start(struct loop *, struct err *);
void notify_stop(struct notify *); /* NULL is fine */

void notify_ready(struct notify *);     /* READY=1; also ends a reload */
void notify_reloading(struct notify *); /* RELOADING=1, MONOTONIC_USEC= */
void notify_stopping(struct notify *);  /* STOPPING=1 */
/* STATUS=text, one line for a person. */
void notify_status(struct notify *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
