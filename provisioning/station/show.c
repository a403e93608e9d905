/* SPDX-License-Identifier: MIT */
/*
 * Results are written whole before anything is drawn below them, so a terminal
 * that scrolls keeps them and a pipe gets nothing else.
 */
#include <sys/ioctl.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "day.h"
#include "report.h"

#define WIDTH_MAX 200

void
show_open(struct show *s, bool json)
{
	*s = (struct show){ .json = json,
		.terminal = !json && isatty(STDERR_FILENO) };
}

static struct winsize
window(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col == 0)
		w = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	w.ws_col = w.ws_col < WIDTH_MAX ? w.ws_col : WIDTH_MAX;
	return w;
}

static void
erase(struct show *s)
{
	for (; s->drawn > 0; s->drawn--)
		(void)fputs("\033[1A\033[2K", stderr);
}

static void
draw_worker(const struct day *d, const struct worker *w, int columns)
{
	char line[WIDTH_MAX + 1];

	(void)snprintf(line, sizeof(line), "  %-20.60s %-10s %4llu s  %.100s",
	    d->units->unit[w->at].name, d->outcomes[w->at].step,
	    (unsigned long long)(now_ms() - w->began_ms) / 1000, w->note);
	/* A line that wraps would not be one line any more. */
	(void)fprintf(stderr, "%.*s\n", columns - 1, line);
}

/* As many units as there are lines: what has scrolled away can not be drawn
 * over. A unit that has said its end is still under way until it is on disk. */
static void
draw(struct day *d)
{
	struct winsize win = window();
	const struct worker *w;
	size_t n[OUTCOMES];

	erase(&d->show);
	day_count(d, n);
	for (long i = 0; i < d->job->jobs; i++) {
		w = &d->workers[i];
		if (w->pid == 0)
			continue;
		n[d->outcomes[w->at].how]--;
		if (d->show.drawn + 3 > win.ws_row)
			continue;
		draw_worker(d, w, win.ws_col);
		d->show.drawn++;
	}
	(void)fprintf(stderr, "%zu of %zu done, %zu not, %zu under way%s\n",
	    n[OUTCOME_DONE], d->units->count,
	    n[OUTCOME_FAILED] + n[OUTCOME_REFUSED] + n[OUTCOME_INTERRUPTED],
	    d->running, d->stops > 0 ? ", stopping" : "");
	d->show.drawn++;
	(void)fflush(stderr);
}

void
show_tick(void *ctx)
{
	struct day *d = ctx;
	struct err ignored;

	if (!d->show.terminal)
		return;
	draw(d);
	(void)loop_timer(d->loop, 1000, show_tick, d, &ignored);
}

void
show_step(struct day *d, const struct worker *w)
{
	const char *name = d->units->unit[w->at].name;
	const char *step = d->outcomes[w->at].step;
	own_json json_t *o = NULL;
	own_str char *line = NULL;

	if (d->show.terminal) {
		draw(d);
	} else if (!d->show.json) {
		(void)fprintf(stderr, "%s: %s\n", name, step);
	} else {
		o = json_pack("{s:s, s:s, s:s}", "event", "step", "unit", name,
		    "step", step);
		line = json_line(o);
		(void)printf("%s\n", line == NULL ? "{}" : line);
		(void)fflush(stdout);
	}
}

void
show_note(struct day *d, const struct worker *w)
{
	(void)w;
	if (d->show.terminal)
		draw(d);
}

static void
print_unit(const struct unit *u, const struct outcome *o)
{
	if (o->how == OUTCOME_DONE)
		(void)printf("%-20s %-12s %s%s%.1f s\n", u->name,
		    o->before ? "done before" : "done", o->mode,
		    *o->mode == '\0' ? "" : ", ", (double)o->ms / 1000);
	else
		(void)printf("%-20s %-12s %s%s%s\n%-20s %-12s -> %s\n", u->name,
		    outcome_name(o->how), o->step, *o->step == '\0' ? "" : ": ",
		    o->why, "", "", o->next);
}

void
show_unit(struct day *d, size_t at)
{
	const struct unit *u = &d->units->unit[at];
	own_json json_t *o = NULL;
	own_str char *line = NULL;

	erase(&d->show);
	if (d->show.json) {
		o = report_unit_json(u, &d->outcomes[at]);
		(void)json_object_set_new(o, "event", json_string("unit"));
		line = json_line(o);
		(void)printf("%s\n", line == NULL ? "{}" : line);
	} else
		print_unit(u, &d->outcomes[at]);
	(void)fflush(stdout);
	if (d->show.terminal)
		draw(d);
}

void
show_say(struct day *d, const char *fmt, ...)
{
	va_list ap;

	erase(&d->show);
	(void)fputs("ingot: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	if (d->show.terminal)
		draw(d);
}

void
show_end(struct day *d)
{
	own_json json_t *o = NULL;
	own_str char *line = NULL;
	size_t n[OUTCOMES];

	erase(&d->show);
	day_count(d, n);
	if (d->show.json) {
		o = report_day_json(d);
		(void)json_object_set_new(o, "event", json_string("day"));
		line = json_line(o);
		(void)printf("%s\n", line == NULL ? "{}" : line);
	} else
		(void)printf("%zu units: %zu done, %zu failed, %zu refused, "
			     "%zu interrupted, %zu not begun; report in "
			     "%s/report.html\n",
		    d->units->count, n[OUTCOME_DONE], n[OUTCOME_FAILED],
		    n[OUTCOME_REFUSED], n[OUTCOME_INTERRUPTED],
		    n[OUTCOME_WAITING], d->job->out);
	(void)fflush(stdout);
}
