/* SPDX-License-Identifier: MIT */
/*
 * The proof: made of counts and of what the policies say, nothing else; behind
 * it the ledger of files and keys.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
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

/* Whose word it is, where it is a person's. */
static json_t *
add_review(json_t *o, const struct review *r)
{
	if (o == NULL || r->class == NULL)
		return o;
	(void)json_object_set_new(o, "class", json_string(r->class));
	(void)json_object_set_new(o, "who", json_string(r->who));
	(void)json_object_set_new(o, "when", json_string(r->when));
	if (r->from != NULL)
		(void)json_object_set_new(o, "from", json_string(r->from));
	return o;
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

	json_t *o = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i}",
	    "policy", r->source, "line", (int)r->line, "file", r->file, "key",
	    r->key == NULL ? "" : r->key, "action", actions[r->action], "value",
	    r->action == SCRUB_SLOT ? r->value : "", "why", r->why, "values",
	    (int)r->used);

	if (o != NULL && r->by_content)
		(void)json_object_set_new(
		    o, "content", json_string(finding_name(r->content)));
	return add_review(o, &r->review);
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

/* What was let pass, and on whose word. */
static json_t *
accepts(const struct policy *p)
{
	json_t *list = json_array(), *o;

	for (size_t i = 0; i < p->accept_count; i++) {
		const struct scrub_accept *a = &p->accepts[i];

		if (a->used == 0)
			continue;
		o = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:i}", "policy",
		    a->source, "line", (int)a->line, "finding",
		    finding_name(a->finding), "file", a->file, "key", a->key,
		    "why", a->why, "findings", (int)a->used);
		if (a->value != NULL)
			(void)json_object_set_new(
			    o, "value", json_string(a->value));
		(void)json_array_append_new(list, add_review(o, &a->review));
	}
	return list;
}

static json_t *
counts(const struct ledger *l)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "files",
	    (json_int_t)l->files, "keys", (json_int_t)l->keys, "kept",
	    (json_int_t)l->kept, "replaced", (json_int_t)l->replaced, "emptied",
	    (json_int_t)l->emptied, "dropped", (json_int_t)l->dropped,
	    "skipped", (json_int_t)l->skipped);
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
	    "{s:i, s:o, s:o, s:o, s:o, s:o, s:O, s:O, s:o, s:o, s:i}", "ingot",
	    1, "policies", policies(&c->policy), "rules", rules(&c->policy),
	    "accepted", accepts(&c->policy), "counts", counts(&c->ledger),
	    "looked_at", looked_at(&c->snapshot), "dropped", c->dropped,
	    "identity", identity, "residue", searched(residue), "findings",
	    findings_json(&c->findings, false), "open", (int)c->findings.open);
	own_str char *line = j == NULL ? NULL : json_line(j);

	if (line == NULL)
		return err_set(e, ENOMEM, "proof: out of memory");
	bytes_free(out);
	if (strlen(line) > PROOF_HEAD_MAX)
		return err_set(e, EFBIG, "proof: its summary is too long");
	bytes_fmt(out, "%s\n", line);
	bytes_add(out, c->ledger.text.p, c->ledger.text.len);
	return out->bad ? err_set(e, ENOMEM, "proof: out of memory") : 0;
}

/* Reads up to the end of the first line; the rest can be long. */
static int
first_line(int fd, struct bytes *out, struct err *e)
{
	char chunk[16 * 1024], *end = NULL;
	ssize_t n = 1;

	while (end == NULL && n > 0 && out->len <= PROOF_HEAD_MAX) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n == -1)
			return err_sys(e, "proof");
		else if (n > 0) {
			end = memchr(chunk, '\n', (size_t)n);
			bytes_add(out, chunk,
			    end == NULL ? (size_t)n : (size_t)(end - chunk));
		}
	}
	return out->bad ? err_set(e, ENOMEM, "proof: out of memory") : 0;
}

json_t *
proof_summary(int dir, struct err *e)
{
	own_fd int fd = file_open_beneath(dir, "proof", O_RDONLY, 0, e);
	own_bytes struct bytes line = { 0 };

	if (fd == -1 || first_line(fd, &line, e) == -1)
		return NULL;
	return json_parse(
	    "proof", line.p == NULL ? "" : line.p, line.len, PROOF_HEAD_MAX, e);
}
