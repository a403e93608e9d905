/* SPDX-License-Identifier: MIT */
#ifndef OCPP_EXPOSE_H
#define OCPP_EXPOSE_H

#include "buf.h"
#include "err.h"
#include "loop.h"
#include "settings.h"

/*
 * The API for others: a Mosquitto of our own, behind mutual TLS, which has no
 * more of the local broker than the topics that the document names one by one.
 *
 *	topics = [ "out ocpp/+/event/#", "in ocpp/+/call/+" ];
 *
 * "out" is handed on from the local broker to the exposed one, "in" the other
 * way. Whoever has a certificate of exposed.anchors may read what goes out and
 * write what comes in, and nothing else. Its configuration is made here and
 * installed by the plugin; the agent keeps the process while that file stands.
 *
 * We reach it by a listener on the loopback address with a password, since
 * Mosquitto 2.0 can not bridge to a unix socket.
 */
#define EXPOSE_SECRET_LEN 32 /* characters, random_text() of digest.h */

struct expose_files {
	struct bytes conf, acl, passwd; /* bytes_free() each */
};

/* Where the policy puts "acl" and "passwd": the configuration names them. */
#define EXPOSE_FOLDER "/etc/ingot/broker"
#define EXPOSE_USER   "bridge"

/* Is each topic "out FILTER" or "in FILTER", a filter that MQTT 3.1.1 4.7
 * allows, and none of the one way within one of the other? */
int expose_check(const struct ocpp_exposed *, struct err *);
/* Pure: the same settings and secret give the same bytes. */
int expose_files(const struct ocpp_exposed *, const char *secret,
    struct expose_files *, struct err *);

struct expose;
/* Hands on between the mirror's broker and the exposed one. */
struct expose *expose_new(struct loop *, const struct ocpp_exposed *,
    const struct ocpp_mirror *, const char *secret, struct err *);
void expose_free(struct expose *);

/* Could one topic fit both filters? */
bool topic_filters_meet(const char *, const char *);
/* A filter of MQTT 3.1.1 4.7.1: '#' last and alone in its level, '+' alone. */
bool topic_filter_good(const char *);

#endif
