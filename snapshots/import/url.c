/* SPDX-License-Identifier: MIT */
/*
 * As much of RFC 3986 as addresses of brokers use. What is no letter, digit,
 * '.', '-' (or ':' in brackets) is no host here, so a host can go into a
 * document without quoting.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "url.h"

static bool
host_ok(const char *s, size_t n, bool brackets)
{
	if (n == 0 || n > URL_HOST_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) &&
		    strchr(brackets ? ":." : ".-", s[i]) == NULL)
			return false;
	return true;
}

static int
read_port(const char *p, const char *end, unsigned *port)
{
	unsigned long n;
	char *stop;

	if (p == end)
		return 0;
	if (*p++ != ':' || p == end || !isdigit((unsigned char)*p))
		return -1;
	n = strtoul(p, &stop, 10);
	if (stop != end || n < 1 || n > 65535)
		return -1;
	*port = (unsigned)n;
	return 0;
}

static int
read_host(struct url *u, const char *p, const char *end)
{
	bool brackets = p < end && *p == '[';
	const char *stop = memchr(p, brackets ? ']' : ':', (size_t)(end - p));

	p += brackets;
	if (stop == NULL && brackets)
		return -1;
	if (stop == NULL)
		stop = end;
	if (!host_ok(p, (size_t)(stop - p), brackets))
		return -1;
	memcpy(u->host, p, (size_t)(stop - p));
	return read_port(stop + brackets, end, &u->port);
}

int
url_read(const char *text, struct url *u)
{
	const char *p = strstr(text, "://"), *end, *at;
	size_t n = p == NULL ? 0 : (size_t)(p - text);

	memset(u, 0, sizeof(*u));
	if (n == 0 || n >= sizeof(u->scheme))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]))
			return -1;
		u->scheme[i] = (char)tolower((unsigned char)text[i]);
	}
	p += 3;
	end = p + strcspn(p, "/?#");
	u->path = *end != '\0' && strcmp(end, "/") != 0;
	if ((at = memrchr(p, '@', (size_t)(end - p))) != NULL) {
		u->user = true;
		p = at + 1;
	}
	return read_host(u, p, end);
}
