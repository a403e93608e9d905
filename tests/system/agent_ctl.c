/* SPDX-License-Identifier: MIT */
/*
 * A client of the command socket for agent.test, polite or not:
 *
 *	call SOCKET JSON [KEY...]	one request; prints the answer, or the
 *					value below it that the keys lead to;
 *					ends with the answer's code
 *	as UID GID GROUP SOCKET JSON	the same as another user
 *	garbage SOCKET N SEED		N clients that send anything
 *	deaf SOCKET N			asks N times and never reads
 *	hold SOCKET UID N		N connections of a user; prints how many
 *					of them are still there
 *	hangup UID GROUP SOCKET N JSON	asks N times as another user and leaves
 *					without the answer; prints how often he
 *					was let in
 *	kill SOCKET PLUGIN N		kills the plugin's host N times; each
 *					time exactly one other takes its place
 *	listen SOCKET			prints what an agent tells its service
 *					manager, a line for each datagram
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "loop.h"
#include "own.h"

#define ANSWER_MS 20000

static int
connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd == -1 || connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1) {
		perror(path);
		exit(CODE_NO_AGENT);
	}
	return fd;
}

/* The answer behind the progress; NULL: cut off. */
static json_t *
answer(int fd)
{
	static char text[CTL_PACKET_MAX + 1];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	json_t *j;
	ssize_t n;

	while (poll(&p, 1, ANSWER_MS) == 1 &&
	    (n = recv(fd, text, CTL_PACKET_MAX, 0)) > 0) {
		j = json_loadb(text, (size_t)n, 0, NULL);
		if (json_object_get(j, "progress") == NULL)
			return j;
		json_decref(j);
	}
	return NULL;
}

static json_t *
ask(const char *path, const char *text)
{
	own_fd int fd = connect_to(path);

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) == -1)
		return NULL;
	return answer(fd);
}

static int
print(const json_t *j, char *const *keys, int n)
{
	const json_t *at = j;
	own_str char *line = NULL;

	for (int i = 0; i < n && at != NULL; i++)
		at = json_is_array(at)
		    ? json_array_get(at, (size_t)atoi(keys[i]))
		    : json_object_get(at, keys[i]);
	if (json_is_string(at))
		(void)puts(json_string_value(at));
	else if ((line = json_dumps(at, JSON_ENCODE_ANY | JSON_SORT_KEYS)) !=
	    NULL)
		(void)puts(line);
	else
		(void)puts("nothing");
	return (int)json_integer_value(json_object_get(j, "code"));
}

static int
call(int argc, char *argv[])
{
	own_json json_t *j = ask(argv[0], argv[1]);

	return print(j, argv + 2, argc - 2);
}

static int
become(const char *uid, const char *gid, const char *group)
{
	gid_t groups[] = { (gid_t)atoi(group) };

	return setgroups(1, groups) == -1 || setgid((gid_t)atoi(gid)) == -1 ||
		setuid((uid_t)atoi(uid)) == -1
	    ? -1
	    : 0;
}

static int
as(int argc, char *argv[])
{
	if (argc != 5 || become(argv[0], argv[1], argv[2]) == -1)
		return 99;
	return call(2, argv + 3);
}

/* Something between a request and noise. */
static size_t
noise(char *out, size_t size)
{
	static const char *const parts[] = { "{\"verb\":\"status\"", "}",
		",\"args\":", "{", "[[[[", "\"", "null", "\\u0000", "\xff\xfe",
		"{\"verb\":\"ask\",\"args\":{\"plugin\":\"quiet\"}}",
		"{\"verb\":\"log\",\"args\":{\"lines\":-1}}",
		"{\"verb\":\"nix\"}", "9999999999999999999999",
		"{\"verb\":\"apply\",\"args\":7}" };
	size_t n = 0;

	for (int i = rand() % 8; i >= 0; i--) {
		const char *p =
		    parts[(size_t)rand() % (sizeof(parts) / sizeof(*parts))];

		if (n + strlen(p) < size) {
			(void)memcpy(out + n, p, strlen(p));
			n += strlen(p);
		}
	}
	if (rand() % 4 == 0)
		for (n = (size_t)rand() % size; n > 0 && rand() % 999; n--)
			out[n] = (char)rand();
	return n;
}

static int
garbage(int argc, char *argv[])
{
	static char text[CTL_PACKET_MAX + 4096];

	if (argc != 3)
		return 99;
	srand((unsigned)atoi(argv[2]));
	for (int i = atoi(argv[1]); i > 0; i--) {
		own_fd int fd = connect_to(argv[0]);

		for (int k = rand() % 4; k >= 0; k--)
			if (send(fd, text, noise(text, sizeof(text)),
				MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
				break;
	}
	return 0;
}

static int
deaf(int argc, char *argv[])
{
	static const char text[] = "{\"verb\":\"status\"}";
	own_fd int fd = connect_to(argv[0]);

	for (int i = argc == 2 ? atoi(argv[1]) : 0; i > 0; i--)
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) == -1)
			return 0; /* cut off: as it should be */
	return 0;
}

static int
hold(int argc, char *argv[])
{
	int fds[128], n = argc == 3 ? atoi(argv[2]) : 0, there = 0;

	if (setuid((uid_t)atoi(argv[1])) == -1)
		return 99;
	for (int i = 0; i < n; i++)
		fds[i] = connect_to(argv[0]);
	(void)usleep(300000);
	for (int i = 0; i < n; i++) {
		char c;

		there +=
		    recv(fds[i], &c, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
	}
	(void)printf("%d\n", there);
	return 0;
}

static int
hangup(int argc, char *argv[])
{
	int in = 0;

	if (argc != 5 || become(argv[0], argv[1], argv[1]) == -1)
		return 99;
	for (int i = atoi(argv[3]); i > 0; i--) {
		own_fd int fd = connect_to(argv[2]);
		struct pollfd p = { .fd = fd, .events = POLLRDHUP };

		(void)send(fd, argv[4], strlen(argv[4]), MSG_NOSIGNAL);
		in += poll(&p, 1, 10) == 0;
	}
	(void)printf("%d\n", in);
	return 0;
}

/* The plugin's process when it is idle, else 0. */
static pid_t
idle_pid(const char *path, const char *plugin)
{
	own_json json_t *j = ask(path, "{\"verb\":\"plugins\"}");
	json_t *list = json_object_get(json_object_get(j, "result"), "plugins");
	json_t *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "name")),
			 plugin) == 0 &&
	    strcmp(json_string_value(json_object_get(one, "state")), "idle") ==
		0) return (pid_t)json_integer_value(json_object_get(one,
	    "pid"));
	return 0;
}

static pid_t
another_pid(const char *path, const char *plugin, pid_t old)
{
	uint64_t end = now_ms() + ANSWER_MS;
	pid_t pid;

	while ((pid = idle_pid(path, plugin)) == 0 || pid == old) {
		if (now_ms() > end)
			return 0;
		(void)usleep(500);
	}
	return pid;
}

static int
kill_often(int argc, char *argv[])
{
	pid_t pid = 0, next;

	for (int i = argc == 3 ? atoi(argv[2]) : 0; i > 0; i--) {
		if (pid == 0)
			pid = another_pid(argv[0], argv[1], 0);
		if (pid == 0 || kill(pid, SIGKILL) == -1)
			return 1;
		if ((next = another_pid(argv[0], argv[1], pid)) == 0)
			return 2;
		if (kill(pid, 0) != -1)
			return 3; /* two of them */
		pid = next;
	}
	return 0;
}

static int
listen_at(int argc, char *argv[])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[2048];
	ssize_t n;

	(void)argc;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", argv[0]);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		return 1;
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		for (char *p = text; *p != '\0'; p++)
			if (*p == '\n')
				*p = ' ';
		(void)printf("%s\n", text);
		(void)fflush(stdout);
	}
	return 0;
}

static const struct {
	const char *name;
	int least;
	int (*run)(int, char *[]);
} commands[] = {
	{ "call", 2, call },
	{ "as", 5, as },
	{ "garbage", 3, garbage },
	{ "deaf", 2, deaf },
	{ "hold", 3, hold },
	{ "hangup", 5, hangup },
	{ "kill", 3, kill_often },
	{ "listen", 1, listen_at },
};

int
main(int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc > 1 && strcmp(commands[i].name, argv[1]) == 0 &&
		    argc - 2 >= commands[i].least)
			return commands[i].run(argc - 2, argv + 2);
	(void)fprintf(stderr, "agent_ctl: see the head of agent_ctl.c\n");
	return 99;
}
