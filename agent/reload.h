/* SPDX-License-Identifier: MIT */
#ifndef RELOAD_H
#define RELOAD_H

#include "agent.h"

/*
 * Reads config again and takes it over, and the plugins' policies with it. On
 * an error in the file nothing has changed; the folders can not change at all.
 * before receives the old settings, whose texts a part of the agent may still
 * hold; what it held is freed. Not during a transaction.
 */
int reload_settings(
    struct agent *, const char *config, struct settings *before, struct err *);

#endif
