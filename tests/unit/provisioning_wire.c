/* SPDX-License-Identifier: MIT */
/*
 * The enrolment's messages: what is written is read, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "wire.h"

#define ID  "00112233445566778899aabbccddeeff"
#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct wire_request a, b;
static struct wire_reply ra, rb;

static void
fill(struct wire_request *q)
{
	memset(q, 0, sizeof(*q));
	(void)strcpy(q->id, ID);
	(void)strcpy(q->serial, "SN-1");
	(void)strcpy(q->model, "GW 1");
	(void)strcpy(q->hostname, "gw");
	(void)strcpy(q->macs[0], "02:00:00:00:00:01");
	(void)strcpy(q->macs[1], "02:00:00:00:00:02");
	q->mac_count = 2;
	(void)strcpy(q->snapshot, SHA);
	(void)strcpy(q->csr, "-----BEGIN CERTIFICATE REQUEST-----\n");
	memset(q->ek_public, 0xee, q->ek_public_len = 100);
	memset(q->key_public, 0xcc, q->key_public_len = 90);
	memset(q->ek_certificate, 0xdd, q->ek_certificate_len = 900);
}

static void
what_is_written_is_read(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	fill(&a);
	assert_int_equal(wire_request_encode(&a, &text, &e), 0);
	assert_int_equal(wire_request_parse(text.p, text.len, &b, &e), 0);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
an_issued_reply_is_read_as_written(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	memset(&ra, 0, sizeof(ra));
	(void)strcpy(ra.id, ID);
	ra.stage = WIRE_ISSUED;
	memset(ra.blob, 1, ra.blob_len = 68);
	memset(ra.secret, 2, ra.secret_len = 258);
	memset(ra.sealed, 3, ra.sealed_len = sizeof(ra.sealed));
	assert_int_equal(wire_reply_encode(&ra, &text, &e), 0);
	assert_int_equal(wire_reply_parse(text.p, text.len, &rb, &e), 0);
	assert_memory_equal(&ra, &rb, sizeof(ra));
}

static void
a_refusal_names_stage_reason_and_patience(void **state)
{
	static const char text[] =
	    "{\"id\":\"" ID "\",\"stage\":\"service\",\"error\":\"busy\""
	    ",\"retry_after_ms\":5000}";
	struct err e;

	(void)state;
	assert_int_equal(wire_reply_parse(text, sizeof(text) - 1, &rb, &e), 0);
	assert_int_equal(rb.stage, WIRE_SERVICE);
	assert_string_equal(rb.error, "busy");
	assert_int_equal(rb.retry_after_ms, 5000);
}

/* Each row breaks one thing in a request that is otherwise good. */
static void
a_request_with_one_thing_wrong_is_refused(void **state)
{
	static const struct {
		const char *key, *value, *says;
	} rows[] = {
		{ "id", "\"0011\"", "32 digits" },
		{ "id", "\"00112233445566778899AABBCCDDEEFF\"", "hex" },
		{ "id", "5", "not a text" },
		{ "id", NULL, "missing" },
		{ "serial", "\"\"", "missing" },
		{ "serial", "\"SN/1\"", "A-Z" },
		{ "serial", "\"SN+\"", "A-Z" },
		{ "serial", "\"#\"", "A-Z" },
		{ "serial", "\"$SYS\"", "A-Z" },
		{ "serial", "\"..\"", "A-Z" },
		{ "serial", "\"-x\"", "A-Z" },
		{ "serial", "\"SN\\u0000x\"", "" },
		{ "serial", "\"SN 1\"", "A-Z" },
		{ "model", "\"a\\nb\"", "control" },
		{ "model", NULL, "missing" },
		{ "macs", "[\"02:00:00:00:00:0G\"]", "MAC" },
		{ "macs", "[\"02-00-00-00-00-01\"]", "MAC" },
		{ "macs", "[5]", "MAC" },
		{ "macs", "{}", "list" },
		{ "snapshot", "\"abc\"", "64 digits" },
		{ "csr", NULL, "missing" },
		{ "ek_public", "\"xyz\"", "hex" },
		{ "ek_public", "\"abc\"", "hex" },
		{ "ek_public", NULL, "go together" },
		{ "key_public", NULL, "go together" },
		{ "extra", "1", "unknown" },
	};
	own_bytes struct bytes good = { 0 };
	struct err e;

	(void)state;
	fill(&a);
	assert_int_equal(wire_request_encode(&a, &good, &e), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_json json_t *j =
		    json_parse("good", good.p, good.len, WIRE_MAX, &e);
		own_str char *text = NULL;
		json_error_t je;

		(void)json_object_del(j, rows[i].key);
		if (rows[i].value != NULL)
			(void)json_object_set_new(j, rows[i].key,
			    json_loads(rows[i].value,
				JSON_DECODE_ANY | JSON_ALLOW_NUL, &je));
		text = json_line(j);
		if (wire_request_parse(text, strlen(text), &b, &e) == 0)
			fail_msg(
			    "row %zu (%s) was let through", i, rows[i].key);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
what_parse_refuses_encode_does_not_write(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	fill(&a);
	(void)strcpy(a.serial, "SN/1");
	assert_int_equal(wire_request_encode(&a, &text, &e), -1);
	fill(&a);
	a.id[5] = 'G';
	assert_int_equal(wire_request_encode(&a, &text, &e), -1);
	fill(&a);
	a.key_public_len = 0;
	assert_int_equal(wire_request_encode(&a, &text, &e), -1);
	assert_int_equal(text.len, 0);
}

static void
a_reply_is_an_answer_or_a_reason_never_both(void **state)
{
	static const char *const rows[] = {
		"{\"id\":\"" ID "\",\"stage\":\"issued\"}",
		"{\"id\":\"" ID "\",\"stage\":\"unit\"}",
		"{\"id\":\"" ID "\",\"stage\":\"issued\",\"sealed\":\"00\"}",
		"{\"id\":\"" ID
		"\",\"stage\":\"unit\",\"error\":\"x\",\"sealed\":\"00\"}",
		"{\"id\":\"" ID "\",\"stage\":\"issued\",\"sealed\":\"00\","
		"\"blob\":\"00\"}",
		"{\"id\":\"" ID "\",\"stage\":\"nonsense\",\"error\":\"x\"}",
		"{\"id\":\"" ID "\",\"stage\":\"unit\",\"error\":\"x\","
		"\"retry_after_ms\":-1}",
		"{\"id\":\"" ID "\",\"stage\":\"unit\",\"error\":\"x\","
		"\"retry_after_ms\":1e9}",
		"{\"id\":\"" ID "\",\"id\":\"" ID
		"\",\"stage\":\"unit\",\"error\":\"x\"}",
		"[]",
		"",
		"{}",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wire_reply_parse(rows[i], strlen(rows[i]), &rb, &e) == 0)
			fail_msg("row %zu was let through", i);
}

static void
a_message_beyond_its_size_is_refused(void **state)
{
	own_str char *text = malloc(WIRE_MAX + 2);
	struct err e;

	(void)state;
	memset(text, ' ', WIRE_MAX + 2);
	assert_int_equal(wire_request_parse(text, WIRE_MAX + 2, &b, &e), -1);
	assert_non_null(strstr(e.text, "larger"));
}

static void
a_confirmation_is_read_as_written(void **state)
{
	struct wire_confirm c = { .id = ID, .fingerprint = SHA }, d;
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(wire_confirm_encode(&c, &text, &e), 0);
	assert_int_equal(wire_confirm_parse(text.p, text.len, &d, &e), 0);
	assert_string_equal(c.id, d.id);
	assert_string_equal(c.fingerprint, d.fingerprint);
	assert_int_equal(wire_confirm_parse("{}", 2, &d, &e), -1);
}

static void
issued_values_are_read_as_written(void **state)
{
	static struct wire_issued i, k;
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	(void)strcpy(i.chain, "pem");
	(void)strcpy(i.values[0].name, "mqtt.username");
	(void)strcpy(i.values[0].value, "SN-1 \"quoted\"");
	i.count = 1;
	assert_int_equal(wire_issued_encode(&i, &text, &e), 0);
	assert_int_equal(wire_issued_parse(text.p, text.len, &k, &e), 0);
	assert_int_equal(k.count, 1);
	assert_string_equal(k.values[0].value, i.values[0].value);
	assert_string_equal(k.chain, "pem");
}

static void
issued_names_are_slot_names_only(void **state)
{
	static struct wire_issued k;
	static const char *const rows[] = {
		"{\"chain\":\"x\",\"values\":{\"A\":\"x\"}}",
		"{\"chain\":\"x\",\"values\":{\"\":\"x\"}}",
		"{\"chain\":\"x\",\"values\":{\"a b\":\"x\"}}",
		"{\"chain\":\"x\",\"values\":{\"a\":5}}",
		"{\"chain\":\"x\",\"values\":[]}",
		"{\"chain\":\"x\"}",
		"{\"values\":{}}",
		"{\"chain\":\"x\",\"values\":{},\"more\":1}",
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wire_issued_parse(rows[i], strlen(rows[i]), &k, &e) == 0)
			fail_msg("row %zu was let through", i);
}

static void
a_topic_gives_its_unit_back_or_nothing(void **state)
{
	static const struct {
		const char *topic;
		int rc;
	} rows[] = {
		{ "ingot/v1/enrol/SN-1/request", 0 },
		{ "ingot/v1/enrol/SN-1/confirm", 0 },
		{ "ingot/v1/enrol/SN-1/request/x", -1 },
		{ "ingot/v1/enrol/SN-1", -1 },
		{ "ingot/v1/enrol//request", -1 },
		{ "ingot/v1/enrol/+/request", -1 },
		{ "ingot/v1/status/SN-1/request", -1 },
		{ "ingot/v2/enrol/SN-1/request", -1 },
		{ "", -1 },
	};
	char serial[WIRE_NAME_MAX + 1], what[WIRE_NAME_MAX + 1];
	char topic[WIRE_TOPIC_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    wire_topic_parse(rows[i].topic, serial, what), rows[i].rc);
	wire_topic(topic, "SN-9", "reply");
	assert_int_equal(wire_topic_parse(topic, serial, what), 0);
	assert_string_equal(serial, "SN-9");
	assert_string_equal(what, "reply");
}

static void
a_new_id_is_another_one(void **state)
{
	char x[WIRE_ID_LEN + 1], y[WIRE_ID_LEN + 1];
	struct err e;

	(void)state;
	assert_int_equal(wire_id(x, &e), 0);
	assert_int_equal(wire_id(y, &e), 0);
	assert_string_not_equal(x, y);
	assert_int_equal(strlen(x), WIRE_ID_LEN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(an_issued_reply_is_read_as_written),
		cmocka_unit_test(a_refusal_names_stage_reason_and_patience),
		cmocka_unit_test(a_request_with_one_thing_wrong_is_refused),
		cmocka_unit_test(what_parse_refuses_encode_does_not_write),
		cmocka_unit_test(a_reply_is_an_answer_or_a_reason_never_both),
		cmocka_unit_test(a_message_beyond_its_size_is_refused),
		cmocka_unit_test(a_confirmation_is_read_as_written),
		cmocka_unit_test(issued_values_are_read_as_written),
		cmocka_unit_test(issued_names_are_slot_names_only),
		cmocka_unit_test(a_topic_gives_its_unit_back_or_nothing),
		cmocka_unit_test(a_new_id_is_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
