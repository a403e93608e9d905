/* SPDX-License-Identifier: MIT */
#ifndef OCPP_JUDGING_H
#define OCPP_JUDGING_H

#include "settings.h"

/*
 * How strictly a frame is taken: the last rule that fits decides, without one
 * OCPP_WARN. action: empty when it could not be read; only rules for all
 * actions fit then.
 */
enum ocpp_judging judging_of(const struct ocpp_settings *, enum ocpp_version,
    enum ocpp_way, const char *identity, struct span action);

#endif
