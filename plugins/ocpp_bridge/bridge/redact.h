/* SPDX-License-Identifier: MIT */
#ifndef OCPP_REDACT_H
#define OCPP_REDACT_H

#include "buf.h"
#include "judge.h"

/*
 * Adds a frame for people's eyes to out: its bytes with every secret replaced
 * by "***": AuthorizationKey, BasicAuthPassword, all secrets of
 * SetNetworkProfile, whatever else is named like a password, user and password
 * of a URL, the payload of a signed message, and with idtags every idTag and
 * idToken (ocpp.md 1.6, 9 item 27). All other bytes are as they came.
 *
 * The text itself is read, not what was made of it, so f may be NULL. action:
 * of the CALL, for an answer too (an error's description may repeat what was
 * asked); NULL: not known, and nothing is known against it. What can not be
 * read is replaced as a whole by its length and the place of its fault:
 * {"unreadable":1234,"at":17}; the same when out's limit is passed.
 */
void redact(enum ocpp_version, const struct frame *f, const char *action,
    struct span text, bool idtags, struct bytes *out);

#endif
