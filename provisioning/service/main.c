/* SPDX-License-Identifier: MIT */
/*
 * ingot-provision: the cloud side. Options and subcommands are two tables
 * (options.c, commands.c); help is printed from them. Exit status: 0 done, 1
 * failed, 2 not understood.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"

/* Without --json: one "key: value" line each, lists as one line an element. */
static void
print_plain(const json_t *out)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	json_object_foreach((json_t *)out, key, v)
	{
		if (!json_is_array(v)) {
			own_str char *text = json_line(v);

			(void)printf("%s: %s\n", key, text);
		}
		json_array_foreach(v, i, item)
		{
			const char *serial =
			    json_string_value(json_object_get(item, "serial"));
			own_str char *line = json_line(item);

			if (serial == NULL)
				(void)printf("%s %zu: %s\n", key, i, line);
			else
				(void)printf("%-20s %-12s %s\n", serial,
				    json_string_value(
					json_object_get(item, "state")),
				    json_string_value(
					json_object_get(item, "reason")));
		}
	}
}

static int
run(const struct cmd *c, const struct cmd_args *a)
{
	own_json json_t *out = json_object();
	struct err e;

	if (out == NULL)
		return 1;
	if (c->run(a, out, &e) == -1) {
		own_str char *line = NULL;

		(void)fprintf(stderr, "ingot-provision: %s\n", e.text);
		(void)json_object_clear(out);
		(void)json_object_set_new(out, "error", json_string(e.text));
		if (a->json && (line = json_line(out)) != NULL)
			(void)printf("%s\n", line);
		return 1;
	}
	if (a->json) {
		own_str char *line = json_line(out);

		(void)printf("%s\n", line != NULL ? line : "{}");
	} else
		print_plain(out);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Help that was asked for is an answer, and goes where answers go. */
static int
help(const struct cmd *c)
{
	if (c != NULL)
		cmd_help(stdout, c);
	else
		cmd_usage(stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
not_understood(const char *why)
{
	(void)fprintf(stderr, "ingot-provision: %s\n", why);
	return 2;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0;
}

static int
command(const struct cmd *c, int argc, char *const *argv)
{
	struct cmd_args a = { .home = HOME_DEFAULT };
	struct err e;

	switch (cmd_parse(&a, c, argc, argv, &e)) {
	case 0:
		return run(c, &a);
	case CMD_HELP:
		return help(c);
	default:
		return not_understood(e.text);
	}
}

int
main(int argc, char **argv)
{
	const struct cmd *c = argc > 1 ? cmd_named(argv[1]) : NULL;

	log_init("ingot-provision", log_form_here(), LOG_INFO);
	if (c != NULL)
		return command(c, argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return printf("ingot-provision %s\n", INGOT_VERSION) < 0;
	if (argc > 2 && is_help(argv[1]) && strcmp(argv[2], "--man") == 0)
		return cmd_man(stdout), fflush(stdout) != 0;
	if (argc > 1 && is_help(argv[1]))
		return help(argc > 2 ? cmd_named(argv[2]) : NULL);
	return not_understood(argc > 1
		? "no such command; \"ingot-provision --help\" lists them"
		: "a command is missing; \"ingot-provision --help\" lists "
		  "them");
}
