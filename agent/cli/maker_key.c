/* SPDX-License-Identifier: MIT */
/*
 * The maker's keys. OpenSSL 3.0's engine interface is deprecated and still the
 * only way to PKCS #11 that Debian 12 has: it holds no pkcs11-provider.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "maker_key.h"
#include "own.h"
#include "x509.h"

#define MODULE_PATH "module-path="

/*
 * tpm2-openssl 1.1.1 exports a TPM's key to OpenSSL's own signer, which then
 * lacks the private half, unless its own is preferred. Only for signatures:
 * its digests and random numbers would go through the TPM, byte by byte.
 */
#define TPM_PROPERTIES                                                         \
	"?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes,tpm2.rand!=yes"

OWN_POINTER(bio, BIO, (void)BIO_free)
#define own_bio __attribute__((cleanup(own_bio_free), unused))

/* Where a pass phrase comes from, and what came. */
struct passphrase {
	int fd; /* -1: the terminal */
	const char *what;
	size_t len;
	char text[MAKER_PASSPHRASE_MAX + 1];
	struct err e; /* of the callback */
};

static void
passphrase_forget(struct passphrase *p)
{
	OPENSSL_cleanse(p->text, sizeof(p->text));
}
#define own_passphrase __attribute__((cleanup(passphrase_forget), unused))

/* Byte by byte: what follows the line is not ours. */
static int
read_line(struct passphrase *p)
{
	char c = '\n';
	ssize_t n;

	while ((n = read(p->fd, &c, 1)) == 1 && c != '\n') {
		if (p->len == MAKER_PASSPHRASE_MAX)
			return err_set(&p->e, E2BIG,
			    "a pass phrase of more than %d bytes",
			    MAKER_PASSPHRASE_MAX);
		p->text[p->len++] = c;
	}
	return n == -1 ? err_sys(&p->e, "pass phrase from descriptor %d", p->fd)
		       : 0;
}

static int
ask_terminal(struct passphrase *p)
{
	own_fd int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char prompt[160];

	if (tty == -1)
		return err_set(&p->e, ENOTTY,
		    "it needs a pass phrase or PIN, and there is no terminal "
		    "to ask on; give --passphrase-fd");
	(void)snprintf(
	    prompt, sizeof(prompt), "Pass phrase or PIN of %.80s: ", p->what);
	if (EVP_read_pw_string(p->text, sizeof(p->text), prompt, 0) != 0)
		return err_set(&p->e, ECANCELED, "no pass phrase was given");
	p->len = strlen(p->text);
	return 0;
}

static int
passphrase_get(struct passphrase *p)
{
	if (p->len > 0)
		return 0;
	return p->fd == -1 ? ask_terminal(p) : read_line(p);
}

/* For OpenSSL, which asks only when it needs one. */
static int
on_passphrase(char *buf, int size, int writing, void *ctx)
{
	struct passphrase *p = ctx;

	(void)writing;
	if (passphrase_get(p) == -1 || p->len > (size_t)size)
		return -1;
	memcpy(buf, p->text, p->len);
	return (int)p->len;
}

/* The callback's own sentence is the better one. */
static EVP_PKEY *
no_key(struct passphrase *p, struct err *e, const char *why)
{
	if (p->e.text[0] != '\0') {
		ERR_clear_error();
		(void)err_set(e, p->e.code, "%s: %s", p->what, p->e.text);
	} else
		(void)err_ssl(e, "%s: %s", p->what, why);
	return NULL;
}

static int
use_tpm(struct err *e)
{
	/* Named at all, a provider displaces the built-in one. */
	if (OSSL_PROVIDER_load(NULL, "default") == NULL ||
	    OSSL_PROVIDER_load(NULL, "tpm2") == NULL)
		return err_ssl(e,
		    "a key in a TPM needs the OpenSSL provider tpm2 (package "
		    "tpm2-openssl) and a TPM that it reaches (TPM2OPENSSL_TCTI "
		    "says where)");
	if (EVP_set_default_properties(NULL, TPM_PROPERTIES) != 1)
		return err_ssl(e, "OpenSSL's provider tpm2");
	return 0;
}

static EVP_PKEY *
open_handle(struct passphrase *p, struct err *e)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(on_passphrase, 0);
	OSSL_STORE_INFO *info;
	OSSL_STORE_CTX *store;
	EVP_PKEY *key = NULL;

	if (use_tpm(e) == -1) {
		UI_destroy_method(ui);
		return NULL;
	}
	store = OSSL_STORE_open_ex(
	    p->what, NULL, "?provider=tpm2", ui, p, NULL, NULL, NULL);
	while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
		if ((info = OSSL_STORE_load(store)) == NULL)
			break;
		key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	(void)OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return key == NULL ? no_key(p, e, "no such key in the TPM") : key;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* module-path of the URI (RFC 7512 section 2.3), or "". */
static int
module_path(const char *uri, char *out, size_t size, struct err *e)
{
	const char *p = strstr(uri, MODULE_PATH);
	size_t n = 0;
	int high, low;

	if (p != NULL)
		for (p += strlen(MODULE_PATH); *p != '\0' && *p != '&'; p++) {
			if (n == size - 1)
				return err_set(e, EINVAL, "module-path: long");
			out[n] = *p;
			if (*p == '%') {
				high = hex_value(p[1]);
				low = high == -1 ? -1 : hex_value(p[2]);
				if (low == -1)
					return err_set(e, EINVAL,
					    "module-path: %% without digits");
				out[n] = (char)(high << 4 | low);
				p += 2;
			}
			n++;
		}
	out[n] = '\0';
	return 0;
}

static ENGINE *
engine_pkcs11(struct passphrase *p, struct err *e)
{
	char module[512];
	ENGINE *engine;

	if (module_path(p->what, module, sizeof(module), e) == -1)
		return NULL;
	/* The engine would only say that there is no such key. */
	if (module[0] != '\0' && access(module, R_OK) == -1)
		return (void)err_sys(e, "PKCS #11 module %s", module), NULL;
	ENGINE_load_dynamic();
	if ((engine = ENGINE_by_id("pkcs11")) == NULL)
		return (void)err_ssl(e,
			   "a PKCS #11 key needs the OpenSSL engine pkcs11 "
			   "(package libengine-pkcs11-openssl)"),
		       NULL;
	if ((module[0] != '\0' &&
		ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) !=
		    1) ||
	    ENGINE_init(engine) != 1) {
		(void)err_ssl(e, "PKCS #11 module %s",
		    module[0] == '\0' ? "of this system" : module);
		ENGINE_free(engine);
		return NULL;
	}
	if (passphrase_get(p) == -1 ||
	    ENGINE_ctrl_cmd_string(engine, "PIN", p->text, 0) != 1)
		return (void)no_key(p, e, "PIN"), NULL;
	return engine;
}

static EVP_PKEY *
open_pkcs11(struct passphrase *p, struct err *e)
{
	own_str char *path = strndup(p->what, strcspn(p->what, "?"));
	ENGINE *engine;
	EVP_PKEY *key;

	if (strstr(p->what, "pin-value=") != NULL) {
		(void)err_set(e, EINVAL,
		    "a PIN does not belong on a command line, where everybody "
		    "can read it; give --passphrase-fd");
		return NULL;
	}
	if (path == NULL || (engine = engine_pkcs11(p, e)) == NULL)
		return NULL;
	/* It knows no query part (RFC 7512 section 2.4), where the module is
	 * named. */
	key = ENGINE_load_private_key(engine, path, NULL, NULL);
	return key == NULL ? no_key(p, e, "no such key, or a wrong PIN") : key;
}

static EVP_PKEY *
open_file(struct passphrase *p, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_bio BIO *bio = NULL;
	EVP_PKEY *key;

	if (file_read(AT_FDCWD, p->what, X509_PEM_MAX, &pem, e) == -1)
		return NULL;
	if (strstr(pem.p, "-----BEGIN TSS2 PRIVATE KEY-----") != NULL &&
	    use_tpm(e) == -1)
		return NULL;
	if ((bio = BIO_new_mem_buf(pem.p, (int)pem.len)) == NULL)
		return no_key(p, e, "key");
	key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, p);
	return key == NULL
	    ? no_key(p, e, "no usable private key, or a wrong pass phrase")
	    : key;
}

EVP_PKEY *
maker_key_open(const char *name, int passphrase_fd, struct err *e)
{
	own_passphrase struct passphrase p = { .fd = passphrase_fd,
		.what = name };

	if (strncmp(name, "pkcs11:", 7) == 0)
		return open_pkcs11(&p, e);
	if (strncmp(name, "handle:", 7) == 0)
		return open_handle(&p, e);
	return open_file(&p, e);
}

int
maker_key_check(EVP_PKEY *key, STACK_OF(X509) * chain, struct err *e)
{
	X509 *leaf = sk_X509_value(chain, 0);
	char who[256];

	if (x509_code_check(leaf, e) == -1)
		return -1;
	x509_subject(leaf, who, sizeof(who));
	if (X509_check_private_key(leaf, key) != 1) {
		ERR_clear_error();
		return err_set(e, EINVAL,
		    "the key is not the one of certificate %s; the signer's "
		    "own certificate comes first in --cert",
		    who);
	}
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
		return err_set(e, EACCES,
		    "certificate %s has expired; have it issued again", who);
	return 0;
}
