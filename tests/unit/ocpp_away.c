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

/* Store mode as a connection sees it: who stays, who may come in without the
 * CSMS, and how the CSMS is found again. What is kept: ocpp_store. */

static void
opened(struct ends *w)
{
	assert_int_equal(ends_open(w), 0);
	w->classes[0].mode = OCPP_STORE;
	w->set.limits.handshake_ms = 8000;
}

static void
served(struct ends *w)
{
	opened(w);
	assert_int_equal(ends_serve(w), 0);
}

/* A record of a charge point that has been here: its version is known. */
static void
known(struct ends *w)
{
	struct end *cp = ends_dial(w, "/CP1", "ocpp2.0.1");

	assert_int_equal(cp->how, DIAL_OPEN);
	assert_non_null(ends_csms(w));
	leg_close(cp->leg, 1000, "");
	(void)end_is_told(cp);
}

static void
goes(struct end *from, struct end *to, const char *text)
{
	assert_int_equal(end_say(from, text), 0);
	assert_string_equal(end_hears(to), text);
}

static void
the_charger_stays_when_the_csms_goes_and_finds_it_again(void **state)
{
	struct ends w;
	struct end *cp, *cs;
	uint16_t port;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	(void)ends_csms(&w);
	port = ends_csms_goes(&w);
	ends_pass(&w, 300);
	assert_false(cp->closed);
	assert_int_equal(ends_listen(&w, port), 0);
	cs = ends_csms(&w);
	assert_non_null(cs);
	assert_string_equal(cs->offer, "ocpp2.0.1");
	goes(cp, cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(cs, cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	ends_close(&w);
}

static void
a_csms_that_refuses_meanwhile_is_asked_again(void **state)
{
	static const unsigned refusals[] = { 401, 404, 503 };
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	for (size_t i = 0; i < 3; i++) {
		struct end *cs = ends_csms(&w);

		assert_non_null(cs);
		w.refuse = refusals[i];
		leg_free(cs->leg);
		cs->leg = NULL;
		ends_pass(&w, 200);
		assert_false(cp->closed);
		w.refuse = 0;
	}
	assert_non_null(ends_csms(&w));
	ends_close(&w);
}

static void
one_that_was_here_comes_in_without_the_csms_as_it_was(void **state)
{
	struct ends w;
	struct end *cp, *cs;
	uint16_t port;

	(void)state;
	served(&w);
	known(&w);
	port = ends_csms_goes(&w);
	cp = ends_dial(&w, "/CP1", "ocpp2.1, ocpp2.0.1");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_string_equal(cp->protocol, "ocpp2.0.1");
	/* It is spoken to; with what, store mode's own tests say. */
	(void)end_say(cp, "[2,\"1\",\"Heartbeat\",{}]");
	assert_non_null(strstr(end_hears(cp), "\"1\""));
	assert_int_equal(ends_listen(&w, port), 0);
	cs = ends_csms(&w);
	assert_non_null(cs);
	assert_string_equal(cs->offer, "ocpp2.0.1");
	ends_close(&w);
}

static void
its_version_is_known_after_a_restart_too(void **state)
{
	struct ends w;

	(void)state;
	served(&w);
	known(&w);
	bridge_free(w.bridge);
	w.bridge = NULL;
	(void)ends_csms_goes(&w);
	assert_int_equal(ends_serve(&w), 0);
	assert_string_equal(
	    ends_dial(&w, "/CP1", "ocpp2.1, ocpp2.0.1")->protocol, "ocpp2.0.1");
	ends_close(&w);
}

static void
a_stranger_does_not_nor_one_of_another_version(void **state)
{
	struct ends w;

	(void)state;
	served(&w);
	known(&w);
	(void)ends_csms_goes(&w);
	assert_int_equal(ends_dial(&w, "/CP2", "ocpp2.0.1")->status, 504);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp2.1")->status, 504);
	ends_close(&w);
}

static void
nor_one_whom_the_csms_refuses(void **state)
{
	struct ends w;

	(void)state;
	served(&w);
	known(&w);
	w.refuse = 404;
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp2.0.1")->status, 404);
	w.refuse = 500; /* it is there, but as good as away */
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp2.0.1")->how, DIAL_OPEN);
	ends_close(&w);
}

static void
a_csms_that_says_nothing_does_not_keep_it_waiting(void **state)
{
	struct ends w;
	struct end *cp, *cs;
	uint64_t begin;

	(void)state;
	served(&w);
	known(&w);
	w.refuse = 1;
	begin = now_ms();
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_true(now_ms() - begin < 4500);
	ends_accept(&w, w.held);
	cs = ends_csms(&w);
	goes(cs, cp, "[2,\"1\",\"ClearCache\",{}]");
	ends_close(&w);
}

static void
nobody_comes_in_with_a_password_that_only_the_csms_can_judge(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	opened(&w);
	w.listener.profile = w.set.csms.profile = 1;
	assert_int_equal(ends_serve(&w), 0);
	cp = end_waits(
	    ends_dialling(&w, "/CP1", "ocpp2.0.1", "CP1", "right", 5));
	assert_int_equal(cp->how, DIAL_OPEN);
	/* Nor displaces it, before the CSMS has judged. */
	w.refuse = 401;
	assert_int_equal(
	    end_waits(ends_dialling(&w, "/CP1", "ocpp2.0.1", "CP1", "wrong", 5))
		->status,
	    409);
	assert_false(cp->closed);
	leg_close(cp->leg, 1000, "");
	(void)end_is_told(cp);
	w.refuse = 503;
	assert_int_equal(
	    end_waits(ends_dialling(&w, "/CP1", "ocpp2.0.1", "CP1", "wrong", 5))
		->status,
	    503);
	/* Who guesses at the CSMS through us is counted here as well. */
	w.refuse = 401;
	for (int i = 0; i < 3; i++)
		assert_int_equal(end_waits(ends_dialling(&w, "/CP1",
					       "ocpp2.0.1", "CP1", "wrong", 5))
				     ->status,
		    401);
	assert_int_equal(
	    end_waits(ends_dialling(&w, "/CP1", "ocpp2.0.1", "CP1", "right", 5))
		->status,
	    429);
	ends_close(&w);
}

/* It was not read from while the CSMS was being changed. */
static void
a_csms_lost_while_it_is_changed_is_a_csms_lost(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	cs = ends_csms(&w);
	w.refuse = 1;
	pair_redial(chargers_find(w.bridge->chargers, "CP1")->pair, true);
	while (w.held == NULL)
		ends_pass(&w, 5);
	leg_free(cs->leg);
	cs->leg = NULL;
	ends_pass(&w, 50);
	(void)end_say(cp, "[2,\"1\",\"Heartbeat\",{}]");
	assert_non_null(strstr(end_hears(cp), "\"1\""));
	ends_close(&w);
}

static void
a_transparent_one_is_closed_and_comes_in_with_the_csms_alone(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	opened(&w);
	w.classes[0].mode = OCPP_TRANSPARENT;
	assert_int_equal(ends_serve(&w), 0);
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	(void)ends_csms_goes(&w);
	assert_int_equal(end_is_told(cp), 1001);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp2.0.1")->status, 504);
	ends_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    the_charger_stays_when_the_csms_goes_and_finds_it_again),
		in_a_place(a_csms_that_refuses_meanwhile_is_asked_again),
		in_a_place(
		    one_that_was_here_comes_in_without_the_csms_as_it_was),
		in_a_place(its_version_is_known_after_a_restart_too),
		in_a_place(a_stranger_does_not_nor_one_of_another_version),
		in_a_place(nor_one_whom_the_csms_refuses),
		in_a_place(a_csms_that_says_nothing_does_not_keep_it_waiting),
		in_a_place(
		    nobody_comes_in_with_a_password_that_only_the_csms_can_judge),
		in_a_place(a_csms_lost_while_it_is_changed_is_a_csms_lost),
		in_a_place(
		    a_transparent_one_is_closed_and_comes_in_with_the_csms_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
