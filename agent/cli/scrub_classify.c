/* SPDX-License-Identifier: MIT */
/*
 * ingot scrub --classify: a person's word on each open finding, asked for once
 * and written where the next capture reads it. On a terminal he is asked one
 * by one; a script says it with options. What is written down is his name, his
 * reason and the place, never the value.
 */
#include <sys/types.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "own.h"
#include "reviewed.h"
#include "scrub_in.h"
#include "slot.h"
#include "tree.h"

#define ANSWER_MAX 200

struct classifying {
	struct cli *cli;
	struct capture c;
	int root;
	char who[ANSWER_MAX];
	char why[ANSWER_MAX];
	char from[ANSWER_MAX];
	char slot[ANSWER_MAX];
	char within[FIELD_NAME_MAX];
	struct decision d;
	size_t written;
};

/* The field of the finding, where the file's format can tell it. */
struct locating {
	const struct finding *f;
	const struct bytes *text;
	char within[FIELD_NAME_MAX];
	bool found;
};

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct locating *l = ctx;

	(void)e;
	if (l->found || strcmp(f->name, l->f->key) != 0 ||
	    field_line(l->text->p, f->at) != l->f->line)
		return 0;
	(void)snprintf(l->within, sizeof(l->within), "%s", f->within);
	l->found = true;
	return 0;
}

/* The format in which rules read the file already, or by its look. */
static const struct field_format *
format_of(const struct policy *p, const char *path, const struct bytes *text)
{
	const struct field_format *format = policy_format(p, path);

	return format != NULL ? format : field_guess(path, text->p, text->len);
}

static void
locate(struct classifying *k, const struct finding *f)
{
	own_bytes struct bytes text = { 0 };
	struct locating l = { .f = f, .text = &text };
	const struct field_format *format;
	struct err e;

	k->d.format = NULL;
	k->d.within = "*";
	if (f->key[0] == '\0' || strchr(f->path, '!') != NULL ||
	    tree_read_through(
		k->root, f->path, SNAPSHOT_MEMBER_MAX, &text, &e) == -1 ||
	    (format = format_of(&k->c.policy, f->path, &text)) == NULL)
		return;
	(void)format->scan(text.p, text.len, on_field, &l, &e);
	if (!l.found)
		return;
	k->d.format = format->name;
	if (l.within[0] != '\0') {
		(void)snprintf(k->within, sizeof(k->within), "%s", l.within);
		k->d.within = k->within;
	}
}

/* "generated.wpa_supplicant.psk:32" for a secret that each unit makes. */
static void
own_slot(const struct finding *f, char out[static ANSWER_MAX])
{
	const char *slash = strrchr(f->path, '/');
	const char *stem = slash == NULL ? f->path : slash + 1;
	size_t n = 0;

	n += (size_t)snprintf(out, ANSWER_MAX, "generated.%.*s.%.60s",
	    (int)strcspn(stem, "."), stem, f->key);
	for (char *c = out; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
			*c == '.'))
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : '_';
	(void)snprintf(out + n, ANSWER_MAX - n, ":32");
}

static int
write_down(struct classifying *k, const struct finding *f, struct err *e)
{
	k->d.finding = f;
	k->d.who = k->who;
	k->d.why = k->why;
	k->d.from = k->from;
	k->d.slot = k->slot;
	if (k->d.action == SCRUB_SLOT && k->d.class != REVIEW_SHARED &&
	    slot_name_check(k->slot, e) == -1)
		return -1;
	if (reviewed_add(
		k->c.policy.reviewed, &k->d, 1, (long long)time(NULL), e) == -1)
		return -1;
	k->written++;
	return 0;
}

static void
option_text(
    const struct cli *cli, const char *name, char out[static ANSWER_MAX])
{
	const char *value = cli_option(cli, name);

	if (value != NULL)
		(void)snprintf(out, ANSWER_MAX, "%s", value);
}

/* Does "FILE:KEY" or "FILE:LINE" mean it? */
static bool
is_meant(const struct finding *f, const char *word)
{
	size_t n = strlen(f->path);
	char line[16];

	if (strncmp(word, f->path, n) != 0 || word[n] != ':')
		return false;
	(void)snprintf(line, sizeof(line), "%u", f->line);
	return strcmp(word + n + 1, f->key) == 0 ||
	    strcmp(word + n + 1, line) == 0;
}

/* Has an entry just written settled this one too? */
static bool
settled(const struct classifying *k, size_t i)
{
	const struct finding *f = &k->c.findings.all[i], *one;

	for (size_t j = 0; j < i; j++) {
		one = &k->c.findings.all[j];
		if (one->accepted == NULL && one->id == f->id &&
		    strcmp(one->path, f->path) == 0 &&
		    strcmp(one->key, f->key) == 0)
			return true;
	}
	return false;
}

static int
from_options(struct classifying *k, const char *word, struct err *e)
{
	const struct cli *cli = k->cli;
	const char *as = cli_option(cli, "as");
	size_t meant = 0;

	k->d.class = as == NULL ? REVIEW_COUNT : review_class_by_name(as);
	if (k->d.class == REVIEW_COUNT)
		return err_set(
		    e, EINVAL, "--as is shared, per-device, secret or derived");
	for (size_t i = 0; i < k->c.findings.count; i++) {
		const struct finding *f = &k->c.findings.all[i];

		if (f->accepted != NULL || !is_meant(f, word))
			continue;
		meant++;
		if (settled(k, i))
			continue;
		locate(k, f);
		k->d.action = cli_option(cli, "drop") != NULL ? SCRUB_DROP
		    : cli_option(cli, "empty") != NULL        ? SCRUB_EMPTY
							      : SCRUB_SLOT;
		if (k->d.class == REVIEW_SECRET)
			own_slot(f, k->slot);
		option_text(cli, "slot", k->slot);
		if (write_down(k, f, e) == -1)
			return -1;
	}
	return meant > 0 ? 0
			 : err_set(e, ENOENT,
			       "there is no open finding %s; ingot scrub "
			       "--open lists them",
			       word);
}

/* One line; false: the person went away. An empty one keeps what was there. */
static bool
ask(const char *question, char answer[static ANSWER_MAX])
{
	char line[ANSWER_MAX];

	(void)fprintf(stderr, "%s%s%s%s: ", question,
	    answer[0] == '\0' ? "" : " [", answer,
	    answer[0] == '\0' ? "" : "]");
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	if (line[0] != '\0')
		(void)strcpy(answer, line);
	return true;
}

/* What becomes of the value: a slot where one can be, or the file stays. */
static bool
ask_action(struct classifying *k, const struct finding *f)
{
	char how[ANSWER_MAX] = "";

	(void)strcpy(how, k->d.format == NULL ? "drop" : "slot");
	if (!ask("slot, empty, or drop the file", how))
		return false;
	k->d.action = how[0] == 'd' ? SCRUB_DROP
	    : how[0] == 'e'         ? SCRUB_EMPTY
				    : SCRUB_SLOT;
	if (k->d.action != SCRUB_SLOT)
		return true;
	own_slot(f, k->slot);
	return ask("slot", k->slot);
}

static int
ask_one(
    struct classifying *k, const struct finding *f, bool *quit, struct err *e)
{
	char as[ANSWER_MAX] = "skip";

	capture_print_finding(f);
	*quit = true;
	if (!ask("shared, per-device, secret, derived, skip, quit", as) ||
	    as[0] == 'q')
		return 0;
	*quit = false;
	for (k->d.class = 0; k->d.class < REVIEW_COUNT; k->d.class ++)
		if (strncmp(review_class_name(k->d.class), as, strlen(as)) == 0)
			break;
	if (k->d.class == REVIEW_COUNT || strcmp(as, "s") == 0)
		return 0; /* skipped; one letter says too little */
	locate(k, f);
	if ((k->d.class == REVIEW_DERIVED &&
		!ask("what it derives from", k->from)) ||
	    (k->d.class != REVIEW_SHARED && !ask_action(k, f)) ||
	    !ask("who decides", k->who) || !ask("why", k->why)) {
		*quit = true;
		return 0;
	}
	return write_down(k, f, e);
}

static int
from_terminal(struct classifying *k, struct err *e)
{
	bool quit = false;

	for (size_t i = 0; i < k->c.findings.count && !quit; i++) {
		if (k->c.findings.all[i].accepted != NULL || settled(k, i))
			continue;
		/* A wrong answer is told, and the next finding asked about. */
		if (ask_one(k, &k->c.findings.all[i], &quit, e) == -1)
			(void)fprintf(stderr, "not written: %s\n", e->text);
	}
	return 0;
}

/* Whoever is behind sudo, as a proposal. */
static void
who_asks(char who[static ANSWER_MAX])
{
	const char *name = getenv("SUDO_USER");
	struct passwd one, *pw = NULL;
	char room[1024];

	if (name == NULL &&
	    getpwuid_r(getuid(), &one, room, sizeof(room), &pw) == 0 &&
	    pw != NULL)
		name = pw->pw_name;
	(void)snprintf(who, ANSWER_MAX, "%s", name == NULL ? "" : name);
}

static int
classify(struct classifying *k, struct err *e)
{
	const char *word = cli_option(k->cli, "finding");

	who_asks(k->who);
	option_text(k->cli, "who", k->who);
	option_text(k->cli, "why", k->why);
	option_text(k->cli, "from", k->from);
	if (k->c.policy.reviewed[0] == '\0')
		return err_set(e, EINVAL,
		    "the policy names no file for it; add a line like "
		    "reviewed = \"reviewed.conf\"; to it");
	if (word == NULL && k->cli->json)
		return err_set(e, EINVAL, "with --json, --finding says which");
	if (word == NULL)
		return from_terminal(k, e);
	for (int i = 0; (word = cli_option_nth(k->cli, "finding", i)) != NULL;
	     i++)
		if (from_options(k, word, e) == -1)
			return -1;
	return 0;
}

static void
report(const struct classifying *k)
{
	const char *path = k->c.policy.reviewed;
	own_json json_t *j = NULL;

	if (k->cli->json) {
		j = json_pack("{s:I, s:s}", "written", (json_int_t)k->written,
		    "reviewed", path);
		cli_json(j);
	} else {
		(void)printf("%zu written to %s; \"ingot scrub --open\" shows "
			     "what is left\n",
		    k->written, path);
	}
}

enum ctl_code
scrub_classify(struct cli *cli)
{
	struct classifying k = { .cli = cli };
	own_sample struct sample s = { .root = -1 };
	enum ctl_code code = scrub_sample(cli, &s, &k.c);
	struct err e;

	k.root = s.root;
	if (code == CODE_OK && classify(&k, &e) == -1)
		code = cli_fail(cli,
		    e.code == EACCES       ? CODE_REFUSED
			: e.code == EINVAL ? CODE_USAGE
					   : CODE_FAILED,
		    &e);
	else if (code == CODE_OK)
		report(&k);
	capture_free(&k.c);
	return code;
}
