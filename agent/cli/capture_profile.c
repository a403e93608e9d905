/* SPDX-License-Identifier: MIT */
/*
 * Which policy a capture follows: one that a person wrote (--policy), a shipped
 * one by its name (--profile), or the general one, with a hint when a profile
 * would fit the sample better.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture_report.h"
#include "own.h"
#include "product.h"

static const char *const installed[] = { "/etc/ingot/policies",
	"/usr/share/ingot/policies", NULL };

void
cli_policies(const struct cli *c, const char *out[static 3])
{
	const char *only = cli_option(c, "policies");

	memcpy(out, installed, sizeof(installed));
	if (only == NULL)
		return;
	out[0] = only;
	out[1] = NULL;
}

static void
show(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *error =
		    json_string_value(json_object_get(one, "error"));

		(void)printf("%-12s %s%s%s\n", cli_text(one, "name"),
		    error != NULL ? "BROKEN: " : "",
		    error != NULL ? error : cli_text(one, "brief"),
		    json_is_true(json_object_get(one, "fits"))
			? "  <- fits this sample"
			: "");
	}
}

enum ctl_code
capture_profiles(struct cli *c)
{
	own_json json_t *list = NULL;
	const char *where[3];
	own_fd int root = -1;
	struct err e;
	bool live;

	if ((root = capture_root(cli_option(c, "root"), &live, &e)) == -1)
		return cli_fail(c, CODE_FAILED, &e);
	cli_policies(c, where);
	list = product_list(where, root);
	if (json_array_size(list) == 0) {
		(void)err_set(&e, ENOENT,
		    "no policy with a brief is in capture/ of %s%s%s; "
		    "--policies DIR names another place",
		    where[0], where[1] == NULL ? "" : " or ",
		    where[1] == NULL ? "" : where[1]);
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (c->json)
		cli_json(list);
	else
		show(list);
	return CODE_OK;
}

/* The first profile that fits the sample, as a hint. */
static void
suggest(struct cli *c)
{
	own_json json_t *list = NULL;
	const char *where[3];
	own_fd int root = -1;
	const json_t *one;
	struct err ignored;
	bool live;
	size_t i;

	cli_policies(c, where);
	if ((root = capture_root(cli_option(c, "root"), &live, &ignored)) == -1)
		return;
	list = product_list(where, root);
	json_array_foreach(list, i, one)
	{
		if (!json_is_true(json_object_get(one, "fits")))
			continue;
		cli_progress(c,
		    "this looks like %s: --profile %s would take its files",
		    cli_text(one, "product"), cli_text(one, "name"));
		return;
	}
}

int
capture_policy(
    struct cli *c, char found[static 1024], const char **path, struct err *e)
{
	const char *profile = cli_option(c, "profile");
	const char *where[3];

	cli_policies(c, where);
	*path = cli_option(c, "policy");
	if (*path != NULL && profile != NULL)
		return err_set(e, EINVAL, "either --policy or --profile");
	if (*path != NULL)
		return 0;
	if (profile == NULL)
		suggest(c);
	if (product_find(
		where, profile == NULL ? "gateway" : profile, found, e) == -1)
		return -1;
	*path = found;
	return 0;
}
