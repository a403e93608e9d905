/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "ocpp_ends.h"
#include "place.h"

/* Other CSMSs that listen: what they get, what they may, what their end does to
 * others (nothing). The main CSMS has the path "/CP1", the other "/two/CP1". */

static char *copied[] = { (char *)"BootNotification", (char *)"Meter*" };
static char *allowed[] = { (char *)"GetDiagnostics" };

struct three {
	struct ends w;
	struct ocpp_backend backend;
	char url[104];
	struct end *cp, *cs, *two;
};

static bool
is_two(const struct end *x)
{
	return x != NULL && strncmp(x->path, "/two/", 5) == 0;
}

static void
meet(struct three *t)
{
	struct end *first, *second;

	assert_int_equal(ends_open(&t->w), 0);
	(void)snprintf(t->url, sizeof(t->url), "%s/two", t->w.url);
	t->backend = (struct ocpp_backend){ .name = (char *)"two",
		.csms = { .url = t->url },
		.copied = copied,
		.ncopied = 2,
		.allowed = allowed,
		.nallowed = 1 };
	t->w.set.backends = &t->backend;
	t->w.set.nbackends = 1;
	assert_int_equal(ends_serve(&t->w), 0);
	t->cp = ends_dial(&t->w, "/CP1", "ocpp1.6");
	assert_int_equal(t->cp->how, DIAL_OPEN);
	first = ends_csms(&t->w);
	second = ends_csms(&t->w);
	t->cs = is_two(first) ? second : first;
	t->two = is_two(first) ? first : second;
	assert_true(is_two(t->two));
	assert_string_equal(t->two->path, "/two/CP1");
	assert_string_equal(t->two->offer, "ocpp1.6");
	/* The bridge has to hear of its open leg. */
	ends_pass(&t->w, ENDS_QUIET_MS);
}

#define METER                                                                  \
	"[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[{"        \
	"\"timestamp\":\"2026-01-02T03:04:05Z\",\"sampledValue\":[{"           \
	"\"value\":\"1\"}]}]}]"
#define BOOT                                                                   \
	"[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"v\","          \
	"\"chargePointModel\":\"m\"}]"

/* A figure of the backend in what `ingot ocpp status` is told. */
static void
shows(struct three *t, const char *figure, json_int_t value)
{
	json_t *page = bridge_chargers(t->w.bridge, NULL, 10);
	json_t *one = json_array_get(json_object_get(page, "chargers"), 0);
	json_t *two = json_array_get(json_object_get(one, "backends"), 0);

	assert_string_equal(
	    json_string_value(json_object_get(two, "name")), "two");
	assert_int_equal(
	    json_integer_value(json_object_get(two, figure)), value);
	json_decref(page);
}

static void
it_gets_copies_of_what_its_line_names(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.cp, METER), 0);
	assert_string_equal(end_hears(t.cs), METER);
	assert_string_equal(end_hears(t.two), METER);
	assert_int_equal(end_say(t.cp, "[2,\"h\",\"Heartbeat\",{}]"), 0);
	assert_string_equal(end_hears(t.cs), "[2,\"h\",\"Heartbeat\",{}]");
	assert_true(end_hears_nothing(t.two));
	ends_close(&t.w);
}

static void
its_answers_go_nowhere(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.cp, METER), 0);
	(void)end_hears(t.cs);
	(void)end_hears(t.two);
	assert_int_equal(end_say(t.two, "[3,\"m\",{}]"), 0);
	assert_true(end_hears_nothing(t.cp));
	assert_true(end_hears_nothing(t.cs));
	assert_int_equal(end_say(t.cs, "[3,\"m\",{ }]"), 0);
	assert_string_equal(end_hears(t.cp), "[3,\"m\",{ }]");
	ends_close(&t.w);
}

static void
what_it_calls_is_refused(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	assert_int_equal(
	    end_say(t.two, "[2,\"x\",\"Reset\",{\"type\":\"Hard\"}]"), 0);
	assert_non_null(
	    strstr(end_hears(t.two), "[4,\"x\",\"SecurityError\","));
	assert_true(end_hears_nothing(t.cp));
	ends_close(&t.w);
}

/* The id that the charge point sees is ours; the answer has the backend's. */
static void
what_its_line_allows_is_a_call_of_ours(void **state)
{
	struct three t;
	const char *heard;
	char answer[96], id[37];

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.two,
			     "[2,\"x\",\"GetDiagnostics\","
			     "{\"location\":\"ftp://h/\"}]"),
	    0);
	heard = end_hears(t.cp);
	assert_int_equal(sscanf(heard, "[2,\"%36[^\"]\"", id), 1);
	assert_string_not_equal(id, "x");
	assert_non_null(strstr(heard, "{\"location\":\"ftp://h/\"}"));
	(void)snprintf(
	    answer, sizeof(answer), "[3,\"%s\",{\"fileName\":\"f\"}]", id);
	assert_int_equal(end_say(t.cp, answer), 0);
	assert_string_equal(end_hears(t.two), "[3,\"x\",{\"fileName\":\"f\"}]");
	assert_true(end_hears_nothing(t.cs));
	ends_close(&t.w);
}

static void
a_faulty_call_of_its_is_refused_though_allowed(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.two, "[2,\"x\",\"GetDiagnostics\",{}]"), 0);
	assert_non_null(strstr(end_hears(t.two), "[4,\"x\",\"GenericError\","));
	assert_true(end_hears_nothing(t.cp));
	ends_close(&t.w);
}

/* It boots by what the charge point said before. */
static void
its_loss_is_nobodys_and_it_is_dialled_again(void **state)
{
	struct three t;
	struct end *again;

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.cp, BOOT), 0);
	assert_string_equal(end_hears(t.cs), BOOT);
	assert_string_equal(end_hears(t.two), BOOT);
	leg_close(t.two->leg, 1011, "broken");
	again = ends_csms(&t.w);
	assert_true(is_two(again));
	assert_string_equal(end_hears(again), BOOT);
	assert_false(t.cp->closed || t.cs->closed);
	assert_int_equal(end_say(t.cp, METER), 0);
	assert_string_equal(end_hears(t.cs), METER);
	assert_string_equal(end_hears(again), METER);
	shows(&t, "copied", 2);
	shows(&t, "lost", 0);
	ends_close(&t.w);
}

static void
it_ends_with_the_charge_point(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	leg_close(t.cp->leg, 1000, "");
	assert_int_equal(end_is_told(t.two), 1000);
	assert_int_equal(end_is_told(t.cs), 1000);
	ends_close(&t.w);
}

/* An answer for a leg that is gone is nobody's. */
static void
it_may_leave_while_a_call_of_its_is_open(void **state)
{
	struct three t;
	char answer[96], id[37];

	(void)state;
	meet(&t);
	assert_int_equal(end_say(t.two,
			     "[2,\"x\",\"GetDiagnostics\","
			     "{\"location\":\"ftp://h/\"}]"),
	    0);
	assert_int_equal(sscanf(end_hears(t.cp), "[2,\"%36[^\"]\"", id), 1);
	leg_close(t.two->leg, 1000, "");
	t.two = ends_csms(&t.w);
	assert_true(is_two(t.two));
	(void)snprintf(answer, sizeof(answer), "[3,\"%s\",{}]", id);
	assert_int_equal(end_say(t.cp, answer), 0);
	assert_true(end_hears_nothing(t.two));
	ends_close(&t.w);
}

static void
new_settings_take_it_away(void **state)
{
	struct three t;

	(void)state;
	meet(&t);
	t.w.set.nbackends = 0;
	assert_int_equal(ends_serve(&t.w), 0);
	assert_int_equal(end_is_told(t.two), 1000);
	assert_int_equal(end_say(t.cp, METER), 0);
	assert_string_equal(end_hears(t.cs), METER);
	ends_close(&t.w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(it_gets_copies_of_what_its_line_names),
		in_a_place(its_answers_go_nowhere),
		in_a_place(what_it_calls_is_refused),
		in_a_place(what_its_line_allows_is_a_call_of_ours),
		in_a_place(a_faulty_call_of_its_is_refused_though_allowed),
		in_a_place(its_loss_is_nobodys_and_it_is_dialled_again),
		in_a_place(it_ends_with_the_charge_point),
		in_a_place(it_may_leave_while_a_call_of_its_is_open),
		in_a_place(new_settings_take_it_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
