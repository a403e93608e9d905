/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>

#include "bridge_in.h"
#include "ocpp_ends.h"
#include "place.h"

/* Frames on their way: what goes through and how, what is refused and with
 * which words, whose answer an answer is. */

struct both {
	struct ends w;
	struct end *cp, *cs;
};

static void
meet(struct both *b, enum ocpp_judging judging, const char *protocol)
{
	assert_int_equal(ends_open(&b->w), 0);
	b->w.rules[0] = (struct ocpp_rule){ 7, 3, NULL, NULL, judging };
	b->w.set.nrules = 1;
	assert_int_equal(ends_serve(&b->w), 0);
	b->cp = ends_dial(&b->w, "/CP1", protocol);
	assert_int_equal(b->cp->how, DIAL_OPEN);
	b->cs = ends_csms(&b->w);
	assert_non_null(b->cs);
}

static void
part(struct both *b)
{
	ends_close(&b->w);
}

static void
goes(struct end *from, struct end *to, const char *text)
{
	assert_int_equal(end_say(from, text), 0);
	assert_string_equal(end_hears(to), text);
}

/* --- bytes ---------------------------------------------------------------- */

/* The oddest way of writing that is legal. */
static void
bytes_go_through_as_they_came(void **state)
{
	static const struct {
		const char *call, *answer;
	} rows[] = {
		{ " [ 2 ,\t\"1\",\r\n \"Heartbeat\" , { } ] ",
		    "[3,\"1\", {\"currentTime\" : \"2026-01-02T03:04:05.678Z\"}\n]" },
		{ "[2,\"\\u0061\\/b\",\"MeterValues\",{\"connectorId\":0,"
		  "\"meterValue\":[{\"timestamp\":\"2026-01-02T03:04:05.123+02:00\","
		  "\"sampledValue\":[{\"value\":\"1.50e+01\"}]}]}]",
		    "[3,\"a/b\",{}]" },
		{ "[2,\"3\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":"
		  "\"\\u00e4\\ud83d\\ude00\",\"meterStart\":-0,\"timestamp\":"
		  "\"2026-01-02T03:04:05Z\"}]",
		    "[3,\"3\",{\"transactionId\":2147483647,\"idTagInfo\":"
		    "{\"status\":\"Accepted\"}}]" },
		{ "[2,\"4\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":"
		  "\"{\\\"a\\\":1.0E-2}\"}]",
		    "[3,\"4\",{\"status\":\"Accepted\",\"data\":\"\"}]" },
		{ "[2,\"5\",\"Heartbeat\",{}]",
		    "[4,\"5\",\"GenericError\",\"\",{ \"x\" : [ 1.0 , 1e3 ] }]" },
	};
	static const enum ocpp_judging modes[] = { OCPP_OFF, OCPP_WARN,
		OCPP_REJECT };

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		struct both b;

		meet(&b, modes[m], "ocpp1.6");
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			goes(b.cp, b.cs, rows[i].call);
			goes(b.cs, b.cp, rows[i].answer);
		}
		part(&b);
	}
}

static void
signed_messages_of_2x_go_through_unread(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp2.0.1");
	goes(b.cp, b.cs,
	    "[2,\"1\",\"Heartbeat-Signed\",{ \"payload\":\"e30\",\"signatures\":"
	    "[{\"protected\":\"x\",\"signature\":\"y\"}]}]");
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	part(&b);
}

static void
a_large_frame_goes_through_whole(void **state)
{
	struct both b;
	size_t len = 60000;
	char *text = malloc(len + 64);
	int at;

	(void)state;
	assert_non_null(text);
	meet(&b, OCPP_REJECT, "ocpp1.6");
	at = sprintf(
	    text, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":\"");
	memset(text + at, 'x', len);
	(void)strcpy(text + at + len, "\"}]");
	goes(b.cp, b.cs, text);
	free(text);
	part(&b);
}

/* --- faults --------------------------------------------------------------- */

struct faulty {
	const char *protocol, *text, *answer; /* its begin; NULL: none */
};

static const struct faulty from_charger[] = {
	{ "ocpp1.6", "nonsense", "[4,\"-1\",\"FormationViolation\"" },
	{ "ocpp2.0.1", "nonsense", "[4,\"-1\",\"RpcFrameworkError\"" },
	{ "ocpp2.1", "[2]", "[4,\"-1\",\"RpcFrameworkError\"" },
	{ "ocpp1.6", "[2,\"7\",\"Reset\"]", "[4,\"7\",\"FormationViolation\"" },
	{ "ocpp1.6", "[2,\"7\",\"NoSuch\",{}]", "[4,\"7\",\"NotImplemented\"" },
	{ "ocpp2.0.1", "[2,\"7\",\"NoSuch\",{}]",
	    "[4,\"7\",\"NotImplemented\"" },
	{ "ocpp1.6", "[2,\"7\",\"BootNotification\",{}]",
	    "[4,\"7\",\"OccurenceConstraintViolation\"" },
	{ "ocpp2.0.1", "[2,\"7\",\"BootNotification\",{}]",
	    "[4,\"7\",\"OccurrenceConstraintViolation\"" },
	{ "ocpp1.6",
	    "[2,\"7\",\"BootNotification\",{\"chargePointVendor\":1,"
	    "\"chargePointModel\":\"m\"}]",
	    "[4,\"7\",\"TypeConstraintViolation\"" },
	{ "ocpp1.6",
	    "[2,\"7\",\"BootNotification\",{\"chargePointVendor\":"
	    "\"123456789012345678901\",\"chargePointModel\":\"m\"}]",
	    "[4,\"7\",\"PropertyConstraintViolation\"" },
	{ "ocpp2.0.1", "[9,\"7\",\"x\",{}]",
	    "[4,\"7\",\"MessageTypeNotSupported\"" },
	{ "ocpp1.6", "[9,\"7\",\"x\",{}]", NULL },
	{ "ocpp2.1", "[9,\"7\",\"x\",{}]", NULL },
	{ "ocpp2.1", "[6,\"7\",\"NotifyPeriodicEventStream\",{}]", NULL },
	/* An answer to nothing gets none, whatever it looks like. */
	{ "ocpp1.6", "[3,\"7\",{}]", NULL },
	{ "ocpp1.6", "[4,\"7\",\"GenericError\",\"\",{}]", NULL },
	{ "ocpp2.1", "[5,\"7\",\"GenericError\",\"\",{}]", NULL },
};

static void
a_faulty_frame_is_answered_and_not_forwarded_in_reject_mode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(from_charger) / sizeof(*from_charger);
	     i++) {
		const struct faulty *f = &from_charger[i];
		struct both b;
		const char *heard;

		meet(&b, OCPP_REJECT, f->protocol);
		assert_int_equal(end_say(b.cp, f->text), 0);
		heard = f->answer == NULL ? "" : end_hears(b.cp);
		if (f->answer != NULL &&
		    strncmp(heard, f->answer, strlen(f->answer)) != 0)
			fail_msg("%s: %s", f->text, heard);
		/* What comes next is served, and nothing came before it. */
		goes(b.cp, b.cs,
		    f->protocol[4] == '1' ? "[2,\"8\",\"Heartbeat\",{}]"
					  : "[2,\"8\",\"Heartbeat\",{ }]");
		assert_true(end_hears_nothing(b.cp));
		assert_false(b.cp->closed);
		part(&b);
	}
}

static void
a_faulty_frame_of_the_csms_is_answered_to_the_csms(void **state)
{
	struct both b;
	const char *heard;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	assert_int_equal(
	    end_say(b.cs, "[2,\"7\",\"Reset\",{\"type\":\"Medium\"}]"), 0);
	heard = end_hears(b.cs);
	assert_non_null(strstr(heard,
	    "[4,\"7\",\"PropertyConstraintViolation\","
	    "\"$.type: "));
	/* The charge point's own action. */
	assert_int_equal(end_say(b.cs, "[2,\"8\",\"Heartbeat\",{}]"), 0);
	assert_int_equal(strncmp(end_hears(b.cs), "[4,\"8\",\"", 8), 0);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
a_faulty_frame_is_told_and_forwarded_in_warn_mode(void **state)
{
	static const char *const texts[] = { "nonsense", "[]", "[2]",
		"[2,\"7\",\"NoSuch\",{}]", "[2,\"8\",\"BootNotification\",{}]",
		"[9,\"7\"]", "{\"a\":1,\"a\":2}" };
	struct both b;

	(void)state;
	meet(&b, OCPP_WARN, "ocpp1.6");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		goes(b.cp, b.cs, texts[i]);
	assert_true(end_hears_nothing(b.cp));
	assert_non_null(strstr(b.w.events, "InvalidMessages"));
	assert_non_null(strstr(b.w.log, "faulty"));
	/* What they are answered with comes back all the same. */
	goes(b.cs, b.cp, "[4,\"7\",\"NotImplemented\",\"\",{}]");
	goes(b.cs, b.cp, "[3,\"8\",{\"no\":\"boot\"}]");
	goes(b.cs, b.cp, "[4,\"-1\",\"GenericError\",\"\",{}]");
	part(&b);
}

/* Whoever answers for a charge point must have read what it was told. */
static void
what_is_said_twice_passes_no_gateway_that_answers_for_its_charger(void **state)
{
	static const char twice[] =
	    "[2,\"7\",\"ChangeConfiguration\",{\"key\":\"CpoName\","
	    "\"key\":\"AuthorizationKey\",\"value\":\"x\"}]";
	struct both b;

	(void)state;
	meet(&b, OCPP_WARN, "ocpp1.6");
	goes(b.cs, b.cp, twice);
	part(&b);
	assert_int_equal(ends_open(&b.w), 0);
	b.w.classes[0].profiles = OCPP_REFUSE;
	assert_int_equal(ends_serve(&b.w), 0);
	b.cp = ends_dial(&b.w, "/CP1", "ocpp1.6");
	b.cs = ends_csms(&b.w);
	assert_non_null(b.cs);
	assert_int_equal(end_say(b.cs, twice), 0);
	assert_non_null(strstr(end_hears(b.cs), "\"FormationViolation\""));
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
off_says_nothing(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_OFF, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"8\",\"BootNotification\",{}]");
	goes(b.cs, b.cp, "[3,\"8\",{\"no\":\"boot\"}]");
	goes(b.cp, b.cs, "nonsense");
	assert_string_equal(b.w.events, "");
	assert_string_equal(b.w.log, "");
	part(&b);
}

static void
a_faulty_answer_becomes_an_error_for_who_waits(void **state)
{
	struct both b;
	const char *heard;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	assert_int_equal(end_say(b.cs, "[3,\"1\",{\"currentTime\":1}]"), 0);
	heard = end_hears(b.cp);
	assert_int_equal(strncmp(heard,
			     "[4,\"1\",\"InternalError\",\"faulty answer: "
			     "$.currentTime: ",
			     strlen("[4,\"1\",\"InternalError\",\"faulty "
				    "answer: $.currentTime: ")),
	    0);
	assert_true(end_hears_nothing(b.cs));
	part(&b);
}

static void
in_21_its_maker_is_told_too(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp2.1");
	goes(b.cs, b.cp, "[2,\"1\",\"ClearCache\",{}]");
	assert_int_equal(end_say(b.cp, "[3,\"1\",{\"status\":\"Maybe\"}]"), 0);
	assert_int_equal(
	    strncmp(end_hears(b.cs), "[4,\"1\",\"InternalError\",", 23), 0);
	assert_int_equal(strncmp(end_hears(b.cp),
			     "[5,\"1\",\"PropertyConstraintViolation\",", 36),
	    0);
	part(&b);
}

/* --- who answers whom ----------------------------------------------------- */

static void
answers_to_nothing_are_dropped_and_counted(void **state)
{
	struct both b;
	json_t *status;

	(void)state;
	meet(&b, OCPP_WARN, "ocpp1.6");
	assert_int_equal(end_say(b.cs, "[3,\"1\",{}]"), 0);
	assert_int_equal(
	    end_say(b.cp, "[4,\"1\",\"GenericError\",\"\",{}]"), 0);
	assert_true(end_hears_nothing(b.cp));
	assert_true(end_hears_nothing(b.cs));
	status = bridge_status(b.w.bridge);
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(status, "figures"), "unasked")),
	    2);
	json_decref(status);
	/* Each is told once. */
	goes(b.cp, b.cs, "[2,\"5\",\"Heartbeat\",{}]");
	goes(
	    b.cs, b.cp, "[3,\"5\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	assert_int_equal(end_say(b.cs, "[3,\"5\",{}]"), 0);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
an_answer_after_the_timeout_is_dropped(void **state)
{
	struct both b;

	(void)state;
	assert_int_equal(ends_open(&b.w), 0);
	b.w.set.limits.call_ms = 100;
	assert_int_equal(ends_serve(&b.w), 0);
	b.cp = ends_dial(&b.w, "/CP1", "ocpp1.6");
	b.cs = ends_csms(&b.w);
	goes(b.cp, b.cs, "[2,\"5\",\"Heartbeat\",{}]");
	ends_pass(&b.w, 300);
	assert_int_equal(end_say(b.cs,
			     "[3,\"5\",{\"currentTime\":"
			     "\"2026-01-02T03:04:05Z\"}]"),
	    0);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
a_hasty_second_call_is_forwarded(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(b.cp, b.cs, "[2,\"2\",\"Heartbeat\",{}]");
	goes(
	    b.cs, b.cp, "[3,\"2\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	part(&b);
}

static void
a_side_that_does_not_wait_gets_all_its_answers(void **state)
{
	struct both b;
	char text[128];

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	for (int i = 0; i < 60; i++) {
		(void)snprintf(
		    text, sizeof(text), "[2,\"%d\",\"Heartbeat\",{}]", i);
		assert_int_equal(end_say(b.cp, text), 0);
	}
	for (int i = 0; i < 60; i++)
		assert_true(*end_hears(b.cs) == '[');
	for (int i = 0; i < 60; i++) {
		(void)snprintf(text, sizeof(text),
		    "[3,\"%d\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]", i);
		goes(b.cs, b.cp, text);
	}
	part(&b);
}

static void
the_id_of_an_open_call_is_refused_again_and_free_afterwards(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	assert_int_equal(end_say(b.cp, "[2,\"1\",\"Heartbeat\",{ }]"), 0);
	assert_true(end_hears_nothing(b.cs));
	assert_true(end_hears_nothing(b.cp));
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{  }]");
	part(&b);
}

static void
the_same_id_goes_both_ways_at_once(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(b.cs, b.cp, "[2,\"1\",\"ClearCache\",{}]");
	goes(b.cp, b.cs, "[3,\"1\",{\"status\":\"Accepted\"}]");
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	part(&b);
}

static void
ids_longer_than_allowed_still_find_their_way_in_warn_mode(void **state)
{
	struct both b;
	char id[300], call[400], answer[400];

	(void)state;
	memset(id, 'i', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	(void)snprintf(call, sizeof(call), "[2,\"%s\",\"Heartbeat\",{}]", id);
	(void)snprintf(answer, sizeof(answer),
	    "[3,\"%s\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]", id);
	meet(&b, OCPP_WARN, "ocpp1.6");
	goes(b.cp, b.cs, call);
	goes(b.cs, b.cp, answer);
	part(&b);
}

static void
send_of_21_is_relayed_beside_an_open_call_and_never_answered(void **state)
{
	static const char stream[] =
	    "[6,\"s\",\"NotifyPeriodicEventStream\",{\"id\":1,\"pending\":0,"
	    "\"basetime\":\"2026-01-02T03:04:05Z\",\"data\":[{\"t\":0,\"v\":"
	    "\"1\"}]}]";
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp2.1");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(b.cp, b.cs, stream);
	assert_true(end_hears_nothing(b.cp));
	assert_int_equal(end_say(b.cs, "[3,\"s\",{}]"), 0);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
an_error_about_an_answer_reaches_who_made_it(void **state)
{
	struct both b;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp2.1");
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	goes(b.cp, b.cs, "[5,\"1\",\"FormatViolation\",\"no\",{}]");
	assert_int_equal(
	    end_say(b.cp, "[5,\"2\",\"FormatViolation\",\"no\",{}]"), 0);
	assert_true(end_hears_nothing(b.cs));
	part(&b);
}

/* --- calls of the gateway ------------------------------------------------- */

static uint64_t
sent(struct both *b)
{
	uint64_t token;
	struct err e;

	if (bridge_send(
		b->w.bridge, "CP1", "ClearCache", "{}", 2, &token, &e) == -1)
		fail_msg("%s", e.text);
	return token;
}

static void
answer_to(struct end *cp, const char *call, const char *status)
{
	char id[64], text[200];

	assert_int_equal(sscanf(call, "[2,\"%63[^\"]\"", id), 1);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[14], '4');
	(void)snprintf(
	    text, sizeof(text), "[3,\"%s\",{\"status\":\"%s\"}]", id, status);
	assert_int_equal(end_say(cp, text), 0);
}

static void
our_call_waits_for_the_open_one_and_its_answer_is_ours(void **state)
{
	struct both b;
	uint64_t token;
	const char *call;
	json_t *j;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	goes(b.cs, b.cp, "[2,\"1\",\"ClearCache\",{}]");
	token = sent(&b);
	assert_true(end_hears_nothing(b.cp));
	assert_null(bridge_answer(b.w.bridge, token));
	goes(b.cp, b.cs, "[3,\"1\",{\"status\":\"Accepted\"}]");
	call = end_hears(b.cp);
	assert_non_null(strstr(call, "\"ClearCache\",{}]"));

	/* Now the CSMS has to wait for ours. */
	assert_int_equal(end_say(b.cs, "[2,\"2\",\"ClearCache\",{}]"), 0);
	assert_true(end_hears_nothing(b.cp));
	answer_to(b.cp, call, "Rejected");
	assert_string_equal(end_hears(b.cp), "[2,\"2\",\"ClearCache\",{}]");
	assert_true(end_hears_nothing(b.cs));
	j = bridge_answer(b.w.bridge, token);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(j, "result"), "status")),
	    "Rejected");
	json_decref(j);
	j = bridge_answer(b.w.bridge, token);
	assert_non_null(json_object_get(j, "error"));
	json_decref(j);
	part(&b);
}

static void
our_call_ends_with_its_connection(void **state)
{
	struct both b;
	uint64_t token, waiting;
	json_t *j;

	(void)state;
	meet(&b, OCPP_WARN, "ocpp1.6");
	token = sent(&b);
	waiting = sent(&b);
	assert_true(*end_hears(b.cp) == '[');
	leg_close(b.cp->leg, 1000, "");
	assert_int_not_equal(end_is_told(b.cs), 0);
	j = bridge_answer(b.w.bridge, token);
	assert_non_null(json_object_get(j, "error"));
	json_decref(j);
	j = bridge_answer(b.w.bridge, waiting);
	assert_non_null(json_object_get(j, "error"));
	json_decref(j);
	part(&b);
}

static void
note_answer(void *ctx, struct pair *p, const struct frame *answer)
{
	unsigned *got = ctx;

	(void)p;
	*got += answer == NULL ? 100 : 1;
}

static void
a_kept_frame_is_sent_with_its_own_id_when_nothing_is_open(void **state)
{
	static const char text[] = "[2,\"kept\",\"Heartbeat\",{}]";
	static const struct span all = { text, sizeof(text) - 1 };
	struct both b;
	struct pair *p;
	struct frame f = { .shape = -1 };
	struct verdict v;
	struct err e;
	unsigned got = 0;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	p = chargers_find(b.w.bridge->chargers, "CP1")->pair;
	assert_true(judge_frame(OCPP_16, OCPP_UP, all.p, all.len, &f, &v));
	goes(b.cp, b.cs, "[2,\"1\",\"Heartbeat\",{}]");
	assert_int_equal(
	    pair_resend(p, OCPP_UP, &f, all, 7, note_answer, &got, &e), -1);
	assert_int_equal(e.code, EBUSY);
	goes(
	    b.cs, b.cp, "[3,\"1\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	assert_int_equal(
	    pair_resend(p, OCPP_UP, &f, all, 7, note_answer, &got, &e), 0);
	assert_string_equal(end_hears(b.cs), text);
	/* The charge point's own waits behind it. */
	assert_int_equal(end_say(b.cp, "[2,\"2\",\"Heartbeat\",{}]"), 0);
	assert_true(end_hears_nothing(b.cs));
	assert_int_equal(end_say(b.cs,
			     "[3,\"kept\",{\"currentTime\":"
			     "\"2026-01-02T03:04:05Z\"}]"),
	    0);
	assert_string_equal(end_hears(b.cs), "[2,\"2\",\"Heartbeat\",{}]");
	assert_int_equal(got, 1);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

static void
a_faulty_call_of_ours_is_not_sent(void **state)
{
	struct both b;
	uint64_t token;
	struct err e;

	(void)state;
	meet(&b, OCPP_OFF, "ocpp1.6");
	assert_int_equal(
	    bridge_send(b.w.bridge, "CP1", "Reset", "{}", 2, &token, &e), -1);
	assert_int_equal(
	    bridge_send(b.w.bridge, "CP1", "Heartbeat", "{}", 2, &token, &e),
	    -1);
	assert_int_equal(
	    bridge_send(b.w.bridge, "CP1", "x\",{}],[", "{}", 2, &token, &e),
	    -1);
	assert_int_equal(
	    bridge_send(b.w.bridge, "CP1", "ClearCache", "{},1", 4, &token, &e),
	    -1);
	assert_int_equal(
	    bridge_send(b.w.bridge, "CP2", "ClearCache", "{}", 2, &token, &e),
	    -1);
	assert_true(end_hears_nothing(b.cp));
	part(&b);
}

/* --- guards --------------------------------------------------------------- */

static void
who_is_too_fast_is_slowed_down_and_loses_nothing(void **state)
{
	struct both b;
	char text[64];
	json_t *status;

	(void)state;
	assert_int_equal(ends_open(&b.w), 0);
	b.w.host.sweep_ms = 0;
	b.w.set.limits.frames = 10;
	b.w.set.limits.call_ms = 100;
	assert_int_equal(ends_serve(&b.w), 0);
	b.cp = ends_dial(&b.w, "/CP1", "ocpp1.6");
	b.cs = ends_csms(&b.w);
	for (int i = 0; i < 25; i++) {
		(void)snprintf(
		    text, sizeof(text), "[2,\"%d\",\"Heartbeat\",{}]", i);
		assert_int_equal(end_say(b.cp, text), 0);
	}
	ends_pass(&b.w, 300);
	assert_in_range(b.cs->nheard, 10, 20);
	for (int i = 0; i < 25; i++) {
		(void)snprintf(
		    text, sizeof(text), "[2,\"%d\",\"Heartbeat\",{}]", i);
		assert_string_equal(end_hears(b.cs), text);
	}
	status = bridge_status(b.w.bridge);
	assert_in_range(json_integer_value(json_object_get(
			    json_object_get(status, "figures"), "paused")),
	    1, 3);
	json_decref(status);
	part(&b);
}

static void
a_bad_neighbour_harms_nobody(void **state)
{
	struct both b;
	struct end *other, *cs;

	(void)state;
	meet(&b, OCPP_REJECT, "ocpp1.6");
	other = ends_dial(&b.w, "/CP2", "ocpp1.6");
	cs = ends_csms(&b.w);
	for (int i = 0; i < 20; i++) {
		char *big = malloc(70000);

		assert_int_equal(end_say(b.cp, "[2,\"1\",\"\xc3\xa4\""), 0);
		memset(big, 'x', 69999);
		big[69999] = '\0';
		if (i == 19)
			(void)end_say(b.cp, big);
		free(big);
	}
	assert_int_equal(end_is_told(b.cp), 1009);
	assert_int_not_equal(end_is_told(b.cs), 0);
	goes(other, cs, "[2,\"8\",\"Heartbeat\",{}]");
	goes(cs, other, "[3,\"8\",{\"currentTime\":\"2026-01-02T03:04:05Z\"}]");
	part(&b);
}

static void
the_tail_shows_frames_to_who_asks_without_their_secrets(void **state)
{
	struct both b;
	json_t *j, *lines;
	char *text;
	json_int_t next;

	(void)state;
	meet(&b, OCPP_WARN, "ocpp1.6");
	goes(b.cp, b.cs, "[2,\"0\",\"Heartbeat\",{}]");
	j = bridge_tail(b.w.bridge, NULL, 0);
	assert_int_equal(json_array_size(json_object_get(j, "lines")), 1);
	next = json_integer_value(json_object_get(j, "next"));
	json_decref(j);
	goes(b.cs, b.cp,
	    "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
	    "\"value\":\"planted-secret-1234\"}]");
	j = bridge_tail(b.w.bridge, "CP1", (uint64_t)next);
	lines = json_object_get(j, "lines");
	assert_int_equal(json_array_size(lines), 1);
	text = json_dumps(lines, 0);
	assert_non_null(strstr(text, "AuthorizationKey"));
	assert_null(strstr(text, "planted"));
	free(text);
	next = json_integer_value(json_object_get(j, "next"));
	json_decref(j);
	/* What the gateway says itself is shown as well. */
	(void)end_say(b.cp, "[3,\"1\",{\"status\":\"Accepted\"}]");
	(void)end_hears(b.cs);
	(void)pair_refuse(chargers_find(b.w.bridge->chargers, "CP1")->pair,
	    OCPP_UP, (struct span){ "9", 1 }, "GenericError", "of ours");
	(void)end_hears(b.cp);
	j = bridge_tail(b.w.bridge, "CP1", (uint64_t)next);
	text = json_dumps(j, 0);
	assert_non_null(strstr(text, "GenericError"));
	free(text);
	json_decref(j);
	j = bridge_tail(b.w.bridge, "CP2", 0);
	assert_int_equal(json_array_size(json_object_get(j, "lines")), 0);
	json_decref(j);
	part(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(bytes_go_through_as_they_came),
		in_a_place(signed_messages_of_2x_go_through_unread),
		in_a_place(a_large_frame_goes_through_whole),
		in_a_place(
		    a_faulty_frame_is_answered_and_not_forwarded_in_reject_mode),
		in_a_place(a_faulty_frame_of_the_csms_is_answered_to_the_csms),
		in_a_place(a_faulty_frame_is_told_and_forwarded_in_warn_mode),
		in_a_place(
		    what_is_said_twice_passes_no_gateway_that_answers_for_its_charger),
		in_a_place(off_says_nothing),
		in_a_place(a_faulty_answer_becomes_an_error_for_who_waits),
		in_a_place(in_21_its_maker_is_told_too),
		in_a_place(answers_to_nothing_are_dropped_and_counted),
		in_a_place(an_answer_after_the_timeout_is_dropped),
		in_a_place(a_hasty_second_call_is_forwarded),
		in_a_place(a_side_that_does_not_wait_gets_all_its_answers),
		in_a_place(
		    the_id_of_an_open_call_is_refused_again_and_free_afterwards),
		in_a_place(the_same_id_goes_both_ways_at_once),
		in_a_place(
		    ids_longer_than_allowed_still_find_their_way_in_warn_mode),
		in_a_place(
		    send_of_21_is_relayed_beside_an_open_call_and_never_answered),
		in_a_place(an_error_about_an_answer_reaches_who_made_it),
		in_a_place(
		    our_call_waits_for_the_open_one_and_its_answer_is_ours),
		in_a_place(our_call_ends_with_its_connection),
		in_a_place(
		    a_kept_frame_is_sent_with_its_own_id_when_nothing_is_open),
		in_a_place(a_faulty_call_of_ours_is_not_sent),
		in_a_place(who_is_too_fast_is_slowed_down_and_loses_nothing),
		in_a_place(a_bad_neighbour_harms_nobody),
		in_a_place(
		    the_tail_shows_frames_to_who_asks_without_their_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
