/* SPDX-License-Identifier: MIT */
#ifndef OWN_H
#define OWN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Ownership, said in the declaration:
 *
 *	own_fd int fd = open(...);	closed when the scope ends
 *	return take_fd(&fd);		handed to the caller instead
 *
 * own_str and own_file do the same for malloc'ed text and for streams.
 * OWN(type, free) in another header makes one more kind.
 */
#define own_fd   __attribute__((cleanup(own_fd_close), unused))
#define own_str  __attribute__((cleanup(own_str_free), unused))
#define own_file __attribute__((cleanup(own_file_close), unused))

/* own_KIND(ptr variable) calls release(pointer) at the end of scope. */
#define OWN_POINTER(kind, type, release)                                       \
	static inline void own_##kind##_free(type **p)                         \
	{                                                                      \
		if (*p != NULL)                                                \
			release(*p);                                           \
	}

static inline void
own_fd_close(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		(void)close(*fd);
	errno = saved;
}

static inline int
take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void
own_str_free(char **s)
{
	free(*s);
}

static inline char *
take_str(char **s)
{
	char *taken = *s;

	*s = NULL;
	return taken;
}

static inline void
own_file_close(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

#endif
