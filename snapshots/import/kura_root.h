/* SPDX-License-Identifier: MIT */
#ifndef KURA_ROOT_H
#define KURA_ROOT_H

#include <stddef.h>

#include "err.h"

/*
 * Where a whole gateway keeps its snapshots, by product and version: these
 * paths moved between releases (kura-esf.md 2, path drift), so a version that
 * is not known stops, rather than that an old file is taken for the newest.
 * The map is that of the capture profiles; folders: where those are, the first
 * that has one counts, NULL at their end.
 */
#define KURA_PATH_MAX 1024

struct kura_found {
	char layout[72];          /* the profile's name: "kura", "esf-6" */
	char version[64];         /* as the product writes it; "" : not asked */
	char path[KURA_PATH_MAX]; /* of the newest snapshot, within the root */
	size_t others;            /* older ones that are not looked at */
};

/*
 * Looks below root, an open folder, without leaving it; links within it are
 * followed. layout: NULL to tell it by the version that the product's own
 * properties state, else the name of a profile.
 */
int kura_root_find(int root, const char *const folders[], const char *layout,
    struct kura_found *, struct err *);

/* All layouts, for a message: "esf-5, kura, ...". */
void kura_root_layouts(const char *const folders[], char *out, size_t size);

#endif
