/* SPDX-License-Identifier: MIT */
/*
 * Reading identifiers off the sample. What is read is only ever searched for.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "identity.h"
#include "own.h"
#include "tree.h"

#define FILE_MAX (256 * 1024)

struct collecting {
	struct scrub *s;
	const struct identity_rule *rule;
	const struct bytes *text;
	json_t *counts;
	unsigned found; /* by this rule */
};

static int
count(json_t *counts, const char *what, struct err *e)
{
	json_int_t n = json_integer_value(json_object_get(counts, what));

	return json_object_set_new(counts, what, json_integer(n + 1)) == -1
	    ? err_set(e, ENOMEM, "out of memory")
	    : 0;
}

static bool
is_address(const char *what)
{
	return strcmp(what, "address") == 0;
}

/* A host name is a word of its own, and 10.1.2.3 is not in 10.1.2.30; other
 * numbers may stand anywhere. */
static enum residue_kind
kind_of(const char *what)
{
	return strcmp(what, "hostname") == 0 || is_address(what)
	    ? RESIDUE_WORD
	    : RESIDUE_IDENTIFIER;
}

static int
add(struct scrub *s, json_t *counts, const char *what, const void *p,
    size_t len, struct err *e)
{
	int rc = residue_add(s->residue, kind_of(what), what, p, len, e);

	if (rc == -1 || count(counts, what, e) == -1)
		return -1;
	if (rc == 0)
		return scrub_tell(s, FINDING_WEAK, "identity", 0, what, e,
		    "too short to be searched for");
	return 0;
}

/* Does the address say anything about this unit? The loopback, link-local ones
 * and those of no host are everybody's. */
static bool
is_ours(const char *text)
{
	struct in_addr four;
	struct in6_addr six;
	uint32_t n;

	if (inet_pton(AF_INET6, text, &six) == 1)
		return !IN6_IS_ADDR_LOOPBACK(&six) &&
		    !IN6_IS_ADDR_LINKLOCAL(&six) &&
		    !IN6_IS_ADDR_UNSPECIFIED(&six);
	if (inet_pton(AF_INET, text, &four) != 1)
		return false;
	n = ntohl(four.s_addr);
	return n >> 24 != 0 && n >> 24 != 127 && n >> 16 != 0xa9fe;
}

static int
found(struct collecting *c, const void *p, size_t len, struct err *e)
{
	char address[INET6_ADDRSTRLEN];

	/* The prefix and the gateway that may stand behind it are the
	 * network's. */
	if (is_address(c->rule->what)) {
		(void)snprintf(address, sizeof(address), "%.*s", (int)len,
		    (const char *)p);
		len = strcspn(address, "/,; \t");
		address[len] = '\0';
		p = address;
		len = is_ours(address) ? len : 0;
	}
	if (len == 0)
		return 0;
	c->found++;
	return add(c->s, c->counts, c->rule->what, p, len, e);
}

static int
on_field(void *ctx, const struct field *f, struct err *e)
{
	struct collecting *c = ctx;

	if (fnmatch(c->rule->key, f->name, FNM_CASEFOLD) != 0 ||
	    fnmatch(c->rule->within, f->within, 0) != 0)
		return 0;
	return found(c, c->text->p + f->at, f->len, e);
}

/* The file's first line. */
static int
first_line(struct collecting *c, struct err *e)
{
	size_t n = strcspn(c->text->p, "\n");

	while (n > 0 && isspace((unsigned char)c->text->p[n - 1]))
		n--;
	return found(c, c->text->p, n, e);
}

/* A public key file: the key, and the two ways to write its fingerprint. */
static int
ssh_key(struct collecting *c, struct err *e)
{
	char type[64] = "", body[2048] = "", hex[2 * 16 + 1];
	uint8_t blob[1536], hash[SHA256_LEN];
	own_str char *text = NULL;
	long n;

	if (sscanf(c->text->p, "%63s %2047s", type, body) != 2 ||
	    (n = base64_decode(body, blob, sizeof(blob))) <= 0)
		return 0;
	if (sha256(blob, (size_t)n, hash, e) == -1)
		return -1;
	if ((text = base64_encode(hash, sizeof(hash))) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	text[strcspn(text, "=")] = '\0';
	if (found(c, body, strlen(body), e) == -1 ||
	    found(c, text, strlen(text), e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), body);
	if (found(c, body, strlen(body), e) == -1)
		return -1;
	if (EVP_Digest(blob, (size_t)n, hash, NULL, EVP_md5(), NULL) != 1)
		return 0; /* a machine without MD5 prints no such prints */
	hex_encode(hash, 16, hex);
	return found(c, hex, 32, e);
}

static int
read_text(struct collecting *c, struct err *e)
{
	const struct field_format *format = field_format(c->rule->format);

	if (format != NULL)
		return format->scan(c->text->p, c->text->len, on_field, c, e);
	return strcmp(c->rule->format, "ssh-key") == 0 ? ssh_key(c, e)
						       : first_line(c, e);
}

/* A file that can not be read gives nothing; that is told by the caller. */
static int
from_files(struct collecting *c, int root, struct err *e)
{
	struct tree_paths paths = { 0 };
	own_bytes struct bytes text = { 0 };
	struct err why;
	int rc = 0;

	if (tree_list_through(root, c->rule->file, &paths, &why) == -1)
		return 0;
	c->text = &text;
	for (size_t i = 0; rc == 0 && i < paths.count; i++)
		if (tree_read_through(
			root, paths.all[i], FILE_MAX, &text, &why) == 0)
			rc = read_text(c, e);
	c->text = NULL;
	tree_free(&paths);
	return rc;
}

static int
live_macs(struct collecting *c, struct err *e)
{
	struct ifaddrs *all;
	char text[18];
	int rc = 0;

	if (getifaddrs(&all) == -1)
		return err_sys(e, "network interfaces");
	for (struct ifaddrs *i = all; rc == 0 && i != NULL; i = i->ifa_next) {
		const struct sockaddr_ll *ll = (const void *)i->ifa_addr;
		const uint8_t *a;

		if (ll == NULL || ll->sll_family != AF_PACKET ||
		    ll->sll_halen != 6 || strcmp(i->ifa_name, "lo") == 0)
			continue;
		a = ll->sll_addr;
		(void)snprintf(text, sizeof(text),
		    "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3],
		    a[4], a[5]);
		rc = found(c, text, 17, e);
	}
	freeifaddrs(all);
	return rc;
}

static int
live_addresses(struct collecting *c, struct err *e)
{
	struct ifaddrs *all;
	char text[INET6_ADDRSTRLEN];
	int rc = 0;

	if (getifaddrs(&all) == -1)
		return err_sys(e, "network interfaces");
	for (struct ifaddrs *i = all; rc == 0 && i != NULL; i = i->ifa_next) {
		const struct sockaddr *a = i->ifa_addr;
		const void *p = NULL;

		if (a != NULL && a->sa_family == AF_INET)
			p = &((const struct sockaddr_in *)(const void *)a)
				 ->sin_addr;
		if (a != NULL && a->sa_family == AF_INET6)
			p = &((const struct sockaddr_in6 *)(const void *)a)
				 ->sin6_addr;
		if (p != NULL &&
		    inet_ntop(a->sa_family, p, text, sizeof(text)) != NULL)
			rc = found(c, text, strlen(text), e);
	}
	freeifaddrs(all);
	return rc;
}

static int
live_hostname(struct collecting *c, struct err *e)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) == -1)
		return err_sys(e, "host name");
	return found(c, name, strlen(name), e);
}

static bool
given(const char *const *extra, const char *what)
{
	size_t n = strlen(what);

	for (; extra != NULL && *extra != NULL; extra++)
		if (strncmp(*extra, what, n) == 0 && (*extra)[n] == '=')
			return true;
	return false;
}

static int
collect_rule(struct collecting *c, int root, bool live, struct err *e)
{
	if (c->rule->file != NULL)
		return from_files(c, root, e);
	if (!live)
		return 0;
	if (is_address(c->rule->format))
		return live_addresses(c, e);
	return strcmp(c->rule->format, "mac") == 0 ? live_macs(c, e)
						   : live_hostname(c, e);
}

static int
collect_extra(
    struct scrub *s, const char *const *extra, json_t *counts, struct err *e)
{
	const char *equals;
	char what[64];

	for (; extra != NULL && *extra != NULL; extra++) {
		equals = strchr(*extra, '=');
		if (equals == NULL || equals == *extra || equals[1] == '\0' ||
		    equals - *extra >= (long)sizeof(what))
			return err_set(
			    e, EINVAL, "an identifier is given as what=value");
		(void)snprintf(
		    what, sizeof(what), "%.*s", (int)(equals - *extra), *extra);
		if (add(s, counts, what, equals + 1, strlen(equals + 1), e) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Another rule for the same thing may have found it. */
static int
tell_missing(struct scrub *s, const struct identity_rule *r,
    const char *const *extra, const json_t *counts, struct err *e)
{
	if (r->optional || given(extra, r->what) ||
	    json_object_get(counts, r->what) != NULL)
		return 0;
	return scrub_tell(s, FINDING_IDENTITY, "identity", 0, r->what, e,
	    "not found on the sample; give it (--identifier WHAT=VALUE), or "
	    "let the policy say that it is optional");
}

int
identity_collect(struct scrub *s, int root, bool live, const char *const *extra,
    json_t *counts, struct err *e)
{
	const struct policy *p = s->policy;

	for (size_t i = 0; i < p->identity_count; i++) {
		struct collecting c = {
			.s = s, .rule = &p->identity[i], .counts = counts
		};

		if (collect_rule(&c, root, live, e) == -1)
			return err_in(e, "identity \"%s\"", c.rule->what);
	}
	if (collect_extra(s, extra, counts, e) == -1)
		return -1;
	for (size_t i = 0; i < p->identity_count; i++)
		if (tell_missing(s, &p->identity[i], extra, counts, e) == -1)
			return -1;
	return 0;
}
