/* SPDX-License-Identifier: MIT */
/*
 * The second net: the heuristics over what the rules left, and over all that
 * is packed or encoded in it. What could not be opened is said.
 */
#include <stdio.h>
#include <string.h>

#include "deep.h"
#include "scrub.h"

struct looking {
	struct scrub *s;
	const char *path;
	scrub_ours_fn *ours;
	const void *ours_ctx;
	const struct deep_part *part; /* NULL: the file itself */
	const char *text;
	struct field_lines lines;     /* of text */
	char name[SNAPSHOT_PATH_MAX]; /* with the part's */
	unsigned opened;              /* parts that were */
};

/* A text that a rule puts there, seen once more where it is escaped. */
static bool
policy_wrote(const struct looking *l, const struct suspect *found)
{
	const struct policy *p = l->s->policy;

	for (size_t i = 0; p != NULL && i < p->rule_count; i++) {
		const struct scrub_rule *r = &p->rules[i];

		if (r->action == SCRUB_TEXT && policy_file_fits(r, l->path) &&
		    strlen(r->value) == found->len &&
		    memcmp(r->value, l->text + found->at, found->len) == 0)
			return true;
	}
	return false;
}

/*
 * Of the file itself it is said at the end, if nothing could be opened in it;
 * of an archive once, however many programs are in it; and of words that only
 * happen to be base64, never.
 */
static int
on_binary(struct looking *l, struct err *e)
{
	if (l->part == NULL || l->part->line > 0)
		return 0;
	return scrub_tell(l->s, FINDING_BINARY, l->path, 0, "", e,
	    "holds what is not plain text: nothing can be said about that");
}

static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	struct looking *l = ctx;
	bool named =
	    found->id == FINDING_KEYWORD || found->id == FINDING_DEFAULT;

	if (found->id == FINDING_BINARY)
		return on_binary(l, e);
	if ((named || found->id == FINDING_ENTROPY) && l->part == NULL &&
	    l->ours != NULL && l->ours(l->ours_ctx, found->at))
		return 0;
	if (named && l->part != NULL && policy_wrote(l, found))
		return 0;
	return scrub_suspect(l->s, l->name, l->text,
	    l->part != NULL && l->part->line > 0
		? l->part->line
		: field_lines_at(&l->lines, found->at),
	    found, e);
}

static int
scan(struct looking *l, const struct field_format *format, const char *p,
    size_t len, struct err *e)
{
	struct err why = { 0 };

	l->text = p;
	l->lines = (struct field_lines){ .text = p };
	if (suspect_scan(format, p, len, on_suspect, l, &why) == 0)
		return 0;
	/* A guess that was wrong; its text is looked at all the same. */
	return suspect_scan(NULL, p, len, on_suspect, l, e);
}

static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	struct looking *l = ctx;
	int rc;

	(void)snprintf(l->name, sizeof(l->name), "%s%s", l->path, part->name);
	if (part->refused != NULL)
		return scrub_tell(l->s, FINDING_ARCHIVE, l->name, part->line,
		    "", e, "%s", part->refused);
	l->opened++;
	if (part->names)
		return 0;
	l->part = part;
	rc = scan(
	    l, field_guess(l->name, part->p, part->len), part->p, part->len, e);
	l->part = NULL;
	return rc;
}

static bool
database(const struct bytes *in)
{
	static const char magic[] = "SQLite format 3";

	/* With its NUL: section 1.3 of the file format. */
	return in->len >= sizeof(magic) &&
	    memcmp(in->p, magic, sizeof(magic)) == 0;
}

int
scrub_look(struct scrub *s, const char *path, const struct field_format *format,
    const struct bytes *in, scrub_ours_fn *ours, const void *ours_ctx,
    struct err *e)
{
	struct looking l = {
		.s = s, .path = path, .ours = ours, .ours_ctx = ours_ctx
	};

	if (in->len == 0)
		return 0;
	(void)snprintf(l.name, sizeof(l.name), "%s", path);
	if (format == NULL)
		format = field_guess(path, in->p, in->len);
	if (scan(&l, format, in->p, in->len, e) == -1 ||
	    deep_open(in->p, in->len, on_part, &l, e) == -1)
		return -1;
	if (l.opened > 0 || suspect_is_text(in->p, in->len) ||
	    suspect_key_store(in->p, in->len))
		return 0;
	return scrub_tell(s, FINDING_BINARY, path, 0, "", e, "%s",
	    database(in)
		? "a SQLite database: nothing can be taken out of its middle; "
		  "drop it, so that each unit makes its own, or classify it "
		  "after a look into all of its tables"
		: "not plain text: nothing can be said about what is in it");
}
