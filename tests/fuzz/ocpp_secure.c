/* SPDX-License-Identifier: MIT */
/*
 * Any payload for any of the messages that the gateway answers itself, judged
 * or not (a frame with a fault comes as well when it is only told about), and
 * any answer to what it asks then. The store says what the input's first byte
 * chooses. Nothing may crash, and what is answered is an object of JSON.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secure_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct secure *secure;
static struct pair fuzzed;
static struct ocpp_class class;
static struct ocpp_settings set;
static unsigned chosen;
static struct {
	void (*done)(void *, struct pair *, const struct frame *);
	void *ctx;
} calls[4];
static unsigned ncalls;

static int
check(const char *payload)
{
	json_t *j = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(j))
		abort();
	json_decref(j);
	return 0;
}

int
pair_answer(
    struct pair *p, enum ocpp_way way, struct span id, const char *payload)
{
	(void)p;
	(void)way;
	(void)id;
	return check(payload);
}

int
pair_refuse(struct pair *p, enum ocpp_way way, struct span id, const char *code,
    const char *why)
{
	(void)p;
	(void)way;
	(void)id;
	return *code == '\0' || *why == '\0' ? abort(), 0 : 0;
}

int
pair_call(struct pair *p, enum ocpp_way way, const char *action,
    const char *payload,
    void (*done)(void *, struct pair *, const struct frame *), void *ctx,
    struct err *e)
{
	(void)p;
	(void)way;
	(void)action;
	if (ncalls == sizeof(calls) / sizeof(*calls))
		return err_set(e, EBUSY, "too many");
	calls[ncalls].done = done;
	calls[ncalls++].ctx = ctx;
	return check(payload);
}

void
pair_redial(struct pair *p, bool keep)
{
	(void)p;
	(void)keep;
}

struct secure *
bridge_secure(struct bridge *b)
{
	(void)b;
	return secure;
}

void
bridge_certs_changed(struct bridge *b)
{
	(void)b;
}

void
bridge_root(struct bridge *b, char out[static 65])
{
	(void)b;
	out[0] = '\0';
}

static json_t *
certs(void *ctx, const char *verb, json_t *question, struct err *e)
{
	static const char *const replies[] = {
		"{\"result\":\"Accepted\",\"csr\":\"x\",\"key\":\"k\","
		"\"certificates\":[{\"hash\":{\"algorithm\":\"SHA256\","
		"\"issuer_name\":\"aa\",\"issuer_key\":\"bb\",\"serial\":\"1\""
		"},\"state\":\"valid\",\"children\":[{\"hash\":{}}]}]}",
		"{\"result\":\"InUse\",\"why\":\"so\",\"certificates\":7}",
		"{\"result\":7,\"certificates\":[1,{}],\"next\":\"x\"}",
		"{\"renew\":true,\"certificate\":{\"subject\":\"CN=,O=\"}}",
	};

	(void)ctx;
	(void)verb;
	json_decref(question);
	if (chosen % 5 == 4)
		return (void)err_set(e, EIO, "no store"), NULL;
	return json_loads(replies[chosen % 5], 0, NULL);
}

static void
begin(void)
{
	static struct bridge_host host = { .state = "/tmp/ingot-fuzz-secure",
		.certs = certs };
	static char cpo[] = "O", url[] = "ws://h/x";
	struct chargers *chargers;
	struct err e;

	set.limits.chargers = 10;
	set.cpo = cpo;
	set.csms.url = url;
	set.csms.profile = 1;
	(void)mkdir(host.state, 0700);
	chargers = chargers_open(
	    "/tmp/ingot-fuzz-secure/chargers", 10, NULL, NULL, &e);
	secure = secure_new(NULL, loop_new(&e), &host, chargers, &set, &e);
	fuzzed.charger = chargers_get(chargers, "CP", &e);
	fuzzed.charger->class = &class;
	fuzzed.charger->pair = &fuzzed;
	fuzzed.state = PAIR_OPEN;
	if (secure == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct pair_handled *h = secure_handled;
	char *text;
	struct frame f = { .type = OCPP_CALL };
	struct call call = { .ours = false };
	unsigned n;

	if (len < 4)
		return 0;
	if (secure == NULL)
		begin();
	chosen = data[0];
	for (n = data[1] % 17; n > 0 && h[1].action != NULL; n--)
		h++;
	fuzzed.version = (enum ocpp_version)(data[2] % 3);
	class.certificates = (enum ocpp_manage)(data[3] % 3);
	class.profiles = (enum ocpp_manage)(data[3] / 3 % 3);
	class.move = data[3] / 9 % 2 == 1;
	/* An id in quotes, as in a frame, and then what is not ours. */
	if ((text = malloc(len + 1)) == NULL)
		return 0;
	text[0] = text[3] = '"';
	text[1] = 'i';
	text[2] = '1';
	memcpy(text + 4, data + 4, len - 4);
	f.id = (struct span){ text + 1, 2 };
	f.payload = (struct span){ text + 4, len - 4 };
	(void)strcpy(call.id, "i1");
	ncalls = 0;
	(void)h->asked(&fuzzed, h->way, &f, f.payload, NULL);
	f.type = OCPP_RESULT;
	if (h->answered != NULL)
		(void)h->answered(&fuzzed, OCPP_UP, &f, f.payload, &call);
	for (unsigned i = 0; i < ncalls; i++)
		calls[i].done(calls[i].ctx, &fuzzed, data[0] > 200 ? NULL : &f);
	free(text);
	return 0;
}
