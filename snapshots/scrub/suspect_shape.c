/* SPDX-License-Identifier: MIT */
/*
 * Who a unit is, told by its shape: hardware addresses, also inside an SSID
 * and there without separators, and the numbers of SIM cards and modems.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* No name of a network or of a unit is as long. */
#define VALUE_MAX 1024

static const char address[] = "a hardware address, of this unit or of another";

static bool
all_hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!letter_is(p[i], LETTER_HEX))
			return false;
	return true;
}

/* 02:42:ac:11:00:0b or 02-42-..., 0242.ac11.000b (Cisco): its length, or 0. */
static size_t
separated(const char *p, size_t left)
{
	if (left >= 14 && p[4] == '.' && p[9] == '.' && all_hex(p, 4) &&
	    all_hex(p + 5, 4) && all_hex(p + 10, 4))
		return 14;
	if (left < 17 || (p[2] != ':' && p[2] != '-'))
		return 0;
	for (size_t i = 0; i < 17; i += 3)
		if (!all_hex(p + i, 2) || (i < 15 && p[i + 2] != p[2]))
			return 0;
	return 17;
}

/* Group addresses (the lowest bit of the first byte) and 00:00:00:... are
 * nobody's. The digits were seen to be some. */
static bool
of_one_station(const char *p)
{
	return strchr("02468aceACE", p[1]) != NULL &&
	    strncmp(p, "00:00:00", 8) != 0 && strncmp(p, "00-00-00", 8) != 0 &&
	    strncmp(p, "0000.00", 7) != 0 && strncmp(p, "000000", 6) != 0;
}

static bool
stands_alone(const struct suspect_text *s, size_t at, size_t n)
{
	const char *beside = ":-.";

	if (at > 0 &&
	    (isalnum((unsigned char)s->text[at - 1]) ||
		strchr(beside, s->text[at - 1]) != NULL))
		return false;
	return at + n >= s->len || !isalnum((unsigned char)s->text[at + n]);
}

/* Not in the middle of more pairs: an address of IPv6, a fingerprint. */
static bool
begins_alone(const struct suspect_text *s, size_t at, size_t n)
{
	char sign = s->text[at + (n == 17 ? 2 : 4)];

	if (at > 0 && isalnum((unsigned char)s->text[at - 1]))
		return false;
	if (at > 1 && s->text[at - 1] == sign &&
	    isxdigit((unsigned char)s->text[at - 2]))
		return false;
	return at + n >= s->len || !isalnum((unsigned char)s->text[at + n]);
}

static int
hardware(const struct suspect_text *s, struct err *e)
{
	size_t n;

	for (size_t at = 0; at + 14 <= s->len; at++) {
		if (!letter_is(s->text[at], LETTER_HEX))
			continue;
		n = separated(s->text + at, s->len - at);
		if (n == 0 || !of_one_station(s->text + at) ||
		    !begins_alone(s, at, n))
			continue;
		if (suspect_tell(s, FINDING_ADDRESS, at, n, NULL, address, e) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Names whose value may hold an address without separators. */
static const char *const holders[] = { "ssid", "essid", "mac", "hwaddr",
	"bssid", "client-id", "clientid", "client_id", "hostname", "macaddr",
	"mac_address", "macaddress", "ethaddr" };

/* Is it one of them, or does it end so: "wlan0.config.wifi.master.ssid"? */
static bool
holds_address(const char *name)
{
	size_t n = strlen(name), k;

	for (size_t i = 0; i < LENGTH(holders); i++) {
		k = strlen(holders[i]);
		if (n >= k && strcasecmp(name + n - k, holders[i]) == 0 &&
		    (n == k || !isalnum((unsigned char)name[n - k - 1])))
			return true;
	}
	return false;
}

/* The last three bytes are enough to tell a unit from its neighbours: six
 * digits, with a letter and a figure among them, or else it is a number. */
static bool
half(const char *p, size_t n)
{
	size_t figures = 0;

	for (size_t i = 0; i < n; i++)
		figures += isdigit((unsigned char)p[i]) != 0;
	return n == 6 && figures > 0 && figures < n;
}

/* A run of hex digits in the value that is an address, or half of one. */
static int
runs(const struct suspect_text *s, size_t at, size_t end, const char *name,
    struct err *e)
{
	size_t n;

	for (; at < end; at += n == 0 ? 1 : n) {
		n = letter_run(s->text + at, s->text + end, LETTER_ALNUM);
		if (!all_hex(s->text + at, n) ||
		    !((n == 12 && of_one_station(s->text + at)) ||
			half(s->text + at, n)))
			continue;
		if (suspect_tell(s, FINDING_ADDRESS, at, n, name,
			n == 12 ? address : "half a hardware address", e) == -1)
			return -1;
	}
	return 0;
}

/* Behind each sign whose name may hold an address, to the end of the value.
 * A name as a value, and its value elsewhere, is what Kura's XML does. */
static int
in_names(const struct suspect_text *s, struct err *e)
{
	char name[FIELD_NAME_MAX];
	size_t at = 0, end, from;

	for (; at < s->len; at++) {
		if (!letter_is(s->text[at], LETTER_SIGN))
			continue;
		suspect_name_at(s->text, at + 1, name);
		if (!holds_address(name))
			continue;
		from = at + 1;
		from += letter_run(s->text + from, s->text + s->len,
		    LETTER_BLANK | LETTER_QUOTE);
		for (end = from; end < s->len && end - from < VALUE_MAX &&
		     strchr("\n\"'<,;", s->text[end]) == NULL;
		     end++)
			;
		if (runs(s, from, end, name, e) == -1)
			return -1;
		at = from > at ? from - 1 : at;
	}
	return 0;
}

/* "enx00e04c680001": udev's names of interfaces that have no place of their own
 * on the board are made of the address (systemd.net-naming-scheme(7)). */
static int
interfaces(const struct suspect_text *s, struct err *e)
{
	static const char kinds[][4] = { "enx", "wlx", "wwx" };

	for (size_t at = 0; at + 15 <= s->len; at++) {
		const char *p = s->text + at;

		if (p[2] != 'x' ||
		    (memcmp(p, kinds[0], 3) != 0 &&
			memcmp(p, kinds[1], 3) != 0 &&
			memcmp(p, kinds[2], 3) != 0) ||
		    !all_hex(p + 3, 12) || !of_one_station(p + 3) ||
		    (at > 0 && isalnum((unsigned char)p[-1])) ||
		    (at + 15 < s->len && isalnum((unsigned char)p[15])))
			continue;
		if (suspect_tell(s, FINDING_ADDRESS, at + 3, 12, NULL,
			"a hardware address in the name of an interface",
			e) == -1)
			return -1;
	}
	return 0;
}

int
suspect_addresses(const struct suspect_text *s, struct err *e)
{
	return hardware(s, e) == -1 || interfaces(s, e) == -1 ? -1
							      : in_names(s, e);
}

int
suspect_holder(
    const struct suspect_text *s, const struct field *f, struct err *e)
{
	char name[FIELD_NAME_MAX];

	if (f->absent || !holds_address(f->name))
		return 0;
	suspect_name_at(s->text, f->at, name);
	return holds_address(name) ? 0
				   : runs(s, f->at, f->at + f->len, f->name, e);
}

/* ISO/IEC 7812-1, annex B. */
static bool
luhn(const char *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(p[n - 1 - i] - '0');

		d = i % 2 == 0 ? d : d < 5 ? 2 * d : 2 * d - 9;
		sum += d;
	}
	return sum % 10 == 0;
}

/* What a number of n digits is, or NULL: ITU-T E.118 (ICCID: 89, a country,
 * 19 or 20 digits), E.212 (IMSI: 15, a country code from 200 to 799), and
 * 3GPP TS 23.003 (IMEI: 15 with a check digit). */
static const char *
number_kind(const char *p, size_t n)
{
	if ((n == 19 || n == 20) && p[0] == '8' && p[1] == '9' &&
	    (luhn(p, n) || luhn(p, 19)))
		return "the number of a SIM card (ICCID)";
	if (n != 15)
		return NULL;
	if (luhn(p, n) && p[0] != '0')
		return "the number of a modem (IMEI)";
	return p[0] >= '2' && p[0] <= '7' ? "the number of a subscriber (IMSI)"
					  : NULL;
}

int
suspect_numbers(const struct suspect_text *s, struct err *e)
{
	const char *kind;
	size_t n;

	for (size_t at = 0; at < s->len; at += n == 0 ? 1 : n) {
		n = letter_run(s->text + at, s->text + s->len, LETTER_DIGIT);
		if (n < 15 || n > 20 || !stands_alone(s, at, n) ||
		    (kind = number_kind(s->text + at, n)) == NULL)
			continue;
		if (suspect_tell(s, FINDING_SUBSCRIBER, at, n, NULL, kind, e) ==
		    -1)
			return -1;
	}
	return 0;
}
