/* SPDX-License-Identifier: MIT */
/*
 * The sign channel. A plugin asks for a purpose; whether it may, the policy
 * says here, and the key's owner is asked in the agent's name, so no other
 * plugin can ask it to sign. The digest is all that travels: the agent sees no
 * key and no plain text.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "file.h"
#include "hosts_in.h"
#include "own.h"

#define REPLY_MAX 4096

struct signing {
	struct agent *agent;
	char host[HOST_NAME_LEN];
	uint64_t generation;
	uint32_t id;
};

/* {"sig": 64 bytes in hex} */
static int
read_signature(int fd, uint8_t sig[static INGOT_SIG_LEN], struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *reply = NULL;
	const char *hex;

	if (file_read_fd(fd, REPLY_MAX, &text, e) == -1)
		return -1;
	reply = json_parse("signature", text.p, text.len, REPLY_MAX, e);
	if (reply == NULL ||
	    json_str(reply, "sig", 2 * INGOT_SIG_LEN, &hex, e) == -1)
		return -1;
	if (hex_decode(hex, sig, INGOT_SIG_LEN) != INGOT_SIG_LEN)
		return err_set(e, EBADMSG, "a signature of the wrong length");
	return 0;
}

static void
send_back(
    struct host *h, uint32_t id, const uint8_t *sig, const struct err *why)
{
	struct err e = { 0 };
	int rc;

	rc = sig != NULL
	    ? msg_send(h->sign, MSG_SIGNED, id, sig, INGOT_SIG_LEN, -1, &e)
	    : msg_send_no(h->sign, id, why, &e);
	if (rc == -1 && e.code != EPIPE)
		host_nonsense(h, "does not read signatures: %s", e.text);
}

static void
sign_done(void *ctx, const struct answer *ans)
{
	struct signing *s = ctx;
	struct host *h = hosts_find(s->agent, s->host);
	uint8_t sig[INGOT_SIG_LEN];
	struct err bad;
	const struct err *why = ans->why;
	bool good = ans->rc == 0;

	if (good && read_signature(ans->fd, sig, &bad) == -1) {
		good = false;
		why = &bad;
	}
	if (h != NULL && h->generation == s->generation && h->sign != -1 &&
	    h->state != LIFE_STOPPING) {
		h->signing--;
		send_back(h, s->id, good ? sig : NULL, why);
	}
	free(s);
}

static int
question(const char *purpose, const uint8_t *digest, struct err *e)
{
	char hex[2 * INGOT_DIGEST_LEN + 1];
	own_json json_t *j = NULL;
	own_str char *line = NULL;

	hex_encode(digest, INGOT_DIGEST_LEN, hex);
	j = json_pack("{s:s s:s}", "purpose", purpose, "digest", hex);
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, EINVAL, "purpose of a signature");
	return file_sealed(line, strlen(line), e);
}

static int
forward(struct host *h, uint32_t id, int fd, struct err *why)
{
	struct signing *s = calloc(1, sizeof(*s));
	struct hosts_request r = { .plugin = KEY_OWNER,
		.type = MSG_QUESTION,
		.from = "agent",
		.verb = "sign",
		.fd = fd,
		.done = sign_done,
		.ctx = s };

	if (s == NULL)
		return err_sys(why, "signature");
	*s = (struct signing){
		.agent = h->agent, .generation = h->generation, .id = id
	};
	(void)memcpy(s->host, h->name, sizeof(s->host));
	h->signing++;
	if (hosts_ask(h->agent, &r, why) == 0)
		return 0;
	h->signing--;
	free(s);
	return -1;
}

static int
sign(struct host *h, uint32_t id, const char *purpose, const uint8_t *digest,
    struct err *why)
{
	own_fd int fd = -1;

	if (!grants_may_sign(h->grants, purpose)) {
		host_violation(h, "SIGN for \"%s\"", purpose);
		return err_set(why, EPERM,
		    "the policy of %s does not grant signing for \"%s\"",
		    h->name, purpose);
	}
	if ((fd = question(purpose, digest, why)) == -1)
		return -1;
	return forward(h, id, fd, why);
}

static int
handle(struct host *h, const struct msg *m, struct err *e)
{
	char purpose[INGOT_NAME_MAX];
	uint8_t digest[INGOT_DIGEST_LEN];
	const char *no = msg_refused(m, HOST, h->grants->spec.granted);
	struct rbuf b;
	struct err why;

	if (no != NULL || m->type != MSG_SIGN)
		return err_set(e, EPROTO, "%s on the sign channel: %s",
		    msg_name(m->type), no == NULL ? "not SIGN" : no);
	rbuf_init(&b, m->body, m->len);
	get_str(&b, purpose, sizeof(purpose));
	get_bytes(&b, digest, sizeof(digest));
	if (!rbuf_done(&b))
		return err_set(e, EBADMSG, "a malformed SIGN");
	if (h->signing >= SIGNING_MAX)
		return err_set(e, EPROTO, "more than %d signatures at a time",
		    SIGNING_MAX);
	if (sign(h, m->id, purpose, digest, &why) == -1)
		send_back(h, m->id, NULL, &why);
	return 0;
}

void
host_sign_readable(void *ctx, int fd, uint32_t events)
{
	static struct msg m;
	struct host *h = ctx;
	struct err e;
	int n;

	(void)events;
	if ((n = msg_recv(fd, &m, &e)) == 0) {
		loop_forget(h->agent->loop, fd);
		return; /* its death comes by the pidfd */
	}
	if (n == -1 && e.code == EAGAIN)
		return;
	if (n == 1) {
		own_fd int got = m.fd;

		if (handle(h, &m, &e) == 0)
			return;
	}
	host_violation(h, "nonsense: %s", e.text);
	host_nonsense(h, "nonsense: %s", e.text);
}
