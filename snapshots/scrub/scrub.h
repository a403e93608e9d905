/* SPDX-License-Identifier: MIT */
#ifndef SCRUB_H
#define SCRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "finding.h"
#include "policy.h"
#include "residue.h"
#include "suspect.h"

/*
 * Taking secrets out of one file of the sample: the rules of the policy, then
 * the heuristics over what is left. What was taken out is handed to the
 * residue search, and to nobody else.
 */
struct scrub {
	struct policy *policy; /* NULL: nothing is accepted */
	struct residue *residue;
	struct findings *findings;
};

/*
 * out, freed first, receives the scrubbed bytes; *slots, whether they hold
 * slots now. document: slots that a person wrote count as such; in other files
 * a literal "@{" stays one. What is to be said is added to the findings.
 */
int scrub_file(struct scrub *, const char *path, const struct bytes *in,
    bool document, struct bytes *out, bool *slots, struct err *);

/*
 * A snapshot that Kura encrypted on its disk: 1, and clear is its text; 0: it
 * is none, or does not open, which is then a finding.
 */
int scrub_from_disk(struct scrub *, const char *path, const struct bytes *in,
    struct bytes *clear, struct err *);
/* A password in one, its base64 undone: 1, and clear is the password; 0: it is
 * none, or of another key. */
int scrub_disk_password(struct scrub *, const char *text, size_t len,
    struct bytes *clear, struct err *);

/* The rule that drops a file for what is in it, or NULL in *rule. */
int scrub_drops(struct scrub *, const char *path, const struct bytes *in,
    struct scrub_rule **rule, struct err *);
/* Calls fn for each place of the file that a rule takes for what stands there.
 * The first rule that fits counts. */
typedef int scrub_place_fn(
    void *ctx, struct scrub_rule *, const struct suspect *, struct err *);
int scrub_places(struct scrub *, const char *path, const struct bytes *in,
    scrub_place_fn *, void *ctx, struct err *);

/* A file that never travels: its private keys, tokens and the like are
 * searched for in all that does. */
int scrub_dropped(
    struct scrub *, const char *path, const struct bytes *in, struct err *);

/*
 * The heuristics over a text of the file at path and over all that is packed or
 * encoded in it; parts are named path!part. format NULL: by the look of it.
 * ours: did a rule put there what stands at this offset? NULL: none did.
 */
typedef bool scrub_ours_fn(const void *ctx, size_t at);
int scrub_look(struct scrub *, const char *path, const struct field_format *,
    const struct bytes *, scrub_ours_fn *ours, const void *ctx, struct err *);

/* Judges and keeps what the heuristics found in that line of text. */
int scrub_suspect(struct scrub *, const char *path, const char *text,
    unsigned line, const struct suspect *, struct err *);

/* Judges a finding by the policy and keeps it. text is a printf format. */
int scrub_tell(struct scrub *, enum finding_id, const char *path, unsigned line,
    const char *key, struct err *, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

#endif
