/* SPDX-License-Identifier: MIT */
/*
 * ingot scrub: the findings of a capture without the capture. For writing a
 * policy: run, decide, run again. --check does the same for any file, and
 * --classify writes down what a person decided.
 */
#include <errno.h>
#include <string.h>

#include "own.h"
#include "scrub_in.h"

enum ctl_code
scrub_sample(struct cli *cli, struct sample *s, struct capture *c)
{
	struct err e;

	if (sample_read(cli, s, &e) == -1)
		return cli_fail(cli, CODE_USAGE, &e);
	s->words.name = s->words.model = "scrub";
	s->words.sequence = 1;
	if (sample_open(cli, s, &e) == -1 ||
	    capture_run(c, &s->words, &e) == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	return CODE_OK;
}

static void
report(const struct cli *cli, const struct capture *c)
{
	own_json json_t *j = NULL;

	if (cli_option(cli, "sarif") != NULL) {
		j = sarif_new();
		(void)sarif_add(j, &c->findings);
		cli_json(j);
	} else if (cli->json) {
		j = capture_findings_json(&c->findings);
		cli_json(j);
	} else {
		capture_print_findings(
		    &c->findings, cli_option(cli, "open") != NULL);
	}
}

static enum ctl_code
sample(struct cli *cli)
{
	own_capture struct capture c = { .offsets = NULL };
	own_sample struct sample s = { .root = -1 };
	enum ctl_code code = scrub_sample(cli, &s, &c);

	if (code != CODE_OK)
		return code;
	report(cli, &c);
	return c.findings.open > 0 ? CODE_REFUSED : CODE_OK;
}

static enum ctl_code
run(struct cli *cli)
{
	struct err e;

	if (cli_option(cli, "profile") != NULL &&
	    strcmp(cli_option(cli, "profile"), "list") == 0)
		return capture_profiles(cli);
	if (cli_option(cli, "check") != NULL)
		return scrub_check(cli);
	if (cli->operand_count > 0) {
		(void)err_set(&e, EINVAL, "files are named with --check");
		return cli_fail(cli, CODE_USAGE, &e);
	}
	return cli_option(cli, "classify") != NULL ? scrub_classify(cli)
						   : sample(cli);
}

static const struct cli_option options[] = {
	{ "check", NULL, "look at these files and folders, on any machine" },
	SAMPLE_OPTIONS,
	{ "open", NULL, "only what nobody has decided on" },
	{ "sarif", NULL, "print the findings as SARIF 2.1.0" },
	{ "strict", NULL, "with --check: count what is no text as a finding" },
	{ "verbose", NULL, "with --check: name each file that is skipped" },
	{ "classify", NULL, "write down what a person decides on findings" },
	{ "finding", "FILE:KEY", "with --classify: this one; also FILE:LINE" },
	{ "as", "CLASS", "shared, per-device, secret or derived" },
	{ "who", "NAME", "who decides; default: who is logged in" },
	{ "why", "TEXT", "the reason" },
	{ "slot", "NAME", "the slot that takes the value's place" },
	{ "empty", NULL, "nothing takes its place" },
	{ "drop", NULL, "the whole file never travels" },
	{ "from", "TEXT", "derived: what it derives from" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot scrub --profile kura --root /mnt/golden --open",
	    "what a capture of a mounted Kura gateway would stop at" },
	{ "ingot scrub --policy gateway.conf --open",
	    "what the policy still has to decide on" },
	{ "ingot scrub --check --sarif src/ >findings.sarif",
	    "looks for secrets in a folder, for a forge" },
	{ "ingot scrub --classify --finding /etc/app.conf:token_ttl "
	  "--as shared --who 'A. Meyer' --why 'a number of seconds'",
	    "decides on one finding, once" },
	{ NULL, NULL },
};

const struct cli_command cli_scrub = {
	.name = "scrub",
	.operands = "[FILE...]",
	.operands_max = 100000,
	.bare = true,
	.brief = "show what on this unit must not leave it",
	.text = "Looks at everything that a capture would, and prints the "
		"findings: file, line and name, never a value. Writes "
		"nothing. Status 3: some are open.\n\n"
		"With --check it looks at files and folders, on any machine: "
		"by the heuristics alone, or with --policy also by its rules "
		"and decisions. Archives are opened, encoded text is decoded. "
		"Status 0: clean, 3: findings, 1: something could not be read. "
		"Files that are no text are noted.\n\n"
		"With --classify it asks about each open finding, or takes the "
		"answer from options, and adds it to the file that the policy "
		"names as reviewed; the next capture is silent about it. "
		"shared: the value stays. per-device, secret: a slot takes its "
		"place, or nothing, or the file is dropped. derived: the same, "
		"and what it derives from. Private keys can only be dropped.",
	.options = options,
	.examples = examples,
	.run = run,
};
