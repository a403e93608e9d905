/* SPDX-License-Identifier: MIT */
/*
 * The exposed broker: what its configuration says, and two real brokers with
 * the handing on between them, the outer one reached as a stranger would.
 */
#include "ocpp_broker.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "expose.h"
#include "own.h"

static char secret[] = "0123456789abcdefghijklmnopqrstuv";

static struct ocpp_exposed
exposed_with(char **topics, size_t n)
{
	return (struct ocpp_exposed){ .on = true,
		.port = 8883,
		.inner = 1884,
		.address = (char *)"0.0.0.0",
		.anchors = (char *)"/etc/ca.pem",
		.chain = (char *)"/etc/chain.pem",
		.key = (char *)"/etc/key.pem",
		.topics = topics,
		.ntopics = n };
}

static void
filters_are_those_of_mqtt(void **state)
{
	static const char *const good[] = { "a", "a/b", "#", "+", "a/+/b",
		"a/#", "/", "+/+", "/a" };
	static const char *const bad[] = { "", "a#", "a/#/b", "a+", "+a/b",
		"a/b+", "##", "#/" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!topic_filter_good(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (topic_filter_good(bad[i]))
			fail_msg("%s", bad[i]);
}

static void
two_filters_meet_when_a_topic_fits_both(void **state)
{
	static const struct {
		const char *a, *b;
		bool meet;
	} rows[] = {
		{ "a", "a", true },
		{ "a", "b", false },
		{ "a/b", "a", false },
		{ "a/#", "a", true },
		{ "a/#", "a/b/c", true },
		{ "#", "x/y", true },
		{ "+/b", "a/+", true },
		{ "+/b", "a/c", false },
		{ "a/+", "a/b/c", false },
		{ "ocpp/+/call/+", "ocpp/+/event/#", false },
		{ "ocpp/+/call/+", "ocpp/#", true },
		{ "ab", "a", false },
		{ "a/b/#", "a/b", true },
		{ "a/b/#", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (topic_filters_meet(rows[i].a, rows[i].b) != rows[i].meet ||
		    topic_filters_meet(rows[i].b, rows[i].a) != rows[i].meet)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

static void
what_would_go_round_or_is_no_filter_is_refused(void **state)
{
	static const struct {
		const char *first, *second, *why;
	} rows[] = {
		{ "out ocpp/#", "in ocpp/+/call/+", "go round" },
		{ "ocpp/#", "in x", "FILTER" },
		{ "out a#", "in x", "FILTER" },
		{ "out a\nlistener 1", "in x", "FILTER" },
		{ "out ", "in x", "FILTER" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *topics[] = { (char *)rows[i].first,
			(char *)rows[i].second };
		struct ocpp_exposed x = exposed_with(topics, 2);

		assert_int_equal(expose_check(&x, &e), -1);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].first, e.text);
	}
}

static void
no_word_begins_a_line_of_its_own(void **state)
{
	char *topics[] = { (char *)"out a" };
	struct ocpp_exposed x = exposed_with(topics, 1);
	struct err e;

	(void)state;
	assert_int_equal(expose_check(&x, &e), 0);
	x.chain = (char *)"/etc/x\nplugin /tmp/evil.so";
	assert_int_equal(expose_check(&x, &e), -1);
	assert_non_null(strstr(e.text, "control"));
}

static void
files_free(struct expose_files *f)
{
	bytes_free(&f->conf);
	bytes_free(&f->acl);
	bytes_free(&f->passwd);
}

static void
the_files_hold_no_secret_and_are_the_same_each_time(void **state)
{
	char *topics[] = { (char *)"out ocpp/+/event/#",
		(char *)"in ocpp/+/call/+" };
	struct ocpp_exposed x = exposed_with(topics, 2);
	struct expose_files a = { 0 }, b = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(expose_files(&x, secret, &a, &e), 0);
	assert_int_equal(expose_files(&x, secret, &b, &e), 0);
	assert_string_equal(a.conf.p, b.conf.p);
	assert_string_equal(a.passwd.p, b.passwd.p);
	assert_null(strstr(a.conf.p, secret));
	assert_null(strstr(a.passwd.p, secret));
	assert_non_null(strstr(a.acl.p, "pattern read ocpp/+/event/#\n"));
	assert_non_null(strstr(a.acl.p, "pattern write ocpp/+/call/+\n"));
	assert_non_null(strstr(a.conf.p, "require_certificate true\n"));
	files_free(&b);
	b = (struct expose_files){ 0 };
	x.ntopics = 1; /* another rule has to be seen in conf */
	assert_int_equal(expose_files(&x, secret, &b, &e), 0);
	assert_string_not_equal(a.conf.p, b.conf.p);
	files_free(&a);
	files_free(&b);
}

/* A port that was free a moment ago. */
static uint16_t
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	own_fd int s = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

static void
make_certificates(const char *dir)
{
	char line[1024];

	(void)snprintf(line, sizeof(line),
	    "cd %s && openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -subj /CN=reader -days 2 "
	    "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out "
	    "chain.pem 2>/dev/null && cp chain.pem ca.pem",
	    dir);
	assert_int_equal(system(line), 0);
}

struct outside {
	struct hall *hall;
	struct ocpp_exposed x;
	struct ocpp_mirror mirror;
	struct expose *expose;
	pid_t pid;
	char ca[96], chain[96], key[96], where[48];
};

static void
start_exposed(struct outside *o)
{
	struct expose_files f = { 0 };
	struct hall *h = o->hall;
	struct err e;

	(void)snprintf(o->ca, sizeof(o->ca), "%s/ca.pem", h->dir);
	(void)snprintf(o->chain, sizeof(o->chain), "%s/chain.pem", h->dir);
	(void)snprintf(o->key, sizeof(o->key), "%s/key.pem", h->dir);
	o->x.anchors = o->ca;
	o->x.folder = h->dir;
	o->x.chain = o->chain;
	o->x.key = o->key;
	o->x.port = free_port();
	o->x.inner = free_port();
	(void)snprintf(
	    o->where, sizeof(o->where), "mqtts://127.0.0.1:%u", o->x.port);
	assert_int_equal(expose_files(&o->x, secret, &f, &e), 0);
	bytes_fmt(&f.conf, "user root\n");
	hall_write(h->dir, "exposed", f.conf.p);
	hall_write(h->dir, "acl", f.acl.p);
	hall_write(h->dir, "passwd", f.passwd.p);
	files_free(&f);
	o->pid = hall_mosquitto(h->dir, "exposed");
	o->mirror.broker = h->where;
	o->expose = expose_new(h->loop, &o->x, &o->mirror, secret, &e);
	assert_non_null(o->expose);
}

struct stranger {
	struct broker *broker;
	const char *filter;
	bool up;
	char topic[64];
};

static void
stranger_up(void *ctx, struct broker *b)
{
	struct stranger *s = ctx;

	s->up = broker_subscribe(b, s->filter);
}

static void
stranger_hears(void *ctx, const char *topic, const char *p, size_t len)
{
	struct stranger *s = ctx;

	(void)p;
	(void)len;
	(void)snprintf(s->topic, sizeof(s->topic), "%s", topic);
}

static bool
stranger_is_up(void *ctx)
{
	return ((struct stranger *)ctx)->up;
}

static void
each_topic_is_handed_on_its_way_and_no_other(void **state)
{
	char *topics[] = { (char *)"out ocpp/+/event/#",
		(char *)"in ocpp/+/call/+" };
	struct outside o = { .hall = *state, .x = exposed_with(topics, 2) };
	struct stranger s = { .filter = "#" };
	struct broker_settings at = { .where = o.where,
		.anchors = o.ca,
		.chain = o.chain,
		.key = o.key };
	struct broker_calls on = {
		.up = stranger_up, .message = stranger_hears, .ctx = &s
	};
	struct hall *h = o.hall;
	uint64_t until;
	struct err e;

	make_certificates(h->dir);
	start_exposed(&o);
	assert_non_null(s.broker = broker_new(h->loop, &at, &on, &e));
	hall_until(h, stranger_is_up, &s);
	/* The hander-on may need a second more to be up on both sides. */
	for (until = now_ms() + 8000; s.topic[0] == '\0' && now_ms() < until;) {
		(void)broker_publish(
		    h->ear, "ocpp/CP-1/up/Boot", "no", 2, false);
		(void)broker_publish(
		    h->ear, "ocpp/CP-1/event/connected", "yes", 3, false);
		for (int i = 0; i < 20; i++)
			assert_int_equal(loop_once(h->loop, 10, &e), 0);
	}
	assert_string_equal(s.topic, "ocpp/CP-1/event/connected");
	hall_forget(h);
	(void)broker_publish(s.broker, "ocpp/CP-1/event/faked", "x", 1, false);
	(void)broker_publish(s.broker, "ocpp/CP-1/call/Reset", "{}", 2, false);
	(void)hall_wait(h, "ocpp/CP-1/call/Reset");
	assert_null(hall_find(h, "ocpp/CP-1/event/faked"));
	broker_free(s.broker);
	expose_free(o.expose);
	hall_end(&o.pid);
}

static void
who_has_no_certificate_stays_outside(void **state)
{
	char *topics[] = { (char *)"out #" };
	struct outside o = { .hall = *state, .x = exposed_with(topics, 1) };
	struct stranger s = { .filter = "#" }, good = { .filter = "#" };
	struct broker_settings at = { .where = o.where, .anchors = o.ca };
	struct broker_calls on = {
		.up = stranger_up, .message = stranger_hears, .ctx = &s
	};
	struct hall *h = o.hall;
	struct broker *b;
	struct err e;

	make_certificates(h->dir);
	start_exposed(&o);
	assert_non_null(b = broker_new(h->loop, &at, &on, &e));
	on.ctx = &good;
	at.chain = o.chain;
	at.key = o.key;
	assert_non_null(good.broker = broker_new(h->loop, &at, &on, &e));
	hall_until(h, stranger_is_up, &good);
	assert_false(s.up);
	broker_free(b);
	broker_free(good.broker);
	expose_free(o.expose);
	hall_end(&o.pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_those_of_mqtt),
		cmocka_unit_test(two_filters_meet_when_a_topic_fits_both),
		cmocka_unit_test(
		    what_would_go_round_or_is_no_filter_is_refused),
		cmocka_unit_test(no_word_begins_a_line_of_its_own),
		cmocka_unit_test(
		    the_files_hold_no_secret_and_are_the_same_each_time),
		cmocka_unit_test_setup_teardown(
		    each_topic_is_handed_on_its_way_and_no_other, hall_open,
		    hall_close),
		cmocka_unit_test_setup_teardown(
		    who_has_no_certificate_stays_outside, hall_open,
		    hall_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
