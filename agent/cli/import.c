/* SPDX-License-Identifier: MIT */
/*
 * ingot import: what another product's configuration becomes here, and what
 * does not. Runs on any machine. What it opens may be full of passwords, so
 * the process leaves no core behind, and keys come by file or descriptor only.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_report.h"
#include "cli.h"
#include "everest.h"
#include "file.h"
#include "import_report.h"
#include "kura.h"
#include "kura_root.h"
#include "own.h"
#include "rules.h"
#include "tree.h"
#include "yaml_tree.h"

#define OCPP_MAX 32 /* files behind --ocpp */

struct asked {
	const char *file; /* NULL: the newest below root */
	const char *root;
	const char *layout;
	const char *admin;
	const char *ocpp[OCPP_MAX + 1];
	const char *out;
	enum kura_origin from;
	struct kura_key key;
};

struct source {
	const char *name;
	int (*import)(
	    struct cli *, struct import *, const struct asked *, struct err *);
	bool root; /* --root may stand for the file */
};

static int
read_key_from(int fd, const char *what, struct kura_key *k, struct err *e)
{
	char text[KURA_KEY_MAX + 2]; /* one more than a key and its line end */
	size_t n = 0;
	ssize_t got = 1;
	int rc;

	/* A pipe gives what it has; not file_read_fd(), which wants a file. */
	while (n < sizeof(text) && got > 0) {
		got = read(fd, text + n, sizeof(text) - n);
		n += got > 0 ? (size_t)got : 0;
	}
	rc = got == -1 ? err_sys(e, "%s", what) : kura_key_read(k, text, n, e);
	explicit_bzero(text, sizeof(text));
	return rc == -1 && got != -1 ? err_in(e, "%s", what) : rc;
}

/* One of --key, --key-fd, --published-key, or none. */
static int
read_key(struct cli *c, struct kura_key *k, struct err *e)
{
	const char *path = cli_option(c, "key");
	bool published = cli_option(c, "published-key") != NULL;
	bool by_fd = cli_option(c, "key-fd") != NULL;
	own_fd int fd = -1;
	long number;

	if ((path != NULL) + by_fd + published > 1)
		return err_set(e, EINVAL,
		    "one of --key, --key-fd and --published-key at most");
	if (published)
		kura_key_published(k);
	if (by_fd)
		return cli_number(c, "key-fd", 0, 1 << 20, -1, &number, e) == -1
		    ? -1
		    : read_key_from((int)number, "--key-fd", k, e);
	if (path == NULL)
		return 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, "%s", path);
	return read_key_from(fd, path, k, e);
}

/* A file, or where a whole gateway is: one of the two. */
static int
read_place(
    struct cli *c, struct asked *a, const struct source *s, struct err *e)
{
	a->file = c->operand_count > 1 ? c->operands[1] : NULL;
	a->root = cli_option(c, "root");
	a->layout = cli_option(c, "layout");
	if ((a->root != NULL || a->layout != NULL) && !s->root)
		return err_set(e, EINVAL,
		    "--root and --layout are for kura; name the file");
	if (a->root == NULL && a->layout != NULL)
		return err_set(e, EINVAL, "--layout goes with --root");
	if ((a->file == NULL) == (a->root == NULL))
		return err_set(e, EINVAL, "a file%s is needed, and only one",
		    s->root ? " or --root" : "");
	return 0;
}

static int
read_asked(
    struct cli *c, struct asked *a, const struct source *s, struct err *e)
{
	const char *from = cli_option(c, "from");

	if (read_place(c, a, s, e) == -1)
		return -1;
	a->admin = cli_option(c, "admin");
	if (a->admin != NULL && !rule_iface_ok(a->admin))
		return err_set(e, EINVAL, "--admin takes an interface's name");
	for (int n = 0; cli_option_nth(c, "ocpp", n) != NULL; n++) {
		if (n == OCPP_MAX)
			return err_set(e, E2BIG, "more than %d --ocpp", n);
		a->ocpp[n] = cli_option_nth(c, "ocpp", n);
	}
	a->out = cli_option(c, "out");
	if (from != NULL && kura_origin_read(from, &a->from, e) == -1)
		return -1;
	return read_key(c, &a->key, e);
}

/* The newest snapshot of a whole gateway; says which one that is. */
static int
read_newest(struct cli *c, const struct asked *a, struct kura_found *f,
    struct bytes *text, struct err *e)
{
	own_fd int root = open(a->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *folders[3];

	if (root == -1)
		return err_sys(e, "%s", a->root);
	cli_policies(c, folders);
	if (kura_root_find(root, folders, a->layout, f, e) == -1)
		return err_in(e, "%s", a->root);
	cli_progress(c, "%s: %s%s%s, %s, the newest of %zu", a->root, f->layout,
	    *f->version == '\0' ? "" : " by its version ", f->version, f->path,
	    f->others + 1);
	return tree_read_through(root, f->path, KURA_FILE_MAX, text, e);
}

static int
import_kura(
    struct cli *c, struct import *im, const struct asked *a, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct kura_found found;
	struct kura_asked asked = { a->file, a->from, &a->key };

	if (a->file == NULL) {
		if (read_newest(c, a, &found, &text, e) == -1)
			return -1;
		asked.file = found.path;
	} else if (file_read(AT_FDCWD, a->file, KURA_FILE_MAX, &text, e) == -1)
		return -1;
	return kura_import(im, &asked, text.p, text.len, e);
}

/* All of them at once, since their texts must stay while one is read. */
static int
read_ocpp(const struct asked *a, struct bytes texts[static OCPP_MAX],
    struct everest_ocpp out[static OCPP_MAX + 1], struct err *e)
{
	for (int i = 0; a->ocpp[i] != NULL; i++) {
		if (file_read(AT_FDCWD, a->ocpp[i], EVEREST_OCPP_MAX, &texts[i],
			e) == -1)
			return -1;
		out[i] = (struct everest_ocpp){ a->ocpp[i], texts[i].p,
			texts[i].len };
	}
	return 0;
}

static int
import_everest(
    struct cli *c, struct import *im, const struct asked *a, struct err *e)
{
	struct everest_ocpp ocpp[OCPP_MAX + 1] = { { NULL, NULL, 0 } };
	const struct everest_asked asked = { a->file, a->admin, ocpp };
	struct bytes texts[OCPP_MAX] = { { .p = NULL } };
	own_bytes struct bytes text = { 0 };
	int rc = -1;

	(void)c;
	if (file_read(AT_FDCWD, a->file, YAML_FILE_MAX, &text, e) == 0 &&
	    read_ocpp(a, texts, ocpp, e) == 0)
		rc = everest_import(im, &asked, text.p, text.len, e);
	for (int i = 0; i < OCPP_MAX; i++)
		bytes_free(&texts[i]);
	return rc;
}

static const struct source sources[] = {
	{ "kura", import_kura, true },
	{ "everest", import_everest, false },
};

/* A document of another content is somebody's work: not touched. */
static int
may_write(int dir, const struct import_document *d, struct err *e)
{
	own_bytes struct bytes there = { 0 };
	struct stat st;

	if (fstatat(dir, d->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(e, "%s", d->name);
	if (file_read(dir, d->name, 1 << 20, &there, e) == 0 &&
	    there.len == d->text.len &&
	    memcmp(there.p, d->text.p, there.len) == 0)
		return 0;
	return err_set(e, EEXIST,
	    "%s is there already and says something else; name another folder",
	    d->name);
}

static int
write_batch(
    const struct import *im, int dir, struct file_batch *b, struct err *e)
{
	for (size_t i = 0; i < im->n_documents; i++)
		if (file_batch_add(b, im->documents[i].name,
			im->documents[i].text.p, im->documents[i].text.len,
			FILE_PUBLIC, e) == -1)
			return -1;
	if (file_batch_commit(b, e) == -1)
		return -1;
	/* Of a run that was killed; this one has renamed all of its own. */
	return file_sweep(dir, ".", e);
}

/* All or none: what stands in the way of one is looked for before, and a full
 * disk is met before the first one has its name. */
static int
write_all(const struct import *im, const char *out, struct err *e)
{
	struct file_batch *b;
	own_fd int dir = -1;
	int rc;

	if (file_mkdirs(AT_FDCWD, out, 0755, e) == -1)
		return -1;
	dir = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "%s", out);
	for (size_t i = 0; i < im->n_documents; i++)
		if (may_write(dir, &im->documents[i], e) == -1)
			return err_in(e, "%s", out);
	b = file_batch_new(dir, e);
	rc = b == NULL ? -1 : write_batch(im, dir, b, e);
	file_batch_free(b);
	return rc == -1 ? err_in(e, "%s", out) : 0;
}

static enum ctl_code
end(struct cli *cli, const struct import *im, const char *out)
{
	bool written = out != NULL && im->sum[IMPORT_MALFORMED] == 0;
	own_json json_t *j = NULL;

	if (cli->json) {
		j = import_json(im);
		(void)json_object_set_new(j, "written", json_boolean(written));
		cli_json(j);
	} else
		import_print(
		    im, written ? out : NULL, cli_option(cli, "all") != NULL);
	if (im->sum[IMPORT_MALFORMED] > 0)
		return CODE_FAILED;
	return import_rest(im) > 0 && cli_option(cli, "accept-rest") == NULL
	    ? CODE_REFUSED
	    : CODE_OK;
}

static enum ctl_code
run_source(struct cli *cli, struct asked *a, const struct source *source)
{
	own_import struct import im = { .count = 0 };
	struct err e;

	if (read_asked(cli, a, source, &e) == -1)
		return cli_fail(cli, CODE_USAGE, &e);
	if (source->import(cli, &im, a, &e) == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	if (a->out != NULL && im.sum[IMPORT_MALFORMED] == 0 &&
	    write_all(&im, a->out, &e) == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	return end(cli, &im, a->out);
}

static enum ctl_code
run(struct cli *cli)
{
	struct asked a = { .out = NULL };
	enum ctl_code code;
	struct err e;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (strcmp(cli->operands[0], sources[i].name) == 0) {
			code = run_source(cli, &a, &sources[i]);
			kura_key_wipe(&a.key);
			return code;
		}
	(void)err_set(&e, EINVAL, "imports from kura or everest, not \"%.32s\"",
	    cli->operands[0]);
	return cli_fail(cli, CODE_USAGE, &e);
}

static const struct cli_option options[] = {
	{ "out", "FOLDER", "write the documents there; without it, none is" },
	{ "all", NULL, "list everything, not only what wants attention" },
	{ "accept-rest", NULL,
	    "status 0 although something was not carried over" },
	{ "root", "DIR",
	    "the file tree of a whole gateway: its newest snapshot" },
	{ "layout", "NAME",
	    "how that one is laid out: the profile (kura, esf-7, ...), if it "
	    "does not say" },
	{ "policies", "DIR", "where profiles are; default those installed" },
	{ "from", "ORIGIN",
	    "of a Kura snapshot: disk, download or hand-written" },
	{ "key", "FILE", "the key (16, 24 or 32 bytes) of an encrypted one" },
	{ "key-fd", "N", "the same, from an open descriptor" },
	{ "published-key", NULL, "the key that stands in Kura's source" },
	{ "admin", "INTERFACE", "where SSH comes in on an EVerest station" },
	{ "ocpp", "FILE",
	    "a station's OCPP configuration (JSON); may be repeated" },
	{ NULL, NULL, NULL },
};

static const struct cli_example examples[] = {
	{ "ingot import kura snapshot_1434122113492.xml --from download "
	  "--out documents",
	    "documents of a Kura or ESF snapshot" },
	{ "ingot import kura --root /mnt/golden",
	    "what the newest snapshot of a mounted gateway comes to" },
	{ "ingot import everest /etc/everest/config.yaml --admin eth0 --ocpp "
	  "ocpp-config.json --json",
	    "what an EVerest station needs, for a script" },
	{ NULL, NULL },
};

const struct cli_command cli_import = {
	.name = "import",
	.operands = "kura|everest [FILE]",
	.words = "kura everest",
	.operands_min = 1,
	.operands_max = 2,
	.bare = true,
	.brief = "turn another product's configuration into documents",
	.text = "Reads a configuration snapshot of Eclipse Kura or Eurotech "
		"ESF, or a configuration of EVerest, writes what Ingot's "
		"plugins can express as documents, and reports on every other "
		"setting: why it is not carried over. Nothing is passed over "
		"in silence, and no secret is written or shown; where one "
		"stood stands a slot, or nothing.\n\n"
		"Status 0: all is carried over, or has no meaning here. 3: "
		"the documents are there, but something was not understood, "
		"has no plugin yet or wants a look; --accept-rest makes that "
		"0. 1: an entry is malformed, or a password ambiguous: no "
		"document is written.",
	.options = options,
	.examples = examples,
	.run = run,
};
