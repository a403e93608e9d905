/* SPDX-License-Identifier: MIT */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "units.h"

/*
 * What is the same for every unit of a day: what is copied, and what is to be
 * done with it. Filled from the words that `ingot line` or `ingot push` hands
 * over: --name=value for each option, then the operands. ingot has read the
 * bundle before and says what it is.
 */
#define JOB_PACKAGES_MAX 8
#define JOB_FILE_MAX     (UINT64_C(2) << 30)
#define JOB_CLAIM_MAX    (64 * 1024) /* bytes of one claim or anchors file */

/* A file for the units, open as long as the day lasts. */
struct job_file {
	const char *path;
	const char *suffix; /* of its name on the unit */
	int fd;
	uint64_t size;
	char sha256[SHA256_HEX];
};

enum job_claim {
	CLAIM_CERT,
	CLAIM_KEY,
	CLAIM_CA,
	CLAIM_FILES
};

struct job {
	/* As given; NULL or false: not given. */
	const char *units_path, *bundle_path, *bundle_fd, *snapshot, *name;
	const char *model, *hardware, *user, *port_text, *out;
	const char *anchors_path, *claim_path, *identity, *password_fd;
	const char *jobs_text, *timeout_text;
	const char *revisions; /* ",A2,B1,": hardware the bundle is for */
	bool lock, pinned, unconfirmed, json;
	const char *package_path[JOB_PACKAGES_MAX + 1]; /* NULL-ended */
	char *const *operands;                          /* NULL-ended */
	/* What that led to. */
	struct job_file bundle;
	struct job_file package[JOB_PACKAGES_MAX];
	size_t packages;
	bool ipk;                        /* the packages are for opkg */
	struct bytes claim[CLAIM_FILES]; /* empty without --claim; wiped */
	struct bytes anchors;
	char *password; /* wiped by job_close() */
	long jobs;      /* units side by side */
	unsigned timeout_s;
	struct unit_defaults defaults;
	char goal[SHA256_HEX]; /* of all that decides what "done" means */
};

/* words: NULL-ended, borrowed for ever. */
int job_read(struct job *, char *const *words, struct err *);
/* Opens and reads what it names; to be closed even on failure. */
int job_open(struct job *, struct err *);
void job_close(struct job *);
/* The units that it names, checked against the bundle's model. */
int job_units(const struct job *, struct units *, struct err *);

#endif
