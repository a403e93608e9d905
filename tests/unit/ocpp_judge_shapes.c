/* SPDX-License-Identifier: MIT */
/*
 * Payloads against their shapes: one row for each way in which a value can be
 * wrong, on both sides of its limit. That the shapes are those of the standard
 * is asked by ocpp_judge_schemas.c.
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
#include <sys/wait.h>
#include <unistd.h>

#include "formats.h"
#include "shapes.h"
#include "walk.h"

#define TEN "0123456789"

struct row {
	enum ocpp_version version;
	const char *action;
	bool is_answer;
	const char *payload;
	enum judge_fault fault;
	const char *path;
};

static void
expect(const struct row *r)
{
	/* A copy of its very length: what reads beyond it is caught. */
	size_t len = strlen(r->payload);
	char *exact = malloc(len);
	struct frame f = { .payload = { exact, len } };
	struct verdict v;
	int shape = judge_shape(r->version, r->action, strlen(r->action));
	bool fine;

	assert_non_null(exact);
	assert_int_not_equal(shape, -1);
	memcpy(exact, r->payload, len);
	fine = judge_payload(&f, shape, r->is_answer, &v);
	free(exact);
	if (fine != (r->fault == JUDGE_FINE) || v.fault != r->fault ||
	    (r->path != NULL && strcmp(v.path, r->path) != 0))
		fail_msg("%s %s: fault %d, not %d: %s %s", r->action,
		    r->payload, v.fault, r->fault, v.path, v.why);
}

#define EXPECT(rows)                                                           \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(*(rows)); i_++)         \
	expect(&(rows)[i_])

#define AUTH(tag) OCPP_16, "Authorize", false, "{\"idTag\":\"" tag "\"}"

static void
lengths_are_counted_in_characters_however_they_are_written(void **state)
{
	static const struct row rows[] = {
		{ AUTH(""), JUDGE_FINE, NULL },
		{ AUTH(TEN TEN), JUDGE_FINE, NULL },
		{ AUTH(TEN TEN "0"), JUDGE_PROPERTY, "$.idTag" },
		{ AUTH(TEN "012345678\xf0\x9f\x94\x8c"), JUDGE_FINE, NULL },
		{ AUTH(TEN TEN "\xc3\xa9"), JUDGE_PROPERTY, NULL },
		{ AUTH(TEN "012345678\\u00e9"), JUDGE_FINE, NULL },
		{ AUTH(TEN "012345678\\ud83d\\udd0c"), JUDGE_FINE, NULL },
		{ AUTH(TEN TEN "\\ud83d\\udd0c"), JUDGE_PROPERTY, NULL },
		{ AUTH(TEN "012345678\\n"), JUDGE_FINE, NULL },
		{ AUTH(TEN TEN "\\\""), JUDGE_PROPERTY, NULL },
	};

	(void)state;
	EXPECT(rows);
}

#define RESET(type) OCPP_16, "Reset", false, "{\"type\":" type "}"

static void
enumerations_take_their_values_and_no_others(void **state)
{
	static const struct row rows[] = {
		{ RESET("\"Hard\""), JUDGE_FINE, NULL },
		{ RESET("\"Soft\""), JUDGE_FINE, NULL },
		{ RESET("\"S\\u006fft\""), JUDGE_FINE, NULL },
		{ RESET("\"soft\""), JUDGE_PROPERTY, "$.type" },
		{ RESET("\"Sof\""), JUDGE_PROPERTY, NULL },
		{ RESET("\"Soft \""), JUDGE_PROPERTY, NULL },
		{ RESET("\"\""), JUDGE_PROPERTY, NULL },
		{ RESET("\"Immediate\""), JUDGE_PROPERTY, NULL },
		{ RESET("null"), JUDGE_WRONG_TYPE, "$.type" },
		{ RESET("1"), JUDGE_WRONG_TYPE, NULL },
		{ RESET("[\"Soft\"]"), JUDGE_WRONG_TYPE, NULL },
		/* Of another enumeration, and of the same hash table. */
		{ OCPP_201, "Reset", false, "{\"type\":\"Immediate\"}",
		    JUDGE_FINE, NULL },
		{ OCPP_201, "Reset", false, "{\"type\":\"Hard\"}",
		    JUDGE_PROPERTY, NULL },
		{ OCPP_21, "Reset", false, "{\"type\":\"ImmediateAndResume\"}",
		    JUDGE_FINE, NULL },
	};

	(void)state;
	EXPECT(rows);
}

#define INT16(v)                                                               \
	OCPP_16, "RemoteStopTransaction", false, "{\"transactionId\":" v "}"
#define INT20(v) OCPP_201, "GetReport", false, "{\"requestId\":" v "}"
#define SEC16(v)                                                               \
	OCPP_16, "LogStatusNotification", false,                               \
	    "{\"status\":\"Idle\",\"requestId\":" v "}"

static void
one_point_zero_is_an_integer_where_the_schema_is_draft_6(void **state)
{
	static const struct row rows[] = {
		{ INT16("1"), JUDGE_FINE, NULL },
		{ INT16("-1"), JUDGE_FINE, NULL },
		{ INT16("1.0"), JUDGE_WRONG_TYPE, "$.transactionId" },
		{ INT16("1e2"), JUDGE_WRONG_TYPE, NULL },
		{ INT16("1.5"), JUDGE_WRONG_TYPE, NULL },
		{ INT16("\"1\""), JUDGE_WRONG_TYPE, NULL },
		{ INT16("true"), JUDGE_WRONG_TYPE, NULL },
		{ INT16("null"), JUDGE_WRONG_TYPE, NULL },
		{ INT16("{}"), JUDGE_WRONG_TYPE, NULL },
		{ SEC16("1.0"), JUDGE_FINE, NULL },
		{ SEC16("1.5"), JUDGE_WRONG_TYPE, NULL },
		{ INT20("1.0"), JUDGE_FINE, NULL },
		{ INT20("1.000e2"), JUDGE_FINE, NULL },
		{ INT20("-0.0"), JUDGE_FINE, NULL },
		{ INT20("12.5e1"), JUDGE_FINE, NULL },
		{ INT20("12.5e0"), JUDGE_WRONG_TYPE, NULL },
		{ INT20("100e-2"), JUDGE_FINE, NULL },
		{ INT20("1e-2"), JUDGE_WRONG_TYPE, NULL },
		{ INT20("1e17"), JUDGE_FINE, NULL },
	};

	(void)state;
	EXPECT(rows);
}

#define LIMIT(v)                                                               \
	OCPP_16, "RemoteStartTransaction", false,                              \
	    "{\"idTag\":\"t\",\"chargingProfile\":{\"chargingProfileId\":1,"   \
	    "\"stackLevel\":0,\"chargingProfilePurpose\":\"TxProfile\","       \
	    "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{"      \
	    "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{"         \
	    "\"startPeriod\":0,\"limit\":" v "}]}}}"
#define LIMIT_PATH                                                             \
	"$.chargingProfile.chargingSchedule.chargingSchedulePeriod[0].limit"

static void
multiples_of_a_tenth_are_exact(void **state)
{
	static const struct row rows[] = {
		{ LIMIT("16"), JUDGE_FINE, NULL },
		{ LIMIT("16.1"), JUDGE_FINE, NULL },
		{ LIMIT("16.10"), JUDGE_FINE, NULL },
		{ LIMIT("0.3"), JUDGE_FINE, NULL },
		{ LIMIT("4.35e1"), JUDGE_FINE, NULL },
		{ LIMIT("1e-1"), JUDGE_FINE, NULL },
		{ LIMIT("0"), JUDGE_FINE, NULL },
		{ LIMIT("0.000"), JUDGE_FINE, NULL },
		{ LIMIT("-0.7"), JUDGE_FINE, NULL },
		{ LIMIT("123456789012345.1"), JUDGE_FINE, NULL },
		{ LIMIT("16.11"), JUDGE_PROPERTY, LIMIT_PATH },
		{ LIMIT("0.05"), JUDGE_PROPERTY, NULL },
		{ LIMIT("1e-2"), JUDGE_PROPERTY, NULL },
		{ LIMIT("0.300000000000001"), JUDGE_PROPERTY, NULL },
		{ LIMIT("0.3000000000000005"), JUDGE_PROPERTY, NULL },
		{ LIMIT("1e-17"), JUDGE_PROPERTY, NULL },
		{ LIMIT("0.01000000000000000001"), JUDGE_PROPERTY, NULL },
		{ LIMIT("0.0010000000000000000001"), JUDGE_PROPERTY, NULL },
		{ LIMIT("16.14999999999999999"), JUDGE_PROPERTY, NULL },
		{ LIMIT("16.19899999999999999"), JUDGE_PROPERTY, NULL },
		/* What arithmetic in binary leaves of a tenth. */
		{ LIMIT("0.30000000000000004"), JUDGE_FINE, NULL },
		{ LIMIT("-99.400000000000006"), JUDGE_FINE, NULL },
		{ LIMIT("16.099999999999998"), JUDGE_FINE, NULL },
		{ LIMIT("2.9999999999999996"), JUDGE_FINE, NULL },
		{ LIMIT("123456789012345678.25"), JUDGE_FINE, NULL },
		{ LIMIT("\"16\""), JUDGE_WRONG_TYPE, NULL },
	};

	(void)state;
	EXPECT(rows);
}

#define SOC(v)                                                                 \
	OCPP_201, "NotifyEVChargingNeeds", false,                              \
	    "{\"evseId\":1,\"chargingNeeds\":{\"requestedEnergyTransfer\":"    \
	    "\"DC\",\"dcChargingParameters\":{\"evMaxCurrent\":1,"             \
	    "\"evMaxVoltage\":1,\"stateOfCharge\":" v "}}}"

static void
ranges_hold_at_both_ends(void **state)
{
	static const struct row rows[] = {
		{ SOC("0"), JUDGE_FINE, NULL },
		{ SOC("-0"), JUDGE_FINE, NULL },
		{ SOC("100"), JUDGE_FINE, NULL },
		{ SOC("100.0"), JUDGE_FINE, NULL },
		{ SOC("1e2"), JUDGE_FINE, NULL },
		{ SOC("-1"), JUDGE_PROPERTY,
		    "$.chargingNeeds.dcChargingParameters.stateOfCharge" },
		{ SOC("101"), JUDGE_PROPERTY, NULL },
		{ SOC("1e3"), JUDGE_PROPERTY, NULL },
		{ SOC("-1e-300"), JUDGE_WRONG_TYPE, NULL },
		{ SOC("9223372036854775807"), JUDGE_PROPERTY, NULL },
		{ SOC("-1e300"), JUDGE_PROPERTY, NULL },
	};
	static const struct {
		const char *text;
		int32_t limit;
		int compare;
	} numbers[] = { { "0.0", 0, 0 }, { "0.0", 1, -1 }, { "0.0", -1, 1 },
		{ "0.5", 0, 1 }, { "0.5", 1, -1 }, { "-0.5", 0, -1 },
		{ "-0.5", -1, 1 }, { "100.0001", 100, 1 },
		{ "99.9999", 100, -1 }, { "1e2", 100, 0 },
		{ "1e300", INT32_MAX, 1 }, { "-1e300", INT32_MIN, -1 },
		{ "1e-300", 0, 1 }, { "2147483647.0", INT32_MAX, 0 },
		{ "21474836470e-1", INT32_MAX, 0 } };

	(void)state;
	EXPECT(rows);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct verdict v;
		struct number n;
		struct walk w;
		int64_t small;

		walk_begin(&w, numbers[i].text, strlen(numbers[i].text), &v);
		assert_true(scan_number(&w, &n, &small));
		assert_false(n.plain);
		if (number_compare(&n, numbers[i].limit) != numbers[i].compare)
			fail_msg(
			    "%s and %d", numbers[i].text, numbers[i].limit);
	}
}

static void
times_are_those_of_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		bool fine;
	} rows[] = {
		{ "2026-01-31T12:34:56Z", true },
		{ "2026-01-31T12:34:56.7Z", true },
		{ "2026-01-31T12:34:56.789Z", true },
		{ "2026-01-31T12:34:56.123456789012Z", true },
		{ "2026-01-31t12:34:56z", true },
		{ "2026-01-31T12:34:56+01:00", true },
		{ "2026-01-31T12:34:56.5-23:59", true },
		{ "2026-01-31T12:34:56-00:00", true },
		{ "2024-02-29T00:00:00Z", true },
		{ "2000-02-29T00:00:00Z", true },
		{ "0000-01-01T00:00:00Z", true },
		{ "2016-12-31T23:59:60Z", true },
		{ "2017-01-01T00:59:60+01:00", true },
		{ "2016-12-31T15:59:60.25-08:00", true },
		{ "2016-12-31T12:00:60Z", false },
		{ "2016-12-31T23:59:60+01:00", false },
		{ "2016-12-31T23:59:61Z", false },
		{ "2026-02-29T00:00:00Z", false },
		{ "1900-02-29T00:00:00Z", false },
		{ "2026-04-31T00:00:00Z", false },
		{ "2026-00-10T00:00:00Z", false },
		{ "2026-13-10T00:00:00Z", false },
		{ "2026-01-00T00:00:00Z", false },
		{ "2026-01-32T00:00:00Z", false },
		{ "2026-01-31T24:00:00Z", false },
		{ "2026-01-31T12:60:00Z", false },
		{ "2026-01-31T12:34:56", false },
		{ "2026-01-31T12:34:56.Z", false },
		{ "2026-01-31T12:34:56,5Z", false },
		{ "2026-01-31 12:34:56Z", false },
		{ "2026-01-31T12:34Z", false },
		{ "2026-01-31T12:34:56+0100", false },
		{ "2026-01-31T12:34:56+24:00", false },
		{ "2026-01-31T12:34:56+01:60", false },
		{ "2026-01-31T12:34:56+01", false },
		{ "2026-01-31T12:34:56ZZ", false },
		{ "2026-01-31T12:34:56 Z", false },
		{ "2026-1-31T12:34:56Z", false },
		{ "26-01-31T12:34:56Z", false },
		{ "+2026-01-31T12:34:56Z", false },
		{ "2026-01-31", false },
		{ "2026-01-3:T12:34:56Z", false },
		{ "1769862896", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (format_time((struct span){
			rows[i].text, strlen(rows[i].text) }) != rows[i].fine)
			fail_msg("%s", rows[i].text);
}

static void
uris_have_a_scheme_and_only_characters_of_rfc_3986(void **state)
{
	static const struct {
		const char *text;
		bool fine;
	} rows[] = {
		{ "ftp://user:pw@host:21/a/b.bin", true },
		{ "https://[2001:db8::1]/x?y=1&z=%20#f", true },
		{ "urn:OCPP:x", true },
		{ "a:", true },
		{ "", false },
		{ "/a/b", false },
		{ "host/path", false },
		{ "//host/path", false },
		{ ":x", false },
		{ "1http://h", false },
		{ "ht tp://h", false },
		{ "http://h/a b", false },
		{ "http://h/%2", false },
		{ "http://h/%zz", false },
		{ "http://h/#a#b", false },
		{ "http://h/\xc3\xa9", false },
		{ "http://h/<x>", false },
		{ "http://h/\\", false },
		{ "http://h/\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (format_uri((struct span){
			rows[i].text, strlen(rows[i].text) }) != rows[i].fine)
			fail_msg("%s", rows[i].text);
}

#define VARIABLE                                                               \
	"{\"component\":{\"name\":\"c\"},\"variable\":{\"name\":\"v\"}}"
#define CHILD                                                                  \
	"{\"hashAlgorithm\":\"SHA256\",\"issuerNameHash\":\"a\","              \
	"\"issuerKeyHash\":\"b\",\"serialNumber\":\"c\"}"
#define CHAIN(children)                                                        \
	OCPP_201, "GetInstalledCertificateIds", true,                          \
	    "{\"status\":\"Accepted\",\"certificateHashDataChain\":[{"         \
	    "\"certificateType\":\"V2GCertificateChain\","                     \
	    "\"certificateHashData\":" CHILD                                   \
	    ",\"childCertificateHashData\":[" children "]}]}"

static void
members_are_required_known_and_arrays_of_their_size(void **state)
{
	static const struct row rows[] = {
		{ OCPP_16, "Heartbeat", false, "{}", JUDGE_FINE, NULL },
		{ OCPP_16, "Heartbeat", false, "{ \n\t}", JUDGE_FINE, NULL },
		{ OCPP_16, "Heartbeat", false, "{\"a\":1}", JUDGE_OCCURRENCE,
		    "$.a" },
		{ OCPP_16, "Heartbeat", false, "{\"\":1}", JUDGE_OCCURRENCE,
		    "$." },
		{ OCPP_16, "Heartbeat", false, "{\"customData\":{}}",
		    JUDGE_OCCURRENCE, "$.customData" },
		{ OCPP_16, "Authorize", false, "{}", JUDGE_OCCURRENCE,
		    "$.idTag" },
		{ OCPP_16, "Authorize", false, "{\"IdTag\":\"1\"}",
		    JUDGE_OCCURRENCE, "$.IdTag" },
		{ OCPP_16, "Authorize", true,
		    "{\"idTagInfo\":{\"parentIdTag\":\"1\"}}", JUDGE_OCCURRENCE,
		    "$.idTagInfo.status" },
		{ OCPP_16, "Authorize", true, "{\"idTagInfo\":[]}",
		    JUDGE_WRONG_TYPE, "$.idTagInfo" },
		{ OCPP_16, "MeterValues", false,
		    "{\"connectorId\":1,\"meterValue\":{}}", JUDGE_WRONG_TYPE,
		    "$.meterValue" },
		{ OCPP_16, "MeterValues", false,
		    "{\"connectorId\":1,\"meterValue\":[]}", JUDGE_FINE, NULL },
		{ OCPP_16, "MeterValues", false,
		    "{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
		    "\"2026-01-31T12:34:56Z\",\"sampledValue\":[{\"value\":"
		    "\"1\"},{\"value\":\"2\"},{\"value\":3}]}]}",
		    JUDGE_WRONG_TYPE, "$.meterValue[0].sampledValue[2].value" },
		{ OCPP_16, "GetConfiguration", true,
		    "{\"configurationKey\":[{\"key\":\"k\",\"readonly\":1}]}",
		    JUDGE_WRONG_TYPE, "$.configurationKey[0].readonly" },
		{ OCPP_16, "GetDiagnostics", false, "{\"location\":\"x\"}",
		    JUDGE_PROPERTY, "$.location" },
		{ OCPP_16, "GetInstalledCertificateIds", true,
		    "{\"status\":\"Accepted\",\"certificateHashData\":[]}",
		    JUDGE_OCCURRENCE, "$.certificateHashData" },
		{ OCPP_201, "GetVariables", false, "{\"getVariableData\":[]}",
		    JUDGE_OCCURRENCE, "$.getVariableData" },
		{ OCPP_201, "GetVariables", false,
		    "{\"getVariableData\":[" VARIABLE "]}", JUDGE_FINE, NULL },
		{ CHAIN(CHILD), JUDGE_FINE, NULL },
		{ CHAIN(CHILD "," CHILD "," CHILD "," CHILD), JUDGE_FINE,
		    NULL },
		{ CHAIN(CHILD "," CHILD "," CHILD "," CHILD "," CHILD),
		    JUDGE_OCCURRENCE,
		    "$.certificateHashDataChain[0].childCertificateHashData" },
		{ CHAIN(""), JUDGE_OCCURRENCE, NULL },
		/* The shape of the other version, and of the other side. */
		{ OCPP_201, "BootNotification", false,
		    "{\"chargePointVendor\":\"v\",\"chargePointModel\":\"m\"}",
		    JUDGE_OCCURRENCE, "$.chargePointVendor" },
		{ OCPP_16, "BootNotification", true,
		    "{\"chargePointVendor\":\"v\",\"chargePointModel\":\"m\"}",
		    JUDGE_OCCURRENCE, NULL },
	};

	(void)state;
	EXPECT(rows);
}

#define CUSTOM(c) OCPP_21, "Heartbeat", false, "{\"customData\":" c "}"

static void
only_custom_data_is_open_and_data_anything(void **state)
{
	static const struct row rows[] = {
		{ CUSTOM("{\"vendorId\":\"v\"}"), JUDGE_FINE, NULL },
		{ CUSTOM("{\"vendorId\":\"v\",\"x\":[{\"y\":null}]}"),
		    JUDGE_FINE, NULL },
		{ CUSTOM("{\"x\":{\"vendorId\":\"v\"}}"), JUDGE_OCCURRENCE,
		    "$.customData.vendorId" },
		{ CUSTOM("{\"vendorId\":1}"), JUDGE_WRONG_TYPE,
		    "$.customData.vendorId" },
		{ CUSTOM("{}"), JUDGE_OCCURRENCE, NULL },
		{ CUSTOM("null"), JUDGE_WRONG_TYPE, "$.customData" },
		{ OCPP_21, "DataTransfer", false,
		    "{\"vendorId\":\"v\",\"data\":{\"a\":[1,{\"b\":2.5}]}}",
		    JUDGE_FINE, NULL },
		{ OCPP_21, "DataTransfer", false,
		    "{\"vendorId\":\"v\",\"data\":null}", JUDGE_FINE, NULL },
		{ OCPP_21, "DataTransfer", true,
		    "{\"status\":\"Accepted\",\"data\":-1e-5}", JUDGE_FINE,
		    NULL },
		{ OCPP_16, "DataTransfer", false,
		    "{\"vendorId\":\"v\",\"data\":{}}", JUDGE_WRONG_TYPE,
		    "$.data" },
	};

	(void)state;
	EXPECT(rows);
}

static void
each_version_has_its_requests_answers_and_directions(void **state)
{
	/* Up, down, both, unsure, without an answer. */
	static const int expected[OCPP_VERSIONS][6] = {
		[OCPP_16] = { 39, 13, 25, 1, 0, 0 },
		[OCPP_201] = { 64, 24, 39, 1, 0, 0 },
		[OCPP_21] = { 91, 36, 54, 1, 27, 1 },
	};
	int got[OCPP_VERSIONS][6] = { { 0 } };

	(void)state;
	for (int i = 0; i < shape_action_count; i++) {
		const struct shape_action *a = &shape_actions[i];
		const char *name = judge_action(i);
		bool sure, up = judge_direction(i, OCPP_UP, &sure),
			   down = judge_direction(i, OCPP_DOWN, &sure);
		int *g = got[a->version];

		assert_int_equal(judge_shape((enum ocpp_version)a->version,
				     name, strlen(name)),
		    i);
		assert_int_equal(strlen(name), a->name.len);
		g[0]++;
		g[1] += up && !down;
		g[2] += down && !up;
		g[3] += up && down;
		g[4] += !sure;
		g[5] += a->answer == SHAPE_NONE;
	}
	assert_memory_equal(got, expected, sizeof(got));
}

static bool
is_in(const struct shape_set *s, const char *name, size_t len)
{
	for (int i = 0; i < s->count; i++) {
		const struct shape_name *n = &shape_names[s->names + i];

		if (n->len == len && memcmp(shape_pool + n->at, name, len) == 0)
			return true;
	}
	return false;
}

/* All names that differ from n in one byte, or have one more or less. */
static void
neighbours(const struct shape_set *s, const struct shape_name *n)
{
	char name[64];

	assert_true(n->len + 1u < sizeof(name));
	memcpy(name, shape_pool + n->at, n->len);
	for (size_t i = 0; i < n->len; i++) {
		char was = name[i];

		for (char c = ' '; c < 0x7f; c++) {
			name[i] = c;
			assert_int_equal(
			    set_find(s, (struct span){ name, n->len }) != -1,
			    is_in(s, name, n->len));
		}
		name[i] = was;
		assert_int_equal(set_find(s, (struct span){ name, i }) != -1,
		    is_in(s, name, i));
	}
	name[n->len] = 's';
	assert_int_equal(set_find(s, (struct span){ name, n->len + 1u }) != -1,
	    is_in(s, name, n->len + 1u));
}

static void
a_name_that_differs_in_one_byte_is_another(void **state)
{
	(void)state;
	assert_true(shape_set_count > 300);
	for (int i = 0; i < shape_set_count; i++)
		for (int k = 0; k < shape_sets[i].count; k++) {
			const struct shape_name *n =
			    &shape_names[shape_sets[i].names + k];

			assert_int_equal(
			    set_find(&shape_sets[i],
				(struct span){ shape_pool + n->at, n->len }),
			    k);
			neighbours(&shape_sets[i], n);
		}
}

/* --- the compiler of the texts ----------------------------------------------
 */

#define COMPILE BUILD "/plugins/ocpp_bridge/judge/compile"

static void
an_error_in_a_text_names_the_line_and_the_remedy(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "up A\n\tm Nothing\nanswer\n",
		    ":2: Nothing is defined nowhere" },
		{ "up A\n\tm\nanswer\n", ":2: m has no type" },
		{ "\tm int\n", ":1: a member of nothing" },
		{ "up A\n", ":1: A: a request has an \"answer\"" },
		{ "send up A\nanswer\n", ":1: A: a request has an" },
		{ "answer\n", ":1: \"answer\" stands alone" },
		{ "up A\nanswer\nanswer\n", ":3: \"answer\" stands alone" },
		{ "object O\n\tm O\nup A\n\tm O\nanswer\n",
		    ":1: O holds itself" },
		{ "up A\n\tm int\n\tm? text\nanswer\n",
		    ":1: m stands here twice" },
		{ "enum E A | B\n\t| A\nup A\n\tm E\nanswer\n",
		    ":1: A stands here twice" },
		{ "up A\nanswer\nup A\nanswer\n",
		    ":3: A is defined at line 1" },
		{ "up A\n\tm text long\nanswer\n", ":2: \"long\" behind text" },
		{ "up A\n\tm [int\nanswer\n", ":2: m: its ] is missing" },
		{ "up A\n\tm [int] many\nanswer\n", ":2: m: behind ] stands" },
		{ "integers old\n", ":1: integers are" },
		{ "sideways A\nanswer\n", ":1: sideways begins no line" },
		{ "open A\n", ":1: only objects are open" },
	};
	char dir[] = "/tmp/ocpp_judge.XXXXXX", file[64], command[256],
	     said[512];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/x.shapes", dir);
	(void)snprintf(command, sizeof(command),
	    COMPILE " %s %s/none %s/none 2>&1 >/dev/null", file, dir, dir);
	(void)snprintf(said, sizeof(said), "%s/none", dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FILE *f = fopen(file, "we");
		FILE *none = fopen(said, "we");
		size_t n;
		char out[512];

		assert_non_null(f);
		assert_non_null(none);
		(void)fputs(rows[i].text, f);
		(void)fputs("# nothing\n", none);
		(void)fclose(f);
		(void)fclose(none);
		f = popen(command, "re");
		assert_non_null(f);
		n = fread(out, 1, sizeof(out) - 1, f);
		out[n] = '\0';
		assert_int_equal(WEXITSTATUS(pclose(f)), 1);
		if (strncmp(out, file, strlen(file)) != 0 ||
		    strstr(out, rows[i].said) == NULL)
			fail_msg("%s: %s", rows[i].text, out);
	}
	(void)unlink(file);
	(void)unlink(said);
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lengths_are_counted_in_characters_however_they_are_written),
		cmocka_unit_test(enumerations_take_their_values_and_no_others),
		cmocka_unit_test(
		    one_point_zero_is_an_integer_where_the_schema_is_draft_6),
		cmocka_unit_test(multiples_of_a_tenth_are_exact),
		cmocka_unit_test(ranges_hold_at_both_ends),
		cmocka_unit_test(times_are_those_of_rfc_3339),
		cmocka_unit_test(
		    uris_have_a_scheme_and_only_characters_of_rfc_3986),
		cmocka_unit_test(
		    members_are_required_known_and_arrays_of_their_size),
		cmocka_unit_test(only_custom_data_is_open_and_data_anything),
		cmocka_unit_test(
		    each_version_has_its_requests_answers_and_directions),
		cmocka_unit_test(a_name_that_differs_in_one_byte_is_another),
		cmocka_unit_test(
		    an_error_in_a_text_names_the_line_and_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
