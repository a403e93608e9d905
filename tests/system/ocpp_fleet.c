/* SPDX-License-Identifier: MIT */
/*
 * Charge points and a CSMS for tests in which everything else is killed:
 *
 *	ocpp_fleet chargers PORT N TRANSACTIONS SEED
 *		N charge points, every second one OCPP 1.6, the others 2.0.1
 *		and 2.1 by turns. Each makes its
 *		transactions, and what was not answered it says again, under its
 *		id, when it is connected again. "done" when all was answered;
 *		they stay connected until SIGTERM.
 *	ocpp_fleet csms PORT FILE SEED DIE
 *		Writes down what it hears of transactions, one line each, before
 *		it answers. Once in DIE messages it kills itself, before or
 *		after it has written. All that it knows of a charge point is the
 *		last message it wrote: what comes with that id again is answered
 *		as then and written to FILE.again alone.
 *	ocpp_fleet check FILE N TRANSACTIONS
 *		Does FILE hold each of them once and in order? 1.6: with the id
 *		that the CSMS gave at its start.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "dial.h"
#include "judge.h"
#include "listener.h"

#define FLEET_MAX 64
#define METERS    3 /* between a start and its stop */
#define STEPS     (METERS + 2)
#define LATE_MS   5000
#define TIME      "\"timestamp\":\"2026-01-01T00:00:00Z\""

static const struct leg_limits limits = { 65536, 1 << 20, 10000, 0 };
static struct loop *loop;
static struct err e;
static uint64_t dice = 1;

static uint32_t
roll(uint32_t below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (uint32_t)(dice >> 20) % below;
}

static void __attribute__((noreturn)) die(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, e.text);
	exit(2);
}

static int
after(uint64_t ms, loop_timer_fn *fn, void *ctx)
{
	int id = loop_timer(loop, ms, fn, ctx, &e);

	if (id == -1)
		die("timer");
	return id;
}

/* --- charge points -------------------------------------------------------- */

struct cp {
	char name[16];
	enum ocpp_version version;
	bool is_16, booted, done;
	struct dial *dial;
	struct leg *leg;
	unsigned step;       /* of all its transactions' */
	unsigned others;     /* ids that are no transaction's */
	char text[640];      /* what is open, or would be */
	char id[40];         /* "": nothing is open */
	int32_t transaction; /* 1.6 */
	int timer, late;
};

static struct cp fleet[FLEET_MAX];
static unsigned fleet_n, transactions, done_n;
static uint16_t port;
static struct crew *crew;

static void next(void *cp);
static void connect_it(void *cp);

static void
text_16(struct cp *c, unsigned tx, unsigned part)
{
	int n = snprintf(c->text, sizeof(c->text), "[2,\"%s\",", c->id);
	char *at = c->text + n;
	size_t room = sizeof(c->text) - (size_t)n;

	if (part == 0)
		(void)snprintf(at, room,
		    "\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"T\","
		    "\"meterStart\":%u," TIME "}]",
		    tx * 10);
	else if (part == STEPS - 1)
		(void)snprintf(at, room,
		    "\"StopTransaction\",{\"transactionId\": %d,"
		    "\"meterStop\":%u," TIME "}]",
		    c->transaction, tx * 10 + part);
	else
		(void)snprintf(at, room,
		    "\"MeterValues\",{\"connectorId\":1,\"transactionId\":%d ,"
		    "\"meterValue\":[{" TIME
		    ",\"sampledValue\":[{\"value\":\"%u\"}]}]}]",
		    c->transaction, tx * 10 + part);
}

static void
text_201(struct cp *c, unsigned tx, unsigned part)
{
	static const char *const triggers[] = { "Authorized",
		"MeterValuePeriodic", "StopAuthorized" };
	static const char *const types[] = { "Started", "Updated", "Ended" };
	unsigned which = part == 0 ? 0 : part == STEPS - 1 ? 2 : 1;

	(void)snprintf(c->text, sizeof(c->text),
	    "[2,\"%s\",\"TransactionEvent\",{\"eventType\":\"%s\"," TIME
	    ",\"triggerReason\":\"%s\",\"seqNo\":%u,\"transactionInfo\":{"
	    "\"transactionId\":\"%u\"}}]",
	    c->id, types[which], triggers[which], part, tx);
}

static void
text_other(struct cp *c)
{
	const char *boot = c->is_16
	    ? "\"BootNotification\",{\"chargePointModel\":\"M\","
	      "\"chargePointVendor\":\"V\"}"
	    : "\"BootNotification\",{\"reason\":\"PowerUp\","
	      "\"chargingStation\":{\"model\":\"M\",\"vendorName\":\"V\"}}";
	const char *state = c->is_16
	    ? "\"StatusNotification\",{\"connectorId\":1,\"errorCode\":"
	      "\"NoError\",\"status\":\"Charging\"}"
	    : "\"StatusNotification\",{" TIME
	      ",\"connectorStatus\":\"Occupied\",\"evseId\":1,"
	      "\"connectorId\":1}";

	(void)snprintf(c->id, sizeof(c->id), "o-%s-%u", c->name, c->others++);
	(void)snprintf(c->text, sizeof(c->text), "[2,\"%s\",%s]", c->id,
	    !c->booted         ? boot
		: roll(2) == 0 ? state
			       : "\"Heartbeat\",{}");
}

static void
too_late(void *cp)
{
	struct cp *c = cp;

	c->late = 0;
	leg_close(c->leg, 1000, "late");
	leg_free(c->leg);
	c->leg = NULL;
	connect_it(c);
}

static void
send_it(struct cp *c)
{
	loop_untimer(loop, c->late);
	c->late = after(LATE_MS, too_late, c);
	(void)leg_send(c->leg, c->text, strlen(c->text));
}

static void
next(void *cp)
{
	struct cp *c = cp;

	c->timer = 0;
	if (c->leg == NULL)
		return;
	if (c->id[0] == '\0') {
		if (c->step == transactions * STEPS && !c->done) {
			c->done = true;
			if (++done_n == fleet_n)
				(void)printf("done\n");
			(void)fflush(stdout);
		}
		if (!c->booted || c->done || roll(8) == 0)
			text_other(c);
		else {
			(void)snprintf(
			    c->id, sizeof(c->id), "%s-%u", c->name, c->step);
			(c->is_16 ? text_16 : text_201)(
			    c, c->step / STEPS, c->step % STEPS);
		}
	}
	send_it(c);
}

static void
answered(struct cp *c, const struct frame *f)
{
	bool other = c->id[0] == 'o';
	struct span value;
	char status[16];

	if (f->type == OCPP_ERROR && !other) {
		c->timer = after(100, next, c);
		return;
	}
	if (!c->booted)
		c->booted = f->type == OCPP_RESULT &&
		    judge_member(f->payload, "status", &value) &&
		    judge_text(value, status, sizeof(status)) != -1 &&
		    strcmp(status, "Accepted") == 0;
	else if (!other) {
		if (c->is_16 && c->step % STEPS == 0 &&
		    judge_member(f->payload, "transactionId", &value))
			c->transaction = (int32_t)strtol(value.p, NULL, 10);
		c->step++;
	}
	c->id[0] = '\0';
	c->timer = after(c->done ? 300 : c->booted ? roll(20) : 100, next, c);
}

static void
charger_hears(void *cp, char *text, size_t len)
{
	struct cp *c = cp;
	struct frame f;
	struct verdict v;

	if (!judge_frame(c->version, OCPP_DOWN, text, len, &f, &v) ||
	    (f.type != OCPP_RESULT && f.type != OCPP_ERROR) ||
	    f.id.len != strlen(c->id) || memcmp(f.id.p, c->id, f.id.len) != 0) {
		(void)fprintf(
		    stderr, "%s hears %.*s\n", c->name, (int)len, text);
		return;
	}
	loop_untimer(loop, c->late);
	c->late = 0;
	answered(c, &f);
}

static void
charger_closed(void *cp, unsigned code, const char *reason)
{
	struct cp *c = cp;

	(void)code;
	(void)reason;
	leg_free(c->leg);
	c->leg = NULL;
	loop_untimer(loop, c->late);
	loop_untimer(loop, c->timer);
	c->late = 0;
	/* What is no transaction's is not said again. */
	if (c->id[0] == 'o')
		c->id[0] = '\0';
	c->timer = after(20 + roll(100), connect_it, c);
}

static void
connected(void *cp, const struct dial_result *r)
{
	static const struct leg_calls calls = { charger_hears, charger_closed };
	struct cp *c = cp;

	c->dial = NULL;
	if (r->end != DIAL_OPEN || r->protocol[0] == '\0') {
		if (r->leg != NULL)
			leg_free(r->leg);
		c->timer = after(50 + roll(100), connect_it, c);
		return;
	}
	c->leg = r->leg;
	leg_calls_are(c->leg, &calls, c);
	next(c);
}

static void
connect_it(void *cp)
{
	struct cp *c = cp;
	char path[32];
	const struct dial_settings s = { .host = "127.0.0.1",
		.port = port,
		.path = path,
		.protocols = ocpp_subprotocol(c->version),
		.late_ms = 10000,
		.limits = limits };

	c->timer = 0;
	(void)snprintf(path, sizeof(path), "/%s", c->name);
	c->dial = dial_new(loop, crew, &s, connected, c, &e);
	if (c->dial == NULL)
		die("dial");
}

static int
chargers(char *argv[])
{
	port = (uint16_t)atoi(argv[0]);
	fleet_n = (unsigned)atoi(argv[1]);
	transactions = (unsigned)atoi(argv[2]);
	dice = strtoull(argv[3], NULL, 10) * 2 + 1;
	if (fleet_n > FLEET_MAX || (crew = crew_new(loop, 1, &e)) == NULL)
		die("crew");
	for (unsigned i = 0; i < fleet_n; i++) {
		(void)snprintf(
		    fleet[i].name, sizeof(fleet[i].name), "CP-%02u", i);
		fleet[i].is_16 = i % 2 == 1;
		fleet[i].version = i % 2 == 1 ? OCPP_16
		    : i % 4 == 0              ? OCPP_201
					      : OCPP_21;
		after(roll(50), connect_it, &fleet[i]);
	}
	return loop_run(loop, &e) == 0 ? 0 : 2;
}

/* --- the CSMS ------------------------------------------------------------- */

/* What is known of a charge point, also after a death. */
struct known {
	char name[16], last[40], answer[160];
	unsigned starts;
};

struct line { /* of the file */
	char name[16], id[40], kind[2], answer[160];
	unsigned tx, part;
	int32_t transaction;
};

struct peer {
	struct known *known;
	struct leg *leg;
	enum ocpp_version version;
};

static struct known knowns[FLEET_MAX];
static int file = -1, again = -1;
static uint32_t die_in;

static struct known *
known_of(const char *name)
{
	for (int i = 0; i < FLEET_MAX; i++) {
		if (knowns[i].name[0] == '\0')
			(void)snprintf(knowns[i].name, 16, "%s", name);
		if (strcmp(knowns[i].name, name) == 0)
			return &knowns[i];
	}
	die("too many charge points");
}

static bool
read_line(FILE *f, struct line *l)
{
	return fscanf(f, "%15s %39s %1s %u %u %d %159[^\n]", l->name, l->id,
		   l->kind, &l->tx, &l->part, &l->transaction, l->answer) == 7;
}

static void
remember(const char *path)
{
	FILE *f = fopen(path, "re");
	struct line l;

	while (f != NULL && read_line(f, &l)) {
		struct known *k = known_of(l.name);

		(void)snprintf(k->last, sizeof(k->last), "%s", l.id);
		(void)snprintf(k->answer, sizeof(k->answer), "%s", l.answer);
		k->starts += l.kind[0] == 'S';
	}
	if (f != NULL)
		(void)fclose(f);
}

static unsigned
number(const struct frame *f, const char *path)
{
	struct span value;

	if (!judge_member(f->payload, path, &value))
		return 0;
	return (unsigned)strtol(value.p + (*value.p == '"'), NULL, 10);
}

/* What it speaks of; false: of no transaction. */
static bool
line_of(const struct peer *p, const struct frame *f, struct line *l)
{
	static const struct {
		const char *action, *kind, *number;
	} of_16[] = {
		{ "StartTransaction", "S", "meterStart" },
		{ "StopTransaction", "E", "meterStop" },
		{ "MeterValues", "M", "meterValue.0.sampledValue.0.value" },
	};
	const char *action = judge_action(f->shape);
	unsigned n;

	if (strcmp(action, "TransactionEvent") == 0) {
		l->tx = number(f, "transactionInfo.transactionId");
		l->part = number(f, "seqNo");
		l->kind[0] = l->part == 0  ? 'S'
		    : l->part == STEPS - 1 ? 'E'
					   : 'M';
		return true;
	}
	for (size_t i = 0; i < sizeof(of_16) / sizeof(of_16[0]); i++)
		if (p->version == OCPP_16 &&
		    strcmp(of_16[i].action, action) == 0) {
			n = number(f, of_16[i].number);
			l->tx = n / 10;
			l->part = n % 10;
			l->kind[0] = of_16[i].kind[0];
			l->transaction = (int32_t)number(f, "transactionId");
			return true;
		}
	return false;
}

static void
perhaps_die(void)
{
	if (die_in > 0 && roll(die_in) == 0)
		(void)kill(getpid(), SIGKILL);
}

static void
write_line(int fd, const struct line *l)
{
	char text[320];
	int n = snprintf(text, sizeof(text), "%s %s %s %u %u %d %s\n", l->name,
	    l->id, l->kind, l->tx, l->part, l->transaction, l->answer);

	if (write(fd, text, (size_t)n) != n)
		die("write");
}

static void
record(struct known *k, struct line *l, bool is_16)
{
	if (strcmp(k->last, l->id) == 0) {
		(void)snprintf(l->answer, sizeof(l->answer), "%s", k->answer);
		write_line(again, l);
		return;
	}
	if (is_16 && l->kind[0] == 'S')
		l->transaction =
		    (int32_t)(1000 * (k - knowns + 1)) + (int32_t)++k->starts;
	(void)snprintf(l->answer, sizeof(l->answer),
	    is_16 && l->kind[0] == 'S'
		? "{\"idTagInfo\":{\"status\":\"Accepted\"},"
		  "\"transactionId\":%d}"
		: "{}",
	    l->transaction);
	perhaps_die();
	write_line(file, l);
	perhaps_die();
	(void)snprintf(k->last, sizeof(k->last), "%s", l->id);
	(void)snprintf(k->answer, sizeof(k->answer), "%s", l->answer);
}

static const char *
other_answer(const char *action)
{
	if (strcmp(action, "BootNotification") == 0)
		return "{\"currentTime\":\"2026-01-01T00:00:00Z\","
		       "\"interval\":300,\"status\":\"Accepted\"}";
	return strcmp(action, "Heartbeat") == 0
	    ? "{\"currentTime\":\"2026-01-01T00:00:00Z\"}"
	    : "{}";
}

static void
csms_hears(void *peer, char *text, size_t len)
{
	struct peer *p = peer;
	struct line l = { .kind = "?" };
	struct frame f;
	struct verdict v;
	char out[256];

	if (!judge_frame(p->version, OCPP_UP, text, len, &f, &v) ||
	    f.type != OCPP_CALL) {
		(void)fprintf(stderr, "csms hears %.*s\n", (int)len, text);
		return;
	}
	(void)snprintf(l.name, sizeof(l.name), "%s", p->known->name);
	(void)snprintf(l.id, sizeof(l.id), "%.*s", (int)f.id.len, f.id.p);
	(void)snprintf(l.answer, sizeof(l.answer), "%s",
	    other_answer(judge_action(f.shape)));
	if (line_of(p, &f, &l))
		record(p->known, &l, p->version == OCPP_16);
	len =
	    (size_t)snprintf(out, sizeof(out), "[3,\"%s\",%s]", l.id, l.answer);
	(void)leg_send(p->leg, out, len);
}

static void
csms_closed(void *peer, unsigned code, const char *reason)
{
	struct peer *p = peer;

	(void)code;
	(void)reason;
	leg_free(p->leg);
	free(p);
}

static void
arrived(void *ctx, struct arrival *a)
{
	static const struct leg_calls calls = { csms_hears, csms_closed };
	struct peer *p = calloc(1, sizeof(*p));
	struct arrival_facts facts;

	(void)ctx;
	arrival_facts(a, &facts);
	p->version =
	    ocpp_version_named(facts.protocols, strlen(facts.protocols));
	p->known = known_of(strrchr(facts.path, '/') + 1);
	p->leg = arrival_accept(a, ocpp_subprotocol(p->version));
	if (p->leg == NULL)
		free(p);
	else
		leg_calls_are(p->leg, &calls, p);
}

static void
left(void *ctx, struct arrival *a)
{
	(void)ctx;
	(void)a;
}

static void
arrival_failed(void *ctx, const char *kind, const char *peer, const char *why)
{
	(void)ctx;
	(void)kind;
	(void)peer;
	(void)why;
}

static int
csms(char *argv[])
{
	static const struct listener_calls calls = { arrived, left,
		arrival_failed };
	const struct listen_settings s = { .address = "127.0.0.1",
		.port = (uint16_t)atoi(argv[0]),
		.limits = limits,
		.arrivals_max = 100,
		.arrival_ms = 10000 };
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s.again", argv[1]);
	remember(argv[1]);
	file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	again = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dice = strtoull(argv[2], NULL, 10) * 2 + 1;
	die_in = (uint32_t)atoi(argv[3]);
	if (file == -1 || again == -1 ||
	    listener_new(loop, &s, &calls, NULL, &e) == NULL)
		die("csms");
	(void)printf("ready\n");
	(void)fflush(stdout);
	return loop_run(loop, &e) == 0 ? 0 : 2;
}

/* --- afterwards ----------------------------------------------------------- */

static int
check(char *argv[])
{
	FILE *f = fopen(argv[0], "re");
	unsigned n = (unsigned)atoi(argv[1]), all = (unsigned)atoi(argv[2]);
	unsigned at[FLEET_MAX] = { 0 }, bad = 0;
	int32_t given[FLEET_MAX] = { 0 };
	struct line l;

	while (f != NULL && read_line(f, &l)) {
		unsigned i = (unsigned)atoi(l.name + 3) % FLEET_MAX;
		unsigned is = l.tx * STEPS + l.part;

		if (is != at[i]) {
			(void)printf("%s: %u.%u instead of %u.%u\n", l.name,
			    l.tx, l.part, at[i] / STEPS, at[i] % STEPS);
			bad++;
		}
		at[i] = is + 1;
		if (l.kind[0] == 'S')
			given[i] = l.transaction;
		else if (i % 2 == 1 && l.transaction != given[i]) {
			(void)printf("%s: %u.%u of %d, which is %d\n", l.name,
			    l.tx, l.part, l.transaction, given[i]);
			bad++;
		}
	}
	for (unsigned i = 0; i < n; i++)
		if (at[i] != all * STEPS) {
			(void)printf(
			    "CP-%02u: %u of %u\n", i, at[i], all * STEPS);
			bad++;
		}
	if (f != NULL)
		(void)fclose(f);
	return f == NULL || bad > 0;
}

int
main(int argc, char *argv[])
{
	if ((loop = loop_new(&e)) == NULL)
		die("loop");
	if (argc == 6 && strcmp(argv[1], "chargers") == 0)
		return chargers(argv + 2);
	if (argc == 6 && strcmp(argv[1], "csms") == 0)
		return csms(argv + 2);
	if (argc == 5 && strcmp(argv[1], "check") == 0)
		return check(argv + 2);
	return 2;
}
