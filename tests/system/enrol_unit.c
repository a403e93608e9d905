/* SPDX-License-Identifier: MIT */
/*
 * A unit without its agent, for enrol.test: the real uplink in this process
 * and the real cert_store in another, as on a unit; what the agent does
 * between them (routing, facts, issued values) is done here, plainly.
 *
 *	enrol_unit PLUGINS DIR SERIAL HOST PORT CLAIM TCTI [OPTION...]
 *
 *	--hold		stays connected until standard input ends
 *	--kill N	ends itself with SIGKILL at the N-th thing that happens
 *	--resume	does not start an enrolment, goes on with the one there
 *is
 *	--seconds N	gives up (default 30)
 *
 * Prints each change as "state stage connected|- error". Status 0: enrolled
 * and connected; 3: failed or quarantined; 4: time is up.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "loop.h"
#include "plugin.h"

#define TEXT_MAX (150 * 1024)

struct unit {
	struct ingot_host api; /* first */
	const struct ingot_plugin *plugin;
	void *self;
	struct loop *loop;
	struct bytes out;  /* what emit() collected */
	struct bytes told; /* the last answer */
	char why[INGOT_LINE_MAX];
	const char *dir, *serial;
	char shown[600];
	int store; /* to the process of cert_store */
	pthread_mutex_t lock;
	int kill_at, points;
	bool hold, over;
	uint64_t end_ms;
};

static char frame[TEXT_MAX];

static struct unit *
of(const struct ingot_host *h)
{
	return (struct unit *)(uintptr_t)h;
}

/* Something has happened: is it the one after which the power goes? */
static void
point(struct unit *u)
{
	if (u->kill_at != 0 && ++u->points == u->kill_at)
		(void)raise(SIGKILL);
}

static void __attribute__((format(printf, 2, 3)))
call_log(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s: ", of(h)->plugin->name);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
}

static int __attribute__((format(printf, 2, 3)))
call_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(of(h)->why, sizeof(of(h)->why), fmt, ap);
	va_end(ap);
	return -1;
}

static int __attribute__((format(printf, 2, 3)))
call_emit(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return -1;
	bytes_add(&of(h)->out, text, (size_t)n);
	free(text);
	return 0;
}

static int __attribute__((format(printf, 5, 6)))
call_finding(const struct ingot_host *h, const char *id, const char *place,
    int passed, const char *fmt, ...)
{
	char text[INGOT_LINE_MAX];
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)printf("finding %s %s %s: %s\n", id, place,
	    passed ? "passed" : "failed", text);
	return 0;
}

static int __attribute__((format(printf, 3, 4)))
call_event(const struct ingot_host *h, const char *kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s: event %s: ", of(h)->plugin->name, kind);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	return 0;
}

/* --- cert_store's process ------------------------------------------------ */

/* "from\0verb\0question" to "1reply" or "0reason"; -1: the channel is gone. */
static ssize_t
ask_store(
    struct unit *u, const char *from, const char *verb, const char *question)
{
	size_t n = strlen(from) + 1;

	memcpy(frame, from, n);
	memcpy(frame + n, verb, strlen(verb) + 1);
	n += strlen(verb) + 1;
	memcpy(frame + n, question, strlen(question) + 1);
	n += strlen(question) + 1;
	if (send(u->store, frame, n, 0) != (ssize_t)n)
		return -1;
	return recv(u->store, frame, sizeof(frame) - 1, 0);
}

static int
serve_one(struct unit *u)
{
	ssize_t n = recv(u->store, frame, sizeof(frame) - 1, 0);
	const char *from = frame, *verb, *question;
	struct ingot_text q;

	if (n <= 0)
		return -1;
	frame[n] = '\0';
	verb = from + strlen(from) + 1;
	question = verb + strlen(verb) + 1;
	q = (struct ingot_text){ .p = question, .len = strlen(question) };
	bytes_free(&u->out);
	bytes_add(&u->out, "1", 1);
	if (u->plugin->answer(u->self, from, verb, &q) == -1) {
		bytes_free(&u->out);
		bytes_fmt(&u->out, "0%s", u->why);
	}
	return send(u->store, u->out.p, u->out.len, 0) == -1 ? -1 : 0;
}

/* --- what the agent would do --------------------------------------------- */

static int
keep(struct unit *u, const char *name, const char *text)
{
	char path[512];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", u->dir, name);
	return file_write(AT_FDCWD, path, text, strlen(text), FILE_SECRET, &e);
}

static int
agent(struct unit *u, const char *verb, const char *question)
{
	bytes_free(&u->told);
	if (strcmp(verb, "facts") == 0)
		bytes_fmt(&u->told,
		    "{\"serial\":\"%s\",\"model\":\"GW-1\",\"hostname\":"
		    "\"gw\",\"macs\":[\"02:00:00:00:00:01\"],\"mode\":"
		    "\"staged\",\"snapshot\":\"\",\"proof\":\"\"}",
		    u->serial);
	else
		bytes_fmt(&u->told, "{}");
	if (strcmp(verb, "issued.put") == 0)
		return keep(u, "issued.json", question);
	if (strcmp(verb, "enrolled") == 0)
		return keep(u, "enrolled.json", question);
	return 0;
}

static int
call_ask(const struct ingot_host *h, const char *plugin, const char *verb,
    const char *question, struct ingot_text *reply)
{
	struct unit *u = of(h);
	const char *q = question != NULL ? question : "{}";
	int rc = 0;
	ssize_t n;

	point(u);
	if (strcmp(plugin, "agent") == 0) {
		rc = agent(u, verb, q);
	} else {
		(void)pthread_mutex_lock(&u->lock);
		if ((n = ask_store(u, "uplink", verb, q)) <= 0)
			_exit(5);
		bytes_free(&u->told);
		bytes_add(&u->told, frame + 1, (size_t)n - 1);
		rc = frame[0] == '1' ? 0 : -1;
		(void)pthread_mutex_unlock(&u->lock);
	}
	*reply = (struct ingot_text){ .p = u->told.p, .len = u->told.len };
	point(u);
	return rc;
}

/* On Paho's threads. */
static int
call_sign(const struct ingot_host *h, const char *purpose,
    const uint8_t digest[INGOT_DIGEST_LEN], uint8_t sig[INGOT_SIG_LEN])
{
	char hex[2 * INGOT_DIGEST_LEN + 1], q[200];
	own_json json_t *j = NULL;
	struct unit *u = of(h);
	const char *s = NULL;
	struct err e;
	ssize_t n;

	hex_encode(digest, INGOT_DIGEST_LEN, hex);
	(void)snprintf(q, sizeof(q), "{\"purpose\":\"%s\",\"digest\":\"%s\"}",
	    purpose, hex);
	(void)pthread_mutex_lock(&u->lock);
	if ((n = ask_store(u, "agent", "sign", q)) > 0 && frame[0] == '1')
		j = json_parse(
		    "sign", frame + 1, (size_t)n - 1, sizeof(frame), &e);
	(void)pthread_mutex_unlock(&u->lock);
	if (j != NULL)
		s = json_string_value(json_object_get(j, "sig"));
	return s != NULL && hex_decode(s, sig, INGOT_SIG_LEN) == INGOT_SIG_LEN
	    ? 0
	    : -1;
}

static int
call_watch(const struct ingot_host *h, int fd, uint32_t events,
    void (*fn)(void *, int, uint32_t), void *ctx)
{
	struct err e;

	point(of(h));
	if (events != 0)
		return loop_watch(of(h)->loop, fd, events, fn, ctx, &e);
	loop_forget(of(h)->loop, fd);
	return 0;
}

static int
call_timer(
    const struct ingot_host *h, uint64_t ms, void (*fn)(void *), void *ctx)
{
	struct err e;

	return loop_timer(of(h)->loop, ms, fn, ctx, &e);
}

static void
call_untimer(const struct ingot_host *h, int id)
{
	loop_untimer(of(h)->loop, id);
}

static const struct ingot_host calls = {
	.size = sizeof(struct ingot_host),
	.granted = ~0u,
	.log = call_log,
	.fail = call_fail,
	.emit = call_emit,
	.finding = call_finding,
	.sign = call_sign,
	.ask = call_ask,
	.event = call_event,
	.watch = call_watch,
	.timer = call_timer,
	.untimer = call_untimer,
};

/* --- life ---------------------------------------------------------------- */

static void
die(const struct unit *u, const char *what)
{
	(void)fprintf(stderr, "enrol_unit: %s: %s\n", what, u->why);
	_exit(5);
}

/* Loads, opens, renders the document and activates it. */
static void
begin(
    struct unit *u, const char *plugins, const char *name, const char *document)
{
	struct ingot_text doc = { .p = document, .len = strlen(document) };
	own_bytes struct bytes artifact = { 0 };
	static char state[600];
	char path[600];
	void *so;

	u->api = calls;
	(void)snprintf(state, sizeof(state), "%s/%s", u->dir, name);
	(void)mkdir(u->dir, 0700);
	(void)mkdir(state, 0700);
	u->api.state_dir = state;
	(void)snprintf(path, sizeof(path), "%s/%s.so", plugins, name);
	if ((so = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL ||
	    (u->plugin = dlsym(so, "ingot_plugin")) == NULL) {
		(void)fprintf(stderr, "%s\n", dlerror());
		_exit(5);
	}
	if ((u->self = u->plugin->open(&u->api)) == NULL ||
	    u->plugin->render(u->self, &doc) == -1)
		die(u, name);
	bytes_add(&artifact, u->out.p, u->out.len);
	bytes_free(&u->out);
	doc = (struct ingot_text){ .p = artifact.p, .len = artifact.len };
	if (u->plugin->activate(u->self, &doc) == -1)
		die(u, name);
}

static void
start_store(struct unit *u, const char *plugins, const char *tcti)
{
	int size = 4 * TEXT_MAX, sv[2];
	char document[300];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		die(u, "socketpair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(
		    sv[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (fork() != 0) {
		(void)close(sv[1]);
		u->store = sv[0];
		return;
	}
	(void)close(sv[0]);
	u->store = sv[1];
	u->kill_at = 0;
	(void)snprintf(document, sizeof(document),
	    "tcti = \"%s\";\nsoftware_keys = %s;\n", tcti,
	    strcmp(tcti, "none") == 0 ? "true" : "false");
	begin(u, plugins, "cert_store", document);
	while (serve_one(u) == 0)
		;
	u->plugin->close(u->self);
	_exit(0);
}

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static void
finish(struct unit *u, int status)
{
	u->plugin->close(u->self);
	bytes_free(&u->out);
	bytes_free(&u->told);
	loop_free(u->loop);
	(void)close(u->store);
	(void)wait(NULL);
	exit(status);
}

static void
verb(struct unit *u, const char *name)
{
	struct ingot_text q = { .p = "{}", .len = 2 };

	bytes_free(&u->out);
	if (u->plugin->answer(u->self, "cli", name, &q) == -1)
		die(u, name);
}

static void
look(void *ctx)
{
	struct unit *u = ctx;
	own_json json_t *j = NULL;
	const char *state;
	char line[600];
	bool up;
	struct err e;

	verb(u, "enrol.status");
	j = json_parse("status", u->out.p, u->out.len, TEXT_MAX, &e);
	state = text_of(j, "state");
	up = json_is_true(json_object_get(j, "connected"));
	(void)snprintf(line, sizeof(line), "%s %s %s %s", state,
	    text_of(j, "stage"), up ? "connected" : "-", text_of(j, "error"));
	if (strcmp(line, u->shown) != 0) {
		(void)strcpy(u->shown, line);
		(void)printf("%s\n", line);
		(void)fflush(stdout);
	}
	if (!u->hold && up && strcmp(state, "enrolled") == 0) {
		struct ingot_text artifact = { .p = "x", .len = 1 };

		(void)u->plugin->probe(u->self, &artifact);
		finish(u, 0);
	}
	if (!u->hold &&
	    (strcmp(state, "failed") == 0 || strcmp(state, "quarantined") == 0))
		finish(u, 3);
	if (now_ms() > u->end_ms)
		finish(u, 4);
	(void)loop_timer(u->loop, 20, look, u, &e);
}

static void
input_ended(void *ctx, int fd, uint32_t events)
{
	char c;

	(void)events;
	if (read(fd, &c, 1) <= 0)
		finish(ctx, 0);
}

int
main(int argc, char **argv)
{
	struct unit u = { .lock = PTHREAD_MUTEX_INITIALIZER };
	bool resume = false;
	int seconds = 30;
	char document[1000];
	struct err e;

	if (argc < 8)
		return 2;
	for (int i = 8; i < argc; i++) {
		if (strcmp(argv[i], "--hold") == 0)
			u.hold = true;
		else if (strcmp(argv[i], "--resume") == 0)
			resume = true;
		else if (strcmp(argv[i], "--kill") == 0 && i + 1 < argc)
			u.kill_at = atoi(argv[++i]);
		else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
			seconds = atoi(argv[++i]);
		else
			return 2;
	}
	u.dir = argv[2];
	u.serial = argv[3];
	u.end_ms = now_ms() + (uint64_t)seconds * 1000;
	start_store(&u, argv[1], argv[7]);
	if ((u.loop = loop_new(&e)) == NULL)
		return 5;
	(void)snprintf(document, sizeof(document),
	    "broker: { host = \"%s\"; port = %s; ca = \"%s/ca.pem\"; "
	    "keepalive_s = 5; };\nclaim = \"%s\";\nretry_max_s = 1;\n",
	    argv[4], argv[5], argv[6], argv[6]);
	begin(&u, argv[1], "uplink", document);
	if (!resume)
		verb(&u, "enrol.start");
	if (u.hold && loop_watch(u.loop, 0, EPOLLIN, input_ended, &u, &e) == -1)
		return 5;
	look(&u);
	return loop_run(u.loop, &e) == 0 ? 0 : 5;
}
