/* SPDX-License-Identifier: MIT */
/*
 * Two netlink dumps (linux/netfilter/nf_tables.h), read without a library: we
 * only count, and need three attributes.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nftlook.h"
#include "own.h"

#define TABLE(type) ((NFNL_SUBSYS_NFTABLES << 8) | (type))
#define ATTRS_MAX   16

struct attr {
	const void *p;
	size_t len;
};

/* The attributes of a message by number; those beyond ATTRS_MAX are left. */
static void
read_attrs(const struct nlmsghdr *m, struct attr out[static ATTRS_MAX])
{
	size_t at = NLMSG_SPACE(sizeof(struct nfgenmsg));

	memset(out, 0, ATTRS_MAX * sizeof(*out));
	while (at + NLA_HDRLEN <= m->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)m + at);
		size_t type = a->nla_type & NLA_TYPE_MASK;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > m->nlmsg_len - at)
			return;
		if (type < ATTRS_MAX)
			out[type] = (struct attr){ (const char *)a + NLA_HDRLEN,
				a->nla_len - NLA_HDRLEN };
		at += NLA_ALIGN(a->nla_len);
	}
}

static void
note_where(
    struct nft_view *v, const struct attr *table, const struct attr *chain)
{
	if (v->where[0] == '\0' && table->p != NULL && chain->p != NULL)
		(void)snprintf(v->where, sizeof(v->where),
		    "table %.*s, chain %.*s", (int)table->len,
		    (const char *)table->p, (int)chain->len,
		    (const char *)chain->p);
}

static void
see_rule(struct nft_view *v, const struct nlmsghdr *m)
{
	struct attr a[ATTRS_MAX];

	read_attrs(m, a);
	v->rules++;
	note_where(v, &a[NFTA_RULE_TABLE], &a[NFTA_RULE_CHAIN]);
}

static void
see_chain(struct nft_view *v, const struct nlmsghdr *m)
{
	struct attr a[ATTRS_MAX];
	uint32_t policy = htonl(NF_ACCEPT);

	read_attrs(m, a);
	if (a[NFTA_CHAIN_POLICY].len == sizeof(policy))
		memcpy(&policy, a[NFTA_CHAIN_POLICY].p, sizeof(policy));
	if (ntohl(policy) == NF_ACCEPT)
		return;
	v->drops++;
	note_where(v, &a[NFTA_CHAIN_TABLE], &a[NFTA_CHAIN_NAME]);
}

static int
ask(int fd, uint16_t type)
{
	const struct {
		struct nlmsghdr head;
		struct nfgenmsg family;
	} q = {
		.head = {
			.nlmsg_len = sizeof(q),
			.nlmsg_type = TABLE(type),
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.family = { .nfgen_family = AF_UNSPEC },
	};

	return send(fd, &q, sizeof(q), 0) == sizeof(q) ? 0 : -1;
}

/* One message: 1 more will come, 0 that was the last, -1 errno. */
static int
take(struct nft_view *v, const struct nlmsghdr *m,
    void (*see)(struct nft_view *, const struct nlmsghdr *))
{
	const struct nlmsgerr *no = NLMSG_DATA(m);

	if (m->nlmsg_type == NLMSG_DONE)
		return 0;
	if (m->nlmsg_type != NLMSG_ERROR)
		return see(v, m), 1;
	errno = m->nlmsg_len < NLMSG_LENGTH(sizeof(*no)) ? EPROTO : -no->error;
	return -1;
}

static int
dump(int fd, uint16_t type, struct nft_view *v,
    void (*see)(struct nft_view *, const struct nlmsghdr *))
{
	_Alignas(struct nlmsghdr) char p[32768];
	int more = 1;

	if (ask(fd, type) == -1)
		return -1;
	while (more == 1) {
		ssize_t left = recv(fd, p, sizeof(p), 0);
		const struct nlmsghdr *m = (const void *)p;

		if (left == -1)
			return -1;
		for (; more == 1 && NLMSG_OK(m, left); m = NLMSG_NEXT(m, left))
			more = take(v, m, see);
	}
	return more;
}

int
nft_look(struct nft_view *v, struct err *e)
{
	const struct timeval patience = { .tv_sec = 2 };
	own_fd int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	memset(v, 0, sizeof(*v));
	if (fd == -1 && errno == EPROTONOSUPPORT)
		return 0;
	if (fd == -1 ||
	    setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == -1)
		return err_sys(e, "nf_tables: netlink socket");
	if (dump(fd, NFT_MSG_GETRULE, v, see_rule) == 0 &&
	    dump(fd, NFT_MSG_GETCHAIN, v, see_chain) == 0)
		return v->present = true, 0;
	/* EINVAL: nfnetlink knows no subsystem of this number. */
	return errno == EINVAL ? 0 : err_sys(e, "nf_tables: list");
}
