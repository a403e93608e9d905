/* SPDX-License-Identifier: MIT */
/*
 * The record is small (a few lines a unit) and written whole by the durable
 * write at each change: a power cut leaves the old or the new one. Only the
 * process that leads the day writes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "file.h"
#include "hostkeys.h"
#include "own.h"

struct known {
	char name[sizeof(((struct unit *)0)->name)];
	char type[HOSTKEY_TYPE_MAX + 1];
	char print[UNIT_HOSTKEY_LEN + 1];
	char after[UNIT_HOSTKEY_LEN + 1]; /* "": seen first */
	char *text;                       /* owned */
	char when[24];
};

struct hostkeys {
	const char *path;
	struct known *known;
	size_t count;
};

int
hostkey_print(
    const char *text, char out[static UNIT_HOSTKEY_LEN + 1], struct err *e)
{
	own_str char *raw = malloc(HOSTKEY_TEXT_MAX);
	own_str char *b64 = NULL;
	uint8_t hash[SHA256_LEN];
	long n;

	if (raw == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (strlen(text) > HOSTKEY_TEXT_MAX ||
	    (n = base64_decode(text, raw, HOSTKEY_TEXT_MAX)) < 16)
		return err_set(e, EBADMSG, "is no public key in base64");
	if (sha256(raw, (size_t)n, hash, e) == -1)
		return -1;
	if ((b64 = base64_encode(hash, sizeof(hash))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	/* OpenSSH leaves the padding away. */
	(void)snprintf(out, UNIT_HOSTKEY_LEN + 1, "SHA256:%.43s", b64);
	return 0;
}

static int
add(struct hostkeys *h, const char *name, const struct hostkey_shown *k,
    const char *after, const char *when, struct err *e)
{
	struct known one = { .text = NULL };
	struct known *more;

	if (hostkey_print(k->text, one.print, e) == -1)
		return -1;
	more = reallocarray(h->known, h->count + 1, sizeof(*more));
	if (more == NULL)
		return err_set(e, ENOMEM, "no memory");
	h->known = more;
	(void)snprintf(one.name, sizeof(one.name), "%s", name);
	(void)snprintf(one.type, sizeof(one.type), "%s", k->type);
	(void)snprintf(one.after, sizeof(one.after), "%s", after);
	(void)snprintf(one.when, sizeof(one.when), "%s", when);
	if ((one.text = strdup(k->text)) == NULL)
		return err_set(e, ENOMEM, "no memory");
	h->known[h->count++] = one;
	return 0;
}

/* NAME TYPE KEY seen WHEN | NAME TYPE KEY after PRINT WHEN; what stands behind
 * the key is a comment to OpenSSH, and may be missing. */
static int
read_line(struct hostkeys *h, char *line, struct err *e)
{
	char *words[6] = { NULL }, *rest = line;
	struct hostkey_shown k;
	bool after;
	size_t n = 0;

	while (n < 6 && (words[n] = strsep(&rest, " ")) != NULL)
		n++;
	if (n < 3 || strlen(words[0]) >= sizeof(h->known->name) ||
	    strlen(words[1]) > HOSTKEY_TYPE_MAX)
		return err_set(e, EBADMSG, "is not \"NAME TYPE KEY ...\"");
	after = n >= 5 && strcmp(words[3], "after") == 0;
	if (after && !unit_hostkey_ok(words[4]))
		return err_set(e, EBADMSG, "no fingerprint behind \"after\"");
	k = (struct hostkey_shown){ words[1], words[2] };
	return add(h, words[0], &k, after ? words[4] : "",
	    after && n == 6 ? words[5]
		: n >= 5    ? words[4]
			    : "-",
	    e);
}

static int
read_all(struct hostkeys *h, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char *rest, *line;

	if (faccessat(AT_FDCWD, h->path, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return 0;
	if (file_read(AT_FDCWD, h->path, HOSTKEYS_SIZE_MAX, &text, e) == -1)
		return -1;
	rest = text.p;
	for (unsigned n = 1; (line = strsep(&rest, "\n")) != NULL; n++)
		if (*line != '\0' && *line != '#' &&
		    read_line(h, line, e) == -1)
			return err_in(e, "%s:%u", h->path, n);
	return 0;
}

struct hostkeys *
hostkeys_open(const char *path, struct err *e)
{
	struct hostkeys *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		(void)err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	h->path = path;
	if (read_all(h, e) == 0)
		return h;
	hostkeys_free(h);
	return NULL;
}

void
hostkeys_free(struct hostkeys *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->count; i++)
		free(h->known[i].text);
	free(h->known);
	free(h);
}

static int
save(const struct hostkeys *h, struct err *e)
{
	own_bytes struct bytes out = { 0 };
	const struct known *k;

	for (size_t i = 0; i < h->count; i++) {
		k = &h->known[i];
		bytes_fmt(&out, "%s %s %s %s%s %s\n", k->name, k->type, k->text,
		    *k->after == '\0' ? "seen" : "after ", k->after, k->when);
	}
	if (out.bad)
		return err_set(e, ENOMEM, "no memory");
	return file_write(AT_FDCWD, h->path, out.p, out.len, FILE_PUBLIC, e);
}

static int
record(struct hostkeys *h, const struct unit *u, const struct hostkey_shown *k,
    const char *after, struct err *e)
{
	char when[24];
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (add(h, u->name, k, after, when, e) == -1)
		return -1;
	if (save(h, e) == 0)
		return 0;
	/* What is not on disk is not known. */
	free(h->known[--h->count].text);
	return -1;
}

/* Does the unit's record lead from the key with this fingerprint back to the
 * pinned one? Each step came later than the one it stands on, so the search
 * goes down and ends. */
static bool
descends(const struct hostkeys *h, const struct unit *u, const char *print,
    const char *pin)
{
	for (size_t i = h->count; i-- > 0;) {
		if (strcmp(print, pin) == 0)
			return true;
		if (strcmp(h->known[i].name, u->name) == 0 &&
		    strcmp(h->known[i].print, print) == 0 &&
		    *h->known[i].after != '\0')
			print = h->known[i].after;
	}
	return strcmp(print, pin) == 0;
}

static const struct known *
find(const struct hostkeys *h, const struct unit *u, const char *print)
{
	for (size_t i = h->count; i-- > 0;)
		if (strcmp(h->known[i].name, u->name) == 0 &&
		    (print == NULL || strcmp(h->known[i].print, print) == 0))
			return &h->known[i];
	return NULL;
}

/* Whose else this key is. */
static const char *
owner(const struct hostkeys *h, const struct units *all, const struct unit *u,
    const char *print)
{
	for (size_t i = 0; i < all->count; i++)
		if (&all->unit[i] != u &&
		    strcmp(all->unit[i].hostkey, print) == 0)
			return all->unit[i].name;
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->known[i].print, print) == 0 &&
		    strcmp(h->known[i].name, u->name) != 0)
			return h->known[i].name;
	return NULL;
}

static int
anothers(const char *print, const char *owner, struct err *e)
{
	return err_set(e, EPERM,
	    "THE HOST KEY %s BELONGS TO UNIT %s: two units with one key are "
	    "clones, or the address leads to the wrong one",
	    print, owner);
}

static int
changed(const struct hostkeys *h, const struct unit *u, const char *print,
    struct err *e)
{
	const struct known *k = find(h, u, NULL);
	bool pinned = *u->hostkey != '\0';

	return err_set(e, EPERM,
	    "THE HOST KEY IS NOT THE UNIT'S: it shows %s, %s says %s. Somebody "
	    "may stand between, or this is another unit",
	    print, pinned ? "the list" : "the record",
	    pinned ? u->hostkey : k->print);
}

int
hostkeys_judge(struct hostkeys *h, const struct units *all,
    const struct unit *u, const struct hostkey_shown *k, bool pinned_only,
    struct err *e)
{
	char print[UNIT_HOSTKEY_LEN + 1];
	const char *other;

	if (hostkey_print(k->text, print, e) == -1)
		return err_in(e, "the host key");
	if ((other = owner(h, all, u, print)) != NULL)
		return anothers(print, other, e);
	if (*u->hostkey != '\0')
		return descends(h, u, print, u->hostkey)
		    ? 0
		    : changed(h, u, print, e);
	if (find(h, u, print) != NULL)
		return 0;
	if (find(h, u, NULL) != NULL)
		return changed(h, u, print, e);
	if (pinned_only)
		return err_set(e, EPERM,
		    "no host key is known, and --pinned takes none unseen; it "
		    "shows %s",
		    print);
	return record(h, u, k, "", e);
}

/* As OpenSSH spells them (sk-ssh-ed25519@openssh.com): it goes into the record
 * as the unit said it. */
static bool
type_ok(const char *type)
{
	size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789@.-");

	return n > 0 && n <= HOSTKEY_TYPE_MAX && type[n] == '\0';
}

static size_t
keys_of(const struct hostkeys *h, const struct unit *u)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += strcmp(h->known[i].name, u->name) == 0;
	return n;
}

/* May this key, which a unit only speaks of, go into the record? */
static int
may_follow(const struct hostkeys *h, const struct units *all,
    const struct unit *u, const struct hostkey_shown *k, const char *print,
    struct err *e)
{
	const char *other = owner(h, all, u, print);

	if (other != NULL)
		return anothers(print, other, e);
	if (!type_ok(k->type))
		return err_set(e, EBADMSG, "a host key of no known type");
	if (keys_of(h, u) >= HOSTKEYS_OF_UNIT)
		return err_set(e, E2BIG,
		    "the unit has had more than %d host keys; take its old "
		    "lines out of the line's known_hosts",
		    HOSTKEYS_OF_UNIT);
	return 0;
}

int
hostkeys_after(struct hostkeys *h, const struct units *all,
    const struct unit *u, const char *fingerprint,
    const struct hostkey_shown *k, struct err *e)
{
	char print[UNIT_HOSTKEY_LEN + 1], before[UNIT_HOSTKEY_LEN + 1];
	const struct known *last = find(h, u, NULL);

	if (hostkey_print(k->text, print, e) == -1)
		return err_in(e, "a host key of the unit");
	/* A copy: the record may move when it grows. */
	(void)snprintf(before, sizeof(before), "%s",
	    *fingerprint != '\0' ? fingerprint
		: last != NULL   ? last->print
				 : u->hostkey);
	if (*before == '\0')
		return err_set(e, EPERM, "no key of this unit is known");
	if (strcmp(print, before) == 0 || strcmp(print, u->hostkey) == 0 ||
	    find(h, u, print) != NULL)
		return 0;
	if (may_follow(h, all, u, k, print, e) == -1)
		return -1;
	return record(h, u, k, before, e);
}
