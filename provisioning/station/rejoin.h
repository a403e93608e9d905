/* SPDX-License-Identifier: MIT */
#ifndef REJOIN_H
#define REJOIN_H

#include "work.h"

/*
 * Finding a unit again that has made new host keys while nobody listened.
 * Applying a snapshot does that, and a station that is killed, or a cable that
 * is pulled, right then has not heard of them. So before it applies, the
 * station leaves a random word with the unit (root's alone) and keeps it
 * itself. A unit with a strange key is then asked for SHA-256(word, fingerprint
 * of that key): only the unit knows the word, and whoever stands between shows
 * a fingerprint of his own. Until that holds nothing is said to it but a login
 * by key, which gives nothing away; never a password.
 */
#define REJOIN_DIR "rejoin" /* in the day's folder, 0700 */

/* Before the apply, over a connection whose key is known. */
int rejoin_prepare(struct work *, struct err *);
/* 0: it is the unit, and its new key is in the record. */
int rejoin_prove(struct work *, struct err *);
void rejoin_forget(struct work *);

#endif
