/* SPDX-License-Identifier: MIT */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * One epoll loop: descriptors and timers, single-threaded. Callbacks run from
 * loop_run(); any of them may add or remove anything, itself included.
 */
struct loop;

typedef void loop_fd_fn(void *ctx, int fd, uint32_t events); /* EPOLL* bits */
typedef void loop_timer_fn(void *ctx);

struct loop *loop_new(struct err *);
void loop_free(struct loop *);

/* Level-triggered. A second call for the same fd changes events and callback.
 * The fd stays the caller's: loop_forget() before it is closed. */
int loop_watch(struct loop *, int fd, uint32_t events, loop_fd_fn *, void *ctx,
    struct err *);
void loop_forget(struct loop *, int fd);

/* One-shot, CLOCK_BOOTTIME, after_ms from now. An id > 0, or -1. */
int loop_timer(
    struct loop *, uint64_t after_ms, loop_timer_fn *, void *ctx, struct err *);
void loop_untimer(struct loop *, int id); /* 0, -1 and fired ones are fine */

/* Until loop_stop(), or -1. */
int loop_run(struct loop *, struct err *);
/* One round: waits at most wait_ms (-1: until something happens). */
int loop_once(struct loop *, int wait_ms, struct err *);
/*
 * For a loop inside another: its descriptor, to be watched for EPOLLIN, and
 * how long until its next timer (-1: it has none). The outer loop calls
 * loop_once(inner, 0, e) for either. The descriptor stays the loop's.
 */
int loop_fd(const struct loop *);
int loop_wait_ms(const struct loop *);
void loop_stop(struct loop *);
bool loop_stopped(const struct loop *);

uint64_t now_ms(void); /* CLOCK_BOOTTIME */

#endif
