/* SPDX-License-Identifier: MIT */
/*
 * The probe from outside: it knocks like a stranger, then with the key that
 * activate has let in. It writes nothing.
 *
 * That root is refused is worth something only if the same key is good: the
 * probe user is tried first.
 */
#include <libssh/libssh.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "effective.h"
#include "kexinit.h"
#include "login.h"
#include "loop.h"
#include "own.h"
#include "probe.h"
#include "reach.h"

#define PROBE_MS   20000 /* in all; the policy's late_ms is above it */
#define ANSWER_MS  3000  /* for the first word of a server */
#define REFUSED_MS 1500
#define WAIT_MS    5000
#define STRANGER   "ingot-nobody"
struct probe {
	const struct ingot_host *host;
	const struct ssh_promise *promise;
	struct login login;
	bool dead;     /* the server does not answer */
	bool key_good; /* the probe user came in with the canary's key */
	struct err said;
};

typedef int look_fn(struct probe *, struct err *why);

static look_fn look_dropin, look_algorithms, look_password, look_kbdint,
    look_admin, look_root;

/* In this order: dead is found out by the first that asks the server. */
static const struct {
	const char *id;
	look_fn *look;
} looks[] = {
	{ "ssh.dropin-first", look_dropin },
	{ "ssh.weak-algorithms-refused", look_algorithms },
	{ "ssh.password-refused", look_password },
	{ "ssh.kbdint-refused", look_kbdint },
	{ "ssh.admin-accepted", look_admin },
	{ "ssh.root-refused", look_root },
};

static const struct login_offer weak[] = {
	{ .name = "SHA-1 and NIST key exchange",
	    .kex = "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,"
		   "ecdh-sha2-nistp256,diffie-hellman-group14-sha256" },
	{ .name = "CBC ciphers", .ciphers = "aes256-cbc,aes128-cbc,3des-cbc" },
	{ .name = "SHA-1 and encrypt-and-MAC",
	    .ciphers = "aes256-ctr,aes128-ctr",
	    .macs = "hmac-sha1,hmac-sha1-etm@openssh.com,hmac-sha2-256" },
};

static int
look_dropin(struct probe *p, struct err *why)
{
	own_sshd_conf struct sshd_conf unit = { 0 };

	if (sshd_conf_read(&unit, SSHD_CONFIG_PATH, why) == -1 ||
	    effective_holds(&unit, &p->promise->conf, why) == -1)
		return -1;
	(void)err_set(why, 0,
	    "of %zu lines in %zu files none takes the place of one of ours",
	    unit.count, unit.files);
	return 0;
}

static const char *
promised(const struct probe *p, const char *word)
{
	const struct directive *d = sshd_conf_find(&p->promise->conf, word);

	return d == NULL ? "" : d->args;
}

static int
compare_lists(struct probe *p, const struct kexinit *k, struct err *why)
{
	const struct {
		enum kex_list list;
		const char *allowed;
	} rows[] = {
		{ KEX_EXCHANGE, promised(p, "kexalgorithms") },
		{ KEX_HOST_KEY, promised(p, "hostkeyalgorithms") },
		{ KEX_CIPHER_IN, promised(p, "ciphers") },
		{ KEX_CIPHER_OUT, promised(p, "ciphers") },
		{ KEX_MAC_IN, promised(p, "macs") },
		{ KEX_MAC_OUT, promised(p, "macs") },
		{ KEX_COMPRESS_IN, "none" },
		{ KEX_COMPRESS_OUT, "none" },
	};
	char name[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		kexinit_stranger(
		    k->list[rows[i].list], rows[i].allowed, name, sizeof(name));
		if (*name != '\0')
			return err_set(why, EPERM,
			    "%s offers %s, which the "
			    "document does not allow",
			    k->version, name);
	}
	return 0;
}

static int
fetch(const struct ssh_promise *promise, struct kexinit *k, unsigned refused_ms,
    struct err *why)
{
	uint64_t end_ms = now_ms() + ANSWER_MS;
	own_fd int fd = reach(promise->port, end_ms, refused_ms, why);

	return fd == -1 ? -1 : kexinit_fetch(k, fd, end_ms, why);
}

static int
look_algorithms(struct probe *p, struct err *why)
{
	static struct kexinit k;

	if (fetch(p->promise, &k, REFUSED_MS, why) == -1) {
		p->dead = true;
		p->said = *why;
		return -1;
	}
	if (compare_lists(p, &k, why) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++)
		if (login_offer(&p->login, &weak[i], why) != LOGIN_REFUSED)
			return err_in(why, "%s", weak[i].name);
	(void)err_set(why, 0,
	    "%s lists only %.200s and the like; SHA-1, NIST, CBC and "
	    "encrypt-and-MAC were offered: no match",
	    k.version, k.list[KEX_EXCHANGE]);
	return 0;
}

static int
refused_to(struct probe *p, const char *user, enum login_way way,
    const char *what, struct err *why)
{
	struct login l = p->login;

	l.user = user;
	switch (login_try(&l, way, why)) {
	case LOGIN_REFUSED:
		return 0;
	case LOGIN_OFFERED:
		return err_in(why, "%s: %s is offered", user, what);
	case LOGIN_ACCEPTED:
		return err_in(why, "%s: %s is accepted", user, what);
	case LOGIN_UNCLEAR:
		break;
	}
	return err_in(why, "%s: %s: unclear", user, what);
}

/* For all that the document lets in, for root, and for one that is not. */
static int
refused_to_all(
    struct probe *p, enum login_way way, const char *what, struct err *why)
{
	const struct ssh_promise *promise = p->promise;
	char said[64];

	if (refused_to(p, "root", way, what, why) == -1 ||
	    refused_to(p, STRANGER, way, what, why) == -1)
		return -1;
	for (size_t i = 0; i < promise->n_users; i++)
		if (refused_to(p, promise->users[i], way, what, why) == -1)
			return -1;
	(void)snprintf(said, sizeof(said), "%.63s", why->text);
	(void)err_set(why, 0, "%s denied to %s, root and a stranger; %s", what,
	    promise->probe_user, said);
	return 0;
}

static int
look_password(struct probe *p, struct err *why)
{
	return refused_to_all(p, LOGIN_PASSWORD, "a random password", why);
}

static int
look_kbdint(struct probe *p, struct err *why)
{
	return refused_to_all(p, LOGIN_KBDINT, "keyboard-interactive", why);
}

static int
look_admin(struct probe *p, struct err *why)
{
	const char *user = p->login.user;
	enum login_end end;

	if (p->login.key == NULL)
		return err_set(why, ENOKEY,
		    "this process has put no key in place yet; apply the "
		    "snapshot again");
	end = login_try(&p->login, LOGIN_KEY, why);
	p->key_good = end == LOGIN_ACCEPTED;
	if (end == LOGIN_UNCLEAR)
		return err_in(why, "%s with a good key: unclear", user);
	if (!p->key_good)
		return err_in(why,
		    "%s is refused with a good key (locked or expired account, "
		    "no shell, or not in AllowGroups?)",
		    user);
	(void)err_set(why, 0, "%s came in with a key; nothing was run", user);
	return 0;
}

static int
look_root(struct probe *p, struct err *why)
{
	if (p->login.key != NULL &&
	    refused_to(p, "root", LOGIN_KEY, "a signed attempt", why) == -1)
		return -1;
	if (p->login.key == NULL)
		return err_set(why, ENOKEY, "no key to try it with");
	if (!p->key_good)
		return err_set(why, EPERM,
		    "root was refused, but so was %s with the same key: that "
		    "proves nothing",
		    p->login.user);
	(void)err_set(why, 0, "root denied, signed with the key that let %s in",
	    p->login.user);
	return 0;
}

static int
look_all(struct probe *p)
{
	char place[32];
	struct err why;
	int passed, rc = 0;

	(void)snprintf(place, sizeof(place), "127.0.0.1:%u", p->promise->port);
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		const char *at =
		    looks[i].look == look_dropin ? SSHD_CONFIG_PATH : place;

		why = p->said;
		passed = !p->dead && looks[i].look(p, &why) == 0;
		rc |= p->host->finding(
		    p->host, looks[i].id, at, passed, "%.460s", why.text);
	}
	return rc == 0 ? 0 : -1;
}

int
probe_server(const struct ingot_host *host, const struct ssh_promise *promise,
    ssh_key key)
{
	struct probe p = {
		.host = host,
		.promise = promise,
		.login = { .port = promise->port,
		    .user = promise->probe_user,
		    .key = key,
		    .end_ms = now_ms() + PROBE_MS },
	};

	return look_all(&p);
}

int
probe_wait(const struct ssh_promise *promise, struct err *e)
{
	const struct directive *d =
	    sshd_conf_find(&promise->conf, "kexalgorithms");
	uint64_t end_ms = now_ms() + WAIT_MS;
	static struct kexinit k;
	char name[64];
	int rc;

	do {
		rc = fetch(promise, &k, WAIT_MS, e);
		if (rc == 0) {
			kexinit_stranger(
			    k.list[KEX_EXCHANGE], d->args, name, sizeof(name));
			if (*name == '\0')
				return 0;
		}
		(void)usleep(100 * 1000);
	} while (now_ms() < end_ms);
	return rc;
}
