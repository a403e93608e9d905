/* SPDX-License-Identifier: MIT */
/*
 * The store as a whole: opening, what is there, and what every change of it
 * has in common. The changes themselves are in install.c, install_leaf.c,
 * delete.c and collect.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"
#include "digest.h"
#include "index.h"
#include "own.h"

struct certs *
certs_open(int root, const struct certs_config *config, struct err *e)
{
	own_fd int lock = -1;
	struct certs *c;

	if (certs_config_check(config, e) == -1 ||
	    (lock = commit_lock(root, INDEX_LOCK_MS, e)) == -1 ||
	    commit_recover(root, e) == -1)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	c->root = root;
	c->inotify = -1;
	c->config = *config;
	clock_open(c);
	c->ticked = boot_seconds();
	if (index_open(c, e) == 0)
		return c;
	certs_close(c);
	return NULL;
}

void
certs_close(struct certs *c)
{
	if (c == NULL)
		return;
	index_close(c);
	free(c);
}

const struct certs_config *
certs_config(const struct certs *c)
{
	return &c->config;
}

int
certs_root(const struct certs *c)
{
	return c->root;
}

struct standings *
certs_standings(struct certs *c)
{
	return &c->standings;
}

void
certs_password(struct certs *c, certs_password_fn *fn, void *ctx)
{
	struct err ignored;

	c->password = fn;
	c->password_ctx = ctx;
	index_ask_keys(c);
	c->generation++;
	(void)index_join(c, &ignored);
}

/* --- what is there -------------------------------------------------------- */

static const struct certs_entry *
nth(const struct list *l, size_t i)
{
	return i < l->n ? &l->v[i]->pub : NULL;
}

const struct certs_entry *
certs_anchor(const struct certs *c, enum certs_domain d, size_t i)
{
	return nth(&c->anchors[d], i);
}

const struct certs_entry *
certs_stray(const struct certs *c, enum certs_domain d, size_t i)
{
	return nth(&c->odd[d], i);
}

const struct certs_entry *
certs_leaf_at(const struct certs *c, enum certs_leaf k, size_t i)
{
	return nth(&c->leaves[k], i);
}

const struct cert *
certs_issuer(const struct certs *c, const struct certs_entry *entry)
{
	(void)c;
	return ((const struct entry *)(const void *)entry)->issuer;
}

const struct cert *
certs_issuer_of(const struct certs *c, const struct cert *x)
{
	return x->self_signed ? x : index_issuer(c, x, CERTS_DOMAINS);
}

struct entry *
index_find(const struct certs *c, const struct cert_hash_data *d)
{
	uint64_t hash = hash_of_data(d);
	struct cert_hash_data own;
	struct entry *n;
	size_t i = hash;

	while ((n = table_next(&c->by_hash, hash, &i)) != NULL) {
		cert_hash_data(n->pub.cert, n->issuer, d->algorithm, &own);
		/* Of one whose issuer has gone, name and serial are enough. */
		if (n->issuer == NULL)
			(void)strcpy(own.issuer_key, d->issuer_key);
		if (cert_hash_equal(&own, d))
			return n;
	}
	return NULL;
}

const struct certs_entry *
certs_find(const struct certs *c, const struct cert_hash_data *d)
{
	struct entry *n =
	    (unsigned)d->algorithm < CERT_HASHES ? index_find(c, d) : NULL;

	return n == NULL ? NULL : &n->pub;
}

size_t
certs_by_subject(const struct certs *c, const X509_NAME *name,
    const struct certs_entry **out, size_t max)
{
	uint64_t hash = hash_of_name(name);
	size_t i = hash, n = 0;
	struct entry *found;

	while (
	    n < max && (found = table_next(&c->by_subject, hash, &i)) != NULL)
		if (X509_NAME_cmp(
			name, X509_get_subject_name(found->pub.cert->x)) == 0)
			out[n++] = &found->pub;
	return n;
}

/* What a count asks of the files, so that it asks none. Whose key a file holds
 * is known only after the join. */
void
index_sum_up(struct certs *c)
{
	c->sums = (struct sums){ 0 };
	for (size_t i = 0; i < c->file_count; i++) {
		const struct file *f = c->files[i];

		c->sums.bytes += (unsigned long long)f->st.st_size;
		if (f->role != FILE_KEY || f->link)
			continue;
		c->sums.keys++;
		if (!f->has_key || f->used)
			continue;
		c->sums.requests++;
		for (int k = 0; k < CERTS_LEAVES; k++)
			c->sums.waiting[k] += (f->of & 1u << k) != 0;
	}
}

static size_t
count_valid(const struct certs *c, const struct list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += clock_check(c, l->v[i]->pub.cert) == CERTS_ACCEPTED;
	return n;
}

void
certs_count(const struct certs *c, struct certs_count *out)
{
	*out = (struct certs_count){ .files = c->file_count,
		.bytes = c->sums.bytes,
		.keys = c->sums.keys,
		.requests = c->sums.requests };
	for (int d = 0; d < CERTS_DOMAINS; d++) {
		out->anchors[d] = c->anchors[d].n;
		out->valid_anchors[d] = count_valid(c, &c->anchors[d]);
	}
	for (int k = 0; k < CERTS_LEAVES; k++) {
		out->leaves[k] = c->leaves[k].n;
		out->valid_leaves[k] = count_valid(c, &c->leaves[k]);
		out->waiting[k] = c->sums.waiting[k];
	}
}

/* --- what changes have in common ------------------------------------------ */

int
store_begin(struct certs *c, struct err *e)
{
	own_fd int lock = commit_lock(c->root, INDEX_LOCK_MS, e);

	/* Finishes what a killed process has left, before it is looked at. */
	if (lock == -1 || commit_finish(c->root, e) == -1 ||
	    index_refresh(c, e) == -1)
		return -1;
	return take_fd(&lock);
}

static void
reread_state(struct certs *c)
{
	struct standings fresh;
	struct err ignored;

	keyring_free(&c->keyring);
	keyring_read(&c->keyring, c->root);
	if (standings_read(&fresh, c->root, &ignored) == -1)
		return;
	standings_free(&c->standings);
	c->standings = fresh;
}

void
store_drop(struct certs *c, struct commit *commit)
{
	commit_drop(commit);
	reread_state(c);
}

enum certs_result
store_commit(
    struct certs *c, struct commit *commit, const char *what, struct err *e)
{
	struct err ignored, why;

	if (commit_end(commit, &why) == -1) {
		reread_state(c);
		(void)index_refresh(c, &ignored);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", what, why.text);
	}
	/* It is on disk; an index that is late is refreshed by the next. */
	(void)index_refresh(c, &ignored);
	clock_keep(c);
	return CERTS_ACCEPTED;
}

static bool
has_room(const struct certs *c, size_t files, size_t bytes)
{
	unsigned long long all = c->sums.bytes + bytes;

	answers_size(c, &files, &all);
	return c->file_count + files <= c->config.max_entries &&
	    all <= c->config.max_mb * 1024ULL * 1024;
}

enum certs_result
store_room(struct certs *c, size_t files, size_t bytes, struct err *e)
{
	struct certs_collected ignored;
	struct err nothing;

	if (has_room(c, files, bytes))
		return CERTS_ACCEPTED;
	(void)store_collect(c, &ignored, &nothing);
	if (has_room(c, files, bytes))
		return CERTS_ACCEPTED;
	return certs_say(e, CERTS_STORE_FULL, "%zu files; %u files, %u MB",
	    c->file_count, c->config.max_entries, c->config.max_mb);
}

const char *
store_prefix(enum certs_leaf k)
{
	return k == CERTS_LEAF_CSMS ? "CSMS_LEAF_" : "SECC_LEAF_";
}

int
store_name(const struct certs *c, const char *folder, const char *prefix,
    const char *suffix, char *out, size_t size, struct err *e)
{
	static unsigned count;
	time_t now = certs_now(c);
	uint32_t random;
	struct tm tm;
	int n;

	if (random_bytes(&random, sizeof(random), e) == -1)
		return -1;
	(void)gmtime_r(&now, &tm);
	n = snprintf(out, size,
	    "%s/%sM%02d_D%02d_Y%d_H%02d_M%02d_S%02d_i%u_r%u%s", folder, prefix,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, ++count, random, suffix);
	return n > 0 && (size_t)n < size
	    ? 0
	    : err_set(e, ENAMETOOLONG, "%s: too long a path", folder);
}

int
store_put_standings(struct certs *c, struct commit *commit, struct err *e)
{
	own_bytes struct bytes b = { 0 };

	bytes_add(&b, "", 0);
	standings_write(&c->standings, &b);
	if (b.bad)
		return err_set(e, ENOMEM, "out of memory");
	return commit_put(commit, STANDING_FILE, b.p, b.len, 0600, e);
}

int
store_put_keyring(struct certs *c, struct commit *commit, struct err *e)
{
	own_bytes struct bytes b = { .limit = 0 };

	bytes_add(&b, "", 0);
	keyring_write(&c->keyring, &b);
	if (b.bad)
		return err_set(e, ENOMEM, "out of memory");
	return commit_put(commit, KEYRING_FILE, b.p, b.len, 0600, e);
}
