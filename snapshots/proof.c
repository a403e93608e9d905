/* SPDX-License-Identifier: MIT */
/*
 * The proof: made of counts and of what the policies say, nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "own.h"
#include "proof.h"

static json_t *
policies(const struct policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->file_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s}", "name", p->files[i].name, "sha256",
			p->files[i].sha256));
	return list;
}

static json_t *
rule_json(const struct scrub_rule *r)
{
	static const char *const actions[] = { [SCRUB_SLOT] = "slot",
		[SCRUB_TEXT] = "text",
		[SCRUB_EMPTY] = "empty",
		[SCRUB_KEEP] = "keep",
		[SCRUB_CUT] = "drop",
		[SCRUB_DROP] = "drop" };

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:i}", "policy",
	    r->source, "line", (int)r->line, "file", r->file, "key",
	    r->key == NULL ? "" : r->key, "action", actions[r->action], "value",
	    r->action == SCRUB_SLOT ? r->value : "", "values", (int)r->used);
}

/* Those that took something. */
static json_t *
rules(const struct policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].used > 0)
			(void)json_array_append_new(
			    list, rule_json(&p->rules[i]));
	return list;
}

static json_t *
looked_at(const struct snapshot *s)
{
	json_int_t documents = 0, files = 0, bytes = 0;

	for (size_t i = 0; i < s->count; i++) {
		documents += s->members[i].path[0] == 'd';
		files += s->members[i].path[0] == 'f';
		bytes += (json_int_t)s->members[i].size;
	}
	return json_pack("{s:I, s:I, s:I}", "documents", documents, "files",
	    files, "bytes", bytes);
}

static json_t *
searched(const struct residue *r)
{
	return json_pack("{s:I, s:I}", "values", (json_int_t)residue_values(r),
	    "forms", (json_int_t)residue_forms(r));
}

int
proof_write(const struct capture *c, const struct residue *residue,
    const json_t *identity, struct bytes *out, struct err *e)
{
	own_json json_t *j = json_pack(
	    "{s:i, s:o, s:o, s:o, s:O, s:O, s:o, s:o, s:i}", "ingot", 1,
	    "policies", policies(&c->policy), "rules", rules(&c->policy),
	    "looked_at", looked_at(&c->snapshot), "dropped", c->dropped,
	    "identity", identity, "residue", searched(residue), "findings",
	    findings_json(&c->findings, false), "open", (int)c->findings.open);
	own_str char *line = j == NULL ? NULL : json_line(j);

	if (line == NULL)
		return err_set(e, ENOMEM, "proof: out of memory");
	bytes_free(out);
	bytes_fmt(out, "%s\n", line);
	return out->bad ? err_set(e, ENOMEM, "proof: out of memory") : 0;
}
