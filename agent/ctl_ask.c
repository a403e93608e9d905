/* SPDX-License-Identifier: MIT */
/*
 * Questions to plugins over the command socket: any one of them while a unit
 * is developed, and in the field those about charging certificates and the
 * OCPP bridge.
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
enum about {
	CERTS,
	OCPP,
	OCPP_ANSWER /* asked ten times a second: not for the trail */
};
static const struct {
	const char *plugin, *what;
} things[] = {
	[CERTS] = { "cert_store", "certificates" },
	[OCPP] = { "ocpp_bridge", "charge points" },
	[OCPP_ANSWER] = { "ocpp_bridge", "charge points" },
};
static const struct {
	enum about about;
	const char *verb;
	bool looks;
} questions[] = {
	{ CERTS, "certs.list", true },
	{ CERTS, "certs.leaf", true },
	{ CERTS, "certs.expiry", true },
	{ CERTS, "certs.count", true },
	{ CERTS, "certs.locations", true },
	{ CERTS, "certs.anchors", true },
	{ CERTS, "certs.verify", true },
	{ CERTS, "certs.signature", true },
	{ CERTS, "certs.ocsp-data", true },
	{ CERTS, "certs.ocsp-get", true },
	{ CERTS, "certs.crl-list", true },
	{ CERTS, "tpm.handles", true },
	{ CERTS, "certs.install", false },
	{ CERTS, "certs.update", false },
	{ CERTS, "certs.delete", false },
	{ CERTS, "certs.csr", false },
	{ CERTS, "certs.drop-key", false },
	{ CERTS, "certs.outcome", false },
	{ CERTS, "certs.collect", false },
	{ CERTS, "certs.ocsp-put", false },
	{ CERTS, "certs.crl-install", false },
	{ CERTS, "certs.crl-delete", false },
	{ OCPP, "ocpp.status", true },
	{ OCPP, "ocpp.chargers", true },
	{ OCPP, "ocpp.tail", true },
	{ OCPP, "ocpp.send", false },
	{ OCPP_ANSWER, "ocpp.answer", false },
};

static int
question_about(enum about about, const json_t *args, bool looks,
    struct hosts_request *r, struct err *e)
{
	int fd = question_of(args, r, e);

	if (fd == -1)
		return -1;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (questions[i].about == about &&
		    questions[i].looks == looks &&
		    strcmp(questions[i].verb, r->verb) == 0 &&
		    strcmp(r->plugin, things[about].plugin) == 0)
			return fd;
	(void)close(fd);
	return err_set(
	    e, EINVAL, "no such question about %s", things[about].what);
}

static void
ask_about(struct ctl_call *c, enum about about, bool looks)
{
	struct hosts_request r = {
		.type = MSG_QUESTION, .from = "cli", .done = asked, .ctx = c
	};
	struct err e;
	own_fd int fd = question_about(about, ctl_args(c), looks, &r, &e);

	r.fd = fd;
	if (fd == -1)
		ctl_fail(c, CODE_USAGE, &e);
	else if (hosts_ask(ctl_agent(c), &r, &e) == -1)
		ctl_fail(c, CODE_FAILED, &e);
}

void
ctl_cert_look(struct ctl_call *c)
{
	ask_about(c, CERTS, true);
}

void
ctl_cert(struct ctl_call *c)
{
	ask_about(c, CERTS, false);
}

void
ctl_ocpp_look(struct ctl_call *c)
{
	ask_about(c, OCPP, true);
}

void
ctl_ocpp(struct ctl_call *c)
{
	ask_about(c, OCPP, false);
}

void
ctl_ocpp_answer(struct ctl_call *c)
{
	ask_about(c, OCPP_ANSWER, false);
}
