/* SPDX-License-Identifier: MIT */
/*
 * The client's half: a request with what the charge point offered, and an
 * answer that is taken only if it is one to this very request.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string.h>
#include <strings.h>

#include "upgrade.h"

static void
authorization(struct bytes *out, const struct upgrade_request *r)
{
	own_bytes struct bytes plain = { 0 }, text = { 0 };

	bytes_fmt(&plain, "%s:", r->user);
	if (r->password_len > 0)
		bytes_add(&plain, r->password, r->password_len);
	/* Room for the base64 and its NUL; the bytes themselves are rewritten.
	 */
	bytes_add(&text, plain.p, plain.len);
	for (size_t i = 0; i < plain.len / 3 + 5; i++)
		bytes_add(&text, "=", 1);
	if (plain.bad || text.bad) {
		out->bad = true;
		return;
	}
	(void)EVP_EncodeBlock((unsigned char *)text.p,
	    (const unsigned char *)plain.p, (int)plain.len);
	bytes_fmt(out, "Authorization: Basic %s\r\n", text.p);
}

void
upgrade_ask(struct bytes *out, const struct upgrade_request *r)
{
	bool six = strchr(r->host, ':') != NULL;

	bytes_fmt(out, "GET %s HTTP/1.1\r\nHost: %s%s%s", r->path,
	    six ? "[" : "", r->host, six ? "]" : "");
	if (r->port != (r->tls ? 443 : 80))
		bytes_fmt(out, ":%u", r->port);
	bytes_fmt(out,
	    "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n",
	    r->key);
	if (r->protocols != NULL && *r->protocols != '\0')
		bytes_fmt(out, "Sec-WebSocket-Protocol: %s\r\n", r->protocols);
	if (r->deflate)
		bytes_fmt(
		    out, "Sec-WebSocket-Extensions: %s\r\n", deflate_offer);
	if (r->user != NULL)
		authorization(out, r);
	bytes_add(out, "\r\n", 2);
}

static int
extensions(const struct http_head *h, bool offered, struct deflate_terms *t)
{
	*t = (struct deflate_terms){ 0 };
	for (size_t i = 0; i < h->n; i++)
		if (strcasecmp(h->fields[i].name, "Sec-WebSocket-Extensions") ==
			0 &&
		    h->fields[i].value[0] != '\0' &&
		    (!offered || deflate_agreed(h->fields[i].value, t) == -1))
			return -1;
	return 0;
}

int
upgrade_answered(const struct http_head *h, const char *key,
    const char *protocols, bool deflate, struct deflate_terms *terms,
    const char **protocol, struct err *e)
{
	char hash[UPGRADE_HASH_MAX + 1];
	const char *accept;
	bool twice;

	if (!http_lists(h, "Upgrade", "websocket") ||
	    !http_lists(h, "Connection", "upgrade"))
		return err_set(e, 0, "101, but no upgrade to websocket");
	upgrade_hash(key, hash);
	accept = http_field(h, "Sec-WebSocket-Accept", &twice);
	if (accept == NULL || twice || strcmp(accept, hash) != 0)
		return err_set(e, 0, "101 with a wrong Sec-WebSocket-Accept");
	if (extensions(h, deflate, terms) == -1)
		return err_set(
		    e, 0, "101 with an extension that was not offered");
	*protocol = http_field(h, "Sec-WebSocket-Protocol", &twice);
	if (*protocol == NULL)
		*protocol = "";
	else if (twice || protocols == NULL ||
	    !http_is_token(*protocol, strlen(*protocol)) ||
	    !http_list_has(protocols, *protocol, strlen(*protocol)))
		return err_set(
		    e, 0, "101 with a subprotocol that was not offered");
	return 0;
}
