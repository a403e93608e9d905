/* SPDX-License-Identifier: MIT */
/*
 * Encodings and encryption of passwords, and of whole snapshot files. No error
 * text here holds any part of what it is about.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "kura_secret.h"
#include "own.h"

#define IV_LEN    12
#define IV_TEXT   16 /* of it in base64 */
#define TAG_LEN   16
#define BLOCK_LEN 16
#define PUBLISHED "rv;ipse329183!@#"

OWN_POINTER(cipher, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
#define own_cipher __attribute__((cleanup(own_cipher_free), unused))

static const char *const origins[KURA_ORIGINS] = { "not said", "disk",
	"download", "hand-written" };

const char *
kura_origin_name(enum kura_origin o)
{
	return origins[o];
}

int
kura_origin_read(const char *name, enum kura_origin *out, struct err *e)
{
	for (int o = KURA_DISK; o < KURA_ORIGINS; o++)
		if (strcmp(name, origins[o]) == 0) {
			*out = (enum kura_origin)o;
			return 0;
		}
	return err_set(e, EINVAL,
	    "--from is disk, download or hand-written, not \"%.32s\"", name);
}

int
kura_key_read(struct kura_key *k, const char *text, size_t len, struct err *e)
{
	if (len % 8 == 1 && text[len - 1] == '\n')
		len--;
	if (len != 16 && len != 24 && len != 32)
		return err_set(e, EINVAL,
		    "an AES key has 16, 24 or 32 bytes; the file must hold "
		    "nothing else");
	memcpy(k->bytes, text, len);
	k->len = len;
	return 0;
}

void
kura_key_wipe(struct kura_key *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

void
kura_key_published(struct kura_key *k)
{
	k->len = sizeof(PUBLISHED) - 1;
	memcpy(k->bytes, PUBLISHED, k->len);
}

int
kura_key_is_published(const struct kura_key *k)
{
	return k->len == sizeof(PUBLISHED) - 1 &&
	    memcmp(k->bytes, PUBLISHED, k->len) == 0;
}

static size_t
base64_span(const char *p, const char *end)
{
	const char *from = p;

	while (p < end &&
	    memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789+/=",
		*p, 65) != NULL)
		p++;
	return (size_t)(p - from);
}

/* Blanks and line ends around a text do not count. */
static const char *
trim(const char *text, size_t *len)
{
	while (*len > 0 && strchr(" \t\r\n", text[*len - 1]) != NULL)
		--*len;
	while (*len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		--*len;
	}
	return text;
}

int
kura_sealed(const char *text, size_t len)
{
	const char *p = trim(text, &len), *end = p + len;

	if (len < IV_TEXT + 1 || p[IV_TEXT] != '-' ||
	    base64_span(p, end) != IV_TEXT)
		return 0;
	p += IV_TEXT + 1;
	return (size_t)(end - p) >= 4 * ((TAG_LEN + 2) / 3) &&
	    (end - p) % 4 == 0 && base64_span(p, end) == (size_t)(end - p);
}

/* A copy without line ends, which some encoders put in; NULL: no memory. */
static char *
unfolded(const char *text, size_t len, size_t *n)
{
	char *out = malloc(len + 1);

	*n = 0;
	for (size_t i = 0; out != NULL && i < len; i++)
		if (text[i] != '\n' && text[i] != '\r')
			out[(*n)++] = text[i];
	if (out != NULL)
		out[*n] = '\0';
	return out;
}

int
kura_sealed_old(const char *text, size_t len)
{
	const char *p = trim(text, &len);
	size_t chars = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' || p[i] == '\r')
			continue;
		if (base64_span(p + i, p + i + 1) == 0 ||
		    (padding > 0 && p[i] != '='))
			return 0;
		padding += p[i] == '=';
		chars++;
	}
	return chars > 0 && chars % 4 == 0 && padding <= 2 &&
	    (chars / 4 * 3 - padding) % BLOCK_LEN == 0;
}

/* malloc'ed bytes of n characters of base64, or NULL. */
static unsigned char *
decoded(const char *text, size_t n, long *len)
{
	own_str char *copy = strndup(text, n);
	unsigned char *out = malloc(n + 1);

	*len = copy == NULL || out == NULL ? -1 : base64_decode(copy, out, n);
	if (copy != NULL)
		OPENSSL_cleanse(copy, n);
	if (*len == -1) {
		free(out);
		return NULL;
	}
	out[*len] = '\0';
	return out;
}

static int
open_gcm(const struct kura_key *k, const unsigned char *iv, unsigned char *text,
    int len, struct bytes *out, struct err *e)
{
	own_cipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *aes = k->len == 16 ? EVP_aes_128_gcm()
	    : k->len == 24                   ? EVP_aes_192_gcm()
					     : EVP_aes_256_gcm();
	unsigned char *clear = OPENSSL_malloc((size_t)len + 1);
	int n = 0, more = 0, rc = -1;

	len -= TAG_LEN;
	if (clear != NULL && c != NULL &&
	    EVP_DecryptInit_ex(c, aes, NULL, k->bytes, iv) == 1 &&
	    EVP_DecryptUpdate(c, clear, &n, text, len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, text + len) ==
		1 &&
	    EVP_DecryptFinal_ex(c, clear + n, &more) == 1) {
		bytes_add(out, clear, (size_t)(n + more));
		rc = out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
	} else
		(void)err_ssl(e,
		    "does not open: another key closed it, or it was changed");
	OPENSSL_clear_free(clear, (size_t)len + TAG_LEN + 1);
	return rc;
}

/* ECB tells no wrong key: its padding fits one time in 256 all the same. */
static bool
is_text(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < ' ' && strchr("\t\r\n", p[i]) == NULL)
			return false;
	return memchr(p, '\0', len) == NULL;
}

static int
open_ecb(const struct kura_key *k, const unsigned char *text, int len,
    struct bytes *out, struct err *e)
{
	own_cipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *aes = k->len == 16 ? EVP_aes_128_ecb()
	    : k->len == 24                   ? EVP_aes_192_ecb()
					     : EVP_aes_256_ecb();
	unsigned char *clear = OPENSSL_malloc((size_t)len + BLOCK_LEN);
	int n = 0, more = 0, rc = -1;

	if (clear != NULL && c != NULL &&
	    EVP_DecryptInit_ex(c, aes, NULL, k->bytes, NULL) == 1 &&
	    EVP_DecryptUpdate(c, clear, &n, text, len) == 1 &&
	    EVP_DecryptFinal_ex(c, clear + n, &more) == 1 &&
	    is_text(clear, (size_t)(n + more))) {
		bytes_add(out, clear, (size_t)(n + more));
		rc = out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
	} else
		(void)err_ssl(e,
		    "does not open: another key closed it, or it was changed");
	OPENSSL_clear_free(clear, (size_t)len + BLOCK_LEN);
	return rc;
}

static int
open_old(const struct kura_key *k, const char *text, size_t len,
    struct bytes *out, struct err *e)
{
	const char *first = trim(text, &len);
	own_str char *plain = unfolded(first, len, &len);
	unsigned char *sealed;
	long sealed_len;
	int rc;

	if (plain == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if ((sealed = decoded(plain, len, &sealed_len)) == NULL)
		return err_set(e, EINVAL, "its base64 is damaged");
	rc = open_ecb(k, sealed, (int)sealed_len, out, e);
	free(sealed);
	return rc;
}

int
kura_open(const struct kura_key *k, const char *text, size_t len,
    struct bytes *out, struct err *e)
{
	unsigned char *iv, *sealed;
	long iv_len, sealed_len;
	int rc;

	if (kura_sealed_old(text, len))
		return open_old(k, text, len, out, e);
	if (!kura_sealed(text, len))
		return err_set(e, EINVAL,
		    "not of the form base64(IV)-base64(ciphertext and tag)");
	text = trim(text, &len);
	iv = decoded(text, IV_TEXT, &iv_len);
	sealed = decoded(text + IV_TEXT + 1, len - IV_TEXT - 1, &sealed_len);
	if (iv == NULL || sealed == NULL || iv_len != IV_LEN ||
	    sealed_len < TAG_LEN)
		rc = err_set(e, EINVAL, "its base64 is damaged");
	else
		rc = open_gcm(k, iv, sealed, (int)sealed_len, out, e);
	free(iv);
	free(sealed);
	return rc;
}

/* encrypted="true", and no AES text inside: the password in base64. */
static long
from_base64(enum kura_origin from, const unsigned char *text, long n,
    struct bytes *clear, struct err *e)
{
	if (from == KURA_DISK)
		return err_set(e, EINVAL,
		    "declared as from disk, but the value is not encrypted as "
		    "on a disk; say --from download if that is where it is "
		    "from");
	bytes_add(clear, text, (size_t)n);
	return n;
}

/* An AES text inside base64: as on disk. */
static long
from_disk(enum kura_origin from, const struct kura_key *k,
    const unsigned char *text, long n, struct bytes *clear, struct err *e)
{
	if (from == KURA_UNSAID)
		return err_set(e, EINVAL,
		    "ambiguous: an encrypted password of a disk file, or a "
		    "downloaded one that looks like it; say --from");
	if (from != KURA_DISK)
		return err_set(e, EINVAL,
		    "declared as %s, but the value is encrypted as on a disk; "
		    "say --from disk if that is where it is from",
		    origins[from]);
	if (k->len == 0)
		return KURA_LENGTH_UNKNOWN;
	if (kura_open(k, (const char *)text, (size_t)n, clear, e) == -1)
		return -1;
	return (long)clear->len;
}

/* encrypted="false": the password itself, whatever the file's origin. */
static long
as_written(enum kura_origin from, const char *value, struct bytes *clear,
    struct err *e)
{
	if (kura_sealed(value, strlen(value)) && from != KURA_HAND)
		return err_set(e, EINVAL,
		    "ambiguous: looks encrypted, but is marked "
		    "encrypted=\"false\"; say --from hand-written if the "
		    "password really reads so");
	bytes_add(clear, value, strlen(value));
	return (long)strlen(value);
}

static long
marked(enum kura_origin from, const struct kura_key *k, const char *value,
    struct bytes *clear, struct err *e)
{
	size_t chars = strlen(value);
	const char *from_first = trim(value, &chars);
	long len, n;
	unsigned char *text = decoded(from_first, chars, &len);

	if (text == NULL)
		return err_set(e, EINVAL,
		    "marked encrypted=\"true\", but it is no base64");
	/* The old form is a plain base64 as well: a password may look so. */
	if (kura_sealed((const char *)text, (size_t)len) ||
	    ((from == KURA_DISK || from == KURA_UNSAID) &&
		kura_sealed_old((const char *)text, (size_t)len)))
		n = from_disk(from, k, text, len, clear, e);
	else
		n = from_base64(from, text, len, clear, e);
	OPENSSL_cleanse(text, (size_t)len);
	free(text);
	return n;
}

long
kura_password(enum kura_origin from, const struct kura_key *k, int encrypted,
    const char *value, struct bytes *clear, struct err *e)
{
	static const char literal[] = "placeholder";
	long n;

	/* An empty password is none, in every encoding. */
	if (*value == '\0')
		return 0;
	n = strcmp(value, literal) == 0 ? (long)strlen(literal)
	    : encrypted                 ? marked(from, k, value, clear, e)
					: as_written(from, value, clear, e);
	if (strcmp(value, literal) == 0 ||
	    (clear->len == strlen(literal) &&
		memcmp(clear->p, literal, clear->len) == 0))
		return err_set(e, EINVAL,
		    "the word \"placeholder\" is what Kura's REST interface "
		    "answers instead of a password; take a snapshot that "
		    "holds the password, or none");
	if (clear->bad)
		return err_set(e, ENOMEM, "out of memory");
	return n;
}
