/* SPDX-License-Identifier: MIT */
/*
 * After a kill: what the journal says is finished or taken back, by the table.
 * A damaged journal is taken back too: "current" is moved last, so it names
 * what was live.
 */
#include <errno.h>

#include "apply_packages.h"
#include "audit.h"
#include "log.h"
#include "own.h"

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
	/* Killed in render, the packages had been changed already. */
	if (p == TXN_REFUSED && packages_touched(a))
		p = TXN_REVERT;
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
