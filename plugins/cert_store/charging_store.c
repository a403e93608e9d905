/* SPDX-License-Identifier: MIT */
/*
 * The store of charging certificates while the document is active: opened,
 * followed when somebody else changes its folders, swept by a timer, and its
 * leaves watched for their end.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "charging_keys.h"
#include "file.h"
#include "store.h"

#define FOLDER    "certs" /* in the plugin's own folder */
#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

void
charging_forget_stores(struct charging *ch)
{
	for (int i = 0; i < CERTS_DOMAINS; i++) {
		X509_STORE_free(ch->stores[i]);
		ch->stores[i] = NULL;
	}
}

void
charging_links(struct charging *ch)
{
	const struct ingot_host *host = ch->store->host;
	const struct certs_entry *l = NULL;
	struct err e = { 0 };
	uint8_t print[32] = { 0 };
	bool changed;

	for (int d = 0; d < CERTS_DOMAINS; d++)
		if (certs_rehash(ch->certs, (enum certs_domain)d, &e) !=
		    CERTS_ACCEPTED)
			host->log(host, "hash links: %s", e.text);
	if (!certs_config(ch->certs)->links)
		return;
	if (certs_choose(ch->certs, CERTS_LEAF_SECC, NULL, false, &l, &e) ==
	    CERTS_ACCEPTED)
		memcpy(print, l->cert->print, sizeof(print));
	if (certs_link(ch->certs, l == NULL ? NULL : print, &changed, &e) !=
	    CERTS_ACCEPTED)
		host->log(host, "links of the SECC leaf: %s", e.text);
}

/* --- timers --------------------------------------------------------------- */

static void
on_collect(void *ctx)
{
	struct charging *ch = ctx;
	const struct ingot_host *host = ch->store->host;
	struct certs_collected gone = { 0 };
	struct err e = { 0 };

	if (certs_collect(ch->certs, &gone, &e) != CERTS_ACCEPTED)
		host->log(host, "charging certificates: %s", e.text);
	else if (gone.leaves + gone.keys + gone.ocsp > 0)
		host->event(host, "CertificatesCollected",
		    "%zu leaves, %zu keys, %zu OCSP answers", gone.leaves,
		    gone.keys, gone.ocsp);
	ch->collect_timer = host->timer(host,
	    certs_config(ch->certs)->collect_minutes * MINUTE_MS, on_collect,
	    ch);
}

static void
on_expiry(void *ctx)
{
	struct charging *ch = ctx;
	const struct ingot_host *host = ch->store->host;

	charging_ask_renewal(ch);
	charging_links(ch); /* one may have ended, another begun */
	ch->expiry_timer = host->timer(host, HOUR_MS, on_expiry, ch);
}

static void
on_changed(void *ctx, int fd, uint32_t events)
{
	struct charging *ch = ctx;
	const struct ingot_host *host = ch->store->host;
	struct err e;

	(void)fd;
	(void)events;
	if (certs_refresh(ch->certs, &e) == -1)
		host->log(host, "charging certificates: %s", e.text);
	else
		charging_links(ch);
}

/* --- start and stop ------------------------------------------------------- */

static int
open_root(struct store *s, struct charging *ch, struct err *e)
{
	const char *root = s->doc.charging.root;

	if (*root == '\0') {
		if (file_mkdirs(s->state, FOLDER, 0755, e) == -1)
			return -1;
		(void)snprintf(ch->path, sizeof(ch->path), "%s/%s",
		    s->host->state_dir, FOLDER);
	} else
		(void)snprintf(ch->path, sizeof(ch->path), "%s", root);
	ch->root = open(ch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ch->root != -1
	    ? 0
	    : err_sys(e,
		  "%s: make it, give it to this plugin's user, and name it "
		  "under `write` in policies/plugins/cert_store.conf",
		  ch->path);
}

int
charging_start(struct store *s, struct err *e)
{
	const struct ingot_host *host = s->host;
	struct charging *ch;

	if (!s->doc.charging.wanted)
		return 0;
	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	s->charging = ch;
	ch->store = s;
	ch->root = -1;
	if (open_root(s, ch, e) == -1 ||
	    (ch->certs = certs_open(ch->root, &s->doc.charging.config, e)) ==
		NULL) {
		charging_stop(s);
		return err_in(e, "charging certificates");
	}
	certs_password(ch->certs, charging_word, s);
	if (certs_watch_fd(ch->certs) != -1 &&
	    host->watch(host, certs_watch_fd(ch->certs), EPOLLIN, on_changed,
		ch) == -1) {
		charging_stop(s);
		return err_set(e, EIO, "charging certificates: no watch");
	}
	/* Soon, but not in the middle of a transaction. */
	ch->collect_timer = host->timer(host, MINUTE_MS, on_collect, ch);
	ch->expiry_timer = host->timer(host, MINUTE_MS, on_expiry, ch);
	return 0;
}

void
charging_stop(struct store *s)
{
	struct charging *ch = s->charging;

	if (ch == NULL)
		return;
	if (ch->collect_timer > 0)
		s->host->untimer(s->host, ch->collect_timer);
	if (ch->expiry_timer > 0)
		s->host->untimer(s->host, ch->expiry_timer);
	if (ch->certs != NULL && certs_watch_fd(ch->certs) != -1)
		(void)s->host->watch(
		    s->host, certs_watch_fd(ch->certs), 0, NULL, NULL);
	charging_forget_stores(ch);
	certs_close(ch->certs);
	if (ch->root != -1)
		(void)close(ch->root);
	free(ch);
	s->charging = NULL;
}
