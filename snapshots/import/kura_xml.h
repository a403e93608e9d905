/* SPDX-License-Identifier: MIT */
#ifndef KURA_XML_H
#define KURA_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * A Kura or ESF snapshot as a tree: configurations > configuration(pid) >
 * properties > property(name, type, array, encrypted) > value. Names are
 * resolved: any prefix, or none, for http://eurotech.com/esf/2.0.
 *
 * Refused: a DOCTYPE (and with it every entity of the file's own), what is
 * larger, deeper or more than the limits below, and a root of another kind.
 * Everything else that does not belong there is kept as an oddity, so that
 * nothing vanishes between file and report.
 */
#define KURA_FILE_MAX     (8 * 1024 * 1024)
#define KURA_DEPTH_MAX    32
#define KURA_PIDS_MAX     2000
#define KURA_PROPS_MAX    20000  /* in the whole file */
#define KURA_VALUES_MAX   4096   /* of one property */
#define KURA_VALUE_MAX    262144 /* bytes of one value */
#define KURA_NAME_MAX     512    /* bytes of a pid, name or type */
#define KURA_ODDITIES_MAX 1000

struct kura_property {
	char *name; /* "" when it has none */
	char *type; /* NULL: it has none */
	bool array;
	bool encrypted;
	char **values; /* may be secrets: wiped when freed */
	size_t n;
	unsigned line;
};

struct kura_component {
	char *pid; /* "" when it has none */
	struct kura_property *props;
	size_t n;
	size_t room;
	unsigned line;
};

/* Something that stands where nothing, or something else, should. */
struct kura_oddity {
	char *what;
	unsigned line;
	size_t component; /* index + 1 of the one around it; 0: none */
};

struct kura_snapshot {
	struct kura_component *all;
	size_t n;
	size_t room;
	struct kura_oddity *odd;
	size_t n_odd;
	size_t n_props; /* of all components */
};

/* Errors say "line N: ...". s is filled; on failure it is left empty. */
int kura_xml_read(
    struct kura_snapshot *s, const char *text, size_t len, struct err *);
void kura_snapshot_free(struct kura_snapshot *); /* fine on a zeroed one */
#define own_kura __attribute__((cleanup(kura_snapshot_free), unused))

/* By name; NULL: it has no such property. */
const struct kura_property *
kura_property(const struct kura_component *, const char *name);

#endif
