/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "bridge_in.h"
#include "ocpp_ends.h"
#include "place.h"

/* The side towards the CSMS: where it is, when it is tried again, that it is
 * asked whether it lives, and how it is changed under a charge point. */

static void
a_url_is_host_port_and_path(void **state)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
		bool tls;
		const char *path;
	} rows[] = {
		{ "ws://csms", "csms", 80, false, "" },
		{ "wss://csms/", "csms", 443, true, "/" },
		{ "ws://10.0.0.1:9000/ocpp/1.6", "10.0.0.1", 9000, false,
		    "/ocpp/1.6" },
		{ "wss://[2001:db8::1]/x", "2001:db8::1", 443, true, "/x" },
		{ "wss://[2001:db8::1]:65535", "2001:db8::1", 65535, true, "" },
		{ "http://csms", NULL, 0, false, NULL },
		{ "ws://", NULL, 0, false, NULL },
		{ "ws:///x", NULL, 0, false, NULL },
		{ "ws://csms:", NULL, 0, false, NULL },
		{ "ws://csms:0", NULL, 0, false, NULL },
		{ "ws://csms:65536", NULL, 0, false, NULL },
		{ "ws://csms:80x/", NULL, 0, false, NULL },
		{ "ws://[::1", NULL, 0, false, NULL },
		{ "ws://[::1]x", NULL, 0, false, NULL },
		{ "ws://csms?x", NULL, 0, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct csms_where w;
		struct err e;
		int rc = csms_where(rows[i].url, &w, &e);

		if ((rc == 0) != (rows[i].host != NULL))
			fail_msg("%s", rows[i].url);
		if (rc == -1)
			continue;
		assert_string_equal(w.host, rows[i].host);
		assert_int_equal(w.port, rows[i].port);
		assert_int_equal(w.tls, rows[i].tls);
		assert_string_equal(w.path, rows[i].path);
	}
}

/* OCPP 2.x part 4, 5.3: minimum, doubled `repeats` times, then constant; a
 * random part each time. */
static void
waits_double_so_many_times_and_stay(void **state)
{
	const struct ocpp_backoff b = { 10, 3, 2 }, plain = { 5, 0, 4 };

	(void)state;
	assert_int_equal(backoff_ms(&b, 0, 0), 10000);
	assert_int_equal(backoff_ms(&b, 1, 0), 20000);
	assert_int_equal(backoff_ms(&b, 2, 0), 40000);
	assert_int_equal(backoff_ms(&b, 3, 0), 40000);
	assert_int_equal(backoff_ms(&b, 1000000, 0), 40000);
	assert_int_equal(backoff_ms(&b, 0, 3000), 13000);
	assert_int_equal(backoff_ms(&b, 0, 3001), 10000);
	assert_in_range(backoff_ms(&b, 2, 4000000000u), 40000, 43000);
	assert_int_equal(backoff_ms(&plain, 0, 4000000000u), 5000);
}

static void
what_the_csms_did_has_one_status_each(void **state)
{
	static const struct {
		enum dial_end end;
		unsigned said, heard;
	} rows[] = { { DIAL_NO_NAME, 0, 502 }, { DIAL_NO_ROUTE, 0, 504 },
		{ DIAL_TLS_VERSION, 0, 502 }, { DIAL_TLS_CIPHER, 0, 502 },
		{ DIAL_TLS_PEER, 0, 502 }, { DIAL_TLS_REFUSED, 0, 502 },
		{ DIAL_TLS, 0, 502 }, { DIAL_UPGRADE, 101, 502 },
		{ DIAL_HTTP, 0, 504 }, { DIAL_HTTP, 200, 502 },
		{ DIAL_HTTP, 401, 401 }, { DIAL_HTTP, 404, 404 },
		{ DIAL_HTTP, 429, 429 }, { DIAL_HTTP, 426, 502 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dial_result r = { .end = rows[i].end,
			.status = rows[i].said };

		assert_int_equal(dial_status(&r), rows[i].heard);
	}
}

/* --- with both ends ------------------------------------------------------- */

static void
meet(struct ends *w, struct end **cp, struct end **cs)
{
	assert_int_equal(ends_serve(w), 0);
	*cp = ends_dial(w, "/CP1", "ocpp1.6");
	assert_int_equal((*cp)->how, DIAL_OPEN);
	*cs = ends_csms(w);
	assert_non_null(*cs);
}

static struct pair *
the_pair(struct ends *w)
{
	return chargers_find(w->bridge->chargers, "CP1")->pair;
}

static void
goes(struct end *from, struct end *to, const char *text)
{
	assert_int_equal(end_say(from, text), 0);
	assert_string_equal(end_hears(to), text);
}

static uint64_t
bytes_in(struct end *x)
{
	struct leg_figures f;

	leg_figures(x->leg, &f);
	return f.bytes_in;
}

static void
both_legs_are_pinged(void **state)
{
	struct ends w;
	struct end *cp, *cs;
	uint64_t a, b;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	w.set.limits.ping_s = 1;
	meet(&w, &cp, &cs);
	a = bytes_in(cp);
	b = bytes_in(cs);
	ends_pass(&w, 2300);
	assert_true(bytes_in(cp) > a);
	assert_true(bytes_in(cs) > b);
	assert_false(cp->closed);
	ends_close(&w);
}

static void
a_side_that_does_not_answer_a_ping_is_lost(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	w.set.limits.ping_s = 1;
	meet(&w, &cp, &cs);
	leg_pause(cs->leg, true);
	assert_int_equal(end_is_told(cp), 1001);
	ends_close(&w);
}

static void
a_csms_is_changed_when_no_call_is_open_and_nothing_is_lost(void **state)
{
	struct ends w;
	struct end *cp, *cs, *next;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	meet(&w, &cp, &cs);
	goes(cp, cs, "[2,\"1\",\"Heartbeat\",{}]");
	pair_redial(the_pair(&w), true);
	ends_pass(&w, 50);
	assert_int_equal(w.ncsms, 1);
	goes(cs, cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	/* What the charge point says while it is dialled waits. */
	assert_int_equal(end_say(cp, "[2,\"2\",\"Heartbeat\",{}]"), 0);
	next = ends_csms(&w);
	assert_non_null(next);
	assert_string_equal(end_hears(next), "[2,\"2\",\"Heartbeat\",{}]");
	assert_int_equal(end_is_told(cs), 1000);
	assert_int_equal(cs->nread, cs->nheard);
	goes(next, cp, "[3,\"2\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	assert_false(cp->closed);
	ends_close(&w);
}

static void
an_answer_to_the_old_csms_does_not_reach_the_new_one(void **state)
{
	struct ends w;
	struct end *cp, *cs, *next;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	meet(&w, &cp, &cs);
	w.refuse = 1;
	pair_redial(the_pair(&w), true);
	while (w.held == NULL)
		ends_pass(&w, 5);
	goes(cs, cp, "[2,\"9\",\"ClearCache\",{}]");
	ends_accept(&w, w.held);
	next = ends_csms(&w);
	assert_int_equal(end_say(cp, "[3,\"9\",{\"status\":\"Accepted\"}]"), 0);
	assert_true(end_hears_nothing(next));
	goes(next, cp, "[2,\"9\",\"ClearCache\",{}]");
	goes(cp, next, "[3,\"9\",{\"status\":\"Rejected\"}]");
	ends_close(&w);
}

static void
the_old_connection_is_kept_when_the_new_one_fails(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	meet(&w, &cp, &cs);
	w.refuse = 401;
	pair_redial(the_pair(&w), true);
	ends_pass(&w, 100);
	assert_null(the_pair(&w)->dial);
	goes(cp, cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(cs, cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	ends_close(&w);
}

static void
without_keeping_the_charger_waits_for_the_new_one(void **state)
{
	struct ends w;
	struct end *cp, *cs, *next;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	meet(&w, &cp, &cs);
	pair_redial(the_pair(&w), false);
	assert_int_equal(end_is_told(cs), 1000);
	assert_int_equal(end_say(cp, "[2,\"2\",\"Heartbeat\",{}]"), 0);
	next = ends_csms(&w);
	assert_string_equal(end_hears(next), "[2,\"2\",\"Heartbeat\",{}]");

	w.refuse = 404;
	pair_redial(the_pair(&w), false);
	assert_int_equal(end_is_told(cp), 1012);
	ends_close(&w);
}

static void
a_csms_that_is_lost_while_it_is_changed_does_not_close_the_charger(void **state)
{
	struct ends w;
	struct end *cp, *cs, *next;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	meet(&w, &cp, &cs);
	w.refuse = 1;
	pair_redial(the_pair(&w), true);
	while (w.held == NULL)
		ends_pass(&w, 5);
	leg_free(cs->leg); /* as a CSMS does that has two of one name */
	cs->leg = NULL;
	ends_pass(&w, 50);
	assert_false(cp->closed);
	ends_accept(&w, w.held);
	next = ends_csms(&w);
	goes(cp, next, "[2,\"2\",\"Heartbeat\",{}]");
	ends_close(&w);
}

static void
events_of_a_kind_are_ten_a_minute_and_the_rest_counted(void **state)
{
	struct ends w;
	unsigned n = 0;

	(void)state;
	assert_int_equal(ends_open(&w), 0);
	assert_int_equal(ends_serve(&w), 0);
	for (int i = 0; i < 100; i++)
		bridge_event(w.bridge, "InvalidMessages", "number %d", i);
	bridge_event(w.bridge, "InvalidTLSVersion", "another kind");
	for (const char *p = w.events;
	     (p = strstr(p, "InvalidMessages")) != NULL; p++)
		n++;
	assert_int_equal(n, 10);
	assert_non_null(strstr(w.events, "another kind"));
	w.bridge->now_ms += 60000;
	bridge_event(w.bridge, "InvalidMessages", "later");
	assert_non_null(strstr(w.events, "later (and 90 more before)"));
	ends_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_host_port_and_path),
		cmocka_unit_test(waits_double_so_many_times_and_stay),
		cmocka_unit_test(what_the_csms_did_has_one_status_each),
		in_a_place(both_legs_are_pinged),
		in_a_place(a_side_that_does_not_answer_a_ping_is_lost),
		in_a_place(
		    a_csms_is_changed_when_no_call_is_open_and_nothing_is_lost),
		in_a_place(
		    an_answer_to_the_old_csms_does_not_reach_the_new_one),
		in_a_place(the_old_connection_is_kept_when_the_new_one_fails),
		in_a_place(without_keeping_the_charger_waits_for_the_new_one),
		in_a_place(
		    a_csms_that_is_lost_while_it_is_changed_does_not_close_the_charger),
		in_a_place(
		    events_of_a_kind_are_ten_a_minute_and_the_rest_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
