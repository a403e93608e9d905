/* SPDX-License-Identifier: MIT */
/*
 * ingot capture: from this gateway, or a mounted one, to a sealed bundle. The
 * bundle appears under its name when it is whole; before that nothing does.
 * Needs no agent: a golden unit may well run none.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle_file.h"
#include "capture_report.h"
#include "cli.h"
#include "maker_key.h"
#include "own.h"
#include "recipient.h"
#include "sample.h"
#include "x509.h"

#define PACKAGES_MAX 16 /* folders */

struct asked {
	struct sample sample;
	const char *packages[PACKAGES_MAX + 1];
	const char *out;
	const char *key;
	const char *cert;
	STACK_OF(X509) * to; /* whom it is encrypted to; NULL: nobody */
	int passphrase_fd;
	bool dry;
};

static void
asked_free(struct asked *a)
{
	sample_close(&a->sample);
	own_chain_free(&a->to);
}
#define own_asked __attribute__((cleanup(asked_free), unused))

/* For whom the bundle is to be. */
static int
read_terms(const struct cli *c, struct terms *t, struct err *e)
{
	const char *agent = cli_option(c, "min-agent"), *revision;

	for (int n = 0; (revision = cli_option_nth(c, "hardware", n)) != NULL;
	     n++) {
		if (n == TERMS_HARDWARE_MAX)
			return err_set(
			    e, E2BIG, "more than %d hardware revisions", n);
		if (terms_revision_check(revision, e) == -1)
			return err_in(e, "--hardware");
		(void)strcpy(t->hardware[t->hardware_count++], revision);
	}
	if (agent == NULL)
		return 0;
	if (terms_version_check(agent, e) == -1)
		return err_in(e, "--min-agent");
	(void)strcpy(t->agent, agent);
	return 0;
}

static int
read_packages(const struct cli *c, struct asked *a, struct err *e)
{
	int n = 0;

	for (; cli_option_nth(c, "packages", n) != NULL; n++) {
		if (n == PACKAGES_MAX)
			return err_set(
			    e, E2BIG, "more than %d folders of packages", n);
		a->packages[n] = cli_option_nth(c, "packages", n);
	}
	a->sample.words.packages = a->packages;
	return 0;
}

static int
read_asked(struct cli *c, struct asked *a, struct err *e)
{
	struct capture_words *w = &a->sample.words;
	long sequence;

	if (sample_read(c, &a->sample, e) == -1 ||
	    read_packages(c, a, e) == -1 ||
	    cli_number(c, "sequence", 1, 0x7fffffff, 1, &sequence, e) == -1 ||
	    read_terms(c, &w->terms, e) == -1 ||
	    recipients_read(c, &w->terms, &a->to, e) == -1 ||
	    passphrase_fd(c, &a->passphrase_fd, e) == -1)
		return -1;
	w->sequence = sequence;
	w->name = cli_option(c, "name");
	w->model = cli_option(c, "model");
	a->out = cli_option(c, "out");
	a->key = cli_option(c, "sign");
	a->cert = cli_option(c, "cert");
	a->dry = cli_option(c, "dry-run") != NULL;
	if (w->name == NULL || w->model == NULL)
		return err_set(e, EINVAL, "--name and --model are needed");
	if (!a->dry && a->out == NULL)
		return err_set(e, EINVAL, "--out or --dry-run is needed");
	if ((a->key == NULL) != (a->cert == NULL))
		return err_set(e, EINVAL, "--sign and --cert go together");
	return 0;
}

static json_t *
result_json(const struct capture *c, const struct asked *a)
{
	json_t *j = capture_findings_json(&c->findings);

	(void)json_object_set_new(j, "id", json_string(c->snapshot.id));
	(void)json_object_set_new(
	    j, "members", json_integer((json_int_t)c->snapshot.count));
	(void)json_object_set_new(j, "signed", json_boolean(a->key != NULL));
	(void)json_object_set(j, "dropped", c->dropped);
	if (c->version[0] != '\0')
		(void)json_object_set_new(
		    j, "product_version", json_string(c->version));
	if (c->seed.path[0] != '\0')
		(void)json_object_set_new(j, "kura_snapshot",
		    json_pack("{s:s, s:s, s:I}", "path", c->seed.path, "as",
			c->seed.as, "of", (json_int_t)c->seed.of));
	(void)json_object_set_new(
	    j, "packages", json_integer((json_int_t)c->packages));
	(void)json_object_set_new(
	    j, "payloads", json_integer((json_int_t)c->payloads));
	if (a->dry)
		(void)json_object_set_new(
		    j, "list", capture_members_json(&c->snapshot));
	else if (c->findings.open == 0)
		(void)json_object_set_new(j, "out", json_string(a->out));
	return j;
}

static void
report(const struct cli *cli, const struct capture *c, const struct asked *a)
{
	own_json json_t *j = NULL;

	if (cli->json) {
		j = result_json(c, a);
		cli_json(j);
		return;
	}
	if (a->dry)
		capture_print_members(&c->snapshot);
	if (c->seed.path[0] != '\0')
		(void)printf("Kura snapshot: %s, of %zu; travels as %s\n",
		    c->seed.path, c->seed.of, c->seed.as);
	capture_print_findings(&c->findings, true);
	if (c->packages > 0)
		(void)printf("%zu packages, %zu with their file; the others "
			     "a unit has to have\n",
		    c->packages, c->payloads);
	if (c->findings.open == 0)
		(void)printf("%s  %zu members, %zu dropped%s%s\n",
		    c->snapshot.id, c->snapshot.count,
		    json_array_size(c->dropped),
		    a->dry               ? ""
			: a->key == NULL ? ", NOT SIGNED: "
					 : ": ",
		    a->dry ? "" : a->out);
}

static int
seal(const struct capture *c, const struct asked *a, int fd, struct err *e)
{
	own_pkey EVP_PKEY *key = NULL;
	own_chain STACK_OF(X509) *chain = NULL;

	if (a->key != NULL &&
	    ((chain = x509_chain_read(a->cert, e)) == NULL ||
		(key = maker_key_open(a->key, a->passphrase_fd, e)) == NULL ||
		maker_key_check(key, chain, e) == -1))
		return -1;
	return capture_seal(c, fd, key, chain, a->to, e);
}

static int
write_bundle(const struct capture *c, const struct asked *a, struct err *e)
{
	struct bundle_file file;
	int rc = bundle_file_open(&file, a->out, e);

	if (rc == 0 && (rc = seal(c, a, file.fd, e)) == 0)
		rc = bundle_file_commit(&file, e);
	bundle_file_close(&file);
	return rc;
}

static enum ctl_code
run(struct cli *cli)
{
	own_asked struct asked a = { .sample = { .root = -1 } };
	own_capture struct capture c = { .offsets = NULL };
	struct err e;

	if (cli_option(cli, "profile") != NULL &&
	    strcmp(cli_option(cli, "profile"), "list") == 0)
		return capture_profiles(cli);
	if (read_asked(cli, &a, &e) == -1)
		return cli_fail(cli, CODE_USAGE, &e);
	if (sample_open(cli, &a.sample, &e) == -1 ||
	    capture_run(&c, &a.sample.words, &e) == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	if (c.findings.open == 0 && !a.dry && write_bundle(&c, &a, &e) == -1)
		return cli_fail(
		    cli, e.code == EACCES ? CODE_REFUSED : CODE_FAILED, &e);
	report(cli, &c, &a);
	return c.findings.open > 0 ? CODE_REFUSED : CODE_OK;
}

static const struct cli_option options[] = {
	SAMPLE_OPTIONS,
	{ "name", "NAME", "what to call the snapshot" },
	{ "model", "MODEL", "the units that it is for" },
	{ "hardware", "REV",
	    "only for this revision of the model; may be repeated" },
	{ "min-agent", "VERSION", "only for agents of this version or later" },
	{ "sequence", "N", "higher than the bundles before; default 1" },
	{ "sign", "KEY",
	    "the maker's private key: a PEM file, also encrypted or of a TPM "
	    "(TSS2), handle:0x..., or pkcs11:..." },
	{ "passphrase-fd", "N",
	    "the descriptor that gives its pass phrase or PIN; else the "
	    "terminal is asked" },
	{ "cert", "CHAIN", "its certificate and those above it (PEM)" },
	{ "encrypt-to", "CERT",
	    "only the holder of this certificate's key can read it; may be "
	    "repeated" },
	{ "out", "BUNDLE", "the bundle to write" },
	{ "packages", "FOLDER",
	    "its .deb and .ipk go along, for the packages that are "
	    "captured; may be repeated" },
	{ "dry-run", NULL, "list members and findings, write nothing" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot capture --name site-a --model gw100 --sequence 7 "
	  "--sign maker.key --cert maker.pem --out site-a.ingot",
	    "captures this gateway" },
	{ "ingot capture --root /mnt/golden --name site-a --model gw100 "
	  "--dry-run",
	    "shows what would be captured from a mounted one" },
	{ "ingot capture --profile list", "what is shipped, and what fits" },
	{ "ingot capture --profile kura --root /mnt/golden --identifier "
	  "serial=GW-2026-000042 --name site-a --model gw100 --dry-run",
	    "a product's own profile, and the serial that stands nowhere on "
	    "the sample" },
	{ NULL, NULL },
};

const struct cli_command cli_capture = {
	.name = "capture",
	.operands = "",
	.bare = true,
	.brief = "make a bundle of this golden unit",
	.text = "Reads what the policy lists, takes every secret and every "
		"trace of this one unit out of it, and seals the rest.\n\n"
		"A finding that the policy does not decide on stops it with "
		"status 3: nothing is written. The bundle holds a proof of "
		"what was looked at and taken out.",
	.options = options,
	.examples = examples,
	.run = run,
};
