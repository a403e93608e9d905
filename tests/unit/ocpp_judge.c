/* SPDX-License-Identifier: MIT */
/*
 * What may come from the network in place of a frame, in all three versions:
 * each entry has one outcome, and it is in these tables.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define ALL     7
#define ONE6    1
#define TWO01   2
#define TWO1    4
#define TWOS    6

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define DEEP10  "[[[[[[[[[["
#define DATA(x) "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":" x "}]"
#define BOOT_16 "{\"chargePointVendor\":\"v\",\"chargePointModel\":\"m\"}"
#define BOOT_2X                                                                \
	"{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":\"m\","        \
	"\"vendorName\":\"v\"}}"

static const char *const code_of[2][JUDGE_FAULTS] = {
	{ "", "FormationViolation", "FormationViolation", "FormationViolation",
	    "NotImplemented", "NotSupported", "OccurenceConstraintViolation",
	    "TypeConstraintViolation", "PropertyConstraintViolation" },
	{ "", "RpcFrameworkError", "RpcFrameworkError",
	    "MessageTypeNotSupported", "NotImplemented", "NotSupported",
	    "OccurrenceConstraintViolation", "TypeConstraintViolation",
	    "PropertyConstraintViolation" },
};

struct row {
	unsigned versions;
	const char *text;
	enum judge_fault fault;
	const char *path; /* NULL: not looked at */
	size_t len;       /* 0: strlen(text) */
};

/* As the bridge does: the frame, then a request's payload. */
static bool
judged(enum ocpp_version v, enum ocpp_way way, const char *text, size_t len,
    struct frame *f, struct verdict *why)
{
	/* A copy of its very length: what reads beyond it is caught. */
	char *exact = malloc(len == 0 ? 1 : len);
	bool fine;

	assert_non_null(exact);
	memcpy(exact, text, len);
	fine = judge_frame(v, way, exact, len, f, why);
	if (fine && (f->type == OCPP_CALL || f->type == OCPP_SEND))
		fine = judge_payload(f, f->shape, false, why);
	free(exact);
	return fine;
}

static void
expect(const struct row *r, enum ocpp_version v, enum ocpp_way way)
{
	size_t len = r->len == 0 ? strlen(r->text) : r->len;
	struct frame f;
	struct verdict why;
	bool fine = judged(v, way, r->text, len, &f, &why);

	if (fine != (r->fault == JUDGE_FINE) || why.fault != r->fault ||
	    (r->path != NULL && strcmp(r->path, why.path) != 0))
		fail_msg("%s: %.100s: fault %d, not %d: %s %s",
		    ocpp_subprotocol(v), r->text, why.fault, r->fault, why.path,
		    why.why);
	if (!fine && (why.why[0] == '\0' || why.path[0] != '$'))
		fail_msg("%.100s: nothing is said of the fault", r->text);
	if (fine && (why.why[0] != '\0' || why.path[0] != '\0'))
		fail_msg("%.100s: something is said", r->text);
	assert_string_equal(
	    judge_code(v, why.fault), code_of[v != OCPP_16][r->fault]);
}

static void
expect_rows(const struct row *rows, size_t count, enum ocpp_way way)
{
	for (size_t i = 0; i < count; i++)
		for (int v = 0; v < OCPP_VERSIONS; v++)
			if ((rows[i].versions >> v & 1) != 0)
				expect(&rows[i], (enum ocpp_version)v, way);
}

#define EXPECT(rows, way) expect_rows(rows, sizeof(rows) / sizeof(*(rows)), way)

/* --- JSON -------------------------------------------------------------------
 */

static void
only_strict_json_is_a_frame(void **state)
{
	static const struct row rows[] = {
		{ ALL, "", JUDGE_NO_JSON, "$", 0 },
		{ ALL, " ", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "null", JUDGE_FRAME, "$", 0 },
		{ ALL, "{}", JUDGE_FRAME, "$", 0 },
		{ ALL, "true", JUDGE_FRAME, "$", 0 },
		{ ALL, "17", JUDGE_FRAME, "$", 0 },
		{ ALL, "\"[2]\"", JUDGE_FRAME, "$", 0 },
		{ ALL, "[]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "nul", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{}", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{}] x", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{}][]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "{}{}", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{},]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{,}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,,\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2 \"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{}]/**/", JUDGE_NO_JSON, NULL,
		    0 },
		{ ALL, "[2,/**/\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL,
		    0 },
		{ ALL, "[2,'1','Heartbeat',{}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "\xef\xbb\xbf[2,\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON,
		    NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{}]\0", JUDGE_NO_JSON, NULL,
		    24 },
		{ ALL, "\0[2,\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL,
		    24 },
		{ ALL, " [ 2 ,\t\"1\"\r,\n\"Heartbeat\" , { } ] \n", JUDGE_FINE,
		    NULL, 0 },
		{ ALL, "\v[2,\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "\xc2\xa0[2,\"1\",\"Heartbeat\",{}]", JUDGE_NO_JSON,
		    NULL, 0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

static void
numbers_are_those_that_all_receivers_hold(void **state)
{
	static const struct row rows[] = {
		{ TWOS, DATA("0"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("-0"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("-0.0e-0"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("1.5E+3"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("9223372036854775807"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("-9223372036854775807"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("9223372036854775808"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("18446744073709551616"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("1" HUNDRED HUNDRED HUNDRED HUNDRED),
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("0." HUNDRED), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("9.9e307"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("1e308"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("1e400"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("1e99999999999999999999"), JUDGE_NO_JSON, NULL,
		    0 },
		{ TWOS, DATA("0e400"), JUDGE_FINE, NULL, 0 },
		{ TWOS, DATA("1e-400"), JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("01"), JUDGE_NO_JSON, "$[3].data", 0 },
		{ ALL, DATA("00"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("-01"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("+1"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("-"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA(".5"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("1."), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("1.e3"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("1e"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("1e+"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("0x10"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("1_000"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("NaN"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("Infinity"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("-Infinity"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("True"), JUDGE_NO_JSON, NULL, 0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

static void
texts_are_utf8_without_control_characters(void **state)
{
	static const struct row rows[] = {
		{ ALL, DATA("\"\""), JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x8c\""),
		    JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("\"\xf4\x8f\xbf\xbf \xef\xbf\xbf\""), JUDGE_FINE,
		    NULL, 0 },
		{ ALL,
		    DATA("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\uDd0c\""),
		    JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("\"\x7f\""), JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("\"\x80\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xff\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xc3\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xe2\x82\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xc0\xaf\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xc1\xbf\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xe0\x80\xaf\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xe0\x9f\xbf\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xf0\x8f\xbf\xbf\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xed\xa0\x80\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xf4\x90\x80\x80\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xf5\x80\x80\x80\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\xf8\x88\x80\x80\x80\""), JUDGE_NO_JSON, NULL,
		    0 },
		{ ALL, DATA("\"\\ud83d\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\ud83d\\n\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\ud83d\\u0041\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\ud83d\\ud83d\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\udd0c\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\t\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\n\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\x1f\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\u0000\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("{\"a\\u0000\":1}"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\x41\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\u12g4\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\u 123\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\u00"), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, DATA("\"\\'\""), JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"\xff\",{}]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"\xff\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL,
		    0 },
	};
	static const char nul[] = DATA("\"a\0b\"");
	const struct row raw = { ALL, nul, JUDGE_NO_JSON, NULL,
		sizeof(nul) - 1 };

	(void)state;
	EXPECT(rows, OCPP_UP);
	for (int v = 0; v < OCPP_VERSIONS; v++)
		expect(&raw, (enum ocpp_version)v, OCPP_DOWN);
}

static void
no_member_stands_twice_on_any_level(void **state)
{
	static const struct row rows[] = {
		{ ONE6,
		    "[2,\"1\",\"StopTransaction\",{\"meterStop\":1,"
		    "\"meterStop\":2}]",
		    JUDGE_NO_JSON, "$[3].meterStop", 0 },
		{ ONE6,
		    "[2,\"1\",\"StopTransaction\",{\"meterStop\":1,"
		    "\"meter\\u0053top\":2}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ ONE6,
		    "[2,\"1\",\"MeterValues\",{\"connectorId\":1,"
		    "\"meterValue\":[{\"timestamp\":\"\",\"timestamp\":1}]}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("{\"a\":1,\"b\":2,\"c\":{\"a\":1}}"), JUDGE_FINE,
		    NULL, 0 },
		{ TWOS, DATA("{\"a\":1,\"b\":2,\"a\":3}"), JUDGE_NO_JSON,
		    "$[3].data.a", 0 },
		{ TWOS, DATA("{\"a\":1,\"\\u0061\":3}"), JUDGE_NO_JSON, NULL,
		    0 },
		{ TWOS, DATA("{\"\\u0061\":1,\"\\u00e9\":2,\"\xc3\xa9\":3}"),
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("{\"\":1,\"\":3}"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("[{\"x\":{\"y\":1,\"z\":0,\"y\":1}}]"),
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("{\"a\":{\"b\":1},\"b\":1,\"a\":1}"),
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS,
		    "[2,\"1\",\"Heartbeat\",{\"customData\":{\"vendorId\":"
		    "\"v\",\"x\":1,\"vendorId\":\"w\"}}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[4,\"1\",\"GenericError\",\"\",{\"a\":1,\"a\":1}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[3,\"1\",{\"status\":\"Accepted\",\"status\":1}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"NoSuchAction\",{\"a\":1,\"a\":1}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, "[2,\"1\",\"Heartbeat-Signed\",{\"a\":1,\"a\":1}]",
		    JUDGE_NO_JSON, NULL, 0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

/* [2,"1","DataTransfer",{"vendorId":"v","data": before n times, then after */
static char *
grown(const char *before, size_t n, const char *mid, const char *after)
{
	size_t b = strlen(before), a = strlen(after);
	const char *head =
	    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":";
	char *s = malloc(strlen(head) + n * (a + b) + strlen(mid) + 3), *p = s;

	assert_non_null(s);
	p = stpcpy(p, head);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, before);
	p = stpcpy(p, mid);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, after);
	(void)strcpy(p, "}]");
	return s;
}

static void
depth_ends_at_32_levels_however_deep_the_text_goes(void **state)
{
	/* Two levels are the frame and its payload. */
	static const struct {
		size_t n;
		enum judge_fault fault;
	} rows[] = { { 30, JUDGE_FINE }, { 31, JUDGE_NO_JSON },
		{ 64, JUDGE_NO_JSON }, { 1000, JUDGE_NO_JSON },
		{ 100000, JUDGE_NO_JSON } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *arrays = grown("[", rows[i].n, "", "]");
		char *objects = grown("{\"a\":", rows[i].n, "1", "}");
		const struct row both[] = {
			{ TWOS, arrays, rows[i].fault, NULL, 0 },
			{ TWOS, objects, rows[i].fault, NULL, 0 },
		};

		EXPECT(both, OCPP_DOWN);
		free(arrays);
		free(objects);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_strict_json_is_a_frame),
		cmocka_unit_test(numbers_are_those_that_all_receivers_hold),
		cmocka_unit_test(texts_are_utf8_without_control_characters),
		cmocka_unit_test(no_member_stands_twice_on_any_level),
		cmocka_unit_test(
		    depth_ends_at_32_levels_however_deep_the_text_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
