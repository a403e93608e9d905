/* SPDX-License-Identifier: MIT */
/*
 * libssh, kept to itself: no configuration, no home, no known_hosts, no agent,
 * no name lookup, and a socket that was connected before it sees it. The host
 * key is not checked: the peer is our own machine, and nothing secret is said.
 *
 * Before each attempt stands a "none" request, whose refusal lists what the
 * server would take (RFC 4252 section 5.2). The list alone proves little: a
 * default sshd lists "password" for root and still refuses it, and accepts a
 * key query for root that it then refuses when signed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "login.h"
#include "loop.h"
#include "own.h"
#include "reach.h"

#define STEP_MS    6000 /* PAM may hold a failed password back for 4 s */
#define REFUSED_MS 1500 /* a sshd that reads its configuration again */

OWN_POINTER(session, struct ssh_session_struct, ssh_free)
#define own_session __attribute__((cleanup(own_session_free), unused))

typedef int login_fn(ssh_session, const struct login *);

static login_fn by_password, by_kbdint, by_key;

static const struct {
	int method; /* its bit in ssh_userauth_list() */
	login_fn *try;
} ways[] = {
	[LOGIN_PASSWORD] = { SSH_AUTH_METHOD_PASSWORD, by_password },
	[LOGIN_KBDINT] = { SSH_AUTH_METHOD_INTERACTIVE, by_kbdint },
	[LOGIN_KEY] = { 0, by_key },
};

static const struct {
	int bit;
	const char *name;
} methods[] = {
	{ SSH_AUTH_METHOD_PUBLICKEY, "publickey" },
	{ SSH_AUTH_METHOD_PASSWORD, "password" },
	{ SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive" },
	{ SSH_AUTH_METHOD_HOSTBASED, "hostbased" },
	{ SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi" },
};

static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

static int
said_error(ssh_session s, struct err *said)
{
	(void)err_set(said, EPROTO, "%.300s", ssh_get_error(s));
	make_printable(said->text);
	return -1;
}

/* Every one set before the connection, so that libssh looks up nothing. */
static int
set_options(ssh_session s, const struct login *l, int fd)
{
	const int no = 0;
	uint64_t now = now_ms();
	uint64_t left = now < l->end_ms ? l->end_ms - now : 1;
	long seconds, rest;

	left = left < STEP_MS ? left : STEP_MS;
	seconds = (long)(left / 1000);
	rest = (long)(left % 1000 * 1000);
	return ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no) |
	    ssh_options_set(s, SSH_OPTIONS_SSH_DIR, "/nonexistent") |
	    ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") |
	    ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") |
	    ssh_options_set(s, SSH_OPTIONS_HOST, "127.0.0.1") |
	    ssh_options_set(s, SSH_OPTIONS_USER, l->user) |
	    ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &seconds) |
	    ssh_options_set(s, SSH_OPTIONS_TIMEOUT_USEC, &rest) |
	    ssh_options_set(s, SSH_OPTIONS_FD, &fd);
}

static int
set_offer(ssh_session s, const struct login_offer *o)
{
	int rc = 0;

	if (o->kex != NULL)
		rc |= ssh_options_set(s, SSH_OPTIONS_KEY_EXCHANGE, o->kex);
	if (o->ciphers != NULL) {
		rc |= ssh_options_set(s, SSH_OPTIONS_CIPHERS_C_S, o->ciphers);
		rc |= ssh_options_set(s, SSH_OPTIONS_CIPHERS_S_C, o->ciphers);
	}
	if (o->macs != NULL) {
		rc |= ssh_options_set(s, SSH_OPTIONS_HMAC_C_S, o->macs);
		rc |= ssh_options_set(s, SSH_OPTIONS_HMAC_S_C, o->macs);
	}
	return rc;
}

/* A session with keys agreed on, or NULL. */
static ssh_session
meet(const struct login *l, const struct login_offer *o, struct err *said)
{
	own_fd int fd = reach(l->port, l->end_ms, REFUSED_MS, said);
	own_session ssh_session s = NULL;
	ssh_session met;

	if (fd == -1)
		return NULL;
	if ((s = ssh_new()) == NULL)
		return (void)err_set(said, ENOMEM, "libssh: no session"), NULL;
	if (set_options(s, l, fd) != 0 || (o != NULL && set_offer(s, o) != 0))
		return (void)said_error(s, said), NULL;
	/* From here on the descriptor is libssh's, which closes it. */
	(void)take_fd(&fd);
	if (ssh_connect(s) != SSH_OK)
		return (void)said_error(s, said), NULL;
	met = s;
	s = NULL;
	return met;
}

static int
by_password(ssh_session s, const struct login *l)
{
	char word[25];
	struct err e;
	int rc;

	if (random_text(word, sizeof(word) - 1, &e) == -1)
		return SSH_AUTH_ERROR;
	rc = ssh_userauth_password(s, l->user, word);
	explicit_bzero(word, sizeof(word));
	return rc;
}

static int
by_kbdint(ssh_session s, const struct login *l)
{
	return ssh_userauth_kbdint(s, l->user, NULL);
}

static int
by_key(ssh_session s, const struct login *l)
{
	return ssh_userauth_publickey(s, l->user, l->key);
}

static void
say_methods(int list, struct err *said)
{
	size_t n;

	(void)err_set(said, 0, "the server takes");
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		n = strlen(said->text);
		if ((list & methods[i].bit) != 0)
			(void)snprintf(said->text + n, sizeof(said->text) - n,
			    " %s", methods[i].name);
	}
}

static enum login_end
meaning(int rc, ssh_session s, struct err *said)
{
	switch (rc) {
	case SSH_AUTH_SUCCESS:
		return LOGIN_ACCEPTED;
	case SSH_AUTH_DENIED:
		return LOGIN_REFUSED;
	case SSH_AUTH_PARTIAL: /* good, as far as it goes */
	case SSH_AUTH_INFO:    /* asks for an answer */
		return LOGIN_OFFERED;
	}
	(void)said_error(s, said);
	return LOGIN_UNCLEAR;
}

enum login_end
login_try(const struct login *l, enum login_way way, struct err *said)
{
	own_session ssh_session s = meet(l, NULL, said);
	enum login_end end;
	int rc;

	if (s == NULL)
		return LOGIN_UNCLEAR;
	rc = ssh_userauth_none(s, l->user);
	if (rc == SSH_AUTH_SUCCESS)
		(void)err_set(said, 0, "the server takes anybody, unasked");
	if (rc != SSH_AUTH_DENIED)
		return meaning(rc, s, said);
	say_methods(ssh_userauth_list(s, l->user), said);
	/* An offer is bad enough, and a real attempt would wait for PAM. */
	if ((ssh_userauth_list(s, l->user) & ways[way].method) != 0)
		return LOGIN_OFFERED;
	end = meaning(ways[way].try(s, l), s, said);
	ssh_disconnect(s);
	return end;
}

enum login_end
login_offer(
    const struct login *l, const struct login_offer *o, struct err *said)
{
	own_session ssh_session s = meet(l, o, said);

	if (s == NULL)
		return strstr(said->text, "no match") != NULL ? LOGIN_REFUSED
							      : LOGIN_UNCLEAR;
	ssh_disconnect(s);
	(void)err_set(said, 0, "the server agreed to it");
	return LOGIN_ACCEPTED;
}
