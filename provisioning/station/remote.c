/* SPDX-License-Identifier: MIT */
/*
 * One string goes over the wire and is taken apart by the login's shell, so
 * the quoting here is the whole defence; single quotes leave POSIX shells, ash
 * and dash and bash alike, nothing to interpret.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "remote.h"
#include "work.h"

#define LINE_SHOWN 240

static void
quote(struct bytes *out, const char *text)
{
	bytes_add(out, "'", 1);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			bytes_add(out, "'\\''", 4);
		else
			bytes_add(out, text, 1);
	}
	bytes_add(out, "'", 1);
}

int
remote_command(struct bytes *out, bool root, const char *script,
    const char *const args[], struct err *e)
{
	bytes_fmt(out, "%ssh -c ", root ? "" : "sudo -n -- ");
	quote(out, script);
	bytes_fmt(out, " ingot-station");
	for (; args != NULL && *args != NULL; args++) {
		for (const char *p = *args; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return err_set(e, EINVAL,
				    "a control character in an argument");
		bytes_add(out, " ", 1);
		quote(out, *args);
	}
	return out->bad ? err_set(e, ENOMEM, "no memory") : 0;
}

const char *
remote_last_line(const struct said *s)
{
	static char line[LINE_SHOWN + 1];
	const struct bytes *b = s->err.len > 0 ? &s->err : &s->out;
	size_t end = b->len, begin;

	while (end > 0 && (unsigned char)b->p[end - 1] <= ' ')
		end--;
	for (begin = end; begin > 0 && b->p[begin - 1] != '\n';)
		begin--;
	(void)snprintf(line, sizeof(line), "%.*s", (int)(end - begin),
	    b->p == NULL ? "" : b->p + begin);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	return line;
}

/* What the whole fleet of reasons has in common. */
static void
know_reason(struct work *w, const struct said *s)
{
	if (s->err.p != NULL &&
	    strstr(s->err.p, "No space left on device") != NULL)
		w->next = "free space on the unit (its disk is full), then run "
			  "the same command again";
	if (s->err.p != NULL && strstr(s->err.p, "Read-only file system"))
		w->next = "make the unit's file system writable, then run the "
			  "same command again";
}

int
remote_try(struct work *w, const char *script, const char *const args[],
    const struct link_input *in, unsigned limit_s, struct err *e)
{
	own_bytes struct bytes command = { 0 };

	if (remote_command(&command, w->root, script, args, e) == -1 ||
	    link_run(w->link, command.p, in, limit_s * 1000, &w->said, e) == -1)
		return -1;
	if (w->said.status < 0)
		return err_set(e, EPROTO, "the command was killed on the unit");
	know_reason(w, &w->said);
	return w->said.status;
}

int
remote_run(struct work *w, const char *script, const char *const args[],
    const struct link_input *in, unsigned limit_s, struct err *e)
{
	int status = remote_try(w, script, args, in, limit_s, e);

	if (status == 0)
		return 0;
	if (status > 0)
		(void)err_set(e, EPROTO, "status %d: %s", status,
		    remote_last_line(&w->said));
	return -1;
}

json_t *
remote_json(const struct said *s, const char *what, struct err *e)
{
	size_t n = s->out.len;

	while (n > 0 && s->out.p[n - 1] == '\n')
		n--;
	return json_parse(
	    what, s->out.p == NULL ? "" : s->out.p, n, LINK_SAID_MAX, e);
}
