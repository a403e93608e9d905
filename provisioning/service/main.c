/* SPDX-License-Identifier: MIT */
/*
 * ingot-provision: the cloud side. Options and subcommands are two tables; the
 * usage text is printed from them. Exit status: 0 done, 1 failed, 2 not
 * understood.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"

#define ALWAYS "home,json"

const struct cmd cmd_table[] = {
	{ "init", "--broker-name NAME...", "makes CA, broker and registry",
	    "fleet,broker-name,group,gate,listen", 0, cmd_init },
	{ "claim", "BATCH --out FOLDER", "a batch and its claim certificate",
	    "quota,days,out,software,unproven,key", 1, cmd_claim },
	{ "worker", "NAME", "a certificate for one more worker", "key", 1,
	    cmd_worker },
	{ "add-unit", "SERIAL", "registers a serial", "model,ek-hash", 1,
	    cmd_add_unit },
	{ "import", "FILE", "registers lines of serial,model,EK hash", "", 1,
	    cmd_import },
	{ "serve", "--broker HOST:PORT", "answers enrolments, as a worker",
	    "broker,name,ek-roots,days,issue,key", 0, cmd_serve },
	{ "list", "", "all units", "state", 0, cmd_list },
	{ "show", "SERIAL", "one unit with its certificates", "", 1, cmd_show },
	{ "revoke", "NAME", "for ever; a unit unless --claim or --worker",
	    "claim,worker", 1, cmd_revoke },
	{ "quarantine", "SERIAL", "until released", "reason", 1,
	    cmd_quarantine },
	{ "release", "SERIAL", "lets a quarantined unit go on", "forget-ek", 1,
	    cmd_release },
	{ .name = NULL },
};

enum kind {
	VALUE,
	VALUES,
	FLAG
};

/* clang-format off */
static const struct option {
	const char *name;
	enum kind kind;
	size_t at;
	const char *help;
} options[] = {
#define AT(m) offsetof(struct cmd_args, m)
	{ "home", VALUE, AT(home), "folder; default " HOME_DEFAULT },
	{ "json", FLAG, AT(json), "one JSON object on standard output" },
	{ "fleet", VALUE, AT(fleet), "organisation in all certificates" },
	{ "broker-name", VALUES, AT(broker_names),
	    "name or address of the broker, for its certificate" },
	{ "group", VALUE, AT(group), "the broker's group: may read the registry" },
	{ "gate", VALUE, AT(gate), "path of ingot-gate.so" },
	{ "listen", VALUE, AT(listen), "port, or port and address, of the broker" },
	{ "days", VALUE, AT(days), "life of a certificate" },
	{ "quota", VALUE, AT(quota), "serials not registered that may enrol" },
	{ "software", FLAG, AT(software), "units without TPM may enrol" },
	{ "unproven", FLAG, AT(unproven),
	    "a registered EK hash may stand for an EK certificate" },
	{ "model", VALUE, AT(model), "" },
	{ "ek-hash", VALUE, AT(ek_hash), "SHA-256 of the EK's public key info" },
	{ "out", VALUE, AT(out), "folder for cert.pem, key.pem, ca.pem" },
	{ "state", VALUE, AT(state), "only units in this state" },
	{ "broker", VALUE, AT(broker), "host:port" },
	{ "name", VALUE, AT(name), "which worker certificate; default worker" },
	{ "ek-roots", VALUE, AT(ek_roots), "TPM makers' roots: PEM file or folder" },
	{ "issue", VALUES, AT(issue), "name=value issued to every unit" },
	{ "key", VALUE, AT(key), "signing key: file or OpenSSL store URI" },
	{ "reason", VALUE, AT(reason), "" },
	{ "forget-ek", FLAG, AT(forget_ek), "it may come with another TPM" },
	{ "claim", FLAG, AT(claim), "a batch's claim certificate" },
	{ "worker", FLAG, AT(worker), "a worker's certificate" },
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

static int
usage(void)
{
	(void)fprintf(stderr, "usage: ingot-provision COMMAND [OPTION...]\n\n");
	for (const struct cmd *c = cmd_table; c->name != NULL; c++) {
		(void)fprintf(
		    stderr, "  %-10s %-24s %s\n", c->name, c->usage, c->help);
		for (const char *p = c->options; *p != '\0';) {
			size_t n = strcspn(p, ",");

			(void)fprintf(stderr, "%*s--%.*s\n", 16, "", (int)n, p);
			p += n + (p[n] == ',');
		}
	}
	(void)fprintf(stderr, "\noptions:\n");
	for (size_t i = 0; i < OPTIONS; i++)
		(void)fprintf(
		    stderr, "  --%-13s %s\n", options[i].name, options[i].help);
	return 2;
}

static const struct option *
option_named(const struct cmd *c, const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].name, name) == 0 &&
		    (in_list(ALWAYS, name) || in_list(c->options, name)))
			return &options[i];
	return NULL;
}

static int
set(struct cmd_args *a, const struct option *o, const char *value)
{
	char *base = (char *)a + o->at;
	const char **list = (const char **)(void *)base;
	int n = 0;

	if (o->kind == FLAG) {
		*(bool *)(void *)base = true;
		return 0;
	}
	if (value == NULL)
		return -1;
	while (o->kind == VALUES && n < CMD_VALUES - 1 && list[n] != NULL)
		n++;
	list[n] = value;
	return n < CMD_VALUES - 1 ? 0 : -1;
}

static int
parse(struct cmd_args *a, const struct cmd *c, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		const struct option *o;

		if (strncmp(argv[i], "--", 2) != 0) {
			if (a->words == c->words)
				return -1;
			a->word[a->words++] = argv[i];
			continue;
		}
		if ((o = option_named(c, argv[i] + 2)) == NULL ||
		    set(a, o, i + 1 < argc ? argv[i + 1] : NULL) == -1) {
			(void)fprintf(stderr, "%s: %s?\n", c->name, argv[i]);
			return -1;
		}
		i += o->kind != FLAG;
	}
	return a->words == c->words ? 0 : -1;
}

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
		(void)fprintf(stderr, "ingot-provision: %s\n", e.text);
		return 1;
	}
	if (a->json) {
		own_str char *line = json_line(out);

		(void)printf("%s\n", line != NULL ? line : "{}");
	} else
		print_plain(out);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct cmd_args a = { .home = HOME_DEFAULT };

	log_init("ingot-provision", log_form_here(), LOG_INFO);
	for (const struct cmd *c = cmd_table; argc > 1 && c->name != NULL; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return parse(&a, c, argc, argv) == 0 ? run(c, &a)
							     : usage();
	return usage();
}
