/* SPDX-License-Identifier: MIT */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "err.h"

/*
 * What people write, read strictly: libconfig syntax, every error with file
 * and line, unknown keys refused, no @include (a document from a bundle must
 * not pull in a file of the unit), at most CONF_SIZE_MAX bytes and
 * CONF_DEPTH_MAX levels.
 *
 * A node is libconfig's config_setting_t: a group, a list or a value. All
 * texts returned are borrowed from the tree and live until conf_free(). A
 * struct conf must not be moved while it is open: errors point at its name.
 */
#define CONF_SIZE_MAX  (1024 * 1024)
#define CONF_DEPTH_MAX 16
#define CONF_NAME_MAX  256

struct conf {
	config_t tree;
	char name[CONF_NAME_MAX]; /* shown in errors: a path or "firewall.conf"
				   */
};

typedef const config_setting_t conf_node;

int conf_read(struct conf *, const char *path, struct err *);
/* text need not end in NUL; name is what errors call it. */
int conf_parse(
    struct conf *, const char *name, const char *text, size_t, struct err *);
void conf_free(struct conf *); /* fine on a zeroed one */
#define own_conf __attribute__((cleanup(conf_free), unused))

conf_node *conf_root(const struct conf *);

/* Says "file:line: ..." about node; returns -1. */
int conf_err(conf_node *, struct err *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Refuses every key of a group that is not in the NULL-ended list, and says
 * which ones there are.
 */
int conf_known(conf_node *group, const char *const known[], struct err *);

/* The member, or NULL when it is not there. */
conf_node *conf_get(conf_node *group, const char *name);
/* The member as a group / a list or array; absent: NULL and 0. Wrong: -1. */
int
conf_group(conf_node *group, const char *name, conf_node **out, struct err *);
int conf_list(conf_node *group, const char *name, size_t max, conf_node **out,
    struct err *);
size_t conf_len(conf_node *list); /* 0 for NULL */
conf_node *conf_at(conf_node *list, size_t i);
const char *conf_name(conf_node *); /* its key, "" for a list's element */

/*
 * Values. The first form needs the key to be there; _or takes a default. A
 * text longer than max bytes, with a control character, or of another type is
 * refused.
 */
int conf_str(conf_node *group, const char *name, size_t max, const char **out,
    struct err *);
int conf_str_or(conf_node *group, const char *name, size_t max,
    const char *otherwise, const char **out, struct err *);
int conf_int_or(conf_node *group, const char *name, int64_t min, int64_t max,
    int64_t otherwise, int64_t *out, struct err *);
int conf_bool_or(conf_node *group, const char *name, bool otherwise, bool *out,
    struct err *);
/* The node itself as a text. */
int conf_text(conf_node *, size_t max, const char **out, struct err *);

#endif
