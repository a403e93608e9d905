/* SPDX-License-Identifier: MIT */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "buf.h"
#include "deflate.h"
#include "http.h"

/*
 * The opening handshake, RFC 6455 section 4, on a head that http.h has read.
 */
#define UPGRADE_KEY_MAX  24 /* base64 of 16 bytes */
#define UPGRADE_HASH_MAX 28 /* base64 of a SHA-1 */

/* What a client asked for; all texts point into the head. */
struct upgrade {
	const char *path, *host, *key;
	const char *user; /* of Basic credentials, or NULL */
	const uint8_t *password;
	size_t password_len;
	struct deflate_terms deflate;
	char deflate_answer[DEFLATE_ANSWER_MAX];
};

/*
 * Reads a client's upgrade (4.2.1). Credentials are decoded in place. -1:
 * *status is to be answered. deflate: whether it may be agreed upon.
 */
int upgrade_asked(struct http_head *, bool deflate, struct upgrade *,
    unsigned *status, struct err *);
/* All that it offered as subprotocols, one comma list. */
void upgrade_protocols(const struct http_head *, struct bytes *);

/* The answer 101 (4.2.2); protocol NULL: without one. */
void
upgrade_accept(struct bytes *, const struct upgrade *, const char *protocol);
/* Any other answer; it ends the connection. */
void upgrade_refuse(struct bytes *, unsigned status, const char *why);

struct upgrade_request {
	const char *host;
	uint16_t port;
	bool tls; /* decides which port goes without saying */
	const char *path, *protocols, *user;
	const uint8_t *password;
	size_t password_len;
	bool deflate;
	char key[UPGRADE_KEY_MAX + 1];
};
/* The client's request (4.1). Holds the password: free it with bytes_free. */
void upgrade_ask(struct bytes *, const struct upgrade_request *);

/*
 * Judges an answer whose status is 101 (4.1, from "If the status code"). -1: it
 * is none to what was asked. protocol points into the head, "" for none.
 */
int upgrade_answered(const struct http_head *, const char *key,
    const char *protocols, bool deflate, struct deflate_terms *,
    const char **protocol, struct err *);

void upgrade_key(
    const uint8_t random[static 16], char key[static UPGRADE_KEY_MAX + 1]);
void upgrade_hash(const char *key, char hash[static UPGRADE_HASH_MAX + 1]);

#endif
