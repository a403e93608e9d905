/* SPDX-License-Identifier: MIT */
#ifndef DIAL_IN_H
#define DIAL_IN_H

#include <sys/socket.h>

#include <netdb.h>
#include <stdatomic.h>

#include "dial.h"
#include "leg_in.h"
#include "upgrade.h"

/*
 * The stages of a dial: connecting (dial.c) and the upgrade (dial_upgrade.c) in
 * the loop; in the crew what waits, names and TLS (dial_crew.c).
 */
struct shake;

struct dial {
	struct loop *loop;
	struct crew *crew;
	struct wire *wire;
	void (*done)(void *ctx, const struct dial_result *);
	void *ctx;
	SSL_CTX *tls;
	char *host, *name, *protocols;
	uint16_t port;
	bool wildcards, deflate;
	struct leg_limits limits;
	uint64_t late_at; /* now_ms() */
	int timer, job;
	struct shake *shaking;         /* the job's */
	struct addrinfo *found, *next; /* addresses, the next one to try */
	struct stream stream;
	char peer[STREAM_NAME_MAX];
	char key[UPGRADE_KEY_MAX + 1];
	struct bytes request;
	size_t sent;
	struct heap head; /* of the answer */
	size_t looked;
	enum dial_end end; /* what to tell when it fails */
	char why[160];
};

#define DIAL_LEAST_MS 250 /* for one address, when there are several */

/* The crew's work; each comes back to one of dial_found(), dial_shaken(). */
int dial_look_up(struct dial *, struct err *);
int dial_shake(struct dial *, struct err *);
void dial_forget(struct dial *); /* whatever the crew does for it */

/* dial_upgrade.c: the connection is there. */
void dial_upgrade(struct dial *);

/* Only from the loop; the dial may be gone afterwards. */
void dial_finish(struct dial *, const struct dial_result *);
void dial_fails(struct dial *, enum dial_end, unsigned status, const char *why);
enum dial_end dial_end_of(unsigned long openssl_error);

void dial_found(struct dial *, struct addrinfo *, const char *why);
/* error: OpenSSL's; why NULL: it went well. */
void dial_shaken(struct dial *, unsigned long error, const char *why);

#endif
