/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_H
#define PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What a package says of itself: the fields of a control paragraph (deb822,
 * Debian Policy 5.1) that matter here, as dpkg's and opkg's databases, .deb
 * and .ipk have them. A field that is not there is "". Texts are borrowed.
 */
#define PACKAGE_NAME_MAX  127 /* bytes; of an architecture 31 */
#define PACKAGE_FIELD_MAX 65536

struct package {
	const char *name;
	const char *version;
	const char *arch;
	const char *origin;
	const char *priority;
	const char *status; /* of a database: "install ok installed" */
	const char *depends;
	const char *pre_depends;
	const char *provides;
	const char *conflicts;
	const char *breaks;
	const char *size;      /* Installed-Size: KiB, opkg's: bytes */
	const char *essential; /* "yes" */
	const char *is_protected;
	const char *automatic; /* Auto-Installed: "1", opkg's "yes" */
};

/* May it be called so? What begins with "-" is an option for others. */
bool package_name_ok(const char *);
bool package_arch_ok(const char *);
/* All three of them, and no field too long; the error names it. */
int package_check(const struct package *, struct err *);

/* Of a database: whole in place; anything of it in place (also half). */
bool package_is_installed(const struct package *);
bool package_is_present(const struct package *);
bool package_is_held(const struct package *);
/* Must never go: Essential, Protected, or of priority "required". */
bool package_is_vital(const struct package *);

/*
 * Paragraphs, one call of fn for each. text is cut up in place and has to live
 * as long as the fields. Refused: NUL bytes, a line that is neither field nor
 * continuation, a field longer than PACKAGE_FIELD_MAX.
 */
typedef int package_fn(void *ctx, const struct package *, struct err *);
int
package_parse(char *text, size_t len, package_fn *, void *ctx, struct err *);

#endif
