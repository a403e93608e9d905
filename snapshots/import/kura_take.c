/* SPDX-License-Identifier: MIT */
/*
 * Settings whose value decides what there is to say: secrets above all. What
 * is said about a secret is its place, kind and length; whether it is one that
 * everybody knows is a finding.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "kura_in.h"

/* Passwords that Kura, ESF or their examples ship with. */
static const char *const shipped[] = { "changeit", "admin", "testKEYS", "kura",
	"password", "appadmin", "netadmin", "ec-password" };

/* Hashes that Kura ships with in users.config: SHA-256 without salt. */
static const char *const shipped_hashes[] = {
	"jGl25bVBBBW96Qi9Te4V37Fnqchz/Eu4qB9vKrRIqRg=",
	"3hPckF8Zc+IF3pVineBvck3zJERUl8itosySULE1hpM=",
	"3PgDKAMCxgRWBHiT1dEBS97bPqt7xckgdwrADJiDoWg=",
};

/*
 * The slot of the row, with the interface's name where a "*" stands: what is
 * between "net.interface." and ".config". Characters that no slot may have
 * become "-".
 */
static void
slot_for(const struct kura_here *h, char *out, size_t size)
{
	static const char front[] = "net.interface.";
	const char *star = strchr(h->row->slot, '*');
	const char *name = h->p->name, *end = strstr(name, ".config");
	char iface[24] = "";
	size_t n;

	if (strncmp(name, front, sizeof(front) - 1) == 0 && end != NULL)
		name += sizeof(front) - 1;
	n = end != NULL && end > name ? (size_t)(end - name) : 0;
	(void)snprintf(
	    iface, sizeof(iface), "%.*s", n < 20 ? (int)n : 20, name);
	for (char *p = iface; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p)
		    ? (char)tolower((unsigned char)*p)
		    : '-';
	if (star == NULL)
		(void)snprintf(out, size, "%s", h->row->slot);
	else
		(void)snprintf(out, size, "%.*s%s%s",
		    (int)(star - h->row->slot), h->row->slot, iface, star + 1);
}

static bool
known(const struct bytes *clear)
{
	for (size_t i = 0; i < sizeof(shipped) / sizeof(*shipped); i++)
		if (clear->len == strlen(shipped[i]) &&
		    memcmp(clear->p, shipped[i], clear->len) == 0)
			return true;
	return false;
}

static const char *
kind_of(const struct kura_here *h)
{
	return h->p->type != NULL && strcmp(h->p->type, "Password") == 0
	    ? "password"
	    : "password, typed as text";
}

void
kura_take_secret(const struct kura_here *h)
{
	static const struct kura_row unknown = { .verdict = IMPORT_UNKNOWN,
		.says = "a secret of a component that is not known here" };
	const struct kura_row *row = h->row == NULL ? &unknown : h->row;
	own_bytes struct bytes clear = { 0 };
	struct import_item *it;
	char slot[96] = "";
	struct err e;
	long n = kura_password(
	    h->k->from, h->k->key, h->p->encrypted, h->value, &clear, &e);

	if (n == -1) {
		(void)kura_say(h, IMPORT_MALFORMED, "%s", e.text);
		return;
	}
	if (n == 0) {
		(void)kura_say(h, IMPORT_EMPTY, "no password is set");
		return;
	}
	if (row->slot != NULL)
		slot_for(h, slot, sizeof(slot));
	it = kura_say(h, row->verdict, "%s", row->says);
	import_secret(h->k->im, it, kind_of(h),
	    n == KURA_LENGTH_UNKNOWN ? -1 : n, *slot == '\0' ? NULL : slot);
	if (row->verdict == IMPORT_CHANGED)
		it->document = "uplink.conf";
	if (known(&clear))
		import_finding(h->k->im, it, "default-password");
}

/* Any text in it that is a hash Kura ships with. */
static bool
holds_shipped(const json_t *j)
{
	const char *key, *text = json_string_value(j);
	const json_t *member;
	size_t i;

	for (size_t k = 0; text != NULL && k < 3; k++)
		if (strcmp(text, shipped_hashes[k]) == 0)
			return true;
	json_array_foreach(j, i, member)
	{
		if (holds_shipped(member))
			return true;
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, member)
	{
		if (holds_shipped(member))
			return true;
	}
	return false;
}

/* users.config: one JSON text with the hashes of all users in it. */
void
kura_take_users(const struct kura_here *h)
{
	own_json json_t *j = NULL;
	struct import_item *it;
	struct err e;

	if (*h->value == '\0') {
		(void)kura_say(h, IMPORT_EMPTY, "no users");
		return;
	}
	j = json_parse(
	    "users.config", h->value, strlen(h->value), KURA_VALUE_MAX, &e);
	if (j == NULL) {
		it = kura_say(h, IMPORT_UNKNOWN, "should be JSON, but is not");
		import_secret(h->k->im, it, "text with credentials",
		    (long)strlen(h->value), NULL);
		return;
	}
	it = kura_say(h, IMPORT_NO_PLUGIN,
	    "%zu users of the console, their passwords as SHA-256 without "
	    "salt; Ingot has no console, and such hashes must not travel",
	    json_array_size(j));
	import_secret(h->k->im, it, "JSON with password hashes",
	    (long)strlen(h->value), NULL);
	if (holds_shipped(j))
		import_finding(h->k->im, it, "default-password");
}

void
kura_take_protocol(const struct kura_here *h)
{
	struct import_item *it;

	if (strcmp(h->value, "TLSv1.2") == 0 ||
	    strcmp(h->value, "TLSv1.3") == 0) {
		(void)kura_say(
		    h, IMPORT_ANYWAY, "the uplink speaks TLS 1.2 and 1.3 only");
		return;
	}
	it = kura_say(h, *h->value == '\0' ? IMPORT_EMPTY : IMPORT_ANYWAY,
	    "the uplink speaks TLS 1.2 and 1.3 only; nothing older is there "
	    "to be chosen");
	if (*h->value != '\0')
		import_finding(h->k->im, it, "old-tls");
}

void
kura_take_hostname(const struct kura_here *h)
{
	struct import_item *it = kura_say(h, IMPORT_ANYWAY,
	    "the uplink always checks that the broker's certificate bears the "
	    "broker's name");

	if (strcmp(h->value, "false") == 0)
		import_finding(h->k->im, it, "no-name-check");
}

/* Kura serves its console there; Ingot has none to move. */
void
kura_take_console(const struct kura_here *h)
{
	for (size_t i = 0; i < h->p->n; i++) {
		struct import_item *it = kura_say(h, IMPORT_NO_PLUGIN,
		    "a port of Kura's console, which Ingot does not have; the "
		    "firewall opens it if a rule says so");

		it->entry = (unsigned)i + 1;
		import_value(h->k->im, it, h->p->values[i]);
	}
	if (h->p->n == 0)
		(void)kura_say(h, IMPORT_EMPTY, "no port");
}

void
kura_take_command(const struct kura_here *h)
{
	struct import_item *it;

	if (strcmp(h->value, "true") != 0) {
		(void)kura_say(
		    h, IMPORT_ANYWAY, "Ingot runs no commands from afar");
		return;
	}
	it = kura_say(h, IMPORT_ANYWAY,
	    "Ingot runs no commands from afar; whoever needs that builds a "
	    "plugin for it");
	import_finding(h->k->im, it, "remote-command");
}

/* Six pairs of hexadecimal digits, with or without something between. */
static bool
holds_mac(const char *s)
{
	for (; *s != '\0'; s++) {
		const char *p = s;
		int digits = 0;

		for (; *p != '\0' && digits < 12; p++)
			if (isxdigit((unsigned char)*p))
				digits++;
			else if (digits == 0 || digits % 2 != 0 ||
			    strchr(":-", *p) == NULL)
				break;
		if (digits == 12)
			return true;
	}
	return false;
}

/* Some products put the hardware address of the unit, or of the one that was
 * configured first, into the name of their network. */
void
kura_take_ssid(const struct kura_here *h)
{
	struct import_item *it;

	if (*h->value == '\0') {
		(void)kura_say(h, IMPORT_EMPTY, "not set");
		return;
	}
	it = kura_say(h, IMPORT_NO_PLUGIN, "%s", h->row->says);
	if (holds_mac(h->value))
		import_finding(h->k->im, it, "identity");
	else
		import_value(h->k->im, it, h->value);
}

/* What Eurotech's checklist puts in the place of a value of one unit. */
void
kura_take_neutral(const struct kura_here *h)
{
	static const char *const neutral[] = { "account-name", "username", "" };

	for (size_t i = 0; i < sizeof(neutral) / sizeof(*neutral); i++)
		if (strcmp(h->value, neutral[i]) == 0) {
			(void)kura_say(h, IMPORT_EMPTY,
			    "nothing, or a neutral placeholder");
			return;
		}
	(void)kura_say(h, h->row->verdict, "%s", h->row->says);
}
