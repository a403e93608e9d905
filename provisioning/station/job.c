/* SPDX-License-Identifier: MIT */
/*
 * From the words of the command line to open files and read secrets. All of it
 * happens before the first unit is touched: a day that can not be ended is not
 * begun.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "file.h"
#include "job.h"
#include "own.h"

#define PASSWORD_MAX    1024
#define JOBS_MAX        128
#define JOBS_DEFAULT    16
#define TIMEOUT_DEFAULT 10

#define AT(m)           offsetof(struct job, m)
static const struct word {
	const char *name;
	size_t at;
	enum {
		TEXT,
		SWITCH,
		LIST
	} kind;
} known_words[] = {
	{ "units", AT(units_path), TEXT },
	{ "bundle", AT(bundle_path), TEXT },
	{ "bundle-fd", AT(bundle_fd), TEXT },
	{ "snapshot", AT(snapshot), TEXT },
	{ "name", AT(name), TEXT },
	{ "model", AT(model), TEXT },
	{ "hardware", AT(hardware), TEXT },
	{ "revisions", AT(revisions), TEXT },
	{ "user", AT(user), TEXT },
	{ "port", AT(port_text), TEXT },
	{ "out", AT(out), TEXT },
	{ "anchors", AT(anchors_path), TEXT },
	{ "claim", AT(claim_path), TEXT },
	{ "identity", AT(identity), TEXT },
	{ "password-fd", AT(password_fd), TEXT },
	{ "jobs", AT(jobs_text), TEXT },
	{ "timeout", AT(timeout_text), TEXT },
	{ "package", AT(package_path), LIST },
	{ "lock", AT(lock), SWITCH },
	{ "pinned", AT(pinned), SWITCH },
	{ "unconfirmed", AT(unconfirmed), SWITCH },
	{ "json", AT(json), SWITCH },
};

static int
list_add(const char **list, const char *value, struct err *e)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	if (n == JOB_PACKAGES_MAX)
		return err_set(
		    e, E2BIG, "more than %d packages", JOB_PACKAGES_MAX);
	list[n] = value;
	return 0;
}

static int
put(struct job *j, const char *word, struct err *e)
{
	size_t n = strcspn(word, "=");
	const struct word *w;
	char *at;

	for (size_t i = 0; i < sizeof(known_words) / sizeof(*w); i++) {
		w = &known_words[i];
		at = (char *)j + w->at;
		if (strlen(w->name) != n || strncmp(w->name, word, n) != 0)
			continue;
		word += n + (word[n] == '=');
		if (w->kind == LIST)
			return list_add((const char **)(void *)at, word, e);
		if (w->kind == SWITCH)
			*(bool *)(void *)at = true;
		else
			*(const char **)(void *)at = word;
		return 0;
	}
	return err_set(e, EINVAL, "--%.*s is not known here", (int)n, word);
}

static int
number(const char *what, const char *text, long min, long max, long otherwise,
    long *out, struct err *e)
{
	char *end;

	*out = otherwise;
	if (text == NULL)
		return 0;
	*out = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || *out < min || *out > max)
		return err_set(
		    e, EINVAL, "--%s is a number, %ld to %ld", what, min, max);
	return 0;
}

int
job_read(struct job *j, char *const *words, struct err *e)
{
	long timeout_s, port;

	memset(j, 0, sizeof(*j));
	j->bundle.fd = -1;
	for (; *words != NULL && strcmp(*words, "--") != 0; words++)
		if (strncmp(*words, "--", 2) != 0 ||
		    put(j, *words + 2, e) == -1)
			return err_in(e, "%s", *words);
	j->operands = *words == NULL ? words : words + 1;
	if (j->bundle_fd == NULL || j->out == NULL)
		return err_set(e, EINVAL,
		    "this program is run by \"ingot line\" and \"ingot push\"");
	if (number("jobs", j->jobs_text, 1, JOBS_MAX, JOBS_DEFAULT, &j->jobs,
		e) == -1 ||
	    number("timeout", j->timeout_text, 2, 300, TIMEOUT_DEFAULT,
		&timeout_s, e) == -1 ||
	    number("port", j->port_text, 1, 65535, 22, &port, e) == -1)
		return -1;
	j->timeout_s = (unsigned)timeout_s;
	j->defaults = (struct unit_defaults){
		.user = j->user == NULL ? "root" : j->user,
		.model = j->model == NULL ? "" : j->model,
		.hardware = j->hardware == NULL ? "" : j->hardware,
		.port = (uint16_t)port,
	};
	return 0;
}

/* fd is the file's from here on. */
static int
know(struct job_file *f, int fd, const char *path, const char *suffix,
    struct err *e)
{
	uint8_t hash[SHA256_LEN];
	struct stat st;

	f->path = path;
	f->suffix = suffix;
	f->fd = fd;
	if (fd == -1 || fstat(fd, &st) == -1)
		return err_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size == 0 ||
	    (uint64_t)st.st_size > JOB_FILE_MAX)
		return err_set(e, EINVAL,
		    "%s: not a regular file of 1 byte to 2 GiB", path);
	f->size = (uint64_t)st.st_size;
	if (sha256_fd(fd, hash, e) == -1)
		return err_in(e, "%s", path);
	hex_encode(hash, sizeof(hash), f->sha256);
	return 0;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static int
open_packages(struct job *j, struct err *e)
{
	const char *path;
	bool deb;

	for (; (path = j->package_path[j->packages]) != NULL; j->packages++) {
		deb = ends_with(path, ".deb");
		if (!deb && !ends_with(path, ".ipk"))
			return err_set(e, EINVAL,
			    "%s is neither a .deb nor an .ipk", path);
		if (j->packages > 0 && j->ipk == deb)
			return err_set(e, EINVAL, ".deb and .ipk in one day");
		j->ipk = !deb;
		if (know(&j->package[j->packages],
			open(path, O_RDONLY | O_CLOEXEC), path,
			deb ? ".deb" : ".ipk", e) == -1)
			return -1;
	}
	return 0;
}

static int
read_claim(struct job *j, struct err *e)
{
	static const char *const names[] = {
		[CLAIM_CERT] = "cert.pem",
		[CLAIM_KEY] = "key.pem",
		[CLAIM_CA] = "ca.pem",
	};
	own_fd int dir = -1;

	_Static_assert(
	    sizeof(names) / sizeof(*names) == CLAIM_FILES, "a name for each");
	if (j->claim_path == NULL)
		return 0;
	dir = open(j->claim_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "--claim %s", j->claim_path);
	for (size_t i = 0; i < CLAIM_FILES; i++)
		if (file_read(dir, names[i], JOB_CLAIM_MAX, &j->claim[i], e) ==
		    -1)
			return err_in(e,
			    "--claim %s (as ingot-provision claim --out makes "
			    "it)",
			    j->claim_path);
	return 0;
}

static int
read_password(struct job *j, struct err *e)
{
	size_t n = 0;
	ssize_t got = 1;
	long fd;

	if (j->password_fd == NULL)
		return 0;
	if (number("password-fd", j->password_fd, 0, 1023, -1, &fd, e) == -1)
		return -1;
	if ((j->password = calloc(1, PASSWORD_MAX + 1)) == NULL)
		return err_set(e, ENOMEM, "no memory");
	while (n < PASSWORD_MAX && got > 0) {
		got = read((int)fd, j->password + n, PASSWORD_MAX - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got == -1)
		return err_sys(e, "--password-fd %ld", fd);
	j->password[strcspn(j->password, "\r\n")] = '\0';
	if (*j->password == '\0')
		return err_set(
		    e, ENODATA, "--password-fd %ld gives no password", fd);
	return 0;
}

/* What "done" depends on: a unit that was cast with another bundle, or only
 * applied where it is now to be locked, is not done. */
static int
make_goal(struct job *j, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	uint8_t hash[SHA256_LEN];

	bytes_fmt(&text, "%s %d %d", j->bundle.sha256, (int)j->lock,
	    (int)(j->claim_path != NULL));
	for (size_t i = 0; i < j->packages; i++)
		bytes_fmt(&text, " %s", j->package[i].sha256);
	if (text.bad || sha256(text.p, text.len, hash, e) == -1)
		return err_set(e, ENOMEM, "no memory");
	hex_encode(hash, sizeof(hash), j->goal);
	return 0;
}

int
job_open(struct job *j, struct err *e)
{
	long fd;

	if (number("bundle-fd", j->bundle_fd, 3, 1023, -1, &fd, e) == -1 ||
	    know(&j->bundle, (int)fd, j->bundle_path, ".ingot", e) == -1 ||
	    open_packages(j, e) == -1 || read_claim(j, e) == -1 ||
	    read_password(j, e) == -1)
		return -1;
	if (j->anchors_path != NULL &&
	    file_read(
		AT_FDCWD, j->anchors_path, JOB_CLAIM_MAX, &j->anchors, e) == -1)
		return -1;
	if (j->identity != NULL && access(j->identity, R_OK) == -1)
		return err_sys(e, "--identity %s", j->identity);
	return make_goal(j, e);
}

void
job_close(struct job *j)
{
	for (size_t i = 0; i < CLAIM_FILES; i++)
		bytes_free(&j->claim[i]);
	bytes_free(&j->anchors);
	for (size_t i = 0; i < j->packages; i++)
		(void)close(j->package[i].fd);
	if (j->bundle.fd != -1)
		(void)close(j->bundle.fd);
	if (j->password != NULL)
		explicit_bzero(j->password, PASSWORD_MAX);
	free(j->password);
}

/* A unit that would refuse the bundle is not begun. */
static int
fits(const struct job *j, const struct unit *u, struct err *e)
{
	char wanted[UNIT_TEXT_MAX + 3];

	if (j->model != NULL && *u->model != '\0' &&
	    strcmp(u->model, j->model) != 0)
		return err_set(e, EINVAL,
		    "unit %s is a \"%s\", but the bundle is for \"%s\"",
		    u->name, u->model, j->model);
	(void)snprintf(wanted, sizeof(wanted), ",%s,", u->hardware);
	if (j->revisions != NULL && *u->hardware != '\0' &&
	    strstr(j->revisions, wanted) == NULL)
		return err_set(e, EINVAL,
		    "unit %s has hardware \"%s\", but the bundle is for %.*s",
		    u->name, u->hardware, (int)strlen(j->revisions) - 2,
		    j->revisions + 1);
	return 0;
}

int
job_units(const struct job *j, struct units *l, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(l, 0, sizeof(*l));
	if (j->units_path == NULL) {
		if (units_words(l, j->operands, &j->defaults, e) == -1)
			return -1;
	} else if (file_read(AT_FDCWD, j->units_path, CSV_SIZE_MAX, &text, e) ==
		-1 ||
	    units_parse(l, j->units_path, text.p, text.len, &j->defaults, e) ==
		-1)
		return -1;
	for (size_t i = 0; i < l->count; i++)
		if (fits(j, &l->unit[i], e) == -1)
			return j->units_path == NULL
			    ? -1
			    : err_in(
				  e, "%s:%u", j->units_path, l->unit[i].line);
	return 0;
}
