/* SPDX-License-Identifier: MIT */
/*
 * A broker's place is on this unit, so it is an address: looking up a name can
 * take ten seconds, in which no charge point would be served.
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker_where.h"

#define MQTT_PORT  1883
#define MQTTS_PORT 8883

static int
parse_unix(const char *path, struct where *w, struct err *e)
{
	if (*path != '/' || strlen(path) >= sizeof(w->host))
		return err_set(e, EINVAL,
		    "\"unix:%.120s\": an absolute path of at most %zu bytes is "
		    "wanted",
		    path, sizeof(w->host) - 1);
	(void)strcpy(w->host, path);
	return 0;
}

static int
parse_port(const char *text, struct where *w, struct err *e)
{
	char *end;
	unsigned long port;

	if (*text == '\0')
		return 0;
	port = strtoul(text + 1, &end, 10);
	if (*text != ':' || end == text + 1 || *end != '\0' || port < 1 ||
	    port > 65535 || text[1] < '0' || text[1] > '9')
		return err_set(e, EINVAL,
		    "\"%.40s\" is no port: \":1883\", 1 to 65535", text);
	w->port = (uint16_t)port;
	return 0;
}

static bool
is_address(const char *host)
{
	unsigned char room[16];

	return strcmp(host, "localhost") == 0 ||
	    inet_pton(AF_INET, host, room) == 1 ||
	    inet_pton(AF_INET6, host, room) == 1;
}

/* "127.0.0.1:1883", "[::1]", "localhost" */
static int
parse_tcp(const char *text, struct where *w, struct err *e)
{
	bool bracket = *text == '[';
	const char *host = text + bracket;
	size_t len = strcspn(host, bracket ? "]" : ":");
	const char *rest = host + len;

	if (bracket && *rest++ != ']')
		return err_set(e, EINVAL, "\"%.60s\" lacks its \"]\"", text);
	if (len >= sizeof(w->host))
		return err_set(e, EINVAL, "\"%.60s\" is too long", text);
	(void)memcpy(w->host, host, len);
	w->host[len] = '\0';
	if (!is_address(w->host))
		return err_set(e, EINVAL,
		    "\"%.60s\" is no address: a broker is named by its IP "
		    "address, localhost or unix:/path, since no charge point "
		    "may wait for a name",
		    w->host);
	return parse_port(rest, w, e);
}

int
where_parse(const char *text, struct where *w, struct err *e)
{
	static const struct {
		const char *scheme;
		uint16_t port;
		bool tls;
		int (*parse)(const char *, struct where *, struct err *);
	} schemes[] = {
		{ "unix:", 0, false, parse_unix },
		{ "mqtt://", MQTT_PORT, false, parse_tcp },
		{ "mqtts://", MQTTS_PORT, true, parse_tcp },
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i].scheme);

		if (strncmp(text, schemes[i].scheme, n) != 0)
			continue;
		*w = (struct where){ .port = schemes[i].port,
			.tls = schemes[i].tls };
		return schemes[i].parse(text + n, w, e);
	}
	return err_set(e, EINVAL,
	    "\"%.60s\": unix:/path, mqtt://address:port or "
	    "mqtts://address:port is wanted",
	    text);
}
