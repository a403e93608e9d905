/* SPDX-License-Identifier: MIT */
/*
 * The ledger reads a file's fields once more, by the same rules as the
 * scrubber, so that what the proof says follows from policy and sample alone.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "ledger.h"
#include "suspect.h"

#define KEY_MAX 96

struct entry {
	struct ledger *l;
	const struct policy *policy;
	const char *path;
	const struct field_format *format;
	const struct bytes *in;
	json_t *kept;
	json_t *by_rule[SCRUB_DROP]; /* key: the rule */
	json_int_t keys;
	json_int_t unnamed;
};

void
ledger_free(struct ledger *l)
{
	bytes_free(&l->text);
	memset(l, 0, sizeof(*l));
}

static int
on_word(void *ctx, const char *text, size_t at, size_t len, struct err *e)
{
	(void)text;
	(void)at;
	(void)len;
	(void)e;
	*(bool *)ctx = true;
	return 0;
}

/* "pid.name" as far as it is a name; false: it could be anything. */
static bool
key_name(const struct field *f, char out[static KEY_MAX])
{
	bool odd = false;
	struct err e;
	int n = snprintf(out, KEY_MAX, "%s%s%s", f->within,
	    f->within[0] == '\0' ? "" : ".", f->name);

	if (n >= KEY_MAX)
		n = snprintf(out, KEY_MAX, "%s", f->name);
	if (n < 1 || n >= KEY_MAX)
		return false;
	for (int i = 0; i < n; i++)
		if (!isalnum((unsigned char)out[i]) &&
		    strchr("_.:@/*-[]", out[i]) == NULL)
			return false;
	(void)suspect_words(out, (size_t)n, on_word, &odd, &e);
	return !odd;
}

static void
count(json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	(void)json_object_set_new(o, key, json_integer(n + 1));
}

/* The rule for a field, by its value as the scrubber sees it. */
static int
rule_of(const struct entry *n, const struct field *f,
    const struct scrub_rule **r, struct err *e)
{
	own_bytes struct bytes value = { 0 };

	if (!f->absent)
		field_decode(f, n->in->p, &value);
	bytes_add(&value, "", 0);
	if (value.bad)
		return err_set(e, ENOMEM, "out of memory");
	*r = policy_rule(n->policy, n->path, n->format, f, value.p);
	return 0;
}

static void
tally(struct ledger *l, const struct scrub_rule *r)
{
	bool kept = r == NULL || r->action == SCRUB_KEEP;
	bool emptied =
	    !kept && (r->action == SCRUB_EMPTY || r->action == SCRUB_CUT);

	l->kept += kept;
	l->emptied += emptied;
	l->replaced += !kept && !emptied;
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	char key[KEY_MAX], by[CONF_NAME_MAX + 16];
	const struct scrub_rule *r = NULL;
	struct entry *n = ctx;

	if (rule_of(n, f, &r, e) == -1)
		return -1;
	n->keys++;
	tally(n->l, r);
	if (!key_name(f, key)) {
		n->unnamed++;
	} else if (r == NULL) {
		count(n->kept, key);
	} else {
		(void)snprintf(by, sizeof(by), "%s:%u", r->source, r->line);
		(void)json_object_set_new(
		    n->by_rule[r->action], key, json_string(by));
	}
	return 0;
}

static int
add_line(struct ledger *l, json_t *o, struct err *e)
{
	own_json json_t *owned = o;
	own_str char *line = o == NULL ? NULL : json_line(o);

	if (line == NULL)
		return err_set(e, ENOMEM, "proof: out of memory");
	l->text.limit = LEDGER_MAX;
	bytes_fmt(&l->text, "%s\n", line);
	return l->text.bad
	    ? err_set(e, EFBIG,
		  "proof: more keys than %u bytes can list; exclude what is "
		  "no configuration",
		  LEDGER_MAX)
	    : 0;
}

static void
set_if_any(json_t *o, const char *name, json_t *list)
{
	if (json_object_size(list) > 0)
		(void)json_object_set(o, name, list);
}

/* What each action is called in the proof. */
static const char *const done[SCRUB_DROP] = { [SCRUB_SLOT] = "slots",
	[SCRUB_TEXT] = "texts",
	[SCRUB_EMPTY] = "emptied",
	[SCRUB_KEEP] = "kept_by_rule",
	[SCRUB_CUT] = "cut" };

static json_t *
entry_json(const struct entry *n, bool ruled)
{
	const struct bytes *in = n->in;
	bool text = suspect_is_text(in->p == NULL ? "" : in->p, in->len);
	const char *net = !text ? "bytes"
	    : ruled             ? "rules"
	    : n->format != NULL ? "heuristics"
				: "lines";
	/* How many end, not in which the end is. */
	json_int_t lines =
	    in->len == 0 ? 0 : (json_int_t)field_line(in->p, in->len) - 1;
	json_t *o;

	o = json_pack("{s:o, s:I, s:I, s:s, s:I, s:s}", "file",
	    json_text(n->path), "bytes", (json_int_t)in->len, "lines", lines,
	    "format", n->format == NULL ? "" : n->format->name, "keys", n->keys,
	    "net", net);
	set_if_any(o, "kept", n->kept);
	for (size_t i = 0; i < SCRUB_DROP; i++)
		set_if_any(o, done[i], n->by_rule[i]);
	if (n->unnamed > 0)
		(void)json_object_set_new(
		    o, "unnamed", json_integer(n->unnamed));
	return o;
}

static int
entry_fill(struct entry *n, struct err *e)
{
	struct err why;

	if ((n->kept = json_object()) == NULL)
		return err_set(e, ENOMEM, "proof: out of memory");
	for (size_t i = 0; i < SCRUB_DROP; i++)
		if ((n->by_rule[i] = json_object()) == NULL)
			return err_set(e, ENOMEM, "proof: out of memory");
	n->format = policy_format(n->policy, n->path);
	if (n->format == NULL && n->in->len > 0)
		n->format = field_guess(n->path, n->in->p, n->in->len);
	/* What its format does not fit is a finding of its own. */
	if (n->format != NULL && n->in->len > 0 &&
	    suspect_is_text(n->in->p, n->in->len))
		(void)n->format->scan(n->in->p, n->in->len, on_field, n, &why);
	n->l->files++;
	n->l->keys += (size_t)n->keys;
	return add_line(
	    n->l, entry_json(n, policy_format(n->policy, n->path) != NULL), e);
}

int
ledger_file(struct ledger *l, const struct policy *p, const char *path,
    const struct bytes *in, struct err *e)
{
	struct entry n = { .l = l, .policy = p, .path = path, .in = in };
	int rc = entry_fill(&n, e);

	json_decref(n.kept);
	for (size_t i = 0; i < SCRUB_DROP; i++)
		json_decref(n.by_rule[i]);
	return rc;
}

int
ledger_skip(struct ledger *l, const char *path, const char *why, struct err *e)
{
	l->skipped++;
	return add_line(l,
	    json_pack("{s:o, s:s}", "file", json_text(path), "skipped", why),
	    e);
}

int
ledger_drop(struct ledger *l, const char *path, const char *why, struct err *e)
{
	l->dropped++;
	return add_line(l,
	    json_pack("{s:o, s:s}", "file", json_text(path), "dropped", why),
	    e);
}
