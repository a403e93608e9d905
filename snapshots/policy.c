/* SPDX-License-Identifier: MIT */
/*
 * Reading the policies. A rule that can not work (no action, two, an unknown
 * format, a replacement that would break the file) is refused here, with its
 * line, and not found out on the sample.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "policy_in.h"
#include "slot.h"

#define TEXT_MAX POLICY_TEXT_MAX

static const char *const rule_keys[] = { "file", "format", "key", "within",
	"slot", "text", "empty", "keep", "drop", "why", "needed", "value",
	"marked", "fill", "search", "content", NULL };
static const char *const accept_keys[] = { "finding", "file", "key", "value",
	"why", NULL };
static const char *const identity_keys[] = { "what", "file", "format", "key",
	"within", "live", "optional", NULL };

/* What may replace a value in a file, whatever its format. */
static int
replacement_check(conf_node *n, const char *text, struct err *e)
{
	if (strpbrk(text, "\"'\\<>&@{}") != NULL)
		return conf_err(
		    n, e, "a replacement may not hold \" ' \\ < > & @ { }");
	return 0;
}

static int
flags_read(conf_node *n, struct scrub_rule *r, struct err *e)
{
	static const struct {
		const char *name;
		enum scrub_action action;
	} flags[] = { { "empty", SCRUB_EMPTY }, { "keep", SCRUB_KEEP },
		{ "drop", SCRUB_DROP } };
	bool set;
	int count = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (conf_bool_or(n, flags[i].name, false, &set, e) == -1)
			return -1;
		count += set;
		if (set)
			r->action = flags[i].action;
	}
	return count;
}

/* Exactly one of the five. */
static int
action_read(conf_node *n, struct scrub_rule *r, struct err *e)
{
	const char *slot, *text;
	int flags;

	if (conf_str_or(n, "slot", SLOT_NAME_MAX, NULL, &slot, e) == -1 ||
	    conf_str_or(n, "text", TEXT_MAX, NULL, &text, e) == -1 ||
	    (flags = flags_read(n, r, e)) == -1)
		return -1;
	if ((slot != NULL) + (text != NULL) + flags != 1)
		return conf_err(n, e,
		    "a rule has exactly one of slot, text, empty, keep, drop");
	if (flags == 0)
		r->action = slot != NULL ? SCRUB_SLOT : SCRUB_TEXT;
	r->value = slot != NULL ? slot : text != NULL ? text : "";
	if (slot != NULL && slot_name_check(slot, e) == -1)
		return conf_err(n, e, "%s", e->text);
	return replacement_check(n, slot == NULL ? r->value : "", e);
}

/* Which fields of the file it is about. */
static int
field_target(conf_node *n, struct scrub_rule *r, struct err *e)
{
	const char *format;

	if (conf_str(n, "key", TEXT_MAX, &r->key, e) == -1 ||
	    conf_str(n, "format", TEXT_MAX, &format, e) == -1 ||
	    conf_str_or(n, "within", TEXT_MAX, "*", &r->within, e) == -1 ||
	    conf_str_or(n, "value", TEXT_MAX, NULL, &r->only, e) == -1 ||
	    conf_bool_or(n, "marked", false, &r->marked, e) == -1 ||
	    conf_bool_or(n, "fill", false, &r->fill, e) == -1 ||
	    conf_bool_or(n, "search", true, &r->search, e) == -1)
		return -1;
	if ((r->format = field_format(format)) == NULL)
		return conf_err(n, e, "unknown format \"%s\"; there are %s",
		    format, field_format_names());
	return 0;
}

/* By what stands there: of a kind that the heuristics find in a text. */
static int
content_target(conf_node *n, struct scrub_rule *r, struct err *e)
{
	static const char *const others[] = { "key", "format", "within",
		"value", "marked", "fill", "needed" };
	const char *kind;

	if (conf_str(n, "content", TEXT_MAX, &kind, e) == -1 ||
	    conf_bool_or(n, "search", true, &r->search, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (conf_get(n, others[i]) != NULL)
			return conf_err(n, e,
			    "content and %s do not go together", others[i]);
	r->by_content = true;
	r->content = finding_by_name(kind);
	if (!finding_is_in_text(r->content))
		return conf_err(
		    n, e, "the heuristics find no \"%s\" in a text", kind);
	if (r->action == SCRUB_KEEP)
		return conf_err(
		    n, e, "content is taken out; what may stay is accepted");
	if (r->content == FINDING_PRIVATE_KEY && r->action != SCRUB_DROP)
		return conf_err(n, e, "a private key goes with its file: drop");
	return 0;
}

static int
rule_target(conf_node *n, struct scrub_rule *r, struct err *e)
{
	if (conf_get(n, "content") != NULL)
		return content_target(n, r, e);
	if (r->action == SCRUB_KEEP && r->why[0] == '\0')
		return conf_err(n, e, "keep says why");
	if (r->action != SCRUB_DROP)
		return field_target(n, r, e);
	if (conf_get(n, "key") == NULL && conf_get(n, "format") == NULL)
		return 0;
	r->action = SCRUB_CUT;
	return field_target(n, r, e);
}

int
policy_rule_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct scrub_rule *r = &p->rules[p->rule_count];

	if (conf_str(n, "file", TEXT_MAX, &r->file, e) == -1 ||
	    conf_str_or(n, "why", TEXT_MAX, "", &r->why, e) == -1 ||
	    conf_bool_or(n, "needed", false, &r->needed, e) == -1 ||
	    action_read(n, r, e) == -1 || rule_target(n, r, e) == -1)
		return -1;
	r->source = f->name;
	r->line = config_setting_source_line(n);
	p->rule_count++;
	return 0;
}

static int
rule_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	return conf_known(n, rule_keys, e) == -1 ? -1
						 : policy_rule_read(p, f, n, e);
}

static int
accept_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct scrub_accept *a = &p->accepts[p->accept_count];
	const char *finding;

	a->source = f->name;
	a->line = config_setting_source_line(n);
	if (conf_known(n, accept_keys, e) == -1 ||
	    conf_str(n, "finding", TEXT_MAX, &finding, e) == -1 ||
	    conf_str_or(n, "file", TEXT_MAX, "*", &a->file, e) == -1 ||
	    conf_str_or(n, "key", TEXT_MAX, "*", &a->key, e) == -1 ||
	    conf_str_or(n, "value", TEXT_MAX, NULL, &a->value, e) == -1 ||
	    conf_str(n, "why", TEXT_MAX, &a->why, e) == -1)
		return -1;
	a->finding = finding_by_name(finding);
	if (a->finding == FINDING_COUNT)
		return conf_err(n, e, "there is no finding \"%s\"", finding);
	if (!finding_can_be_accepted(a->finding))
		return conf_err(n, e,
		    "%s can't be accepted: drop the file, or exclude it",
		    finding);
	if (a->why[0] == '\0')
		return conf_err(n, e, "why must say something");
	p->accept_count++;
	return 0;
}

static int
identity_read(
    struct policy *p, const struct policy_file *f, conf_node *n, struct err *e)
{
	struct identity_rule *r = &p->identity[p->identity_count];
	const char *live;

	(void)f;
	if (conf_known(n, identity_keys, e) == -1 ||
	    conf_str(n, "what", TEXT_MAX, &r->what, e) == -1 ||
	    conf_str_or(n, "live", TEXT_MAX, NULL, &live, e) == -1 ||
	    conf_str_or(n, "file", TEXT_MAX, NULL, &r->file, e) == -1 ||
	    conf_str_or(n, "format", TEXT_MAX, "line", &r->format, e) == -1 ||
	    conf_str_or(n, "key", TEXT_MAX, "*", &r->key, e) == -1 ||
	    conf_str_or(n, "within", TEXT_MAX, "*", &r->within, e) == -1 ||
	    conf_bool_or(n, "optional", false, &r->optional, e) == -1)
		return -1;
	if ((live == NULL) == (r->file == NULL))
		return conf_err(n, e, "needs either file or live");
	if (live != NULL && strcmp(live, "mac") != 0 &&
	    strcmp(live, "hostname") != 0 && strcmp(live, "address") != 0)
		return conf_err(
		    n, e, "live is \"mac\", \"hostname\" or \"address\"");
	if (live == NULL && strcmp(r->format, "line") != 0 &&
	    strcmp(r->format, "ssh-key") != 0 &&
	    field_format(r->format) == NULL)
		return conf_err(n, e, "unknown format \"%s\"", r->format);
	if (live != NULL)
		r->format = live;
	p->identity_count++;
	return 0;
}

int
policy_list(struct policy *p, const struct policy_file *f, const char *name,
    void **array, size_t count, size_t size, policy_entry_fn *fn, struct err *e)
{
	conf_node *list;
	void *grown;
	size_t n;

	if (conf_list(conf_root(&f->conf), name, POLICY_LIST_MAX, &list, e) ==
	    -1)
		return -1;
	if ((n = conf_len(list)) == 0)
		return 0;
	if ((grown = reallocarray(*array, count + n, size)) == NULL)
		return err_sys(e, "%s", f->conf.name);
	memset((char *)grown + count * size, 0, n * size);
	*array = grown;
	for (size_t i = 0; i < n; i++) {
		conf_node *one = conf_at(list, i);

		if (!config_setting_is_group(one))
			return conf_err(one, e, "%s holds groups { }", name);
		if (fn(p, f, one, e) == -1)
			return -1;
	}
	return 0;
}

int
policy_lists_read(struct policy *p, const struct policy_file *f, struct err *e)
{
	if (policy_list(p, f, "rules", (void **)&p->rules, p->rule_count,
		sizeof(*p->rules), rule_read, e) == -1 ||
	    policy_list(p, f, "accept", (void **)&p->accepts, p->accept_count,
		sizeof(*p->accepts), accept_read, e) == -1)
		return -1;
	return policy_list(p, f, "identity", (void **)&p->identity,
	    p->identity_count, sizeof(*p->identity), identity_read, e);
}

struct policy_file *
policy_file_parse(struct policy *p, const char *path, const char *text,
    size_t len, struct err *e)
{
	struct policy_file *f = &p->files[p->file_count];
	const char *slash = strrchr(path, '/');
	uint8_t hash[SHA256_LEN];

	if (p->file_count == POLICY_FILES_MAX)
		return (void)err_set(e, E2BIG,
			   "%s: more than %d files make the policy", path,
			   POLICY_FILES_MAX),
		       NULL;
	if (conf_parse(&f->conf, path, text, len, e) == -1)
		return NULL;
	p->file_count++;
	(void)snprintf(
	    f->name, sizeof(f->name), "%s", slash == NULL ? path : slash + 1);
	if (sha256(text, len, hash, e) == -1)
		return NULL;
	hex_encode(hash, sizeof(hash), f->sha256);
	return f;
}

struct policy_file *
policy_file_open(struct policy *p, const char *path, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (file_read(AT_FDCWD, path, CONF_SIZE_MAX, &text, e) == -1)
		return NULL;
	return policy_file_parse(p, path, text.p, text.len, e);
}
