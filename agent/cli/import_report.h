/* SPDX-License-Identifier: MIT */
#ifndef IMPORT_REPORT_H
#define IMPORT_REPORT_H

#include <stdbool.h>

#include "import.h"

/*
 * The report of an import for a person, on stdout: FILE:LINE: in front, as
 * compilers do. out: where documents were written; NULL: nowhere. Without all,
 * only what was not carried over, secrets, and findings.
 */
void import_print(const struct import *, const char *out, bool all);

#endif
