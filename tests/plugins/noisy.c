/* SPDX-License-Identifier: MIT */
/*
 * The plugin that talks too much, or wrongly. What it does is the verb of a
 * question: relay.PLUGIN.VERB asks on; flood.N and events.N say N lines;
 * badkind tells an event of no kind; pipe.TYPE sends a message of that type
 * with a pipe where a sealed text belongs; twice asks a second thing before
 * the first is answered; deaf fills the agent's ears and does not listen;
 * shut closes its channel and goes on; findings.N looks without being asked;
 * ready does nothing.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

#define AGENT_FD 3

static const struct ingot_host *host;

static int
say_relay(const char *rest, const struct ingot_text *question)
{
	const char *dot = strchr(rest, '.');
	struct ingot_text reply;
	char plugin[INGOT_NAME_MAX];

	if (dot == NULL)
		return host->fail(host, "relay.PLUGIN.VERB");
	(void)snprintf(plugin, sizeof(plugin), "%.*s", (int)(dot - rest), rest);
	if (host->ask(host, plugin, dot + 1, question->p, &reply) == -1)
		return -1;
	return host->emit(host, "%s", reply.p);
}

static int
say_flood(const char *rest, const struct ingot_text *question)
{
	(void)question;
	for (int i = atoi(rest); i > 0; i--)
		host->log(host, "line %d", i);
	return 0;
}

static int
say_events(const char *rest, const struct ingot_text *question)
{
	(void)question;
	for (int i = atoi(rest); i > 0; i--)
		(void)host->event(host, "NoisyEvent", "number %d", i);
	return 0;
}

/* A message as the table has it, with a name in its body. */
static int
send_raw(uint32_t type, uint32_t id, const char *name, int fd)
{
	struct {
		uint32_t type, id, len;
		char text[64];
	} m = { .type = type, .id = id, .len = (uint32_t)strlen(name) };
	struct iovec iov = { &m, 12 + strlen(name) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(fd))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	(void)snprintf(m.text, sizeof(m.text), "%s", name);
	if (fd != -1) {
		mh.msg_control = control.room;
		mh.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return (int)sendmsg(AGENT_FD, &mh, 0);
}

static int
say_pipe(const char *rest, const struct ingot_text *question)
{
	int fds[2];

	(void)question;
	if (pipe2(fds, O_CLOEXEC) == -1)
		return host->fail(host, "no pipe");
	(void)send_raw((uint32_t)atoi(rest), 999, "slot", fds[0]);
	(void)sleep(60);
	return 0;
}

static int
say_unsealed(const char *rest, const struct ingot_text *question)
{
	int fd = memfd_create("open", MFD_CLOEXEC);

	(void)question;
	(void)send_raw((uint32_t)atoi(rest), 999, "slot", fd);
	(void)sleep(60);
	return 0;
}

/* RELOAD twice: the second while the first is waited for. */
static int
say_twice(const char *rest, const struct ingot_text *question)
{
	(void)question;
	(void)send_raw(38, 1, rest, -1);
	(void)send_raw(38, 2, rest, -1);
	(void)sleep(60);
	return 0;
}

/* LOG that claims to be longer than it is. */
static int
say_lie(const char *rest, const struct ingot_text *question)
{
	uint32_t m[] = { 32, 0, 400 };

	(void)rest;
	(void)question;
	if (write(AGENT_FD, m, sizeof(m)) == -1)
		return host->fail(host, "write");
	(void)sleep(60);
	return 0;
}

/* Answers that nobody waits for. */
static int
say_answer(const char *rest, const struct ingot_text *question)
{
	(void)question;
	(void)send_raw((uint32_t)atoi(rest), 4711, "", -1);
	(void)sleep(60);
	return 0;
}

static int
say_badkind(const char *rest, const struct ingot_text *question)
{
	(void)rest;
	(void)question;
	return host->event(host, "no kind", "x");
}

static int
say_shut(const char *rest, const struct ingot_text *question)
{
	(void)rest;
	(void)question;
	(void)close(AGENT_FD);
	(void)sleep(60);
	return 0;
}

static int
say_findings(const char *rest, const struct ingot_text *question)
{
	(void)question;
	for (int i = atoi(rest); i > 0; i--)
		(void)host->finding(host, "noisy.x", "here", 1, "n");
	return 0;
}

/* Reads nothing; what the agent sends stays in the socket. */
static int
say_deaf(const char *rest, const struct ingot_text *question)
{
	(void)question;
	(void)usleep((useconds_t)atoi(rest) * 1000);
	return 0;
}

static const struct {
	const char *verb; /* a rest follows its '.' */
	int (*say)(const char *, const struct ingot_text *);
} verbs[] = {
	{ "relay.", say_relay },
	{ "flood.", say_flood },
	{ "events.", say_events },
	{ "pipe.", say_pipe },
	{ "unsealed.", say_unsealed },
	{ "twice.", say_twice },
	{ "lie.", say_lie },
	{ "answer.", say_answer },
	{ "badkind.", say_badkind },
	{ "shut.", say_shut },
	{ "findings.", say_findings },
	{ "deaf.", say_deaf },
};

static int
noisy_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	(void)v;
	(void)from;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		size_t n = strlen(verbs[i].verb);

		if (strncmp(verb, verbs[i].verb, n) == 0)
			return verbs[i].say(verb + n, question);
	}
	return host->fail(host, "no such verb");
}

static void *
noisy_open(const struct ingot_host *h)
{
	host = h;
	return &host;
}

static int
noisy_text(void *v, const struct ingot_text *text)
{
	(void)v;
	return host->emit(host, "%s", text->p);
}

static int
noisy_nothing(void *v, const struct ingot_text *text)
{
	(void)v;
	(void)text;
	return 0;
}

static void
noisy_close(void *v)
{
	(void)v;
}

INGOT_PLUGIN("noisy", 0, .open = noisy_open, .render = noisy_text,
    .activate = noisy_nothing, .probe = noisy_nothing, .close = noisy_close,
    .answer = noisy_answer);
