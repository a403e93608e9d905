/* SPDX-License-Identifier: MIT */
/*
 * Lending the unit's bundle key. cert_store answers when it is idle, which may
 * take a TPM's half second, so the answer comes by way of the loop.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "file.h"
#include "hosts.h"
#include "json.h"
#include "log.h"
#include "own.h"
#include "unbox.h"
#include "unpack_key.h"
#include "x509.h"

#define KEY_OWNER "cert_store"
#define REPLY_MAX 4096

OWN_POINTER(ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
#define own_ctx __attribute__((cleanup(own_ctx_free), unused))

static void
close_one(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static void
hang_up(struct unbox *u)
{
	if (u->ours == -1)
		return;
	loop_forget(u->agent->loop, u->ours);
	close_one(&u->ours);
}

/* secret NULL: no; the unpacker sees the end of the line. */
static void
tell(struct unbox *u, const uint8_t *secret, const struct err *why)
{
	if (secret == NULL && why != NULL)
		u->why = *why;
	else if (secret != NULL &&
	    send(u->ours, secret, UNPACK_SECRET_LEN, MSG_NOSIGNAL) == -1)
		log_warn("ingot-unpack does not take the key");
	hang_up(u);
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *
peer_of(const EVP_PKEY *key, const uint8_t *point)
{
	EVP_PKEY *peer = EVP_PKEY_new();

	if (peer != NULL && EVP_PKEY_copy_parameters(peer, key) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(peer, point, UNPACK_POINT_LEN) ==
		1)
		return peer;
	EVP_PKEY_free(peer);
	return NULL;
}

static int
agree_by_file(const char *path, const uint8_t *point,
    uint8_t secret[static UNPACK_SECRET_LEN], struct err *e)
{
	own_pkey EVP_PKEY *key = x509_key_read(path, e);
	own_pkey EVP_PKEY *peer = NULL;
	own_ctx EVP_PKEY_CTX *ctx = NULL;
	size_t n = UNPACK_SECRET_LEN;

	if (key == NULL)
		return -1;
	peer = peer_of(key, point);
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (peer == NULL || ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &n) != 1 || n != UNPACK_SECRET_LEN)
		return err_ssl(e, "%s: key agreement", path);
	return 0;
}

static int
read_secret(int fd, uint8_t secret[static UNPACK_SECRET_LEN], struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *reply = NULL;
	const char *hex;

	if (file_read_fd(fd, REPLY_MAX, &text, e) == -1)
		return -1;
	reply = json_parse("key agreement", text.p, text.len, REPLY_MAX, e);
	if (reply == NULL ||
	    json_str(reply, "secret", 2 * UNPACK_SECRET_LEN, &hex, e) == -1)
		return -1;
	if (hex_decode(hex, secret, UNPACK_SECRET_LEN) != UNPACK_SECRET_LEN)
		return err_set(e, EBADMSG, "a secret of the wrong length");
	return 0;
}

static void
agreed(void *ctx, const struct answer *ans)
{
	uint8_t secret[UNPACK_SECRET_LEN];
	struct unbox *u = ctx;
	struct err e;

	if (ans->rc == -1)
		tell(u, NULL, ans->why);
	else if (read_secret(ans->fd, secret, &e) == -1)
		tell(u, NULL, &e);
	else
		tell(u, secret, NULL);
	OPENSSL_cleanse(secret, sizeof(secret));
}

static int
ask_owner(struct unbox *u, const uint8_t *point, struct err *e)
{
	struct hosts_request r = { .plugin = KEY_OWNER,
		.type = MSG_QUESTION,
		.from = "agent",
		.verb = "agree",
		.done = agreed,
		.ctx = u };
	char hex[2 * UNPACK_POINT_LEN + 1];
	own_json json_t *j = NULL;
	own_str char *line = NULL;
	own_fd int fd = -1;

	hex_encode(point, UNPACK_POINT_LEN, hex);
	j = json_pack("{s:s s:s}", "purpose", "bundle", "point", hex);
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "key agreement: out of memory");
	if ((fd = file_sealed(line, strlen(line), e)) == -1)
		return -1;
	r.fd = fd;
	return hosts_ask(u->agent, &r, e);
}

static void
on_asked(void *ctx, int fd, uint32_t events)
{
	uint8_t point[UNPACK_POINT_LEN + 1], secret[UNPACK_SECRET_LEN];
	struct unbox *u = ctx;
	const char *path = u->agent->settings.bundle_key;
	ssize_t n = recv(fd, point, sizeof(point), 0);
	struct err e;

	(void)events;
	if (n != UNPACK_POINT_LEN || u->asked) {
		/* Its end, or more than one question. */
		hang_up(u);
		return;
	}
	u->asked = true;
	if (path[0] == '\0') {
		if (ask_owner(u, point, &e) == -1)
			tell(u, NULL, &e);
		return;
	}
	if (agree_by_file(path, point, secret, &e) == -1)
		tell(u, NULL, &e);
	else
		tell(u, secret, NULL);
	OPENSSL_cleanse(secret, sizeof(secret));
}

static int
begin(struct unbox *u, struct err *e)
{
	const char *path = u->agent->settings.bundle_cert;
	int ends[2];

	u->certificate = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (u->certificate == -1)
		return err_set(e, errno,
		    "the bundle is encrypted, and this unit has no certificate "
		    "for that (%s: %s); take the plain one that `ingot bundle "
		    "decrypt` makes at the factory, or give this unit a key",
		    path, strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(e, "socket pair");
	u->ours = ends[0];
	u->theirs = ends[1];
	return loop_watch(u->agent->loop, u->ours, EPOLLIN, on_asked, u, e);
}

int
unbox_start(struct unbox *u, struct agent *agent, int bundle, struct err *e)
{
	*u = (struct unbox){
		.agent = agent, .certificate = -1, .theirs = -1, .ours = -1
	};
	return box_looks_so(bundle) ? begin(u, e) : 0;
}

void
unbox_given(struct unbox *u)
{
	close_one(&u->certificate);
	close_one(&u->theirs);
}

void
unbox_stop(struct unbox *u)
{
	if (u->agent == NULL)
		return;
	hosts_forget(u->agent, u);
	hang_up(u);
	unbox_given(u);
}
