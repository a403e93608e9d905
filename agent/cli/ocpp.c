/* SPDX-License-Identifier: MIT */
/*
 * ingot ocpp: charge points and their CSMS, for a person. Each word asks the
 * bridge something (verbs.c there) and shows it; what moves (top, tail) asks
 * again and again, since the agent pushes nothing to a command.
 */
#include <errno.h>
#include <string.h>

#include "ocpp.h"
#include "own.h"

#define PAGES_MAX 100

enum ctl_code
ocpp_ask(struct cli *c, const char *by, const char *verb, json_t *question,
    json_t **reply, struct err *e)
{
	own_json json_t *result = NULL;
	enum ctl_code code = cli_call_take(c, by,
	    json_pack("{s:s, s:s, s:o}", "plugin", "ocpp_bridge", "verb", verb,
		"question", question),
	    -1, &result, e);

	*reply = NULL;
	if (code != CODE_OK)
		return code;
	*reply = json_incref(json_object_get(result, "reply"));
	if (*reply != NULL)
		return CODE_OK;
	(void)err_set(e, EPROTO, "ocpp_bridge: no answer");
	return CODE_FAILED;
}

enum ctl_code
ocpp_chargers(struct cli *c, json_t **reply, struct err *e)
{
	own_json json_t *all = json_array();
	const char *from = "";

	*reply = NULL;
	for (int i = 0; i < PAGES_MAX && from != NULL; i++) {
		own_json json_t *page = NULL, *q = json_object();
		enum ctl_code code;

		(void)json_object_set_new(q, "from", json_string(from));
		code = ocpp_ask(
		    c, OCPP_LOOK, "ocpp.chargers", take_json(&q), &page, e);
		if (code != CODE_OK)
			return code;
		(void)json_array_extend(all, json_object_get(page, "chargers"));
		/* It outlives the page in the list that it names the end of. */
		from = json_object_get(page, "next") == NULL
		    ? NULL
		    : cli_text(json_array_get(all, json_array_size(all) - 1),
			  "identity");
	}
	*reply = json_pack("{s:O}", "chargers", all);
	return CODE_OK;
}

static enum ctl_code
run_status(struct cli *c)
{
	own_json json_t *reply = NULL;
	enum ctl_code code;
	struct err e;

	code = ocpp_ask(c, OCPP_LOOK, "ocpp.status", json_object(), &reply, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(reply);
	else
		ocpp_show_status(reply);
	return CODE_OK;
}

/* The one thing a charge point has to be given before it trusts this gateway,
 * so it comes alone, to be piped into a file. */
static enum ctl_code
run_authority(struct cli *c)
{
	own_json json_t *reply = NULL;
	const char *pem;
	enum ctl_code code;
	struct err e;

	code = ocpp_ask(c, OCPP_LOOK, "ocpp.status", json_object(), &reply, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	pem = json_string_value(json_object_get(reply, "authority"));
	if (pem == NULL) {
		(void)err_set(&e, ENOENT,
		    "there is none: it is made for the first listener of "
		    "profile 2 or 3 that names no certificate");
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (c->json)
		cli_json(reply);
	else
		cli_print_clean(pem);
	return CODE_OK;
}

static const struct ocpp_word words[] = {
	{ "status", 0, 0, "", run_status },
	{ "top", 0, 0, "", ocpp_top },
	{ "tail", 0, 1, "[IDENTITY]", ocpp_tail },
	{ "send", 2, 3, "IDENTITY ACTION [JSON]", ocpp_send },
	{ "authority", 0, 0, "", run_authority },
};

static enum ctl_code
run(struct cli *c)
{
	const char *word = c->operand_count == 0 ? "status" : c->operands[0];
	int given = c->operand_count == 0 ? 0 : c->operand_count - 1;
	struct err e;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, word) != 0)
			continue;
		if (given >= words[i].least && given <= words[i].most)
			return words[i].run(c);
		(void)err_set(&e, EINVAL, "say: ingot ocpp %s %s", word,
		    words[i].operands);
		return cli_fail(c, CODE_USAGE, &e);
	}
	(void)err_set(&e, EINVAL,
	    "there is no `ingot ocpp %s`; `ingot ocpp --help` lists what there "
	    "is",
	    word);
	return cli_fail(c, CODE_USAGE, &e);
}

const struct cli_command cli_ocpp = {
	.name = "ocpp",
	.operands = "[WORD ...]",
	.words = "status top tail send authority",
	.operands_max = 4,
	.brief = "charge points: who is connected, what they say, one call",
	.text =
	    "The bridge between charge points and their CSMS.\n\n"
	    "status: what is served and what came of it. top: a table of all "
	    "charge points, refreshed until q or Ctrl-C. tail [IDENTITY]: "
	    "frames and events as they come, without the secrets in them. "
	    "send IDENTITY ACTION [JSON]: one CALL of the gateway to a charge "
	    "point; waits for its turn behind the CSMS's and for the answer, "
	    "which the CSMS never sees. authority: the certificate that a "
	    "charge point has to trust, if the listeners' certificates were "
	    "made here.\n\n"
	    "Looking is for the group ingot. Sending is for root, and not in "
	    "production: there the CSMS commands, or MQTT by the rules of the "
	    "document; a service window opens it again. It is checked like "
	    "any frame before it leaves, and stands in the audit trail.",
	.options =
	    (const struct cli_option[]){
		{ "once", NULL, "top, tail: what there is now, then end" },
		{ "interval", "SECONDS", "top: between two tables (2)" },
		{ "wait", "SECONDS", "send: for the answer (60)" },
		{ NULL, NULL, NULL } },
	.examples = (const struct cli_example[]){ { "ingot ocpp top",
						      "who is connected" },
	    { "ingot ocpp tail CP-7", "what one of them says" },
	    { "ingot ocpp send CP-7 Reset '{\"type\":\"Soft\"}'",
		"restart it" },
	    { "ingot ocpp authority >gateway-ca.pem",
		"what to install on charge points" },
	    { NULL, NULL } },
	.run = run,
};
