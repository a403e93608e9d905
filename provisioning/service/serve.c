/* SPDX-License-Identifier: MIT */
/*
 * A worker: an MQTT connection, a loop, and enrol_handle() in between. All that
 * has arrived is handled as one batch, so the price of a durable commit is
 * shared by the more the busier it is. It never gives up on the broker; it
 * ends on SIGTERM or SIGINT, after the batch in hand.
 */
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "enrol.h"
#include "log.h"
#include "loop.h"
#include "mqtt.h"

#define BATCH        64
#define RECONNECT_MS 10000
#define SWEEP_MS     60000
#define DAYS         90

struct worker {
	struct enrol enrol;
	struct loop *loop;
	struct mqtt *mqtt;
	unsigned failures, refused;
	int subscribed; /* of 2 */
	bool json;
};

static void connect_again(void *ctx);

static int
split(const char *text, char host[static 256], uint16_t *port, struct err *e)
{
	const char *colon = text != NULL ? strrchr(text, ':') : NULL;
	int64_t number;
	size_t n;

	if (colon == NULL || colon == text || colon - text >= 256)
		return err_set(e, EINVAL,
		    "--broker HOST:PORT: where the broker listens, as "
		    "broker.example:8883 or [2001:db8::7]:8883");
	if (cmd_number("--broker port", colon + 1, 1, 65535, 0, &number, e) ==
	    -1)
		return -1;
	n = (size_t)(colon - text);
	if (text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	*port = (uint16_t)number;
	return 0;
}

/* A clean session: what was queued for a worker that is gone would come to
 * nobody; the units ask again. */
static void
up(struct worker *w)
{
	struct err e;

	w->failures = 0;
	w->subscribed = 0;
	if (mqtt_subscribe(w->mqtt, WIRE_REQUESTS, NULL, &e) == -1 ||
	    mqtt_subscribe(w->mqtt, WIRE_CONFIRMS, NULL, &e) == -1)
		log_error("%s", e.text);
}

static void
down(struct worker *w, const struct mqtt_event *ev)
{
	uint64_t wait = mqtt_backoff_ms(w->failures++, RECONNECT_MS);
	struct err e;

	log_warn("broker: %s (%d); again in %llu ms", ev->why, ev->code,
	    (unsigned long long)wait);
	if (loop_timer(w->loop, wait, connect_again, w, &e) == -1)
		log_error("%s", e.text);
}

static void
subscribed(struct worker *w, const struct mqtt_event *ev)
{
	if (ev->code >= 0x80)
		log_error(
		    "broker: the workers' topics are refused (%d)", ev->code);
	else if (++w->subscribed == 2)
		log_note("ready");
}

static void
connect_again(void *ctx)
{
	struct worker *w = ctx;
	struct mqtt_event ev = { .kind = MQTT_DOWN };
	struct err e;

	if (mqtt_connect(w->mqtt, &e) == 0)
		return;
	(void)snprintf(
	    ev.why, sizeof(ev.why), "%.*s", MQTT_REASON_MAX - 1, e.text);
	down(w, &ev);
}

/* No text of a foreign message is in it but the serial, which has passed
 * wire_serial_ok(), and reasons written here. */
static void
report(const struct enrol_work *k)
{
	const char *who = k->serial[0] != '\0' ? k->serial : "?";

	if (k->success)
		log_info("%s: %s", who, wire_stage_name(k->stage));
	else
		log_warn("%s: refused at %s: %s", who,
		    wire_stage_name(k->stage), k->note);
	if (k->other[0] != '\0')
		log_warn("%s: quarantined, too", k->other);
}

static void
send(struct worker *w, struct enrol_work *k)
{
	char topic[WIRE_TOPIC_MAX];
	struct err e;

	report(k);
	if (k->reply == NULL || k->serial[0] == '\0')
		return;
	wire_topic(topic, k->serial, "reply");
	/* Lost when the broker is gone: the unit asks again. */
	if (mqtt_publish(
		w->mqtt, topic, k->reply, k->reply_len, false, NULL, &e) == -1)
		log_warn("%s: %s", k->serial, e.text);
}

/* Paho has acknowledged these messages already: from here on only the answer on
 * the disk counts, and a unit that hears nothing asks again. */
static void
handle(struct worker *w, struct mqtt_event *ev, size_t n)
{
	struct enrol_work k[BATCH] = { 0 };

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		k[i].topic = ev[i].topic;
		k[i].by = ev[i].by;
		k[i].text = ev[i].payload;
		k[i].len = ev[i].len;
	}
	enrol_handle(&w->enrol, k, n);
	for (size_t i = 0; i < n; i++) {
		send(w, &k[i]);
		enrol_work_free(&k[i]);
		mqtt_event_free(&ev[i]);
	}
}

static void
arrived(void *ctx, int fd, uint32_t events)
{
	struct worker *w = ctx;
	struct mqtt_event ev[BATCH];
	size_t n = 0;

	(void)fd;
	(void)events;
	while (n < BATCH && mqtt_next(w->mqtt, &ev[n]) == 1) {
		switch (ev[n].kind) {
		case MQTT_UP:
			up(w);
			break;
		case MQTT_DOWN:
			down(w, &ev[n]);
			break;
		case MQTT_SUBSCRIBED:
			subscribed(w, &ev[n]);
			break;
		case MQTT_SENT:
			break;
		case MQTT_MESSAGE:
			n++;
			break;
		}
	}
	handle(w, ev, n);
}

static void
sweep(void *ctx)
{
	struct worker *w = ctx;
	struct err e;

	if (registry_sweep(&w->enrol.registry, &e) == -1)
		log_warn("%s", e.text);
	if (loop_timer(w->loop, SWEEP_MS, sweep, w, &e) == -1)
		log_error("%s", e.text);
}

static void
stop(void *ctx, int fd, uint32_t events)
{
	struct worker *w = ctx;

	(void)fd;
	(void)events;
	loop_stop(w->loop);
}

/* "mqtt.host=broker.example": every unit finds it as @{issued.mqtt.host}. */
static int
issue_values(struct enrol *en, const char *const *list, struct err *e)
{
	for (; *list != NULL; list++) {
		struct wire_value *v = &en->values[en->value_count++];
		const char *eq = strchr(*list, '=');

		if (eq == NULL || eq - *list > WIRE_NAME_MAX ||
		    strlen(eq + 1) > WIRE_VALUE_MAX ||
		    !wire_issued_name_ok(*list, (size_t)(eq - *list)))
			return err_set(e, EINVAL,
			    "--issue NAME=VALUE: the name of a-z 0-9 . _ -, "
			    "the value of at most %d bytes",
			    WIRE_VALUE_MAX);
		memcpy(v->name, *list, (size_t)(eq - *list));
		(void)strcpy(v->value, eq + 1);
	}
	return 0;
}

static int
open_enrol(struct worker *w, const struct cmd_args *a, struct err *e)
{
	struct enrol *en = &w->enrol;

	if (cmd_number("--days", a->days, 1, ENROL_DAYS_MAX, DAYS, &en->days,
		e) == -1 ||
	    issue_values(en, a->issue, e) == -1)
		return -1;
	if (a->ek_roots != NULL &&
	    (en->roots = ek_roots_open(a->ek_roots, e)) == NULL)
		return -1;
	if (a->ek_roots == NULL)
		log_warn("no --ek-roots: no EK certificate will be believed");
	if (home_ca(&en->units, a->home, CA_UNITS, a->key, e) == -1)
		return -1;
	return home_registry(&en->registry, a->home, DB_WRITE, e);
}

static int
open_mqtt(struct worker *w, const struct cmd_args *a, struct err *e)
{
	char ca[HOME_PATH_MAX], cert[HOME_PATH_MAX], key[HOME_PATH_MAX];
	char folder[HOME_PATH_MAX], rel[WIRE_NAME_MAX + 16], host[256];
	char id[WIRE_CLIENT_ID_MAX + WIRE_NAME_MAX];
	const char *name = a->name != NULL ? a->name : "worker";
	struct mqtt_settings s = { .host = host,
		.client_id = id,
		.ca = ca,
		.certificate = cert,
		.key = key,
		.keepalive_s = 15,
		.connect_s = 10 };

	/* Several processes may share one certificate, not one client id. */
	(void)snprintf(id, sizeof(id), "%s:%ld", name, (long)getpid());
	(void)snprintf(rel, sizeof(rel), "worker/%.*s", WIRE_NAME_MAX, name);
	if (split(a->broker, host, &s.port, e) == -1 ||
	    home_path(folder, a->home, rel, e) == -1 ||
	    home_path(ca, folder, "ca.pem", e) == -1 ||
	    home_path(cert, folder, "cert.pem", e) == -1 ||
	    home_path(key, folder, "key.pem", e) == -1 ||
	    (w->mqtt = mqtt_new(&s, e)) == NULL)
		return -1;
	return loop_watch(w->loop, mqtt_fd(w->mqtt), EPOLLIN, arrived, w, e);
}

static int
open_signals(struct worker *w, struct err *e)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_CLOEXEC)) == -1)
		return err_sys(e, "signalfd");
	return loop_watch(w->loop, fd, EPOLLIN, stop, w, e);
}

static void
close_all(struct worker *w)
{
	if (w->mqtt != NULL)
		loop_forget(w->loop, mqtt_fd(w->mqtt));
	mqtt_free(w->mqtt);
	mqtt_settle();
	ca_free(&w->enrol.units);
	ek_roots_free(w->enrol.roots);
	registry_close(&w->enrol.registry);
	loop_free(w->loop);
}

int
cmd_serve(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct worker w = { .json = a->json };
	int rc = -1;

	if (a->json)
		log_init("ingot-provision", LOG_JSON, LOG_INFO);
	/* Signals are blocked before Paho makes its threads, so that they
	 * reach the loop and no thread of a library. */
	if ((w.loop = loop_new(e)) != NULL && open_signals(&w, e) == 0 &&
	    open_enrol(&w, a, e) == 0 && open_mqtt(&w, a, e) == 0) {
		connect_again(&w);
		sweep(&w);
		rc = loop_run(w.loop, e);
	}
	close_all(&w);
	cmd_say(out, "served", a->broker != NULL ? a->broker : "");
	return rc;
}
