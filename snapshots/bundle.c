/* SPDX-License-Identifier: MIT */
/*
 * Opening a bundle that somebody else made. The manifest says, in order, what
 * has to come; so a member that is missing, twice, in another place or not
 * listed is told at once, and no name, type or size of the archive is ever
 * believed: it has to be the one expected. Nothing is written before manifest,
 * signature, model and sequence are good. Meant to run in ingot-unpack, where
 * a fault in libarchive or zstd reaches nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "cms.h"
#include "file.h"
#include "own.h"
#include "package_file.h"
#include "tar_read.h"
#include "x509.h"

OWN_POINTER(tar, struct tar_reader, tar_reader_free)
OWN_POINTER(box, struct box_reader, box_reader_free)
#define own_box __attribute__((cleanup(own_box_free), unused))
#define own_tar __attribute__((cleanup(own_tar_free), unused))

/* Headers and padding that the archive may add to one member. */
#define OVERHEAD     4096
#define HEAD_ALLOWED (SNAPSHOT_MANIFEST_MAX + CMS_SIG_MAX + 16 * OVERHEAD)
#define TEMP         FILE_TEMP "member"

/* One bundle being opened. */
struct opening {
	struct tar_reader *tar;
	bool boxed;
	int dir;                        /* -1: only verified */
	struct bytes *proof;            /* receives that member; or NULL */
	char folder[SNAPSHOT_PATH_MAX]; /* the last one that was made */
};

/* manifest or signature: read whole, at most max bytes. */
static int
read_head(struct opening *o, const char *name, size_t max, struct bytes *out,
    struct err *e)
{
	struct tar_sink to = { .fd = -1, .text = out };
	struct tar_entry entry;

	if (tar_next(o->tar, name, &entry, e) == -1)
		return -1;
	if (entry.size > max)
		return err_set(
		    e, EFBIG, "%s is larger than %zu bytes", name, max);
	bytes_add(out, "", 0);
	if (tar_pour(o->tar, entry.size, &to, e) == -1)
		return err_in(e, "%s", name);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
signature_check(const struct bytes *manifest, const struct bytes *sig,
    const struct bundle_trust *trust, struct bundle_info *info, struct err *e)
{
	if (trust->unsigned_ok && (sig->len == 0 || trust->anchors == NULL))
		return 0;
	if (sig->len == 0)
		return err_set(e, EACCES,
		    "bundle is not signed; seal it with --sign and --cert of "
		    "ingot capture");
	if (trust->anchors == NULL)
		return err_set(
		    e, EACCES, "bundle is signed, but no signer is trusted");
	if (cms_verify(sig->p, sig->len, manifest->p, manifest->len,
		trust->anchors, info->signer, sizeof(info->signer), e) == -1)
		return err_in(e, "bundle");
	info->is_signed = true;
	return 0;
}

/* Sent to us, by whom the signature says? */
static int
recipient_check(const struct terms *t, X509 *to, struct err *e)
{
	own_pkey EVP_PKEY *key = X509_get_pubkey(to);
	char hex[SHA256_HEX];
	uint8_t spki[SHA256_LEN];

	if (key == NULL)
		return err_ssl(e, "recipient");
	if (x509_spki_hash(key, hex, e) == -1)
		return -1;
	(void)hex_decode(hex, spki, sizeof(spki));
	for (size_t i = 0; i < t->recipient_count; i++)
		if (memcmp(t->recipients[i], spki, sizeof(spki)) == 0)
			return 0;
	return err_set(e, EACCES,
	    "who encrypted this bundle to this key was not its maker: the "
	    "signed manifest does not name the key; ask the maker for one that "
	    "does");
}

static int
fitness_check(struct opening *o, const struct snapshot *s,
    const struct bundle_trust *trust, struct err *e)
{
	uint64_t max = trust->total_max == 0 ? BUNDLE_MAX : trust->total_max;
	uint64_t total = 0;

	if (terms_fit(s, &trust->unit, e) == -1 ||
	    (o->boxed && recipient_check(&s->terms, trust->to, e) == -1))
		return -1;
	for (size_t i = 0; i < s->count; i++)
		total += s->members[i].size;
	if (total > max)
		return err_set(e, EFBIG,
		    "members of %llu bytes together; %llu are allowed",
		    (unsigned long long)total, (unsigned long long)max);
	tar_allow(o->tar, HEAD_ALLOWED + total + s->count * OVERHEAD);
	return 0;
}

/* The folder of path; members come in order, so mostly it is the last one. */
static int
make_folder(struct opening *o, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char folder[SNAPSHOT_PATH_MAX] = "";

	if (slash == NULL)
		return 0;
	memcpy(folder, path, (size_t)(slash - path));
	if (strcmp(folder, o->folder) == 0)
		return 0;
	memcpy(o->folder, folder, sizeof(folder));
	return file_mkdirs(o->dir, folder, 0700, e);
}

static int
member_pour(struct opening *o, const struct member *m, int fd,
    struct bytes *text, struct err *e)
{
	struct tar_sink to = { .hash = sha256_new(e), .fd = fd, .text = text };
	uint8_t hash[SHA256_LEN];
	int rc = to.hash == NULL ? -1 : 0;

	if (rc == 0)
		rc = tar_pour(o->tar, m->size, &to, e);
	if (rc == 0)
		rc = sha256_end(to.hash, hash, e);
	sha256_free(to.hash);
	if (rc == 0 && memcmp(hash, m->sha256, SHA256_LEN) != 0)
		rc = err_set(e, EBADMSG, "is not what the manifest says");
	return rc;
}

/*
 * Under a temporary name first: a member's name means that it is verified. In
 * the same folder, since the first Landlock lets nothing be moved between two.
 */
static int
member_unpack(struct opening *o, const struct member *m, struct err *e)
{
	char temp[SNAPSHOT_PATH_MAX + sizeof(TEMP)];
	own_fd int fd = -1;

	if (o->proof != NULL && strcmp(m->path, "proof") == 0)
		return m->size > SNAPSHOT_MEMBER_MAX
		    ? err_set(e, EFBIG, "is too large")
		    : member_pour(o, m, -1, o->proof, e);
	if (o->dir == -1)
		return member_pour(o, m, -1, NULL, e);
	if (make_folder(o, m->path, e) == -1)
		return -1;
	(void)snprintf(temp, sizeof(temp), "%s/%s",
	    strchr(m->path, '/') == NULL ? "." : o->folder, TEMP);
	fd = openat(o->dir, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(e, "create");
	if (member_pour(o, m, fd, NULL, e) == -1)
		return -1;
	if (close(take_fd(&fd)) == -1 ||
	    renameat(o->dir, temp, o->dir, m->path) == -1)
		return err_sys(e, "write");
	return 0;
}

static int
member_open(struct opening *o, const struct member *m, struct err *e)
{
	struct tar_entry entry;

	if (tar_next(o->tar, m->path, &entry, e) == -1)
		return -1;
	if (entry.size != m->size)
		return err_set(e, EBADMSG,
		    "%s has another size than its manifest says", m->path);
	if (entry.mode != m->mode)
		return err_set(e, EBADMSG,
		    "%s has another mode than its manifest says", m->path);
	if (member_unpack(o, m, e) == -1)
		return err_in(e, "%s", m->path);
	return 0;
}

static int
write_heads(int dir, const struct bytes *manifest, const struct bytes *sig,
    struct err *e)
{
	if (file_write(dir, "manifest", manifest->p, manifest->len, FILE_SECRET,
		e) == -1 ||
	    file_write(dir, "signature", sig->p, sig->len, FILE_SECRET, e) ==
		-1)
		return -1;
	return syncfs(dir) == -1 ? err_sys(e, "sync") : 0;
}

static void
fill_info(struct bundle_info *info, const struct snapshot *s)
{
	(void)strcpy(info->id, s->id);
	(void)strcpy(info->name, s->name);
	(void)strcpy(info->model, s->model);
	info->sequence = s->sequence;
	info->terms = s->terms;
	info->members = s->count;
	for (size_t i = 0; i < s->count; i++)
		info->size += s->members[i].size;
}

static int
open_all(struct opening *o, const struct bundle_trust *trust,
    struct bundle_info *info, struct err *e)
{
	own_bytes struct bytes manifest = { 0 }, sig = { 0 };
	own_snapshot struct snapshot s = { 0 };

	if (read_head(o, "manifest", SNAPSHOT_MANIFEST_MAX, &manifest, e) ==
		-1 ||
	    read_head(o, "signature", CMS_SIG_MAX, &sig, e) == -1 ||
	    signature_check(&manifest, &sig, trust, info, e) == -1 ||
	    snapshot_parse(&s, manifest.p, manifest.len, e) == -1 ||
	    fitness_check(o, &s, trust, e) == -1)
		return -1;
	fill_info(info, &s);
	for (size_t i = 0; i < s.count; i++)
		if (member_open(o, &s.members[i], e) == -1)
			return -1;
	if (tar_end(o->tar, e) == -1)
		return -1;
	if (o->dir == -1)
		return 0;
	if (package_files_check(&s, o->dir, e) == -1)
		return -1;
	return write_heads(o->dir, &manifest, &sig, e);
}

static void
take_away(int dir)
{
	static const char *const tops[] = { TEMP, "manifest", "signature",
		"proof", "documents", "files", "packages", "packages.json" };
	struct err ignored;

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		(void)file_remove_tree(dir, tops[i], &ignored);
	(void)file_sweep(dir, ".", &ignored);
}

static int
open_to(int fd, const struct bundle_trust *trust, struct opening *o,
    struct bundle_info *info, struct err *e)
{
	own_box struct box_reader *box =
	    box_reader_new(fd, trust->to, trust->key, e);
	own_tar struct tar_reader *tar =
	    box == NULL ? NULL : tar_reader_new(box, HEAD_ALLOWED, e);

	memset(info, 0, sizeof(*info));
	if (tar == NULL)
		return -1;
	o->tar = tar;
	o->boxed = info->is_encrypted = box_is_boxed(box);
	return open_all(o, trust, info, e);
}

int
bundle_open(int fd, const struct bundle_trust *trust, int dir,
    struct bundle_info *info, struct err *e)
{
	struct opening o = { .dir = dir };

	if (open_to(fd, trust, &o, info, e) == 0)
		return 0;
	if (dir != -1)
		take_away(dir);
	return -1;
}

int
bundle_proof(int fd, const struct bundle_trust *trust, struct bytes *proof,
    struct bundle_info *info, struct err *e)
{
	struct opening o = { .dir = -1, .proof = proof };

	if (open_to(fd, trust, &o, info, e) == -1)
		return -1;
	bytes_add(proof, "", 0);
	if (proof->bad)
		return err_set(e, ENOMEM, "out of memory");
	return proof->len > 0 ? 0
			      : err_set(e, ENOENT, "there is no proof in it");
}

static int
pour_out(struct box_reader *box, int out, struct err *e)
{
	char chunk[BOX_PART / 8];
	long n;

	while ((n = box_read(box, chunk, sizeof(chunk), e)) > 0)
		if (file_write_all(out, chunk, (size_t)n) == -1) {
			(void)err_sys(e, "write bundle");
			break;
		}
	OPENSSL_cleanse(chunk, sizeof(chunk));
	return n == 0 ? 0 : -1;
}

int
bundle_unbox(int fd, const struct bundle_trust *trust, int out,
    struct bundle_info *info, struct err *e)
{
	own_box struct box_reader *box =
	    box_reader_new(fd, trust->to, trust->key, e);

	if (box == NULL)
		return -1;
	if (!box_is_boxed(box))
		return err_set(e, EINVAL, "the bundle is not encrypted");
	/* Verified is what was written: fd may change under us. */
	if (pour_out(box, out, e) == -1 ||
	    bundle_open(out, trust, -1, info, e) == -1 ||
	    recipient_check(&info->terms, trust->to, e) == -1)
		return -1;
	info->is_encrypted = true;
	return 0;
}
