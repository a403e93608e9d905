/* SPDX-License-Identifier: MIT */
/*
 * EVerest's configuration; when the bytes are JSON, an OCPP file too. What is
 * written must be a document that the firewall plugin takes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "everest.h"
#include "ruledoc.h"

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
	static const char empty[] = "active_modules: {}\n";
	const char *text = (const char *)data;
	const struct everest_ocpp ocpp[] = { { "o.json", text, len },
		{ NULL, NULL, 0 } };
	const struct everest_asked plain = { "c.yaml", NULL, NULL };
	const struct everest_asked with = { "c.yaml", "eth9", ocpp };
	own_import struct import im = { 0 }, other = { 0 };
	own_firewall struct firewall fw = { 0 };
	own_json json_t *j = NULL;
	struct err e;

	(void)everest_import(&other, &with, empty, sizeof(empty) - 1, &e);
	if (everest_import(&im, &plain, text, len, &e) == -1)
		return 0;
	if (im.n_documents > 0 &&
	    fw_doc_read(&fw, "doc", im.documents[0].text.p,
		im.documents[0].text.len, &e) == -1)
		abort();
	if (im.count < im.settings || (j = import_json(&im)) == NULL)
		abort();
	return 0;
}
