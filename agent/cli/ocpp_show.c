/* SPDX-License-Identifier: MIT */
/*
 * What the bridge answered, for a person. Identities and frames are charge
 * points' bytes: nothing of them reaches the terminal as it came.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ocpp.h"
#include "own.h"
#include "text.h"

#define AGE_MAX 24

static long long
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void
show_listeners(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		(void)printf("listener      ");
		cli_print_line(stdout, cli_text(one, "name"));
		(void)printf("  %s port %lld, security profile %lld\n",
		    cli_text(one, "address"), number(one, "port"),
		    number(one, "profile"));
	}
}

/* What went wrong stands here only when something did. */
static void
show_refusals(const json_t *figures)
{
	static const struct {
		const char *key, *says;
	} rows[] = {
		{ "no_identity", "identity not known" },
		{ "no_credential", "wrong credentials" },
		{ "too_often", "too many attempts" },
		{ "second", "identity already connected" },
		{ "full", "no room" },
		{ "handshake_failed", "handshakes that failed" },
		{ "dial_failed", "CSMS not reached" },
		{ "refused", "frames refused" },
		{ "faults", "frames with a fault" },
		{ "unasked", "answers that nobody asked for" },
		{ "late", "calls without an answer in time" },
		{ "paused", "paused for sending too fast" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (number(figures, rows[i].key) > 0)
			(void)printf("              %lld %s\n",
			    number(figures, rows[i].key), rows[i].says);
}

void
ocpp_show_status(const json_t *reply)
{
	const json_t *figures = json_object_get(reply, "figures"),
		     *stored = json_object_get(reply, "stored"),
		     *mirror = json_object_get(reply, "mirror"),
		     *bound = json_object_get(reply, "memory_bound");

	if (!json_is_true(json_object_get(reply, "serving"))) {
		(void)printf("not serving   ");
		cli_print_line(stdout, cli_text(reply, "why"));
		(void)printf("\n");
		return;
	}
	show_listeners(json_object_get(reply, "listeners"));
	(void)printf("csms          ");
	cli_print_line(stdout, cli_text(reply, "csms"));
	(void)printf("\ncharge points %lld connected, %lld of them through to "
		     "the CSMS\n",
	    number(reply, "connected"), number(reply, "open"));
	(void)printf("frames        %lld up, %lld down\n",
	    number(figures, "frames_up"), number(figures, "frames_down"));
	(void)printf("stored        %lld messages, %lld bytes, %lld dropped\n",
	    number(stored, "records"), number(stored, "bytes"),
	    number(stored, "dropped"));
	if (mirror != NULL)
		(void)printf("mirror        %s, %lld sent, %lld dropped\n",
		    json_is_true(json_object_get(mirror, "connected"))
			? "connected"
			: "not connected",
		    number(mirror, "sent"), number(mirror, "dropped"));
	if (bound != NULL)
		(void)printf(
		    "memory        at most %lld MB, %lld charge points at "
		    "once\n",
		    number(bound, "bytes") >> 20, number(bound, "chargers"));
	show_refusals(figures);
}

/* --- the table ------------------------------------------------------------ */

/* "42s", "17m", "5h", "3d": in four columns. */
static const char *
age(long long ms, char out[AGE_MAX])
{
	static const struct {
		long long unit;
		char letter;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	long long s = ms / 1000;
	size_t i = 0;

	while (i < 3 && s < units[i].unit)
		i++;
	(void)snprintf(
	    out, AGE_MAX, "%lld%c", s / units[i].unit, units[i].letter);
	return out;
}

/* A column of width characters; what does not fit ends in "+". */
static void
column(const char *text, int width)
{
	own_bytes struct bytes clean = { 0 };
	int n = 0;

	text_line(&clean, text);
	for (const char *p = clean.p == NULL ? "" : clean.p; *p != '\0';) {
		size_t len = text_character(p);

		if (n == width - 1 && p[len == 0 ? 1 : len] != '\0') {
			(void)putchar('+');
			n++;
			break;
		}
		(void)printf("%.*s", (int)(len == 0 ? 1 : len), p);
		p += len == 0 ? 1 : len;
		n++;
	}
	(void)printf("%*s", width - n + 1, "");
}

static void
show_charger(const json_t *one)
{
	const json_t *leg = json_object_get(one, "charger");
	char since[AGE_MAX] = "-", silent[AGE_MAX] = "-";
	bool here = json_object_get(one, "since_ms") != NULL;

	if (here)
		(void)age(number(one, "since_ms"), since);
	if (json_is_object(leg))
		(void)age(number(leg, "silent_ms"), silent);
	column(cli_text(one, "identity"), 20);
	column(cli_text(one, "version"), 9);
	column(cli_text(one, "state"), 8);
	(void)printf(
	    "%5s %6lld %6lld ", since, number(one, "up"), number(one, "down"));
	column(json_object_get(one, "last") == NULL ? silent
						    : cli_text(one, "last"),
	    20);
	(void)printf("%6lld %6lld ",
	    number(one, "refused_up") + number(one, "refused_down") +
		number(leg, "faults"),
	    number(json_object_get(one, "stored"), "records"));
	column(cli_text(one, "vendor"), 10);
	(void)printf("\n");
}

/* Those that are connected first; in the order of their identities within. */
static size_t
show_some(const json_t *list, bool here, size_t room)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(list, i, one)
	{
		if ((json_object_get(one, "since_ms") != NULL) != here)
			continue;
		if (n++ < room)
			show_charger(one);
	}
	return n;
}

void
ocpp_show_chargers(const json_t *reply, int rows)
{
	const json_t *list = json_object_get(reply, "chargers");
	size_t room = rows > 4 ? (size_t)rows - 3 : SIZE_MAX, here, away;

	(void)printf("%-20s %-9s %-8s %5s %6s %6s %-20s %6s %6s %s\n",
	    "IDENTITY", "VERSION", "STATE", "SINCE", "UP", "DOWN", "LAST",
	    "FAULTS", "STORED", "VENDOR");
	here = show_some(list, true, room);
	away = show_some(list, false, here < room ? room - here : 0);
	if (here + away > room)
		(void)printf("... and %zu more\n", here + away - room);
	else if (here + away == 0)
		(void)printf("no charge point has come yet\n");
}

/* --- a line of tail ------------------------------------------------------- */

void
ocpp_show_line(const json_t *line)
{
	time_t at = (time_t)number(line, "at");
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&at, &tm) != NULL)
		(void)strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	(void)printf("%s ", clock);
	column(cli_text(line, "charger"), 20);
	column(cli_text(line, "kind"), 12);
	cli_print_line(stdout, cli_text(line, "text"));
	(void)printf("\n");
}
