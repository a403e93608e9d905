/* SPDX-License-Identifier: MIT */
/*
 * Asking the agent: one SEQPACKET connection, one request, any number of
 * progress packets, one answer. The agent is trusted (it is root); its packets
 * are still read with the limits of ctl.h.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_in.h"
#include "file.h"
#include "own.h"

static int
dial(const struct cli *c, enum ctl_code *code, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	own_fd int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	*code = CODE_FAILED;
	if (s == -1)
		return err_sys(e, "socket");
	if (snprintf(to.sun_path, sizeof(to.sun_path), "%s/ctl",
		c->settings.run_dir) >= (int)sizeof(to.sun_path))
		return err_set(e, ENAMETOOLONG, "run_dir is too long");
	if (connect(s, (struct sockaddr *)&to, sizeof(to)) == 0)
		return take_fd(&s);
	if (errno == EACCES || errno == EPERM) {
		*code = CODE_REFUSED;
		return err_set(e, errno,
		    "%s may be used by root, and for reading by the group %s",
		    to.sun_path, c->settings.group);
	}
	*code = CODE_NO_AGENT;
	return err_sys(e,
	    "the agent does not run; start it by \"systemctl start ingot\" or "
	    "\"/etc/init.d/ingot start\" (%s)",
	    to.sun_path);
}

static int
send_request(int s, const char *line, int fd, struct err *e)
{
	struct iovec iov = { (void *)(uintptr_t)line, strlen(line) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;

	if (fd != -1) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		cm = CMSG_FIRSTHDR(&m);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	}
	return sendmsg(s, &m, MSG_NOSIGNAL) == -1 ? err_sys(e, "ask the agent")
						  : 0;
}

/* One packet and the descriptor that may come with it; its length, or -1. */
static ssize_t
receive_packet(int s, char *packet, int *fd)
{
	struct iovec iov = { packet, CTL_PACKET_MAX };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *cm;
	ssize_t n;

	do
		n = recvmsg(s, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	cm = n == -1 ? NULL : CMSG_FIRSTHDR(&m);
	if (cm != NULL && cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(int))) {
		own_fd_close(fd);
		memcpy(fd, CMSG_DATA(cm), sizeof(*fd));
	}
	return n;
}

static json_t *
receive(int s, char *packet, int *fd, struct err *e)
{
	ssize_t n = receive_packet(s, packet, fd);

	if (n == -1)
		return (void)err_sys(e, "answer of the agent"), NULL;
	if (n == 0)
		return (void)err_set(e, ECONNRESET,
			   "the agent went away before it answered"),
		       NULL;
	return json_parse(
	    "answer of the agent", packet, (size_t)n, CTL_PACKET_MAX, e);
}

/* The answer, after all progress; *fd: what came with it. */
static json_t *
converse(struct cli *c, int s, int *fd, struct err *e)
{
	char *packet = malloc(CTL_PACKET_MAX);
	json_t *o = NULL;
	const char *progress;

	if (packet == NULL) {
		(void)err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	while ((o = receive(s, packet, fd, e)) != NULL) {
		progress = json_string_value(json_object_get(o, "progress"));
		if (progress == NULL)
			break;
		cli_progress(c, "%s", progress);
		json_decref(o);
	}
	free(packet);
	cli_progress_end(c);
	return o;
}

/* A result that did not fit the packet. */
static json_t *
read_large(int fd, struct err *e)
{
	own_bytes struct bytes text = { .limit = CTL_RESULT_MAX };

	if (file_read_fd(fd, CTL_RESULT_MAX, &text, e) == -1)
		return NULL;
	return json_parse(
	    "answer of the agent", text.p, text.len, CTL_RESULT_MAX, e);
}

static enum ctl_code
read_answer(const json_t *o, int fd, json_t **result, struct err *e)
{
	int64_t code;
	const char *why;

	if (json_is_true(json_object_get(o, "ok"))) {
		*result = fd == -1 ? json_incref(json_object_get(o, "result"))
				   : read_large(fd, e);
		return *result == NULL && fd != -1 ? CODE_FAILED : CODE_OK;
	}
	if (json_num(o, "code", CODE_FAILED, CODE_NO_AGENT, &code, e) == -1 ||
	    json_str(o, "error", ERR_TEXT_MAX, &why, e) == -1)
		return CODE_FAILED;
	(void)err_set(e, 0, "%s", why);
	*result = json_incref(json_object_get(o, "findings"));
	return (enum ctl_code)code;
}

enum ctl_code
cli_call_take(struct cli *c, const char *verb, json_t *args, int fd,
    json_t **result, struct err *e)
{
	own_json json_t *request = json_pack("{s:s, s:o}", "verb", verb, "args",
	    args == NULL ? json_object() : args);
	own_str char *line = request == NULL ? NULL : json_line(request);
	own_json json_t *answer = NULL;
	enum ctl_code code;
	own_fd int s = dial(c, &code, e);
	own_fd int large = -1;

	*result = NULL;
	if (s == -1)
		return code;
	if (line == NULL || strlen(line) > CTL_PACKET_MAX) {
		(void)err_set(e, E2BIG, "the request is too large");
		return CODE_USAGE;
	}
	if (send_request(s, line, fd, e) == -1 ||
	    (answer = converse(c, s, &large, e)) == NULL)
		return CODE_FAILED;
	code = read_answer(answer, large, result, e);
	/* A script gets it as it is, and JSON has its own escapes. */
	if (!c->json)
		cli_clean(*result);
	return code;
}
