/* SPDX-License-Identifier: MIT */
/*
 * The birth record: made from what the agent knows, signed by the unit's own
 * key through cert_store, written before the mode changes. So a unit in
 * production always has one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apply_parts.h"
#include "birth.h"
#include "enrolment.h"
#include "own.h"
#include "plugin.h"

#define SIGNER  "cert_store"
#define PURPOSE "mqtt"
#define BIRTH   "identity/birth.json"

struct birth {
	struct agent *agent;
	birth_done *done;
	void *ctx;
	json_t *record;
};

static void
over(struct birth *b, const struct err *why)
{
	b->done(b->ctx, why);
	json_decref(b->record);
	free(b);
}

/* sig NULL: unsigned. */
static int
keep(struct birth *b, const char *sig, struct err *e)
{
	own_json json_t *o = json_pack("{s:O}", "record", b->record);
	own_str char *line = NULL;

	if (sig != NULL) {
		(void)json_object_set_new(o, "purpose", json_string(PURPOSE));
		(void)json_object_set_new(o, "sig", json_string(sig));
	}
	if ((line = json_line(o)) == NULL)
		return err_set(e, ENOMEM, "birth record: no memory");
	return file_write(
	    b->agent->state, BIRTH, line, strlen(line), FILE_PUBLIC, e);
}

static int
take_sig(struct birth *b, const struct answer *answer, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *o = NULL;
	uint8_t raw[INGOT_SIG_LEN];
	const char *sig;

	if (answer->rc == -1) {
		*e = *answer->why;
		return -1;
	}
	if (file_read_fd(answer->fd, INGOT_TEXT_MAX, &text, e) == -1 ||
	    (o = json_parse(SIGNER, text.p, text.len, INGOT_TEXT_MAX, e)) ==
		NULL ||
	    json_str(o, "sig", 2 * INGOT_SIG_LEN, &sig, e) == -1)
		return -1;
	if (hex_decode(sig, raw, sizeof(raw)) != INGOT_SIG_LEN)
		return err_set(e, EBADMSG, "\"sig\" is no signature");
	return keep(b, sig, e);
}

static void
signed_(void *ctx, const struct answer *answer)
{
	struct birth *b = ctx;
	struct err e;

	if (take_sig(b, answer, &e) == 0) {
		over(b, NULL);
		return;
	}
	(void)err_in(&e, "birth record: " SIGNER);
	over(b, &e);
}

static int
question(const json_t *record, struct err *e)
{
	own_str char *line = json_line(record);
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX], text[128];
	int n;

	if (line == NULL)
		return err_set(e, ENOMEM, "birth record: no memory");
	if (sha256(line, strlen(line), hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), hex);
	n = snprintf(text, sizeof(text),
	    "{\"digest\":\"%s\",\"purpose\":\"" PURPOSE "\"}", hex);
	return file_sealed(text, (size_t)n, e);
}

static json_t *
make_record(struct agent *agent, const json_t *verdict, struct err *e)
{
	own_facts struct facts f = { 0 };
	own_json json_t *enrolment = enrolment_read(agent->state, e);
	const struct applied *live = &agent->apply->live;

	if (enrolment == NULL || facts_read(&f, &agent->settings, e) == -1)
		return NULL;
	(void)err_set(e, ENOMEM, "birth record: no memory");
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:O, s:O, s:I}",
	    "ingot", 1, "serial", f.serial, "model", f.model, "snapshot",
	    live->snapshot, "name", live->name, "sequence",
	    (json_int_t)live->sequence, "enrolment", enrolment, "findings",
	    json_object_get(verdict, "findings"), "at", (json_int_t)time(NULL));
}

static int
sign(struct birth *b, struct err *e)
{
	own_fd int fd = question(b->record, e);

	if (fd == -1)
		return -1;
	return hosts_ask(b->agent,
	    &(struct hosts_request){ .plugin = SIGNER,
		.type = MSG_QUESTION,
		.from = "agent",
		.verb = "sign",
		.fd = fd,
		.done = signed_,
		.ctx = b },
	    e);
}

static int
begin(struct birth *b, const json_t *verdict, struct err *e)
{
	if ((b->record = make_record(b->agent, verdict, e)) == NULL)
		return -1;
	if (hosts_has(b->agent, SIGNER))
		return sign(b, e);
	if (keep(b, NULL, e) == -1)
		return -1;
	over(b, NULL);
	return 0;
}

int
birth_write(struct agent *agent, const json_t *verdict, birth_done *done,
    void *ctx, struct err *e)
{
	struct birth *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return err_set(e, ENOMEM, "no memory");
	*b = (struct birth){ .agent = agent, .done = done, .ctx = ctx };
	if (begin(b, verdict, e) == 0)
		return 0;
	json_decref(b->record);
	free(b);
	return -1;
}
