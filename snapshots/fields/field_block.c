/* SPDX-License-Identifier: MIT */
/*
 * Lines with something around them: blocks of wpa_supplicant (hostapd has
 * none, but the same keys), and sections of OpenWrt's UCI.
 */
#include <stdio.h>
#include <string.h>

#include "field_in.h"

#define TYPES_MAX 64 /* of sections without a name; the rest are "@more" */

/* wpa_supplicant.conf: bare, these are hex or a hash; a text has quotes. */
static bool
takes_text(const char *name)
{
	static const char *const names[] = { "psk", "password", "passphrase",
		"ssid", "identity", "anonymous_identity", "private_key_passwd",
		"private_key2_passwd", "sae_password", "sae_password_id", "pin",
		"wep_key0", "wep_key1", "wep_key2", "wep_key3", "username",
		"milenage", "imsi" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* hostapd's sae_password=text|mac=...|vlanid=...|pk=...|id=... */
static void
cut_options(struct line *value)
{
	static const char *const options[] = {
		"|mac=", "|vlanid=", "|pk=", "|id="
	};
	const char *p = value->text + value->at, *at;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		at = memmem(
		    p, value->end - value->at, options[i], strlen(options[i]));
		if (at != NULL)
			value->end = (size_t)(at - value->text);
	}
}

struct blocks {
	char within[FIELD_NAME_MAX];
	size_t start; /* of the block's first line */
	field_fn *fn;
	void *ctx;
};

static int
wpa_pair(struct blocks *b, struct line *l, struct err *e)
{
	const char *equals = memchr(l->text + l->at, '=', l->end - l->at);
	struct line entry = *l;
	char name[FIELD_NAME_MAX];
	struct field f;
	bool quoted;

	if (equals == NULL)
		return 0;
	name_copy(name, l->text + l->at, (size_t)(equals - l->text) - l->at);
	name[strcspn(name, " \t")] = '\0';
	l->at = (size_t)(equals - l->text) + 1;
	line_trim(l);
	if (line_starts(l, "P\""))
		l->at++; /* printf escapes in the quotes */
	quoted = line_unquote(l);
	if (b->within[0] == '\0' && strcmp(name, "sae_password") == 0)
		cut_options(l);
	f = line_field(l, &entry, b->within, name);
	f.escape = quoted ? FIELD_BACKSLASH : FIELD_PLAIN;
	if (!quoted && b->within[0] != '\0' && takes_text(name))
		f.open = f.close = "\"";
	return b->fn(b->ctx, &f, e);
}

/* blob-base64-NAME={: keys and certificates, as one value. */
static int
blob(struct blocks *b, const struct line *first, size_t *next, size_t len,
    struct err *e)
{
	struct line l, value = *first, entry = *first;
	char name[FIELD_NAME_MAX];
	struct field f;

	value.at = value.end = first->next;
	while (line_next(first->text, len, next, &l)) {
		entry.next = l.next;
		if (line_starts(&l, "}"))
			break;
		value.end = l.end;
	}
	line_trim(&value);
	(void)strcpy(name, b->within);
	b->within[0] = '\0';
	f = line_field(&value, &entry, "", name);
	return b->fn(b->ctx, &f, e);
}

int
field_wpa(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	struct blocks b = { .fn = fn, .ctx = ctx };
	struct line l;
	size_t next = 0;
	int rc = 0;

	while (rc == 0 && line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#"))
			continue;
		if (line_starts(&l, "}")) {
			b.within[0] = '\0';
		} else if (l.end - l.at > 2 && text[l.end - 1] == '{' &&
		    text[l.end - 2] == '=') {
			name_copy(b.within, text + l.at, l.end - l.at - 2);
			if (line_starts(&l, "blob-"))
				rc = blob(&b, &l, &next, len, e);
		} else {
			rc = wpa_pair(&b, &l, e);
		}
	}
	return rc;
}

/* hostapd's wpa_psk_file: "keyid=a vlanid=1 00:11:22:33:44:55 pass phrase" */
int
field_psks(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX];
	struct line l, entry, w;
	struct field f;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#"))
			continue;
		entry = l;
		do
			w = line_word(&l);
		while (l.at < l.end &&
		    memchr(text + w.at, '=', w.end - w.at) != NULL);
		name_copy(within, text + w.at, w.end - w.at);
		f = line_field(&l, &entry, within, "psk");
		f.secret = f.len > 0;
		if (fn(ctx, &f, e) == -1)
			return -1;
	}
	return 0;
}

/* How many sections of each type had no name. */
struct types {
	char names[TYPES_MAX][32];
	unsigned counts[TYPES_MAX];
	size_t count;
};

static void
section(struct types *t, struct line *l, char within[static FIELD_NAME_MAX])
{
	struct line type = line_word(l), name = line_word(l);
	int n = (int)(type.end - type.at);
	char key[32];
	size_t i = 0;

	(void)snprintf(
	    key, sizeof(key), "%.*s", n < 31 ? n : 31, type.text + type.at);
	if (name.end > name.at) {
		(void)snprintf(within, FIELD_NAME_MAX, "%s.%.*s", key,
		    name.end - name.at < 90 ? (int)(name.end - name.at) : 90,
		    name.text + name.at);
		return;
	}
	while (i < t->count && strcmp(t->names[i], key) != 0)
		i++;
	if (i == TYPES_MAX) {
		(void)snprintf(within, FIELD_NAME_MAX, "%s.@more", key);
		return;
	}
	if (i == t->count)
		(void)strcpy(t->names[t->count++], key);
	(void)snprintf(within, FIELD_NAME_MAX, "%s.@%u", key, t->counts[i]++);
}

static int
uci_option(
    const char *within, struct line *l, field_fn *fn, void *ctx, struct err *e)
{
	struct line entry = *l, key = line_word(l), value;
	char name[FIELD_NAME_MAX];
	struct field f;
	bool quoted =
	    l->at < l->end && (l->text[l->at] == '"' || l->text[l->at] == '\'');

	name_copy(name, l->text + key.at, key.end - key.at);
	value = line_word(l);
	f = line_field(&value, &entry, within, name);
	if (quoted && value.at > 0 && value.text[value.at - 1] == '"')
		f.escape = FIELD_BACKSLASH;
	if (!quoted)
		f.open = f.close = "'";
	return fn(ctx, &f, e);
}

int
field_uci(const char *text, size_t len, field_fn *fn, void *ctx, struct err *e)
{
	char within[FIELD_NAME_MAX] = "";
	struct types types = { 0 };
	struct line l, word;
	size_t next = 0;

	while (line_next(text, len, &next, &l)) {
		if (line_is_comment(&l, "#"))
			continue;
		word = line_word(&l);
		if (line_starts(&word, "config"))
			section(&types, &l, within);
		else if ((line_starts(&word, "option") ||
			     line_starts(&word, "list")) &&
		    uci_option(within, &l, fn, ctx, e) == -1)
			return -1;
	}
	return 0;
}
