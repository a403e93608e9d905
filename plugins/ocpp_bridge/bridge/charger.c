/* SPDX-License-Identifier: MIT */
/*
 * The charge points that are known, in memory a sorted array of pointers: a
 * fleet behind one gateway is hundreds, so a new one moves a few kilobytes
 * once, and listing them page by page is a walk. A record is read when its
 * charge point first comes, never all at start: folders grow, starts are to be
 * short.
 *
 * Whoever connects without a credential makes no file: only what a charge point
 * proved, or was told by its CSMS, is saved. In memory it goes when room is
 * needed and nobody holds it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charger_in.h"
#include "digest.h"
#include "file.h"
#include "own.h"

#define NAME_ROOM 200 /* of NAME_MAX: a temporary name is longer */

void
charger_escape(const char *identity, char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789_-";

	for (; *identity != '\0'; identity++) {
		unsigned char c = (unsigned char)*identity;

		if (strchr(plain, c) != NULL) {
			*out++ = (char)c;
			continue;
		}
		*out++ = '%';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	*out = '\0';
}

/* The file's name. One too long for a folder ends in its hash instead; "~"
 * keeps it from being any short one's. */
int
chargers_name(const char *identity, char out[NAME_MAX + 1], struct err *e)
{
	char whole[3 * OCPP_IDENTITY_MAX + 1], print[SHA256_HEX];
	uint8_t digest[SHA256_LEN];

	charger_escape(identity, whole);
	if (strlen(whole) <= NAME_ROOM) {
		(void)strcpy(out, whole);
		return 0;
	}
	if (sha256(identity, strlen(identity), digest, e) == -1)
		return -1;
	hex_encode(digest, sizeof(digest), print);
	(void)snprintf(out, NAME_MAX + 1, "%.100s~%s", whole, print);
	return 0;
}

static int
count_files(struct chargers *s, const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	const struct dirent *one;

	if (d == NULL)
		return err_sys(e, "%s", folder);
	while ((one = readdir(d)) != NULL)
		s->files += one->d_name[0] != '.';
	(void)closedir(d);
	return 0;
}

struct chargers *
chargers_open(const char *folder, unsigned most,
    void (*log)(void *ctx, const char *line), void *ctx, struct err *e)
{
	struct chargers *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	*s = (struct chargers){
		.folder = -1, .most = most, .log = log, .ctx = ctx
	};
	(void)pthread_mutex_init(&s->lock, NULL);
	if (file_mkdirs(AT_FDCWD, folder, 0700, e) == -1 ||
	    file_sweep(AT_FDCWD, folder, e) == -1 ||
	    count_files(s, folder, e) == -1) {
		chargers_free(s);
		return NULL;
	}
	s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder == -1) {
		(void)err_sys(e, "%s", folder);
		chargers_free(s);
		return NULL;
	}
	return s;
}

static void
forget(struct charger *c)
{
	explicit_bzero(c, sizeof(*c));
	free(c);
}

void
chargers_free(struct chargers *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		forget(s->all[i]);
	free(s->all);
	if (s->folder != -1)
		(void)close(s->folder);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Where it stands, or would. */
static size_t
place(const struct chargers *s, const char *identity, bool *there)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(s->all[mid]->identity, identity);

		if (order == 0) {
			*there = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*there = false;
	return low;
}

struct charger *
chargers_find(struct chargers *s, const char *identity)
{
	bool there;
	size_t at = place(s, identity, &there);

	return there ? s->all[at] : NULL;
}

struct charger *
chargers_at(struct chargers *s, size_t i)
{
	return i < s->n ? s->all[i] : NULL;
}

size_t
chargers_after(struct chargers *s, const char *identity)
{
	bool there;
	size_t at = place(s, identity, &there);

	return at + (there ? 1 : 0);
}

size_t
chargers_most(const struct chargers *s)
{
	return s->most;
}

void
chargers_most_are(struct chargers *s, unsigned most)
{
	s->most = most;
}

void
chargers_say(const struct chargers *s, const char *what, const char *name,
    const struct err *e)
{
	char line[ERR_TEXT_MAX + 2 * NAME_MAX];

	(void)snprintf(line, sizeof(line), "charge point's record %s %s: %s",
	    name, what, e->text);
	if (s->log != NULL)
		s->log(s->ctx, line);
}

static void
set_aside(const struct chargers *s, const char *name, const struct err *why)
{
	char aside[NAME_MAX + 1];
	struct err e;

	(void)snprintf(aside, sizeof(aside), "%.240s.damaged", name);
	if (renameat(s->folder, name, s->folder, aside) == 0) {
		chargers_say(s,
		    "is damaged and set aside; its keys have to be given anew",
		    name, why);
		return;
	}
	(void)err_sys(&e, "%s", why->text);
	chargers_say(s, "is damaged and can not be set aside", name, &e);
}

/* One that can not be read for another reason than its content is no new one:
 * its secret would be lost with the next save. */
static int
load(const struct chargers *s, const char *identity, struct charger *c,
    struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char name[NAME_MAX + 1];

	charger_new_is(c, identity);
	if (chargers_name(identity, name, e) == -1)
		return -1;
	if (file_read(s->folder, name, CHARGER_FILE_MAX, &text, e) == -1) {
		if (e->code == ENOENT)
			return 0;
		if (e->code != EFBIG)
			return -1;
	} else if (charger_parse(text.p, text.len, c, e) == 0) {
		if (strcmp(c->identity, identity) == 0)
			return 0;
		(void)err_set(e, EINVAL, "it speaks of another one");
	}
	set_aside(s, name, e);
	charger_new_is(c, identity);
	return 0;
}

/* Room for one more: an array that is long enough, and not too many. */
static int
make_room(struct chargers *s, struct err *e)
{
	if (s->n >= s->most) {
		size_t i = 0;

		while (i < s->n && (s->all[i]->held > 0 || s->all[i]->changed))
			i++;
		if (i == s->n)
			return err_set(e, EAGAIN,
			    "%zu charge points are here, as many as the limit "
			    "allows",
			    s->n);
		forget(s->all[i]);
		s->n--;
		memmove(&s->all[i], &s->all[i + 1],
		    (s->n - i) * sizeof(struct charger *));
	}
	if (s->n == s->room) {
		size_t room = s->room + 64;
		struct charger **all =
		    realloc(s->all, room * sizeof(struct charger *));

		if (all == NULL)
			return err_set(e, ENOMEM, "out of memory");
		s->all = all;
		s->room = room;
	}
	return 0;
}

struct charger *
chargers_get(struct chargers *s, const char *identity, struct err *e)
{
	bool there;
	size_t at = place(s, identity, &there);
	struct charger *c;

	if (there)
		return s->all[at];
	if (make_room(s, e) == -1)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (load(s, identity, c, e) == -1) {
		forget(c);
		return NULL;
	}
	at = place(s, identity, &there); /* one may have gone */
	memmove(&s->all[at + 1], &s->all[at],
	    (s->n - at) * sizeof(struct charger *));
	s->all[at] = c;
	s->n++;
	return c;
}
