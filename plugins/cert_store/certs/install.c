/* SPDX-License-Identifier: MIT */
/*
 * Anchors and keys come in. An anchor is taken only if it can be listed with
 * whole hash data and deleted by it again (D01): it is an authority above the
 * floor, and either signed by itself or by one that is here.
 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "index.h"
#include "journal.h"
#include "keyfile.h"
#include "own.h"
#include "x509.h"

#define ROOT_KIND "root" /* of standings: see choose.c */

int
store_pem(const struct cert *x, struct bytes *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n = 0;

	if (bio != NULL && PEM_write_bio_X509(bio, x->x) == 1)
		n = BIO_get_mem_data(bio, &p);
	if (n > 0)
		bytes_add(out, p, (size_t)n);
	BIO_free(bio);
	if (n <= 0)
		return err_ssl(e, "write a certificate");
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* A rename would put a file in the link's place, and who reads what it points
 * at would never see the change. */
int
store_is_link(const char *name, struct err *e)
{
	return err_set(e, ELOOP,
	    "%s is a symbolic link: name what it points at in the document",
	    name);
}

static bool
is_there(const struct certs *c, enum certs_domain d, const struct cert *x)
{
	for (size_t i = 0; i < c->anchors[d].n; i++)
		if (memcmp(c->anchors[d].v[i]->pub.cert->print, x->print,
			sizeof(x->print)) == 0)
			return true;
	return false;
}

static enum certs_result
check_itself(
    const struct certs *c, const struct cert *x, const char *who, struct err *e)
{
	enum certs_result r = clock_check(c, x);

	if (!x->ca)
		return certs_say(e, CERTS_NOT_A_CA, "%s", who);
	if (!cert_strong(x))
		return certs_say(e, CERTS_WEAK_KEY, "%s", who);
	if (r == CERTS_NOT_YET_VALID && c->config.future_anchors)
		r = CERTS_ACCEPTED;
	return r == CERTS_ACCEPTED ? r : certs_say(e, r, "%s", who);
}

static enum certs_result
check_issuer(const struct certs *c, enum certs_domain d, const struct cert *x,
    const char *who, struct err *e)
{
	const struct cert *by;
	bool ok;

	if (x->self_signed)
		return CERTS_ACCEPTED;
	if (memcmp(x->name_hash[0], x->issuer_hash[0], 32) == 0)
		return certs_say(e, CERTS_INVALID_SIGNATURE, "%s", who);
	if ((by = index_issuer(c, x, d)) == NULL)
		return certs_say(e, CERTS_ISSUER_NOT_FOUND, "%s", who);
	ok = X509_verify(x->x, X509_get0_pubkey(by->x)) == 1;
	ERR_clear_error();
	return ok ? CERTS_ACCEPTED
		  : certs_say(e, CERTS_INVALID_SIGNATURE, "%s", who);
}

static bool
on_trial(const struct certs *c)
{
	const struct list *l = &c->anchors[CERTS_CSMS];

	for (size_t i = 0; i < l->n; i++)
		if (standings_of(&c->standings, ROOT_KIND,
			l->v[i]->pub.cert->print) == STANDING_TRIAL)
			return true;
	return false;
}

/* OCPP 2.0.1, AdditionalRootCertificateCheck: one CSMS root, and beside it for
 * a while the one that the new one was signed by. */
static enum certs_result
check_additional(const struct certs *c, enum certs_domain d,
    const struct cert *x, const char *who, struct err *e)
{
	if (!c->config.additional_root || d != CERTS_CSMS ||
	    c->anchors[d].n == 0)
		return CERTS_ACCEPTED;
	if (on_trial(c))
		return certs_say(e, CERTS_POLICY_REFUSED,
		    "%s: another new root is on trial", who);
	if (x->self_signed)
		return certs_say(e, CERTS_POLICY_REFUSED,
		    "%s: not signed by the root that is installed", who);
	return CERTS_ACCEPTED;
}

static enum certs_result
check_limits(struct certs *c, enum certs_domain d, size_t bytes, struct err *e)
{
	const struct file *f =
	    index_is_bundle(c, d) ? index_file(c, c->config.anchors[d]) : NULL;
	size_t all = 0;

	for (int i = 0; i < CERTS_DOMAINS; i++)
		all += c->anchors[i].n;
	if (all >= c->config.max_anchors)
		return certs_say(e, CERTS_STORE_FULL, "%zu anchors", all);
	if (f != NULL &&
	    (f->count >= CERT_BUNDLE_MAX ||
		(size_t)f->st.st_size + bytes > CERT_FILE_MAX))
		return certs_say(e, CERTS_STORE_FULL, "%s", f->name);
	return store_room(c, f == NULL, bytes, e);
}

/* The bundle as it is, and the new one behind. A bundle that cannot be read is
 * not added to: nothing in it could be listed. */
static int
put_in_bundle(struct certs *c, const char *name, const struct bytes *pem,
    struct commit *commit, struct err *e)
{
	const struct file *f = index_file(c, name);
	own_bytes struct bytes all = { 0 };

	if (f != NULL && f->link)
		return store_is_link(name, e);
	if (f != NULL && f->st.st_size > 0 && f->unreadable)
		return err_set(e, EINVAL,
		    "%s holds something else than certificates: repair it",
		    name);
	if (f != NULL && f->count > 0) {
		own_fd int fd = openat(c->root, name, O_RDONLY | O_CLOEXEC);

		if (fd == -1)
			return err_sys(e, "open %s", name);
		if (file_read_fd(fd, CERT_FILE_MAX, &all, e) == -1)
			return -1;
		/* The one of a DER file cannot have a text behind it. */
		if (memmem(all.p, all.len, "-----BEGIN ", 11) == NULL) {
			bytes_free(&all);
			if (store_pem(f->certs[0], &all, e) == -1)
				return -1;
		}
		if (all.p[all.len - 1] != '\n')
			bytes_add(&all, "\n", 1);
	}
	bytes_add(&all, pem->p, pem->len);
	if (all.bad)
		return err_set(e, ENOMEM, "out of memory");
	return commit_put(commit, name, all.p, all.len, 0644, e);
}

static int
put_anchor(struct certs *c, enum certs_domain d, const struct bytes *pem,
    struct commit *commit, struct err *e)
{
	const char *place = c->config.anchors[d];
	char prefix[32], name[INDEX_PATH + 128];

	if (index_is_bundle(c, d))
		return put_in_bundle(c, place, pem, commit, e);
	(void)snprintf(
	    prefix, sizeof(prefix), "%s_ROOT_", certs_domain_name(d));
	if (store_name(c, place, prefix, ".pem", name, sizeof(name), e) == -1)
		return -1;
	return commit_put(commit, name, pem->p, pem->len, 0644, e);
}

static enum certs_result
write_anchor(struct certs *c, enum certs_domain d, const struct cert *x,
    const struct bytes *pem, const char *who, struct err *e)
{
	bool trial =
	    c->config.additional_root && d == CERTS_CSMS && c->anchors[d].n > 0;
	struct commit *commit;
	struct err why;
	int rc;

	if ((commit = commit_begin(c->root, &why)) == NULL)
		return certs_say(e, CERTS_WRITE_ERROR, "%s", why.text);
	rc = put_anchor(c, d, pem, commit, &why);
	if (rc == 0 && trial)
		rc = standings_set(
		    &c->standings, ROOT_KIND, x->print, STANDING_TRIAL, &why);
	if (rc == 0 && trial)
		rc = store_put_standings(c, commit, &why);
	if (rc == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", who, why.text);
	}
	return store_commit(c, commit, who, e);
}

static enum certs_result
install_anchor(
    struct certs *c, enum certs_domain d, const struct cert *x, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	enum certs_result r;
	char who[160];

	x509_subject(x->x, who, sizeof(who));
	if (is_there(c, d, x))
		return CERTS_ACCEPTED;
	if ((r = check_itself(c, x, who, e)) != CERTS_ACCEPTED ||
	    (r = check_issuer(c, d, x, who, e)) != CERTS_ACCEPTED ||
	    (r = check_additional(c, d, x, who, e)) != CERTS_ACCEPTED)
		return r;
	if (store_pem(x, &pem, e) == -1)
		return CERTS_FAILED;
	if ((r = check_limits(c, d, pem.len, e)) != CERTS_ACCEPTED)
		return r;
	return write_anchor(c, d, x, &pem, who, e);
}

enum certs_result
certs_install_anchor(struct certs *c, enum certs_domain d, const void *p,
    size_t len, struct err *e)
{
	struct cert *x[2];
	own_fd int lock = -1;
	enum certs_result r;
	struct err why;
	int n;

	if ((n = cert_parse(p, len, x, 2, &why)) == 2) {
		cert_free(x[1]);
		(void)err_set(&why, EINVAL, "more than one certificate");
	}
	if (n == 2)
		cert_free(x[0]);
	if (n != 1)
		return certs_say(e, CERTS_INVALID_FORMAT, "%.200s", why.text);
	lock = store_begin(c, e);
	r = lock == -1 ? CERTS_FAILED : install_anchor(c, d, x[0], e);
	cert_free(x[0]);
	return r;
}

/* --- keys ----------------------------------------------------------------- */

static enum certs_result
write_key(struct certs *c, const char *name, const void *pem, size_t len,
    const uint8_t hash[32], struct err *e)
{
	struct keyring_row *row = keyring_add(&c->keyring, name);
	struct commit *commit;
	struct err why;

	if (row == NULL)
		return certs_say(e, CERTS_STORE_FULL, "%s", KEYRING_FILE);
	row->known = true;
	memcpy(row->hash, hash, sizeof(row->hash));
	row->born = certs_clock_valid(c) ? certs_now(c) : 0;
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    commit_put(commit, name, pem, len, 0600, &why) == -1 ||
	    store_put_keyring(c, commit, &why) == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", name, why.text);
	}
	return store_commit(c, commit, name, e);
}

enum certs_result
certs_put_key(struct certs *c, enum certs_leaf k, const void *pem, size_t len,
    bool tpm, const void *spki, size_t spki_len, char name[128], struct err *e)
{
	own_fd int lock = store_begin(c, e);
	enum certs_result r;
	uint8_t hash[32];

	if (lock == -1)
		return CERTS_FAILED;
	if (len == 0 || len > INDEX_KEY_MAX ||
	    !keyfile_hash_spki(spki, spki_len, hash))
		return certs_say(e, CERTS_INVALID_FORMAT,
		    "a key of %zu bytes with this public half", len);
	if (store_name(c, index_key_folder(c, (int)k), store_prefix(k),
		tpm ? ".tkey" : ".key", name, 128, e) == -1)
		return CERTS_FAILED;
	if ((r = store_room(c, 1, len, e)) != CERTS_ACCEPTED)
		return r;
	return write_key(c, name, pem, len, hash, e);
}

enum certs_result
certs_drop_key(struct certs *c, const char *file, struct err *e)
{
	own_fd int lock = -1;
	char name[CHANGE_NAME];
	const struct file *f;
	struct commit *commit;
	struct err why;

	/* It may be the index's own name, which a refresh takes away. */
	(void)snprintf(name, sizeof(name), "%s", file);
	if ((lock = store_begin(c, e)) == -1)
		return CERTS_FAILED;
	f = index_file(c, name);
	if (f == NULL || f->role != FILE_KEY)
		return certs_say(e, CERTS_KEY_NOT_FOUND, "%.128s", name);
	/* One that cannot be told may be anybody's. */
	if (f->used || !f->has_key)
		return certs_say(e, CERTS_IN_USE, "%s", f->name);
	keyring_remove(&c->keyring, name);
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    commit_remove(commit, name, &why) == -1 ||
	    store_put_keyring(c, commit, &why) == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", name, why.text);
	}
	return store_commit(c, commit, name, e);
}
