/* SPDX-License-Identifier: MIT */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "json.h"
#include "settings.h"

struct agent;

/*
 * The answer to "may this unit be in production?": findings, each passed or
 * not, and the policy that says which must be there and passed.
 *
 * production/production.conf, in policy_dir, else in shipped_dir:
 *
 *	required = [ "enrolled", "key.origin", "ssh.*" ];
 *	if_present = [ "ocpp.no-old-tls" ];	required where it is looked at
 *	forbidden_ports = [ 8000 ];	nobody may listen there
 *	local_ports = [ 5002 ];		only on the loopback
 *	allow_software_key = false;	a key that is not in a TPM is good too
 *
 * "ssh.*" stands for every finding whose id begins with "ssh."; at least one
 * must have been looked at. "ssh.* by ssh_hardening": by that plugin; what
 * another says under this id can fail the unit, but does not stand for it.
 * What is in if_present belongs to a plugin that a unit need not have: nobody
 * looked is fine, failed is not.
 */
#define VERDICT_LIST_MAX 64
#define VERDICT_POLICY   "production/production.conf"
#define VERDICT_BY       " by "

struct verdict_policy {
	struct conf file;                           /* holds the texts */
	const char *required[VERDICT_LIST_MAX + 1]; /* NULL-ended */
	const char *if_present[VERDICT_LIST_MAX + 1];
	uint16_t forbidden[VERDICT_LIST_MAX + 1]; /* 0-ended */
	uint16_t local[VERDICT_LIST_MAX + 1];     /* 0-ended */
	bool allow_software_key;
};

int verdict_policy_read(
    struct verdict_policy *, const struct settings *, struct err *);
void verdict_policy_free(struct verdict_policy *);
/* Is "ssh.* by ssh_hardening" about a finding of this id? */
bool verdict_matches(const char *pattern, const char *id);
/* Must a finding of this id, if there is one, have passed? */
bool verdict_requires(const struct verdict_policy *, const char *id);
/* The same of the unit's own policy. */
bool verdict_insists(const struct agent *, const char *id);
#define own_verdict_policy __attribute__((cleanup(verdict_policy_free), unused))

/*
 * Marks each finding as required or not, adds a failed one for each required
 * id that nobody looked at, and a remedy to each that failed. True when no
 * required one has failed.
 */
bool verdict_judge(const struct verdict_policy *, json_t *findings);

/* done gets { good: bool, findings: [...] }, its own; or NULL and why. */
typedef void verdict_done(void *ctx, json_t *verdict, const struct err *why);
int verdict_start(struct agent *, verdict_done *, void *ctx, struct err *);

#endif
