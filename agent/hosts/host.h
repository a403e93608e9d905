/* SPDX-License-Identifier: MIT */
#ifndef HOST_H
#define HOST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "loop.h"
#include "msg.h"
#include "plugin.h"
#include "spec.h"
#include "syscalls.h"

/*
 * The plugin host from the inside; only its own files include this. One
 * process, one plugin, one struct host.
 */

/* How a host that was not killed ends. */
enum host_exit {
	HOST_DONE = 0,   /* told to go, or the agent is gone */
	HOST_SELF = 1,   /* an error of its own, as: no memory */
	HOST_WORDS = 2,  /* command line */
	HOST_CAGE = 3,   /* the cage could not be closed */
	HOST_PLUGIN = 4, /* the file is no plugin that can be loaded here */
	HOST_TALK = 5    /* the agent said what it may not say */
};

/* What the plugin is doing; bits, so that a call can name several. */
enum host_phase {
	PHASE_IDLE = 1, /* a callback of watch or timer */
	PHASE_OPEN = 2,
	PHASE_RENDER = 4,
	PHASE_ACTIVATE = 8,
	PHASE_PROBE = 16,
	PHASE_ANSWER = 32
};

struct host {
	struct ingot_host api; /* first: what the plugin knows of this */
	struct host_spec spec;
	struct ingot_plugin plugin; /* a copy; zero beyond its own size */
	void *self;                 /* the plugin's own state */
	enum host_phase phase;
	struct loop *loop;
	int term;          /* signalfd of SIGTERM */
	struct bytes out;  /* what emit() has written */
	struct bytes told; /* the newest answer to ask() */
	uint32_t last_id;
	struct later *later; /* messages that came while waiting */
	pthread_mutex_t sign_lock;
	struct syscalls *syscalls;
	void *library; /* never closed: threads may be in it */
};

/* host_talk.c */

/* Says why to the agent, or on stderr when there is none; never returns. */
void host_die(enum host_exit, const struct err *) __attribute__((noreturn));
/* Sends to the agent; an agent that is gone is -1, any other trouble ends the
 * host. fd stays the caller's. */
int host_send(struct host *, uint32_t type, uint32_t id, const struct wbuf *,
    int fd, struct err *);
/*
 * A request, and its answer: 0 and *got filled in (its descriptor is the
 * caller's), or -1 with the agent's reason. Requests of the agent that arrive
 * meanwhile are kept. Gives up when the host is told to go. Main thread.
 */
int host_request(struct host *, uint32_t type, const struct wbuf *, int fd,
    struct msg *got, struct err *);
/* The same on the sign channel; any thread, the caller holds sign_lock. */
int host_request_sign(
    struct host *, const struct wbuf *, struct msg *got, struct err *);
/* The oldest message that was kept: true and *m, or false. */
bool host_kept(struct host *, struct msg *m);

/* host_calls.c */

/* The functions of struct ingot_host. */
void host_calls_init(struct host *);
/* Where fail() of this thread writes. */
struct err *host_why(void);

/* host_cage.c */

/* Everything up to and with the first stage of seccomp. */
int host_cage(struct host *, struct err *);

/* host_serve.c */

/* Until SIGTERM or the agent's end; closes the plugin. */
void host_serve(struct host *);

#endif
