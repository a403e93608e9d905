/* SPDX-License-Identifier: MIT */
/*
 * From document to drop-in and back. One table holds what every unit gets; the
 * few lines that depend on the document stand in functions of their own.
 *
 * Not here on purpose: UsePAM, HostKey and Subsystem (the unit's own, and sshd
 * refuses a second Subsystem), ListenAddress (the firewall decides who may
 * reach the port, and the probe needs loopback).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dropin.h"

#define HEADER                                                                 \
	"# Written by Ingot from ssh_hardening.conf; a change here is undone.\n"

static const char *const always[] = {
	/* Who: a key and nothing else. */
	"PubkeyAuthentication yes",
	"AuthenticationMethods publickey",
	"PasswordAuthentication no",
	"KbdInteractiveAuthentication no",
	"PermitEmptyPasswords no",
	"HostbasedAuthentication no",
	"GSSAPIAuthentication no",
	"PermitRootLogin no",
	/* Whose keys: no command and no authority may add some. */
	"AuthorizedKeysCommand none",
	"TrustedUserCAKeys none",
	"StrictModes yes",
	"IgnoreRhosts yes",
	"RequiredRSASize 3072",
	/* What a session may: be one. */
	"DisableForwarding yes",
	"AllowTcpForwarding no",
	"AllowStreamLocalForwarding no",
	"AllowAgentForwarding no",
	"X11Forwarding no",
	"PermitTunnel no",
	"GatewayPorts no",
	"PermitUserEnvironment no",
	"PermitUserRC no",
	"Compression no",
	"TCPKeepAlive no",
	"ClientAliveCountMax 2",
	"MaxStartups 10:30:60",
	"LogLevel VERBOSE",
};

static void
put_names(struct bytes *out, const char *word,
    const char names[][SSH_NAME_MAX + 1], size_t n)
{
	if (n == 0)
		return;
	bytes_fmt(out, "%s", word);
	for (size_t i = 0; i < n; i++)
		bytes_fmt(out, " %s", names[i]);
	bytes_fmt(out, "\n");
}

static void
put_algorithms(struct bytes *out, const struct ssh_algorithms *a)
{
	bytes_fmt(out, "KexAlgorithms %s\n", a->kex);
	bytes_fmt(out, "Ciphers %s\n", a->ciphers);
	bytes_fmt(out, "MACs %s\n", a->macs);
	bytes_fmt(out, "HostKeyAlgorithms %s\n", a->keys);
	bytes_fmt(out, "PubkeyAcceptedAlgorithms %s\n", a->keys);
}

void
dropin_write(const struct ssh_document *d, struct bytes *out)
{
	bytes_fmt(out, HEADER "#: probe-user %s\n", d->probe_user);
	bytes_fmt(out, "Port %u\n", d->port);
	put_names(out, "AllowUsers", d->users, d->n_users);
	put_names(out, "AllowGroups", d->groups, d->n_groups);
	bytes_fmt(out, "AuthorizedKeysFile %s " CANARY_PATH "\n", d->keys);
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		bytes_fmt(out, "%s\n", always[i]);
	bytes_fmt(out, "MaxAuthTries %u\n", d->max_tries);
	bytes_fmt(out, "MaxSessions %u\n", d->max_sessions);
	bytes_fmt(out, "LoginGraceTime %u\n", d->login_grace_s);
	bytes_fmt(out, "ClientAliveInterval %u\n", d->idle_s);
	put_algorithms(out, d->algorithms);
}

void
ssh_promise_free(struct ssh_promise *p)
{
	sshd_conf_free(&p->conf);
}

static int
read_probe_user(struct ssh_promise *p, const char *text, struct err *e)
{
	static const char mark[] = HEADER "#: probe-user ";
	size_t n;

	if (strncmp(text, mark, sizeof(mark) - 1) != 0)
		return err_set(e, EBADMSG, "artifact: no header");
	text += sizeof(mark) - 1;
	n = strcspn(text, "\n");
	if (n > SSH_NAME_MAX)
		return err_set(e, EBADMSG, "artifact: probe user too long");
	memcpy(p->probe_user, text, n);
	p->probe_user[n] = '\0';
	if (!ssh_name_good(p->probe_user))
		return err_set(e, EBADMSG, "artifact: probe user");
	return 0;
}

static int
read_port(struct ssh_promise *p, struct err *e)
{
	const struct directive *d = sshd_conf_find(&p->conf, "port");
	long port = d == NULL ? 0 : strtol(d->args, NULL, 10);

	if (port < 1 || port > 65535)
		return err_set(e, EBADMSG, "artifact: port");
	p->port = (uint16_t)port;
	return 0;
}

/* The probe user first: what is known of him says what the rest is worth. */
static int
read_users(struct ssh_promise *p, struct err *e)
{
	const struct directive *d = sshd_conf_find(&p->conf, "allowusers");
	const char *s = d == NULL ? "" : d->args;
	size_t n;

	(void)strcpy(p->users[p->n_users++], p->probe_user);
	for (; *s != '\0'; s += n + (s[n] == ' ')) {
		char name[SSH_NAME_MAX + 1];

		n = strcspn(s, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, s);
		if (n > SSH_NAME_MAX || !ssh_name_good(name))
			return err_set(e, EBADMSG, "artifact: AllowUsers");
		if (strcmp(name, p->probe_user) == 0)
			continue;
		if (p->n_users == SSH_NAMES_MAX)
			return err_set(e, EBADMSG, "artifact: too many users");
		(void)strcpy(p->users[p->n_users++], name);
	}
	return 0;
}

int
dropin_read(struct ssh_promise *p, const char *text, size_t len, struct err *e)
{
	memset(p, 0, sizeof(*p));
	if (read_probe_user(p, text, e) == -1 ||
	    sshd_conf_text(&p->conf, DROPIN_PATH, text, len, false, e) == -1)
		return -1;
	if (read_port(p, e) == -1)
		return -1;
	return read_users(p, e);
}
