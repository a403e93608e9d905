/* SPDX-License-Identifier: MIT */
/*
 * The agent's side of ingot-packager: starts it, reads its lines, reaps it.
 * Its output pipe is also the string it hangs on: closed, it stops dpkg and
 * all that dpkg started, so neither a stop nor a death of the agent leaves a
 * dpkg at work that nobody waits for.
 */
#include <sys/epoll.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "own.h"
#include "packager.h"

#define LINE_ROOM    512
#define REASON_MAX   360
#define FIXED_WORDS  6
#define OPERANDS_MAX 4096

struct packager {
	struct agent *agent;
	packager_said *said;
	packager_done *done;
	void *ctx;
	char manager[8];
	struct child child;
	int out;
	char line[LINE_ROOM];
	size_t len;
	bool error;                  /* the line before was one */
	char reason[REASON_MAX + 1]; /* the errors it said */
};

/* How lines of the two begin. */
static const char *const own_lines[] = { "dpkg: ", "dpkg-deb: ", "opkg: ",
	"Selecting previously unselected package ", "Preparing to unpack ",
	"Unpacking ", "Setting up ", "Removing ", "Purging configuration ",
	"Installing ", "Upgrading ", "Downgrading ", "Configuring ",
	"Collected errors:", " * " };

static bool
begins(const char *line, const char *how)
{
	return strncmp(line, how, strlen(how)) == 0;
}

static bool
is_error(const char *line)
{
	return begins(line, "dpkg: error") || begins(line, "dpkg-deb: error") ||
	    begins(line, "opkg: error") || begins(line, " * ");
}

bool
packager_line(char *line, bool before)
{
	bool own = before && *line == ' ';

	for (size_t i = 0; i < sizeof(own_lines) / sizeof(own_lines[0]); i++)
		own = own || begins(line, own_lines[i]);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = ' ';
	return own;
}

static void
take_line(struct packager *r)
{
	size_t n = strlen(r->reason);
	bool own;

	r->line[r->len] = '\0';
	own = packager_line(r->line, r->error);
	r->error = own && (is_error(r->line) || (r->error && *r->line == ' '));
	if (r->error)
		(void)snprintf(r->reason + n, sizeof(r->reason) - n, "%s%s",
		    n == 0 ? "" : "; ", r->line + strspn(r->line, " "));
	if (own && r->said != NULL)
		r->said(r->ctx, r->line);
	r->len = 0;
}

/* What does not fit a line is cut off, and read on to its end. */
static void
drain(struct packager *r)
{
	char chunk[1024];
	ssize_t n;

	while ((n = read(r->out, chunk, sizeof(chunk))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (chunk[i] == '\n')
				take_line(r);
			else if (r->len < LINE_ROOM - 1)
				r->line[r->len++] = chunk[i];
	if (n == 0)
		loop_forget(r->agent->loop, r->out);
}

static void
on_output(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	drain(ctx);
}

static void
free_all(struct packager *r)
{
	if (r->out != -1) {
		loop_forget(r->agent->loop, r->out);
		(void)close(r->out);
	}
	free(r);
}

static void
on_end(void *ctx, int fd, uint32_t events)
{
	struct packager *r = ctx;
	struct packager over = *r;
	struct err why;
	char how[80];
	int status;

	(void)events;
	loop_forget(r->agent->loop, fd);
	if (!child_reap(&r->child, &status))
		status = 0;
	drain(r);
	if (r->len > 0)
		take_line(r);
	child_say(status, how, sizeof(how));
	(void)err_set(&why, EIO, "%s: %s", r->manager,
	    r->reason[0] == '\0' ? how : r->reason);
	free_all(r);
	over.done(over.ctx, status == 0 ? NULL : &why);
}

static int
spawn(
    struct packager *r, const struct packager_order *o, int out, struct err *e)
{
	const struct settings *s = &r->agent->settings;
	char path[512], seconds[24];
	char **argv = calloc(o->count + FIXED_WORDS + 1, sizeof(*argv));
	struct child_spec spec = { .path = path, .argv = argv, .out = out };
	const char *fixed[FIXED_WORDS] = { "ingot-packager", o->manager,
		strcmp(o->manager, "dpkg") == 0 ? s->dpkg : s->opkg,
		s->package_root, seconds, o->verb };
	int rc;

	if (argv == NULL)
		return err_set(e, ENOMEM, "no memory");
	(void)snprintf(path, sizeof(path), "%s/ingot-packager", s->libexec_dir);
	(void)snprintf(
	    seconds, sizeof(seconds), "%lld", (long long)s->package_s);
	for (size_t i = 0; i < FIXED_WORDS; i++)
		argv[i] = (char *)(uintptr_t)fixed[i];
	for (size_t i = 0; i < o->count; i++)
		argv[FIXED_WORDS + i] = (char *)(uintptr_t)o->operands[i];
	rc = child_spawn(&spec, &r->child, e);
	free(argv);
	return rc;
}

static int
start(struct packager *r, const struct packager_order *o, struct err *e)
{
	struct loop *loop = r->agent->loop;
	int ends[2], rc;

	if (o->count > OPERANDS_MAX)
		return err_set(e, E2BIG, "more than %d packages", OPERANDS_MAX);
	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(e, "pipe");
	r->out = ends[0];
	rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1
	    ? err_sys(e, "pipe")
	    : spawn(r, o, ends[1], e);
	(void)close(ends[1]);
	if (rc == -1 ||
	    loop_watch(loop, r->out, EPOLLIN, on_output, r, e) == -1)
		return -1;
	return loop_watch(loop, r->child.pidfd, EPOLLIN, on_end, r, e);
}

struct packager *
packager_run(struct agent *agent, const struct packager_order *o, struct err *e)
{
	struct packager *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (void)err_set(e, ENOMEM, "no memory"), NULL;
	*r = (struct packager){ .agent = agent,
		.said = o->said,
		.done = o->done,
		.ctx = o->ctx,
		.child = { .pidfd = -1 },
		.out = -1 };
	(void)snprintf(r->manager, sizeof(r->manager), "%s", o->manager);
	if (start(r, o, e) == 0)
		return r;
	packager_stop(r);
	return NULL;
}

void
packager_stop(struct packager *r)
{
	int status;

	if (r == NULL)
		return;
	if (r->out != -1) {
		loop_forget(r->agent->loop, r->out);
		(void)close(r->out);
		r->out = -1;
	}
	if (r->child.pid != 0) {
		loop_forget(r->agent->loop, r->child.pidfd);
		(void)waitid(P_PIDFD, (id_t)r->child.pidfd, &(siginfo_t){ 0 },
		    WEXITED | WNOWAIT);
		(void)child_reap(&r->child, &status);
	}
	free_all(r);
}
