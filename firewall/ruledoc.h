/* SPDX-License-Identifier: MIT */
#ifndef RULEDOC_H
#define RULEDOC_H

#include <stddef.h>

#include "ruleset.h"

/*
 * The firewall document (libconfig), read into the model. What nobody allows
 * is dropped on its way in; that can not be configured away.
 *
 *	policy = { output = "accept"; forward = "drop"; };   the default
 *	established = true;	replies of known connections, asked first
 *	loopback = true;	everything on lo; its addresses nowhere else
 *	ping = false;		whether echo requests are answered
 *	ssh_port = 22;		what lint makes sure of (rulelint.h); 0: nothing
 *
 *	input = (
 *	    { interface = "eth0"; protocol = "tcp"; port = 22;
 *	      from = [ "192.0.2.0/24", "2001:db8::/32" ]; },
 *	    ...
 *	);
 *	output = ( ... );  forward = ( { in = "eth1"; out = "eth0"; } );
 *
 * Keys of a rule, none needed but at least one: interface (in and out for
 * forward), protocol (tcp, udp, icmp), port and source_port (80, "8000-8100",
 * or a list of these), from and to (address, network, or a list), family
 * (ipv4, ipv6; else what the addresses say, else both), icmp_type, action
 * (accept, drop). A list means one rule for each entry.
 *
 * What ICMP needs to work (errors, path MTU, neighbour discovery; RFC 4890
 * section 4.4) is always let through.
 */
#define FW_LIST_MAX 64 /* entries of port, source_port, from, to */

/*
 * name is what errors call the document ("name:12: ..."). fw is filled; on
 * failure it is left empty. Lint is part of it.
 */
int fw_doc_read(struct firewall *fw, const char *name, const char *text,
    size_t len, struct err *);

#endif
