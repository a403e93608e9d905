/* SPDX-License-Identifier: MIT */
/*
 * Files of another format that hold the same names and values: Kura's snapshots
 * are XML, and JSON where its REST interface gave them. Their rules are written
 * once and count for both, in the order in which they stand.
 */
#include <stdlib.h>
#include <string.h>

#include "policy_in.h"

static const char *const alike_keys[] = { "file", "format", "like", NULL };

struct alike {
	const char *file;
	const char *like;
	const struct field_format *format;
};

static int
alike_read(conf_node *n, struct alike *a, struct err *e)
{
	const char *format;

	if (!config_setting_is_group(n))
		return conf_err(n, e, "alike holds groups { }");
	if (conf_known(n, alike_keys, e) == -1 ||
	    conf_str(n, "file", POLICY_TEXT_MAX, &a->file, e) == -1 ||
	    conf_str(n, "like", POLICY_TEXT_MAX, &a->like, e) == -1 ||
	    conf_str(n, "format", POLICY_TEXT_MAX, &format, e) == -1)
		return -1;
	if ((a->format = field_format(format)) == NULL)
		return conf_err(n, e, "unknown format \"%s\"; there are %s",
		    format, field_format_names());
	if (strcmp(a->file, a->like) == 0)
		return conf_err(n, e, "file and like are the same");
	return 0;
}

static bool
is_meant(const struct scrub_rule *r, const struct alike *a)
{
	return r->format != NULL && strcmp(r->file, a->like) == 0;
}

/* The sample need not hold both: what is needed is needed once. */
static int
copy(struct policy *p, const struct alike *a, struct err *e)
{
	size_t have = p->rule_count, n = 0;
	struct scrub_rule *grown;

	for (size_t i = 0; i < have; i++)
		n += is_meant(&p->rules[i], a);
	if (n == 0)
		return 0;
	if ((grown = reallocarray(p->rules, have + n, sizeof(*grown))) == NULL)
		return err_sys(e, "policy");
	p->rules = grown;
	for (size_t i = 0; i < have; i++) {
		if (!is_meant(&grown[i], a))
			continue;
		grown[p->rule_count] = grown[i];
		grown[p->rule_count].file = a->file;
		grown[p->rule_count].format = a->format;
		grown[p->rule_count++].needed = false;
	}
	return 0;
}

int
policy_alike_read(struct policy *p, struct err *e)
{
	struct alike a;
	conf_node *list;

	for (size_t f = 0; f < p->file_count; f++) {
		if (conf_list(conf_root(&p->files[f].conf), "alike",
			POLICY_LIST_MAX, &list, e) == -1)
			return -1;
		for (size_t i = 0; i < conf_len(list); i++)
			if (alike_read(conf_at(list, i), &a, e) == -1 ||
			    copy(p, &a, e) == -1)
				return -1;
	}
	return 0;
}
