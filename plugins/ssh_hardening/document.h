/* SPDX-License-Identifier: MIT */
#ifndef SSH_DOCUMENT_H
#define SSH_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What a person writes about the SSH server, as values that can be put into
 * an sshd_config without a second thought: every name has been held against a
 * character set that knows no blank, no quote and no line end.
 */
#define SSH_NAMES_MAX 8
#define SSH_NAME_MAX  32 /* bytes of a user's or group's name, useradd(8) */
#define SSH_PATH_MAX  128

struct ssh_document {
	uint16_t port;
	char users[SSH_NAMES_MAX][SSH_NAME_MAX + 1];
	size_t n_users;
	char groups[SSH_NAMES_MAX][SSH_NAME_MAX + 1];
	size_t n_groups;
	char probe_user[SSH_NAME_MAX + 1];
	char keys[SSH_PATH_MAX + 1]; /* where a user's public keys stand */
	const struct ssh_algorithms *algorithms;
	unsigned max_tries;
	unsigned max_sessions;
	unsigned login_grace_s;
	unsigned idle_s;
};

/* One set of algorithms, as sshd_config(5) writes them. */
struct ssh_algorithms {
	const char *name;
	const char *kex;
	const char *ciphers;
	const char *macs;
	const char *keys; /* of hosts and of users */
};

/*
 * Reads the document of len bytes. Errors name file and line; keys that are
 * not known, users named root and a document that lets nobody in are refused.
 */
int ssh_document_read(
    struct ssh_document *, const char *text, size_t len, struct err *);

/* 1: the name is one that useradd(8) would make; 0: it is not. */
int ssh_name_good(const char *);

#endif
