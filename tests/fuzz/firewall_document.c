/* SPDX-License-Identifier: MIT */
/*
 * The firewall document. Whatever is taken must come out as an artifact that
 * is read back to the same bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ruledoc.h"
#include "ruletext.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__lsan_default_suppressions(void);

/* libconfig loses a text that stands where none may stand ("x" = 1). */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_firewall struct firewall fw = { 0 }, back = { 0 };
	own_bytes struct bytes a = { 0 }, b = { 0 };
	struct err e;

	if (fw_doc_read(&fw, "doc", (const char *)data, len, &e) == -1)
		return 0;
	fw_text_write(&fw, &a);
	if (a.len > FW_TEXT_MAX)
		return 0;
	if (fw_text_read(&back, a.p, a.len, &e) == -1)
		abort();
	fw_text_write(&back, &b);
	if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)
		abort();
	return 0;
}
