/* SPDX-License-Identifier: MIT */
/*
 * Why posix_spawn: a fork of the agent would carry its secrets and every
 * descriptor into the child until exec, and costs its page tables. Descriptors
 * are first copied above all target numbers, so that putting one in place can
 * not overwrite another that is still to be placed.
 */
#include <sys/pidfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "own.h"

#define FIRST_FD 3
#define SAFE_FD  (FIRST_FD + CHILD_FDS)

struct plan {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int out;
	int fds[CHILD_FDS];
};

static int
copy_fds(const struct child_spec *s, struct plan *p)
{
	p->out = -1;
	for (size_t i = 0; i < CHILD_FDS; i++)
		p->fds[i] = -1;
	if (s->out != -1 &&
	    (p->out = fcntl(s->out, F_DUPFD_CLOEXEC, SAFE_FD)) == -1)
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		if (s->fds[i] == -1)
			continue;
		p->fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, SAFE_FD);
		if (p->fds[i] == -1)
			return -1;
	}
	return 0;
}

static void
drop_fds(const struct plan *p)
{
	if (p->out != -1)
		(void)close(p->out);
	for (size_t i = 0; i < CHILD_FDS; i++)
		if (p->fds[i] != -1)
			(void)close(p->fds[i]);
}

/* All return an error number, as posix_spawn's family does. */
static int
plan_fds(struct plan *p, size_t count)
{
	posix_spawn_file_actions_t *a = &p->actions;
	int rc =
	    posix_spawn_file_actions_addopen(a, 0, "/dev/null", O_RDONLY, 0);

	if (rc == 0 && p->out == -1)
		rc = posix_spawn_file_actions_addopen(
		    a, 1, "/dev/null", O_WRONLY, 0);
	if (rc == 0 && p->out != -1)
		rc = posix_spawn_file_actions_adddup2(a, p->out, 1);
	if (rc == 0 && p->out != -1)
		rc = posix_spawn_file_actions_adddup2(a, p->out, 2);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		int to = FIRST_FD + (int)i;

		if (p->fds[i] != -1)
			rc = posix_spawn_file_actions_adddup2(a, p->fds[i], to);
	}
	/* The rest is close-on-exec by our own rule; this is the proof. */
	return rc != 0 ? rc
		       : posix_spawn_file_actions_addclosefrom_np(
			     a, FIRST_FD + (int)count);
}

static int
plan_signals(struct plan *p)
{
	const short flags =
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if ((rc = posix_spawnattr_setflags(&p->attr, flags)) != 0 ||
	    (rc = posix_spawnattr_setsigmask(&p->attr, &none)) != 0)
		return rc;
	return posix_spawnattr_setsigdefault(&p->attr, &all);
}

static int
run(const struct child_spec *s, struct plan *p, pid_t *pid)
{
	static char *const no_environment[] = { NULL };
	int rc = posix_spawn_file_actions_init(&p->actions);

	if (rc != 0)
		return rc;
	if ((rc = posix_spawnattr_init(&p->attr)) == 0) {
		rc = plan_fds(p, s->count);
		if (rc == 0)
			rc = plan_signals(p);
		if (rc == 0)
			rc = posix_spawn(pid, s->path, &p->actions, &p->attr,
			    s->argv, no_environment);
		(void)posix_spawnattr_destroy(&p->attr);
	}
	(void)posix_spawn_file_actions_destroy(&p->actions);
	return rc;
}

int
child_spawn(const struct child_spec *s, struct child *c, struct err *e)
{
	struct plan p;
	int rc;

	*c = (struct child){ .pidfd = -1 };
	rc = copy_fds(s, &p) == -1 ? errno : run(s, &p, &c->pid);
	drop_fds(&p);
	if (rc != 0) {
		c->pid = 0;
		return err_set(e, rc, "start %s: %s", s->path, strerror(rc));
	}
	/* Not reaped yet, so the number still means this child. */
	if ((c->pidfd = pidfd_open(c->pid, 0)) != -1)
		return 0;
	(void)err_sys(e, "pidfd of %s", s->path);
	(void)kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, NULL, 0);
	c->pid = 0;
	return -1;
}

void
child_signal(const struct child *c, int sig)
{
	if (c->pidfd != -1)
		(void)pidfd_send_signal(c->pidfd, sig, NULL, 0);
}

bool
child_reap(struct child *c, int *status)
{
	pid_t got;

	if (c->pid == 0)
		return false;
	do {
		got = waitpid(c->pid, status, WNOHANG);
	} while (got == -1 && errno == EINTR);
	if (got == 0)
		return false;
	if (got == -1)
		*status = 0; /* cannot happen: nobody else reaps it */
	(void)close(c->pidfd);
	*c = (struct child){ .pidfd = -1 };
	return true;
}

void
child_say(int status, char *out, size_t size)
{
	if (WIFEXITED(status))
		(void)snprintf(
		    out, size, "exit status %d", WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGSYS)
		(void)snprintf(out, size, "killed: forbidden system call");
	else
		(void)snprintf(out, size, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
}
