/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_H
#define FORMATS_H

#include "scan.h"

/*
 * RFC 3339 section 5.6, date-time, and only dates that exist. Any number of
 * digits behind the second. T and Z may be lower case, as the RFC says. Second
 * 60 is taken at 23:59 UTC of any day: which days had one is no matter of
 * grammar.
 */
bool format_time(struct span);
/* RFC 3986: a URI with its scheme, of the characters a URI may have. */
bool format_uri(struct span);

/* Exact, from the digits. */
bool number_is_whole(const struct number *);
/* Of 15 digits: 16.100000000000001 is how many print 16.1, and what all read
 * of it. */
bool number_is_tenths(const struct number *);
/* -1, 0, 1: less than, equal to, greater than limit. */
int number_compare(const struct number *, int32_t limit);

#endif
