/* SPDX-License-Identifier: MIT */
#ifndef OCPP_SECURE_H
#define OCPP_SECURE_H

#include "pair.h"

/*
 * Certificates, profiles, keys and security events: what the gateway answers
 * or does itself, by the policy of a charge point's class (secure_handled in
 * pair.h), and what it does by itself. One for the bridge. What the bridge owes
 * it:
 *
 *	secure_dialled()  a dial ended, by whatever: before anything is done
 *			  about it. True: the charger's record was set back to
 *			  what had worked; dial again at once, if no leg of the
 *			  CSMS is open
 *	secure_opened()	  a pair came to PAIR_OPEN, also by pair_redial()
 *	secure_event()	  a security event of the gateway's own legs, in 2.x's
 *			  names: kept, and told to the CSMS if it is one of the
 *			  critical ones. pair NULL: of nobody that is known
 *	secure_note()	  the same for the log alone
 *
 * Its changes of a record (profile, secret, leaf) are durable before they are
 * answered or dialled with: OCPP 1.6 security A01, A05; 2.x the same and B09.
 */
struct secure;

/* Borrows all; its folder is state/secure. */
struct secure *
secure_new(struct bridge *, struct loop *, const struct bridge_host *,
    struct chargers *, const struct ocpp_settings *, struct err *);
void secure_serve(struct secure *, const struct ocpp_settings *);
void secure_free(struct secure *); /* NULL is fine */

bool secure_dialled(struct secure *, struct pair *, const struct dial_result *);
void secure_opened(struct secure *, struct pair *);
void secure_event(
    struct secure *, struct pair *, const char *kind, const char *text);
void secure_note(struct secure *, const char *kind, const char *text);

/* The bridge's one (bridge.c); NULL: its folder is not usable. */
struct secure *bridge_secure(struct bridge *);
/* Anchors or leaves of the store have changed (bridge.c: tls_up_forget). */
void bridge_certs_changed(struct bridge *);
/* Fingerprint of the root in use (bridge.c: tls_up_root), "" */
void bridge_root(struct bridge *, char out[static 65]);

/* The context for a server that is not the CSMS, but trusted as it is: no
 * certificate of ours is shown (bridge.c). *out: SSL_CTX_free. */
int bridge_server_tls(
    struct bridge *, const struct ocpp_csms *, SSL_CTX **out, struct err *);

#endif
