/* SPDX-License-Identifier: MIT */
/*
 * ocpp_load CSMS-PORT CHARGER-PORT KEY=VALUE...: charge points and their CSMS
 * in one process, whatever stands between the two ports in another (the same
 * port twice: nothing). Each charge point sends a MeterValues of 450 bytes and
 * gets an answer of 22, one at a time.
 *
 *	chargers=50 seconds=3	closed loop: each sends again when answered
 *	rate=2000		that many a second in all, by the clock
 *	pid=N			process whose CPU and memory are told
 *	idle=1000		nothing is sent: memory for each pair is told
 *	cert= key= ca=		the CSMS speaks TLS; with ca it asks for a
 *				certificate
 *
 * Prints "ROUND-TRIPS-A-SECOND CPU-US-EACH P50-US P99-US", or with idle
 * "KB-A-PAIR".
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <time.h>

#include "ocpp_wire.h"

#define ID_LEN  13 /* "c012-00001234" */
#define IN_MAX  2048
#define MESSAGE 450

struct end {
	int fd;
	SSL *ssl;
	bool charger, waiting;
	unsigned index, number;
	uint64_t sent_ns;
	size_t have;
	uint8_t in[IN_MAX];
};

static struct {
	unsigned chargers, seconds, rate, idle;
	int pid, csms_port, charger_port;
	const char *cert, *key, *ca;
} want = { .chargers = 50, .seconds = 3 };

static struct end *ends; /* charge point i: 2 i; its CSMS end: 2 i + 1 */
static int epoll;
static SSL_CTX *tls;
static uint32_t *took_us10; /* tenths of a microsecond */
static size_t took, took_max;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* --- bytes, with TLS or without ------------------------------------------- */
static ssize_t
end_read(struct end *e, void *p, size_t len)
{
	if (e->ssl == NULL)
		return recv(e->fd, p, len, 0);
	return SSL_read(e->ssl, p, (int)len);
}

static void
end_write(struct end *e, const void *p, size_t len)
{
	ssize_t n = e->ssl == NULL ? send(e->fd, p, len, MSG_NOSIGNAL)
				   : SSL_write(e->ssl, p, (int)len);

	/* A frame of 450 bytes always fits when one is on its way. */
	if (n != (ssize_t)len) {
		fprintf(stderr, "ocpp_load: a write of %zu was %zd\n", len, n);
		exit(1);
	}
}

static void
end_head(struct end *e, char *head, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && end_read(e, head + n, 1) == 1) {
		head[++n] = '\0';
		if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
			return;
	}
	fprintf(stderr, "ocpp_load: no HTTP head: %.*s\n", (int)n, head);
	exit(1);
}

/* --- pairs, one after the other ------------------------------------------- */
static void
ask_upgrade(struct end *e)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "GET /ocpp/CP-%u HTTP/1.1\r\nHost: localhost\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
	    e->index);

	end_write(e, text, (size_t)n);
}

static void
grant_upgrade(struct end *e)
{
	char head[4096], key[128], accept[29], text[512];
	int n;

	end_head(e, head, sizeof(head));
	wire_header(head, "Sec-WebSocket-Key", key, sizeof(key));
	wire_accept_key(key, accept);
	n = snprintf(text, sizeof(text),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
	    accept);
	end_write(e, text, (size_t)n);
}

static void
watch(struct end *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = e };

	fcntl(e->fd, F_SETFL, O_NONBLOCK);
	assert(epoll_ctl(epoll, EPOLL_CTL_ADD, e->fd, &ev) == 0);
}

static void
pair_up(unsigned i, int listening)
{
	struct end *cp = &ends[2 * i], *cs = cp + 1;
	char head[4096];
	int on = 1;

	cp->index = cs->index = i;
	cp->charger = true;
	cp->fd = wire_connect((uint16_t)want.charger_port);
	assert(cp->fd != -1);
	ask_upgrade(cp);
	cs->fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	assert(cs->fd != -1);
	setsockopt(cs->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (tls != NULL) {
		cs->ssl = SSL_new(tls);
		SSL_set_fd(cs->ssl, cs->fd);
		if (SSL_accept(cs->ssl) != 1) {
			fprintf(stderr, "ocpp_load: no TLS\n");
			exit(1);
		}
	}
	grant_upgrade(cs);
	end_head(cp, head, sizeof(head));
	if (strncmp(head, "HTTP/1.1 101", 12) != 0) {
		fprintf(stderr, "ocpp_load: %s", head);
		exit(1);
	}
	watch(cp);
	watch(cs);
}

static void
tls_begin(void)
{
	if (want.cert == NULL)
		return;
	tls = SSL_CTX_new(TLS_server_method());
	assert(SSL_CTX_use_certificate_chain_file(tls, want.cert) == 1);
	assert(
	    SSL_CTX_use_PrivateKey_file(tls, want.key, SSL_FILETYPE_PEM) == 1);
	SSL_CTX_set_session_id_context(tls, (const uint8_t *)"load", 4);
	if (want.ca == NULL)
		return;
	assert(SSL_CTX_load_verify_locations(tls, want.ca, NULL) == 1);
	SSL_CTX_set_verify(
	    tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

/* --- messages ------------------------------------------------------------- */
/* MeterValues of a three-phase meter, as chargers send them; MESSAGE bytes. */
static size_t
meter_values(char *out, size_t size, const struct end *e)
{
	static const char *const phases[] = { "L1", "L2", "L3" };
	size_t n = (size_t)snprintf(out, size,
	    "[2,\"c%03u-%08u\",\"MeterValues\",{\"connectorId\":1,"
	    "\"transactionId\":%u,\"meterValue\":[{\"timestamp\":"
	    "\"2026-01-01T00:00:00.000Z\",\"sampledValue\":[",
	    e->index % 1000, e->number % 100000000, e->index + 1000);

	for (int i = 0; i < 3; i++)
		n += (size_t)snprintf(out + n, size - n,
		    "%s{\"value\":\"16.0\",\"measurand\":\"Current.Import\","
		    "\"phase\":\"%s\",\"unit\":\"A\"}",
		    i > 0 ? "," : "", phases[i]);
	n += (size_t)snprintf(
	    out + n, size - n, ",{\"value\":\"%0*d\"}]}]}]", 1, 1);
	while (n < MESSAGE) /* the last value is as long as it takes */
		memmove(out + n - 7, out + n - 8, 8), out[n - 8] = '0', n++;
	return n;
}

static size_t
framed(uint8_t *out, const char *text, size_t len, bool masked)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	size_t n = 0;

	out[n++] = 0x81;
	out[n++] = (uint8_t)((len < 126 ? len : 126) | (masked ? 0x80 : 0));
	if (len >= 126) {
		out[n++] = (uint8_t)(len >> 8);
		out[n++] = (uint8_t)len;
	}
	if (!masked) {
		memcpy(out + n, text, len);
		return n + len;
	}
	memcpy(out + n, mask, 4);
	n += 4;
	for (size_t i = 0; i < len; i++)
		out[n + i] = (uint8_t)text[i] ^ mask[i % 4];
	return n + len;
}

static void
charger_sends(struct end *e)
{
	char text[1024];
	uint8_t frame[1100];
	size_t len;

	e->number++;
	len = meter_values(text, sizeof(text), e);
	len = framed(frame, text, len, true);
	e->waiting = true;
	e->sent_ns = now_ns();
	end_write(e, frame, len);
}

static void
csms_answers(struct end *e, const char *text)
{
	char answer[64];
	uint8_t frame[80];
	int n = snprintf(
	    answer, sizeof(answer), "[3,\"%.*s\",{}]", ID_LEN, text + 4);

	end_write(e, frame, framed(frame, answer, (size_t)n, false));
}

static void
charger_hears(struct end *e)
{
	uint64_t t = now_ns() - e->sent_ns;

	e->waiting = false;
	if (took < took_max)
		took_us10[took] = (uint32_t)(t / 100);
	took++;
	if (want.rate == 0)
		charger_sends(e);
}

static void
hears(struct end *e, uint8_t *p, size_t len, const uint8_t *mask)
{
	if (mask != NULL)
		for (size_t i = 0; i < len && i < 32; i++)
			p[i] ^= mask[i % 4];
	if (p[0] != '[' || p[1] != (e->charger ? '3' : '2')) {
		fprintf(stderr, "ocpp_load: %s got %.*s\n",
		    e->charger ? "charger" : "CSMS", (int)len, p);
		exit(1);
	}
	if (e->charger)
		charger_hears(e);
	else
		csms_answers(e, (char *)p);
}

static void
readable(struct end *e)
{
	ssize_t n = end_read(e, e->in + e->have, IN_MAX - e->have);
	size_t head, len, whole;

	if (n <= 0) {
		if (n == -1 && (e->ssl != NULL || errno == EAGAIN))
			return;
		fprintf(stderr, "ocpp_load: %s %u was cut off\n",
		    e->charger ? "charger" : "CSMS", e->index);
		exit(1);
	}
	e->have += (size_t)n;
	while ((whole = wire_whole(e->in, e->have, &head, &len)) > 0) {
		if ((e->in[0] & 0x0f) == WIRE_TEXT)
			hears(e, e->in + head, len,
			    e->in[1] & 0x80 ? e->in + head - 4 : NULL);
		memmove(e->in, e->in + whole, e->have - whole);
		e->have -= whole;
	}
}

/* --- what the process between costs --------------------------------------- */
static double
cpu_us(void)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", want.pid);
	if (want.pid == 0 || (f = fopen(path, "re")) == NULL)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	(void)sscanf(strrchr(text, ')') + 2,
	    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	    &system);
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static double
rss_kb(void)
{
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", want.pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Rss: %lu", &kb) == 1)
			break;
	fclose(f);
	return (double)kb;
}

/* --- runs ----------------------------------------------------------------- */
static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
clock_of(unsigned rate)
{
	struct itimerspec each = { .it_interval = { 0, 1000000000 / rate },
		.it_value = { 0, 1 } };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	assert(timerfd_settime(fd, 0, &each, NULL) == 0);
	assert(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == 0);
	return fd;
}

static void
tick(int clock)
{
	static unsigned next;
	uint64_t due;

	if (read(clock, &due, sizeof(due)) != sizeof(due))
		return;
	for (; due > 0; due--, next = (next + 1) % want.chargers)
		if (!ends[2 * next].waiting)
			charger_sends(&ends[2 * next]);
}

static void
turn(int clock, int ms)
{
	struct epoll_event ev[256];
	int n = epoll_wait(epoll, ev, 256, ms);

	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr == NULL)
			tick(clock);
		else
			readable(ev[i].data.ptr);
}

static void
run_for(unsigned ms, int clock)
{
	uint64_t until = now_ns() + (uint64_t)ms * 1000000;

	while (now_ns() < until)
		turn(clock, 100);
}

static void
load(void)
{
	int clock = want.rate > 0 ? clock_of(want.rate) : -1;
	uint64_t from;
	double cpu, seconds;

	if (want.rate == 0)
		for (unsigned i = 0; i < want.chargers; i++)
			charger_sends(&ends[2 * i]);
	run_for(500, clock); /* until caches are warm */
	took = 0;
	from = now_ns();
	cpu = cpu_us();
	run_for(want.seconds * 1000, clock);
	cpu = cpu_us() - cpu;
	seconds = (double)(now_ns() - from) / 1e9;
	assert(took > 0);
	took = took < took_max ? took : took_max;
	qsort(took_us10, took, sizeof(*took_us10), by_size);
	printf("%.0f %.2f %.1f %.1f\n", (double)took / seconds,
	    cpu / (double)took, took_us10[took / 2] / 10.0,
	    took_us10[took * 99 / 100] / 10.0);
}

/* From the first hundred, so that what a process has anyway is not counted. */
static void
idle(int listening)
{
	unsigned first = want.idle / 10;
	double before = 0;

	for (unsigned i = 0; i < want.idle; i++) {
		if (i == first) {
			run_for(300, -1);
			before = rss_kb();
		}
		pair_up(i, listening);
	}
	run_for(1500, -1);
	printf("%.1f\n", (rss_kb() - before) / (want.idle - first));
}

static const char *
value_of(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);

	for (int i = 3; i < argc; i++)
		if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
			return argv[i] + n + 1;
	return NULL;
}

static unsigned
number_of(int argc, char **argv, const char *name, unsigned otherwise)
{
	const char *text = value_of(argc, argv, name);

	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void
understand(int argc, char **argv)
{
	assert(argc >= 3);
	want.csms_port = atoi(argv[1]);
	want.charger_port = atoi(argv[2]);
	want.chargers = number_of(argc, argv, "chargers", 50);
	want.seconds = number_of(argc, argv, "seconds", 3);
	want.rate = number_of(argc, argv, "rate", 0);
	want.idle = number_of(argc, argv, "idle", 0);
	want.pid = (int)number_of(argc, argv, "pid", 0);
	want.cert = value_of(argc, argv, "cert");
	want.key = value_of(argc, argv, "key");
	want.ca = value_of(argc, argv, "ca");
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	int listening;

	understand(argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	took_max = 4 << 20;
	took_us10 = malloc(took_max * sizeof(*took_us10));
	ends = calloc(2 * (want.chargers + want.idle), sizeof(*ends));
	epoll = epoll_create1(EPOLL_CLOEXEC);
	assert(ends != NULL && took_us10 != NULL && epoll != -1);
	tls_begin();
	listening = wire_listen((uint16_t)want.csms_port);
	if (want.idle > 0) {
		idle(listening);
		return 0;
	}
	for (unsigned i = 0; i < want.chargers; i++)
		pair_up(i, listening);
	load();
	return 0;
}
