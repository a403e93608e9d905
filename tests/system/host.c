/* SPDX-License-Identifier: MIT */
/*
 * An agent for one host, so that a test can say what to ask and see all that
 * comes back, and how the host ended:
 *
 *	host INGOT-HOST PLUGIN.so [WORD=...] -- STEP...
 *
 * Words are those of spec.h; without them: user 65534, 64 MB, nothing granted.
 * A word hand=NAME is handed a file without a name. Steps:
 *
 *	open, render:TEXT, activate:TEXT, probe:TEXT, question:VERB:JSON
 *	wait:MS   serves what the host says by itself
 *	nonsense  sends what an agent may not send
 *	term, hangup	the two ways to tell it to go
 *
 * Requests of the host are granted and printed. An ask with verb "crossed" is
 * only answered after a question of the agent's own, sent in between; with
 * verb "refuse" it is refused, with "other" it gets somebody else's answer, and
 * with "stop" SIGTERM instead. A host that says what it may not say, or is
 * silent for LATE_MS, is killed, as the agent would.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "loop.h"
#include "msg.h"
#include "own.h"
#include "plugin.h"
#include "spec.h"

#define LATE_MS 1500
#define AWAY    32 /* descriptors above those of the host's convention */

static int sock, sign_sock;
static pid_t host;
static uint32_t granted;
static bool over; /* the host is dead or killed */

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

static const char *
value_of(const char *word, const char *key)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1
							    : NULL;
}

/* The words of the host; what is not said has a default. */
static char **
make_words(char *const *said, int n, int *hands)
{
	static char *words[SPEC_ARGV_MAX + 4];
	int at = 0;
	bool user = false, memory = false;

	words[at++] = (char *)(uintptr_t) "ingot-host";
	for (int i = 0; i < n && at < SPEC_ARGV_MAX; i++) {
		if (value_of(said[i], "granted") != NULL)
			granted = (uint32_t)atoi(value_of(said[i], "granted"));
		user |= value_of(said[i], "uid") != NULL;
		memory |= value_of(said[i], "memory_mb") != NULL;
		*hands += value_of(said[i], "hand") != NULL;
		words[at++] = said[i];
	}
	if (!user) {
		words[at++] = (char *)(uintptr_t) "uid=65534";
		words[at++] = (char *)(uintptr_t) "gid=65534";
	}
	if (!memory)
		words[at++] = (char *)(uintptr_t) "memory_mb=64";
	return words;
}

static int
away(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, AWAY);

	must(moved != -1, "move a descriptor");
	(void)close(fd);
	return moved;
}

/* A few descriptors are left open on purpose: the host must close them. */
static void
start(const char *binary, const char *plugin, char **words, int hands)
{
	int talk[2], sign[2], so = open(plugin, O_RDONLY | O_CLOEXEC);

	must(so != -1, plugin);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, talk) == 0, "pair");
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sign) == 0, "pair");
	sock = away(talk[0]);
	sign_sock = away(sign[0]);
	talk[1] = away(talk[1]);
	sign[1] = away(sign[1]);
	so = away(so);
	must((host = fork()) != -1, "fork");
	if (host != 0) {
		(void)close(talk[1]);
		(void)close(sign[1]);
		return;
	}
	for (int i = 0; i < 4; i++)
		(void)dup2(so, SPEC_HAND_FD + hands + i);
	for (int i = 0; i < hands; i++)
		(void)dup2(
		    memfd_create("handed", MFD_CLOEXEC), SPEC_HAND_FD + i);
	(void)dup2(talk[1], SPEC_AGENT_FD);
	(void)dup2(so, SPEC_PLUGIN_FD);
	(void)dup2(sign[1], SPEC_SIGN_FD);
	(void)execv(binary, words);
	perror(binary);
	_exit(127);
}

/* A text that the host may see: a copy without a name. */
static int
text_fd(const char *text)
{
	struct err e;
	int fd = file_sealed(text, strlen(text), &e);

	must(fd != -1, "text");
	return fd;
}

static void
print_text(const char *what, int fd)
{
	own_bytes struct bytes b = { 0 };
	struct err e = { .text = "" };

	if (file_read_fd(fd, INGOT_TEXT_MAX, &b, &e) == -1)
		(void)printf("%s unreadable: %s\n", what, e.text);
	else
		(void)printf("%s %s\n", what, b.p);
}

static void
finish(const char *how)
{
	if (over)
		return;
	over = true;
	(void)printf("%s\n", how);
	(void)kill(host, SIGKILL);
}

static void
send_to(int to, uint32_t type, uint32_t id, const struct wbuf *b, int fd)
{
	struct err e;

	if (msg_send(to, type, id, b->p, b->len, fd, &e) == -1 &&
	    e.code != EPIPE)
		(void)printf("cannot send: %s\n", e.text);
}

static void
ask_question(const char *verb, const char *json, uint32_t id)
{
	unsigned char body[256];
	own_fd int fd = text_fd(json);
	struct wbuf b;

	wbuf_init(&b, body, sizeof(body));
	put_str(&b, "cli");
	put_str(&b, verb);
	send_to(sock, MSG_QUESTION, id, &b, fd);
}

/* What the host says by itself, printed as one line each. */

static const struct wbuf nothing;

static void
heard_log(const struct msg *m, struct rbuf *b)
{
	char line[INGOT_LINE_MAX + 1];

	(void)m;
	get_str(b, line, sizeof(line));
	(void)printf("log %s\n", line);
}

static void
heard_event(const struct msg *m, struct rbuf *b)
{
	char kind[INGOT_NAME_MAX + 1], line[INGOT_LINE_MAX + 1];

	(void)m;
	get_str(b, kind, sizeof(kind));
	get_str(b, line, sizeof(line));
	(void)printf("event %s: %s\n", kind, line);
}

static void
heard_finding(const struct msg *m, struct rbuf *b)
{
	char id[INGOT_NAME_MAX + 1], place[256], line[INGOT_LINE_MAX + 1];
	uint32_t passed;

	(void)m;
	get_str(b, id, sizeof(id));
	get_str(b, place, sizeof(place));
	passed = get_u32(b);
	get_str(b, line, sizeof(line));
	(void)printf("finding %s %s %s: %s\n", passed == 1 ? "good" : "bad", id,
	    place, line);
}

static void
heard_install(const struct msg *m, struct rbuf *b)
{
	char name[INGOT_NAME_MAX + 1], what[INGOT_NAME_MAX + 16];

	get_str(b, name, sizeof(name));
	(void)snprintf(what, sizeof(what), "install %s", name);
	print_text(what, m->fd);
	send_to(sock, MSG_INSTALLED, m->id, &nothing, -1);
}

static void
heard_name(const struct msg *m, struct rbuf *b)
{
	char name[INGOT_NAME_MAX + 1];

	get_str(b, name, sizeof(name));
	(void)printf("%s %s\n", msg_name(m->type), name);
	send_to(sock, m->type + 1, m->id, &nothing, -1);
}

static void
heard_ask(const struct msg *m, struct rbuf *b)
{
	char plugin[INGOT_NAME_MAX + 1], verb[INGOT_NAME_MAX + 1];
	struct err no = { .code = EPERM, .text = "not granted" }, e;
	own_fd int fd = text_fd("{\"told\":true}");

	get_str(b, plugin, sizeof(plugin));
	get_str(b, verb, sizeof(verb));
	(void)printf("ask %s ", plugin);
	print_text(verb, m->fd);
	if (strcmp(verb, "crossed") == 0)
		ask_question("echo", "{\"crossed\":true}", 77);
	if (strcmp(verb, "refuse") == 0)
		(void)msg_send_no(sock, m->id, &no, &e);
	else if (strcmp(verb, "stop") == 0)
		(void)kill(host, SIGTERM);
	else
		send_to(sock, MSG_TOLD, m->id + (strcmp(verb, "other") == 0),
		    &nothing, fd);
}

static void
heard_sign(const struct msg *m, struct rbuf *b)
{
	char purpose[INGOT_NAME_MAX + 1];
	unsigned char digest[INGOT_DIGEST_LEN], sig[INGOT_SIG_LEN];
	struct wbuf out = { .p = sig, .len = sizeof(sig) };

	get_str(b, purpose, sizeof(purpose));
	get_bytes(b, digest, sizeof(digest));
	(void)printf("sign %s\n", purpose);
	memcpy(sig, digest, sizeof(digest));
	memcpy(sig + sizeof(digest), digest, sizeof(digest));
	send_to(sign_sock, MSG_SIGNED, m->id, &out, -1);
}

static void (*const heard[MSG_LIMIT])(const struct msg *, struct rbuf *) = {
	[MSG_LOG] = heard_log,
	[MSG_EVENT] = heard_event,
	[MSG_FINDING] = heard_finding,
	[MSG_INSTALL] = heard_install,
	[MSG_REMOVE] = heard_name,
	[MSG_RELOAD] = heard_name,
	[MSG_ASK] = heard_ask,
	[MSG_SIGN] = heard_sign,
};

/* An answer to a request of ours. */
static void
print_answer(const struct msg *m)
{
	struct err why;
	char what[64];

	if (m->type == MSG_NO) {
		msg_read_no(m, &why);
		(void)printf("NO %s\n", why.text);
		return;
	}
	(void)snprintf(what, sizeof(what), "%s%s", msg_name(m->type),
	    m->id == 77 ? " (crossed)" : "");
	if (m->fd == -1)
		(void)printf("%s\n", what);
	else
		print_text(what, m->fd);
}

/* Serves one message; true when it answers request id. */
static bool
serve(int from, uint32_t id)
{
	static struct msg m;
	const char *no;
	struct rbuf b;
	struct err e;
	int n = msg_recv(from, &m, &e);
	own_fd int fd = n == 1 ? m.fd : -1;

	if (n == 0 || (n == -1 && from == sign_sock)) {
		over = over || from == sock;
		return false;
	}
	if (n == 1 && (no = msg_refused(&m, HOST, granted)) != NULL)
		n = err_set(&e, EPROTO, "%s: %s", msg_name(m.type), no);
	if (n == -1) {
		char how[ERR_TEXT_MAX + 16];

		(void)snprintf(how, sizeof(how), "nonsense: %s", e.text);
		finish(how);
		return false;
	}
	rbuf_init(&b, m.body, m.len);
	if (heard[m.type] != NULL)
		heard[m.type](&m, &b);
	else
		print_answer(&m);
	(void)fflush(stdout);
	return heard[m.type] == NULL && m.id == id;
}

/* Until request id is answered (0: never), the host ends, or ms are over. */
static bool
listen_for(uint32_t id, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	while (!over && now_ms() < end) {
		struct pollfd p[] = {
			{ .fd = sock, .events = POLLIN },
			{ .fd = sign_sock, .events = POLLIN },
		};

		if (sign_sock == -1)
			p[1].fd = -1;
		(void)poll(p, 2, (int)(end - now_ms()) + 1);
		if ((p[1].revents & POLLIN) != 0)
			(void)serve(sign_sock, id);
		else if (p[1].revents != 0)
			sign_sock = -1; /* the host has none, or is gone */
		if (p[0].revents != 0 && serve(sock, id))
			return true;
	}
	return false;
}

/* STEP or STEP:REST */
static const char *
rest_of(const char *step, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(step, name, n) != 0)
		return NULL;
	return step[n] == ':' ? step + n + 1 : step[n] == '\0' ? "" : NULL;
}

static bool
asked(const char *step, uint32_t id)
{
	static const struct {
		const char *name;
		uint32_t type;
	} requests[] = {
		{ "render", MSG_RENDER },
		{ "activate", MSG_ACTIVATE },
		{ "probe", MSG_PROBE },
	};
	const char *rest;

	for (size_t i = 0; i < 3; i++)
		if ((rest = rest_of(step, requests[i].name)) != NULL) {
			own_fd int fd = text_fd(rest);

			send_to(sock, requests[i].type, id, &nothing, fd);
			return true;
		}
	if ((rest = rest_of(step, "question")) != NULL) {
		own_str char *verb = strdup(rest);
		char *json = strchr(verb, ':');

		if (json != NULL)
			*json++ = '\0';
		ask_question(verb, json == NULL ? "{}" : json, id);
		return true;
	}
	if (rest_of(step, "open") == NULL)
		return false;
	send_to(sock, MSG_OPEN, id, &nothing, -1);
	return true;
}

static void
take_step(const char *step, uint32_t id)
{
	const char *rest = rest_of(step, "wait");

	if (asked(step, id)) {
		if (!listen_for(id, LATE_MS))
			finish("late");
		return;
	}
	if (rest != NULL) {
		(void)listen_for(0, atoi(rest));
		return;
	}
	if (rest_of(step, "nonsense") != NULL)
		send_to(sock, MSG_LOG, id, &nothing, -1);
	else if (rest_of(step, "hangup") != NULL)
		(void)shutdown(sock, SHUT_RDWR);
	else if (rest_of(step, "term") != NULL)
		(void)kill(host, SIGTERM);
	(void)listen_for(0, LATE_MS);
	finish("late");
}

static void
print_end(void)
{
	int status;

	must(waitpid(host, &status, 0) == host, "wait");
	if (WIFEXITED(status))
		(void)printf("exit %d\n", WEXITSTATUS(status));
	else
		(void)printf(
		    "killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
}

int
main(int argc, char *argv[])
{
	int hands = 0, at = 3;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at >= argc)
		return (void)fprintf(stderr,
			   "host INGOT-HOST PLUGIN [WORD...] -- STEP...\n"),
		       2;
	(void)signal(SIGPIPE, SIG_IGN);
	start(argv[1], argv[2], make_words(argv + 3, at - 3, &hands), hands);
	for (int i = at + 1; i < argc && !over; i++)
		take_step(argv[i], (uint32_t)i);
	if (!over) {
		(void)shutdown(sock, SHUT_WR);
		(void)listen_for(0, LATE_MS);
		finish("late");
	}
	print_end();
	return 0;
}
