/* SPDX-License-Identifier: MIT */
/*
 * The OCPP bridge alone, without agent and plugin host, for tests and bench:
 *
 *	ocpp_run --listen 0 --csms ws://127.0.0.1:9000 --state DIR [...]
 *
 * Says "listening PORT" and "ready" on standard output, the log on standard
 * error as "log: ...", security events as "event: KIND: ...". SIGTERM ends it.
 * Commands, a line each, on standard input; the answer is a line of JSON:
 *
 *	status | chargers [FROM] | tail [NUMBER]
 *	send IDENTITY ACTION PAYLOAD
 */
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "file.h"
#include "json.h"
#include "loop.h"
#include "ocpp_keyfile.h"
#include "own.h"

static struct ocpp_listener listener = { .deflate = true, .versions = 7 };
static struct ocpp_class class;
static struct ocpp_rule rule = { .versions = 7, .ways = 3 };
static struct ocpp_mirror mirror = { .frames = true };
static struct ocpp_mirror_rule commands;
static struct ocpp_settings set = {
	.listeners = &listener,
	.nlisteners = 1,
	.csms = { .deflate = true },
	.backoff = { 1, 1, 3 },
	.who = OCPP_ANY,
	.second = OCPP_BY_STRENGTH,
	.classes = &class,
	.nclasses = 1,
	.rules = &rule,
	.nrules = 1,
	.limits = { .chargers = 2000,
	    .frame = 256 * 1024,
	    .queue = 1024 * 1024,
	    .handshakes = 10000,
	    .frames = 100000,
	    .failures = 10,
	    .handshake_ms = 10000,
	    .slow_ms = 20000,
	    .call_ms = 30000,
	    .ping_s = 60,
	    .store_bytes = 64 * 1024 * 1024,
	    .store_records = 10000,
	    .attempts = 3,
	    .attempt_s = 60,
	    .replay = 1000 },
};
static const char *state;

struct choice {
	const char *name;
	struct word {
		const char *word;
		int value;
	} words[4];
	int *at;
};

static int mode = OCPP_TRANSPARENT, judging = OCPP_WARN, who = OCPP_ANY,
	   second = OCPP_BY_STRENGTH, certificates, profiles;

#define MANAGE                                                                 \
	{                                                                      \
		{ "forward", OCPP_FORWARD }, { "gateway", OCPP_GATEWAY },      \
		{                                                              \
			"refuse", OCPP_REFUSE                                  \
		}                                                              \
	}
static const struct choice choices[] = {
	{ "mode",
	    { { "transparent", OCPP_TRANSPARENT }, { "store", OCPP_STORE } },
	    &mode },
	{ "judging",
	    { { "off", OCPP_OFF }, { "warn", OCPP_WARN },
		{ "reject", OCPP_REJECT } },
	    &judging },
	{ "who",
	    { { "known", OCPP_KNOWN }, { "pattern", OCPP_PATTERN },
		{ "any", OCPP_ANY } },
	    &who },
	{ "second",
	    { { "old", OCPP_KEEP_OLD }, { "new", OCPP_TAKE_NEW },
		{ "strength", OCPP_BY_STRENGTH } },
	    &second },
	{ "certificates", MANAGE, &certificates },
	{ "profiles", MANAGE, &profiles },
};

struct number {
	const char *name;
	void *at;
	size_t size;
};
#define NUMBER(name, at)                                                       \
	{                                                                      \
		name, &(at), sizeof(at)                                        \
	}
static const struct number numbers[] = {
	NUMBER("listen", listener.port),
	NUMBER("profile", listener.profile),
	NUMBER("versions", listener.versions),
	NUMBER("deflate", listener.deflate),
	NUMBER("static-rsa", listener.static_rsa),
	NUMBER("csms-profile", set.csms.profile),
	NUMBER("csms-deflate", set.csms.deflate),
	NUMBER("provisional", class.provisional),
	NUMBER("accept", class.accept),
	NUMBER("move", class.move),
	NUMBER("chargers", set.limits.chargers),
	NUMBER("frame", set.limits.frame),
	NUMBER("queue", set.limits.queue),
	NUMBER("frames", set.limits.frames),
	NUMBER("failures", set.limits.failures),
	NUMBER("handshakes", set.limits.handshakes),
	NUMBER("handshake-ms", set.limits.handshake_ms),
	NUMBER("slow-ms", set.limits.slow_ms),
	NUMBER("call-ms", set.limits.call_ms),
	NUMBER("ping", set.limits.ping_s),
	NUMBER("store-bytes", set.limits.store_bytes),
	NUMBER("store-records", set.limits.store_records),
	NUMBER("attempts", set.limits.attempts),
	NUMBER("attempt-s", set.limits.attempt_s),
	NUMBER("replay", set.limits.replay),
	NUMBER("backoff-wait", set.backoff.wait),
	NUMBER("backoff-random", set.backoff.random),
	NUMBER("backoff-repeats", set.backoff.repeats),
};

struct text {
	const char *name;
	char **at;
	bool file; /* a secret: the option names the file it is in */
};
static char *pattern;
static struct keyfile leaf;
static const struct text texts[] = {
	{ "address", &listener.address, false },
	{ "root", &listener.root, false },
	{ "chain", &listener.pairs[0].chain, false },
	{ "key", &listener.pairs[0].key, false },
	{ "chain2", &listener.pairs[1].chain, false },
	{ "key2", &listener.pairs[1].key, false },
	{ "anchors", &listener.anchors, false },
	{ "csms", &set.csms.url, false },
	{ "csms-user", &set.csms.user, false },
	{ "csms-anchors", &set.csms.anchors, false },
	{ "csms-leaf", &leaf.chain, false },
	{ "csms-key", &leaf.key, false },
	{ "csms-password-file", &set.csms.password, true },
	{ "password-file", &class.password, true },
	{ "class", &pattern, false },
	{ "mirror", &mirror.broker, false },
	{ "prefix", &mirror.prefix, false },
	{ "cpo", &set.cpo, false },
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void __attribute__((format(printf, 1, 2), noreturn))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

/* --- options -------------------------------------------------------------- */

static void
choose(const struct choice *c, const char *value)
{
	for (size_t i = 0; i < COUNT(c->words); i++)
		if (c->words[i].word != NULL &&
		    strcmp(c->words[i].word, value) == 0) {
			*c->at = c->words[i].value;
			return;
		}
	die("--%s: what is %s?", c->name, value);
}

static void
count(const struct number *n, const char *value)
{
	unsigned long long v = strtoull(value, NULL, 10);

	/* All the fields are little-endian unsigned integers. */
	memcpy(n->at, &v, n->size);
}

static void
tell(const struct text *t, const char *value)
{
	own_bytes struct bytes content = { 0 };
	struct err e;

	if (!t->file) {
		*t->at = strdup(value);
		return;
	}
	if (file_read(AT_FDCWD, value, 1024, &content, &e) == -1)
		die("%s", e.text);
	content.p[strcspn(content.p, "\n")] = '\0';
	*t->at = strdup(content.p);
}

static bool
option(const char *name, const char *value)
{
	for (size_t i = 0; i < COUNT(choices); i++)
		if (strcmp(choices[i].name, name) == 0) {
			choose(&choices[i], value);
			return true;
		}
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			count(&numbers[i], value);
			return true;
		}
	for (size_t i = 0; i < COUNT(texts); i++)
		if (strcmp(texts[i].name, name) == 0) {
			tell(&texts[i], value);
			return true;
		}
	if (strcmp(name, "state") != 0)
		return false;
	state = value;
	return true;
}

static char *
copied(const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		die("out of memory");
	return copy;
}

static void
options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2)
		if (i + 1 == argc || strncmp(argv[i], "--", 2) != 0 ||
		    !option(argv[i] + 2, argv[i + 1]))
			die("what is %s?", argv[i]);
	if (state == NULL || set.csms.url == NULL)
		die("--state and --csms are needed");
	listener.name = copied("test");
	if (listener.address == NULL)
		listener.address = copied("127.0.0.1");
	class.pattern = pattern != NULL ? pattern : copied("*");
	class.mode = (enum ocpp_mode)mode;
	class.certificates = (enum ocpp_manage)certificates;
	class.profiles = (enum ocpp_manage)profiles;
	rule.judging = (enum ocpp_judging)judging;
	set.who = (enum ocpp_who)who;
	set.second = (enum ocpp_second)second;
	commands.charger = copied("*");
	commands.action = copied("*");
	mirror.rules = &commands;
	mirror.nrules = 1;
	if (mirror.prefix == NULL)
		mirror.prefix = copied("ocpp");
	if (mirror.broker != NULL)
		set.mirror = &mirror;
	class.exact = strpbrk(class.pattern, "*?") == NULL;
}

/* --- commands ------------------------------------------------------------- */

static struct loop *loop;
static struct bridge *bridge;

static void
print(json_t *j)
{
	char *line = j == NULL ? NULL : json_line(j);

	(void)printf("%s\n", line == NULL ? "null" : line);
	(void)fflush(stdout);
	free(line);
	json_decref(j);
}

struct asked {
	uint64_t token;
};

static void
answer(void *ctx)
{
	struct asked *a = ctx;
	json_t *j = bridge_answer(bridge, a->token);
	struct err e;

	if (j == NULL && loop_timer(loop, 10, answer, a, &e) != -1)
		return;
	print(j);
	free(a);
}

static void
send_call(char *line)
{
	const char *identity = strtok(line, " "), *action = strtok(NULL, " "),
		   *payload = strtok(NULL, "");
	struct asked *a = calloc(1, sizeof(*a));
	struct err e;

	if (a == NULL || identity == NULL || action == NULL)
		die("send IDENTITY ACTION PAYLOAD");
	if (payload == NULL)
		payload = "{}";
	if (bridge_send(bridge, identity, action, payload, strlen(payload),
		&a->token, &e) == 0) {
		answer(a);
		return;
	}
	print(json_pack("{s:s}", "refused", e.text));
	free(a);
}

static void
command(char *line)
{
	if (strcmp(line, "status") == 0)
		print(bridge_status(bridge));
	else if (strncmp(line, "chargers", 8) == 0)
		print(bridge_chargers(
		    bridge, line[8] == ' ' ? line + 9 : NULL, 0));
	else if (strncmp(line, "tail", 4) == 0)
		print(bridge_tail(bridge, NULL,
		    line[4] == ' ' ? strtoull(line + 5, NULL, 10) : 0));
	else if (strncmp(line, "send ", 5) == 0)
		send_call(line + 5);
	else
		print(json_pack("{s:s}", "refused", "no such command"));
}

static void
input(void *ctx, int fd, uint32_t events)
{
	static char text[65536];
	static size_t len;
	ssize_t n = read(fd, text + len, sizeof(text) - len - 1);
	char *end;

	(void)ctx;
	(void)events;
	if (n <= 0) {
		loop_forget(loop, fd);
		return;
	}
	len += (size_t)n;
	text[len] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		command(text);
		len -= (size_t)(end + 1 - text);
		memmove(text, end + 1, len + 1);
	}
}

/* --- the host ------------------------------------------------------------- */

static void
logged(void *ctx, const char *line)
{
	(void)ctx;
	(void)fprintf(stderr, "log: %s\n", line);
}

static void
event(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "event: %s: %s\n", kind, text);
}

static json_t *
certs(void *ctx, const char *verb, json_t *question, struct err *e)
{
	return keyfile_certs(ctx, verb, question, e);
}

static int
sign(void *ctx, const char *purpose, const uint8_t digest[32], uint8_t sig[64])
{
	(void)purpose;
	return keyfile_sign(ctx, digest, sig);
}

static void
ended(void *ctx, int fd, uint32_t events)
{
	(void)ctx;
	(void)fd;
	(void)events;
	loop_stop(loop);
}

static int
signals(void)
{
	sigset_t these;

	(void)sigemptyset(&these);
	(void)sigaddset(&these, SIGTERM);
	(void)sigaddset(&these, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &these, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &these, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
say_where(void)
{
	json_t *status = bridge_status(bridge);
	json_t *one = json_array_get(json_object_get(status, "listeners"), 0);

	(void)printf("listening %d\nready\n",
	    (int)json_integer_value(json_object_get(one, "port")));
	(void)fflush(stdout);
	json_decref(status);
}

int
main(int argc, char **argv)
{
	struct bridge_host host = { .ctx = &leaf,
		.log = logged,
		.event = event,
		.certs = certs,
		.sign = sign };
	struct err e;
	int fd = signals();

	options(argc, argv);
	host.state = state;
	if (file_mkdirs(AT_FDCWD, state, 0700, &e) == -1 ||
	    (loop = loop_new(&e)) == NULL ||
	    (bridge = bridge_new(loop, &host, &e)) == NULL ||
	    bridge_serve(bridge, &set, &e) == -1 ||
	    loop_watch(loop, fd, EPOLLIN, ended, NULL, &e) == -1)
		die("%s", e.text);
	/* A file as standard input can not be watched, and says nothing. */
	(void)loop_watch(loop, STDIN_FILENO, EPOLLIN, input, NULL, &e);
	say_where();
	if (loop_run(loop, &e) == -1)
		die("%s", e.text);
	bridge_free(bridge);
	loop_free(loop);
	return 0;
}
