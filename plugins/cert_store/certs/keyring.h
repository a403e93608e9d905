/* SPDX-License-Identifier: MIT */
#ifndef CERTS_KEYRING_H
#define CERTS_KEYRING_H

#include "certs.h"

/*
 * What the store knows of its keys beside their files, in ".ingot-keys" of the
 * root, a line each, parts parted by tabs: file, SHA-256 of the public half's
 * bits or "-", when it was first seen (seconds since 1970; 0: the clock was
 * below its floor), and for how many seconds units of time have been counted
 * since, while the store was open. The last two are how a request's age
 * is known over reboots, with a clock and without one.
 */
#define KEYRING_FILE ".ingot-keys"
#define KEYRING_MAX  4096 /* rows */

struct keyring_row {
	char file[160]; /* below the root; longer foreign names have no row */
	bool known;     /* hash is */
	uint8_t hash[32];
	long long born, age;
};

struct keyring {
	struct keyring_row *rows;
	size_t count;
};
void keyring_free(struct keyring *);

/* Absent: empty. One that is damaged is empty as well: its keys then wait from
 * now on, and those that are encrypted ask for their word. */
void keyring_read(struct keyring *, int root);
int keyring_parse(struct keyring *, const char *text, size_t len, struct err *);
void keyring_write(const struct keyring *, struct bytes *out);

struct keyring_row *keyring_find(const struct keyring *, const char *file);
/* A new row, zeroed but for its file; NULL: too many, or no such name. */
struct keyring_row *keyring_add(struct keyring *, const char *file);
void keyring_remove(struct keyring *, const char *file);

#endif
