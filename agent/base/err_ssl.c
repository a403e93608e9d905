/* SPDX-License-Identifier: MIT */
/*
 * The one part of err.h that needs OpenSSL, in a file of its own: a plugin
 * host that does no cryptography then does not load libcrypto (1 MB of it
 * would be private to each).
 */
#include <openssl/err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

int
err_ssl(struct err *e, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);
	size_t n;
	va_list ap;

	e->code = EPROTO;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s",
	    reason == NULL ? "unknown cryptographic failure" : reason);
	ERR_clear_error();
	return -1;
}
