/* SPDX-License-Identifier: MIT */
/*
 * ingot: finds the subcommand in the table, reads its words, and runs it. What
 * a subcommand returns is the exit status (enum ctl_code in ctl.h).
 */
#include <sys/prctl.h>

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli_in.h"
#include "log.h"

const struct cli_command *
cli_find(const char *name)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* Common options may stand before the command; it is moved to the front. */
static const struct cli_command *
find_command(char **words)
{
	char **p = words;
	char *name;

	while (*p != NULL && (*p)[0] == '-')
		p += strcmp(*p, "--config") == 0 && p[1] != NULL ? 2 : 1;
	if (*p == NULL || cli_find(*p) == NULL)
		return NULL;
	name = *p;
	for (; p > words; p--)
		*p = p[-1];
	*words = name;
	return cli_find(name);
}

static enum ctl_code
no_command(struct cli *c, char **words)
{
	struct err e;
	bool help = *words != NULL &&
	    (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0);

	if (*words != NULL && strcmp(*words, "--version") == 0)
		return cli_version.run(c);
	help_usage(help ? stdout : stderr);
	if (help)
		return CODE_OK;
	if (*words == NULL)
		return CODE_USAGE;
	(void)err_set(&e, EINVAL, "there is no command \"%s\"", *words);
	return cli_fail(c, CODE_USAGE, &e);
}

static enum ctl_code
run(struct cli *c, char **words)
{
	enum ctl_code code;
	struct err e;

	if (cli_parse(c, words, &e) == -1) {
		(void)cli_fail(c, CODE_USAGE, &e);
		(void)fprintf(
		    stderr, "see: ingot %s --help\n", c->command->name);
		return CODE_USAGE;
	}
	if (cli_option(c, "help") != NULL) {
		help_command(stdout, c->command);
		return CODE_OK;
	}
	if (!c->command->bare &&
	    settings_read(&c->settings,
		c->config == NULL ? SETTINGS_FILE : c->config, &e) == -1)
		return cli_fail(c, CODE_FAILED, &e);
	code = c->command->run(c);
	cli_progress_end(c);
	return code;
}

int
main(int argc, char *argv[])
{
	struct cli c = { .terminal = isatty(STDERR_FILENO) };
	enum ctl_code code;

	(void)argc;
	/* A capture has read every secret of the sample, and Ctrl-\ writes a
	 * core; nor does another process of this user look into it. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setlocale(LC_TIME, "");
	log_init("ingot", LOG_PLAIN, LOG_WARNING);
	if (argv[0] == NULL)
		return CODE_USAGE;
	c.command = find_command(argv + 1);
	code = c.command == NULL ? no_command(&c, argv + 1) : run(&c, argv + 2);
	settings_free(&c.settings);
	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) == EOF && code == CODE_OK)
		code = CODE_FAILED;
	return (int)code;
}
