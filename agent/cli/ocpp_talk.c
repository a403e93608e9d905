/* SPDX-License-Identifier: MIT */
/*
 * ingot ocpp tail, ingot ocpp send: what charge points say, and one word to
 * them. The bridge keeps the newest lines; each question brings those behind
 * the last.
 */
#include <errno.h>
#include <string.h>

#include "ocpp.h"
#include "own.h"

#define TAIL_MS   500
#define ANSWER_MS 100
#define JSON_MAX  (256 * 1024)

static enum ctl_code
tail_once(struct cli *c, const char *identity, json_int_t *after, struct err *e)
{
	own_json json_t *reply = NULL, *q = NULL;
	const json_t *line;
	enum ctl_code code;
	size_t i;

	q = json_pack("{s:I}", "after", *after);
	if (identity != NULL &&
	    json_object_set_new(q, "charger", json_string(identity)) == -1) {
		(void)err_set(e, EINVAL, "that identity is no UTF-8");
		return CODE_USAGE;
	}
	code = ocpp_ask(c, OCPP_LOOK, "ocpp.tail", take_json(&q), &reply, e);
	if (code != CODE_OK)
		return code;
	json_array_foreach(json_object_get(reply, "lines"), i, line)
	{
		if (c->json)
			cli_json(line);
		else
			ocpp_show_line(line);
	}
	(void)fflush(stdout);
	*after = json_integer_value(json_object_get(reply, "next"));
	return CODE_OK;
}

enum ctl_code
ocpp_tail(struct cli *c)
{
	const char *identity = c->operand_count > 1 ? c->operands[1] : NULL;
	bool once = cli_option(c, "once") != NULL;
	json_int_t after = 0;
	enum ctl_code code;
	struct err e;

	do
		code = tail_once(c, identity, &after, &e);
	while (code == CODE_OK && !once && ocpp_wait(TAIL_MS));
	return code == CODE_OK ? CODE_OK : cli_fail(c, code, &e);
}

/* --- send ----------------------------------------------------------------- */

static enum ctl_code
wait_for(struct cli *c, json_int_t token, long wait_s, json_t **answer,
    struct err *e)
{
	for (long left = wait_s * 1000; left > 0; left -= ANSWER_MS) {
		own_json json_t *reply = NULL;
		enum ctl_code code = ocpp_ask(c, OCPP_ANSWER, "ocpp.answer",
		    json_pack("{s:I}", "token", token), &reply, e);

		if (code != CODE_OK)
			return code;
		*answer = json_incref(json_object_get(reply, "answer"));
		if (*answer != NULL)
			return CODE_OK;
		if (!ocpp_wait(ANSWER_MS))
			break;
	}
	(void)err_set(
	    e, ETIMEDOUT, "no answer yet; it is fetched by nobody any more");
	return CODE_FAILED;
}

/* An error is an answer as well, and a failure for a script. */
static enum ctl_code
show(struct cli *c, const json_t *answer)
{
	const json_t *result = json_object_get(answer, "result");
	struct err e;

	if (c->json)
		cli_json(answer);
	else if (result != NULL)
		cli_json(result);
	if (result != NULL)
		return CODE_OK;
	(void)err_set(&e, 0, "the charge point answers %s",
	    cli_text(json_object_get(answer, "error"), "code"));
	if (c->json)
		return CODE_FAILED;
	return cli_fail(c, CODE_FAILED, &e);
}

enum ctl_code
ocpp_send(struct cli *c)
{
	const char *payload = c->operand_count > 3 ? c->operands[3] : "{}";
	own_json json_t *reply = NULL, *answer = NULL, *q = NULL;
	enum ctl_code code;
	struct err e;
	long wait_s;

	if (cli_number(c, "wait", 1, 3600, 60, &wait_s, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	q = json_pack("{s:s, s:s, s:s}", "charger", c->operands[1], "action",
	    c->operands[2], "payload", payload);
	if (q == NULL || strlen(payload) > JSON_MAX) {
		(void)err_set(&e, EINVAL, "no UTF-8, or too long");
		return cli_fail(c, CODE_USAGE, &e);
	}
	code = ocpp_ask(c, OCPP_DO, "ocpp.send", take_json(&q), &reply, &e);
	if (code == CODE_OK)
		code = wait_for(c,
		    json_integer_value(json_object_get(reply, "token")), wait_s,
		    &answer, &e);
	return code == CODE_OK ? show(c, answer) : cli_fail(c, code, &e);
}
