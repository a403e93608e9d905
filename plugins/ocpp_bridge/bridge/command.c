/* SPDX-License-Identifier: MIT */
/*
 * Whoever may publish on the local broker wrote this, so nothing of it is
 * believed: neither that the identity is well escaped, nor that the action is
 * a name, nor that the text is JSON.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "charger.h"
#include "command.h"
#include "json.h"

#define WORD "/call/"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The reverse of charger_escape(); two spellings of one identity would be two
 * places to look at, so only that one is taken. */
static int
unescape(const char *p, size_t len, struct command *c, struct err *e)
{
	char again[3 * OCPP_IDENTITY_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int byte = (unsigned char)p[i];

		if (byte == '%') {
			int high = i + 2 < len ? hex(p[i + 1]) : -1;
			int low = i + 2 < len ? hex(p[i + 2]) : -1;

			byte = high == -1 || low == -1 ? 0 : high << 4 | low;
			i += 2;
		}
		if (byte == 0 || n >= OCPP_IDENTITY_MAX)
			return err_set(e, EINVAL, "no identity");
		c->identity[n++] = (char)byte;
	}
	c->identity[n] = '\0';
	charger_escape(c->identity, again);
	if (n == 0 || strlen(again) != len || memcmp(again, p, len) != 0)
		return err_set(e, EINVAL, "no identity");
	return 0;
}

static bool
only(const char *text, size_t len, const char *known)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(known, text[i]) == NULL || text[i] == '\0')
			return false;
	return len > 0;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

int
command_topic(
    const char *prefix, const char *topic, struct command *c, struct err *e)
{
	size_t n = strlen(prefix);
	const char *identity = topic + n + 1, *word, *action;

	*c = (struct command){ 0 };
	if (strncmp(topic, prefix, n) != 0 || topic[n] != '/' ||
	    (word = strstr(identity, WORD)) == NULL)
		return err_set(e, EINVAL, "no topic of a command");
	action = word + strlen(WORD);
	if (!only(action, strlen(action), LETTERS DIGITS) ||
	    strlen(action) > OCPP_ACTION_MAX)
		return err_set(e, EINVAL, "no action");
	(void)strcpy(c->action, action);
	return unescape(identity, (size_t)(word - identity), c, e);
}

int
command_text(struct command *c, const char *text, size_t len, struct err *e)
{
	static const char *const known[] = { "token", "payload", NULL };
	own_json json_t *root =
	    json_parse("command", text, len, BROKER_PAYLOAD_MAX, e);
	const char *token;
	const json_t *payload;

	if (root == NULL || json_known(root, known, e) == -1 ||
	    json_str(root, "token", MIRROR_TOKEN_MAX, &token, e) == -1)
		return -1;
	if (!only(token, strlen(token), LETTERS DIGITS "._:-"))
		return err_set(
		    e, EINVAL, "a token is letters, digits and . _ : -");
	(void)strcpy(c->token, token);
	payload = json_object_get(root, "payload");
	if (payload != NULL && !json_is_object(payload))
		return err_set(e, EINVAL, "\"payload\" is no object");
	c->payload =
	    payload == NULL ? strdup("{}") : json_dumps(payload, JSON_COMPACT);
	return c->payload != NULL ? 0 : err_sys(e, "command");
}

bool
command_allowed(const struct command *c, const struct ocpp_mirror_rule *rules,
    size_t nrules)
{
	for (size_t i = 0; i < nrules; i++)
		if (fnmatch(rules[i].charger, c->identity, FNM_NOESCAPE) == 0 &&
		    fnmatch(rules[i].action, c->action, FNM_NOESCAPE) == 0)
			return true;
	return false;
}
