/* SPDX-License-Identifier: MIT */
/*
 * ingot-unpack: opens a bundle for the agent, as nobody in particular. Tar,
 * zstd, CMS and JSON of a stranger are parsed here, in a process that can write
 * below one empty folder and can do nothing else: no network, no program, no
 * other file, little memory, little time. What it says is believed by no one:
 * the agent checks the signature and every hash again.
 *
 *	descriptors	3 bundle, 4 empty folder, 5 anchors (PEM or /dev/null);
 *			for an encrypted bundle 6 the unit's certificate (PEM)
 *			and 7 the agent, which lends its key (unpack_key.h)
 *	arguments	uid= gid= model= hardware= floor= unsigned=0|1
 *	success		0, one JSON line on standard output
 *	failure		1, one sentence on standard error, the folder empty
 *
 * Killed by SIGSYS: it tried something that opening a bundle never needs.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "file.h"
#include "json.h"
#include "own.h"
#include "sandbox.h"
#include "unpack_key.h"
#include "x509.h"

#define BUNDLE_FD  3
#define STAGING_FD 4
#define ANCHORS_FD 5
#define CERT_FD    6
#define ASK_FD     7

#define MEMORY_MB  256 /* the largest manifest takes 60 */
#define CPU_S      240

struct words {
	unsigned long uid;
	unsigned long gid;
	unsigned long floor;
	unsigned long unsigned_ok;
	const char *model;
	const char *hardware;
};

static const int allowed[] = {
	/* the bundle, and what the program says */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(lseek),
	SCMP_SYS(fcntl),
	/* names below the folder; Landlock knows no other */
	SCMP_SYS(openat),
	SCMP_SYS(open),
	SCMP_SYS(mkdirat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(getdents64),
	SCMP_SYS(fchmod),
	SCMP_SYS(fsync),
	SCMP_SYS(syncfs),
	/* memory and time */
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef SANDBOX_SANITIZED
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sched_yield),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(stat),
	SCMP_SYS(prctl),
	SCMP_SYS(getrusage),
	SCMP_SYS(sched_getaffinity),
#endif
};

/* "uid=", and a number behind it. */
static int
read_number(const char *word, struct words *w, struct err *e)
{
	const struct {
		const char *key;
		unsigned long *number;
	} keys[] = { { "uid=", &w->uid }, { "gid=", &w->gid },
		{ "floor=", &w->floor }, { "unsigned=", &w->unsigned_ok } };
	char *end;

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		size_t n = strlen(keys[k].key);

		if (strncmp(word, keys[k].key, n) != 0)
			continue;
		*keys[k].number = strtoul(word + n, &end, 10);
		if (word[n] >= '0' && word[n] <= '9' && *end == '\0')
			return 0;
	}
	return err_set(e, EINVAL, "what is %s?", word);
}

static int
read_words(int argc, char *argv[], struct words *w, struct err *e)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "model=", 6) == 0)
			w->model = argv[i] + 6;
		else if (strncmp(argv[i], "hardware=", 9) == 0)
			w->hardware = argv[i] + 9;
		else if (read_number(argv[i], w, e) == -1)
			return -1;
	return w->model == NULL ? err_set(e, EINVAL, "no model= given") : 0;
}

/* No anchors at all (/dev/null) is fine: then nobody is trusted. */
static int
read_anchors(X509_STORE **store, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_chain STACK_OF(X509) *chain = NULL;
	struct stat st;

	if (fstat(ANCHORS_FD, &st) == -1)
		return err_sys(e, "anchors");
	if (S_ISCHR(st.st_mode))
		return 0;
	if (file_read_fd(ANCHORS_FD, X509_PEM_MAX, &pem, e) == -1 ||
	    (chain = x509_chain_parse(pem.p, pem.len, e)) == NULL)
		return err_in(e, "anchors");
	if ((*store = X509_STORE_new()) == NULL)
		return err_ssl(e, "anchors");
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (X509_STORE_add_cert(*store, sk_X509_value(chain, i)) != 1)
			return err_ssl(e, "anchors");
	return 0;
}

/* Not there: then an encrypted bundle is refused. */
static int
read_recipient(struct bundle_trust *trust, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_chain STACK_OF(X509) *chain = NULL;

	if (fcntl(CERT_FD, F_GETFD) == -1)
		return 0;
	if (file_read_fd(CERT_FD, X509_PEM_MAX, &pem, e) == -1 ||
	    (chain = x509_chain_parse(pem.p, pem.len, e)) == NULL)
		return err_in(e, "the unit's bundle certificate");
	trust->to = sk_X509_shift(chain);
	trust->key = unpack_key_new(trust->to, ASK_FD, e);
	return trust->key == NULL ? -1 : 0;
}

static int
limit_work(struct err *e)
{
	struct rlimit cpu = { CPU_S, CPU_S };
	struct rlimit size = { SNAPSHOT_PACKAGE_MAX, SNAPSHOT_PACKAGE_MAX };

	if (setrlimit(RLIMIT_CPU, &cpu) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &size) == -1)
		return err_sys(e, "limits");
	return sandbox_limits(MEMORY_MB, 0, 0, e);
}

/* By argument: no executable memory, and what libraries can do without. */
static int
narrow_rules(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) !=
	    0;
}

static int
close_syscalls(struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad = f == NULL || narrow_rules(f);

	for (size_t i = 0; !bad && i < sizeof(allowed) / sizeof(allowed[0]);
	     i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) != 0;
	bad = bad || seccomp_load(f) != 0;
	seccomp_release(f);
	return bad ? err_set(e, EPERM, "seccomp filter was refused") : 0;
}

/* From here on this process can only write below the folder. */
static int
close_cage(const struct words *w, struct err *e)
{
	static const gid_t none[] = { 0 };
	const struct sandbox_path staging = { NULL, STAGING_FD, SANDBOX_WRITE };

	if (close_range(ASK_FD + 1, ~0u, 0) == -1)
		return err_sys(e, "close_range");
	if (sandbox_drop((uid_t)w->uid, (gid_t)w->gid, none, 0, e) == -1)
		return -1;
	/* Who started it gave up: nobody waits for the answer. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return err_sys(e, "prctl");
	if (sandbox_paths(&staging, 1, NULL, e) == -1 || limit_work(e) == -1)
		return -1;
	return close_syscalls(e);
}

static int
unpack(const struct bundle_trust *trust, struct err *e)
{
	struct bundle_info info;
	own_json json_t *j = NULL;
	own_str char *line = NULL;

	if (bundle_open(BUNDLE_FD, trust, STAGING_FD, &info, e) == -1)
		return -1;
	j = json_pack("{s:s, s:s, s:s, s:I, s:b, s:s}", "id", info.id, "name",
	    info.name, "model", info.model, "sequence",
	    (json_int_t)info.sequence, "signed", (int)info.is_signed, "signer",
	    info.signer);
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (printf("%s\n", line) < 0 || fflush(stdout) == EOF)
		return err_sys(e, "answer");
	return 0;
}

int
main(int argc, char *argv[])
{
	struct err e;
	struct words w = { .hardware = "" };
	struct bundle_trust trust = { .anchors = NULL };
	int rc = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1
	    ? 0
	    : err_set(&e, 0, "OpenSSL does not start");

	/* All that looks at files of the system comes before the cage. */
	if (rc == 0)
		rc = read_words(argc, argv, &w, &e);
	if (rc == 0)
		rc = read_anchors(&trust.anchors, &e);
	if (rc == 0)
		rc = read_recipient(&trust, &e);
	trust.unsigned_ok = w.unsigned_ok == 1;
	trust.unit = (struct terms_unit){ w.model, w.hardware, INGOT_VERSION,
		(int64_t)w.floor };
	if (rc == 0)
		rc = close_cage(&w, &e);
	if (rc == 0)
		rc = unpack(&trust, &e);
	if (rc == -1)
		(void)fprintf(stderr, "%s\n", e.text);
	(void)fflush(stderr);
	/* Not exit(): nothing is left to tear down, and what might try has no
	 * system calls for it. */
	_exit(rc == 0 ? 0 : 1);
}
