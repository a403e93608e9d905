/* SPDX-License-Identifier: MIT */
/*
 * The cage on the command line: one table of keys serves the writer and the
 * reader, so what one says the other understands. Words are strict: a key that
 * is unknown, a number that is no number, a scalar said twice or a list that
 * is too long ends the host before it does anything.
 *
 * Deliberately no secret here: any process can read a command line.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define WORD_MAX    32 /* key, '=' and any number */
#define ENTRIES_MAX (SPEC_LIST_MAX - 1)

enum shape {
	NUMBER, /* uint32_t or its like */
	GIDS,
	PORTS,
	TEXT,
	TEXTS
};

struct key {
	const char *name;
	enum shape shape;
	size_t at; /* in struct host_spec */
	unsigned long min, max;
	bool needed;
};

#define AT(field) .at = offsetof(struct host_spec, field)

static const struct key keys[] = {
	{ "uid", NUMBER, AT(uid), .min = 1, .max = INT32_MAX, .needed = true },
	{ "gid", NUMBER, AT(gid), .min = 1, .max = INT32_MAX, .needed = true },
	{ "group", GIDS, AT(groups), .min = 1, .max = INT32_MAX },
	{ "granted", NUMBER, AT(granted), .max = UINT32_MAX },
	{ "memory_mb", NUMBER, AT(memory_mb), .max = 1024 * 1024 },
	{ "descriptors", NUMBER, AT(descriptors), .max = 65536 },
	{ "state", TEXT, AT(state) },
	{ "read", TEXTS, AT(read) },
	{ "write", TEXTS, AT(write) },
	{ "connect", PORTS, AT(connect), .min = 1, .max = UINT16_MAX },
	{ "bind", PORTS, AT(bind), .min = 1, .max = UINT16_MAX },
	{ "hand", TEXTS, AT(hand) },
	{ "unix", NUMBER, AT(unix_sockets), .max = 1 },
};

#define KEYS (sizeof(keys) / sizeof(*keys))

_Static_assert(sizeof(uid_t) == sizeof(uint32_t) &&
	sizeof(gid_t) == sizeof(uint32_t) &&
	sizeof(unsigned) == sizeof(uint32_t),
    "a NUMBER is 32 bits");
/* argv[0], six numbers, one text, six lists, and the NULL. */
_Static_assert(1 + 6 + 6 * ENTRIES_MAX + 1 <= SPEC_ARGV_MAX, "room for all");

/* The table knows places in the struct, not types; shape says the rest. */
static void *
field(const struct host_spec *s, const struct key *k)
{
	return (char *)(uintptr_t)s + k->at;
}

/* The i-th value of a number or list of numbers; 0 ends a list. */
static unsigned long
number_at(const struct host_spec *s, const struct key *k, size_t i)
{
	if (k->shape == PORTS)
		return ((uint16_t *)field(s, k))[i];
	return ((uint32_t *)field(s, k))[i];
}

static void
set_number(struct host_spec *s, const struct key *k, size_t i, unsigned long v)
{
	if (k->shape == PORTS)
		((uint16_t *)field(s, k))[i] = (uint16_t)v;
	else
		((uint32_t *)field(s, k))[i] = (uint32_t)v;
}

static bool
is_text(const struct key *k)
{
	return k->shape == TEXT || k->shape == TEXTS;
}

/* A list keeps room for its end. */
static size_t
values_max(const struct key *k)
{
	return k->shape == NUMBER || k->shape == TEXT ? 1 : ENTRIES_MAX;
}

/* How many values the spec has for this key. */
static size_t
values(const struct host_spec *s, const struct key *k)
{
	size_t n = 0, most = values_max(k);

	while (n < most &&
	    (is_text(k) ? ((const char **)field(s, k))[n] != NULL
			: number_at(s, k, n) != 0))
		n++;
	return n;
}

/* Counted generously: it lives until the exec. */
static size_t
text_room(const struct host_spec *s)
{
	size_t room = WORD_MAX;

	for (const struct key *k = keys; k < keys + KEYS; k++)
		for (size_t i = 0; i < values(s, k); i++) {
			room += WORD_MAX;
			if (is_text(k))
				room += strlen(((const char **)field(s, k))[i]);
		}
	return room;
}

/* One word into the block; what is left of it. */
static char *
say(char *to, const struct host_spec *s, const struct key *k, size_t i)
{
	int n;

	if (is_text(k))
		n = sprintf(
		    to, "%s=%s", k->name, ((const char **)field(s, k))[i]);
	else
		n = sprintf(to, "%s=%lu", k->name, number_at(s, k, i));
	return to + n + 1;
}

char **
spec_argv(const struct host_spec *s, struct err *e)
{
	char **argv = calloc(1, SPEC_ARGV_MAX * sizeof(*argv) + text_room(s));
	char *to;
	size_t n = 0;

	if (argv == NULL)
		return (void)err_sys(e, "host's words"), NULL;
	to = (char *)(argv + SPEC_ARGV_MAX);
	argv[n++] = to;
	to += sprintf(to, "ingot-host") + 1;
	for (const struct key *k = keys; k < keys + KEYS; k++)
		for (size_t i = 0; i < values(s, k); i++) {
			argv[n++] = to;
			to = say(to, s, k, i);
		}
	return argv;
}

static const struct key *
find_key(const char *word, size_t len)
{
	for (const struct key *k = keys; k < keys + KEYS; k++)
		if (strlen(k->name) == len && memcmp(k->name, word, len) == 0)
			return k;
	return NULL;
}

/* strtoul would take "-1", " 1" and "1x"; a spec has none of them. */
static int
take_number(struct host_spec *s, const struct key *k, size_t i,
    const char *value, struct err *e)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 ||
	    v < k->min || v > k->max)
		return err_set(e, EINVAL, "%s=%s: not a number from %lu to %lu",
		    k->name, value, k->min, k->max);
	set_number(s, k, i, v);
	return 0;
}

static int
take_word(struct host_spec *s, const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	const struct key *k = NULL;
	size_t i;

	if (eq != NULL)
		k = find_key(word, (size_t)(eq - word));
	if (k == NULL)
		return err_set(e, EINVAL,
		    "%.32s: not a word of the agent's; ingot-host is started "
		    "by ingotd, not by hand",
		    word);
	if ((i = values(s, k)) == values_max(k))
		return err_set(e, E2BIG, "%s: too many", word);
	if (!is_text(k))
		return take_number(s, k, i, eq + 1, e);
	if (eq[1] == '\0')
		return err_set(e, EINVAL, "%s: empty", word);
	((const char **)field(s, k))[i] = eq + 1;
	return 0;
}

int
spec_parse(struct host_spec *s, int argc, char *const argv[], struct err *e)
{
	*s = (struct host_spec){ 0 };
	for (int i = 1; i < argc; i++)
		if (take_word(s, argv[i], e) == -1)
			return -1;
	for (const struct key *k = keys; k < keys + KEYS; k++)
		if (k->needed && values(s, k) == 0)
			return err_set(e, EINVAL,
			    "%s= is missing; ingot-host is started by "
			    "ingotd, not by hand",
			    k->name);
	return 0;
}
