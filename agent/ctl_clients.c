/* SPDX-License-Identifier: MIT */
/*
 * Who is connected to the command socket. Who asks is what the kernel says
 * (SO_PEERCRED and SO_PEERGROUPS, taken when he connected), never what he
 * writes. Each client has at most one request under way; the number of clients
 * is limited, and further for one user, so nobody can keep root from being
 * heard. A client that does not read, or sends what is no packet of ours, is
 * cut off.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_in.h"
#include "file.h"
#include "own.h"

#define CLIENTS_MAX     32
#define CLIENTS_OF_USER 8
#define GROUPS_MAX      1024
#define IDLE_MS         60000
#define SOCKET_NAME     "ctl"

void
client_drop(struct client *c)
{
	struct client **at = &c->ctl->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->call != NULL)
		c->call->client = NULL;
	loop_untimer(c->ctl->agent->loop, c->idle);
	loop_forget(c->ctl->agent->loop, c->fd);
	(void)close(c->fd);
	free(c);
}

static void
client_idle(void *ctx)
{
	struct client *c = ctx;

	c->idle = 0;
	client_drop(c);
}

void
client_wait(struct client *c)
{
	struct err e;

	loop_untimer(c->ctl->agent->loop, c->idle);
	c->idle = loop_timer(c->ctl->agent->loop, IDLE_MS, client_idle, c, &e);
}

void
client_busy(struct client *c)
{
	loop_untimer(c->ctl->agent->loop, c->idle);
	c->idle = 0;
}

bool
client_send(struct client *c, const json_t *j)
{
	own_str char *line = json_line(j);
	size_t len = line == NULL ? 0 : strlen(line);

	if (len > 0 && len <= CTL_PACKET_MAX &&
	    send(c->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	client_drop(c);
	return false;
}

bool
client_send_fd(struct client *c, const json_t *j, int fd)
{
	own_str char *line = json_line(j);
	struct iovec iov = { line, line == NULL ? 0 : strlen(line) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&m);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	if (iov.iov_len > 0 &&
	    sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)iov.iov_len)
		return true;
	client_drop(c);
	return false;
}

/* The descriptor that came along, or -1; *bad: more than one, or cut off. */
static int
passed(struct msghdr *mh, bool *bad)
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(mh);
	int fds[2] = { -1, -1 };
	size_t n;

	*bad = (mh->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	if (cm == NULL || cm->cmsg_level != SOL_SOCKET ||
	    cm->cmsg_type != SCM_RIGHTS)
		return -1;
	n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	(void)memcpy(fds, CMSG_DATA(cm), (n < 2 ? n : 2) * sizeof(int));
	own_fd_close(&fds[1]);
	*bad = *bad || n > 1;
	return fds[0];
}

static void
client_readable(void *ctx, int fd, uint32_t events)
{
	static char text[CTL_PACKET_MAX + 1];
	struct client *c = ctx;
	struct iovec iov = { text, CTL_PACKET_MAX };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	ssize_t n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	own_fd int got = -1;
	bool bad;

	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(c);
		return;
	}
	got = passed(&mh, &bad);
	if (bad || c->call != NULL) {
		if (ctl_refuse(c, CODE_USAGE,
			bad ? "not one packet of at most 128 KiB with one "
			      "descriptor"
			    : "one request at a time"))
			client_drop(c);
		return;
	}
	ctl_serve(c, text, (size_t)n, take_fd(&got));
}

/* Connections. */

static bool
in_group(int fd, const struct ucred *who, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (group == (gid_t)-1)
		return false;
	if (who->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/*
 * Is there room for one more of this user? Root always finds some. A call
 * goes on when its client has left, so it keeps the client's place: who asked
 * for drift and hung up, over and over, would otherwise fill the queues of
 * the plugins until a transaction finds no room in them.
 */
static bool
room_for(const struct ctl *ctl, uid_t uid)
{
	size_t all = 0, same = 0;

	for (const struct client *c = ctl->clients; c != NULL; c = c->next) {
		all++;
		same += c->uid == uid;
	}
	for (const struct ctl_call *c = ctl->calls; c != NULL; c = c->next) {
		all += c->client == NULL;
		same += c->client == NULL && c->uid == uid;
	}
	if (uid == 0)
		return all < CLIENTS_MAX;
	return same < CLIENTS_OF_USER && all < CLIENTS_MAX / 2;
}

static void
welcome(struct ctl *ctl, int given)
{
	own_fd int fd = given;
	struct ucred who;
	socklen_t len = sizeof(who);
	struct client *c;
	struct err e;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1 ||
	    !room_for(ctl, who.uid) || (c = calloc(1, sizeof(*c))) == NULL)
		return;
	*c = (struct client){ .next = ctl->clients,
		.ctl = ctl,
		.fd = take_fd(&fd),
		.uid = who.uid,
		.pid = who.pid };
	c->reader = in_group(c->fd, &who, ctl->group);
	ctl->clients = c;
	if (loop_watch(
		ctl->agent->loop, c->fd, EPOLLIN, client_readable, c, &e) == -1)
		client_drop(c);
	else
		client_wait(c);
}

static void
connected(void *ctx, int fd, uint32_t events)
{
	int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (got != -1)
		welcome(ctx, got);
}

/* Bound under another name and renamed when it has its owner and mode, so it
 * is never open to more than it should be. */
int
ctl_listen(struct ctl *ctl, const char *run_dir, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char path[sizeof(at.sun_path)];
	mode_t mode = ctl->group == (gid_t)-1 ? 0600 : 0660;

	if (file_mkdirs(AT_FDCWD, run_dir, 0755, e) == -1)
		return -1;
	if ((size_t)snprintf(at.sun_path, sizeof(at.sun_path),
		"%s/" SOCKET_NAME ".new", run_dir) >= sizeof(at.sun_path))
		return err_set(
		    e, ENAMETOOLONG, "run_dir: too long for a socket");
	(void)snprintf(path, sizeof(path), "%s/" SOCKET_NAME, run_dir);
	(void)unlink(at.sun_path);
	ctl->fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ctl->fd == -1 ||
	    bind(ctl->fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    chown(at.sun_path, (uid_t)-1, ctl->group) == -1 ||
	    chmod(at.sun_path, mode) == -1 || listen(ctl->fd, 16) == -1 ||
	    rename(at.sun_path, path) == -1)
		return err_sys(e, "command socket %s", path);
	return loop_watch(
	    ctl->agent->loop, ctl->fd, EPOLLIN, connected, ctl, e);
}
