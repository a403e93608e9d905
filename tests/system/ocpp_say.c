/* SPDX-License-Identifier: MIT */
/*
 * A charge point and a CSMS for shell scripts:
 *
 *	ocpp_say charger PORT IDENTITY [ANCHORS.pem [CERT.pem KEY.pem]]
 *		sends each line of its input as a frame, prints each that comes
 *	ocpp_say csms PORT [CERT.pem KEY.pem ANCHORS.pem]
 *		prints "came PATH PROTOCOL FINGERPRINT", "PATH FRAME" and
 *		"gone PATH CODE"; with certificates it takes only who shows one
 *
 *		and says the lines of the file $OCPP_SAY when it is there;
 *		$OCPP_AUTH: a file with the credentials (base64) that it asks
 *		for where there is no TLS; $OCPP_BOTH: it takes TLS and plain
 *
 * Both answer CALLs with what is accepted. TLS is a process that carries bytes
 * between the network and a pair of sockets, so that the wire (ocpp_wire.h) is
 * the same with and without it.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <strings.h>

#include "ocpp_wire.h"

#define HEAD_MAX 8192

static void __attribute__((format(printf, 1, 2))) tell(const char *fmt, ...)
{
	char line[70000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(line) - 1)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(1);
}

/* --- TLS ------------------------------------------------------------------ */

static bool
carry_in(SSL *ssl, int fd)
{
	char buf[16384];
	int n;

	do {
		if ((n = SSL_read(ssl, buf, sizeof(buf))) <= 0)
			return SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ;
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			return false;
	} while (SSL_pending(ssl) > 0);
	return true;
}

static bool
carry_out(SSL *ssl, int fd)
{
	char buf[16384];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	return n > 0 && SSL_write(ssl, buf, (int)n) == n;
}

static void
carry(SSL *ssl, int net, int fd)
{
	struct pollfd p[2] = { { .fd = net, .events = POLLIN },
		{ .fd = fd, .events = POLLIN } };

	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0 && !carry_in(ssl, fd))
			break;
		if (p[1].revents != 0 && !carry_out(ssl, fd))
			break;
	}
	(void)SSL_shutdown(ssl);
	_exit(0);
}

/* The other end of a pair whose bytes a child carries over TLS. */
static int
through(SSL *ssl, int net)
{
	int pair[2];
	pid_t pid;

	assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	if ((pid = fork()) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(pair[0]);
		carry(ssl, net, pair[1]);
	}
	assert(pid != -1);
	close(pair[1]);
	close(net);
	return pair[0];
}

static SSL_CTX *
context(bool server, const char *cert, const char *key, const char *anchors)
{
	SSL_CTX *ctx =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	assert(SSL_CTX_load_verify_file(ctx, anchors) == 1);
	if (cert != NULL)
		assert(SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
		    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) ==
			1);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

static void
fingerprint(SSL *ssl, char out[65])
{
	X509 *x = ssl == NULL ? NULL : SSL_get1_peer_certificate(ssl);
	unsigned char sha[32];

	(void)strcpy(out, "-");
	if (x == NULL)
		return;
	(void)X509_digest(x, EVP_sha256(), sha, NULL);
	for (int i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sha[i]);
	X509_free(x);
}

/* --- answers -------------------------------------------------------------- */

static const struct {
	const char *action, *payload;
} answers[] = {
	{ "BootNotification",
	    "{\"status\":\"Accepted\",\"interval\":300,\"currentTime\":"
	    "\"2026-01-01T00:00:00Z\"}" },
	{ "Heartbeat", "{\"currentTime\":\"2026-01-01T00:00:00Z\"}" },
	{ "Authorize", "{\"idTagInfo\":{\"status\":\"Accepted\"}}" },
	{ "StartTransaction",
	    "{\"transactionId\":7,\"idTagInfo\":{\"status\":\"Accepted\"}}" },
	{ "Reset", "{\"status\":\"Accepted\"}" },
	{ "DataTransfer", "{\"status\":\"Accepted\"}" },
	{ "ClearCache", "{\"status\":\"Rejected\"}" },
	{ "SignCertificate", "{\"status\":\"Accepted\"}" },
};

/* [2,"id","Action",...: enough of a reader for what tests send. */
static void
answer(struct wire *w, const char *text)
{
	char id[64], action[64], back[512];
	const char *payload = "{}";

	if (sscanf(text, "[2,\"%63[^\"]\",\"%63[^\"]\"", id, action) != 2 ||
	    strcmp(action, "GetLocalListVersion") == 0) /* never answered */
		return;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].action, action) == 0)
			payload = answers[i].payload;
	(void)snprintf(back, sizeof(back), "[3,\"%s\",%s]", id, payload);
	if (strcmp(action, "UnlockConnector") == 0)
		(void)snprintf(back, sizeof(back),
		    "[4,\"%s\",\"NotSupported\",\"\",{}]", id);
	(void)wire_text(w, back, strlen(back));
}

/* --- CSMS ----------------------------------------------------------------- */

/* Whoever takes the file's name away says what is in it. */
static void
say_file(struct wire *w)
{
	const char *name = getenv("OCPP_SAY");
	FILE *f = name == NULL ? NULL : fopen(name, "re");
	char line[65536];

	if (f == NULL)
		return;
	if (unlink(name) == 0)
		while (fgets(line, sizeof(line), f) != NULL) {
			line[strcspn(line, "\n")] = '\0';
			(void)wire_text(w, line, strlen(line));
		}
	(void)fclose(f);
}

/* Basic credentials as they came; the ones in the file, or 401. */
static void
authorize(int fd, const char *head, const SSL *ssl)
{
	static const char refusal[] = "HTTP/1.1 401 Unauthorized\r\n"
				      "Content-Length: 0\r\n\r\n";
	const char *name = ssl == NULL ? getenv("OCPP_AUTH") : NULL;
	FILE *f = name == NULL ? NULL : fopen(name, "re");
	char came[256], want[256] = "";

	wire_header(head, "Authorization", came, sizeof(came));
	if (came[0] != '\0')
		tell("auth %s", came);
	if (f == NULL)
		return;
	if (fscanf(f, "%255s", want) == 1 && strncmp(came, "Basic ", 6) == 0 &&
	    strcmp(came + 6, want) == 0) {
		(void)fclose(f);
		return;
	}
	tell("unauthorized");
	(void)send(fd, refusal, sizeof(refusal) - 1, MSG_NOSIGNAL);
	_exit(0);
}

static void
serve(int fd, SSL *ssl)
{
	char head[HEAD_MAX], path[512] = "", key[64], accept[29], offer[256],
			     print[65], back[512], *text;
	struct wire *w;
	size_t len;

	fingerprint(ssl, print);
	if (wire_head(fd, head, sizeof(head), WIRE_LATE_MS) == 0 ||
	    sscanf(head, "GET %511s", path) != 1)
		_exit(0);
	authorize(fd, head, ssl);
	wire_header(head, "Sec-WebSocket-Key", key, sizeof(key));
	wire_header(head, "Sec-WebSocket-Protocol", offer, sizeof(offer));
	offer[strcspn(offer, ", ")] = '\0';
	wire_accept_key(key, accept);
	w = wire_new(fd, false);
	(void)snprintf(back, sizeof(back),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: %s\r\n\r\n",
	    accept, offer);
	(void)wire_put(w, back, strlen(back));
	tell("came %s %s %s", path, offer, print);
	while (w->closed == 0) {
		if ((text = wire_message(w, &len, 20)) != NULL) {
			tell("%s %s", path, text);
			answer(w, text);
			free(text);
		}
		say_file(w);
	}
	tell("gone %s %u", path, (unsigned)w->closed);
	wire_free(w);
	_exit(0);
}

static void
welcome(int fd, SSL_CTX *ctx)
{
	bool tls = ctx != NULL;
	char first = 0;
	X509 *x;
	SSL *ssl;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getenv("OCPP_BOTH") != NULL && recv(fd, &first, 1, MSG_PEEK) == 1)
		tls = first == 0x16;
	ssl = tls ? SSL_new(ctx) : NULL;
	if (ssl != NULL) {
		(void)SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) != 1) {
			tell("refused %s",
			    ERR_reason_error_string(ERR_peek_last_error()));
			_exit(0);
		}
		x = SSL_get1_peer_certificate(ssl);
		X509_free(x);
		fd = through(ssl, fd);
	}
	serve(fd, ssl);
}

static int
csms(uint16_t port, SSL_CTX *ctx)
{
	int at = wire_listen(port), fd;

	tell("ready");
	while ((fd = accept(at, NULL, NULL)) != -1) {
		if (fork() == 0) {
			close(at);
			welcome(fd, ctx);
		}
		close(fd);
	}
	return 1;
}

/* --- charge point --------------------------------------------------------- */

static void
upgrade(int fd, const char *identity)
{
	char head[HEAD_MAX];
	unsigned status = 0;
	int n;

	n = snprintf(head, sizeof(head),
	    "GET /%s HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
	    identity);
	if (send(fd, head, (size_t)n, MSG_NOSIGNAL) != n ||
	    wire_head(fd, head, sizeof(head), 20000) == 0) {
		tell("status 0");
		exit(1);
	}
	(void)sscanf(head, "HTTP/1.1 %u", &status);
	tell("status %u", status);
	if (status != 101)
		exit(1);
}

static bool
heard(struct wire *w)
{
	size_t len;
	char *text;

	while ((text = wire_message(w, &len, w->have > 0 ? 1000 : 0)) != NULL) {
		tell("%s", text);
		answer(w, text);
		free(text);
	}
	return w->closed == 0;
}

static int
charger(int fd, const char *identity)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .events = POLLIN } };
	char line[65536];
	struct wire *w;

	upgrade(fd, identity);
	w = wire_new(fd, true);
	p[1].fd = fd;
	while (poll(p, 2, -1) > 0) {
		if (p[1].revents != 0 && !heard(w))
			break;
		if (p[0].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL) {
			(void)wire_frame(w, 0x80 | WIRE_CLOSE, "\x03\xe8", 2);
			p[0].fd = -1;
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		(void)wire_text(w, line, strlen(line));
	}
	tell("closed %u", (unsigned)w->closed);
	return 0;
}

static int
tls_connect(int fd, SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	(void)SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1) {
		tell("refused %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
		exit(1);
	}
	return through(ssl, fd);
}

int
main(int argc, char **argv)
{
	uint16_t port;
	int fd;

	if (argc < 3 || (strcmp(argv[1], "csms") != 0 && argc < 4))
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	port = (uint16_t)atoi(argv[2]);
	if (strcmp(argv[1], "csms") == 0)
		return csms(port,
		    argc < 6 ? NULL : context(true, argv[3], argv[4], argv[5]));
	if ((fd = wire_connect(port)) == -1) {
		tell("status 0");
		return 1;
	}
	if (argc > 4)
		fd = tls_connect(fd,
		    context(false, argc > 6 ? argv[5] : NULL,
			argc > 6 ? argv[6] : NULL, argv[4]));
	return charger(fd, argv[3]);
}
