/* SPDX-License-Identifier: MIT */
/*
 * ingot scrub: the findings of a capture without the capture. For writing a
 * policy: run, decide, run again.
 */
#include "capture_report.h"
#include "cli.h"
#include "own.h"

static enum ctl_code
run(struct cli *cli)
{
	own_capture struct capture c = { .offsets = NULL };
	struct capture_words words = { .policy = cli_option(cli, "policy"),
		.name = "scrub",
		.model = "scrub",
		.sequence = 1 };
	own_json json_t *j = NULL;
	own_fd int root = -1;
	struct err e;

	if (words.policy == NULL)
		words.policy = CAPTURE_POLICY;
	root = capture_root(cli_option(cli, "root"), &words.live, &e);
	words.root = root;
	if (root == -1 || capture_run(&c, &words, &e) == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	if (cli->json) {
		j = capture_findings_json(&c.findings);
		cli_json(j);
	} else {
		capture_print_findings(
		    &c.findings, cli_option(cli, "open") != NULL);
	}
	return c.findings.open > 0 ? CODE_REFUSED : CODE_OK;
}

static const struct cli_option options[] = {
	{ "policy", "FILE",
	    "what to capture and scrub; default " CAPTURE_POLICY },
	{ "root", "DIR", "the sample's file tree, if it is not this system" },
	{ "open", NULL, "only what nobody has decided on" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot scrub --policy gateway.conf --open",
	    "what the policy still has to decide on" },
	{ NULL, NULL },
};

const struct cli_command cli_scrub = {
	.name = "scrub",
	.operands = "",
	.bare = true,
	.brief = "Show what on this unit must not leave it",
	.text = "Looks at everything that a capture would, and prints the "
		"findings: file, line and name, never a value. Writes "
		"nothing. Status 3: some are open.",
	.options = options,
	.examples = examples,
	.run = run,
};
