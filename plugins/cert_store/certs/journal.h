/* SPDX-License-Identifier: MIT */
#ifndef CERTS_JOURNAL_H
#define CERTS_JOURNAL_H

#include <stdbool.h>

#include "commit.h"

/*
 * What a commit is going to do, on disk: the first half of commit.c. A change
 * is a rename or a removal, and doing it twice is doing it once.
 */
#define JOURNAL_NAME  ".ingot-commit"
#define CHANGE_NAME   512 /* bytes of a name below the root, with its NUL */
#define JOURNAL_BYTES (COMMIT_MAX * 2 * (CHANGE_NAME + 1) + 64)

struct change {
	bool remove;
	char name[CHANGE_NAME];
	char temp[CHANGE_NAME]; /* what is renamed to name; "": a removal */
	char old[CHANGE_NAME];  /* a second name of what was there; "": none */
};

/* Below the root and without a way out of it: -1, EINVAL. */
int change_name_check(const char *name, struct err *);
/* "a/b/c" -> "a/b", "c" -> ".". */
void change_folder(const char *name, char out[static CHANGE_NAME]);
/* Done already is fine. */
int change_do(int root, const struct change *, struct err *);
/* Syncs the folder of each change, once. */
int change_sync(int root, const struct change *, int count, struct err *);

int journal_write(int root, const struct change *, int count, struct err *);
/* How many; 0: there is no journal; -1: it cannot be read. */
int journal_read(int root, struct change out[static COMMIT_MAX], struct err *);
/* The same of bytes. */
int journal_parse(const void *, size_t len,
    struct change out[static COMMIT_MAX], struct err *);

#endif
