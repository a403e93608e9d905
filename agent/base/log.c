/* SPDX-License-Identifier: MIT */
/*
 * One line, one write(2): lines of several processes on the same descriptor
 * do not mix. No locks, no heap, so any thread may log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

static const char *log_who = "ingot";
static enum log_form form = LOG_PLAIN;
static int least_urgent = LOG_INFO;

void
log_init(const char *who, enum log_form f, int most)
{
	log_who = who;
	form = f;
	least_urgent = most;
}

enum log_form
log_form_here(void)
{
	return getenv("JOURNAL_STREAM") != NULL ? LOG_JOURNAL : LOG_PLAIN;
}

/* Text from anyone, as the inside of a JSON string; also cuts it to size. */
static void
json_inside(char *out, size_t size, const char *s)
{
	size_t n = 0, len;

	for (; *s != '\0' && n + 5 < size; s += len == 0 ? 1 : len) {
		len = text_character(s);
		if (*s == '"' || *s == '\\')
			out[n++] = '\\';
		if (len == 0)
			out[n++] = '?';
		for (size_t i = 0; i < len; i++)
			out[n++] = s[i];
	}
	out[n] = '\0';
}

static int
format_line(char *line, size_t size, int priority, const char *text)
{
	char safe[2 * LOG_LINE_MAX];

	switch (form) {
	case LOG_JSON:
		json_inside(safe, sizeof(safe), text);
		return snprintf(line, size,
		    "{\"priority\":%d,\"who\":\"%s\",\"text\":\"%s\"}\n",
		    priority, log_who, safe);
	case LOG_JOURNAL:
		return snprintf(
		    line, size, "<%d>%s: %s\n", priority, log_who, text);
	case LOG_PLAIN:
		break;
	}
	return snprintf(line, size, "%s: %s\n", log_who, text);
}

void
log_at(int priority, const char *fmt, ...)
{
	char text[LOG_LINE_MAX], line[3 * LOG_LINE_MAX];
	va_list ap;
	int n;

	if (priority > least_urgent)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	n = format_line(line, sizeof(line), priority, text);
	if (n > 0 && write(STDERR_FILENO, line, strlen(line)) == -1)
		return; /* nobody reads the log: nothing better to do */
}
