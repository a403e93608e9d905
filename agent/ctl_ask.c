/* SPDX-License-Identifier: MIT */
/*
 * Questions to plugins over the command socket: any one of them while a unit
 * is developed, and in the field those about charging certificates.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "ctl_verbs.h"
#include "file.h"
#include "hosts.h"
#include "own.h"
#include "plugin.h"

#define CERTS "cert_store"

static void
asked(void *ctx, const struct answer *ans)
{
	struct ctl_call *c = ctx;
	own_bytes struct bytes text = { 0 };
	json_t *reply = NULL;
	struct err e;

	if (ans->rc == -1) {
		ctl_fail(c, CODE_FAILED, ans->why);
		return;
	}
	if (file_read_fd(ans->fd, INGOT_TEXT_MAX, &text, &e) == 0)
		reply =
		    json_parse("reply", text.p, text.len, INGOT_TEXT_MAX, &e);
	if (reply == NULL)
		ctl_fail(c, CODE_FAILED, &e);
	else
		ctl_reply_take(c, json_pack("{s:o}", "reply", reply));
}

/* What is asked, as a sealed text. */
static int
question_of(const json_t *args, struct hosts_request *r, struct err *e)
{
	static const char *const known[] = { "plugin", "verb", "question",
		NULL };
	const json_t *question = json_object_get(args, "question");
	own_str char *line = NULL;

	if (json_known(args, known, e) == -1 ||
	    json_str(args, "plugin", INGOT_NAME_MAX, &r->plugin, e) == -1 ||
	    json_str(args, "verb", INGOT_NAME_MAX - 1, &r->verb, e) == -1)
		return -1;
	if ((line = question == NULL ? strdup("{}") : json_line(question)) ==
	    NULL)
		return err_set(e, ENOMEM, "question");
	return file_sealed(line, strlen(line), e);
}

void
ctl_ask(struct ctl_call *c)
{
	struct hosts_request r = {
		.type = MSG_QUESTION, .from = "cli", .done = asked, .ctx = c
	};
	struct err e;
	own_fd int fd = question_of(ctl_args(c), &r, &e);

	r.fd = fd;
	if (fd == -1)
		ctl_fail(c, CODE_USAGE, &e);
	else if (hosts_ask(ctl_agent(c), &r, &e) == -1)
		ctl_fail(c, CODE_FAILED, &e);
}

/* What may be asked by whom: a group's member looks, root changes. */
static const struct {
	const char *verb;
	bool looks;
} cert_verbs[] = {
	{ "certs.list", true },
	{ "certs.leaf", true },
	{ "certs.expiry", true },
	{ "certs.count", true },
	{ "certs.locations", true },
	{ "certs.verify", true },
	{ "certs.signature", true },
	{ "certs.ocsp-data", true },
	{ "certs.ocsp-get", true },
	{ "tpm.handles", true },
	{ "certs.install", false },
	{ "certs.update", false },
	{ "certs.delete", false },
	{ "certs.csr", false },
	{ "certs.drop-key", false },
	{ "certs.outcome", false },
	{ "certs.collect", false },
	{ "certs.ocsp-put", false },
};

static int
cert_question(
    const json_t *args, bool looks, struct hosts_request *r, struct err *e)
{
	int fd = question_of(args, r, e);

	if (fd == -1)
		return -1;
	for (size_t i = 0; i < sizeof(cert_verbs) / sizeof(cert_verbs[0]); i++)
		if (cert_verbs[i].looks == looks &&
		    strcmp(cert_verbs[i].verb, r->verb) == 0 &&
		    strcmp(r->plugin, CERTS) == 0)
			return fd;
	(void)close(fd);
	return err_set(e, EINVAL, "no such question about certificates");
}

static void
ask_certs(struct ctl_call *c, bool looks)
{
	struct hosts_request r = {
		.type = MSG_QUESTION, .from = "cli", .done = asked, .ctx = c
	};
	struct err e;
	own_fd int fd = cert_question(ctl_args(c), looks, &r, &e);

	r.fd = fd;
	if (fd == -1)
		ctl_fail(c, CODE_USAGE, &e);
	else if (hosts_ask(ctl_agent(c), &r, &e) == -1)
		ctl_fail(c, CODE_FAILED, &e);
}

void
ctl_cert_look(struct ctl_call *c)
{
	ask_certs(c, true);
}

void
ctl_cert(struct ctl_call *c)
{
	ask_certs(c, false);
}
