/* SPDX-License-Identifier: MIT */
#ifndef KURA_ROOT_H
#define KURA_ROOT_H

#include "err.h"
#include "import.h"

/*
 * Where a whole gateway keeps its snapshots, by product and version: these
 * paths moved between releases (kura-esf.md 2, path drift), so a version that
 * is not known stops, rather than that an old file is taken for the newest.
 */
#define KURA_PATH_MAX 256

struct kura_found {
	const char *layout;       /* "kura-5", "esf-6"; borrowed for ever */
	char version[64];         /* as the product writes it; "" : not asked */
	char path[KURA_PATH_MAX]; /* of the newest snapshot, below the root */
	size_t others;            /* older ones that are not looked at */
};

/*
 * Looks below root, an open folder, without leaving it. layout: NULL to tell
 * it by the version that kura.properties states, else the name of one.
 */
int
kura_root_find(int root, const char *layout, struct kura_found *, struct err *);

/* All layouts, for a message: "kura-3, kura-4, ...". */
void kura_root_layouts(char *out, size_t size);

#endif
