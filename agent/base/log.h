/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <syslog.h>

/*
 * Log lines on standard error, for a journal, a terminal or a script:
 *
 *	<4>ingotd: ...			the journal reads the priority
 *	ingotd: ...			on a terminal
 *	{"priority":4,"who":"ingotd","text":"..."}	LOG_JSON
 *
 * A line holds at most LOG_LINE_MAX bytes; control characters become '?', so
 * nobody's text can forge a second line. Secrets never come here: whoever has
 * one does not format it.
 */
#define LOG_LINE_MAX 1024

enum log_form {
	LOG_PLAIN,
	LOG_JOURNAL,
	LOG_JSON
};

/* who is borrowed for ever. Lines above (less urgent than) most are dropped. */
void log_init(const char *who, enum log_form, int most);
/* LOG_JOURNAL under systemd (JOURNAL_STREAM is set), else LOG_PLAIN. */
enum log_form log_form_here(void);

void log_at(int priority, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARNING, __VA_ARGS__)
#define log_note(...)  log_at(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
