/* SPDX-License-Identifier: MIT */
/*
 * What the bridge has to say: lines of the log, security events (OCPP 2.x,
 * appendix 1), and events of one charge point for tail and mirror.
 *
 * A peer decides how often most of them happen, so each kind has a budget a
 * minute; what is beyond it is counted, and told with the first of the next
 * minute. A line too many fills a disk and hides the line that matters.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bridge_in.h"
#include "json.h"

#define A_MINUTE 10
#define MORE_MAX 64

/* The names that are ours to raise; each has its budget. */
static const char *const kinds[] = { "InvalidTLSVersion",
	"InvalidTLSCipherSuite", "InvalidCsmsCertificate",
	"InvalidChargingStationCertificate", "FailedToAuthenticateAtCsms",
	"CsmsFailedToAuthenticate", "InvalidMessages", "AttemptedReplayAttacks",
	"MemoryExhaustion" };
#define KINDS (sizeof(kinds) / sizeof(*kinds))
_Static_assert(KINDS + 1 + OFTENS <= BRIDGE_BUDGETS,
    "a budget for each, and one for all other kinds");

void
bridge_log(struct bridge *b, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (b->host.log != NULL)
		b->host.log(b->host.ctx, line);
}

/* May this kind say something now? more: what it could not say before. */
static bool
may_say(struct bridge *b, size_t k, char more[static MORE_MAX])
{
	uint64_t minute = b->now_ms / 60000;

	more[0] = '\0';
	if (b->told[k].minute != minute) {
		if (b->told[k].untold > 0)
			(void)snprintf(more, MORE_MAX, " (and %u more before)",
			    b->told[k].untold);
		b->told[k].minute = minute;
		b->told[k].told = b->told[k].untold = 0;
	}
	if (b->told[k].told == A_MINUTE) {
		b->told[k].untold++;
		return false;
	}
	b->told[k].told++;
	return true;
}

void
bridge_event(struct bridge *b, const char *kind, const char *fmt, ...)
{
	char text[512], more[MORE_MAX];
	size_t k = 0;
	va_list ap;

	while (k < KINDS && strcmp(kinds[k], kind) != 0)
		k++;
	if (!may_say(b, k, more))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text) - sizeof(more), fmt, ap);
	va_end(ap);
	(void)strcat(text, more);
	bridge_log(b, "%s: %s", kind, text);
	if (b->host.event != NULL)
		b->host.event(b->host.ctx, kind, text);
	if (b->secure != NULL)
		secure_note(b->secure, kind, text);
}

void
bridge_log_some(struct bridge *b, enum bridge_often often, const char *fmt, ...)
{
	char text[512], more[MORE_MAX];
	va_list ap;

	if (!may_say(b, KINDS + 1 + often, more))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bridge_log(b, "%s%s", text, more);
}

void
pair_note(struct pair *p, const char *kind, const char *fmt, ...)
{
	struct bridge *b = p->bridge;
	const char *identity = p->charger->identity;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tail_add(b->tail, identity, kind, text, strlen(text));
	if (b->mirror != NULL)
		mirror_event(b->mirror, identity, kind,
		    json_pack("{s:o}", "text", json_text(text)));
}
