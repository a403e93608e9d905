/* SPDX-License-Identifier: MIT */
#ifndef OCPP_REDACT_H
#define OCPP_REDACT_H

#include "buf.h"
#include "judge.h"

/*
 * A frame for people's eyes: its bytes with every secret replaced by "***":
 * AuthorizationKey, BasicAuthPassword, all secrets of SetNetworkProfile, and by
 * option every idTag / idToken (ocpp.md 1.6). A frame that can not be read
 * (faulty) is replaced as a whole by its length and the place of its fault.
 */
void redact(enum ocpp_version, const struct frame *, const char *action,
    struct span text, bool idtags, struct bytes *out);

#endif
