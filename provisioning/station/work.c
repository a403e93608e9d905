/* SPDX-License-Identifier: MIT */
/*
 * The worker: walks down the table of steps. Between two steps it looks
 * whether it is to stop; within a step nothing interrupts it, since a step is
 * what can be done again, half a step is not.
 */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "rejoin.h"
#include "work.h"

/* Sends o, which is taken. A leader that is gone has taken this process with
 * it, or will in a moment. */
static void
tell_take(struct work *w, json_t *o)
{
	own_json json_t *owned = o;
	own_str char *line = o == NULL ? NULL : json_line(owned);

	if (line != NULL)
		(void)send(w->leader, line, strlen(line), MSG_NOSIGNAL);
}

static void
printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

void
work_note(struct work *w, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printable(text);
	tell_take(w, json_pack("{s:s, s:s}", "say", "note", "text", text));
}

void
work_fact(struct work *w, const char *name, const char *text)
{
	char clean[160];

	(void)snprintf(clean, sizeof(clean), "%s", text);
	printable(clean);
	tell_take(w,
	    json_pack(
		"{s:s, s:s, s:s}", "say", "fact", "name", name, "text", clean));
}

int
work_key(struct work *w, const struct hostkey_shown *k, const char *after,
    struct err *e)
{
	own_json json_t *answer = NULL;
	json_t *ask = json_pack(
	    "{s:s, s:s, s:s}", "say", "key", "type", k->type, "text", k->text);
	char buf[WORK_PACKET_MAX];
	const char *why;
	ssize_t n;

	if (after != NULL)
		(void)json_object_set_new(ask, "after", json_string(after));
	tell_take(w, ask);
	if ((n = recv(w->leader, buf, sizeof(buf), 0)) <= 0)
		return err_set(e, ESHUTDOWN, "the leader is gone");
	answer = json_parse("leader", buf, (size_t)n, sizeof(buf), e);
	if (answer == NULL)
		return -1;
	if (json_is_true(json_object_get(answer, "ok")))
		return 0;
	if (json_str_or(answer, "why", ERR_TEXT_MAX, "?", &why, e) == 0)
		(void)err_set(e, EPERM, "%s", why);
	return -1;
}

static int
judge(void *ctx, const struct hostkey_shown *k, struct err *e)
{
	return work_key(ctx, k, NULL, e);
}

struct link_want
work_want(struct work *w)
{
	return (struct link_want){ .unit = w->unit,
		.timeout_s = w->job->timeout_s,
		.identity = w->job->identity,
		.password = w->job->password,
		.judge = judge,
		.ctx = w };
}

int
work_connect(struct work *w, struct err *e)
{
	struct link_want how = work_want(w);
	struct err other;

	link_free(w->link);
	w->link = link_open(&how, e);
	if (w->link == NULL && e->code == EPERM && rejoin_prove(w, &other) == 0)
		w->link = link_open(&how, e);
	if (w->link != NULL) {
		work_fact(w, "hostkey", link_hostkey(w->link));
		return 0;
	}
	if (e->code == EPERM) {
		w->refused = true;
		w->next = "find out why: if this really is the unit, put its "
			  "key into the list, or take its old lines out of the "
			  "line's known_hosts";
	}
	return -1;
}

int
work_login(struct work *w, struct err *e)
{
	struct link_want how = work_want(w);

	return link_login(w->link, &how, e);
}

static bool
stop_asked(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

static void __attribute__((noreturn)) end(struct work *w, enum outcome_how how,
    const char *step, const char *why, const char *next)
{
	char clean[ERR_TEXT_MAX];

	(void)snprintf(clean, sizeof(clean), "%s", why);
	printable(clean);
	link_free(w->link);
	tell_take(w,
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "say", "end", "result",
		outcome_name(how), "step", step, "why", clean, "next", next));
	_exit(0);
}

static void __attribute__((noreturn))
fail(struct work *w, const struct step *s, const struct err *e)
{
	const char *next = w->next != NULL ? w->next : s->next;
	bool gone = e->code == ECONNRESET || e->code == ETIMEDOUT ||
	    e->code == EHOSTUNREACH || e->code == ENETUNREACH;

	if (gone && w->next == NULL)
		next = "look at the unit's cable and power, then run the same "
		       "command again; it goes on where this ended";
	end(w, w->refused ? OUTCOME_REFUSED : OUTCOME_FAILED, s->name, e->text,
	    next);
}

void
work_run(struct work *w)
{
	sigset_t term;
	struct err e;

	/* Blocked and looked at, so that it interrupts no call of libssh. */
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &term, NULL);
	/* Ctrl-C goes to the leader, who says what is to be done. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	for (const struct step *s = steps; s->name != NULL; s++) {
		if (s->wanted != NULL && !s->wanted(w))
			continue;
		if (stop_asked())
			end(w, OUTCOME_INTERRUPTED, s->name,
			    "stopped by a person before this step",
			    "run the same command again; it goes on here");
		tell_take(w,
		    json_pack("{s:s, s:s, s:i}", "say", "step", "step", s->name,
			"limit_s", (int)s->limit_s));
		w->next = NULL;
		if (s->run(w, &e) == -1)
			fail(w, s, &e);
	}
	end(w, OUTCOME_DONE, "", "", "");
}
