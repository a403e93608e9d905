/* SPDX-License-Identifier: MIT */
#ifndef SSH_DROPIN_H
#define SSH_DROPIN_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "document.h"
#include "err.h"
#include "sshd_conf.h"

/*
 * The artifact: the very bytes of the drop-in, which sshd reads and which tell
 * the probe, through comments that begin with "#: ", what else it must know.
 *
 * The policy's slot "drop-in" must lead to DROPIN_PATH (its name sorts before
 * all others, and sshd takes the first value it meets), "canary" to
 * CANARY_PATH, which holds the public half of the key that the plugin's process
 * probes with (plugin.c).
 */
#define SSHD_CONFIG_PATH "/etc/ssh/sshd_config"
#define DROPIN_PATH      "/etc/ssh/sshd_config.d/00-ingot.conf"
#define CANARY_PATH      "/etc/ssh/ingot-canary"

/* What the probe holds the server against; from the artifact alone. */
struct ssh_promise {
	struct sshd_conf conf; /* the drop-in's directives */
	uint16_t port;
	char probe_user[SSH_NAME_MAX + 1];
	char users[SSH_NAMES_MAX][SSH_NAME_MAX + 1]; /* the probe user first */
	size_t n_users;
};

/* Appends the drop-in to out. The same document gives the same bytes. */
void dropin_write(const struct ssh_document *, struct bytes *out);

/* The reverse. What dropin_write() did not write is refused. */
int
dropin_read(struct ssh_promise *, const char *text, size_t len, struct err *);
void ssh_promise_free(struct ssh_promise *); /* fine on a zeroed one */
#define own_promise __attribute__((cleanup(ssh_promise_free), unused))

#endif
