/* SPDX-License-Identifier: MIT */
#ifndef CERTS_STANDING_H
#define CERTS_STANDING_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "certs.h"
#include "err.h"

/*
 * Which certificates have been proved in use, kept in the root of the store
 * as ".ingot-standing", a line for each: kind, SHA-256, standing. A new leaf
 * is on trial until one handshake with it has succeeded; the one before stays
 * as the way back. One that a peer refused is not chosen again while another
 * is valid. What the file does not name (an EVerest beside us brought it) has
 * worked: whoever brought it uses it already.
 *
 * New roots are on trial alike, under AdditionalRootCertificateCheck: the old
 * root is kept until one connection was made with the new.
 */
#define STANDING_FILE ".ingot-standing"
#define STANDING_MAX  4096 /* rows */

enum standing {
	STANDING_WORKED,
	STANDING_TRIAL,
	STANDING_REFUSED,
	STANDINGS
};

struct standing_row {
	char kind[8]; /* "csms", "secc", or "root" */
	uint8_t print[32];
	enum standing how;
};

struct standings {
	struct standing_row *rows;
	size_t count;
};
void standings_free(struct standings *); /* fine on a zeroed one */

/* Absent file: empty. A damaged line is an error that names it. */
int standings_read(struct standings *, int root, struct err *);
int
standings_parse(struct standings *, const char *text, size_t len, struct err *);
/* The text of the file; adds to out. What has worked needs no row. */
void standings_write(const struct standings *, struct bytes *out);

enum standing standings_of(
    const struct standings *, const char *kind, const uint8_t print[32]);
/* Adds, or changes. -1: more than STANDING_MAX. */
int standings_set(struct standings *, const char *kind, const uint8_t print[32],
    enum standing, struct err *);

#endif
