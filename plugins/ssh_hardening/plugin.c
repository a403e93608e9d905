/* SPDX-License-Identifier: MIT */
/*
 * ssh_hardening: the SSH server, so that only keys open it. It renders one
 * drop-in, which sshd reads before all others; puts it in place and has sshd
 * reload, which the agent does only after `sshd -t`; and then goes to the port
 * and tries what an intruder would try.
 *
 * Activate also makes the key with which probe will knock. Its private half is
 * in this process's memory and nowhere else, so the public half that stands in
 * the canary file opens nothing for anybody else, and nothing at all once this
 * process has ended; what it opens is one forced command that does nothing, for
 * callers on this machine. When something fails after the drop-in is in place,
 * the plugin says so: the agent activates the artifact before.
 */
#include <libssh/libssh.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "document.h"
#include "dropin.h"
#include "loop.h"
#include "plugin.h"
#include "probe.h"
#include "reach.h"

#define RELOAD_MS 2000
#define AGAIN_MS  400

#define CANARY                                                                 \
	"restrict,from=\"127.0.0.1,::1\",command=\"/bin/false\" "              \
	"ssh-ed25519 %s ingot-probe\n"

struct ssh_hardening {
	const struct ingot_host *host;
	ssh_key key; /* NULL: nothing is activated */
};

static void *
ssh_open(const struct ingot_host *host)
{
	struct ssh_hardening *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (void)host->fail(host, "out of memory"), NULL;
	s->host = host;
	return s;
}

static int
ssh_render(void *v, const struct ingot_text *document)
{
	const struct ingot_host *host = ((struct ssh_hardening *)v)->host;
	own_bytes struct bytes out = { 0 };
	struct ssh_document d;
	struct err e;

	if (ssh_document_read(&d, document->p, document->len, &e) == -1)
		return host->fail(host, "%s", e.text);
	dropin_write(&d, &out);
	if (out.bad)
		return host->fail(host, "out of memory");
	return host->emit(host, "%s", out.p);
}

/* While sshd starts over it has no pid file: a reload that comes upon another,
 * as after a power cut, finds nobody and is tried again. */
static int
reload(const struct ingot_host *host)
{
	uint64_t end_ms = now_ms() + RELOAD_MS;

	while (host->reload(host, "sshd") != 0) {
		if (now_ms() >= end_ms)
			return -1;
		(void)usleep(AGAIN_MS * 1000);
	}
	return 0;
}

/* Nothing there listens: a server that is not running need not be told. */
static int
is_silent(void)
{
	own_sshd_conf struct sshd_conf unit = { 0 };
	const struct directive *d = NULL;
	struct err e;
	int fd;

	if (sshd_conf_read(&unit, SSHD_CONFIG_PATH, &e) == 0)
		d = sshd_conf_find(&unit, "port");
	fd = reach(
	    (uint16_t)(d == NULL ? 22 : atoi(d->args)), now_ms() + 1000, 0, &e);
	if (fd != -1)
		(void)close(fd);
	return fd == -1 && e.code == ECONNREFUSED;
}

/* A new key at each activation; the public half of the last one is replaced. */
static int
put_canary(struct ssh_hardening *s)
{
	const struct ingot_host *host = s->host;
	char line[512], *half = NULL;
	int n;

	ssh_key_free(s->key);
	s->key = NULL;
	if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &s->key) != SSH_OK ||
	    ssh_pki_export_pubkey_base64(s->key, &half) != SSH_OK)
		return host->fail(host, "libssh: no key for the probe");
	n = snprintf(line, sizeof(line), CANARY, half);
	ssh_string_free_char(half);
	return host->install(host, "canary", line, (size_t)n);
}

static int
take_away(struct ssh_hardening *s)
{
	const struct ingot_host *host = s->host;

	ssh_key_free(s->key);
	s->key = NULL;
	if (host->install(host, "canary", NULL, 0) != 0 ||
	    host->install(host, "drop-in", NULL, 0) != 0)
		return -1;
	if (reload(host) == 0)
		return 0;
	if (!is_silent())
		return -1;
	host->log(host, "the drop-in is gone; sshd does not run");
	return 0;
}

static int
put_in_place(struct ssh_hardening *s, const struct ingot_text *artifact)
{
	own_promise struct ssh_promise promise = { 0 };
	const struct ingot_host *host = s->host;
	struct err e;

	if (dropin_read(&promise, artifact->p, artifact->len, &e) == -1)
		return host->fail(host, "%s", e.text);
	if (put_canary(s) == -1 ||
	    host->install(host, "drop-in", artifact->p, artifact->len) != 0 ||
	    reload(host) != 0)
		return -1;
	if (probe_wait(&promise, &e) == -1)
		return host->fail(
		    host, "after its reload sshd is gone: %s", e.text);
	return 0;
}

static int
ssh_activate(void *v, const struct ingot_text *artifact)
{
	return artifact->len == 0 ? take_away(v) : put_in_place(v, artifact);
}

static int
ssh_probe(void *v, const struct ingot_text *artifact)
{
	const struct ssh_hardening *s = v;
	own_promise struct ssh_promise promise = { 0 };
	struct err e;

	if (artifact->len == 0)
		return 0; /* nothing was promised */
	if (dropin_read(&promise, artifact->p, artifact->len, &e) == -1)
		return s->host->fail(s->host, "%s", e.text);
	return probe_server(s->host, &promise, s->key);
}

static void
ssh_close(void *v)
{
	struct ssh_hardening *s = v;

	ssh_key_free(s->key);
	free(s);
}

INGOT_PLUGIN("ssh_hardening",
    INGOT_NEED_INSTALL | INGOT_NEED_RELOAD | INGOT_NEED_NETWORK,
    .open = ssh_open, .render = ssh_render, .activate = ssh_activate,
    .probe = ssh_probe, .close = ssh_close);
