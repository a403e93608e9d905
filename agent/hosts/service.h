/* SPDX-License-Identifier: MIT */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>

#include "err.h"
#include "grants.h"
#include "loop.h"

/*
 * RELOAD: runs the check command that the policy names, and when it is content
 * sends the signal to the process of the pid file. Never waits: done is called
 * from the loop, once, with NULL or the reason; after that the call is gone.
 *
 * The check gets an empty environment, no input, check_ms milliseconds; the
 * reason of a failure has the first lines of what it printed. The process is
 * held by a pidfd while it is looked at: it must be alive and, when the policy
 * says exe, run that program. A pid file that is left over hits nobody then.
 */
struct service_call;
typedef void service_done(void *ctx, const struct err *why);

/* The policy need not outlive the call. NULL: failed, done is not called. */
struct service_call *service_reload(struct loop *, const struct grant_reload *,
    uint64_t check_ms, service_done *, void *ctx, struct err *);
/* Ends a call without calling done. NULL is fine. */
void service_cancel(struct service_call *);

#endif
