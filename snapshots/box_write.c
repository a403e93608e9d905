/* SPDX-License-Identifier: MIT */
/*
 * Writing. A part is held back until it is known whether another follows: the
 * last one has a nonce of its own kind.
 */
#include <openssl/err.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box_in.h"
#include "digest.h"
#include "file.h"

struct box_writer {
	int fd;
	EVP_CIPHER_CTX *cipher; /* NULL: no box */
	uint64_t part;
	size_t have; /* of plain */
	uint8_t plain[BOX_PART];
	uint8_t sealed[BOX_SEALED];
};

static int
write_out(int fd, const void *data, size_t len, struct err *e)
{
	return file_write_all(fd, data, len) == -1 ? err_sys(e, "write bundle")
						   : 0;
}

static int
make_head(const struct bytes *envelope, struct bytes *head, struct err *e)
{
	size_t n = envelope->len;
	const uint8_t len[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
		(uint8_t)(n >> 8), (uint8_t)n };

	if (n > CMS_KEY_MAX)
		return err_set(e, E2BIG, "too many recipients");
	bytes_add(head, box_magic, sizeof(box_magic));
	bytes_add(head, len, sizeof(len));
	bytes_add(head, envelope->p, n);
	return head->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
writer_start(struct box_writer *b, STACK_OF(X509) * to, struct err *e)
{
	own_bytes struct bytes envelope = { 0 }, head = { 0 };
	uint8_t key[CMS_KEY_LEN];
	int rc = random_bytes(key, sizeof(key), e);

	if (rc == 0)
		rc = cms_key_wrap(key, to, &envelope, e);
	if (rc == 0)
		rc = make_head(&envelope, &head, e);
	if (rc == 0) {
		b->cipher = box_cipher(key, &head, true, e);
		rc = b->cipher == NULL ? -1 : 0;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return rc == -1 ? -1 : write_out(b->fd, head.p, head.len, e);
}

struct box_writer *
box_writer_new(int fd, STACK_OF(X509) * to, struct err *e)
{
	struct box_writer *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (void)err_sys(e, "bundle"), NULL;
	b->fd = fd;
	if (to == NULL || writer_start(b, to, e) == 0)
		return b;
	box_writer_free(b);
	return NULL;
}

void
box_writer_free(struct box_writer *b)
{
	if (b == NULL)
		return;
	EVP_CIPHER_CTX_free(b->cipher);
	OPENSSL_cleanse(b->plain, sizeof(b->plain));
	free(b);
}

static int
seal_part(struct box_writer *b, bool last, struct err *e)
{
	int len = 0, more = 0;

	if (box_turn(b->cipher, b->part, last, e) == -1)
		return -1;
	if (EVP_EncryptUpdate(
		b->cipher, b->sealed, &len, b->plain, (int)b->have) != 1 ||
	    EVP_EncryptFinal_ex(b->cipher, b->sealed + len, &more) != 1 ||
	    EVP_CIPHER_CTX_ctrl(b->cipher, EVP_CTRL_AEAD_GET_TAG, (int)BOX_TAG,
		b->sealed + b->have) != 1)
		return err_ssl(e, "encryption");
	if (write_out(b->fd, b->sealed, b->have + BOX_TAG, e) == -1)
		return -1;
	b->part++;
	b->have = 0;
	return 0;
}

int
box_write(struct box_writer *b, const void *data, size_t len, struct err *e)
{
	const uint8_t *p = data;
	size_t n;

	if (b->cipher == NULL)
		return write_out(b->fd, data, len, e);
	for (; len > 0; p += n, len -= n) {
		if (b->have == BOX_PART && seal_part(b, false, e) == -1)
			return -1;
		n = BOX_PART - b->have < len ? BOX_PART - b->have : len;
		memcpy(b->plain + b->have, p, n);
		b->have += n;
	}
	return 0;
}

int
box_end(struct box_writer *b, struct err *e)
{
	return b->cipher == NULL ? 0 : seal_part(b, true, e);
}
