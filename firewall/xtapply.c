/* SPDX-License-Identifier: MIT */
/*
 * Changing the two tables. What libiptc reports is not the last word: it says
 * "failed" also when the new rules are live and only the counters could not
 * be set, so after a failure the kernel is asked.
 */
#include <errno.h>
#include <libiptc/libiptc.h>
#include <stdio.h>
#include <string.h>

#include "xtable.h"
#include "xtentry.h"
#include "xtimage.h"
#include "xtlib.h"
#include "xtlock.h"

#define TRIES 5 /* against others who change the table without the lock */

/* A chain's name as libiptc wants it: an array, not just a text. */
struct label {
	xt_chainlabel s;
};

static struct label
label_of(const char *name)
{
	struct label l = { "" };

	(void)snprintf(l.s, sizeof(l.s), "%s", name);
	return l;
}

/* All rules first: a chain that is still jumped to can not be deleted. */
static bool
build_empty(struct xt_table *t)
{
	const struct xtc_ops *ops = t->lib->ops;
	const char *chain = ops->first_chain(t->h);

	for (; chain != NULL; chain = ops->next_chain(t->h))
		if (!ops->flush_entries(label_of(chain).s, t->h))
			return false;
	while ((chain = xt_foreign_chain(t)) != NULL)
		if (!t->lib->delete_chain(label_of(chain).s, t->h))
			return false;
	return true;
}

static bool
build_rules(struct xt_table *t, const struct fw_set *s)
{
	struct label chains[FW_CHAINS];
	struct xt_entry_buf entry;

	for (int c = 0; c < FW_CHAINS; c++) {
		chains[c] = label_of(fw_chain_name((enum fw_chain)c));
		if (!t->lib->ops->set_policy(chains[c].s,
			label_of(fw_verdict_name(s->policy[c])).s, NULL, t->h))
			return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		xt_encode(&s->rules[i], t->family, &entry);
		if (!t->lib->append(chains[s->rules[i].chain].s, entry.p, t->h))
			return false;
	}
	return true;
}

/* The new table, complete, beside the one that is still in force. */
static int
build(struct xt_table *t, const struct fw_set *s, struct err *e)
{
	if (!build_empty(t) || !build_rules(t, s))
		return xt_table_err(t, e, "build");
	return 0;
}

/* One family's part of a change. */
struct change {
	enum fw_family family;
	const struct fw_set *want;
	bool needed;
	bool done;
	struct xt_image before;
	struct xt_table built;
};

/* Only what is committed first may have to be put back. */
static int
prepare(struct change *c, struct err *e)
{
	struct xt_view v;

	if (xt_look_open(&c->built, c->family, c->want, &v, e) == -1)
		return -1;
	c->needed = !v.same;
	if (!c->needed)
		return 0;
	if (!v.present)
		return err_set(e, ENOENT, "%s; load it or build it in", v.why);
	if (c->family == FW_V4 && xt_image_take(FW_V4, &c->before, e) == -1)
		return -1;
	return build(&c->built, c->want, e);
}

static int
rebuild(struct change *c, struct err *e)
{
	xt_table_close(&c->built);
	if (!xt_table_open(&c->built, c->family))
		return xt_table_err(&c->built, e, "open");
	return build(&c->built, c->want, e);
}

static int
commit(struct change *c, struct err *e)
{
	struct xt_view now;
	struct err ignored;
	bool ok = false;

	if (!c->needed)
		return 0;
	for (int i = 0; i < TRIES && !ok; i++) {
		if (i > 0 && rebuild(c, e) == -1)
			return -1;
		ok = c->built.lib->ops->commit(c->built.h);
		if (!ok && errno != EAGAIN)
			break;
	}
	if (!ok)
		(void)xt_table_err(&c->built, e, "commit");
	c->done = ok ||
	    (xt_look(c->family, c->want, &now, &ignored) == 0 && now.same);
	return c->done ? 0 : -1;
}

static int
put_back(struct change *c, struct err *e)
{
	struct err second;

	if (!c->done)
		return -1;
	if (xt_image_put(&c->before, &second) == -1)
		return err_in(e, "%s, and could not undo it", second.text);
	return err_in(e, "%s was put back", fw_family_name(c->family));
}

static int
change_both(struct change c[static FW_FAMILIES], struct err *e)
{
	for (int f = 0; f < FW_FAMILIES; f++)
		if (prepare(&c[f], e) == -1)
			return -1;
	if (commit(&c[FW_V4], e) == -1)
		return -1;
	return commit(&c[FW_V6], e) == 0 ? 0 : put_back(&c[FW_V4], e);
}

int
xt_apply(
    const struct firewall *fw, int lock_fd, unsigned lock_ms, struct err *e)
{
	struct change c[FW_FAMILIES] = {
		{ .family = FW_V4, .want = &fw->set[FW_V4] },
		{ .family = FW_V6, .want = &fw->set[FW_V6] },
	};
	int rc;

	if (xtlock_take(lock_fd, lock_ms, e) == -1)
		return -1;
	rc = change_both(c, e);
	xtlock_drop(lock_fd);
	for (int f = 0; f < FW_FAMILIES; f++) {
		xt_table_close(&c[f].built);
		xt_image_free(&c[f].before);
	}
	return rc;
}
