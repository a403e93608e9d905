/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ocpp_secure.h"

static void
says(const char *status, const char *reason)
{
	own_json json_t *o = said_json(w.nsaid - 1);

	if (strcmp(job_text(o, "status"), status) != 0)
		fail_msg("%s instead of %s", last_said(), status);
	assert_string_equal(
	    job_text(json_object_get(o, "statusInfo"), "reasonCode"), reason);
}

/* --- the security log ----------------------------------------------------- */

/* One request, whose text is given back; answered with 200. */
static char *
take_upload(int at)
{
	int c = accept(at, NULL, NULL);
	char *text = calloc(1, 16384), *body;
	size_t len = 0, want = 16383;

	assert_non_null(text);
	while (len < want) {
		ssize_t n = read(c, text + len, want - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		if ((body = strstr(text, "\r\n\r\n")) != NULL)
			want = (size_t)(body + 4 - text) +
			    strtoul(strstr(text, "Content-Length: ") + 16, NULL,
				10);
	}
	assert_int_equal(write(c, "HTTP/1.1 200\r\n\r\n", 16), 16);
	(void)close(c);
	return text;
}

static int
listen_somewhere(unsigned *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int at = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(at, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(at, 5), 0);
	assert_int_equal(getsockname(at, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return at;
}

static const char *
get_log(unsigned port, const char *more)
{
	static char text[256];

	(void)snprintf(text, sizeof(text),
	    "{\"logType\":\"SecurityLog\",\"requestId\":7,%s\"log\":{"
	    "\"remoteLocation\":\"http://127.0.0.1:%u/up/\"}}",
	    more, port);
	return text;
}

static bool
was_said(const char *what)
{
	for (unsigned i = 0; i < w.nsaid; i++)
		if (strstr(w.said[i], what) != NULL)
			return true;
	return false;
}

static void
turn_until_said(const char *what)
{
	uint64_t until = now_ms() + 8000;
	struct err e;

	while (!was_said(what) && now_ms() < until)
		assert_int_equal(loop_once(w.loop, 20, &e), 0);
	assert_true(was_said(what));
}

static void
the_security_log_is_uploaded(void **state)
{
	unsigned port;
	int at = listen_somewhere(&port);
	own_str char *came = NULL;

	(void)state;
	secure_event(w.secure, &w.pair, "InvalidMessages", "a \"word\" of CP1");
	secure_note(w.secure, "ResetOrReboot", "the gateway's");
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "GetLog", get_log(port, "")), PAIR_TAKEN);
	assert_true(was_said("\"status\":\"Accepted\""));
	assert_true(was_said("\"filename\":\"security-"));
	assert_true(was_said("LogStatusNotification {\"requestId\":7,"
			     "\"status\":\"Uploading\"}"));
	came = take_upload(at);
	turn_until_said("{\"requestId\":7,\"status\":\"Uploaded\"}");
	assert_ptr_equal(strstr(came, "PUT /up/security-"), came);
	assert_non_null(strstr(came, "\"techInfo\":\"a \\\"word\\\" of CP1\""));
	assert_non_null(strstr(came, "\"type\":\"ResetOrReboot\""));
	(void)close(at);
}

static void
a_time_that_is_asked_for_is_kept_to(void **state)
{
	unsigned port;
	int at = listen_somewhere(&port);
	own_str char *came = NULL;
	char log[256];

	(void)state;
	secure_note(w.secure, "ResetOrReboot", "now");
	(void)snprintf(log, sizeof(log),
	    "{\"logType\":\"SecurityLog\",\"requestId\":8,\"log\":{"
	    "\"latestTimestamp\":\"2001-01-01T00:00:00.5+02:00\","
	    "\"remoteLocation\":\"http://127.0.0.1:%u/x\"}}",
	    port);
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "GetLog", log), PAIR_TAKEN);
	came = take_upload(at);
	turn_until_said("\"status\":\"Uploaded\"");
	assert_null(strstr(came, "ResetOrReboot"));
	assert_non_null(strstr(came, "Content-Length: 0\r\n"));
	(void)close(at);
}

/* The interval is tried as told: nobody listens the first time. */
static void
an_upload_that_fails_is_tried_again_as_often_as_was_said(void **state)
{
	unsigned port;
	int at = listen_somewhere(&port);

	(void)state;
	(void)close(at);
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "GetLog",
		get_log(port, "\"retries\":1,\"retryInterval\":0,")),
	    PAIR_TAKEN);
	turn_until_said("\"status\":\"UploadFailure\"");
	for (unsigned i = 0; i < w.nsaid; i++)
		free(w.said[i]);
	w.nsaid = 0;
	turn_until_said("\"status\":\"Uploading\"");
	turn_until_said("\"status\":\"UploadFailure\"");
	assert_null(secured_of(w.secure, w.pair.charger->identity)->logging);
}

static void
a_new_question_takes_the_place_of_the_old_one(void **state)
{
	unsigned port;
	int at = listen_somewhere(&port);

	(void)state;
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "GetLog", get_log(port, "")),
	    PAIR_TAKEN);
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "GetLog", get_log(port, "")),
	    PAIR_TAKEN);
	assert_true(was_said("LogStatusNotification {\"requestId\":7,"
			     "\"status\":\"AcceptedCanceled\"}"));
	(void)close(at);
}

static void
a_place_that_cannot_be_reached_so_is_refused(void **state)
{
	static const char *const ftp =
	    "{\"logType\":\"SecurityLog\",\"requestId\":1,\"log\":{"
	    "\"remoteLocation\":\"ftp://u:PLANTED@x/\"}}";
	static const char *const none =
	    "{\"logType\":\"SecurityLog\",\"requestId\":1,\"log\":{"
	    "\"remoteLocation\":\"https://u:PLANTED@x\"}}";
	static const char *const other =
	    "{\"logType\":\"DiagnosticsLog\",\"requestId\":1,\"log\":{"
	    "\"remoteLocation\":\"http://x\"}}";

	(void)state;
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "GetLog", ftp), PAIR_TAKEN);
	says("Rejected", "UnsupportedParam");
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "GetLog", none), PAIR_TAKEN);
	says("Rejected", "InvalidValue");
	assert_false(was_said("PLANTED"));
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "GetLog", other), PAIR_PASS);
	w.class.profiles = OCPP_FORWARD;
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "GetLog", ftp), PAIR_PASS);
}

/* Its thread may still wait for a server that says nothing. */
static void
an_upload_under_way_ends_with_the_bridge(void **state)
{
	unsigned port;
	int at = listen_somewhere(&port);

	(void)state;
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "GetLog", get_log(port, "")), PAIR_TAKEN);
	(void)close(at); /* the kernel may have answered for it already */
	restart();
	assert_false(was_said("\"status\":\"Uploaded\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_the_world(the_security_log_is_uploaded),
		in_the_world(a_time_that_is_asked_for_is_kept_to),
		in_the_world(
		    an_upload_that_fails_is_tried_again_as_often_as_was_said),
		in_the_world(a_new_question_takes_the_place_of_the_old_one),
		in_the_world(an_upload_under_way_ends_with_the_bridge),
		in_the_world(a_place_that_cannot_be_reached_so_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
