/* SPDX-License-Identifier: MIT */
/*
 * Rules that name no key but what stands there: a private key under any name, a
 * hardware address in any text. The heuristics say where, on the sample's own
 * bytes; what a rule by key has taken is not taken twice.
 */
#include <errno.h>

#include "scrub.h"

struct searching {
	struct scrub *s;
	const char *path;
	scrub_place_fn *fn; /* NULL: the first drop rule that fits is enough */
	void *ctx;
	struct scrub_rule *drop;
};

static bool
fits(const struct scrub_rule *r, const char *path, bool drop)
{
	return r->by_content && (r->action == SCRUB_DROP) == drop &&
	    policy_file_fits(r, path);
}

/* Is there a rule at all, so that the text has to be searched? */
static bool
any(const struct policy *p, const char *path, bool drop)
{
	for (size_t i = 0; p != NULL && i < p->rule_count; i++)
		if (fits(&p->rules[i], path, drop))
			return true;
	return false;
}

static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	struct searching *c = ctx;
	const struct policy *p = c->s->policy;

	for (size_t i = 0; i < p->rule_count; i++) {
		struct scrub_rule *r = &p->rules[i];

		if (!fits(r, c->path, c->fn == NULL) || r->content != found->id)
			continue;
		if (c->fn != NULL)
			return c->fn(c->ctx, r, found, e);
		if (c->drop == NULL || r < c->drop)
			c->drop = r;
		return 0;
	}
	return 0;
}

static int
no_field(void *ctx, const struct field *f, struct err *e)
{
	(void)ctx;
	(void)f;
	(void)e;
	return 0;
}

static int
search(struct searching *c, const struct bytes *in, struct err *e)
{
	const struct field_format *format =
	    policy_format(c->s->policy, c->path);
	struct err why = { 0 };

	if (in->len == 0)
		return 0;
	if (format == NULL)
		format = field_guess(c->path, in->p, in->len);
	/* Lines are looked at where the format is not what was thought; only
	 * then nothing was told before. */
	if (format == NULL ||
	    format->scan(in->p, in->len, no_field, NULL, &why) == -1)
		format = NULL;
	return suspect_scan(format, in->p, in->len, on_suspect, c, e);
}

int
scrub_drops(struct scrub *s, const char *path, const struct bytes *in,
    struct scrub_rule **rule, struct err *e)
{
	struct searching c = { .s = s, .path = path };
	int rc = any(s->policy, path, true) ? search(&c, in, e) : 0;

	*rule = c.drop;
	return rc;
}

int
scrub_places(struct scrub *s, const char *path, const struct bytes *in,
    scrub_place_fn *fn, void *ctx, struct err *e)
{
	struct searching c = { .s = s, .path = path, .fn = fn, .ctx = ctx };

	return any(s->policy, path, false) ? search(&c, in, e) : 0;
}
