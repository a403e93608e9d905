/* SPDX-License-Identifier: MIT */
#ifndef ERR_H
#define ERR_H

/*
 * An error is a sentence, built from the inside out:
 *
 *	snapshot 4f2a: firewall: line 12: no zone "ladepark"
 *
 * It lives on the caller's stack, so reporting one can not fail and has
 * nothing to free. The function that fails writes the innermost part; a
 * caller that knows more puts its part in front. All return -1, to be
 * returned in turn. What does not fit is cut at the end, never overrun.
 */
#define ERR_TEXT_MAX 512

struct err {
	int code; /* an errno value; 0: only the text says it */
	char text[ERR_TEXT_MAX];
};

int err_set(struct err *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds strerror(errno). */
int err_sys(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts "fmt: " in front. */
int err_in(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds the newest entry of OpenSSL's error queue, and empties the queue. */
int err_ssl(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
