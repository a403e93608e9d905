/* SPDX-License-Identifier: MIT */
/*
 * The joints between libiptc's two sets of functions and our one. Nothing is
 * decided here.
 */
#include <errno.h>
#include <libiptc/libip6tc.h>
#include <libiptc/libiptc.h>
#include <string.h>

#include "xtlib.h"

static int
append4(const char *chain, const void *entry, struct xtc_handle *h)
{
	return iptc_append_entry(chain, entry, h);
}

static int
append6(const char *chain, const void *entry, struct xtc_handle *h)
{
	return ip6tc_append_entry(chain, entry, h);
}

static const void *
first4(const char *chain, struct xtc_handle *h)
{
	return iptc_first_rule(chain, h);
}

static const void *
first6(const char *chain, struct xtc_handle *h)
{
	return ip6tc_first_rule(chain, h);
}

static const void *
next4(const void *entry, struct xtc_handle *h)
{
	return iptc_next_rule(entry, h);
}

static const void *
next6(const void *entry, struct xtc_handle *h)
{
	return ip6tc_next_rule(entry, h);
}

static const char *
label4(const void *entry, struct xtc_handle *h)
{
	return iptc_get_target(entry, h);
}

static const char *
label6(const void *entry, struct xtc_handle *h)
{
	return ip6tc_get_target(entry, h);
}

static const struct xt_lib libs[FW_FAMILIES] = {
	[FW_V4] = { &iptc_ops, append4, iptc_delete_chain, first4, next4,
	    label4 },
	[FW_V6] = { &ip6tc_ops, append6, ip6tc_delete_chain, first6, next6,
	    label6 },
};

void
xt_table_close(struct xt_table *t)
{
	if (t->h != NULL)
		t->lib->ops->free(t->h);
	t->h = NULL;
}

bool
xt_table_open(struct xt_table *t, enum fw_family f)
{
	*t = (struct xt_table){ .family = f, .lib = &libs[f] };
	t->h = t->lib->ops->init("filter");
	return t->h != NULL;
}

int
xt_table_err(const struct xt_table *t, struct err *e, const char *what)
{
	int code = errno;

	return err_set(e, code, "%s filter table: %s: %s",
	    fw_family_name(t->family), what, t->lib->ops->strerror(code));
}

const char *
xt_foreign_chain(struct xt_table *t)
{
	const char *chain = t->lib->ops->first_chain(t->h);

	while (chain != NULL && t->lib->ops->builtin(chain, t->h))
		chain = t->lib->ops->next_chain(t->h);
	return chain;
}
