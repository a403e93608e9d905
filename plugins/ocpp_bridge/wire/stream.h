/* SPDX-License-Identifier: MIT */
#ifndef STREAM_H
#define STREAM_H

#include <sys/socket.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include <stdbool.h>

/*
 * Bytes in order over TCP, or TLS over TCP; the socket does not block. TLS
 * never renegotiates, so reading waits for reading and writing for writing.
 */
#define STREAM_NAME_MAX 64

struct stream {
	int fd;              /* -1: closed */
	SSL *ssl;            /* NULL: plain */
	unsigned long fault; /* OpenSSL's, of what failed last; 0 */
};

/* > 0; 0: the peer's end; -1: EAGAIN later, or it is broken. */
ssize_t stream_read(struct stream *, void *, size_t);
/* > 0; -1: EAGAIN later (with the same bytes first), or it is broken. */
ssize_t stream_write(struct stream *, const void *, size_t);
/*
 * From now on reads take from the socket whatever is there, several records of
 * TLS at once: one system call where there were two for each. What was taken
 * and not given out yet is pending: the socket will not tell of it.
 */
void stream_read_ahead(struct stream *);
bool stream_pending(const struct stream *);
void stream_shut(struct stream *); /* says that nothing more will be sent */
void stream_close(struct stream *);

/* Options of every connection here: no delay, keepalive. */
void stream_options(int fd);
/* An SSL for fd with what all of ours have. NULL: memory. */
SSL *stream_tls(SSL_CTX *, int fd);

/* What a failed handshake says to those who count: */
enum stream_fault {
	STREAM_TLS,
	STREAM_TLS_VERSION,
	STREAM_TLS_CIPHER,
	STREAM_TLS_PEER,   /* its certificate is missing or no good */
	STREAM_TLS_REFUSED /* ours was not taken */
};
enum stream_fault stream_fault(unsigned long openssl_error);
/* In words, of a handshake that failed; NULL: the peer just went. */
const char *stream_why(const struct stream *, unsigned long openssl_error);

/* "192.0.2.7:51022", "[2001:db8::1]:443" */
void
stream_name(const struct sockaddr_storage *, char out[static STREAM_NAME_MAX]);

#endif
