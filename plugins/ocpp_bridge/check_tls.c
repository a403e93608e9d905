/* SPDX-License-Identifier: MIT */
/*
 * Listeners and CSMS of a document: profile, TLS, certificates and credentials
 * have to fit together. What would look protected and is not, is refused here
 * and not at the first charge point.
 */
#include <arpa/inet.h>

#include <string.h>
#include <strings.h>

#include "check_in.h"

/* --- texts ---------------------------------------------------------------- */

static bool
name_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && s[n] == '\0' && s[0] != '-';
}

static bool
path_ok(const char *s)
{
	return s[0] == '/' && strstr(s, "/..") == NULL;
}

bool
check_address(const char *s)
{
	unsigned char out[16];

	return inet_pton(AF_INET, s, out) == 1 ||
	    inet_pton(AF_INET6, s, out) == 1;
}

static bool
any_address(const char *s)
{
	return strcmp(s, "0.0.0.0") == 0 || strcmp(s, "::") == 0;
}

int
check_path(conf_node *of, const char *key, const char *s, struct err *e)
{
	return s == NULL || path_ok(s)
	    ? 0
	    : conf_err(check_line(of, key), e,
		  "%s: an absolute path without \"..\", or leave it out", key);
}

/* --- listeners ------------------------------------------------------------ */

static int
check_plain(const struct ocpp_listener *l, conf_node *n, struct err *e)
{
	static const char no_tls[] =
	    "%s on a listener of profile %u, which has no TLS: leave it out, "
	    "or say profile = 2 (Basic) or 3 (client certificates)";

	if (l->profile >= 2)
		return 0;
	if (l->pairs[0].chain != NULL || l->pairs[0].key != NULL)
		return conf_err(
		    check_line(n, "ec"), e, no_tls, "ec", l->profile);
	if (l->pairs[1].chain != NULL || l->pairs[1].key != NULL)
		return conf_err(
		    check_line(n, "rsa"), e, no_tls, "rsa", l->profile);
	if (l->static_rsa)
		return conf_err(check_line(n, "static_rsa"), e, no_tls,
		    "static_rsa", l->profile);
	if (l->old_tls)
		return conf_err(
		    check_line(n, "old_tls"), e, no_tls, "old_tls", l->profile);
	if (l->nnames != 0)
		return conf_err(
		    check_line(n, "names"), e, no_tls, "names", l->profile);
	/* Profile 0 has no credentials: OCPP 2.x does not know it. */
	if (l->profile == 0 && l->versions != 1u << OCPP_16)
		return conf_err(check_line(n, "versions"), e,
		    "profile 0 is of OCPP 1.6 alone: say versions = [ "
		    "\"ocpp1.6\" ], or profile = 1");
	return 0;
}

static int
check_pairs(const struct ocpp_listener *l, conf_node *n, struct err *e)
{
	static const char *const names[] = { "ec", "rsa" };

	for (int i = 0; i < 2; i++) {
		const struct ocpp_key_pair *p = &l->pairs[i];
		conf_node *at = check_line(n, names[i]);

		if ((p->chain == NULL) != (p->key == NULL))
			return conf_err(
			    at, e, "%s: chain and key: both or none", names[i]);
		if (check_path(at, "chain", p->chain, e) == -1 ||
		    check_path(at, "key", p->key, e) == -1)
			return -1;
	}
	if (l->static_rsa && l->pairs[0].chain != NULL &&
	    l->pairs[1].chain == NULL)
		return conf_err(check_line(n, "static_rsa"), e,
		    "static_rsa needs an RSA certificate: name one as rsa, or "
		    "name none, then both are made here");
	return 0;
}

/* What is made here has to carry a name that charge points can check. */
static int
check_names(const struct ocpp_listener *l, conf_node *n, struct err *e)
{
	bool made = l->profile >= 2 && l->pairs[0].chain == NULL &&
	    l->pairs[1].chain == NULL;

	if (made && l->nnames == 0 && any_address(l->address))
		return conf_err(n, e,
		    "by which name do charge points reach this listener? say "
		    "names = [ \"gateway.local\" ], or name ec and rsa");
	for (size_t i = 0; i < l->nnames; i++)
		if (!check_address(l->names[i]) &&
		    (l->names[i][0] == '\0' ||
			strpbrk(l->names[i], ",:*/ \"\\") != NULL))
			return conf_err(check_line(n, "names"), e,
			    "names: host names or addresses");
	return 0;
}

static int
check_peers(const struct ocpp_listener *l, conf_node *n, struct err *e)
{
	static const char *const stores[] = { "CSMS", "MF", "MO", "V2G" };
	size_t skip = strlen(DOC_CERT_STORE);

	if (l->profile == 3 && l->anchors == NULL)
		return conf_err(check_line(n, "profile"), e,
		    "profile 3 needs anchors: the PEM file of who issued the "
		    "charge points' certificates, or \"cert_store:MF\"");
	if (l->profile != 3 && l->anchors != NULL)
		return conf_err(check_line(n, "anchors"), e,
		    "anchors are for client certificates: say profile = 3, or "
		    "leave them out");
	if (l->anchors == NULL ||
	    strncmp(l->anchors, DOC_CERT_STORE, skip) != 0)
		return check_path(n, "anchors", l->anchors, e);
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (strcmp(l->anchors + skip, stores[i]) == 0)
			return 0;
	return conf_err(check_line(n, "anchors"), e,
	    "anchors: \"cert_store:\" and CSMS, MF, MO or V2G");
}

static int
check_listener(const struct ocpp_listener *l, conf_node *n, struct err *e)
{
	if (!name_ok(l->name))
		return conf_err(check_line(n, "name"), e,
		    "name: lower case letters, digits and -");
	if (!check_address(l->address))
		return conf_err(check_line(n, "address"), e,
		    "address: of this unit, as 192.168.10.1 or ::1; 0.0.0.0 "
		    "for all");
	if (l->root != NULL &&
	    (l->root[0] != '/' || strpbrk(l->root, "?# ") != NULL ||
		l->root[strlen(l->root) - 1] == '/'))
		return conf_err(check_line(n, "root"), e,
		    "root: what stands in front of the identity, as \"/ocpp\"");
	if (l->old_tls && l->versions != 1u << OCPP_16)
		return conf_err(check_line(n, "old_tls"), e,
		    "old_tls (TLS 1.0 and 1.1) is for ocpp1.6 alone: say "
		    "versions = [ \"ocpp1.6\" ] on a listener of its own");
	if (check_plain(l, n, e) == -1 || check_pairs(l, n, e) == -1 ||
	    check_names(l, n, e) == -1)
		return -1;
	return check_peers(l, n, e);
}

static int
check_twice(
    const struct ocpp_settings *s, size_t i, conf_node *n, struct err *e)
{
	const struct ocpp_listener *l = &s->listeners[i], *o;

	for (size_t k = 0; k < i; k++) {
		o = &s->listeners[k];
		if (strcmp(l->name, o->name) == 0)
			return conf_err(check_line(n, "name"), e,
			    "name \"%s\" stands twice", l->name);
		if (l->port == o->port &&
		    (any_address(l->address) || any_address(o->address) ||
			strcmp(l->address, o->address) == 0))
			return conf_err(check_line(n, "port"), e,
			    "port %u is taken by listener \"%s\"", l->port,
			    o->name);
	}
	return 0;
}

int
check_listeners(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	if (s->nlisteners == 0)
		return conf_err(root, e,
		    "listeners = ( { name = \"lan\"; address = ...; port = "
		    "...; profile = ...; } ) is missing");
	for (size_t i = 0; i < s->nlisteners; i++) {
		conf_node *n = check_element(root, "listeners", i);

		if (check_listener(&s->listeners[i], n, e) == -1 ||
		    check_twice(s, i, n, e) == -1)
			return -1;
	}
	return 0;
}

/* --- the CSMS ------------------------------------------------------------- */

static int
check_url(const struct ocpp_csms *c, conf_node *n, struct err *e)
{
	bool secure = strncasecmp(c->url, "wss://", 6) == 0;
	const char *host = c->url + (secure ? 6 : 5);
	conf_node *at = check_line(n, "url");

	if (!secure && strncasecmp(c->url, "ws://", 5) != 0)
		return conf_err(at, e, "url: begins with ws:// or wss://");
	if (*host == '\0' || *host == '/' || *host == ':')
		return conf_err(at, e, "url: no host in it");
	if (strchr(c->url, '@') != NULL)
		return conf_err(at, e,
		    "url: credentials do not stand in it; say user and "
		    "password");
	if (strpbrk(c->url, "?#") != NULL)
		return conf_err(at, e, "url: no query and no fragment");
	if (strpbrk(c->url, "{}<> \\\"") != NULL)
		return conf_err(at, e,
		    "url: without the identity; that of each charge point is "
		    "put behind it");
	if (secure != (c->profile >= 2))
		return conf_err(at, e,
		    "url: profile %u is %s; say %s, or another profile",
		    c->profile, c->profile >= 2 ? "TLS" : "without TLS",
		    c->profile >= 2 ? "wss://" : "ws://");
	return 0;
}

int
check_csms(const struct ocpp_csms *c, conf_node *n, struct err *e)
{
	if (check_url(c, n, e) == -1 ||
	    check_path(n, "anchors", c->anchors, e) == -1)
		return -1;
	if (c->profile < 2 && (c->anchors != NULL || c->wildcards))
		return conf_err(
		    check_line(n, c->anchors != NULL ? "anchors" : "wildcards"),
		    e,
		    "there is no certificate to check on profile %u; leave it "
		    "out",
		    c->profile);
	/* own_leaf may wait for its time: a CSMS may raise the profile. */
	if (c->profile != 3 && c->identity != NULL)
		return conf_err(check_line(n, "identity"), e,
		    "a client certificate is shown on profile 3 alone; leave "
		    "it out");
	if (c->identity != NULL && c->own_leaf)
		return conf_err(check_line(n, "identity"), e,
		    "identity names one certificate, own_leaf asks for one "
		    "each: say one of the two");
	if ((c->profile == 0 || c->profile == 3) &&
	    (c->user != NULL || c->password != NULL))
		return conf_err(
		    check_line(n, c->user != NULL ? "user" : "password"), e,
		    "profile %u has no password; leave it out", c->profile);
	if (c->user != NULL && strchr(c->user, ':') != NULL)
		return conf_err(
		    check_line(n, "user"), e, "user: no \":\" in it");
	return 0;
}

int
check_common_csms(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	return check_csms(&s->csms, conf_get(root, "csms"), e);
}
