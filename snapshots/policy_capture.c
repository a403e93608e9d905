/* SPDX-License-Identifier: MIT */
/*
 * A capture policy, and the policies that it includes: what to take, what to
 * leave out, and which scrub files go over it. Included ones come after what
 * includes them, and the first word counts wherever two contradict.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "policy_in.h"

#define TEXT_MAX    POLICY_TEXT_MAX
#define DEPTH_MAX   8
#define SHORT_LEAST 4
#define SHORT_USUAL 6

static const char *const policy_keys[] = { "documents", "files", "optional",
	"exclude", "scrub", "identity", "accept", "reviewed", "shortest",
	"include", "reset", "brief", "product", "items", "packages", "kura_key",
	NULL };
static const char *const scrub_keys[] = { "rules", "identity", "accept",
	"neutral", "alike", NULL };
static const char *const product_keys[] = { "name", "versions", "version",
	"signs", NULL };
static const char *const version_keys[] = { "files", "keys", NULL };
static const char *const item_keys[] = { "item", "paths", "why", "needed",
	"never", "newest", "as", "root_script", NULL };

/* One capture policy being read. */
struct reading {
	struct policy *p;
	const struct policy_file *f;
	const char *path;
	int depth;
};

static int policy_into(struct reading *, struct err *);

/* A path in a policy is relative to the policy's folder. */
static void
beside(const char *policy, const char *name, char out[static 1024])
{
	const char *slash = strrchr(policy, '/');
	int folder =
	    slash == NULL || name[0] == '/' ? 0 : (int)(slash - policy) + 1;

	(void)snprintf(out, 1024, "%.*s%s", folder, policy, name);
}

static int
texts(conf_node *root, const char *name, conf_node **list, struct err *e)
{
	const char *text;

	if (conf_list(root, name, POLICY_LIST_MAX, list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(*list); i++)
		if (conf_text(conf_at(*list, i), TEXT_MAX, &text, e) == -1)
			return -1;
	return 0;
}

/* Room for n more entries; NULL: none. */
static void *
more(void **array, size_t count, size_t n, size_t size, struct err *e)
{
	void *grown = reallocarray(*array, count + n + 1, size);

	if (grown == NULL)
		return (void)err_sys(e, "policy"), NULL;
	*array = grown;
	return (char *)grown + count * size;
}

static int
add_paths(struct policy *p, const struct policy_path *like, conf_node *list,
    struct err *e)
{
	struct policy_path *next = more((void **)&p->paths, p->path_count,
	    conf_len(list), sizeof(*p->paths), e);

	if (next == NULL)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++, p->path_count++) {
		next[i] = *like;
		next[i].at = conf_at(list, i);
		next[i].pattern = config_setting_get_string(next[i].at);
	}
	return 0;
}

static int
paths_read(struct policy *p, conf_node *root, const char *name, bool needed,
    struct err *e)
{
	struct policy_path like = { .item = "", .why = "", .needed = needed };
	conf_node *list;

	if (texts(root, name, &list, e) == -1)
		return -1;
	return add_paths(p, &like, list, e);
}

static int
excludes_read(struct policy *p, conf_node *root, struct err *e)
{
	const char **next;
	conf_node *list;

	if (texts(root, "exclude", &list, e) == -1)
		return -1;
	next = more((void **)&p->excludes, p->exclude_count, conf_len(list),
	    sizeof(*p->excludes), e);
	if (next == NULL)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++, p->exclude_count++)
		next[i] = config_setting_get_string(conf_at(list, i));
	return 0;
}

/* An empty list says something too: that no package belongs to it. */
static int
packages_read(struct policy *p, conf_node *root, struct err *e)
{
	const char **next;
	conf_node *list;

	if (texts(root, "packages", &list, e) == -1)
		return -1;
	next = more((void **)&p->packages, p->package_count, conf_len(list),
	    sizeof(*p->packages), e);
	if (next == NULL)
		return -1;
	p->packages_said = p->packages_said || list != NULL;
	for (size_t i = 0; i < conf_len(list); i++, p->package_count++)
		next[i] = config_setting_get_string(conf_at(list, i));
	return 0;
}

static int
item_check(conf_node *n, const struct policy_path *like, conf_node *list,
    struct err *e)
{
	if (conf_len(list) == 0)
		return conf_err(n, e, "an item has paths");
	if (like->never && (like->needed || like->newest || like->root_script))
		return conf_err(n, e, "what is never captured is nothing else");
	if (like->never && like->why[0] == '\0')
		return conf_err(n, e, "why must say why never");
	if (like->newest != (like->as != NULL))
		return conf_err(n, e, "newest and as go together");
	if (like->as != NULL && like->as[0] != '/')
		return conf_err(n, e, "\"%s\" does not begin with /", like->as);
	return 0;
}

static int
item_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct policy_path like = { 0 };
	conf_node *list;

	(void)f;
	if (conf_known(n, item_keys, e) == -1 ||
	    conf_str(n, "item", TEXT_MAX, &like.item, e) == -1 ||
	    conf_str_or(n, "why", TEXT_MAX, "", &like.why, e) == -1 ||
	    conf_str_or(n, "as", TEXT_MAX, NULL, &like.as, e) == -1 ||
	    conf_bool_or(n, "needed", false, &like.needed, e) == -1 ||
	    conf_bool_or(n, "never", false, &like.never, e) == -1 ||
	    conf_bool_or(n, "newest", false, &like.newest, e) == -1 ||
	    conf_bool_or(n, "root_script", false, &like.root_script, e) == -1 ||
	    texts(n, "paths", &list, e) == -1 ||
	    item_check(n, &like, list, e) == -1)
		return -1;
	return add_paths(p, &like, list, e);
}

static int
items_read(struct reading *r, conf_node *root, struct err *e)
{
	conf_node *list;

	if (conf_list(root, "items", POLICY_LIST_MAX, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		conf_node *one = conf_at(list, i);

		if (!config_setting_is_group(one))
			return conf_err(one, e, "items holds groups { }");
		if (item_read(r->p, r->f, one, e) == -1)
			return -1;
	}
	return 0;
}

static int
product_read(struct policy *p, conf_node *root, struct err *e)
{
	struct policy_product *to = &p->product;
	conf_node *n, *version;

	if (conf_group(root, "product", &n, e) == -1)
		return -1;
	if (n == NULL || to->name != NULL)
		return 0;
	if (conf_known(n, product_keys, e) == -1 ||
	    conf_str(n, "name", TEXT_MAX, &to->name, e) == -1 ||
	    texts(n, "versions", &to->versions, e) == -1 ||
	    texts(n, "signs", &to->signs, e) == -1 ||
	    conf_group(n, "version", &version, e) == -1)
		return -1;
	to->at = n;
	if ((version == NULL) != (conf_len(to->versions) == 0))
		return conf_err(n, e, "version and versions go together");
	if (version == NULL)
		return 0;
	if (conf_known(version, version_keys, e) == -1 ||
	    texts(version, "files", &to->files, e) == -1 ||
	    texts(version, "keys", &to->keys, e) == -1)
		return -1;
	return conf_len(to->files) == 0 || conf_len(to->keys) == 0
	    ? conf_err(version, e, "version needs files and keys")
	    : 0;
}

static bool
has_file(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->file_count; i++)
		if (strcmp(p->files[i].conf.name, path) == 0)
			return true;
	return false;
}

/* Scrub files; one that an included policy names as well is read once. */
static int
scrubs_read(struct reading *r, conf_node *root, struct err *e)
{
	char path[1024];
	struct policy_file *f;
	conf_node *list;

	if (texts(root, "scrub", &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		beside(
		    r->path, config_setting_get_string(conf_at(list, i)), path);
		if (has_file(r->p, path))
			continue;
		if ((f = policy_file_open(r->p, path, e)) == NULL ||
		    conf_known(conf_root(&f->conf), scrub_keys, e) == -1 ||
		    policy_lists_read(r->p, f, e) == -1 ||
		    texts(conf_root(&f->conf), "neutral",
			&r->p->neutral[r->p->neutral_count++], e) == -1)
			return -1;
	}
	return 0;
}

static int
includes_read(struct reading *r, conf_node *root, struct err *e)
{
	char path[1024];
	conf_node *list;

	if (texts(root, "include", &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		struct reading next = { r->p, NULL, path, r->depth + 1 };

		beside(
		    r->path, config_setting_get_string(conf_at(list, i)), path);
		if (next.depth > DEPTH_MAX)
			return conf_err(conf_at(list, i), e,
			    "includes are deeper than %d; do they include each "
			    "other?",
			    DEPTH_MAX);
		if (has_file(r->p, path))
			continue; /* by two ways the same */
		if (policy_into(&next, e) == -1)
			return conf_err(conf_at(list, i), e, "%s", e->text);
	}
	return 0;
}

/* Single words: the first file that has one decides. */
static int
words_read(struct reading *r, conf_node *root, struct err *e)
{
	struct policy *p = r->p;
	const char *documents, *reviewed, *reset, *brief, *kura_key;
	char path[1024];
	int64_t shortest;

	if (conf_str_or(root, "documents", TEXT_MAX, NULL, &documents, e) ==
		-1 ||
	    conf_str_or(root, "reviewed", TEXT_MAX, NULL, &reviewed, e) == -1 ||
	    conf_str_or(root, "reset", TEXT_MAX, NULL, &reset, e) == -1 ||
	    conf_str_or(root, "brief", TEXT_MAX, NULL, &brief, e) == -1 ||
	    conf_str_or(root, "kura_key", TEXT_MAX, NULL, &kura_key, e) == -1 ||
	    conf_int_or(root, "shortest", SHORT_LEAST, 64, 0, &shortest, e) ==
		-1)
		return -1;
	if (p->documents == NULL)
		p->documents = documents;
	if (p->kura_key == NULL)
		p->kura_key = kura_key;
	if (r->depth == 0)
		p->brief = brief; /* says nothing of who includes it */
	if (p->shortest == 0)
		p->shortest = (size_t)shortest;
	if (reviewed != NULL && p->reviewed[0] == '\0')
		beside(r->path, reviewed, p->reviewed);
	if (reset == NULL || p->reset.files != NULL)
		return 0;
	beside(r->path, reset, path);
	return reset_read(&p->reset, path, e);
}

static int
policy_into(struct reading *r, struct err *e)
{
	conf_node *root;

	if ((r->f = policy_file_open(r->p, r->path, e)) == NULL)
		return -1;
	root = conf_root(&r->f->conf);
	if (conf_known(root, policy_keys, e) == -1 ||
	    words_read(r, root, e) == -1 ||
	    paths_read(r->p, root, "files", true, e) == -1 ||
	    paths_read(r->p, root, "optional", false, e) == -1 ||
	    excludes_read(r->p, root, e) == -1 ||
	    packages_read(r->p, root, e) == -1 ||
	    product_read(r->p, root, e) == -1 || items_read(r, root, e) == -1 ||
	    policy_lists_read(r->p, r->f, e) == -1 ||
	    scrubs_read(r, root, e) == -1)
		return -1;
	return includes_read(r, root, e);
}

/* What people decided; nothing yet is fine. */
static int
reviewed_read(struct policy *p, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct err why;

	if (p->reviewed[0] == '\0')
		return 0;
	if (file_read(AT_FDCWD, p->reviewed, CONF_SIZE_MAX, &text, &why) == -1)
		return why.code == ENOENT
		    ? 0
		    : err_set(e, why.code, "%s", why.text);
	return policy_review(p, p->reviewed, text.p, text.len, e);
}

int
policy_read(struct policy *p, const char *path, struct err *e)
{
	struct reading r = { .p = p, .path = path };

	memset(p, 0, sizeof(*p));
	if ((p->files = calloc(POLICY_FILES_MAX, sizeof(*p->files))) == NULL)
		return err_sys(e, "%s", path);
	if (policy_into(&r, e) == -1)
		return -1;
	if (p->shortest == 0)
		p->shortest = SHORT_USUAL;
	if (reviewed_read(p, e) == -1)
		return -1;
	return policy_alike_read(p, e);
}

void
policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->file_count; i++)
		conf_free(&p->files[i].conf);
	free(p->files);
	free(p->rules);
	free(p->accepts);
	free(p->identity);
	free(p->paths);
	free(p->excludes);
	free(p->packages);
	policy_links_free(p);
	reset_free(&p->reset);
	memset(p, 0, sizeof(*p));
}
