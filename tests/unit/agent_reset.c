/* SPDX-License-Identifier: MIT */
/*
 * The steps of a reset, killed before every system call that changes something.
 * The unit's file tree is a folder of its own.
 */
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>

#include "audit.h"
#include "digest.h"
#include "own.h"
#include "place.h"
#include "reset_unit.h"

static char shipped[512];

static const struct {
	const char *path;
	const char *text;
	mode_t mode;
} image[] = {
	{ "root/etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444 },
	{ "root/var/lib/dbus/machine-id", "0123456789abcdef\n", 0644 },
	{ "root/etc/hostname", "image\n", 0644 },
	{ "root/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 image", 0644 },
	{ "root/etc/machine-info", "PRETTY_HOSTNAME=image\n", 0644 },
	{ "root/var/lib/systemd/random-seed", "ssssssssssssssss", 0600 },
	{ "root/var/lib/dhcp/d.leases", "lease\n", 0644 },
	{ "root/var/lib/bluetooth/a/b/info", "key\n", 0600 },
	{ "root/etc/ssh/sshd_config", "HostKey /data/k/host_ed25519\n", 0644 },
	{ "root/etc/motd", "stays\n", 0644 },
};

/* The sanitized build starts slowly: every fifth change. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 5
#else
#define STRIDE 1
#endif

static struct agent agent;
static int trail; /* outlives the state folders */

static void
put(const char *path, const char *text, mode_t mode)
{
	struct err e;
	char folder[256];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(AT_FDCWD, folder, 0755, &e), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text),
		(struct file_meta){ mode, (uid_t)-1, (gid_t)-1 }, &e),
	    0);
}

/* A fresh unit: image and state, with an agent that knows nothing else. */
static void
fresh(void)
{
	struct err e;

	(void)file_remove_tree(AT_FDCWD, "root", &e);
	(void)file_remove_tree(AT_FDCWD, "state", &e);
	for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++)
		put(image[i].path, image[i].text, image[i].mode);
	put("./unit.conf", "serial = \"U-1\"; model = \"m\";", 0644);
	assert_int_equal(file_mkdirs(AT_FDCWD, "state", 0700, &e), 0);
	own_fd_close(&agent.state);
	agent.state = open("state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(agent.state, -1);
}

/* In memory if that is to be had: hundreds of resets sync thousands of times.
 */
static int
make_place(void **state)
{
	char *path = strdup("/dev/shm/ingot-unit.XXXXXX");

	if (path != NULL && mkdtemp(path) != NULL && chdir(path) == 0) {
		*state = path;
		return 0;
	}
	free(path);
	return place_make(state);
}

static int
begin(void **state)
{
	char text[4096], here[512];
	struct err e;

	if (make_place(state) == -1 || getcwd(here, sizeof(here)) == NULL)
		return -1;
	(void)snprintf(text, sizeof(text),
	    "state_dir = \"%s/state\"; policy_dir = \"%s/none\"; shipped_dir = "
	    "\"%s\"; unit_file = \"%s/unit.conf\"; reset_root = \"%s/root\";",
	    here, here, shipped, here, here);
	agent = (struct agent){ .state = -1, .mode = MODE_FACTORY };
	if (settings_parse(&agent.settings, "t", text, strlen(text), &e) == -1)
		return -1;
	fresh();
	if (file_mkdirs(AT_FDCWD, "trail", 0700, &e) == -1)
		return -1;
	trail = open("trail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	agent.audit = audit_open(here, trail, &e);
	return agent.audit == NULL ? -1 : 0;
}

static int
end(void **state)
{
	audit_close(agent.audit);
	(void)close(trail);
	settings_free(&agent.settings);
	own_fd_close(&agent.state);
	return place_drop(state);
}

static uint8_t tree_sum[SHA256_LEN];

/* One path: its name, kind, mode and content, added without regard to order. */
static int
on_path(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	char head[1200], to[256] = "";
	own_bytes struct bytes all = { 0 }, text = { 0 };
	uint8_t hash[SHA256_LEN];
	struct err e;

	(void)f;
	if (kind == FTW_SL)
		(void)!readlink(path, to, sizeof(to) - 1);
	if (kind == FTW_F)
		assert_int_equal(
		    file_read(AT_FDCWD, path, 1 << 20, &text, &e), 0);
	(void)snprintf(
	    head, sizeof(head), "%s %d %o %s\n", path, kind, st->st_mode, to);
	bytes_add(&all, head, strlen(head));
	bytes_add(&all, text.p, text.len);
	assert_int_equal(sha256(all.p, all.len, hash, &e), 0);
	for (size_t i = 0; i < sizeof(hash); i++)
		tree_sum[i] ^= hash[i];
	return 0;
}

/* All of the tree in one line. */
static void
look(char out[65])
{
	memset(tree_sum, 0, sizeof(tree_sum));
	assert_int_equal(nftw("root", on_path, 16, FTW_PHYS), 0);
	hex_encode(tree_sum, sizeof(tree_sum), out);
}

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool
changes_something(uint64_t nr)
{
	static const uint64_t numbers[] = {
		SYS_write, SYS_pwrite64, SYS_renameat, SYS_renameat2,
		SYS_unlinkat, SYS_mkdirat, SYS_symlinkat, SYS_linkat, SYS_fsync,
		SYS_fdatasync, SYS_syncfs, SYS_fchmod, SYS_fchown,
#ifdef SYS_rename
		SYS_rename, SYS_unlink, SYS_mkdir, SYS_symlink, SYS_rmdir
#endif
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == nr)
			return true;
	return false;
}

typedef int step_fn(const struct agent *, struct err *);

/* Runs it in a child that dies before its n-th change; false: it came to its
 * end before that. */
static bool
killed_at(step_fn *step, unsigned n)
{
	struct ptrace_syscall_info info;
	struct err e;
	unsigned count = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
		(void)raise(SIGSTOP);
		_exit(step(&agent, &e) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)ptrace(PTRACE_SETOPTIONS, pid, 0,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		(void)ptrace(PTRACE_SYSCALL, pid, 0,
		    sig == SIGSTOP || sig == (SIGTRAP | 0x80) ? 0 : sig);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <=
			0 ||
		    info.op != PTRACE_SYSCALL_INFO_ENTRY ||
		    !changes_something(info.entry.nr) || ++count < n)
			continue;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		return true;
	}
}

static void
ok(step_fn *step)
{
	struct err e = { 0 };
	int rc = step(&agent, &e);

	if (rc == -1)
		print_error("%s\n", e.text);
	assert_int_equal(rc, 0);
}

static void
killed_at_every_change_going_forward_it_goes_wholly_back(void **state)
{
	char before[65], after[65];
	unsigned n;

	(void)state;
	fresh();
	look(before);
	for (n = 1; killed_at(reset_forward, n); n += STRIDE) {
		ok(reset_back);
		look(after);
		if (strcmp(before, after) != 0)
			print_error("killed at %u\n", n);
		assert_string_equal(after, before);
		assert_false(there("state/reset"));
		assert_false(there("state/reset-keys"));
	}
	print_message("# %u changes\n", n - 1);
	assert_true(n > 60);
	look(after);
	assert_string_not_equal(after, before);
	assert_true(there("root/data/k/host_ed25519"));
}

static void
killed_at_every_change_going_back_it_goes_back_all_the_same(void **state)
{
	char before[65], after[65];
	bool killed = true;
	unsigned n;

	(void)state;
	fresh();
	look(before);
	for (n = 1; killed; n += STRIDE) {
		ok(reset_forward);
		killed = killed_at(reset_back, n);
		ok(reset_back);
		look(after);
		assert_string_equal(after, before);
		assert_false(there("state/reset"));
		assert_false(there("root/data"));
	}
	print_message("# %u changes\n", n - 1);
	assert_true(n > 30);
}

static void
killed_while_it_settles_it_stays_reset(void **state)
{
	char reset[65], after[65];
	bool killed = true;
	unsigned n;

	(void)state;
	for (n = 1; killed; n++) {
		fresh();
		ok(reset_forward);
		look(reset);
		killed = killed_at(reset_settle, n);
		ok(reset_settle);
		look(after);
		assert_string_equal(after, reset);
		assert_true(there("state/reset.json"));
		assert_false(there("state/reset"));
		assert_false(reset_due(&agent, 0));
	}
	assert_true(n > 5);
}

static const struct {
	enum mode mode;
	int64_t before;
	const char *facts;
	bool due;
} dues[] = {
	{ MODE_FACTORY, 0, "serial = \"U\"; model = \"m\";", true },
	{ MODE_STAGED, 0, "serial = \"U\"; model = \"m\";", true },
	{ MODE_FACTORY, 1, "serial = \"U\"; model = \"m\";", false },
	{ MODE_PRODUCTION, 0, "serial = \"U\"; model = \"m\";", false },
	{ MODE_SERVICE, 0, "serial = \"U\"; model = \"m\";", false },
	{ MODE_FACTORY, 0, "serial = \"U\"; model = \"m\"; golden = true;",
	    false },
	{ MODE_FACTORY, 0, "serial = \"U\"; model = \"m\"; golden = false;",
	    true },
};

static void
it_is_due_on_a_units_first_snapshot_only(void **state)
{
	const char *root = agent.settings.reset_root;

	(void)state;
	for (size_t i = 0; i < sizeof(dues) / sizeof(dues[0]); i++) {
		put("./unit.conf", dues[i].facts, 0644);
		agent.mode = dues[i].mode;
		assert_int_equal(
		    reset_due(&agent, dues[i].before), dues[i].due);
	}
	put("./unit.conf", dues[0].facts, 0644);
	agent.mode = MODE_FACTORY;
	agent.settings.reset_root = "";
	assert_false(reset_due(&agent, 0));
	agent.settings.reset_root = root;
}

/* What stands in sshd_config, and what is then said or made. */
static const struct {
	const char *config;
	const char *made; /* NULL: refused */
	const char *says;
} configs[] = {
	{ "Port 22\n", "root/etc/ssh/ssh_host_ecdsa_key", "" },
	{ "HOSTKEY=\"/data/a b\"\n", "root/data/a b", "" },
	{ "  HostKey\t/data/x_key  \n", "root/data/x_key.pub", "" },
	{ "Include /etc/ssh/more/*.conf\n", "root/data/included", "" },
	{ "Include more/*.conf\n", "root/data/included", "" },
	{ "#HostKey /data/no\nHostKeyAlgorithms /data/no\n",
	    "root/etc/ssh/ssh_host_ed25519_key", "" },
	{ "HostKey relative\n", NULL, "no absolute path" },
	{ "HostKey /etc/../../../outside\n", NULL, "no absolute path" },
	{ "Include sshd_config\n", NULL, "included too deeply" },
};

static void
a_key_is_made_wherever_sshd_looks_for_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct err e = { 0 };
		int rc;

		fresh();
		put("root/etc/ssh/sshd_config", configs[i].config, 0644);
		put("root/etc/ssh/more/1.conf", "HostKey /data/included\n",
		    0644);
		rc = reset_forward(&agent, &e);
		if ((rc == 0) != (configs[i].made != NULL))
			print_error("%zu: %s\n", i, e.text);
		assert_int_equal(rc == 0, configs[i].made != NULL);
		assert_non_null(strstr(e.text, configs[i].says));
		if (rc == 0 && !there(configs[i].made))
			print_error("%zu: no %s\n", i, configs[i].made);
		assert_true(rc == -1 || there(configs[i].made));
		assert_false(there("root/data/no"));
	}
}

/* JSON can not hold it, and without its original nothing is touched. */
static void
a_name_that_is_no_utf8_is_refused_by_name(void **state)
{
	struct err e = { 0 };

	(void)state;
	fresh();
	put("root/var/lib/dhcp/d\xff.leases", "lease\n", 0644);
	assert_int_equal(reset_forward(&agent, &e), -1);
	assert_non_null(strstr(e.text, "dhcp/d\\xff.leases"));
	assert_non_null(strstr(e.text, "rename or remove it"));
	assert_true(there("root/var/lib/dhcp/d.leases"));
}

#define a_reset(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		a_reset(
		    killed_at_every_change_going_forward_it_goes_wholly_back),
		a_reset(
		    killed_at_every_change_going_back_it_goes_back_all_the_same),
		a_reset(killed_while_it_settles_it_stays_reset),
		a_reset(it_is_due_on_a_units_first_snapshot_only),
		a_reset(a_name_that_is_no_utf8_is_refused_by_name),
		a_reset(a_key_is_made_wherever_sshd_looks_for_one),
	};

	if (getcwd(shipped, sizeof(shipped) - 20) == NULL)
		return 1;
	(void)strcat(shipped, "/policies");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
