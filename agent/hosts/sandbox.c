/* SPDX-License-Identifier: MIT */
/*
 * The cage, step by step: identity, files and ports, limits.
 *
 * Promises: after each step its opposite has been tried or read back from the
 * kernel, so a step that silently did nothing is an error here and not a
 * surprise later. A kernel without Landlock is refused, not worked around.
 *
 * Deliberately not here: system calls (syscalls.h), name spaces and cgroups
 * (they need what a unit's init system owns), quotas on a disk.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <unistd.h>

#include "own.h"
#include "sandbox.h"

#define CAPS        64 /* more than any kernel has */
#define DESCRIPTORS 256
#define MIB         (1024ul * 1024)

/* Supplementary groups that the kernel may report back. */
#define GROUPS_MAX (SPEC_LIST_MAX + 1)

static int
keeps(uint64_t keep, int cap)
{
	return (keep >> cap & 1) != 0;
}

/* The library's picture of what is to be left; nothing is done yet. */
static int
choose_caps(uint64_t keep, struct err *e)
{
	capng_clear(CAPNG_SELECT_ALL);
	for (int cap = 0; cap < CAPS; cap++)
		if (keeps(keep, cap) &&
		    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			(unsigned)cap) != 0)
			return err_set(e, EINVAL, "no capability %d", cap);
	return 0;
}

/* All sets as the kernel has them now, capability by capability. */
static int
prove_caps(uint64_t keep, struct err *e)
{
	if (capng_get_caps_process() != 0)
		return err_set(e, EIO, "cannot read capabilities back");
	for (int cap = 0; cap < CAPS; cap++) {
		unsigned c = (unsigned)cap;

		if (capng_have_capability(CAPNG_EFFECTIVE, c) !=
			keeps(keep, cap) ||
		    capng_have_capability(CAPNG_PERMITTED, c) !=
			keeps(keep, cap) ||
		    capng_have_capability(CAPNG_INHERITABLE, c) ||
		    prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1 ||
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			return err_set(
			    e, EPERM, "capability %d is not as told", cap);
	}
	return 0;
}

static size_t
count_groups(const gid_t *groups)
{
	size_t n = 0;

	while (groups != NULL && groups[n] != 0)
		n++;
	return n;
}

/* Groups while still root, the user last: each needs the one before. */
static int
become(uid_t uid, gid_t gid, const gid_t *groups, struct err *e)
{
	if (setgroups(count_groups(groups), groups) == -1)
		return err_sys(e, "setgroups");
	if (setresgid(gid, gid, gid) == -1)
		return err_sys(e, "become group %u", gid);
	if (setresuid(uid, uid, uid) == -1)
		return err_sys(e, "become user %u", uid);
	return 0;
}

/* Real, effective and saved: any of the three would be a way back. */
static int
prove_identity(uid_t uid, gid_t gid, const gid_t *groups, struct err *e)
{
	uid_t u[3];
	gid_t g[3], have[GROUPS_MAX];
	int n = getgroups(GROUPS_MAX, have);

	if (setuid(0) != -1 || setgid(0) != -1 || setgroups(0, NULL) != -1)
		return err_set(e, EPERM, "could become root again");
	if (getresuid(&u[0], &u[1], &u[2]) == -1 ||
	    getresgid(&g[0], &g[1], &g[2]) == -1)
		return err_sys(e, "read identity back");
	for (int i = 0; i < 3; i++)
		if (u[i] != uid || g[i] != gid)
			return err_set(
			    e, EPERM, "still user %u, group %u", u[i], g[i]);
	if (n < 0 || (size_t)n != count_groups(groups))
		return err_set(e, EPERM, "%d groups left", n);
	return 0;
}

/* No set-user-ID program adds anything; nobody attaches or dumps core. */
static int
gain_nothing(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return err_sys(e, "prctl");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(e, EPERM, "no_new_privs or dumpable stayed");
	return 0;
}

int
sandbox_drop(
    uid_t uid, gid_t gid, const gid_t *groups, uint64_t keep, struct err *e)
{
	if (uid == 0 || gid == 0)
		return err_set(e, EINVAL, "will not run as root");
	if (count_groups(groups) >= SPEC_LIST_MAX)
		return err_set(e, EINVAL, "too many groups");
	if (choose_caps(keep, e) == -1)
		return -1;
	/* The bounding set first: emptying it needs what the rest drops. */
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
		return err_set(e, EPERM,
		    "cannot empty the bounding set; not started as root?");
	if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return err_sys(e, "keep capabilities");
	if (become(uid, gid, groups, e) == -1)
		return -1;
	if (choose_caps(keep, e) == -1)
		return -1;
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) != 0)
		return err_set(e, EPERM, "cannot drop capabilities");
	if (gain_nothing(e) == -1)
		return -1;
	if (prove_caps(keep, e) == -1)
		return -1;
	return prove_identity(uid, gid, groups, e);
}

/*
 * Landlock. The numbers of rights newer than the C library's headers are the
 * kernel's for ever, so they are written down here; the kernel is asked which
 * of them it knows.
 */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct port_rule {
	uint64_t access;
	uint64_t port;
};

#define FS_ABI1         ((1ull << 13) - 1)
#define FS_REFER        (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE     (1ull << 14) /* ABI 3 */
#define FS_IOCTL_DEV    (1ull << 15) /* ABI 5 */
#define NET_BIND_TCP    (1ull << 0)  /* ABI 4 */
#define NET_CONNECT_TCP (1ull << 1)
#define SCOPE_ABSTRACT  (1ull << 0) /* ABI 6: abstract unix sockets */
#define SCOPE_SIGNAL    (1ull << 1)
#define RULE_NET_PORT   2

#define FS_READ                                                                \
	((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                               \
	(FS_READ | FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV |                     \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |    \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM)
/* What may be said of a thing that is no folder. */
#define FS_OF_FILE                                                             \
	((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE |                              \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

static const uint64_t rights[] = {
	[SANDBOX_READ] = FS_READ,
	[SANDBOX_WRITE] = FS_WRITE,
};

/* The part of abi..7 that each newer kernel added. */
static struct ruleset
known_rights(long abi)
{
	return (struct ruleset){
		.fs = FS_ABI1 | (abi >= 2 ? FS_REFER : 0) |
		    (abi >= 3 ? FS_TRUNCATE : 0) |
		    (abi >= 5 ? FS_IOCTL_DEV : 0),
		.net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
		.scoped = abi >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0,
	};
}

/* A path that is not there is no error: not every unit has every device. */
static int
allow_path(
    int rules, uint64_t known, const struct sandbox_path *p, struct err *e)
{
	own_fd int mine = -1;
	struct landlock_path_beneath_attr rule = { .parent_fd = p->fd };
	struct stat st;

	if (p->path != NULL) {
		mine = open(p->path, O_PATH | O_CLOEXEC);
		if (mine == -1)
			return errno == ENOENT ? 0 : err_sys(e, "%s", p->path);
		rule.parent_fd = mine;
	}
	if (fstat(rule.parent_fd, &st) == -1)
		return err_sys(e, "sandbox path");
	rule.allowed_access = rights[p->way] & known;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0) == -1)
		return err_sys(
		    e, "landlock %s", p->path == NULL ? "file" : p->path);
	return 0;
}

/* UDP has no such rule in any kernel so far; see the system call filter. */
static int
allow_ports(int rules, uint64_t access, const uint16_t *ports, struct err *e)
{
	for (; ports != NULL && *ports != 0; ports++) {
		struct port_rule rule = { access, *ports };

		if (syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule,
			0) == -1)
			return err_sys(e, "landlock port %u", *ports);
	}
	return 0;
}

/* The root folder is listed for everybody by its mode, and by no policy. */
static int
prove_paths(struct err *e)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 && errno == EACCES)
		return 0;
	if (fd != -1)
		(void)close(fd);
	return err_set(e, EPERM, "Landlock did not take hold");
}

int
sandbox_paths(const struct sandbox_path *paths, size_t n,
    const struct sandbox_ports *net, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = known_rights(abi);
	own_fd int rules = -1;

	if (abi < 1)
		return err_sys(e,
		    "this kernel has no Landlock; build it with "
		    "CONFIG_SECURITY_LANDLOCK and name landlock "
		    "in lsm= on its command line");
	if (net == NULL || net->connect == NULL)
		all.net &= ~NET_CONNECT_TCP;
	if (net == NULL || net->bind == NULL)
		all.net &= ~NET_BIND_TCP;
	/* An older kernel accepts the longer struct: the rest is zero. */
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules == -1)
		return err_sys(e, "landlock");
	for (size_t i = 0; i < n; i++)
		if (allow_path(rules, all.fs, &paths[i], e) == -1)
			return -1;
	if ((all.net & NET_CONNECT_TCP) != 0 &&
	    allow_ports(rules, NET_CONNECT_TCP, net->connect, e) == -1)
		return -1;
	if ((all.net & NET_BIND_TCP) != 0 &&
	    allow_ports(rules, NET_BIND_TCP, net->bind, e) == -1)
		return -1;
	if (syscall(SYS_landlock_restrict_self, rules, 0) == -1)
		return err_sys(e, "landlock");
	return prove_paths(e);
}

/* Both values, so that it can not be raised again, and read back. */
static int
limit(int what, const char *name, rlim_t most, struct err *e)
{
	struct rlimit set = { most, most }, now;

	if (setrlimit((__rlimit_resource_t)what, &set) == -1)
		return err_sys(e, "limit %s", name);
	if (getrlimit((__rlimit_resource_t)what, &now) == -1)
		return err_sys(e, "limit %s", name);
	if (now.rlim_cur != most || now.rlim_max != most)
		return err_set(e, EPERM, "limit %s did not take hold", name);
	return 0;
}

static int
limit_memory(unsigned memory_mb, struct err *e)
{
#ifdef SANDBOX_SANITIZED
	(void)memory_mb;
	(void)e;
	return 0;
#else
	if (memory_mb == 0)
		return 0;
	if (limit(RLIMIT_AS, "address space", memory_mb * MIB, e) == -1)
		return -1;
	return limit(RLIMIT_DATA, "data", memory_mb * MIB, e);
#endif
}

/* What only root could raise is left as it is: a plugin that gets fewer than
 * its policy says serves fewer. */
static rlim_t
descriptors_of(unsigned wanted)
{
	struct rlimit now;

	if (wanted == 0)
		return DESCRIPTORS;
	if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max < wanted)
		return now.rlim_max;
	return wanted;
}

int
sandbox_limits(
    unsigned memory_mb, int threads, unsigned descriptors, struct err *e)
{
	if (limit(RLIMIT_CORE, "core", 0, e) == -1 ||
	    limit(RLIMIT_NOFILE, "descriptors", descriptors_of(descriptors),
		e) == -1)
		return -1;
	if (!threads && limit(RLIMIT_NPROC, "processes", 0, e) == -1)
		return -1;
	return limit_memory(memory_mb, e);
}
