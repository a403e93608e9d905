/* SPDX-License-Identifier: MIT */
/*
 * firewall_policy: the unit's packet filter. Its document says what may come
 * in, go out and go through (firewall/ruledoc.h); its artifact is that as the
 * rules of both families (firewall/ruletext.h); activate puts them into the
 * kernel, each family in one commit; probe compares the kernel with them, rule
 * by rule and bit by bit.
 *
 * An empty artifact opens the machine: the filter tables of both families as
 * a kernel has them that was just started, ACCEPT everywhere and no rule. What
 * had stood in them before the first activate is not known here any more.
 *
 * It needs NET_ADMIN and the handed descriptor "xtables-lock", opens no file
 * and runs no program. libiptc (GPL, version 2) is linked in through
 * firewall/xtlib.c: this shared object as a whole is under that licence, the
 * rest of Ingot, which loads it into a process of its own, is not.
 *
 * Deliberately not here: connections that are already open stay open when
 * their rule goes; nf_tables is looked at, not written.
 */
#include <stdlib.h>
#include <string.h>

#include "../../agent/plugin.h"
#include "nftlook.h"
#include "ruledoc.h"
#include "ruletext.h"
#include "xtable.h"

#define LOCK_NAME "xtables-lock"
/* Below the default late_ms of 10 s, so that the reason is ours to say. */
#define LOCK_MS  5000
#define DOCUMENT "firewall_policy.conf"

struct policy {
	const struct ingot_host *host;
};

static void *
policy_open(const struct ingot_host *host)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		(void)host->fail(host, "out of memory");
	else
		p->host = host;
	return p;
}

static int
emit_lines(const struct ingot_host *host, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n") + 1;

		if (host->emit(host, "%.*s", (int)n, text) == -1)
			return -1;
		text += n;
	}
	return 0;
}

static int
policy_render(void *v, const struct ingot_text *doc)
{
	const struct ingot_host *host = ((struct policy *)v)->host;
	own_firewall struct firewall fw = { 0 };
	own_bytes struct bytes text = { .limit = FW_TEXT_MAX };
	struct err e;

	if (fw_doc_read(&fw, DOCUMENT, doc->p, doc->len, &e) == -1)
		return host->fail(host, "%s", e.text);
	fw_text_write(&fw, &text);
	if (text.bad)
		return host->fail(host,
		    "%s: its rules take more than %d bytes; use ranges and "
		    "networks in place of lists",
		    DOCUMENT, FW_TEXT_MAX);
	return emit_lines(host, text.p);
}

static int
policy_activate(void *v, const struct ingot_text *artifact)
{
	const struct ingot_host *host = ((struct policy *)v)->host;
	int lock = host->handed(host, LOCK_NAME);
	own_firewall struct firewall fw = { 0 };
	struct err e;

	if (lock == -1)
		return host->fail(host,
		    "the plugin's policy hands over no \"%s\"", LOCK_NAME);
	if (fw_text_read(&fw, artifact->p, artifact->len, &e) == -1 ||
	    xt_apply(&fw, lock, LOCK_MS, &e) == -1)
		return host->fail(host, "%s", e.text);
	return 0;
}

/* The ids of one family's findings. */
static const struct {
	const char *drop;
	const char *match;
	const char *place;
} ids[FW_FAMILIES] = {
	[FW_V4] = { "firewall.input-drop-v4", "firewall.rules-match-v4",
	    "ipv4 filter table" },
	[FW_V6] = { "firewall.input-drop-v6", "firewall.rules-match-v6",
	    "ipv6 filter table" },
};

static int
probe_family(
    const struct ingot_host *host, enum fw_family f, const struct fw_set *want)
{
	struct xt_view is;
	struct err e;
	bool drops;

	if (xt_look(f, want, &is, &e) == -1)
		return host->fail(host, "%s", e.text);
	/* Without the protocol there is nothing that could come in. */
	drops = is.policy[FW_INPUT] == FW_DROP ||
	    (!is.present && is.same && want->n > 0);
	if (host->finding(host, ids[f].drop, ids[f].place, drops,
		"policy of INPUT is %s%s%s",
		fw_verdict_name(is.policy[FW_INPUT]), is.present ? "" : ": ",
		is.present ? "" : is.why) == -1)
		return -1;
	return host->finding(host, ids[f].match, ids[f].place, is.same,
	    is.same ? "%zu rules as rendered%s%s"
		    : "not as rendered (%zu rules)%s%s",
	    want->n, is.why[0] == '\0' ? "" : ": ", is.why);
}

static int
probe_nft(const struct ingot_host *host)
{
	static const char id[] = "firewall.nft-conflict";
	static const char place[] = "nf_tables";
	struct nft_view nft;
	struct err e;

	if (nft_look(&nft, &e) == -1)
		return host->finding(
		    host, id, place, 0, "could not look: %s", e.text);
	if (!nft.present)
		return host->finding(
		    host, id, place, 1, "this kernel has no nf_tables");
	if (nft.rules + nft.drops == 0)
		return host->finding(host, id, place, 1, "no rules there");
	return host->finding(host, id, place, 0,
	    "%u rules and %u dropping chains beside the legacy tables, the "
	    "first in %s; take them out, one firewall has to say it all",
	    nft.rules, nft.drops, nft.where);
}

static int
policy_probe(void *v, const struct ingot_text *artifact)
{
	const struct ingot_host *host = ((struct policy *)v)->host;
	own_firewall struct firewall fw = { 0 };
	struct err e;

	if (fw_text_read(&fw, artifact->p, artifact->len, &e) == -1)
		return host->fail(host, "%s", e.text);
	for (int f = 0; f < FW_FAMILIES; f++)
		if (probe_family(host, (enum fw_family)f, &fw.set[f]) == -1)
			return -1;
	return probe_nft(host);
}

static void
policy_close(void *v)
{
	free(v);
}

INGOT_PLUGIN("firewall_policy", INGOT_NEED_NET_ADMIN, .open = policy_open,
    .render = policy_render, .activate = policy_activate, .probe = policy_probe,
    .close = policy_close);
