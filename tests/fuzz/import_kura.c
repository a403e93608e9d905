/* SPDX-License-Identifier: MIT */
/*
 * A Kura snapshot. Every property that the reader sees must come out in the
 * report, and a firewall document that is written must be one that the
 * firewall plugin takes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kura.h"
#include "ruledoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig loses a text that stands where none may stand ("x" = 1). */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

static void
check_document(const struct import_document *d)
{
	own_firewall struct firewall fw = { 0 };
	struct err e;

	if (strcmp(d->name, "firewall_policy.conf") == 0 &&
	    fw_doc_read(&fw, d->name, d->text.p, d->text.len, &e) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kura_key key = { .len = 16 };
	const struct kura_asked asked = { "s.xml",
		(enum kura_origin)(len % KURA_ORIGINS), &key };
	own_import struct import im = { 0 };
	own_kura struct kura_snapshot s = { 0 };
	own_json json_t *j = NULL;
	struct err e;

	if (kura_import(&im, &asked, (const char *)data, len, &e) == -1)
		return 0;
	if (kura_xml_read(&s, (const char *)data, len, &e) == 0 &&
	    (im.settings != s.n_props || im.count < s.n_props + s.n_odd))
		abort();
	for (size_t i = 0; i < im.n_documents; i++)
		check_document(&im.documents[i]);
	if ((j = import_json(&im)) == NULL)
		abort();
	return 0;
}
