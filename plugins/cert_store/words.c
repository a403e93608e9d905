/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "words.h"

/* One line without its end. 1: it is file's. */
static int
take(
    const char *line, size_t n, const char *file, char word[WORDS_WORD_MAX + 1])
{
	const char *space = memchr(line, ' ', n);
	size_t name = space == NULL ? n : (size_t)(space - line), rest;

	if (name != strlen(file) || memcmp(line, file, name) != 0)
		return 0;
	rest = space == NULL ? 0 : n - name - 1;
	if (rest > WORDS_WORD_MAX)
		return -1;
	memcpy(word, line + n - rest, rest);
	word[rest] = '\0';
	return rest > 0;
}

int
words_find(const char *text, size_t len, const char *file,
    char word[WORDS_WORD_MAX + 1], struct err *e)
{
	const char *p = text, *end = text + len;
	size_t number = 0, n;
	int rc;

	word[0] = '\0';
	if (len > WORDS_MAX || memchr(text, '\0', len) != NULL)
		return err_set(e, EINVAL,
		    WORDS_HANDED ": a text of at most %d bytes", WORDS_MAX);
	for (; p < end; p += n + 1) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		n = (size_t)((nl == NULL ? end : nl) - p);
		number++;
		if (n == 0 || *p == '#')
			continue;
		if ((rc = take(p, n, file, word)) == -1)
			return err_set(e, EINVAL,
			    WORDS_HANDED ":%zu: longer than %d characters",
			    number, WORDS_WORD_MAX);
		if (rc == 1)
			return 1;
	}
	return 0;
}
