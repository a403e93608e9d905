/* SPDX-License-Identifier: MIT */
/*
 * flock has no timeout, and an alarm signal would be the whole process's
 * business: so it is asked again and again, at human pace.
 */
#include <sys/file.h>

#include <errno.h>
#include <time.h>

#include "xtlock.h"

#define PAUSE_MS 10

int
xtlock_take(int fd, unsigned ms, struct err *e)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	for (unsigned waited = 0;; waited += PAUSE_MS) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "xtables lock");
		if (waited >= ms)
			return err_set(e, ETIMEDOUT,
			    "xtables lock: held by another program for more "
			    "than %u ms",
			    ms);
		(void)nanosleep(&pause, NULL);
	}
}

void
xtlock_drop(int fd)
{
	(void)flock(fd, LOCK_UN);
}
