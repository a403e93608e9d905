/* SPDX-License-Identifier: MIT */
/*
 * What stands in the place of what was common to an image: a name made of this
 * unit's serial, or random bytes. Nothing here is derived from what was there,
 * but for the other lines of /etc/hosts and the length of a seed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "reset_plan.h"
#include "slot.h"
#include "tree.h"

#define SEED_LEAST 32
#define SEED_USUAL 512
#define SEED_MOST  4096
#define NAME_MOST  63 /* one label of a host name, RFC 1035 2.3.4 */

static int
make_text(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	char missing[SLOT_NAME_MAX + 1];
	int rc =
	    slot_fill(s->item->file->name, s->item->text, strlen(s->item->text),
		values_lookup, &p->values, &s->text, missing, e);

	(void)was;
	if (rc > 0)
		return conf_err(s->item->paths, e,
		    "@{%s} has no value at the first apply", missing);
	bytes_add(&s->text, "\n", 1);
	return rc;
}

/* What a serial may hold and a host name may not becomes a dash. */
static int
make_hostname(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	char *c;

	if (make_text(p, s, was, e) == -1)
		return -1;
	if (s->text.len - 1 > NAME_MOST) {
		s->text.len = NAME_MOST;
		bytes_add(&s->text, "\n", 1);
	}
	for (c = s->text.p; *c != '\n'; c++)
		if (strchr("._:/@+=", *c) != NULL)
			*c = '-';
	if (s->text.p[0] == '-' || c == s->text.p || c[-1] == '-')
		return conf_err(s->item->paths, e,
		    "\"%s\" makes no host name: %.*s", s->item->text,
		    (int)(c - s->text.p), s->text.p);
	return 0;
}

static int
make_hosts(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	static const char ours[] = "127.0.1.1";
	struct bytes name;
	const char *end;

	if (make_hostname(p, s, was, e) == -1)
		return -1;
	name = s->text; /* moved; the step's text becomes the file's */
	s->text = (struct bytes){ 0 };
	for (; *was != '\0'; was = end) {
		end = strchrnul(was, '\n');
		end += *end == '\n';
		if (strncmp(was, ours, strlen(ours)) == 0 &&
		    strchr(" \t", was[strlen(ours)]) != NULL)
			bytes_fmt(&s->text, "%s\t%s", ours, name.p);
		else
			bytes_add(&s->text, was, (size_t)(end - was));
	}
	bytes_free(&name);
	return 0;
}

static int
make_hex(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	uint8_t random[6];
	char hex[2 * sizeof(random) + 1];

	(void)p;
	(void)was;
	if (random_bytes(random, sizeof(random), e) == -1)
		return -1;
	hex_encode(random, sizeof(random), hex);
	bytes_fmt(&s->text, "%s%s\n", s->item->text, hex);
	return 0;
}

/* 16 random bytes as hexadecimal digits, marked as a random UUID (RFC 9562
 * 5.4), as machine-id(5) asks for as well. */
static int
random_uuid(char hex[static 33], struct err *e)
{
	uint8_t id[16];

	if (random_bytes(id, sizeof(id), e) == -1)
		return -1;
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
	hex_encode(id, sizeof(id), hex);
	return 0;
}

static int
make_uuid(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	char h[33];

	(void)p;
	(void)was;
	if (random_uuid(h, e) == -1)
		return -1;
	bytes_fmt(&s->text, "%s%.8s-%.4s-%.4s-%.4s-%s\n", s->item->text, h,
	    h + 8, h + 12, h + 16, h + 20);
	return 0;
}

static int
make_random(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	uint8_t seed[SEED_MOST];
	size_t n = strlen(was); /* its length, said in a's */

	(void)p;
	n = n == 0           ? SEED_USUAL
	    : n < SEED_LEAST ? SEED_LEAST
	    : n > SEED_MOST  ? SEED_MOST
			     : n;
	if (random_bytes(seed, n, e) == -1)
		return -1;
	bytes_add(&s->text, seed, n);
	explicit_bzero(seed, sizeof(seed));
	return 0;
}

/*
 * Where systemd runs (sd_booted(3)) its own word for "none yet": the next start
 * makes one and counts as the first, with all that hangs on ConditionFirstBoot.
 * Elsewhere nobody would make one, so it is made here and now.
 */
static int
make_machine_id(
    struct planning *p, struct reset_step *s, const char *was, struct err *e)
{
	bool systemd = faccessat(p->root, "run/systemd/system", F_OK, 0) == 0;
	char hex[33];

	(void)was;
	s->meta.mode = 0444;
	if (systemd && s->item->mark == RESET_BOOT) {
		bytes_fmt(&s->text, "uninitialized\n");
		return 0;
	}
	if (random_uuid(hex, e) == -1)
		return -1;
	bytes_fmt(&s->text, "%s\n", hex);
	return 0;
}

typedef int
make_fn(struct planning *, struct reset_step *, const char *was, struct err *);

static make_fn *const makers[] = { [MAKE_NOTHING] = NULL,
	[MAKE_TEXT] = make_text,
	[MAKE_HEX] = make_hex,
	[MAKE_UUID] = make_uuid,
	[MAKE_RANDOM] = make_random,
	[MAKE_MACHINE_ID] = make_machine_id,
	[MAKE_MACHINE_LINK] = NULL,
	[MAKE_HOSTNAME] = make_hostname,
	[MAKE_HOSTS] = make_hosts,
	[MAKE_SSH_KEYS] = NULL,
	[MAKE_DROPBEAR_KEYS] = NULL };

/* Only two makers look at what was there: hosts at its lines, random at its
 * length, which bytes that may hold a NUL can not say as a text. */
static int
read_was(struct planning *p, const struct reset_step *s, const char *path,
    struct bytes *was, struct err *e)
{
	if (s->item->make != MAKE_HOSTS && s->item->make != MAKE_RANDOM) {
		bytes_add(was, "", 0);
		return 0;
	}
	if (tree_read_through(p->root, path, RESET_TEXT_MAX, was, e) == -1)
		return -1;
	if (s->item->make == MAKE_RANDOM && was->len > 0)
		memset(was->p, 'a', was->len);
	else if (was->len > 0 && memchr(was->p, '\0', was->len) != NULL)
		return err_set(e, EBADMSG, "%s is no text", path);
	bytes_add(was, "", 0);
	return 0;
}

int
reset_make(
    struct planning *p, struct reset_step *s, const char *path, struct err *e)
{
	own_bytes struct bytes was = { 0 };

	if (makers[s->item->make] == NULL)
		return 0;
	s->kind = STEP_WRITE;
	if (p->dry)
		return 0;
	if (read_was(p, s, path, &was, e) == -1 ||
	    makers[s->item->make](p, s, was.p == NULL ? "" : was.p, e) == -1)
		return -1;
	return s->text.bad ? err_set(e, ENOMEM, "no memory") : 0;
}
