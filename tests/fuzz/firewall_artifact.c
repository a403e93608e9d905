/* SPDX-License-Identifier: MIT */
/*
 * The firewall artifact: what is taken is canonical, so writing it again gives
 * the input; and each of its rules becomes a kernel entry and comes back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ruletext.h"
#include "xtentry.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
through_the_kernels_form(const struct fw_set *s, enum fw_family f)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fw_rule *r = &s->rules[i];
		char is[FW_LINE_MAX], was[FW_LINE_MAX];
		struct xt_entry_buf b;
		struct fw_rule got;

		xt_encode(r, f, &b);
		if (!xt_decode(
			b.p, fw_verdict_name(r->verdict), r->chain, f, &got))
			abort();
		fw_rule_text(&got, f, is);
		fw_rule_text(r, f, was);
		if (strcmp(is, was) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_firewall struct firewall fw = { 0 };
	own_bytes struct bytes again = { 0 };
	struct err e;

	if (fw_text_read(&fw, (const char *)data, len, &e) == -1 || len == 0)
		return 0;
	fw_text_write(&fw, &again);
	if (again.len != len || memcmp(again.p, data, len) != 0)
		abort();
	through_the_kernels_form(&fw.set[FW_V4], FW_V4);
	through_the_kernels_form(&fw.set[FW_V6], FW_V6);
	return 0;
}
