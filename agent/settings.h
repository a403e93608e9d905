/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"

/*
 * ingot.conf, read and checked. Every path can be set, so that a test or a
 * chroot runs the same agent; the defaults are those of design section 5.
 * Owned by struct settings; texts live until settings_free(). The struct may
 * be moved by assignment.
 */
#define SETTINGS_FILE    "/etc/ingot/ingot.conf"
#define SETTINGS_PLUGINS 15 /* at most */

struct settings {
	struct conf *file;       /* holds the texts */
	const char *state_dir;   /* /var/lib/ingot */
	const char *run_dir;     /* /run/ingot: ctl, pid file */
	const char *log_dir;     /* /var/log/ingot: audit */
	const char *policy_dir;  /* /etc/ingot/policies, searched first */
	const char *shipped_dir; /* /usr/share/ingot/policies */
	const char *plugin_dir;  /* /usr/lib/ingot/plugins */
	const char
	    *libexec_dir;    /* /usr/libexec/ingot: ingot-host, ingot-unpack */
	const char *anchors; /* /etc/ingot/maker-ca.pem: bundles, plugins */
	const char *bundle_cert;  /* /etc/ingot/bundle.pem: encrypted to */
	const char *bundle_key;   /* a file; "": cert_store's "bundle" */
	const char *unit_file;    /* /etc/ingot/unit.conf: serial, model */
	const char *unpack_user;  /* ingot */
	const char *group;        /* ingot: may use read-only verbs */
	const char *reset_root;   /* "": no unit is reset; "/": this one is, at
				     the first apply; else a tree for tests */
	const char *package_root; /* /: where packages are installed */
	const char *dpkg;         /* /usr/bin/dpkg */
	const char *opkg;         /* /bin/opkg */
	const char *plugins[SETTINGS_PLUGINS + 1]; /* NULL-ended, in the order
						      of every phase */
	int64_t confirm_s;                         /* 120; 0: off */
	bool unsigned_bundles; /* development only; ignored in production */
	bool unsigned_plugins; /* true until production */
	bool log_json;
	int64_t backoff_ms; /* 1000: the unit of life_backoff() */
	int64_t quick_ms;   /* 10000: who dies sooner dies quickly */
	int64_t stop_ms;    /* 2000: from asking a host to go to SIGKILL */
	int64_t check_ms;   /* 10000: for a service's check command */
	int64_t package_s;  /* 900: for one run of dpkg or opkg */
};

/* A missing file gives the defaults. On failure nothing is held. */
int settings_read(struct settings *, const char *path, struct err *);
/* The same from a text; name is what errors call it. */
int settings_parse(struct settings *, const char *name, const char *text,
    size_t len, struct err *);
void settings_free(struct settings *); /* fine on a zeroed one */
/* The first path that differs and can not be changed while the agent runs, or
 * NULL. */
const char *settings_fixed(const struct settings *, const struct settings *);

/* A name fit for a plugin: [a-z][a-z0-9_]*, at most PLUGIN_NAME_MAX. */
#define PLUGIN_NAME_MAX 23
bool plugin_name_ok(const char *);

#endif
