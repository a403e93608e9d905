/* SPDX-License-Identifier: MIT */
/*
 * Back to the packages before. What the record speaks of is compared with what
 * the database says now, so it is the same whether all was installed, some, or
 * the power went in the middle; and doing it twice is doing it once.
 *
 *	configure	after a kill: dpkg takes up what it was about
 *	install		the versions before, from stored snapshots
 *	install		of opkg, what is new and may be there in part
 *	purge		what was not there before
 *	install		again, if a package that is gone now was in the way
 *
 * Nothing vital is taken away, and nothing is taken away by force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply_packages.h"
#include "audit.h"
#include "log.h"
#include "own.h"
#include "package_record.h"
#include "package_stash.h"
#include "packager.h"

struct back {
	struct apply *a;
	void (*then)(struct apply *);
	struct package_record record;
	struct package_db db;
	struct package_stash stash;
	struct packager *run;
	const char **operands;
	char **paths; /* what has to be freed of them */
	size_t count, path_count;
	size_t stage;
	bool failed; /* the first install did */
	/* dpkg notes what it is about before it touches a file; opkg notes only
	 * what it has done. So where an install was begun, a version before
	 * that opkg speaks of may have the files of the one after. */
	bool opkg;
	bool doubt; /* until the versions before were installed once more */
};

static void next(struct back *);

/* The reason ends with what stays different. */
static void
say_left(struct back *b, const struct record_entry *r, const char *is,
    const char *why)
{
	struct err *whole = &b->a->turn.why;
	size_t n = strlen(whole->text);

	log_warn("packages: %s stays in version %s: %s", r->name, is, why);
	audit_say(b->a->agent->audit, "agent", "PackageLeft",
	    "%s stays in version %s: %s", r->name, is, why);
	(void)snprintf(whole->text + n, sizeof(whole->text) - n,
	    "; package %s stays in version %s: %s", r->name, is, why);
}

static void
add(struct back *b, const char *operand)
{
	b->operands[b->count++] = operand;
}

static const struct package *
now_of(const struct back *b, const struct record_entry *r)
{
	const struct package *p = package_db_find(&b->db, r->name, r->arch);

	return p != NULL && package_is_present(p) ? p : NULL;
}

/* The version before, whole in place? */
static bool
is_back(const struct record_entry *r, const struct package *now)
{
	if (now == NULL)
		return *r->before == '\0';
	return package_is_installed(now) &&
	    strcmp(now->version, r->before) == 0;
}

/* Its payload, if that is at hand. */
static void
add_payload(struct back *b, const struct record_entry *r, const char *version)
{
	own_str char *path =
	    package_stash_find(&b->stash, r->name, version, r->arch);
	char *whole;

	if (path == NULL ||
	    asprintf(&whole, "%s/%s", b->a->agent->settings.state_dir, path) ==
		-1)
		return;
	b->paths[b->path_count++] = whole;
	add(b, whole);
}

static void
gather_install(struct back *b)
{
	for (size_t i = 0; i < b->record.count; i++) {
		const struct record_entry *r = &b->record.all[i];

		if (*r->before != '\0' &&
		    (b->doubt || !is_back(r, now_of(b, r))))
			add_payload(b, r, r->before);
	}
}

/* Files of what opkg does not know can only be taken away after it has learnt
 * of them. */
static void
gather_unknown(struct back *b)
{
	for (size_t i = 0; b->opkg && i < b->record.count; i++) {
		const struct record_entry *r = &b->record.all[i];

		if (*r->before == '\0' && now_of(b, r) == NULL)
			add_payload(b, r, r->after);
	}
}

static void
gather_purge(struct back *b)
{
	for (size_t i = 0; i < b->record.count; i++) {
		const struct record_entry *r = &b->record.all[i];
		const struct package *now = now_of(b, r);

		if (*r->before == '\0' && now != NULL && !r->conf &&
		    !package_is_vital(now))
			add(b, r->name);
	}
}

/* Whose configuration was there before keeps it. */
static void
gather_remove(struct back *b)
{
	for (size_t i = 0; i < b->record.count; i++) {
		const struct record_entry *r = &b->record.all[i];
		const struct package *now = now_of(b, r);

		if (*r->before == '\0' && now != NULL && r->conf &&
		    !package_is_vital(now))
			add(b, r->name);
	}
}

static void
gather_again(struct back *b)
{
	if (b->failed)
		gather_install(b);
}

static const struct stage {
	const char *verb;
	void (*gather)(struct back *); /* NULL: takes no operands */
} stages[] = {
	{ "configure", NULL },
	{ "install", gather_install },
	{ "install", gather_unknown },
	{ "purge", gather_purge },
	{ "remove", gather_remove },
	{ "install", gather_again },
};

#define STAGES (sizeof(stages) / sizeof(*stages))

static int
read_again(struct back *b, struct err *e)
{
	package_db_free(&b->db);
	package_stash_free(&b->stash);
	for (size_t i = 0; i < b->path_count; i++)
		free(b->paths[i]);
	b->count = b->path_count = 0;
	if (packages_db(b->a, &b->db, e) == -1)
		return -1;
	return package_stash_open(&b->stash, b->a->agent->state, e);
}

static void
back_free(struct back *b)
{
	for (size_t i = 0; i < b->path_count; i++)
		free(b->paths[i]);
	free(b->paths);
	free(b->operands);
	package_stash_free(&b->stash);
	package_db_free(&b->db);
	record_free(&b->record);
	free(b);
}

/* What is not as it was, and whose fault it is. */
static void
judge(struct back *b)
{
	for (size_t i = 0; i < b->record.count; i++) {
		const struct record_entry *r = &b->record.all[i];
		const struct package *now = now_of(b, r);
		own_str char *path =
		    package_stash_find(&b->stash, r->name, r->before, r->arch);
		const char *is = now == NULL ? "none" : now->version;
		char why[256];

		if (is_back(r, now) &&
		    !(b->doubt && *r->before != '\0' && path != NULL))
			continue;
		if (*r->before == '\0' && package_is_vital(now))
			say_left(b, r, is, "it is vital for the unit");
		else if (*r->before != '\0' && path == NULL) {
			(void)snprintf(why, sizeof(why),
			    "%s is in no stored snapshot; install it by hand",
			    r->before);
			say_left(b, r, is, why);
		} else {
			say_left(b, r, is, "it could not be put back");
			b->a->turn.refused = true;
		}
	}
}

static void
finish(struct back *b)
{
	void (*then)(struct apply *) = b->then;
	struct apply *a = b->a;
	struct err e;

	if (read_again(b, &e) == -1) {
		log_error("packages: %s", e.text);
		a->turn.refused = true;
	} else
		judge(b);
	a->turn.back = NULL;
	back_free(b);
	then(a);
}

static void
stage_said(void *ctx, const char *line)
{
	(void)ctx;
	log_note("packages: %s", line);
}

static void
stage_done(void *ctx, const struct err *why)
{
	struct back *b = ctx;

	b->run = NULL;
	if (why != NULL)
		log_warn("packages: going back: %s", why->text);
	b->failed = b->failed || why != NULL;
	if (why == NULL &&
	    (stages[b->stage].gather == gather_install ||
		stages[b->stage].gather == gather_again))
		b->doubt = false;
	b->stage++;
	next(b);
}

/* Configuring is for what a kill cut off; after a script that failed it would
 * only run that script once more. */
static bool
has_work(struct back *b, const struct stage *s)
{
	if (s->gather == NULL)
		return b->a->turn.recovering;
	s->gather(b);
	return b->count > 0;
}

/* Runs the stage at hand, or the first after it that has something to do. */
static void
next(struct back *b)
{
	struct packager_order order = { .manager = b->record.manager,
		.operands = b->operands,
		.said = stage_said,
		.done = stage_done,
		.ctx = b };
	struct err e;

	for (; b->stage < STAGES; b->stage++) {
		if (read_again(b, &e) == -1)
			break;
		if (!has_work(b, &stages[b->stage]))
			continue;
		order.verb = stages[b->stage].verb;
		order.count = b->count;
		b->run = packager_run(b->a->agent, &order, &e);
		if (b->run != NULL)
			return;
		log_error("packages: %s", e.text);
	}
	finish(b);
}

static bool
all_back(struct back *b)
{
	if (b->doubt)
		return false;
	for (size_t i = 0; i < b->record.count; i++)
		if (!is_back(&b->record.all[i], now_of(b, &b->record.all[i])))
			return false;
	return true;
}

static int
begin(struct back *b, struct err *e)
{
	struct apply *a = b->a;

	if (record_read(
		&b->record, a->agent->state, a->turn.journal.target, e) == -1)
		return -1;
	b->doubt = b->opkg = strcmp(b->record.manager, "opkg") == 0;
	b->operands = calloc(b->record.count + 1, sizeof(*b->operands));
	b->paths = calloc(b->record.count + 1, sizeof(*b->paths));
	if (b->operands == NULL || b->paths == NULL)
		return err_set(e, ENOMEM, "no memory");
	return read_again(b, e);
}

void
packages_back(struct apply *a, void (*then)(struct apply *))
{
	struct back *b = calloc(1, sizeof(*b));
	struct err e;

	if (b == NULL) {
		a->turn.refused = true;
		then(a);
		return;
	}
	*b = (struct back){ .a = a, .then = then };
	a->turn.back = b;
	if (begin(b, &e) == -1) {
		log_error("packages: %s", e.text);
		a->turn.refused = true;
		b->stage = STAGES;
		finish(b);
	} else if (all_back(b))
		finish(b);
	else
		next(b);
}

void
packages_back_free(struct back *b)
{
	if (b == NULL)
		return;
	packager_stop(b->run);
	back_free(b);
}
