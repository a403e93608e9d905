/* SPDX-License-Identifier: MIT */
/*
 * ingot log: the audit trail, read from its file, so that it can be read and
 * verified also when no agent runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "cli_in.h"
#include "own.h"

#define LINE_MAX_BYTES (256 * 1024)
#define FOLLOW_US      300000

static enum ctl_code
verify(struct cli *c)
{
	own_fd int state =
	    open(c->settings.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_json json_t *result = NULL;
	size_t lines = 0;
	struct err e;

	if (state == -1) {
		(void)err_sys(&e, "%s", c->settings.state_dir);
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (audit_verify(c->settings.log_dir, state, &lines, &e) == -1)
		return cli_fail(c, CODE_FAILED, &e);
	result =
	    json_pack("{s:b, s:I}", "whole", 1, "lines", (json_int_t)lines);
	if (c->json)
		cli_json(result);
	else
		(void)printf("%zu lines, the chain is whole\n", lines);
	return CODE_OK;
}

/* The time, however the trail writes it. */
static void
show_time(const json_t *o)
{
	const json_t *t = json_object_get(o, "time");
	char text[64];
	time_t at;
	struct tm tm;

	if (json_is_string(t)) {
		(void)printf("%s ", json_string_value(t));
		return;
	}
	at = (time_t)json_number_value(t);
	(void)strftime(text, sizeof(text), "%F %T", localtime_r(&at, &tm));
	(void)printf("%s ", text);
}

static bool
is_frame(const char *key)
{
	static const char *const frame[] = { "time", "who", "kind", "prev",
		"seq", "hash" };

	for (size_t i = 0; i < sizeof(frame) / sizeof(frame[0]); i++)
		if (strcmp(frame[i], key) == 0)
			return true;
	return false;
}

static void
show_line(const struct cli *c, const char *line, size_t len)
{
	struct err e;
	own_json json_t *o = NULL;
	const char *key;
	json_t *value;

	if (c->json) {
		(void)printf("%.*s\n", (int)len, line);
		return;
	}
	o = json_parse("line", line, len, LINE_MAX_BYTES, &e);
	if (o == NULL) {
		(void)printf("DAMAGED: %s\n", e.text);
		return;
	}
	show_time(o);
	(void)printf("%-16s %-18s", cli_text(o, "who"), cli_text(o, "kind"));
	json_object_foreach(o, key, value)
	{
		own_str char *text = is_frame(key) ? NULL : json_line(value);

		if (text != NULL)
			(void)printf(" %s=%s", key, text);
	}
	(void)printf("\n");
}

/* Where the last n lines begin. */
static long
tail(FILE *f, long n)
{
	long *starts = calloc((size_t)n, sizeof(*starts));
	char *line = NULL;
	size_t room = 0;
	long count = 0, at = 0;
	ssize_t len;

	if (starts == NULL)
		return 0;
	while ((len = getline(&line, &room, f)) > 0) {
		starts[count++ % n] = at;
		at += len;
	}
	at = count > n ? starts[count % n] : 0;
	free(line);
	free(starts);
	return at;
}

static enum ctl_code
print(struct cli *c, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	for (;;) {
		while ((len = getline(&line, &room, f)) > 0)
			show_line(
			    c, line, (size_t)len - (line[len - 1] == '\n'));
		if (cli_option(c, "follow") == NULL || fflush(stdout) == EOF)
			break;
		(void)usleep(FOLLOW_US);
		clearerr(f);
	}
	free(line);
	return CODE_OK;
}

static enum ctl_code
run(struct cli *c)
{
	char path[4096];
	own_file FILE *f = NULL;
	struct err e;
	long lines;

	if (cli_option(c, "verify") != NULL)
		return verify(c);
	if (cli_number(c, "lines", 1, 1000000, 50, &lines, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	(void)snprintf(path, sizeof(path), "%s/audit", c->settings.log_dir);
	if ((f = fopen(path, "re")) == NULL) {
		(void)err_sys(&e, "%s", path);
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (fseek(f, tail(f, lines), SEEK_SET) == -1) {
		(void)err_sys(&e, "%s", path);
		return cli_fail(c, CODE_FAILED, &e);
	}
	return print(c, f);
}

const struct cli_command cli_log = {
	.name = "log",
	.operands = "",
	.brief = "show or verify the audit trail",
	.text =
	    "Each line of the trail bears the hash of the line before it. "
	    "--verify walks them all and names the first that does not fit; "
	    "it needs no agent.",
	.options = (const struct cli_option[]){ { "verify", NULL,
						    "check the whole chain" },
	    { "lines", "N", "show the last N (50)" },
	    { "follow", NULL, "go on as lines are added" },
	    { NULL, NULL, NULL } },
	.examples = (const struct cli_example[]){ { "ingot log --verify",
						      "was it tampered with?" },
	    { "ingot log --follow --json", "for a collector" },
	    { NULL, NULL } },
	.run = run,
};
