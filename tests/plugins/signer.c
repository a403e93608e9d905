/* SPDX-License-Identifier: MIT */
/*
 * Stands where the owner of the keys stands, to show who asks it and how: its
 * "signature" is the digest twice. "sleep" as the purpose takes half a second;
 * "short" gives a signature that is none.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

static const struct ingot_host *host;

static void *
signer_open(const struct ingot_host *h)
{
	host = h;
	return &host;
}

/* {"digest":"<64>","purpose":"..."} */
static int
signer_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	const char *digest = strstr(question->p, "\"digest\":\"");

	(void)v;
	if (strcmp(from, "agent") != 0 || strcmp(verb, "sign") != 0)
		return host->fail(host, "%s asks \"%s\"", from, verb);
	if (digest == NULL || strlen(digest) < 10 + 64)
		return host->fail(host, "no digest");
	if (strstr(question->p, "\"short\"") != NULL)
		return host->emit(host, "{\"sig\":\"abcd\"}");
	if (strstr(question->p, "\"sleep\"") != NULL)
		(void)usleep(500000);
	return host->emit(
	    host, "{\"sig\":\"%.64s%.64s\"}", digest + 10, digest + 10);
}

static int
signer_text(void *v, const struct ingot_text *text)
{
	(void)v;
	(void)text;
	return 0;
}

static void
signer_close(void *v)
{
	(void)v;
}

INGOT_PLUGIN("cert_store", 0, .open = signer_open, .render = signer_text,
    .activate = signer_text, .probe = signer_text, .close = signer_close,
    .answer = signer_answer);
