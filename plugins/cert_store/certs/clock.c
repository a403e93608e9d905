/* SPDX-License-Identifier: MIT */
/*
 * The clock and its floor. A gateway without a battery wakes up in 1970: then
 * nothing has expired and nothing is valid, and the answer to "when" is "the
 * clock is below its floor", never "expired". The floor is the later of when
 * Ingot was made and the latest time this store has seen, on disk; it is
 * written at most once an hour, for the sake of the flash.
 *
 * A clock that stood in 2040 for an hour must not make the right one look
 * unset for the rest of the unit's life: what is far ahead of the floor becomes
 * the floor only when the clock has stood there for a day of running. To lower
 * a floor that is wrong, remove ".ingot-clock".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "index.h"
#include "x509.h"

#define CLOCK_NAME ".ingot-clock"
#define STEP       3600
#define LATEST     INT64_C(253402300800)
#define FAR        (400 * 24 * 3600)
#define FAR_WAIT   (24 * 3600)

/* Since this machine started, its sleep included. */
time_t
boot_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

void
clock_open(struct certs *c)
{
	own_bytes struct bytes b = { 0 };
	struct err ignored;
	char *end;
	long long seen;

	c->floor = X509_CLOCK_FLOOR;
	if (file_read(c->root, CLOCK_NAME, 32, &b, &ignored) == -1)
		return;
	/* One that cannot be read, or lies behind the year 9999, is none: the
	 * build's own floor holds. */
	seen = strtoll(b.p, &end, 10);
	if (end != b.p && *end == '\n' && seen > c->floor && seen < LATEST)
		c->floor = (time_t)seen;
}

static bool
is_believed(struct certs *c, time_t now)
{
	if (now <= c->floor + FAR) {
		c->leaped = 0;
		return true;
	}
	if (c->leaped == 0)
		c->leaped = boot_seconds();
	return boot_seconds() - c->leaped >= FAR_WAIT;
}

void
clock_keep(struct certs *c)
{
	time_t now = certs_now(c);
	struct err ignored;
	char text[32];

	if (now < c->floor + STEP || !is_believed(c, now))
		return;
	(void)snprintf(text, sizeof(text), "%lld\n", (long long)now);
	if (file_write(c->root, CLOCK_NAME, text, strlen(text), FILE_SECRET,
		&ignored) == 0)
		c->floor = now;
}

time_t
certs_now(const struct certs *c)
{
	return c->clock == 0 ? time(NULL) : c->clock;
}

bool
certs_clock_valid(const struct certs *c)
{
	return certs_now(c) >= c->floor;
}

void
certs_set_clock(struct certs *c, time_t t)
{
	c->clock = t;
}

enum certs_result
clock_check(const struct certs *c, const struct cert *x)
{
	time_t now = certs_now(c);

	/* What ended before the floor has ended, whatever the clock says. */
	if (x->end < c->floor || (now >= c->floor && x->end < now))
		return CERTS_EXPIRED;
	if (now < c->floor)
		return CERTS_CLOCK_INVALID;
	return x->begin > now ? CERTS_NOT_YET_VALID : CERTS_ACCEPTED;
}
