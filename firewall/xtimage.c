/* SPDX-License-Identifier: MIT */
/*
 * Takes and puts back a table with the kernel's own calls (GET_INFO,
 * GET_ENTRIES, SET_REPLACE, SET_ADD_COUNTERS of ip_tables.h). The structures
 * of the two families have the same layout, which is asserted, so the IPv4
 * ones serve for both.
 */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "own.h"
#include "xtimage.h"

#define TRIES 10 /* against others who change the table without the lock */

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
	sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries) &&
	offsetof(struct ipt_replace, entries) ==
	    offsetof(struct ip6t_replace, entries) &&
	offsetof(struct ipt_replace, counters) ==
	    offsetof(struct ip6t_replace, counters) &&
	(int)IPT_SO_GET_INFO == (int)IP6T_SO_GET_INFO &&
	(int)IPT_SO_GET_ENTRIES == (int)IP6T_SO_GET_ENTRIES &&
	(int)IPT_SO_SET_REPLACE == (int)IP6T_SO_SET_REPLACE,
    "the two families have one layout");

static int
raw_socket(enum fw_family f)
{
	return socket(f == FW_V4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC,
	    IPPROTO_RAW);
}

static int
level(enum fw_family f)
{
	return f == FW_V4 ? IPPROTO_IP : IPPROTO_IPV6;
}

static int
get_info(int fd, enum fw_family f, struct ipt_getinfo *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	memcpy(info->name, "filter", sizeof("filter"));
	return getsockopt(fd, level(f), IPT_SO_GET_INFO, info, &len);
}

static int
get_entries(int fd, struct xt_image *im)
{
	struct ipt_get_entries *g = calloc(1, sizeof(*g) + im->size);
	socklen_t len = (socklen_t)(sizeof(*g) + im->size);
	int rc;

	if (g == NULL)
		return -1;
	memcpy(g->name, "filter", sizeof("filter"));
	g->size = (unsigned)im->size;
	rc = getsockopt(fd, level(im->family), IPT_SO_GET_ENTRIES, g, &len);
	if (rc == 0) {
		memmove(g, g->entrytable, im->size);
		im->entries = (unsigned char *)g;
	} else {
		free(g);
	}
	return rc;
}

static int
take_once(int fd, struct xt_image *im)
{
	struct ipt_getinfo info;

	if (get_info(fd, im->family, &info) == -1)
		return -1;
	memcpy(im->hooks, info.hook_entry, sizeof(im->hooks));
	memcpy(im->underflow, info.underflow, sizeof(im->underflow));
	im->valid_hooks = info.valid_hooks;
	im->n = info.num_entries;
	im->size = info.size;
	return get_entries(fd, im);
}

int
xt_image_take(enum fw_family f, struct xt_image *im, struct err *e)
{
	own_fd int fd = raw_socket(f);
	int rc = -1;

	memset(im, 0, sizeof(*im));
	im->family = f;
	/* EAGAIN: the table has changed between the two questions. */
	errno = fd == -1 ? errno : EAGAIN;
	for (int i = 0; fd != -1 && rc == -1 && errno == EAGAIN && i < TRIES;
	     i++)
		rc = take_once(fd, im);
	return rc == 0
	    ? 0
	    : err_sys(e, "save the %s filter table", fw_family_name(f));
}

/* Where next_offset and counters stand in an entry. */
static void
entry_facts(enum fw_family f, const unsigned char *p, size_t *next,
    struct xt_counters *c)
{
	const struct ipt_entry *e4 = (const void *)p;
	const struct ip6t_entry *e6 = (const void *)p;

	*next = f == FW_V4 ? e4->next_offset : e6->next_offset;
	*c = f == FW_V4 ? e4->counters : e6->counters;
}

/* Best effort: the rules are back, only their numbers would begin anew. */
static void
put_counters(int fd, const struct xt_image *im)
{
	size_t size = sizeof(struct xt_counters_info) +
	    im->n * sizeof(struct xt_counters);
	struct xt_counters_info *c = calloc(1, size);
	size_t at = 0, next;

	if (c == NULL)
		return;
	memcpy(c->name, "filter", sizeof("filter"));
	for (; c->num_counters < im->n && at < im->size; at += next)
		entry_facts(im->family, im->entries + at, &next,
		    &c->counters[c->num_counters++]);
	(void)setsockopt(
	    fd, level(im->family), IPT_SO_SET_ADD_COUNTERS, c, (socklen_t)size);
	free(c);
}

/* The kernel wants to hand out the counters of what is replaced, one for
 * each entry it has now, and says EAGAIN if that number is wrong. */
static int
put_once(int fd, const struct xt_image *im, struct ipt_replace *r)
{
	struct ipt_getinfo now;
	int rc;

	if (get_info(fd, im->family, &now) == -1)
		return -1;
	r->num_counters = now.num_entries;
	r->counters = calloc(now.num_entries, sizeof(*r->counters));
	if (r->counters == NULL)
		return -1;
	rc = setsockopt(fd, level(im->family), IPT_SO_SET_REPLACE, r,
	    (socklen_t)(sizeof(*r) + im->size));
	free(r->counters);
	return rc;
}

int
xt_image_put(const struct xt_image *im, struct err *e)
{
	own_fd int fd = raw_socket(im->family);
	struct ipt_replace *r = calloc(1, sizeof(*r) + im->size);
	int rc = -1;

	if (fd == -1 || r == NULL) {
		free(r);
		return err_sys(e, "put the %s filter table back",
		    fw_family_name(im->family));
	}
	memcpy(r->name, "filter", sizeof("filter"));
	memcpy(r->hook_entry, im->hooks, sizeof(r->hook_entry));
	memcpy(r->underflow, im->underflow, sizeof(r->underflow));
	r->valid_hooks = im->valid_hooks;
	r->num_entries = im->n;
	r->size = (unsigned)im->size;
	memcpy(r->entries, im->entries, im->size);
	errno = EAGAIN;
	for (int i = 0; rc == -1 && errno == EAGAIN && i < TRIES; i++)
		rc = put_once(fd, im, r);
	if (rc == -1)
		(void)err_sys(e, "put the %s filter table back",
		    fw_family_name(im->family));
	else
		put_counters(fd, im);
	free(r);
	return rc;
}

void
xt_image_free(struct xt_image *im)
{
	free(im->entries);
	im->entries = NULL;
}
