/* SPDX-License-Identifier: MIT */
/*
 * The firewall strings themselves, one of each kind, divided by line ends: so
 * the fuzzer need not find its way through XML first.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kura_in.h"
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
check(const struct import *im)
{
	own_firewall struct firewall fw = { 0 };
	struct err e;

	if (im->n_documents > 0 &&
	    fw_doc_read(&fw, "doc", im->documents[0].text.p,
		im->documents[0].text.len, &e) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static kura_take_fn *const takes[] = { kura_take_ports4, kura_take_nat4,
		kura_take_ports6, kura_take_nat6, kura_take_forward4,
		kura_take_forward6 };
	static const char *const names[] = { "ports4", "nat4", "ports6", "nat6",
		"forward4", "forward6" };
	own_import struct import im = { 0 };
	struct kura k = { .im = &im };
	char *text = strndup((const char *)data, len), *line = text, *rest;

	for (size_t i = 0; line != NULL && i < 6; i++, line = rest) {
		struct kura_here h = { .k = &k,
			.at = { "pid", names[i], (unsigned)i } };

		if ((rest = strchr(line, '\n')) != NULL)
			*rest++ = '\0';
		h.value = line;
		takes[i](&h);
	}
	kura_write_firewall(&k);
	if (im.sum[IMPORT_MALFORMED] == 0)
		check(&im);
	rules_free(&k.rules);
	free(text);
	return 0;
}
