/* SPDX-License-Identifier: MIT */
/*
 * What a capture says: each word of it is judged by the policy, and never
 * holds the value that it is about, only its length and a mark.
 */
#include <stdarg.h>
#include <stdio.h>

#include "scrub.h"

int
scrub_tell(struct scrub *s, enum finding_id id, const char *path, unsigned line,
    const char *key, struct err *e, const char *fmt, ...)
{
	struct finding f = { .id = id, .line = line };
	va_list ap;

	(void)snprintf(f.path, sizeof(f.path), "%s", path);
	(void)snprintf(f.key, sizeof(f.key), "%s", key);
	va_start(ap, fmt);
	(void)vsnprintf(f.text, sizeof(f.text), fmt, ap);
	va_end(ap);
	if (s->policy != NULL)
		policy_judge(s->policy, &f, NULL);
	return findings_add(s->findings, &f, e);
}

int
scrub_suspect(struct scrub *s, const char *path, const char *text,
    unsigned line, const struct suspect *found, struct err *e)
{
	struct finding f = { .id = found->id, .line = line, .len = found->len };

	(void)snprintf(f.path, sizeof(f.path), "%s", path);
	(void)snprintf(f.key, sizeof(f.key), "%s", found->key);
	(void)snprintf(f.text, sizeof(f.text), "%s", found->text);
	if (found->len > 0 &&
	    findings_mark(
		s->findings, text + found->at, found->len, f.mark, e) == -1)
		return -1;
	if (s->policy != NULL)
		policy_judge(s->policy, &f, text + found->at);
	return findings_add(s->findings, &f, e);
}
