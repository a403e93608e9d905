/* SPDX-License-Identifier: MIT */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "service/policy.h"
#include "service/registry.h"

/*
 * The gate's memory of who is connected: for each live client the row of the
 * registry that let him in. Mosquitto is single-threaded, and so is this.
 */
#define SESSION_ID_MAX  127
#define SESSION_WHY_MAX 200

struct mosquitto;
struct sessions;

struct session {
	struct session *next;
	const struct mosquitto *client; /* the key */
	enum policy_role role;          /* POLICY_NOBODY: fallen */
	char unit[WIRE_NAME_MAX + 1];
	char name[WIRE_NAME_MAX + 1]; /* batch, worker or serial */
	char client_id[SESSION_ID_MAX + 1];
	char fingerprint[SHA256_HEX];
	int64_t until; /* the certificate's end, or a pending one's hour */
	bool kick;     /* to be disconnected */
	bool gone;     /* disconnected; only its will is still to be judged */
};

/* Opens the registry, read-only. */
struct sessions *sessions_new(const char *registry, struct err *);
void sessions_free(struct sessions *);

/* May this client connect? Remembers him, or -1 with the reason. */
int session_open(struct sessions *, struct mosquitto *, const char *username,
    const char *password, char why[static SESSION_WHY_MAX]);
/* As the registry is now; NULL: not, or no longer, let in. */
const struct session *session_find(struct sessions *, const struct mosquitto *);
void session_close(struct sessions *, const struct mosquitto *);
/* The client id of one that has to be disconnected; each is told once. */
bool session_fallen(struct sessions *, char id[static SESSION_ID_MAX + 1]);

#endif
