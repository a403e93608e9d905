/* SPDX-License-Identifier: MIT */
/*
 * remoteLocation, read strictly: it becomes a line of a request, so nothing may
 * be in it that ends one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "upload.h"

static int
bad(struct err *e, const char *what)
{
	return err_set(e, EINVAL, "remoteLocation: %s", what);
}

static int
take_port(const char *p, size_t len, struct upload_where *w, struct err *e)
{
	unsigned long port = 0;

	for (size_t i = 1; i < len; i++) {
		if (p[i] < '0' || p[i] > '9' || port > 6553)
			return bad(e, "a port is 1 to 65535");
		port = port * 10 + (unsigned long)(p[i] - '0');
	}
	if (len < 2 || port == 0 || port > 65535)
		return bad(e, "a port is 1 to 65535");
	w->port = (uint16_t)port;
	return 0;
}

/* "host", "host:8080", "[::1]:8080" */
static int
take_host(const char *p, size_t len, struct upload_where *w, struct err *e)
{
	bool six = len > 0 && *p == '[';
	const char *host = p + six, *end = p + len;
	const char *stop = memchr(host, six ? ']' : ':', (size_t)(end - host));
	const char *rest;

	if (memchr(p, '@', len) != NULL)
		return bad(e, "credentials in a URL are not taken");
	if (six && stop == NULL)
		return bad(e, "\"[\" without \"]\"");
	if (stop == NULL)
		stop = end;
	rest = stop + six;
	if (stop == host || (size_t)(stop - host) >= sizeof(w->host))
		return bad(e, "no host");
	memcpy(w->host, host, (size_t)(stop - host));
	w->host[stop - host] = '\0';
	if (rest == end)
		return 0;
	return *rest == ':' ? take_port(rest, (size_t)(end - rest), w, e)
			    : bad(e, "no host");
}

int
upload_where(
    const char *url, const char *name, struct upload_where *w, struct err *e)
{
	const char *p;
	size_t host, path;

	*w = (struct upload_where){ .tls = strncmp(url, "https://", 8) == 0 };
	if (!w->tls && strncmp(url, "http://", 7) != 0)
		return err_set(e, EPROTONOSUPPORT,
		    "remoteLocation: only http and https are known");
	if (strlen(url) > UPLOAD_URL_MAX)
		return bad(e, "too long");
	for (p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return bad(e, "a character that no URL has");
	p = url + (w->tls ? 8 : 7);
	w->port = w->tls ? 443 : 80;
	host = strcspn(p, "/?#");
	if (take_host(p, host, w, e) == -1)
		return -1;
	p += host;
	path = strcspn(p, "#"); /* a fragment is not sent */
	(void)snprintf(w->path, sizeof(w->path), "%s%.*s", *p == '/' ? "" : "/",
	    (int)path, p);
	path = strlen(w->path);
	if (w->path[path - 1] == '/')
		(void)snprintf(
		    w->path + path, sizeof(w->path) - path, "%s", name);
	return 0;
}
