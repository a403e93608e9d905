/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_REPORT_H
#define CAPTURE_REPORT_H

#include "capture.h"
#include "cli.h"
#include "json.h"

/*
 * What capture and scrub share: the sample's root, and how members and
 * findings are shown.
 */
#define CAPTURE_POLICY "/usr/share/ingot/policies/capture/gateway.conf"

/* The root folder, open, the caller's; path NULL: "/". *live: is it ours? */
int capture_root(const char *path, bool *live, struct err *);

/* capture_profile.c: shows all policies and which fit the sample. */
enum ctl_code capture_profiles(struct cli *);
/* The policy's path, by --policy, --profile or as usual; found: room for it. */
int capture_policy(
    struct cli *, char found[static 1024], const char **path, struct err *);

/* { findings: [...], open } / [ members ]; the caller's. */
json_t *capture_findings_json(const struct findings *);
json_t *capture_members_json(const struct snapshot *);

void capture_print_members(const struct snapshot *);
/* One line: place, kind, name, reason, length and mark; never the value. */
void capture_print_finding(const struct finding *);
/* only_open: without those that were accepted. */
void capture_print_findings(const struct findings *, bool only_open);

/* Where policies are: --policies, else those of the owner, then those shipped;
 * NULL at the end. */
void cli_policies(const struct cli *, const char *out[static 3]);

#endif
