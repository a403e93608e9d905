/* SPDX-License-Identifier: MIT */
/*
 * The message table at work: what may be said by whom, and the only two
 * functions that touch the socket.
 *
 * Promises: a peer that lies about lengths, sends a truncated datagram, or
 * more descriptors than one, is found out here, and leaves no descriptor
 * open. Deliberately not here: when a message is welcome; that depends on the
 * state of a host (life.h), not on the message.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "buf.h"
#include "msg.h"
#include "own.h"
#include "plugin.h"

#define HEADER (2 * sizeof(uint32_t)) /* type and id */

struct rule {
	const char *name;
	enum msg_from from;
	uint32_t need;
	uint32_t max;
	bool fd;
};

static const struct rule rules[MSG_LIMIT] = {
#define M(name, nr, from, need, max, fd) [nr] = { #name, from, need, max, fd },
	MSG_TABLE(M)
#undef M
};

#define M(name, nr, from, need, max, fd)                                       \
	_Static_assert((nr) > 0 && (nr) < MSG_LIMIT, #name ": number");        \
	_Static_assert((max) <= MSG_BODY_MAX, #name ": body");
MSG_TABLE(M)
#undef M

const char *
msg_name(uint32_t type)
{
	if (type >= MSG_LIMIT || rules[type].name == NULL)
		return "?";
	return rules[type].name;
}

/* In this order, so that the reason names the first thing that is wrong. */
const char *
msg_refused(const struct msg *m, enum msg_from from, uint32_t granted)
{
	const struct rule *r = &rules[m->type % MSG_LIMIT];

	if (m->type >= MSG_LIMIT || r->name == NULL)
		return "unknown message";
	if ((r->from & from) == 0)
		return "message from the wrong side";
	if ((r->need & granted) != r->need)
		return "not granted";
	if (m->len > r->max)
		return "body too long";
	if (r->fd != (m->fd != -1))
		return r->fd ? "descriptor missing" : "descriptor not expected";
	return NULL;
}

/* Header and body go out as one datagram without being copied together. */
int
msg_send(int sock, uint32_t type, uint32_t id, const void *body, size_t len,
    int fd, struct err *e)
{
	uint32_t head[] = { type, id };
	struct iovec iov[] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)body, .iov_len = len },
	};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 2 };

	if (fd != -1) {
		mh.msg_control = control.room;
		mh.msg_controllen = sizeof(control.room);
		*CMSG_FIRSTHDR(&mh) = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&mh)), &fd, sizeof(fd));
	}
	while (sendmsg(sock, &mh, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return err_sys(e, "send %s", msg_name(type));
	return 0;
}

/* The text of a struct err always fits: 600 is more than ERR_TEXT_MAX. */
int
msg_send_no(int sock, uint32_t id, const struct err *why, struct err *e)
{
	unsigned char body[600];
	struct wbuf b;

	wbuf_init(&b, body, sizeof(body));
	put_u32(&b, (uint32_t)why->code);
	put_str(&b, why->text);
	return msg_send(sock, MSG_NO, id, body, b.len, -1, e);
}

void
msg_read_no(const struct msg *m, struct err *why)
{
	struct rbuf b;

	rbuf_init(&b, m->body, m->len);
	why->code = (int)get_u32(&b);
	get_str(&b, why->text, sizeof(why->text));
	if (m->type != MSG_NO || !rbuf_done(&b))
		(void)err_set(why, EBADMSG, "a reason that is none");
}

/*
 * The one descriptor that control may hold, or -1. The room for one int is,
 * by alignment, room for two: a peer that sends two is caught here, and
 * neither stays open.
 */
static int
passed_fd(struct msghdr *mh, bool *too_many)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);
	int fds[2] = { -1, -1 };
	size_t n;

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
		return -1;
	n = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), n > sizeof(fds) ? sizeof(fds) : n);
	*too_many = n > sizeof(*fds);
	if (!*too_many)
		return fds[0];
	for (size_t i = 0; i < 2; i++)
		if (fds[i] != -1)
			(void)close(fds[i]);
	return -1;
}

/* An empty datagram looks like the end of a connection, and is not. */
static bool
is_gone(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLRDHUP };

	return poll(&p, 1, 0) != 0;
}

int
msg_recv(int sock, struct msg *m, struct err *e)
{
	uint32_t head[2];
	struct iovec iov[] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = m->body, .iov_len = sizeof(m->body) },
	};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr mh = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	own_fd int fd = -1;
	bool too_many = false;
	ssize_t n;

	do {
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == ECONNRESET ? 0 : err_sys(e, "receive");
	fd = passed_fd(&mh, &too_many);
	if (n == 0 && is_gone(sock))
		return 0;
	if ((size_t)n < HEADER || too_many ||
	    (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return err_set(e, EBADMSG, "malformed message of %zd bytes", n);
	m->type = head[0];
	m->id = head[1];
	m->len = (uint32_t)((size_t)n - HEADER);
	m->fd = take_fd(&fd);
	return 1;
}
