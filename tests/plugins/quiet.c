/* SPDX-License-Identifier: MIT */
/*
 * The plugin that behaves: it uses each function of the host once, so that a
 * test can watch an agent serve it.
 *
 *	render	 the document backwards; one that begins with '!' is refused
 *	activate installs "quiet" (an empty artifact removes it), counts in its
 *		 state folder, sets a timer that tells an event, and writes into
 *		 a pipe that it watches
 *	probe	 finding quiet.active: was this artifact the newest activated?
 *	answer	 echo, pid, count, where; sleep.MS; relay.PLUGIN.VERB (asks on,
 *		 with the same question); sign.PURPOSE; reload.NAME;
 *		 handed.NAME
 */
#include <sys/epoll.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

struct quiet {
	const struct ingot_host *host;
	char *active;
	int pipe[2];
};

static void
quiet_readable(void *ctx, int fd, uint32_t events)
{
	struct quiet *q = ctx;
	char c[8];

	(void)events;
	q->host->log(q->host, "watched %zd", read(fd, c, sizeof(c)));
	(void)q->host->watch(q->host, fd, 0, NULL, NULL);
}

static void
quiet_tick(void *ctx)
{
	struct quiet *q = ctx;

	(void)q->host->event(q->host, "QuietTick", "active %zu",
	    q->active == NULL ? 0 : strlen(q->active));
}

static void *
quiet_open(const struct ingot_host *host)
{
	struct quiet *q = calloc(1, sizeof(*q));

	if (q == NULL || pipe2(q->pipe, O_CLOEXEC | O_NONBLOCK) == -1) {
		free(q);
		return (void)host->fail(host, "no memory or pipe"), NULL;
	}
	q->host = host;
	host->log(host, "open as user %d", (int)getuid());
	return q;
}

static int
quiet_render(void *v, const struct ingot_text *doc)
{
	const struct ingot_host *host = ((struct quiet *)v)->host;

	if (doc->p[0] == '!')
		return host->fail(host, "line 1: '!' means no");
	for (size_t i = doc->len; i > 0; i--)
		if (host->emit(host, "%c", doc->p[i - 1]) == -1)
			return -1;
	return 0;
}

/* How often it was activated, over the lives of this process. */
static int
quiet_count(struct quiet *q, int add)
{
	char path[256];
	FILE *f;
	int n = 0;

	if (q->host->state_dir == NULL)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/count", q->host->state_dir);
	if ((f = fopen(path, "r")) != NULL) {
		if (fscanf(f, "%d", &n) != 1)
			n = 0;
		(void)fclose(f);
	}
	if (add == 0)
		return n;
	if ((f = fopen(path, "w")) == NULL)
		return -1;
	(void)fprintf(f, "%d\n", n + add);
	return fclose(f) == 0 ? n + add : -1;
}

static int
quiet_activate(void *v, const struct ingot_text *artifact)
{
	struct quiet *q = v;
	const struct ingot_host *host = q->host;
	const char *data = artifact->len == 0 ? NULL : artifact->p;

	if (host->install(host, "quiet", data, artifact->len) == -1)
		return -1;
	if (quiet_count(q, 1) == -1)
		return host->fail(host, "cannot count in %s", host->state_dir);
	free(q->active);
	q->active = strdup(artifact->p);
	if (write(q->pipe[1], "!", 1) != 1)
		return host->fail(host, "pipe");
	if (host->watch(host, q->pipe[0], EPOLLIN, quiet_readable, q) == -1)
		return -1;
	return host->timer(host, 20, quiet_tick, q) == -1 ? -1 : 0;
}

static int
quiet_probe(void *v, const struct ingot_text *artifact)
{
	struct quiet *q = v;
	int same = q->active != NULL && strcmp(q->active, artifact->p) == 0;

	return q->host->finding(q->host, "quiet.active", "memory", same,
	    same ? "as activated" : "another artifact is active");
}

static int
say_echo(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)rest;
	return q->host->emit(q->host, "%s", question->p);
}

static int
say_pid(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)rest;
	(void)question;
	return q->host->emit(q->host, "{\"pid\":%d}", (int)getpid());
}

static int
say_count(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)rest;
	(void)question;
	return q->host->emit(q->host, "{\"count\":%d}", quiet_count(q, 0));
}

static int
say_where(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)rest;
	(void)question;
	return q->host->emit(q->host, "{\"state_dir\":\"%s\"}",
	    q->host->state_dir == NULL ? "" : q->host->state_dir);
}

static int
say_sleep(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)question;
	(void)usleep((useconds_t)atoi(rest) * 1000);
	return q->host->emit(q->host, "{}");
}

static int
say_relay(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	const char *dot = strchr(rest, '.');
	struct ingot_text reply;
	char plugin[INGOT_NAME_MAX];

	if (dot == NULL)
		return q->host->fail(q->host, "relay.PLUGIN.VERB");
	(void)snprintf(plugin, sizeof(plugin), "%.*s", (int)(dot - rest), rest);
	if (q->host->ask(q->host, plugin, dot + 1, question->p, &reply) == -1) {
		q->host->log(q->host, "told: %s", reply.p);
		return -1;
	}
	return q->host->emit(q->host, "%s", reply.p);
}

static int
say_sign(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	uint8_t digest[INGOT_DIGEST_LEN] = { 0 }, sig[INGOT_SIG_LEN];

	(void)question;
	for (size_t i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)i;
	if (q->host->sign(q->host, rest, digest, sig) == -1)
		return -1;
	(void)q->host->emit(q->host, "{\"sig\":\"");
	for (size_t i = 0; i < sizeof(sig); i++)
		(void)q->host->emit(q->host, "%02x", sig[i]);
	return q->host->emit(q->host, "\"}");
}

static int
say_reload(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	(void)question;
	if (q->host->reload(q->host, rest) == -1)
		return -1;
	return q->host->emit(q->host, "{}");
}

static int
say_handed(struct quiet *q, const char *rest, const struct ingot_text *question)
{
	int fd = q->host->handed(q->host, rest);

	(void)question;
	if (fd == -1)
		return -1;
	return q->host->emit(q->host, "{\"fd\":%d,\"open\":%s}", fd,
	    fcntl(fd, F_GETFD) == -1 ? "false" : "true");
}

static const struct {
	const char *verb; /* one that ends in '.' takes a rest */
	int (*say)(struct quiet *, const char *, const struct ingot_text *);
} verbs[] = {
	{ "echo", say_echo },
	{ "pid", say_pid },
	{ "count", say_count },
	{ "where", say_where },
	{ "sleep.", say_sleep },
	{ "relay.", say_relay },
	{ "sign.", say_sign },
	{ "reload.", say_reload },
	{ "handed.", say_handed },
};

static int
quiet_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	struct quiet *q = v;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		size_t n = strlen(verbs[i].verb);

		if (strncmp(verb, verbs[i].verb, n) == 0 &&
		    (verb[n] == '\0' || verb[n - 1] == '.'))
			return verbs[i].say(q, verb + n, question);
	}
	return q->host->fail(
	    q->host, "%s asks \"%s\": no such verb", from, verb);
}

static void
quiet_close(void *v)
{
	struct quiet *q = v;

	q->host->log(q->host, "closed");
	(void)close(q->pipe[0]);
	(void)close(q->pipe[1]);
	free(q->active);
	free(q);
}

INGOT_PLUGIN("quiet", INGOT_NEED_INSTALL, .open = quiet_open,
    .render = quiet_render, .activate = quiet_activate, .probe = quiet_probe,
    .close = quiet_close, .answer = quiet_answer);
