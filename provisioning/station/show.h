/* SPDX-License-Identifier: MIT */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>
#include <stddef.h>

struct day;
struct worker;

/*
 * How a day looks while it goes on. On a terminal: one line for each unit
 * under way and one that counts, drawn again in place on standard error. Into
 * a file: a line for each step. Either way one result line for each unit on
 * standard output. With --json nothing but JSON lines on standard output:
 *
 *	{ "event": "step", "unit", "step" }
 *	{ "event": "unit", "unit", "host", ... as in report.json }
 *	{ "event": "day", "done", "failed", ... }
 */
struct show {
	bool json;
	bool terminal;
	int drawn; /* lines on the terminal that are drawn over */
};

void show_open(struct show *, bool json);
/* A worker has begun a step, or said how far it is. */
void show_step(struct day *, const struct worker *);
void show_note(struct day *, const struct worker *);
/* On a terminal: draws each second from now on. ctx: the struct day. */
void show_tick(void *ctx);
/* The unit at this place has its outcome. */
void show_unit(struct day *, size_t at);
/* A sentence about the day. */
void show_say(struct day *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void show_end(struct day *);

#endif
