/* SPDX-License-Identifier: MIT */
/*
 * The section "certs" of the document, by tables: what a setting is called,
 * where it goes and what it may be stands once, for reading and for writing.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "certs/csr.h"
#include "charging.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define IN(f)    offsetof(struct charging_doc, f)

static const struct {
	const char *name;
	size_t at; /* an unsigned */
	unsigned least, most;
} numbers[] = {
	{ "entries", IN(config.max_entries), 10, 20000 },
	{ "megabytes", IN(config.max_mb), 1, 1024 },
	{ "max_anchors", IN(config.max_anchors), 1, 2000 },
	{ "keep", IN(config.keep), 1, 1000 },
	{ "collect_minutes", IN(config.collect_minutes), 1, 1440 },
	{ "csr_minutes", IN(config.csr_minutes), 1, 10080 },
	{ "renew_percent", IN(renew_percent), 1, 99 },
	{ "renew_days", IN(renew_days), 0, 3650 },
};

static const struct {
	const char *name;
	size_t at; /* a bool */
} switches[] = {
	{ "links", IN(config.links) },
	{ "future_leaves", IN(config.future_leaves) },
	{ "future_anchors", IN(config.future_anchors) },
	{ "additional_root_check", IN(config.additional_root) },
	{ "system_anchors", IN(config.system_anchors) },
	{ "strict_crls", IN(config.strict_crls) },
};

/* Groups of texts: one for each domain, or for each kind of leaf. */
#define TEXTS(f) IN(config.f), sizeof(((struct certs_config *)0)->f[0])
#define DOMAINS                                                                \
	CERTS_DOMAINS,                                                         \
	{                                                                      \
		"csms", "v2g", "mo", "mf"                                      \
	}
#define LEAVES                                                                 \
	CERTS_LEAVES,                                                          \
	{                                                                      \
		"csms", "secc"                                                 \
	}
#define NAMES_MAX 4

static const struct texts {
	const char *name;
	size_t at, size; /* of the first, of each */
	size_t count;
	const char *known[NAMES_MAX + 1];
} groups[] = {
	{ "anchors", TEXTS(anchors), DOMAINS },
	{ "leaves", TEXTS(leaves), LEAVES },
	{ "keys", TEXTS(keys), LEAVES },
	{ "names", TEXTS(name), LEAVES },
	{ "pinned", TEXTS(pinned), LEAVES },
};

static const char *const known[] = { "root", "anchors", "leaves", "keys",
	"names", "pinned", "entries", "megabytes", "max_anchors", "keep",
	"collect_minutes", "csr_minutes", "renew_percent", "renew_days",
	"links", "future_leaves", "future_anchors", "additional_root_check",
	"system_anchors", "strict_crls", "csr", NULL };

static int
read_numbers(struct charging_doc *d, conf_node *section, struct err *e)
{
	int64_t n;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		unsigned *to = (void *)((char *)d + numbers[i].at);

		if (conf_int_or(section, numbers[i].name, numbers[i].least,
			numbers[i].most, *to, &n, e) == -1)
			return -1;
		*to = (unsigned)n;
	}
	for (size_t i = 0; i < COUNT(switches); i++) {
		bool *to = (void *)((char *)d + switches[i].at);

		if (conf_bool_or(section, switches[i].name, *to, to, e) == -1)
			return -1;
	}
	return 0;
}

static int
read_group(struct charging_doc *d, conf_node *section, const struct texts *t,
    struct err *e)
{
	conf_node *group;
	const char *s;

	if (conf_group(section, t->name, &group, e) == -1)
		return -1;
	if (group == NULL)
		return 0;
	if (conf_known(group, t->known, e) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		char *to = (char *)d + t->at + i * t->size;

		if (conf_str_or(group, t->known[i], t->size - 1, to, &s, e) ==
		    -1)
			return -1;
		if (strpbrk(s, "\"\\") != NULL)
			return conf_err(conf_get(group, t->known[i]), e,
			    "%s: no quotes, no backslashes", t->known[i]);
		(void)memmove(to, s, strlen(s) + 1);
	}
	return 0;
}

/* A serial is compared as hash data has it: lower case, no leading zeros. */
static int
tidy_serials(struct charging_doc *d, conf_node *section, struct err *e)
{
	for (int i = 0; i < CERTS_LEAVES; i++) {
		char *s = d->config.pinned[i];
		size_t zeros = strspn(s, "0");

		if (s[strspn(s, "0123456789abcdefABCDEF")] != '\0')
			return conf_err(conf_get(section, "pinned"), e,
			    "pinned \"%s\": a serial in hexadecimal, as `ingot "
			    "cert list` shows it",
			    s);
		if (zeros > 0 && s[zeros] == '\0')
			zeros--; /* the serial 0 */
		(void)memmove(s, s + zeros, strlen(s + zeros) + 1);
		for (; *s != '\0'; s++)
			*s = (char)tolower((unsigned char)*s);
	}
	return 0;
}

static int
read_root(struct charging_doc *d, conf_node *section, struct err *e)
{
	const char *root, *csr;
	enum csr_where where;
	struct err why;

	if (conf_str_or(section, "root", CHARGING_ROOT_MAX, "", &root, e) ==
		-1 ||
	    conf_str_or(section, "csr", CHARGING_PROP_MAX, d->csr, &csr, e) ==
		-1)
		return -1;
	if (*root != '\0' &&
	    (*root != '/' || strstr(root, "/..") != NULL ||
		strpbrk(root, "\"\\") != NULL))
		return conf_err(conf_get(section, "root"), e,
		    "root \"%s\": an absolute path without \"..\"", root);
	if (csr_where_of(csr, &where, &why) == -1)
		return conf_err(conf_get(section, "csr"), e, "%s", why.text);
	(void)strcpy(d->root, root);
	(void)memmove(d->csr, csr, strlen(csr) + 1);
	return 0;
}

int
charging_read(struct charging_doc *d, conf_node *section, struct err *e)
{
	struct err why;

	memset(d, 0, sizeof(*d));
	certs_config_default(&d->config);
	d->renew_percent = 80;
	(void)strcpy(d->csr, "?provider=tpm2");
	if (section == NULL)
		return 0;
	d->wanted = true;
	if (conf_known(section, known, e) == -1 ||
	    read_root(d, section, e) == -1 || read_numbers(d, section, e) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(groups); i++)
		if (read_group(d, section, &groups[i], e) == -1)
			return -1;
	if (tidy_serials(d, section, e) == -1)
		return -1;
	if (certs_config_check(&d->config, &why) == -1)
		return conf_err(section, e, "%s", why.text);
	return 0;
}

static void
write_group(
    const struct charging_doc *d, const struct texts *t, struct bytes *out)
{
	bytes_fmt(out, "    %s = {", t->name);
	for (size_t i = 0; i < t->count; i++)
		bytes_fmt(out, " %s = \"%s\";", t->known[i],
		    (const char *)d + t->at + i * t->size);
	bytes_fmt(out, " };\n");
}

void
charging_write(const struct charging_doc *d, struct bytes *out)
{
	const char *base = (const char *)d;

	if (!d->wanted)
		return;
	bytes_fmt(out, "certs = {\n    root = \"%s\";\n    csr = \"%s\";\n",
	    d->root, d->csr);
	for (size_t i = 0; i < COUNT(groups); i++)
		write_group(d, &groups[i], out);
	for (size_t i = 0; i < COUNT(numbers); i++)
		bytes_fmt(out, "    %s = %u;\n", numbers[i].name,
		    *(const unsigned *)(const void *)(base + numbers[i].at));
	for (size_t i = 0; i < COUNT(switches); i++)
		bytes_fmt(out, "    %s = %s;\n", switches[i].name,
		    *(const bool *)(const void *)(base + switches[i].at)
			? "true"
			: "false");
	bytes_fmt(out, "};\n");
}
