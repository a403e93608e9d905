/* SPDX-License-Identifier: MIT */
/*
 * A file through all three nets, with the shipped policies: the first byte says
 * which file of theirs it is. What was scrubbed once is not changed by being
 * scrubbed again, or else the first time left something that a rule speaks of.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deep.h"
#include "own.h"
#include "policy.h"
#include "residue.h"
#include "scrub.h"

OWN_POINTER(residue, struct residue, residue_free)
#define own_residue __attribute__((cleanup(own_residue_free), unused))

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const paths[] = { "/etc/wpa_supplicant/a.conf",
	"/etc/hostapd/a.conf", "/etc/hostapd/a.eap_user", "/etc/hostapd/psk",
	"/etc/ppp/chap-secrets", "/etc/ppp/peers/wan",
	"/etc/network/interfaces", "/etc/netplan/a.yaml",
	"/etc/systemd/network/a.netdev",
	"/etc/NetworkManager/system-connections/a", "/etc/config/wireless",
	"/etc/everest/a.yaml", "/etc/everest/a.json",
	"/opt/eclipse/kura/user/snapshots/snapshot_0.xml",
	"/opt/eclipse/kura/data/users.config",
	"/opt/eclipse/kura/framework/kura.properties",
	"/opt/eclipse/kura/data/kuranet.conf", "/srv/other" };

static struct policy policy;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	/* Run from the top of the tree, as tests/fuzz/run does. */
	if (policy_read(&policy, "policies/capture/gateway.conf", &e) == -1)
		abort();
	return 0;
}

static int
nothing(void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	(void)e;
	if (what == NULL || *what == '\0' || form == NULL ||
	    at >= *(const size_t *)ctx)
		abort();
	return 0;
}

struct searching {
	const struct residue *residue;
	size_t len;
};

static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	struct searching *s = ctx;

	s->len = part->len;
	return part->refused != NULL
	    ? 0
	    : residue_scan(s->residue, part->p, part->len, nothing, &s->len, e);
}

static bool
scrubbed(const char *path, struct residue *residue, const struct bytes *in,
    struct bytes *out)
{
	struct findings findings = { 0 };
	struct scrub s = { &policy, residue, &findings };
	struct err e = { 0 };
	bool slots;
	int rc = scrub_file(&s, path, in, false, out, &slots, &e);

	if (rc == -1 && e.text[0] == '\0')
		abort();
	for (size_t i = 0; i < findings.count; i++)
		if (findings.all[i].text[0] == '\0' ||
		    strncmp(findings.all[i].path, path, strlen(path)) != 0)
			abort();
	findings_free(&findings);
	return rc == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes in = { 0 }, out = { 0 }, again = { 0 };
	own_residue struct residue *residue = NULL;
	struct searching s;
	const char *path;
	struct err e;

	if (len < 2 || (residue = residue_new(6, &e)) == NULL)
		return 0;
	path = paths[data[0] % (sizeof(paths) / sizeof(paths[0]))];
	bytes_add(&in, data + 1, len - 1);
	if (!scrubbed(path, residue, &in, &out))
		return 0;
	s = (struct searching){ residue, out.len };
	if (residue_scan(residue, out.p, out.len, nothing, &s.len, &e) == -1 ||
	    deep_open(out.p == NULL ? "" : out.p, out.len, on_part, &s, &e) ==
		-1)
		abort();
	if (memmem(in.p, in.len, "@{", 2) != NULL)
		return 0; /* a slot of the sample's own stays a literal one */
	if (!scrubbed(path, residue, &out, &again) || again.len != out.len ||
	    (out.len > 0 && memcmp(again.p, out.p, out.len) != 0))
		abort();
	return 0;
}
