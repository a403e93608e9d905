/* SPDX-License-Identifier: MIT */
/*
 * What all subcommands share: reading the words of the command line against a
 * command's table, asking the agent, and saying how it went. Standard output
 * is for results, standard error for progress and reasons.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_in.h"

const struct cli_option cli_common[] = {
	{ "json", NULL, "print one JSON line for scripts" },
	{ "config", "FILE", "settings file (default " SETTINGS_FILE ")" },
	{ "help", NULL, "show this" },
	{ NULL, NULL, NULL },
};

static const struct cli_option *
find_in(const struct cli_option *list, const char *name, size_t n)
{
	for (; list != NULL && list->name != NULL; list++)
		if (strlen(list->name) == n &&
		    strncmp(list->name, name, n) == 0)
			return list;
	return NULL;
}

/* "name" or "name=value", n being the length of the name. */
static const struct cli_option *
find_option(const struct cli *c, const char *word, size_t n)
{
	const struct cli_option *o = find_in(cli_common, word, n);

	if (o == NULL && c->command != NULL)
		o = find_in(c->command->options, word, n);
	return o;
}

/* words[0] is "--name...": how many words it took, or -1. */
static int
take_option(struct cli *c, char **words, struct err *e)
{
	const char *word = words[0] + 2;
	const char *equals = strchr(word, '=');
	size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
	const struct cli_option *o = find_option(c, word, n);
	int took = 1;

	if (o == NULL)
		return err_set(e, EINVAL, "there is no option %s", words[0]);
	if (c->given_count == CLI_OPTIONS_MAX)
		return err_set(e, E2BIG, "too many options");
	if (o->value == NULL && equals != NULL)
		return err_set(e, EINVAL, "--%s takes no value", o->name);
	c->values[c->given_count] = equals == NULL ? "" : equals + 1;
	if (o->value != NULL && equals == NULL) {
		if (words[1] == NULL)
			return err_set(
			    e, EINVAL, "--%s needs %s", o->name, o->value);
		c->values[c->given_count] = words[1];
		took = 2;
	}
	c->given[c->given_count++] = o;
	return took;
}

static int
check_operands(const struct cli *c, struct err *e)
{
	const struct cli_command *cmd = c->command;

	if (cli_option(c, "help") != NULL)
		return 0;
	if (c->operand_count < cmd->operands_min)
		return err_set(
		    e, EINVAL, "%s needs %s", cmd->name, cmd->operands);
	if (c->operand_count > cmd->operands_max)
		return err_set(e, EINVAL, "%s: \"%s\" is one word too many",
		    cmd->name, c->operands[cmd->operands_max]);
	return 0;
}

int
cli_parse(struct cli *c, char **words, struct err *e)
{
	bool options = true;
	int took;

	c->operands = words; /* compacted in place */
	for (char **p = words; *p != NULL; p += took) {
		took = 1;
		if (options && strcmp(*p, "--") == 0) {
			options = false;
		} else if (options && strncmp(*p, "--", 2) == 0) {
			if ((took = take_option(c, p, e)) == -1)
				return -1;
		} else if (options && strcmp(*p, "-h") == 0) {
			c->values[0] = "";
			c->given[0] = find_in(cli_common, "help", 4);
			c->given_count = 1;
		} else if (options && (*p)[0] == '-' && (*p)[1] != '\0') {
			return err_set(e, EINVAL, "there is no option %s", *p);
		} else
			c->operands[c->operand_count++] = *p;
	}
	c->operands[c->operand_count] = NULL;
	c->json = cli_option(c, "json") != NULL;
	c->config = cli_option(c, "config");
	return check_operands(c, e);
}

const char *
cli_option_nth(const struct cli *c, const char *name, int nth)
{
	for (int i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i]->name, name) == 0 && nth-- == 0)
			return c->values[i];
	return NULL;
}

const char *
cli_option(const struct cli *c, const char *name)
{
	const char *last = NULL;

	for (int i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i]->name, name) == 0)
			last = c->values[i];
	return last;
}

int
cli_number(const struct cli *c, const char *name, long min, long max,
    long otherwise, long *out, struct err *e)
{
	const char *text = cli_option(c, name);
	char *end;

	*out = otherwise;
	if (text == NULL)
		return 0;
	errno = 0;
	*out = strtol(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0' || *out < min ||
	    *out > max)
		return err_set(
		    e, EINVAL, "--%s is a number, %ld to %ld", name, min, max);
	return 0;
}

/* A terminal shows one line that changes; a log shows them all. */
void
cli_progress(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json || c->quiet)
		return;
	if (c->terminal && c->progress_open)
		(void)fputs("\r\033[K", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (!c->terminal)
		(void)fputc('\n', stderr);
	c->progress_open = c->terminal;
	(void)fflush(stderr);
}

void
cli_progress_end(struct cli *c)
{
	if (c->progress_open)
		(void)fputs("\r\033[K", stderr);
	c->progress_open = false;
}

enum ctl_code
cli_fail_list(struct cli *c, enum ctl_code code, const struct err *e,
    const json_t *findings)
{
	own_json json_t *o = NULL;

	cli_progress_end(c);
	(void)fprintf(stderr, "ingot%s%s: ", c->command == NULL ? "" : " ",
	    c->command == NULL ? "" : c->command->name);
	/* It may name what a stranger's bundle holds. */
	cli_print_line(stderr, e->text);
	(void)fputc('\n', stderr);
	if (c->json) {
		o = json_pack("{s:o, s:i, s:O*}", "error", json_text(e->text),
		    "code", (int)code, "findings", findings);
		cli_json(o);
	} else
		cli_print_findings(stderr, findings, true);
	return code;
}

enum ctl_code
cli_fail(struct cli *c, enum ctl_code code, const struct err *e)
{
	return cli_fail_list(c, code, e, NULL);
}

void
cli_json(const json_t *o)
{
	own_str char *line = json_line(o);

	(void)printf("%s\n", line == NULL ? "{}" : line);
}

const char *
cli_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text == NULL || *text == '\0' ? "-" : text;
}
