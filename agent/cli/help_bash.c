/* SPDX-License-Identifier: MIT */
/*
 * Completion for bash, made of the table of commands: a command, its options,
 * the words that its first operand may be, and files.
 */
#include "cli_in.h"

static void
options(FILE *f, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		(void)fprintf(f, " --%s", o->name);
}

static void
commands(FILE *f)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		(void)fprintf(
		    f, "%s%s", i == 0 ? "" : " ", cli_commands[i]->name);
}

static void
command(FILE *f, const struct cli_command *c)
{
	(void)fprintf(
	    f, "\t%s) first='%s", c->name, c->words == NULL ? "" : c->words);
	if (c == &cli_help)
		commands(f);
	(void)fprintf(f, "' words='");
	options(f, c->options);
	options(f, cli_common);
	(void)fprintf(f, "' ;;\n");
}

/* The command is the first word that is no option and no value of --config,
 * the only option with a value that may stand before it. */
void
help_bash(FILE *f)
{
	(void)fprintf(f,
	    "# bash completion of ingot; made by \"ingot completion\"\n"
	    "_ingot() {\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= at=0 i\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\t[[ ${COMP_WORDS[i]} != --config ]] || { i=$((i + 1)); continue; }\n"
	    "\t\t[[ ${COMP_WORDS[i]} == -* ]] ||"
	    " { command=${COMP_WORDS[i]} at=$i; break; }\n"
	    "\tdone\n"
	    "\tlocal words= first=\n"
	    "\tcase $command in\n"
	    "\t'') words='");
	commands(f);
	options(f, cli_common);
	(void)fprintf(f, " --version' ;;\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		command(f, cli_commands[i]);
	(void)fprintf(f,
	    "\tesac\n"
	    "\tif [[ -z $command || $word == -* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	    "\telif [[ -n $first && $COMP_CWORD -eq $((at + 1)) ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$word\")\n"
	    "\telse\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	    "\tfi\n"
	    "}\n"
	    "complete -o filenames -F _ingot ingot\n");
}
