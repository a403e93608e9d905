/* SPDX-License-Identifier: MIT */
/*
 * Places of fixed size, written whole, so there is nothing to compact and no
 * index to lose: at start each is looked at once, and the highest number says
 * where it goes on. What may change later, one byte that says "told", lies
 * outside the checksum: a power cut can only leave it old or new.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "own.h"
#include "seclog.h"

#define MAGIC 0x676f6c73u

struct place { /* in the file, host byte order: it never leaves the unit */
	uint32_t magic, sum; /* CRC-32 of what follows it, without due */
	uint64_t number;
	int64_t at;
	char identity[OCPP_IDENTITY_MAX + 1];
	char type[SECLOG_TYPE + 1];
	char info[SECLOG_INFO + 1];
	uint8_t due;
};
_Static_assert(sizeof(struct place) <= SECLOG_PLACE, "a place holds an event");

#define SUMMED (offsetof(struct place, due) - offsetof(struct place, number))

struct seclog {
	int fd;
	uint64_t last; /* number, 0: none yet */
	size_t due;    /* at least so many are; overwritten ones count on */
};

static off_t
where(uint64_t number)
{
	return (off_t)(number % SECLOG_EVENTS * SECLOG_PLACE);
}

static uint32_t
sum(const struct place *p)
{
	return (uint32_t)crc32(0, (const Bytef *)&p->number, SUMMED);
}

/* False: nothing that was written whole. */
static bool
read_place(const struct seclog *l, uint64_t number, struct place *p)
{
	if (pread(l->fd, p, sizeof(*p), where(number)) != (ssize_t)sizeof(*p))
		return false;
	return p->magic == MAGIC && p->sum == sum(p) && p->number > 0 &&
	    p->number % SECLOG_EVENTS == number % SECLOG_EVENTS &&
	    p->identity[OCPP_IDENTITY_MAX] == '\0' &&
	    p->type[SECLOG_TYPE] == '\0' && p->info[SECLOG_INFO] == '\0';
}

struct seclog *
seclog_open(int folder, const char *name, struct err *e)
{
	struct seclog *l = calloc(1, sizeof(*l));
	struct place p;

	if (l == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	l->fd = openat(
	    folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd == -1) {
		(void)err_sys(e, "security log %s", name);
		free(l);
		return NULL;
	}
	for (uint64_t i = 0; i < SECLOG_EVENTS; i++) {
		if (!read_place(l, i, &p))
			continue;
		l->due += p.due != 0;
		l->last = p.number > l->last ? p.number : l->last;
	}
	return l;
}

void
seclog_free(struct seclog *l)
{
	if (l == NULL)
		return;
	(void)close(l->fd);
	free(l);
}

/* A text that is too long is cut where a character ends. */
static void
cut(char *to, size_t room, const char *from)
{
	size_t n = strnlen(from, room);

	while (n == room || (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80))
		n--;
	memcpy(to, from, n);
	to[n] = '\0';
}

int
seclog_add(struct seclog *l, struct seclog_event *v, struct err *e)
{
	struct place p;

	memset(&p, 0, sizeof(p)); /* its padding goes to the disk */
	p.magic = MAGIC;
	p.number = l->last + 1;
	p.at = v->at;
	p.due = v->due;
	cut(p.identity, sizeof(p.identity), v->identity);
	cut(p.type, sizeof(p.type), v->type);
	cut(p.info, sizeof(p.info), v->info);
	p.sum = sum(&p);
	if (pwrite(l->fd, &p, sizeof(p), where(p.number)) !=
		(ssize_t)sizeof(p) ||
	    fdatasync(l->fd) == -1)
		return err_sys(e, "security log");
	v->number = l->last = p.number;
	l->due += v->due ? 1 : 0;
	return 0;
}

bool
seclog_next(struct seclog *l, uint64_t *number, struct seclog_event *v)
{
	uint64_t first =
	    l->last < SECLOG_EVENTS ? 1 : l->last - SECLOG_EVENTS + 1;
	struct place p;

	for (uint64_t n = *number < first ? first : *number; n <= l->last;
	     n++) {
		if (!read_place(l, n, &p) || p.number != n)
			continue;
		*number = v->number = n;
		v->at = p.at;
		v->due = p.due != 0;
		(void)strcpy(v->identity, p.identity);
		(void)strcpy(v->type, p.type);
		(void)strcpy(v->info, p.info);
		return true;
	}
	return false;
}

int
seclog_told(struct seclog *l, uint64_t number, struct err *e)
{
	static const uint8_t no = 0;
	struct place p;

	if (!read_place(l, number, &p) || p.number != number)
		return 0; /* overwritten meanwhile */
	if (pwrite(l->fd, &no, 1,
		where(number) + (off_t)offsetof(struct place, due)) != 1 ||
	    fdatasync(l->fd) == -1)
		return err_sys(e, "security log");
	l->due -= p.due != 0 && l->due > 0 ? 1 : 0;
	return 0;
}

bool
seclog_any_due(const struct seclog *l)
{
	return l->due > 0;
}

/* --- names ---------------------------------------------------------------- */

#define ALL (1u << OCPP_16 | 1u << OCPP_201 | 1u << OCPP_21)
#define V2  (1u << OCPP_201 | 1u << OCPP_21)
#define V21 (1u << OCPP_21)

static const struct name {
	const char *name, *of_16; /* NULL: the same */
	unsigned versions, critical;
} names[] = {
	{ "FirmwareUpdated", NULL, ALL, ALL },
	{ "FailedToAuthenticateAtCsms", "FailedToAuthenticateAtCentralSystem",
	    ALL, 0 },
	{ "CsmsFailedToAuthenticate", "CentralSystemFailedToAuthenticate", ALL,
	    0 },
	{ "SettingSystemTime", NULL, ALL, ALL },
	{ "StartupOfTheDevice", NULL, ALL, ALL },
	{ "ResetOrReboot", NULL, ALL, ALL },
	{ "SecurityLogWasCleared", NULL, ALL, ALL },
	{ "ReconfigurationOfSecurityParameters", NULL, ALL, 0 },
	{ "MemoryExhaustion", NULL, ALL, ALL },
	{ "InvalidMessages", NULL, ALL, 0 },
	{ "AttemptedReplayAttacks", NULL, ALL, 0 },
	{ "TamperDetectionActivated", NULL, ALL, ALL },
	{ "InvalidFirmwareSignature", NULL, ALL, V2 },
	{ "InvalidFirmwareSigningCertificate", NULL, ALL, V2 },
	{ "InvalidCsmsCertificate", "InvalidCentralSystemCertificate", ALL,
	    V2 },
	{ "InvalidChargingStationCertificate", "InvalidChargePointCertificate",
	    ALL, V2 },
	{ "InvalidTLSVersion", NULL, ALL, V2 },
	{ "InvalidTLSCipherSuite", NULL, ALL, V2 },
	{ "MaintenanceLoginAccepted", NULL, V2, V2 },
	{ "MaintenanceLoginFailed", NULL, V2, V2 },
	{ "DiscardedRenewedClientCertificate", NULL, V21, V21 },
};

static const struct name *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
	return NULL;
}

const char *
seclog_name(enum ocpp_version v, const char *name)
{
	const struct name *n = find(name);

	if (n == NULL || v >= OCPP_VERSIONS || (n->versions & 1u << v) == 0)
		return NULL;
	return v == OCPP_16 && n->of_16 != NULL ? n->of_16 : n->name;
}

bool
seclog_critical(enum ocpp_version v, const char *name)
{
	const struct name *n = find(name);

	return n != NULL && v < OCPP_VERSIONS && (n->critical & 1u << v) != 0;
}
