/* SPDX-License-Identifier: MIT */
/*
 * The capture, step by step: who the sample is, what never travels, each file
 * through the scrubber into the spool, then the search for residue over
 * exactly the bytes that would be sealed. Nothing leaves before the last step,
 * and nothing is decided here that a policy should decide.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capturing.h"
#include "cms.h"
#include "deep.h"
#include "identity.h"
#include "own.h"
#include "product.h"
#include "proof.h"

OWN_POINTER(residue, struct residue, residue_free)
OWN_POINTER(accounts, struct accounts, accounts_free)
#define own_residue  __attribute__((cleanup(own_residue_free), unused))
#define own_accounts __attribute__((cleanup(own_accounts_free), unused))

static int
tell_unused(struct capturing *k, struct err *e)
{
	for (size_t i = 0; i < k->c->policy.rule_count; i++) {
		const struct scrub_rule *r = &k->c->policy.rules[i];

		if (r->needed && r->used == 0 &&
		    scrub_tell(&k->scrub, FINDING_UNUSED, r->source, r->line,
			r->key == NULL ? "" : r->key, e,
			"needed, but nothing on the sample fits %s",
			r->file) == -1)
			return -1;
	}
	return 0;
}

/* Where residue is being searched. */
struct searching {
	struct capturing *k;
	const char *path; /* as people know it */
	struct field_lines lines;
	unsigned line; /* of all of it; 0: its own lines count */
};

static int
on_residue(
    void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	struct searching *s = ctx;

	return scrub_tell(&s->k->scrub, FINDING_RESIDUE, s->path,
	    s->line > 0 ? s->line : field_lines_at(&s->lines, at), what, e,
	    "still there (%s): %s", form, what);
}

/* The same search in what is packed or encoded in it. */
static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	const struct searching *around = ctx;
	struct searching s = { around->k, NULL, { .text = part->p },
		part->line };
	char path[SNAPSHOT_PATH_MAX];

	if (part->refused != NULL)
		return 0; /* the second net has said so */
	(void)snprintf(path, sizeof(path), "%s%s", around->path, part->name);
	s.path = path;
	return residue_scan(
	    s.k->scrub.residue, part->p, part->len, on_residue, &s, e);
}

static int
search(struct capturing *k, const char *path, const void *p, size_t len,
    struct err *e)
{
	struct searching s = { k, path, { .text = p }, 0 };

	if (residue_scan(k->scrub.residue, p, len, on_residue, &s, e) == -1)
		return -1;
	return deep_open(p, len, on_part, &s, e);
}

static int
search_members(struct capturing *k, struct err *e)
{
	const struct snapshot *s = &k->c->snapshot;
	const uint8_t *all = spool_map(k->c->spool, e);

	if (all == NULL)
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		const char *path = s->members[i].path;

		if (strncmp(path, "files/", 6) == 0)
			path += 5;
		spool_leave(k->c->spool, k->c->offsets[i]);
		if (search(k, path, all + k->c->offsets[i], s->members[i].size,
			e) == -1)
			return -1;
	}
	return 0;
}

/* Documents sort before files, and the proof is the last. */
static int
add_proof(struct capturing *k, const json_t *identity, struct err *e)
{
	struct snapshot *s = &k->c->snapshot;
	struct member *m = &s->members[s->count];
	own_bytes struct bytes proof = { 0 };

	if (proof_write(k->c, k->scrub.residue, identity, &proof, e) == -1)
		return -1;
	(void)strcpy(m->path, "proof");
	(void)strcpy(m->owner, "root");
	(void)strcpy(m->group, "root");
	m->mode = 0644;
	if (capturing_member(k, m, &proof, e) == -1)
		return -1;
	return search(k, "proof", proof.p, proof.len, e);
}

/* The spool keeps the order of reading; members have that of their paths. */
struct placed {
	struct member member;
	uint64_t offset;
};

static int
by_member(const void *a, const void *b)
{
	return strcmp(((const struct placed *)a)->member.path,
	    ((const struct placed *)b)->member.path);
}

static int
sort_members(struct capture *c, struct err *e)
{
	size_t n = c->snapshot.count;
	struct placed *all = calloc(n + 1, sizeof(*all));

	if (all == NULL)
		return err_sys(e, "%zu members", n);
	for (size_t i = 0; i < n; i++) {
		all[i].member = c->snapshot.members[i];
		all[i].offset = c->offsets[i];
	}
	qsort(all, n, sizeof(*all), by_member);
	for (size_t i = 0; i < n; i++) {
		c->snapshot.members[i] = all[i].member;
		c->offsets[i] = all[i].offset;
	}
	free(all);
	return 0;
}

static int
finish(struct capturing *k, const json_t *identity, struct err *e)
{
	struct capture *c = k->c;

	if (tell_unused(k, e) == -1 || search_members(k, e) == -1 ||
	    add_proof(k, identity, e) == -1 || sort_members(c, e) == -1 ||
	    snapshot_manifest(&c->snapshot, &c->manifest, e) == -1)
		return -1;
	return search(k, "manifest", c->manifest.p, c->manifest.len, e);
}

static int
words_check(const struct capture_words *w, struct err *e)
{
	if (snapshot_name_check(w->name, e) == -1)
		return err_in(e, "name");
	if (snapshot_name_check(w->model, e) == -1)
		return err_in(e, "model");
	if (w->sequence < 1 || w->sequence > SNAPSHOT_SEQUENCE_MAX)
		return err_set(e, ERANGE, "sequence must be 1 or more");
	return 0;
}

int
capture_run(struct capture *c, const struct capture_words *w, struct err *e)
{
	own_residue struct residue *residue = NULL;
	own_accounts struct accounts *accounts = NULL;
	own_json json_t *identity = json_object();
	struct capturing k = { .c = c, .words = w };
	int rc;

	memset(c, 0, sizeof(*c));
	if (words_check(w, e) == -1 ||
	    policy_read(&c->policy, w->policy, e) == -1 ||
	    product_check(&c->policy.product, w->root, w->version, c->version,
		sizeof(c->version), e) == -1 ||
	    policy_follow(&c->policy, w->root, e) == -1 ||
	    (residue = residue_new(c->policy.shortest, e)) == NULL ||
	    (accounts = accounts_read(w->root, e)) == NULL ||
	    (c->spool = spool_new(e)) == NULL)
		return -1;
	(void)strcpy(c->snapshot.name, w->name);
	(void)strcpy(c->snapshot.model, w->model);
	c->snapshot.sequence = w->sequence;
	c->snapshot.terms = w->terms;
	c->dropped = json_array();
	k.scrub = (struct scrub){ &c->policy, residue, &c->findings };
	k.accounts = accounts;
	rc = identity_collect(
	    &k.scrub, w->root, w->live, w->identifiers, identity, e);
	if (rc == 0)
		rc = capturing_files(&k, e);
	if (rc == 0)
		rc = capturing_packages(&k, e);
	if (rc == 0)
		rc = finish(&k, identity, e);
	bytes_free(&k.in);
	return rc;
}

void
capture_free(struct capture *c)
{
	policy_free(&c->policy);
	findings_free(&c->findings);
	snapshot_free(&c->snapshot);
	bytes_free(&c->manifest);
	ledger_free(&c->ledger);
	json_decref(c->dropped);
	spool_free(c->spool);
	free(c->offsets);
	memset(c, 0, sizeof(*c));
}

static const void *
content(void *ctx, size_t i, struct err *e)
{
	const struct capture *c = ctx;
	const uint8_t *all = spool_map(c->spool, e);

	spool_leave(c->spool, c->offsets[i]);
	return all == NULL ? NULL : all + c->offsets[i];
}

int
capture_seal(const struct capture *c, int fd, EVP_PKEY *key,
    STACK_OF(X509) * chain, STACK_OF(X509) * to, struct err *e)
{
	own_bytes struct bytes signature = { 0 };

	if (c->findings.open > 0)
		return err_set(e, EACCES,
		    "%zu findings are open; the policy has to decide on each",
		    c->findings.open);
	if (key == NULL && c->script[0] != '\0')
		return err_set(e, EACCES,
		    "%s is run as root on the target: sign the bundle (--sign, "
		    "--cert)",
		    c->script);
	if (key != NULL &&
	    cms_sign(c->manifest.p, c->manifest.len, key, chain, &signature,
		e) == -1)
		return -1;
	return bundle_write(fd, &c->snapshot, &c->manifest, &signature, to,
	    content, (void *)c, e);
}
