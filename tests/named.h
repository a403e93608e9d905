/* SPDX-License-Identifier: MIT */
#ifndef TEST_NAMED_H
#define TEST_NAMED_H

/*
 * Secrets beside the name that gives them away, as each format writes the two.
 * A form writes one line or more and leaves p->line at the one of the value.
 */
#include "dice.h"

typedef void form_fn(struct dice *, struct plant *, struct bytes *);

static inline void
escaped(struct bytes *out, const char *text, const char *what,
    const char *const *with)
{
	for (; *text != '\0'; text++) {
		const char *at = strchr(what, *text);

		if (at == NULL)
			bytes_add(out, text, 1);
		else
			bytes_fmt(out, "%s", with[at - what]);
	}
}

static const char *const xml_with[] = { "&amp;", "&lt;", "&gt;", "&quot;",
	"&apos;" };
static const char *const json_with[] = { "\\u0026", "\\u003c", "\\\"", "\\\\",
	"\\/" };
static const char *const property_with[] = { "\\:", "\\=", "\\!" };

static inline void
as_xml(struct bytes *out, const char *text)
{
	escaped(out, text, "&<>\"'", xml_with);
}

static inline void
as_json(struct bytes *out, struct plant *p)
{
	size_t before = out->len;

	escaped(out, p->secret, "&<\"\\/", json_with);
	(void)snprintf(p->written, sizeof(p->written), "%s", out->p + before);
}

static inline void
named(struct dice *d, struct plant *p)
{
	secret_name(d, p->name);
	secret(d, p->secret);
}

#define LINE(kind, ...)                                                        \
	static inline void form_##kind(                                        \
	    struct dice *d, struct plant *p, struct bytes *o)                  \
	{                                                                      \
		named(d, p);                                                   \
		bytes_fmt(o, __VA_ARGS__);                                     \
	}

LINE(ini, "%s = %s\n", p->name, p->secret)
LINE(tight, "%s=%s\n", p->name, p->secret)
LINE(shell, "export %s='%s'\n", p->name, p->secret)
LINE(yaml, "  %s: %s\n", p->name, p->secret)
LINE(yaml_quoted, "- %s: \"%s\"\n", p->name, p->secret)
LINE(libconfig, "\t%s = \"%s\";\n", p->name, p->secret)
LINE(uci, "\toption %s '%s'\n", p->name, p->secret)
LINE(comment, "# %s: %s\n", p->name, p->secret)
LINE(blank, "%s %s\n", p->name, p->secret)
LINE(quoted, "%s \"%s\"\n", p->name, p->secret)
LINE(flow, "{ %s: \"%s\", on: true }\n", p->name, p->secret)
LINE(flag, "ExecStart=/usr/bin/meter --%s=%s\n", p->name, p->secret)
LINE(sql, "CREATE USER meter IDENTIFIED BY '%s';\n", p->secret)
LINE(netrc, "machine a.example login meter password %s\n", p->secret)
LINE(chap, "\"meter\" * \"%s\" *\n", p->secret)
LINE(psk, "@gw @hq : PSK \"%s\"\n", p->secret)
LINE(php, "$%s = '%s';\n", p->name, p->secret)
LINE(literal, "    '%s': '%s',\n", p->name, p->secret)
LINE(define, "#define %s \"%s\"\n", p->name, p->secret)
LINE(env, "ENV %s %s\n", p->name, p->secret)
LINE(boot, "fw_setenv %s %s\n", p->name, p->secret)
LINE(list, "      - %s=%s\n", p->name, p->secret)
LINE(unit, "Environment=\"%s=%s\"\n", p->name, p->secret)
LINE(community, "rocommunity %s 10.0.0.0/8\n", p->secret)
LINE(neighbour, " neighbor 10.0.0.7 password %s\n", p->secret)
LINE(option, "docker login -u meter --%s %s a.example\n", p->name, p->secret)
LINE(arrow, "    '%s' => '%s',\n", p->name, p->secret)
LINE(assigned, "meter %s := \"%s\"\n", p->name, p->secret)
LINE(three, "%s = \"\"\"%s\"\"\"\n", p->name, p->secret)
LINE(clock, "7 SHA256 %s\n", p->secret)
LINE(peer, "meter\t*\t%s\n", p->secret)
LINE(account, "admin_user=meter admin_%s=%s tls=1\n", p->name, p->secret)

/* What stands in lines before it, where the format wants some. */
#define BELOW(kind, n, before, ...)                                            \
	static inline void form_##kind(                                        \
	    struct dice *d, struct plant *p, struct bytes *o)                  \
	{                                                                      \
		named(d, p);                                                   \
		p->line += (n);                                                \
		bytes_fmt(o, before __VA_ARGS__);                              \
	}

BELOW(keyfile, 2, "[wifi-security]\nkey-mgmt=wpa-psk\n", "psk=%s\n", p->secret)
BELOW(network, 2, "network={\n\tssid=\"a\"\n", "\tpsk=\"%s\"\n}\n", p->secret)
BELOW(interfaces, 2, "iface wlan0 inet dhcp\n\twpa-ssid a\n", "\twpa-psk %s\n",
    p->secret)
BELOW(everest, 3, "active_modules:\n  ocpp:\n    config_module:\n",
    "      AuthorizationKey: \"%s\"\n", p->secret)
BELOW(folded, 1, "", "%s: >-\n  %s\n", p->name, p->secret)
BELOW(continued, 1, "", "%s=\\\n    %s\n", p->name, p->secret)
BELOW(document, 2, "", "{\n  \"%s\":\n    \"%s\"\n}\n", p->name, p->secret)

static inline void
form_json(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "  \"%s\": \"", p->name);
	as_json(o, p);
	bytes_fmt(o, "\",\n");
}

static inline void
form_pair(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(
	    o, "{\"key\":\"%s\",\"readonly\":false,\"value\":\"", p->name);
	as_json(o, p);
	bytes_fmt(o, "\"},\n");
}

static inline void
form_xml(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "<%s>", p->name);
	as_xml(o, p->secret);
	bytes_fmt(o, "</%s>\n", p->name);
}

static inline void
form_attribute(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "<mqtt %s=\"", p->name);
	as_xml(o, p->secret);
	bytes_fmt(o, "\"/>\n");
}

static inline void
form_property(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "%s=", p->name);
	escaped(o, p->secret, ":=!", property_with);
	bytes_fmt(o, "\n");
}

static inline void
form_encoded(struct dice *d, struct plant *p, struct bytes *o)
{
	own_str char *text = NULL;

	named(d, p);
	text = base64_encode(p->secret, strlen(p->secret));
	bytes_fmt(o, "%s: %s\n", p->name, text);
	(void)snprintf(p->secret, sizeof(p->secret), "%s", text);
}

static inline void
form_cdata(struct dice *d, struct plant *p, struct bytes *o)
{
	named(d, p);
	bytes_fmt(o, "<%s><![CDATA[%s]]></%s>\n", p->name, p->secret, p->name);
}

/* A property of Kura, its password in one of the three ways; what is encrypted
 * looks as random as base64 does. */
static inline void
form_kura(struct dice *d, struct plant *p, struct bytes *o)
{
	size_t way = upto(d, 3);
	own_str char *text = NULL;

	named(d, p);
	p->line += 4;
	bytes_fmt(o,
	    "<?xml version=\"1.0\"?>\n<esf:configurations "
	    "xmlns:esf=\"http://eurotech.com/esf/2.0\">\n"
	    "<esf:configuration pid=\"a.b\"><esf:properties>\n"
	    "<esf:property name=\"%s\" array=\"false\" encrypted=\"%s\" "
	    "type=\"%s\">\n<esf:value>",
	    p->name, way == 0 ? "false" : "true",
	    upto(d, 2) == 0 ? "String" : "Password");
	if (way == 2)
		from_set(d, TREES_ALNUM "+/", 80, p->secret);
	if (way > 0) {
		text = base64_encode(p->secret, strlen(p->secret));
		(void)snprintf(p->secret, sizeof(p->secret), "%s", text);
	}
	as_xml(o, p->secret);
	bytes_fmt(o,
	    "</esf:value>\n</esf:property></esf:properties>"
	    "</esf:configuration></esf:configurations>\n");
}

#endif
