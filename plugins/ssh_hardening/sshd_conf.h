/* SPDX-License-Identifier: MIT */
#ifndef SSHD_CONF_H
#define SSHD_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * An sshd_config(5) as sshd sees it: all directives in the order in which they
 * count, with Include followed. Keywords are lower case and by their present
 * name (ChallengeResponseAuthentication is kbdinteractiveauthentication);
 * arguments are joined by one blank each.
 */
#define SSHD_FILE_MAX  (256 * 1024) /* bytes of one file */
#define SSHD_FILES_MAX 64
#define SSHD_LINES_MAX 4096 /* directives in all files */
#define SSHD_WORD_MAX  64   /* bytes of a keyword */
#define SSHD_ARGS_MAX  2048

struct directive {
	struct directive *next;
	char *file;
	unsigned line;
	bool match; /* stands in a Match block */
	char *args;
	char word[SSHD_WORD_MAX];
};

struct sshd_conf {
	struct directive *first;
	struct directive *last;
	size_t count;
	size_t files;
};

/*
 * Adds the directives of one text; nothing is followed. match: it is included
 * from within a Match block. What sshd would not read is an error.
 */
int sshd_conf_text(struct sshd_conf *, const char *file, const char *text,
    size_t len, bool match, struct err *);

/* Adds the file at path and all it includes. A file or folder that may not be
 * read is an error: it could say anything. */
int sshd_conf_read(struct sshd_conf *, const char *path, struct err *);

void sshd_conf_free(struct sshd_conf *); /* fine on a zeroed one */
#define own_sshd_conf __attribute__((cleanup(sshd_conf_free), unused))

/* The first of this keyword outside Match blocks, or NULL. Borrowed. */
const struct directive *
sshd_conf_find(const struct sshd_conf *, const char *word);

#endif
