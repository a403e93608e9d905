/* SPDX-License-Identifier: MIT */
/*
 * zstd, kept on a short lead: libarchive's own zstd filter takes any window
 * (128 MiB of memory on a stranger's word), any number of frames, and does not
 * say what lies behind the archive. Here there is one frame, a small window,
 * and nothing behind the seal.
 */
#include <zstd.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "zst.h"

#define WINDOW_LOG 23
#define LEVEL      1 /* measured: 3 takes 1.7 times as long for 0.5 % */
#define CHUNK      ((size_t)256 * 1024)

static const uint8_t seal_head[16] = { 0x5d, 0x2a, 0x4d, 0x18, 40, 0, 0, 0, 'I',
	'N', 'G', 'O', 'T', 'v', '1', 0 };
_Static_assert(sizeof(seal_head) + SHA256_LEN == ZST_SEAL_LEN, "seal");

struct zst_reader {
	struct box_reader *box;
	struct box_reader *own; /* the same, when it is not borrowed */
	uint64_t left;          /* bytes up to the seal */
	ZSTD_DCtx *z;
	struct sha256 *hash;
	ZSTD_inBuffer in;
	bool ended; /* the frame */
	uint8_t raw[CHUNK];
	uint8_t out[CHUNK];
};

struct zst_writer {
	struct box_writer *box;
	struct box_writer *own;
	ZSTD_CCtx *z;
	struct sha256 *hash;
	uint8_t out[CHUNK];
};

static int
zstd_ok(size_t rc, const char *what, struct err *e)
{
	return ZSTD_isError(rc)
	    ? err_set(e, EBADMSG, "%s: %s", what, ZSTD_getErrorName(rc))
	    : 0;
}

static int
reader_start(struct zst_reader *r, struct err *e)
{
	if (box_size(r->box) <= ZST_SEAL_LEN)
		return err_set(e, EBADMSG, "not a bundle: no file, or cut off");
	r->left = box_size(r->box) - ZST_SEAL_LEN;
	if ((r->z = ZSTD_createDCtx()) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if ((r->hash = sha256_new(e)) == NULL)
		return -1;
	r->in.src = r->raw;
	return zstd_ok(
	    ZSTD_DCtx_setParameter(r->z, ZSTD_d_windowLogMax, WINDOW_LOG),
	    "zstd", e);
}

struct zst_reader *
zst_reader_of(struct box_reader *box, struct err *e)
{
	struct zst_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (void)err_sys(e, "bundle"), NULL;
	r->box = box;
	if (reader_start(r, e) == 0)
		return r;
	zst_reader_free(r);
	return NULL;
}

struct zst_reader *
zst_reader_new(int fd, struct err *e)
{
	struct box_reader *box = box_reader_new(fd, NULL, NULL, e);
	struct zst_reader *r = box == NULL ? NULL : zst_reader_of(box, e);

	if (r == NULL)
		box_reader_free(box);
	else
		r->own = box;
	return r;
}

void
zst_reader_free(struct zst_reader *r)
{
	if (r == NULL)
		return;
	(void)ZSTD_freeDCtx(r->z);
	sha256_free(r->hash);
	box_reader_free(r->own);
	free(r);
}

/* More of the file into r->in; at the end of the frame's bytes an error. */
static int
refill(struct zst_reader *r, struct err *e)
{
	size_t want = r->left < CHUNK ? (size_t)r->left : CHUNK;
	long n = box_read(r->box, r->raw, want, e);

	if (n == -1)
		return -1;
	if (n == 0)
		return err_set(e, EBADMSG, "bundle is cut off");
	r->left -= (uint64_t)n;
	r->in.size = (size_t)n;
	r->in.pos = 0;
	return sha256_add(r->hash, r->raw, (size_t)n, e);
}

static int
seal_check(struct zst_reader *r, struct err *e)
{
	uint8_t seal[ZST_SEAL_LEN], hash[SHA256_LEN];
	size_t have = 0;
	long n;

	if (r->left != 0 || r->in.pos != r->in.size)
		return err_set(e, EBADMSG, "bundle goes on behind its archive");
	for (; have < sizeof(seal); have += (size_t)n) {
		n = box_read(r->box, seal + have, sizeof(seal) - have, e);
		if (n == -1)
			return -1;
		if (n == 0)
			return err_set(e, EBADMSG, "bundle is cut off");
	}
	if (memcmp(seal, seal_head, sizeof(seal_head)) != 0)
		return err_set(e, EBADMSG, "bundle has no seal at its end");
	if (sha256_end(r->hash, hash, e) == -1)
		return -1;
	if (memcmp(seal + sizeof(seal_head), hash, SHA256_LEN) != 0)
		return err_set(
		    e, EBADMSG, "bundle is damaged: its seal does not match");
	return 0;
}

long
zst_read(struct zst_reader *r, const void **p, struct err *e)
{
	ZSTD_outBuffer out = { r->out, CHUNK, 0 };
	size_t rc;

	*p = r->out;
	while (out.pos < out.size && !r->ended) {
		if (r->in.pos == r->in.size && refill(r, e) == -1)
			return -1;
		rc = ZSTD_decompressStream(r->z, &out, &r->in);
		if (zstd_ok(rc, "bundle is damaged", e) == -1)
			return -1;
		r->ended = rc == 0;
		if (r->ended && seal_check(r, e) == -1)
			return -1;
	}
	return (long)out.pos;
}

static int
writer_start(struct zst_writer *w, struct err *e)
{
	if ((w->z = ZSTD_createCCtx()) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if ((w->hash = sha256_new(e)) == NULL)
		return -1;
	/* A worker thread, where the library has them: reading and hashing go
	 * on meanwhile. Its number never changes the bytes. */
	(void)ZSTD_CCtx_setParameter(w->z, ZSTD_c_nbWorkers, 1);
	if (zstd_ok(
		ZSTD_CCtx_setParameter(w->z, ZSTD_c_compressionLevel, LEVEL),
		"zstd", e) == -1)
		return -1;
	return zstd_ok(
	    ZSTD_CCtx_setParameter(w->z, ZSTD_c_checksumFlag, 1), "zstd", e);
}

struct zst_writer *
zst_writer_of(struct box_writer *box, struct err *e)
{
	struct zst_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (void)err_sys(e, "bundle"), NULL;
	w->box = box;
	if (writer_start(w, e) == 0)
		return w;
	zst_writer_free(w);
	return NULL;
}

struct zst_writer *
zst_writer_new(int fd, struct err *e)
{
	struct box_writer *box = box_writer_new(fd, NULL, e);
	struct zst_writer *w = box == NULL ? NULL : zst_writer_of(box, e);

	if (w == NULL)
		box_writer_free(box);
	else
		w->own = box;
	return w;
}

void
zst_writer_free(struct zst_writer *w)
{
	if (w == NULL)
		return;
	(void)ZSTD_freeCCtx(w->z);
	sha256_free(w->hash);
	box_writer_free(w->own);
	free(w);
}

/* One step of the compressor; *left: 0 when it has nothing more to say. */
static int
step(struct zst_writer *w, ZSTD_inBuffer *in, ZSTD_EndDirective way,
    size_t *left, struct err *e)
{
	ZSTD_outBuffer out = { w->out, CHUNK, 0 };

	*left = ZSTD_compressStream2(w->z, &out, in, way);
	if (zstd_ok(*left, "compress", e) == -1 ||
	    sha256_add(w->hash, w->out, out.pos, e) == -1)
		return -1;
	return box_write(w->box, w->out, out.pos, e);
}

int
zst_write(struct zst_writer *w, const void *p, size_t len, struct err *e)
{
	ZSTD_inBuffer in = { p, len, 0 };
	size_t left;

	while (in.pos < in.size)
		if (step(w, &in, ZSTD_e_continue, &left, e) == -1)
			return -1;
	return 0;
}

int
zst_seal(struct zst_writer *w, struct err *e)
{
	ZSTD_inBuffer none = { NULL, 0, 0 };
	uint8_t seal[ZST_SEAL_LEN];
	size_t left = 1;

	while (left != 0)
		if (step(w, &none, ZSTD_e_end, &left, e) == -1)
			return -1;
	memcpy(seal, seal_head, sizeof(seal_head));
	if (sha256_end(w->hash, seal + sizeof(seal_head), e) == -1)
		return -1;
	if (box_write(w->box, seal, sizeof(seal), e) == -1)
		return -1;
	return box_end(w->box, e);
}
