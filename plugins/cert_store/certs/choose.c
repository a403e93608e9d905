/* SPDX-License-Identifier: MIT */
/*
 * Which leaf is used. OCPP 2.0.1 (A02) asks for the newest notBefore, so that a
 * fresh certificate of 90 days takes the place of the factory's of ten years;
 * what no peer has accepted yet takes it only when it is tried, so a
 * certificate that the CSMS refuses costs one connection and no more.
 */
#include <openssl/x509v3.h>

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "certs.h"
#include "commit.h"
#include "index.h"
#include "own.h"
#include "standing.h"
#include "x509.h"

#define LOCK_MS 5000
#define DAY     (24 * 3600)
#define ROOT    "root"
#define BEST    3 /* of the ranks */

/* --- a leaf and what is wanted of it -------------------------------------- */

const char *
choose_kind(enum certs_leaf leaf)
{
	return leaf == CERTS_LEAF_CSMS ? "csms" : "secc";
}

/* CN or an alternative name; CNs hold serials and eMAIDs, which are no host
 * names, so they are compared as they stand. */
bool
choose_has_name(X509 *x, const char *name)
{
	int at = X509_NAME_get_index_by_NID(
	    X509_get_subject_name(x), NID_commonName, -1);
	const ASN1_STRING *cn = at == -1
	    ? NULL
	    : X509_NAME_ENTRY_get_data(
		  X509_NAME_get_entry(X509_get_subject_name(x), at));
	size_t len = strlen(name);

	if (cn != NULL && (size_t)ASN1_STRING_length(cn) == len &&
	    strncasecmp((const char *)ASN1_STRING_get0_data(cn), name, len) ==
		0)
		return true;
	return X509_check_host(x, name, len,
		   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static bool
is_wanted(
    const struct certs *c, const struct certs_entry *l, const char *identity)
{
	const struct certs_config *config = certs_config(c);
	const char *pin = config->pinned[l->leaf];

	if (identity == NULL && config->name[l->leaf][0] != '\0')
		identity = config->name[l->leaf];
	if (*pin != '\0' && strcmp(pin, l->cert->serial) != 0)
		return false;
	return identity == NULL || choose_has_name(l->cert->x, identity);
}

static bool
is_valid(const struct certs_entry *l, time_t now)
{
	return l->cert->begin <= now && now <= l->cert->end;
}

/* Higher is better; among equals the newest, which comes first. */
static int
rank(struct certs *c, const struct certs_entry *l, bool trial)
{
	static const int ranks[STANDINGS] = { [STANDING_WORKED] = BEST,
		[STANDING_TRIAL] = 2,
		[STANDING_REFUSED] = 1 };
	enum standing how = standings_of(
	    certs_standings(c), choose_kind(l->leaf), l->cert->print);

	return how == STANDING_TRIAL && trial ? ranks[STANDING_WORKED]
					      : ranks[how];
}

/* How far the search came: the more, the nearer to a leaf. */
static enum certs_result
nearer(enum certs_result was, enum certs_result now)
{
	static const enum certs_result order[] = { CERTS_NOT_FOUND,
		CERTS_NOT_FOUND_VALID, CERTS_KEY_NOT_FOUND };
	int a = 0, b = 0;

	while (order[a] != was)
		a++;
	while (order[b] != now)
		b++;
	return a > b ? was : now;
}

enum certs_result
certs_choose(struct certs *c, enum certs_leaf kind, const char *identity,
    bool trial, const struct certs_entry **out, struct err *e)
{
	enum certs_result found = CERTS_NOT_FOUND;
	const struct certs_entry *l;
	time_t now = certs_now(c);
	int best = 0, r;

	*out = NULL;
	if (certs_refresh(c, e) == -1)
		return CERTS_FAILED;
	if (!certs_clock_valid(c))
		return certs_say(
		    e, CERTS_CLOCK_INVALID, "%s leaf", certs_leaf_name(kind));
	/* The newest comes first: of the best standing it is the one. */
	for (size_t i = 0;
	     best < BEST && (l = certs_leaf_at(c, kind, i)) != NULL; i++) {
		if (!is_wanted(c, l, identity))
			continue;
		if (!is_valid(l, now))
			found = nearer(found, CERTS_NOT_FOUND_VALID);
		else if (l->key == NULL)
			found = nearer(found, CERTS_KEY_NOT_FOUND);
		else if ((r = rank(c, l, trial)) > best) {
			best = r;
			*out = l;
		}
	}
	if (*out != NULL)
		return CERTS_ACCEPTED;
	return certs_say(e, found, "%s leaf%s%s", certs_leaf_name(kind),
	    identity == NULL ? "" : " of ", identity == NULL ? "" : identity);
}

enum certs_result
certs_choose_expired(struct certs *c, enum certs_leaf kind,
    const char *identity, const struct certs_entry **out, struct err *e)
{
	const struct certs_entry *l;

	*out = NULL;
	for (size_t i = 0; (l = certs_leaf_at(c, kind, i)) != NULL; i++)
		if (is_wanted(c, l, identity) && l->key != NULL &&
		    l->cert->begin <= certs_now(c) &&
		    (*out == NULL || l->cert->end > (*out)->cert->end))
			*out = l;
	if (*out != NULL)
		return CERTS_ACCEPTED;
	return certs_say(e, CERTS_NOT_FOUND_VALID,
	    "%s leaf, nor an expired "
	    "one with its key",
	    certs_leaf_name(kind));
}

time_t
certs_renew_at(const struct certs_entry *l, unsigned percent, unsigned days)
{
	time_t life = l->cert->end - l->cert->begin;
	time_t at = l->cert->begin + life / 100 * (time_t)percent;
	time_t before = l->cert->end - (time_t)days * DAY;

	if (days > 0 && before < at)
		at = before > l->cert->begin ? before : l->cert->begin;
	return at > l->cert->end - DAY && life > 2 * DAY ? l->cert->end - DAY
							 : at;
}

/* --- what a peer said ----------------------------------------------------- */

/* The standings as they would be, in a commit of their own. */
static int
store(struct certs *c, const struct standings *s, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct commit *commit = commit_begin(certs_root(c), e);

	if (commit == NULL)
		return -1;
	standings_write(s, &text);
	if (text.bad) {
		commit_drop(commit);
		return err_set(e, ENOMEM, "out of memory");
	}
	if (commit_put(commit, STANDING_FILE, text.p == NULL ? "" : text.p,
		text.len, 0600, e) == -1) {
		commit_drop(commit);
		return -1;
	}
	return commit_end(commit, e);
}

/* The file first, then the memory, so neither promises what the other has
 * not. */
static enum certs_result
mark(struct certs *c, const char *kind, const uint8_t print[32],
    enum standing how, struct err *e)
{
	struct standings *now = certs_standings(c);
	enum standing was = standings_of(now, kind, print);
	struct err undo, why;

	if (was == how)
		return CERTS_ACCEPTED;
	if (standings_set(now, kind, print, how, &why) == -1)
		return certs_say(e, CERTS_FAILED, "%.200s", why.text);
	if (store(c, now, &why) == 0) {
		index_trials(c);
		return CERTS_ACCEPTED;
	}
	(void)standings_set(now, kind, print, was, &undo);
	return certs_say(e, CERTS_WRITE_ERROR, "%.200s", why.text);
}

static const struct certs_entry *
leaf_of(const struct certs *c, enum certs_leaf kind, const uint8_t print[32])
{
	const struct certs_entry *l;

	for (size_t i = 0; (l = certs_leaf_at(c, kind, i)) != NULL; i++)
		if (memcmp(l->cert->print, print, 32) == 0)
			return l;
	return NULL;
}

static enum certs_result
mark_leaf(struct certs *c, enum certs_leaf kind, const uint8_t print[32],
    enum standing how, struct err *e)
{
	own_fd int lock = store_begin(c, e);

	if (lock == -1)
		return CERTS_FAILED;
	if (leaf_of(c, kind, print) == NULL)
		return certs_say(e, CERTS_NOT_FOUND, "%s leaf with this print",
		    certs_leaf_name(kind));
	return mark(c, choose_kind(kind), print, how, e);
}

enum certs_result
certs_worked(struct certs *c, enum certs_leaf kind, const uint8_t print[32],
    struct err *e)
{
	return mark_leaf(c, kind, print, STANDING_WORKED, e);
}

enum certs_result
certs_refused(struct certs *c, enum certs_leaf kind, const uint8_t print[32],
    struct err *e)
{
	return mark_leaf(c, kind, print, STANDING_REFUSED, e);
}

/* --- a new root beside the old -------------------------------------------- */

/* The first CSMS root that is (not) this one; hash data, since the entry does
 * not outlive a change. */
static bool
next_root(const struct certs *c, const uint8_t print[32], bool is,
    struct cert_hash_data *hash)
{
	const struct certs_entry *a;

	for (size_t i = 0; (a = certs_anchor(c, CERTS_CSMS, i)) != NULL; i++)
		if ((memcmp(a->cert->print, print, 32) == 0) == is) {
			cert_hash_data(
			    a->cert, certs_issuer(c, a), CERT_SHA256, hash);
			return true;
		}
	return false;
}

/* A kill between two of the steps leaves the new root alone and on trial, with
 * nothing to go back to: the same as one that has worked. */
static enum certs_result
settle_root(
    struct certs *c, const uint8_t print[32], bool worked, struct err *e)
{
	enum certs_result rc = CERTS_ACCEPTED;
	struct cert_hash_data hash;

	if (certs_refresh(c, e) == -1)
		return CERTS_FAILED;
	if (!next_root(c, print, true, &hash) ||
	    standings_of(certs_standings(c), ROOT, print) != STANDING_TRIAL)
		return certs_say(e, CERTS_NOT_FOUND, "CSMS root on trial");
	while (rc == CERTS_ACCEPTED && next_root(c, print, !worked, &hash))
		rc = certs_delete(c, &hash, NULL, e);
	if (rc == CERTS_ACCEPTED) {
		own_fd int lock = commit_lock(certs_root(c), LOCK_MS, e);

		rc = lock == -1 ? CERTS_FAILED
				: mark(c, ROOT, print, STANDING_WORKED, e);
	}
	return rc;
}

enum certs_result
certs_root_worked(struct certs *c, const uint8_t print[32], struct err *e)
{
	return settle_root(c, print, true, e);
}

enum certs_result
certs_root_refused(struct certs *c, const uint8_t print[32], struct err *e)
{
	return settle_root(c, print, false, e);
}
