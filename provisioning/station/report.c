/* SPDX-License-Identifier: MIT */
/*
 * CSV and JSON of the day, and the writing of all three files: each by the
 * durable write, so that a report is whole or the one before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "csv.h"
#include "day.h"
#include "file.h"
#include "report.h"

const char *
report_time(int64_t seconds)
{
	static char texts[4][24];
	static unsigned turn;
	char *out = texts[turn++ % 4];
	time_t t = (time_t)seconds;
	struct tm tm;

	*out = '\0';
	if (seconds > 0 && gmtime_r(&t, &tm) != NULL)
		(void)strftime(out, sizeof(texts[0]), "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

json_t *
report_unit_json(const struct unit *u, const struct outcome *o)
{
	json_t *j = outcome_json(o);

	(void)json_object_set_new(j, "unit", json_string(u->name));
	(void)json_object_set_new(j, "serial", json_string(u->serial));
	(void)json_object_set_new(j, "host", json_string(u->host));
	(void)json_object_set_new(j, "port", json_integer(u->port));
	(void)json_object_set_new(j, "model", json_string(u->model));
	(void)json_object_set_new(j, "hardware", json_string(u->hardware));
	return j;
}

json_t *
report_day_json(const struct day *d)
{
	size_t n[OUTCOMES];
	json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "bundle",
	    d->job->bundle_path, "bundle_sha256", d->job->bundle.sha256,
	    "snapshot", d->job->snapshot == NULL ? "" : d->job->snapshot,
	    "began", (json_int_t)d->began, "ended", (json_int_t)time(NULL),
	    "units", (json_int_t)d->units->count);

	day_count(d, n);
	for (size_t i = 0; i < OUTCOMES; i++)
		(void)json_object_set_new(j, outcome_name((enum outcome_how)i),
		    json_integer((json_int_t)n[i]));
	return j;
}

void
report_json(const struct day *d, struct bytes *out)
{
	own_json json_t *list = json_array();
	own_json json_t *all = NULL;
	own_str char *line = NULL;

	for (size_t i = 0; i < d->units->count; i++)
		(void)json_array_append_new(list,
		    report_unit_json(&d->units->unit[i], &d->outcomes[i]));
	all = json_pack("{s:o, s:O}", "day", report_day_json(d), "units", list);
	if ((line = json_line(all)) == NULL)
		out->bad = true;
	else
		bytes_fmt(out, "%s\n", line);
}

void
report_csv(const struct day *d, struct bytes *out)
{
	static const char *const header[] = { "unit", "serial", "host", "port",
		"model", "hardware", "result", "step", "reason", "next", "mode",
		"snapshot", "agent", "verdict", "hostkey", "birth_sha256",
		"began", "ended", "seconds", "tries" };
	const size_t columns = sizeof(header) / sizeof(header[0]);
	char port[8], seconds[24], tries[24];

	for (size_t i = 0; i < columns; i++)
		bytes_fmt(
		    out, "%s%s", header[i], i + 1 < columns ? "," : "\r\n");
	for (size_t i = 0; i < d->units->count; i++) {
		const struct unit *u = &d->units->unit[i];
		const struct outcome *o = &d->outcomes[i];
		const char *const row[] = { u->name, u->serial, u->host, port,
			u->model, u->hardware,
			o->before ? "done before" : outcome_name(o->how),
			o->step, o->why, o->next, o->mode, o->snapshot,
			o->agent, o->verdict, o->hostkey, o->birth,
			report_time(o->began), report_time(o->ended), seconds,
			tries };

		_Static_assert(sizeof(row) == sizeof(header), "a field each");
		(void)snprintf(port, sizeof(port), "%u", u->port);
		(void)snprintf(
		    seconds, sizeof(seconds), "%.1f", (double)o->ms / 1000);
		(void)snprintf(
		    tries, sizeof(tries), "%lld", (long long)o->tries);
		for (size_t k = 0; k < columns; k++) {
			csv_put(out, row[k]);
			bytes_fmt(out, "%s", k + 1 < columns ? "," : "\r\n");
		}
	}
}

int
report_write(const struct day *d, struct err *e)
{
	static const struct {
		const char *name;
		void (*make)(const struct day *, struct bytes *);
	} forms[] = {
		{ "report.csv", report_csv },
		{ "report.json", report_json },
		{ "report.html", report_html },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		own_bytes struct bytes out = { 0 };

		forms[i].make(d, &out);
		if (out.bad)
			return err_set(
			    e, ENOMEM, "%s: no memory", forms[i].name);
		if (file_write(d->out, forms[i].name, out.p, out.len,
			FILE_PUBLIC, e) == -1)
			return err_in(e, "report in %s", d->job->out);
	}
	return 0;
}
