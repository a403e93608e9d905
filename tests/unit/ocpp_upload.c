/* SPDX-License-Identifier: MIT */
/* Uploads to a server of the test's own: what arrives, what its answers mean,
 * and what ends a wait. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "place.h"
#include "upload.h"

/* --- places --------------------------------------------------------------- */

static void
places_are_read(void **state)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
		bool tls;
		const char *path;
	} rows[] = {
		{ "http://h", "h", 80, false, "/n" },
		{ "http://h/", "h", 80, false, "/n" },
		{ "https://logs.example/a/b", "logs.example", 443, true,
		    "/a/b" },
		{ "https://logs.example:8443/a/?t=1", "logs.example", 8443,
		    true, "/a/?t=1" },
		{ "http://h?t=1", "h", 80, false, "/?t=1" },
		{ "http://[::1]:81/x", "::1", 81, false, "/x" },
		{ "http://[::1]/x#part", "::1", 80, false, "/x" },
		{ "http://h:65535/d/", "h", 65535, false, "/d/n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct upload_where w;
		struct err e;

		if (upload_where(rows[i].url, "n", &w, &e) == -1)
			fail_msg("%s: %s", rows[i].url, e.text);
		assert_string_equal(w.host, rows[i].host);
		assert_int_equal(w.port, rows[i].port);
		assert_int_equal(w.tls, rows[i].tls);
		assert_string_equal(w.path, rows[i].path);
	}
}

static void
what_is_no_place_is_refused(void **state)
{
	static const char *const rows[] = { "", "h", "http://", "http:///x",
		"http://:80/", "http://h:/", "http://h:0/", "http://h:65536/",
		"http://h:99999999999/", "http://h:8a/", "http://[::1/x",
		"http://[]/x", "http://[::1]x/", "http://u:p@h/",
		"http://h/a b", "http://h/a\r\nX: y", "http://h/\xc3\xa4" };
	char longest[UPLOAD_URL_MAX + 2];
	struct upload_where w;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (upload_where(rows[i], "n", &w, &e) == 0)
			fail_msg("%s", rows[i]);
	assert_int_equal(upload_where("ftp://h/x", "n", &w, &e), -1);
	assert_int_equal(e.code, EPROTONOSUPPORT);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://h/", 9);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(upload_where(longest, "n", &w, &e), -1);
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(upload_where(longest, "n", &w, &e), 0);
	memset(longest + 9, 'b', 300);
	longest[9 + 300] = '\0';
	memcpy(longest, "http://bb", 9);
	assert_int_equal(upload_where(longest, "n", &w, &e), -1);
}

static void
only_a_status_line_has_a_status(void **state)
{
	static const struct {
		const char *line;
		unsigned status;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\n", 200 },
		{ "HTTP/1.0 404\r\n", 404 },
		{ "HTTP/1.1 201\n", 201 },
		{ "HTTP/1.1 999 x\r\n", 999 },
		{ "HTTP/2.0 200 OK\r\n", 0 },
		{ "HTTP/1.2 200 OK\r\n", 0 },
		{ "HTTP/1.1 20 OK\r\n", 0 },
		{ "HTTP/1.1 2000 OK\r\n", 0 },
		{ "HTTP/1.1  200 OK\r\n", 0 },
		{ "SSH-2.0-x\r\n", 0 },
		{ "\r\n", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    upload_status(rows[i].line, strlen(rows[i].line)),
		    rows[i].status);
}

/* --- a server ---------------------------------------------------------------
 */

struct server {
	pid_t pid;
	uint16_t port;
};

struct client {
	int fd;
	SSL *ssl;
};

static int
listening(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s, 5), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return s;
}

/* Until the text that ends our uploads; what came is in "came". */
static void
serve_one(struct client c, const char *answer)
{
	char text[8192] = "";
	size_t len = 0;
	int fd = open("came", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	while (len < sizeof(text) - 1 && strstr(text, "THE END") == NULL) {
		ssize_t n = c.ssl != NULL
		    ? SSL_read(c.ssl, text + len, (int)(sizeof(text) - 1 - len))
		    : read(c.fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	if (write(fd, text, len) != (ssize_t)len)
		_exit(2);
	(void)close(fd);
	if (c.ssl != NULL)
		(void)SSL_write(c.ssl, answer, (int)strlen(answer));
	else if (write(c.fd, answer, strlen(answer)) < 0)
		_exit(3);
}

static SSL *
accepted(int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	if (SSL_CTX_use_certificate_file(ctx, "server.pem", SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, "server.key", SSL_FILETYPE_PEM) !=
		1)
		_exit(4);
	ssl = SSL_new(ctx);
	(void)SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		_exit(5);
	return ssl;
}

/* answer NULL: it says nothing. */
static struct server
serve(const char *answer, bool tls)
{
	struct server s;
	int at = listening(&s.port);

	if ((s.pid = fork()) == 0) {
		struct client c = { accept(at, NULL, NULL), NULL };

		if (tls)
			c.ssl = accepted(c.fd);
		if (answer == NULL)
			(void)pause();
		serve_one(c, answer);
		_exit(0);
	}
	(void)close(at);
	return s;
}

static void
end_server(struct server *s)
{
	(void)kill(s->pid, SIGKILL);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
}

/* --- uploads ----------------------------------------------------------------
 */

struct outcome {
	bool done;
	enum upload_end end;
	char why[160];
};

static void
ended(void *ctx, enum upload_end end, const char *why)
{
	struct outcome *o = ctx;

	o->done = true;
	o->end = end;
	(void)snprintf(o->why, sizeof(o->why), "%s", why);
}

static struct outcome
put(uint16_t port, const char *scheme, SSL_CTX *tls, uint32_t late_ms)
{
	static const char text[] = "{\"a\":1}\n{\"b\":2}\nTHE END";
	struct outcome o = { 0 };
	uint64_t until = now_ms() + 15000;
	struct upload_where w;
	struct loop *loop;
	struct crew *crew;
	char url[64];
	struct err e;

	(void)snprintf(
	    url, sizeof(url), "%s://127.0.0.1:%u/logs/", scheme, port);
	assert_non_null(loop = loop_new(&e));
	assert_non_null(crew = crew_new(loop, 1, &e));
	assert_int_equal(upload_where(url, "log.jsonl", &w, &e), 0);
	assert_non_null(upload_new(
	    crew, &w, tls, text, strlen(text), late_ms, ended, &o, &e));
	while (!o.done && now_ms() < until)
		assert_int_equal(loop_once(loop, 20, &e), 0);
	crew_free(crew);
	loop_free(loop);
	assert_true(o.done);
	return o;
}

static void
a_text_arrives_whole(void **state)
{
	struct server s = serve("HTTP/1.1 201 Created\r\n\r\n", false);
	struct outcome o = put(s.port, "http", NULL, 5000);
	char came[4096] = "";
	FILE *f;

	(void)state;
	assert_int_equal(o.end, UPLOAD_DONE);
	end_server(&s);
	assert_non_null(f = fopen("came", "r"));
	assert_true(fread(came, 1, sizeof(came) - 1, f) > 0);
	(void)fclose(f);
	assert_ptr_equal(
	    strstr(came, "PUT /logs/log.jsonl HTTP/1.1\r\nHost: 127.0.0.1:"),
	    came);
	assert_non_null(strstr(came, "\r\nContent-Length: 23\r\n"));
	assert_non_null(strstr(came, "\r\n\r\n{\"a\":1}\n{\"b\":2}\nTHE END"));
}

static void
an_answer_says_what_became_of_it(void **state)
{
	static const struct {
		const char *answer;
		enum upload_end end;
	} rows[] = {
		{ "HTTP/1.1 204\r\n\r\n", UPLOAD_DONE },
		{ "HTTP/1.1 301 Moved\r\n\r\n", UPLOAD_FAILED },
		{ "HTTP/1.1 401 No\r\n\r\n", UPLOAD_DENIED },
		{ "HTTP/1.1 403 No\r\n\r\n", UPLOAD_DENIED },
		{ "HTTP/1.1 405 No\r\n\r\n", UPLOAD_UNSUPPORTED },
		{ "HTTP/1.1 500 Oh\r\n\r\n", UPLOAD_FAILED },
		{ "nonsense\r\n", UPLOAD_FAILED },
		{ "", UPLOAD_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct server s = serve(rows[i].answer, false);
		struct outcome o = put(s.port, "http", NULL, 5000);

		if (o.end != rows[i].end)
			fail_msg("%s: %d %s", rows[i].answer, o.end, o.why);
		end_server(&s);
	}
}

static void
who_says_nothing_is_waited_for_no_longer_than_said(void **state)
{
	struct server s = serve(NULL, false);
	struct outcome o = put(s.port, "http", NULL, 300);

	(void)state;
	assert_int_equal(o.end, UPLOAD_FAILED);
	assert_string_equal(o.why, "it took too long");
	end_server(&s);
}

static void
nobody_there_is_a_failure(void **state)
{
	uint16_t port;
	int fd = listening(&port);
	struct outcome o;

	(void)state;
	(void)close(fd);
	o = put(port, "http", NULL, 3000);
	assert_int_equal(o.end, UPLOAD_FAILED);
	assert_string_equal(o.why, strerror(ECONNREFUSED));
}

static SSL_CTX *
trusting(const char *file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	assert_int_equal(SSL_CTX_load_verify_locations(ctx, file, NULL), 1);
	return ctx;
}

static void
over_tls_the_server_has_to_be_who_it_says(void **state)
{
	static const struct {
		const char *trusted;
		const char *san;
		enum upload_end end;
	} rows[] = {
		{ "server.pem", "IP:127.0.0.1", UPLOAD_DONE },
		{ "other.pem", "IP:127.0.0.1", UPLOAD_FAILED },
		{ "server.pem", "IP:127.0.0.2", UPLOAD_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct outcome o;
		struct server s;
		char line[512];
		SSL_CTX *tls;

		for (int k = 0; k < 2; k++) {
			(void)snprintf(line, sizeof(line),
			    "openssl req -x509 -newkey ec -pkeyopt "
			    "ec_paramgen_curve:P-256 -nodes -days 2 -subj "
			    "/CN=%s -addext subjectAltName=%s -keyout %s.key "
			    "-out %s.pem 2>/dev/null",
			    k ? "other" : "server", rows[i].san,
			    k ? "other" : "server", k ? "other" : "server");
			assert_int_equal(system(line), 0);
		}
		s = serve("HTTP/1.1 200 OK\r\n\r\n", true);
		tls = trusting(rows[i].trusted);
		o = put(s.port, "https", tls, 5000);
		if (o.end != rows[i].end)
			fail_msg("%zu: %d %s", i, o.end, o.why);
		SSL_CTX_free(tls);
		end_server(&s);
	}
}

static void
one_that_is_forgotten_tells_nobody(void **state)
{
	struct server s = serve(NULL, false);
	struct outcome o = { 0 };
	struct upload_where w;
	struct loop *loop;
	struct crew *crew;
	uint64_t begun;
	char url[64];
	struct err e;
	struct upload *up;

	(void)state;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", s.port);
	assert_non_null(loop = loop_new(&e));
	assert_non_null(crew = crew_new(loop, 1, &e));
	assert_int_equal(upload_where(url, "n", &w, &e), 0);
	up = upload_new(crew, &w, NULL, "x", 1, 60000, ended, &o, &e);
	assert_non_null(up);
	for (int i = 0; i < 5; i++)
		assert_int_equal(loop_once(loop, 10, &e), 0);
	begun = now_ms();
	upload_cancel(up);
	crew_free(crew); /* does not wait for the server */
	assert_true(now_ms() - begun < 30000);
	loop_free(loop);
	assert_false(o.done);
	end_server(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(what_is_no_place_is_refused),
		cmocka_unit_test(only_a_status_line_has_a_status),
		in_a_place(a_text_arrives_whole),
		in_a_place(an_answer_says_what_became_of_it),
		in_a_place(who_says_nothing_is_waited_for_no_longer_than_said),
		in_a_place(nobody_there_is_a_failure),
		in_a_place(over_tls_the_server_has_to_be_who_it_says),
		in_a_place(one_that_is_forgotten_tells_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
