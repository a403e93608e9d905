/* SPDX-License-Identifier: MIT */
/*
 * ingot ocpp top: the table of charge points in place. The terminal is put into
 * a state where one key is enough, and back into its own whatever ends it.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ocpp.h"
#include "own.h"

static volatile sig_atomic_t ended;
static struct termios before;

static void
end(int sig)
{
	(void)sig;
	ended = 1;
}

static void
catch_end(void)
{
	struct sigaction sa = { .sa_handler = end };

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
}

/* Without a terminal on stdin (a pipe, nothing) only a signal ends it. */
bool
ocpp_wait(long ms)
{
	struct pollfd key = { .fd = isatty(STDIN_FILENO) ? STDIN_FILENO : -1,
		.events = POLLIN };
	char c = 0;

	catch_end();
	if (poll(&key, 1, (int)ms) == 1 && read(STDIN_FILENO, &c, 1) == 1 &&
	    c == 'q')
		return false;
	return !ended;
}

static void
terminal_back(void)
{
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	/* The cursor again, and the line below the table. */
	(void)fputs("\x1b[?25h\n", stdout);
	(void)fflush(stdout);
}

static void
terminal_ours(void)
{
	struct termios t;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) == -1)
		return;
	t = before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0) {
		(void)atexit(terminal_back);
		(void)fputs("\x1b[?25l", stdout);
	}
}

static int
rows(void)
{
	struct winsize size = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

static enum ctl_code
table(struct cli *c, bool in_place, struct err *e)
{
	own_json json_t *reply = NULL;
	enum ctl_code code = ocpp_chargers(c, &reply, e);
	char clock[32];
	time_t now = time(NULL);
	struct tm tm;

	if (code != CODE_OK)
		return code;
	if (c->json) {
		cli_json(reply);
		(void)fflush(stdout);
		return CODE_OK;
	}
	if (in_place) {
		/* Home, and what the last one left is wiped line by line. */
		(void)strftime(
		    clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
		(void)printf("\x1b[H\x1b[2Jingot ocpp  %s   q ends\n", clock);
	}
	ocpp_show_chargers(reply, in_place ? rows() : 0);
	(void)fflush(stdout);
	return CODE_OK;
}

enum ctl_code
ocpp_top(struct cli *c)
{
	bool moving = cli_option(c, "once") == NULL && isatty(STDOUT_FILENO);
	enum ctl_code code;
	struct err e;
	long interval;

	if (cli_number(c, "interval", 1, 3600, 2, &interval, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	/* Into a pipe or a file one table is what is wanted, unless a program
	 * asks for line after line. */
	moving |= c->json && cli_option(c, "once") == NULL &&
	    cli_option(c, "interval") != NULL;
	if (moving && !c->json)
		terminal_ours();
	do
		code = table(c, moving && !c->json, &e);
	while (code == CODE_OK && moving && ocpp_wait(interval * 1000));
	return code == CODE_OK ? CODE_OK : cli_fail(c, code, &e);
}
