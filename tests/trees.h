/* SPDX-License-Identifier: MIT */
#ifndef TEST_TREES_H
#define TEST_TREES_H

/*
 * Configuration files with one planted secret each, as gateways have them: in
 * many formats, under many names, in many dresses. All of it follows from a
 * seed, so any of them can be made again.
 *
 * A plant knows its line and its name, by which a finding is told to be about
 * it and not about something beside it.
 */
#include "named.h"
#include "shaped.h"

static const struct {
	const char *kind;
	const char *path;
	form_fn *write;
	bool whole; /* nothing may stand around it */
} forms[] = {
	{ "ini", "/srv/a.ini", form_ini, false },
	{ "tight", "/srv/a.conf", form_tight, false },
	{ "shell", "/srv/run.sh", form_shell, false },
	{ "yaml", "/srv/a.yaml", form_yaml, false },
	{ "yaml-quoted", "/srv/a.yml", form_yaml_quoted, false },
	{ "yaml-flow", "/srv/flow.yaml", form_flow, false },
	{ "libconfig", "/srv/ingot/a.conf", form_libconfig, false },
	{ "uci", "/srv/config/wireless", form_uci, false },
	{ "comment", "/srv/a.txt", form_comment, false },
	{ "blank", "/srv/mosquitto", form_blank, false },
	{ "ppp-options", "/srv/peer", form_quoted, false },
	{ "flag", "/srv/a.service", form_flag, false },
	{ "sql", "/srv/init.sql", form_sql, false },
	{ "netrc", "/srv/netrc", form_netrc, false },
	{ "chap-secrets", "/srv/chap-secrets", form_chap, false },
	{ "ipsec", "/srv/ipsec", form_psk, false },
	{ "json", "/srv/a.json", form_json, false },
	{ "json-pair", "/srv/ocpp.json", form_pair, false },
	{ "xml", "/srv/a.xml", form_xml, false },
	{ "xml-attribute", "/srv/b.xml", form_attribute, false },
	{ "properties", "/srv/a.properties", form_property, false },
	{ "base64-value", "/srv/secret.yaml", form_encoded, false },
	{ "url", "/srv/bridge", form_url, false },
	{ "pem", "/srv/site.pem", form_pem, false },
	{ "jwt", "/srv/session", form_jwt, false },
	{ "cloud-token", "/srv/upload", form_cloud, false },
	{ "random", "/srv/blob", form_random, false },
	{ "crypt", "/srv/shadow", form_hash, false },
	{ "ldap", "/srv/slapd", form_ldap, false },
	{ "command", "/srv/cron", form_command, false },
	{ "default", "/srv/d.conf", form_default, false },
	{ "ssid", "/srv/hostapd", form_ssid, false },
	{ "imsi", "/srv/sim", form_imsi, false },
	{ "php", "/srv/config.php", form_php, false },
	{ "literal", "/srv/settings.py", form_literal, false },
	{ "define", "/srv/config.h", form_define, false },
	{ "boot variable", "/srv/factory", form_boot, false },
	{ "command's option", "/srv/login", form_option, false },
	{ "arrow", "/srv/a.php", form_arrow, false },
	{ "assigned", "/srv/users", form_assigned, false },
	{ "three quotes", "/srv/a.toml", form_three, false },
	{ "clock key", "/srv/chrony.keys", form_clock, false },
	{ "peer", "/srv/l2tp", form_peer, false },
	{ "dockerfile", "/srv/Dockerfile", form_env, false },
	{ "list of variables", "/srv/compose.yaml", form_list, false },
	{ "variable of a unit", "/srv/b.service", form_unit, false },
	{ "community", "/srv/snmpd.conf", form_community, false },
	{ "neighbour", "/srv/bgpd", form_neighbour, false },
	{ "several in a line", "/srv/dsn", form_account, false },
	{ "keyfile", "/srv/a.nmconnection", form_keyfile, false },
	{ "wpa_supplicant", "/srv/wpa_supplicant.conf", form_network, false },
	{ "interfaces", "/srv/interfaces", form_interfaces, false },
	{ "EVerest", "/srv/everest.yaml", form_everest, false },
	{ "folded", "/srv/folded.yaml", form_folded, false },
	{ "continued", "/srv/b.properties", form_continued, false },
	{ "document", "/srv/b.json", form_document, true },
	{ "CDATA", "/srv/c.xml", form_cdata, false },
	{ "Kura", "/srv/kura.xml", form_kura, true },
	{ "pem-in-json", "/srv/site.json", form_pem_json, false },
	{ "iccid", "/srv/card", form_iccid, false },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* Around the planted line: what every such file holds, and nobody minds. */
static inline void
harmless(struct dice *d, struct bytes *o)
{
	static const char *const names[] = { "interval", "host", "log_level",
		"port", "enabled", "mode", "zone", "retries" };
	static const char *const values[] = { "10", "broker.example", "debug",
		"8883", "true", "auto", "garden", "three times" };

	for (size_t n = upto(d, 4); n > 0; n--)
		bytes_fmt(o, "# %s %s\n", PICK(d, names), PICK(d, values));
}

/* One file in plain text; p says what is planted in it and in which line. */
static inline void
tree_file(struct dice *d, size_t form, struct plant *p, struct bytes *o)
{
	memset(p, 0, sizeof(*p));
	p->kind = forms[form].kind;
	if (!forms[form].whole)
		harmless(d, o);
	p->line = 1;
	for (size_t i = 0; i < o->len; i++)
		p->line += o->p[i] == '\n';
	forms[form].write(d, p, o);
	if (!forms[form].whole)
		harmless(d, o);
	assert(!o->bad);
}

#endif
