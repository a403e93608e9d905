/* SPDX-License-Identifier: MIT */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"
#include "home.h"
#include "json.h"
#include "registry.h"

/*
 * A subcommand of ingot-provision: a row with its options, and a function that
 * runs with what they hold. Options take one value each ("--days 30"), flags
 * none; words are what is left.
 */
#define CMD_VALUES 16 /* values of an option that may be repeated */
#define CMD_WORDS  4

struct cmd_args {
	const char *home;
	bool json;
	/* one member for each option there is; a subcommand takes those its
	 * row names */
	const char *fleet, *group, *gate, *days, *quota, *model, *ek_hash, *out,
	    *state, *broker, *ek_roots, *key, *listen, *name, *reason;
	const char *broker_names[CMD_VALUES], *issue[CMD_VALUES];
	bool software, unproven, forget_ek, claim, worker, help;
	const char *word[CMD_WORDS];
	int words;
};

struct cmd {
	const char *name, *usage, *help;
	const char *text;     /* what --help says beside the options */
	const char *examples; /* whole lines */
	const char *options;  /* "days,quota,software" */
	int words;            /* how many it needs; named first in usage */
	int (*run)(const struct cmd_args *, json_t *out, struct err *);
};

/* The table, ended by a row without name. */
extern const struct cmd cmd_table[];
/* NULL: none of that name. */
const struct cmd *cmd_named(const char *name);

enum cmd_kind {
	CMD_VALUE,
	CMD_LIST, /* may be repeated */
	CMD_FLAG
};

struct cmd_option {
	const char *name, *value, *help; /* "days", "N", "life of ..." */
	enum cmd_kind kind;
	size_t at; /* its member of cmd_args */
};

/* The i-th option that c takes (those that all take come last), or NULL. */
const struct cmd_option *cmd_option(const struct cmd *c, size_t i);

#define CMD_HELP 1
/*
 * The command line behind the command. CMD_HELP: --help stands in it. -1: it is
 * not understood; the sentence says what to do.
 */
int cmd_parse(struct cmd_args *, const struct cmd *, int argc,
    char *const *argv, struct err *);

/* All commands; one command with its options and examples. */
void cmd_usage(FILE *);
void cmd_help(FILE *, const struct cmd *);
/* The manual page, in roff. */
void cmd_man(FILE *);

/* What subcommands say goes into out, an object; main prints it. */
int cmd_init(const struct cmd_args *, json_t *out, struct err *);
int cmd_claim(const struct cmd_args *, json_t *out, struct err *);
int cmd_worker(const struct cmd_args *, json_t *out, struct err *);
int cmd_add_unit(const struct cmd_args *, json_t *out, struct err *);
int cmd_import(const struct cmd_args *, json_t *out, struct err *);
int cmd_serve(const struct cmd_args *, json_t *out, struct err *);
int cmd_list(const struct cmd_args *, json_t *out, struct err *);
int cmd_show(const struct cmd_args *, json_t *out, struct err *);
int cmd_revoke(const struct cmd_args *, json_t *out, struct err *);
int cmd_quarantine(const struct cmd_args *, json_t *out, struct err *);
int cmd_release(const struct cmd_args *, json_t *out, struct err *);

/* text as a number from min to max; NULL: otherwise. */
int cmd_number(const char *option, const char *text, int64_t min, int64_t max,
    int64_t otherwise, int64_t *out, struct err *);
/* out[key] = text. */
void cmd_say(json_t *out, const char *key, const char *text);

#endif
