/* SPDX-License-Identifier: MIT */
/*
 * What may stand in a request, checked before a key is made for it. Texts go
 * into the request as they are, never through OpenSSL's configuration syntax,
 * so nothing in them can become another name or another extension.
 */
#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "csr.h"

static const char *const key_names[CSR_KEYS] = {
	[CSR_P256] = "P-256",
	[CSR_P384] = "P-384",
	[CSR_RSA_2048] = "RSA-2048",
	[CSR_RSA_3072] = "RSA-3072",
	[CSR_RSA_4096] = "RSA-4096",
};

const char *
csr_key_name(enum csr_key k)
{
	return (unsigned)k < CSR_KEYS ? key_names[k] : "?";
}

enum csr_key
csr_key_of(const char *name)
{
	enum csr_key k = 0;

	while (k < CSR_KEYS && strcmp(name, key_names[k]) != 0)
		k++;
	return k;
}

/* --- where the key is made ------------------------------------------------ */

/* EVerest's property strings; "?" in front means "rather than must". */
static const struct {
	const char *text;
	bool provider; /* the one that decides */
	enum csr_where where;
} properties[] = {
	{ "provider=tpm2", true, CSR_TPM },
	{ "?provider=tpm2", true, CSR_TPM_OR_FILE },
	{ "provider=default", true, CSR_FILE },
	{ "?provider=default", true, CSR_FILE },
	/* What tpm2-openssl's users write behind it; it says of the TPM's
	 * provider what holds here anyway: digests and random numbers are
	 * OpenSSL's own. */
	{ "?tpm2.digest!=yes", false, CSR_FILE },
	{ "tpm2.digest!=yes", false, CSR_FILE },
	{ "?tpm2.cipher!=yes", false, CSR_FILE },
	{ "tpm2.cipher!=yes", false, CSR_FILE },
};

static int
read_property(
    const char *p, size_t n, enum csr_where *out, int *providers, struct err *e)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]);
	     i++) {
		if (strlen(properties[i].text) != n ||
		    memcmp(properties[i].text, p, n) != 0)
			continue;
		if (properties[i].provider) {
			*out = properties[i].where;
			*providers += 1;
		}
		return 0;
	}
	return err_set(e, EINVAL,
	    "property \"%.*s\" is not known: provider=tpm2 or "
	    "provider=default, with ? in front for \"if there is one\"",
	    n > 40 ? 40 : (int)n, p);
}

int
csr_where_of(const char *text, enum csr_where *out, struct err *e)
{
	int providers = 0;

	*out = CSR_FILE;
	for (;;) {
		size_t n = strcspn(text, ",");

		if (read_property(text, n, out, &providers, e) == -1)
			return -1;
		if (text[n] == '\0')
			break;
		text += n + 1;
	}
	return providers == 1
	    ? 0
	    : err_set(e, EINVAL, "a property string names one provider");
}

/* --- texts ---------------------------------------------------------------- */

/* Octets of the UTF-8 character at s; 0: none, or a control character. RFC
 * 3629: no overlong form, no surrogate, nothing above U+10FFFF. */
static size_t
character(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0x20, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1
	    : s[0] >= 0xf8     ? 0
	    : s[0] >= 0xf0     ? 4
	    : s[0] >= 0xe0     ? 3
	    : s[0] >= 0xc0     ? 2
			       : 0;
	uint32_t c = n <= 1 ? s[0] : s[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0x7f && c < 0xa0) ||
	    (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

static int
check_text(const char *field, const char *s, struct err *e)
{
	size_t n;

	if (*s != '\0' && (*s == ' ' || s[strlen(s) - 1] == ' '))
		return err_set(e, EINVAL, "%s: no blanks at its ends", field);
	for (; *s != '\0'; s += n)
		if ((n = character((const unsigned char *)s)) == 0)
			return err_set(e, EINVAL,
			    "%s: UTF-8 without control characters", field);
	return 0;
}

static int
check_country(const char *s, struct err *e)
{
	if (*s == '\0' ||
	    (strlen(s) == 2 && isupper((unsigned char)s[0]) &&
		isupper((unsigned char)s[1])))
		return 0;
	return err_set(
	    e, EINVAL, "country: two letters of ISO 3166, such as DE");
}

/* --- alternative names ---------------------------------------------------- */

/* RFC 1123 section 2.1; "*" would let one unit's certificate stand for all. */
static bool
is_label(const char *s, size_t n)
{
	if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
	return true;
}

static bool
is_dns(const char *s)
{
	if (strlen(s) > 253)
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (!is_label(s, n))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

static bool
is_ip(const char *s)
{
	unsigned char octets[16];

	return inet_pton(AF_INET, s, octets) == 1 ||
	    inet_pton(AF_INET6, s, octets) == 1;
}

/* RFC 3986 section 3.1, and something behind the scheme. */
static bool
is_uri(const char *s)
{
	size_t scheme = strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789+-.");

	if (!isalpha((unsigned char)s[0]) || s[scheme] != ':' ||
	    s[scheme + 1] == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s) || strchr("\"<>\\^`{|}", *s))
			return false;
	return true;
}

static const struct {
	bool (*is)(const char *);
	const char *why;
} kinds[] = {
	[CSR_DNS] = { is_dns, "a host's name, without wildcard" },
	[CSR_IP] = { is_ip, "an address of 4 or 16 octets" },
	[CSR_URI] = { is_uri, "a URI with its scheme" },
};

static int
check_san(const struct csr_san *san, int i, struct err *e)
{
	if ((unsigned)san->kind >= sizeof(kinds) / sizeof(kinds[0]))
		return err_set(
		    e, EINVAL, "alternative name %d: DNS, IP or URI", i + 1);
	if (kinds[san->kind].is(san->text))
		return 0;
	return err_set(
	    e, EINVAL, "alternative name %d: %s", i + 1, kinds[san->kind].why);
}

int
csr_check(const struct csr_options *o, struct err *e)
{
	if ((unsigned)o->key >= CSR_KEYS)
		return err_set(e, EINVAL,
		    "key: P-256, P-384, RSA-2048, RSA-3072 or RSA-4096");
	if (o->common[0] == '\0')
		return err_set(e, EINVAL, "common name: it must have one");
	if (check_country(o->country, e) == -1 ||
	    check_text("organization", o->organization, e) == -1 ||
	    check_text("organizational unit", o->unit, e) == -1 ||
	    check_text("common name", o->common, e) == -1)
		return -1;
	if (o->domain[0] != '\0' && !is_dns(o->domain))
		return err_set(e, EINVAL,
		    "domain component: letters, digits, hyphens and dots");
	if (o->sans < 0 || o->sans > CSR_SANS)
		return err_set(
		    e, E2BIG, "alternative names: at most %d", CSR_SANS);
	for (int i = 0; i < o->sans; i++)
		if (check_san(&o->san[i], i, e) == -1)
			return -1;
	return 0;
}
