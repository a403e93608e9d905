/* SPDX-License-Identifier: MIT */
/*
 * The day for a person: what needs a hand first, then every unit. Words that
 * came from a unit or a file are text and nothing else: every one goes through
 * esc(), and a content policy forbids the page to load or run anything.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "day.h"
#include "report.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Ingot: day report</title>\n<style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;"
    "max-width:84rem;padding:0 1rem;color:#1b1b1b;background:#fff}\n"
    "h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;"
    "margin-top:2rem}p{margin:.2rem 0}\n"
    "table{border-collapse:collapse;width:100%;margin:.8rem 0}\n"
    "th,td{border-bottom:1px solid #d5d5d5;padding:.35rem .6rem;"
    "text-align:left;vertical-align:top}\n"
    "td{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    "th{font-weight:600;border-bottom:2px solid #888}\n"
    "td.n,th.n{text-align:right;white-space:nowrap}"
    "code{font-size:.9em}\n"
    ".done{color:#0a6b2c}.failed,.refused{color:#b00020;font-weight:600}"
    ".interrupted,.waiting,.running{color:#8a5a00;font-weight:600}\n"
    ".sum{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;margin:.8rem 0;"
    "font-size:1.1rem}\n"
    "@media print{body{margin:0;max-width:none;font-size:10pt}"
    "tr{break-inside:avoid}thead{display:table-header-group}"
    "h2{break-after:avoid}@page{size:A4 landscape;margin:12mm}}\n"
    "</style></head><body>\n";

static void
esc(struct bytes *out, const char *text)
{
	static const struct {
		char c;
		const char *as;
	} marks[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };
	size_t i;

	for (; *text != '\0'; text++) {
		for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
			if (marks[i].c == *text)
				break;
		if (i < sizeof(marks) / sizeof(marks[0]))
			bytes_fmt(out, "%s", marks[i].as);
		else
			bytes_add(out, text, 1);
	}
}

static void
cell(struct bytes *out, const char *text)
{
	bytes_fmt(out, "<td>");
	esc(out, text);
}

/* The first digits of a hash, which is what a unit says it is. */
static void
short_hash(struct bytes *out, const char *hash)
{
	char digits[13];

	(void)snprintf(digits, sizeof(digits), "%.12s", hash);
	bytes_fmt(out, "<code>");
	esc(out, digits);
	bytes_fmt(out, "</code>");
}

static void
summary(const struct day *d, struct bytes *out)
{
	size_t n[OUTCOMES];
	const int64_t now = time(NULL);

	bytes_fmt(out, "<h1>Day report</h1>\n<p>Bundle <code>");
	esc(out, d->job->bundle_path);
	bytes_fmt(out, "</code>, snapshot ");
	short_hash(out, d->job->snapshot == NULL ? "?" : d->job->snapshot);
	bytes_fmt(out, ", %s to %s UTC, %lld s, %ld units side by side.</p>\n",
	    report_time(d->began), report_time(now),
	    (long long)(now - d->began), d->job->jobs);
	day_count(d, n);
	bytes_fmt(
	    out, "<div class=\"sum\"><span>%zu units</span>", d->units->count);
	for (size_t i = 0; i < OUTCOMES; i++)
		if (n[i] > 0)
			bytes_fmt(out, "<span class=\"%s\">%zu %s</span>",
			    outcome_name((enum outcome_how)i), n[i],
			    i == OUTCOME_WAITING
				? "not begun"
				: outcome_name((enum outcome_how)i));
	bytes_fmt(out, "</div>\n");
}

static void
hands_needed(const struct day *d, struct bytes *out)
{
	const struct outcome *o;
	bool any = false;

	for (size_t i = 0; i < d->units->count; i++) {
		o = &d->outcomes[i];
		if (o->how == OUTCOME_DONE || o->how == OUTCOME_WAITING)
			continue;
		if (!any)
			bytes_fmt(out,
			    "<h2>What needs a hand</h2>\n<table><thead><tr>"
			    "<th>unit<th>host<th>result<th>step<th>reason"
			    "<th>what to do</tr></thead>\n");
		any = true;
		bytes_fmt(out, "<tr>");
		cell(out, d->units->unit[i].name);
		cell(out, d->units->unit[i].host);
		bytes_fmt(out, "<td class=\"%s\">%s", outcome_name(o->how),
		    outcome_name(o->how));
		cell(out, o->step);
		cell(out, o->why);
		cell(out, o->next);
		bytes_fmt(out, "</tr>\n");
	}
	if (any)
		bytes_fmt(out, "</table>\n");
}

static void
unit_row(const struct unit *u, const struct outcome *o, struct bytes *out)
{
	const char *how = outcome_name(o->how);

	bytes_fmt(out, "<tr>");
	cell(out, u->name);
	cell(out, u->host);
	cell(out, u->model);
	cell(out, u->hardware);
	bytes_fmt(out, "<td class=\"%s\">%s", how,
	    o->before                       ? "done before"
		: o->how == OUTCOME_WAITING ? "not begun"
					    : how);
	cell(out, o->mode);
	bytes_fmt(out, "<td>");
	short_hash(out, o->snapshot);
	cell(out, o->agent);
	cell(out, o->verdict);
	bytes_fmt(out, "<td><code>");
	esc(out, o->hostkey);
	bytes_fmt(out, "</code><td>");
	short_hash(out, o->birth);
	bytes_fmt(out, "<td>%s<td class=\"n\">%.1f<td class=\"n\">%lld</tr>\n",
	    report_time(o->ended), (double)o->ms / 1000, (long long)o->tries);
}

void
report_html(const struct day *d, struct bytes *out)
{
	bytes_fmt(out, "%s", head);
	summary(d, out);
	hands_needed(d, out);
	bytes_fmt(out,
	    "<h2>All units</h2>\n<table><thead><tr><th>unit<th>host<th>model"
	    "<th>hardware<th>result<th>mode<th>snapshot<th>agent<th>verdict"
	    "<th>host key<th>birth record<th>ended (UTC)<th class=\"n\">s"
	    "<th class=\"n\">tries</tr></thead>\n");
	for (size_t i = 0; i < d->units->count; i++)
		unit_row(&d->units->unit[i], &d->outcomes[i], out);
	bytes_fmt(out,
	    "</table>\n<p>Birth records are in <code>birth/</code> beside this "
	    "file; the column shows the first digits of their SHA-256.</p>\n"
	    "</body></html>\n");
}
