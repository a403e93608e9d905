/* SPDX-License-Identifier: MIT */
#ifndef TEST_DICE_H
#define TEST_DICE_H

/*
 * Dice that fall the same for the same seed, and what is thrown with them:
 * secrets as people and generators make them, and names that give them away.
 */
#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "own.h"

struct dice {
	uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do. */
static inline uint64_t
roll(struct dice *d)
{
	uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline size_t
upto(struct dice *d, size_t n)
{
	return (size_t)(roll(d) % n);
}

#define PICK(d, table) (table)[upto(d, sizeof(table) / sizeof((table)[0]))]

struct plant {
	char name[64];     /* what it is called, "" when it needs no name */
	char secret[512];  /* as the program that reads the file has it */
	char written[512]; /* the same with the escapes of the format */
	unsigned line;
	const char *kind;
};

/* --- Secrets --- */

static inline void
from_set(struct dice *d, const char *set, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = set[upto(d, strlen(set))];
	out[n] = '\0';
}

#define TREES_LOWER "abcdefghijklmnopqrstuvwxyz"
#define TREES_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TREES_DIGIT "0123456789"
#define TREES_ALNUM TREES_LOWER TREES_UPPER TREES_DIGIT

static inline void
words(struct dice *d, char *out)
{
	static const char *const some[] = { "Kirsche", "sommer", "Tannenbaum",
		"lucertola", "Blümchen", "ponte", "gartenzaun", "Falke" };

	(void)snprintf(out, 64, "%s%c%s%zu", PICK(d, some), "-_.+!"[upto(d, 5)],
	    PICK(d, some), 10 + upto(d, 9000));
}

/* What people and generators take; never a word that everybody knows. */
static inline void
secret(struct dice *d, char *out)
{
	switch (upto(d, 5)) {
	case 0:
		from_set(d, TREES_LOWER, 8 + upto(d, 8), out);
		break;
	case 1:
		from_set(d, TREES_ALNUM, 8 + upto(d, 24), out);
		break;
	case 2:
		from_set(
		    d, TREES_ALNUM "!&<>()*+./:?@^~|-", 8 + upto(d, 16), out);
		out[0] = 'k'; /* a path, a flag, a variable begin elsewise */
		out[1] = '7';
		break;
	case 3:
		from_set(d, TREES_DIGIT, 6 + upto(d, 6), out);
		out[0] = '7';
		out[1] = '3';
		break;
	default:
		words(d, out);
	}
}

static inline void
style(struct dice *d, char *name)
{
	bool upper = upto(d, 4) == 0;

	for (char *c = name; upper && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
}

static inline void
secret_name(struct dice *d, char *out)
{
	static const char *const before[] = { "", "", "mqtt_", "db.", "wifi-",
		"broker.", "vpn_", "ocpp.", "remote_", "x_" };
	static const char *const last[] = { "password", "passwd", "pwd",
		"passphrase", "secret", "token", "psk", "api_key", "apikey",
		"client_secret", "private_key_password", "auth_key",
		"access_key", "shared_key", "passwort", "credential", "pw",
		"dbpass", "bindpw", "adminpwd", "wlan_key", "dbpass", "bindpw",
		"adminpwd", "wlan_key", "pass", "encryption_key", "passcode",
		"bearer_token" };

	(void)snprintf(out, 64, "%s%s", PICK(d, before), PICK(d, last));
	style(d, out);
}

#endif
