/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's habits, kept in one place: its error queue is emptied before each
 * call, an end without close_notify is an end (a WebSocket has its own
 * goodbye), and an idle connection gives its buffers back.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <openssl/err.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "stream.h"

static ssize_t
tls_failed(struct stream *s, int rc)
{
	int saved = errno, why = SSL_get_error(s->ssl, rc);

	s->fault = ERR_peek_error();
	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		errno = EAGAIN;
		return -1;
	}
	if (why == SSL_ERROR_ZERO_RETURN ||
	    (why == SSL_ERROR_SYSCALL && saved == 0) ||
	    ERR_GET_REASON(s->fault) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return 0;
	errno = why == SSL_ERROR_SYSCALL ? saved : EPROTO;
	return -1;
}

ssize_t
stream_read(struct stream *s, void *p, size_t n)
{
	ssize_t got;
	int rc;

	if (s->ssl == NULL) {
		do
			got = recv(s->fd, p, n, MSG_DONTWAIT);
		while (got == -1 && errno == EINTR);
		return got;
	}
	ERR_clear_error();
	errno = 0;
	rc = SSL_read(s->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	return rc > 0 ? rc : tls_failed(s, rc);
}

ssize_t
stream_write(struct stream *s, const void *p, size_t n)
{
	ssize_t put;
	int rc;

	if (s->ssl == NULL) {
		do
			put = send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		while (put == -1 && errno == EINTR);
		return put;
	}
	ERR_clear_error();
	errno = 0;
	rc = SSL_write(s->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	if (rc > 0)
		return rc;
	if (tls_failed(s, rc) == 0)
		errno = EPIPE;
	return -1;
}

void
stream_read_ahead(struct stream *s)
{
	if (s->ssl != NULL)
		SSL_set_read_ahead(s->ssl, 1);
}

bool
stream_pending(const struct stream *s)
{
	return s->ssl != NULL && SSL_has_pending(s->ssl) == 1;
}

void
stream_shut(struct stream *s)
{
	if (s->fd == -1)
		return;
	if (s->ssl != NULL && SSL_is_init_finished(s->ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	(void)shutdown(s->fd, SHUT_WR);
}

void
stream_close(struct stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

/* A dead peer is noticed by pings and by what it does not take; keepalive is
 * for the one that has neither. */
void
stream_options(int fd)
{
	int one = 1, idle = 60, every = 15, times = 4;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
}

/*
 * OpenSSL's own socket BIO writes with write(2), and a peer that has gone would
 * kill the process by SIGPIPE. What it does is this, with MSG_NOSIGNAL.
 */
static int
socket_of(BIO *b)
{
	return (int)(intptr_t)BIO_get_data(b);
}

static int
later(BIO *b, ssize_t n, int flag)
{
	BIO_clear_retry_flags(b);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_flags(b, flag | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int
bio_read(BIO *b, char *p, int n)
{
	ssize_t got = recv(socket_of(b), p, (size_t)n, MSG_DONTWAIT);

	if (got == 0)
		BIO_set_flags(b, BIO_FLAGS_IN_EOF);
	return later(b, got, BIO_FLAGS_READ);
}

static int
bio_write(BIO *b, const char *p, int n)
{
	return later(b,
	    send(socket_of(b), p, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL),
	    BIO_FLAGS_WRITE);
}

static long
bio_ctrl(BIO *b, int what, long n, void *p)
{
	(void)n;
	(void)p;
	if (what == BIO_CTRL_EOF)
		return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
	return what == BIO_CTRL_FLUSH;
}

/* One for the process; made on the loop's thread. NULL: no memory. */
static BIO *
bio(int fd)
{
	static BIO_METHOD *method;
	BIO *b;

	if (method == NULL) {
		method = BIO_meth_new(
		    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
		if (method == NULL || !BIO_meth_set_read(method, bio_read) ||
		    !BIO_meth_set_write(method, bio_write) ||
		    !BIO_meth_set_ctrl(method, bio_ctrl))
			return NULL;
	}
	if ((b = BIO_new(method)) != NULL) {
		BIO_set_data(b, (void *)(intptr_t)fd);
		BIO_set_init(b, 1);
	}
	return b;
}

SSL *
stream_tls(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);
	BIO *b = ssl == NULL ? NULL : bio(fd);

	if (b == NULL) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_bio(ssl, b, b);
	(void)SSL_set_mode(ssl,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_set_options(ssl,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	return ssl;
}

/* OpenSSL's reasons, sorted by what an operator would look at. Alerts come
 * from the peer: about our certificate, or about what both can speak. */
static const struct {
	int reason;
	enum stream_fault fault;
} faults[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, STREAM_TLS_VERSION },
	{ SSL_R_VERSION_TOO_LOW, STREAM_TLS_VERSION },
	{ SSL_R_VERSION_TOO_HIGH, STREAM_TLS_VERSION },
	{ SSL_R_WRONG_SSL_VERSION, STREAM_TLS_VERSION },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE, STREAM_TLS_VERSION },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, STREAM_TLS_VERSION },
	{ SSL_R_NO_SHARED_CIPHER, STREAM_TLS_CIPHER },
	{ SSL_R_NO_CIPHERS_AVAILABLE, STREAM_TLS_CIPHER },
	{ SSL_R_UNKNOWN_CIPHER_RETURNED, STREAM_TLS_CIPHER },
	{ SSL_R_WRONG_CIPHER_RETURNED, STREAM_TLS_CIPHER },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, STREAM_TLS_CIPHER },
	{ SSL_R_NO_SUITABLE_KEY_SHARE, STREAM_TLS_CIPHER },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, STREAM_TLS_CIPHER },
	{ SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, STREAM_TLS_CIPHER },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, STREAM_TLS_PEER },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, STREAM_TLS_PEER },
	{ SSL_R_BAD_SIGNATURE, STREAM_TLS_PEER },
	{ SSL_R_EE_KEY_TOO_SMALL, STREAM_TLS_PEER },
	{ SSL_R_CA_MD_TOO_WEAK, STREAM_TLS_PEER },
	{ SSL_R_SSLV3_ALERT_NO_CERTIFICATE, STREAM_TLS_REFUSED },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, STREAM_TLS_REFUSED },
	{ SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, STREAM_TLS_REFUSED },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, STREAM_TLS_REFUSED },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, STREAM_TLS_REFUSED },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, STREAM_TLS_REFUSED },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, STREAM_TLS_REFUSED },
	{ SSL_R_TLSV1_ALERT_ACCESS_DENIED, STREAM_TLS_REFUSED },
	{ SSL_R_TLSV1_ALERT_DECRYPT_ERROR, STREAM_TLS_REFUSED },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, STREAM_TLS_REFUSED },
};

enum stream_fault
stream_fault(unsigned long error)
{
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return STREAM_TLS;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].reason == ERR_GET_REASON(error))
			return faults[i].fault;
	return STREAM_TLS;
}

/* The certificate's own fault says more than "verify failed". */
const char *
stream_why(const struct stream *s, unsigned long error)
{
	long verdict = SSL_get_verify_result(s->ssl);

	if (stream_fault(error) == STREAM_TLS_PEER && verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	return ERR_reason_error_string(error);
}

void
stream_name(const struct sockaddr_storage *a, char out[static STREAM_NAME_MAX])
{
	const struct sockaddr_in *four = (const void *)a;
	const struct sockaddr_in6 *six = (const void *)a;
	char text[INET6_ADDRSTRLEN] = "?";

	if (a->ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
		(void)snprintf(out, STREAM_NAME_MAX, "[%s]:%u", text,
		    ntohs(six->sin6_port));
		return;
	}
	(void)inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
	(void)snprintf(
	    out, STREAM_NAME_MAX, "%s:%u", text, ntohs(four->sin_port));
}
