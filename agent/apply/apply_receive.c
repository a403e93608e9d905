/* SPDX-License-Identifier: MIT */
/*
 * From a bundle to snapshots/<id>. The bytes of the bundle are parsed by
 * ingot-unpack, a process that may do nothing but write into one empty folder;
 * the agent reads its one line of JSON, takes the folder over, and believes
 * none of it: apply_store.c checks signature, rules and every hash again.
 */
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply_parts.h"
#include "audit.h"
#include "child.h"
#include "log.h"
#include "own.h"
#include "unbox.h"

#define SAID_MAX   4096
#define LATE_MS    300000
#define SPARE_ROOM (4u * 1024 * 1024)
/* Unpacked size over packed size that free space is asked for; more may still
 * come, and then the unpacker runs out of room, not the unit. */
#define SWELL 3

struct receive {
	struct apply *a;
	struct apply_order order;
	struct child child;
	int said; /* what it writes */
	int timer;
	struct bytes text;
	struct unbox unbox; /* lends it the unit's key, if it is encrypted */
	bool keep;          /* staging, for a dry run that goes on from there */
};

void
receive_free(struct apply *a)
{
	struct receive *r = a->receive;
	struct err ignored;

	if (r == NULL)
		return;
	a->receive = NULL;
	loop_untimer(a->agent->loop, r->timer);
	unbox_stop(&r->unbox);
	if (r->said != -1) {
		loop_forget(a->agent->loop, r->said);
		(void)close(r->said);
	}
	if (r->child.pid != 0) {
		loop_forget(a->agent->loop, r->child.pidfd);
		child_signal(&r->child, SIGKILL);
		while (!child_reap(&r->child, &(int){ 0 }))
			(void)usleep(1000);
	}
	bytes_free(&r->text);
	if (!r->keep)
		(void)file_remove_tree(a->agent->state, STAGING, &ignored);
	free(r);
}

static void
refuse(struct receive *r, enum ctl_code code, const struct err *why)
{
	struct apply *a = r->a;
	struct ctl_call *call = r->order.call;
	struct err kept = *why;

	if (r->order.kind != KIND_DRY)
		audit_say(
		    a->agent->audit, "agent", "BundleRefused", "%s", kept.text);
	receive_free(a);
	if (call != NULL)
		ctl_fail(call, code, &kept);
	if (a->again)
		(void)apply_again(a->agent, &kept);
}

/* The unpacker's last line: what went wrong, or its JSON. */
static const char *
last_line(struct bytes *text)
{
	char *newline;

	if (text->p == NULL)
		return "";
	while (text->len > 0 && text->p[text->len - 1] == '\n')
		text->p[--text->len] = '\0';
	newline = strrchr(text->p, '\n');
	return newline == NULL ? text->p : newline + 1;
}

static int
parse_said(struct receive *r, char id[static SHA256_HEX], struct err *e)
{
	static const char *const known[] = { "id", "model", "name", "sequence",
		"signed", "signer", NULL };
	const char *line = last_line(&r->text), *text;
	uint8_t raw[SHA256_LEN];
	own_json json_t *o =
	    json_parse("ingot-unpack", line, strlen(line), SAID_MAX, e);

	if (o == NULL || json_known(o, known, e) == -1 ||
	    json_str(o, "id", SHA256_HEX - 1, &text, e) == -1)
		return -1;
	if (hex_decode(text, raw, sizeof(raw)) != SHA256_LEN)
		return err_set(e, EBADMSG, "ingot-unpack: no id");
	(void)snprintf(id, SHA256_HEX, "%s", text);
	return 0;
}

static void
unpacked(struct receive *r)
{
	struct apply *a = r->a;
	struct apply_order order = r->order;
	enum ctl_code code = CODE_FAILED;
	struct err e;

	order.staged = order.kind == KIND_DRY;
	if (parse_said(r, order.snapshot, &e) == -1 ||
	    (order.staged ? store_check : store_adopt)(
		a, order.snapshot, &code, &e) == -1) {
		refuse(r, code, &e);
		return;
	}
	r->keep = order.staged;
	receive_free(a);
	if (apply_begin(a, &order, &e) == -1) {
		log_warn("apply: %s", e.text);
		if (order.kind != KIND_DRY)
			audit_say(a->agent->audit, "agent", "ApplyRefused",
			    "%s", e.text);
		if (order.call != NULL)
			ctl_fail_list(
			    order.call, CODE_FAILED, &e, a->obstacles);
	}
}

static void
take_said(struct receive *r)
{
	char chunk[1024];
	ssize_t n;

	while ((n = read(r->said, chunk, sizeof(chunk))) > 0)
		bytes_add(&r->text, chunk, (size_t)n);
}

static void
on_said(void *ctx, int fd, uint32_t events)
{
	struct receive *r = ctx;

	take_said(r);
	if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		loop_forget(r->a->agent->loop, fd);
}

static void
on_exit_(void *ctx, int fd, uint32_t events)
{
	struct receive *r = ctx;
	char how[64];
	struct err e;
	int status;

	(void)events;
	if (!child_reap(&r->child, &status))
		return;
	loop_forget(r->a->agent->loop, fd);
	take_said(r);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		unpacked(r);
		return;
	}
	child_say(status, how, sizeof(how));
	if (r->unbox.why.text[0] != '\0')
		(void)err_set(&e, 0, "the bundle's key: %s", r->unbox.why.text);
	else if (WIFEXITED(status) && r->text.len > 0)
		(void)err_set(&e, 0, "%s", last_line(&r->text));
	else
		(void)err_set(&e, 0, "ingot-unpack: %s", how);
	refuse(r, CODE_REFUSED, &e);
}

static void
on_late(void *ctx)
{
	struct receive *r = ctx;
	struct err e;

	r->timer = 0;
	(void)err_set(&e, ETIMEDOUT, "the bundle was not read within %d s",
	    LATE_MS / 1000);
	refuse(r, CODE_FAILED, &e);
}

static int
room_for(int bundle, int state, struct err *e)
{
	struct stat st;
	struct statvfs fs;
	uint64_t need, has;

	if (fstat(bundle, &st) == -1)
		return err_sys(e, "bundle");
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "a bundle is a regular file");
	if (fstatvfs(state, &fs) == -1)
		return err_sys(e, "free space");
	need = (uint64_t)st.st_size * SWELL + SPARE_ROOM;
	has = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (has < need)
		return err_set(e, ENOSPC,
		    "too little room for the bundle: %llu KiB are needed in "
		    "the state folder, %llu KiB are free",
		    (unsigned long long)need / 1024,
		    (unsigned long long)has / 1024);
	return 0;
}

/* An empty folder that belongs to the unpacker. */
static int
make_staging(int state, uid_t uid, gid_t gid, struct err *e)
{
	own_fd int fd = -1;

	if (faccessat(state, STAGING, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file_remove_tree(state, STAGING, e) == -1)
		return -1;
	if (mkdirat(state, STAGING, 0700) == -1)
		return err_sys(e, "make folder " STAGING);
	fd = openat(
	    state, STAGING, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fchown(fd, uid, gid) == -1)
		return err_sys(e, STAGING);
	return take_fd(&fd);
}

static int
open_anchors(const struct settings *s, struct err *e)
{
	int fd = open(s->anchors, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd == -1 ? err_sys(e, "open %s", s->anchors) : fd;
}

/* The words of ingot-unpack. */
struct words {
	char uid[24], gid[24], model[96], hardware[96], floor[40];
	char unsigned_ok[16];
};

static int
word_all(
    struct apply *a, const struct passwd *user, struct words *w, struct err *e)
{
	own_facts struct facts facts = { 0 };
	int64_t floor = floor_read(a->agent->state, e);

	if (floor == -1 || facts_read(&facts, &a->agent->settings, e) == -1)
		return -1;
	(void)snprintf(
	    w->uid, sizeof(w->uid), "uid=%u", (unsigned)user->pw_uid);
	(void)snprintf(
	    w->gid, sizeof(w->gid), "gid=%u", (unsigned)user->pw_gid);
	(void)snprintf(w->model, sizeof(w->model), "model=%s", facts.model);
	(void)snprintf(
	    w->hardware, sizeof(w->hardware), "hardware=%s", facts.hardware);
	(void)snprintf(
	    w->floor, sizeof(w->floor), "floor=%lld", (long long)floor);
	(void)snprintf(w->unsigned_ok, sizeof(w->unsigned_ok), "unsigned=%d",
	    (int)store_unsigned_ok(a->agent));
	return 0;
}

static int
spawn(struct receive *r, int bundle, const struct passwd *user, int out,
    struct err *e)
{
	struct apply *a = r->a;
	struct words w;
	char path[512];
	own_fd int staging = -1;
	own_fd int anchors = open_anchors(&a->agent->settings, e);
	char name[] = "ingot-unpack";
	char *argv[] = { name, w.uid, w.gid, w.model, w.hardware, w.floor,
		w.unsigned_ok, NULL };
	struct child_spec spec = { path, argv, out, { 0 }, 5 };

	if (anchors == -1 ||
	    unbox_start(&r->unbox, a->agent, bundle, e) == -1 ||
	    word_all(a, user, &w, e) == -1)
		return -1;
	staging = make_staging(a->agent->state, user->pw_uid, user->pw_gid, e);
	if (staging == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ingot-unpack",
	    a->agent->settings.libexec_dir);
	spec.fds[0] = bundle;
	spec.fds[1] = staging;
	spec.fds[2] = anchors;
	spec.fds[3] = r->unbox.certificate;
	spec.fds[4] = r->unbox.theirs;
	if (child_spawn(&spec, &r->child, e) == -1)
		return -1;
	unbox_given(&r->unbox);
	return 0;
}

static int
start(struct receive *r, int bundle, struct err *e)
{
	struct agent *agent = r->a->agent;
	const struct passwd *user = getpwnam(agent->settings.unpack_user);
	int ends[2], rc;

	if (user == NULL || user->pw_uid == 0)
		return err_set(e, ENOENT,
		    "unpack_user \"%s\" of ingot.conf is no ordinary user of "
		    "this unit",
		    agent->settings.unpack_user);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_sys(e, "pipe");
	r->said = ends[0];
	rc = spawn(r, bundle, user, ends[1], e);
	(void)close(ends[1]);
	if (rc == -1 ||
	    loop_watch(agent->loop, r->said, EPOLLIN, on_said, r, e) == -1 ||
	    loop_watch(agent->loop, r->child.pidfd, EPOLLIN, on_exit_, r, e) ==
		-1)
		return -1;
	r->timer = loop_timer(agent->loop, LATE_MS, on_late, r, e);
	return r->timer == -1 ? -1 : 0;
}

int
receive_start(
    struct apply *a, int bundle, const struct apply_order *order, struct err *e)
{
	struct receive *r;

	if (room_for(bundle, a->agent->state, e) == -1)
		return -1;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	r->a = a;
	r->order = *order;
	r->said = r->child.pidfd = -1;
	r->text.limit = SAID_MAX;
	a->receive = r;
	if (start(r, bundle, e) == 0)
		return 0;
	receive_free(a);
	return -1;
}
