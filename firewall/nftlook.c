/* SPDX-License-Identifier: MIT */
/*
 * Two dumps of nf_tables (linux/netfilter/nf_tables.h) by way of libnl. We only
 * count, and need three attributes of each answer; a message that cannot be
 * parsed counts for nothing, and an answer that does not come in time is an
 * error, never "no rules".
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nftlook.h"
#include "own.h"

#define TABLE(type) ((NFNL_SUBSYS_NFTABLES << 8) | (type))

OWN_POINTER(nl, struct nl_sock, nl_socket_free)
#define own_nl __attribute__((cleanup(own_nl_free), unused))

static void
note_where(
    struct nft_view *v, const struct nlattr *table, const struct nlattr *chain)
{
	if (v->where[0] == '\0' && table != NULL && chain != NULL)
		(void)snprintf(v->where, sizeof(v->where),
		    "table %.*s, chain %.*s", nla_len(table),
		    (const char *)nla_data(table), nla_len(chain),
		    (const char *)nla_data(chain));
}

static int
see_rule(struct nl_msg *m, void *ctx)
{
	struct nlattr *a[NFTA_RULE_MAX + 1];
	struct nft_view *v = ctx;

	if (nlmsg_parse(nlmsg_hdr(m), sizeof(struct nfgenmsg), a, NFTA_RULE_MAX,
		NULL) < 0)
		return NL_SKIP;
	v->rules++;
	note_where(v, a[NFTA_RULE_TABLE], a[NFTA_RULE_CHAIN]);
	return NL_OK;
}

static int
see_chain(struct nl_msg *m, void *ctx)
{
	struct nlattr *a[NFTA_CHAIN_MAX + 1];
	struct nft_view *v = ctx;
	const struct nlattr *policy;

	if (nlmsg_parse(nlmsg_hdr(m), sizeof(struct nfgenmsg), a,
		NFTA_CHAIN_MAX, NULL) < 0)
		return NL_SKIP;
	policy = a[NFTA_CHAIN_POLICY];
	if (policy == NULL || nla_len(policy) != sizeof(uint32_t) ||
	    ntohl(nla_get_u32(policy)) == NF_ACCEPT)
		return NL_OK;
	v->drops++;
	note_where(v, a[NFTA_CHAIN_TABLE], a[NFTA_CHAIN_NAME]);
	return NL_OK;
}

/* 0, or libnl's (negative) code. */
static int
dump(struct nl_sock *s, int type, nl_recvmsg_msg_cb_t see, struct nft_view *v)
{
	struct nfgenmsg family = { .nfgen_family = AF_UNSPEC };
	int rc = nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, see, v);

	if (rc == 0)
		rc = nl_send_simple(s, TABLE(type), NLM_F_REQUEST | NLM_F_DUMP,
		    &family, sizeof(family));
	return rc < 0 ? rc : nl_recvmsgs_default(s);
}

int
nft_look(struct nft_view *v, struct err *e)
{
	const struct timeval patience = { .tv_sec = 2 };
	own_nl struct nl_sock *s = nl_socket_alloc();
	int rc;

	memset(v, 0, sizeof(*v));
	if (s == NULL)
		return err_set(e, ENOMEM, "nf_tables: no memory");
	nl_socket_disable_seq_check(s);
	if ((rc = nl_connect(s, NETLINK_NETFILTER)) == 0 &&
	    setsockopt(nl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) == -1)
		return err_sys(e, "nf_tables: netlink socket");
	if (rc == -NLE_PROTO_MISMATCH || rc == -NLE_AF_NOSUPPORT)
		return 0;
	if (rc == 0)
		rc = dump(s, NFT_MSG_GETRULE, see_rule, v);
	if (rc >= 0)
		rc = dump(s, NFT_MSG_GETCHAIN, see_chain, v);
	if (rc >= 0)
		return v->present = true, 0;
	/* EINVAL: nfnetlink knows no subsystem of this number. */
	return rc == -NLE_INVAL
	    ? 0
	    : err_set(e, EIO, "nf_tables: list: %s", nl_geterror(rc));
}
