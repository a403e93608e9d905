/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_IN_H
#define HOSTS_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "child.h"
#include "grants.h"
#include "hosts.h"
#include "life.h"
#include "msg.h"
#include "plugin.h"

struct service_call;

/*
 * Inside the supervisor: what its files share. hosts.c is the public face and
 * the queues, hosts_life.c the life table at work, hosts_spawn.c the start of
 * a process, hosts_serve.c what a host says, hosts_ask.c and hosts_sign.c what
 * it asks for, hosts_set.c which hosts there are.
 */
#define QUEUE_MAX     32   /* requests waiting for one host */
#define FINDINGS_MAX  1000 /* of one probe */
#define SIGNING_MAX   8    /* SIGN under way, of one host */
#define QUICK_DEATHS  8    /* one more is BROKEN */
#define ROUND_MAX     16   /* messages of one host in one round of the loop */
#define KEY_OWNER     "cert_store"
#define HOST_NAME_LEN (PLUGIN_NAME_MAX + 1)

struct request {
	struct request *next;
	uint32_t type;
	char from[INGOT_NAME_MAX];
	char verb[INGOT_NAME_MAX];
	int fd;
	uint64_t late_ms;
	hosts_done *done; /* NULL: forgotten */
	void *ctx;
};

/* A bucket of tokens. */
struct rate {
	unsigned tokens;
	uint64_t filled_ms;
	unsigned dropped;
};

struct host {
	struct host *next;
	struct agent *agent;
	char name[HOST_NAME_LEN];
	struct grants *grants; /* NULL: it has no good one */
	enum life_state state;
	struct child child;
	int sock, sign;      /* our ends, or -1 */
	uint64_t generation; /* of the process; none has the same */
	uint64_t started_ms;
	unsigned quick;    /* deaths in a row */
	unsigned restarts; /* since the agent started */
	bool opened;       /* this process has */
	bool settled;      /* opened or failed once */
	bool is_signed;
	bool leaving;           /* no longer in the settings */
	bool refused;           /* its file, note or signature is wrong */
	bool stopping;          /* we asked it to go */
	char why[ERR_TEXT_MAX]; /* we killed it for this, or it can not start */

	int retry; /* timers */
	int late;
	uint64_t late_at, late_left_ms;

	struct request *queue; /* waiting, in order */
	struct request *current;
	uint32_t id; /* of the request under way */
	json_t *findings;

	bool owed; /* it waits for an answer of ours */
	uint32_t owed_id;
	char waits_for[HOST_NAME_LEN]; /* ASK: for this one */
	unsigned signing;
	struct service_call *reload;
	struct rate lines, events, changes;
	struct rate flood; /* what was dropped of them */
};

struct hosts {
	struct host *first; /* in the order of the settings */
	uint64_t generation;
	int settle; /* timer: READY is said by then */
	int again;  /* timer: a transaction is being taken back */
	bool ready; /* said so */
	struct tended *tended;
	bool stopping;
};

/* hosts.c */
struct host *hosts_find(const struct agent *, const char *plugin);
/* Sends the next waiting request, when it is idle. */
void host_go_on(struct host *);
void host_fail_one(struct request *, const struct err *); /* eats it */
void host_fail_queue(struct host *, const struct err *);
int hosts_add(struct agent *, const char *plugin, struct err *); /* starts it */
void host_drop(struct host *);     /* takes it out of the list, frees it */
void hosts_settle(struct agent *); /* says READY when all have settled */

/* hosts_life.c */
enum life_act host_step(struct host *, enum life_event);
/* It did what it may not do: reported and killed. */
void host_nonsense(struct host *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void host_start_clock(struct host *, uint64_t late_ms);
void host_stop_clock(struct host *);
/* While it waits for us its time does not run. */
void host_pause_clock(struct host *);
void host_resume_clock(struct host *);
void host_stop(struct host *);
void host_start_after(struct host *, uint64_t ms);
/* Reaped, or never started. again: no further tries. */
void host_ended(struct host *, const char *how, bool quick, bool again);
void host_watch_end(void *ctx, int fd, uint32_t events);

/* hosts_spawn.c */
/* 0, or -1; *refused: trying again is of no use. */
int host_spawn(struct host *, bool *refused, struct err *);

/* hosts_serve.c */
void host_readable(void *ctx, int fd, uint32_t events);
/* A token, or false. */
bool rate_take(struct rate *, unsigned burst, unsigned per_s);
/* PolicyViolation in the audit trail; rate-limited with its events. */
void host_violation(struct host *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A sealed text of at most INGOT_TEXT_MAX bytes, whoever made it. */
int host_check_text(int fd, struct err *);

/* hosts_ask.c; each returns -1 for nonsense. */
typedef int host_handler(struct host *, const struct msg *, struct err *);
host_handler host_on_ask, host_on_install, host_on_remove, host_on_reload;

/* hosts_sign.c */
void host_sign_readable(void *ctx, int fd, uint32_t events);

#endif
