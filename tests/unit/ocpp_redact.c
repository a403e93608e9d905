/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "redact.h"

#define S "0123456789abcPLANTEDxy" /* planted */

static const struct {
	const char *what, *action, *in, *out;
	bool idtags;
} rows[] = {
	{ "an authorization key", NULL,
	    "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
	    "\"value\":\"" S "\"}]",
	    "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
	    "\"value\":\"***\"}]",
	    false },
	{ "the value before its key, in another case", NULL,
	    "[2,\"1\",\"ChangeConfiguration\",{\"value\" : \"" S "\" ,"
	    "\"key\":\"authorizationKEY\"}]",
	    "[2,\"1\",\"ChangeConfiguration\",{\"value\" : \"***\" ,"
	    "\"key\":\"authorizationKEY\"}]",
	    false },
	{ "escapes in names", NULL,
	    "[2,\"1\",\"C\",{\"\\u006bey\":\"Authorizati\\u006FnKey\","
	    "\"v\\u0061lue\":\"" S "\"}]",
	    "[2,\"1\",\"C\",{\"\\u006bey\":\"Authorizati\\u006FnKey\","
	    "\"v\\u0061lue\":\"***\"}]",
	    false },
	{ "a key said twice", NULL,
	    "[2,\"1\",\"C\",{\"key\":\"AuthorizationKey\",\"value\":\"" S
	    "\",\"key\":\"Other\",\"value\":[1,\"" S "\"]}]",
	    "[2,\"1\",\"C\",{\"key\":\"AuthorizationKey\",\"value\":\"***\","
	    "\"key\":\"Other\",\"value\":\"***\"}]",
	    false },
	{ "a value that is an object", NULL,
	    "[2,\"1\",\"C\",{\"value\":{\"x\":\"" S
	    "\"},\"key\":\"AuthorizationKey\"}]",
	    "[2,\"1\",\"C\",{\"value\":\"***\",\"key\":\"AuthorizationKey\"}]",
	    false },
	{ "one of a configuration that was asked for", NULL,
	    "[3,\"1\",{\"configurationKey\":[{\"key\":\"A\",\"readonly\":false,"
	    "\"value\":\"7\"},{\"key\":\"AuthorizationKey\",\"readonly\":true,"
	    "\"value\":\"" S "\"}],\"unknownKey\":[\"AuthorizationKey\"]}]",
	    "[3,\"1\",{\"configurationKey\":[{\"key\":\"A\",\"readonly\":false,"
	    "\"value\":\"7\"},{\"key\":\"AuthorizationKey\",\"readonly\":true,"
	    "\"value\":\"***\"}],\"unknownKey\":[\"AuthorizationKey\"]}]",
	    false },
	{ "a basic-auth password of several variables", NULL,
	    "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{"
	    "\"attributeValue\":\"300\",\"component\":{\"name\":\"OCPPCommCtrlr"
	    "\"},\"variable\":{\"name\":\"HeartbeatInterval\"}},{"
	    "\"attributeValue\":\"" S "\",\"component\":{\"name\":"
	    "\"SecurityCtrlr\"},\"variable\":{\"name\":\"BasicAuthPassword\"}}]"
	    "}]",
	    "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{"
	    "\"attributeValue\":\"300\",\"component\":{\"name\":\"OCPPCommCtrlr"
	    "\"},\"variable\":{\"name\":\"HeartbeatInterval\"}},{"
	    "\"attributeValue\":\"***\",\"component\":{\"name\":"
	    "\"SecurityCtrlr\"},\"variable\":{\"name\":\"BasicAuthPassword\"}}]"
	    "}]",
	    false },
	{ "one in a report", NULL,
	    "[2,\"1\",\"NotifyReport\",{\"reportData\":[{\"variable\":{\"name\""
	    ":\"BasicAuthPassword\"},\"variableAttribute\":[{\"value\":\"" S
	    "\"}]}]}]",
	    "[2,\"1\",\"NotifyReport\",{\"reportData\":[{\"variable\":{\"name\""
	    ":\"BasicAuthPassword\"},\"variableAttribute\":\"***\"}]}]",
	    false },
	{ "all secrets of a network profile", NULL,
	    "[2,\"1\",\"SetNetworkProfile\",{\"connectionData\":{\"apn\":{"
	    "\"apnUserName\":\"u\",\"apnPassword\":\"" S
	    "\",\"simPin\":1234},\"vpn\":{\"user\":\"v\",\"password\":\"" S
	    "\",\"key\":\"" S "\",\"group\":\"g\"},\"basicAuthPassword\":\"" S
	    "\"}}]",
	    "[2,\"1\",\"SetNetworkProfile\",{\"connectionData\":{\"apn\":{"
	    "\"apnUserName\":\"u\",\"apnPassword\":\"***\",\"simPin\":\"***\"},"
	    "\"vpn\":{\"user\":\"v\",\"password\":\"***\",\"key\":\"***\","
	    "\"group\":\"g\"},\"basicAuthPassword\":\"***\"}}]",
	    false },
	{ "a shared secret", NULL,
	    "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{\"variable\":{"
	    "\"name\":\"SharedSecret\"},\"attributeValue\":\"" S "\"}]}]",
	    "[2,\"1\",\"SetVariables\",{\"setVariableData\":[{\"variable\":{"
	    "\"name\":\"SharedSecret\"},\"attributeValue\":\"***\"}]}]",
	    false },
	{ "a text within a text", NULL,
	    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":\"{"
	    "\\\"AuthorizationKey\\\":\\\"" S "\\\"}\"}]",
	    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":\"***\"}]",
	    false },
	{ "a signed message", NULL,
	    "[2,\"1\",\"SetVariables-Signed\",{\"payload\":\"" S
	    "\",\"protected\":\"p\",\"signature\":\"s\"}]",
	    "[2,\"1\",\"SetVariables-Signed\",{\"payload\":\"***\","
	    "\"protected\":\"p\",\"signature\":\"s\"}]",
	    false },
	{ "who may fetch a file", NULL,
	    "[2,\"1\",\"GetLog\",{\"remoteLocation\":\"ftp:\\/\\/me:" S
	    "@h\\/x\",\"location\":\"https://h/a@b\"}]",
	    "[2,\"1\",\"GetLog\",{\"remoteLocation\":\"***\","
	    "\"location\":\"https://h/a@b\"}]",
	    false },
	{ "an error that repeats what was asked", "SetVariables",
	    "[4,\"1\",\"PropertyConstraintViolation\",\"" S " is too short\","
	    "{\"given\":\"" S "\"}]",
	    "[4,\"1\",\"PropertyConstraintViolation\",\"***\",\"***\"]",
	    false },
	{ "an error whose CALL nobody knows", NULL,
	    "[4,\"1\",\"GenericError\",\"" S "\",{}]",
	    "[4,\"1\",\"GenericError\",\"***\",\"***\"]", false },
	{ "no error of others", "Heartbeat",
	    "[4,\"1\",\"GenericError\",\"disk\",{}]",
	    "[4,\"1\",\"GenericError\",\"disk\",{}]", false },
	{ "no tag when it is not wanted", NULL,
	    "[2,\"1\",\"Authorize\",{\"idTag\":\"A1\"}]",
	    "[2,\"1\",\"Authorize\",{\"idTag\":\"A1\"}]", false },
	{ "a tag when it is", NULL,
	    "[2,\"1\",\"Authorize\",{\"idTag\" :\"A1\"}]",
	    "[2,\"1\",\"Authorize\",{\"idTag\" :\"***\"}]", true },
	{ "tokens and those they belong to", NULL,
	    "[2,\"1\",\"Authorize\",{\"idToken\":{\"idToken\":\"A1\",\"type\":"
	    "\"ISO14443\",\"additionalInfo\":[{\"additionalIdToken\":\"B\"}]},"
	    "\"groupIdToken\":{\"idToken\":\"C\"}}]",
	    "[2,\"1\",\"Authorize\",{\"idToken\":{\"idToken\":\"***\",\"type\":"
	    "\"ISO14443\",\"additionalInfo\":[{\"additionalIdToken\":\"***\"}]}"
	    ",\"groupIdToken\":{\"idToken\":\"***\"}}]",
	    true },
	{ "nothing of a frame without secrets", NULL,
	    " [ 2 , \"1\" , \"Heartbeat\" , { } ]\r\n",
	    " [ 2 , \"1\" , \"Heartbeat\" , { } ]\r\n", true },
	{ "nothing of empty ones", NULL, "[]", "[]", true },
	{ "a frame that is cut", NULL, "[2,\"1\",\"C\",{\"value\":\"" S,
	    "{\"unreadable\":43,\"at\":43}", false },
	{ "a frame that lacks a colon", NULL,
	    "[2,\"1\",\"C\",{\"AuthorizationKey\" \"" S "\"}]",
	    "{\"unreadable\":57,\"at\":31}", false },
	{ "an escape that is none", NULL, "[\"\\x" S "\"]",
	    "{\"unreadable\":28,\"at\":2}", false },
	{ "a byte that is no UTF-8", NULL, "[\"\xc3" S "\"]",
	    "{\"unreadable\":27,\"at\":2}", false },
	{ "what is behind the frame", NULL, "[2]\"" S "\"]",
	    "{\"unreadable\":28,\"at\":3}", false },
	{ "an object", NULL, "{\"a\":1}", "{\"unreadable\":7,\"at\":0}",
	    false },
	{ "nothing", NULL, "", "{\"unreadable\":0,\"at\":0}", false },
};

static void
redacted(const char *in, size_t len, const char *action, bool idtags,
    struct bytes *out)
{
	/* Behind it stands nothing that may be read. */
	char *copy = malloc(len == 0 ? 1 : len);
	struct span text = { copy, len };

	memcpy(copy, in, len);
	redact(OCPP_16, NULL, action, text, idtags, out);
	free(copy);
}

static void
what_is_secret_is_taken_out_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own_bytes struct bytes out = { 0 };

		redacted(rows[i].in, strlen(rows[i].in), rows[i].action,
		    rows[i].idtags, &out);
		if (out.p == NULL || strcmp(out.p, rows[i].out) != 0)
			fail_msg("%s: %s", rows[i].what, out.p);
	}
}

/* --- a frame at random, and what is to become of it ----------------------- */

static unsigned seed;
static struct bytes in, want;
static bool beside; /* something harmless stands beside a secret */

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void
both(const char *s)
{
	bytes_add(&in, s, strlen(s));
	bytes_add(&want, s, strlen(s));
}

static void
blank(void)
{
	static const char *const kinds[] = { "", "", " ", "\t", "\r\n", "  " };

	both(kinds[any(6)]);
}

/* A string, each of its letters in one of the ways JSON has for it. */
static void
name(const char *s)
{
	char one[8];

	both("\"");
	for (; *s != '\0'; s++) {
		(void)snprintf(one, sizeof(one),
		    any(4) != 0       ? "%c"
			: any(2) != 0 ? "\\u%04x"
				      : "\\u%04X",
		    *s);
		both(one);
	}
	both("\"");
}

static void
secret(void)
{
	static const char *const kinds[] = { "\"" S "\"",
		"[1,{\"x\":\"" S "\"}]", "{\"value\":\"" S "\"}",
		"\"\\u0053\\\"" S "\"", "4711471147114711" };
	const char *s = kinds[any(5)];

	bytes_add(&in, s, strlen(s));
	bytes_add(&want, "\"***\"", 5);
}

static void
colon(void)
{
	blank();
	both(":");
	blank();
}

static void value(int depth);

/* key and value of a configuration, in any order, said twice at times. */
static void
pair(void)
{
	static const char *const keys[] = { "AuthorizationKey",
		"authorizationkey", "BasicAuthPassword", "WifiPassphrase" };
	const char *key = keys[any(4)];
	bool turned = any(2) != 0, twice = any(3) == 0;

	for (int i = 0; i < (twice ? 4 : 2); i++) {
		if (i > 0)
			both(",");
		blank();
		name(((i & 1) != 0) == turned ? "key" : "value");
		colon();
		if (((i & 1) != 0) == turned)
			name(i > 1 ? "HeartbeatInterval" : key);
		else
			secret();
		blank();
	}
}

static void
variable(void)
{
	name("variable");
	colon();
	both("{");
	name("name");
	colon();
	name("BasicAuthPassword");
	both("},");
	name("attributeValue");
	colon();
	secret();
}

static void
named(void)
{
	static const char *const names[] = { "apnPassword", "basicAuthPassword",
		"AuthorizationKey", "password" };

	name(names[any(4)]);
	colon();
	secret();
}

static void
vpn(void)
{
	name("vpn");
	colon();
	both("{");
	name("key");
	colon();
	secret();
	both("}");
}

static void
harmless(int depth)
{
	beside = true;
	name("connectorId");
	colon();
	value(depth + 1);
}

static void
value(int depth)
{
	static void (*const members[])(void) = { pair, variable, named, vpn };
	unsigned n;

	switch (depth > 6 ? any(3) : any(6)) {
	case 0:
		both("\"caf\xc3\xa9 \\\" \\\\ \\ud83d\\ude00\"");
		return;
	case 1:
		both("-1.5e3");
		return;
	case 2:
		both("null");
		return;
	case 3:
		both("[");
		n = any(4);
		for (unsigned i = 0; i < n; i++) {
			both(i > 0 ? "," : "");
			blank();
			value(depth + 1);
			blank();
		}
		both("]");
		return;
	default:
		both("{");
		blank();
		if (any(3) == 0) {
			harmless(depth);
			both(",");
		}
		blank();
		members[any(4)]();
		blank();
		both("}");
	}
}

static void
a_planted_secret_never_comes_through(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		own_bytes struct bytes out = { 0 };

		seed = i;
		beside = false;
		in = want = (struct bytes){ 0 };
		blank();
		both("[2,\"1\",\"X\",");
		value(0);
		both("]");
		blank();
		redacted(in.p, in.len, NULL, false, &out);
		/* "harmless" beside a pair is taken for its value: more goes
		 * than must, which is looked at in the rows above. */
		if (strstr(out.p, S) != NULL || strstr(out.p, "47114711"))
			fail_msg("%u: %s gives %s", i, in.p, out.p);
		if (!beside)
			assert_string_equal(out.p, want.p);
		bytes_free(&in);
		bytes_free(&want);
	}
}

static void
a_cut_or_broken_frame_never_shows_a_secret(void **state)
{
	static const char text[] =
	    "[2,\"1\",\"C\",{\"key\":\"AuthorizationKey\",\"value\":\"" S
	    "\"}]";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char broken[sizeof(text)];

		for (int how = 0; how < 3; how++) {
			own_bytes struct bytes out = { 0 };

			memcpy(broken, text, sizeof(text));
			broken[i] = "\0\"}"[how];
			redacted(broken, how == 0 ? i : sizeof(text) - 1, NULL,
			    false, &out);
			/* A broken name is another name: what is at stake are
			 * bytes that were not a name's. */
			if (strstr(out.p, S) != NULL &&
			    strstr(broken, "AuthorizationKey") != NULL &&
			    strstr(broken, "\"key\"") != NULL)
				fail_msg("%zu, %d: %s", i, how, out.p);
		}
	}
}

static void
the_output_keeps_its_limit(void **state)
{
	own_bytes struct bytes out = { .limit = 64 };
	static const char text[] = "[2,\"1\",\"Heartbeat\",{\"x\":\"aaaaaaaaaa"
				   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				   "aaaaaaaaaaaaaaaaaaaaaaa\"}]";

	(void)state;
	bytes_add(&out, "before ", 7);
	redacted(text, sizeof(text) - 1, NULL, false, &out);
	assert_false(out.bad);
	assert_string_equal(out.p, "before {\"unreadable\":101,\"at\":101}");
}

static void
what_is_too_deep_is_unreadable(void **state)
{
	own_bytes struct bytes out = { 0 };
	char deep[2 * 100000];

	(void)state;
	memset(deep, '[', sizeof(deep) / 2);
	memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
	redacted(deep, sizeof(deep), NULL, false, &out);
	assert_string_equal(out.p, "{\"unreadable\":200000,\"at\":33}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_secret_is_taken_out_and_nothing_else),
		cmocka_unit_test(a_planted_secret_never_comes_through),
		cmocka_unit_test(a_cut_or_broken_frame_never_shows_a_secret),
		cmocka_unit_test(the_output_keeps_its_limit),
		cmocka_unit_test(what_is_too_deep_is_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
