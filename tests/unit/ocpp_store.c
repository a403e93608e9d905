/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "bridge_in.h"
#include "place.h"

/*
 * Store mode between a charge point and a CSMS that are this test: what it says
 * to either is written down in `heard`. With real ones it is
 * tests/system/ocpp_store.test.
 */
static char heard[16384];
static struct store *store;
static struct loop *loop;
static struct ocpp_settings set;
static struct ocpp_class class;
static struct charger charger;
static struct pair cp;
static struct call open_call;
static bool busy;
static struct {
	void (*done)(void *ctx, struct pair *, const struct frame *answer);
	void *ctx;
} sent;

static void __attribute__((format(printf, 1, 2))) hear(const char *fmt, ...)
{
	size_t n = strlen(heard);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(heard + n, sizeof(heard) - n, fmt, ap);
	va_end(ap);
}

/* What was heard since the last time. */
static const char *
news(void)
{
	static char copy[sizeof(heard)];

	(void)strcpy(copy, heard);
	heard[0] = '\0';
	return copy;
}

struct store *
bridge_store(struct bridge *b)
{
	(void)b;
	return store;
}

int
pair_answer(
    struct pair *p, enum ocpp_way way, struct span id, const char *payload)
{
	(void)p;
	hear("%s[3,%.*s,%s]", way == OCPP_UP ? "<" : ">", (int)id.len, id.p,
	    payload);
	return 0;
}

int
pair_refuse(struct pair *p, enum ocpp_way way, struct span id, const char *code,
    const char *why)
{
	(void)p;
	(void)way;
	(void)why;
	hear("<[4,%.*s,%s]", (int)id.len, id.p, code);
	return 0;
}

int
pair_resend(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, uint64_t record,
    void (*done)(void *ctx, struct pair *, const struct frame *answer),
    void *ctx, struct err *e)
{
	(void)p;
	(void)way;
	(void)record;
	assert_int_equal(f->type, OCPP_CALL);
	if (busy)
		return err_set(e, EBUSY, "open");
	assert_null(sent.done);
	sent.done = done;
	sent.ctx = ctx;
	hear(">%.*s", (int)text.len, text.p);
	return 0;
}

int
pair_forward(struct pair *p, enum ocpp_way way, struct span text)
{
	(void)p;
	assert_int_equal(way, OCPP_DOWN);
	hear("<%.*s", (int)text.len, text.p);
	return 0;
}

void
pair_close(struct pair *p, unsigned code, const char *why)
{
	(void)why;
	hear("closed %u", code);
	p->state = PAIR_CLOSING;
	store_gone(store, p);
}

static char noted[4096];

void
pair_note(struct pair *p, const char *kind, const char *fmt, ...)
{
	size_t n = strlen(noted);

	(void)p;
	(void)fmt;
	(void)snprintf(noted + n, sizeof(noted) - n, "%s ", kind);
}

static void
to_log(void *ctx, const char *line)
{
	(void)ctx;
	if (strstr(line, "DROPPED") != NULL || strstr(line, "not kept") != NULL)
		hear("!");
}

static void
start(void)
{
	const struct bridge_host host = { .state = ".", .log = to_log };
	struct err e;

	loop = loop_new(&e);
	store = store_new(NULL, loop, &host, &set, &e);
	assert_non_null(store);
}

static void
stop(void)
{
	store_free(store);
	loop_free(loop);
}

/* As after a kill, with all that was committed. */
static void
restart(void)
{
	store_gone(store, &cp);
	stop();
	sent.done = NULL;
	start();
}

static int
setup(void **state)
{
	if (place_make(state) != 0)
		return -1;
	heard[0] = noted[0] = '\0';
	busy = false;
	sent.done = NULL;
	set = (struct ocpp_settings){ .limits = { .store_bytes = 1 << 20,
					  .store_records = 100,
					  .attempts = 2,
					  .replay = 1000 } };
	class = (struct ocpp_class){ .mode = OCPP_STORE, .provisional = true };
	charger = (struct charger){ .identity = "CP1", .class = &class };
	cp = (struct pair){
		.charger = &charger, .version = OCPP_201, .state = PAIR_AWAY
	};
	start();
	return 0;
}

static int
teardown(void **state)
{
	store_gone(store, &cp);
	stop();
	return place_drop(state);
}

static void
turn(void)
{
	struct err e;

	assert_int_equal(loop_once(loop, 0, &e), 0);
}

/* What bridge/relay.c does with a frame. */
static enum pair_do
says(enum ocpp_way way, const char *text)
{
	const struct pair_handled *h = store_handled;
	struct frame f;
	struct verdict v;
	struct span all = { text, strlen(text) };
	enum pair_do what = PAIR_PASS;

	if (!judge_frame(cp.version, way, text, all.len, &f, &v))
		fail_msg("%s: %s", text, v.why);
	for (; h->action != NULL; h++)
		if (h->way == way && (h->versions & 1u << cp.version) != 0 &&
		    strcmp(h->action, judge_action(f.shape)) == 0 &&
		    h->asked != NULL)
			break;
	if (h->action != NULL)
		what = h->asked(&cp, way, &f, all, NULL);
	if (what == PAIR_PASS && cp.state == PAIR_AWAY)
		what = store_away(store, &cp, &f, all);
	return what;
}

static enum pair_do
charger_says(const char *text)
{
	return says(OCPP_UP, text);
}

/* The CSMS's answer to what was replayed last. */
static void
csms_answers(const char *text)
{
	struct frame f;
	struct verdict v;
	void (*done)(void *, struct pair *, const struct frame *) = sent.done;

	assert_non_null(done);
	sent.done = NULL;
	if (text != NULL)
		assert_true(judge_frame(
		    cp.version, OCPP_DOWN, text, strlen(text), &f, &v));
	done(sent.ctx, &cp, text == NULL ? NULL : &f);
}

static void
csms_comes(void)
{
	cp.state = PAIR_OPEN;
	cp.legs[OCPP_UP] = (struct leg *)&cp; /* not NULL */
	store_opened(store, &cp);
}

static void
csms_goes(void)
{
	cp.state = PAIR_AWAY;
	cp.legs[OCPP_UP] = NULL;
	store_lost(store, &cp);
	if (sent.done != NULL)
		csms_answers(NULL);
}

/* Until something is replayed, or for as long as a charge point may wait. */
static const char *
replayed(void)
{
	uint64_t end = now_ms() + 150;
	struct err e;

	while (sent.done == NULL && now_ms() < end)
		assert_int_equal(loop_once(loop, 5, &e), 0);
	return news();
}

#define EVENT(id, type, seq)                                                   \
	"[2,\"" id "\",\"TransactionEvent\", {\"eventType\":\"" type           \
	"\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"triggerReason\":"         \
	"\"Authorized\",\"seqNo\":" seq                                        \
	",\"transactionInfo\":{\"transactionId\":\"tx-1\"}}]"
#define TOKEN                                                                  \
	"[2,\"9\",\"TransactionEvent\",{\"eventType\":\"Started\","            \
	"\"timestamp\":\"2026-01-01T00:00:00Z\",\"triggerReason\":"            \
	"\"Authorized\",\"seqNo\":0,\"transactionInfo\":{\"transactionId\":"   \
	"\"tx-1\"},\"idToken\":{\"idToken\":\"A\",\"type\":\"ISO14443\"}}]"
#define STATUS(id, evse, what)                                                 \
	"[2,\"" id "\",\"StatusNotification\",{\"timestamp\":"                 \
	"\"2026-01-01T00:00:00Z\",\"connectorStatus\":\"" what                 \
	"\",\"evseId\":" evse ",\"connectorId\":1}]"
#define SECURITY(id, type)                                                     \
	"[2,\"" id "\",\"SecurityEventNotification\",{\"type\":\"" type        \
	"\",\"timestamp\":\"2026-01-01T00:00:00Z\"}]"
#define BOOT                                                                   \
	"[2,\"b\",\"BootNotification\",{\"reason\":\"PowerUp\","               \
	"\"chargingStation\":{\"model\":\"M\",\"vendorName\":\"V\"}}]"
#define START16(id)                                                            \
	"[2,\"" id "\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":"     \
	"\"T\",\"meterStart\":0,\"timestamp\":\"2026-01-01T00:00:00Z\"}]"
#define STOP16(id, tx)                                                         \
	"[2,\"" id "\",\"StopTransaction\", {\"meterStop\": 5 ,"               \
	"\"timestamp\":\"2026-01-01T00:00:00Z\", \"transactionId\" : " tx      \
	" }]"
#define METER16(id, tx)                                                        \
	"[2,\"" id                                                             \
	"\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":" tx          \
	",\"meterValue\":[{\"timestamp\":\"2026-01-01T00:00:00Z\","            \
	"\"sampledValue\":[{\"value\":\"1\"}]}]}]"

static void
what_is_kept_is_answered_when_it_is_durable_and_sent_as_it_came(void **state)
{
	(void)state;
	assert_int_equal(charger_says(EVENT("1", "Started", "0")), PAIR_TAKEN);
	assert_string_equal(news(), "");
	turn();
	assert_string_equal(news(), "<[3,1,{}]");
	restart();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[3,\"1\",{}]");
	assert_string_equal(replayed(), "");
}

static void
one_is_under_way_at_a_time_and_the_next_waits_for_the_commit(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(EVENT("2", "Updated", "1"));
	turn();
	assert_string_equal(news(), "<[3,1,{}]<[3,2,{}]");
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	/* A new one goes behind those that wait. */
	assert_int_equal(charger_says(EVENT("3", "Ended", "2")), PAIR_TAKEN);
	turn();
	assert_string_equal(news(), "<[3,3,{}]");
	csms_answers("[3,\"1\",{}]");
	assert_null(sent.done);
	assert_string_equal(replayed(), ">" EVENT("2", "Updated", "1"));
	csms_answers("[3,\"2\",{}]");
	assert_string_equal(replayed(), ">" EVENT("3", "Ended", "2"));
	csms_answers("[3,\"3\",{}]");
	turn();
	assert_string_equal(replayed(), "");
	assert_string_equal(noted, "stored stored stored delivered ");
	/* And when none waits it is the CSMS's own business. */
	assert_int_equal(charger_says(EVENT("4", "Started", "0")), PAIR_PASS);
}

/* The disk takes nothing, as if it were full. */
static void
disk_is_full(bool full)
{
	static struct rlimit before;
	struct rlimit none;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (full)
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, full ? &none : &before), 0);
}

/* Or, after a kill, two messages might come to the CSMS a second time. */
static void
nothing_is_sent_before_the_end_of_the_last_is_durable(void **state)
{
	uint64_t end = now_ms() + 3000;

	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(EVENT("2", "Ended", "1"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	disk_is_full(true);
	csms_answers("[3,\"1\",{}]");
	assert_string_equal(replayed(), "");
	disk_is_full(false);
	/* The next try is of its own accord. */
	while (sent.done == NULL && now_ms() < end)
		turn();
	assert_string_equal(news(), ">" EVENT("2", "Ended", "1"));
}

static void
what_was_sent_and_not_answered_is_sent_again_with_its_id(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(EVENT("2", "Ended", "1"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_goes();
	for (int i = 0; i < 3; i++) {
		csms_comes();
		assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
		csms_goes();
	}
	restart();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[3,\"1\",{}]");
	assert_string_equal(replayed(), ">" EVENT("2", "Ended", "1"));
}

/* How often text is in the file of what was not delivered. */
static void
buried(const char *text, unsigned wanted)
{
	static char all[64 * 1024];
	FILE *f = fopen("undelivered.jsonl", "r");
	unsigned n = 0;
	size_t len;

	assert_non_null(f);
	len = fread(all, 1, sizeof(all) - 1, f);
	all[len] = '\0';
	(void)fclose(f);
	for (const char *p = all; (p = strstr(p, text)) != NULL; p++)
		n++;
	assert_int_equal(n, wanted);
}

static void
an_error_is_an_attempt_and_after_the_last_it_is_dropped_loudly(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(EVENT("2", "Ended", "1"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	/* No answer in time is one as well; the first is remembered. */
	restart();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers(NULL);
	assert_string_equal(replayed(), "!>" EVENT("2", "Ended", "1"));
	buried("\"charger\":\"CP1\"", 1);
	buried("\\\"Started\\\"", 1);
	buried("Ended", 0);
}

/* What can not be written down is not let go of. */
static void
what_can_not_be_buried_stays_in_the_queue(void **state)
{
	(void)state;
	set.limits.attempts = 1;
	assert_int_equal(mkdir("undelivered.jsonl", 0700), 0);
	(void)charger_says(EVENT("1", "Ended", "0"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Ended", "0"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "!>" EVENT("1", "Ended", "0"));
	assert_int_equal(rmdir("undelivered.jsonl"), 0);
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "!");
	buried("Ended", 1);
}

/* A line that was torn is ended, and the file has its bounds. */
static void
the_undelivered_are_bounded_and_each_has_its_line(void **state)
{
	char *full = calloc(1, 1024 * 1024 + 1);
	FILE *f = fopen("undelivered.jsonl", "w");

	(void)state;
	assert_non_null(full);
	assert_true(fputs("{\"torn\":", f) >= 0);
	assert_int_equal(fclose(f), 0);
	set.limits.attempts = 1;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(EVENT("2", "Ended", "1"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "!>" EVENT("2", "Ended", "1"));
	buried("{\"torn\":\n{\"at\":", 1);
	memset(full, 'x', 1024 * 1024);
	f = fopen("undelivered.jsonl", "w");
	assert_true(fputs(full, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(full);
	csms_answers("[4,\"2\",\"InternalError\",\"\",{}]");
	(void)replayed();
	buried("Ended", 1);
	assert_int_equal(access("undelivered.old", F_OK), 0);
}

static void
between_attempts_it_waits(void **state)
{
	(void)state;
	set.limits.attempt_s = 3600;
	(void)charger_says(EVENT("1", "Started", "0"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "");
}

static void
a_call_of_the_charge_point_goes_first(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	turn();
	(void)news();
	busy = true;
	csms_comes();
	assert_string_equal(replayed(), "");
	busy = false;
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
}

static void
others_are_answered_or_refused_and_none_is_made_up(void **state)
{
	const char *text;

	(void)state;
	(void)charger_says("[2,\"1\",\"Heartbeat\",{}]");
	text = news();
	assert_true(strncmp(text, "<[3,1,{\"currentTime\":\"20", 24) == 0);
	assert_string_equal(text + strlen(text) - 4, "Z\"}]");
	(void)charger_says("[2,\"2\",\"DataTransfer\",{\"vendorId\":\"x\"}]");
	assert_string_equal(news(), "<[4,2,InternalError]");
	(void)charger_says("[2,\"3\",\"Authorize\",{\"idToken\":{\"idToken\":"
			   "\"A\",\"type\":\"Central\"}}]");
	assert_string_equal(news(), "<[4,3,InternalError]");
	class.accept = true;
	(void)charger_says("[2,\"3\",\"Authorize\",{\"idToken\":{\"idToken\":"
			   "\"A\",\"type\":\"Central\"}}]");
	assert_string_equal(
	    news(), "<[3,3,{\"idTokenInfo\":{\"status\":\"Accepted\"}}]");
}

static void
a_tag_is_accepted_only_if_the_class_says_so(void **state)
{
	(void)state;
	(void)charger_says(TOKEN);
	turn();
	assert_string_equal(news(), "<[3,9,{}]");
	class.accept = true;
	(void)charger_says(TOKEN);
	turn();
	assert_string_equal(
	    news(), "<[3,9,{\"idTokenInfo\":{\"status\":\"Accepted\"}}]");
	(void)charger_says(EVENT("2", "Updated", "1"));
	turn();
	assert_string_equal(news(), "<[3,2,{}]");
}

static void
critical_security_events_are_kept_and_others_refused(void **state)
{
	(void)state;
	(void)charger_says(SECURITY("1", "InvalidTLSVersion"));
	(void)charger_says(SECURITY("2", "InvalidMessages"));
	turn();
	assert_string_equal(news(), "<[4,2,InternalError]<[3,1,{}]");
	/* In 1.6 that one is only for the log. */
	cp.version = OCPP_16;
	(void)charger_says(SECURITY("3", "InvalidTLSVersion"));
	(void)charger_says(SECURITY("4", "MemoryExhaustion"));
	turn();
	assert_string_equal(news(), "<[4,3,InternalError]<[3,4,{}]");
}

static void
of_states_only_the_newest_of_each_connector_is_sent(void **state)
{
	(void)state;
	(void)charger_says(STATUS("1", "1", "Occupied"));
	(void)charger_says(STATUS("2", "2", "Occupied"));
	(void)charger_says(STATUS("3", "1", "Faulted"));
	(void)charger_says(EVENT("4", "Started", "0"));
	turn();
	assert_string_equal(news(), "<[3,1,{}]<[3,2,{}]<[3,3,{}]<[3,4,{}]");
	restart();
	csms_comes();
	assert_string_equal(replayed(), ">" STATUS("3", "1", "Faulted"));
	/* What is said now makes what waits old. */
	assert_int_equal(
	    charger_says(STATUS("5", "2", "Available")), PAIR_PASS);
	csms_answers("[3,\"3\",{}]");
	assert_string_equal(replayed(), ">" EVENT("4", "Started", "0"));
	csms_answers("[3,\"4\",{}]");
	assert_string_equal(replayed(), "");
}

static void
a_state_that_the_csms_refuses_is_not_said_again(void **state)
{
	(void)state;
	(void)charger_says(STATUS("1", "1", "Occupied"));
	(void)charger_says(EVENT("2", "Started", "0"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" STATUS("1", "1", "Occupied"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "!>" EVENT("2", "Started", "0"));
}

static void
boot_answered(const char *payload)
{
	const struct frame f = { .type = OCPP_RESULT,
		.payload = { payload, strlen(payload) } };

	for (const struct pair_handled *h = store_handled; h->action != NULL;
	     h++)
		if (strcmp(h->action, "BootNotification") == 0)
			assert_int_equal(h->answered(&cp, OCPP_DOWN, &f,
					     f.payload, &open_call),
			    PAIR_PASS);
}

static void
a_boot_is_accepted_only_as_the_csms_did_last(void **state)
{
	const char *text;

	(void)state;
	(void)charger_says(BOOT);
	assert_string_equal(news(), "<[4,b,InternalError]");
	boot_answered("{\"status\":\"Accepted\",\"interval\":300}");
	assert_true(charger.changed && charger.boot_interval == 300);
	(void)charger_says(BOOT);
	turn();
	text = news();
	assert_non_null(
	    strstr(text, "\"interval\":300,\"status\":\"Accepted\""));
	(void)charger_says(STATUS("1", "1", "Occupied"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" BOOT);
	csms_goes();
	boot_answered("{\"status\":\"Rejected\",\"interval\":300}");
	(void)charger_says(BOOT);
	assert_string_equal(news(), "<[4,b,InternalError]");
	boot_answered("{\"status\":\"Accepted\",\"interval\":0}");
	assert_true(charger.boot_interval > 0);
}

static void
a_provisional_id_becomes_the_csms_s_on_its_way(void **state)
{
	(void)state;
	cp.version = OCPP_16;
	(void)charger_says(START16("1"));
	turn();
	assert_string_equal(news(),
	    "<[3,1,{\"idTagInfo\":{\"status\":\"Invalid\"},"
	    "\"transactionId\":-2}]");
	(void)charger_says(METER16("2", "-2"));
	turn();
	assert_string_equal(news(), "<[3,2,{}]");
	csms_comes();
	assert_string_equal(replayed(), ">" START16("1"));
	csms_answers("[3,\"1\",{\"idTagInfo\":{\"status\":\"Blocked\"},"
		     "\"transactionId\":1234567}]");
	assert_string_equal(replayed(), ">" METER16("2", "1234567"));
	/* What the CSMS says of it goes the other way. */
	assert_int_equal(
	    says(OCPP_DOWN,
		"[2, \"x\",\"RemoteStopTransaction\",{\"transactionId\":1234567 }]"),
	    PAIR_TAKEN);
	assert_string_equal(news(),
	    "<[2, \"x\",\"RemoteStopTransaction\",{\"transactionId\":-2 }]");
	assert_int_equal(
	    says(OCPP_DOWN,
		"[2,\"x\",\"RemoteStopTransaction\",{\"transactionId\":9}]"),
	    PAIR_PASS);
	csms_answers("[3,\"2\",{}]");
	assert_string_equal(replayed(), "");
	/* Nothing waits, and its number has to be changed all the same. */
	restart();
	csms_comes();
	assert_int_equal(charger_says(STOP16("3", "-2")), PAIR_TAKEN);
	assert_string_equal(replayed(), "<[3,3,{}]>" STOP16("3", "1234567"));
	csms_answers("[3,\"3\",{}]");
	turn();
	assert_int_equal(charger_says(STOP16("4", "77")), PAIR_PASS);
	/* A CSMS may give negative ids as well: those are not ours. */
	assert_int_equal(charger_says(METER16("4", "-9")), PAIR_PASS);
	csms_goes();
	(void)charger_says(METER16("4", "-9"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" METER16("4", "-9"));
	csms_answers("[3,\"4\",{}]");
	turn();
	assert_int_equal(charger_says(START16("5")), PAIR_PASS);
}

static void
a_start_that_the_csms_never_took_leaves_minus_one(void **state)
{
	(void)state;
	cp.version = OCPP_16;
	set.limits.attempts = 1;
	class.accept = true;
	(void)charger_says(START16("1"));
	turn();
	assert_string_equal(news(),
	    "<[3,1,{\"idTagInfo\":{\"status\":\"Accepted\"},"
	    "\"transactionId\":-2}]");
	(void)charger_says(STOP16("2", "-2"));
	turn();
	(void)news();
	csms_comes();
	assert_string_equal(replayed(), ">" START16("1"));
	csms_answers("[4,\"1\",\"InternalError\",\"\",{}]");
	assert_string_equal(replayed(), "!>" STOP16("2", "-1"));
}

static void
what_is_said_again_since_its_answer_was_lost_is_kept_once(void **state)
{
	(void)state;
	cp.version = OCPP_16;
	(void)charger_says(START16("1"));
	turn();
	(void)news();
	restart();
	(void)charger_says(START16("other"));
	turn();
	assert_string_equal(news(),
	    "<[3,other,{\"idTagInfo\":{\"status\":\"Invalid\"},"
	    "\"transactionId\":-2}]");
	csms_comes();
	assert_string_equal(replayed(), ">" START16("1"));
	csms_answers("[3,\"1\",{\"idTagInfo\":{\"status\":\"Accepted\"},"
		     "\"transactionId\":5}]");
	assert_string_equal(replayed(), "");
	/* Even when it was delivered in between. */
	assert_int_equal(charger_says(START16("third")), PAIR_TAKEN);
}

static void
call_opens(const char *id, const char *action)
{
	struct calls *calls = &cp.calls[OCPP_UP];

	open_call = (struct call){ .shape = judge_shape(
				       cp.version, action, strlen(action)) };
	call_id_is(&open_call, (struct span){ id, strlen(id) });
	calls->open = &open_call;
	calls->nopen = 1;
}

static void
what_is_under_way_when_the_csms_goes_is_kept_and_answered(void **state)
{
	(void)state;
	csms_comes();
	assert_int_equal(charger_says(EVENT("1", "Started", "0")), PAIR_PASS);
	call_opens("1", "TransactionEvent");
	csms_goes();
	turn();
	assert_string_equal(news(), "<[3,1,{}]");
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[3,\"1\",{}]");
	turn();
	call_opens("2", "Heartbeat");
	csms_goes();
	assert_non_null(strstr(news(), "<[3,2,{\"currentTime\""));
	csms_comes();
	call_opens("3", "NotifyEvent");
	csms_goes();
	assert_string_equal(news(), "<[4,3,InternalError]");
	csms_comes();
	/* One that was answered is not kept. */
	assert_int_equal(charger_says(EVENT("4", "Updated", "1")), PAIR_PASS);
	call_opens("4", "TransactionEvent");
	for (const struct pair_handled *h = store_handled; h->action != NULL;
	     h++)
		if (strcmp(h->action, "TransactionEvent") == 0) {
			const struct frame f = { .type = OCPP_RESULT,
				.id = { "4", 1 },
				.payload = { "{}", 2 } };

			(void)h->answered(
			    &cp, OCPP_DOWN, &f, f.payload, &open_call);
		}
	csms_goes();
	turn();
	assert_string_equal(news(), "");
}

static void
what_waited_behind_a_replay_is_answered_too(void **state)
{
	static char beat[] = "[2,\"5\",\"Heartbeat\",{}]",
		    event[] = EVENT("6", "Ended", "1");
	struct call waiting[2] = {
		{ .shape = judge_shape(OCPP_201, "Heartbeat", 9),
		    .text = beat,
		    .text_len = sizeof(beat) - 1 },
		{ .shape = judge_shape(OCPP_201, "TransactionEvent", 16),
		    .text = event,
		    .text_len = sizeof(event) - 1 },
	};

	(void)state;
	call_id_is(&waiting[0], (struct span){ "5", 1 });
	call_id_is(&waiting[1], (struct span){ "6", 1 });
	csms_comes();
	assert_int_equal(charger_says(event), PAIR_PASS);
	cp.calls[OCPP_UP].waiting = waiting;
	cp.calls[OCPP_UP].nwaiting = 2;
	csms_goes();
	turn();
	/* The one that is kept once only. */
	assert_non_null(strstr(heard, "<[3,5,{\"currentTime\""));
	assert_string_equal(strstr(news(), "<[3,6"), "<[3,6,{}]");
	cp.calls[OCPP_UP].nwaiting = 0;
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("6", "Ended", "1"));
	csms_answers("[3,\"6\",{}]");
	assert_string_equal(replayed(), "");
}

static void
the_status_of_a_transaction_knows_what_waits_here(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	turn();
	(void)news();
	csms_comes();
	(void)says(OCPP_DOWN, "[2,\"a\",\"GetTransactionStatus\",{}]");
	(void)says(OCPP_DOWN,
	    "[2,\"b\",\"GetTransactionStatus\",{\"transactionId\":\"tx-1\"}]");
	assert_string_equal(news(),
	    ">[3,a,{\"messagesInQueue\":true}]"
	    ">[3,b,{\"ongoingIndicator\":true,\"messagesInQueue\":true}]");
	assert_int_equal(
	    says(OCPP_DOWN,
		"[2,\"c\",\"GetTransactionStatus\",{\"transactionId\":\"t\"}]"),
	    PAIR_PASS);
	(void)charger_says(EVENT("2", "Ended", "1"));
	turn();
	(void)news();
	(void)says(OCPP_DOWN,
	    "[2,\"b\",\"GetTransactionStatus\",{\"transactionId\":\"tx-1\"}]");
	assert_string_equal(news(),
	    ">[3,b,{\"ongoingIndicator\":false,\"messagesInQueue\":true}]");
	(void)replayed();
	csms_answers("[3,\"1\",{}]");
	(void)replayed();
	csms_answers("[3,\"2\",{}]");
	turn();
	assert_int_equal(
	    says(OCPP_DOWN, "[2,\"a\",\"GetTransactionStatus\",{}]"),
	    PAIR_PASS);
}

static void
what_can_not_be_kept_is_not_answered(void **state)
{
	(void)state;
	set.limits.store_records = 1;
	store_serve(store, &set);
	(void)charger_says(EVENT("1", "Started", "0"));
	turn();
	assert_string_equal(news(), "<[3,1,{}]");
	assert_int_equal(charger_says(EVENT("2", "Ended", "1")), PAIR_FAIL);
	turn();
	assert_string_equal(news(), "!");
	/* The same when the disk takes nothing. */
	set.limits.store_records = 10;
	store_serve(store, &set);
	assert_int_equal(charger_says(EVENT("2", "Ended", "1")), PAIR_TAKEN);
	disk_is_full(true);
	turn();
	disk_is_full(false);
	assert_string_equal(news(), "closed 1011");
	restart();
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
	csms_answers("[3,\"1\",{}]");
	assert_string_equal(replayed(), "");
}

static void
what_was_said_in_another_version_waits_for_it(void **state)
{
	(void)state;
	(void)charger_says(EVENT("1", "Started", "0"));
	(void)charger_says(STATUS("2", "1", "Occupied"));
	turn();
	(void)news();
	cp.version = OCPP_21;
	csms_comes();
	assert_string_equal(replayed(), "");
	assert_int_equal(charger_says(EVENT("3", "Started", "0")), PAIR_PASS);
	csms_goes();
	cp.version = OCPP_201;
	csms_comes();
	assert_string_equal(replayed(), ">" EVENT("1", "Started", "0"));
}

static void
ocpp_16_stays_only_with_its_opt_in(void **state)
{
	(void)state;
	assert_true(store_mode(&cp));
	class.provisional = false;
	assert_true(store_mode(&cp));
	cp.version = OCPP_16;
	assert_false(store_mode(&cp));
	class.provisional = true;
	assert_true(store_mode(&cp));
	class.mode = OCPP_TRANSPARENT;
	assert_false(store_mode(&cp));
}

static void
a_fleet_is_replayed_no_faster_than_its_rate(void **state)
{
	static struct charger more[10];
	static struct pair pairs[10];
	uint64_t begin;
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		more[i] = charger;
		more[i].identity[0] = (char)('a' + i);
		cp.charger = &more[i];
		(void)charger_says(EVENT("1", "Started", "0"));
		turn();
		store_gone(store, &cp);
		pairs[i] = cp;
		pairs[i].state = PAIR_OPEN;
		pairs[i].legs[OCPP_UP] = (struct leg *)&cp;
	}
	(void)news();
	begin = now_ms();
	for (int i = 0; i < 10; i++)
		store_opened(store, &pairs[i]);
	/* All want to begin at once now. */
	set.limits.replay = 20;
	while (n < 10 && now_ms() < begin + 5000) {
		(void)replayed();
		n += sent.done != NULL;
		sent.done = NULL;
	}
	assert_int_equal(n, 10);
	/* Ten at twenty a second: nine pauses of at least half their mean. */
	assert_true(now_ms() - begin >= 9 * 25);
	for (int i = 0; i < 10; i++)
		store_gone(store, &pairs[i]);
}

#define stored(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		stored(
		    what_is_kept_is_answered_when_it_is_durable_and_sent_as_it_came),
		stored(
		    one_is_under_way_at_a_time_and_the_next_waits_for_the_commit),
		stored(nothing_is_sent_before_the_end_of_the_last_is_durable),
		stored(
		    what_was_sent_and_not_answered_is_sent_again_with_its_id),
		stored(
		    an_error_is_an_attempt_and_after_the_last_it_is_dropped_loudly),
		stored(what_can_not_be_buried_stays_in_the_queue),
		stored(the_undelivered_are_bounded_and_each_has_its_line),
		stored(between_attempts_it_waits),
		stored(a_call_of_the_charge_point_goes_first),
		stored(others_are_answered_or_refused_and_none_is_made_up),
		stored(a_tag_is_accepted_only_if_the_class_says_so),
		stored(critical_security_events_are_kept_and_others_refused),
		stored(of_states_only_the_newest_of_each_connector_is_sent),
		stored(a_state_that_the_csms_refuses_is_not_said_again),
		stored(a_boot_is_accepted_only_as_the_csms_did_last),
		stored(a_provisional_id_becomes_the_csms_s_on_its_way),
		stored(a_start_that_the_csms_never_took_leaves_minus_one),
		stored(
		    what_is_said_again_since_its_answer_was_lost_is_kept_once),
		stored(
		    what_is_under_way_when_the_csms_goes_is_kept_and_answered),
		stored(what_waited_behind_a_replay_is_answered_too),
		stored(the_status_of_a_transaction_knows_what_waits_here),
		stored(what_can_not_be_kept_is_not_answered),
		stored(what_was_said_in_another_version_waits_for_it),
		stored(ocpp_16_stays_only_with_its_opt_in),
		stored(a_fleet_is_replayed_no_faster_than_its_rate),
	};

	return cmocka_run_group_tests_name("ocpp_store", tests, NULL, NULL);
}
