/* SPDX-License-Identifier: MIT */
/*
 * What the agent may ask of a host, as a table, and the loop that serves it.
 * One request at a time, on the main thread; watches and timers of the plugin
 * run between requests, never within one.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "own.h"

/* 0, or -1 and host_why(); *made is what the answer hands over, if anything. */
typedef int obey_fn(struct host *, const struct msg *, int *made);

typedef int text_fn(void *, const struct ingot_text *);

/* A text of the agent's, for as long as out lives. */
static int
read_text(int fd, struct bytes *out, struct ingot_text *text)
{
	if (file_read_fd(fd, INGOT_TEXT_MAX, out, host_why()) == -1)
		return err_in(host_why(), "text");
	if (memchr(out->p, '\0', out->len) != NULL)
		return err_set(host_why(), EBADMSG, "text: holds a NUL byte");
	*text = (struct ingot_text){ .p = out->p, .len = out->len };
	return 0;
}

/* The text is the plugin's only until it returns, and then wiped: documents
 * hold passwords. */
static int
with_text(struct host *h, text_fn *fn, int fd)
{
	own_bytes struct bytes keep = { 0 };
	struct ingot_text text;

	if (read_text(fd, &keep, &text) == -1)
		return -1;
	return fn(h->self, &text);
}

/* What emit() collected, as a descriptor. One that was too long must not be
 * handed over cut, even if the plugin did not look at what emit() returned. */
static int
hand_over(struct host *h, const char *otherwise, int *made)
{
	const char *p = h->out.len == 0 ? otherwise : h->out.p;

	if (h->out.bad)
		return err_set(
		    host_why(), EFBIG, "more than %d bytes", INGOT_TEXT_MAX);
	*made = file_sealed(p, strlen(p), host_why());
	return *made == -1 ? -1 : 0;
}

/* In none of these may a failure go without a reason: answer() has put one
 * there before, for a plugin that returns -1 without fail(). */

static int
obey_open(struct host *h, const struct msg *m, int *made)
{
	(void)m;
	(void)made;
	h->self = h->plugin.open(&h->api);
	return h->self == NULL ? -1 : 0;
}

static int
obey_render(struct host *h, const struct msg *m, int *made)
{
	if (with_text(h, h->plugin.render, m->fd) == -1)
		return -1;
	return hand_over(h, "", made);
}

static int
obey_activate(struct host *h, const struct msg *m, int *made)
{
	(void)made;
	return with_text(h, h->plugin.activate, m->fd);
}

static int
obey_probe(struct host *h, const struct msg *m, int *made)
{
	(void)made;
	return with_text(h, h->plugin.probe, m->fd);
}

/* Who asks was looked up by the agent, from the socket that it came by; no
 * plugin can say it is another. */
static int
obey_question(struct host *h, const struct msg *m, int *made)
{
	char from[INGOT_NAME_MAX + 1], verb[INGOT_NAME_MAX + 1];
	own_bytes struct bytes keep = { 0 };
	struct ingot_text text;
	struct rbuf b;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, from, sizeof(from));
	get_str(&b, verb, sizeof(verb));
	if (!rbuf_done(&b))
		return err_set(host_why(), EBADMSG, "question without verb");
	if (h->plugin.answer == NULL)
		return err_set(host_why(), ENOSYS, "%s answers no questions",
		    h->plugin.name);
	if (read_text(m->fd, &keep, &text) == -1 ||
	    h->plugin.answer(h->self, from, verb, &text) == -1)
		return -1;
	return hand_over(h, "{}", made);
}

static const struct {
	obey_fn *obey;
	enum host_phase phase;
} duties[MSG_LIMIT] = {
	[MSG_OPEN] = { obey_open, PHASE_OPEN },
	[MSG_RENDER] = { obey_render, PHASE_RENDER },
	[MSG_ACTIVATE] = { obey_activate, PHASE_ACTIVATE },
	[MSG_PROBE] = { obey_probe, PHASE_PROBE },
	[MSG_QUESTION] = { obey_question, PHASE_ANSWER },
};

/* A plugin that did not open is of no use; its reason has gone out as NO. */
static void
answer(struct host *h, const struct msg *m)
{
	const struct wbuf nothing = { 0 };
	struct err e, *why = host_why();
	own_fd int made = -1;
	int rc;

	*why = (struct err){ .code = EINVAL, .text = "no reason given" };
	bytes_free(&h->out);
	h->phase = duties[m->type].phase;
	rc = duties[m->type].obey(h, m, &made);
	h->phase = PHASE_IDLE;
	if (rc == 0) {
		(void)host_send(h, m->type + 1, m->id, &nothing, made, &e);
		return;
	}
	if (msg_send_no(SPEC_AGENT_FD, m->id, why, &e) == -1 && e.code != EPIPE)
		host_die(HOST_TALK, &e);
	if (m->type == MSG_OPEN)
		_exit(HOST_PLUGIN);
}

/* OPEN comes once, and before all else. */
static void
serve_one(struct host *h, const struct msg *m)
{
	own_fd int fd = m->fd;
	const char *no = msg_refused(m, AGENT, h->spec.granted);
	struct err e;

	if (no == NULL && duties[m->type].obey == NULL)
		no = "nobody asked";
	if (no == NULL && (m->type == MSG_OPEN) != (h->self == NULL))
		no = "not in this order";
	if (no == NULL) {
		answer(h, m);
		return;
	}
	(void)err_set(&e, EPROTO, "%s: %s", msg_name(m->type), no);
	host_die(HOST_TALK, &e);
}

static void
on_agent(void *ctx, int fd, uint32_t events)
{
	struct msg m = { .fd = -1 };
	struct host *h = ctx;
	struct err e;
	int n = msg_recv(fd, &m, &e);

	(void)events;
	if (n == -1)
		host_die(HOST_TALK, &e);
	if (n == 0)
		loop_stop(h->loop);
	else
		serve_one(h, &m);
}

/* Left unread: whoever waits for the agent (host_talk.c) must see it too. */
static void
on_term(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	loop_stop(((struct host *)ctx)->loop);
}

/* What was kept came first, so it is served first. */
static void
round_of(struct host *h)
{
	struct msg m;
	struct err e;

	while (!loop_stopped(h->loop) && host_kept(h, &m))
		serve_one(h, &m);
	if (!loop_stopped(h->loop) && loop_once(h->loop, -1, &e) == -1)
		host_die(HOST_SELF, &e);
}

void
host_serve(struct host *h)
{
	struct err e;

	if (loop_watch(h->loop, SPEC_AGENT_FD, EPOLLIN, on_agent, h, &e) ==
		-1 ||
	    loop_watch(h->loop, h->term, EPOLLIN, on_term, h, &e) == -1)
		host_die(HOST_SELF, &e);
	while (!loop_stopped(h->loop))
		round_of(h);
	if (h->self != NULL)
		h->plugin.close(h->self);
}
