/* SPDX-License-Identifier: MIT */
/*
 * The sample and the policy, as capture and scrub are told of them. What a
 * scrub finds has to be what a capture would stop at; hence one set of options
 * and one way to read them.
 */
#include <errno.h>
#include <unistd.h>

#include "capture_report.h"
#include "own.h"
#include "sample.h"

int
sample_read(struct cli *c, struct sample *s, struct err *e)
{
	int n = 0;

	s->root = -1;
	for (; cli_option_nth(c, "identifier", n) != NULL; n++) {
		if (n == SAMPLE_IDENTIFIERS_MAX)
			return err_set(e, E2BIG, "more than %d identifiers", n);
		s->identifiers[n] = cli_option_nth(c, "identifier", n);
	}
	s->words.identifiers = s->identifiers;
	s->words.version = cli_option(c, "product-version");
	s->words.seed = cli_option(c, "kura-snapshot");
	s->words.root = -1;
	return capture_policy(c, s->policy, &s->words.policy, e);
}

int
sample_open(const struct cli *c, struct sample *s, struct err *e)
{
	s->root = capture_root(cli_option(c, "root"), &s->words.live, e);
	s->words.root = s->root;
	return s->root == -1 ? -1 : 0;
}

void
sample_close(struct sample *s)
{
	if (s->root != -1)
		(void)close(s->root);
	s->root = -1;
}
