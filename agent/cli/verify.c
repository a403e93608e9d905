/* SPDX-License-Identifier: MIT */
/*
 * ingot verify: is this bundle whole and by whom is it signed? For the desk of
 * the maker and for scripts; the unit itself asks ingot-unpack.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "bundle.h"
#include "cli.h"
#include "own.h"
#include "proof_show.h"
#include "recipient.h"

static json_t *
hardware_json(const struct terms *t)
{
	json_t *list = json_array();

	for (size_t n = 0; n < t->hardware_count; n++)
		(void)json_array_append_new(list, json_string(t->hardware[n]));
	return list;
}

static json_t *
recipients_json(const struct terms *t)
{
	json_t *list = json_array();
	char hex[SHA256_HEX];

	for (size_t n = 0; n < t->recipient_count; n++) {
		hex_encode(t->recipients[n], SHA256_LEN, hex);
		(void)json_array_append_new(list, json_string(hex));
	}
	return list;
}

static json_t *
info_json(const struct bundle_info *i)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:I, s:o, s:I, s:I, s:b, "
			 "s:b, s:s}",
	    "id", i->id, "name", i->name, "model", i->model, "hardware",
	    hardware_json(&i->terms), "agent", i->terms.agent, "sequence",
	    (json_int_t)i->sequence, "recipients", recipients_json(&i->terms),
	    "members", (json_int_t)i->members, "size", (json_int_t)i->size,
	    "encrypted", (int)i->is_encrypted, "signed", (int)i->is_signed,
	    "signer", i->signer);
}

static void
print_list(const char *what, const char all[][TERMS_REVISION_MAX + 1], size_t n)
{
	(void)printf("%-8s  %s", what, n == 0 ? "any" : "");
	for (size_t i = 0; i < n; i++)
		(void)printf("%s%s", i == 0 ? "" : ", ", all[i]);
	(void)putchar('\n');
}

static void
report(const struct cli *cli, const struct bundle_info *i)
{
	own_json json_t *j = NULL;

	if (cli->json) {
		j = info_json(i);
		cli_json(j);
		return;
	}
	(void)printf("snapshot  %s\nname      %s\nmodel     %s\n", i->id,
	    i->name, i->model);
	print_list("hardware", i->terms.hardware, i->terms.hardware_count);
	(void)printf("agent     %s%s\nsequence  %lld\n"
		     "members   %zu, %llu bytes\nencrypted %s\n"
		     "signer    %s\n",
	    i->terms.agent[0] == '\0' ? "any" : i->terms.agent,
	    i->terms.agent[0] == '\0' ? "" : " or later",
	    (long long)i->sequence, i->members, (unsigned long long)i->size,
	    i->is_encrypted ? "yes, to this key and those it names" : "no",
	    i->is_signed ? i->signer : "nobody: not signed, or not checked");
}

static enum ctl_code
run(struct cli *cli)
{
	const char *path = cli->operands[0];
	own_trust struct bundle_trust trust = { .anchors = NULL };
	struct bundle_info info;
	own_fd int fd = -1;
	struct err e;

	if (trust_read(cli, &trust, &e) == -1)
		return cli_fail(
		    cli, e.code == EINVAL ? CODE_USAGE : CODE_FAILED, &e);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		(void)err_sys(&e, "open %s", path);
		return cli_fail(cli, CODE_FAILED, &e);
	}
	if (bundle_open(fd, &trust, -1, &info, &e) == -1) {
		(void)err_in(&e, "%s", path);
		return cli_fail(cli, CODE_REFUSED, &e);
	}
	if (cli_option(cli, "proof") == NULL) {
		report(cli, &info);
	} else if (proof_show(fd, &trust, cli->json, &e) == -1) {
		(void)err_in(&e, "%s", path);
		return cli_fail(cli, CODE_FAILED, &e);
	}
	return CODE_OK;
}

static const struct cli_option options[] = {
	TRUST_OPTIONS,
	{ "model", "MODEL", "refuse a bundle for another model" },
	{ "hardware", "REV", "and for another hardware revision" },
	{ "proof", NULL, "show what the scrubber looked at and took out" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot verify --anchors maker-ca.pem site-a.ingot",
	    "checks signature and every member" },
	{ "ingot verify --proof --anchors maker-ca.pem site-a.ingot",
	    "shows every file and key, what became of it and on whose word" },
	{ NULL, NULL },
};

const struct cli_command cli_verify = {
	.name = "verify",
	.operands = "BUNDLE",
	.operands_min = 1,
	.operands_max = 1,
	.bare = true,
	.brief = "check a bundle's signature and content",
	.text = "Reads the whole bundle and writes nothing. Status 3: it is "
		"damaged, or not signed by anyone who is trusted. With --proof "
		"it shows the proof of scrubbing in place of the summary; with "
		"--json as it is, one line that sums up and one for each "
		"file.",
	.options = options,
	.examples = examples,
	.run = run,
};
