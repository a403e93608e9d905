/* SPDX-License-Identifier: MIT */
/*
 * ingot scrub --check: a linter for any file on any machine. Without a policy
 * the heuristics alone; with one its rules are played through in memory first,
 * so that what a capture would take out is no finding. Nothing is written, and
 * no value is shown: place, kind, length, and a mark by which equal values of
 * this one run can be told (finding.h says why it is keyed).
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "residue.h"
#include "scrub.h"
#include "scrub_in.h"

OWN_POINTER(residue, struct residue, residue_free)
#define own_residue __attribute__((cleanup(own_residue_free), unused))

#define FILE_LIMIT  ((size_t)SNAPSHOT_MEMBER_MAX)

/* Why a file is not looked at. /etc holds hundreds of links: they are counted,
 * and told one by one only to who asks. */
enum skipped {
	SKIPPED_LINK,
	SKIPPED_SPECIAL,
	SKIPPED_EXCLUDED,
	SKIPPED_DROPPED,
	SKIPPED_COUNT
};

static const struct {
	const char *why; /* of one */
	const char *many;
} skips[SKIPPED_COUNT] = {
	[SKIPPED_LINK] = { "a symbolic link", "symbolic links" },
	[SKIPPED_SPECIAL] = { "no plain file", "no plain files" },
	[SKIPPED_EXCLUDED] = { "excluded by the policy",
	    "excluded by the policy" },
	[SKIPPED_DROPPED] = { "dropped by the policy: never travels",
	    "dropped by the policy" },
};

struct checking {
	struct cli *cli;
	struct policy *policy; /* NULL: none given */
	const char *root;      /* what is cut off before a policy sees a path */
	struct findings keys;  /* holds the key of the marks, no finding */
	json_t *sarif;
	json_t *list;
	size_t files;
	size_t skipped[SKIPPED_COUNT];
	size_t open;
	size_t notes;
	size_t troubles;
	bool strict;
	bool verbose;
	bool only_open;
};

bool
scrub_is_note(enum finding_id id)
{
	return id == FINDING_BINARY || id == FINDING_SPECIAL ||
	    id == FINDING_SET_ID || id == FINDING_WEAK;
}

static void
trouble(struct checking *c, const char *path, const char *why)
{
	c->troubles++;
	(void)fprintf(stderr, "ingot scrub: ");
	cli_print_line(stderr, why);
	(void)fputc('\n', stderr);
	if (c->sarif != NULL)
		(void)sarif_trouble(c->sarif, path, why);
}

static int
skip(struct checking *c, const char *path, enum skipped why)
{
	c->skipped[why]++;
	if (c->list != NULL)
		return json_array_append_new(c->list,
		    json_pack("{s:o, s:s}", "path", json_text(path), "skipped",
			skips[why].why));
	if (c->sarif == NULL && c->verbose) {
		cli_print_line(stdout, path);
		(void)printf(": skipped: %s\n", skips[why].why);
	}
	return 0;
}

static size_t
all_skipped(const struct checking *c)
{
	size_t n = 0;

	for (int i = 0; i < SKIPPED_COUNT; i++)
		n += c->skipped[i];
	return n;
}

/* The path as the policy's patterns know it: absolute, below the root. */
static int
policy_path(const struct checking *c, const char *path,
    char out[static PATH_MAX], struct err *e)
{
	size_t n = c->root == NULL ? 0 : strlen(c->root);
	own_str char *real = realpath(path, NULL);

	if (real == NULL)
		return err_sys(e, "%s", path);
	if (strncmp(real, c->root == NULL ? "" : c->root, n) != 0 ||
	    (n > 0 && real[n] != '/' && real[n] != '\0'))
		n = 0;
	(void)snprintf(out, PATH_MAX, "%s", real + n);
	return 0;
}

/* By the heuristics, or by all that a capture would do with it. */
static int
look(struct checking *c, const char *path, const struct bytes *in,
    struct findings *f, struct err *e)
{
	struct scrub s = { .policy = c->policy, .findings = f };
	own_residue struct residue *residue = NULL;
	own_bytes struct bytes out = { 0 };
	bool slots;
	int rc;

	if (c->policy == NULL) {
		if ((rc = scrub_from_disk(&s, path, in, &out, e)) == -1)
			return -1;
		return scrub_look(
		    &s, path, NULL, rc == 1 ? &out : in, NULL, NULL, e);
	}
	if ((residue = residue_new(c->policy->shortest, e)) == NULL)
		return -1;
	s.residue = residue;
	return scrub_file(&s, path, in, false, &out, &slots, e);
}

static void
count(struct checking *c, const struct findings *f)
{
	size_t notes = 0;

	for (size_t i = 0; i < f->count; i++)
		notes +=
		    f->all[i].accepted == NULL && scrub_is_note(f->all[i].id);
	c->notes += notes;
	c->open += f->open - (c->strict ? 0 : notes);
}

static int
report(struct checking *c, const struct findings *f)
{
	json_t *all;
	int rc;

	if (c->sarif != NULL)
		return sarif_add(c->sarif, f);
	if (c->list == NULL) {
		for (size_t i = 0; i < f->count; i++)
			if (!c->only_open || f->all[i].accepted == NULL)
				capture_print_finding(&f->all[i]);
		if (f->open > f->count)
			(void)printf("and more: %zu in all\n", f->open);
		return 0;
	}
	all = findings_json(f, true);
	rc = json_array_extend(c->list, all);
	json_decref(all);
	return rc;
}

static int
check_one(struct checking *c, const char *path, struct err *e)
{
	own_bytes struct bytes in = { 0 };
	char name[PATH_MAX];
	struct findings f = { 0 };
	struct scrub_rule *drop;
	own_fd int fd = -1;
	int rc;

	(void)snprintf(name, sizeof(name), "%s", path);
	if (c->policy != NULL && policy_path(c, path, name, e) == -1)
		return -1;
	if (c->policy != NULL && policy_excludes(c->policy, name))
		return skip(c, name, SKIPPED_EXCLUDED);
	if (c->policy != NULL && policy_drop(c->policy, name) != NULL)
		return skip(c, name, SKIPPED_DROPPED);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return err_sys(e, "%s", path);
	if (file_read_fd(fd, FILE_LIMIT, &in, e) == -1)
		return err_in(e, "%s", path);
	if (c->policy != NULL) {
		struct scrub s = { .policy = c->policy };

		if (scrub_drops(&s, name, &in, &drop, e) == -1)
			return -1;
		if (drop != NULL)
			return skip(c, name, SKIPPED_DROPPED);
	}
	c->files++;
	memcpy(f.key, c->keys.key, sizeof(f.key));
	f.keyed = true;
	rc = look(c, name, &in, &f, e);
	if (rc == 0) {
		count(c, &f);
		rc = report(c, &f);
	}
	findings_free(&f);
	return rc;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
visit(struct checking *c, FTSENT *one)
{
	struct err e = { 0 };

	switch (one->fts_info) {
	case FTS_D:
	case FTS_DP:
	case FTS_DOT:
		return;
	case FTS_F:
		if (check_one(c, one->fts_path, &e) == -1)
			trouble(c, one->fts_path, e.text);
		return;
	case FTS_SL:
		(void)skip(c, one->fts_path, SKIPPED_LINK);
		return;
	case FTS_DEFAULT:
		(void)skip(c, one->fts_path, SKIPPED_SPECIAL);
		return;
	default:
		(void)err_set(&e, one->fts_errno, "%s: %s", one->fts_path,
		    one->fts_errno == 0 ? "can not be read"
					: strerror(one->fts_errno));
		trouble(c, one->fts_path, e.text);
	}
}

static int
walk(struct checking *c, struct err *e)
{
	FTS *all = fts_open(c->cli->operands,
	    FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	FTSENT *one;

	if (all == NULL)
		return err_sys(e, "%s", c->cli->operands[0]);
	while ((one = fts_read(all)) != NULL)
		visit(c, one);
	(void)fts_close(all);
	return 0;
}

/* "219 files: 3 findings, 0 notes, 43 skipped (symbolic links: 40, ...)" */
static void
summary(const struct checking *c)
{
	size_t skipped = all_skipped(c);
	const char *before = " (";

	(void)printf("%zu files: %zu findings, %zu notes, %zu skipped",
	    c->files, c->open, c->notes, skipped);
	for (int i = 0; i < SKIPPED_COUNT; i++) {
		if (c->skipped[i] == 0)
			continue;
		(void)printf("%s%s: %zu", before, skips[i].many, c->skipped[i]);
		before = ", ";
	}
	(void)printf("%s\n", skipped > 0 ? ")" : "");
}

static void
finish(struct checking *c)
{
	own_json json_t *j = NULL;

	if (c->sarif != NULL) {
		cli_json(c->sarif);
	} else if (c->list != NULL) {
		j = json_pack("{s:O, s:I, s:I, s:I, s:I, s:I}", "findings",
		    c->list, "open", (json_int_t)c->open, "notes",
		    (json_int_t)c->notes, "files", (json_int_t)c->files,
		    "skipped", (json_int_t)all_skipped(c), "troubles",
		    (json_int_t)c->troubles);
		cli_json(j);
	} else {
		summary(c);
	}
}

static int
prepare(struct checking *c, struct policy *policy, struct err *e)
{
	const char *path = cli_option(c->cli, "policy");
	char mark[FINDING_MARK_LEN + 1];

	c->strict = cli_option(c->cli, "strict") != NULL;
	c->verbose = cli_option(c->cli, "verbose") != NULL;
	c->only_open = cli_option(c->cli, "open") != NULL;
	if (path != NULL && policy_read(policy, path, e) == -1)
		return -1;
	c->policy = path == NULL ? NULL : policy;
	if (cli_option(c->cli, "sarif") != NULL)
		c->sarif = sarif_new();
	else if (c->cli->json)
		c->list = json_array();
	/* One key for all files of the run. */
	return findings_mark(&c->keys, "", 0, mark, e);
}

enum ctl_code
scrub_check(struct cli *cli)
{
	own_policy struct policy policy = { .files = NULL };
	own_str char *root = NULL;
	struct checking c = { .cli = cli };
	struct err e = { 0 };
	int rc;

	if (cli->operand_count == 0) {
		(void)err_set(&e, EINVAL, "--check needs a FILE");
		return cli_fail(cli, CODE_USAGE, &e);
	}
	if (cli_option(cli, "root") != NULL)
		root = realpath(cli_option(cli, "root"), NULL);
	c.root = root;
	if ((rc = prepare(&c, &policy, &e)) == 0 && (rc = walk(&c, &e)) == 0)
		finish(&c);
	json_decref(c.sarif);
	json_decref(c.list);
	findings_free(&c.keys);
	if (rc == -1)
		return cli_fail(cli, CODE_FAILED, &e);
	return c.troubles > 0 ? CODE_FAILED
	    : c.open > 0      ? CODE_REFUSED
			      : CODE_OK;
}
