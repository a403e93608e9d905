/* SPDX-License-Identifier: MIT */
/*
 * Garbage: keys whose request was never answered, expired leaves beyond those
 * that are kept, OCSP answers about nothing. By age, not only when the store is
 * full (D21); a key's age is counted over reboots (D22), by the clock where it
 * can be believed and by what the store has been open where it cannot. A key
 * is judged by the certificates of every folder (D24), and one whose public
 * half cannot be told is nobody's garbage.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "index.h"
#include "own.h"

/* Changes of one round; the keyring and the standings have two more. */
#define ROUND 12

static struct keyring_row *
row_of(struct certs *c, const struct file *f)
{
	struct keyring_row *row = keyring_find(&c->keyring, f->name);
	time_t now = certs_now(c);

	if (row != NULL || (row = keyring_add(&c->keyring, f->name)) == NULL)
		return row;
	if (!certs_clock_valid(c))
		return row;
	/* Another program made it; its file's time is believed if it can be
	 * true. */
	row->born =
	    f->st.st_mtim.tv_sec >= c->floor && f->st.st_mtim.tv_sec <= now
	    ? f->st.st_mtim.tv_sec
	    : now;
	return row;
}

/* Adds the time since the last count to every key that waits, and forgets the
 * rows of keys that are gone or need none. Did anything change by it? */
static bool
count_ages(struct certs *c)
{
	time_t now = boot_seconds(), passed = now - c->ticked;
	struct keyring *k = &c->keyring;
	size_t before = k->count;
	bool counted = false;

	c->ticked = now;
	for (size_t i = 0; i < c->file_count; i++) {
		const struct file *f = c->files[i];
		struct keyring_row *row;

		if (f->role != FILE_KEY || !f->has_key || f->used)
			continue;
		if ((row = row_of(c, f)) != NULL && passed > 0) {
			row->age += passed;
			counted = true;
		}
	}
	for (size_t i = k->count; i-- > 0;) {
		const struct file *f = index_file(c, k->rows[i].file);

		if (f == NULL || (f->used && !k->rows[i].known))
			k->rows[i] = k->rows[--k->count];
		else if (f->used)
			k->rows[i].age = 0;
	}
	return counted || k->count != before;
}

static bool
is_overdue(const struct certs *c, const struct file *f)
{
	const struct keyring_row *row;
	long long waited, limit = c->config.csr_minutes * 60LL;

	if (f->role != FILE_KEY || !f->has_key || f->used ||
	    (row = keyring_find(&c->keyring, f->name)) == NULL)
		return false;
	waited = row->age;
	if (row->born != 0 && certs_clock_valid(c) &&
	    certs_now(c) - row->born > waited)
		waited = certs_now(c) - row->born;
	return waited > limit;
}

static int
collect_keys(
    struct certs *c, struct commit *commit, size_t *removed, struct err *e)
{
	for (size_t i = 0; i < c->file_count && *removed < ROUND; i++) {
		if (!is_overdue(c, c->files[i]))
			continue;
		if (commit_remove(commit, c->files[i]->name, e) == -1)
			return -1;
		keyring_remove(&c->keyring, c->files[i]->name);
		(*removed)++;
	}
	return 0;
}

/* The oldest first, one in a round: a leaf is a handful of files. */
static const struct entry *
old_leaf(const struct certs *c)
{
	for (int k = 0; k < CERTS_LEAVES; k++)
		for (size_t i = c->leaves[k].n; i-- > c->config.keep;) {
			const struct entry *n = c->leaves[k].v[i];

			if (!n->pub.trial &&
			    clock_check(c, n->pub.cert) == CERTS_EXPIRED)
				return n;
		}
	return NULL;
}

static int
one_round(struct certs *c, struct commit *commit, struct certs_collected *got,
    struct err *e)
{
	const struct entry *leaf = old_leaf(c);
	size_t keys = 0;
	int n;

	if (collect_keys(c, commit, &keys, e) == -1)
		return -1;
	if (leaf != NULL && store_remove_leaf(c, leaf, commit, e) == -1)
		return -1;
	/* Answers of the leaf are those of nobody in the next round. */
	n = leaf == NULL && keys == 0 ? answers_remove(c, NULL, commit, e) : 0;
	if (n == -1)
		return -1;
	got->keys += keys;
	got->leaves += leaf != NULL;
	got->ocsp += (size_t)n;
	return leaf != NULL || keys > 0 || n > 0;
}

/* 1: something was removed; 0: nothing was left to. *changed: ages have to be
 * written down in any case, once. */
static int
round_commit(
    struct certs *c, struct certs_collected *got, bool *changed, struct err *e)
{
	struct certs_collected was = *got;
	struct commit *commit;
	struct err why;
	int more;

	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    (more = one_round(c, commit, got, &why)) == -1 ||
	    ((more == 1 || *changed) &&
		(store_put_keyring(c, commit, &why) == -1 ||
		    store_put_standings(c, commit, &why) == -1))) {
		store_drop(c, commit);
		*got = was;
		(void)certs_say(
		    e, CERTS_WRITE_ERROR, "collect: %.150s", why.text);
		return -1;
	}
	if (commit_count(commit) == 0) {
		commit_drop(commit);
		return 0;
	}
	*changed = false;
	if (store_commit(c, commit, "collect", e) == CERTS_ACCEPTED)
		return more;
	*got = was;
	return -1;
}

enum certs_result
store_collect(struct certs *c, struct certs_collected *got, struct err *e)
{
	bool changed = count_ages(c);
	int more = 1;

	memset(got, 0, sizeof(*got));
	while (more == 1)
		more = round_commit(c, got, &changed, e);
	return more == -1 ? CERTS_WRITE_ERROR : CERTS_ACCEPTED;
}

enum certs_result
certs_collect(struct certs *c, struct certs_collected *got, struct err *e)
{
	own_fd int lock = store_begin(c, e);

	return lock == -1 ? CERTS_FAILED : store_collect(c, got, e);
}
