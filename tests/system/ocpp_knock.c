/* SPDX-License-Identifier: MIT */
/*
 * ocpp_knock LIST CSMS-PORT CHARGER-PORT: plays what ocpp_knock.h lists, before
 * a WebSocket is there: LIST is requests, logins (to a listener of profile 1)
 * or replies. While a row is played another charge point, connected before,
 * makes a round trip.
 */
#include "ocpp_wire.h"

struct knock {
	const char *name, *text, *outcome;
};

#include "ocpp_knock.h"

#define KEY        "dGhlIHNhbXBsZSBub25jZQ=="
#define GOOD_REPLY R101 UPG "@accept@" OCPP END

static int listening, charger_port;
static bool logging_in;

static char *
add(char *all, size_t *len, const char *p, size_t n)
{
	all = realloc(all, *len + n + 1);
	assert(all != NULL);
	memcpy(all + *len, p, n);
	*len += n;
	all[*len] = '\0';
	return all;
}

static char *
word(char *all, size_t *len, const char *p, const char *accept)
{
	char *many;
	size_t n;
	static const char *const key = "Sec-WebSocket-Key: " KEY "\r\n";
	static const char *const ws =
	    UPG "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n";

	if (strncmp(p, "@drip@", 6) == 0)
		return all;
	if (strncmp(p, "@key@", 5) == 0)
		return add(all, len, key, strlen(key));
	if (strncmp(p, "@ws@", 4) == 0)
		return add(all, len, ws, strlen(ws));
	if (strncmp(p, "@accept@", 8) == 0) {
		all = add(all, len, "Sec-WebSocket-Accept: ", 22);
		all = add(all, len, accept, strlen(accept));
		return add(all, len, "\r\n", 2);
	}
	n = strtoul(p + 3, NULL, 10);
	many = malloc(n);
	assert(many != NULL);
	memset(many, 'x', n);
	all = add(all, len, many, n);
	free(many);
	return all;
}

/* A byte at a time, for longer than the bridge has patience. */
static void
drip(int fd)
{
	for (int i = 0; i < 40 && !wire_ready(fd, 50); i++)
		if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
			return;
}

static void
put(int fd, const char *text, const char *accept)
{
	bool slow = strstr(text, "@drip@") != NULL;
	char *all = NULL;
	size_t len = 0;
	const char *at;

	all = add(all, &len, "", 0);
	while ((at = strchr(text, '@')) != NULL) {
		all = add(all, &len, text, (size_t)(at - text));
		all = word(all, &len, at, accept);
		text = strchr(at + 1, '@') + 1;
	}
	all = add(all, &len, text, strlen(text));
	(void)!send(fd, all, len, MSG_NOSIGNAL);
	free(all);
	if (slow)
		drip(fd);
}

/* The CSMS's part; returns its end, or -1. */
static int
csms_answers(const struct knock *reply, char target[static 512])
{
	char head[8192], key[128], accept[29];
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1 || wire_head(fd, head, sizeof(head), 2000) == 0) {
		close(fd);
		return -1;
	}
	sscanf(head, "GET %511s", target);
	wire_header(head, "Sec-WebSocket-Key", key, sizeof(key));
	wire_accept_key(key, accept);
	put(fd, reply->text, accept);
	if (reply->text[0] == '\0')
		shutdown(fd, SHUT_RDWR);
	return fd;
}

static void
tell(int fd, const char *target, char out[static 640])
{
	char head[8192], protocol[64];
	int status = 0;

	wire_head(fd, head, sizeof(head), WIRE_LATE_MS);
	if (sscanf(head, "HTTP/1.1 %d", &status) != 1)
		strcpy(out, "ended");
	else if (status != 101)
		snprintf(out, 640, "%d", status);
	else {
		wire_header(
		    head, "Sec-WebSocket-Protocol", protocol, sizeof(protocol));
		snprintf(out, 640, "101 %s",
		    protocol[0] == '\0' ? "no protocol" : target);
	}
}

/* One knock: what the charge point asks with, what the CSMS says if asked. */
static void
knock(const struct knock *asks, const struct knock *says, char out[static 640])
{
	struct pollfd p[2] = { { .events = POLLIN },
		{ .fd = listening, .events = POLLIN } };
	int fd = wire_connect((uint16_t)charger_port), csms = -1;
	char target[512] = "";

	assert(fd != -1);
	put(fd, asks->text, "");
	p[0].fd = fd;
	while (poll(p, 2, WIRE_LATE_MS) > 0 && p[0].revents == 0) {
		close(csms);
		csms = csms_answers(says, target);
	}
	tell(fd, target, out);
	close(fd);
	close(csms);
}

static bool
round_trip(struct wire *cp, struct wire *cs)
{
	const char *text = "[2,\"n\",\"Heartbeat\",{}]",
		   *answer = "[3,\"n\",{\"currentTime\":"
			     "\"2026-01-01T00:00:00Z\"}]";
	size_t len;
	char *there, *back = NULL;
	bool good;

	wire_text(cp, text, strlen(text));
	there = wire_message(cs, &len, WIRE_LATE_MS);
	wire_text(cs, answer, strlen(answer));
	if (there != NULL)
		back = wire_message(cp, &len, WIRE_LATE_MS);
	good = there != NULL && strcmp(there, text) == 0 && back != NULL &&
	    strcmp(back, answer) == 0;
	free(there);
	free(back);
	return good;
}

static void
neighbour(struct wire **cp, struct wire **cs)
{
	static const struct knock good = { .text = GOOD_REPLY };
	char target[512], head[4096];
	int fd = wire_connect((uint16_t)charger_port), up;

	assert(fd != -1);
	put(fd,
	    logging_in ? GET("/ocpp/CP-9") "@ws@" OCPP BASIC(
			     "Q1AtOTowMTIzNDU2Nzg5YWJjZGVm") END
		       : CP("CP-9"),
	    "");
	assert(wire_ready(listening, WIRE_LATE_MS));
	up = csms_answers(&good, target);
	assert(wire_head(fd, head, sizeof(head), WIRE_LATE_MS) > 0);
	*cp = wire_new(fd, true);
	*cs = wire_new(up, false);
}

static int
play(const char *list, const struct knock *rows, size_t n, bool by_csms)
{
	const struct knock ask = { .text = CP("CP-1") },
			   say = { .text = GOOD_REPLY };
	struct wire *cp, *cs;
	char out[640];
	int failed = 0;

	neighbour(&cp, &cs);
	for (size_t i = 0; i < n; i++) {
		bool good;

		knock(
		    by_csms ? &ask : &rows[i], by_csms ? &rows[i] : &say, out);
		if (!round_trip(cp, cs))
			strcat(out, ", NEIGHBOUR LOST");
		good = strcmp(out, rows[i].outcome) == 0;
		failed += !good;
		if (!good)
			printf("# wanted %s, got %s\n", rows[i].outcome, out);
		printf("%sok %zu - %s: %s\n", good ? "" : "not ", i + 1, list,
		    rows[i].name);
	}
	wire_free(cp);
	wire_free(cs);
	return failed;
}

#define PLAY(list, by_csms)                                                    \
	play(#list, list, sizeof(list) / sizeof(*(list)), by_csms)

int
main(int argc, char **argv)
{
	assert(argc == 4);
	setvbuf(stdout, NULL, _IOLBF, 0);
	listening = wire_listen((uint16_t)atoi(argv[2]));
	charger_port = atoi(argv[3]);
	logging_in = strcmp(argv[1], "logins") == 0;
	if (logging_in)
		return PLAY(logins, false) > 0;
	if (strcmp(argv[1], "replies") == 0)
		return PLAY(replies, true) > 0;
	return PLAY(requests, false) > 0;
}
