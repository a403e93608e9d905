/* SPDX-License-Identifier: MIT */
/*
 * ingot bundle decrypt: from an encrypted bundle to a plain one, for a factory
 * whose units hold no key of their own. What it writes has no name before all
 * of it was verified.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "own.h"
#include "recipient.h"

/* The folder of out, and in it a file without a name. */
static int
open_nameless(const char *out, int *folder, struct err *e)
{
	own_str char *copy = strdup(out);
	int fd;

	if (copy == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (access(out, F_OK) == 0)
		return err_set(e, EEXIST,
		    "%s is there already; name another file, or remove it",
		    out);
	*folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = *folder == -1
	    ? -1
	    : openat(*folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd == -1 ? err_sys(e, "write %s", out) : fd;
}

static int
give_name(int fd, int folder, const char *out, struct err *e)
{
	char proc[40];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (fsync(fd) == -1 ||
	    linkat(AT_FDCWD, proc, AT_FDCWD, out, AT_SYMLINK_FOLLOW) == -1)
		return err_sys(e, "write %s", out);
	return fsync(folder) == -1
	    ? err_sys(e, "%s is written, but perhaps not yet on the disk", out)
	    : 0;
}

static enum ctl_code
decrypt(struct cli *cli, const char *out, struct err *e)
{
	own_trust struct bundle_trust trust = { .anchors = NULL };
	own_json json_t *j = NULL;
	struct bundle_info info;
	own_fd int in = -1, to = -1, folder = -1;

	if (trust_read(cli, &trust, e) == -1)
		return e->code == EINVAL ? CODE_USAGE : CODE_FAILED;
	if ((in = open(cli->operands[1], O_RDONLY | O_CLOEXEC)) == -1) {
		(void)err_sys(e, "open %s", cli->operands[1]);
		return CODE_FAILED;
	}
	if ((to = open_nameless(out, &folder, e)) == -1)
		return CODE_FAILED;
	if (bundle_unbox(in, &trust, to, &info, e) == -1) {
		(void)err_in(e, "%s", cli->operands[1]);
		return CODE_REFUSED;
	}
	if (give_name(to, folder, out, e) == -1)
		return CODE_FAILED;
	if (cli->json) {
		j = json_pack("{s:s, s:s}", "id", info.id, "out", out);
		cli_json(j);
	} else {
		(void)printf("%s  %s\n", info.id, out);
	}
	return CODE_OK;
}

static enum ctl_code
run(struct cli *cli)
{
	const char *out = cli_option(cli, "out");
	enum ctl_code code = CODE_USAGE;
	struct err e;

	if (strcmp(cli->operands[0], "decrypt") != 0)
		(void)err_set(&e, EINVAL, "\"%s\": there is only decrypt",
		    cli->operands[0]);
	else if (out == NULL || cli_option(cli, "key") == NULL)
		(void)err_set(&e, EINVAL, "--key, --cert and --out are needed");
	else
		code = decrypt(cli, out, &e);
	return code == CODE_OK ? CODE_OK : cli_fail(cli, code, &e);
}

static const struct cli_option options[] = {
	TRUST_OPTIONS,
	{ "out", "FILE", "the plain bundle; must not be there yet" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot bundle decrypt site-a.ingot --anchors maker-ca.pem "
	  "--key factory.key --cert factory.pem --out plain.ingot",
	    "on the factory's station, for units without a key of their own" },
	{ NULL, NULL },
};

const struct cli_command cli_bundle = {
	.name = "bundle",
	.operands = "decrypt BUNDLE",
	.words = "decrypt",
	.operands_min = 2,
	.operands_max = 2,
	.bare = true,
	.brief = "take a bundle out of its encryption",
	.text = "Decrypts a bundle that was encrypted to this certificate and "
		"verifies its signature and every member. Nothing appears "
		"under the name of --out before that.\n\nThe plain bundle is "
		"signed as before. Keep it where only the line can read it.",
	.options = options,
	.examples = examples,
	.run = run,
};
