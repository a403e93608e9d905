/* SPDX-License-Identifier: MIT */
/* Two texts, divided by the first NUL: their difference, applied to the old
 * one, has to give the new one, whatever they hold. */
#include "diff_apply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nul = size == 0 ? NULL : memchr(text, '\0', size);
	size_t n = nul == NULL ? size : (size_t)(nul - text);
	struct diff_side was = { "was", text, n };
	struct diff_side is = { "is", nul == NULL ? "" : nul + 1,
		nul == NULL ? 0 : size - n - 1 };
	own_bytes struct bytes diff = { 0 }, made = { 0 };
	struct err e;

	if (size > 65536)
		return 0;
	if (diff_unified(&was, &is, &diff, &e) == -1)
		abort();
	diff_apply(&was, &diff, &made);
	if (made.len != is.len ||
	    (is.len > 0 && memcmp(made.p, is.text, is.len) != 0))
		abort();
	return 0;
}
