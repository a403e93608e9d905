/* SPDX-License-Identifier: MIT */
#ifndef KEY_REF_H
#define KEY_REF_H

#include <stdbool.h>

/*
 * Between key.c (what a key does) and key_ref.c (how it stands in a file);
 * nobody else includes this.
 */
bool key_purpose_ok(const char *);

/* Registers the object identifier and its decoder; -1: OpenSSL refused. */
int key_ref_register(void);

#endif
