/* SPDX-License-Identifier: MIT */
#ifndef REMOTE_H
#define REMOTE_H

#include "buf.h"
#include "err.h"
#include "json.h"
#include "link.h"

struct work;

/*
 * Commands on a unit. A script is a constant of this program; what differs
 * from unit to unit comes as its arguments $1, $2 ..., each in single quotes,
 * so no value can become syntax. As root, by sudo -n where the login is not.
 */

/* The folder on the unit for what is copied; root's alone. */
#define REMOTE_DIR "/var/lib/ingot-station"

/* sh -c 'script' ingot-station 'args[0]' ...; args is NULL-ended. -1: an
 * argument holds a control character. */
int remote_command(struct bytes *out, bool root, const char *script,
    const char *const args[], struct err *);

/* Its exit status (0 to 255), with what it said in w->said; -1: it could not
 * be run to its end. input may be NULL. */
int remote_try(struct work *, const char *script, const char *const args[],
    const struct link_input *, unsigned limit_s, struct err *);
/* The same, and any status but 0 is an error that ends with the last line it
 * said. */
int remote_run(struct work *, const char *script, const char *const args[],
    const struct link_input *, unsigned limit_s, struct err *);

/* Writes a file on the unit, whole or not at all; its bytes come over standard
 * input, so they stand in no command line. In step_unit.c. */
int remote_put(struct work *, const char *path, const char *mode,
    const char *group, const void *data, size_t len, struct err *);

/* The last line that a command said, for an error; printable, static. */
const char *remote_last_line(const struct said *);
/* Its standard output as one JSON object; NULL: it is none. The caller's. */
json_t *remote_json(const struct said *, const char *what, struct err *);

#endif
