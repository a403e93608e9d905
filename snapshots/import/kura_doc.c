/* SPDX-License-Identifier: MIT */
/*
 * The firewall document. Kura lets pings in and everything out, forwards
 * nothing unless told to, and drops the rest; that is said here in so many
 * words, since Ingot's own defaults differ.
 */
#include <string.h>

#include "kura_in.h"

#define NAME "firewall_policy.conf"

/* The plugin refuses a document that lets nobody in, unless told so. */
static void
no_ssh(struct kura *k, struct bytes *out)
{
	const struct import_at at = { "snapshot", "firewall", 0 };
	struct import_item *it = import_say(k->im, &at, IMPORT_CHANGED,
	    "no entry opens port 22; ssh_port = 0 says that this is meant: "
	    "if SSH listens on another port, write that one");

	it->document = NAME;
	import_finding(k->im, it, "no-ssh");
	bytes_fmt(
	    out, "\n# Nothing lets SSH in; is that meant?\nssh_port = 0;\n");
}

static void
silent(struct kura *k, int family)
{
	const struct import_at at = { "snapshot", "firewall", 0 };

	(void)import_say(k->im, &at, IMPORT_CHANGED,
	    "the snapshot does not speak of IPv%d: there nothing but ping "
	    "comes in",
	    family);
}

void
kura_write_firewall(struct kura *k)
{
	struct bytes *out;

	if (!k->firewall[0] && !k->firewall[1])
		return;
	rules_settle(&k->rules, k->im);
	out = import_document(k->im, NAME);
	bytes_fmt(out,
	    "# The firewall of a Kura snapshot. What is not written here is "
	    "dropped.\n\n"
	    "policy = { output = \"accept\"; forward = \"drop\"; };\n"
	    "ping = true;\n");
	if (!rules_open(&k->rules, 22))
		no_ssh(k, out);
	for (int i = 0; i < 2; i++)
		if (!k->firewall[i])
			silent(k, i == 0 ? 4 : 6);
	rules_write(&k->rules, out);
}
