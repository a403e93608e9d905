/* SPDX-License-Identifier: MIT */
#ifndef SLOT_H
#define SLOT_H

#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * Slots: @{unit.serial}, @{issued.mqtt.username}, @{generated.psk:32}. A name
 * is [a-z0-9._-], at most SLOT_NAME_MAX; generated ones say their length in
 * characters (8 to 64). "@@{" stands for a literal "@{".
 *
 * Values are [A-Za-z0-9._:/@+=-], at most SLOT_VALUE_MAX characters: safe
 * inside a quoted text of every format we fill, so none needs quoting here.
 */
#define SLOT_NAME_MAX  64
#define SLOT_VALUE_MAX 512
#define SLOT_COUNT_MAX 1024 /* in one text */

/* 1: value written; 0: no value yet; -1: failed. */
typedef int slot_value_fn(void *ctx, const char *name,
    char value[static SLOT_VALUE_MAX + 1], struct err *);

/*
 * Fills all slots of text into out. Returns the number of slots that have no
 * value yet (out is then not to be used; missing, when not NULL, receives the
 * first one's name), or -1 with "what:line: ...".
 */
int slot_fill(const char *what, const char *text, size_t len,
    slot_value_fn *value, void *ctx, struct bytes *out,
    char missing[SLOT_NAME_MAX + 1], struct err *e);

/* Is "unit.serial" or "generated.psk:32" a name that slot_fill() takes? */
int slot_name_check(const char *name, struct err *);

#endif
