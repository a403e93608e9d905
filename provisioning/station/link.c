/* SPDX-License-Identifier: MIT */
/*
 * libssh, kept to itself. Every option that would make it look something up
 * (configuration, known_hosts, home) is set before it is asked to connect, and
 * the name is resolved and the socket made here, so that the limits hold for
 * them as well.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "dial.h"
#include "digest.h"
#include "link.h"
#include "loop.h"
#include "own.h"

#define CHUNK   32768
#define WAIT_MS 50

struct link {
	ssh_session session;
	char print[UNIT_HOSTKEY_LEN + 1];
};

/* The kinds of host keys, best first. A server shows one key of the first kind
 * that both know; if that is not the pinned one, it may have another that is.
 */
#define ECDSA "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
#define RSA   "rsa-sha2-512,rsa-sha2-256"
static const char *const kinds[] = {
	"ssh-ed25519," ECDSA "," RSA,
	ECDSA,
	RSA,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What the peer wrote may end up on a terminal. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static int
ssh_says(const struct link *l, struct err *e, const char *what)
{
	(void)err_set(e, EPROTO, "%s: %.300s", what, ssh_get_error(l->session));
	make_printable(e->text);
	return -1;
}

static int
set_options(ssh_session s, const struct link_want *w, int fd, const char *kind)
{
	const int no = 0;
	long seconds = (long)w->timeout_s;

	return ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no) |
	    ssh_options_set(s, SSH_OPTIONS_SSH_DIR, "/nonexistent") |
	    ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") |
	    ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") |
	    ssh_options_set(s, SSH_OPTIONS_HOST, w->unit->host) |
	    ssh_options_set(s, SSH_OPTIONS_USER, w->unit->user) |
	    ssh_options_set(s, SSH_OPTIONS_HOSTKEYS, kind) |
	    ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &seconds) |
	    ssh_options_set(s, SSH_OPTIONS_FD, &fd);
}

static int
judge(struct link *l, const struct link_want *w, struct err *e)
{
	own_str char *text = NULL;
	ssh_key key = NULL;
	struct hostkey_shown shown = { NULL, NULL };
	int rc = -1;

	if (ssh_get_server_publickey(l->session, &key) != SSH_OK)
		return ssh_says(l, e, "no host key");
	shown.type = ssh_key_type_to_char(ssh_key_type(key));
	if (ssh_pki_export_pubkey_base64(key, &text) == SSH_OK &&
	    hostkey_print(text, l->print, e) == 0) {
		shown.text = text;
		rc = w->judge(w->ctx, &shown, e);
	} else
		(void)err_set(e, EPROTO, "the host key can not be read");
	ssh_key_free(key);
	return rc;
}

/* One connection that offers these kinds of host keys. EPERM: refused. */
static struct link *
meet(const struct link_want *w, const char *kind, struct err *e)
{
	own_fd int fd =
	    dial(w->unit->host, w->unit->port, w->timeout_s * 1000, e);
	struct link *l = fd == -1 ? NULL : calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	if ((l->session = ssh_new()) == NULL ||
	    set_options(l->session, w, fd, kind) != 0) {
		(void)err_set(e, ENOMEM, "libssh: no session");
		link_free(l);
		return NULL;
	}
	/* From here on the descriptor is libssh's, which closes it. */
	(void)take_fd(&fd);
	if (ssh_connect(l->session) != SSH_OK)
		(void)ssh_says(l, e, "no SSH there");
	else if (judge(l, w, e) == 0)
		return l;
	link_free(l);
	return NULL;
}

struct link *
link_open(const struct link_want *w, struct err *e)
{
	struct link *l = meet(w, kinds[0], e);
	struct err other;

	for (size_t i = 1; l == NULL && e->code == EPERM && i < KINDS; i++)
		l = meet(w, kinds[i], &other);
	return l;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	if (l->session != NULL) {
		/* No farewell to a dead peer: that would wait for it. */
		ssh_silent_disconnect(l->session);
		ssh_free(l->session);
	}
	free(l);
}

const char *
link_hostkey(const struct link *l)
{
	return l->print;
}

static int
by_identity(struct link *l, const struct link_want *w, struct err *e)
{
	ssh_key key = NULL;
	int rc;

	if (w->identity == NULL)
		return SSH_AUTH_DENIED;
	/* An empty passphrase, not none: libssh would ask the terminal. */
	rc = ssh_pki_import_privkey_file(w->identity, "", NULL, NULL, &key);
	if (rc != SSH_OK) {
		(void)err_set(e, EINVAL,
		    "%s can not be read, or needs a passphrase; load it into "
		    "ssh-agent",
		    w->identity);
		return SSH_AUTH_ERROR;
	}
	rc = ssh_userauth_publickey(l->session, NULL, key);
	ssh_key_free(key);
	return rc;
}

static int
by_agent(struct link *l, const struct link_want *w, struct err *e)
{
	(void)w;
	(void)e;
	if (getenv("SSH_AUTH_SOCK") == NULL)
		return SSH_AUTH_DENIED;
	return ssh_userauth_agent(l->session, NULL);
}

static int
by_password(struct link *l, const struct link_want *w, struct err *e)
{
	(void)e;
	if (w->password == NULL)
		return SSH_AUTH_DENIED;
	return ssh_userauth_password(l->session, NULL, w->password);
}

/* A server with PAM may ask for the same password by a prompt. */
static int
by_prompt(struct link *l, const struct link_want *w, struct err *e)
{
	int rc, rounds = 0;

	(void)e;
	if (w->password == NULL)
		return SSH_AUTH_DENIED;
	rc = ssh_userauth_kbdint(l->session, NULL, NULL);
	for (; rc == SSH_AUTH_INFO && rounds < 4; rounds++) {
		if (ssh_userauth_kbdint_getnprompts(l->session) == 1 &&
		    ssh_userauth_kbdint_setanswer(l->session, 0, w->password) <
			0)
			return SSH_AUTH_ERROR;
		rc = ssh_userauth_kbdint(l->session, NULL, NULL);
	}
	return rc;
}

int
link_login(struct link *l, const struct link_want *w, struct err *e)
{
	static const struct {
		int method;
		int (*by)(
		    struct link *, const struct link_want *, struct err *);
	} ways[] = {
		{ SSH_AUTH_METHOD_PUBLICKEY, by_identity },
		{ SSH_AUTH_METHOD_PUBLICKEY, by_agent },
		{ SSH_AUTH_METHOD_PASSWORD, by_password },
		{ SSH_AUTH_METHOD_INTERACTIVE, by_prompt },
	};
	int rc = ssh_userauth_none(l->session, NULL);
	int offered = ssh_userauth_list(l->session, NULL);

	e->text[0] = '\0';
	for (size_t i = 0;
	     i < sizeof(ways) / sizeof(ways[0]) && rc != SSH_AUTH_SUCCESS; i++)
		if ((offered & ways[i].method) != 0)
			rc = ways[i].by(l, w, e);
	if (rc == SSH_AUTH_SUCCESS)
		return 0;
	if (!ssh_is_connected(l->session))
		return ssh_says(l, e, "the connection ended during login");
	if (e->text[0] != '\0')
		return -1;
	return err_set(e, EACCES, "user %s is not let in; it takes%s%s%s",
	    w->unit->user,
	    (offered & SSH_AUTH_METHOD_PUBLICKEY) != 0 ? " a key" : "",
	    (offered & SSH_AUTH_METHOD_PASSWORD) != 0 ? " a password" : "",
	    (offered & SSH_AUTH_METHOD_INTERACTIVE) != 0 ? " a prompt" : "");
}

void
said_free(struct said *s)
{
	bytes_free(&s->out);
	bytes_free(&s->err);
}

/* One command under way. */
struct run {
	struct link *link;
	ssh_channel channel;
	const struct link_input *in;
	uint64_t sent;
	bool in_ended;
	struct said *said;
};

/* Sends what the other side has room for: true when something went. */
static bool
feed(struct run *r, struct err *e)
{
	char buf[CHUNK];
	uint64_t left = r->in == NULL ? 0 : r->in->len - r->sent;
	size_t n = ssh_channel_window_size(r->channel);
	ssize_t got;

	e->text[0] = '\0';
	if (r->in_ended)
		return false;
	if (left == 0) {
		r->in_ended = true;
		(void)ssh_channel_send_eof(r->channel);
		return true;
	}
	n = n < sizeof(buf) ? n : sizeof(buf);
	n = n < left ? n : (size_t)left;
	if (n == 0)
		return false;
	if (r->in->data != NULL) {
		got = ssh_channel_write(r->channel,
		    (const char *)r->in->data + r->sent, (uint32_t)n);
	} else if ((got = pread(r->in->fd, buf, n,
			(off_t)(r->in->offset + r->sent))) <= 0) {
		(void)err_set(e, EIO, "the file to be sent has become shorter");
		return false;
	} else
		got = ssh_channel_write(r->channel, buf, (uint32_t)got);
	/* The command has closed its input: its status will say why. */
	if (got <= 0)
		return r->in_ended = true;
	r->sent += (uint64_t)got;
	if (r->in->sent != NULL)
		r->in->sent(r->in->ctx, r->sent);
	return true;
}

/* Takes what is there: true when there was something. */
static bool
drain(struct run *r)
{
	char buf[CHUNK];
	bool some = false;
	int n;

	for (int is_err = 0; is_err < 2; is_err++) {
		n = ssh_channel_read_nonblocking(
		    r->channel, buf, sizeof(buf), is_err);
		if (n > 0)
			bytes_add(is_err ? &r->said->err : &r->said->out, buf,
			    (size_t)n);
		some = some || n > 0;
	}
	return some;
}

static int
converse(struct run *r, unsigned limit_ms, struct err *e)
{
	uint64_t end = now_ms() + limit_ms;
	bool some;

	for (;;) {
		some = feed(r, e);
		if (e->text[0] != '\0')
			return -1;
		some = drain(r) || some;
		if (r->said->out.bad || r->said->err.bad)
			return err_set(e, E2BIG, "it says more than %d bytes",
			    LINK_SAID_MAX);
		if (!some && ssh_channel_is_eof(r->channel))
			return 0;
		if (!ssh_is_connected(r->link->session) ||
		    (!some && ssh_channel_is_closed(r->channel)))
			return err_set(e, ECONNRESET,
			    "the connection is lost; is the unit unplugged?");
		if (now_ms() > end)
			return err_set(
			    e, ETIMEDOUT, "no end after %u s", limit_ms / 1000);
		if (!some)
			(void)ssh_channel_poll_timeout(r->channel, WAIT_MS, 0);
	}
}

/* A connection that has just gone is mostly noticed here, and libssh does not
 * always know it yet. */
static int
not_started(struct run *r, struct err *e)
{
	if (ssh_is_connected(r->link->session) &&
	    *ssh_get_error(r->link->session) != '\0')
		return ssh_says(r->link, e, "no command can be started");
	return err_set(
	    e, ECONNRESET, "the connection is lost; is the unit unplugged?");
}

static int
run(struct run *r, const char *command, unsigned limit_ms, struct err *e)
{
	if (ssh_channel_open_session(r->channel) != SSH_OK ||
	    ssh_channel_request_exec(r->channel, command) != SSH_OK)
		return not_started(r, e);
	if (converse(r, limit_ms, e) == -1)
		return -1;
	r->said->status = ssh_channel_get_exit_status(r->channel);
	if (r->said->status == -1 && !ssh_is_connected(r->link->session))
		return err_set(e, ECONNRESET,
		    "the connection is lost; is the unit unplugged?");
	return 0;
}

int
link_run(struct link *l, const char *command, const struct link_input *in,
    unsigned limit_ms, struct said *said, struct err *e)
{
	struct run r = { .link = l, .in = in, .said = said };
	int rc;

	said_free(said);
	*said = (struct said){ .out.limit = LINK_SAID_MAX,
		.err.limit = LINK_SAID_MAX,
		.status = -1 };
	if ((r.channel = ssh_channel_new(l->session)) == NULL)
		return ssh_says(l, e, "no channel");
	rc = run(&r, command, limit_ms, e);
	ssh_channel_free(r.channel);
	return rc;
}
