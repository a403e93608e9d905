/* SPDX-License-Identifier: MIT */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "hostkeys.h"
#include "units.h"

/*
 * One SSH connection to one unit, by libssh with everything ambient taken out:
 * no configuration file, no known_hosts of the user, no key of the user that
 * was not named. The socket is ours and watched by the kernel (keepalive,
 * TCP_USER_TIMEOUT), so a unit that is unplugged is noticed within timeout_s
 * whatever libssh is waiting for.
 *
 * Blocking, for a process that serves one unit and nothing else. libssh's own
 * waits during key exchange and login are bounded by who watches the process.
 */
struct link;

struct link_want {
	const struct unit *unit;
	unsigned timeout_s;
	const char *identity; /* private key file, or NULL */
	const char *password; /* or NULL */
	/* Is this the unit's key? 0: yes; -1 and e: no. */
	int (*judge)(void *ctx, const struct hostkey_shown *, struct err *);
	void *ctx;
};

/* The connection with the host key judged, nobody logged in; NULL: e says why;
 * its code is EPERM when the key was refused. */
struct link *link_open(const struct link_want *, struct err *);
/* By key file, agent, password or its prompt, whichever of them there are. */
int link_login(struct link *, const struct link_want *, struct err *);
void link_free(struct link *);
/* SHA256:... of the host key that was taken. */
const char *link_hostkey(const struct link *);

/* What goes to the command's standard input: len bytes of fd from offset on,
 * or of data; nothing when both are missing. */
struct link_input {
	const void *data;
	int fd; /* used when data is NULL */
	uint64_t offset;
	uint64_t len;
	void (*sent)(void *ctx, uint64_t bytes); /* or NULL: how far it is */
	void *ctx;
};

/* What a command said. Freed (and wiped) by the caller. */
#define LINK_SAID_MAX (512 * 1024)
struct said {
	struct bytes out;
	struct bytes err;
	int status; /* exit status; -1: ended by a signal */
};
void said_free(struct said *);
#define own_said __attribute__((cleanup(said_free), unused))

/*
 * Runs a command, as sshd gives it to the login's shell, for at most limit_ms.
 * 0: it ended, however it ended; -1: the connection broke or the time was up.
 * More than LINK_SAID_MAX bytes of output are an error.
 */
int link_run(struct link *, const char *command, const struct link_input *,
    unsigned limit_ms, struct said *, struct err *);

#endif
