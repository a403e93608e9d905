/* SPDX-License-Identifier: MIT */
/*
 * ssh_hardening.conf, read. It holds what differs from fleet to fleet: who may
 * come in, where, and how patient the server is. What does not differ (no
 * passwords, no root, no forwarding) is no key here, so no document can say
 * otherwise. UsePAM is no key either: switching it locks out accounts whose
 * shadow field is "!".
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "document.h"

#define RSA_KEYS                                                               \
	"rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com,"                      \
	"rsa-sha2-256,rsa-sha2-256-cert-v01@openssh.com"
#define ED25519_KEYS                                                           \
	"ssh-ed25519,ssh-ed25519-cert-v01@openssh.com,"                        \
	"sk-ssh-ed25519@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com"

/*
 * For OpenSSH 8.5 and later. ssh-audit 3.4 finds no failure and two warnings,
 * both for curve25519 not being post-quantum; it stays, because the libssh
 * that proves the rest from outside knows no sntrup761. There is no CBC, no
 * SHA-1, no NIST curve, no tag below 128 bits and no MAC before encryption.
 */
static const struct ssh_algorithms profiles[] = {
	{
	    .name = "compatible",
	    .kex = "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
		   "curve25519-sha256@libssh.org",
	    .ciphers = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,"
		       "aes256-ctr,aes192-ctr,aes128-gcm@openssh.com,"
		       "aes128-ctr",
	    .macs = "hmac-sha2-256-etm@openssh.com,"
		    "hmac-sha2-512-etm@openssh.com,umac-128-etm@openssh.com",
	    .keys = ED25519_KEYS "," RSA_KEYS,
	},
	{
	    /* Without what the Terrapin attack (CVE-2023-48795) needs, and
	     * without RSA: for fleets whose clients are all known. */
	    .name = "narrow",
	    .kex = "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
		   "curve25519-sha256@libssh.org",
	    .ciphers = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,"
		       "aes256-ctr",
	    .macs = "hmac-sha2-256-etm@openssh.com,"
		    "hmac-sha2-512-etm@openssh.com",
	    .keys = ED25519_KEYS,
	},
};

static const char *const known[] = { "port", "users", "groups", "probe_user",
	"authorized_keys", "algorithms", "max_tries", "max_sessions",
	"login_grace_s", "idle_s", NULL };

int
ssh_name_good(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char later[] = "abcdefghijklmnopqrstuvwxyz_0123456789-";
	size_t n = strlen(s);

	return n > 0 && n <= SSH_NAME_MAX && strchr(first, *s) != NULL &&
	    strspn(s, later) == n;
}

static int
names(conf_node *root, const char *key, char out[][SSH_NAME_MAX + 1], size_t *n,
    struct err *e)
{
	conf_node *list;
	const char *s;

	if (conf_list(root, key, SSH_NAMES_MAX, &list, e) == -1)
		return -1;
	for (*n = 0; *n < conf_len(list); (*n)++) {
		conf_node *at = conf_at(list, *n);

		if (conf_text(at, SSH_NAME_MAX, &s, e) == -1)
			return -1;
		if (!ssh_name_good(s))
			return conf_err(at, e,
			    "%s: \"%s\" is no name: a-z, then a-z 0-9 _ -", key,
			    s);
		if (strcmp(s, "root") == 0)
			return conf_err(
			    at, e, "%s: root never logs in; name another", key);
		(void)strcpy(out[*n], s);
	}
	return 0;
}

static int
profile(conf_node *root, struct ssh_document *d, struct err *e)
{
	const char *s;

	if (conf_str_or(root, "algorithms", 32, profiles[0].name, &s, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++)
		if (strcmp(profiles[i].name, s) == 0) {
			d->algorithms = &profiles[i];
			return 0;
		}
	return conf_err(conf_get(root, "algorithms"), e,
	    "no algorithms \"%s\"; there are \"compatible\" and \"narrow\"", s);
}

/* Below the user's home, or absolute with %u or %h in it: one file that all
 * users share would let each in as any other. */
static int
keys_path(conf_node *root, struct ssh_document *d, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/%";
	const char *s;
	size_t bad;

	if (conf_str_or(root, "authorized_keys", SSH_PATH_MAX,
		".ssh/authorized_keys", &s, e) == -1)
		return -1;
	bad = s[strspn(s, ok)] != '\0' || *s == '\0';
	for (const char *p = strchr(s, '%'); p != NULL; p = strchr(p + 1, '%'))
		bad |= p[1] != 'u' && p[1] != 'h';
	if (bad || strstr(s, "..") != NULL)
		return conf_err(conf_get(root, "authorized_keys"), e,
		    "authorized_keys: a path of A-Z a-z 0-9 . _ - / %%u %%h");
	if (*s == '/' && strchr(s, '%') == NULL)
		return conf_err(conf_get(root, "authorized_keys"), e,
		    "authorized_keys: put %%u in it; \"%s\" would be "
		    "everybody's",
		    s);
	(void)strcpy(d->keys, s);
	return 0;
}

static int
numbers(conf_node *root, struct ssh_document *d, struct err *e)
{
	int64_t port, tries, sessions, grace, idle;

	/* Fewer than 3 tries and the probe itself would be cut off. */
	if (conf_int_or(root, "port", 1, 65535, 22, &port, e) == -1 ||
	    conf_int_or(root, "max_tries", 3, 6, 3, &tries, e) == -1 ||
	    conf_int_or(root, "max_sessions", 1, 10, 4, &sessions, e) == -1 ||
	    conf_int_or(root, "login_grace_s", 10, 120, 30, &grace, e) == -1 ||
	    conf_int_or(root, "idle_s", 15, 3600, 300, &idle, e) == -1)
		return -1;
	d->port = (uint16_t)port;
	d->max_tries = (unsigned)tries;
	d->max_sessions = (unsigned)sessions;
	d->login_grace_s = (unsigned)grace;
	d->idle_s = (unsigned)idle;
	return 0;
}

static bool
is_user(const struct ssh_document *d, const char *name)
{
	for (size_t i = 0; i < d->n_users; i++)
		if (strcmp(d->users[i], name) == 0)
			return true;
	return d->n_users == 0;
}

/* Who must be able to come in, or the document locks everybody out. */
static int
probe_user(conf_node *root, struct ssh_document *d, struct err *e)
{
	const char *s = d->n_users > 0 ? d->users[0] : "";
	conf_node *at = conf_get(root, "probe_user");

	if (d->n_users == 0 && d->n_groups == 0)
		return conf_err(
		    root, e, "users or groups must name who may come in");
	if (conf_str_or(root, "probe_user", SSH_NAME_MAX, s, &s, e) == -1)
		return -1;
	if (*s == '\0')
		return conf_err(root, e,
		    "with groups alone, probe_user must name a member");
	if (!ssh_name_good(s) || strcmp(s, "root") == 0 || !is_user(d, s))
		return conf_err(
		    at, e, "probe_user: \"%s\" is not one of users", s);
	(void)strcpy(d->probe_user, s);
	return 0;
}

int
ssh_document_read(
    struct ssh_document *d, const char *text, size_t len, struct err *e)
{
	own_conf struct conf c = { 0 };
	conf_node *root;

	memset(d, 0, sizeof(*d));
	if (conf_parse(&c, "ssh_hardening.conf", text, len, e) == -1)
		return -1;
	root = conf_root(&c);
	if (conf_known(root, known, e) == -1 ||
	    names(root, "users", d->users, &d->n_users, e) == -1 ||
	    names(root, "groups", d->groups, &d->n_groups, e) == -1 ||
	    profile(root, d, e) == -1 || keys_path(root, d, e) == -1 ||
	    numbers(root, d, e) == -1)
		return -1;
	return probe_user(root, d, e);
}
