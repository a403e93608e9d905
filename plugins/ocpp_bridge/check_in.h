/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CHECK_IN_H
#define OCPP_CHECK_IN_H

#include "document.h"

/* What check.c and check_tls.c share. Each check: 0, or -1 with line and
 * remedy. */
typedef int
check_fn(const struct ocpp_settings *, conf_node *root, struct err *);

/* check_tls.c: what is connected with what, and how well. */
check_fn check_listeners, check_common_csms;
int check_csms(const struct ocpp_csms *, conf_node *, struct err *);
bool check_address(const char *);
int check_path(conf_node *of, const char *key, const char *s, struct err *);

/* The line of a key, or of what it is missing in. */
static inline conf_node *
check_line(conf_node *of, const char *key)
{
	conf_node *n = of == NULL ? NULL : conf_get(of, key);

	return n != NULL ? n : of;
}

/* The class that document.c added has no line of its own. */
static inline conf_node *
check_element(conf_node *root, const char *list, size_t i)
{
	conf_node *all = conf_get(root, list);

	return all != NULL && i < conf_len(all) ? conf_at(all, i) : root;
}

#endif
