/* SPDX-License-Identifier: MIT */
/*
 * A thread of the crew may wait, so all is done in a row here; each wait ends
 * with the deadline. What the other side says is untrusted: a line of at most
 * ANSWER_MAX bytes is read of it, three digits of that are used.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "loop.h"
#include "stream.h"
#include "upload.h"

#define ANSWER_MAX 1024
#define SLICE_MS   200 /* how soon one that is cancelled ends */

struct upload {
	struct crew *crew;
	int id;
	atomic_bool cancelled;
	struct upload_where where;
	SSL_CTX *tls;
	struct bytes request;
	uint64_t late_at;
	struct stream stream;
	upload_done *done;
	void *ctx;
	enum upload_end end;
	char why[160];
};

static bool
fails(struct upload *j, const char *why)
{
	(void)snprintf(j->why, sizeof(j->why), "%s", why);
	return false;
}

static bool
wait_for(struct upload *j, short events)
{
	struct pollfd p = { .fd = j->stream.fd, .events = events };
	int rc = 0;

	while (rc == 0) {
		if (atomic_load(&j->cancelled) || now_ms() >= j->late_at)
			return fails(j, "it took too long");
		rc = poll(&p, 1, SLICE_MS);
		if (rc == -1 && errno == EINTR)
			rc = 0;
	}
	return rc == 1 ? true : fails(j, strerror(errno));
}

/* --- the connection ------------------------------------------------------- */

static bool
connect_to(struct upload *j, const struct addrinfo *a)
{
	int error = 0;
	socklen_t len = sizeof(error);

	j->stream.fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (j->stream.fd == -1)
		return fails(j, strerror(errno));
	if (connect(j->stream.fd, a->ai_addr, a->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		error = errno;
	else if (!wait_for(j, POLLOUT))
		error = ETIMEDOUT;
	else
		(void)getsockopt(
		    j->stream.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0)
		return true;
	(void)fails(j, strerror(error));
	stream_close(&j->stream);
	return false;
}

static bool
reach(struct upload *j)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG };
	struct addrinfo *found = NULL;
	bool there = false;
	char port[8];
	int rc;

	(void)snprintf(port, sizeof(port), "%u", j->where.port);
	rc = getaddrinfo(j->where.host, port, &hints, &found);
	if (rc != 0)
		return fails(j, gai_strerror(rc));
	for (struct addrinfo *a = found; a != NULL && !there; a = a->ai_next)
		there = connect_to(j, a);
	freeaddrinfo(found);
	return there;
}

/* Whatever the context says, a server that is not verified is none. */
static bool
names(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
	unsigned char address[16];

	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	X509_VERIFY_PARAM_set_hostflags(
	    p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1;
	return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 &&
	    SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool
shake(struct upload *j)
{
	SSL *ssl = stream_tls(j->tls, j->stream.fd);
	int rc, wants;

	j->stream.ssl = ssl;
	if (ssl == NULL || !names(ssl, j->where.host))
		return fails(j, "TLS could not begin");
	for (;;) {
		ERR_clear_error();
		if ((rc = SSL_connect(ssl)) == 1)
			return true;
		wants = SSL_get_error(ssl, rc);
		if (wants != SSL_ERROR_WANT_READ &&
		    wants != SSL_ERROR_WANT_WRITE)
			break;
		if (!wait_for(
			j, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT))
			return false;
	}
	(void)fails(j, "TLS: the server could not be verified, or refused us");
	ERR_clear_error();
	return false;
}

/* --- the request and its answer ------------------------------------------- */

static bool
send_all(struct upload *j)
{
	size_t at = 0;

	while (at < j->request.len) {
		ssize_t n = stream_write(
		    &j->stream, j->request.p + at, j->request.len - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EAGAIN)
			return fails(j, "the connection broke");
		else if (!wait_for(j, POLLOUT))
			return false;
	}
	return true;
}

unsigned
upload_status(const char *line, size_t len)
{
	unsigned status = 0;

	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 ||
	    (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
	    (len > 12 && line[12] != ' ' && line[12] != '\r' &&
		line[12] != '\n'))
		return 0;
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(line[i] - '0');
	}
	return status;
}

static bool
read_status(struct upload *j, unsigned *status)
{
	char line[ANSWER_MAX] = "";
	size_t len = 0;

	while (len < sizeof(line) && memchr(line, '\n', len) == NULL) {
		ssize_t n =
		    stream_read(&j->stream, line + len, sizeof(line) - len);

		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			return fails(j, "no answer came");
		else if (!wait_for(j, POLLIN))
			return false;
	}
	if ((*status = upload_status(line, len)) == 0)
		return fails(j, "the answer is no HTTP");
	return true;
}

static enum upload_end
end_of(unsigned status)
{
	static const struct {
		unsigned status;
		enum upload_end end;
	} ends[] = {
		{ 401, UPLOAD_DENIED },
		{ 403, UPLOAD_DENIED },
		{ 404, UPLOAD_UNSUPPORTED },
		{ 405, UPLOAD_UNSUPPORTED },
		{ 501, UPLOAD_UNSUPPORTED },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends[i].status == status)
			return ends[i].end;
	return status >= 200 && status < 300 ? UPLOAD_DONE : UPLOAD_FAILED;
}

static void
work(void *ctx)
{
	struct upload *j = ctx;
	unsigned status;

	if (!reach(j) || (j->where.tls && !shake(j)) || !send_all(j) ||
	    !read_status(j, &status))
		return;
	j->end = end_of(status);
	(void)snprintf(j->why, sizeof(j->why), "HTTP status %u", status);
}

static void
drop(void *ctx)
{
	struct upload *j = ctx;

	stream_close(&j->stream);
	SSL_CTX_free(j->tls);
	bytes_free(&j->request);
	free(j);
}

static void
done(void *ctx)
{
	struct upload *j = ctx;

	j->done(j->ctx, j->end, j->why);
	drop(j);
}

/* An IPv6 address stands in brackets there (RFC 3986 3.2.2). */
static void
compose(struct upload *j, const char *data, size_t len)
{
	bool six = strchr(j->where.host, ':') != NULL;

	bytes_fmt(&j->request,
	    "PUT %s HTTP/1.1\r\nHost: %s%s%s:%u\r\n"
	    "Content-Type: application/x-ndjson\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	    j->where.path, six ? "[" : "", j->where.host, six ? "]" : "",
	    j->where.port, len);
	bytes_add(&j->request, data, len);
}

struct upload *
upload_new(struct crew *crew, const struct upload_where *where, SSL_CTX *tls,
    const char *data, size_t len, uint32_t late_ms, upload_done *fn, void *ctx,
    struct err *e)
{
	static const struct crew_job job = { work, done, drop };
	struct upload *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return (void)err_sys(e, "upload"), NULL;
	*j = (struct upload){ .crew = crew,
		.where = *where,
		.late_at = now_ms() + late_ms,
		.stream = { .fd = -1 },
		.done = fn,
		.ctx = ctx,
		.end = UPLOAD_FAILED };
	compose(j, data, len);
	if (where->tls && SSL_CTX_up_ref(tls) == 1)
		j->tls = tls;
	if (j->request.bad)
		(void)err_set(e, ENOMEM, "upload");
	else if ((j->id = crew_add(crew, &job, j, e)) != -1)
		return j;
	drop(j);
	return NULL;
}

void
upload_cancel(struct upload *j)
{
	if (j == NULL)
		return;
	atomic_store(&j->cancelled, true);
	crew_forget(j->crew, j->id); /* drop() frees it */
}
