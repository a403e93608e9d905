/* SPDX-License-Identifier: MIT */
/*
 * What a person decided about findings, one entry each. An entry that lets a
 * value stay is an accept, one that takes it out is a rule; both remember who
 * said so, when and why, and the proof repeats that.
 */
#include <string.h>

#include "policy_in.h"

static const char *const file_keys[] = { "reviewed", NULL };
static const char *const entry_keys[] = { "class", "finding", "file", "key",
	"within", "format", "slot", "empty", "drop", "from", "who", "when",
	"why", NULL };
static const char *const classes[] = { "shared", "per-device", "secret",
	"derived", NULL };

static int
review_read(conf_node *n, struct review *r, struct err *e)
{
	const char *why;
	size_t i = 0;

	if (conf_known(n, entry_keys, e) == -1 ||
	    conf_str(n, "why", POLICY_TEXT_MAX, &why, e) == -1 ||
	    conf_str(n, "class", POLICY_TEXT_MAX, &r->class, e) == -1 ||
	    conf_str(n, "who", POLICY_TEXT_MAX, &r->who, e) == -1 ||
	    conf_str(n, "when", POLICY_TEXT_MAX, &r->when, e) == -1 ||
	    conf_str_or(n, "from", POLICY_TEXT_MAX, NULL, &r->from, e) == -1)
		return -1;
	while (classes[i] != NULL && strcmp(classes[i], r->class) != 0)
		i++;
	if (classes[i] == NULL)
		return conf_err(
		    n, e, "class is shared, per-device, secret or derived");
	if ((strcmp(r->class, "derived") == 0) != (r->from != NULL))
		return conf_err(n, e,
		    "derived, and nothing else, says from what it derives");
	if (r->who[0] == '\0' || r->when[0] == '\0' || why[0] == '\0')
		return conf_err(n, e, "who, when and why must say something");
	return 0;
}

/* finding, file, key and why, as accept has them. */
static int
shared_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct scrub_accept *a = &p->accepts[p->accept_count];
	const char *finding;

	if (conf_str(n, "finding", POLICY_TEXT_MAX, &finding, e) == -1 ||
	    conf_str(n, "file", POLICY_TEXT_MAX, &a->file, e) == -1 ||
	    conf_str(n, "key", POLICY_TEXT_MAX, &a->key, e) == -1 ||
	    conf_str(n, "why", POLICY_TEXT_MAX, &a->why, e) == -1)
		return -1;
	a->finding = finding_by_name(finding);
	if (a->finding == FINDING_COUNT)
		return conf_err(n, e, "there is no finding \"%s\"", finding);
	if (!finding_can_be_accepted(a->finding))
		return conf_err(n, e,
		    "%s can't be shared: drop the file, or exclude it",
		    finding);
	a->source = f->name;
	a->line = config_setting_source_line(n);
	p->accept_count++;
	return 0;
}

/* Each entry sees both arrays with room for one more. */
static int
entry_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct review review = { NULL, NULL, NULL, NULL };

	if (review_read(n, &review, e) == -1)
		return -1;
	if (strcmp(review.class, "shared") == 0) {
		p->accepts[p->accept_count].review = review;
		return shared_read(p, f, n, e);
	}
	p->rules[p->rule_count].review = review;
	return policy_rule_read(p, f, n, e);
}

static int
room_only(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	(void)p;
	(void)f;
	(void)n;
	(void)e;
	return 0;
}

int
policy_review(struct policy *p, const char *name, const char *text, size_t len,
    struct err *e)
{
	struct policy_file *f = policy_file_parse(p, name, text, len, e);

	if (f == NULL || conf_known(conf_root(&f->conf), file_keys, e) == -1)
		return -1;
	/* Each may become the one or the other: room for all in both. */
	if (policy_list(p, f, "reviewed", (void **)&p->accepts, p->accept_count,
		sizeof(*p->accepts), room_only, e) == -1)
		return -1;
	return policy_list(p, f, "reviewed", (void **)&p->rules, p->rule_count,
	    sizeof(*p->rules), entry_read, e);
}
