/* SPDX-License-Identifier: MIT */
/*
 * A whole judgement (frame and payload) against jansson's strict parse of the
 * same bytes, which builds a tree and knows no shapes. Rounds of both
 * alternate, the median of processor time counts. The worst cases are what a
 * hostile side can make dearest within a frame of 256 KiB; theirs is the time
 * a byte.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "judge.h"
#include "timing.h"

#define ROUNDS 9
#define FRAME  (256 * 1024)

/* --- frames --------------------------------------------------------------- */

#define VALUE(v, m, u)                                                         \
	"{\"value\":\"" v "\",\"context\":\"Sample.Periodic\",\"measurand\":"  \
	"\"" m "\",\"unit\":\"" u "\"}"

struct subject {
	const char *name;
	enum ocpp_version version;
	enum ocpp_way way;
	const char *text;
	bool is_answer;
	const char *action;
};

static const struct subject subjects[] = {
	{ "meter_values", OCPP_16, OCPP_UP,
	    "[2,\"4f6a9c2e-8b1d-4c7e-9a55-0d3e7f21b864\",\"MeterValues\","
	    "{\"connectorId\":1,\"transactionId\":170926,\"meterValue\":["
	    "{\"timestamp\":\"2026-01-31T12:34:56.789Z\",\"sampledValue\":[" VALUE(
		"1234567.8", "Energy.Active.Import.Register",
		"Wh") "," VALUE("10987.6", "Power.Active.Import",
		"W") "," VALUE("15.9", "Current.Import", "A") "]}]}]",
	    false, "MeterValues" },
	{ "meter_values_spaced", OCPP_16, OCPP_UP,
	    "[2, \"4f6a9c2e-8b1d-4c7e-9a55-0d3e7f21b864\", \"MeterValues\", "
	    "{\"connectorId\": 1, \"transactionId\": 170926, \"meterValue\": ["
	    "{\"timestamp\": \"2026-01-31T12:34:56.789Z\", \"sampledValue\": "
	    "[" VALUE("1234567.8", "Energy.Active.Import.Register",
		"Wh") ", " VALUE("10987.6", "Power.Active.Import", "W") "]}]}]",
	    false, "MeterValues" },
	{ "boot", OCPP_16, OCPP_UP,
	    "[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"Ingot\","
	    "\"chargePointModel\":\"Casting 22\",\"chargePointSerialNumber\":"
	    "\"IN-0042-1734\",\"firmwareVersion\":\"1.4.2-r7\",\"iccid\":\"\","
	    "\"imsi\":\"\",\"meterType\":\"EM340\"}]",
	    false, "BootNotification" },
	{ "boot_answer", OCPP_16, OCPP_DOWN,
	    "[3,\"1\",{\"status\":\"Accepted\",\"currentTime\":"
	    "\"2026-01-31T12:34:56.789Z\",\"interval\":300}]",
	    true, "BootNotification" },
	{ "empty_answer", OCPP_16, OCPP_DOWN, "[3,\"4f6a9c2e-8b1d-4c7e\",{}]",
	    true, "MeterValues" },
	{ "transaction_event", OCPP_201, OCPP_UP,
	    "[2,\"4f6a9c2e-8b1d-4c7e-9a55-0d3e7f21b864\","
	    "\"TransactionEvent\",{\"eventType\":\"Updated\",\"timestamp\":"
	    "\"2026-01-31T12:34:56.789Z\",\"triggerReason\":"
	    "\"MeterValuePeriodic\",\"seqNo\":17,\"transactionInfo\":{"
	    "\"transactionId\":\"8f14e45f-ceea-467f-9b36-bd1f0e2a6d11\","
	    "\"chargingState\":\"Charging\"},\"evse\":{\"id\":1,"
	    "\"connectorId\":1},\"meterValue\":[{\"timestamp\":"
	    "\"2026-01-31T12:34:56.789Z\",\"sampledValue\":[{\"value\":"
	    "1234567.8,\"context\":\"Sample.Periodic\",\"measurand\":"
	    "\"Energy.Active.Import.Register\",\"unitOfMeasure\":{\"unit\":"
	    "\"Wh\"}}]}]}]",
	    false, "TransactionEvent" },
};

static void
ours(const struct subject *s, size_t len)
{
	struct frame f;
	struct verdict v;

	if (!judge_frame(s->version, s->way, s->text, len, &f, &v) ||
	    !judge_payload(&f,
		s->is_answer
		    ? judge_shape(s->version, s->action, strlen(s->action))
		    : f.shape,
		s->is_answer, &v))
		must(false, v.why);
}

static void
jansson(const char *text, size_t len)
{
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	must(j != NULL, "jansson refuses");
	json_decref(j);
}

static void
compare(const struct subject *s)
{
	double a[ROUNDS], b[ROUNDS], we, they;
	size_t len = strlen(s->text);
	int times = 20000;

	for (int i = 0; i < ROUNDS; i++) {
		double from = seconds_by(CLOCK_PROCESS_CPUTIME_ID);

		for (int k = 0; k < times; k++)
			ours(s, len);
		a[i] = (seconds_by(CLOCK_PROCESS_CPUTIME_ID) - from) / times;
		from = seconds_by(CLOCK_PROCESS_CPUTIME_ID);
		for (int k = 0; k < times / 10; k++)
			jansson(s->text, len);
		b[i] = (seconds_by(CLOCK_PROCESS_CPUTIME_ID) - from) /
		    (times / 10.0);
	}
	we = median(a, ROUNDS);
	they = median(b, ROUNDS);
	printf("ocpp.judge.%s.%zu_bytes %.0f ns %.3f jansson\n", s->name, len,
	    we * 1e9, we / they);
}

/* --- the dearest -------------------------------------------------------------
 */

static const char head[] = "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\","
			   "\"data\":[";

#define SIXTEEN "aaaaaaaaaaaaaaaa"
#define ALIKE   SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN

/* Objects of 500 members each. Long names are alike but for a few bytes. */
static size_t
members(char *text, const char *tail)
{
	char *p = stpcpy(text, head);
	int n = 0;

	while (p - text < FRAME - 512) {
		p += sprintf(p, "%s\"%s%03d%s\":1", n % 500 == 0 ? "{" : ",",
		    tail, n % 500, tail);
		if (++n % 500 == 0)
			p = stpcpy(p, "},");
	}
	p = stpcpy(p, n % 500 == 0 ? "0]}]" : "}]}]");
	return (size_t)(p - text);
}

static size_t
repeated(char *text, const char *one)
{
	char *p = stpcpy(text, head);

	while (p - text < FRAME - 512)
		p = stpcpy(stpcpy(p, one), ",");
	p = stpcpy(p, "0]}]");
	return (size_t)(p - text);
}

static void
dear(const char *name, const char *text, size_t len)
{
	double a[ROUNDS], b[ROUNDS], we, they;
	struct subject s = { name, OCPP_201, OCPP_UP, text, false, NULL };

	for (int i = 0; i < ROUNDS; i++) {
		double from = seconds_by(CLOCK_PROCESS_CPUTIME_ID);

		ours(&s, len);
		a[i] = seconds_by(CLOCK_PROCESS_CPUTIME_ID) - from;
		from = seconds_by(CLOCK_PROCESS_CPUTIME_ID);
		jansson(text, len);
		b[i] = seconds_by(CLOCK_PROCESS_CPUTIME_ID) - from;
	}
	we = median(a, ROUNDS);
	they = median(b, ROUNDS);
	printf("ocpp.judge.worst.%s %.2f ns/byte %.3f jansson\n", name,
	    we * 1e9 / (double)len, we / they);
}

int
main(void)
{
	char *text = malloc(FRAME);

	must(text != NULL, "memory");
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		compare(&subjects[i]);
	dear("members", text, members(text, ""));
	dear("long_members", text, members(text, ALIKE));
	dear("escaped_members", text, members(text, "\\u0061\\u0061\\u0061"));
	dear("empty_objects", text, repeated(text, "{}"));
	dear("digits", text, repeated(text, "1"));
	dear("escapes", text,
	    repeated(text, "\"\\u00e9\\u00e9\\u00e9\\u00e9\""));
	dear("two_bytes", text, repeated(text, "\"\xc3\xa9\xc3\xa9\xc3\xa9\""));
	free(text);
	return 0;
}
