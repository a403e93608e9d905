/* SPDX-License-Identifier: MIT */
/*
 * What the exposed broker is told. Two listeners with rules of their own: the
 * one for others asks for a certificate and calls its owner by the name in it;
 * the one for us asks for a password. Everything that Mosquitto would do beyond
 * handing on (retaining across restarts, queueing without end) is turned off.
 */
#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "expose.h"
#include "own.h"

#define ITERATIONS                                                             \
	101 /* of a secret that nobody can guess: Mosquitto's own              \
	     */
#define SALT_LEN 12
#define HASH_LEN 64

/* "out x" -> "x"; NULL: neither. */
static const char *
filter_of(const char *line, bool *out)
{
	*out = strncmp(line, "out ", 4) == 0;
	if (*out)
		return line + 4;
	return strncmp(line, "in ", 3) == 0 ? line + 3 : NULL;
}

static int
check_pair(const char *a, const char *b, struct err *e)
{
	bool a_out, b_out;
	const char *f = filter_of(a, &a_out), *g = filter_of(b, &b_out);

	if (a_out == b_out || !topic_filters_meet(f, g))
		return 0;
	return err_set(e, EINVAL,
	    "exposed: \"%.100s\" and \"%.100s\" meet: a message would go round "
	    "for ever",
	    a, b);
}

/* A line's end in a word would begin a line of Mosquitto's configuration. */
static int
check_words(const struct ocpp_exposed *x, struct err *e)
{
	const char *const words[] = { x->address, x->anchors, x->chain, x->key,
		x->folder };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (const char *p = words[i]; p != NULL && *p != '\0'; p++)
			if ((unsigned char)*p <= ' ' || *p == 0x7f)
				return err_set(e, EINVAL,
				    "exposed: \"%.100s\": without spaces and "
				    "control characters",
				    words[i]);
	return 0;
}

int
expose_check(const struct ocpp_exposed *x, struct err *e)
{
	if (check_words(x, e) == -1)
		return -1;
	for (size_t i = 0; i < x->ntopics; i++) {
		bool out;
		const char *filter = filter_of(x->topics[i], &out);

		if (filter == NULL || !topic_filter_good(filter) ||
		    strpbrk(filter, "\r\n") != NULL)
			return err_set(e, EINVAL,
			    "exposed: \"%.100s\": \"out FILTER\" or \"in "
			    "FILTER\" is wanted, such as \"out ocpp/+/event/#\"",
			    x->topics[i]);
		for (size_t j = 0; j < i; j++)
			if (check_pair(x->topics[i], x->topics[j], e) == -1)
				return -1;
	}
	return 0;
}

static void
write_acl(const struct ocpp_exposed *x, struct bytes *acl)
{
	bytes_fmt(acl, "# made by ingot: who has a certificate\n");
	for (size_t i = 0; i < x->ntopics; i++) {
		bool out;
		const char *filter = filter_of(x->topics[i], &out);

		bytes_fmt(
		    acl, "pattern %s %s\n", out ? "read" : "write", filter);
	}
}

/* $7$iterations$salt$hash: PBKDF2 with SHA-512, as mosquitto_passwd writes.
 * The salt comes from the secret, so that the file is the same each time. */
static int
write_passwd(const char *secret, struct bytes *passwd, struct err *e)
{
	uint8_t salt[SHA256_LEN], hash[HASH_LEN];
	own_str char *salt64 = NULL, *hash64 = NULL;

	if (sha256(secret, strlen(secret), salt, e) == -1)
		return -1;
	if (PKCS5_PBKDF2_HMAC(secret, (int)strlen(secret), salt, SALT_LEN,
		ITERATIONS, EVP_sha512(), HASH_LEN, hash) != 1)
		return err_ssl(e, "password of the exposed broker");
	salt64 = base64_encode(salt, SALT_LEN);
	hash64 = base64_encode(hash, HASH_LEN);
	if (salt64 == NULL || hash64 == NULL)
		return err_sys(e, "password of the exposed broker");
	bytes_fmt(
	    passwd, EXPOSE_USER ":$7$%d$%s$%s\n", ITERATIONS, salt64, hash64);
	return 0;
}

/* A change of the other two files has to be seen in this one, for it is by
 * this one that the agent knows whether to start the broker anew. */
static int
write_mark(const struct bytes *other, struct bytes *conf, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	char text[SHA256_HEX];

	if (other->bad || sha256(other->p, other->len, sum, e) == -1)
		return -1;
	hex_encode(sum, sizeof(sum), text);
	bytes_fmt(conf, "# made by ingot, with %s\n", text);
	return 0;
}

static void
write_conf(const struct ocpp_exposed *x, struct bytes *conf)
{
	const char *folder = x->folder != NULL ? x->folder : EXPOSE_FOLDER;

	bytes_fmt(conf,
	    "per_listener_settings true\npersistence false\n"
	    "log_dest stderr\nlog_type error\nlog_type warning\n"
	    "message_size_limit 65536\nmax_queued_messages 100\n"
	    "max_queued_bytes 1048576\nset_tcp_nodelay true\n\n"
	    "listener %u 127.0.0.1\nallow_anonymous false\n"
	    "password_file %s/passwd\nmax_connections 2\n\n",
	    x->inner, folder);
	bytes_fmt(conf,
	    "listener %u %s\nallow_anonymous false\n"
	    "require_certificate true\nuse_identity_as_username true\n"
	    "tls_version tlsv1.2\ncafile %s\ncertfile %s\nkeyfile %s\n"
	    "acl_file %s/acl\nmax_connections 100\n",
	    x->port, x->address, x->anchors, x->chain, x->key, folder);
}

int
expose_files(const struct ocpp_exposed *x, const char *secret,
    struct expose_files *f, struct err *e)
{
	if (expose_check(x, e) == -1)
		return -1;
	write_acl(x, &f->acl);
	if (write_passwd(secret, &f->passwd, e) == -1 ||
	    write_mark(&f->acl, &f->conf, e) == -1 ||
	    write_mark(&f->passwd, &f->conf, e) == -1)
		return -1;
	write_conf(x, &f->conf);
	return f->acl.bad || f->passwd.bad || f->conf.bad
	    ? err_set(e, ENOMEM, "exposed: out of memory")
	    : 0;
}
