/* SPDX-License-Identifier: MIT */
/*
 * The subcommands that make keys: the service's folder, a batch's claim
 * certificate, another worker. Nothing is ever overwritten: init refuses a
 * folder that has a registry, claim and worker a folder that has a key.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"

#define CA_DAYS     3650
#define BROKER_DAYS 825
#define CLAIM_DAYS  30

static int
write_pair(const char *home, const struct ca *ca, struct err *e)
{
	own_bytes struct bytes pem = { 0 }, key = { 0 };
	char rel[64], path[HOME_PATH_MAX];

	if (ca_pem(ca->certificate, &pem, e) == -1 ||
	    ca_key_pem(ca->key, &key, e) == -1)
		return -1;
	(void)snprintf(rel, sizeof(rel), "ca/%s.key", ca_name(ca->kind));
	if (home_path(path, home, rel, e) == -1 ||
	    file_write(AT_FDCWD, path, key.p, key.len, FILE_SECRET, e) == -1)
		return -1;
	(void)snprintf(rel, sizeof(rel), "ca/%s.pem", ca_name(ca->kind));
	if (home_path(path, home, rel, e) == -1)
		return -1;
	return file_write(AT_FDCWD, path, pem.p, pem.len, FILE_PUBLIC, e);
}

/* The root signs three times in its life, here; then its key can be put away.
 */
static int
make_authorities(const char *home, const char *fleet, struct err *e)
{
	struct ca root, ca;
	int rc;

	if (ca_make(&root, CA_ROOT, fleet, NULL, CA_DAYS, e) == -1)
		return -1;
	rc = write_pair(home, &root, e);
	for (int k = CA_UNITS; rc == 0 && k < CA_KINDS; k++) {
		rc = ca_make(&ca, (enum ca_kind)k, fleet, &root, CA_DAYS, e);
		if (rc == 0) {
			rc = write_pair(home, &ca, e);
			ca_free(&ca);
		}
	}
	ca_free(&root);
	return rc;
}

/* "host" and "192.0.2.1" as OpenSSL writes alternative names. */
static int
names(const struct cmd_args *a, char *out, size_t size, struct err *e)
{
	size_t n = 0;

	for (int i = 0; i < CMD_VALUES && a->broker_names[i] != NULL; i++) {
		const char *s = a->broker_names[i];
		bool ip = strspn(s, "0123456789.") == strlen(s) ||
		    strchr(s, ':') != NULL;

		if (s[strcspn(s, ", \t\n")] != '\0' || s[0] == '\0')
			return err_set(
			    e, EINVAL, "--broker-name: one name each");
		n += (size_t)snprintf(out + n, size - n, "%s%s:%s",
		    n > 0 ? "," : "", ip ? "IP" : "DNS", s);
		if (n >= size)
			return err_set(e, E2BIG, "--broker-name: too many");
	}
	return n > 0 ? 0
		     : err_set(e, EINVAL,
			   "--broker-name NAME: the name or "
			   "address by which units reach the "
			   "broker");
}

/* Every line of it matters: require_certificate without
 * use_identity_as_username (that would bypass the gate), nodelay because
 * TLS 1.3 otherwise waits 40 ms at each connect, no persistence because
 * sessions are clean. */
static int
write_config(const struct cmd_args *a, struct err *e)
{
	own_bytes struct bytes b = { 0 };
	char path[HOME_PATH_MAX];

	bytes_fmt(&b,
	    "# Mosquitto for an Ingot fleet. The gate decides everything; no\n"
	    "# acl_file or password_file beside it.\n"
	    "listener %s\n"
	    "cafile %s/broker/ca.pem\n"
	    "certfile %s/broker/cert.pem\n"
	    "keyfile %s/broker/key.pem\n"
	    "require_certificate true\n"
	    "tls_version tlsv1.2\n"
	    "set_tcp_nodelay true\n"
	    "allow_anonymous false\n"
	    "persistence false\n"
	    "max_packet_size 262144\n"
	    "plugin %s\n"
	    "plugin_opt_registry %s/registry.db\n",
	    a->listen != NULL ? a->listen : "8883", a->home, a->home, a->home,
	    a->gate != NULL ? a->gate : "/usr/lib/ingot/ingot-gate.so",
	    a->home);
	if (b.bad)
		return err_set(e, ENOMEM, "out of memory");
	if (home_path(path, a->home, "broker/mosquitto.conf", e) == -1)
		return -1;
	return file_write(AT_FDCWD, path, b.p, b.len, FILE_PUBLIC, e);
}

static int
group_id(const char *name, gid_t *gid, struct err *e)
{
	/* cppcheck-suppress getgrnamCalled ; one thread */
	const struct group *g = getgrnam(name);

	if (g == NULL)
		return err_set(e, ENOENT,
		    "--group: there is no group \"%.80s\"; it is the one the "
		    "broker runs with, mostly mosquitto",
		    name);
	*gid = g->gr_gid;
	return 0;
}

/* The broker runs as another user: its group may read the registry and the
 * broker's key, and nothing else of the folder. */
static int
share(const struct cmd_args *a, struct err *e)
{
	static const struct {
		const char *rel;
		mode_t mode;
	} shared[] = { { ".", 0750 }, { "registry.db", 0640 },
		{ "registry.db-wal", 0640 }, { "registry.db-shm", 0640 },
		{ "broker", 0750 }, { "broker/key.pem", 0640 } };
	gid_t gid = 0;

	if (a->group == NULL)
		return 0;
	if (group_id(a->group, &gid, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		char path[HOME_PATH_MAX];

		if (home_path(path, a->home, shared[i].rel, e) == -1)
			return -1;
		if (chown(path, (uid_t)-1, gid) == -1 ||
		    chmod(path, shared[i].mode) == -1)
			return err_sys(e, "%s", path);
	}
	return 0;
}

static int
make_leaf(const struct cmd_args *a, struct registry *r,
    const struct home_leaf *want, struct err *e)
{
	struct home_leaf l = *want;
	char root[HOME_PATH_MAX], key[HOME_PATH_MAX];
	struct ca ca;
	int rc;

	if (home_path(root, a->home, "ca/root.pem", e) == -1 ||
	    home_path(key, l.folder, "key.pem", e) == -1)
		return -1;
	if (access(key, F_OK) == 0)
		return err_set(e, EEXIST, "%s: there already", key);
	if (home_ca(&ca, a->home, l.issuer, a->key, e) == -1)
		return -1;
	l.root = root;
	rc = home_leaf_make(&ca, r, &l, e);
	ca_free(&ca);
	return rc;
}

static int
make_worker(const struct cmd_args *a, struct registry *r, const char *name,
    struct err *e)
{
	char rel[WIRE_NAME_MAX + 16], folder[HOME_PATH_MAX];
	const struct home_leaf l = { .issuer = CA_SERVICES,
		.role = "worker",
		.cn = name,
		.days = BROKER_DAYS,
		.folder = folder };

	if (!wire_serial_ok(name))
		return err_set(e, EINVAL, "worker: A-Z a-z 0-9 . _ - only");
	(void)snprintf(rel, sizeof(rel), "worker/%s", name);
	if (home_path(folder, a->home, rel, e) == -1)
		return -1;
	return make_leaf(a, r, &l, e);
}

static int
make_broker(const struct cmd_args *a, const char *alt, struct err *e)
{
	char folder[HOME_PATH_MAX];
	const struct home_leaf l = { .issuer = CA_SERVICES,
		.cn = "broker",
		.names = alt,
		.days = BROKER_DAYS,
		.folder = folder };

	if (home_path(folder, a->home, "broker", e) == -1 ||
	    make_leaf(a, NULL, &l, e) == -1)
		return -1;
	return write_config(a, e);
}

static int
make_home(const struct cmd_args *a, const char *alt, struct registry *r,
    struct err *e)
{
	char path[HOME_PATH_MAX];

	if (home_path(path, a->home, "ca", e) == -1 ||
	    file_mkdirs(AT_FDCWD, path, 0700, e) == -1 ||
	    make_authorities(
		a->home, a->fleet != NULL ? a->fleet : "fleet", e) == -1 ||
	    make_broker(a, alt, e) == -1)
		return -1;
	if (home_registry(r, a->home, DB_CREATE, e) == -1)
		return -1;
	return make_worker(a, r, "worker", e);
}

int
cmd_init(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r = { NULL };
	char alt[1024], path[HOME_PATH_MAX];
	mode_t before;
	gid_t gid;
	int rc;

	/* What can be wrong is found before anything is made. */
	if (names(a, alt, sizeof(alt), e) == -1 ||
	    (a->group != NULL && group_id(a->group, &gid, e) == -1) ||
	    home_path(path, a->home, "registry.db", e) == -1)
		return -1;
	if (access(path, F_OK) == 0)
		return err_set(e, EEXIST, "%s: there already", path);
	before = umask(0077);
	rc = make_home(a, alt, &r, e);
	(void)umask(before);
	/* SQLite gives its log the database's mode and owner: set them first,
	 * then let it be made again. */
	registry_close(&r);
	if (rc == 0)
		rc = share(a, e);
	if (rc == 0 && home_registry(&r, a->home, DB_WRITE, e) == 0)
		registry_close(&r);
	cmd_say(out, "home", a->home);
	return rc;
}

int
cmd_worker(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r;
	int rc;

	if (home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = make_worker(a, &r, a->word[0], e);
	registry_close(&r);
	cmd_say(out, "worker", a->word[0]);
	return rc;
}

static int
make_claim(const struct cmd_args *a, struct registry *r, int64_t quota,
    int64_t days, struct err *e)
{
	struct registry_batch b = { .quota = quota,
		.software = a->software,
		.unproven = a->unproven,
		.not_after = (int64_t)time(NULL) + days * 86400 };
	const struct home_leaf l = { .issuer = CA_CLAIMS,
		.role = "claim",
		.cn = a->word[0],
		.days = days,
		.folder = a->out };

	if (!wire_serial_ok(a->word[0]))
		return err_set(e, EINVAL, "batch: A-Z a-z 0-9 . _ - only");
	(void)snprintf(b.name, sizeof(b.name), "%s", a->word[0]);
	if (db_begin(r->db, e) == -1)
		return -1;
	if (registry_batch_add(r, &b, e) == 0 && make_leaf(a, r, &l, e) == 0 &&
	    db_commit(r->db, e) == 0)
		return 0;
	db_rollback(r->db);
	return -1;
}

int
cmd_claim(const struct cmd_args *a, json_t *out, struct err *e)
{
	struct registry r;
	int64_t quota, days;
	int rc;

	if (a->out == NULL)
		return err_set(e, EINVAL,
		    "--out FOLDER: where the claim "
		    "certificate goes");
	if (cmd_number("--quota", a->quota, 0, 100000000, 0, &quota, e) == -1 ||
	    cmd_number("--days", a->days, 1, 825, CLAIM_DAYS, &days, e) == -1 ||
	    home_registry(&r, a->home, DB_WRITE, e) == -1)
		return -1;
	rc = make_claim(a, &r, quota, days, e);
	registry_close(&r);
	cmd_say(out, "batch", a->word[0]);
	cmd_say(out, "folder", a->out);
	return rc;
}
