/* SPDX-License-Identifier: MIT */
/*
 * A reader for sshd_config as sshd 8.7 and later reads it: the keyword ends at
 * a blank or '=', arguments may be quoted, '#' starts a comment where a word
 * would start, Include is a list of glob patterns below /etc/ssh and keeps a
 * Match block of its own to itself.
 *
 * It judges no values. It is stricter than sshd where sshd is vague: what it
 * can not read for certain is an error and never skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "sshd_conf.h"

#define DEPTH_MAX 16 /* servconf.c allows as many */
#define BLANKS    " \t\r\f"

/* A blank within quotes, so that it does not part two arguments. */
#define HARD_BLANK '\x01'

static int read_file(
    struct sshd_conf *, const char *path, bool match, int depth, struct err *);

/* Other names of the same thing; sshd still takes them. */
static const struct {
	const char *old;
	const char *now;
} aliases[] = {
	{ "challengeresponseauthentication", "kbdinteractiveauthentication" },
	{ "skeyauthentication", "kbdinteractiveauthentication" },
	{ "dsaauthentication", "pubkeyauthentication" },
	{ "pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms" },
	{ "keepalive", "tcpkeepalive" },
};

static void
directive_free(struct directive *d)
{
	free(d->file);
	free(d->args);
	free(d);
}

void
sshd_conf_free(struct sshd_conf *c)
{
	struct directive *d;

	while ((d = c->first) != NULL) {
		c->first = d->next;
		directive_free(d);
	}
	*c = (struct sshd_conf){ 0 };
}

static void
present_name(char word[static SSHD_WORD_MAX])
{
	for (char *p = word; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcmp(word, aliases[i].old) == 0)
			(void)strcpy(word, aliases[i].now);
}

/* The keyword, out of *at; what follows it and one '=' stays. */
static int
take_word(const char **at, char word[static SSHD_WORD_MAX], struct err *e)
{
	const char *p = *at;
	size_t n = strcspn(p, BLANKS "=");

	if (n >= SSHD_WORD_MAX || memchr(p, '"', n) != NULL)
		return err_set(e, EBADMSG, "keyword \"%.64s\"", p);
	memcpy(word, p, n);
	word[n] = '\0';
	p += n;
	p += strspn(p, BLANKS);
	if (*p == '=')
		p++;
	*at = p + strspn(p, BLANKS);
	present_name(word);
	return 0;
}

/* One argument without its quotes, appended to args; sshd's rules for a
 * backslash (before a quote, a backslash, or a blank outside quotes). */
static int
take_arg(const char **at, char *args, size_t *n, struct err *e)
{
	const char *p = *at;
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || strchr(BLANKS, *p) == NULL);
	     p++) {
		if (*p == '\\' && p[1] != '\0' &&
		    (strchr("\"'\\", p[1]) != NULL ||
			(quote == '\0' && p[1] == ' ')))
			p++;
		else if (*p == quote || (quote == '\0' && strchr("\"'", *p))) {
			quote = quote == '\0' ? *p : '\0';
			continue;
		}
		if (*n + 2 >= SSHD_ARGS_MAX)
			return err_set(e, EFBIG, "line too long");
		args[(*n)++] = *p == ' ' ? HARD_BLANK : *p;
	}
	*at = p;
	return quote == '\0' ? 0 : err_set(e, EBADMSG, "quote without end");
}

static int
take_args(const char *p, char args[static SSHD_ARGS_MAX], struct err *e)
{
	size_t n = 0;

	for (p += strspn(p, BLANKS); *p != '\0' && *p != '#';
	     p += strspn(p, BLANKS)) {
		if (n > 0)
			args[n++] = ' ';
		if (take_arg(&p, args, &n, e) == -1)
			return -1;
	}
	args[n] = '\0';
	return 0;
}

static int
add(struct sshd_conf *c, const char *file, unsigned line, bool match,
    const char *word, const char *args, struct err *e)
{
	struct directive *d;

	if (c->count == SSHD_LINES_MAX)
		return err_set(
		    e, EFBIG, "more than %d directives", SSHD_LINES_MAX);
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_sys(e, "directive");
	d->file = strdup(file);
	d->args = strdup(args);
	if (d->file == NULL || d->args == NULL) {
		directive_free(d);
		return err_set(e, ENOMEM, "out of memory");
	}
	d->line = line;
	d->match = match;
	(void)snprintf(d->word, sizeof(d->word), "%s", word);
	if (c->last == NULL)
		c->first = d;
	else
		c->last->next = d;
	c->last = d;
	c->count++;
	return 0;
}

/* Where one file is being read. */
struct place {
	struct sshd_conf *conf;
	const char *file;
	unsigned line;
	bool match;
	int depth; /* -1: Include is not followed */
};

static int
unreadable(const char *path, int code)
{
	(void)path;
	return code == EACCES || code == EPERM;
}

/* glob() takes a file behind a closed folder for one that is not there; a
 * plain path is therefore opened, and only a true absence is passed over. */
static int
include_path(struct place *at, const char *path, struct err *e)
{
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	return read_file(at->conf, path, at->match, at->depth + 1, e);
}

static int
include_all(struct place *at, const char *pattern, struct err *e)
{
	glob_t g = { 0 };
	int rc = glob(pattern, 0, unreadable, &g);

	if (rc != 0 && rc != GLOB_NOMATCH)
		rc = err_set(e, EACCES, "may not look into %s", pattern);
	else
		rc = 0;
	for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++)
		rc = read_file(
		    at->conf, g.gl_pathv[i], at->match, at->depth + 1, e);
	globfree(&g);
	return rc;
}

static int
include(struct place *at, char *patterns, struct err *e)
{
	char path[SSHD_ARGS_MAX + 16], *save = NULL;
	int rc = 0;

	if (strchr(patterns, HARD_BLANK) != NULL)
		return err_set(e, EBADMSG,
		    "%s:%u: Include of a path with a blank", at->file,
		    at->line);
	for (char *p = strtok_r(patterns, " ", &save); p != NULL && rc == 0;
	     p = strtok_r(NULL, " ", &save)) {
		(void)snprintf(path, sizeof(path), "%s%s",
		    *p == '/' ? "" : "/etc/ssh/", p);
		rc = strpbrk(path, "*?[\\") == NULL ? include_path(at, path, e)
						    : include_all(at, path, e);
	}
	return rc;
}

static int
one_line(struct place *at, const char *text, struct err *e)
{
	char word[SSHD_WORD_MAX], args[SSHD_ARGS_MAX];

	text += strspn(text, BLANKS);
	if (*text == '\0' || *text == '#')
		return 0;
	if (take_word(&text, word, e) == -1 || take_args(text, args, e) == -1)
		return err_in(e, "%s:%u", at->file, at->line);
	if (strcmp(word, "match") == 0) {
		at->match = true;
		return 0;
	}
	if (strcmp(word, "include") == 0 && at->depth >= 0)
		return include(at, args, e);
	if (add(at->conf, at->file, at->line, at->match, word, args, e) == -1)
		return err_in(e, "%s:%u", at->file, at->line);
	return 0;
}

static int
all_lines(struct place *at, const char *text, size_t len, struct err *e)
{
	char line[SSHD_ARGS_MAX + SSHD_WORD_MAX];
	size_t n;

	for (const char *end = text + len; text < end; text += n + 1) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		n = (size_t)((stop == NULL ? end : stop) - text);
		at->line++;
		if (n >= sizeof(line) || memchr(text, '\0', n) != NULL)
			return err_set(e, EBADMSG,
			    "%s:%u: line too long, or a NUL in it", at->file,
			    at->line);
		memcpy(line, text, n);
		line[n] = '\0';
		if (one_line(at, line, e) == -1)
			return -1;
	}
	return 0;
}

int
sshd_conf_text(struct sshd_conf *c, const char *file, const char *text,
    size_t len, bool match, struct err *e)
{
	struct place at = {
		.conf = c, .file = file, .match = match, .depth = -1
	};

	return all_lines(&at, text, len, e);
}

static int
read_file(
    struct sshd_conf *c, const char *path, bool match, int depth, struct err *e)
{
	struct place at = {
		.conf = c, .file = path, .match = match, .depth = depth
	};
	own_bytes struct bytes text = { 0 };
	own_fd int fd = -1;

	if (depth > DEPTH_MAX || c->files++ == SSHD_FILES_MAX)
		return err_set(e, ELOOP, "%s: too many Includes", path);
	/* Links are followed, as sshd does. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "open %s", path);
	if (file_read_fd(fd, SSHD_FILE_MAX, &text, e) == -1)
		return err_in(e, "%s", path);
	return all_lines(&at, text.p, text.len, e);
}

int
sshd_conf_read(struct sshd_conf *c, const char *path, struct err *e)
{
	return read_file(c, path, false, 0, e);
}

const struct directive *
sshd_conf_find(const struct sshd_conf *c, const char *word)
{
	const struct directive *d = c->first;

	while (d != NULL && (d->match || strcmp(d->word, word) != 0))
		d = d->next;
	return d;
}
