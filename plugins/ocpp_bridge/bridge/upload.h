/* SPDX-License-Identifier: MIT */
#ifndef OCPP_UPLOAD_H
#define OCPP_UPLOAD_H

#include <openssl/ssl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crew.h"
#include "err.h"

/*
 * One text put to where a CSMS wants it: HTTP/1.1 PUT (RFC 9110 9.3.4) over TCP
 * or TLS, in the crew, within one deadline. Of the answer only the status line
 * counts. Redirections are not followed, credentials in the URL are refused.
 */
#define UPLOAD_URL_MAX 512 /* bytes, GetLog's remoteLocation in 1.6 */

struct upload_where {
	char host[256];
	uint16_t port;
	bool tls;
	char path[UPLOAD_URL_MAX + 128];
};

/* http:// or https://; one that ends in "/" gets name behind it.
 * EPROTONOSUPPORT for another scheme, else EINVAL. */
int upload_where(
    const char *url, const char *name, struct upload_where *, struct err *);

enum upload_end {
	UPLOAD_DONE,
	UPLOAD_DENIED,      /* 401, 403 */
	UPLOAD_UNSUPPORTED, /* 404, 405, 501: not here, or not so */
	UPLOAD_FAILED
};
typedef void upload_done(void *ctx, enum upload_end, const char *why);

struct upload;

/*
 * Begins; data is copied, a reference of tls is taken (NULL only without
 * where->tls). done is called once on the loop's thread, and the upload is gone
 * then. NULL: not begun.
 */
struct upload *upload_new(struct crew *, const struct upload_where *,
    SSL_CTX *tls, const char *data, size_t len, uint32_t late_ms, upload_done *,
    void *ctx, struct err *);
/* Before it is done: it is gone, and done is not called. NULL is fine. */
void upload_cancel(struct upload *);

/* The status of the first line of an answer; 0: it is none. */
unsigned upload_status(const char *line, size_t len);

#endif
