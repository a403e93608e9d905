/* SPDX-License-Identifier: MIT */
/*
 * Defaults that everybody knows. As the value of a name that means a secret
 * each of them is one; those that no other text would hold are one anywhere.
 * A unit that still has them is open, whatever its bundle hides.
 */
#include <string.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *value;
	const char *whose;
	bool anywhere;
} known[] = {
	{ "changeit", "Java key stores", true },
	{ "testKEYS", "the access point of Kura", true },
	{ "appadmin", "Kura", false },
	{ "netadmin", "Kura", false },
	/* SHA-256 of admin, appadmin and netadmin, in base64, as users.config
	 * of Kura 5 holds them. */
	{ "jGl25bVBBBW96Qi9Te4V37Fnqchz/Eu4qB9vKrRIqRg=", "Kura", true },
	{ "3hPckF8Zc+IF3pVineBvck3zJERUl8itosySULE1hpM=", "Kura", true },
	{ "3PgDKAMCxgRWBHiT1dEBS97bPqt7xckgdwrADJiDoWg=", "Kura", true },
	{ "DEADBEEFDEADBEEF", "OCPP examples", true },
	{ "admin", "many", false },
	{ "admin1", "many", false },
	{ "admin12", "many", false },
	{ "admin123", "many", false },
	{ "admin1234", "many", false },
	{ "Admin@123", "many", false },
	{ "administrator", "many", false },
	{ "password", "many", false },
	{ "password1", "many", false },
	{ "Password1", "many", false },
	{ "passw0rd", "many", false },
	{ "P@ssw0rd", "many", false },
	{ "changeme", "many", false },
	{ "change-me", "many", false },
	{ "default", "many", false },
	{ "secret", "many", false },
	{ "letmein", "many", false },
	{ "welcome", "many", false },
	{ "qwerty", "many", false },
	{ "guest", "many", false },
	{ "user", "many", false },
	{ "test", "many", false },
	{ "test123", "many", false },
	{ "demo", "many", false },
	{ "service", "many", false },
	{ "support", "many", false },
	{ "operator", "many", false },
	{ "manager", "many", false },
	{ "supervisor", "many", false },
	{ "root", "many", false },
	{ "toor", "many", false },
	{ "calvin", "Dell iDRAC", false },
	{ "raspberry", "Raspberry Pi OS", false },
	{ "temppwd", "BeagleBone", true },
	{ "linaro", "Linaro images", false },
	{ "orangepi", "Orange Pi", false },
	{ "debian", "board images of Debian", false },
	{ "ubnt", "Ubiquiti", false },
	{ "alpine", "iOS", false },
	{ "steve", "SteVe", false },
	{ "eurotech", "gateways", false },
	{ "public", "SNMP", false },
	{ "private", "SNMP", false },
	{ "0000", "SIM cards", false },
	{ "1111", "SIM cards", false },
	{ "1234", "SIM cards and many", false },
	{ "12345", "many", false },
	{ "123456", "EVerest and many", false },
	{ "1234567", "many", false },
	{ "12345678", "many", false },
	{ "123456789", "many", false },
	{ "1234567890", "many", false },
	{ "00000000", "many", false },
	{ "87654321", "many", false },
};

const char *
suspect_default(const char *p, size_t len, bool anywhere)
{
	/* Asked for every word of a capture: the first letter decides. */
	for (size_t i = 0; len > 0 && i < LENGTH(known); i++)
		if (known[i].value[0] == p[0] &&
		    (known[i].anywhere || !anywhere) &&
		    strlen(known[i].value) == len &&
		    memcmp(known[i].value, p, len) == 0)
			return known[i].whose;
	return NULL;
}

int
suspect_known(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len;
	size_t n;

	for (const char *p = s->text; p < stop; p += n == 0 ? 1 : n) {
		n = suspect_run(p, stop, SUSPECT_WORD_SET);
		/* psk=testKEYS: the sign before it is of the same set. */
		while (n > 0 && *p == '=') {
			p++;
			n--;
		}
		for (size_t i = 0; i < n; i++)
			if (p[i] == '=' && i + 2 < n && p[i + 1] != '=') {
				n = i + 1;
				break;
			}
		if (suspect_default(p, n, true) == NULL)
			continue;
		if (suspect_tell(s, FINDING_DEFAULT, (size_t)(p - s->text), n,
			NULL, "a default password that everybody knows",
			e) == -1)
			return -1;
	}
	return 0;
}
