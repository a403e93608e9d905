/* SPDX-License-Identifier: MIT */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <stddef.h>

#include "err.h"
#include "json.h"
#include "policy.h"

/*
 * Is the sample what the capture policy is made for? Paths drift between
 * versions of a product: a policy for another one would take half of it, and
 * nobody would notice before the units are in the field.
 *
 * root: the sample's "/". said: what a person says its version is, or NULL. out
 * receives the version, "" when the policy asks for none. -1: unknown, or not
 * one of the policy's, with the remedy.
 */
int product_check(const struct policy_product *, int root, const char *said,
    char *out, size_t size, struct err *);

/* A policy of a name, below capture/ of the first of the NULL-ended folders
 * that has it. out: its path. */
int product_find(const char *const folders[], const char *name,
    char out[static 1024], struct err *);

/* [{ name, brief, product, fits }] of all policies below capture/; fits: all
 * signs of the product are on the sample, and its version is one of it. Those
 * that can not be read have { name, error }. The caller's. */
json_t *product_list(const char *const folders[], int root);

#endif
