/* SPDX-License-Identifier: MIT */
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include "leg_in.h"
#include "listener.h"
#include "upgrade.h"

/*
 * One connection between accept() and the leg it becomes: listener.c makes
 * them and counts them, arrival.c brings each through its handshakes.
 */
enum arrival_state {
	ARRIVAL_TLS,
	ARRIVAL_HEAD,    /* of its request; what has come is in head */
	ARRIVAL_WAITING, /* for its taker's answer */
	ARRIVAL_ENDING   /* it has been refused, and may read why */
};

struct listener {
	struct loop *loop;
	struct wire *wire;
	int fd;
	struct listen_settings set; /* address is not kept */
	struct listener_calls calls;
	void *ctx;
	struct arrival *arrivals; /* newest first */
	unsigned n;
	int timer;          /* until which it does not accept; 0: it does */
	uint64_t tokens_us; /* when the bucket was empty */
};

struct arrival {
	struct arrival *next, **prev;
	struct listener *from;
	struct stream stream;
	enum arrival_state state;
	int timer;
	struct heap head;
	size_t head_len, looked;
	struct upgrade asked;
	struct bytes protocols;
	X509 *certificate;
	void *ctx;
	char peer[STREAM_NAME_MAX], tls[80];
};

#define ARRIVAL_LINGER_MS 1000

/* Owns fd. false: no memory, and it is closed. */
bool arrival_new(struct listener *, int fd, const char *peer);
void arrival_drop(struct arrival *);
/* The oldest whose request has not come: what makes room when all are taken. */
struct arrival *arrival_oldest(struct listener *);

#endif
