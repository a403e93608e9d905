/* SPDX-License-Identifier: MIT */
/*
 * The vault: links to generations. Whatever is killed, a purpose leads to one
 * whole generation or to none. What is not here: who may ask, what a key can
 * do, whether a certificate is any good.
 */
#include <sys/stat.h>

#include <openssl/pem.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "document.h"
#include "file.h"
#include "vault.h"

#define GENERATION_LEN 17 /* '+' and 16 hex digits; no purpose begins so */
#define KEY_PEM_MAX    4096

OWN_POINTER(bio, BIO, (void)BIO_free)
#define own_bio __attribute__((cleanup(own_bio_free), unused))

void
held_free(struct held *h)
{
	EVP_PKEY_free(h->soft);
	OPENSSL_cleanse(h, sizeof(*h));
}

const char *
origin_name(enum origin o)
{
	static const char *const names[] = {
		[ORIGIN_TPM] = "tpm", [ORIGIN_SOFTWARE] = "software"
	};

	return names[o];
}

/* --- links and folders --------------------------------------------------- */

static bool
is_generation(const char *name)
{
	return name[0] == '+' && strlen(name) == GENERATION_LEN &&
	    strspn(name + 1, "0123456789abcdef") == GENERATION_LEN - 1;
}

/* Where purpose leads; ENOENT: nowhere. */
static int
target(int state, const char *purpose, char out[static GENERATION_LEN + 1],
    struct err *e)
{
	ssize_t n = readlinkat(state, purpose, out, GENERATION_LEN + 1);

	if (n == -1 && errno == ENOENT)
		return err_set(e, ENOENT,
		    "there is no key for %s: key.create makes it", purpose);
	if (n == -1)
		return err_sys(e, "key %s", purpose);
	out[n > GENERATION_LEN ? GENERATION_LEN : n] = '\0';
	if (!is_generation(out))
		return err_set(e, EBADMSG,
		    "key %s: its link leads astray; remove it and enrol the "
		    "unit again",
		    purpose);
	return 0;
}

static int
open_generation(int state, const char *name, struct err *e)
{
	int fd = openat(
	    state, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, "generation %s", name);
	return fd;
}

static int
open_purpose(int state, const char *purpose, struct err *e)
{
	char name[GENERATION_LEN + 1];

	if (target(state, purpose, name, e) == -1)
		return -1;
	return open_generation(state, name, e);
}

/* --- reading ------------------------------------------------------------- */

static int
read_into(int dir, const char *name, uint8_t *out, size_t size, size_t *len,
    struct err *e)
{
	own_bytes struct bytes b = { 0 };

	if (file_read(dir, name, size, &b, e) == -1)
		return -1;
	memcpy(out, b.p, b.len);
	*len = b.len;
	return 0;
}

static int
read_tpm(int dir, struct held *h, struct err *e)
{
	struct tpm_key *k = &h->tpm;

	h->origin = ORIGIN_TPM;
	if (read_into(dir, "tpm.pub", k->pub, sizeof(k->pub), &k->pub_len, e) ==
		-1 ||
	    read_into(dir, "tpm.priv", k->priv, sizeof(k->priv), &k->priv_len,
		e) == -1)
		return -1;
	return tpm_key_point(k, h->point, e);
}

static int
no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static int
read_soft(int dir, struct held *h, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_bio BIO *bio = NULL;

	h->origin = ORIGIN_SOFTWARE;
	if (file_read(dir, "key.pem", KEY_PEM_MAX, &pem, e) == -1)
		return -1;
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	if (bio != NULL)
		h->soft =
		    PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
	if (h->soft == NULL)
		return err_ssl(e, "key.pem");
	return key_point(h->soft, h->point, e);
}

static int
read_cn(int dir, struct held *h, struct err *e)
{
	size_t n = 0;

	if (faccessat(dir, "cn", F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (read_into(dir, "cn", (uint8_t *)h->cn, X509_CN_MAX, &n, e) == -1)
		return -1;
	h->cn[n] = '\0';
	return 0;
}

int
vault_get(int state, const char *purpose, struct held *h, struct err *e)
{
	own_fd int dir = open_purpose(state, purpose, e);
	int rc;

	memset(h, 0, sizeof(*h));
	if (dir == -1)
		return -1;
	if (faccessat(dir, "tpm.pub", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = read_tpm(dir, h, e);
	else
		rc = read_soft(dir, h, e);
	if (rc == 0)
		rc = read_cn(dir, h, e);
	if (rc == 0)
		return 0;
	/* Not the code of "there is none": a damaged key is not made anew. */
	if (e->code == ENOENT)
		e->code = EBADMSG;
	held_free(h);
	return err_in(e, "key %s", purpose);
}

STACK_OF(X509) * vault_chain(int state, const char *purpose, struct err *e)
{
	own_fd int dir = open_purpose(state, purpose, e);
	own_bytes struct bytes pem = { 0 };

	if (dir == -1)
		return NULL;
	if (faccessat(dir, "chain.pem", F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return (void)err_set(e, ENOENT,
			   "there is no certificate for %s yet", purpose),
		       NULL;
	if (file_read(dir, "chain.pem", X509_PEM_MAX, &pem, e) == -1)
		return NULL;
	return x509_chain_parse(pem.p, pem.len, e);
}

/* --- writing ------------------------------------------------------------- */

static int
write_soft(int dir, EVP_PKEY *key, struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long n;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return err_ssl(e, "key.pem");
	n = BIO_get_mem_data(bio, &text);
	return file_write(dir, "key.pem", text, (size_t)n, FILE_SECRET, e);
}

static int
write_key(int dir, const struct held *h, struct err *e)
{
	const struct tpm_key *k = &h->tpm;

	if (h->origin == ORIGIN_SOFTWARE)
		return write_soft(dir, h->soft, e);
	if (file_write(dir, "tpm.priv", k->priv, k->priv_len, FILE_SECRET, e) ==
	    -1)
		return -1;
	return file_write(dir, "tpm.pub", k->pub, k->pub_len, FILE_SECRET, e);
}

static int
new_generation(int state, char name[static GENERATION_LEN + 1], struct err *e)
{
	uint8_t id[(GENERATION_LEN - 1) / 2];

	if (random_bytes(id, sizeof(id), e) == -1)
		return -1;
	name[0] = '+';
	hex_encode(id, sizeof(id), name + 1);
	if (mkdirat(state, name, 0700) == -1)
		return err_sys(e, "generation %s", name);
	return open_generation(state, name, e);
}

/* file_link() ends in an fsync of state, which makes the new folder's own name
 * durable before or with the link to it. */
int
vault_put(int state, const char *purpose, const struct held *h, struct err *e)
{
	char name[GENERATION_LEN + 1];
	own_fd int dir = new_generation(state, name, e);

	if (dir == -1)
		return -1;
	if (write_key(dir, h, e) == -1 || fsync(state) == -1 ||
	    file_link(state, name, purpose, e) == -1)
		return err_in(e, "key %s", purpose);
	return vault_sweep(state, e);
}

int
vault_put_cn(int state, const char *purpose, const char *cn, struct err *e)
{
	own_fd int dir = open_purpose(state, purpose, e);

	if (dir == -1)
		return -1;
	return file_write(dir, "cn", cn, strlen(cn), FILE_SECRET, e);
}

int
vault_put_chain(
    int state, const char *purpose, const struct bytes *pem, struct err *e)
{
	own_fd int dir = open_purpose(state, purpose, e);

	if (dir == -1)
		return -1;
	return file_write(dir, "chain.pem", pem->p, pem->len, FILE_PUBLIC, e);
}

int
vault_promote(int state, const char *purpose, struct err *e)
{
	char pending[KEY_PURPOSE_MAX + 1], name[GENERATION_LEN + 1];

	(void)snprintf(pending, sizeof(pending), "%s" DOC_PENDING, purpose);
	if (target(state, pending, name, e) == -1 ||
	    file_link(state, name, purpose, e) == -1)
		return -1;
	/* Killed here: both lead to one generation, and the sweep goes on. */
	return vault_sweep(state, e);
}

/* --- sweeping ------------------------------------------------------------ */

struct sweep {
	int state;
	struct err *e;
};

/* Calls fn for each name of the folder; stops at the first -1. */
static int
each(struct sweep *s, int (*fn)(struct sweep *, const char *, void *),
    void *args)
{
	int fd = openat(s->state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return err_sys(s->e, "state folder");
	}
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = fn(s, entry->d_name, args);
	(void)closedir(d);
	return rc;
}

struct wanted {
	const char *name;
	bool found;
};

static int
leads_to(struct sweep *s, const char *link, void *args)
{
	char name[GENERATION_LEN + 1];
	struct wanted *w = args;
	struct err ignored;

	if (link[0] != '+' && link[0] != '.' &&
	    target(s->state, link, name, &ignored) == 0 &&
	    strcmp(name, w->name) == 0)
		w->found = true;
	return 0;
}

/* A generation that no link leads to goes; in another, temporary names go. */
static int
tidy_generation(struct sweep *s, const char *name, void *args)
{
	struct wanted w = { name, false };

	(void)args;
	if (!is_generation(name))
		return 0;
	if (each(s, leads_to, &w) == -1)
		return -1;
	if (w.found)
		return file_sweep(s->state, name, s->e);
	return file_remove_tree(s->state, name, s->e);
}

/* A pending link that leads where the active one does was being promoted. */
static int
drop_promoted(struct sweep *s, const char *link, void *args)
{
	char active[KEY_PURPOSE_MAX + 1], a[GENERATION_LEN + 1],
	    b[GENERATION_LEN + 1];
	const size_t n = doc_active_len(link);
	struct err ignored;

	(void)args;
	if (link[n] == '\0' || n == 0 || n > DOC_PURPOSE_MAX)
		return 0;
	(void)snprintf(active, sizeof(active), "%.*s", (int)n, link);
	if (target(s->state, link, a, &ignored) == -1 ||
	    target(s->state, active, b, &ignored) == -1 || strcmp(a, b) != 0)
		return 0;
	return file_remove(s->state, link, s->e);
}

int
vault_sweep(int state, struct err *e)
{
	struct sweep s = { state, e };

	if (file_sweep(state, ".", e) == -1 ||
	    each(&s, drop_promoted, NULL) == -1)
		return -1;
	return each(&s, tidy_generation, NULL);
}
