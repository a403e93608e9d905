/* SPDX-License-Identifier: MIT */
/*
 * The files of a capture: which ones, and each through the scrubber. What
 * never travels is read first, so that its secrets are known in all others.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capturing.h"
#include "own.h"
#include "tree.h"

#define own_paths __attribute__((cleanup(tree_free), unused))

static int
note_dropped(
    struct capturing *k, const char *path, const char *why, struct err *e)
{
	json_t *note =
	    json_pack("{s:o, s:s}", "path", json_text(path), "why", why);

	return json_array_append_new(k->c->dropped, note) == -1
	    ? err_set(e, ENOMEM, "out of memory")
	    : 0;
}

/* Left out, unread: the proof says so as well. */
static int
note_skipped(
    struct capturing *k, const char *path, const char *why, struct err *e)
{
	if (ledger_skip(&k->c->ledger, path, why, e) == -1)
		return -1;
	return note_dropped(k, path, why, e);
}

/* Each pattern may come upon it again. */
static bool
noted(const struct capturing *k, const char *path)
{
	own_json json_t *as = json_text(path);
	const json_t *one;
	size_t i;

	json_array_foreach(k->c->dropped, i,
	    one) if (json_equal(json_object_get(one, "path"), as)) return true;
	return false;
}

/* For tree_list(): what is never even opened. It is noted by its name, which
 * its folder tells. */
static bool
skip_never(void *ctx, const char *path)
{
	struct capturing *k = ctx;
	const char *why = policy_never(&k->c->policy, path);
	struct err ignored;

	if (why != NULL && !noted(k, path))
		(void)note_skipped(k, path, why, &ignored);
	return why != NULL;
}

/* An item that never travels stands in the bundle's proof, there or not. */
static int
note_never(struct capturing *k, const struct policy_path *one, struct err *e)
{
	return noted(k, one->pattern)
	    ? 0
	    : note_skipped(k, one->pattern, one->why, e);
}

static int
note_drop(
    struct capturing *k, const char *path, struct scrub_rule *r, struct err *e)
{
	r->used++;
	if (ledger_drop(&k->c->ledger, path, r->why, e) == -1)
		return -1;
	return note_dropped(k, path, r->why, e);
}

/* Read already, and dropped for what it holds. */
static int
drop_read(
    struct capturing *k, const char *path, struct scrub_rule *r, struct err *e)
{
	if (scrub_dropped(&k->scrub, path, &k->in, e) == -1)
		return -1;
	return note_drop(k, path, r, e);
}

/* A dropped file's content is learned, then forgotten. */
static int
drop_one(
    struct capturing *k, const char *path, struct scrub_rule *r, struct err *e)
{
	struct stat st;

	/* Below a linked folder there is nothing to stat, but to read. */
	if (tree_stat(k->words->root, path, &st, e) == -1) {
		if (e->code != ELOOP)
			return -1;
		st.st_mode = S_IFREG;
	}
	if (S_ISREG(st.st_mode) &&
	    (tree_read_through(
		 k->words->root, path, SNAPSHOT_MEMBER_MAX, &k->in, e) == -1 ||
		scrub_dropped(&k->scrub, path, &k->in, e) == -1))
		return -1;
	return note_drop(k, path, r, e);
}

/* Files that a drop rule names by their place, listed for capture or not. */
static int
drop_all(struct capturing *k, struct err *e)
{
	own_paths struct tree_paths paths = { .skip = skip_never, .ctx = k };
	struct scrub_rule *r;

	for (size_t i = 0; i < k->c->policy.rule_count; i++) {
		r = &k->c->policy.rules[i];
		if (r->action == SCRUB_DROP && !r->by_content &&
		    r->file[0] == '/' &&
		    tree_list_through(k->words->root, r->file, &paths, e) == -1)
			return -1;
	}
	tree_sort(&paths);
	for (size_t i = 0; i < paths.count; i++) {
		r = policy_drop(&k->c->policy, paths.all[i]);
		if (r != NULL && drop_one(k, paths.all[i], r, e) == -1)
			return -1;
	}
	return 0;
}

/* Why nothing was found: there is nothing, or it may not be looked at. */
static int
nothing_found(
    const struct policy *p, const struct policy_path *path, struct err *e)
{
	const char *why = policy_never(p, path->pattern);

	if (why != NULL)
		return conf_err(path->at, e, "%s is never captured: %s",
		    path->pattern, why);
	return conf_err(path->at, e,
	    "the sample has no %s; list it under optional if it may be absent",
	    path->pattern);
}

static int
list_paths(struct capturing *k, struct tree_paths *paths, struct err *e)
{
	const struct policy *p = &k->c->policy;

	for (size_t i = 0; i < p->path_count; i++) {
		const struct policy_path *one = &p->paths[i];
		long found;

		if (one->never) {
			if (note_never(k, one, e) == -1)
				return -1;
			continue;
		}
		found = one->newest
		    ? capturing_seed(k, one, paths, e)
		    : tree_list(k->words->root, one->pattern, paths, e);
		if (found == -1)
			return -1;
		if (found == 0 && one->needed)
			return nothing_found(p, one, e);
	}
	return 0;
}

static int
list_documents(struct capturing *k, struct tree_paths *paths, struct err *e)
{
	char pattern[512];

	if (k->c->policy.documents == NULL)
		return 0;
	(void)snprintf(
	    pattern, sizeof(pattern), "%s/*.conf", k->c->policy.documents);
	return tree_list(k->words->root, pattern, paths, e) == -1 ? -1 : 0;
}

/* Owner, group and mode of a member. */
static int
member_meta(struct capturing *k, struct member *m, const char *path,
    const struct stat *st, struct err *e)
{
	const char *user = account_user(k->accounts, st->st_uid);
	const char *group = account_group(k->accounts, st->st_gid);

	if (user == NULL || group == NULL)
		return err_set(e, EINVAL,
		    "%s belongs to user %u and group %u, and the sample has no "
		    "name for them; give it to someone known",
		    path, st->st_uid, st->st_gid);
	m->mode = st->st_mode & 0777;
	(void)snprintf(m->owner, sizeof(m->owner), "%s", user);
	(void)snprintf(m->group, sizeof(m->group), "%s", group);
	if ((st->st_mode & 07000) == 0)
		return 0;
	return scrub_tell(&k->scrub, FINDING_SET_ID, path, 0, "", e,
	    "has a set-id or sticky bit; it would travel without");
}

int
capturing_member(struct capturing *k, struct member *m,
    const struct bytes *content, struct err *e)
{
	struct capture *c = k->c;

	m->size = content->len;
	k->total += m->size;
	if (k->total > BUNDLE_MAX)
		return err_set(e, EFBIG, "more than %llu bytes in all",
		    (unsigned long long)BUNDLE_MAX);
	if (snapshot_path_check(m->path, e) == -1 ||
	    sha256(content->p, content->len, m->sha256, e) == -1)
		return -1;
	if (spool_add(c->spool, content->p, content->len,
		&c->offsets[c->snapshot.count], e) == -1)
		return -1;
	c->snapshot.count++;
	return 0;
}

/* "/etc/ingot/documents/ssh.conf" is a document, all else a file. */
static bool
is_document(const struct capturing *k, const char *path)
{
	const char *folder = k->c->policy.documents;
	size_t n = folder == NULL ? 0 : strlen(folder);

	return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/';
}

static bool
is_seed(const struct capturing *k, const char *path)
{
	return strcmp(k->c->seed.path, path) == 0;
}

/* The first member that an item calls a script of root. */
static void
note_script(struct capturing *k, const char *path)
{
	const struct policy *p = &k->c->policy;

	for (size_t i = 0; i < p->path_count && k->c->script[0] == '\0'; i++)
		if (p->paths[i].root_script &&
		    fnmatch(p->paths[i].pattern, path, 0) == 0)
			(void)snprintf(
			    k->c->script, sizeof(k->c->script), "%s", path);
}

static int
capture_content(
    struct capturing *k, const char *path, const struct stat *st, struct err *e)
{
	struct member *m = &k->c->snapshot.members[k->c->snapshot.count];
	own_bytes struct bytes out = { 0 }, clear = { 0 };
	bool document = is_document(k, path);
	char known[SNAPSHOT_PATH_MAX];
	const char *as = is_seed(k, path) ? k->c->seed.as : known;
	const struct bytes *in;
	int rc;

	policy_known(&k->c->policy, path, known, sizeof(known));
	/* The proof lists the keys of what Kura encrypted, too. */
	if ((rc = scrub_from_disk(&k->scrub, path, &k->in, &clear, e)) == -1)
		return -1;
	in = rc == 1 ? &clear : &k->in;
	if (ledger_file(&k->c->ledger, &k->c->policy, path, in, e) == -1)
		return -1;
	if (scrub_file(&k->scrub, path, in, document, &out, &m->slots, e) ==
		-1 ||
	    member_meta(k, m, path, st, e) == -1)
		return -1;
	if (snprintf(m->path, sizeof(m->path), "%s%s",
		document ? "documents/" : "files",
		document ? strrchr(path, '/') + 1 : as) >= (int)sizeof(m->path))
		return err_set(e, ENAMETOOLONG, "%s: path too long", path);
	note_script(k, path);
	return capturing_member(k, m, &out, e);
}

/* It is said twice: a person has to decide, and the proof remembers. */
static int
left_out(struct capturing *k, const char *path, const char *what, struct err *e)
{
	if (ledger_skip(&k->c->ledger, path, what, e) == -1)
		return -1;
	return scrub_tell(&k->scrub, FINDING_SPECIAL, path, 0, "", e,
	    "%s; it would be left out", what);
}

static int
capture_one(struct capturing *k, const char *path, struct err *e)
{
	const char *stays = policy_stays(&k->c->policy, path);
	struct scrub_rule *drop;
	struct stat st;

	if (policy_excludes(&k->c->policy, path))
		return ledger_skip(
		    &k->c->ledger, path, "excluded by the policy", e);
	if (policy_drop(&k->c->policy, path) != NULL)
		return 0;
	/* A chosen Kura snapshot travels as the seed, which does not stay. */
	if (stays != NULL && !is_seed(k, path))
		return noted(k, path) ? 0 : note_skipped(k, path, stays, e);
	if (tree_stat(k->words->root, path, &st, e) == -1)
		return -1;
	if (!S_ISREG(st.st_mode))
		return left_out(k, path,
		    S_ISLNK(st.st_mode) ? "a symbolic link"
					: "a device, pipe or socket",
		    e);
	if (tree_read(k->words->root, path, SNAPSHOT_MEMBER_MAX, &k->in, &st,
		e) == 0) {
		if (scrub_drops(&k->scrub, path, &k->in, &drop, e) == -1)
			return -1;
		return drop == NULL ? capture_content(k, path, &st, e)
				    : drop_read(k, path, drop, e);
	}
	if (e->code != ENODATA)
		return -1;
	return left_out(k, path, "has holes, like a disk image", e);
}

/* Drop rules without a place ("*.key") meet their files only here. */
static int
drop_listed(struct capturing *k, const struct tree_paths *paths, struct err *e)
{
	struct scrub_rule *r;

	for (size_t i = 0; i < paths->count; i++) {
		r = policy_drop(&k->c->policy, paths->all[i]);
		if (r != NULL && r->file[0] != '/' &&
		    !policy_excludes(&k->c->policy, paths->all[i]) &&
		    drop_one(k, paths->all[i], r, e) == -1)
			return -1;
	}
	return 0;
}

int
capturing_files(struct capturing *k, struct err *e)
{
	struct snapshot *s = &k->c->snapshot;
	own_paths struct tree_paths paths = { .skip = skip_never, .ctx = k };

	if (drop_all(k, e) == -1 || list_documents(k, &paths, e) == -1 ||
	    list_paths(k, &paths, e) == -1)
		return -1;
	tree_sort(&paths);
	/* One more for the proof. */
	s->members = calloc(paths.count + 2, sizeof(*s->members));
	k->c->offsets = calloc(paths.count + 2, sizeof(*k->c->offsets));
	if (s->members == NULL || k->c->offsets == NULL)
		return err_sys(e, "%zu files", paths.count);
	if (drop_listed(k, &paths, e) == -1)
		return -1;
	for (size_t i = 0; i < paths.count; i++)
		if (capture_one(k, paths.all[i], e) == -1)
			return -1;
	return 0;
}
