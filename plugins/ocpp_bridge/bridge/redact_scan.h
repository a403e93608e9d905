/* SPDX-License-Identifier: MIT */
#ifndef REDACT_SCAN_H
#define REDACT_SCAN_H

#include "judge.h"

/*
 * Walking over a JSON text that may not have been judged (redact.c). All
 * pointers are into the text, which ends at end and is not ended by a NUL;
 * nothing is read beyond end once scan_fault() has found the text good.
 */

/* Where the text goes wrong, or NULL: it is one array of JSON, at most
 * JUDGE_DEPTH_MAX deep. */
const char *scan_fault(const char *text, const char *end);
const char *scan_space(const char *p, const char *end);
/* Behind the value at p. NULL: *at is where it goes wrong. */
const char *
scan_value(const char *p, const char *end, int depth, const char **at);
/* Behind one character of a string; p itself: it may not stand there. */
const char *scan_character(const char *p, const char *end);

#endif
