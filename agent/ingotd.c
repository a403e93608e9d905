/* SPDX-License-Identifier: MIT */
/*
 * ingotd: the core. It owns state, transaction, mode, audit trail and the
 * plugins' processes; it opens no network socket and parses nothing that came
 * from one. Its start is a table of steps, its stop the same table backwards.
 * After the start nothing makes it exit but a signal: what fails is said.
 */
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "apply.h"
#include "audit.h"
#include "ctl.h"
#include "file.h"
#include "hosts.h"
#include "log.h"
#include "notify.h"
#include "own.h"
#include "reload.h"

#define LOCK_TRIES      20
#define LOCK_WAIT_US    50000
#define RELOAD_AGAIN_MS 500 /* a reload waits for the end of a transaction */

static struct {
	struct agent agent;
	struct settings before; /* what a part may still hold a text of */
	const char *config;
	int signals;
	int reload; /* timer */
} self = { .agent = { .state = -1 }, .signals = -1 };

static struct agent *const agent = &self.agent;

/* Steps. */

static void
set_log(void)
{
	log_init("ingotd",
	    agent->settings.log_json ? LOG_JSON : log_form_here(), LOG_INFO);
}

static int
start_settings(struct err *e)
{
	if (settings_read(&agent->settings, self.config, e) == -1)
		return -1;
	set_log();
	return 0;
}

static void
stop_settings(void)
{
	settings_free(&agent->settings);
	settings_free(&self.before);
}

/* The lock tells a second agent on the same state. A child of an agent that was
 * killed holds its descriptors until it has come to its exec, so a refusal
 * counts only when it lasts. */
static int
lock_state(struct err *e)
{
	const char *dir = agent->settings.state_dir;

	for (int tries = 0; flock(agent->state, LOCK_EX | LOCK_NB) == -1;
	     tries++) {
		if (errno != EWOULDBLOCK)
			return err_sys(e, "lock %s", dir);
		if (tries == LOCK_TRIES)
			return err_set(e, EBUSY, "another agent holds %s", dir);
		(void)usleep(LOCK_WAIT_US);
	}
	return 0;
}

static int
start_state(struct err *e)
{
	const struct settings *s = &agent->settings;

	/* Hosts must reach their own folders below it, and no more. */
	if (file_mkdirs(AT_FDCWD, s->state_dir, 0711, e) == -1 ||
	    file_mkdirs(AT_FDCWD, s->log_dir, 0750, e) == -1)
		return -1;
	agent->state = open(s->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (agent->state == -1)
		return err_sys(e, "%s", s->state_dir);
	if (fchmod(agent->state, 0711) == -1)
		return err_sys(e, "%s", s->state_dir);
	return lock_state(e);
}

static void
stop_state(void)
{
	own_fd_close(&agent->state);
	agent->state = -1;
}

static int
start_audit(struct err *e)
{
	agent->audit = audit_open(agent->settings.log_dir, agent->state, e);
	if (agent->audit == NULL)
		return -1;
	audit_say(agent->audit, "agent", "AgentStarted",
	    "version %s, process %d", INGOT_VERSION, (int)getpid());
	return 0;
}

static void
stop_audit(void)
{
	audit_say(
	    agent->audit, "agent", "AgentStopped", "process %d", (int)getpid());
	audit_close(agent->audit);
}

static int
start_mode(struct err *e)
{
	return mode_load(agent, e);
}

static int
start_loop(struct err *e)
{
	return (agent->loop = loop_new(e)) == NULL ? -1 : 0;
}

static void
stop_loop(void)
{
	loop_untimer(agent->loop, self.reload);
	loop_free(agent->loop);
}

/* Reload. */

static void
reload(void *ctx)
{
	struct err e;

	(void)ctx;
	self.reload = 0;
	if (apply_busy(agent)) {
		self.reload =
		    loop_timer(agent->loop, RELOAD_AGAIN_MS, reload, NULL, &e);
		return;
	}
	notify_reloading(agent->notify);
	if (reload_settings(agent, self.config, &self.before, &e) == -1) {
		log_error("reload: %s", e.text);
		audit_say(agent->audit, "agent", "ReloadFailed", "%s", e.text);
	} else {
		set_log();
		log_note("reloaded %s", self.config);
		audit_say(agent->audit, "agent", "Reloaded", "%s", self.config);
	}
	notify_ready(agent->notify);
}

/* Signals. */

static void
on_signal(void *ctx, int fd, uint32_t events)
{
	struct signalfd_siginfo si;
	struct err e;

	(void)ctx;
	(void)events;
	if (read(fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo != SIGHUP) {
		log_note("stopping: %s", strsignal((int)si.ssi_signo));
		loop_stop(agent->loop);
		return;
	}
	loop_untimer(agent->loop, self.reload);
	self.reload = loop_timer(agent->loop, 0, reload, NULL, &e);
}

static int
start_signals(struct err *e)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_sys(e, "signals");
	self.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (self.signals == -1)
		return err_sys(e, "signals");
	return loop_watch(
	    agent->loop, self.signals, EPOLLIN, on_signal, NULL, e);
}

static void
stop_signals(void)
{
	own_fd_close(&self.signals);
}

static int
start_notify(struct err *e)
{
	return (agent->notify = notify_start(agent->loop, e)) == NULL ? -1 : 0;
}

static void
stop_notify(void)
{
	notify_stop(agent->notify);
	agent->notify = NULL;
}

static int
start_ctl(struct err *e)
{
	return ctl_start(agent, e);
}

static void
stop_ctl(void)
{
	ctl_stop(agent);
}

static int
start_hosts(struct err *e)
{
	return hosts_start(agent, e);
}

static void
stop_hosts(void)
{
	hosts_stop(agent);
}

static int
start_apply(struct err *e)
{
	return apply_start(agent, e);
}

static void
stop_apply(void)
{
	apply_stop(agent);
}

/* What the journal says can not be done today is no reason not to run. */
static int
start_recover(struct err *e)
{
	if (apply_recover(agent, e) == -1) {
		log_error("recovery: %s", e->text);
		audit_say(
		    agent->audit, "agent", "RecoveryFailed", "%s", e->text);
	}
	return 0;
}

static void
stop_recover(void)
{
	notify_stopping(agent->notify);
}

static void
stop_nothing(void)
{
}

/* In this order; backwards at the end, so who asks goes before who answers. */
static const struct {
	const char *name;
	int (*start)(struct err *);
	void (*stop)(void);
} steps[] = {
	{ "settings", start_settings, stop_settings },
	{ "state", start_state, stop_state },
	{ "audit trail", start_audit, stop_audit },
	{ "mode", start_mode, stop_nothing },
	{ "loop", start_loop, stop_loop },
	{ "signals", start_signals, stop_signals },
	{ "service manager", start_notify, stop_notify },
	{ "command socket", start_ctl, stop_ctl },
	{ "plugins", start_hosts, stop_hosts },
	{ "transaction", start_apply, stop_apply },
	{ "recovery", start_recover, stop_recover },
};

#define STEPS (sizeof(steps) / sizeof(*steps))

/* How many steps were taken. */
static size_t
start(struct err *e)
{
	for (size_t i = 0; i < STEPS; i++)
		if (steps[i].start(e) == -1) {
			(void)err_in(e, "%s", steps[i].name);
			return i;
		}
	return STEPS;
}

static void
usage(FILE *to)
{
	(void)fprintf(to,
	    "usage: ingotd [--config FILE]\n"
	    "       ingotd --version | --help\n"
	    "The gateway agent. It stays in the foreground; see ingotd(8).\n");
}

/* -1, or the exit status of a command line that asks for no agent. */
static int
options(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	self.config = SETTINGS_FILE;
	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (c == 'c')
			self.config = optarg;
		else if (c == 'v')
			return puts("ingotd " INGOT_VERSION), 0;
		else if (c == 'h')
			return usage(stdout), 0;
		else
			return usage(stderr), 2;
	}
	return optind == argc ? -1 : (usage(stderr), 2);
}

/* A late watchdog ends it with SIGABRT, and what fills slots, or opens a
 * bundle, would be in the core. The limit is for its children, such as
 * ssh-keygen; the flag also for a kernel that pipes cores to a program. */
static int
leave_no_core(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return err_sys(e, "core files");
	return 0;
}

int
main(int argc, char *argv[])
{
	int status = options(argc, argv);
	struct err e;
	size_t done = 0;
	bool good;

	if (status != -1)
		return status;
	(void)umask(022); /* file.h sets the modes that matter */
	log_init("ingotd", log_form_here(), LOG_INFO);
	if (leave_no_core(&e) == 0)
		done = start(&e);
	good = done == STEPS && loop_run(agent->loop, &e) == 0;
	if (!good)
		log_error("%s", e.text);
	while (done-- > 0)
		steps[done].stop();
	return good ? 0 : 1;
}
