/* SPDX-License-Identifier: MIT */
/*
 * Host keys: new ones in the place of those that are there, and, for OpenSSH,
 * of those that a HostKey line names, wherever that is: `ssh-keygen -A` knows
 * only its own places, and Debian starts no sshd whose key is missing.
 *
 * The makers are OpenSSH's and Dropbear's own programs, run with fixed
 * arguments, because they alone know the forms which their servers read. They
 * write into the state folder; from there the key goes to its place like every
 * other file. RSA takes the longest, some seconds on a small board, and the
 * agent waits for it: a first apply has nothing better to do.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "digest.h"
#include "own.h"
#include "place.h"
#include "reset_plan.h"
#include "tree.h"

#define own_paths __attribute__((cleanup(tree_free), unused))

#define FOLDER    "reset-keys"
#define KEY_MAX   (16 * 1024)
#define WAIT_MS   120000
#define LINKS     8

/* In this order: "ecdsa" holds "dsa". NULL: of no use any more, removed. */
static const struct {
	const char *in_name;
	const char *type;
} types[] = { { "ed25519", "ed25519" }, { "ecdsa", "ecdsa" }, { "rsa", "rsa" },
	{ "dsa", NULL }, { "dss", NULL }, { "", "ed25519" } };

static const char *
type_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t i = 0;

	while (strstr(slash, types[i].in_name) == NULL)
		i++;
	return types[i].type;
}

static int
run(const char *const argv[], struct err *e)
{
	struct child_spec spec = {
		.path = argv[0], .argv = (char *const *)argv, .out = -1
	};
	struct child child;
	char said[64];
	int status;

	if (child_spawn(&spec, &child, e) == -1)
		return -1;
	if (poll(&(struct pollfd){ .fd = child.pidfd, .events = POLLIN }, 1,
		WAIT_MS) != 1)
		child_signal(&child, SIGKILL);
	while (!child_reap(&child, &status))
		(void)poll(NULL, 0, 1);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	child_say(status, said, sizeof(said));
	return err_set(e, EIO, "%s: %s", argv[0], said);
}

/* The first of the places that holds such a program. */
static const char *
program(const char *const places[], struct err *e)
{
	for (size_t i = 0; places[i] != NULL; i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	(void)err_set(e, ENOENT,
	    "host keys are there, but no %s to make others: install it",
	    places[0]);
	return NULL;
}

static int
read_made(int state, const char *name, struct bytes *out, struct err *e)
{
	return file_read(state, name, KEY_MAX, out, e);
}

/* SHA256:..., as ssh-keygen -l shows it, of the line in a .pub file. */
static void
fingerprint(const struct bytes *pub, char out[static 96])
{
	uint8_t blob[KEY_MAX], hash[SHA256_LEN];
	char text[KEY_MAX];
	own_str char *base64 = NULL;
	struct err ignored;
	long n;

	out[0] = '\0';
	if (sscanf(pub->p, "%*s %8191s", text) != 1 ||
	    (n = base64_decode(text, blob, sizeof(blob))) == -1 ||
	    sha256(blob, (size_t)n, hash, &ignored) == -1 ||
	    (base64 = base64_encode(hash, sizeof(hash))) == NULL)
		return;
	base64[strcspn(base64, "=")] = '\0';
	(void)snprintf(out, 96, "SHA256:%s", base64);
}

/* Both programs: PROGRAM -t TYPE -f FILE, ssh-keygen with some more. */
static int
make_key(struct planning *p, const char *bin, bool openssh, const char *type,
    struct err *e)
{
	char file[512];
	const char *const ssh[] = { bin, "-q", "-t", type, "-N", "", "-C", "",
		"-f", file, NULL };
	const char *const dropbear[] = { bin, "-t", type, "-f", file, NULL };

	(void)snprintf(
	    file, sizeof(file), "%s/" FOLDER "/key", p->settings->state_dir);
	if (file_mkdirs(p->state, FOLDER, 0700, e) == -1 ||
	    file_remove(p->state, FOLDER "/key", e) == -1 ||
	    file_remove(p->state, FOLDER "/key.pub", e) == -1)
		return -1;
	return run(openssh ? ssh : dropbear, e);
}

/* path: of the private key; for OpenSSH its .pub beside it. */
static int
plan_key(struct planning *p, const struct reset_item *item, const char *path,
    const char *bin, struct err *e)
{
	bool openssh = item->make == MAKE_SSH_KEYS;
	own_bytes struct bytes pub = { 0 };
	struct reset_step *s;

	if (reset_plan_add(p, item, path, &s, e) == -1)
		return -1;
	if (s == NULL || s->kind == STEP_WRITE)
		return 0; /* two HostKey lines, one key */
	s->kind = STEP_WRITE;
	s->meta.mode &= 0640;
	if (p->dry)
		return 0;
	if (make_key(p, bin, openssh, type_of(path), e) == -1 ||
	    read_made(p->state, FOLDER "/key", &s->text, e) == -1)
		return -1;
	if (!openssh)
		return 0;
	if (read_made(p->state, FOLDER "/key.pub", &pub, e) == -1)
		return -1;
	fingerprint(&pub, s->key);
	return 0;
}

static int
plan_public(struct planning *p, const struct reset_item *item,
    const char *private, struct err *e)
{
	char path[SNAPSHOT_PATH_MAX];
	struct reset_step *s;

	if (snprintf(path, sizeof(path), "%s.pub", private) >=
	    (int)sizeof(path))
		return err_set(e, ENAMETOOLONG, "%.200s.pub", private);
	if (reset_plan_add(p, item, path, &s, e) == -1)
		return -1;
	if (s == NULL || s->kind == STEP_WRITE)
		return 0;
	s->kind = STEP_WRITE;
	s->meta.mode = 0644;
	return p->dry ? 0 : read_made(p->state, FOLDER "/key.pub", &s->text, e);
}

/* A key behind a link (/etc is read-only, the key lies elsewhere) is made
 * where it really lies. */
static int
behind_links(struct planning *p, const char *path,
    char out[static SNAPSHOT_PATH_MAX], struct err *e)
{
	char full[PATH_MAX], to[PATH_MAX];
	ssize_t n;

	(void)snprintf(out, SNAPSHOT_PATH_MAX, "%s", path);
	for (int i = 0; i < LINKS; i++) {
		const char *slash = strrchr(out, '/') + 1;

		(void)snprintf(full, sizeof(full), "/%s%s", p->prefix, out + 1);
		if ((n = readlink(full, to, sizeof(to) - 1)) == -1)
			return 0;
		to[n] = '\0';
		n = to[0] == '/' ? 0 : slash - out;
		if ((size_t)n + strlen(to) >= SNAPSHOT_PATH_MAX)
			break;
		(void)strcpy(out + n, to);
	}
	return err_set(e, ELOOP, "%s: too many links", path);
}

static int
plan_one(struct planning *p, const struct reset_item *item, const char *path,
    const char *bin, struct err *e)
{
	char real[SNAPSHOT_PATH_MAX];

	if (behind_links(p, path, real, e) == -1 ||
	    plan_key(p, item, real, bin, e) == -1)
		return -1;
	return item->make == MAKE_SSH_KEYS ? plan_public(p, item, real, e) : 0;
}

/* Of a type that is still made; a pattern finds others beside the keys, but
 * what a HostKey line names is one under any name. */
static bool
is_private(const struct tree_paths *from, size_t i, bool named)
{
	const char *path = from->all[i];
	size_t n = strlen(path);

	return (named || (n > 4 && strcmp(path + n - 4, "_key") == 0)) &&
	    type_of(path) != NULL;
}

/* Public keys, certificates and the like of keys that are no more; what has
 * become a step already is the new key's. */
static int
plan_rest(struct planning *p, const struct reset_item *item,
    const struct tree_paths *found, struct err *e)
{
	char real[SNAPSHOT_PATH_MAX];
	struct reset_step *ignored;

	for (size_t i = 0; i < found->count; i++)
		if (!is_private(found, i, false) &&
		    (behind_links(p, found->all[i], real, e) == -1 ||
			reset_plan_add(p, item, real, &ignored, e) == -1))
			return -1;
	return 0;
}

static int
plan_keys(struct planning *p, const struct reset_item *item,
    const struct tree_paths *keys, bool named, const char *const places[],
    struct err *e)
{
	const char *bin = NULL;
	struct err ignored;

	for (size_t i = 0; i < keys->count; i++) {
		if (!is_private(keys, i, named))
			continue;
		if (bin == NULL && (bin = program(places, e)) == NULL)
			return -1;
		if (plan_one(p, item, keys->all[i], bin, e) == -1)
			return err_in(e, "%s", keys->all[i]);
	}
	if (bin != NULL && !p->dry)
		(void)file_remove_tree(p->state, FOLDER, &ignored);
	return 0;
}

int
reset_ssh_keys(struct planning *p, const struct reset_item *item,
    const struct tree_paths *found, struct err *e)
{
	static const char *const places[] = { "/usr/bin/ssh-keygen",
		"/usr/sbin/ssh-keygen", NULL };
	own_paths struct tree_paths named = { 0 };

	if (plan_keys(p, item, found, false, places, e) == -1 ||
	    reset_sshd_paths(p, &named, e) == -1 ||
	    plan_keys(p, item, &named, true, places, e) == -1)
		return -1;
	return plan_rest(p, item, found, e);
}

int
reset_dropbear_keys(struct planning *p, const struct reset_item *item,
    const struct tree_paths *found, struct err *e)
{
	static const char *const places[] = { "/usr/bin/dropbearkey",
		"/usr/sbin/dropbearkey", NULL };

	if (plan_keys(p, item, found, false, places, e) == -1)
		return -1;
	return plan_rest(p, item, found, e);
}
