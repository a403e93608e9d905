/* SPDX-License-Identifier: MIT */
/*
 * The command line of ingot-provision. Options are one table, whoever takes
 * them; a command names those it takes. Nothing is guessed: a word that is not
 * wanted is an error that says how to find out what is.
 */
#include <errno.h>
#include <string.h>

#include "cmd.h"

#define ALWAYS "home,json,help"

/* clang-format off */
static const struct cmd_option options[] = {
#define AT(m) offsetof(struct cmd_args, m)
	{ "fleet", "NAME", "organisation in all certificates; default fleet",
	    CMD_VALUE, AT(fleet) },
	{ "broker-name", "NAME", "name or address of the broker, for its "
	    "certificate; may be repeated", CMD_LIST, AT(broker_names) },
	{ "group", "GROUP", "the broker's group: may read the registry",
	    CMD_VALUE, AT(group) },
	{ "gate", "FILE", "path of ingot-gate.so", CMD_VALUE, AT(gate) },
	{ "listen", "PORT", "of the broker, or \"PORT ADDRESS\"; default 8883",
	    CMD_VALUE, AT(listen) },
	{ "days", "N", "life of a certificate", CMD_VALUE, AT(days) },
	{ "quota", "N", "serials not registered that may enrol; default 0",
	    CMD_VALUE, AT(quota) },
	{ "software", NULL, "units without TPM may enrol", CMD_FLAG,
	    AT(software) },
	{ "unproven", NULL, "a registered EK hash may stand for an EK "
	    "certificate", CMD_FLAG, AT(unproven) },
	{ "model", "NAME", "what the unit is", CMD_VALUE, AT(model) },
	{ "ek-hash", "HEX", "SHA-256 of the EK's public key info", CMD_VALUE,
	    AT(ek_hash) },
	{ "out", "FOLDER", "for cert.pem, key.pem, ca.pem", CMD_VALUE,
	    AT(out) },
	{ "state", "STATE", "only units in this state", CMD_VALUE, AT(state) },
	{ "broker", "HOST:PORT", "where the broker listens", CMD_VALUE,
	    AT(broker) },
	{ "name", "WORKER", "which worker certificate; default worker",
	    CMD_VALUE, AT(name) },
	{ "ek-roots", "PEM", "TPM makers' roots: a file or a folder",
	    CMD_VALUE, AT(ek_roots) },
	{ "issue", "NAME=VALUE", "issued to every unit, @{issued.NAME}; may be "
	    "repeated", CMD_LIST, AT(issue) },
	{ "key", "FILE|URI", "signing key: a file or an OpenSSL store URI",
	    CMD_VALUE, AT(key) },
	{ "reason", "TEXT", "shown with the unit", CMD_VALUE, AT(reason) },
	{ "forget-ek", NULL, "it may come with another TPM", CMD_FLAG,
	    AT(forget_ek) },
	{ "claim", NULL, "NAME is a batch: its claim certificate", CMD_FLAG,
	    AT(claim) },
	{ "worker", NULL, "NAME is a worker: its certificate", CMD_FLAG,
	    AT(worker) },
	{ "home", "FOLDER", "the service's folder; default " HOME_DEFAULT,
	    CMD_VALUE, AT(home) },
	{ "json", NULL, "one JSON object on standard output", CMD_FLAG,
	    AT(json) },
	{ "help", NULL, "show this", CMD_FLAG, AT(help) },
#undef AT
};
/* clang-format on */
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* Is name one of the comma-separated list? */
static bool
in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");

		if (len == n && strncmp(p, name, n) == 0)
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

const struct cmd_option *
cmd_option(const struct cmd *c, size_t i)
{
	for (size_t n = 0; n < OPTIONS; n++)
		if ((in_list(c->options, options[n].name) ||
			in_list(ALWAYS, options[n].name)) &&
		    i-- == 0)
			return &options[n];
	return NULL;
}

static const struct cmd_option *
named(const struct cmd *c, const char *name, size_t n)
{
	const struct cmd_option *o;

	for (size_t i = 0; (o = cmd_option(c, i)) != NULL; i++)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static int
bad(const struct cmd *c, struct err *e, const char *what, const char *which)
{
	return err_set(e, EINVAL,
	    "%s: %s%.80s (\"ingot-provision %s --help\" says more)", c->name,
	    what, which, c->name);
}

static int
set(struct cmd_args *a, const struct cmd *c, const struct cmd_option *o,
    const char *value, struct err *e)
{
	char *base = (char *)a + o->at;
	const char **list = (const char **)(void *)base;
	int n = 0;

	if (o->kind == CMD_FLAG) {
		*(bool *)(void *)base = true;
		return 0;
	}
	if (value == NULL)
		return bad(c, e, "a value is missing behind --", o->name);
	while (o->kind == CMD_LIST && n < CMD_VALUES - 1 && list[n] != NULL)
		n++;
	if (n == CMD_VALUES - 1)
		return bad(c, e, "too many of --", o->name);
	list[n] = value;
	return 0;
}

/* argv[0] is "--name", its value behind it, or "--name=value". -1, or how many
 * arguments behind argv[0] were its value. */
static int
option(struct cmd_args *a, const struct cmd *c, char *const *argv,
    const char *value, struct err *e)
{
	const char *equals = strchr(argv[0], '=');
	size_t n = strcspn(argv[0] + 2, "=");
	const struct cmd_option *o = named(c, argv[0] + 2, n);

	if (o == NULL)
		return bad(c, e, "there is no option ", argv[0]);
	if (equals != NULL && o->kind == CMD_FLAG)
		return bad(c, e, "no value belongs to --", o->name);
	if (set(a, c, o, equals != NULL ? equals + 1 : value, e) == -1)
		return -1;
	return o->kind == CMD_FLAG || equals != NULL ? 0 : 1;
}

int
cmd_parse(struct cmd_args *a, const struct cmd *c, int argc, char *const *argv,
    struct err *e)
{
	int taken;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return CMD_HELP;
		if (strncmp(argv[i], "--", 2) == 0) {
			taken = option(a, c, argv + i,
			    i + 1 < argc ? argv[i + 1] : NULL, e);
			if (taken == -1)
				return -1;
			i += taken;
		} else if (a->words == c->words)
			return bad(
			    c, e, "nothing is known to do with ", argv[i]);
		else
			a->word[a->words++] = argv[i];
	}
	return a->words == c->words
	    ? 0
	    : bad(c, e, "a word is missing; wanted is ", c->usage);
}
