/* SPDX-License-Identifier: MIT */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "capture.h"
#include "cli.h"

/*
 * What capture, scrub and scrub --classify are told about the sample, in the
 * same words: where it is, by which policy, and what of it is searched for.
 */
#define SAMPLE_IDENTIFIERS_MAX 64

struct sample {
	struct capture_words words;
	const char *identifiers[SAMPLE_IDENTIFIERS_MAX + 1];
	char policy[1024]; /* path of the one that --profile names */
	int root;          /* open; -1: not yet */
};

/* Reads SAMPLE_OPTIONS; EINVAL: they are wrong. What it points to is the
 * command line's. */
int sample_read(struct cli *, struct sample *, struct err *);
/* Opens its root: the caller's, by sample_close(). */
int sample_open(const struct cli *, struct sample *, struct err *);
void sample_close(struct sample *);
#define own_sample __attribute__((cleanup(sample_close), unused))

/* clang-format off */
#define SAMPLE_OPTIONS                                                         \
	{ "policy", "FILE", "what to capture and scrub; default "              \
	    CAPTURE_POLICY },                                                  \
	{ "profile", "NAME",                                                   \
	    "the shipped policy of a product; \"list\" shows them all" },      \
	{ "policies", "DIR", "where policies are; default those installed" },  \
	{ "product-version", "VERSION",                                        \
	    "of the product, when the sample itself does not say it" },        \
	{ "kura-snapshot", "WHICH",                                            \
	    "newest, seed or an id, when the seed was replaced" },             \
	{ "root", "DIR", "the sample's file tree, if it is not this system" }, \
	{ "identifier", "WHAT=VALUE",                                          \
	    "one more trace of this unit to search for; may be repeated" }
/* clang-format on */

#endif
