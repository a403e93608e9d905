/* SPDX-License-Identifier: MIT */
#ifndef OCPP_TAIL_H
#define OCPP_TAIL_H

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The newest frames and events, for a person who looks: at most TAIL_LINES, at
 * most TAIL_BYTES of text, oldest out first. Events are always kept. Frames
 * only while somebody asks (and a minute after), and a faulty one always: what
 * nobody reads costs no copy. Texts are redacted before they come here.
 */
#define TAIL_LINES  512
#define TAIL_BYTES  (256 * 1024)
#define TAIL_ASK_MS 60000

struct tail;

struct tail *tail_new(void); /* NULL: no memory */
void tail_free(struct tail *);

bool tail_watched(const struct tail *, uint64_t now_ms);
/* kind: "up", "down", or an event's. Text longer than 4 KiB is cut, at a
 * character's start. Out of memory: the line is lost. */
void tail_add(struct tail *, const char *identity, const char *kind,
    const char *text, size_t len);
/* {"next":N,"lines":[{"n","at","charger","kind","text"}]}: those with n >
 * after, of one identity (NULL: all). next: for `after` of the next call. NULL:
 * no memory. */
json_t *tail_after(
    struct tail *, const char *identity, uint64_t after, uint64_t now_ms);

#endif
