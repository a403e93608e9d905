/* SPDX-License-Identifier: MIT */
/*
 * Whole chains, as TLS peers and a CSMS send them: certificates, leaf first,
 * of which the last is taken for an anchor. Every purpose, a name, and what is
 * said has to fit itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define AT INT64_C(1798761600) /* 2027-01-01, when the seeds are valid */

static void
ask(struct cert **chain, int n, enum verify_purpose purpose, const char *name)
{
	const struct verify_job job = { .chain = chain,
		.chain_count = n > 1 ? n - 1 : n,
		.anchors = &chain[n - 1],
		.anchor_count = 1,
		.purpose = purpose,
		.at = AT,
		.name = name,
		.wildcards = true };
	struct verify_path path;
	struct err e = { 0 };
	enum certs_result r = verify_chain(&job, &path, &e);

	if ((r == CERTS_ACCEPTED) != (path.count > 0) || r >= CERTS_RESULTS ||
	    (r == CERTS_ACCEPTED) != (path.error == 0) ||
	    (r == CERTS_ACCEPTED && path.anchor != 0) ||
	    (r != CERTS_ACCEPTED && e.text[0] == '\0'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cert *all[8];
	struct err e;
	int n = cert_parse(data, len, all, 8, &e);

	for (int p = 0; n > 0 && p < VERIFY_PURPOSES; p++)
		ask(all, n, (enum verify_purpose)p,
		    p == VERIFY_CSMS_SERVER ? "csms.b.example" : NULL);
	while (n > 0)
		cert_free(all[--n]);
	return 0;
}
