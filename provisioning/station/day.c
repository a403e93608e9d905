/* SPDX-License-Identifier: MIT */
/*
 * One loop, one process for each unit under way. A process a unit and not a
 * thread: what a hostile or broken unit does to libssh stays there, a worker
 * that hangs is killed without leaving a lock held, and the steps are plain
 * blocking code. The leader is single-threaded, so it may fork.
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "day.h"
#include "day_talk.h"
#include "file.h"
#include "rejoin.h"
#include "report.h"
#include "work.h"

static void begin_units(struct day *);

void
day_count(const struct day *d, size_t counts[static OUTCOMES])
{
	memset(counts, 0, OUTCOMES * sizeof(*counts));
	for (size_t i = 0; i < d->units->count; i++)
		counts[d->outcomes[i].how]++;
}

/* The day can not be kept any more: what is under way is ended. */
static void
broken(struct day *d, const struct err *e)
{
	if (d->broken.text[0] == '\0')
		d->broken = *e;
	d->stops++;
	for (long i = 0; i < d->job->jobs; i++)
		if (d->workers[i].pid != 0)
			(void)kill(d->workers[i].pid, SIGTERM);
}

/* How a worker ended that did not say how it went. */
static void
judge_silence(struct day *d, struct worker *w, int status)
{
	struct outcome *o = &d->outcomes[w->at];

	o->how = d->stops > 1 ? OUTCOME_INTERRUPTED : OUTCOME_FAILED;
	if (d->stops > 1)
		(void)snprintf(o->why, sizeof(o->why), "stopped at once");
	else if (WIFSIGNALED(status) && o->why[0] == '\0')
		(void)snprintf(o->why, sizeof(o->why),
		    "the station's worker died of signal %d", WTERMSIG(status));
	else if (o->why[0] == '\0')
		(void)snprintf(
		    o->why, sizeof(o->why), "the station's worker ended");
	(void)snprintf(o->next, sizeof(o->next),
	    "run the same command again; it asks the unit where it stands");
}

static void
worker_over(struct worker *w)
{
	struct day *d = w->day;
	struct outcome *o = &d->outcomes[w->at];
	struct err e;
	int status = 0;

	loop_forget(d->loop, w->fd);
	loop_untimer(d->loop, w->timer);
	(void)close(w->fd);
	while (waitpid(w->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (!w->ended)
		judge_silence(d, w, status);
	o->ended = time(NULL);
	o->ms = (int64_t)(now_ms() - w->began_ms);
	w->pid = 0;
	d->running--;
	/* On disk first, then told. */
	if (daybook_end(d->book, &d->units->unit[w->at], o, &e) == -1)
		broken(d, &e);
	show_unit(d, w->at);
	begin_units(d);
	if (d->running == 0)
		loop_stop(d->loop);
}

static void
worker_late(void *ctx)
{
	struct worker *w = ctx;
	struct outcome *o = &w->day->outcomes[w->at];

	(void)snprintf(o->why, sizeof(o->why),
	    "the step has not ended in its time and was given up");
	/* Its end of the pair closes, which is how the rest goes on. */
	(void)kill(w->pid, SIGKILL);
}

static void
worker_spoke(void *ctx, int fd, uint32_t events)
{
	struct worker *w = ctx;
	char buf[WORK_PACKET_MAX];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	unsigned limit_s;
	struct err e;

	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		worker_over(w);
		return;
	}
	limit_s = day_hear(w, buf, (size_t)n);
	if (limit_s == 0)
		return;
	loop_untimer(w->day->loop, w->timer);
	w->timer = loop_timer(w->day->loop,
	    UINT64_C(1000) * (limit_s + 3 * w->day->job->timeout_s),
	    worker_late, w, &e);
	if (w->timer == -1)
		broken(w->day, &e);
}

/* In the new process: what belongs to the leader alone is let go. */
static void __attribute__((noreturn))
be_worker(struct day *d, size_t at, int fd, pid_t leader)
{
	static struct work w;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != leader)
		_exit(1);
	for (long i = 0; i < d->job->jobs; i++)
		if (d->workers[i].pid != 0)
			(void)close(d->workers[i].fd);
	daybook_close(d->book);
	w = (struct work){ .job = d->job,
		.unit = &d->units->unit[at],
		.leader = fd,
		.out = d->out };
	work_run(&w);
}

static int
begin_unit(struct day *d, struct worker *w, size_t at, struct err *e)
{
	struct outcome *o = &d->outcomes[at];
	pid_t leader = getpid();
	int pair[2];

	if (daybook_begin(d->book, &d->units->unit[at], e) == -1)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, "socketpair");
	*o = (struct outcome){ .how = OUTCOME_RUNNING,
		.began = time(NULL),
		.tries = o->tries + 1 };
	*w = (struct worker){
		.day = d, .at = at, .fd = pair[0], .began_ms = now_ms()
	};
	(void)fflush(NULL);
	if (loop_watch(d->loop, w->fd, EPOLLIN, worker_spoke, w, e) == 0 &&
	    (w->pid = fork()) == 0) {
		(void)close(pair[0]);
		be_worker(d, at, pair[1], leader);
	}
	(void)close(pair[1]);
	if (w->pid > 0) {
		d->running++;
		return 0;
	}
	if (w->pid == -1)
		(void)err_sys(e, "fork");
	w->pid = 0;
	o->how = OUTCOME_WAITING;
	loop_forget(d->loop, pair[0]);
	(void)close(pair[0]);
	return -1;
}

static void
begin_units(struct day *d)
{
	struct err e;

	for (long i = 0; i < d->job->jobs && d->stops == 0; i++) {
		while (d->next < d->units->count &&
		    d->outcomes[d->next].how == OUTCOME_DONE)
			d->next++;
		if (d->next == d->units->count)
			return;
		if (d->workers[i].pid == 0 &&
		    begin_unit(d, &d->workers[i], d->next++, &e) == -1)
			broken(d, &e);
	}
}

static void
told_to_stop(void *ctx, int fd, uint32_t events)
{
	struct day *d = ctx;
	struct signalfd_siginfo s;

	(void)events;
	if (read(fd, &s, sizeof(s)) != sizeof(s))
		return;
	show_say(d, "%s",
	    d->stops++ == 0
		? "stopping: units in work end their step; once more stops "
		  "them at once"
		: "stopping at once");
	for (long i = 0; i < d->job->jobs; i++)
		if (d->workers[i].pid != 0)
			(void)kill(d->workers[i].pid,
			    d->stops == 1 ? SIGTERM : SIGKILL);
	if (d->running == 0)
		loop_stop(d->loop);
}

static int
hear_signals(struct day *d, struct err *e)
{
	sigset_t set;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_sys(e, "signals");
	return loop_watch(d->loop, fd, EPOLLIN, told_to_stop, d, e);
}

/* What a station that was killed in the middle of a write left. The day book's
 * lock is ours by now: nobody else writes here. */
static int
sweep(const struct day *d, struct err *e)
{
	static const char *const folders[] = { ".", "birth", REJOIN_DIR };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (file_sweep(d->out, folders[i], e) == -1 &&
		    e->code != ENOENT)
			return -1;
	return 0;
}

static int
open_day(struct day *d, const char *known, struct err *e)
{
	const struct job *j = d->job;

	if (file_mkdirs(AT_FDCWD, j->out, 0755, e) == -1)
		return -1;
	d->out = open(j->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->out == -1 ||
	    (mkdirat(d->out, "birth", 0755) == -1 && errno != EEXIST))
		return err_sys(e, "%s", j->out);
	d->outcomes = calloc(d->units->count, sizeof(*d->outcomes));
	d->workers = calloc((size_t)j->jobs, sizeof(*d->workers));
	if (d->outcomes == NULL || d->workers == NULL)
		return err_set(e, ENOMEM, "no memory");
	d->book =
	    daybook_open(d->out, j->out, j->goal, d->units, d->outcomes, e);
	if (d->book == NULL || (d->keys = hostkeys_open(known, e)) == NULL ||
	    (d->loop = loop_new(e)) == NULL)
		return -1;
	return sweep(d, e) == -1 ? -1 : hear_signals(d, e);
}

static void
close_day(struct day *d)
{
	loop_free(d->loop);
	hostkeys_free(d->keys);
	daybook_close(d->book);
	free(d->outcomes);
	free(d->workers);
	if (d->out != -1)
		(void)close(d->out);
}

/* What an earlier run left: done units are shown and left alone, the others
 * wait for their turn. */
static void
take_up(struct day *d)
{
	for (size_t i = 0; i < d->units->count; i++) {
		if (d->outcomes[i].how == OUTCOME_DONE)
			show_unit(d, i);
		else
			d->outcomes[i] =
			    (struct outcome){ .tries = d->outcomes[i].tries };
	}
}

static int
hold(struct day *d, struct err *e)
{
	size_t n[OUTCOMES];

	take_up(d);
	begin_units(d);
	show_tick(d);
	if (d->running > 0 && loop_run(d->loop, e) == -1)
		return -1;
	if (report_write(d, e) == -1)
		return -1;
	show_end(d);
	if (d->broken.text[0] != '\0') {
		*e = d->broken;
		return -1;
	}
	day_count(d, n);
	return n[OUTCOME_DONE] == d->units->count ? 0 : 1;
}

int
day_run(const struct job *j, struct units *units, struct err *e)
{
	struct day d = {
		.job = j, .units = units, .out = -1, .began = time(NULL)
	};
	char known[4096];
	int rc = -1;

	show_open(&d.show, j->json);
	if (snprintf(known, sizeof(known), "%s/known_hosts", j->out) >=
	    (int)sizeof(known))
		(void)err_set(e, ENAMETOOLONG, "--out %.100s...", j->out);
	else if (open_day(&d, known, e) == 0)
		rc = hold(&d, e);
	close_day(&d);
	return rc;
}
