/* SPDX-License-Identifier: MIT */
/*
 * A reload is a check and a signal, in this order, so a configuration that the
 * service would refuse never reaches it. There is no shell and no variable in
 * the command: it is the policy's words, as they stand.
 */
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "file.h"
#include "own.h"
#include "service.h"

#define OUTPUT_MAX  360 /* of the check, in the reason */
#define PIDFILE_MAX 64

struct service_call {
	struct loop *loop;
	service_done *done;
	void *ctx;
	char *name;
	char *pidfile;
	char *exe; /* or NULL */
	int signal;
	struct child check;
	int out; /* what the check prints */
	char said[OUTPUT_MAX + 1];
	size_t said_len;
	int timer;
	bool late;
};

static int
read_pid(const char *pidfile, pid_t *pid, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char *end;
	long n;

	if (file_read(AT_FDCWD, pidfile, PIDFILE_MAX, &text, e) == -1)
		return -1;
	n = strtol(text.p, &end, 10);
	if (end == text.p || (*end != '\n' && *end != '\0') || n <= 1 ||
	    n > INT_MAX)
		return err_set(e, EINVAL, "%s names no process", pidfile);
	*pid = (pid_t)n;
	return 0;
}

/* The program of a process; after an upgrade the kernel adds " (deleted)". */
static int
check_exe(pid_t pid, const char *want, struct err *e)
{
	static const char gone[] = " (deleted)";
	char link[64], is[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if ((n = readlink(link, is, sizeof(is) - 1)) == -1)
		return err_sys(e, "process %d", (int)pid);
	is[n] = '\0';
	if ((size_t)n > strlen(gone) &&
	    strcmp(is + n - strlen(gone), gone) == 0)
		is[(size_t)n - strlen(gone)] = '\0';
	if (strcmp(is, want) == 0)
		return 0;
	return err_set(
	    e, ESRCH, "process %d runs %.100s, not %.100s", (int)pid, is, want);
}

static int
deliver_signal(const struct service_call *c, struct err *e)
{
	own_fd int pidfd = -1;
	pid_t pid = 0;

	if (read_pid(c->pidfile, &pid, e) == -1)
		return -1;
	if ((pidfd = pidfd_open(pid, 0)) == -1)
		return err_sys(e, "%s names process %d", c->pidfile, (int)pid);
	if (c->exe != NULL && check_exe(pid, c->exe, e) == -1)
		return err_in(e, "%s", c->pidfile);
	if (pidfd_send_signal(pidfd, c->signal, NULL, 0) == -1)
		return err_sys(e, "%s names process %d", c->pidfile, (int)pid);
	return 0;
}

static void
call_free(struct service_call *c)
{
	loop_untimer(c->loop, c->timer);
	if (c->out != -1) {
		loop_forget(c->loop, c->out);
		(void)close(c->out);
	}
	free(c->name);
	free(c->pidfile);
	free(c->exe);
	free(c);
}

void
service_cancel(struct service_call *c)
{
	int status;

	if (c == NULL)
		return;
	if (c->check.pid != 0) {
		loop_forget(c->loop, c->check.pidfd);
		child_signal(&c->check, SIGKILL);
		(void)waitid(P_PIDFD, (id_t)c->check.pidfd, &(siginfo_t){ 0 },
		    WEXITED | WNOWAIT);
		(void)child_reap(&c->check, &status);
	}
	call_free(c);
}

static void
finish(struct service_call *c, const struct err *why)
{
	service_done *done = c->done;
	void *ctx = c->ctx;

	call_free(c);
	done(ctx, why);
}

/* Keeps the beginning, reads away the rest. */
static void
drain(struct service_call *c)
{
	char chunk[512];
	ssize_t n;

	while ((n = read(c->out, chunk, sizeof(chunk))) > 0) {
		size_t room = OUTPUT_MAX - c->said_len;
		size_t take = (size_t)n < room ? (size_t)n : room;

		(void)memcpy(c->said + c->said_len, chunk, take);
		c->said_len += take;
	}
	if (n == 0)
		loop_forget(c->loop, c->out);
}

/* As one line of a sentence: lines joined, nothing that is not text. */
static const char *
said(struct service_call *c)
{
	while (c->said_len > 0 && c->said[c->said_len - 1] <= ' ')
		c->said_len--;
	c->said[c->said_len] = '\0';
	for (char *p = c->said; *p != '\0'; p++)
		if (*p == '\n')
			*p = ';';
		else if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = ' ';
	return c->said_len == 0 ? "it said nothing" : c->said;
}

static void
check_ended(void *ctx, int fd, uint32_t events)
{
	struct service_call *c = ctx;
	char how[80];
	struct err e;
	int status;

	(void)events;
	loop_forget(c->loop, fd);
	if (!child_reap(&c->check, &status))
		status = 0;
	drain(c);
	child_say(status, how, sizeof(how));
	if (c->late)
		(void)err_set(&e, ETIMEDOUT, "check of %s took too long: %s",
		    c->name, said(c));
	else if (status != 0)
		(void)err_set(
		    &e, EINVAL, "check of %s: %s: %s", c->name, how, said(c));
	else if (deliver_signal(c, &e) == 0) {
		finish(c, NULL);
		return;
	}
	finish(c, &e);
}

static void
check_output(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	drain(ctx);
}

static void
check_late(void *ctx)
{
	struct service_call *c = ctx;

	c->late = true;
	c->timer = 0;
	child_signal(&c->check, SIGKILL);
}

/* Without a check there is nothing to wait for; done still comes later. */
static void
no_check(void *ctx)
{
	struct service_call *c = ctx;
	struct err e;

	c->timer = 0;
	finish(c, deliver_signal(c, &e) == 0 ? NULL : &e);
}

static int
start_check(struct service_call *c, const struct grant_reload *r,
    uint64_t check_ms, struct err *e)
{
	struct child_spec spec = { .path = r->check[0],
		.argv = (char *const *)r->check };
	int pair[2], rc;

	if (pipe2(pair, O_CLOEXEC) == -1)
		return err_sys(e, "pipe");
	c->out = pair[0];
	spec.out = pair[1];
	rc = fcntl(pair[0], F_SETFL, O_NONBLOCK) == -1
	    ? err_sys(e, "pipe")
	    : child_spawn(&spec, &c->check, e);
	(void)close(pair[1]);
	if (rc == -1)
		return -1;
	if (loop_watch(c->loop, c->out, EPOLLIN, check_output, c, e) == -1 ||
	    loop_watch(c->loop, c->check.pidfd, EPOLLIN, check_ended, c, e) ==
		-1)
		return -1;
	c->timer = loop_timer(c->loop, check_ms, check_late, c, e);
	return c->timer == -1 ? -1 : 0;
}

struct service_call *
service_reload(struct loop *l, const struct grant_reload *r, uint64_t check_ms,
    service_done *done, void *ctx, struct err *e)
{
	struct service_call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return (void)err_sys(e, "reload %s", r->name), NULL;
	*c = (struct service_call){ .loop = l,
		.done = done,
		.ctx = ctx,
		.name = strdup(r->name),
		.pidfile = strdup(r->pidfile),
		.exe = r->exe == NULL ? NULL : strdup(r->exe),
		.signal = r->signal,
		.check = { .pidfd = -1 },
		.out = -1 };
	if (c->name == NULL || c->pidfile == NULL ||
	    (r->exe != NULL && c->exe == NULL))
		(void)err_set(e, ENOMEM, "reload %s", r->name);
	else if (r->check[0] != NULL) {
		if (start_check(c, r, check_ms, e) == 0)
			return c;
	} else if ((c->timer = loop_timer(l, 0, no_check, c, e)) != -1)
		return c;
	service_cancel(c);
	return NULL;
}
