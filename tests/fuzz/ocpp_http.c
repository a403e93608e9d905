/* SPDX-License-Identifier: MIT */
/*
 * Heads of both kinds. What was read keeps its promises: names are tokens,
 * nothing holds a control character, an upgrade has a key of 16 bytes, and the
 * answer to it is one to us.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
fields(const struct http_head *h)
{
	must(h->n <= HTTP_FIELDS_MAX);
	for (size_t i = 0; i < h->n; i++) {
		const char *v = h->fields[i].value;

		must(http_is_token(
		    h->fields[i].name, strlen(h->fields[i].name)));
		must(strpbrk(v, "\r\n") == NULL);
		must(*v != ' ' && *v != '\t');
	}
}

static void
answer_is_ours(const struct upgrade *u)
{
	own_bytes struct bytes text = { 0 };
	struct http_head h;
	struct deflate_terms t;
	const char *protocol;
	struct err e;

	upgrade_accept(&text, u, NULL);
	must(http_end(text.p, text.len, 0) == text.len);
	must(http_answer(text.p, text.len, &h, &e) == 0 && h.status == 101);
	must(upgrade_answered(&h, u->key, "", true, &t, &protocol, &e) == 0);
	must(t.on == u->deflate.on && *protocol == '\0');
}

static void
request(char *p, size_t len)
{
	own_bytes struct bytes protocols = { 0 }, refusal = { 0 };
	struct http_head h;
	struct upgrade u;
	unsigned status = 0;
	struct err e;

	if (http_request(p, len, &h, &status, &e) == -1) {
		must(status >= 400 && status < 600);
		upgrade_refuse(&refusal, status, e.text);
		return;
	}
	fields(&h);
	must(h.target[0] == '/' && strlen(h.target) <= HTTP_TARGET_MAX);
	upgrade_protocols(&h, &protocols);
	if (upgrade_asked(&h, true, &u, &status, &e) == -1) {
		must(status >= 400 && status < 600);
		return;
	}
	must(strlen(u.key) == UPGRADE_KEY_MAX);
	if (u.user != NULL) {
		must(strlen(u.user) < HTTP_HEAD_MAX);
		must(
		    u.password == (const uint8_t *)u.user + strlen(u.user) + 1);
	}
	answer_is_ours(&u);
}

static void
answer(char *p, size_t len)
{
	struct http_head h;
	struct deflate_terms t;
	const char *protocol;
	struct err e;

	if (http_answer(p, len, &h, &e) == -1)
		return;
	fields(&h);
	must(h.status < 1000);
	if (upgrade_answered(&h, "dGhlIHNhbXBsZSBub25jZQ==",
		"ocpp2.0.1,ocpp1.6", true, &t, &protocol, &e) == 0)
		must(*protocol == '\0' || strcmp(protocol, "ocpp1.6") == 0 ||
		    strcmp(protocol, "ocpp2.0.1") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t end = http_end((const char *)data, len, 0);

	if (end == 0 || end > HTTP_HEAD_MAX)
		return 0;
	for (int i = 0; i < 2; i++) {
		char *p = malloc(end);

		memcpy(p, data, end);
		if (i == 0)
			request(p, end);
		else
			answer(p, end);
		free(p);
	}
	return 0;
}
