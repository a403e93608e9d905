/* SPDX-License-Identifier: MIT */
/*
 * After a kill: what the journal says is finished or taken back, by the table.
 * A damaged journal is taken back too: "current" is moved last, so it names
 * what was live. And pruning: what no link speaks of any more goes.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "audit.h"
#include "log.h"
#include "own.h"

#define SPARE_SNAPSHOTS 3 /* kept beside those that are linked */

/* What the journal says, or, damaged, what is safe. */
static int
read_journal(struct apply *a, struct journal *j)
{
	struct err e;
	int rc = journal_read(a->agent->state, j, &e);

	if (rc != -1)
		return rc;
	log_error(
	    "%s; going back to applied/%lld", e.text, (long long)a->current);
	audit_say(a->agent->audit, "agent", "JournalDamaged", "%s", e.text);
	*j = (struct journal){
		.phase = TXN_REVERT, .before = a->current, .asked = JOURNAL_ALL
	};
	return 1;
}

/* Loads both ends of it; damaged ones give way to what is known to be good. */
static int
load(struct apply *a, enum txn_phase *p, struct err *e)
{
	struct turn *t = &a->turn;
	int state = a->agent->state;

	if (*p == TXN_DONE &&
	    applied_read(&t->target, state, t->journal.target, true, e) == -1) {
		log_error("%s", e->text);
		*p = TXN_REVERT;
	}
	/* Known, it tells who took part; unknown, all are asked. */
	if (*p == TXN_REVERT)
		(void)applied_read(
		    &t->target, state, t->journal.target, false, e);
	if (applied_read(&t->before, state, t->journal.before, true, e) == 0)
		return 0;
	log_error("%s; taking applied/%lld", e->text, (long long)a->current);
	t->journal.before = a->current;
	return applied_read(&t->before, state, a->current, true, e);
}

static void
stay_stuck(struct apply *a)
{
	log_error("a transaction was stuck before the restart; repair, and "
		  "apply or roll back again");
	a->stuck = true;
	apply_reactivate(a);
}

int
apply_recover(struct agent *agent, struct err *e)
{
	struct apply *a = agent->apply;
	struct turn *t = &a->turn;
	enum txn_phase p;

	if (!a->journal_found)
		return 0;
	a->journal_found = false;
	if (read_journal(a, &t->journal) == 0)
		return 0;
	p = txn_recover(t->journal.phase);
	if (p == TXN_STUCK) {
		stay_stuck(a);
		return 0;
	}
	if (load(a, &p, e) == -1)
		return err_in(e, "recovery");
	log_note("the last transaction ended in \"%s\": %s",
	    txn_name(t->journal.phase), txn_name(p));
	audit_say(agent->audit, "agent", "Recovered", "%s -> %s",
	    txn_name(t->journal.phase), txn_name(p));
	apply_count_plugins(a);
	apply_want(a, WANTS_NOTHING);
	t->order.kind = KIND_RECOVER;
	t->active = t->recovering = true;
	(void)err_set(&t->why, 0, "the agent was stopped in \"%s\"",
	    txn_name(t->journal.phase));
	t->phase = t->journal.phase;
	apply_enter(a, p);
	return 0;
}

/* Numbers and ids that links speak of. */
struct kept {
	int64_t numbers[3];
	char snapshots[3][SHA256_HEX];
};

static void
find_kept(struct apply *a, struct kept *k)
{
	static const char *const links[] = { "current", "previous",
		"confirmed" };
	struct err ignored;

	memset(k, 0, sizeof(*k));
	for (size_t i = 0; i < 3; i++) {
		own_applied struct applied found = { 0 };
		int64_t n = applied_link(a->agent->state, links[i], &ignored);

		if (n <= 0)
			continue;
		k->numbers[i] = n;
		if (applied_read(&found, a->agent->state, n, false, &ignored) ==
		    0)
			(void)strcpy(k->snapshots[i], found.snapshot);
	}
}

static DIR *
open_list(int state, const char *path)
{
	int fd = openat(
	    state, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL)
		own_fd_close(&fd);
	return d;
}

static void
prune_applied(struct apply *a, const struct kept *k)
{
	DIR *d = open_list(a->agent->state, "applied");
	struct dirent *de;
	struct err e;

	while (d != NULL && (de = readdir(d)) != NULL) {
		int64_t n = strtoll(de->d_name, NULL, 10);

		if (n <= 0 || n == k->numbers[0] || n == k->numbers[1] ||
		    n == k->numbers[2])
			continue;
		if (applied_remove(a->agent->state, n, &e) == -1)
			log_warn("prune: %s", e.text);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* Newest first. */
struct old {
	char name[SHA256_HEX];
	time_t at;
};

static int
newest_first(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	return (x->at < y->at) - (x->at > y->at);
}

static bool
spoken_of(const struct kept *k, const char *name)
{
	return strcmp(name, k->snapshots[0]) == 0 ||
	    strcmp(name, k->snapshots[1]) == 0 ||
	    strcmp(name, k->snapshots[2]) == 0;
}

/* At most max snapshots that no link speaks of. */
static size_t
find_old(int state, const struct kept *k, struct old *list, size_t max)
{
	DIR *d = open_list(state, "snapshots");
	struct dirent *de;
	struct stat st;
	size_t n = 0;

	while (d != NULL && n < max && (de = readdir(d)) != NULL) {
		if (strlen(de->d_name) != SHA256_HEX - 1 ||
		    spoken_of(k, de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			-1)
			continue;
		(void)strcpy(list[n].name, de->d_name);
		list[n++].at = st.st_mtime;
	}
	if (d != NULL)
		(void)closedir(d);
	qsort(list, n, sizeof(*list), newest_first);
	return n;
}

void
apply_prune(struct apply *a)
{
	struct kept k;
	struct old list[64];
	char path[SHA256_HEX + 16];
	struct err e;
	size_t n;

	/* A stuck one may still be looked at. */
	if (a->stuck)
		return;
	find_kept(a, &k);
	prune_applied(a, &k);
	n = find_old(a->agent->state, &k, list, 64);
	for (size_t i = SPARE_SNAPSHOTS; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "snapshots/%s", list[i].name);
		if (file_remove_tree(a->agent->state, path, &e) == -1)
			log_warn("prune: %s", e.text);
	}
}
