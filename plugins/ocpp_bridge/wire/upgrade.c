/* SPDX-License-Identifier: MIT */
/*
 * What a server demands of a request stands in a table, in the order in which
 * it is to be answered: that it is an upgrade at all comes before how well it
 * is made. Identity and passwords are judged by whoever takes the arrival; here
 * credentials are only taken apart (RFC 7617).
 */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "upgrade.h"

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 1.3 */

void
upgrade_key(
    const uint8_t random[static 16], char key[static UPGRADE_KEY_MAX + 1])
{
	(void)EVP_EncodeBlock((unsigned char *)key, random, 16);
}

void
upgrade_hash(const char *key, char hash[static UPGRADE_HASH_MAX + 1])
{
	char text[UPGRADE_KEY_MAX + sizeof(MAGIC)];
	unsigned char sum[SHA_DIGEST_LENGTH];
	int n = snprintf(text, sizeof(text), "%s" MAGIC, key);

	(void)SHA1((const unsigned char *)text, (size_t)n, sum);
	(void)EVP_EncodeBlock((unsigned char *)hash, sum, sizeof(sum));
}

static bool
is_get(const struct http_head *h)
{
	return strcmp(h->method, "GET") == 0;
}

/* A body behind the head would be read as frames. */
static bool
has_no_body(const struct http_head *h)
{
	bool twice;
	const char *n = http_field(h, "Content-Length", &twice);

	return !twice && (n == NULL || strcmp(n, "0") == 0) &&
	    http_field(h, "Transfer-Encoding", &twice) == NULL;
}

static bool
has_one_host(const struct http_head *h)
{
	bool twice;

	return http_field(h, "Host", &twice) != NULL && !twice;
}

static bool
is_upgrade(const struct http_head *h)
{
	return http_lists(h, "Upgrade", "websocket") &&
	    http_lists(h, "Connection", "upgrade");
}

static bool
is_version_13(const struct http_head *h)
{
	bool twice;
	const char *v = http_field(h, "Sec-WebSocket-Version", &twice);

	return v != NULL && !twice && strcmp(v, "13") == 0;
}

static bool
has_good_key(const struct http_head *h)
{
	bool twice;
	const char *key = http_field(h, "Sec-WebSocket-Key", &twice);
	uint8_t raw[18];

	return key != NULL && !twice && strlen(key) == UPGRADE_KEY_MAX &&
	    http_base64(key, UPGRADE_KEY_MAX, raw, sizeof(raw)) == 16;
}

static bool
has_one_authorization(const struct http_head *h)
{
	bool twice;

	(void)http_field(h, "Authorization", &twice);
	return !twice;
}

static const struct {
	bool (*holds)(const struct http_head *);
	unsigned status;
	const char *why;
} demands[] = {
	{ has_no_body, 400, "a request with a body" },
	{ has_one_host, 400, "not one Host" },
	{ is_get, 405, "the method is not GET" },
	{ is_upgrade, 426, "no upgrade to websocket" },
	{ is_version_13, 426, "Sec-WebSocket-Version is not 13" },
	{ has_good_key, 400, "Sec-WebSocket-Key is not 16 bytes of base64" },
	{ has_one_authorization, 400, "more than one Authorization" },
};

/* Other schemes than Basic are no credentials to us. In place: the head is
 * ours, and the password ends up in no other memory. */
static int
credentials(const struct http_head *h, struct upgrade *u)
{
	bool twice;
	const char *value = http_field(h, "Authorization", &twice);
	uint8_t *text, *colon;
	size_t room;
	int n;

	if (value == NULL || strncasecmp(value, "Basic", 5) != 0 ||
	    (value[5] != ' ' && value[5] != '\0'))
		return 0;
	value += 5 + strspn(value + 5, " ");
	text = (uint8_t *)(uintptr_t)value;
	room = strlen(value);
	if ((n = http_base64(value, room, text, room)) == -1 ||
	    (colon = memchr(text, ':', (size_t)n)) == NULL ||
	    memchr(text, '\0', (size_t)(colon - text)) != NULL)
		return -1;
	*colon = '\0';
	u->user = (const char *)text;
	u->password = colon + 1;
	u->password_len = (size_t)(text + n - u->password);
	return 0;
}

int
upgrade_asked(struct http_head *h, bool deflate, struct upgrade *u,
    unsigned *status, struct err *e)
{
	bool twice;

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		if (!demands[i].holds(h)) {
			*status = demands[i].status;
			return err_set(e, 0, "%s", demands[i].why);
		}
	*u = (struct upgrade){ .path = h->target };
	u->host = http_field(h, "Host", &twice);
	u->key = http_field(h, "Sec-WebSocket-Key", &twice);
	*status = 401;
	if (credentials(h, u) == -1)
		return err_set(e, 0, "the Basic credentials are malformed");
	for (size_t i = 0; deflate && i < h->n && !u->deflate.on; i++)
		if (strcasecmp(h->fields[i].name, "Sec-WebSocket-Extensions") ==
		    0)
			deflate_choose(
			    h->fields[i].value, &u->deflate, u->deflate_answer);
	return 0;
}

void
upgrade_protocols(const struct http_head *h, struct bytes *out)
{
	bytes_add(out, "", 0);
	for (size_t i = 0; i < h->n; i++)
		if (strcasecmp(h->fields[i].name, "Sec-WebSocket-Protocol") ==
		    0)
			bytes_fmt(out, "%s%s", out->len == 0 ? "" : ", ",
			    h->fields[i].value);
}

void
upgrade_accept(struct bytes *out, const struct upgrade *u, const char *protocol)
{
	char hash[UPGRADE_HASH_MAX + 1];

	upgrade_hash(u->key, hash);
	bytes_fmt(out,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n",
	    hash);
	if (protocol != NULL)
		bytes_fmt(out, "Sec-WebSocket-Protocol: %s\r\n", protocol);
	if (u->deflate.on)
		bytes_fmt(
		    out, "Sec-WebSocket-Extensions: %s\r\n", u->deflate_answer);
	bytes_add(out, "\r\n", 2);
}

void
upgrade_refuse(struct bytes *out, unsigned status, const char *why)
{
	bytes_fmt(out, "HTTP/1.1 %u %s\r\n", status, http_reason(status));
	if (status == 426) /* RFC 9110 15.5.22; RFC 6455 4.2.2 */
		bytes_fmt(out,
		    "Upgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n");
	if (status == 405)
		bytes_fmt(out, "Allow: GET\r\n");
	if (status == 401)
		bytes_fmt(out,
		    "WWW-Authenticate: Basic realm=\"OCPP\", "
		    "charset=\"UTF-8\"\r\n");
	bytes_fmt(out,
	    "Connection: %sclose\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n\r\n%s\n",
	    status == 426 ? "Upgrade, " : "", strlen(why) + 1, why);
}
