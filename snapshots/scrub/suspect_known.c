/* SPDX-License-Identifier: MIT */
/*
 * Defaults that everybody knows. As the value of a name that means a secret
 * each of them is one; those that no other text would hold are one anywhere.
 * A unit that still has them is open, whatever its bundle hides.
 */
#include <string.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct known {
	const char *value;
	const char *whose;
};

/* No other text would hold them. */
static const struct known telling[] = {
	{ "changeit", "Java key stores" },
	{ "testKEYS", "the access point of Kura" },
	{ "wepKeyInfraWlan0", "the Wi-Fi client of Kura" },
	/* SHA-1 of admin, in base64, as users.config of Kura 4 holds it. */
	{ "0DPiKuNIrrVmD8IUCuw1hQxNqZc=", "Kura" },
	/* SHA-256 of admin, appadmin and netadmin, in base64, as users.config
	 * of Kura 5 holds them. */
	{ "jGl25bVBBBW96Qi9Te4V37Fnqchz/Eu4qB9vKrRIqRg=", "Kura" },
	{ "3hPckF8Zc+IF3pVineBvck3zJERUl8itosySULE1hpM=", "Kura" },
	{ "3PgDKAMCxgRWBHiT1dEBS97bPqt7xckgdwrADJiDoWg=", "Kura" },
	{ "DEADBEEFDEADBEEF", "OCPP examples" },
	{ "temppwd", "BeagleBone" },
};

/* A default only as the value of a name that means a secret. */
static const struct known named[] = {
	{ "everyware", "key stores of Kura 1 to 3" },
	{ "appadmin", "Kura" },
	{ "netadmin", "Kura" },
	{ "admin", "many" },
	{ "admin1", "many" },
	{ "admin12", "many" },
	{ "admin123", "many" },
	{ "admin1234", "many" },
	{ "Admin@123", "many" },
	{ "administrator", "many" },
	{ "password", "many" },
	{ "password1", "many" },
	{ "Password1", "many" },
	{ "passw0rd", "many" },
	{ "P@ssw0rd", "many" },
	{ "changeme", "many" },
	{ "change-me", "many" },
	{ "default", "many" },
	{ "secret", "many" },
	{ "letmein", "many" },
	{ "welcome", "many" },
	{ "qwerty", "many" },
	{ "guest", "many" },
	{ "user", "many" },
	{ "test", "many" },
	{ "test123", "many" },
	{ "demo", "many" },
	{ "service", "many" },
	{ "support", "many" },
	{ "operator", "many" },
	{ "manager", "many" },
	{ "supervisor", "many" },
	{ "root", "many" },
	{ "toor", "many" },
	{ "calvin", "Dell iDRAC" },
	{ "raspberry", "Raspberry Pi OS" },
	{ "linaro", "Linaro images" },
	{ "orangepi", "Orange Pi" },
	{ "debian", "board images of Debian" },
	{ "ubnt", "Ubiquiti" },
	{ "alpine", "iOS" },
	{ "steve", "SteVe" },
	{ "eurotech", "gateways" },
	{ "public", "SNMP" },
	{ "private", "SNMP" },
	{ "0000", "SIM cards" },
	{ "1111", "SIM cards" },
	{ "1234", "SIM cards and many" },
	{ "12345", "many" },
	{ "123456", "EVerest and many" },
	{ "1234567", "many" },
	{ "12345678", "many" },
	{ "123456789", "many" },
	{ "1234567890", "many" },
	{ "00000000", "many" },
	{ "87654321", "many" },
};

static const char *
find(const struct known *table, size_t n, const char *p, size_t len)
{
	for (size_t i = 0; len > 0 && i < n; i++)
		if (table[i].value[0] == p[0] &&
		    strlen(table[i].value) == len &&
		    memcmp(table[i].value, p, len) == 0)
			return table[i].whose;
	return NULL;
}

const char *
suspect_default(const char *p, size_t len, bool anywhere)
{
	/* Every word of a capture is looked for in the first, which is why
	 * there are two. */
	const char *whose = find(telling, LENGTH(telling), p, len);

	return whose != NULL || anywhere ? whose
					 : find(named, LENGTH(named), p, len);
}

int
suspect_known(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len;
	size_t n;

	for (const char *p = s->text; p < stop; p += n == 0 ? 1 : n) {
		/* psk=testKEYS: the sign before it is of the same set. */
		n = *p == '=' ? 0 : suspect_word_length(p, stop);
		if (suspect_default(p, n, true) == NULL)
			continue;
		if (suspect_tell(s, FINDING_DEFAULT, (size_t)(p - s->text), n,
			NULL, "a default password that everybody knows",
			e) == -1)
			return -1;
	}
	return 0;
}
