/* SPDX-License-Identifier: MIT */
/*
 * The manifest's parser. What it takes must obey its own rules, and be written
 * as bytes that it takes again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_snapshot struct snapshot s = { 0 }, again = { 0 };
	own_bytes struct bytes text = { 0 };
	struct err e;

	if (snapshot_parse(&s, data, len, &e) == -1)
		return 0;
	for (size_t i = 0; i < s.count; i++)
		if (snapshot_path_check(s.members[i].path, &e) == -1 ||
		    (s.members[i].mode & ~0777u) != 0 ||
		    s.members[i].size > snapshot_member_max(s.members[i].path))
			abort();
	if (snapshot_manifest(&s, &text, &e) == -1 ||
	    snapshot_parse(&again, text.p, text.len, &e) == -1 ||
	    again.count != s.count)
		abort();
	return 0;
}
