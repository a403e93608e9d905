/* SPDX-License-Identifier: MIT */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "spec.h"

/* The sanitizer needs terabytes of addresses, and a few system calls more. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED
#endif

/*
 * The steps by which a process gives up what it does not need; each is for
 * good, each is proved by trying to undo it, in the order in which they stand
 * here. Used by ingot-host and ingot-unpack.
 */

/*
 * Becomes uid and gid with the given supplementary groups (0-ended), keeping
 * only the capabilities of keep (bits 1 << CAP_*; as permitted and effective),
 * and sets no_new_privs and not dumpable. Will not become root.
 */
int
sandbox_drop(uid_t, gid_t, const gid_t *groups, uint64_t keep, struct err *);

/* One path that stays reachable. */
struct sandbox_path {
	const char *path; /* NULL: use fd */
	int fd;
	enum {
		SANDBOX_READ,
		SANDBOX_WRITE
	} way; /* WRITE includes READ */
};

/*
 * Landlock: all rights this kernel knows are taken, then given back below
 * paths (a path that does not exist is skipped) and, from ABI 4, for the
 * 0-ended TCP ports. net NULL: leaves the network alone.
 */
struct sandbox_ports {
	const uint16_t *connect; /* 0-ended; NULL: any */
	const uint16_t *bind;    /* 0-ended; NULL: any */
};
int sandbox_paths(const struct sandbox_path *, size_t n,
    const struct sandbox_ports *net, struct err *);

/* RLIMIT_*: memory in MiB (0: none), no core, so many descriptors (0: 256; not
 * more than the system allows), no children unless threads. One that the system
 * refuses is an error. */
int sandbox_limits(
    unsigned memory_mb, int threads, unsigned descriptors, struct err *);

#endif
