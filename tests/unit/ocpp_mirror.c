/* SPDX-License-Identifier: MIT */
/* The mirror against a real Mosquitto on a unix socket. */
#include "ocpp_broker.h"

#include "command.h"
#include "mirror.h"

struct told {
	struct mirror *mirror;
	unsigned n;
	char identity[64], action[64], payload[128], token[80];
};

static void
on_command(void *ctx, const char *identity, const char *action,
    const char *payload, size_t len, const char *token)
{
	struct told *t = ctx;

	t->n++;
	assert_int_equal(strlen(payload), len);
	(void)snprintf(t->identity, sizeof(t->identity), "%s", identity);
	(void)snprintf(t->action, sizeof(t->action), "%s", action);
	(void)snprintf(t->payload, sizeof(t->payload), "%s", payload);
	(void)snprintf(t->token, sizeof(t->token), "%s", token);
}

static struct ocpp_mirror_rule rules[] = {
	{ (char *)"CP-*", (char *)"Trigger*" },
	{ (char *)"a/b+#", (char *)"*" },
};

static struct mirror *
start(struct hall *h, struct ocpp_mirror *s, struct told *t)
{
	struct mirror_calls on = { .command = on_command, .ctx = t };
	struct mirror *m;
	struct err e;

	s->broker = h->where;
	s->prefix = (char *)"ocpp";
	s->frames = true;
	s->rules = rules;
	s->nrules = 2;
	assert_non_null(m = mirror_new(h->loop, s, &on, &e));
	assert_string_equal(hall_wait(h, "ocpp/bridge"), "online");
	hall_forget(h);
	t->mirror = m;
	return m;
}

static const char boot[] =
    "[2, \"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
    "\"value\":\"QUwxMDAwOgABAgME\"}]";

static struct frame
read_frame(const char *text)
{
	struct frame f;
	struct verdict v;

	assert_true(
	    judge_frame(OCPP_16, OCPP_DOWN, text, strlen(text), &f, &v));
	return f;
}

static void
a_frame_is_published_without_its_secrets(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	struct frame f = read_frame(boot);
	const char *text;

	mirror_frame(m, "CP-1", OCPP_16, OCPP_DOWN, &f, "ChangeConfiguration",
	    (struct span){ boot, strlen(boot) }, NULL);
	text = hall_wait(h, "ocpp/CP-1/down/ChangeConfiguration");
	assert_null(strstr(text, "QUwx"));
	assert_non_null(strstr(text, "[2, \"1\",\"ChangeConfiguration\""));
	mirror_free(m);
	assert_string_equal(hall_wait(h, "ocpp/bridge"), "offline");
}

static void
an_identity_gives_no_topic_level_and_no_wildcard(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);

	mirror_event(
	    m, "a/b+#", "connected", json_pack("{s:s}", "version", "ocpp1.6"));
	assert_string_equal(hall_wait(h, "ocpp/a%2Fb%2B%23/event/connected"),
	    "{\"version\":\"ocpp1.6\"}");
	mirror_free(m);
}

static void
a_faulty_frame_is_an_event_that_says_where(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	struct frame f = read_frame(boot);
	struct verdict v = {
		.fault = JUDGE_PROPERTY, .path = "$.key", .why = "too long"
	};
	const char *text;

	s.frames = false;
	mirror_frame(m, "CP-1", OCPP_16, OCPP_DOWN, &f, "ChangeConfiguration",
	    (struct span){ boot, strlen(boot) }, &v);
	text = hall_wait(h, "ocpp/CP-1/event/invalid");
	assert_non_null(strstr(text, "\"path\":\"$.key\""));
	assert_non_null(strstr(text, "\"why\":\"too long\""));
	assert_null(strstr(text, "QUwx"));
	mirror_free(m);
}

struct sent {
	const char *topic, *text;
	const char *answer; /* NULL: a command; else it is refused, with this */
};

static bool
came(void *ctx)
{
	return ((struct told *)ctx)->n > 0;
}

static void
a_command_that_the_rules_allow_comes_through(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	const char *text =
	    "{\"token\":\"t-1\",\"payload\":{\"requestedMessage\":\"Heartbeat\"}}";
	static const char answer[] = "[3,\"x\",{\"status\":\"Accepted\"}]";
	struct frame f = read_frame(answer);

	assert_true(broker_publish(h->ear, "ocpp/CP-7/call/TriggerMessage",
	    text, strlen(text), false));
	hall_until(h, came, &t);
	assert_string_equal(t.identity, "CP-7");
	assert_string_equal(t.action, "TriggerMessage");
	assert_string_equal(t.payload, "{\"requestedMessage\":\"Heartbeat\"}");
	hall_forget(h);
	mirror_answer(m, "CP-7", t.token, OCPP_16, "TriggerMessage", &f);
	assert_string_equal(hall_wait(h, "ocpp/CP-7/answer"),
	    "{\"result\":{\"status\":\"Accepted\"},\"token\":\"t-1\"}");
	hall_forget(h);
	mirror_answer(m, "CP-7", "t-2", OCPP_16, "TriggerMessage", NULL);
	assert_string_equal(hall_wait(h, "ocpp/CP-7/answer"),
	    "{\"timeout\":true,\"token\":\"t-2\"}");
	mirror_free(m);
}

static void
an_error_is_told_with_its_code(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	struct frame f =
	    read_frame("[4,\"x\",\"NotSupported\",\"no\",{\"a\":1}]");

	mirror_answer(m, "CP-7", "t-1", OCPP_16, "Reset", &f);
	assert_string_equal(hall_wait(h, "ocpp/CP-7/answer"),
	    "{\"error\":{\"code\":\"NotSupported\",\"details\":{\"a\":1}},"
	    "\"token\":\"t-1\"}");
	mirror_free(m);
}

static void
what_is_no_allowed_command_is_refused_in_words(void **state)
{
	static const struct sent rows[] = {
		{ "ocpp/CP-7/call/Reset", "{\"token\":\"t\"}", "no rule" },
		{ "ocpp/XX/call/TriggerMessage", "{\"token\":\"t\"}",
		    "no rule" },
		{ "ocpp/CP-7/call/TriggerMessage", "{}", "token" },
		{ "ocpp/CP-7/call/TriggerMessage", "nonsense", "command" },
		{ "ocpp/CP-7/call/TriggerMessage", "", "command" },
		{ "ocpp/CP-7/call/TriggerMessage",
		    "{\"token\":\"t\",\"payload\":[]}", "no object" },
		{ "ocpp/CP-7/call/TriggerMessage",
		    "{\"token\":\"t\",\"token\":\"u\"}", "duplicate" },
		{ "ocpp/CP-7/call/TriggerMessage",
		    "{\"token\":\"t\",\"sudo\":true}", "sudo" },
		{ "ocpp/CP-7/call/TriggerMessage", "{\"token\":\"a b\"}",
		    "letters" },
	};
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char topic[64];
		const char *text;

		hall_forget(h);
		assert_true(broker_publish(h->ear, rows[i].topic, rows[i].text,
		    strlen(rows[i].text), false));
		(void)snprintf(topic, sizeof(topic), "ocpp/%.*s/answer",
		    (int)strcspn(rows[i].topic + 5, "/"), rows[i].topic + 5);
		text = hall_wait(h, topic);
		if (strstr(text, rows[i].answer) == NULL ||
		    strstr(text, "refused") == NULL)
			fail_msg("%s: %s", rows[i].text, text);
	}
	assert_int_equal(t.n, 0);
	mirror_free(m);
}

static void
a_command_that_waited_in_the_broker_is_not_obeyed(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m;
	const char *text = "{\"token\":\"old\"}";

	assert_true(broker_publish(
	    h->ear, "ocpp/CP-7/call/TriggerMessage", text, strlen(text), true));
	(void)hall_wait(h, "ocpp/CP-7/call/TriggerMessage");
	m = start(h, &s, &t);
	text = "{\"token\":\"new\"}";
	assert_true(broker_publish(h->ear, "ocpp/CP-7/call/TriggerMessage",
	    text, strlen(text), false));
	hall_until(h, came, &t);
	assert_int_equal(t.n, 1);
	assert_string_equal(t.token, "new");
	mirror_free(m);
}

static bool
is_down(void *ctx)
{
	uint64_t sent, dropped;
	bool up;

	mirror_figures(ctx, &sent, &dropped, &up);
	return !up;
}

static bool
is_up(void *ctx)
{
	return !is_down(ctx);
}

static void
a_broker_that_is_away_costs_nothing_and_is_found_again(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	uint64_t sent, dropped, before;
	bool up;

	mirror_figures(m, &sent, &before, &up);
	hall_end(&h->pid);
	hall_until(h, is_down, m);
	for (int i = 0; i < 1000; i++)
		mirror_event(m, "CP-1", "connected", NULL);
	mirror_figures(m, &sent, &dropped, &up);
	assert_int_equal(dropped, before + 1000);
	(void)unlink(h->sock);
	h->pid = hall_mosquitto(h->dir, "conf");
	hall_until(h, is_up, m);
	mirror_free(m);
}

/* A reader that does not read: the rest is dropped, and memory stays. */
static void
a_broker_that_takes_nothing_makes_nobody_wait(void **state)
{
	struct hall *h = *state;
	struct ocpp_mirror s = { 0 };
	struct told t = { 0 };
	struct mirror *m = start(h, &s, &t);
	char *text = calloc(1, 60001);
	uint64_t sent, dropped;
	bool up;

	assert_non_null(text);
	(void)memset(text, 'x', 60000);
	assert_int_equal(kill(h->pid, SIGSTOP), 0);
	for (int i = 0; i < 200; i++)
		mirror_event(
		    m, "CP-1", "connected", json_pack("{s:s}", "text", text));
	mirror_figures(m, &sent, &dropped, &up);
	assert_int_equal(kill(h->pid, SIGCONT), 0);
	assert_true(dropped > 100);
	assert_true(sent < 100);
	free(text);
	mirror_free(m);
}

static void
a_topic_is_taken_in_one_spelling_only(void **state)
{
	static const struct {
		const char *topic;
		const char *identity, *action; /* NULL: refused */
	} rows[] = {
		{ "ocpp/CP-1/call/Reset", "CP-1", "Reset" },
		{ "ocpp/a%2Fb%2B%23/call/Reset", "a/b+#", "Reset" },
		{ "ocpp/%C3%A4/call/Reset", "\xc3\xa4", "Reset" },
		{ "ocpp/a%2fb/call/Reset", NULL, NULL },
		{ "ocpp/%43P-1/call/Reset", NULL, NULL },
		{ "ocpp/a b/call/Reset", NULL, NULL },
		{ "ocpp/a%00b/call/Reset", NULL, NULL },
		{ "ocpp/a%/call/Reset", NULL, NULL },
		{ "ocpp/a%2/call/Reset", NULL, NULL },
		{ "ocpp//call/Reset", NULL, NULL },
		{ "ocpp/CP-1/call/", NULL, NULL },
		{ "ocpp/CP-1/call/Re/set", NULL, NULL },
		{ "ocpp/CP-1/call/Re-set", NULL, NULL },
		{ "ocpp/CP-1/up/Reset", NULL, NULL },
		{ "ocpp/call/Reset", NULL, NULL },
		{ "ocppx/CP-1/call/Reset", NULL, NULL },
		{ "ocpp", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct command c;
		struct err e;
		int rc = command_topic("ocpp", rows[i].topic, &c, &e);

		if ((rc == 0) != (rows[i].identity != NULL))
			fail_msg("%s: %d", rows[i].topic, rc);
		if (rc == 0) {
			assert_string_equal(c.identity, rows[i].identity);
			assert_string_equal(c.action, rows[i].action);
		}
	}
}

#define IN_HALL(test)                                                          \
	cmocka_unit_test_setup_teardown(test, hall_open, hall_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HALL(a_frame_is_published_without_its_secrets),
		IN_HALL(an_identity_gives_no_topic_level_and_no_wildcard),
		IN_HALL(a_faulty_frame_is_an_event_that_says_where),
		IN_HALL(a_command_that_the_rules_allow_comes_through),
		IN_HALL(an_error_is_told_with_its_code),
		IN_HALL(what_is_no_allowed_command_is_refused_in_words),
		IN_HALL(a_command_that_waited_in_the_broker_is_not_obeyed),
		IN_HALL(a_broker_that_is_away_costs_nothing_and_is_found_again),
		IN_HALL(a_broker_that_takes_nothing_makes_nobody_wait),
		cmocka_unit_test(a_topic_is_taken_in_one_spelling_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
