/* SPDX-License-Identifier: MIT */
#ifndef CTL_IN_H
#define CTL_IN_H

#include <sys/types.h>

#include <stdbool.h>

#include "agent.h"
#include "ctl_verbs.h"

/*
 * Inside the command socket: ctl_clients.c holds who is connected, ctl.c what
 * they ask.
 */
struct client {
	struct client *next;
	struct ctl *ctl;
	int fd;
	uid_t uid;
	pid_t pid;
	bool reader; /* in the group */
	struct ctl_call *call;
	int idle; /* timer */
};

struct ctl_call {
	struct ctl_call *next;
	struct ctl *ctl;
	struct client *client; /* NULL: has gone away */
	uid_t uid;             /* who asked; it still counts against him */
	const struct ctl_verb *verb;
	json_t *args;
	int fd;
};

struct ctl {
	struct agent *agent;
	int fd;
	gid_t group; /* (gid_t)-1: there is none */
	struct client *clients;
	struct ctl_call *calls;
};

/* ctl_clients.c */
void client_drop(struct client *);
/* From now on it is cut off when it asks nothing for a minute. */
void client_wait(struct client *);
void client_busy(struct client *);
/* False: it did not read, and is gone. */
bool client_send(struct client *, const json_t *);
bool client_send_fd(struct client *, const json_t *, int fd);
int ctl_listen(struct ctl *, const char *run_dir, struct err *);

/* ctl.c: one packet of a client's; fd is eaten. */
void ctl_serve(struct client *, const char *text, size_t len, int fd);
bool ctl_refuse(struct client *, enum ctl_code, const char *text);

#endif
