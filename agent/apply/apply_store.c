/* SPDX-License-Identifier: MIT */
/*
 * The snapshot store, and the rules of what may come into it: signed by the
 * maker (or development), for this model, not older than what was confirmed in
 * production. Checked here, by the agent, whatever was checked before; and
 * again for a stored snapshot before it is rolled back to.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apply_parts.h"
#include "cms.h"
#include "log.h"
#include "own.h"
#include "x509.h"

#define FLOOR     "identity/floor.json"
#define FLOOR_MAX 256

int64_t
floor_read(int state, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *o = NULL;
	int64_t floor, time_then = 0;

	if (faccessat(state, FLOOR, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return 0;
	if (file_read(state, FLOOR, FLOOR_MAX, &text, e) == -1 ||
	    (o = json_parse(FLOOR, text.p, text.len, FLOOR_MAX, e)) == NULL ||
	    json_num(o, "sequence", 0, INT64_MAX, &floor, e) == -1 ||
	    (json_object_get(o, "time") != NULL &&
		json_num(o, "time", 0, INT64_MAX, &time_then, e) == -1))
		return err_in(e, "anti-rollback");
	/* The clock went on from there, whatever it says now. */
	x509_clock_raise(time_then);
	return floor;
}

int
floor_raise(int state, int64_t sequence, struct err *e)
{
	int64_t floor = floor_read(state, e);
	char line[80];
	int n;

	if (floor == -1 || floor >= sequence)
		return floor == -1 ? -1 : 0;
	n = snprintf(line, sizeof(line), "{\"sequence\":%lld,\"time\":%lld}\n",
	    (long long)sequence, (long long)time(NULL));
	return file_write(state, FLOOR, line, (size_t)n, FILE_SECRET, e);
}

bool
store_unsigned_ok(const struct agent *agent)
{
	/* Whatever the settings say, once the unit was locked. */
	return agent->settings.unsigned_bundles &&
	    (MODE_BIT(agent->mode) &
		(MODE_BIT(MODE_FACTORY) | MODE_BIT(MODE_STAGED) |
		    MODE_BIT(MODE_ENROLLED))) != 0;
}

int
store_signer(
    const struct agent *agent, int dir, char *who, size_t size, struct err *e)
{
	own_bytes struct bytes sig = { 0 };
	own_bytes struct bytes manifest = { 0 };
	own_store X509_STORE *anchors = NULL;

	who[0] = '\0';
	if (file_read(dir, "signature", CMS_SIG_MAX, &sig, e) == -1 ||
	    file_read(dir, "manifest", SNAPSHOT_MANIFEST_MAX, &manifest, e) ==
		-1)
		return -1;
	if (sig.len == 0)
		return err_set(e, EACCES, "the bundle is not signed");
	if ((anchors = x509_anchors(agent->settings.anchors, e)) == NULL)
		return -1;
	return cms_verify(
	    sig.p, sig.len, manifest.p, manifest.len, anchors, who, size, e);
}

int
store_allowed(
    struct agent *agent, const struct snapshot *s, int dir, struct err *e)
{
	own_facts struct facts facts = { 0 };
	int64_t floor = floor_read(agent->state, e);
	char who[256];

	if (floor == -1 || facts_read(&facts, &agent->settings, e) == -1)
		return -1;
	if (terms_fit(s,
		&(struct terms_unit){
		    facts.model, facts.hardware, INGOT_VERSION, floor },
		e) == -1)
		return -1;
	if (store_signer(agent, dir, who, sizeof(who), e) == 0 ||
	    store_unsigned_ok(agent))
		return 0;
	return -1;
}

/* Everything below dir becomes root's; what is no plain file with one name, or
 * a folder, is not taken. */
static int adopt_folder(int dir, unsigned depth, struct err *e);

static int
adopt_entry(int dir, const char *name, unsigned depth, struct err *e)
{
	own_fd int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return err_sys(e, "%s", name);
	if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || st.st_nlink != 1))
		return err_set(e, EBADMSG, "%s: neither file nor folder", name);
	if (fchown(fd, geteuid(), getegid()) == -1 ||
	    fchmod(fd, S_ISDIR(st.st_mode) ? 0700 : 0600) == -1)
		return err_sys(e, "%s", name);
	return S_ISDIR(st.st_mode) ? adopt_folder(fd, depth + 1, e) : 0;
}

static int
adopt_folder(int dir, unsigned depth, struct err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL) {
		own_fd_close(&fd);
		return err_sys(e, "open folder");
	}
	if (depth > SNAPSHOT_PATH_MAX / 2)
		rc = err_set(e, EBADMSG, "folders are nested too deep");
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = adopt_entry(dir, de->d_name, depth, e);
	(void)closedir(d);
	return rc;
}

static int
check_tree(struct apply *a, int dir, const char *id, enum ctl_code *code,
    struct err *e)
{
	own_snapshot struct snapshot s = { 0 };

	if (snapshot_read(&s, dir, e) == -1 ||
	    snapshot_verify(&s, dir, e) == -1)
		return -1;
	if (strcmp(s.id, id) != 0)
		return err_set(e, EBADMSG, "it is not the snapshot it says");
	*code = CODE_REFUSED;
	return store_allowed(a->agent, &s, dir, e);
}

int
store_open(struct apply *a, const char *id, enum ctl_code *code, struct err *e)
{
	char path[SHA256_HEX + 16];
	own_fd int dir = -1;

	*code = CODE_FAILED;
	(void)snprintf(path, sizeof(path), "snapshots/%s", id);
	dir = openat(a->agent->state, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "open snapshot %.8s", id);
	if (check_tree(a, dir, id, code, e) == -1)
		return err_in(e, "snapshot %.8s", id);
	return take_fd(&dir);
}

static int
take_staging(struct apply *a, const char *id, struct err *e)
{
	int state = a->agent->state;
	char path[SHA256_HEX + 16];
	enum ctl_code ignored;
	own_fd int there = store_open(a, id, &ignored, e);

	/* The same bundle once more: the folder that is there is as good. */
	if (there != -1)
		return file_remove_tree(state, STAGING, e);
	(void)snprintf(path, sizeof(path), "snapshots/%s", id);
	if (faccessat(state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		log_warn("%s; taking the bundle's", e->text);
		if (file_remove_tree(state, path, e) == -1)
			return -1;
	}
	if (renameat(state, STAGING, state, path) == -1)
		return err_sys(e, "rename to %s", path);
	return 0;
}

/* Staging, taken over and checked: its folder. */
static int
adopt(struct apply *a, const char *id, enum ctl_code *code, struct err *e)
{
	own_fd int dir = openat(a->agent->state, STAGING,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*code = CODE_FAILED;
	if (dir == -1)
		return err_sys(e, STAGING);
	if (fchown(dir, geteuid(), getegid()) == -1 || fchmod(dir, 0700) == -1)
		return err_sys(e, STAGING);
	if (adopt_folder(dir, 0, e) == -1 ||
	    check_tree(a, dir, id, code, e) == -1)
		return -1;
	*code = CODE_FAILED;
	return take_fd(&dir);
}

int
store_check(struct apply *a, const char *id, enum ctl_code *code, struct err *e)
{
	own_fd int dir = adopt(a, id, code, e);

	return dir == -1 ? -1 : 0;
}

int
store_adopt(struct apply *a, const char *id, enum ctl_code *code, struct err *e)
{
	int state = a->agent->state;
	own_fd int dir = adopt(a, id, code, e);

	if (dir == -1)
		return -1;
	if (syncfs(dir) == -1)
		return err_sys(e, "syncfs");
	if (take_staging(a, id, e) == -1)
		return -1;
	return syncfs(state) == -1 ? err_sys(e, "syncfs") : 0;
}
