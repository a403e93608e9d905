/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What benchmarks have in common: a clock, a median, an end when something that
 * is to be measured does not even work. */
static inline void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static inline double
seconds_by(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double
seconds(void)
{
	return seconds_by(CLOCK_MONOTONIC);
}

static inline int
timing_up(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts v. */
static inline double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), timing_up);
	return v[n / 2];
}

#endif
