/* SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include "err.h"
#include "json.h"
#include "outcome.h"
#include "units.h"

struct bytes;
struct day;

/*
 * The day report, three times the same: report.csv for a spreadsheet,
 * report.json for a program, report.html for a person: one file that needs
 * nothing beside itself, fit for print. All units of the list stand in it, also
 * those that were done in an earlier run or not begun.
 */
int report_write(const struct day *, struct err *);

/* The caller's. */
json_t *report_unit_json(const struct unit *, const struct outcome *);
json_t *report_day_json(const struct day *); /* counts, without the units */

/* One of the three; what comes from outside is escaped. */
void report_csv(const struct day *, struct bytes *);
void report_json(const struct day *, struct bytes *);
void report_html(const struct day *, struct bytes *);

/* "2026-11-21 10:05:00" of UTC; "" for 0. Static, four in turn. */
const char *report_time(int64_t seconds);

#endif
