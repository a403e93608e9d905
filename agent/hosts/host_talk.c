/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the socket. The agent may begin a request of its own
 * while an answer to ours is on its way: such a message is kept and served
 * when the host is idle again, in the order it came.
 *
 * Promises: nothing that the agent says is lost or answered twice; a word of
 * the agent's that the message table does not allow ends the host.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "own.h"

/* The agent has one request under way at a time; more is nonsense. */
#define LATER_MAX 4

struct later {
	struct later *next;
	struct msg m;
};

/* What is unread when a socket closes makes the kernel drop what we have said
 * and the agent has not read yet: our reason. So nothing is left unread. */
static void
read_out(void)
{
	struct msg m = { .fd = -1 };
	struct err e;

	if (shutdown(SPEC_AGENT_FD, SHUT_RD) == -1)
		return;
	while (msg_recv(SPEC_AGENT_FD, &m, &e) == 1)
		if (m.fd != -1)
			(void)close(m.fd);
}

void
host_die(enum host_exit status, const struct err *why)
{
	unsigned char body[INGOT_LINE_MAX + 32];
	char line[INGOT_LINE_MAX];
	struct wbuf b;
	struct err e;

	(void)snprintf(line, sizeof(line), "host: %.460s", why->text);
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, line);
	if (msg_send(SPEC_AGENT_FD, MSG_LOG, 0, body, b.len, -1, &e) == -1)
		(void)dprintf(STDERR_FILENO, "ingot-host: %s\n", why->text);
	read_out();
	_exit((int)status);
}

int
host_send(struct host *h, uint32_t type, uint32_t id, const struct wbuf *b,
    int fd, struct err *e)
{
	struct err sent;

	(void)h;
	if (msg_send(SPEC_AGENT_FD, type, id, b->p, b->len, fd, &sent) == 0)
		return 0;
	if (sent.code != EPIPE && sent.code != ECONNRESET)
		host_die(HOST_TALK, &sent);
	return err_set(e, EPIPE, "the agent is gone");
}

/* The agent must see SIGTERM honoured even while the plugin waits for it. */
static int
wait_for(struct host *h, int sock, struct err *e)
{
	struct pollfd p[] = {
		{ .fd = sock, .events = POLLIN },
		{ .fd = h->term, .events = POLLIN },
	};

	while (poll(p, 2, -1) == -1)
		if (errno != EINTR)
			return err_sys(e, "wait for the agent");
	if (p[1].revents != 0)
		return err_set(e, ECANCELED, "the host is told to stop");
	return 0;
}

/* One message that the agent may say; anything else ends the host. */
static int
receive(struct host *h, int sock, struct msg *m, struct err *e)
{
	const char *no;
	struct err heard;
	int n;

	if (wait_for(h, sock, e) == -1)
		return -1;
	if ((n = msg_recv(sock, m, &heard)) == -1)
		host_die(HOST_TALK, &heard);
	if (n == 0)
		return err_set(e, EPIPE, "the agent is gone");
	if ((no = msg_refused(m, AGENT, h->spec.granted)) == NULL)
		return 0;
	(void)err_set(&heard, EPROTO, "%s: %s", msg_name(m->type), no);
	host_die(HOST_TALK, &heard);
}

/* In the order of arrival, on the heap: it is rare. */
static void
keep(struct host *h, const struct msg *m)
{
	struct later **at = &h->later;
	struct err e;

	for (int n = 0; *at != NULL; n++, at = &(*at)->next)
		if (n == LATER_MAX) {
			(void)err_set(&e, EPROTO, "too many requests at once");
			host_die(HOST_TALK, &e);
		}
	if ((*at = calloc(1, sizeof(**at))) == NULL) {
		(void)err_sys(&e, "keep a message");
		host_die(HOST_SELF, &e);
	}
	(*at)->m = *m;
}

bool
host_kept(struct host *h, struct msg *m)
{
	struct later *first = h->later;

	if (first == NULL)
		return false;
	*m = first->m;
	h->later = first->next;
	free(first);
	return true;
}

/* Is it the answer to request id? An answer nobody asked for ends the host. */
static int
judge(const struct msg *m, uint32_t type, uint32_t id, struct err *why)
{
	struct err e;

	if (m->id == id && m->type == type + 1)
		return 0;
	if (m->id != id || m->type != MSG_NO) {
		(void)err_set(&e, EPROTO, "%s %u is no answer to %s %u",
		    msg_name(m->type), m->id, msg_name(type), id);
		host_die(HOST_TALK, &e);
	}
	msg_read_no(m, why);
	return -1;
}

int
host_request(struct host *h, uint32_t type, const struct wbuf *b, int fd,
    struct msg *got, struct err *e)
{
	uint32_t id = ++h->last_id;

	if (host_send(h, type, id, b, fd, e) == -1)
		return -1;
	for (;;) {
		if (receive(h, SPEC_AGENT_FD, got, e) == -1)
			return -1;
		if (got->type % 2 != 0)
			return judge(got, type, id, e);
		keep(h, got);
	}
}

/* One at a time by the lock, so the number need not change. */
int
host_request_sign(
    struct host *h, const struct wbuf *b, struct msg *got, struct err *e)
{
	if (msg_send(SPEC_SIGN_FD, MSG_SIGN, 1, b->p, b->len, -1, e) == -1)
		return err_in(e, "sign channel");
	if (receive(h, SPEC_SIGN_FD, got, e) == -1)
		return -1;
	return judge(got, MSG_SIGN, 1, e);
}
