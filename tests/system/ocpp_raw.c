/* SPDX-License-Identifier: MIT */
/*
 * ocpp_raw MODE CSMS-PORT CHARGER-PORT [ROW]: plays what ocpp_malformed.h
 * lists, from both sides of what stands between the two ports: this program
 * listens at the first as the CSMS and connects to the second as the charge
 * point. MODE is what the bridge's judge was told: reject, warn or off; with
 * "direct" both ports are the same, nothing stands between, and every text has
 * to arrive: that shows that the player itself loses and adds nothing.
 *
 * After each row a good CALL follows on the same connection. All that came
 * before it on the other side, and all that came back before its answer, is
 * the outcome: nothing is waited for by the clock. In the middle of each row
 * another charge point makes a round trip of its own.
 */
#include <zlib.h>

#include <ctype.h>

#include "ocpp_wire.h"

enum {
	REJECT,
	WARN,
	OFF,
	DIRECT
};

static int mode;

struct stage {
	struct wire *ends[2]; /* the charge point's, the CSMS's */
	int by;               /* who plays: 0, 1 */
	int version;
	char *text; /* the row's, expanded */
	size_t len;
	bool pass_twice;
	char got[512];
};

struct row {
	const char *name, *sent;
	size_t len;
	unsigned ways, versions; /* 0: all */
	bool asked;              /* the other side has asked "ask" */
	bool deflate, late;
	void (*play)(struct stage *);
	const char *reject, *warn, *off;
};

#define TEXT(t) .sent = (t), .len = sizeof(t) - 1
#define SEND_GOOD                                                              \
	"[6,\"m\",\"NotifyPeriodicEventStream\",{\"id\":1,\"pending\":0,"      \
	"\"basetime\":\"2026-01-01T00:00:00Z\",\"data\":[{\"t\":0,"            \
	"\"v\":\"1\"}]}]"
#define WS(what, how, outcome)                                                 \
	{                                                                      \
		what,                                                          \
		    .sent = "[2,\"m\",\"DataTransfer\",{\"vendorId\":"         \
			    "\"\xc3\xa9\"}]",                                  \
		    .play = how, .reject = outcome, .warn = outcome,           \
		    .off = outcome,                                            \
		    .deflate = how == play_bomb || how == play_no_deflate      \
	}

static struct wire *
me(struct stage *s)
{
	return s->ends[s->by];
}

static struct wire *
other(struct stage *s)
{
	return s->ends[!s->by];
}

/* --- how rows are played -------------------------------------------------- */
static void
play_text(struct stage *s)
{
	wire_text(me(s), s->text, s->len);
}

static void
play_twice(struct stage *s)
{
	play_text(s);
	play_text(s);
	s->pass_twice = true;
}

static void
play_late(struct stage *s)
{
	sleep(2);
	play_text(s);
}

static void
play_second(struct stage *s)
{
	const char *first =
	    "[2,\"first\",\"DataTransfer\",{\"vendorId\":\"v\"}]";
	size_t len;
	char *came;

	wire_text(me(s), first, strlen(first));
	came = wire_message(other(s), &len, WIRE_LATE_MS);
	if (came == NULL || strcmp(came, first) != 0)
		snprintf(s->got, sizeof(s->got), "first did not arrive, ");
	free(came);
	play_text(s);
}

/* The other side answers a CALL of ours; we say that its answer was bad. */
static void
play_resulterror(struct stage *s)
{
	const char *ask = "[2,\"r\",\"DataTransfer\",{\"vendorId\":\"v\"}]",
		   *answer = "[3,\"r\",{\"status\":\"Accepted\"}]",
		   *bad = "[5,\"r\",\"FormatViolation\",\"no\",{}]";
	size_t len;

	wire_text(me(s), ask, strlen(ask));
	free(wire_message(other(s), &len, WIRE_LATE_MS));
	wire_text(other(s), answer, strlen(answer));
	free(wire_message(me(s), &len, WIRE_LATE_MS));
	free(s->text);
	s->text = strdup(bad);
	s->len = strlen(bad);
	play_text(s);
}

static void
play_binary(struct stage *s)
{
	wire_frame(me(s), 0x80 | WIRE_BINARY, s->text, s->len);
}

static void
pieces(struct stage *s, size_t cut, bool ping)
{
	wire_frame(me(s), WIRE_TEXT, s->text, cut);
	if (ping)
		wire_frame(me(s), 0x80 | WIRE_PING, "between", 7);
	wire_frame(me(s), WIRE_MORE, s->text + cut, 1);
	wire_frame(
	    me(s), 0x80 | WIRE_MORE, s->text + cut + 1, s->len - cut - 1);
}

static void
play_pieces(struct stage *s)
{
	uint8_t first, *p;
	size_t len;

	pieces(s, 5, true);
	if (mode == DIRECT) /* this player reads no pings while it plays */
		return;
	p = wire_next(me(s), &first, &len, WIRE_LATE_MS);
	if (p == NULL || first != (0x80 | WIRE_PONG) ||
	    strcmp((char *)p, "between") != 0)
		snprintf(s->got, sizeof(s->got), "no pong, ");
	free(p);
}

static void
play_cut(struct stage *s)
{
	pieces(s, s->len - 5, false); /* within the last letter */
}

static void
play_open_char(struct stage *s)
{
	wire_frame(me(s), WIRE_TEXT, "[\"", 2);
	wire_frame(me(s), 0x80 | WIRE_MORE, "\xc3", 1);
}

static void
play_text_in_text(struct stage *s)
{
	wire_frame(me(s), WIRE_TEXT, s->text, 4);
	wire_frame(me(s), 0x80 | WIRE_TEXT, s->text, s->len);
}

static void
play_stray_piece(struct stage *s)
{
	wire_frame(me(s), 0x80 | WIRE_MORE, s->text, s->len);
}

static void
play_rsv1(struct stage *s)
{
	wire_frame(me(s), 0xc0 | WIRE_TEXT, s->text, s->len);
}

static void
play_rsv2(struct stage *s)
{
	wire_frame(me(s), 0xa0 | WIRE_TEXT, s->text, s->len);
}

static void
play_opcode(struct stage *s)
{
	wire_frame(me(s), 0x80 | 3, s->text, s->len);
}

static void
play_mask(struct stage *s)
{
	wire_frame_masked(
	    me(s), 0x80 | WIRE_TEXT, s->text, s->len, !me(s)->masks);
}

/* A head alone, with the mask bit that belongs there. */
static void
head(struct stage *s, const char *bytes, size_t len)
{
	char copy[16];

	memcpy(copy, bytes, len);
	copy[1] = (char)(copy[1] | (me(s)->masks ? 0x80 : 0));
	wire_put(me(s), copy, len);
	wire_put(me(s), "\0\0\0\0", me(s)->masks ? 4 : 0);
}

static void
play_endless(struct stage *s)
{
	head(s, "\x81\x7f\0\0\1\0\0\0\0\0", 10);
}

static void
play_long_length(struct stage *s)
{
	head(s, "\x81\x7e\0\x05", 4);
	wire_put(me(s), "[2,1]", 5);
}

static void
play_negative(struct stage *s)
{
	head(s, "\x81\x7f\x80\0\0\0\0\0\0\1", 10);
}

static void
play_bomb(struct stage *s)
{
	size_t size = 8 << 20, len = 1 << 16;
	uint8_t *zeros = calloc(1, size), *out = malloc(len);
	z_stream z = { .next_in = zeros,
		.avail_in = (uInt)size,
		.next_out = out,
		.avail_out = (uInt)len };

	assert(zeros != NULL && out != NULL);
	memset(zeros, ' ', size);
	deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_SYNC_FLUSH);
	wire_frame(me(s), 0xc0 | WIRE_TEXT, out, len - z.avail_out - 4);
	deflateEnd(&z);
	free(zeros);
	free(out);
}

static void
play_no_deflate(struct stage *s)
{
	wire_frame(me(s), 0xc0 | WIRE_TEXT, "\xff\xff\xff\xff", 4);
}

static void
play_long_ping(struct stage *s)
{
	char bytes[126] = { 0 };

	wire_frame(me(s), 0x80 | WIRE_PING, bytes, sizeof(bytes));
}

static void
play_ping_pieces(struct stage *s)
{
	wire_frame(me(s), WIRE_PING, "x", 1);
}

#define CLOSES(name, bytes, len)                                               \
	static void play_close_##name(struct stage *s)                         \
	{                                                                      \
		wire_frame(me(s), 0x80 | WIRE_CLOSE, (bytes), len);            \
	}
CLOSES(999, "\x03\xe7", 2)
CLOSES(1005, "\x03\xed", 2)
CLOSES(1006, "\x03\xee", 2)
CLOSES(1015, "\x03\xf7", 2)
CLOSES(short, "\x03", 1)
CLOSES(bytes, "\x03\xe8\xff", 3)

#include "ocpp_malformed.h"

/* --- texts ---------------------------------------------------------------- */
static char *
grow(char *all, size_t *len, const char *p, size_t n)
{
	all = realloc(all, *len + n + 1);
	assert(all != NULL);
	memcpy(all + *len, p, n);
	*len += n;
	all[*len] = '\0';
	return all;
}

static char *
times(char *all, size_t *len, const char *p, size_t n)
{
	size_t each = strlen(p);
	char *many = malloc(n * each + 1);

	assert(many != NULL);
	for (size_t i = 0; i < n; i++)
		memcpy(many + i * each, p, each);
	all = grow(all, len, many, n * each);
	free(many);
	return all;
}

static char *
expand_one(char *all, size_t *len, const char *word, size_t n)
{
	if (strncmp(word, "deep:", 5) == 0)
		return times(times(all, len, "[", n), len, "]", n);
	if (strncmp(word, "ones:", 5) == 0)
		return grow(times(all, len, "1,", n - 1), len, "1", 1);
	return times(all, len, strncmp(word, "x:", 2) == 0 ? "x" : "9", n);
}

static void
expand(struct stage *s, const struct row *r)
{
	size_t len = r->sent == NULL ? 0
	    : r->len != 0            ? r->len
				     : strlen(r->sent);
	const char *p = r->sent, *end = r->sent + len, *at, *colon;

	s->text = grow(NULL, &s->len, "", 0);
	while (p < end && (at = memchr(p, '@', (size_t)(end - p))) != NULL) {
		s->text = grow(s->text, &s->len, p, (size_t)(at - p));
		colon = strchr(at + 1, ':');
		s->text = expand_one(
		    s->text, &s->len, at + 1, strtoul(colon + 1, NULL, 10));
		p = strchr(colon, '@') + 1;
	}
	if (p < end)
		s->text = grow(s->text, &s->len, p, (size_t)(end - p));
}

/* "error m O" in a version's own words. */
static const char *
code_of(char letter, int version)
{
	static const char *const codes[][2] = {
		['F'] = { "FormationViolation", "RpcFrameworkError" },
		['f'] = { "FormationViolation", "FormatViolation" },
		['O'] = { "OccurenceConstraintViolation",
		    "OccurrenceConstraintViolation" },
		['T'] = { "TypeConstraintViolation",
		    "TypeConstraintViolation" },
		['P'] = { "PropertyConstraintViolation",
		    "PropertyConstraintViolation" },
	};

	return strchr("FfOTP", letter) == NULL
	    ? NULL
	    : codes[(int)letter][version != 0];
}

static void
spelled(const char *outcome, int version, char *out, size_t size)
{
	size_t n = 0;

	for (const char *p = outcome; *p != '\0' && n + 1 < size; p++) {
		bool alone = (p == outcome || p[-1] == ' ') &&
		    !isalnum((unsigned char)p[1]);
		const char *code = alone ? code_of(*p, version) : NULL;

		if (code == NULL)
			out[n++] = *p;
		else
			n += (size_t)snprintf(out + n, size - n, "%s", code);
	}
	out[n] = '\0';
}

/* --- connections ---------------------------------------------------------- */
static int listening, charger_port;
static const char *const protocols[] = { "ocpp1.6", "ocpp2.0.1", "ocpp2.1" };
#define EXTENSION "Sec-WebSocket-Extensions: permessage-deflate\r\n"

static void
accept_upgrade(int fd, const char *head, const char *extra)
{
	char key[128], accept[29], protocol[128], answer[512];
	int n;

	wire_header(head, "Sec-WebSocket-Key", key, sizeof(key));
	wire_header(head, "Sec-WebSocket-Protocol", protocol, sizeof(protocol));
	protocol[strcspn(protocol, ", ")] = '\0';
	wire_accept_key(key, accept);
	n = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
	    "Sec-WebSocket-Protocol: %s\r\n%s\r\n",
	    accept, protocol, extra);
	assert(send(fd, answer, (size_t)n, MSG_NOSIGNAL) == n);
}

static struct wire *
csms_accept(bool deflate)
{
	char head[4096];
	int fd, on = 1;

	if (!wire_ready(listening, WIRE_LATE_MS))
		return NULL;
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	assert(fd != -1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (wire_head(fd, head, sizeof(head), WIRE_LATE_MS) == 0) {
		close(fd);
		return NULL;
	}
	accept_upgrade(fd, head,
	    deflate && strstr(head, "permessage-deflate") ? EXTENSION : "");
	return wire_new(fd, false);
}

/* Both ends of a charge point's connection; false: it could not be made. */
static bool
open_both(struct wire *ends[2], const char *id, int version, bool deflate)
{
	char text[512], answer[2048];
	int n, fd = wire_connect((uint16_t)charger_port);

	assert(fd != -1);
	n = snprintf(text, sizeof(text),
	    "GET /ocpp/%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: %s\r\n%s\r\n",
	    id, protocols[version], deflate ? EXTENSION : "");
	assert(send(fd, text, (size_t)n, MSG_NOSIGNAL) == n);
	ends[0] = wire_new(fd, true);
	ends[1] = csms_accept(deflate);
	return ends[1] != NULL &&
	    wire_head(fd, answer, sizeof(answer), WIRE_LATE_MS) > 0 &&
	    strncmp(answer, "HTTP/1.1 101", 12) == 0;
}

static void
shut(struct wire *ends[2])
{
	wire_free(ends[0]);
	wire_free(ends[1]);
}

/* A CALL of one side and its answer. Charge points ask Heartbeat, the CSMS
 * ClearCache. */
static const char *
question(int by, const char *id, char out[static 64])
{
	snprintf(out, 64, "[2,\"%s\",\"%s\",{}]", id,
	    by == 0 ? "Heartbeat" : "ClearCache");
	return out;
}

static const char *
answer_to(int by, const char *id, char out[static 64])
{
	snprintf(out, 64, "[3,\"%s\",{\"%s\":\"%s\"}]", id,
	    by == 0 ? "currentTime" : "status",
	    by == 0 ? "2026-01-01T00:00:00Z" : "Accepted");
	return out;
}

static bool
arrives(struct wire *w, const char *text)
{
	size_t len;
	char *came = wire_message(w, &len, WIRE_LATE_MS);
	bool same = came != NULL && strcmp(came, text) == 0;

	free(came);
	return same;
}

static bool
round_trip(struct wire *ends[2], int by, const char *id)
{
	char q[64], a[64];

	question(by, id, q);
	answer_to(by, id, a);
	return wire_text(ends[by], q, strlen(q)) && arrives(ends[!by], q) &&
	    wire_text(ends[!by], a, strlen(a)) && arrives(ends[by], a);
}

/* --- outcomes ------------------------------------------------------------- */
static void
say(struct stage *s, const char *what)
{
	size_t n = strlen(s->got);

	snprintf(
	    s->got + n, sizeof(s->got) - n, "%s%s", n > 0 ? ", " : "", what);
}

/* [4,"id","Code","...",{...}] as "error id Code". */
static void
say_frame(struct stage *s, const char *text, const char *word, bool with_id)
{
	char id[64], code[64], out[160];

	if (sscanf(text + 1, "%*d,\"%63[^\"]\",\"%63[^\"]\"", id, code) != 2)
		snprintf(out, sizeof(out), "GOT %.120s", text);
	else if (with_id)
		snprintf(out, sizeof(out), "%s %s %s", word, id, code);
	else
		snprintf(out, sizeof(out), "%s %s", word, code);
	say(s, out);
}

static void
say_other(struct stage *s, const char *text, size_t len)
{
	if (len == s->len && memcmp(text, s->text, len) == 0)
		say(s, "passed");
	else if (strncmp(text, "[4,\"ask\"", 8) == 0)
		say_frame(s, text, "waiter", false);
	else
		say_frame(s, "-", "", false);
}

static void
say_back(struct stage *s, const char *text)
{
	char out[160];

	if (strncmp(text, "[4,", 3) == 0)
		say_frame(s, text, "error", true);
	else if (strncmp(text, "[5,\"ask\"", 8) == 0)
		say_frame(s, text, "again", false);
	else {
		snprintf(out, sizeof(out), "BACK %.120s", text);
		say(s, out);
	}
}

static void
say_closed(struct stage *s)
{
	char out[64];

	snprintf(out, sizeof(out), "close %u", (unsigned)me(s)->closed);
	say(s, out);
}

/* What arrives at the other side until the good CALL does; false: it ended. */
static bool
collect_other(struct stage *s, const char *until)
{
	size_t len;
	char *text;

	while ((text = wire_message(other(s), &len, WIRE_LATE_MS)) != NULL) {
		bool last = strcmp(text, until) == 0;

		if (!last)
			say_other(s, text, len);
		free(text);
		if (last)
			return true;
	}
	return false;
}

static void
collect_back(struct stage *s, const char *until)
{
	size_t len;
	char *text;

	while ((text = wire_message(me(s), &len, WIRE_LATE_MS)) != NULL) {
		bool last = until != NULL && strcmp(text, until) == 0;

		if (!last)
			say_back(s, text);
		free(text);
		if (last)
			return;
	}
	if (me(s)->closed != 0)
		say_closed(s);
	else
		say(s, "LATE");
}

static void
outcome(struct stage *s)
{
	char q[64], a[64], passed[sizeof(s->got)];
	bool alive;

	question(s->by, "good", q);
	answer_to(s->by, "good", a);
	wire_text(me(s), q, strlen(q));
	alive = collect_other(s, q);
	if (alive)
		wire_text(other(s), a, strlen(a));
	snprintf(passed, sizeof(passed), "%s", s->got);
	s->got[0] = '\0';
	collect_back(s, alive ? a : NULL);
	if (passed[0] != '\0')
		say(s, passed);
	if (s->got[0] == '\0')
		say(s, "nothing");
	if (!alive && other(s)->closed == 0)
		say(s, "THE OTHER SIDE STILL OPEN");
}

/* --- rows ----------------------------------------------------------------- */
static const char *
expected(const struct row *r, int version, char *out, size_t size)
{
	const char *outcomes[] = { r->reject, r->warn, r->off };
	const char *what = mode == DIRECT ? "passed" : outcomes[mode];

	spelled(what != NULL ? what : "passed", version, out, size);
	return out;
}

/* "passed, passed" is "passed" of what was said twice. */
static void
fold(struct stage *s)
{
	if (!s->pass_twice)
		return;
	if (strcmp(s->got, "passed, passed") == 0)
		strcpy(s->got, "passed");
	else if (strcmp(s->got, "passed") == 0)
		strcpy(s->got, "passed once");
}

static bool
play(const struct row *r, int by, int version, struct wire *neighbour[2])
{
	struct stage s = { .by = by, .version = version };
	char q[64], wanted[256];
	bool opened = open_both(s.ends, "CP-1", version, r->deflate);

	expand(&s, r);
	if (!opened)
		say(&s, "NO CONNECTION");
	if (opened && r->asked) {
		question(!by, "ask", q);
		wire_text(other(&s), q, strlen(q));
		if (!arrives(me(&s), q))
			say(&s, "QUESTION LOST");
	}
	if (opened) {
		(r->play != NULL ? r->play : play_text)(&s);
		if (!round_trip(neighbour, by, "n"))
			say(&s, "NEIGHBOUR LOST");
		outcome(&s);
	}
	fold(&s);
	expected(r, version, wanted, sizeof(wanted));
	if (strcmp(s.got, wanted) != 0)
		printf("# %s, %s, by the %s: wanted %s, got %s\n", r->name,
		    protocols[version], by == 0 ? "charge point" : "CSMS",
		    wanted, s.got);
	opened = strcmp(s.got, wanted) == 0;
	shut(s.ends);
	free(s.text);
	return opened;
}

/* Without a bridge a close is the peer's own business; this player has none. */
static bool
skipped(const struct row *r)
{
	return mode == DIRECT && (r->reject[0] == 'c' || r->deflate);
}

static bool
chosen(const struct row *r, const char *name)
{
	return name != NULL ? strcmp(name, r->name) == 0
			    : !r->late && !skipped(r);
}

static bool
play_all(const struct row *r)
{
	bool good = true;

	for (int version = 0; version < 3; version++) {
		struct wire *neighbour[2];

		if (r->versions != 0 && !(r->versions & 1U << version))
			continue;
		assert(open_both(neighbour, "CP-2", version, false));
		for (int by = 0; by < 2; by++)
			if (r->ways == 0 || r->ways & 1U << by)
				good &= play(r, by, version, neighbour);
		shut(neighbour);
	}
	return good;
}

int
main(int argc, char **argv)
{
	static const char *const modes[] = { "reject", "warn", "off",
		"direct" };
	int failed = 0;

	assert(argc >= 4);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (mode = 0; mode < DIRECT; mode++)
		if (strcmp(argv[1], modes[mode]) == 0)
			break;
	listening = wire_listen((uint16_t)atoi(argv[2]));
	charger_port = atoi(argv[3]);
	for (size_t i = 0, n = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool good;

		if (!chosen(&rows[i], argc > 4 ? argv[4] : NULL))
			continue;
		good = play_all(&rows[i]);
		failed += !good;
		printf("%sok %zu - %s: %s\n", good ? "" : "not ", ++n,
		    modes[mode], rows[i].name);
	}
	return failed > 0;
}
