/* SPDX-License-Identifier: MIT */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>

#include "err.h"
#include "json.h"

struct agent;

/*
 * The command socket: run_dir/ctl, AF_UNIX SOCK_SEQPACKET. One packet is one
 * JSON object of at most CTL_PACKET_MAX bytes.
 *
 *	-> { "verb": "apply", "args": { ... } }	  and at most one descriptor
 *	<- { "progress": "render 3 of 6" }	  any number of them
 *	<- { "ok": true, "result": { ... } }	  or
 *	<- { "ok": true }  and a sealed descriptor that holds the result, when
 *			   it does not fit a packet (CTL_RESULT_MAX)	  or
 *	<- { "ok": false, "code": 3, "error": "...", "findings": [ ... ] }
 *
 * Who asks is known by SO_PEERCRED: root may all; members of the ingot group
 * the read-only verbs. A verb may be limited to modes; a development verb is
 * refused in production, service, quarantined and retired mode (CODE_REFUSED).
 */
#define CTL_PACKET_MAX (128 * 1024)
#define CTL_RESULT_MAX (32 * 1024 * 1024)

/* Exit codes of `ingot`, also "code" of a failed call. */
enum ctl_code {
	CODE_OK = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_REFUSED = 3, /* by policy */
	CODE_NO_AGENT = 4
};

struct ctl_call; /* one request under way; ends with ctl_reply or ctl_fail */

int ctl_start(struct agent *, struct err *);
void ctl_stop(struct agent *);

struct agent *ctl_agent(const struct ctl_call *);
const json_t *ctl_args(const struct ctl_call *);
int ctl_take_fd(struct ctl_call *); /* the request's descriptor, or -1 */
void ctl_progress(struct ctl_call *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void ctl_reply_take(struct ctl_call *, json_t *result);
void ctl_fail(struct ctl_call *, enum ctl_code, const struct err *);
/* With the findings that led to it; borrowed, NULL or empty: none. */
void ctl_fail_list(
    struct ctl_call *, enum ctl_code, const struct err *, json_t *findings);
/* Does root ask? Others are not shown what files hold. */
bool ctl_is_root(const struct ctl_call *);

/* A verb's handler either ends the call or keeps it and ends it later; a
 * client that goes away meanwhile is no concern of the handler's. */
typedef void ctl_fn(struct ctl_call *);

/* In apply.c, lock.c and their like: */
ctl_fn ctl_apply;     /* fd: bundle; args: confirm_s, dry_run */
ctl_fn ctl_plan;      /* fd: bundle, or args: to; what apply would change */
ctl_fn ctl_confirm;   /* says yes in phase confirm */
ctl_fn ctl_rollback;  /* applies "previous", or "to", or "back" again */
ctl_fn ctl_snapshots; /* current, previous, confirmed, all */
ctl_fn ctl_show;      /* one of them; args: id */
ctl_fn ctl_diff;      /* two of them; args: was, now */
ctl_fn ctl_prune;     /* args: keep */
ctl_fn ctl_drift;     /* probe of the stored artifacts */
ctl_fn ctl_enrol;     /* asks uplink enrol.start / enrol.status */
ctl_fn ctl_verdict;   /* findings; changes nothing */
ctl_fn ctl_lock;      /* production mode, if the verdict is good */

#endif
