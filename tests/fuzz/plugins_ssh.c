/* SPDX-License-Identifier: MIT */
/*
 * The SSH plugin's readers. The first byte chooses: 'd' a document, which when
 * taken must give a drop-in that reads back and has no line more than another;
 * 'c' an sshd_config; 'k' the first packet of a server.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/ssh_hardening/dropin.h"
#include "../../plugins/ssh_hardening/effective.h"
#include "../../plugins/ssh_hardening/kexinit.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a text that stood before a syntax error. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

/* Port, AllowUsers and AllowGroups, AuthorizedKeysFile, the fixed ones, four
 * numbers, five lists. */
#define MOST_LINES 41

static void
document(const char *text, size_t len)
{
	own_promise struct ssh_promise p = { 0 };
	own_bytes struct bytes b = { 0 };
	struct ssh_document d;
	struct err e;

	if (ssh_document_read(&d, text, len, &e) == -1)
		return;
	dropin_write(&d, &b);
	if (dropin_read(&p, b.p, b.len, &e) == -1 ||
	    p.conf.count > MOST_LINES ||
	    strcmp(sshd_conf_find(&p.conf, "permitrootlogin")->args, "no") != 0)
		abort();
}

static void
config(const char *text, size_t len)
{
	own_sshd_conf struct sshd_conf c = { 0 }, none = { 0 };
	struct err e;

	if (sshd_conf_text(&c, "f", text, len, false, &e) == 0)
		(void)effective_holds(&c, &c, &e);
	(void)effective_holds(&c, &none, &e);
}

static void
packet(const uint8_t *data, size_t len)
{
	static struct kexinit k;
	char name[16];
	struct err e;

	if (kexinit_parse(&k, data, len, &e) == 0)
		for (int i = 0; i < KEX_LISTS; i++)
			kexinit_stranger(
			    k.list[i], k.list[0], name, sizeof(name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 0 && data[0] == 'd')
		document((const char *)data + 1, len - 1);
	else if (len > 0 && data[0] == 'c')
		config((const char *)data + 1, len - 1);
	else if (len > 0 && data[0] == 'k')
		packet(data + 1, len - 1);
	return 0;
}
