/* SPDX-License-Identifier: MIT */
/*
 * sd_notify's protocol is one unconnected datagram per message. The address is
 * a path, or an abstract name written with '@' in front; nothing else is taken.
 * A send that fails is not an error of the agent's.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"

#define TEXT_MAX 512

struct notify {
	struct loop *loop;
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t beat_ms; /* 0: no watchdog */
	int timer;
};

static void __attribute__((format(printf, 2, 3)))
say(struct notify *n, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;
	int len;

	if (n == NULL || n->fd == -1)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(text))
		return;
	if (sendto(n->fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&n->to, n->to_len) == -1)
		log_debug("service manager: %s", strerror(errno));
}

static void
beat(void *ctx)
{
	struct notify *n = ctx;
	struct err e;

	say(n, "WATCHDOG=1");
	n->timer = loop_timer(n->loop, n->beat_ms, beat, n, &e);
	if (n->timer == -1)
		log_error("watchdog: %s", e.text);
}

static int
address(struct notify *n, const char *where, struct err *e)
{
	size_t len = strlen(where);

	if ((*where != '/' && *where != '@') || len < 2 ||
	    len >= sizeof(n->to.sun_path))
		return err_set(e, EINVAL,
		    "NOTIFY_SOCKET must be a path or @name, shorter than %zu",
		    sizeof(n->to.sun_path));
	n->to.sun_family = AF_UNIX;
	(void)memcpy(n->to.sun_path, where, len);
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (*where == '@')
		n->to.sun_path[0] = '\0'; /* abstract: no NUL counted */
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return n->fd == -1 ? err_sys(e, "socket to service manager") : 0;
}

/* Half the interval that the manager allows; 0: it does not watch us. */
static uint64_t
interval_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");
	unsigned long long half;

	if (usec == NULL ||
	    (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	half = strtoull(usec, NULL, 10) / 2000;
	return half == 0 ? 1 : half;
}

struct notify *
notify_start(struct loop *l, struct err *e)
{
	const char *where = getenv("NOTIFY_SOCKET");
	struct notify *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return (void)err_sys(e, "notify"), NULL;
	*n = (struct notify){ .loop = l, .fd = -1 };
	if (where != NULL && address(n, where, e) == -1) {
		notify_stop(n);
		return NULL;
	}
	n->beat_ms = n->fd == -1 ? 0 : interval_ms();
	/* Not for the hosts: they would speak in our name. */
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (n->beat_ms != 0)
		beat(n);
	return n;
}

void
notify_stop(struct notify *n)
{
	if (n == NULL)
		return;
	loop_untimer(n->loop, n->timer);
	if (n->fd != -1)
		(void)close(n->fd);
	free(n);
}

void
notify_ready(struct notify *n)
{
	say(n, "READY=1");
}

void
notify_reloading(struct notify *n)
{
	struct timespec ts;

	/* systemd compares it with its own CLOCK_MONOTONIC. */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	say(n, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)ts.tv_sec * 1000000 +
		(unsigned long long)ts.tv_nsec / 1000);
}

void
notify_stopping(struct notify *n)
{
	say(n, "STOPPING=1");
}

void
notify_status(struct notify *n, const char *fmt, ...)
{
	char text[TEXT_MAX - 16];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' '; /* a newline would begin another key */
	say(n, "STATUS=%s", text);
}
