/* SPDX-License-Identifier: MIT */
/*
 * Names that mean a secret, and values that can not be one. What the
 * heuristics believe about words is said here, in tables, and nowhere else.
 */
#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "pairs.h"
#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Parts of a name that mean a secret, in lower case. */
static const char *const parts[] = { "password", "passwd", "passphrase",
	"passwort", "kennwort", "secret", "token", "psk", "apikey", "api_key",
	"api-key", "private_key", "privatekey", "private-key", "presharedkey",
	"preshared_key", "preshared-key", "credential", "community", "com2sec",
	"createuser", "wep_key", "imsi", "iccid", "authkey", "auth_key",
	"auth-key", "authorizationkey", "authorization_key", "passcode",
	"pincode", "pin_code", "pin-code", "simpin", "sim_pin", "sim-pin",
	"accountkey", "account_key", "access_key", "accesskey", "access-key",
	"encryption_key", "encryptionkey", "encryption-key", "signing_key",
	"signingkey", "master_key", "masterkey", "hmac_key", "hmackey",
	"aes_key", "aeskey", "des_key", "session_key", "sessionkey", "wepkey",
	"wep-key", "networkkey", "network_key", "sharedkey", "shared_key",
	"shared-key", "license_key", "licensekey", "connectionstring",
	"connection_string", "bearer", "otpauth", "totp", "mot_de_passe",
	"motdepasse", "contrasena", "wachtwoord", "senha", "haslo", "heslo",
	"losenord", "parola", "salasana", "masterauth", "keymaterial",
	"authentication_key", "authenticationkey", "authentication-key",
	"wifi_key", "wifikey", "wifi-key", "wlan_key", "wlankey", "wlan-key",
	"app_key", "appkey", "app-key", "nwk_key", "nwkkey", "appskey",
	"nwkskey", "pin-value", "pin_value", "unlock_code", "unlockcode" };

/* Too short to be parts, but telling as the last word: MQTT_PW, sim.puk. */
static const char *const last_words[] = { "pwd", "pw", "pass", "puk", "psw",
	"pswd", "cred", "creds" };

/* The same at the end of a word: dbpass, bindpw; but not of these. */
static const char *const endings[] = { "pass", "pwd", "pw", "passw" };
static const char *const no_endings[] = { "bypass", "compass", "encompass",
	"trespass", "surpass", "overpass", "underpass", "lowpass", "highpass",
	"bandpass", "allpass" };

/* Keywords as a whole only: a pin may be one of a chip. */
static const char *const whole_words[] = { "pin", "auth", "sim.pin", "ki",
	"opc", "wpakey", "passkey", "cpin" };

/* Values that say nothing. */
static const char *const harmless[] = { "yes", "no", "true", "false", "on",
	"off", "none", "null", "any", "enabled", "disabled", "prompt", "n/a",
	"optional", "required", "requisite", "sufficient", "include",
	"placeholder", "uninitialized", "empty", "origin", "release", "version",
	"default", "auto", "always", "never" };

/* As the last word of a name: it speaks about a secret and is none. */
static const char *const about[] = { "file", "path", "dir", "type", "length",
	"len", "size", "max", "min", "ttl", "policy", "algorithm", "timeout",
	"expiry", "lifetime", "format", "prompt" };

static bool
one_of(const char *const *table, size_t n, const char *p, size_t len)
{
	char first = len == 0 ? '\0' : letter_lower(p[0]);

	/* The tables are in lower case. */
	for (size_t i = 0; i < n; i++)
		if (table[i][0] == first && strlen(table[i]) == len &&
		    strncasecmp(p, table[i], len) == 0)
			return true;
	return false;
}

static struct pairs part_pairs;
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static void
index_parts(void)
{
	for (size_t i = 0; i < LENGTH(parts); i++)
		pairs_add(&part_pairs, parts[i]);
}

/* Is one of the parts in it? */
static bool
has_part(const char *low, size_t len)
{
	(void)pthread_once(&indexed, index_parts);
	for (size_t at = 0; at + 1 < len; at++) {
		if (!pairs_begin(&part_pairs, low + at))
			continue;
		for (size_t i = 0; i < LENGTH(parts); i++)
			if (parts[i][0] == low[at] &&
			    strncmp(low + at, parts[i], strlen(parts[i])) == 0)
				return true;
	}
	return false;
}

static bool
ends_so(const char *word, size_t len)
{
	if (one_of(no_endings, LENGTH(no_endings), word, len))
		return false;
	for (size_t i = 0; i < LENGTH(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && memcmp(word + len - n, endings[i], n) == 0)
			return true;
	}
	return false;
}

/* "wps_pin", "so-pin" */
static bool
is_pin(const char *low, size_t word, size_t n)
{
	return word > 0 && n - word == 3 && memcmp(low + word, "pin", 3) == 0;
}

bool
suspect_name(const char *name)
{
	char low[FIELD_NAME_MAX];
	size_t n = 0, word = 0;

	for (; n < sizeof(low) - 1 && name[n] != '\0'; n++) {
		low[n] = letter_lower(name[n]);
		if (!letter_is(name[n], LETTER_ALNUM))
			word = n + 1;
		else if (n > 0 && letter_is(name[n], LETTER_UPPER) &&
		    letter_is(name[n - 1], LETTER_LOWER))
			word = n; /* wifiPass */
	}
	low[n] = '\0';
	if (one_of(about, LENGTH(about), low + word, n - word))
		return false;
	return has_part(low, n) ||
	    one_of(whole_words, LENGTH(whole_words), low, n) ||
	    one_of(last_words, LENGTH(last_words), low + word, n - word) ||
	    ends_so(low + word, n - word) || is_pin(low, word, n);
}

/* "/run/secrets/psk"; but base64 may begin with a slash as well. */
static bool
is_path(const char *p, size_t len)
{
	return len > 1 && p[0] == '/' && p[len - 1] != '=' &&
	    memchr(p + 1, '/', len - 1) != NULL && memchr(p, '+', len) == NULL;
}

static size_t
run(const char *p, const char *stop, const char *set)
{
	const char *from = p;

	while (p < stop && *p != '\0' && strchr(set, *p) != NULL)
		p++;
	return (size_t)(p - from);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz_"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/*
 * A shell's or a file's word for what stands elsewhere, perhaps without its
 * end: "${PSK}", "$WPA_PSK", "$(cat psk)", "$dir/private/ca.pem". A dollar
 * sign and small letters alone, or with digits, may be a password.
 */
static bool
is_variable(const char *p, size_t len)
{
	const char *stop = p + len;
	size_t n;

	if (len < 3 || p[0] != '$')
		return false;
	if (p[1] == '{') {
		n = 2 + run(p + 2, stop, LOWER UPPER "0123456789");
		return n > 2 && (n == len || p[n] == '}' || p[n] == ':');
	}
	if (p[1] == '(') {
		n = 2 + run(p + 2, stop, LOWER);
		return n > 2 && (n == len || p[n] == ' ' || p[n] == '/');
	}
	if (1 + run(p + 1, stop, UPPER) == len)
		return true;
	n = 1 + run(p + 1, stop, LOWER UPPER);
	return n > 1 && n < len && p[n] == '/' &&
	    n + run(p + n, stop, LOWER UPPER "0123456789./-#") == len;
}

/* A path, a reference, a slot, prose: not the secret itself. */
static bool
points_elsewhere(const char *p, size_t len)
{
	unsigned gaps = 0;

	/* Passphrases of dice have six words, some have eight. */
	for (size_t i = 1; i < len; i++)
		gaps += isspace((unsigned char)p[i]) &&
		    !isspace((unsigned char)p[i - 1]);
	return gaps > 9 || (gaps == 0 && is_path(p, len)) ||
	    is_variable(p, len) || memmem(p, len, "@{", 2) != NULL;
}

/* What nginx passes requests on to, under a name that ends like a password's:
 * an address, a socket. A word alone could be either. */
static bool
passed_on(const char *name, const char *p, size_t len)
{
	static const char *const names[] = { "proxy_pass", "fastcgi_pass",
		"uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass" };
	size_t n;

	if (!one_of(names, LENGTH(names), name, strlen(name)))
		return false;
	n = run(p, p + len, "0123456789.:");
	return memmem(p, len, "://", 3) != NULL ||
	    (len > 5 && memcmp(p, "unix:", 5) == 0) ||
	    (memchr(p, ':', len) != NULL && n + 1 >= len);
}

/* reset_pin = GPIO17: a person's has four digits or more, and nothing else. */
static bool
pin_of_a_chip(const char *name, const char *p, size_t len)
{
	static const char *const persons[] = { "sim", "card", "user" };
	size_t n = strlen(name);

	if (n <= 4 || strcasecmp(name + n - 3, "pin") != 0 ||
	    letter_is(name[n - 4], LETTER_ALNUM))
		return false;
	for (size_t i = 0; i < LENGTH(persons); i++)
		if (strncasecmp(name, persons[i], strlen(persons[i])) == 0)
			return false;
	return len < 4 || letter_run(p, p + len, LETTER_DIGIT) < len;
}

bool
suspect_only_called(const char *name, const char *p, size_t len)
{
	return passed_on(name, p, len) || pin_of_a_chip(name, p, len);
}

/* Is it one of those words, perhaps with what ends it in its format? */
static bool
is_harmless(const char *p, size_t len)
{
	while (len > 0 && strchr(";,", p[len - 1]) != NULL)
		len--;
	return one_of(harmless, LENGTH(harmless), p, len);
}

bool
suspect_plausible(const char *p, size_t len)
{
	size_t same = 1, digits = 0;

	if (len < 3 || is_harmless(p, len) || points_elsewhere(p, len))
		return false;
	while (same < len && p[same] == p[0])
		same++;
	while (digits < len && isdigit((unsigned char)p[digits]))
		digits++;
	/* Three digits are a number of something. */
	return same < len && (len > 3 || digits < len);
}
