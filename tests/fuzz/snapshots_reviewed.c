/* SPDX-License-Identifier: MIT */
/*
 * The file of a person's decisions: whatever stands in it is refused or gives
 * entries that are whole, each with its class, its name, its day.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig's scanner leaks a string that has no end. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void
whole(const struct review *r, const char *file, const char *why)
{
	if (r->class == NULL || r->who == NULL || *r->who == '\0' ||
	    r->when == NULL || *r->when == '\0' || file == NULL ||
	    why == NULL || *why == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_policy struct policy p = { .files = NULL };
	struct finding f = { .id = FINDING_KEYWORD, .path = "/etc/x" };
	struct err e;

	if ((p.files = calloc(1, sizeof(*p.files))) == NULL ||
	    policy_review(&p, "reviewed.conf", (const char *)data, len, &e) ==
		-1)
		return 0;
	for (size_t i = 0; i < p.accept_count; i++) {
		whole(
		    &p.accepts[i].review, p.accepts[i].file, p.accepts[i].why);
		if (!finding_can_be_accepted(p.accepts[i].finding))
			abort();
	}
	for (size_t i = 0; i < p.rule_count; i++)
		whole(&p.rules[i].review, p.rules[i].file, p.rules[i].why);
	policy_judge(&p, &f, NULL);
	(void)policy_drop(&p, "/etc/x");
	return 0;
}
