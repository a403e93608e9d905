/* SPDX-License-Identifier: MIT */
#ifndef SSH_LOGIN_H
#define SSH_LOGIN_H

#include <libssh/libssh.h>

#include <stdint.h>

#include "err.h"

/*
 * One attempt to come in, over a connection of its own: what a stranger at the
 * port would do, with the answer he would get. A session is never opened; an
 * attempt that succeeds hangs up.
 */
enum login_way {
	LOGIN_PASSWORD, /* a random one */
	LOGIN_KBDINT,
	LOGIN_KEY /* signed, to the end */
};

enum login_end {
	LOGIN_UNCLEAR, /* no answer that means anything */
	LOGIN_REFUSED,
	LOGIN_OFFERED, /* not let in, but invited to try this way */
	LOGIN_ACCEPTED
};

struct login {
	uint16_t port;
	const char *user;
	ssh_key key;     /* LOGIN_KEY; borrowed */
	uint64_t end_ms; /* of now_ms() */
};

/* said: what the server answered; printable. */
enum login_end
login_try(const struct login *, enum login_way, struct err *said);

/* What a client would insist on; NULL: whatever libssh likes. */
struct login_offer {
	const char *name;
	const char *kex;
	const char *ciphers;
	const char *macs;
};

/* Would the server agree to this offer? REFUSED, ACCEPTED or UNCLEAR. */
enum login_end
login_offer(const struct login *, const struct login_offer *, struct err *said);

#endif
