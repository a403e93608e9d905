/* SPDX-License-Identifier: MIT */
/*
 * The start of one plugin's process. The plugin file is opened once; its note
 * is read, its signature is checked and the host loads it from that very
 * descriptor, so nobody can exchange the file in between. None of its code
 * runs in the agent.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cms.h"
#include "file.h"
#include "hosts_in.h"
#include "log.h"
#include "note.h"
#include "own.h"
#include "spec.h"
#include "x509.h"

#define STATE_FOLDER "plugins"

/* What a host is started with; all of it is closed here afterwards. */
struct start {
	int agent, agent_peer;
	int sign, sign_peer;
	int plugin;
	int hand[SPEC_LIST_MAX];
	char state[2 * PATH_MAX];
};

static void
start_close(struct start *s)
{
	int *const fds[] = { &s->agent, &s->agent_peer, &s->sign, &s->sign_peer,
		&s->plugin };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		own_fd_close(fds[i]);
	for (size_t i = 0; i < SPEC_LIST_MAX; i++)
		own_fd_close(&s->hand[i]);
}

/* A file that somebody else may write is not the one that was checked. */
static int
check_owner(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "not a regular file");
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(e, EPERM,
		    "others than root may write it; chown root, chmod go-w");
	return 0;
}

static int
check_note(const struct host *h, int fd, struct err *e)
{
	uint32_t lacking;
	struct ingot_note note;

	if (note_read(fd, &note, e) == -1)
		return -1;
	if (strncmp(note.name, h->name, sizeof(note.name)) != 0)
		return err_set(e, EINVAL, "it is plugin \"%.24s\"", note.name);
	if ((lacking = note.needs & ~h->grants->spec.granted) == 0)
		return 0;
	return err_set(e, EPERM, "it needs %s, which its policy does not grant",
	    grants_need_name(lacking) == NULL ? "something unknown"
					      : grants_need_name(lacking));
}

static int
check_signature(struct host *h, int fd, const char *path, struct err *e)
{
	const char *anchors_path = h->agent->settings.anchors;
	own_store X509_STORE *anchors = NULL;
	own_bytes struct bytes sig = { 0 };
	char where[PATH_MAX + 8];

	(void)snprintf(where, sizeof(where), "%s.sig", path);
	if (file_read(AT_FDCWD, where, CMS_SIG_MAX, &sig, e) == -1)
		return -1;
	if ((anchors = x509_anchors(anchors_path, e)) == NULL)
		return -1;
	return cms_verify_fd(sig.p, sig.len, fd, anchors, NULL, 0, e);
}

static bool
must_be_signed(const struct agent *a)
{
	return !a->settings.unsigned_plugins ||
	    (MODE_BIT(a->mode) & MODE_DEVELOPMENT) == 0;
}

static int
open_plugin(struct host *h, struct start *s, struct err *e)
{
	char path[PATH_MAX];
	struct err bad;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    h->agent->settings.plugin_dir, h->grants->file);
	s->plugin = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (s->plugin == -1)
		return err_sys(e, "%s", path);
	if (check_owner(s->plugin, e) == -1 ||
	    check_note(h, s->plugin, e) == -1)
		return err_in(e, "%s", path);
	h->is_signed = check_signature(h, s->plugin, path, &bad) == 0;
	if (h->is_signed || !must_be_signed(h->agent))
		return 0;
	return err_set(
	    e, EPERM, "%s: not signed by the maker: %s", path, bad.text);
}

static int
open_handed(const struct host *h, struct start *s, struct err *e)
{
	const struct grant_hand *hand = h->grants->hand;

	for (size_t i = 0; i < SPEC_LIST_MAX && hand[i].name != NULL; i++) {
		s->hand[i] = open(hand[i].path,
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (s->hand[i] == -1)
			return err_sys(
			    e, "hand %s: %s", hand[i].name, hand[i].path);
	}
	return 0;
}

static int
make_state(struct host *h, struct start *s, struct err *e)
{
	const struct host_spec *spec = &h->grants->spec;
	char path[PATH_MAX];
	own_fd int fd = -1;

	if ((spec->granted & INGOT_NEED_STATE) == 0)
		return 0;
	(void)snprintf(path, sizeof(path), STATE_FOLDER "/%s", h->name);
	(void)snprintf(s->state, sizeof(s->state), "%s/%s",
	    h->agent->settings.state_dir, path);
	if (file_mkdirs(h->agent->state, STATE_FOLDER, 0711, e) == -1 ||
	    file_mkdirs(h->agent->state, path, 0700, e) == -1)
		return -1;
	fd = file_open_beneath(
	    h->agent->state, path, O_RDONLY | O_DIRECTORY, 0, e);
	if (fd == -1)
		return -1;
	if (fchown(fd, spec->uid, spec->gid) == -1 || fchmod(fd, 0700) == -1)
		return err_sys(e, "%s", s->state);
	return 0;
}

/* Our end does not block; the host's does, it may wait for us. */
static int
channel(int *ours, int *theirs, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, "socket pair");
	*ours = pair[0];
	*theirs = pair[1];
	if (fcntl(*ours, F_SETFL, O_NONBLOCK) == -1)
		return err_sys(e, "socket pair");
	return 0;
}

static int
open_channels(const struct host *h, struct start *s, struct err *e)
{
	if (channel(&s->agent, &s->agent_peer, e) == -1)
		return -1;
	if ((h->grants->spec.granted & INGOT_NEED_SIGN) == 0)
		return 0;
	return channel(&s->sign, &s->sign_peer, e);
}

static int
run(struct host *h, struct start *s, struct err *e)
{
	struct host_spec spec = h->grants->spec;
	char path[PATH_MAX];
	struct child_spec child = { .path = path,
		.out = -1,
		.fds = { s->agent_peer, s->plugin, s->sign_peer },
		.count = SPEC_HAND_FD - SPEC_AGENT_FD };
	char **argv;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/ingot-host",
	    h->agent->settings.libexec_dir);
	if (s->state[0] != '\0')
		spec.state = s->state;
	for (size_t i = 0; s->hand[i] != -1; i++)
		child.fds[child.count++] = s->hand[i];
	if ((argv = spec_argv(&spec, e)) == NULL)
		return -1;
	child.argv = argv;
	rc = child_spawn(&child, &h->child, e);
	free(argv);
	return rc;
}

/* The process is there: listen to it, and ask it to open. */
static int
listen_to(struct host *h, struct start *s, struct err *e)
{
	struct loop *l = h->agent->loop;

	h->sock = take_fd(&s->agent);
	h->sign = take_fd(&s->sign);
	if (loop_watch(l, h->child.pidfd, EPOLLIN, host_watch_end, h, e) == -1)
		return -1;
	if (loop_watch(l, h->sock, EPOLLIN, host_readable, h, e) == -1)
		return -1;
	if (h->sign != -1 &&
	    loop_watch(l, h->sign, EPOLLIN, host_sign_readable, h, e) == -1)
		return -1;
	return msg_send(h->sock, MSG_OPEN, ++h->id, "", 0, -1, e);
}

static int
prepare(struct host *h, struct start *s, bool *refused, struct err *e)
{
	*refused = true;
	if (open_plugin(h, s, e) == -1)
		return -1;
	*refused = false;
	if (open_handed(h, s, e) == -1 || make_state(h, s, e) == -1)
		return -1;
	return open_channels(h, s, e);
}

int
host_spawn(struct host *h, bool *refused, struct err *e)
{
	struct start s = { -1, -1, -1, -1, -1,
		.hand = { -1, -1, -1, -1, -1, -1, -1, -1 } };
	int rc;

	_Static_assert(SPEC_LIST_MAX == 8, "so many -1 above");
	rc = prepare(h, &s, refused, e);
	if (rc == 0)
		rc = run(h, &s, e);
	if (rc == 0 && listen_to(h, &s, e) == -1) {
		/* It exists: its end comes through the loop, or never. */
		log_error("plugin %s: %s", h->name, e->text);
		child_signal(&h->child, SIGKILL);
	}
	start_close(&s);
	return rc;
}
