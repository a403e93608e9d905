/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_VERSION_H
#define PACKAGE_VERSION_H

#include <stdbool.h>

/*
 * Versions of packages, [epoch:]upstream[-revision], by the rules of Debian
 * Policy 5.6.12; opkg has the same. Below 0: a is older than b; 0: they are
 * equal (not always byte for byte: "1.0" and "0:1.0"); above 0: newer.
 */
int package_version_compare(const char *a, const char *b);

/* May a version be written so? Begins with a digit or letter (opkg's may),
 * then only A-Z a-z 0-9 . + - : ~, at most 127 bytes. */
bool package_version_ok(const char *);

#endif
