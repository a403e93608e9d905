/* SPDX-License-Identifier: MIT */
/*
 * ingot line, ingot push: the factory station. This file reads the bundle (it
 * has to be whole, and the maker's where --anchors says who that is), and hands
 * over to ingot-station: the command that runs on units is not linked with an
 * SSH library. The bundle goes over as the descriptor that was read, so what
 * was judged is what is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "cli.h"
#include "own.h"
#include "x509.h"

#define STATION   "ingot-station"
#define WORDS_MAX (CLI_OPTIONS_MAX + 12)

/* The words for the station; those that add() made are malloc'ed. */
struct words {
	char *word[WORDS_MAX + 1];
	size_t count;
};

static void
words_free(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i]);
}
#define own_words __attribute__((cleanup(words_free), unused))

static void __attribute__((format(printf, 2, 3)))
add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (w->count < WORDS_MAX &&
	    vasprintf(&w->word[w->count], fmt, ap) != -1)
		w->count++;
	va_end(ap);
}

/* Whole, and signed as far as that can be judged here; the units judge it
 * again with their own anchors. */
static int
read_bundle(const struct cli *c, int fd, struct bundle_info *info,
    enum ctl_code *code, struct err *e)
{
	const char *anchors_path = cli_option(c, "anchors");
	own_store X509_STORE *anchors = NULL;
	struct bundle_trust trust = { .unsigned_ok = anchors_path == NULL,
		.unit.model = cli_option(c, "model") };

	*code = CODE_FAILED;
	if (anchors_path != NULL &&
	    (anchors = x509_anchors(anchors_path, e)) == NULL)
		return -1;
	trust.anchors = anchors;
	*code = CODE_REFUSED;
	return bundle_open(fd, &trust, -1, info, e);
}

/* For which hardware revisions it is; none: for all. */
static void
pass_revisions(const struct terms *t, struct words *w)
{
	char list[TERMS_HARDWARE_MAX * (TERMS_REVISION_MAX + 2)] = "";
	size_t n = 0;

	for (size_t i = 0; i < t->hardware_count; i++)
		n += (size_t)snprintf(
		    list + n, sizeof(list) - n, "%s,", t->hardware[i]);
	if (n > 0)
		add(w, "--revisions=,%s", list);
}

/* Options that mean the same over there; those that were settled here have
 * words of their own. */
static void
pass_options(const struct cli *c, struct words *w)
{
	static const char settled[] = " bundle model out ";
	const char *value;
	char name[32];

	for (const struct cli_option *o = c->command->options; o->name != NULL;
	     o++) {
		(void)snprintf(name, sizeof(name), " %s ", o->name);
		if (strstr(settled, name) != NULL)
			continue;
		for (int n = 0; (value = cli_option_nth(c, o->name, n)); n++)
			if (o->value == NULL)
				add(w, "--%s", o->name);
			else
				add(w, "--%s=%s", o->name, value);
	}
	if (c->json)
		add(w, "--json");
}

/* What a day leaves is kept beside its list: units.csv, units.line/. */
static void
pass_out(const struct cli *c, struct words *w)
{
	const char *out = cli_option(c, "out");
	const char *units = cli_option(c, "units");
	size_t n = units == NULL ? 0 : strlen(units);

	if (n > 4 && strcmp(units + n - 4, ".csv") == 0)
		n -= 4;
	if (out != NULL)
		add(w, "--out=%s", out);
	else if (units != NULL)
		add(w, "--out=%.*s.line", (int)n, units);
	else
		add(w, "--out=push.line");
}

/* Nothing of the environment but what the terminal and the agent for keys
 * need: the station's children talk to strangers. */
static void
environment(struct words *env)
{
	static const char *const kept[] = { "SSH_AUTH_SOCK", "TERM", "PATH",
		"LANG", "LC_ALL", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	const char *value;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if ((value = getenv(kept[i])) != NULL)
			add(env, "%s=%s", kept[i], value);
}

/* Comes back only when it could not be started. */
static void
become_station(const struct cli *c, struct words *w, struct err *e)
{
	own_words struct words env = { .count = 0 };
	size_t operands = (size_t)c->operand_count;
	char **argv = calloc(w->count + operands + 2, sizeof(*argv));
	char path[4096];

	if (argv == NULL) {
		(void)err_set(e, ENOMEM, "no memory");
		return;
	}
	memcpy(argv, w->word, w->count * sizeof(*argv));
	argv[w->count] = (char[]){ "--" };
	memcpy(argv + w->count + 1, c->operands, operands * sizeof(*argv));
	environment(&env);
	(void)snprintf(
	    path, sizeof(path), "%s/" STATION, c->settings.libexec_dir);
	(void)fflush(NULL);
	(void)execve(path, argv, env.word);
	(void)err_sys(e, "%s", path);
	if (errno == ENOENT)
		(void)err_set(e, ENOENT,
		    "%s is not there; it comes with the package ingot-station",
		    path);
	free(argv);
}

static enum ctl_code
run(struct cli *c)
{
	const char *path = cli_option(c, "bundle");
	own_words struct words w = { .count = 0 };
	struct bundle_info info;
	enum ctl_code code;
	own_fd int fd = -1;
	struct err e;

	if (path == NULL ||
	    (c->operand_count == 0 && cli_option(c, "units") == NULL)) {
		(void)err_set(&e, EINVAL, "%s needs %s%s", c->command->name,
		    c->operand_count == 0 ? "--units FILE.csv and " : "",
		    "--bundle BUNDLE");
		return cli_fail(c, CODE_USAGE, &e);
	}
	/* Stays open over the exec, which is why it is not O_CLOEXEC. */
	if ((fd = open(path, O_RDONLY)) == -1) {
		(void)err_sys(&e, "%s", path);
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (read_bundle(c, fd, &info, &code, &e) == -1) {
		(void)err_in(&e, "%s", path);
		return cli_fail(c, code, &e);
	}
	add(&w, STATION);
	add(&w, "%s", c->command->name);
	add(&w, "--bundle=%s", path);
	add(&w, "--bundle-fd=%d", fd);
	add(&w, "--snapshot=%s", info.id);
	add(&w, "--model=%s", info.model);
	pass_revisions(&info.terms, &w);
	pass_out(c, &w);
	pass_options(c, &w);
	become_station(c, &w, &e);
	return cli_fail(c, CODE_FAILED, &e);
}

#define STATION_OPTIONS                                                         \
	{ "bundle", "BUNDLE", "what every unit gets" },                         \
	    { "package", "FILE",                                                \
		    "agent package (.deb, .ipk) to install; may be repeated" }, \
	    { "anchors", "FILE",                                                \
		    "the maker's CA: checks the bundle, goes to every unit" },  \
	    { "claim", "DIR",                                                   \
		    "claim certificate (cert.pem, key.pem, ca.pem): enrol" },   \
	    { "lock", NULL, "open production mode, collect birth records" },    \
	    { "hardware", "REV", "hardware revision, where none is said" },     \
	    { "model", "MODEL", "refuse a bundle for another model" },          \
	    { "user", "USER", "who logs in (root); others need sudo" },         \
	    { "port", "PORT", "of sshd (22)" },                                 \
	    { "identity", "FILE", "private key; else ssh-agent is asked" },     \
	    { "password-fd", "N", "read the login's password from there" },     \
	    { "pinned", NULL, "take no host key that is not known before" },    \
	    { "unconfirmed", NULL,                                              \
		    "keep a snapshot though the station gets in no more" },     \
	    { "jobs", "N", "units side by side (16)" },                         \
	    { "timeout", "SECONDS", "silence that means unplugged (10)" },      \
	    { "out", "DIR", "day book, known_hosts, births, report" },          \
	{                                                                       \
		NULL, NULL, NULL                                                \
	}

static const struct cli_option push_options[] = { STATION_OPTIONS };
static const struct cli_option line_options[] = {
	{ "units", "FILE.csv", "the list of units" },
	STATION_OPTIONS,
};

#define EACH_UNIT                                                              \
	"Each unit is reached over SSH; package and bundle are copied, the "   \
	"package is installed, unit.conf written, the bundle applied and "     \
	"confirmed by a new login; with --claim the unit enrols, with --lock " \
	"it goes into production and its birth record is fetched. What a "     \
	"unit has done already is not done again: after a cable, a power cut " \
	"or Ctrl-C the same command goes on where it was. Ctrl-C lets every "  \
	"unit end its step; a second one stops at once.\n\nThe folder of "     \
	"--out holds the day book, the line's known_hosts, birth/ and the "    \
	"report as report.html, .csv and .json. A host key is pinned by the "  \
	"list, or taken once and recorded; another one is refused from then "  \
	"on. Exit status 1: at least one unit is not done; the report says "   \
	"which, why, and what to do."

const struct cli_command cli_push = {
	.name = "push",
	.operands = "HOST...",
	.operands_min = 1,
	.operands_max = 4096,
	.brief = "cast the units that are named, from this machine",
	.text = "HOST is [SERIAL=][USER@]HOST[:PORT]; the serial is needed "
		"where the unit has no unit.conf yet.\n\n" EACH_UNIT,
	.options = push_options,
	.examples =
	    (const struct cli_example[]){
		{ "ingot push GW-2026-000101=192.168.7.21 --bundle "
		  "site-a.ingot --package ingot_0.1.0_amd64.deb",
		    "one vanilla unit" },
		{ "ingot push 10.0.0.5 10.0.0.6 --bundle site-b.ingot",
		    "a new snapshot for two that have the agent" },
		{ NULL, NULL } },
	.run = run,
};

const struct cli_command cli_line = {
	.name = "line",
	.operands = "",
	.brief = "cast all units of a list, many side by side",
	.text = "The list is CSV; its first line names the columns: serial and "
		"host, and where wanted port, user, hostkey (SHA256:...), "
		"model, hardware, value.NAME.\n\n" EACH_UNIT,
	.options = line_options,
	.examples =
	    (const struct cli_example[]){
		{ "ingot line --units monday.csv --bundle site-a.ingot "
		  "--package ingot_0.1.0_amd64.deb --anchors maker-ca.pem "
		  "--claim claim/ --lock",
		    "a day on the line" },
		{ "ingot line --units monday.csv --bundle site-a.ingot --jobs "
		  "40 --json",
		    "for a script, forty at once" },
		{ NULL, NULL } },
	.run = run,
};
