/* SPDX-License-Identifier: MIT */
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ocpp_secure.h"

static struct seclog *
open_log(void)
{
	struct err e;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct seclog *l = seclog_open(here, "log", &e);

	(void)close(here);
	assert_non_null(l);
	return l;
}

static void
add(struct seclog *l, const char *type, const char *info, bool due)
{
	struct seclog_event event = { .at = 1, .due = due };
	struct err e;

	(void)strcpy(event.identity, "CP1");
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	(void)snprintf(event.info, sizeof(event.info), "%s", info);
	assert_int_equal(seclog_add(l, &event, &e), 0);
}

/* --- the log -------------------------------------------------------------- */

static void
events_are_there_after_a_restart_oldest_first(void **state)
{
	struct seclog *l = open_log();
	struct seclog_event event;
	uint64_t at = 0;
	struct err e;

	(void)state;
	assert_false(seclog_next(l, &at, &event));
	add(l, "ResetOrReboot", "one", true);
	add(l, "InvalidMessages", "two", false);
	seclog_free(l);
	l = open_log();
	assert_true(seclog_any_due(l));
	assert_true(seclog_next(l, &at, &event));
	assert_string_equal(event.info, "one");
	assert_true(event.due);
	assert_int_equal(seclog_told(l, at, &e), 0);
	at++;
	assert_true(seclog_next(l, &at, &event));
	assert_string_equal(event.info, "two");
	at++;
	assert_false(seclog_next(l, &at, &event));
	seclog_free(l);
	l = open_log();
	assert_false(seclog_any_due(l));
	at = 1;
	assert_true(seclog_next(l, &at, &event));
	assert_false(event.due);
	assert_string_equal(event.info, "one");
	seclog_free(l);
}

static void
the_file_is_bounded_and_keeps_the_newest(void **state)
{
	struct seclog *l = open_log();
	struct seclog_event event;
	uint64_t at = 0;
	struct stat st;
	char text[16];

	(void)state;
	for (int i = 1; i <= SECLOG_EVENTS + 7; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		add(l, "InvalidMessages", text, false);
	}
	assert_int_equal(stat("log", &st), 0);
	assert_in_range(st.st_size, 1, SECLOG_EVENTS * SECLOG_PLACE);
	seclog_free(l);
	l = open_log();
	assert_true(seclog_next(l, &at, &event));
	assert_string_equal(event.info, "8");
	add(l, "InvalidMessages", "last", false);
	at = SECLOG_EVENTS + 8;
	assert_true(seclog_next(l, &at, &event));
	assert_string_equal(event.info, "last");
	seclog_free(l);
}

/* A power cut in the middle of a place, in any of its bytes but the one that
 * says what is due. */
#define SUMMED 587
static void
a_torn_place_costs_one_event(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < SUMMED; cut += 7) {
		struct seclog *l = open_log();
		struct seclog_event event;
		uint64_t at = 0;
		char byte;
		int fd;

		add(l, "InvalidMessages", "whole", false);
		add(l, "InvalidMessages", "torn", false);
		seclog_free(l);
		fd = open("log", O_RDWR);
		assert_int_equal(
		    pread(fd, &byte, 1, 2 * SECLOG_PLACE + (off_t)cut), 1);
		byte ^= 0x55;
		assert_int_equal(
		    pwrite(fd, &byte, 1, 2 * SECLOG_PLACE + (off_t)cut), 1);
		(void)close(fd);
		l = open_log();
		assert_true(seclog_next(l, &at, &event));
		assert_string_equal(event.info, "whole");
		at++;
		assert_false(seclog_next(l, &at, &event));
		seclog_free(l);
		assert_int_equal(unlink("log"), 0);
	}
}

static void
long_texts_are_cut_where_a_character_ends(void **state)
{
	struct seclog *l = open_log();
	struct seclog_event event = { .at = 1 };
	uint64_t at = 0;
	struct err e;

	(void)state;
	memset(event.info, 'x', sizeof(event.info) - 1);
	(void)strcpy(event.info + SECLOG_INFO - 3, "\xe2\x82\xac");
	assert_int_equal(seclog_add(l, &event, &e), 0);
	assert_true(seclog_next(l, &at, &event));
	assert_int_equal(strlen(event.info), SECLOG_INFO);
	seclog_free(l);
}

static void
names_are_those_of_the_version(void **state)
{
	static const struct {
		const char *name, *of_16;
		bool critical_16, critical_201;
	} rows[] = {
		{ "FirmwareUpdated", "FirmwareUpdated", true, true },
		{ "InvalidCsmsCertificate", "InvalidCentralSystemCertificate",
		    false, true },
		{ "InvalidChargingStationCertificate",
		    "InvalidChargePointCertificate", false, true },
		{ "FailedToAuthenticateAtCsms",
		    "FailedToAuthenticateAtCentralSystem", false, false },
		{ "CsmsFailedToAuthenticate",
		    "CentralSystemFailedToAuthenticate", false, false },
		{ "InvalidTLSVersion", "InvalidTLSVersion", false, true },
		{ "InvalidMessages", "InvalidMessages", false, false },
		{ "MaintenanceLoginFailed", NULL, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *name = seclog_name(OCPP_16, rows[i].name);

		if (rows[i].of_16 == NULL)
			assert_null(name);
		else
			assert_string_equal(name, rows[i].of_16);
		assert_string_equal(
		    seclog_name(OCPP_201, rows[i].name), rows[i].name);
		assert_int_equal(seclog_critical(OCPP_16, rows[i].name),
		    rows[i].critical_16);
		assert_int_equal(seclog_critical(OCPP_201, rows[i].name),
		    rows[i].critical_201);
	}
	assert_null(seclog_name(OCPP_201, "DiscardedRenewedClientCertificate"));
	assert_true(
	    seclog_critical(OCPP_21, "DiscardedRenewedClientCertificate"));
	assert_null(seclog_name(OCPP_21, "Nonsense"));
}

/* --- told to the CSMS ----------------------------------------------------- */

static void
a_critical_event_is_told_until_it_is_heard(void **state)
{
	(void)state;
	w.pair.version = OCPP_201;
	secure_event(
	    w.secure, &w.pair, "InvalidTLSVersion", "it offers TLS 1.0");
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0],
	    "call up SecurityEventNotification {\"techInfo\":"
	    "\"it offers TLS 1.0\",\"timestamp\":\"20"));
	assert_non_null(strstr(w.said[0], "\"type\":\"InvalidTLSVersion\"}"));
	answered_call(0, NULL);
	/* Another time, after a restart. */
	restart();
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 2);
	answered_call(1, "{}");
	restart();
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 2);
}

static void
what_happened_while_the_csms_was_away_is_told_in_order(void **state)
{
	(void)state;
	w.pair.version = OCPP_201;
	w.pair.state = PAIR_DIALLING;
	secure_event(w.secure, &w.pair, "InvalidTLSVersion", "one");
	secure_event(w.secure, &w.pair, "FailedToAuthenticateAtCsms", "quiet");
	secure_event(w.secure, &w.pair, "InvalidCsmsCertificate", "two");
	assert_int_equal(w.ncalls, 0);
	w.pair.state = PAIR_OPEN;
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0], "one"));
	answered_call(0, "{}");
	assert_int_equal(w.ncalls, 2);
	assert_non_null(strstr(w.said[1], "two"));
	answered_call(1, "{}");
	assert_int_equal(w.ncalls, 2);
}

static void
boot_is_answered(const char *payload)
{
	struct frame f = { .type = OCPP_RESULT,
		.payload = { payload, strlen(payload) } };

	assert_int_equal(
	    answered_boot(&w.pair, OCPP_DOWN, &f, f.payload, NULL), PAIR_PASS);
}

/* Before that a CSMS answers nothing but the boot itself. */
static void
nothing_is_told_before_the_csms_has_accepted_the_charge_point(void **state)
{
	(void)state;
	w.pair.version = OCPP_201;
	w.pair.charger->boot_interval = 0;
	w.pair.since_ms = now_ms();
	secure_event(w.secure, &w.pair, "InvalidTLSVersion", "early");
	secure_look(w.secure);
	secure_opened(w.secure, &w.pair);
	boot_is_answered("{\"status\":\"Pending\"}");
	boot_is_answered("{\"status\":\"Rejected\"}");
	assert_int_equal(w.ncalls, 0);
	boot_is_answered("{\"status\":\"Accepted\"}");
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0], "early"));
}

/* One that booted before the gateway came between does not boot for it. */
static void
who_stays_without_booting_was_accepted_long_ago(void **state)
{
	(void)state;
	w.pair.version = OCPP_201;
	w.pair.charger->pair = &w.pair;
	w.pair.charger->boot_interval = 0;
	w.pair.since_ms = now_ms();
	secure_event(w.secure, &w.pair, "InvalidTLSVersion", "kept");
	assert_int_equal(w.ncalls, 0);
	w.pair.since_ms = 0;
	w.pair.booting = true;
	secure_look(w.secure);
	assert_int_equal(w.ncalls, 0);
	w.pair.booting = false;
	secure_look(w.secure); /* past the last */
	secure_look(w.secure);
	w.pair.charger->pair = NULL;
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0], "kept"));
}

static void
in_16_only_its_own_list_is_told(void **state)
{
	(void)state;
	w.pair.version = OCPP_16;
	secure_event(w.secure, &w.pair, "InvalidTLSVersion", "quiet");
	secure_event(w.secure, &w.pair, "MemoryExhaustion", "loud");
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0], "MemoryExhaustion"));
}

static void
of_another_charge_point_nothing_is_told(void **state)
{
	struct pair other = w.pair;
	struct err e;

	(void)state;
	w.pair.version = other.version = OCPP_201;
	other.state = PAIR_DIALLING;
	other.charger = chargers_get(w.chargers, "CP2", &e);
	other.charger->class = &w.class;
	secure_event(w.secure, &other, "InvalidTLSVersion", "of CP2");
	secure_event(w.secure, NULL, "InvalidTLSVersion", "of nobody");
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 0);
}

static void
a_storm_of_events_does_not_fill_the_log(void **state)
{
	char text[32];

	(void)state;
	w.pair.version = OCPP_16;
	for (int i = 0; i < 500; i++)
		secure_event(w.secure, &w.pair, "InvalidTLSVersion", "same");
	assert_int_equal(w.secure->last, 1);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		if (strlen(w.events) > 3000)
			w.events[0] = '\0';
		secure_event(w.secure, &w.pair, "InvalidMessages", text);
	}
	/* Two minutes at most, if one ended just then. */
	assert_in_range(w.secure->last, 2, 120);
}

static void
each_end_of_a_dial_has_its_name(void **state)
{
	static const struct {
		enum dial_end end;
		unsigned status;
		const char *event;
	} rows[] = {
		{ DIAL_TLS_VERSION, 0, "InvalidTLSVersion" },
		{ DIAL_TLS_CIPHER, 0, "InvalidTLSCipherSuite" },
		{ DIAL_TLS_PEER, 0, "InvalidCsmsCertificate" },
		{ DIAL_TLS_REFUSED, 0, "FailedToAuthenticateAtCsms" },
		{ DIAL_HTTP, 401, "FailedToAuthenticateAtCsms" },
		{ DIAL_HTTP, 404, "" },
		{ DIAL_NO_ROUTE, 0, "" },
		{ DIAL_OPEN, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dial_result r = { .end = rows[i].end,
			.status = rows[i].status,
			.why = "so" };

		assert_false(secure_dialled(w.secure, &w.pair, &r));
		assert_int_equal(
		    strncmp(w.events, rows[i].event, strlen(rows[i].event)), 0);
		assert_int_equal(*w.events == '\0', *rows[i].event == '\0');
		quiet();
	}
}

/* --- killed at any time --------------------------------------------------- */

/* A child changes the key again and again until it is killed. Whatever was
 * answered stands in the record, or its successor; and what it was before is
 * there to go back to. */
static void
a_kill_leaves_the_record_as_answered_or_newer(void **state)
{
	(void)state;
	w.set.csms.profile = 1;
	memcpy(w.pair.charger->secret, "old password 123", 16);
	w.pair.charger->secret_len = 16;
	for (int round = 0; round < 6; round++) {
		int pipes[2], status, last = -1, n, at;
		char key[17], byte;
		struct err e;
		pid_t child;

		assert_int_equal(
		    charger_save(w.chargers, w.pair.charger, &e), 0);
		assert_int_equal(pipe(pipes), 0);
		if ((child = fork()) == 0) {
			for (n = 0; n < 100; n++) {
				char text[128];

				(void)snprintf(text, sizeof(text),
				    "{\"key\":\"AuthorizationKey\",\"value\":"
				    "\"key number %05d\"}",
				    n);
				(void)asked(OCPP_16, OCPP_DOWN,
				    "ChangeConfiguration", text);
				byte = (char)n;
				if (write(pipes[1], &byte, 1) != 1)
					_exit(1);
				quiet();
			}
			_exit(0);
		}
		(void)close(pipes[1]);
		for (n = 0; n <= round && read(pipes[0], &byte, 1) == 1; n++)
			last = byte;
		(void)usleep((useconds_t)round * 700);
		(void)kill(child, SIGKILL);
		while (read(pipes[0], &byte, 1) == 1)
			last = byte;
		(void)close(pipes[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		restart();
		(void)snprintf(key, sizeof(key), "%.16s",
		    (const char *)w.pair.charger->secret);
		assert_int_equal(sscanf(key, "key number %d", &at), 1);
		assert_in_range(at, last, last + 1);
		struct dial_result r = { .end = DIAL_HTTP, .status = 401 };

		assert_true(secure_dialled(w.secure, &w.pair, &r));
		assert_memory_equal(
		    w.pair.charger->secret, "old password 123", 16);
		quiet();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(events_are_there_after_a_restart_oldest_first),
		in_a_place(the_file_is_bounded_and_keeps_the_newest),
		in_a_place(a_torn_place_costs_one_event),
		in_a_place(long_texts_are_cut_where_a_character_ends),
		cmocka_unit_test(names_are_those_of_the_version),
		in_the_world(a_critical_event_is_told_until_it_is_heard),
		in_the_world(
		    what_happened_while_the_csms_was_away_is_told_in_order),
		in_the_world(
		    nothing_is_told_before_the_csms_has_accepted_the_charge_point),
		in_the_world(who_stays_without_booting_was_accepted_long_ago),
		in_the_world(in_16_only_its_own_list_is_told),
		in_the_world(of_another_charge_point_nothing_is_told),
		in_the_world(a_storm_of_events_does_not_fill_the_log),
		in_the_world(each_end_of_a_dial_has_its_name),
		in_the_world(a_kill_leaves_the_record_as_answered_or_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
