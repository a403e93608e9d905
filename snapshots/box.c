/* SPDX-License-Identifier: MIT */
/*
 * Reading. Which part is the last follows from the file's size, so a file that
 * was cut at the end of a part asks for a nonce that was never used, and fails.
 */
#include <sys/stat.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box_in.h"
#include "digest.h"
#include "own.h"

#define INFO "ingot box 1"

const char box_magic[8] = "INGOTe1";

OWN_POINTER(kdf, EVP_KDF, EVP_KDF_free)
OWN_POINTER(kctx, EVP_KDF_CTX, EVP_KDF_CTX_free)
#define own_kdf  __attribute__((cleanup(own_kdf_free), unused))
#define own_kctx __attribute__((cleanup(own_kctx_free), unused))

struct box_reader {
	int fd;
	off_t at;
	off_t end;
	EVP_CIPHER_CTX *cipher; /* NULL: no box */
	uint64_t part;          /* the next one */
	uint64_t size;          /* of the bundle */
	size_t have, given;     /* of plain */
	uint8_t plain[BOX_PART];
	uint8_t sealed[BOX_SEALED];
};

static int
derive(const uint8_t key[static CMS_KEY_LEN], const struct bytes *head,
    uint8_t out[static CMS_KEY_LEN], struct err *e)
{
	uint8_t info[sizeof(INFO) - 1 + SHA256_LEN] = INFO;
	char hash[] = "SHA256";
	own_kdf EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	own_kctx EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, hash, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)key, CMS_KEY_LEN),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, info, sizeof(info)),
		OSSL_PARAM_construct_end(),
	};

	if (sha256(head->p, head->len, info + sizeof(INFO) - 1, e) == -1)
		return -1;
	if (ctx == NULL || EVP_KDF_derive(ctx, out, CMS_KEY_LEN, params) != 1)
		return err_ssl(e, "HKDF");
	return 0;
}

EVP_CIPHER_CTX *
box_cipher(const uint8_t key[static CMS_KEY_LEN], const struct bytes *head,
    bool encrypt, struct err *e)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t parts[CMS_KEY_LEN];
	int rc = -1;

	if (ctx == NULL)
		(void)err_ssl(e, "encryption");
	else if (derive(key, head, parts, e) == 0)
		rc = EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, parts,
			 NULL, encrypt) == 1
		    ? 0
		    : err_ssl(e, "encryption");
	OPENSSL_cleanse(parts, sizeof(parts));
	if (rc == 0)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int
box_turn(EVP_CIPHER_CTX *ctx, uint64_t n, bool last, struct err *e)
{
	uint8_t nonce[12] = { 0 };

	for (int i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(n >> 8 * i);
	nonce[11] = last;
	return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) == 1
	    ? 0
	    : err_ssl(e, "encryption");
}

/* Exactly n bytes from where we are. */
static int
read_exact(struct box_reader *b, void *p, size_t n, struct err *e)
{
	uint8_t *to = p;
	ssize_t got;

	for (; n > 0; to += got, n -= (size_t)got, b->at += got) {
		got = pread(b->fd, to, n, b->at);
		if (got == -1 && errno == EINTR)
			got = 0;
		else if (got == -1)
			return err_sys(e, "read bundle");
		else if (got == 0)
			return err_set(e, EBADMSG, "bundle is cut off");
	}
	return 0;
}

bool
box_looks_so(int fd)
{
	char magic[sizeof(box_magic)];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	    memcmp(magic, box_magic, sizeof(magic)) == 0;
}

/* All before the first part, into head. */
static int
read_head(struct box_reader *b, struct bytes *head, struct err *e)
{
	uint8_t raw[BOX_HEAD];
	size_t n;

	if (read_exact(b, raw, sizeof(raw), e) == -1)
		return -1;
	n = (size_t)raw[8] << 24 | (size_t)raw[9] << 16 | (size_t)raw[10] << 8 |
	    raw[11];
	if (n > CMS_KEY_MAX || (off_t)n > b->end - b->at)
		return err_set(e, EBADMSG,
		    "the envelope of the bundle's key has no possible length");
	bytes_add(head, raw, sizeof(raw));
	for (uint8_t chunk[512]; n > 0 && !head->bad;) {
		size_t some = n < sizeof(chunk) ? n : sizeof(chunk);

		if (read_exact(b, chunk, some, e) == -1)
			return -1;
		bytes_add(head, chunk, some);
		n -= some;
	}
	return head->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* From the size of the parts to that of the bundle. */
static int
count_parts(struct box_reader *b, struct err *e)
{
	uint64_t sealed = (uint64_t)(b->end - b->at);
	uint64_t parts = (sealed + BOX_SEALED - 1) / BOX_SEALED;

	if (parts == 0 || sealed <= (parts - 1) * BOX_SEALED + BOX_TAG)
		return err_set(e, EBADMSG, "bundle is cut off");
	b->size = sealed - parts * BOX_TAG;
	return 0;
}

static int
open_box(struct box_reader *b, X509 *to, EVP_PKEY *pkey, struct err *e)
{
	own_bytes struct bytes head = { 0 };
	uint8_t key[CMS_KEY_LEN];
	int rc;

	if (to == NULL)
		return err_set(e, EACCES,
		    "the bundle is encrypted, and no key is here that could "
		    "open it; --key and --cert name one, and on a unit "
		    "bundle_key of ingot.conf does");
	if (read_head(b, &head, e) == -1 || count_parts(b, e) == -1)
		return -1;
	rc = cms_key_unwrap(
	    head.p + BOX_HEAD, head.len - BOX_HEAD, to, pkey, key, e);
	if (rc == 0) {
		b->cipher = box_cipher(key, &head, false, e);
		rc = b->cipher == NULL ? -1 : 0;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

static int
reader_start(struct box_reader *b, X509 *to, EVP_PKEY *key, struct err *e)
{
	struct stat st;

	if (fstat(b->fd, &st) == -1)
		return err_sys(e, "bundle");
	b->end = S_ISREG(st.st_mode) ? st.st_size : 0;
	b->size = (uint64_t)b->end;
	return S_ISREG(st.st_mode) && box_looks_so(b->fd)
	    ? open_box(b, to, key, e)
	    : 0;
}

struct box_reader *
box_reader_new(int fd, X509 *to, EVP_PKEY *key, struct err *e)
{
	struct box_reader *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (void)err_sys(e, "bundle"), NULL;
	b->fd = fd;
	if (reader_start(b, to, key, e) == 0)
		return b;
	box_reader_free(b);
	return NULL;
}

void
box_reader_free(struct box_reader *b)
{
	if (b == NULL)
		return;
	EVP_CIPHER_CTX_free(b->cipher);
	OPENSSL_cleanse(b->plain, sizeof(b->plain));
	free(b);
}

bool
box_is_boxed(const struct box_reader *b)
{
	return b->cipher != NULL;
}

uint64_t
box_size(const struct box_reader *b)
{
	return b->size;
}

/* The next part into plain, when its tag is good. */
static int
open_part(struct box_reader *b, struct err *e)
{
	uint64_t left = (uint64_t)(b->end - b->at);
	bool last = left <= BOX_SEALED;
	size_t n = (last ? (size_t)left : BOX_SEALED) - BOX_TAG;
	int len = 0, more = 0;

	if (read_exact(b, b->sealed, n + BOX_TAG, e) == -1 ||
	    box_turn(b->cipher, b->part, last, e) == -1)
		return -1;
	if (EVP_DecryptUpdate(b->cipher, b->plain, &len, b->sealed, (int)n) !=
		1 ||
	    EVP_CIPHER_CTX_ctrl(b->cipher, EVP_CTRL_AEAD_SET_TAG, (int)BOX_TAG,
		b->sealed + n) != 1 ||
	    EVP_DecryptFinal_ex(b->cipher, b->plain + len, &more) != 1) {
		OPENSSL_cleanse(b->plain, sizeof(b->plain));
		ERR_clear_error();
		return err_set(e, EBADMSG,
		    "bundle was changed or is damaged: part %llu of its "
		    "encryption does not authenticate",
		    (unsigned long long)b->part + 1);
	}
	b->part++;
	b->have = n;
	b->given = 0;
	return 0;
}

static long
read_plainly(struct box_reader *b, void *p, size_t max, struct err *e)
{
	uint64_t left = (uint64_t)(b->end - b->at);

	if (left < max)
		max = (size_t)left;
	return read_exact(b, p, max, e) == -1 ? -1 : (long)max;
}

long
box_read(struct box_reader *b, void *p, size_t max, struct err *e)
{
	size_t n;

	if (b->cipher == NULL)
		return read_plainly(b, p, max, e);
	if (b->given == b->have) {
		if (b->at == b->end)
			return 0;
		if (open_part(b, e) == -1)
			return -1;
	}
	n = b->have - b->given < max ? b->have - b->given : max;
	memcpy(p, b->plain + b->given, n);
	b->given += n;
	return (long)n;
}
