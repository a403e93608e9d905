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
#define E36     E6 E6 E6 E6 E6 E6
#define E6      "\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"
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

/* The end of a text is read byte by byte, what is far from it in larger steps:
 * the outcome is the same. */
static void
expect_padded(
    const struct row *r, size_t len, enum ocpp_version v, enum ocpp_way way)
{
	char *padded = malloc(len + 48);
	struct frame f;
	struct verdict why;

	assert_non_null(padded);
	memcpy(padded, r->text, len);
	memset(padded + len, ' ', 48);
	(void)judged(v, way, padded, len + 48, &f, &why);
	if (why.fault != r->fault)
		fail_msg("%.100s, and spaces: fault %d, not %d", r->text,
		    why.fault, r->fault);
	free(padded);
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
	expect_padded(r, len, v, way);
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
		{ ONE6, "[2,\"1\",\"Authorize\",{\"idTag\":\"1\",}]",
		    JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("{\"a\":1,}"), JUDGE_NO_JSON, NULL, 0 },
		{ TWOS, DATA("[1,]"), JUDGE_NO_JSON, NULL, 0 },
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

	static const char bom[] = "\xef\xbb\xbf[]";
	struct frame f;
	struct verdict v;

	(void)state;
	EXPECT(rows, OCPP_UP);
	assert_false(judge_frame(OCPP_16, OCPP_UP, bom, strlen(bom), &f, &v));
	assert_string_equal(v.why, "a byte order mark, at byte 0");
}

static void
a_frame_cut_anywhere_is_no_json(void **state)
{
	static const char *const texts[] = {
		DATA("[true,false,null,-1.5e+10,\"\\u00e9\\ud83d\\udd0c\\n\","
		     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x8c\",{\"a\":{}}]"),
		" [4,\"1\",\"GenericError\",\"d\",{\"a\":[ ]}]",
		"[2,\"1\",\"Heartbeat-Signed\",{\"payload\":\"\"},\"k\"]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (size_t len = 1; len < strlen(texts[i]); len++) {
			struct frame f;
			struct verdict v;

			for (int way = 0; way < 2; way++)
				assert_false(judged(OCPP_201,
				    (enum ocpp_way)way, texts[i], len, &f, &v));
			if (v.fault != JUDGE_NO_JSON)
				fail_msg("%.*s: fault %d", (int)len, texts[i],
				    v.fault);
		}
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
		/* Otherwise complete: nothing else is wrong. */
		{ ONE6,
		    "[2,\"1\",\"Authorize\",{\"idTag\":\"1\",\"idTag\":"
		    "\"1\"}]",
		    JUDGE_NO_JSON, "$[3].idTag", 0 },
		{ ONE6,
		    "[2,\"1\",\"Authorize\",{\"idTag\":\"1\","
		    "\"\\u0069dTag\":\"1\"}]",
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
		/* Two names that share half of their hash. */
		{ TWOS, DATA("{\"name2067674657\":1,\"name382170940\":1}"),
		    JUDGE_FINE, NULL, 0 },
		{ TWOS,
		    DATA("{\"" TEN TEN "a" TEN TEN "\":1,\"" TEN TEN "b" TEN TEN
			 "\":1}"),
		    JUDGE_FINE, NULL, 0 },
		{ TWOS,
		    DATA("{\"" TEN TEN "a" TEN TEN "\":1,\"" TEN TEN "a" TEN TEN
			 "\":1}"),
		    JUDGE_NO_JSON, NULL, 0 },
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

/* A DataTransfer of first, n times one, mid, n times other, and last. */
static char *
grown(const char *first, const char *one, size_t n, const char *mid,
    const char *other, const char *last)
{
	static const char head[] =
	    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":";
	char *s = malloc(sizeof(head) + 16 + n * (strlen(one) + strlen(other)));
	char *p = s;

	assert_non_null(s);
	p = stpcpy(stpcpy(p, head), first);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, one);
	p = stpcpy(p, mid);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, other);
	(void)stpcpy(stpcpy(p, last), "}]");
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
		char *arrays = grown("", "[", rows[i].n, "", "]", "");
		char *objects = grown("", "{\"a\":", rows[i].n, "1", "}", "");
		const struct row both[] = {
			{ TWOS, arrays, rows[i].fault, NULL, 0 },
			{ TWOS, objects, rows[i].fault, NULL, 0 },
		};

		EXPECT(both, OCPP_DOWN);
		free(arrays);
		free(objects);
	}
}

static void
long_texts_and_arrays_have_no_limit_but_that_of_their_shape(void **state)
{
	char *text = grown("\"", "x", 1 << 20, "", "", "\"");
	char *array = grown("[", "1,", 100000, "1", "", "]");
	const struct row rows[] = { { ALL, text, JUDGE_FINE, NULL, 0 },
		{ TWOS, array, JUDGE_FINE, NULL, 0 },
		{ ONE6, array, JUDGE_WRONG_TYPE, "$.data", 0 } };

	(void)state;
	EXPECT(rows, OCPP_UP);
	free(text);
	free(array);
}

/* --- frames -----------------------------------------------------------------
 */

static void
frames_have_the_type_the_id_and_the_length_of_their_version(void **state)
{
	static const struct row rows[] = {
		/* The type. */
		{ ALL, "[\"2\",\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[0]",
		    0 },
		{ ALL, "[2.0,\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[0]", 0 },
		{ ALL, "[2e0,\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[0]", 0 },
		{ ALL, "[null,\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[0]",
		    0 },
		{ ALL, "[[2],\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[0]", 0 },
		{ ALL, "[0,\"1\",\"Heartbeat\",{}]", JUDGE_TYPE_UNKNOWN, "$[0]",
		    0 },
		{ ALL, "[1,\"1\",\"Heartbeat\",{}]", JUDGE_TYPE_UNKNOWN, "$[0]",
		    0 },
		{ ALL, "[7,\"1\",\"Heartbeat\",{}]", JUDGE_TYPE_UNKNOWN, NULL,
		    0 },
		{ ALL, "[99,\"1\"]", JUDGE_TYPE_UNKNOWN, NULL, 0 },
		{ ALL, "[-1,\"1\",\"Heartbeat\",{}]", JUDGE_TYPE_UNKNOWN, NULL,
		    0 },
		{ ALL, "[-2,\"1\",\"Heartbeat\",{}]", JUDGE_TYPE_UNKNOWN, NULL,
		    0 },
		{ ALL, "[4294967298,\"1\",\"Heartbeat\",{}]",
		    JUDGE_TYPE_UNKNOWN, NULL, 0 },
		{ ALL, "[99,\"1\"", JUDGE_NO_JSON, NULL, 0 },
		{ ONE6 | TWO01, "[5,\"1\",\"GenericError\",\"\",{}]",
		    JUDGE_TYPE_UNKNOWN, NULL, 0 },
		{ ONE6 | TWO01, "[6,\"1\",\"NotifyPeriodicEventStream\",{}]",
		    JUDGE_TYPE_UNKNOWN, NULL, 0 },
		{ TWO1, "[5,\"1\",\"GenericError\",\"\",{}]", JUDGE_FINE, NULL,
		    0 },
		/* The id. */
		{ ALL, "[2,\"\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[1]", 0 },
		{ ALL, "[2,17,\"Heartbeat\",{}]", JUDGE_FRAME, "$[1]", 0 },
		{ ALL, "[2,null,\"Heartbeat\",{}]", JUDGE_FRAME, "$[1]", 0 },
		{ ALL, "[2,\"" TEN TEN TEN "123456\",\"Heartbeat\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[2,\"" TEN TEN TEN "1234567\",\"Heartbeat\",{}]",
		    JUDGE_FRAME, "$[1]", 0 },
		{ ALL, "[2,\"" TEN TEN TEN "12345\xc3\xa9\",\"Heartbeat\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[2,\"" TEN TEN TEN "12345\\u00e9\",\"Heartbeat\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[2,\"a\\/b\\\"\",\"Heartbeat\",{}]", JUDGE_FINE, NULL,
		    0 },
		/* 36 characters in 216 bytes: more than is kept of an id. */
		{ ALL, "[2,\"" E6 E6 E6 E6 E6 E6 "\",\"Heartbeat\",{}]",
		    JUDGE_FRAME, "$[1]", 0 },
		{ ALL, "[2,\"" E6 E6 E6 E6 "\",\"Heartbeat\",{}]", JUDGE_FINE,
		    NULL, 0 },
		{ ALL, "[2,\"a\\nb\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[1]",
		    0 },
		{ ALL, "[2,\"a\\u001bb\",\"Heartbeat\",{}]", JUDGE_FRAME, NULL,
		    0 },
		{ ALL, "[2,\"a\nb\",\"Heartbeat\",{}]", JUDGE_NO_JSON, NULL,
		    0 },
		/* The number of elements. */
		{ ALL, "[2]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[2,\"1\"]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\"]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{},{}]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",{},{},1]", JUDGE_FRAME, NULL,
		    0 },
		{ ALL, "[3,\"1\"]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[3,\"1\",{}]", JUDGE_FINE, NULL, 0 },
		{ ALL, "[3,\"1\",{},{}]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[3,\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[3,\"1\",{},{},{},{}]", JUDGE_FRAME, NULL, 0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

static void
actions_are_known_and_payloads_objects(void **state)
{
	static const struct row rows[] = {
		{ ALL, "[2,\"1\",\"\",{}]", JUDGE_FRAME, "$[2]", 0 },
		{ ALL, "[2,\"1\",2,{}]", JUDGE_FRAME, "$[2]", 0 },
		{ ALL, "[2,\"1\",\"" TEN TEN TEN TEN TEN "\",{}]",
		    JUDGE_ACTION_UNKNOWN, "$[2]", 0 },
		{ ALL, "[2,\"1\",\"" TEN TEN TEN TEN TEN "1\",{}]", JUDGE_FRAME,
		    "$[2]", 0 },
		{ ALL, "[2,\"1\",\"heartbeat\",{}]", JUDGE_ACTION_UNKNOWN, NULL,
		    0 },
		{ ALL, "[2,\"1\",\"HEARTBEAT\",{}]", JUDGE_ACTION_UNKNOWN, NULL,
		    0 },
		{ ALL, "[2,\"1\",\"Heartbeat \",{}]", JUDGE_ACTION_UNKNOWN,
		    NULL, 0 },
		{ ALL, "[2,\"1\",\"HeartbeatRequest\",{}]",
		    JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ ALL, "[2,\"1\",\"Heart\\u0062eat\",{}]", JUDGE_FRAME, "$[2]",
		    0 },
		{ TWOS, "[2,\"1\",\"StopTransaction\",{}]",
		    JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ ONE6, "[2,\"1\",\"TransactionEvent\",{}]",
		    JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ TWO01, "[2,\"1\",\"BatterySwap\",{}]", JUDGE_ACTION_UNKNOWN,
		    NULL, 0 },
		/* An action nobody knows hides no other fault. */
		{ ALL, "[2,\"1\",\"Nothing\",{]", JUDGE_NO_JSON, NULL, 0 },
		{ ALL, "[2,\"1\",\"Nothing\",[]]", JUDGE_FRAME, "$[3]", 0 },
		/* Payloads. */
		{ ALL, "[2,\"1\",\"Heartbeat\",[]]", JUDGE_FRAME, "$[3]", 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",\"\"]", JUDGE_FRAME, "$[3]", 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",0]", JUDGE_FRAME, "$[3]", 0 },
		{ ALL, "[2,\"1\",\"Heartbeat\",false]", JUDGE_FRAME, NULL, 0 },
		{ ONE6, "[2,\"1\",\"Heartbeat\",null]", JUDGE_FINE, NULL, 0 },
		{ ONE6, "[2,\"1\",\"BootNotification\",null]", JUDGE_OCCURRENCE,
		    "$.chargePointVendor", 0 },
		{ ONE6, "[3,\"1\",null]", JUDGE_FINE, NULL, 0 },
		{ TWOS, "[2,\"1\",\"Heartbeat\",null]", JUDGE_FRAME, "$[3]",
		    0 },
		{ TWOS, "[3,\"1\",null]", JUDGE_FRAME, "$[2]", 0 },
		{ ALL, "[3,\"1\",\"\"]", JUDGE_FRAME, "$[2]", 0 },
		{ ALL, "[3,\"1\",[]]", JUDGE_FRAME, "$[2]", 0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

static void
signed_messages_pass_with_their_payload_unread(void **state)
{
	static const struct row rows[] = {
		{ TWOS,
		    "[2,\"1\",\"Heartbeat-Signed\",{\"payload\":\"e30\","
		    "\"protected\":\"e\",\"signature\":\"s\"}]",
		    JUDGE_FINE, NULL, 0 },
		{ TWOS, "[2,\"1\",\"Heartbeat-Signed\",{\"payload\":1},\"k\"]",
		    JUDGE_FINE, NULL, 0 },
		{ TWOS, "[2,\"1\",\"Heartbeat-Signed\",{\"payload\":1},1,2]",
		    JUDGE_FRAME, NULL, 0 },
		{ TWOS, "[3,\"1\",\"Heartbeat-Signed\",{\"payload\":1}]",
		    JUDGE_FINE, NULL, 0 },
		{ TWOS, "[3,\"1\",\"Heartbeat-Signed\"]", JUDGE_FRAME, NULL,
		    0 },
		{ TWOS, "[2,\"1\",\"Heartbeat-Signed\",\"e30\"]", JUDGE_FRAME,
		    NULL, 0 },
		{ TWOS, "[2,\"1\",\"Heartbeat-signed\",{}]",
		    JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ TWOS, "[2,\"1\",\"-Signed\",{}]", JUDGE_ACTION_UNKNOWN, NULL,
		    0 },
		{ TWOS, "[2,\"1\",\"Nothing-Signed\",{}]", JUDGE_ACTION_UNKNOWN,
		    NULL, 0 },
		{ TWOS, "[2,\"1\",\"Reset-Signed\",{}]", JUDGE_DIRECTION, NULL,
		    0 },
		{ ONE6, "[2,\"1\",\"Heartbeat-Signed\",{}]",
		    JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ ONE6, "[3,\"1\",\"Heartbeat-Signed\",{}]", JUDGE_FRAME, NULL,
		    0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
}

static void
errors_have_a_code_of_their_version_a_description_and_details(void **state)
{
	static const struct row rows[] = {
		{ ALL, "[4,\"1\",\"GenericError\",\"\",{}]", JUDGE_FINE, NULL,
		    0 },
		{ ALL, "[4,\"-1\",\"SecurityError\",\"no\",{\"a\":[null]}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[4,\"1\",\"GenericError\"]", JUDGE_FRAME, NULL, 0 },
		{ ALL, "[4,\"1\",\"GenericError\",\"\"]", JUDGE_FRAME, NULL,
		    0 },
		{ ALL, "[4,\"1\",\"GenericError\",\"\",{},{}]", JUDGE_FRAME,
		    NULL, 0 },
		{ ALL, "[4,\"1\",\"GenericError\",null,{}]", JUDGE_FRAME,
		    "$[3]", 0 },
		{ ALL, "[4,\"1\",\"GenericError\",\"\",\"\"]", JUDGE_FRAME,
		    "$[4]", 0 },
		{ ALL, "[4,\"1\",\"GenericError\",\"\",[]]", JUDGE_FRAME, NULL,
		    0 },
		{ ONE6, "[4,\"1\",\"GenericError\",\"\",null]", JUDGE_FINE,
		    NULL, 0 },
		{ TWOS, "[4,\"1\",\"GenericError\",\"\",null]", JUDGE_FRAME,
		    NULL, 0 },
		{ ALL, "[4,\"1\",\"NoSuchError\",\"\",{}]", JUDGE_PROPERTY,
		    "$[2]", 0 },
		{ ALL, "[4,\"1\",\"\",\"\",{}]", JUDGE_PROPERTY, NULL, 0 },
		{ ALL, "[4,\"1\",4,\"\",{}]", JUDGE_FRAME, NULL, 0 },
		{ ONE6, "[4,\"1\",\"FormationViolation\",\"\",{}]", JUDGE_FINE,
		    NULL, 0 },
		{ TWOS, "[4,\"1\",\"FormationViolation\",\"\",{}]",
		    JUDGE_PROPERTY, NULL, 0 },
		{ ONE6, "[4,\"1\",\"OccurrenceConstraintViolation\",\"\",{}]",
		    JUDGE_PROPERTY, NULL, 0 },
		{ TWOS, "[4,\"1\",\"OccurrenceConstraintViolation\",\"\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ONE6, "[4,\"1\",\"RpcFrameworkError\",\"\",{}]",
		    JUDGE_PROPERTY, NULL, 0 },
		{ ALL,
		    "[4,\"1\",\"GenericError\",\"" HUNDRED HUNDRED TEN TEN TEN
			TEN TEN "12345\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL,
		    "[4,\"1\",\"GenericError\",\"" HUNDRED HUNDRED TEN TEN TEN
			TEN TEN "123456\",{}]",
		    JUDGE_PROPERTY, "$[3]", 0 },
		{ ALL,
		    "[4,\"1\",\"GenericError\",\"" HUNDRED HUNDRED TEN TEN TEN
			TEN TEN "1234\xe2\x82\xac\",{}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[4,\"1\",\"Nothing\",\"\",{]", JUDGE_NO_JSON, NULL, 0 },
		{ TWO1, "[5,\"1\",\"GenericError\",\"\"]", JUDGE_FRAME, NULL,
		    0 },
	};

	(void)state;
	EXPECT(rows, OCPP_UP);
	EXPECT(rows, OCPP_DOWN);
}

static void
each_side_sends_what_is_its_own(void **state)
{
	static const struct row up[] = {
		{ ONE6, "[2,\"1\",\"BootNotification\"," BOOT_16 "]",
		    JUDGE_FINE, NULL, 0 },
		{ TWOS, "[2,\"1\",\"BootNotification\"," BOOT_2X "]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, DATA("\"d\""), JUDGE_FINE, NULL, 0 },
		{ ONE6, "[2,\"1\",\"Reset\",{\"type\":\"Hard\"}]",
		    JUDGE_DIRECTION, "$[2]", 0 },
		{ ONE6, "[2,\"1\",\"Reset\",{\"type\":1}]", JUDGE_DIRECTION,
		    "$[2]", 0 },
		{ ALL, "[2,\"1\",\"ClearCache\",{}]", JUDGE_DIRECTION, "$[2]",
		    0 },
		{ TWO1, "[2,\"1\",\"ClearTariffs\",{}]", JUDGE_FINE, NULL, 0 },
	};
	static const struct row down[] = {
		{ ONE6, "[2,\"1\",\"BootNotification\"," BOOT_16 "]",
		    JUDGE_DIRECTION, NULL, 0 },
		{ TWOS, "[2,\"1\",\"BootNotification\"," BOOT_2X "]",
		    JUDGE_DIRECTION, NULL, 0 },
		{ ALL, DATA("\"d\""), JUDGE_FINE, NULL, 0 },
		{ ALL, "[2,\"1\",\"ClearCache\",{}]", JUDGE_FINE, NULL, 0 },
		{ TWO1, "[2,\"1\",\"ClosePeriodicEventStream\",{\"id\":1}]",
		    JUDGE_FINE, NULL, 0 },
		{ ALL, "[3,\"1\",{}]", JUDGE_FINE, NULL, 0 },
	};

	(void)state;
	EXPECT(up, OCPP_UP);
	EXPECT(down, OCPP_DOWN);
}

static void
a_send_is_no_call_and_a_call_no_send(void **state)
{
#define STREAM                                                                 \
	"\"NotifyPeriodicEventStream\",{\"id\":1,\"pending\":0,"               \
	"\"basetime\":\"2026-01-31T00:00:00Z\",\"data\":[{\"t\":0.5,\"v\":"    \
	"\"1\"}]}]"
	static const struct row rows[] = {
		{ TWO1, "[6,\"1\"," STREAM, JUDGE_FINE, NULL, 0 },
		{ TWO1, "[2,\"1\"," STREAM, JUDGE_FRAME, "$[2]", 0 },
		{ TWO1, "[6,\"1\",\"Heartbeat\",{}]", JUDGE_FRAME, "$[2]", 0 },
		{ TWO01, "[2,\"1\"," STREAM, JUDGE_ACTION_UNKNOWN, NULL, 0 },
		{ TWO1, "[6,\"1\",\"Nothing\",{}]", JUDGE_ACTION_UNKNOWN, NULL,
		    0 },
		{ TWO1, "[6,\"1\",\"NotifyPeriodicEventStream\",{}]",
		    JUDGE_OCCURRENCE, NULL, 0 },
	};
	int shape = judge_shape(OCPP_21, "NotifyPeriodicEventStream", 25);
	struct frame f = { .payload = { "{}", 2 } };
	struct verdict v;

	(void)state;
	EXPECT(rows, OCPP_UP);
	assert_int_not_equal(shape, -1);
	assert_false(judge_payload(&f, shape, true, &v));
	assert_int_equal(v.fault, JUDGE_ACTION_UNKNOWN);
}

static void
what_could_be_read_of_a_frame_is_told(void **state)
{
	static const char signed_call[] =
	    " [2, \"a-1\", \"Heartbeat-Signed\", {\"p\": 1 } ] ";
	static const char error[] = "[4,\"x\",\"GenericError\",\"d\", { } ]";
	struct frame f;
	struct verdict v;

	(void)state;
#define SPAN_IS(s, t)                                                          \
	do {                                                                   \
		assert_int_equal((s).len, strlen(t));                          \
		assert_memory_equal((s).p, t, strlen(t));                      \
	} while (0)
	assert_true(judge_frame(
	    OCPP_21, OCPP_UP, signed_call, strlen(signed_call), &f, &v));
	assert_int_equal(f.type, OCPP_CALL);
	SPAN_IS(f.id, "a-1");
	SPAN_IS(f.action, "Heartbeat-Signed");
	SPAN_IS(f.payload, "{\"p\": 1 }");
	assert_true(f.is_signed);
	assert_string_equal(judge_action(f.shape), "Heartbeat");
	assert_true(judge_payload(&f, f.shape, false, &v));

	assert_true(
	    judge_frame(OCPP_16, OCPP_DOWN, error, strlen(error), &f, &v));
	assert_int_equal(f.type, OCPP_ERROR);
	SPAN_IS(f.code, "GenericError");
	SPAN_IS(f.payload, "{ }");
	assert_int_equal(f.shape, -1);
	assert_false(judge_payload(&f, f.shape, false, &v));

	/* What fits a request fits no other shape by that. */
	assert_true(judge_frame(
	    OCPP_16, OCPP_UP, "[2,\"7\",\"Heartbeat\",{}]", 22, &f, &v));
	assert_true(f.fits);
	assert_false(judge_payload(&f, f.shape, true, &v));
	assert_string_equal(v.path, "$.currentTime");
	assert_false(
	    judge_payload(&f, judge_shape(OCPP_16, "Authorize", 9), false, &v));

	/* A fault behind the id leaves it readable, one in it does not. */
	assert_false(judge_frame(
	    OCPP_16, OCPP_UP, "[2,\"7\",\"Nothing\",{}]", 20, &f, &v));
	SPAN_IS(f.id, "7");
	SPAN_IS(f.action, "Nothing");
	SPAN_IS(f.payload, "{}");
	assert_false(judge_frame(OCPP_16, OCPP_UP, "[2,\"7\",", 7, &f, &v));
	assert_int_equal(f.type, OCPP_CALL);
	SPAN_IS(f.id, "7");
	assert_false(
	    judge_frame(OCPP_201, OCPP_UP, "[99,\"7\",{}]", 11, &f, &v));
	assert_int_equal(f.type, 0);
	assert_int_equal(f.shape, -1);
	SPAN_IS(f.id, "7");
	assert_false(judge_frame(
	    OCPP_201, OCPP_UP, "[2,7,\"Heartbeat\",{}]", 20, &f, &v));
	assert_int_equal(f.id.len, 0);
}

static void
no_fault_shows_a_value_and_every_path_stays_within_bounds(void **state)
{
	static const char secret[] =
	    "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
	    "\"value\":[\"hunter2hunter2\"]}]";
	static const char longname[] =
	    "[2,\"1\",\"Heartbeat\",{\"" TEN TEN TEN TEN TEN "\":1}]";
	char deep[4096] = "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\","
			  "\"data\":";
	struct frame f;
	struct verdict v;

	(void)state;
	assert_false(
	    judged(OCPP_16, OCPP_DOWN, secret, strlen(secret), &f, &v));
	assert_int_equal(v.fault, JUDGE_WRONG_TYPE);
	assert_string_equal(v.path, "$.value");
	assert_null(strstr(v.why, "hunter2"));
	for (int i = 0; i < 29; i++)
		strcat(deep, "{\"a long name of a member \x1b[31m\":");
	assert_false(judged(OCPP_201, OCPP_DOWN, deep, strlen(deep), &f, &v));
	assert_int_equal(v.fault, JUDGE_NO_JSON);
	memset(deep, 0, sizeof(deep));
	strcpy(deep, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":");
	for (int i = 0; i < 29; i++)
		strcat(deep, "{\"a long name of a member \\u001b\x7f\":");
	assert_false(judged(OCPP_201, OCPP_DOWN, deep, strlen(deep), &f, &v));
	assert_true(strlen(v.path) < JUDGE_PATH_MAX);
	for (const char *p = v.path; *p != '\0'; p++)
		assert_true(*p > ' ' && *p < 0x7f);
	assert_false(
	    judged(OCPP_16, OCPP_UP, longname, strlen(longname), &f, &v));
	assert_string_equal(v.path, "$." TEN TEN TEN TEN);
}

static void
an_open_object_has_512_members_at_most_and_names_of_256_bytes(void **state)
{
	static const struct {
		int members, name;
		enum judge_fault fault;
	} rows[] = { { 512, 9, JUDGE_FINE }, { 513, 9, JUDGE_NO_JSON },
		{ 2, 256, JUDGE_FINE }, { 2, 257, JUDGE_NO_JSON } };
	char *text = malloc(65536);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *p = stpcpy(text,
		    "[2,\"1\",\"DataTransfer\",{\"vendorId\":"
		    "\"v\",\"data\":[{}");
		const struct row row = { TWOS, text, rows[i].fault, NULL, 0 };

		/* Twice: what an object remembers ends with it. */
		for (int twice = 0; twice < 2; twice++)
			for (int k = 0; k < rows[i].members; k++)
				p += sprintf(p, "%s\"%0*d\":1",
				    k == 0 ? twice != 0 ? "},{" : ",{" : ",",
				    rows[i].name, k);
		(void)strcpy(p, "}]}]");
		expect_rows(&row, 1, OCPP_UP);
	}
	/* A payload that does not fit is read again, from no member on. */
	{
		const struct row row = { TWOS, text, JUDGE_OCCURRENCE,
			"$.customData.vendorId", 0 };
		char *p = stpcpy(
		    text, "[2,\"1\",\"Heartbeat\",{\"customData\":{\"x\":1");

		for (int k = 0; k < 510; k++)
			p += sprintf(p, ",\"%d\":1", k);
		(void)strcpy(p, "}}]");
		expect_rows(&row, 1, OCPP_UP);
	}
	free(text);
}

static void
each_member_of_a_long_object_is_compared(void **state)
{
	char text[2048];
	const struct row row = { TWOS, text, JUDGE_NO_JSON, NULL, 0 };

	(void)state;
	/* In an inner object, so that the outer ones' names come before. */
	for (int outer = 0; outer < 3; outer++)
		for (int again = 0; again < 40; again++) {
			char *p = stpcpy(text,
			    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\","
			    "\"data\":{");

			for (int k = 0; k < outer; k++)
				p += sprintf(p, "\"outer%d\":0,", k);
			p = stpcpy(p, "\"k\":{");
			for (int k = 0; k < 40; k++)
				p += sprintf(p, "\"member%d\":0,", k);
			(void)sprintf(p, "\"member%d\":0}}}]", again);
			expect_rows(&row, 1, OCPP_UP);
		}
}

static void
members_are_found_by_path_and_texts_unescaped(void **state)
{
	static const char text[] =
	    "{ \"a\" : \"x,\\\"}\" , \"n\\u0061me\":{\"b\":[ {\"c\":1}, 2 ,"
	    "\"}\"],\"e\":{}},\"t\":\"\\u20ac\\ud83d\\udd0c\\n\",\"z\":true}";
	const struct span o = { text, sizeof(text) - 1 };
	static const struct {
		const char *path, *value; /* NULL: not there */
	} rows[] = { { "a", "\"x,\\\"}\"" },
		{ "name.b", "[ {\"c\":1}, 2 ,\"}\"]" }, { "name.b.0.c", "1" },
		{ "name.b.1", "2" }, { "name.b.2", "\"}\"" },
		{ "name.b.3", NULL }, { "name.e", "{}" }, { "name.e.x", NULL },
		{ "name.x", NULL }, { "z", "true" }, { "z.a", NULL },
		{ "b", NULL }, { "", NULL } };
	struct span v;
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool found = judge_member(o, rows[i].path, &v);

		if (found != (rows[i].value != NULL))
			fail_msg("%s", rows[i].path);
		if (found)
			SPAN_IS(v, rows[i].value);
	}
	assert_true(judge_member(o, "a", &v));
	assert_int_equal(judge_text(v, out, sizeof(out)), 4);
	assert_string_equal(out, "x,\"}");
	assert_int_equal(judge_text(v, out, 5), 4);
	assert_int_equal(judge_text(v, out, 4), -1);
	assert_int_equal(judge_text(v, out, 0), -1);
	assert_true(judge_member(o, "t", &v));
	assert_int_equal(judge_text(v, out, sizeof(out)), 8);
	assert_string_equal(out, "\xe2\x82\xac\xf0\x9f\x94\x8c\n");
	assert_true(judge_member(o, "z", &v));
	assert_int_equal(judge_text(v, out, sizeof(out)), -1);
	assert_int_equal(
	    judge_text((struct span){ "\"a\0b\"", 5 }, out, sizeof(out)), -1);
}

static void
nothing_at_all_is_judged_like_an_empty_text(void **state)
{
	struct frame f = { 0 };
	struct verdict v;
	struct span s;
	char out[4];

	(void)state;
	assert_false(judge_frame(OCPP_16, OCPP_UP, NULL, 0, &f, &v));
	assert_int_equal(v.fault, JUDGE_NO_JSON);
	assert_false(
	    judge_payload(&f, judge_shape(OCPP_16, "Heartbeat", 9), false, &v));
	assert_int_not_equal(v.fault, JUDGE_FINE);
	assert_false(judge_member((struct span){ NULL, 0 }, "a", &s));
	assert_int_equal(
	    judge_text((struct span){ NULL, 0 }, out, sizeof(out)), -1);
}

static void
subprotocols_and_names_are_those_of_the_registry(void **state)
{
	(void)state;
	assert_int_equal(ocpp_version_named("ocpp1.6", 7), OCPP_16);
	assert_int_equal(ocpp_version_named("ocpp2.0.1", 9), OCPP_201);
	assert_int_equal(ocpp_version_named("ocpp2.1", 7), OCPP_21);
	assert_int_equal(ocpp_version_named("ocpp2.0", 7), OCPP_VERSIONS);
	assert_int_equal(ocpp_version_named("ocpp2.0.1", 7), OCPP_VERSIONS);
	assert_int_equal(ocpp_version_named("OCPP1.6", 7), OCPP_VERSIONS);
	assert_int_equal(ocpp_version_named("", 0), OCPP_VERSIONS);
	assert_string_equal(ocpp_subprotocol(OCPP_201), "ocpp2.0.1");
	assert_string_equal(ocpp_subprotocol(OCPP_VERSIONS), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_strict_json_is_a_frame),
		cmocka_unit_test(a_frame_cut_anywhere_is_no_json),
		cmocka_unit_test(numbers_are_those_that_all_receivers_hold),
		cmocka_unit_test(texts_are_utf8_without_control_characters),
		cmocka_unit_test(no_member_stands_twice_on_any_level),
		cmocka_unit_test(
		    depth_ends_at_32_levels_however_deep_the_text_goes),
		cmocka_unit_test(
		    long_texts_and_arrays_have_no_limit_but_that_of_their_shape),
		cmocka_unit_test(
		    frames_have_the_type_the_id_and_the_length_of_their_version),
		cmocka_unit_test(actions_are_known_and_payloads_objects),
		cmocka_unit_test(
		    signed_messages_pass_with_their_payload_unread),
		cmocka_unit_test(
		    errors_have_a_code_of_their_version_a_description_and_details),
		cmocka_unit_test(each_side_sends_what_is_its_own),
		cmocka_unit_test(a_send_is_no_call_and_a_call_no_send),
		cmocka_unit_test(what_could_be_read_of_a_frame_is_told),
		cmocka_unit_test(
		    no_fault_shows_a_value_and_every_path_stays_within_bounds),
		cmocka_unit_test(
		    an_open_object_has_512_members_at_most_and_names_of_256_bytes),
		cmocka_unit_test(each_member_of_a_long_object_is_compared),
		cmocka_unit_test(members_are_found_by_path_and_texts_unescaped),
		cmocka_unit_test(nothing_at_all_is_judged_like_an_empty_text),
		cmocka_unit_test(
		    subprotocols_and_names_are_those_of_the_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
