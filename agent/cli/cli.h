/* SPDX-License-Identifier: MIT */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl.h"
#include "err.h"
#include "json.h"
#include "settings.h"

/*
 * The ingot command: a table of subcommands (commands.c), one file for each.
 * A subcommand is data: its options, its help and its examples stand in the
 * table, and the parser, `ingot help`, the manual page and the completion are
 * all made of that. So nothing in them can drift from what the command does.
 *
 * A new one: a file with `const struct cli_command cli_NAME`, a line in
 * commands.c, a declaration at the end of this header.
 */
#define CLI_OPTIONS_MAX 80 /* given on one command line */

struct cli;

struct cli_option {
	const char *name;  /* without its "--" */
	const char *value; /* what the help calls its value; NULL: a switch */
	const char *help;  /* one line, no full stop */
};

struct cli_example {
	const char *line; /* as typed */
	const char *says; /* what it does */
};

struct cli_command {
	const char *name;
	const char *operands; /* for the help: "BUNDLE", "" */
	const char *words; /* what the first may be, for completion; or NULL */
	int operands_min;
	int operands_max;
	bool bare;         /* works without ingot.conf */
	const char *brief; /* one line, no full stop */
	const char *text;  /* paragraphs, divided by an empty line */
	const struct cli_option *options;   /* ended by a zero; or NULL */
	const struct cli_example *examples; /* ended by a zero; or NULL */
	enum ctl_code (*run)(struct cli *);
};

struct cli {
	const struct cli_command *command;
	struct settings
	    settings;  /* of --config; zero when the command is bare */
	bool json;     /* --json: exactly one JSON line (or lines) on stdout */
	bool quiet;    /* no progress */
	bool terminal; /* stderr is one: progress lines overwrite each other */
	char **operands; /* NULL-ended */
	int operand_count;
	/* Private to cli.c. */
	const struct cli_option *given[CLI_OPTIONS_MAX];
	const char *values[CLI_OPTIONS_MAX];
	int given_count;
	const char *config;
	bool progress_open;
};

extern const struct cli_command *const cli_commands[]; /* NULL-ended */

/* Every command takes these (json, config, help); ended by a zero. */
extern const struct cli_option cli_common[];

/*
 * The value of an option, "" for a switch that was given, or NULL. Given more
 * than once: the last counts; nth walks them all (0 is the first).
 */
const char *cli_option(const struct cli *, const char *name);
const char *cli_option_nth(const struct cli *, const char *name, int nth);
/* The option as a number; absent: otherwise. */
int cli_number(const struct cli *, const char *name, long min, long max,
    long otherwise, long *out, struct err *);

/*
 * Asks the agent and shows its progress on stderr. args is taken (freed) in
 * any case, NULL stands for {}; fd is borrowed, -1: none. On CODE_OK *result
 * is the caller's; else e says why, and *result is NULL or an array of the
 * findings that led to it, the caller's as well.
 */
enum ctl_code cli_call_take(struct cli *, const char *verb, json_t *args,
    int fd, json_t **result, struct err *);

/* A line about what is going on, on stderr; on a terminal it replaces the one
 * before. Silent with --json. */
void cli_progress(struct cli *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says why on stderr (with --json also { "error", "code" } on stdout) and
 * returns code, so that a command can end with it. */
enum ctl_code cli_fail(struct cli *, enum ctl_code, const struct err *);
/* With the findings of cli_call_take(); NULL: there are none. */
enum ctl_code cli_fail_list(
    struct cli *, enum ctl_code, const struct err *, const json_t *findings);

/* Prints one JSON line on stdout; borrowed. */
void cli_json(const json_t *);
/* A text of somebody else's in a line of ours: what a terminal would obey, and
 * what is no UTF-8, as \xNN. */
void cli_print_line(FILE *, const char *text);
/* A text of an object for a person: "-" when it is not there. Borrowed. */
const char *cli_text(const json_t *, const char *key);

extern const struct cli_command cli_status, cli_apply, cli_confirm,
    cli_rollback, cli_snapshots, cli_drift, cli_enrol, cli_verdict, cli_lock,
    cli_log, cli_plugins, cli_ask, cli_reset, cli_version, cli_help,
    cli_completion;
extern const struct cli_command cli_plan, cli_import, cli_cert, cli_ocpp;
extern const struct cli_command cli_capture, cli_bundle, cli_verify, cli_scrub;
extern const struct cli_command cli_push, cli_line;

#endif
