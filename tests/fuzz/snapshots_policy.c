/* SPDX-License-Identifier: MIT */
/*
 * A capture policy as somebody wrote it. What is taken has reasons where it
 * needs them, and can be asked about any file, field and finding.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "file.h"
#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig's scanner leaks a string that has no end. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static char folder[] = "/dev/shm/ingot-fuzz.XXXXXX";
static char name[64];

static void
remove_folder(void)
{
	(void)unlink(name);
	(void)rmdir(folder);
}

/* A policy is read by its path, through no link. */
static void
own_folder(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(name, sizeof(name), "%s/policy.conf", folder);
	(void)atexit(remove_folder);
}

static void
ask(struct policy *p, const char *path)
{
	struct field f = { .within = "a.b", .name = "password" };
	struct finding finding = { .id = FINDING_KEYWORD, .len = 3 };
	struct scrub_rule *r = policy_drop(p, path);

	if (r != NULL && r->action != SCRUB_DROP)
		abort();
	(void)policy_never(p, path);
	(void)policy_stays(p, path);
	(void)policy_excludes(p, path);
	r = policy_rule(p, path, policy_format(p, path), &f, "abc");
	if (r != NULL &&
	    (r->format == NULL || r->action == SCRUB_DROP ||
		((r->action == SCRUB_SLOT || r->action == SCRUB_TEXT) &&
		    r->value == NULL)))
		abort();
	(void)snprintf(finding.path, sizeof(finding.path), "%s", path);
	policy_judge(p, &finding, "abc");
	if (finding.accepted != NULL && *finding.accepted == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_policy struct policy p = { .files = NULL };
	struct err e = { 0 };

	if (name[0] == '\0')
		own_folder();
	if (file_write(AT_FDCWD, name, data, len, FILE_PUBLIC, &e) == -1)
		abort();
	if (policy_read(&p, name, &e) == -1) {
		if (e.text[0] == '\0')
			abort();
		return 0;
	}
	ask(&p, "/etc/hostapd/ap.conf");
	ask(&p, "/etc/x/snapshot_1.xml");
	ask(&p, "");
	return 0;
}
