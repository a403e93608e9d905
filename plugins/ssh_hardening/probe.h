/* SPDX-License-Identifier: MIT */
#ifndef SSH_PROBE_H
#define SSH_PROBE_H

#include <libssh/libssh.h>

#include "dropin.h"
#include "plugin.h"

/*
 * Is the SSH server as promised? Six findings, each with what was offered and
 * what the server said:
 *
 *	ssh.dropin-first	    no other line of sshd_config counts instead
 *	ssh.weak-algorithms-refused nothing but the profile is offered or taken
 *	ssh.password-refused	    for each user, for root, for a stranger
 *	ssh.kbdint-refused	    the same for keyboard-interactive
 *	ssh.admin-accepted	    the probe user comes in with a good key
 *	ssh.root-refused	    root does not, with that very key, signed
 *
 * key: its public half stands in the canary file; NULL: it does not, and the
 * last two findings fail. 0: looked, whatever was seen; -1: could not look.
 */
int probe_server(
    const struct ingot_host *, const struct ssh_promise *, ssh_key key);

/*
 * Waits until the server at the promise's port offers the promise's key
 * exchange: it has then read its configuration again. 0: it does, or it
 * answers otherwise and probe will say why; -1: it is not there any more.
 */
int probe_wait(const struct ssh_promise *, struct err *);

#endif
