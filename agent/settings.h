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
 * Owned by struct settings; texts live until settings_free().
 */
#define SETTINGS_FILE "/etc/ingot/ingot.conf"

struct settings {
	struct conf file;
	const char *state_dir;	 /* /var/lib/ingot */
	const char *run_dir;	 /* /run/ingot: ctl, pid file */
	const char *log_dir;	 /* /var/log/ingot: audit */
	const char *policy_dir;	 /* /etc/ingot/policies, searched first */
	const char *shipped_dir; /* /usr/share/ingot/policies */
	const char *plugin_dir;	 /* /usr/lib/ingot/plugins */
	const char *libexec_dir; /* /usr/libexec/ingot: ingot-host, ingot-unpack */
	const char *anchors;	 /* /etc/ingot/maker-ca.pem: bundles, plugins */
	const char *unit_file;	 /* /etc/ingot/unit.conf: serial, model */
	const char *unpack_user; /* ingot */
	const char *group;	 /* ingot: may use read-only verbs */
	const char *plugins[16]; /* NULL-ended, in the order of every phase */
	int64_t confirm_s;	 /* 120; 0: off */
	bool unsigned_bundles;	 /* development only; ignored in production */
	bool unsigned_plugins;	 /* true until production */
	bool log_json;
};

/* A missing file gives the defaults. */
int settings_read(struct settings *, const char *path, struct err *);
void settings_free(struct settings *);

#endif
