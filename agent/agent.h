/* SPDX-License-Identifier: MIT */
#ifndef AGENT_H
#define AGENT_H

#include "loop.h"
#include "modes.h"
#include "settings.h"

/*
 * The one state of ingotd, handed to every part of it. Each part owns its own
 * pointer and is the only one that looks inside.
 */
struct agent {
	struct settings settings;
	struct loop *loop;
	int state;           /* state_dir, open */
	struct hosts *hosts; /* hosts.h: supervisor, requests to plugins */
	struct apply *apply; /* apply.h: transaction, snapshots, slot values */
	struct audit *audit; /* audit.h */
	struct ctl *ctl;     /* ctl.h: the command socket */
	enum mode mode;      /* modes.h; changed by mode_step() alone */
	struct notify *notify; /* notify.h: the service manager */
};

#endif
