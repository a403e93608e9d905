/* SPDX-License-Identifier: MIT */
#ifndef GRANTS_H
#define GRANTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "settings.h"
#include "spec.h"

/*
 * What the machine's owner lets one plugin do: policies/plugins/<name>.conf.
 * The file in policy_dir hides the one in shipped_dir.
 *
 *	file = "firewall_policy.so";	default <name>.so, in plugin_dir
 *	user = "ingot-firewall";	never root
 *	groups = [ "tss" ];
 *	needs = [ "INSTALL", "RELOAD" ];
 *	late_ms = 10000;  memory_mb = 64;
 *	descriptors = 256;	64 without NETWORK, unless said
 *	read = [ "/path" ];  write = [ "/path" ];
 *	connect = [ 8883 ];  bind = [ ];
 *	hand = ( { name; path; } );
 *	install = ( { name; path; mode = "0600"; owner; group; } );
 *	reload = ( { name; check = [ "/usr/sbin/sshd", "-t" ]; pidfile;
 *		     exe = "/usr/sbin/sshd"; signal = "HUP"; },
 *		   { name; run = [ "/usr/bin/setpriv", .. ]; config; } );
 *	unix = false;		may it connect to unix sockets?
 *	ask = [ "cert_store.csr" ];  sign = [ "mqtt" ];
 *	circumstances = [ "uplink.connected" ];
 */
#define GRANTS_LIST  16 /* entries of install, reload, ask and sign */
#define GRANTS_WORDS 15 /* of a check command */

struct grant_hand {
	const char *name;
	const char *path;
};

struct grant_install {
	const char *name;
	const char *path;
	mode_t mode;
	const char *owner;
	const char *group;
	uid_t uid; /* resolved */
	gid_t gid;
};

struct grant_reload {
	const char *name;
	const char *check[GRANTS_WORDS + 1]; /* NULL-ended; empty: none */
	const char *pidfile;                 /* NULL: see run */
	const char *run[GRANTS_WORDS + 1];   /* the agent keeps it (tend.h) */
	const char *config;                  /* while this file stands */
	const char *exe;                     /* NULL: not looked at */
	int signal;
};

/* Lists end with an entry whose name is NULL. */
struct grants {
	struct conf *conf;        /* holds the texts */
	uint8_t hash[SHA256_LEN]; /* of the file, to notice a change */
	char name[PLUGIN_NAME_MAX + 1];
	char usual_file[PLUGIN_NAME_MAX + 4]; /* <name>.so */
	const char *file;
	const char *user;
	const char *groups[SPEC_LIST_MAX];
	int64_t late_ms;
	struct host_spec spec; /* but state, which the supervisor fills */
	struct grant_hand hand[SPEC_LIST_MAX];
	struct grant_install install[GRANTS_LIST + 1];
	struct grant_reload reload[GRANTS_LIST + 1];
	const char *ask[GRANTS_LIST + 1];
	const char *sign[GRANTS_LIST + 1];
	const char *circumstances[GRANTS_LIST + 1];
};

/* Finds, reads and checks; users and groups are looked up. NULL: failed. */
struct grants *
grants_read(const struct settings *, const char *plugin, struct err *);
/* From a text, without looking up users: ids are 0. */
struct grants *grants_parse(const char *plugin, const char *name,
    const char *text, size_t len, struct err *);
void grants_free(struct grants *); /* NULL is fine */

/* NULL: the policy has none of this name. */
const struct grant_install *
grants_install(const struct grants *, const char *name);
const struct grant_reload *
grants_reload(const struct grants *, const char *name);
bool
grants_may_ask(const struct grants *, const char *plugin, const char *verb);
/* Who may sign for "csms" may for one certificate of it, "csms.<its print>". */
bool grants_may_sign(const struct grants *, const char *purpose);
/* Does a finding of this id tell of the unit's circumstances (a broker that is
 * down, a certificate that has expired) and not of the snapshot? Then it does
 * not undo a transaction; the verdict looks at it all the same. */
bool grants_circumstance(const struct grants *, const char *finding);

/* INGOT_NEED_* by name ("INSTALL"), 0: none such. */
uint32_t grants_need(const char *name);
/* The name of the lowest bit of needs; NULL for 0. */
const char *grants_need_name(uint32_t needs);

#endif
