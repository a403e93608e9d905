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

/* A connection from its request to its end: who comes in, with what the CSMS is
 * dialled, what either end learns of the other. */

static void
opened(struct ends *w)
{
	assert_int_equal(ends_open(w), 0);
}

static void
served(struct ends *w)
{
	opened(w);
	assert_int_equal(ends_serve(w), 0);
}

static void
a_charger_reaches_its_csms_with_its_own_path_and_list(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/ocpp/RDAM%20123?x=1", "ocpp2.0.1, ocpp1.6");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_string_equal(cp->protocol, "ocpp2.0.1");
	cs = ends_csms(&w);
	assert_non_null(cs);
	assert_string_equal(cs->path, "/ocpp/RDAM%20123?x=1");
	assert_string_equal(cs->offer, "ocpp2.0.1, ocpp1.6");
	ends_close(&w);
}

static void
a_url_with_a_path_has_the_identity_put_behind_it(void **state)
{
	struct ends w;
	struct end *cs;
	static char root[] = "/in";

	(void)state;
	opened(&w);
	(void)strcat(w.url, "/steve/websocket/");
	w.listener.root = root;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/out/CP1", "ocpp1.6")->status, 404);
	assert_int_equal(
	    ends_dial(&w, "/in/CP%2f1", "ocpp1.6")->how, DIAL_OPEN);
	cs = ends_csms(&w);
	assert_string_equal(cs->path, "/steve/websocket/CP%2f1");
	ends_close(&w);
}

static void
the_csms_chooses_the_subprotocol(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	w.choose = "ocpp1.6";
	cp = ends_dial(&w, "/CP1", "ocpp2.1, ocpp2.0.1, ocpp1.6");
	assert_string_equal(cp->protocol, "ocpp1.6");
	ends_close(&w);
}

static void
disabled_versions_and_strangers_are_not_offered(void **state)
{
	struct ends w;

	(void)state;
	opened(&w);
	w.listener.versions = 1u << OCPP_16 | 1u << OCPP_201;
	assert_int_equal(ends_serve(&w), 0);
	(void)ends_dial(&w, "/CP1", "ocpp2.1, ocpp2.0, ocpp2.0.1, ocpp1.6");
	assert_string_equal(ends_csms(&w)->offer, "ocpp2.0.1, ocpp1.6");
	ends_close(&w);
}

static void
without_a_common_subprotocol_the_handshake_is_completed_and_closed(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.5");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_string_equal(cp->protocol, "");
	assert_int_equal(end_is_told(cp), 1002);
	assert_int_equal(w.ncsms, 0);

	/* The CSMS's answer is passed on the same way. */
	w.choose = "";
	cp = ends_dial(&w, "/CP2", "ocpp1.6");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_string_equal(cp->protocol, "");
	assert_int_not_equal(end_is_told(cp), 0);
	assert_int_not_equal(end_is_told(ends_csms(&w)), 0);
	ends_close(&w);
}

static void
a_refusal_of_the_csms_is_the_chargers(void **state)
{
	static const struct {
		unsigned said, heard;
	} rows[] = { { 401, 401 }, { 403, 403 }, { 404, 404 }, { 503, 503 },
		{ 400, 502 }, { 301, 502 } };
	struct ends w;

	(void)state;
	served(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct end *cp;

		w.refuse = rows[i].said;
		cp = ends_dial(&w, "/CP1", "ocpp1.6");
		assert_int_equal(cp->how, DIAL_HTTP);
		assert_int_equal(cp->status, rows[i].heard);
	}
	assert_non_null(strstr(w.events, "FailedToAuthenticateAtCsms"));
	ends_close(&w);
}

static void
a_csms_that_is_not_there_or_says_nothing_is_504(void **state)
{
	struct ends w;
	char url[] = "ws://127.0.0.1:1";

	(void)state;
	opened(&w);
	w.set.limits.handshake_ms = 300;
	w.refuse = 1;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->status, 504);
	w.set.csms.url = url;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->status, 504);
	ends_close(&w);
}

static void
what_the_csms_says_early_is_not_lost(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	w.refuse = 1;
	cp = ends_dialling(&w, "/CP1", "ocpp1.6", NULL, NULL, 0);
	while (w.held == NULL)
		ends_pass(&w, 5);
	ends_accept(&w, w.held);
	cs = &w.all[w.came[0]];
	/* In one turn with its 101, before the charger has its own. */
	assert_int_equal(end_say(cs, "[2,\"1\",\"ClearCache\",{}]"), 0);
	assert_int_equal(end_say(cs, "[2,\"2\",\"ClearCache\",{}]"), 0);
	assert_false(cp->done);
	end_waits(cp);
	assert_string_equal(end_hears(cp), "[2,\"1\",\"ClearCache\",{}]");
	assert_string_equal(end_hears(cp), "[2,\"2\",\"ClearCache\",{}]");
	ends_close(&w);
}

static void
a_charger_that_does_not_wait_leaves_nothing_behind(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	w.refuse = 1;
	cp = ends_dialling(&w, "/CP1", "ocpp1.6", NULL, NULL, 0);
	while (w.held == NULL)
		ends_pass(&w, 5);
	dial_free(cp->dial);
	cp->dial = NULL;
	while (w.held != NULL)
		ends_pass(&w, 5);
	w.refuse = 0;
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->how, DIAL_OPEN);
	ends_close(&w);
}

static void
when_the_csms_is_lost_a_transparent_charger_is_closed(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	cs = ends_csms(&w);
	leg_free(cs->leg); /* without a word */
	cs->leg = NULL;
	assert_int_equal(end_is_told(cp), 1001);
	ends_close(&w);
}

static void
close_codes_go_through_but_for_those_of_one_hop(void **state)
{
	static const struct {
		unsigned said, heard;
	} rows[] = { { 1000, 1000 }, { 1001, 1001 }, { 1002, 1001 },
		{ 1003, 1003 }, { 1008, 1008 }, { 1009, 1009 }, { 1011, 1011 },
		{ 1012, 1012 }, { 3000, 3000 }, { 4999, 4999 } };
	struct ends w;

	(void)state;
	served(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct end *cp = ends_dial(&w, "/CP1", "ocpp1.6"),
			   *cs = ends_csms(&w);

		leg_close(cp->leg, rows[i].said, "why not");
		assert_int_equal(end_is_told(cs), rows[i].heard);
		assert_string_equal(cs->reason, "why not");
		(void)end_is_told(cp);

		cp = ends_dial(&w, "/CP1", "ocpp1.6");
		cs = ends_csms(&w);
		leg_close(cs->leg, rows[i].said, "why not");
		assert_int_equal(end_is_told(cp), rows[i].heard);
		assert_string_equal(cp->reason, "why not");
		(void)end_is_told(cs);
	}
	ends_close(&w);
}

static void
a_charger_that_is_gone_is_gone_at_the_csms(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	cs = ends_csms(&w);
	leg_free(cp->leg);
	cp->leg = NULL;
	assert_int_equal(end_is_told(cs), 1001);
	ends_close(&w);
}

/* --- credentials ---------------------------------------------------------- */

static struct end *
knocks(struct ends *w, const char *path, const char *user, const void *password,
    size_t len)
{
	return end_waits(
	    ends_dialling(w, path, "ocpp1.6", user, password, len));
}

static void
basic(struct ends *w)
{
	static char key[] = "000102030405060708090a3a00fffefd";

	opened(w);
	w->listener.profile = 1;
	w->classes[0].password = key;
	assert_int_equal(ends_serve(w), 0);
}

static const uint8_t secret[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ':', 0, 255,
	254, 253 };

static void
a_password_lets_in_its_owner_alone(void **state)
{
	struct ends w;

	(void)state;
	basic(&w);
	w.set.limits.failures = 100;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->how, DIAL_OPEN);
	assert_int_equal(
	    knocks(&w, "/CP2", "CP1", secret, sizeof(secret))->status, 401);
	assert_int_equal(
	    knocks(&w, "/CP2", "CP2", secret, sizeof(secret) - 1)->status, 401);
	assert_int_equal(knocks(&w, "/CP2", "CP2", "", 0)->status, 401);
	assert_int_equal(ends_dial(&w, "/CP2", "ocpp1.6")->status, 401);
	assert_int_equal(w.ncsms, 1);
	assert_non_null(strstr(w.events, "FailedToAuthenticateAtCsms"));
	assert_null(strstr(w.log, "fefd"));
	ends_close(&w);
}

static void
who_guesses_is_not_listened_to_any_more(void **state)
{
	struct ends w;

	(void)state;
	basic(&w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    knocks(&w, "/CP1", "CP1", "wrong", 5)->status, 401);
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->status, 429);
	ends_close(&w);
}

static void
a_password_that_only_the_csms_knows_is_for_it_to_judge(void **state)
{
	struct ends w;
	struct end *cs;

	(void)state;
	opened(&w);
	w.listener.profile = w.set.csms.profile = 1;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->how, DIAL_OPEN);
	cs = ends_csms(&w);
	assert_string_equal(cs->user, "CP1");
	assert_int_equal(cs->password_len, sizeof(secret));
	assert_memory_equal(cs->password, secret, sizeof(secret));
	w.refuse = 401;
	assert_int_equal(
	    knocks(&w, "/CP2", "CP2", secret, sizeof(secret))->status, 401);
	/* Not without any, and not in another's name. */
	w.refuse = 0;
	assert_int_equal(ends_dial(&w, "/CP2", "ocpp1.6")->status, 401);
	assert_int_equal(
	    knocks(&w, "/CP2", "CP1", secret, sizeof(secret))->status, 401);
	ends_close(&w);
}

static void
the_gateway_may_have_one_credential_for_all(void **state)
{
	struct ends w;
	struct end *cs;
	static char user[] = "gateway", password[] = "of the gateway's own";

	(void)state;
	opened(&w);
	w.set.csms.profile = 1;
	w.set.csms.user = user;
	w.set.csms.password = password;
	assert_int_equal(ends_serve(&w), 0);
	(void)ends_dial(&w, "/CP1", "ocpp1.6");
	cs = ends_csms(&w);
	assert_string_equal(cs->user, "gateway");
	assert_memory_equal(cs->password, password, strlen(password));
	ends_close(&w);
}

static void
names_that_are_not_known_are_not_found(void **state)
{
	struct ends w;
	static char known[] = "CP-1", pattern[] = "CP-*", all[] = "*";

	(void)state;
	opened(&w);
	w.classes[0].pattern = known;
	w.classes[0].exact = true;
	w.classes[1].pattern = pattern;
	w.classes[2].pattern = all;
	w.set.nclasses = 3;
	w.set.who = OCPP_KNOWN;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP-1", "ocpp1.6")->how, DIAL_OPEN);
	assert_int_equal(ends_dial(&w, "/CP-2", "ocpp1.6")->status, 404);
	w.set.who = OCPP_PATTERN;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP-2", "ocpp1.6")->how, DIAL_OPEN);
	assert_int_equal(ends_dial(&w, "/XX-2", "ocpp1.6")->status, 404);
	assert_int_equal(ends_dial(&w, "/%2e%2e", "ocpp1.6")->status, 404);
	ends_close(&w);
}

static void
a_name_that_2x_does_not_have_is_not_found_there(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	assert_int_equal(ends_dial(&w, "/a:b", "ocpp2.0.1")->status, 404);
	cp = ends_dial(&w, "/a:b", "ocpp2.0.1, ocpp1.6");
	assert_string_equal(cp->protocol, "ocpp1.6");
	assert_string_equal(ends_csms(&w)->offer, "ocpp1.6");
	ends_close(&w);
}

/* --- two of one name ------------------------------------------------------ */

static void
without_proof_a_live_connection_is_kept(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->status, 409);
	assert_false(cp->closed);
	/* Another one may come meanwhile. */
	assert_int_equal(ends_dial(&w, "/CP2", "ocpp1.6")->how, DIAL_OPEN);
	ends_close(&w);
}

static void
a_connection_that_does_not_answer_gives_way(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	leg_pause(cp->leg, true); /* it reads no ping */
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->how, DIAL_OPEN);
	leg_pause(cp->leg, false);
	assert_int_equal(end_is_told(cp), 1001);
	ends_close(&w);
}

static void
with_proof_the_newer_connection_wins_but_not_again_at_once(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	basic(&w);
	cp = knocks(&w, "/CP1", "CP1", secret, sizeof(secret));
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->how, DIAL_OPEN);
	assert_int_equal(end_is_told(cp), 1001);
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->status, 429);
	ends_close(&w);
}

/* Two doors: one asks for a password, the other for nothing. */
static void
two_doors(struct ends *w)
{
	static char other[] = "other";

	basic(w);
	w->two = true;
	w->other = w->listener;
	w->other.name = other;
	w->other.profile = 0;
	assert_int_equal(ends_serve(w), 0);
}

static struct end *
by_the_other(struct ends *w, const char *path)
{
	uint16_t port = w->port;
	struct end *x;

	w->port = w->other_port;
	x = ends_dial(w, path, "ocpp1.6");
	w->port = port;
	return x;
}

static void
who_proved_less_never_displaces_who_proved_more(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	two_doors(&w);
	cp = knocks(&w, "/CP1", "CP1", secret, sizeof(secret));
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_int_equal(by_the_other(&w, "/CP1")->status, 409);
	assert_false(cp->closed);
	/* The other way round it does. */
	cp = by_the_other(&w, "/CP2");
	assert_int_equal(cp->how, DIAL_OPEN);
	assert_int_equal(
	    knocks(&w, "/CP2", "CP2", secret, sizeof(secret))->how, DIAL_OPEN);
	assert_int_equal(end_is_told(cp), 1001);
	ends_close(&w);
}

static void
the_policy_may_say_that_the_newer_or_the_older_one_stays(void **state)
{
	struct ends w;
	struct end *cp;

	(void)state;
	opened(&w);
	w.set.second = OCPP_TAKE_NEW;
	assert_int_equal(ends_serve(&w), 0);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->how, DIAL_OPEN);
	assert_int_equal(end_is_told(cp), 1001);
	ends_close(&w);

	basic(&w);
	w.set.second = OCPP_KEEP_OLD;
	assert_int_equal(ends_serve(&w), 0);
	cp = knocks(&w, "/CP1", "CP1", secret, sizeof(secret));
	assert_int_equal(
	    knocks(&w, "/CP1", "CP1", secret, sizeof(secret))->status, 409);
	assert_false(cp->closed);
	ends_close(&w);
}

/* --- limits, settings ----------------------------------------------------- */

static void
so_many_chargers_and_no_more(void **state)
{
	struct ends w;

	(void)state;
	opened(&w);
	w.set.limits.chargers = 1;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->how, DIAL_OPEN);
	assert_int_equal(ends_dial(&w, "/CP2", "ocpp1.6")->status, 503);
	ends_close(&w);
}

static void
settings_that_stay_the_same_keep_the_connection(void **state)
{
	struct ends w;
	struct end *cp, *cs;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	cs = ends_csms(&w);
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(end_say(cp, "[2,\"1\",\"Heartbeat\",{}]"), 0);
	assert_string_equal(end_hears(cs), "[2,\"1\",\"Heartbeat\",{}]");
	ends_close(&w);
}

static void
another_door_opens_and_closes_beside_the_one_that_stays(void **state)
{
	static char other[] = "other";
	struct ends w;
	struct end *cp, *cs, *there;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	cs = ends_csms(&w);
	w.two = true;
	w.other = w.listener;
	w.other.name = other;
	assert_int_equal(ends_serve(&w), 0);
	there = by_the_other(&w, "/CP2");
	assert_int_equal(there->how, DIAL_OPEN);
	w.two = false;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(end_is_told(there), 1012);
	assert_false(cp->closed);
	assert_int_equal(end_say(cp, "[2,\"1\",\"Heartbeat\",{}]"), 0);
	assert_string_equal(end_hears(cs), "[2,\"1\",\"Heartbeat\",{}]");
	ends_close(&w);
}

static void
a_door_that_cannot_open_is_an_error_and_the_old_settings_come_back(void **state)
{
	static char other[] = "other";
	struct ends w;

	(void)state;
	served(&w);
	w.two = true;
	w.other = w.listener;
	w.other.name = other;
	w.other.port = listener_port(w.csms);
	assert_int_equal(ends_serve(&w), -1);
	w.two = false;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(ends_dial(&w, "/CP1", "ocpp1.6")->how, DIAL_OPEN);
	ends_close(&w);
}

static void
another_csms_or_listener_or_policy_closes_the_connection(void **state)
{
	static char known[] = "CP9";
	struct ends w;
	struct end *cp;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	(void)strcat(w.url, "/x");
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(end_is_told(cp), 1012);
	assert_int_not_equal(end_is_told(ends_csms(&w)), 0);

	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	w.listener.versions = 1;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(end_is_told(cp), 1012);

	cp = ends_dial(&w, "/CP1", "ocpp1.6");
	w.set.who = OCPP_KNOWN;
	w.classes[0].pattern = known;
	w.classes[0].exact = true;
	assert_int_equal(ends_serve(&w), 0);
	assert_int_equal(end_is_told(cp), 1008);
	ends_close(&w);
}

static void
a_record_is_kept_of_what_was_agreed_on_and_what_it_says_it_is(void **state)
{
	struct ends w;
	struct end *cp;
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	served(&w);
	cp = ends_dial(&w, "/CP1", "ocpp2.0.1");
	ends_pass(&w, 200);
	assert_int_equal(
	    file_read(AT_FDCWD, "state/chargers/CP1", 4096, &text, &e), 0);
	assert_non_null(strstr(text.p, "\"version\":\"ocpp2.0.1\""));
	assert_null(strstr(text.p, "serial"));
	(void)end_say(cp,
	    "[2,\"1\",\"BootNotification\",{\"reason\":\"PowerUp\","
	    "\"chargingStation\":{\"model\":\"M\",\"vendorName\":\"V\","
	    "\"serialNumber\":\"S-1\",\"firmwareVersion\":\"1.2\"}}]");
	(void)end_hears(ends_csms(&w));
	ends_pass(&w, 200);
	assert_int_equal(
	    file_read(AT_FDCWD, "state/chargers/CP1", 4096, &text, &e), 0);
	assert_non_null(strstr(text.p, "\"serial\":\"S-1\""));
	assert_non_null(strstr(text.p, "\"firmware\":\"1.2\""));
	ends_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    a_charger_reaches_its_csms_with_its_own_path_and_list),
		in_a_place(a_url_with_a_path_has_the_identity_put_behind_it),
		in_a_place(the_csms_chooses_the_subprotocol),
		in_a_place(disabled_versions_and_strangers_are_not_offered),
		in_a_place(
		    without_a_common_subprotocol_the_handshake_is_completed_and_closed),
		in_a_place(a_refusal_of_the_csms_is_the_chargers),
		in_a_place(a_csms_that_is_not_there_or_says_nothing_is_504),
		in_a_place(what_the_csms_says_early_is_not_lost),
		in_a_place(a_charger_that_does_not_wait_leaves_nothing_behind),
		in_a_place(
		    when_the_csms_is_lost_a_transparent_charger_is_closed),
		in_a_place(close_codes_go_through_but_for_those_of_one_hop),
		in_a_place(a_charger_that_is_gone_is_gone_at_the_csms),
		in_a_place(a_password_lets_in_its_owner_alone),
		in_a_place(who_guesses_is_not_listened_to_any_more),
		in_a_place(
		    a_password_that_only_the_csms_knows_is_for_it_to_judge),
		in_a_place(the_gateway_may_have_one_credential_for_all),
		in_a_place(names_that_are_not_known_are_not_found),
		in_a_place(a_name_that_2x_does_not_have_is_not_found_there),
		in_a_place(without_proof_a_live_connection_is_kept),
		in_a_place(a_connection_that_does_not_answer_gives_way),
		in_a_place(
		    with_proof_the_newer_connection_wins_but_not_again_at_once),
		in_a_place(who_proved_less_never_displaces_who_proved_more),
		in_a_place(
		    the_policy_may_say_that_the_newer_or_the_older_one_stays),
		in_a_place(so_many_chargers_and_no_more),
		in_a_place(
		    another_door_opens_and_closes_beside_the_one_that_stays),
		in_a_place(
		    a_door_that_cannot_open_is_an_error_and_the_old_settings_come_back),
		in_a_place(settings_that_stay_the_same_keep_the_connection),
		in_a_place(
		    another_csms_or_listener_or_policy_closes_the_connection),
		in_a_place(
		    a_record_is_kept_of_what_was_agreed_on_and_what_it_says_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
