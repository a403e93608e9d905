/* SPDX-License-Identifier: MIT */
/*
 * The spool: on disk where there is room for it, in memory else.
 */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "spool.h"

struct spool {
	int fd;
	uint64_t len;
	void *map;
	size_t map_len;
};

struct spool *
spool_new(struct err *e)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (void)err_sys(e, "spool"), NULL;
	s->fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd == -1)
		s->fd = memfd_create("spool", MFD_CLOEXEC);
	if (s->fd != -1)
		return s;
	(void)err_sys(e, "spool");
	free(s);
	return NULL;
}

static void
unmap(struct spool *s)
{
	if (s->map != NULL)
		(void)munmap(s->map, s->map_len);
	s->map = NULL;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	unmap(s);
	(void)close(s->fd);
	free(s);
}

int
spool_add(
    struct spool *s, const void *data, size_t len, uint64_t *at, struct err *e)
{
	const char *p = data;
	ssize_t n;

	unmap(s);
	*at = s->len;
	for (; len > 0; p += n, len -= (size_t)n, s->len += (size_t)n) {
		n = pwrite(s->fd, p, len, (off_t)s->len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return err_sys(e, "spool in /var/tmp");
	}
	return 0;
}

const uint8_t *
spool_map(struct spool *s, struct err *e)
{
	if (s->len == 0)
		return (const uint8_t *)"";
	if (s->map != NULL)
		return s->map;
	s->map_len = s->len;
	s->map = mmap(NULL, s->map_len, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		(void)err_sys(e, "spool");
	}
	return s->map;
}

void
spool_leave(struct spool *s, uint64_t upto)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n = (size_t)upto / page * page;

	if (s->map != NULL && n > 0 && n <= s->map_len)
		(void)madvise(s->map, n, MADV_DONTNEED);
}
