/* SPDX-License-Identifier: MIT */
/*
 * What responders said. The certificate is looked up in the index, by any
 * algorithm's hash data; its answer's name is made of its SHA-256 hash data, so
 * keeping and finding it are two files and no scan. Only when there is none of
 * that name is the folder looked through, for one that EVerest wrote.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "answers.h"
#include "digest.h"
#include "file.h"
#include "ocsp.h"
#include "own.h"
#include "verify.h"

#define FOLDER_MAX    256
#define OCSP_FILE_MAX (FOLDER_MAX + 64)
#define HASH_MAX      1024
#define NAME_DIGITS   32

static void
own_dir_close(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}
#define own_dir __attribute__((cleanup(own_dir_close), unused))

struct place {
	const struct cert *cert, *issuer;
	struct cert_hash_data hash; /* SHA-256, whatever was asked with */
	char folder[FOLDER_MAX];
	char lines[sizeof(struct cert_hash_data) + 16]; /* of the .hash */
	char stem[FOLDER_MAX + NAME_DIGITS + 8];        /* FOLDER/NAME_ocsp */
};

/* --- whose answer --------------------------------------------------------- */

static bool
is_it(const struct cert *x, const struct cert *issuer,
    const struct cert_hash_data *d)
{
	struct cert_hash_data own;

	/* The serial is a text: the hashes are made for few. */
	if (issuer == NULL ||
	    strcasecmp(x->serial, d->serial + strspn(d->serial, "0")) != 0)
		return false;
	cert_hash_data(x, issuer, d->algorithm, &own);
	return cert_hash_equal(&own, d);
}

/* An authority of a leaf's chain is no entry of its own. */
static const struct entry *
find_in_chains(
    const struct certs *c, const struct cert_hash_data *d, struct place *p)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *n = &c->entries[i];

		for (int k = 1; n->leaf && k < n->pub.chain_count; k++) {
			p->cert = n->pub.chain_certs[k];
			p->issuer = k + 1 < n->pub.chain_count
			    ? n->pub.chain_certs[k + 1]
			    : index_issuer(c, p->cert, CERTS_DOMAINS);
			if (is_it(p->cert, p->issuer, d))
				return n;
		}
	}
	return NULL;
}

static void
name_it(struct place *p, const char *file)
{
	const char *slash = strrchr(file, '/');
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];
	struct err unsaid;

	cert_hash_data(p->cert, p->issuer, CERT_SHA256, &p->hash);
	(void)snprintf(p->lines, sizeof(p->lines), "%s\n%s\n%s\n%s\n",
	    cert_hash_name(CERT_SHA256), p->hash.issuer_name,
	    p->hash.issuer_key, p->hash.serial);
	(void)sha256(p->lines, strlen(p->lines), digest, &unsaid);
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(p->folder, sizeof(p->folder), "%.*socsp",
	    slash == NULL ? 0 : (int)(slash + 1 - file), file);
	(void)snprintf(p->stem, sizeof(p->stem), "%s/%.*s_ocsp", p->folder,
	    NAME_DIGITS, hex);
}

static enum certs_result
find_place(const struct certs *c, const struct cert_hash_data *d,
    struct place *p, struct err *e)
{
	const struct entry *n = index_find(c, d);

	if (n != NULL) {
		p->cert = n->pub.cert;
		p->issuer = n->issuer;
	} else if ((n = find_in_chains(c, d, p)) == NULL) {
		return certs_say(e, CERTS_NOT_FOUND, "serial %.40s", d->serial);
	}
	if (p->issuer == NULL)
		return certs_say(
		    e, CERTS_ISSUER_NOT_FOUND, "serial %.40s", d->serial);
	name_it(p, n->pub.file);
	return CERTS_ACCEPTED;
}

/* --- answers by other names ----------------------------------------------- */

static bool
is_hash_file(const char *name, const struct place *p)
{
	size_t n = strlen(name);
	const char *own = strrchr(p->stem, '/') + 1;

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".hash") == 0 &&
	    strncmp(name, own, strlen(own)) != 0;
}

static bool
tells_of(const struct certs *c, const char *file, const struct place *p)
{
	own_bytes struct bytes text = { 0 };
	struct cert_hash_data d;
	struct err unsaid;

	return file_read(c->root, file, HASH_MAX, &text, &unsaid) == 0 &&
	    answers_parse(text.p, text.len, &d, &unsaid) == 0 &&
	    is_it(p->cert, p->issuer, &d);
}

/* The next foreign answer about it: its name without ".hash". */
static bool
next_foreign(const struct certs *c, DIR *dir, const struct place *p, char *stem,
    size_t size)
{
	const struct dirent *d;
	int n;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (!is_hash_file(d->d_name, p))
			continue;
		n = snprintf(stem, size, "%s/%s", p->folder, d->d_name);
		if (n < 0 || (size_t)n >= size || !tells_of(c, stem, p))
			continue;
		stem[n - 5] = '\0';
		return true;
	}
	return false;
}

static DIR *
open_folder(const struct certs *c, const struct place *p)
{
	int fd = openat(c->root, p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (dir == NULL && fd != -1)
		(void)close(fd);
	return dir;
}

/* --- keeping -------------------------------------------------------------- */

/* DER as it is, or out of base64; NULL: neither. */
static void *
to_der(const void *data, size_t *len, struct err *e)
{
	own_str char *text = strndup(data, *len);
	unsigned char *der = malloc(OCSP_DER_MAX);
	long n = -1;

	if (text != NULL && der != NULL && *len > 0 &&
	    ((const unsigned char *)data)[0] == 0x30 &&
	    strlen(text) != *len) /* DER of any length holds a NUL */
		n = *len <= OCSP_DER_MAX ? (long)*len : -1;
	if (n > 0)
		memcpy(der, data, *len);
	else if (text != NULL && der != NULL && strlen(text) == *len)
		n = base64_decode(text, der, OCSP_DER_MAX);
	if (n > 0) {
		*len = (size_t)n;
		return der;
	}
	free(der);
	(void)certs_say(e, CERTS_INVALID_FORMAT,
	    "an OCSP response, in DER or base64, of at most %d bytes",
	    OCSP_DER_MAX);
	return NULL;
}

static int
put_files(struct certs *c, const struct place *p, const void *der, size_t len,
    struct commit *commit, struct err *e)
{
	own_dir DIR *dir = open_folder(c, p);
	char name[OCSP_FILE_MAX], stem[FOLDER_MAX];

	(void)snprintf(name, sizeof(name), "%s.der", p->stem);
	if (commit_put(commit, name, der, len, 0644, e) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%s.hash", p->stem);
	if (commit_put(commit, name, p->lines, strlen(p->lines), 0644, e) == -1)
		return -1;
	while (next_foreign(c, dir, p, stem, sizeof(stem))) {
		(void)snprintf(name, sizeof(name), "%s.hash", stem);
		if (commit_remove(commit, name, e) == -1)
			return -1;
		(void)snprintf(name, sizeof(name), "%s.der", stem);
		if (faccessat(c->root, name, F_OK, 0) == 0 &&
		    commit_remove(commit, name, e) == -1)
			return -1;
	}
	return 0;
}

static enum certs_result
keep(struct certs *c, const struct place *p, const void *der, size_t len,
    struct err *e)
{
	struct commit *commit;
	struct err why;

	if (mkdirat(c->root, p->folder, 0755) == -1 && errno != EEXIST)
		return certs_say(e, CERTS_WRITE_ERROR, "folder %s: %s",
		    p->folder, strerror(errno));
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    put_files(c, p, der, len, commit, &why) == -1) {
		commit_drop(commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "OCSP response: %.150s", why.text);
	}
	return store_commit(c, commit, "OCSP response", e);
}

static enum certs_result
judge(const struct certs *c, const struct place *p, const void *der, size_t len,
    struct err *e)
{
	const struct verify_answer answer = { der, len, false };
	enum certs_result r;
	int status;

	if (!certs_clock_valid(c))
		return certs_say(e, CERTS_CLOCK_INVALID, "OCSP response");
	r = verify_answer(
	    p->cert->x, p->issuer->x, &answer, certs_now(c), &status);
	return r == CERTS_ACCEPTED
	    ? r
	    : certs_say(e, r, "OCSP response about serial %s", p->cert->serial);
}

enum certs_result
ocsp_put(struct certs *c, const struct cert_hash_data *d, const void *data,
    size_t len, struct err *e)
{
	own_fd int lock = -1;
	own_str char *der = to_der(data, &len, e);
	struct place p;
	enum certs_result r;

	if (der == NULL)
		return CERTS_INVALID_FORMAT;
	if ((lock = store_begin(c, e)) == -1)
		return CERTS_FAILED;
	if ((r = find_place(c, d, &p, e)) != CERTS_ACCEPTED ||
	    (r = judge(c, &p, der, len, e)) != CERTS_ACCEPTED)
		return r;
	return keep(c, &p, der, len, e);
}

/* --- finding -------------------------------------------------------------- */

/* The answer of this name, if it is of its time. */
static enum certs_result
take(const struct certs *c, const struct place *p, const char *stem,
    struct bytes *out)
{
	own_bytes struct bytes der = { 0 };
	char name[OCSP_FILE_MAX];
	struct verify_answer answer = { .known = true };
	struct err unsaid;
	enum certs_result r;
	int status;

	(void)snprintf(name, sizeof(name), "%s.der", stem);
	if (file_read(c->root, name, OCSP_DER_MAX, &der, &unsaid) == -1)
		return CERTS_NOT_FOUND;
	answer.der = der.p;
	answer.len = der.len;
	r = verify_answer(
	    p->cert->x, p->issuer->x, &answer, certs_now(c), &status);
	if (r != CERTS_ACCEPTED)
		return CERTS_NOT_FOUND_VALID;
	bytes_add(out, der.p, der.len);
	return out->bad ? CERTS_FAILED : CERTS_ACCEPTED;
}

enum certs_result
ocsp_get(const struct certs *c, const struct cert_hash_data *d,
    struct bytes *out, struct err *e)
{
	own_dir DIR *dir = NULL;
	char stem[FOLDER_MAX];
	struct place p;
	enum certs_result r = find_place(c, d, &p, e), other;

	if (r != CERTS_ACCEPTED ||
	    (r = take(c, &p, p.stem, out)) == CERTS_ACCEPTED)
		return r;
	dir = open_folder(c, &p);
	while (r != CERTS_ACCEPTED &&
	    next_foreign(c, dir, &p, stem, sizeof(stem))) {
		other = take(c, &p, stem, out);
		if (other != CERTS_NOT_FOUND)
			r = other;
	}
	return r == CERTS_ACCEPTED
	    ? r
	    : certs_say(e, r, "OCSP response about serial %s", p.cert->serial);
}
