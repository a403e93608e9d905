/* SPDX-License-Identifier: MIT */
#ifndef XTLIB_H
#define XTLIB_H

#include <libiptc/xtcshared.h>
#include <stdbool.h>

#include "ruleset.h"
#include "xtable.h"

/*
 * libiptc for both families in one shape, for the files behind xtable.h; see
 * there about its licence. The library has each function twice, with types of
 * its own.
 */
struct xt_lib {
	const struct xtc_ops *ops;
	/* What struct xtc_ops lacks. */
	int (*append)(const char *chain, const void *, struct xtc_handle *);
	int (*delete_chain)(const char *chain, struct xtc_handle *);
	const void *(*first)(const char *chain, struct xtc_handle *);
	const void *(*next)(const void *entry, struct xtc_handle *);
	const char *(*label)(const void *entry, struct xtc_handle *);
};

/* A copy of one filter table, being read or built. */
struct xt_table {
	enum fw_family family;
	const struct xt_lib *lib;
	struct xtc_handle *h;
};

/* False: errno says why; the table may be closed all the same. */
bool xt_table_open(struct xt_table *, enum fw_family);
void xt_table_close(struct xt_table *); /* fine on a zeroed one */
#define own_table __attribute__((cleanup(xt_table_close), unused))

/* Says what failed and, from errno, why; returns -1. */
int xt_table_err(const struct xt_table *, struct err *, const char *what);

/* xt_look that leaves the table open, to be built upon; not so if the view
 * says that it is not present. Close it in any case. */
int xt_look_open(struct xt_table *, enum fw_family, const struct fw_set *,
    struct xt_view *, struct err *);

/* The name of a chain that the kernel does not bring itself, or NULL. */
const char *xt_foreign_chain(struct xt_table *);

#endif
