/* SPDX-License-Identifier: MIT */
#ifndef CLI_IN_H
#define CLI_IN_H

#include <stdio.h>

#include "cli.h"

/* What the files of the command share among themselves. */

/* words: those behind the command's name, NULL-ended; put in order in place,
 * and borrowed. */
int cli_parse(struct cli *, char **words, struct err *);
void cli_progress_end(struct cli *);

const struct cli_command *cli_find(const char *name); /* NULL: none */

/* Exit statuses, in the words of every form of help; ended by says == NULL. */
struct cli_code {
	enum ctl_code code;
	const char *says;
};
extern const struct cli_code cli_codes[];

/* Made of the table. */
void help_usage(FILE *);
void help_command(FILE *, const struct cli_command *);
void help_man(FILE *);
void help_bash(FILE *);

/* "4f2a91c0" of a 64-digit id; "-" for none. */
const char *cli_short(const json_t *, const char *key);
/* Findings as a table; failed ones first when only those matter. */
void cli_findings(const json_t *findings, bool failed_only);
void cli_print_findings(FILE *, const json_t *findings, bool failed_only);
/* A text of somebody else's: what a terminal would obey is shown as "?". */
void cli_print_clean(const char *text);
/* The same for all texts of an answer that is to be shown, in place. What has
 * lines ("diff", "csr") keeps them and is left to cli_print_clean(). */
void cli_clean(json_t *);

/* changes.c: the lists "plugins" and "files" of a plan, each with its
 * difference; the number of those that are not the same. */
size_t cli_changes(const json_t *list, const char *key);
/* The list "packages"; how many change. */
size_t cli_packages(const json_t *list);
/* What waits for which slot. */
void cli_waiting(const json_t *list);

/* Asks for a transaction and shows what became of it; args is taken, fd
 * borrowed. */
enum ctl_code
cli_apply_take(struct cli *, const char *verb, json_t *args, int fd);
/* --confirm and --dry-run as arguments; the caller's. */
int cli_apply_args(const struct cli *, json_t **args, struct err *);

#endif
