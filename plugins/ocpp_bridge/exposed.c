/* SPDX-License-Identifier: MIT */
/*
 * The broker for others, seen from the plugin: its files are installed into the
 * places that the policy names, the agent is told to look at them, and we stay
 * connected to it. Whether it was ever set up is known by the secret in the
 * state folder, so a unit without it never asks for INSTALL.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "expose.h"
#include "file.h"
#include "plugin.h"

#define SECRET  "broker.secret"
#define SERVICE "broker"

static const char *
secret_path(const struct ocpp *o, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/" SECRET, o->host->state_dir);
	return path;
}

/* Made once, so that the broker is not started anew for it each time. */
static int
read_secret(
    const struct ocpp *o, char secret[EXPOSE_SECRET_LEN + 1], struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char path[512];

	(void)secret_path(o, path, sizeof(path));
	if (file_read(AT_FDCWD, path, EXPOSE_SECRET_LEN, &text, e) == 0 &&
	    text.len == EXPOSE_SECRET_LEN) {
		(void)memcpy(secret, text.p, EXPOSE_SECRET_LEN + 1);
		return 0;
	}
	if (random_text(secret, EXPOSE_SECRET_LEN, e) == -1)
		return -1;
	return file_write(
	    AT_FDCWD, path, secret, EXPOSE_SECRET_LEN, FILE_SECRET, e);
}

static int
put(const struct ocpp *o, const char *name, const struct bytes *b,
    struct err *e)
{
	if (o->host->install(o->host, name, b == NULL ? NULL : b->p,
		b == NULL ? 0 : b->len) == 0)
		return 0;
	return err_set(e, EACCES,
	    "exposed: %s could not be installed: the policy of this plugin "
	    "has to grant INSTALL of it",
	    name);
}

static int
look(const struct ocpp *o, struct err *e)
{
	if (o->host->reload(o->host, SERVICE) == 0)
		return 0;
	return err_set(e, EACCES,
	    "exposed: the broker was not started: the policy of this plugin "
	    "has to grant RELOAD of \"" SERVICE "\", and mosquitto has to be "
	    "installed");
}

/* The configuration comes last: it names the others. */
static int
install(const struct ocpp *o, const struct expose_files *f, struct err *e)
{
	if (put(o, "broker-acl", &f->acl, e) == -1 ||
	    put(o, "broker-passwd", &f->passwd, e) == -1 ||
	    put(o, "broker-conf", &f->conf, e) == -1)
		return -1;
	return look(o, e);
}

static int
start(struct ocpp *o, struct err *e)
{
	const struct ocpp_settings *s = &o->settings;
	struct expose_files f = { 0 };
	char secret[EXPOSE_SECRET_LEN + 1];
	int rc = read_secret(o, secret, e);

	if (rc == 0 && (rc = expose_files(&s->exposed, secret, &f, e)) == 0)
		rc = install(o, &f, e);
	if (rc == 0 &&
	    (o->expose = expose_new(
		 o->loop, &s->exposed, s->mirror, secret, e)) == NULL)
		rc = -1;
	explicit_bzero(secret, sizeof(secret));
	bytes_free(&f.conf);
	bytes_free(&f.acl);
	bytes_free(&f.passwd);
	return rc;
}

static int
stop(const struct ocpp *o, struct err *e)
{
	char path[512];

	(void)secret_path(o, path, sizeof(path));
	if (access(path, F_OK) == -1)
		return 0;
	if (put(o, "broker-conf", NULL, e) == -1 || look(o, e) == -1 ||
	    put(o, "broker-acl", NULL, e) == -1 ||
	    put(o, "broker-passwd", NULL, e) == -1)
		return -1;
	return file_remove(AT_FDCWD, path, e);
}

int
exposed_serve(struct ocpp *o, struct err *e)
{
	exposed_close(o);
	return o->active && o->settings.exposed.on ? start(o, e) : stop(o, e);
}

void
exposed_close(struct ocpp *o)
{
	expose_free(o->expose);
	o->expose = NULL;
}
