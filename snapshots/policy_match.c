/* SPDX-License-Identifier: MIT */
/*
 * What a policy says about one file, one field, one finding. The first rule
 * that fits counts, so the order in a policy is its meaning.
 */
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"

static bool
fits(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

/* The reset list knows a product's files by the places that its profile gives
 * them. */
static const struct reset_item *
reset_for(const struct policy *p, const char *path)
{
	const struct reset_item *item = reset_of(&p->reset, path);
	char known[PATH_MAX];

	if (item != NULL || p->link_count == 0)
		return item;
	policy_known(p, path, known, sizeof(known));
	return reset_of(&p->reset, known);
}

const char *
policy_never(const struct policy *p, const char *path)
{
	const struct reset_item *item = reset_for(p, path);

	for (size_t i = 0; i < p->path_count; i++)
		if (p->paths[i].never && fits(p->paths[i].pattern, path))
			return p->paths[i].why;
	return item != NULL && item->mark == RESET_NEVER ? item->why : NULL;
}

const char *
policy_stays(const struct policy *p, const char *path)
{
	const struct reset_item *item = reset_for(p, path);

	return item != NULL && item->mark != RESET_KEEP ? item->why : NULL;
}

bool
policy_excludes(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->exclude_count; i++)
		if (fits(p->excludes[i], path))
			return true;
	return false;
}

struct scrub_rule *
policy_drop(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].action == SCRUB_DROP &&
		    !p->rules[i].by_content && fits(p->rules[i].file, path))
			return &p->rules[i];
	return NULL;
}

struct scrub_rule *
policy_rule(const struct policy *p, const char *path,
    const struct field_format *format, const struct field *f, const char *value)
{
	for (size_t i = 0; i < p->rule_count; i++) {
		struct scrub_rule *r = &p->rules[i];

		if (r->action == SCRUB_DROP || r->by_content ||
		    r->format != format || (r->marked && !f->secret) ||
		    !fits(r->file, path) || !fits(r->within, f->within) ||
		    fnmatch(r->key, f->name, FNM_CASEFOLD) != 0)
			continue;
		if (r->only == NULL || fits(r->only, value))
			return r;
	}
	return NULL;
}

bool
policy_neutral(const struct policy *p, const char *value)
{
	for (size_t f = 0; f < POLICY_FILES_MAX; f++)
		for (size_t i = 0; i < conf_len(p->neutral[f]); i++)
			if (strcmp(config_setting_get_string(
				       conf_at(p->neutral[f], i)),
				value) == 0)
				return true;
	return false;
}

bool
policy_file_fits(const struct scrub_rule *r, const char *path)
{
	return fits(r->file, path);
}

const struct field_format *
policy_format(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].format != NULL && fits(p->rules[i].file, path))
			return p->rules[i].format;
	return NULL;
}

/* What is longer is no example that a policy would name. */
#define VALUE_MAX 255

static bool
value_fits(const char *pattern, const char *value, size_t len)
{
	char text[VALUE_MAX + 1];

	if (pattern == NULL)
		return true;
	if (value == NULL || len == 0 || len > VALUE_MAX)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, value);
	return fits(pattern, text);
}

void
policy_judge(struct policy *p, struct finding *f, const char *value)
{
	f->accepted = NULL;
	for (size_t i = 0; i < p->accept_count; i++) {
		struct scrub_accept *a = &p->accepts[i];

		if (a->finding != f->id || !fits(a->file, f->path) ||
		    !fits(a->key, f->key) ||
		    !value_fits(a->value, value, f->len))
			continue;
		a->used++;
		f->accepted = a->why;
		return;
	}
}
